//! Catalogs over HTTPS: asked for again only if they changed, never longer than a catalog can be, and never from
//! where nobody vouches for them.

use std::error::Error as StdError;
use std::time::Duration;

use reqwest::header::{
    ACCEPT, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, LOCATION,
};
use reqwest::{Client, Response, StatusCode, Url, redirect};

use crate::causes;
use crate::duration;
use crate::error::{Error, Kind, Result};
use crate::images::tls;
use crate::record::{Effect, Recorder};

use super::address::{self, Address};
use super::cache::Head;
use super::{LARGEST, clean};

/// So often a server may send one on to another address.
const MOST_REDIRECTS: usize = 5;
/// How long a connection may take.
const TO_CONNECT: Duration = Duration::from_secs(10);
/// How long nothing may come.
const SILENCE: Duration = Duration::from_secs(20);
/// How the TLS library names a server's certificate that is an authority's: the default of `openssl req -x509`.
const AUTHORITY_AS_SERVER: &str = "CaUsedAsEndEntity";
/// Pauses before the tries that follow the first.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_secs(1)];
/// The longest header that is kept.
const LONGEST_HEADER: usize = 1024;

/// What a server answered.
#[derive(Debug)]
pub(super) enum Answer {
    /// The bytes, and what the server says of them.
    Whole(Vec<u8>, Head),
    /// The copy is current.
    Unchanged,
}

/// Asks for a catalog, on condition that it is not the one of `kept`. Each host that is asked is an effect
/// `network: HOST`. `patience` is for all of it.
///
/// Proxies are those of the environment (but none for this machine), roots those of the system or `SSL_CERT_FILE`.
///
/// # Errors
/// [`Kind::Unreachable`] and [`Kind::Timeout`] where an earlier copy may serve; any other where it must not.
pub(super) async fn fetch(start: &Url, kept: Option<&Head>, patience: Duration, recorder: &Recorder) -> Result<Answer> {
    let place = shown(start);
    let all = async {
        let mut url = start.clone();
        for _ in 0..=MOST_REDIRECTS {
            recorder.effect(Effect::named(&format!("network: {}", address::host(&url))))?;
            let answer = ask_patiently(&url, kept).await.map_err(|error| no_answer(&place, &url, &error))?;
            if !answer.status().is_redirection() || answer.status() == StatusCode::NOT_MODIFIED {
                return taken(&place, answer, kept.is_some()).await;
            }
            url = next(&place, &url, answer.headers())?;
        }
        Err(Error::failed(format!("cannot get the catalog `{place}`"))
            .cause(format!("more than {MOST_REDIRECTS} redirects")))
    };
    tokio::time::timeout(patience, all).await.unwrap_or_else(|_| {
        Err(Error::new(Kind::Timeout, format!("cannot get the catalog `{place}`"))
            .cause(format!("no whole answer within {}", duration::exact(patience)))
            .hint("allow it more time with `--request-timeout 5m`"))
    })
}

/// Asks, and again after a pause where that may help soon: a gateway without its server, a connection that broke off.
async fn ask_patiently(url: &Url, kept: Option<&Head>) -> reqwest::Result<Response> {
    const PASSING: [StatusCode; 3] =
        [StatusCode::BAD_GATEWAY, StatusCode::SERVICE_UNAVAILABLE, StatusCode::GATEWAY_TIMEOUT];
    for pause in PAUSES {
        match ask(url, kept).await {
            Ok(answer) if PASSING.contains(&answer.status()) => {}
            Err(error) if broke_off(&error) => {}
            other => return other,
        }
        tokio::time::sleep(pause).await;
    }
    ask(url, kept).await
}

fn broke_off(error: &reqwest::Error) -> bool {
    use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    causes::chain(error).any(|cause| {
        let of_system = cause.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        of_system.is_some_and(|kind| matches!(kind, BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof))
            || cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_incomplete_message)
    })
}

async fn ask(url: &Url, kept: Option<&Head>) -> reqwest::Result<Response> {
    tls::install();
    let mut client = Client::builder()
        .user_agent(concat!("mcpctl/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .referer(false)
        .connect_timeout(TO_CONNECT)
        .read_timeout(SILENCE);
    if address::is_local(url) {
        client = client.no_proxy();
    }
    if url.scheme() == "http" {
        // no certificate is looked at, so a machine without any will do
        client = client.tls_certs_only([]);
    }
    let mut request = client.build()?.get(url.clone()).header(ACCEPT, "application/yaml, application/json, */*;q=0.5");
    if let Some(kept) = kept {
        for (name, value) in [(IF_NONE_MATCH, &kept.etag), (IF_MODIFIED_SINCE, &kept.modified)] {
            if !value.is_empty() {
                request = request.header(name, value);
            }
        }
    }
    request.send().await
}

/// Where a server sends one on to: never from an encrypted connection to a plain one.
fn next(place: &str, from: &Url, headers: &HeaderMap) -> Result<Url> {
    let failed = || Error::failed(format!("cannot get the catalog `{place}`"));
    let location = headers.get(LOCATION).and_then(|value| value.to_str().ok());
    let location = location.ok_or_else(|| failed().cause("a redirect that does not say where to"))?;
    let to = from.join(location).map_err(|error| failed().cause(format!("a redirect to no address: {error}")))?;
    if from.scheme() == "https" && to.scheme() != "https" {
        return Err(Error::new(Kind::Refused, format!("refusing to get the catalog `{place}`")).cause(format!(
            "it redirects from `https` to `{}` at `{}`",
            clean(to.scheme()),
            address::host(&to)
        )));
    }
    address::web(to.as_str())
}

/// The catalog of an answer.
async fn taken(place: &str, mut answer: Response, conditional: bool) -> Result<Answer> {
    let failed = |kind: Kind, cause: String| Error::new(kind, format!("cannot get the catalog `{place}`")).cause(cause);
    let status = answer.status();
    if status == StatusCode::NOT_MODIFIED && conditional {
        return Ok(Answer::Unchanged);
    }
    if status != StatusCode::OK {
        return Err(failed(kind_of(status), status.to_string()).hint(hint_of(status)));
    }
    let headers = answer.headers();
    if headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(is_page) {
        return Err(Error::invalid(format!("`{place}` is no catalog: it is a web page (HTML)"))
            .hint("look for the address of the file itself, often called raw or download"));
    }
    let text = |name: HeaderName| -> String {
        let value = headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if value.len() > LONGEST_HEADER { String::new() } else { value.to_owned() }
    };
    let head = Head::new(&text(ETAG), &text(LAST_MODIFIED), "");
    let too_long = || {
        Error::invalid(format!("`{place}` is no catalog: it is more than {} MiB", LARGEST >> 20))
            .cause("the rest was not read")
    };
    if answer.content_length().is_some_and(|length| length > LARGEST as u64) {
        return Err(too_long());
    }
    let mut bytes = Vec::new();
    while let Some(part) = answer.chunk().await.map_err(|error| {
        let cause =
            if error.is_timeout() { format!("nothing came for {}", duration::exact(SILENCE)) } else { deepest(&error) };
        failed(Kind::Unreachable, format!("the answer broke off after {} bytes: {cause}", bytes.len()))
    })? {
        if bytes.len() + part.len() > LARGEST {
            return Err(too_long());
        }
        bytes.extend_from_slice(&part);
    }
    Ok(Answer::Whole(bytes, head))
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
fn no_answer(place: &str, url: &Url, error: &reqwest::Error) -> Error {
    let host = address::host(url);
    if causes::chain(error).any(<dyn StdError>::is::<rustls::Error>) {
        let untrusted =
            Error::new(Kind::Unauthorized, format!("cannot trust `{host}`, which has the catalog `{place}`"));
        let cause = deepest(error);
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
    let cause = if error.is_timeout() { "no answer in time".to_owned() } else { deepest(error) };
    Error::new(Kind::Unreachable, format!("cannot get the catalog `{place}`"))
        .cause(format!("`{host}`: {cause}"))
        .hint("look at the network and at `HTTPS_PROXY`, or name a file: `--catalog FILE`")
}

fn shown(url: &Url) -> String {
    Address::Web(url.clone()).shown(None)
}

/// The last cause in words for people.
fn deepest(error: &(dyn StdError + 'static)) -> String {
    let cause = causes::deepest(error);
    if cause.contains("close_notify") { "the connection was closed".to_owned() } else { clean(&cause) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent_on(from: &str, location: &str) -> Result<String> {
        let mut headers = HeaderMap::new();
        headers.insert(LOCATION, location.parse().unwrap());
        next("c", &Url::parse(from).unwrap(), &headers).map(String::from)
    }

    #[test]
    fn redirects_stay_encrypted_and_hold_no_login() {
        assert_eq!(sent_on("https://a.example/x/y", "../z").unwrap(), "https://a.example/z");
        assert_eq!(sent_on("https://a.example/", "https://b.example/").unwrap(), "https://b.example/");
        assert_eq!(sent_on("http://localhost:1/", "http://127.0.0.1:2/").unwrap(), "http://127.0.0.1:2/");
        for (from, to) in [
            ("https://a.example/", "http://a.example/"),
            ("https://a.example/", "http://localhost/"),
            ("http://localhost/", "http://a.example/"),
            ("https://a.example/", "file:///etc/passwd"),
            ("https://a.example/", "https://me:canary-pw@a.example/"),
        ] {
            let error = sent_on(from, to).unwrap_err();
            assert!(!format!("{error:?}").contains("canary"), "{error:?}");
        }
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
