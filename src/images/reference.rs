//! Image references, written out in full: engines pull *every* tag of a name that has neither tag nor digest.

use std::fmt;

use crate::digest::is_sha256;
use crate::error::{Error, Result};
use crate::hostname;

/// The registry that a name without one means.
pub const DOCKER_HUB: &str = "docker.io";

/// `[REGISTRY/]NAME[:TAG][@DIGEST]` with registry, name and at least one of tag and digest. Shown in its short form,
/// as docker does: `alpine:3.22.1`, `mcp/grafana:latest`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    registry: String,
    repository: String,
    tag: Option<String>,
    digest: Option<String>,
}

impl Reference {
    /// Reads a reference as docker does: no registry is Docker Hub, there a name of one part is in `library/`, and
    /// neither tag nor digest is `:latest`.
    ///
    /// # Errors
    /// [`Kind::Invalid`](crate::error::Kind::Invalid): what no engine would take, with the part that is wrong.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = |cause: &str| {
            Err(Error::invalid(format!("`{text}` is not a valid image reference")).cause(cause).object(text))
        };
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (text, None),
        };
        if digest.is_some_and(|digest| !is_sha256(digest)) {
            return wrong("a digest is `sha256:` and 64 hexadecimal digits");
        }
        let (name, tag) = match rest.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
            _ => (rest, None),
        };
        if tag.is_some_and(|tag| !is_tag(tag)) {
            return wrong("a tag is up to 128 letters, digits, `_`, `.` and `-`, and does not begin with `.` or `-`");
        }
        let (registry, path) = match name.split_once('/') {
            Some((first, path)) if first.contains(['.', ':']) || first == "localhost" => (first, path),
            _ => (DOCKER_HUB, name),
        };
        let registry = if registry.eq_ignore_ascii_case("index.docker.io") { DOCKER_HUB } else { registry };
        let Some(registry) = hostname::with_port(registry).filter(|_| is_registry(registry)) else {
            return wrong("a registry is a host name and, after `:`, a port");
        };
        if path.is_empty() || path.len() > 255 || !path.split('/').all(is_path_part) {
            return wrong("a name is small letters and digits, with single `.`, `_`, `-` or `/` between them");
        }
        let repository =
            if registry == DOCKER_HUB && !path.contains('/') { format!("library/{path}") } else { path.to_owned() };
        let tag = tag.map(str::to_owned).or_else(|| digest.is_none().then(|| "latest".to_owned()));
        Ok(Self { registry, repository, tag, digest: digest.map(str::to_owned) })
    }

    /// The host it is pulled from, [`DOCKER_HUB`] or `ghcr.io` or `localhost:5000`.
    #[must_use]
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// The registry's host without a port.
    #[must_use]
    pub fn host(&self) -> &str {
        self.registry.split(':').next().unwrap_or(&self.registry)
    }

    /// The name within its registry: `mcp/grafana`, `library/alpine`.
    #[must_use]
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The digest, if it names one.
    #[must_use]
    pub fn digest(&self) -> Option<&str> {
        self.digest.as_deref()
    }

    /// Registry and name without tag and digest: `docker.io/library/alpine`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}/{}", self.registry, self.repository)
    }

    /// What of the name's images it means: the digest if there is one, else the tag. Never empty.
    #[must_use]
    pub fn version(&self) -> &str {
        self.digest.as_deref().or(self.tag.as_deref()).unwrap_or("latest")
    }

    /// Everything written out: `docker.io/library/alpine:3.22.1`. A digest makes the tag superfluous.
    #[must_use]
    pub fn full(&self) -> String {
        let sign = if self.digest.is_some() { '@' } else { ':' };
        format!("{}{sign}{}", self.name(), self.version())
    }
}

/// The short form.
impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.registry == DOCKER_HUB {
            f.write_str(self.repository.strip_prefix("library/").unwrap_or(&self.repository))?;
        } else {
            write!(f, "{}/{}", self.registry, self.repository)?;
        }
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        self.digest.as_ref().map_or(Ok(()), |digest| write!(f, "@{digest}"))
    }
}

fn is_tag(text: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    text.len() <= 128
        && text.bytes().next().is_some_and(word)
        && text.bytes().all(|b| word(b) || matches!(b, b'.' | b'-'))
}

fn is_registry(text: &str) -> bool {
    let (host, port) = text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)));
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    host.split('.').all(is_label)
        && port.is_none_or(|port| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()))
}

/// Runs of small letters and digits, with one `.`, one or two `_`, or any number of `-` between them.
fn is_path_part(part: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_separator = |run: &str| matches!(run, "." | "_" | "__") || run.bytes().all(|b| b == b'-');
    part.starts_with(is_plain) && part.ends_with(is_plain) && part.split(is_plain).all(is_separator)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    #[test]
    fn references_are_written_out() {
        for (text, full, short) in [
            ("alpine", "docker.io/library/alpine:latest", "alpine:latest"),
            ("alpine:3.22.1", "docker.io/library/alpine:3.22.1", "alpine:3.22.1"),
            ("mcp/grafana", "docker.io/mcp/grafana:latest", "mcp/grafana:latest"),
            ("docker.io/alpine", "docker.io/library/alpine:latest", "alpine:latest"),
            ("index.docker.io/mcp/time:1", "docker.io/mcp/time:1", "mcp/time:1"),
            ("ghcr.io/o/a-b_c.d__e", "ghcr.io/o/a-b_c.d__e:latest", "ghcr.io/o/a-b_c.d__e:latest"),
            ("localhost/x", "localhost/x:latest", "localhost/x:latest"),
            ("localhost:5000/x:V1.0", "localhost:5000/x:V1.0", "localhost:5000/x:V1.0"),
            ("GHCR.IO/o/x", "ghcr.io/o/x:latest", "ghcr.io/o/x:latest"),
            ("Docker.IO/alpine", "docker.io/library/alpine:latest", "alpine:latest"),
            ("0x7f.1:5000/x:1", "127.0.0.1:5000/x:1", "127.0.0.1:5000/x:1"),
        ] {
            let reference = Reference::parse(text).unwrap();
            assert_eq!((reference.full().as_str(), reference.to_string().as_str()), (full, short), "{text}");
            assert_eq!(Reference::parse(full).unwrap(), reference, "{text}");
        }
    }

    #[test]
    fn a_digest_says_more_than_a_tag() {
        let reference = Reference::parse(&format!("mcp/time@{DIGEST}")).unwrap();
        assert_eq!(reference.full(), format!("docker.io/mcp/time@{DIGEST}"));
        let both = Reference::parse(&format!("mcp/time:1@{DIGEST}")).unwrap();
        assert_eq!(both.full(), reference.full());
        assert_eq!((both.version(), both.to_string()), (DIGEST, format!("mcp/time:1@{DIGEST}")));
    }

    #[test]
    fn what_no_engine_takes_is_refused() {
        for text in [
            "",
            "/",
            "a/",
            "/a",
            "a//b",
            "A",
            "mcp/Grafana",
            "a b",
            "a:",
            "a:-x",
            "a:b c",
            "a@",
            "a@sha256:12",
            "-a",
            "a-",
            "a..b",
            "a___b",
            "a:b/c",
            "$(reboot)",
            "a\nb",
            "ghcr.io:x/a",
            "ghcr.io:70000/a",
            "1.2.3.999/a",
            "-.io/a",
            "docker.io/",
            "ä",
        ] {
            let error = Reference::parse(text).unwrap_err();
            assert!(error.cause.is_some(), "{text:?}");
        }
        assert!(Reference::parse(&"a".repeat(256)).is_err());
    }
}
