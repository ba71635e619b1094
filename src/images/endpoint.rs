//! Where the docker engine listens: what the docker command line would use.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer};

use crate::encoding;
use crate::error::{Error, Result};
use crate::files::{LONGEST_FILE, read_file};
use crate::secret::Secret;

/// Docker's settings in the environment.
#[derive(Debug, Clone, Default)]
pub struct DockerSettings {
    /// `DOCKER_HOST`.
    pub host: Option<String>,
    /// `DOCKER_CONTEXT`.
    pub context: Option<String>,
    /// `DOCKER_TLS_VERIFY` is set to something.
    pub tls: bool,
    /// `DOCKER_CONFIG`, else `~/.docker`.
    pub config_folder: Option<PathBuf>,
    /// `DOCKER_AUTH_CONFIG`: logins in the form of `config.json`, which come before those of the file.
    pub logins: Option<Secret>,
    /// Sockets to look for where nothing is said, the usual one first.
    pub sockets: Vec<PathBuf>,
    /// Podman's sockets, which come after the others.
    pub podman_sockets: Vec<PathBuf>,
    /// Whether podman's sockets come first, even before a context of docker.
    pub prefers_podman: bool,
}

/// `config.json` of docker's folder, as far as it is used here.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct DockerConfig {
    #[serde(deserialize_with = "or_default")]
    pub(super) current_context: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) auths: Auths,
    #[serde(deserialize_with = "or_default")]
    pub(super) cred_helpers: BTreeMap<String, Option<String>>,
    #[serde(deserialize_with = "or_default")]
    pub(super) creds_store: String,
    /// The logins of `DOCKER_AUTH_CONFIG`.
    #[serde(skip)]
    pub(super) auths_of_environment: Auths,
    /// The file.
    #[serde(skip)]
    pub(super) place: String,
}

/// The logins of `config.json`, by registry.
pub(super) type Auths = BTreeMap<String, Option<Auth>>;

/// `null` stands for nothing, as in Go.
fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(value: D) -> Result<T, D::Error> {
    Option::<T>::deserialize(value).map(Option::unwrap_or_default)
}

/// One login of `config.json`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Auth {
    #[serde(deserialize_with = "or_default")]
    pub(super) auth: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) username: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) password: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) identitytoken: String,
}

/// A file of `contexts/meta`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ContextMeta {
    name: String,
    endpoints: Endpoints,
}

#[derive(Deserialize)]
struct Endpoints {
    docker: Endpoint,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Endpoint {
    host: String,
}

impl DockerSettings {
    /// The settings of this process.
    #[must_use]
    pub fn from_environment() -> Self {
        let text = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let home = std::env::home_dir();
        let mut sockets = vec![PathBuf::from("/var/run/docker.sock")];
        sockets.extend(text("XDG_RUNTIME_DIR").map(|folder| Path::new(&folder).join("docker.sock")));
        let of_desktop = [".docker/run/docker.sock", ".docker/desktop/docker.sock"];
        sockets.extend(home.iter().flat_map(|home| of_desktop.map(|socket| home.join(socket))));
        let mut podman_sockets: Vec<PathBuf> = Vec::new();
        podman_sockets.extend(text("XDG_RUNTIME_DIR").map(|folder| Path::new(&folder).join("podman/podman.sock")));
        podman_sockets.push(PathBuf::from("/run/podman/podman.sock"));
        podman_sockets.extend(home.iter().map(|home| home.join(".local/share/containers/podman/machine/podman.sock")));
        Self {
            podman_sockets,
            prefers_podman: false,
            host: text("DOCKER_HOST"),
            context: text("DOCKER_CONTEXT"),
            tls: text("DOCKER_TLS_VERIFY").is_some(),
            config_folder: text("DOCKER_CONFIG").map(PathBuf::from).or_else(|| home.map(|home| home.join(".docker"))),
            logins: text("DOCKER_AUTH_CONFIG").map(Secret::new),
            sockets,
        }
    }

    /// The same settings, but with podman's sockets before the others: for images that podman's containers need.
    #[must_use]
    pub fn preferring_podman(mut self) -> Self {
        self.prefers_podman = true;
        self
    }

    /// The engine's address: `DOCKER_HOST`, else the context of `DOCKER_CONTEXT` or of `docker context use`, else the
    /// first existing one of the usual sockets. `unix://…`, `tcp://…` or, on Windows, `npipe://…`.
    ///
    /// # Errors
    /// A context that does not exist, an unreadable `config.json`, an address that only docker itself can use (TLS,
    /// ssh).
    pub fn address(&self) -> Result<String> {
        let (address, tls) = match &self.host {
            Some(host) => (host.clone(), self.tls),
            None if self.prefers_podman => (self.usual_address(), self.tls),
            None => match self.context_name()? {
                Some(context) => self.address_of_context(&context)?,
                None => (self.usual_address(), self.tls),
            },
        };
        let usable = address.starts_with("unix://")
            || address.starts_with("npipe://")
            || (address.starts_with("tcp://") || address.starts_with("http://")) && !tls;
        if usable {
            return Ok(address);
        }
        Err(unsupported(
            &address,
            match tls {
                true => "it uses TLS, and mcpctl supports local sockets and `tcp://` without TLS only",
                false => "mcpctl supports local sockets and `tcp://` without TLS only",
            },
        ))
    }

    /// Docker's `config.json`, and the logins of `DOCKER_AUTH_CONFIG`.
    ///
    /// # Errors
    /// One of them cannot be read.
    pub(super) fn config(&self) -> Result<DockerConfig> {
        let parsed = |place: &str, text: &str| {
            serde_json::from_str::<DockerConfig>(text).map_err(|error| {
                // the parser's own words could quote a login
                Error::invalid(format!("cannot read docker's settings in `{place}`"))
                    .cause(format!("wrong JSON in line {}", error.line()))
                    .hint(format!("correct `{place}`; `docker info` shows how docker reads it"))
            })
        };
        let mut config = DockerConfig::default();
        if let Some(folder) = &self.config_folder {
            let path = folder.join("config.json");
            let place = path.display().to_string();
            // docker takes an empty file for an empty one
            if let Some(text) = read(&path)?.filter(|text| !text.trim().is_empty()) {
                config = parsed(&place, &text)?;
            }
            config.place = place;
        }
        if let Some(text) = &self.logins {
            config.auths_of_environment = parsed("DOCKER_AUTH_CONFIG", text.expose())?.auths;
        }
        Ok(config)
    }

    fn context_name(&self) -> Result<Option<String>> {
        let name = match &self.context {
            Some(name) => name.clone(),
            None => self.config()?.current_context,
        };
        Ok(Some(name).filter(|name| !name.is_empty() && name != "default"))
    }

    /// The address of a context, and whether it has certificates: docker speaks TLS then.
    fn address_of_context(&self, context: &str) -> Result<(String, bool)> {
        // Docker names the folders by the hash of the context's name, so they are all looked at.
        let contexts = self.config_folder.clone().unwrap_or_default().join("contexts");
        let folder = contexts.join("meta");
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let meta = read(&entry.path().join("meta.json"))?.and_then(|text| serde_json::from_str(&text).ok());
            match meta {
                Some(ContextMeta { name, endpoints }) if name == context => {
                    let certificates = contexts.join("tls").join(entry.file_name()).join("docker");
                    let tls = std::fs::read_dir(certificates).is_ok_and(|mut files| files.next().is_some());
                    return Ok((endpoints.docker.host, tls || self.tls));
                }
                _ => {}
            }
        }
        Err(Error::not_found(format!("no docker context `{context}`"))
            .cause(format!("it is in use, but not in `{}`", folder.display()))
            .hint("`docker context ls` prints them, `docker context use NAME` chooses one"))
    }

    fn usual_address(&self) -> String {
        if cfg!(windows) {
            return "npipe:////./pipe/docker_engine".to_owned();
        }
        let (first, second) = match self.prefers_podman {
            true => (&self.podman_sockets, &self.sockets),
            false => (&self.sockets, &self.podman_sockets),
        };
        let mut sockets = first.iter().chain(second);
        let found = sockets.find(|path| path.exists()).or(first.first());
        format!("unix://{}", found.cloned().unwrap_or_default().display())
    }
}

/// The error of an engine that cannot be used from here, with the next step.
pub(super) fn unsupported(address: &str, cause: &str) -> Error {
    // an address of ssh or of a proxy may hold a password
    let shown = match address.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.rsplit_once('@')?.1))) {
        Some((scheme, host)) => format!("{scheme}://***@{host}"),
        None => address.to_owned(),
    };
    Error::failed(format!("cannot use the docker engine at `{shown}`")).cause(cause).hint(
        "set `DOCKER_HOST` to a local socket, or pull the images by `docker pull` and leave this step out: `--skip images`",
    )
}

fn read(path: &Path) -> Result<Option<String>> {
    let Some(bytes) = read_file(path, LONGEST_FILE)? else { return Ok(None) };
    encoding::text(&bytes, &path.display().to_string()).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(folder: &Path) -> DockerSettings {
        DockerSettings { config_folder: Some(folder.to_path_buf()), ..DockerSettings::default() }
    }

    #[test]
    fn the_host_comes_before_the_context_and_the_context_before_the_socket() {
        let folder = tempfile::tempdir().unwrap();
        let meta = folder.path().join("contexts/meta/abc");
        std::fs::create_dir_all(&meta).unwrap();
        std::fs::write(
            meta.join("meta.json"),
            r#"{"Name":"far","Metadata":{},"Endpoints":{"docker":{"Host":"unix:///far.sock","SkipTLSVerify":false}}}"#,
        )
        .unwrap();
        std::fs::write(folder.path().join("config.json"), r#"{"currentContext": "far", "auths": {}}"#).unwrap();
        let mut docker = settings(folder.path());
        assert_eq!(docker.address().unwrap(), "unix:///far.sock");
        docker.context = Some("near".into());
        assert_eq!(docker.address().unwrap_err().message, "no docker context `near`");
        docker.context = Some("default".into());
        docker.sockets = vec![folder.path().join("no.sock"), folder.path().join("config.json")];
        assert_eq!(docker.address().unwrap(), format!("unix://{}/config.json", folder.path().display()));
        docker.host = Some("tcp://127.0.0.1:2375".into());
        assert_eq!(docker.address().unwrap(), "tcp://127.0.0.1:2375");
        docker.tls = true;
        assert!(docker.address().is_err());
        docker.host = Some("ssh://me@there".into());
        assert!(docker.address().unwrap_err().hints[0].contains("DOCKER_HOST"));
    }

    #[test]
    fn the_engine_of_podman_is_used_where_docker_has_none_or_podmans_containers_need_it() {
        let folder = tempfile::tempdir().unwrap();
        let socket = |name: &str| folder.path().join(name);
        let address = |existing: &[&str], settings: &DockerSettings| {
            for name in ["docker.sock", "podman.sock"] {
                let _ = std::fs::remove_file(socket(name));
            }
            existing.iter().for_each(|name| std::fs::write(socket(name), "").unwrap());
            settings.address().unwrap().rsplit('/').next().unwrap().to_owned()
        };
        let docker = DockerSettings {
            sockets: vec![socket("docker.sock")],
            podman_sockets: vec![socket("podman.sock")],
            ..settings(folder.path())
        };
        let podman = docker.clone().preferring_podman();
        for (existing, of_docker, of_podman) in [
            (&["docker.sock", "podman.sock"][..], "docker.sock", "podman.sock"),
            (&["podman.sock"], "podman.sock", "podman.sock"),
            (&["docker.sock"], "docker.sock", "docker.sock"),
            (&[], "docker.sock", "podman.sock"),
        ] {
            assert_eq!(address(existing, &docker), of_docker, "{existing:?}");
            assert_eq!(address(existing, &podman), of_podman, "{existing:?}");
        }
        let named = DockerSettings { host: Some("tcp://127.0.0.1:2375".into()), ..podman };
        assert_eq!(named.address().unwrap(), "tcp://127.0.0.1:2375", "what is named comes first");
    }

    #[test]
    fn a_context_with_certificates_is_not_spoken_to_in_plain() {
        let folder = tempfile::tempdir().unwrap();
        let contexts = folder.path().join("contexts");
        std::fs::create_dir_all(contexts.join("meta/abc")).unwrap();
        std::fs::write(
            contexts.join("meta/abc/meta.json"),
            r#"{"Name":"far","Endpoints":{"docker":{"Host":"tcp://127.0.0.1:2376"}}}"#,
        )
        .unwrap();
        let docker = DockerSettings { context: Some("far".into()), ..settings(folder.path()) };
        assert_eq!(docker.address().unwrap(), "tcp://127.0.0.1:2376");
        std::fs::create_dir_all(contexts.join("tls/abc/docker")).unwrap();
        std::fs::write(contexts.join("tls/abc/docker/ca.pem"), "").unwrap();
        let error = docker.address().unwrap_err();
        assert_eq!(error.message, "cannot use the docker engine at `tcp://127.0.0.1:2376`");
        assert!(error.cause.as_deref().unwrap_or_default().starts_with("it uses TLS"));
        assert!(error.hints[0].contains("DOCKER_HOST"));
    }

    #[test]
    fn a_broken_config_is_named_and_not_quoted() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.json"), r#"{"auths": {"x": {"auth": "canary-auth"}, canary}}"#)
            .unwrap();
        let error = settings(folder.path()).address().unwrap_err();
        assert!(error.message.contains("config.json") && !format!("{error:?}").contains("canary"));
    }
}
