//! The docker engine of this machine, reached when it is first needed.

use std::io::ErrorKind;
use std::time::Duration;

use futures::future::BoxFuture;
use serde::Deserialize;
use tokio::sync::OnceCell;

use super::endpoint::{DockerConfig, DockerSettings};
use super::engine_api::{ANSWER_TIMEOUT, EngineApi, EngineError};
use super::fault::Fault;
use super::layers::Layers;
use super::{Again, ImageStore, OnProgress, Platform, PullFailure, Reference, credentials};
use crate::error::{Error, Kind, Result, io_cause};
use crate::shell;

/// How long an engine may take to say its version.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a pull may go on without any news of it.
const SILENCE: Duration = Duration::from_secs(300);

/// A docker engine, or one that speaks its API (podman). Nothing is opened before it is used.
pub struct DockerEngine {
    settings: DockerSettings,
    connection: OnceCell<Connection>,
}

struct Connection {
    api: EngineApi,
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
        let api = EngineApi::new(&address);
        match tokio::time::timeout(PATIENCE, api.get::<serde::de::IgnoredAny>("/version")).await {
            Ok(Ok(_)) => Ok(Connection { api, address, config }),
            Ok(Err(error)) => Err(cannot_connect(&address, &error)),
            Err(_) => Err(Error::new(Kind::Unreachable, format!("no docker engine answers at `{address}`"))
                .cause(format!("no answer within {PATIENCE:?}"))
                .hint("look with `docker version`; another engine is chosen with `DOCKER_HOST`")),
        }
    }

    async fn is_present(&self, image: &Reference, platform: Option<&Platform>) -> Result<bool> {
        let connection = self.connection().await?;
        let found: Found = match connection.api.get(&format!("/images/{}/json", image.full())).await {
            Ok(found) => found,
            Err(EngineError::Refused { status: 404, .. }) => return Ok(false),
            Err(error) => return Err(connection.failure("look for", image, &error).error),
        };
        let Some(platform) = platform else { return Ok(true) };
        if platform.fits(&found.os, &found.architecture, &found.variant) {
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
        let platform = platform.map(ToString::to_string);
        let pulling = connection.api.pull(&image.name(), image.version(), platform, login.as_ref()).await;
        let mut pull = pulling.map_err(|error| connection.pull_failure(image, &error))?;
        let mut layers = Layers::default();
        loop {
            let next = tokio::time::timeout(SILENCE, pull.next()).await;
            let next = next.map_err(|_| stopped(image, &format!("no progress in {} s", SILENCE.as_secs())))?;
            let Some(news) = next.map_err(|error| connection.pull_failure(image, &error))? else { return Ok(()) };
            if let Some(amount) = layers.take(&news) {
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
            connection.api.get::<System>("/info").await.map(|system| system.operating_system).unwrap_or_default()
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
            EngineError::Refused { .. } => self.failure("pull", image, error),
            EngineError::TimedOut => stopped(image, &format!("no answer within {} s", ANSWER_TIMEOUT.as_secs())),
            EngineError::Absent(_) => cannot_connect(&self.address, error).into(),
            EngineError::Broken(cause) => stopped(image, &format!("the engine broke off: {cause}")),
        }
    }

    /// What an engine's error on one image means, and whether it may pass.
    fn failure(&self, doing: &str, image: &Reference, error: &EngineError) -> PullFailure {
        let EngineError::Refused { status, message } = error else {
            return cannot_connect(&self.address, error).into();
        };
        Fault::of(*status, message).failure(doing, image, message.trim())
    }

    /// Whether an engine that keeps an image for several platforms has it for this one, too. Engines before API 1.47
    /// keep one only, and say nothing of platforms here.
    async fn has_platform(&self, image: &Reference, platform: &Platform) -> bool {
        let filters = serde_json::json!({ "reference": [image.to_string()] }).to_string();
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("filters", &filters)
            .append_pair("manifests", "true")
            .finish();
        let listed: Vec<Listed> = self.api.get(&format!("/images/json?{query}")).await.unwrap_or_default();
        let mut manifests =
            listed.iter().flat_map(|image| image.manifests.iter().flatten()).filter(|manifest| manifest.available);
        manifests.any(|manifest| {
            let of = &manifest.image_data.platform;
            platform.fits(&of.os, &of.architecture, &of.variant)
        })
    }
}

/// What the engine says of itself.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct System {
    operating_system: String,
}

/// What the engine says of an image that it has.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Found {
    os: String,
    architecture: String,
    variant: String,
}

/// An image in the engine's list, with what it has of each platform.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Listed {
    manifests: Option<Vec<ListedManifest>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct ListedManifest {
    available: bool,
    image_data: ListedImage,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct ListedImage {
    platform: ListedPlatform,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ListedPlatform {
    os: String,
    architecture: String,
    variant: String,
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

/// The error of an engine that cannot be reached.
fn cannot_connect(address: &str, error: &EngineError) -> Error {
    let unreachable = |cause: &str| {
        Error::new(Kind::Unreachable, format!("no docker engine at `{address}`"))
            .cause(cause)
            .hint("start Docker, or set `DOCKER_HOST` to the engine that is to be used")
    };
    match error {
        EngineError::Absent(cause) => match cause.kind() {
            ErrorKind::PermissionDenied => {
                Error::new(Kind::Forbidden, format!("may not use the docker engine at `{address}`"))
                    .cause("permission denied")
                    .hint("`sudo usermod -aG docker $USER` lets you use it after the next login")
            }
            ErrorKind::NotFound => unreachable("there is no such socket"),
            ErrorKind::ConnectionRefused => unreachable("nobody listens there"),
            _ => unreachable(&io_cause(cause)),
        },
        EngineError::Refused { status, message } => unreachable(&format!("it answers with status {status}: {message}")),
        EngineError::TimedOut => unreachable("no answer in time"),
        EngineError::Broken(cause) => unreachable(cause),
    }
}
