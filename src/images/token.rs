//! An identity token, as `docker login` leaves it for some registries, exchanged for one that opens a repository.
//!
//! By the token endpoint of the distribution's OAuth2: the registry names it in its challenge, and it takes the identity
//! token as a refresh token. oci-client knows passwords only.

use serde::Deserialize;

use super::{Reference, registry};

/// The answer of a token endpoint.
#[derive(Deserialize)]
struct Answer {
    access_token: String,
}

/// The token for pulling one repository; `None` where the registry wants none, or gives none: the request then goes
/// without, and the registry says what it lacks.
pub(super) async fn exchange(client: &reqwest::Client, image: &Reference, identity: &str) -> Option<String> {
    let scheme = if registry::is_loopback(image.registry()) { "http" } else { "https" };
    let asked = client.get(format!("{scheme}://{}/v2/", image.registry())).send().await.ok()?;
    let challenge = asked.headers().get("www-authenticate")?.to_str().ok()?.to_owned();
    let realm = parameter(&challenge, "realm")?;
    // a token that opens everything must not be sent in the open
    let host = realm.strip_prefix("http://").map(|rest| rest.split('/').next().unwrap_or_default());
    if !realm.starts_with("https://") && !host.is_some_and(registry::is_loopback) {
        return None;
    }
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "refresh_token")
        .append_pair("service", &parameter(&challenge, "service").unwrap_or_default())
        .append_pair("scope", &format!("repository:{}:pull", image.repository()))
        .append_pair("client_id", "mcpctl")
        .append_pair("refresh_token", identity)
        .finish();
    let request = client.post(realm).header("content-type", "application/x-www-form-urlencoded").body(form);
    let answer = request.send().await.ok()?.error_for_status().ok()?;
    let answer: Answer = serde_json::from_slice(&answer.bytes().await.ok()?).ok()?;
    Some(answer.access_token)
}

/// A quoted parameter of a `Bearer` challenge.
fn parameter(challenge: &str, name: &str) -> Option<String> {
    let (scheme, rest) = challenge.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let (_, rest) = rest.split_once(&format!("{name}=\""))?;
    rest.split_once('"').map(|(value, _)| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_names_its_endpoint() {
        let challenge = r#"Bearer realm="https://auth.corp/token",service="r.corp",scope="repository:x:pull""#;
        assert_eq!(parameter(challenge, "realm").as_deref(), Some("https://auth.corp/token"));
        assert_eq!(parameter(challenge, "service").as_deref(), Some("r.corp"));
        assert_eq!(parameter(challenge, "account"), None);
        assert_eq!(parameter(r#"Basic realm="r""#, "realm"), None);
    }
}
