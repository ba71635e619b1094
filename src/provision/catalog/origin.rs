//! Where a server's entry came from, for every message that shows it.

use jiff::Timestamp;

pub use crate::digest::sha256;

/// One source of a catalog, as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origin {
    /// The place for the user: `~/servers.yaml`, `https://…`, `oci://…`, a command line in backticks.
    pub place: String,
    /// `sha256:…` of the bytes; for an artifact, that of its manifest, as in the registry.
    pub digest: String,
    /// Since when this is known: a file's last change, a server's last answer. None if it is not known.
    pub current: Option<Timestamp>,
    /// How many servers it has.
    pub servers: usize,
    /// Whether it came over a network: it is not trusted, and its limits are smaller.
    pub far: bool,
}

/// The size limits of a catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes. Docker's own catalog has 300 KB.
    pub bytes: usize,
    /// The most values (strings, numbers, lists, maps). Docker's own catalog has about 7,500; each needs at least a
    /// hundred bytes of memory.
    pub values: usize,
}

impl Limits {
    /// For files of this machine, and the output of its docker.
    pub const NEAR: Self = Self { bytes: 32 << 20, values: 2_000_000 };
    /// For downloads.
    pub const FAR: Self = Self { bytes: 8 << 20, values: 100_000 };
}

impl Origin {
    /// A source of which only the name is known.
    #[must_use]
    pub fn named(place: impl Into<String>) -> Self {
        Self { place: place.into(), ..Self::default() }
    }

    /// Its size limits.
    #[must_use]
    pub const fn limits(&self) -> Limits {
        if self.far { Limits::FAR } else { Limits::NEAR }
    }

    /// The end of its name, which identifies it in a table: `servers.yaml`, `docker-mcp-catalog:latest`.
    #[must_use]
    pub fn label(&self) -> &str {
        if self.place.starts_with('`') {
            return self.place.trim_matches('`');
        }
        let path = self.place.trim_end_matches('/');
        path.rsplit_once('/').map_or(path, |(_, last)| last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_the_end_of_the_place() {
        for (place, label) in [
            ("~/mcp/servers.yaml", "servers.yaml"),
            ("https://e.example/catalog/", "catalog"),
            ("oci://mcp/docker-mcp-catalog:latest", "docker-mcp-catalog:latest"),
            ("`docker mcp catalog show --format=json`", "docker mcp catalog show --format=json"),
            ("the sandbox's own", "the sandbox's own"),
        ] {
            assert_eq!(Origin::named(place).label(), label);
        }
    }
}
