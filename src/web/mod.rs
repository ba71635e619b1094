//! Requests to hosts that are not a cluster: registries, their token servers, catalogs.
//!
//! Every request goes through [`Web::send`], which decides three things for all callers: which host may be asked (each
//! is an effect `network: HOST`, noted before the request), what a redirect may carry (no login, and never from `https`
//! to anything else), and how long all of it may take. [`Web::read`] limits what is read of an answer.

mod body;
mod failure;
pub mod tls;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION};
use reqwest::{Client, Method, Response, Url, redirect};
use tokio::time::{Instant, timeout_at};

use crate::hostname;
use crate::record::{Effect, Recorder};

pub use failure::Failure;

/// The most redirects that are followed.
pub const MOST_REDIRECTS: usize = 5;
/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long nothing may come.
pub const SILENCE: Duration = Duration::from_secs(20);

/// The way to hosts, for one piece of work: all its requests and answers share one time limit.
pub struct Web<'a> {
    recorder: &'a Recorder,
    patience: Duration,
    deadline: Instant,
    clients: Arc<Clients>,
}

/// Clients for different hosts, made when they are first needed.
#[derive(Default)]
struct Clients {
    outside: OnceLock<Client>,
    here: OnceLock<Client>,
    here_without_tls: OnceLock<Client>,
}

/// One request.
#[derive(Clone)]
pub struct Request {
    /// `GET`, `HEAD` or `POST`.
    pub method: Method,
    /// What is asked.
    pub url: Url,
    /// Headers for every host of a redirect: never a secret.
    pub headers: HeaderMap,
    /// Headers for the URL itself only: a login, or a token.
    pub authorization: Option<HeaderValue>,
    /// A form whose values are secret. Like a login, it goes to the URL itself only.
    pub form: Option<String>,
    /// Whether redirects are followed.
    pub follow: bool,
}

impl Request {
    /// A request without any login that follows redirects.
    #[must_use]
    pub fn new(method: Method, url: Url) -> Self {
        Self { method, url, headers: HeaderMap::new(), authorization: None, form: None, follow: true }
    }
}

impl<'a> Web<'a> {
    /// Notes hosts in a record, and gives up after `patience`.
    #[must_use]
    pub fn new(recorder: &'a Recorder, patience: Duration) -> Self {
        Self { recorder, patience, deadline: Instant::now() + patience, clients: Arc::default() }
    }

    /// The same way, with its connections, for another piece of work: its time begins now.
    #[must_use]
    pub fn renewed(&self) -> Self {
        let (patience, clients) = (self.patience, Arc::clone(&self.clients));
        Self { recorder: self.recorder, patience, deadline: Instant::now() + patience, clients }
    }

    /// How much time is left.
    #[must_use]
    pub fn remaining(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// Notes that a host is asked.
    ///
    /// # Errors
    /// `--allow` or `--deny` rules it out.
    pub fn note(&self, host: &str) -> crate::error::Result<()> {
        self.recorder.effect(Effect::named(&format!("network: {host}")))
    }

    /// The answer to a request, after its redirects. `more` gives headers for one URL only, such as a condition that
    /// belongs to a copy of it.
    ///
    /// # Errors
    /// [`Failure`]: a host that may not be asked, a redirect that is not followed, no answer.
    pub async fn send(&self, request: Request, more: impl Fn(&Url) -> HeaderMap) -> Result<Response, Failure> {
        let (mut url, mut authorization, mut form) = (request.url, request.authorization, request.form);
        for _ in 0..=MOST_REDIRECTS {
            let host = hostname::of_url(&url);
            self.note(&host).map_err(Failure::Refused)?;
            let no_answer =
                |error: reqwest::Error| Failure::NoAnswer { host: host.clone(), error: error.without_url() };
            let mut sending = self.client(&url).map_err(no_answer)?.request(request.method.clone(), url.clone());
            sending = sending.headers(request.headers.clone()).headers(more(&url));
            if let Some(authorization) = authorization.take() {
                sending = sending.header(AUTHORIZATION, authorization);
            }
            if let Some(form) = form.take() {
                sending = sending.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form);
            }
            let answer = self.in_time(sending.send()).await?.map_err(no_answer)?;
            if !matches!(answer.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
                return Ok(answer);
            }
            let next = next(&url, answer.headers())?;
            if !request.follow {
                return Err(Failure::Unsafe(format!(
                    "`{host}` redirects a request with a login to `{}`",
                    hostname::of_url(&next)
                )));
            }
            url = next;
        }
        Err(Failure::Redirect(format!("more than {MOST_REDIRECTS} redirects")))
    }

    /// The body of an answer, if it has no more than `limit` bytes.
    ///
    /// # Errors
    /// It is larger, compressed, breaks off, or takes too long.
    pub async fn read(&self, answer: Response, limit: usize) -> Result<Vec<u8>, Failure> {
        self.in_time(body::read(answer, limit)).await?
    }

    /// Waits before another try.
    ///
    /// # Errors
    /// There is no time left for it.
    pub async fn pause(&self, pause: Duration) -> Result<(), Failure> {
        if Instant::now() + pause >= self.deadline {
            return Err(Failure::TooSlow(self.patience));
        }
        tokio::time::sleep(pause).await;
        Ok(())
    }

    async fn in_time<T>(&self, work: impl Future<Output = T>) -> Result<T, Failure> {
        timeout_at(self.deadline, work).await.map_err(|_| Failure::TooSlow(self.patience))
    }

    /// The client for a URL, without redirects. No proxy is used for this machine; where there is no TLS no certificate
    /// is looked at, so that a machine without any will do.
    fn client(&self, url: &Url) -> reqwest::Result<&Client> {
        let (here, plain) = (hostname::is_loopback(&hostname::of_url(url)), url.scheme() == "http");
        let known = match (here, plain) {
            (false, _) => &self.clients.outside,
            (true, false) => &self.clients.here,
            (true, true) => &self.clients.here_without_tls,
        };
        if let Some(client) = known.get() {
            return Ok(client);
        }
        tls::install();
        let mut client = Client::builder()
            .user_agent(concat!("mcpctl/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .referer(false)
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(SILENCE);
        if here {
            client = client.no_proxy();
        }
        if here && plain {
            client = client.tls_certs_only([]);
        }
        let client = client.build()?;
        Ok(known.get_or_init(|| client))
    }
}

/// Where an answer redirects to. From `https` only to `https`, from elsewhere never to this machine, and to no address
/// with a login in it.
fn next(from: &Url, headers: &HeaderMap) -> Result<Url, Failure> {
    let location = headers.get(LOCATION).and_then(|value| value.to_str().ok());
    let location = location.ok_or_else(|| Failure::Redirect("a redirect without a target".to_owned()))?;
    let to =
        from.join(location).map_err(|error| Failure::Redirect(format!("a redirect to an invalid address: {error}")))?;
    let host = hostname::of_url(&to);
    let (from_here, to_here) = (hostname::is_loopback(&hostname::of_url(from)), hostname::is_loopback(&host));
    let scheme_fits = match to.scheme() {
        "https" => true,
        "http" => from.scheme() == "http" && to_here,
        _ => false,
    };
    if !scheme_fits {
        let (from, to) = (from.scheme(), to.scheme());
        return Err(Failure::Unsafe(format!("it redirects from `{from}` to `{to}` at `{host}`")));
    }
    if to_here && !from_here {
        return Err(Failure::Unsafe(format!("it redirects from elsewhere to this machine, `{host}`")));
    }
    if !to.username().is_empty() || to.password().is_some() {
        return Err(Failure::Unsafe(format!("it redirects to an address with a login in it at `{host}`")));
    }
    Ok(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent_on(from: &str, location: &str) -> Result<String, Failure> {
        let mut headers = HeaderMap::new();
        headers.insert(LOCATION, location.parse().unwrap());
        next(&Url::parse(from).unwrap(), &headers).map(String::from)
    }

    #[test]
    fn redirects_stay_encrypted_stay_outside_and_contain_no_login() {
        for (from, location, to) in [
            ("https://a.example/x/y", "../z", "https://a.example/z"),
            ("https://a.example/", "https://b.example/", "https://b.example/"),
            ("https://a.example/", "//b.example/", "https://b.example/"),
            ("http://localhost:1/", "http://127.0.0.1:2/", "http://127.0.0.1:2/"),
            ("http://localhost:1/", "https://b.example/", "https://b.example/"),
        ] {
            assert_eq!(sent_on(from, location).unwrap(), to);
        }
        for (from, to) in [
            ("https://a.example/", "http://a.example/"),
            ("https://a.example/", "http://localhost/"),
            ("https://a.example/", "https://localhost/"),
            ("https://a.example/", "https://0x7f.1/"),
            ("https://a.example/", "https://[::ffff:127.0.0.1]/"),
            ("http://localhost/", "http://a.example/"),
            ("https://a.example/", "file:///etc/passwd"),
            ("https://a.example/", "https://me:canary-pw@a.example/"),
            ("https://a.example/", "https://["),
        ] {
            let failure = sent_on(from, to).unwrap_err();
            assert!(!format!("{failure:?}").contains("canary"), "{failure:?}");
        }
    }
}
