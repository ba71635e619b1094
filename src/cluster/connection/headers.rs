//! The headers that say who asks: credentials and impersonation. Their values come from files, programs and people, so
//! a character that a header cannot have is an error with its place, never a panic.

use base64::Engine as _;
use http::HeaderMap;
use http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use kube::config::AuthInfo;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::ExposeSecret;

use super::kubeconfig::Origin;
use crate::error::{Error, Result};

/// What client-go escapes in the name of an extra field: all that a header's name cannot have.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'*')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// The headers of each request of a user.
pub(in crate::cluster) fn of_user(auth: &AuthInfo, token_from: &str, origin: &Origin) -> Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    let token = auth.token.as_ref().map(ExposeSecret::expose_secret).filter(|token| !token.is_empty());
    let authorization = match (token, auth.username.as_deref().filter(|name| !name.is_empty())) {
        (Some(token), _) => Some(value(&format!("Bearer {token}"), token_from, origin)?),
        (None, Some(name)) => {
            let password = auth.password.as_ref().map_or("", |password| password.expose_secret());
            let login = base64::engine::general_purpose::STANDARD.encode(format!("{name}:{password}"));
            Some(value(&format!("Basic {login}"), "the login", origin)?)
        }
        (None, None) => None,
    };
    if let Some(mut authorization) = authorization {
        authorization.set_sensitive(true);
        headers.insert(AUTHORIZATION, authorization);
    }
    let single = [("impersonate-user", "as", &auth.impersonate), ("impersonate-uid", "as-uid", &auth.impersonate_uid)];
    for (name, field, text) in single {
        if let Some(text) = text.as_deref().filter(|text| !text.is_empty()) {
            headers.insert(HeaderName::from_static(name), value(text, &format!("`{field}`"), origin)?);
        }
    }
    for group in auth.impersonate_groups.iter().flatten() {
        headers.append(HeaderName::from_static("impersonate-group"), value(group, "a group in `as-groups`", origin)?);
    }
    for (key, texts) in auth.impersonate_user_extra.iter().flatten() {
        let what = "a field of `as-user-extra`";
        let name = format!("impersonate-extra-{}", utf8_percent_encode(&key.to_lowercase(), ESCAPED));
        let name =
            HeaderName::try_from(name).map_err(|_| origin.invalid(&format!("the name of {what}"), "is too long"))?;
        for text in texts {
            headers.append(name.clone(), value(text, what, origin)?);
        }
    }
    Ok(headers)
}

/// A value of a header. Only its kind is named: it may be a secret.
fn value(text: &str, what: &str, origin: &Origin) -> Result<HeaderValue> {
    HeaderValue::from_bytes(text.as_bytes()).map_err(|_| {
        let found = match text.chars().find(|c| c.is_control() && *c != '\t') {
            Some('\n' | '\r') => "contains a line break",
            _ => "contains a control character",
        };
        origin.invalid(what, found).hint("remove it: such a value is one line of visible characters")
    })
}

impl Origin {
    /// An error about something of this user.
    pub(in crate::cluster) fn invalid(&self, what: &str, problem: &str) -> Error {
        let user = if self.user.is_empty() { "the user".to_owned() } else { format!("user `{}`", self.user) };
        let error = Error::invalid(format!("{what} of {user} {problem}"));
        if self.files.is_empty() { error } else { error.cause(format!("read from {}", self.files)) }
    }
}
