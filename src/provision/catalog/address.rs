//! Catalog addresses: a file, a folder, an address of the web or of a registry, or the docker CLI.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use reqwest::Url;

use crate::error::{Error, Result};
use crate::files::expand_home;
use crate::hostname;
use crate::images::Reference;

use super::clean;

/// The supported kinds of catalog addresses, for errors.
const FORMS: &str = "a catalog is a file, a folder, `https://…`, `oci://REF`, `docker://` or `docker://REF`";

/// The separator of the catalogs in `$MCPCTL_CATALOG`, as in every list of paths.
const SEPARATOR: char = if cfg!(windows) { ';' } else { ':' };

/// One catalog that the user named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A file, or a folder with all YAML and JSON files in it.
    Path(PathBuf),
    /// `https://…`; `http://…` on this machine only.
    Web(Url),
    /// `oci://REF`: an artifact of a registry.
    Artifact(Reference),
    /// `docker://REF`: the output of the docker CLI; without a reference its default catalog.
    Docker(Option<String>),
}

impl Address {
    /// Parses a catalog address; relative paths start from `folder`, `~/` is the home folder.
    ///
    /// # Errors
    /// An unsupported scheme, plain `http://` to another machine, a password in an address, no reference.
    pub fn parse(text: &OsStr, folder: &Path, home: Option<&Path>) -> Result<Self> {
        let Some((scheme, rest)) = text.to_str().and_then(scheme) else {
            return Ok(Self::Path(folder.join(expand_home(text, home))));
        };
        match scheme.to_ascii_lowercase().as_str() {
            "https" | "http" => web(&format!("{scheme}://{rest}")).map(Self::Web),
            "oci" => Reference::parse(rest)
                .map(Self::Artifact)
                .map_err(|error| error.hint("write it as `oci://HOST/NAME:TAG`")),
            "docker" => Ok(Self::Docker((!rest.is_empty()).then(|| rest.to_owned()))),
            _ => Err(Error::usage(format!("no catalog can be read from `{}://`", clean(scheme))).hint(FORMS)),
        }
    }

    /// Its name in errors and headings: the home folder as `~`, and an address without its query string, which may
    /// contain tokens.
    #[must_use]
    pub fn shown(&self, home: Option<&Path>) -> String {
        match self {
            Self::Path(path) => shown_path(path, home),
            Self::Web(url) => shown_url(url),
            Self::Artifact(reference) => format!("oci://{reference}"),
            Self::Docker(reference) => clean(&format!("docker://{}", reference.as_deref().unwrap_or_default())),
        }
    }
}

/// Splits `$MCPCTL_CATALOG`. An address ends only where another one or a path with a `/` begins (`/…`, `./…`, `../…`,
/// `~/…`): anything else after a colon is its port, tag or digest.
#[must_use]
pub fn split(variable: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut in_address = false;
    for piece in pieces(variable) {
        match found.last_mut() {
            Some(last) if in_address && (within_brackets(last) || !begins_anew(piece)) => {
                last.push(SEPARATOR);
                last.push_str(piece);
            }
            _ => {
                in_address = scheme(piece).is_some() && SEPARATOR == ':';
                found.push(piece.to_owned());
            }
        }
    }
    found.retain(|one| !one.is_empty());
    found
}

/// The text between separators; the colon of `://` is not a separator.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    for (at, _) in text.match_indices(SEPARATOR) {
        let of_scheme = text[at..].starts_with("://") && scheme(&text[start..]).is_some();
        if !of_scheme {
            pieces.push(&text[start..at]);
            start = at + SEPARATOR.len_utf8();
        }
    }
    pieces.push(&text[start..]);
    pieces
}

/// Whether the number of an IPv6 host has begun and not ended.
fn within_brackets(address: &str) -> bool {
    address.contains("://[") && !address.contains(']')
}

fn begins_anew(piece: &str) -> bool {
    piece.is_empty() || ["/", "./", "../", "~/"].iter().any(|start| piece.starts_with(start)) || scheme(piece).is_some()
}

/// Splits `SCHEME://REST`.
fn scheme(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once("://")?;
    let is_word = scheme.len() > 1 && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-'));
    is_word.then_some((scheme, rest))
}

/// A web address that may be requested: `https`, or plain `http` to this machine, without a password in it.
///
/// # Errors
/// Any other.
fn web(text: &str) -> Result<Url> {
    let url = Url::parse(text).map_err(|error| {
        // the part before an `@` may be a login
        let shown = if text.contains('@') { "…" } else { text.split('?').next().unwrap_or_default() };
        Error::usage(format!("`{}` is not a valid address", clean(shown))).cause(error.to_string())
    })?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Error::usage(format!("the address of a catalog at `{}` contains a login", hostname::of_url(&url)))
            .cause("addresses are shown, logged and kept")
            .hint("get it with a program that knows the login, then name the file: `--catalog FILE`"));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if hostname::is_loopback(&hostname::of_url(&url)) => Ok(url),
        _ => Err(Error::usage(format!("refusing to read a catalog over plain `{}`", url.scheme()))
            .cause(format!("an attacker on the network path to `{}` could choose what runs", hostname::of_url(&url)))
            .hint("use `https://`")),
    }
}

fn shown_url(url: &Url) -> String {
    let mut shown = url.clone();
    shown.set_fragment(None);
    if url.query().is_some() {
        shown.set_query(Some("…"));
        return clean(&shown.to_string().replace("%E2%80%A6", "…"));
    }
    clean(shown.as_str())
}

fn shown_path(path: &Path, home: Option<&Path>) -> String {
    let text = match home.filter(|home| home.parent().is_some()).and_then(|home| path.strip_prefix(home).ok()) {
        Some(below) => Path::new("~").join(below).display().to_string(),
        None => path.display().to_string(),
    };
    clean(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Address> {
        Address::parse(OsStr::new(text), Path::new("/here"), Some(Path::new("/home/me")))
    }

    fn shown(text: &str) -> String {
        parse(text).unwrap().shown(Some(Path::new("/here/me")))
    }

    #[test]
    fn each_form_is_known_and_shown() {
        assert_eq!(shown("me/own.yaml"), "~/own.yaml");
        assert_eq!(shown("/etc/mcp.d"), "/etc/mcp.d");
        assert_eq!(shown("https://E.example:8443/a/b.yaml"), "https://e.example:8443/a/b.yaml");
        assert_eq!(shown("https://e.example/c?token=canary-t#x"), "https://e.example/c?…");
        assert_eq!(shown("http://127.0.0.1:9/c"), "http://127.0.0.1:9/c");
        assert_eq!(shown("oci://mcp/docker-mcp-catalog"), "oci://mcp/docker-mcp-catalog:latest");
        assert_eq!(shown("docker://mcp/x:1"), "docker://mcp/x:1");
        assert_eq!(shown("HTTPS://e.example/c"), "https://e.example/c");
        assert_eq!(parse("docker://").unwrap(), Address::Docker(None));
    }

    #[test]
    fn what_cannot_be_read_from_is_refused_without_a_secret_in_the_words() {
        for (text, words) in [
            ("http://e.example/c.yaml", "refusing to read a catalog over plain `http`"),
            ("http://[::2]/c.yaml", "refusing to read a catalog over plain `http`"),
            ("ftp://e.example/c", "no catalog can be read from `ftp://`"),
            ("https://me:canary-pw@e.example/c", "the address of a catalog at `e.example` contains a login"),
            ("https://", "`https://` is not a valid address"),
            ("https://me:canary-pw@[", "`…` is not a valid address"),
            ("oci://Not A Ref", "`Not A Ref` is not a valid image reference"),
        ] {
            let error = parse(text).unwrap_err();
            assert_eq!(error.message, words);
            assert!(!format!("{error:?}").contains("canary"), "{error:?}");
        }
    }

    #[test]
    #[cfg(unix)]
    fn addresses_survive_the_colons_of_the_variable() {
        assert_eq!(split("one.yaml:/two.yaml::three"), ["one.yaml", "/two.yaml", "three"]);
        assert_eq!(split("https://e.example:8443/a.yaml"), ["https://e.example:8443/a.yaml"]);
        let digest = format!("oci://r.corp:5000/c:1@sha256:{}", "0".repeat(64));
        let all = format!("own.yaml:{digest}:https://[::1]:8443/c.yaml:docker://:docker://mcp/x:latest:./last.yaml:/x");
        assert_eq!(
            split(&all),
            [
                "own.yaml",
                &digest,
                "https://[::1]:8443/c.yaml",
                "docker://",
                "docker://mcp/x:latest",
                "./last.yaml",
                "/x"
            ]
        );
        assert_eq!(split("::"), [""; 0]);
    }
}
