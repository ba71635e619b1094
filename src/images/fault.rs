//! What the words of engines and registries mean: the class of a failure, its next step, whether to try again.

use std::time::Duration;

use super::{Again, PullFailure, Reference};
use crate::error::{Error, Kind};
use crate::shell;

/// The longest pause that a registry may ask for; where it asks for more, trying again is left to the user.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Why an image could not be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// There is no such name, tag or digest.
    Unknown,
    /// The registry wants a login, or another one.
    Denied,
    /// The registry has the image, but for other platforms.
    Platform,
    /// The engine's disk is full.
    Space,
    /// The registry has had too many requests.
    RateLimit,
    /// The registry cannot be reached.
    Network,
    /// The proxy on the way to the registry wants a login, or another one.
    Proxy,
    /// The registry's certificate is not trusted, or TLS fails in another way.
    Tls,
    /// The registry is asked by HTTPS and answers in plain HTTP.
    PlainHttp,
    /// The engine holds a part of the image and cannot complete it.
    Content,
    /// An internal error of the registry or the engine.
    Server,
    /// Anything else.
    Other,
}

impl Fault {
    /// The class of a failure, by its HTTP status (0 if there was none) and its words.
    ///
    /// The words are those of moby, containerd, podman and the distribution specification's error codes.
    #[must_use]
    pub fn of(status: u16, text: &str) -> Self {
        let text = text.to_ascii_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
        if has(&["no space left", "not enough space", "disk quota exceeded"]) {
            Self::Space
        } else if status == 429 || has(&["toomanyrequests", "too many requests", "rate limit", "429"]) {
            Self::RateLimit
        } else if has(&["content digest"]) {
            Self::Content
        } else if has(&["no matching manifest", "no match for platform", "does not match the specified platform"])
            || (has(&["image with reference"]) && has(&["platform"]))
        {
            Self::Platform
        } else if has(&["manifest unknown", "manifest_unknown", "name unknown", "name_unknown", "no such image"]) {
            Self::Unknown
        } else if status == 407 || has(&["proxy authentication required", "proxy authorization required"]) {
            Self::Proxy
        } else if has(&["proxyconnect"]) {
            // whatever a proxy refuses says nothing of the registry
            Self::Network
        } else if matches!(status, 401 | 403)
            || has(&["denied", "unauthorized", "authentication required", "no basic auth", "forbidden"])
        {
            Self::Denied
        } else if has(&["server gave http response to https client", "plain http", "wrong version number"]) {
            Self::PlainHttp
        } else if has(&["x509", "certificate", "tls:", "corrupt message"]) {
            Self::Tls
        } else if has(NETWORK) {
            Self::Network
        } else if has(&[
            "internal server error",
            "bad gateway",
            "service unavailable",
            "gateway time",
            "received unexpected http status: 5",
        ]) || (502..=504).contains(&status)
        {
            Self::Server
        } else if status == 404 || has(&["not found"]) {
            Self::Unknown
        } else {
            Self::Other
        }
    }

    /// The class of the error that scripts see.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match self {
            Self::Unknown | Self::Platform => Kind::NotFound,
            Self::Denied => Kind::Forbidden,
            Self::Network | Self::Proxy | Self::Tls | Self::PlainHttp => Kind::Unreachable,
            Self::Space | Self::RateLimit | Self::Content | Self::Server | Self::Other => Kind::Failed,
        }
    }

    /// What to do next about one image.
    #[must_use]
    pub fn next_step(self, image: &Reference) -> String {
        let (registry, image) = (shell::word(image.registry()), shell::word(&image.to_string()));
        match self {
            Self::Unknown => "check the name and the tag".to_owned(),
            Self::Denied => format!("check the name; if it is private: `docker login {registry}`"),
            Self::Platform => "the registry has it for other platforms only: choose one of them with `--platform`, as \
                 `--platform linux/amd64`"
                .to_owned(),
            Self::Space => "`docker system df` shows what takes the space, `docker image prune` frees some".to_owned(),
            Self::RateLimit => format!("`docker login {registry}` raises the limit; else try again later"),
            Self::Network => format!("look at the network and the proxy: `{registry}` does not answer"),
            Self::Proxy => "the proxy wants a login, in its address: `docker info` shows the engine's proxy; that of \
                 requests from here is `HTTPS_PROXY`"
                .to_owned(),
            Self::Tls => {
                format!("trust the certificate of `{registry}`, or name it in the engine's insecure registries")
            }
            Self::PlainHttp => format!(
                "serve `{registry}` over HTTPS, or name it in the insecure registries of the engine and of the nodes' \
                 container runtime"
            ),
            Self::Content => {
                format!("the engine holds a part of it: `docker image rm {image}`, then run the command again")
            }
            Self::Server => "the registry or the engine has an internal error: try again later".to_owned(),
            Self::Other => format!("`docker pull {image}` shows more"),
        }
    }

    /// Whether the same request can succeed a moment later.
    #[must_use]
    pub const fn may_pass(self) -> bool {
        matches!(self, Self::Network | Self::Server | Self::RateLimit | Self::Other)
    }

    /// The error of one image: `cannot {doing} …`, with the original message and the next step.
    #[must_use]
    pub fn error(self, doing: &str, image: &Reference, text: &str) -> Error {
        Error::new(self.kind(), format!("cannot {doing} `{image}`"))
            .cause(text)
            .hint(self.next_step(image))
            .object(format!("image/{image}"))
    }

    /// As [`error`](Self::error), with whether another try may help, and after which pause if the words ask for one.
    #[must_use]
    pub fn failure(self, doing: &str, image: &Reference, text: &str) -> PullFailure {
        let again = match (self.may_pass(), pause_asked(text)) {
            (false, _) | (true, Err(_)) => Again::Never,
            (true, Ok(None)) => Again::Soon,
            (true, Ok(Some(pause))) => Again::After(pause),
        };
        // what keeps one request from a registry keeps all of them
        let registry_down = self.kind() == Kind::Unreachable;
        PullFailure { error: self.error(doing, image, text), again, registry_down }
    }

    /// Whether a login could have helped.
    #[must_use]
    pub const fn wants_login(self) -> bool {
        matches!(self, Self::Denied | Self::RateLimit)
    }
}

/// Words of a network that does not carry.
const NETWORK: &[&str] = &[
    "no such host",
    "connection refused",
    "connection reset",
    "broken pipe",
    "i/o timeout",
    "tls handshake timeout",
    "network is unreachable",
    "no route to host",
    "temporary failure in name resolution",
    "server misbehaving",
    "unexpected eof",
    "client.timeout",
    "deadline exceeded",
    "dns error",
    "timed out",
    "error sending request",
];

/// How long to wait before the next try, in the words of a rate limit: `retry-after: 1.5s`, as GitHub's registry says
/// it, or a `Retry-After` in seconds. `None` where nothing is said; an error where it is too long to be waited for.
///
/// # Errors
/// The registry asks for more than a minute.
pub fn pause_asked(text: &str) -> Result<Option<Duration>, Duration> {
    let lower = text.to_ascii_lowercase();
    let Some((_, rest)) = lower.split_once("retry-after") else {
        // Docker Hub's limit is counted over hours
        return if lower.contains("reached your") { Err(Duration::MAX) } else { Ok(None) };
    };
    let words = rest.trim_start_matches([':', '=', ' ', '"']);
    let number: String = words.chars().take_while(|letter| letter.is_ascii_digit() || *letter == '.').collect();
    let unit: String = words.chars().skip(number.len()).take_while(|letter| letter.is_alphabetic()).collect();
    let Ok(number) = number.parse::<f64>() else { return Ok(None) };
    let seconds = match unit.as_str() {
        "ns" => number / 1e9,
        "us" | "µs" | "μs" => number / 1e6,
        "ms" => number / 1e3,
        "m" => number * 60.0,
        "h" => number * 3600.0,
        _ => number,
    };
    let pause = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
    if pause > LONGEST_PAUSE { Err(pause) } else { Ok(Some(pause)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_engines_and_registries_are_classed() {
        for (status, text, fault) in [
            (404, "manifest for mcp/x:9 not found: manifest unknown: manifest unknown", Fault::Unknown),
            (404, "No such image: mcp/x:9", Fault::Unknown),
            (404, "docker.io/mcp/x:9: not found", Fault::Unknown),
            (
                404,
                "pull access denied for mcp/x, repository does not exist or may require 'docker login'",
                Fault::Denied,
            ),
            (500, "Head \"https://r/v2/x/manifests/1\": unauthorized: authentication required", Fault::Denied),
            (500, "toomanyrequests: You have reached your unauthenticated pull rate limit", Fault::RateLimit),
            (500, "write /var/lib/docker/tmp/GetImageBlob1: no space left on device", Fault::Space),
            (0, "failed to register layer: write /x: no space left on device", Fault::Space),
            (404, "no matching manifest for linux/arm64/v8 in the manifest list entries", Fault::Platform),
            (
                404,
                "image with reference mcp/x was found but does not match the specified platform: wanted linux/s390x",
                Fault::Platform,
            ),
            (500, "Get \"https://r/v2/\": dial tcp: lookup r on 8.8.8.8:53: no such host", Fault::Network),
            (500, "Get \"https://r/v2/\": dial tcp 127.0.0.1:1: connect: connection refused", Fault::Network),
            (500, "Get \"https://r/v2/\": Proxy Authentication Required", Fault::Proxy),
            (500, "Get \"https://r/v2/\": proxyconnect tcp: dial tcp 10.0.0.1:3128: permission denied", Fault::Network),
            (500, "Get \"https://r/v2/\": net/http: TLS handshake timeout", Fault::Network),
            (500, "Get \"https://r/v2/\": http: server gave HTTP response to HTTPS client", Fault::PlainHttp),
            (0, crate::error::chain::PLAIN_HTTP, Fault::PlainHttp),
            (500, "SSL routines:ssl3_get_record:wrong version number", Fault::PlainHttp),
            (500, "tls: failed to verify certificate: x509: certificate signed by unknown authority", Fault::Tls),
            (500, "received unexpected HTTP status: 503 Service Unavailable", Fault::Server),
            (502, "", Fault::Server),
            (500, "content digest sha256:1: not found", Fault::Content),
            (500, "mount: wrong fs type", Fault::Other),
            (0, "something new", Fault::Other),
        ] {
            assert_eq!(Fault::of(status, text), fault, "{status} {text}");
        }
    }

    #[test]
    fn a_registry_says_how_long_to_wait() {
        assert_eq!(
            pause_asked("toomanyrequests: retry-after: 652.417µs, allowed: 44000/minute"),
            Ok(Some(Duration::from_nanos(652_417)))
        );
        assert_eq!(pause_asked("Retry-After: 2"), Ok(Some(Duration::from_secs(2))));
        assert_eq!(pause_asked("retry-after: 2m"), Err(Duration::from_secs(120)));
        assert_eq!(pause_asked("toomanyrequests: You have reached your pull rate limit"), Err(Duration::MAX));
        assert_eq!(pause_asked("too many requests"), Ok(None));
        assert_eq!(pause_asked("retry-after: soon"), Ok(None));
    }

    #[test]
    fn what_would_fail_again_is_not_tried_again() {
        let lasting = [
            Fault::Unknown,
            Fault::Denied,
            Fault::Platform,
            Fault::Space,
            Fault::Proxy,
            Fault::Tls,
            Fault::PlainHttp,
            Fault::Content,
        ];
        assert!(lasting.iter().all(|fault| !fault.may_pass()));
        let image = Reference::parse("r.corp/mcp/x:1").unwrap();
        let steps = lasting.map(|fault| fault.next_step(&image));
        assert_eq!(
            steps.iter().collect::<std::collections::BTreeSet<_>>().len(),
            steps.len(),
            "each its own next step"
        );
    }
}
