//! The login for a registry, from where `docker login` keeps it: `config.json`, or a credential helper.

use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use bollard::auth::DockerCredentials;
use serde::Deserialize;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::endpoint::{Auth, DockerConfig};
use super::reference::DOCKER_HUB;

/// How docker names its own registry where it keeps logins.
const DOCKER_HUB_LOGIN: &str = "https://index.docker.io/v1/";
/// How long a credential helper may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a credential helper answers.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct HelperAnswer {
    username: String,
    secret: String,
}

/// The login for a registry; none if there is none, or a helper does not give one: the pull then goes without, and the
/// registry says whether it needs one.
pub(super) async fn for_registry(config: &DockerConfig, registry: &str) -> Option<DockerCredentials> {
    let server = if registry == DOCKER_HUB { DOCKER_HUB_LOGIN } else { registry };
    let helper = config.cred_helpers.get(server).or(Some(&config.creds_store)).filter(|name| is_program(name));
    if let Some(helper) = helper
        && let Some(answer) = ask(helper, server).await
    {
        return Some(from_helper(answer, server));
    }
    let names = [server.to_owned(), format!("https://{server}"), format!("https://{server}/v1/"), format!("{server}/")];
    let auth = names.iter().find_map(|name| config.auths.get(name))?;
    from_auth(auth, server)
}

fn from_helper(answer: HelperAnswer, server: &str) -> DockerCredentials {
    let serveraddress = Some(server.to_owned());
    if answer.username == "<token>" {
        return DockerCredentials { identitytoken: Some(answer.secret), serveraddress, ..DockerCredentials::default() };
    }
    let (username, password) = (Some(answer.username), Some(answer.secret));
    DockerCredentials { username, password, serveraddress, ..DockerCredentials::default() }
}

fn from_auth(auth: &Auth, server: &str) -> Option<DockerCredentials> {
    let serveraddress = Some(server.to_owned());
    if !auth.identitytoken.is_empty() {
        let identitytoken = Some(auth.identitytoken.clone());
        return Some(DockerCredentials { identitytoken, serveraddress, ..DockerCredentials::default() });
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
    let (username, password) = (Some(username), Some(password));
    Some(DockerCredentials { username, password, serveraddress, ..DockerCredentials::default() })
}

/// Whether a helper's name can be the end of a program's, and not a path.
fn is_program(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

/// Runs `docker-credential-NAME get`, the registry on its standard input.
async fn ask(helper: &str, server: &str) -> Option<HelperAnswer> {
    let mut child = Command::new(format!("docker-credential-{helper}"))
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .ok()?;
    let mut stdin = child.stdin.take()?;
    let answer = tokio::time::timeout(PATIENCE, async {
        stdin.write_all(server.as_bytes()).await.ok()?;
        drop(stdin);
        child.wait_with_output().await.ok()
    });
    let output = answer.await.ok()??;
    if !output.status.success() {
        return None;
    }
    serde_json::from_slice(&output.stdout).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> DockerConfig {
        serde_json::from_str(text).unwrap()
    }

    async fn login(text: &str, registry: &str) -> Option<(String, String)> {
        let found = for_registry(&config(text), registry).await?;
        Some((found.username.unwrap_or_default(), found.password.or(found.identitytoken).unwrap_or_default()))
    }

    #[tokio::test]
    async fn logins_of_config_json_are_found_by_registry() {
        let text = r#"{"auths": {
            "https://index.docker.io/v1/": {"auth": "bWU6Y2FuYXJ5OnB3"},
            "ghcr.io": {"identitytoken": "canary-token"},
            "https://r.corp": {"username": "u", "password": "canary-plain"},
            "bad.corp": {"auth": "%%%"},
            "empty.corp": {}
        }, "credsStore": "../evil"}"#;
        assert_eq!(login(text, "docker.io").await, Some(("me".into(), "canary:pw".into())));
        assert_eq!(login(text, "ghcr.io").await, Some((String::new(), "canary-token".into())));
        assert_eq!(login(text, "r.corp").await, Some(("u".into(), "canary-plain".into())));
        for registry in ["bad.corp", "empty.corp", "other.corp"] {
            assert_eq!(login(text, registry).await, None, "{registry}");
        }
    }

    #[tokio::test]
    async fn a_helper_that_is_not_there_is_no_login() {
        let text = r#"{"credHelpers": {"r.corp": "no-such-helper-xyz"}}"#;
        assert_eq!(login(text, "r.corp").await, None);
    }
}
