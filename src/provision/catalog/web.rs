//! Catalogs over HTTPS: downloaded again only if they changed, with a size limit, and only from servers with a trusted
//! certificate.

use std::error::Error as StdError;
use std::time::Duration;

use reqwest::header::{
    ACCEPT, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
};
use reqwest::{Method, Response, StatusCode, Url};

use super::address::Address;
use super::cache::Head;
use super::clean;
use super::origin::Limits;
use crate::digest::sha256;
use crate::error::chain;
use crate::error::{Error, Kind, Result};
use crate::web::{Failure, Request, Web};

/// The TLS library's name for a server certificate that is one of an authority: the default of `openssl req -x509`.
const AUTHORITY_AS_SERVER: &str = "CaUsedAsEndEntity";
/// The pauses before retries.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_secs(1)];
/// The longest header that is stored.
const LONGEST_HEADER: usize = 1024;

/// The answer of a server.
#[derive(Debug)]
pub(super) enum WebResponse {
    /// The bytes, and the headers of the server about them.
    Whole(Vec<u8>, Head),
    /// The copy is current.
    Unchanged,
}

/// Requests a catalog, if it differs from that of `kept`.
///
/// Proxies come from the environment (except for this machine), root certificates from the system or `SSL_CERT_FILE`.
///
/// # Errors
/// [`Kind::Unreachable`] and [`Kind::Timeout`] where an earlier copy may serve; any other where it must not.
pub(super) async fn fetch(start: &Url, kept: Option<&Head>, web: &Web<'_>) -> Result<WebResponse> {
    let place = Address::Web(start.clone()).shown(None);
    let answer = ask_patiently(start, kept, web).await.map_err(|failure| failed(&place, &failure))?;
    taken(&place, answer, kept, web).await
}

/// Sends the request, and again after a pause if that may help soon: a gateway error, a broken connection.
async fn ask_patiently(url: &Url, kept: Option<&Head>, web: &Web<'_>) -> Result<Response, Failure> {
    const PASSING: [StatusCode; 3] =
        [StatusCode::BAD_GATEWAY, StatusCode::SERVICE_UNAVAILABLE, StatusCode::GATEWAY_TIMEOUT];
    let mut request = Request::new(Method::GET, url.clone());
    request.headers.insert(ACCEPT, HeaderValue::from_static("application/yaml, application/json, */*;q=0.5"));
    for pause in PAUSES {
        match web.send(request.clone(), |url| condition(url, kept)).await {
            Ok(answer) if PASSING.contains(&answer.status()) => {}
            Err(failure) if failure.broke_off() => {}
            other => return other,
        }
        web.pause(pause).await?;
    }
    web.send(request, |url| condition(url, kept)).await
}

/// The condition of a request: only for the address that gave the copy, because no other address knows whether it is
/// current.
fn condition(url: &Url, kept: Option<&Head>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let Some(kept) = kept.filter(|kept| kept.from == sha256(url.as_str().as_bytes())) else { return headers };
    for (name, value) in [(IF_NONE_MATCH, &kept.etag), (IF_MODIFIED_SINCE, &kept.modified)] {
        // a copy is a file, which the user may have edited
        if let Some(value) = HeaderValue::from_str(value).ok().filter(|value| !value.is_empty()) {
            headers.insert(name, value);
        }
    }
    headers
}

/// The catalog of an answer.
async fn taken(place: &str, answer: Response, kept: Option<&Head>, web: &Web<'_>) -> Result<WebResponse> {
    let status = answer.status();
    if status == StatusCode::NOT_MODIFIED && !condition(answer.url(), kept).is_empty() {
        return Ok(WebResponse::Unchanged);
    }
    if status != StatusCode::OK {
        return Err(Error::new(kind_of(status), format!("cannot get the catalog `{place}`"))
            .cause(status.to_string())
            .hint(hint_of(status)));
    }
    let headers = answer.headers();
    if headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(is_page) {
        return Err(Error::invalid(format!("`{place}` is not a catalog: it is a web page (HTML)"))
            .hint("look for the address of the file itself, often called raw or download"));
    }
    let text = |name: HeaderName| -> String {
        let value = headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if value.len() > LONGEST_HEADER { String::new() } else { value.to_owned() }
    };
    let from = sha256(answer.url().as_str().as_bytes());
    let head = Head::of_address(text(ETAG), text(LAST_MODIFIED), from);
    let bytes = web.read(answer, Limits::FAR.bytes).await.map_err(|failure| failed(place, &failure))?;
    Ok(WebResponse::Whole(bytes, head))
}

/// The error for a missing catalog.
fn failed(place: &str, failure: &Failure) -> Error {
    let error =
        |kind: Kind, message: &str| Error::new(kind, format!("{message} `{place}`")).cause(clean(&failure.cause()));
    match failure {
        Failure::Refused(error) => error.clone(),
        Failure::Unsafe(_) => error(Kind::Refused, "refusing to get the catalog"),
        Failure::Redirect(_) => error(Kind::Failed, "cannot get the catalog"),
        Failure::NoAnswer { host, error } => no_answer(place, host, error, &clean(&failure.cause())),
        Failure::BrokeOff { .. } => error(Kind::Unreachable, "cannot get the catalog"),
        Failure::TooLarge(limit) => {
            Error::invalid(format!("`{place}` is not a catalog: it is more than {} MiB", limit >> 20))
                .cause("the rest was not read")
        }
        Failure::Compressed(_) => error(Kind::Invalid, "cannot read the catalog")
            .hint("let the server send it as it is, or name a file: `--catalog FILE`"),
        Failure::TooSlow(_) => {
            error(Kind::Timeout, "cannot get the catalog").hint("allow it more time with `--request-timeout 5m`")
        }
    }
}

fn kind_of(status: StatusCode) -> Kind {
    match status {
        StatusCode::NOT_FOUND | StatusCode::GONE => Kind::NotFound,
        StatusCode::UNAUTHORIZED | StatusCode::PROXY_AUTHENTICATION_REQUIRED => Kind::Unauthorized,
        StatusCode::FORBIDDEN => Kind::Forbidden,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => Kind::Unreachable,
        _ if status.is_server_error() => Kind::Unreachable,
        _ => Kind::Failed,
    }
}

fn hint_of(status: StatusCode) -> &'static str {
    match kind_of(status) {
        Kind::NotFound => "look at the address: `--catalog` names another one",
        Kind::Unauthorized | Kind::Forbidden => {
            "get it with a program that knows the login, then name the file: `--catalog FILE`"
        }
        _ => "try it again later, or name a file: `--catalog FILE`",
    }
}

fn is_page(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "text/html" || kind == "application/xhtml+xml"
}

/// A request without an answer.
fn no_answer(place: &str, host: &str, error: &reqwest::Error, cause: &str) -> Error {
    if cause == chain::PLAIN_HTTP {
        return Error::new(Kind::Unreachable, format!("cannot get the catalog `{place}`"))
            .cause(format!("`{host}`: {cause}"))
            .hint("check the address and its port, or name a file: `--catalog FILE`");
    }
    if chain::chain(error).any(<dyn StdError>::is::<rustls::Error>) {
        let untrusted =
            Error::new(Kind::Unauthorized, format!("cannot trust `{host}`, which has the catalog `{place}`"));
        if cause.contains(AUTHORITY_AS_SERVER) {
            return untrusted
                .cause("its certificate is that of an authority (`CA:TRUE`), which no server may use as its own")
                .hint(
                    "give the server one that is not: `openssl req -x509` makes it with `-addext \
                     basicConstraints=critical,CA:FALSE`",
                );
        }
        return untrusted
            .cause(cause)
            .hint("name the certificates of your own authority with the variable `SSL_CERT_FILE`");
    }
    Error::new(Kind::Unreachable, format!("cannot get the catalog `{place}`"))
        .cause(format!("`{host}`: {cause}"))
        .hint("look at the network and at `HTTPS_PROXY`, or name a file: `--catalog FILE`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_goes_to_the_address_that_gave_the_copy_only() {
        let url = |text: &str| Url::parse(text).unwrap();
        let from = url("https://E.example/c?token=canary-t");
        let digest = sha256(from.as_str().as_bytes());
        let kept = Head::of_address("\"1\"".to_owned(), "yesterday\nX: 1".to_owned(), digest);
        let sent = condition(&url("https://e.example/c?token=canary-t"), Some(&kept));
        assert_eq!(sent.len(), 1);
        assert_eq!(sent.get(IF_NONE_MATCH).unwrap(), "\"1\"");
        for other in ["https://e.example/c", "https://e.example/c?token=x", "https://f.example/c?token=canary-t"] {
            assert!(condition(&url(other), Some(&kept)).is_empty(), "{other}");
        }
        let unknown = Head::of_address(kept.etag, kept.modified, String::new());
        assert!(condition(&from, Some(&unknown)).is_empty() && condition(&from, None).is_empty());
    }

    #[test]
    fn pages_are_known_by_their_type() {
        for (content_type, page) in [
            ("text/html; charset=utf-8", true),
            ("Text/HTML", true),
            ("text/plain", false),
            ("application/yaml", false),
        ] {
            assert_eq!(is_page(content_type), page, "{content_type}");
        }
    }
}
