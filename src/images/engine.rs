//! The docker engine of this machine, reached when it is first needed.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::time::Duration;

use futures::future::BoxFuture;
use serde::Deserialize;
use tokio::sync::{Mutex, OnceCell};

use super::credentials::{FoundLogin, HELPER_TIMEOUT};
use super::endpoint::{DockerConfig, DockerSettings, unsupported};
use super::engine_api::{ANSWER_TIMEOUT, EngineApi, EngineError};
use super::fault::Fault;
use super::layers::Layers;
use super::{Again, Container, EngineInfo, ImageStore, OnProgress, Platform, PullFailure, Reference, credentials};
use crate::child;
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
    /// Each credential helper is asked once for a registry, however many of its images are pulled.
    logins: Mutex<BTreeMap<String, FoundLogin>>,
}

struct Connection {
    api: EngineApi,
    address: String,
    config: DockerConfig,
    version: Version,
}

impl DockerEngine {
    /// The engine that these settings lead to.
    #[must_use]
    pub fn new(settings: DockerSettings) -> Self {
        Self { settings, connection: OnceCell::new(), logins: Mutex::default() }
    }

    async fn connection(&self) -> Result<&Connection> {
        self.connection.get_or_try_init(|| self.open()).await
    }

    async fn open(&self) -> Result<Connection> {
        let address = self.settings.address()?;
        let config = self.settings.config()?;
        let api = EngineApi::new(&address);
        match tokio::time::timeout(PATIENCE, api.get::<Version>("/version")).await {
            Ok(Ok(version)) => Ok(Connection { api, address, config, version }),
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
        let FoundLogin { login, problem } = self.login(connection, image.registry()).await;
        let login = login.map(|login| login.for_engine(image.registry()));
        let platform = platform.map(ToString::to_string);
        let failed = |error: &EngineError| match (&problem, error) {
            (Some(problem), EngineError::Refused { status, message }) if Fault::of(*status, message).wants_login() => {
                problem.explain(&connection.pull_failure(image, error))
            }
            _ => connection.pull_failure(image, error),
        };
        let pulling = connection.api.pull(&image.name(), image.version(), platform, login.as_ref()).await;
        let mut pull = pulling.map_err(|error| failed(&error))?;
        let mut layers = Layers::default();
        loop {
            let next = tokio::time::timeout(SILENCE, pull.next()).await;
            let next = next.map_err(|_| stopped(image, &format!("no progress in {} s", SILENCE.as_secs())))?;
            let Some(news) = next.map_err(|error| failed(&error))? else { return Ok(()) };
            if let Some(amount) = layers.take(&news) {
                progress(amount);
            }
        }
    }
}

impl DockerEngine {
    async fn login(&self, connection: &Connection, registry: &str) -> FoundLogin {
        let mut logins = self.logins.lock().await;
        if let Some(found) = logins.get(registry) {
            return found.clone();
        }
        let found = credentials::for_registry(&connection.config, registry, HELPER_TIMEOUT).await;
        logins.insert(registry.to_owned(), found.clone());
        found
    }
}

impl ImageStore for DockerEngine {
    fn connect(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async { self.connection().await.map(|_| ()) })
    }

    fn info(&self) -> BoxFuture<'_, EngineInfo> {
        Box::pin(async {
            let Ok(connection) = self.connection().await else { return EngineInfo::default() };
            let System { operating_system, name } = connection.api.get("/info").await.unwrap_or_default();
            let Version { version, components } = &connection.version;
            let podman = components.iter().flatten().any(|component| component.name.starts_with("Podman"));
            EngineInfo { system: operating_system, host: name, version: version.clone(), podman }
        })
    }

    fn containers(&self) -> BoxFuture<'_, Vec<Container>> {
        Box::pin(async {
            let Ok(connection) = self.connection().await else { return Vec::new() };
            let listed: Vec<ListedContainer> = connection.api.get("/containers/json").await.unwrap_or_default();
            listed.into_iter().map(ListedContainer::container).collect()
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

/// The engine's information about itself.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct System {
    operating_system: String,
    name: String,
}

/// The engine's version, and of what it consists.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Version {
    version: String,
    components: Option<Vec<Component>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Component {
    name: String,
}

/// A container in the engine's list.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct ListedContainer {
    labels: Option<BTreeMap<String, String>>,
    ports: Option<Vec<Port>>,
    network_settings: Option<NetworkSettings>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Port {
    public_port: Option<u16>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct NetworkSettings {
    networks: Option<BTreeMap<String, Network>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Network {
    #[serde(rename = "IPAddress")]
    address: String,
}

impl ListedContainer {
    fn container(self) -> Container {
        let networks = self.network_settings.and_then(|settings| settings.networks).unwrap_or_default();
        let addresses = networks.into_values().map(|network| network.address).filter(|address| !address.is_empty());
        Container {
            labels: self.labels.unwrap_or_default(),
            ports: self.ports.into_iter().flatten().filter_map(|port| port.public_port).collect(),
            addresses: addresses.collect(),
        }
    }
}

/// The engine's information about an image.
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
    PullFailure { error, again: Again::Soon, registry_down: false }
}

/// The error of an engine that cannot be reached.
fn cannot_connect(address: &str, error: &EngineError) -> Error {
    let start = match address.ends_with("podman.sock") {
        true => "start podman's service with `systemctl --user start podman.socket` or `podman machine start`",
        false => "start Docker",
    };
    let unreachable = |cause: &str| {
        let error = Error::new(Kind::Unreachable, format!("no docker engine at `{address}`"))
            .cause(cause)
            .hint(format!("{start}, or set `DOCKER_HOST` to the engine that is to be used"));
        match child::is_on_path("nerdctl") {
            true => error.hint(
                "containerd (`nerdctl`) does not have docker's API, which mcpctl needs: pull the images by `nerdctl \
                 --namespace k8s.io pull`, and leave this step out: `--skip images`",
            ),
            false => error,
        }
    };
    match error {
        EngineError::Refused { message, .. } if message.contains("HTTP request to an HTTPS server") => {
            unsupported(address, "it uses TLS, and mcpctl supports local sockets and `tcp://` without TLS only")
        }
        EngineError::Broken(_) if address.contains("containerd") => unsupported(
            address,
            "containerd (nerdctl) does not have docker's API, which mcpctl needs: `nerdctl pull` gets the images",
        ),
        EngineError::Absent(cause) => match cause.kind() {
            ErrorKind::PermissionDenied => {
                Error::new(Kind::Forbidden, format!("may not use the docker engine at `{address}`"))
                    .cause("permission denied")
                    .hint("`sudo usermod -aG docker $USER` lets you use it after the next login")
            }
            ErrorKind::NotFound => unreachable("there is no such socket"),
            ErrorKind::ConnectionRefused => unreachable("no process listens on it"),
            _ => unreachable(&io_cause(cause)),
        },
        EngineError::Refused { status, message } => unreachable(&format!("it answers with status {status}: {message}")),
        EngineError::TimedOut => unreachable("no answer in time"),
        EngineError::Broken(cause) => unreachable(cause),
    }
}
