//! How a registry wants to be asked: what its challenge says, and the token that its token server gives for it.

use base64::Engine as _;
use reqwest::header::{HeaderMap, HeaderValue, WWW_AUTHENTICATE};
use reqwest::{Method, Url};
use serde::Deserialize;

use super::Reference;
use super::credentials::Login;
use crate::web::Request;

/// The most bytes of a token server's answer that are read.
pub(super) const LARGEST: usize = 1 << 20;

/// What a registry's challenge asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Challenge {
    /// None: the registry answers without a login.
    Nothing,
    /// The login itself.
    Basic,
    /// A token of a token server.
    Bearer {
        /// The token server's address.
        realm: String,
        /// What the token server calls the registry.
        service: String,
    },
}

impl Challenge {
    /// Reads the challenges of an answer; of several, one for a token counts.
    pub(super) fn from_headers(headers: &HeaderMap) -> Self {
        let texts = headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
        let mut found = Self::Nothing;
        for text in texts {
            let (scheme, rest) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
            if scheme.eq_ignore_ascii_case("bearer") {
                let value = |name| parameter(rest, name).unwrap_or_default();
                return Self::Bearer { realm: value("realm"), service: value("service") };
            }
            if scheme.eq_ignore_ascii_case("basic") {
                found = Self::Basic;
            }
        }
        found
    }
}

/// A parameter of a challenge: `realm="https://auth.corp/token",service="r.corp"`. What stands within quotes is not taken
/// for a parameter.
fn parameter(challenge: &str, wanted: &str) -> Option<String> {
    let mut rest = challenge;
    loop {
        let (name, after) = rest.split_once('=')?;
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => quoted_string(quoted)?,
            None => {
                let (value, after) = after.split_at(after.find(',').unwrap_or(after.len()));
                (value.to_owned(), after)
            }
        };
        if name.trim_matches([',', ' ']).eq_ignore_ascii_case(wanted) {
            return Some(value.trim().to_owned());
        }
        rest = after;
    }
}

/// The content of a quoted string (RFC 9110, 5.6.4), and what follows its closing quote. `text` begins behind the opening
/// one.
fn quoted_string(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(letters.next()?.1),
            _ => value.push(letter),
        }
    }
    None
}

/// The login as an `Authorization` header; none for an identity token, which only a token server takes.
pub(super) fn basic(login: &Login) -> Option<HeaderValue> {
    let Login::Password { username, password } = login else { return None };
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("{username}:{password}"));
    secret(&format!("Basic {pair}"))
}

/// The request for a token that opens an image's repository for reading: a password goes into a header, an identity token
/// into a form, as OAuth2 has it. No redirect of a request with a login is followed.
pub(super) fn request(mut realm: Url, service: &str, image: &Reference, login: Option<&Login>) -> Request {
    let scope = format!("repository:{}:pull", image.repository());
    if let Some(Login::Token(identity)) = login {
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "refresh_token")
            .append_pair("service", service)
            .append_pair("scope", &scope)
            .append_pair("client_id", "mcpctl")
            .append_pair("refresh_token", identity)
            .finish();
        return Request { form: Some(form), follow: false, ..Request::new(Method::POST, realm) };
    }
    realm.query_pairs_mut().append_pair("service", service).append_pair("scope", &scope);
    Request { authorization: login.and_then(basic), follow: login.is_none(), ..Request::new(Method::GET, realm) }
}

/// The token of a token server's answer, as an `Authorization` header.
pub(super) fn from_answer(bytes: &[u8]) -> Option<HeaderValue> {
    #[derive(Deserialize)]
    struct Answer {
        token: Option<String>,
        access_token: Option<String>,
    }
    let answer: Answer = serde_json::from_slice(bytes).ok()?;
    secret(&format!("Bearer {}", answer.token.or(answer.access_token)?))
}

fn secret(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn challenge(texts: &[&str]) -> Challenge {
        let mut headers = HeaderMap::new();
        for text in texts {
            headers.append(WWW_AUTHENTICATE, text.parse().unwrap());
        }
        Challenge::from_headers(&headers)
    }

    #[test]
    fn a_challenge_names_its_token_server() {
        let bearer =
            |realm: &str, service: &str| Challenge::Bearer { realm: realm.to_owned(), service: service.to_owned() };
        let realm = "https://auth.corp/token";
        for (texts, expected) in [
            (
                &[r#"Bearer realm="https://auth.corp/token",service="r.corp",scope="repository:x:pull""#][..],
                bearer(realm, "r.corp"),
            ),
            (&[r#"bearer service=r.corp, realm="https://auth.corp/token""#], bearer(realm, "r.corp")),
            (&["Basic realm=\"r\"", r#"Bearer realm="https://auth.corp/token""#], bearer(realm, "")),
            (&[r#"Bearer error="x,realm=\"no\"",realm="https://auth.corp/token""#], bearer(realm, "")),
            (&[r#"Bearer error="realm=https://evil.example/",realm="https://auth.corp/token""#], bearer(realm, "")),
            (&["Bearer"], bearer("", "")),
            (&[r#"Bearer realm="https://auth.corp"#], bearer("", "")),
            (&["Basic realm=\"r\""], Challenge::Basic),
            (&["Digest realm=\"r\""], Challenge::Nothing),
            (&[], Challenge::Nothing),
        ] {
            assert_eq!(challenge(texts), expected, "{texts:?}");
        }
    }

    #[test]
    fn a_request_with_a_login_follows_no_redirect() {
        let image = Reference::parse("r.corp/team/x:1").unwrap();
        let realm = || Url::parse("https://auth.corp/token?more=1").unwrap();
        let anonymous = request(realm(), "r corp", &image, None);
        assert_eq!(
            anonymous.url.as_str(),
            "https://auth.corp/token?more=1&service=r+corp&scope=repository%3Ateam%2Fx%3Apull"
        );
        assert!(anonymous.follow && anonymous.authorization.is_none() && anonymous.form.is_none());
        let password = Login::Password { username: "me".into(), password: "canary-pw".into() };
        let asked = request(realm(), "r", &image, Some(&password));
        assert_eq!(asked.authorization.unwrap(), "Basic bWU6Y2FuYXJ5LXB3");
        assert!(!asked.follow);
        let asked = request(realm(), "r", &image, Some(&Login::Token("canary-t".into())));
        assert!(asked.form.is_some_and(|form| form.ends_with("refresh_token=canary-t")) && !asked.follow);
        assert_eq!((asked.method, asked.url.query()), (Method::POST, Some("more=1")));
    }

    #[test]
    fn a_token_is_one_line_of_an_answer() {
        for answer in [r#"{"token": "t"}"#, r#"{"access_token": "t", "expires_in": 300}"#] {
            assert_eq!(from_answer(answer.as_bytes()).unwrap(), "Bearer t");
        }
        for answer in ["", "{}", "<html>", r#"{"token": 1}"#, r#"{"token": "a\nb"}"#] {
            assert!(from_answer(answer.as_bytes()).is_none(), "{answer}");
        }
    }
}
