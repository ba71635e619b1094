//! The docker engine of this machine, reached when it is first needed.

use std::collections::HashMap;
use std::error::Error as _;
use std::io::ErrorKind;
use std::time::Duration;

use bollard::errors::Error as EngineError;
use bollard::models::ImageSummary;
use bollard::query_parameters::{CreateImageOptionsBuilder, ListImagesOptionsBuilder};
use bollard::{API_DEFAULT_VERSION, Docker};
use futures::StreamExt as _;
use futures::future::BoxFuture;
use tokio::sync::OnceCell;

use super::endpoint::{DockerConfig, DockerSettings};
use super::fault::{Fault, pause_asked};
use super::layers::Layers;
use super::{Again, ImageStore, OnProgress, Platform, PullFailure, Reference, credentials};
use crate::error::{Error, Kind, Result};
use crate::shell;

/// How long an engine may take to say its version.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long it may take to begin an answer, in seconds.
const ANSWER_TIMEOUT: u64 = 300;
/// How long a pull may go on without any news of it.
const SILENCE: Duration = Duration::from_secs(300);

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

    async fn is_present(&self, image: &Reference, platform: Option<&Platform>) -> Result<bool> {
        let connection = self.connection().await?;
        let found = match connection.docker.inspect_image(&image.full()).await {
            Ok(found) => found,
            Err(EngineError::DockerResponseServerError { status_code: 404, .. }) => return Ok(false),
            Err(error) => return Err(connection.failure("look for", image, &error).error),
        };
        let Some(platform) = platform else { return Ok(true) };
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        if platform.fits(&text(&found.os), &text(&found.architecture), &text(&found.variant)) {
            return Ok(true);
        }
        Ok(connection.has_platform(image, platform).await)
    }

    async fn get(
        &self,
        image: &Reference,
        platform: Option<&Platform>,
        progress: OnProgress<'_>,
    ) -> Result<(), PullFailure> {
        let connection = self.connection().await?;
        let login = credentials::for_registry(&connection.config, image.registry()).await;
        let login = login.map(|login| login.for_engine(image.registry()));
        // Name and version apart, and the version never empty: without one the engine pulls every tag.
        let mut options = CreateImageOptionsBuilder::new().from_image(&image.name()).tag(image.version());
        if let Some(platform) = platform {
            options = options.platform(&platform.to_string());
        }
        let mut news = connection.docker.create_image(Some(options.build()), None, login);
        let mut layers = Layers::default();
        loop {
            let next = tokio::time::timeout(SILENCE, news.next()).await;
            let Some(info) = next.map_err(|_| stopped(image, &format!("no progress in {} s", SILENCE.as_secs())))?
            else {
                return Ok(());
            };
            let info = info.map_err(|error| connection.pull_failure(image, &error))?;
            if let Some(amount) = layers.take(&info) {
                progress(amount);
            }
        }
    }
}

impl ImageStore for DockerEngine {
    fn connect(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async { self.connection().await.map(|_| ()) })
    }

    fn system(&self) -> BoxFuture<'_, String> {
        Box::pin(async {
            let Ok(connection) = self.connection().await else { return String::new() };
            connection.docker.info().await.ok().and_then(|info| info.operating_system).unwrap_or_default()
        })
    }

    fn present<'a>(&'a self, image: &'a Reference, platform: Option<&'a Platform>) -> BoxFuture<'a, Result<bool>> {
        Box::pin(self.is_present(image, platform))
    }

    fn pull<'a>(
        &'a self,
        image: &'a Reference,
        platform: Option<&'a Platform>,
        progress: OnProgress<'a>,
    ) -> BoxFuture<'a, Result<(), PullFailure>> {
        Box::pin(self.get(image, platform, progress))
    }
}

impl Connection {
    /// What an error in the middle of a pull means: the engine answered when it was connected, so that one which is
    /// still there has only broken off.
    fn pull_failure(&self, image: &Reference, error: &EngineError) -> PullFailure {
        match error {
            EngineError::DockerResponseServerError { .. } | EngineError::DockerStreamError { .. } => {
                self.failure("pull", image, error)
            }
            EngineError::RequestTimeoutError => stopped(image, &format!("no answer within {ANSWER_TIMEOUT} s")),
            error if is_absent(error) => cannot_connect(&self.address, error).into(),
            error => stopped(image, &format!("the engine broke off: {}", innermost(error))),
        }
    }

    /// What an engine's error on one image means, and whether it may pass.
    fn failure(&self, doing: &str, image: &Reference, error: &EngineError) -> PullFailure {
        let (status, text) = match error {
            EngineError::DockerResponseServerError { status_code, message } => (*status_code, message.as_str()),
            EngineError::DockerStreamError { error } => (0, error.as_str()),
            other => return cannot_connect(&self.address, other).into(),
        };
        let fault = Fault::of(status, text);
        let again = match (fault.may_pass(), pause_asked(text)) {
            (false, _) | (true, Err(_)) => Again::Never,
            (true, Ok(None)) => Again::Soon,
            (true, Ok(Some(pause))) => Again::After(pause),
        };
        PullFailure { error: fault.error(doing, image, text.trim()), again }
    }

    /// Whether an engine that keeps an image for several platforms has it for this one, too. Engines before API 1.47
    /// keep one only, and say nothing of platforms here.
    async fn has_platform(&self, image: &Reference, platform: &Platform) -> bool {
        let filters = HashMap::from([("reference".to_owned(), vec![image.to_string()])]);
        let options = ListImagesOptionsBuilder::new().filters(&filters).manifests(true).build();
        let listed: Vec<ImageSummary> = self.docker.list_images(Some(options)).await.unwrap_or_default();
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        listed.iter().flat_map(|image| image.manifests.iter().flatten()).any(|manifest| {
            manifest.available
                && manifest.image_data.as_ref().is_some_and(|data| {
                    let of = &data.platform;
                    platform.fits(&text(&of.os), &text(&of.architecture), &text(&of.variant))
                })
        })
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

/// A pull that came to no end, which may go better the next time.
fn stopped(image: &Reference, cause: &str) -> PullFailure {
    let error = Error::new(Kind::Unreachable, format!("cannot pull `{image}`"))
        .cause(cause)
        .hint(format!(
            "look at the engine with `docker info`; `docker pull {}` shows more",
            shell::word(&image.to_string())
        ))
        .object(format!("image/{image}"));
    PullFailure { error, again: Again::Soon }
}

/// Whether there is no engine to be spoken to.
fn is_absent(error: &EngineError) -> bool {
    matches!(error, EngineError::SocketNotFoundError(_))
        || matches!(
            io_cause(error),
            Some(ErrorKind::PermissionDenied | ErrorKind::NotFound | ErrorKind::ConnectionRefused)
        )
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
