//! The login for a registry, from where `docker login` keeps it (`config.json`, or a credential helper), and from the
//! secrets of the same form that a cluster pulls with.

use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use serde::Deserialize;
use tokio::process::Command;

use crate::child;

use super::endpoint::{Auth, DockerConfig};
use super::engine_api::EngineLogin;
use super::reference::{DOCKER_HUB, Reference};
use crate::command_output;
use crate::hostname;

/// How docker names its own registry where it keeps logins.
const DOCKER_HUB_LOGIN: &str = "https://index.docker.io/v1/";
/// How long a credential helper may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most bytes of its answer that are read.
const LONGEST_ANSWER: usize = 1 << 20;

/// How to be known to a registry. It has no `Debug`: it holds a secret.
#[derive(Clone, PartialEq, Eq)]
pub enum Login {
    /// A name and a password, or a token used as one.
    Password {
        /// The name.
        username: String,
        /// The password.
        password: String,
    },
    /// A token that stands for both.
    Token(String),
}

impl Login {
    /// The login as the engine's API takes it.
    pub(super) fn for_engine(self, registry: &str) -> EngineLogin {
        let (username, password, identitytoken) = match self {
            Self::Password { username, password } => (username, password, String::new()),
            Self::Token(token) => (String::new(), String::new(), token),
        };
        EngineLogin { serveraddress: server(registry).to_owned(), username, password, identitytoken }
    }
}

/// What a credential helper answers.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct HelperAnswer {
    username: String,
    secret: String,
}

/// The login for a registry; none if there is none, or a helper does not give one: the pull then goes without, and the
/// registry says whether it needs one.
pub(super) async fn for_registry(config: &DockerConfig, registry: &str) -> Option<Login> {
    let server = server(registry);
    let helper = config.cred_helpers.get(server).or(Some(&config.creds_store)).filter(|name| is_program(name));
    if let Some(helper) = helper
        && let Some(answer) = ask(helper, server).await
    {
        return Some(from_helper(answer));
    }
    stored(config, registry)
}

/// The login that a cluster's pull secret holds for an image: the text of its `.dockerconfigjson`, or `.dockercfg`.
/// None if there is none in it, or it is no such text. As kubelets do, the longest of the registry's entries counts
/// (`r.corp/team` before `r.corp`), and `*` stands for a part of a host.
#[must_use]
pub fn in_pull_secret(text: &str, image: &Reference) -> Option<Login> {
    let config: DockerConfig = serde_json::from_str(text).ok()?;
    let auths = if config.auths.is_empty() { serde_json::from_str(text).ok()? } else { config.auths };
    let fits = |entry: &str| {
        let (host, path) = split_entry(entry);
        let hub = image.registry() == DOCKER_HUB && matches!(host, "index.docker.io" | "docker.io");
        let inside = path.is_empty()
            || image.repository().strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        ((hub || is_of(host, image.registry())) && inside).then_some(entry.len())
    };
    let found = auths.iter().filter_map(|(entry, auth)| Some((fits(entry)?, auth)));
    from_auth(found.max_by_key(|(length, _)| *length)?.1)
}

/// The name that docker keeps a registry's login under.
fn server(registry: &str) -> &str {
    if registry == DOCKER_HUB { DOCKER_HUB_LOGIN } else { registry }
}

/// The login that stands in the file itself: under the server's name, else under another way to write its host.
fn stored(config: &DockerConfig, registry: &str) -> Option<Login> {
    let of_host = |(entry, _): &(&String, &Auth)| {
        let (host, path) = split_entry(entry);
        path.is_empty() && hostname::with_port(host).as_deref() == Some(registry)
    };
    let named = config.auths.get(server(registry));
    from_auth(named.or_else(|| config.auths.iter().find(of_host).map(|(_, auth)| auth))?)
}

/// Host and path of an entry of `auths`: `https://r.corp/v1/` is `r.corp` and no path.
fn split_entry(entry: &str) -> (&str, &str) {
    let entry = entry.strip_prefix("https://").or_else(|| entry.strip_prefix("http://")).unwrap_or(entry);
    let (host, path) = entry.split_once('/').unwrap_or((entry, ""));
    let path = path.trim_end_matches('/');
    (host, if matches!(path, "v1" | "v2") { "" } else { path })
}

/// Whether a host of a pull secret's entry is a registry. As for kubelets, `*` stands for one part of a name or for a
/// piece of one, never for several: `*.corp` is not `r.evil.corp`.
fn is_of(entry: &str, registry: &str) -> bool {
    if !entry.contains('*') {
        return hostname::with_port(entry).as_deref() == Some(registry);
    }
    let entry = entry.to_ascii_lowercase();
    let (parts, wanted): (Vec<&str>, Vec<&str>) = (entry.split('.').collect(), registry.split('.').collect());
    parts.len() == wanted.len()
        && parts.iter().zip(wanted).all(|(part, wanted)| wildmatch::WildMatch::new(part).matches(wanted))
}

fn from_helper(answer: HelperAnswer) -> Login {
    if answer.username == "<token>" {
        return Login::Token(answer.secret);
    }
    Login::Password { username: answer.username, password: answer.secret }
}

fn from_auth(auth: &Auth) -> Option<Login> {
    if !auth.identitytoken.is_empty() {
        return Some(Login::Token(auth.identitytoken.clone()));
    }
    let (username, password) = if auth.auth.is_empty() {
        (auth.username.clone(), auth.password.clone())
    } else {
        let bytes = base64::engine::general_purpose::STANDARD.decode(auth.auth.trim()).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let (username, password) = text.split_once(':')?;
        (username.to_owned(), password.trim_end_matches('\0').to_owned())
    };
    if username.is_empty() {
        return None;
    }
    Some(Login::Password { username, password })
}

/// Whether a helper's name can be the end of a program's, and not a path.
fn is_program(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

/// Runs `docker-credential-NAME get`, the registry on its standard input.
async fn ask(helper: &str, server: &str) -> Option<HelperAnswer> {
    let mut command = Command::from(child::command(format!("docker-credential-{helper}")));
    command.arg("get").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let answer = command_output::collect(&mut command, server.as_bytes(), LONGEST_ANSWER, PATIENCE).await.ok()?;
    if !answer.status.success() {
        return None;
    }
    serde_json::from_slice(&answer.stdout).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> DockerConfig {
        serde_json::from_str(text).unwrap()
    }

    fn parts(login: Login) -> (String, String) {
        match login {
            Login::Password { username, password } => (username, password),
            Login::Token(token) => (String::new(), token),
        }
    }

    async fn login(text: &str, registry: &str) -> Option<(String, String)> {
        for_registry(&config(text), registry).await.map(parts)
    }

    #[tokio::test]
    async fn logins_of_config_json_are_found_by_registry() {
        let text = r#"{"auths": {
            "https://index.docker.io/v1/": {"auth": "bWU6Y2FuYXJ5OnB3"},
            "ghcr.io": {"identitytoken": "canary-token"},
            "https://R.corp": {"username": "u", "password": "canary-plain"},
            "https://other.corp/team": {"username": "u", "password": "canary-team"},
            "other.corp@r2.corp": {"username": "u", "password": "canary-odd"},
            "bad.corp": {"auth": "%%%"},
            "empty.corp": {}
        }, "credsStore": "../evil"}"#;
        assert_eq!(login(text, "docker.io").await, Some(("me".into(), "canary:pw".into())));
        assert_eq!(login(text, "ghcr.io").await, Some((String::new(), "canary-token".into())));
        assert_eq!(login(text, "r.corp").await, Some(("u".into(), "canary-plain".into())));
        for registry in ["bad.corp", "empty.corp", "other.corp", "r2.corp", "r.corp:5000"] {
            assert_eq!(login(text, registry).await, None, "{registry}");
        }
    }

    #[tokio::test]
    async fn a_helper_that_is_not_there_is_no_login() {
        let text = r#"{"credHelpers": {"r.corp": "no-such-helper-xyz"}}"#;
        assert_eq!(login(text, "r.corp").await, None);
    }

    #[test]
    fn a_clusters_pull_secret_holds_logins_in_both_forms() {
        let auths = r#"{
            "r.corp": {"auth": "bWU6Y2FuYXJ5OnB3"},
            "r.corp/team": {"username": "team", "password": "p"},
            "*.cloud.corp": {"username": "any", "password": "p"},
            "https://index.docker.io/v1/": {"username": "hub", "password": "p"}
        }"#;
        let whole = format!(r#"{{"auths": {auths}}}"#);
        let login = |text: &str, image: &str| {
            in_pull_secret(text, &Reference::parse(image).unwrap()).map(|login| parts(login).0)
        };
        for text in [whole.as_str(), auths] {
            for (image, name) in [
                ("r.corp/x", Some("me")),
                ("r.corp/team/x", Some("team")),
                ("r.corp/teams/x", Some("me")),
                ("eu.cloud.corp/x", Some("any")),
                ("evil.eu.cloud.corp/x", None),
                ("eu.cloud.corp:5000/x", None),
                ("R.corp/x", Some("me")),
                ("mcp/x", Some("hub")),
                ("other.corp/x", None),
            ] {
                assert_eq!(login(text, image).as_deref(), name, "{image}");
            }
        }
        assert!(login("no json", "r.corp/x").is_none());
    }
}
