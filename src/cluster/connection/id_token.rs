//! The `id-token` that `auth-provider: oidc` keeps in the kubeconfig. It is used while it is valid. It is not renewed
//! here: kubectl renews it and writes the new one into the file.

use base64::Engine as _;
use jiff::{SignedDuration, Timestamp};
use kube::config::AuthProviderConfig;
use secrecy::SecretString;
use serde_json::Value;

use super::kubeconfig::Origin;
use crate::error::{Error, Result};

/// How long before its end a token is no longer used.
const MARGIN: SignedDuration = SignedDuration::from_secs(10);

/// The token, if it has not expired.
pub(in crate::cluster) fn valid(provider: &AuthProviderConfig, origin: &Origin) -> Result<SecretString> {
    let renew = |error: Error| {
        let renewable = provider.config.get("refresh-token").is_some_and(|token| !token.is_empty());
        error.hint(match renewable {
            true => "run `kubectl get namespaces` once: kubectl renews the token and stores it",
            false => "log in with your identity provider's tool, or use an `exec` plugin instead of `auth-provider`",
        })
    };
    let Some(token) = provider.config.get("id-token").filter(|token| !token.is_empty()) else {
        return Err(renew(origin.invalid("`auth-provider` `oidc`", "has no `id-token`")));
    };
    let Some(end) = end(token) else {
        return Err(renew(origin.invalid("the `id-token` of `auth-provider`", "is not a valid token")));
    };
    if Timestamp::now() + MARGIN >= end {
        return Err(renew(origin.invalid("the `id-token` of `auth-provider`", &format!("expired at {end}"))));
    }
    Ok(SecretString::from(token.as_str()))
}

/// `exp` of a JSON Web Token.
fn end(token: &str) -> Option<Timestamp> {
    let parts: Vec<&str> = token.split('.').collect();
    let [_, payload, _] = parts.as_slice() else { return None };
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    let claims: Value = serde_json::from_slice(&bytes).ok()?;
    let seconds = claims.get("exp")?;
    #[expect(clippy::cast_possible_truncation, reason = "a fraction of a second does not matter")]
    let seconds = seconds.as_i64().or_else(|| seconds.as_f64().map(|seconds| seconds as i64))?;
    Timestamp::from_second(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Built from pieces: nothing in this file looks like a token.
    fn token(claims: &str) -> String {
        let encode = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
        [encode("{}"), encode(claims), encode("canary")].join(".")
    }

    fn provider(id_token: &str, refresh: &str) -> AuthProviderConfig {
        let config = [("id-token", id_token), ("refresh-token", refresh)];
        AuthProviderConfig {
            name: "oidc".to_owned(),
            config: config.map(|(key, text)| (key.to_owned(), text.to_owned())).into(),
            ..AuthProviderConfig::default()
        }
    }

    #[test]
    fn a_token_is_used_until_it_expires_and_never_shown() {
        let origin = Origin { user: "me".to_owned(), files: "`/k`".to_owned() };
        let soon = Timestamp::now().as_second();
        for (text, part) in [
            (String::new(), "has no `id-token`"),
            ("canary".to_owned(), "not a valid token"),
            ("canary.canary.canary".to_owned(), "not a valid token"),
            (token("{}"), "not a valid token"),
            (token("{\"exp\": \"canary\"}"), "not a valid token"),
            (token("{\"exp\": 1}"), "expired at 1970-01-01T00:00:01Z"),
            (token(&format!("{{\"exp\": {soon}}}")), "expired at"),
            (token(&format!("{{\"exp\": {}}}", soon + 5)), "expired at"),
        ] {
            let error = valid(&provider(&text, "canary"), &origin).unwrap_err();
            let shown = format!("{error:?}");
            assert!(shown.contains(part) && shown.contains("user `me`") && !shown.contains("canary"), "{shown}");
            assert!(error.hints[0].contains("kubectl"), "{shown}");
        }
        let error = valid(&provider("", ""), &origin).unwrap_err();
        assert!(error.hints[0].contains("log in"));
        for claims in [format!("{{\"exp\": {}}}", soon + 3600), format!("{{\"exp\": {}.5}}", soon + 3600)] {
            assert!(valid(&provider(&token(&claims), ""), &origin).is_ok());
        }
    }
}
