//! A registry, asked directly: what a name in it is, and the parts of an artifact.
//!
//! It is reached as docker reaches it: with docker's own logins, by HTTPS, and by plain HTTP on loopback only.

use std::time::Duration;

use futures::StreamExt as _;
use oci_client::client::{ClientConfig, ClientProtocol};
use oci_client::errors::{DigestError, OciDistributionError, OciError};
use oci_client::manifest::OciManifest;
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference as Location};
use reqwest::header::CONTENT_TYPE;
use tokio::sync::OnceCell;

use super::credentials::{self, Login};
use super::endpoint::DockerSettings;
use super::fault::{Fault, pause_asked};
use super::{Platform, Reference, tls, token};
use crate::error::{Error, Kind, Result};

/// How long a connection may take to be there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a registry may be silent within an answer.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a manifest may take altogether.
const MANIFEST_TIMEOUT: Duration = Duration::from_secs(60);
/// How long the parts of an artifact may take altogether.
const BLOB_TIMEOUT: Duration = Duration::from_secs(300);
/// Pauses before the tries that follow the first.
const PAUSES: [Duration; 2] = [Duration::from_millis(300), Duration::from_secs(2)];

/// One image or artifact where its registry keeps it. Nothing is sent before it is asked for something.
pub struct Registry {
    client: Client,
    login: Option<Login>,
    auth: OnceCell<RegistryAuth>,
    location: Location,
    image: Reference,
}

impl Registry {
    /// The registry of a reference, with the login that docker keeps for it, if it keeps one.
    ///
    /// # Errors
    /// Docker's `config.json` cannot be read.
    pub async fn of(image: &Reference, docker: &DockerSettings) -> Result<Self> {
        let login = credentials::for_registry(&docker.config()?, image.registry()).await;
        Self::with_login(image, login)
    }

    /// The registry of a reference, with a login or without any.
    ///
    /// # Errors
    /// No client can be made: the system's certificates cannot be read.
    pub fn with_login(image: &Reference, login: Option<Login>) -> Result<Self> {
        tls::install();
        let config = ClientConfig {
            protocol: if is_loopback(image.registry()) { ClientProtocol::Http } else { ClientProtocol::Https },
            connect_timeout: Some(CONNECT_TIMEOUT),
            read_timeout: Some(READ_TIMEOUT),
            user_agent: concat!("mcpctl/", env!("CARGO_PKG_VERSION")),
            ..ClientConfig::default()
        };
        let client = Client::try_from(config).map_err(|error| {
            Error::failed(format!("cannot prepare a request to `{}`", image.registry())).cause(words(&error))
        })?;
        let (registry, repository) = (image.registry().to_owned(), image.repository().to_owned());
        let location = match image.digest() {
            Some(digest) => Location::with_digest(registry, repository, digest.to_owned()),
            None => Location::with_tag(registry, repository, image.version().to_owned()),
        };
        Ok(Self { client, login, auth: OnceCell::new(), location, image: image.clone() })
    }

    /// What is asked for.
    #[must_use]
    pub fn image(&self) -> &Reference {
        &self.image
    }

    /// The digest that the reference leads to now, by a request without a body: registries that count pulls do not
    /// count it.
    ///
    /// # Errors
    /// [`Kind::NotFound`]: no such name or tag; [`Kind::Forbidden`]: the login is missing or does not do;
    /// [`Kind::Unreachable`]: no answer. Each with its next step.
    pub async fn digest(&self) -> Result<String> {
        let auth = self.auth().await;
        self.tried("find", MANIFEST_TIMEOUT, || self.client.fetch_manifest_digest(&self.location, auth)).await
    }

    /// Whether there is a manifest, as [`digest`](Self::digest) finds it. A web page is none: a host that is no registry,
    /// or a network that wants a login first, answers whatever is asked with one.
    ///
    /// # Errors
    /// As [`digest`](Self::digest), and [`Kind::Failed`] for a web page.
    pub async fn has_manifest(&self) -> Result<()> {
        self.digest().await?;
        if !self.is_page().await {
            return Ok(());
        }
        let registry = self.image.registry();
        Err(Error::failed(format!("cannot find `{}`", self.image))
            .cause(format!("`{registry}` answers with a web page (HTML), which no registry does"))
            .hint("look at the name of the registry, and whether this network wants a login first")
            .object(format!("image/{}", self.image)))
    }

    /// Whether anybody who asks for the manifest gets a web page.
    async fn is_page(&self) -> bool {
        let scheme = if is_loopback(self.image.registry()) { "http" } else { "https" };
        let at = &self.location;
        let version = at.digest().or(at.tag()).unwrap_or_default();
        let url = format!("{scheme}://{}/v2/{}/manifests/{version}", at.resolve_registry(), at.repository());
        let Ok(client) = plain_client() else { return false };
        let Ok(answer) = client.head(url).send().await else { return false };
        let kind = answer.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        answer.status().is_success() && kind.is_some_and(|kind| kind.to_ascii_lowercase().starts_with("text/html"))
    }

    /// The manifest (of an image, an artifact, or an index of several) and its digest.
    ///
    /// # Errors
    /// As [`digest`](Self::digest), and [`Kind::Failed`] for an answer that is no manifest.
    pub async fn manifest(&self) -> Result<(OciManifest, String)> {
        let auth = self.auth().await;
        self.tried("read", MANIFEST_TIMEOUT, || self.client.pull_manifest(&self.location, auth)).await
    }

    /// Whether it is there for a platform. What is there for one only does not say for which, and counts as right.
    ///
    /// # Errors
    /// As [`manifest`](Self::manifest).
    pub async fn has_platform(&self, platform: &Platform) -> Result<bool> {
        let OciManifest::ImageIndex(index) = self.manifest().await?.0 else { return Ok(true) };
        Ok(index.manifests.iter().filter_map(|entry| entry.platform.as_ref()).any(|of| {
            let variant = of.variant.clone().unwrap_or_default();
            platform.fits(&of.os.to_string(), &of.architecture.to_string(), &variant)
        }))
    }

    /// How to be known to the registry; an identity token is exchanged first.
    async fn auth(&self) -> &RegistryAuth {
        let made = async {
            match &self.login {
                None => RegistryAuth::Anonymous,
                Some(Login::Password { username, password }) => RegistryAuth::Basic(username.clone(), password.clone()),
                Some(Login::Token(identity)) => self.exchanged(identity).await,
            }
        };
        self.auth.get_or_init(|| made).await
    }

    async fn exchanged(&self, identity: &str) -> RegistryAuth {
        let Ok(client) = plain_client() else { return RegistryAuth::Anonymous };
        let token = token::exchange(&client, &self.image, identity).await;
        token.map_or(RegistryAuth::Anonymous, RegistryAuth::Bearer)
    }

    /// A layer's bytes, compared with its digest; no more than `limit` of them are read.
    ///
    /// # Errors
    /// As [`digest`](Self::digest); [`Kind::Invalid`]: it is larger than `limit`, or not what its digest says.
    pub async fn blob(&self, digest: &str, limit: usize) -> Result<Vec<u8>> {
        let too_large = || {
            Error::invalid(format!("`{}` is too large", self.image))
                .cause(format!("more than {} MiB are not read", limit >> 20))
                .object(self.image.to_string())
        };
        self.client.store_auth_if_needed(self.location.resolve_registry(), self.auth().await).await;
        let read = async {
            let wanted = oci_client::client::LayerDescriptor { digest, urls: &None };
            let mut stream =
                self.client.pull_blob_stream(&self.location, &wanted).await.map_err(|e| self.error("read", &e))?;
            if stream.content_length.is_some_and(|length| usize::try_from(length).map_or(true, |length| length > limit))
            {
                return Err(too_large());
            }
            let mut bytes = Vec::new();
            while let Some(chunk) = stream.stream.next().await {
                let chunk = chunk.map_err(|error| self.error("read", &OciDistributionError::IoError(error)))?;
                if bytes.len() + chunk.len() > limit {
                    return Err(too_large());
                }
                bytes.extend_from_slice(&chunk);
            }
            Ok(bytes)
        };
        tokio::time::timeout(BLOB_TIMEOUT, read).await.map_err(|_| self.too_slow("read", BLOB_TIMEOUT))?
    }

    /// Asks, and once more after a pause where that may help.
    async fn tried<T, F>(&self, doing: &str, limit: Duration, ask: impl Fn() -> F) -> Result<T>
    where
        F: Future<Output = Result<T, OciDistributionError>>,
    {
        let mut pauses = PAUSES.iter();
        loop {
            let answer = tokio::time::timeout(limit, ask()).await.map_err(|_| self.too_slow(doing, limit))?;
            let error = match answer {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            let pause = match (pauses.next(), pause_asked(&words(&error))) {
                (Some(pause), Ok(asked)) if fault(&error).may_pass() => asked.unwrap_or(*pause),
                _ => return Err(self.error(doing, &error)),
            };
            tokio::time::sleep(pause).await;
        }
    }

    fn too_slow(&self, doing: &str, limit: Duration) -> Error {
        Fault::Network.error(doing, &self.image, &format!("no whole answer within {} s", limit.as_secs()))
    }

    fn error(&self, doing: &str, error: &OciDistributionError) -> Error {
        if is_other_content(error) {
            return Error::new(Kind::Invalid, format!("cannot {doing} `{}`", self.image))
                .cause("what the registry sent is not what its digest says")
                .hint("try again; a proxy between may have changed it")
                .object(self.image.to_string());
        }
        fault(error).error(doing, &self.image, &words(error))
    }
}

/// A client that knows nothing of registries.
fn plain_client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder().connect_timeout(CONNECT_TIMEOUT).read_timeout(READ_TIMEOUT).build()
}

/// Whether a registry, a host and perhaps a port, is on this machine: docker uses plain HTTP for these alone.
#[must_use]
pub fn is_loopback(registry: &str) -> bool {
    let host = registry.rsplit_once(':').map_or(registry, |(host, _)| host);
    host == "localhost" || host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

/// Whether the registry sent something else than what the digest says; a layer's stream tells it as a read error.
fn is_other_content(error: &OciDistributionError) -> bool {
    match error {
        OciDistributionError::DigestError(_) => true,
        OciDistributionError::IoError(error) => {
            error.get_ref().and_then(|inner| inner.downcast_ref::<DigestError>()).is_some()
        }
        _ => false,
    }
}

/// The class of a registry's error.
fn fault(error: &OciDistributionError) -> Fault {
    match error {
        OciDistributionError::UnauthorizedError { .. } | OciDistributionError::AuthenticationFailure(_) => {
            Fault::Denied
        }
        OciDistributionError::ImageManifestNotFoundError(_) => Fault::Unknown,
        OciDistributionError::ServerError { code: 500.., .. } => Fault::Server,
        OciDistributionError::ServerError { code, message, .. } => Fault::of(*code, message),
        OciDistributionError::RegistryError { envelope, .. } => {
            let told: Vec<String> =
                envelope.errors.iter().map(|error| format!("{}: {}", code(error), error.message)).collect();
            Fault::of(0, &told.join("; "))
        }
        OciDistributionError::RequestError(cause) => {
            let text = words(error).to_ascii_lowercase();
            match Fault::of(cause.status().map_or(0, |status| status.as_u16()), &text) {
                Fault::Other => Fault::Network,
                fault => fault,
            }
        }
        OciDistributionError::IoError(_) => Fault::Network,
        _ => Fault::of(0, &words(error)),
    }
}

/// The code of a registry's error in small letters: `manifest_unknown`.
fn code(error: &OciError) -> String {
    let code = serde_json::to_value(&error.code).unwrap_or_default();
    code.as_str().unwrap_or_default().to_lowercase()
}

/// An error in a registry's own words, without URLs: they can hold tokens.
fn words(error: &OciDistributionError) -> String {
    match error {
        OciDistributionError::UnauthorizedError { .. } | OciDistributionError::AuthenticationFailure(_) => {
            "the registry wants a login, or does not accept the one it got".to_owned()
        }
        OciDistributionError::RegistryError { envelope, .. } => {
            let told = envelope.errors.iter().map(|error| match error.message.as_str() {
                "" => code(error),
                message => message.to_owned(),
            });
            told.collect::<Vec<_>>().join("; ")
        }
        OciDistributionError::ServerError { code: 404, .. } => "not found".to_owned(),
        OciDistributionError::ServerError { code: 429, .. } => "too many requests".to_owned(),
        OciDistributionError::ServerError { code, .. } => format!("the registry answered with status {code}"),
        other => innermost(other),
    }
}

/// The last words of a chain of errors.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(next) = last.source() {
        last = next;
    }
    last.to_string()
}
