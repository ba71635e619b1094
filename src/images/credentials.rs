//! The login for a registry, from where `docker login` keeps it (`config.json`, or a credential helper), and from the
//! secrets of the same form that a cluster pulls with.

use std::time::Duration;

use base64::Engine as _;

use super::credential_helper;
use super::endpoint::{Auth, Auths, DockerConfig};
use super::engine_api::EngineLogin;
use super::reference::{DOCKER_HUB, Reference};
use super::store::PullFailure;
use crate::error::Error;
use crate::hostname;

/// How docker names its own registry where it keeps logins.
const DOCKER_HUB_LOGIN: &str = "https://index.docker.io/v1/";
/// How long a credential helper may take.
pub(super) const HELPER_TIMEOUT: Duration = Duration::from_secs(10);

/// The login for a registry. It has no `Debug`, because it contains a secret.
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

/// What docker's settings have for a registry.
#[derive(Clone, Default)]
pub struct FoundLogin {
    /// The login.
    pub login: Option<Login>,
    /// Why a login that is set up is not used. Requests go without it, and where the registry wants one, this is the
    /// reason.
    pub problem: Option<LoginProblem>,
}

/// Why a login that is set up is not used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginProblem {
    cause: String,
    hint: String,
}

impl LoginProblem {
    /// The failure of a request that went without the login: the cause and the next step are those of the login.
    pub(super) fn explain(&self, failure: &PullFailure) -> PullFailure {
        let PullFailure { error, again, registry_down } = failure;
        let cause = match &error.cause {
            Some(cause) => format!("{cause}; {}", self.cause),
            None => self.cause.clone(),
        };
        let mut explained = Error::new(error.kind, error.message.as_str()).cause(cause).hint(self.hint.as_str());
        if let Some(object) = &error.object {
            explained = explained.object(object.as_str());
        }
        PullFailure { error: explained, again: *again, registry_down: *registry_down }
    }
}

/// The login for a registry, as docker finds it: in `DOCKER_AUTH_CONFIG`, else from the registry's credential helper or
/// the one for all registries, else in the file. A helper that has none ends the search; one that fails does not.
pub(super) async fn for_registry(config: &DockerConfig, registry: &str, patience: Duration) -> FoundLogin {
    let server = server(registry);
    let place = config.place.as_str();
    match stored(&config.auths_of_environment, registry, "DOCKER_AUTH_CONFIG") {
        FoundLogin { login: None, problem: None } => {}
        found => return found,
    }
    let (helper, setting) = match config.cred_helpers.get(server) {
        Some(helper) => (helper.as_deref().unwrap_or_default(), "credHelpers"),
        None => (config.creds_store.as_str(), "credsStore"),
    };
    if helper.is_empty() {
        return stored(&config.auths, registry, place);
    }
    match credential_helper::ask(helper, server, patience.min(HELPER_TIMEOUT)).await {
        Ok(login) => FoundLogin { login, problem: None },
        Err(why) => {
            let program = format!("docker-credential-{}", crate::clean::cell(helper));
            FoundLogin {
                login: stored(&config.auths, registry, place).login,
                problem: Some(LoginProblem {
                    cause: format!("the credential helper `{program}` (`{setting}` in `{place}`) {why}"),
                    hint: format!(
                        "install or fix `{program}` (`{program} list` tests it), or remove it from `{setting}` in \
                         `{place}`; then \
                         `docker login {}`",
                        crate::shell::word(registry)
                    ),
                }),
            }
        }
    }
}

/// The login that a cluster's pull secret holds for an image: the text of its `.dockerconfigjson`, or `.dockercfg`.
/// None if there is none in it. As kubelets do, the longest of the registry's entries counts (`r.corp/team` before
/// `r.corp`), and `*` stands for a part of a host.
///
/// # Errors
/// Why the secret, or the entry that counts, cannot be used.
pub fn in_pull_secret(text: &str, image: &Reference) -> Result<Option<Login>, String> {
    let not_json = |_| "is not JSON in the form of docker's `config.json`".to_owned();
    let config: DockerConfig = serde_json::from_str(text).map_err(not_json)?;
    let auths: Auths = match config.auths.is_empty() {
        true => serde_json::from_str(text).unwrap_or_default(),
        false => config.auths,
    };
    let fits = |entry: &str| {
        let (host, path) = split_entry(entry);
        let hub = image.registry() == DOCKER_HUB && matches!(host, "index.docker.io" | "docker.io");
        let inside = path.is_empty()
            || image.repository().strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        ((hub || is_of(host, image.registry())) && inside).then_some(entry.len())
    };
    let found = auths.iter().filter_map(|(entry, auth)| Some((fits(entry)?, entry, auth.as_ref()?)));
    let Some((_, entry, auth)) = found.max_by_key(|(length, ..)| *length) else { return Ok(None) };
    from_auth(auth).map_err(|why| format!("has an entry `{}` whose `auth` {why}", crate::clean::cell(entry)))
}

/// The name that docker keeps a registry's login under.
fn server(registry: &str) -> &str {
    if registry == DOCKER_HUB { DOCKER_HUB_LOGIN } else { registry }
}

/// The login among entries of `auths`: under the server's name, else under another way to write its host. As for docker,
/// a scheme and a path do not matter; an entry without a path is preferred.
fn stored(auths: &Auths, registry: &str, place: &str) -> FoundLogin {
    let of_host = |(entry, _): &(&String, &Option<Auth>)| hostname_of(entry).as_deref() == Some(registry);
    let named = auths.get_key_value(server(registry));
    let without_path = |entry: &(&String, &Option<Auth>)| of_host(entry) && split_entry(entry.0).1.is_empty();
    let found = named.or_else(|| auths.iter().find(without_path)).or_else(|| auths.iter().find(of_host));
    let Some((entry, Some(auth))) = found else { return FoundLogin::default() };
    match from_auth(auth) {
        Ok(login) => FoundLogin { login, problem: None },
        Err(why) => FoundLogin {
            login: None,
            problem: Some(LoginProblem {
                cause: format!("the login `{}` in `{place}` is not used: its `auth` {why}", crate::clean::cell(entry)),
                hint: format!("`docker login {}` writes it again", crate::shell::word(registry)),
            }),
        },
    }
}

/// The host, with its port, of an entry of `auths`: `https://me@r.corp:5000/v2/` is that of `r.corp:5000`. Docker Hub has
/// several names.
fn hostname_of(entry: &str) -> Option<String> {
    let (host, _) = split_entry(entry);
    let host = if entry.contains("://") { host.rsplit('@').next().unwrap_or(host) } else { host };
    let host = hostname::with_port(host)?;
    Some(if host == "index.docker.io" { DOCKER_HUB.to_owned() } else { host })
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

/// The login of an entry; none if it is empty or lacks a part, as after `docker login` with a credential helper.
///
/// # Errors
/// What is wrong with its `auth`, never with a part of it.
fn from_auth(auth: &Auth) -> Result<Option<Login>, &'static str> {
    if !auth.identitytoken.is_empty() {
        return Ok(Some(Login::Token(auth.identitytoken.clone())));
    }
    let (username, password) = if auth.auth.is_empty() {
        (auth.username.clone(), auth.password.clone())
    } else {
        let mut text = auth.auth.clone();
        text.retain(|letter| !letter.is_ascii_whitespace());
        let bytes = base64::engine::general_purpose::STANDARD.decode(text).map_err(|_| "is not valid base64")?;
        let text = String::from_utf8(bytes).map_err(|_| "is not UTF-8 text in base64")?;
        let (username, password) =
            text.split_once(':').filter(|(name, _)| !name.is_empty()).ok_or("is not `NAME:PASSWORD` in base64")?;
        (username.to_owned(), password.trim_matches('\0').to_owned())
    };
    if username.is_empty() || password.is_empty() {
        return Ok(None);
    }
    Ok(Some(Login::Password { username, password }))
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
        for_registry(&config(text), registry, HELPER_TIMEOUT).await.login.map(parts)
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
        assert_eq!(login(text, "other.corp").await, Some(("u".into(), "canary-team".into())));
        for registry in ["bad.corp", "empty.corp", "r2.corp", "r.corp:5000"] {
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
            in_pull_secret(text, &Reference::parse(image).unwrap()).unwrap().map(|login| parts(login).0)
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
        let image = Reference::parse("r.corp/x").unwrap();
        for text in
            ["no json", r#"{"auths": {"r.corp": {"auth": "%%%"}}}"#, r#"{"auths": {"r.corp": {"auth": "YQ=="}}}"#]
        {
            assert!(in_pull_secret(text, &image).is_err(), "{text}");
        }
    }
}
