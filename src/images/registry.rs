//! A registry, asked directly: what a name in it is, and the parts of an artifact.
//!
//! It is reached as docker reaches it: with docker's own logins, by HTTPS, and by plain HTTP on loopback only.

use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Method, Response, StatusCode, Url};
use serde::Deserialize;
use tokio::sync::OnceCell;

use super::credentials::{self, FoundLogin, Login, LoginProblem};
use super::endpoint::DockerSettings;
use super::fault::Fault;
use super::manifest::{self, Manifest};
use super::reference::DOCKER_HUB;
use super::token::{self, Challenge};
use super::{Again, Platform, PullFailure, Reference, realm};
use crate::digest::{is_sha256, sha256};
use crate::error::{Error, Kind, Result};
use crate::hostname;
use crate::web::{Failure, Request, Web};

/// The host that answers for Docker Hub.
const DOCKER_HUB_HOST: &str = "registry-1.docker.io";
/// The most bytes of an error's body that are read.
const LARGEST_ERROR: usize = 64 << 10;
/// The longest words of a registry that are shown.
const LONGEST_WORDS: usize = 300;
/// Pauses before the tries that follow the first.
const PAUSES: [Duration; 2] = [Duration::from_millis(300), Duration::from_secs(2)];
/// What a registry reports about a login, in words that do not depend on it.
const LOGIN_WANTED: &str = "the registry wants a login, or does not accept the one it got";

/// One image or artifact where its registry keeps it. Nothing is sent before it is asked for something.
pub struct Registry<'a> {
    web: &'a Web<'a>,
    login: Option<Login>,
    /// Why a login that docker's settings have is not used.
    problem: Option<LoginProblem>,
    /// What the registry wants for every image.
    challenge: OnceCell<Challenge>,
    authorization: OnceCell<Option<HeaderValue>>,
    image: Reference,
}

impl<'a> Registry<'a> {
    /// The registry of a reference, with the login that docker keeps for it, if it keeps one.
    ///
    /// # Errors
    /// Docker's `config.json` cannot be read.
    pub async fn of(web: &'a Web<'a>, image: &Reference, docker: &DockerSettings) -> Result<Self> {
        // a helper that hangs leaves time for a request without its login
        let patience = web.remaining() / 2;
        let FoundLogin { login, problem } =
            credentials::for_registry(&docker.config()?, image.registry(), patience).await;
        Ok(Self { problem, ..Self::with_login(web, image, login) })
    }

    /// The registry of a reference, with a login or without any.
    #[must_use]
    pub fn with_login(web: &'a Web<'a>, image: &Reference, login: Option<Login>) -> Self {
        let (challenge, authorization) = (OnceCell::new(), OnceCell::new());
        Self { web, login, problem: None, challenge, authorization, image: image.clone() }
    }

    /// As [`with_login`](Self::with_login), for another image of a registry whose challenge is known.
    #[must_use]
    pub fn with_challenge(web: &'a Web<'a>, image: &Reference, login: Option<Login>, challenge: Challenge) -> Self {
        Self { challenge: OnceCell::new_with(Some(challenge)), ..Self::with_login(web, image, login) }
    }

    /// What the registry wants for every image: one request, which shows whether it can be reached at all.
    ///
    /// # Errors
    /// [`Kind::Unreachable`], [`Kind::Timeout`]: no answer.
    pub async fn challenge(&self) -> Result<Challenge> {
        self.tried("find", || self.challenged("find")).await.cloned()
    }

    /// What is asked for.
    #[must_use]
    pub fn image(&self) -> &Reference {
        &self.image
    }

    /// The current digest of the reference, by a request without a body: registries that count pulls do not count it. A
    /// web page has none: a host that is not a registry, or a network that requires a login first, answers every
    /// request with one.
    ///
    /// # Errors
    /// [`Kind::NotFound`]: no such name or tag; [`Kind::Forbidden`]: the login is missing or does not do;
    /// [`Kind::Unreachable`], [`Kind::Timeout`]: no answer. Each with its next step.
    pub async fn digest(&self) -> Result<String> {
        self.tried("find", || self.find()).await
    }

    /// The manifest (of an image, an artifact, or an index of several) and its digest.
    ///
    /// # Errors
    /// As [`digest`](Self::digest), and [`Kind::Invalid`] for one that is not what its digest says.
    pub async fn manifest(&self) -> Result<(Manifest, String)> {
        self.tried("read", || self.read_manifest("read")).await
    }

    /// Whether it exists for a platform. An image for a single platform does not name it, and counts as a match.
    ///
    /// # Errors
    /// As [`manifest`](Self::manifest).
    pub async fn has_platform(&self, platform: &Platform) -> Result<bool> {
        let Manifest::Index(entries) = self.manifest().await?.0 else { return Ok(true) };
        let mut platforms = entries.iter().filter_map(|entry| entry.platform.as_ref());
        Ok(platforms.any(|of| platform.fits(&of.os, &of.architecture, &of.variant)))
    }

    /// A layer's bytes, compared with its digest; no more than `limit` of them are read.
    ///
    /// # Errors
    /// As [`digest`](Self::digest); [`Kind::Invalid`]: it is larger than `limit`, or not what its digest says.
    pub async fn blob(&self, digest: &str, limit: usize) -> Result<Vec<u8>> {
        if !is_sha256(digest) {
            return Err(self.other_content("read", "its manifest names a layer by what is not a SHA-256 digest"));
        }
        self.tried("read", || async {
            let answer = self.ask("read", Method::GET, &format!("blobs/{digest}")).await?;
            let bytes = self.web.read(answer, limit).await.map_err(|failure| self.unanswered("read", &failure))?;
            if sha256(&bytes) == digest { Ok(bytes) } else { Err(self.other_content("read", OTHER_CONTENT).into()) }
        })
        .await
    }

    async fn find(&self) -> Result<String, PullFailure> {
        let path = format!("manifests/{}", self.image.version());
        match self.ask("find", Method::HEAD, &path).await {
            Ok(answer) => match digest_header(&answer) {
                Some(digest) if self.image.digest().is_none_or(|wanted| wanted == digest) => return Ok(digest),
                _ => {}
            },
            // an answer to HEAD has no body, so that the words are in that to GET
            Err(failure) if is_answer(&failure) => {}
            Err(failure) => return Err(failure),
        }
        self.read_manifest("find").await.map(|(_, digest)| digest)
    }

    async fn read_manifest(&self, doing: &str) -> Result<(Manifest, String), PullFailure> {
        let answer = self.ask(doing, Method::GET, &format!("manifests/{}", self.image.version())).await?;
        let said = digest_header(&answer);
        let bytes =
            self.web.read(answer, manifest::LARGEST).await.map_err(|failure| self.unanswered(doing, &failure))?;
        let digest = sha256(&bytes);
        if said.is_some_and(|said| said != digest) || self.image.digest().is_some_and(|wanted| wanted != digest) {
            return Err(self.other_content(doing, OTHER_CONTENT).into());
        }
        let manifest = manifest::parse(&bytes).map_err(|why| {
            Error::failed(format!("cannot {doing} `{}`", self.image))
                .cause(format!("what the registry sent is not a manifest: {why}"))
                .hint(format!("`docker pull {}` shows more", self.image))
                .object(format!("image/{}", self.image))
        })?;
        Ok((manifest, digest))
    }

    /// The registry's answer to one request, with the login or token that it wants, if it is a success.
    async fn ask(&self, doing: &str, method: Method, path: &str) -> Result<Response, PullFailure> {
        let authorization = self.authorization.get_or_try_init(|| self.authorize(doing)).await?.clone();
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static(manifest::MEDIA_TYPES));
        let url = self.url(&format!("{}/{path}", self.image.repository()))?;
        let request = Request { headers, authorization, ..Request::new(method, url) };
        let answer = self.send(doing, request).await?;
        if !answer.status().is_success() {
            return Err(self.refusal(doing, answer).await);
        }
        let kind = answer.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        if path.starts_with("manifests/") && kind.is_some_and(|kind| kind.to_ascii_lowercase().starts_with("text/html"))
        {
            return Err(Error::failed(format!("cannot {doing} `{}`", self.image))
                .cause(format!("`{}` answers with a web page (HTML), which no registry does", self.image.registry()))
                .hint("look at the name of the registry, and whether this network wants a login first")
                .object(format!("image/{}", self.image))
                .into());
        }
        Ok(answer)
    }

    /// The headers of every request: the login if the registry itself requires it, else a token of its token server.
    async fn authorize(&self, doing: &str) -> Result<Option<HeaderValue>, PullFailure> {
        let (realm, service) = match self.challenged(doing).await? {
            Challenge::Nothing => return Ok(None),
            Challenge::Basic => return Ok(self.login.as_ref().and_then(token::basic)),
            Challenge::Bearer { realm, service } => (realm, service),
        };
        let realm = realm::check(&self.image, realm, self.login.is_some())?;
        let server = hostname::of_url(&realm);
        let request = token::request(realm, service, &self.image, self.login.as_ref());
        let answer = self.send(doing, request).await?;
        if !answer.status().is_success() {
            return Err(self.refusal(doing, answer).await);
        }
        let bytes = self.web.read(answer, token::LARGEST).await.map_err(|failure| self.unanswered(doing, &failure))?;
        let token = token::from_answer(&bytes).ok_or_else(|| {
            Error::failed(format!("cannot {doing} `{}`", self.image))
                .cause(format!("the token server `{server}` sent no token"))
                .hint(format!("`docker login {}` shows whether the login is good", self.image.registry()))
                .object(format!("image/{}", self.image))
        })?;
        Ok(Some(token))
    }

    async fn challenged(&self, doing: &str) -> Result<&Challenge, PullFailure> {
        let ask = async || -> Result<Challenge, PullFailure> {
            let answer = self.send(doing, Request::new(Method::GET, self.url("")?)).await?;
            Ok(Challenge::from_headers(answer.headers()))
        };
        self.challenge.get_or_try_init(ask).await
    }

    async fn send(&self, doing: &str, request: Request) -> Result<Response, PullFailure> {
        self.web.send(request, |_| HeaderMap::new()).await.map_err(|failure| self.unanswered(doing, &failure))
    }

    fn url(&self, path: &str) -> Result<Url> {
        let registry = self.image.registry();
        let host = if registry == DOCKER_HUB { DOCKER_HUB_HOST } else { registry };
        let scheme = if hostname::is_loopback(self.image.host()) { "http" } else { "https" };
        Url::parse(&format!("{scheme}://{host}/v2/{path}"))
            .map_err(|error| Error::invalid(format!("`{registry}` is not a valid registry")).cause(error.to_string()))
    }

    /// Asks, and once more after a pause where that may help.
    async fn tried<T, F>(&self, doing: &str, ask: impl Fn() -> F) -> Result<T>
    where
        F: Future<Output = Result<T, PullFailure>>,
    {
        let mut pauses = PAUSES.iter();
        loop {
            let PullFailure { error, again, .. } = match ask().await {
                Ok(value) => return Ok(value),
                Err(failure) => failure,
            };
            let Some(pause) = again.pause(pauses.next()) else { return Err(error) };
            if let Err(failure) = self.web.pause(pause).await {
                return Err(self.unanswered(doing, &failure).error.detail(format!("before that: {error}")));
            }
        }
    }

    /// The error for an answer that is missing or incomplete.
    fn unanswered(&self, doing: &str, failure: &Failure) -> PullFailure {
        let (image, cause) = (&self.image, self.masked(&failure.cause()));
        let error = |kind: Kind| {
            Error::new(kind, format!("cannot {doing} `{image}`")).cause(cause.as_str()).object(format!("image/{image}"))
        };
        match failure {
            Failure::Refused(error) => error.clone().into(),
            Failure::NoAnswer { .. } => match Fault::of(0, &cause) {
                Fault::Other => Fault::Network.failure(doing, image, &cause),
                fault => fault.failure(doing, image, &cause),
            },
            Failure::BrokeOff { .. } => Fault::Network.failure(doing, image, &cause),
            Failure::TooSlow(_) => {
                self.explained(true, error(Kind::Timeout).hint("allow it more time with `--request-timeout 5m`").into())
            }
            Failure::TooLarge(_) => error(Kind::Invalid).hint("check the name; the registry may be broken").into(),
            Failure::Redirect(_) | Failure::Unsafe(_) | Failure::Compressed(_) => {
                error(Kind::Failed).hint(format!("`docker pull {image}` shows more")).into()
            }
        }
    }

    /// The error of a registry or token server that refuses a request, in its own words where they can be read.
    async fn refusal(&self, doing: &str, answer: Response) -> PullFailure {
        let status = answer.status();
        let pause = answer.headers().get(RETRY_AFTER).and_then(|pause| pause.to_str().ok()).map(str::to_owned);
        let body = match self.web.read(answer, LARGEST_ERROR).await {
            Err(Failure::TooSlow(patience)) => return self.unanswered(doing, &Failure::TooSlow(patience)),
            body => body.unwrap_or_default(),
        };
        let (codes, words) = registry_errors(&body);
        let words = match (status, words) {
            (StatusCode::UNAUTHORIZED, _) => LOGIN_WANTED.to_owned(),
            (_, Some(words)) => self.masked(&words),
            (StatusCode::NOT_FOUND, None) => "not found".to_owned(),
            (StatusCode::TOO_MANY_REQUESTS, None) => "too many requests".to_owned(),
            (status, None) => format!("the registry answered with status {}", status.as_u16()),
        };
        let fault = match status.as_u16() {
            401 => Fault::Denied,
            500.. => Fault::Server,
            status => Fault::of(status, &format!("{codes} {words}")),
        };
        let mut failure = fault.failure(doing, &self.image, &words);
        if let (Again::Soon, Some(pause)) = (failure.again, pause) {
            failure = fault.failure(doing, &self.image, &format!("{words}; retry-after: {pause}"));
        }
        self.explained(fault.wants_login(), failure)
    }

    /// A failure that a login could have prevented, with the reason why there is none.
    fn explained(&self, wants_login: bool, failure: PullFailure) -> PullFailure {
        match &self.problem {
            Some(problem) if wants_login => problem.explain(&failure),
            _ => failure,
        }
    }

    /// A registry's words, or an error with the host that it redirects to, without the secrets that it was sent: it may
    /// quote them.
    fn masked(&self, words: &str) -> String {
        let header = |value: &HeaderValue| value.to_str().ok()?.split_once(' ').map(|(_, secret)| secret.to_owned());
        let token = self.authorization.get().and_then(Option::as_ref).and_then(header);
        let mut secrets: Vec<String> = token.into_iter().collect();
        match &self.login {
            Some(login @ Login::Password { password, .. }) => {
                secrets.extend(token::basic(login).as_ref().and_then(header));
                secrets.push(password.clone());
            }
            Some(Login::Token(token)) => secrets.push(token.clone()),
            None => {}
        }
        secrets.retain(|secret| !secret.is_empty());
        let words = secrets.iter().fold(words.to_owned(), |words, secret| words.replace(secret.as_str(), "***"));
        let words: String = words.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
        words.chars().take(LONGEST_WORDS).collect()
    }

    fn other_content(&self, doing: &str, cause: &str) -> Error {
        Error::invalid(format!("cannot {doing} `{}`", self.image))
            .cause(cause)
            .hint("try again; a proxy between may have changed it")
            .object(self.image.to_string())
    }
}

/// Why bytes are not taken.
const OTHER_CONTENT: &str = "what the registry sent is not what its digest says";

/// Whether a registry answered with a refusal.
fn is_answer(failure: &PullFailure) -> bool {
    !matches!(failure.error.kind, Kind::Unreachable | Kind::Timeout | Kind::Refused)
}

/// The digest that a registry says a manifest has.
fn digest_header(answer: &Response) -> Option<String> {
    let digest = answer.headers().get("docker-content-digest")?.to_str().ok()?;
    Some(digest.to_owned()).filter(|digest| is_sha256(digest))
}

/// The codes and the words of a registry's errors, as the distribution specification has them.
fn registry_errors(body: &[u8]) -> (String, Option<String>) {
    #[derive(Deserialize)]
    struct Body {
        errors: Vec<RegistryError>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct RegistryError {
        code: String,
        message: String,
    }
    let Ok(body) = serde_json::from_slice::<Body>(body) else { return (String::new(), None) };
    let codes: Vec<String> = body.errors.iter().map(|error| error.code.to_lowercase()).collect();
    let words: Vec<&str> = body
        .errors
        .iter()
        .zip(&codes)
        .map(|(error, code)| match error.message.as_str() {
            "" => code.as_str(),
            message => message,
        })
        .filter(|words| !words.is_empty())
        .collect();
    (codes.join(" "), Some(words.join("; ")).filter(|words| !words.is_empty()))
}
