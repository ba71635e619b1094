//! The docker engine of this machine, reached when it is first needed.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::io::ErrorKind;
use std::time::Duration;

use bollard::errors::Error as EngineError;
use bollard::models::CreateImageInfo;
use bollard::query_parameters::CreateImageOptionsBuilder;
use bollard::{API_DEFAULT_VERSION, Docker};
use futures::StreamExt as _;
use futures::future::BoxFuture;
use tokio::sync::OnceCell;

use super::endpoint::{DockerConfig, DockerSettings};
use super::{ImageStore, OnProgress, Reference, credentials};
use crate::error::{Error, Kind, Result};

/// How long an engine may take to say its version.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long it may take to begin an answer, in seconds.
const ANSWER_TIMEOUT: u64 = 300;
/// A docker engine, or one that speaks its API (podman). Nothing is opened before it is used.
pub struct DockerEngine {
    settings: DockerSettings,
    connection: OnceCell<Connection>,
}

struct Connection {
    docker: Docker,
    address: String,
    config: DockerConfig,
}

impl DockerEngine {
    /// The engine that these settings lead to.
    #[must_use]
    pub fn new(settings: DockerSettings) -> Self {
        Self { settings, connection: OnceCell::new() }
    }

    async fn connection(&self) -> Result<&Connection> {
        self.connection.get_or_try_init(|| self.open()).await
    }

    async fn open(&self) -> Result<Connection> {
        let address = self.settings.address()?;
        let config = self.settings.config()?;
        let docker = client(&address).map_err(|error| cannot_connect(&address, &error))?;
        match tokio::time::timeout(PATIENCE, docker.version()).await {
            Ok(Ok(_)) => Ok(Connection { docker, address, config }),
            Ok(Err(error)) => Err(cannot_connect(&address, &error)),
            Err(_) => Err(Error::new(Kind::Unreachable, format!("no docker engine answers at `{address}`"))
                .cause(format!("no answer within {PATIENCE:?}"))
                .hint("look with `docker version`; another engine is chosen with `DOCKER_HOST`")),
        }
    }

    async fn is_present(&self, image: &Reference) -> Result<bool> {
        let connection = self.connection().await?;
        match connection.docker.inspect_image(&image.full()).await {
            Ok(_) => Ok(true),
            Err(EngineError::DockerResponseServerError { status_code: 404, .. }) => Ok(false),
            Err(error) => Err(connection.error("look for", image, &error)),
        }
    }

    async fn get(&self, image: &Reference, progress: OnProgress<'_>) -> Result<()> {
        let connection = self.connection().await?;
        let login = credentials::for_registry(&connection.config, image.registry()).await;
        let login = login.map(|login| login.for_engine(image.registry()));
        // Name and version apart, and the version never empty: without one the engine pulls every tag.
        let options = CreateImageOptionsBuilder::new().from_image(&image.name()).tag(image.version()).build();
        let mut news = connection.docker.create_image(Some(options), None, login);
        let mut layers = Layers::default();
        while let Some(info) = news.next().await {
            let info = info.map_err(|error| connection.error("pull", image, &error))?;
            if let Some(text) = layers.take(&info) {
                progress(&text);
            }
        }
        Ok(())
    }
}

impl ImageStore for DockerEngine {
    fn connect(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async { self.connection().await.map(|_| ()) })
    }

    fn present<'a>(&'a self, image: &'a Reference) -> BoxFuture<'a, Result<bool>> {
        Box::pin(self.is_present(image))
    }

    fn pull<'a>(&'a self, image: &'a Reference, progress: OnProgress<'a>) -> BoxFuture<'a, Result<()>> {
        Box::pin(self.get(image, progress))
    }
}

impl Connection {
    /// What an engine's error on one image means.
    fn error(&self, doing: &str, image: &Reference, error: &EngineError) -> Error {
        let (status, text) = match error {
            EngineError::DockerResponseServerError { status_code, message } => (*status_code, message.clone()),
            EngineError::DockerStreamError { error } => (0, error.clone()),
            other => return cannot_connect(&self.address, other),
        };
        let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
        let (kind, hint) = if has(&["denied", "unauthorized", "authentication required", "no basic auth"]) {
            let registry = image.registry();
            (Kind::Forbidden, format!("check the name; if it is private: `docker login {registry}`"))
        } else if has(&["content digest"]) {
            let again = "the engine holds a part of it:";
            (Kind::Failed, format!("{again} `docker image rm {image}`, then run the command again"))
        } else if has(&["no matching manifest"]) {
            (Kind::NotFound, "the registry has it for other platforms only".to_owned())
        } else if status == 404 || has(&["not found", "manifest unknown"]) {
            (Kind::NotFound, "check the name and the tag".to_owned())
        } else if has(&["no such host", "connection refused"]) {
            (Kind::Unreachable, "the engine cannot reach the registry: look at its network and proxy".to_owned())
        } else if has(&["no space left"]) {
            (Kind::Failed, "`docker system df` shows what takes the space".to_owned())
        } else {
            (Kind::Failed, format!("`docker pull {image}` shows more"))
        };
        Error::new(kind, format!("cannot {doing} `{image}`")).cause(text).hint(hint).object(format!("image/{image}"))
    }
}

/// A client that has not connected yet. The version is of no account: bollard 0.21 puts none into its paths, so that
/// every engine answers in its own.
fn client(address: &str) -> Result<Docker, EngineError> {
    #[cfg(unix)]
    if address.starts_with("unix://") {
        return Docker::connect_with_unix(address, ANSWER_TIMEOUT, API_DEFAULT_VERSION);
    }
    #[cfg(windows)]
    if address.starts_with("npipe://") {
        return Docker::connect_with_named_pipe(address, ANSWER_TIMEOUT, API_DEFAULT_VERSION);
    }
    Docker::connect_with_http(address, ANSWER_TIMEOUT, API_DEFAULT_VERSION)
}

/// The error of an engine that cannot be reached.
fn cannot_connect(address: &str, error: &EngineError) -> Error {
    let unreachable = |cause: &str| {
        Error::new(Kind::Unreachable, format!("no docker engine at `{address}`"))
            .cause(cause)
            .hint("start Docker, or set `DOCKER_HOST` to the engine that is to be used")
    };
    match io_cause(error) {
        Some(ErrorKind::PermissionDenied) => {
            Error::new(Kind::Forbidden, format!("may not use the docker engine at `{address}`"))
                .cause("permission denied")
                .hint("`sudo usermod -aG docker $USER` lets you use it after the next login")
        }
        Some(ErrorKind::NotFound) => unreachable("there is no such socket"),
        Some(ErrorKind::ConnectionRefused) => unreachable("nobody listens there"),
        _ if matches!(error, EngineError::SocketNotFoundError(_)) => unreachable("there is no such socket"),
        _ => unreachable(&innermost(error)),
    }
}

/// The operating system's error at the bottom of another, if there is one.
fn io_cause(error: &EngineError) -> Option<ErrorKind> {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    let mut found = None;
    while let Some(error) = next {
        found = error.downcast_ref::<std::io::Error>().map(std::io::Error::kind).or(found);
        next = error.source();
    }
    found
}

/// The last words of a chain of errors.
fn innermost(error: &EngineError) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        text = error.to_string();
        next = error.source();
    }
    text
}

/// The layers of one pull and how far each is, in bytes.
#[derive(Default)]
struct Layers(BTreeMap<String, (i64, i64)>);

impl Layers {
    /// Takes news in; gives the sum in words where it is about bytes to be fetched.
    fn take(&mut self, info: &CreateImageInfo) -> Option<String> {
        let detail = info.progress_detail.as_ref()?;
        let (Some(done), Some(total)) = (detail.current, detail.total) else { return None };
        if info.status.as_deref() != Some("Downloading") {
            return None;
        }
        self.0.insert(info.id.clone()?, (done, total));
        let (done, total) = self.0.values().fold((0, 0), |sum, layer| (sum.0 + layer.0, sum.1 + layer.1));
        Some(format!("{} of {} MiB", tenths_of_mib(done), tenths_of_mib(total)))
    }
}

/// A number of bytes in MiB with one decimal.
fn tenths_of_mib(bytes: i64) -> String {
    let tenths = bytes.max(0) * 10 / (1 << 20);
    format!("{}.{}", tenths / 10, tenths % 10)
}
