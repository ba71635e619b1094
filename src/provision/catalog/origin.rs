//! Where a server's entry came from, for every message that shows it.

use jiff::Timestamp;

pub use crate::digest::sha256;

/// One source of a catalog, as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origin {
    /// As a person would name the place: `~/servers.yaml`, `https://…`, `oci://…`, a command line in backticks.
    pub place: String,
    /// `sha256:…` of the bytes; of an artifact its manifest's, by which a registry knows it.
    pub digest: String,
    /// Since when this is known: a file's last change, a server's last answer. None if it is not known.
    pub current: Option<Timestamp>,
    /// How many servers it has.
    pub servers: usize,
    /// Whether it came over a network, so that strangers may have written it and less of it is read.
    pub far: bool,
}

/// How much of a catalog is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes. Docker's own has 300 KB.
    pub bytes: usize,
    /// The most values (strings, numbers, lists, maps). Docker's own catalog has about 7,500; each needs at least a
    /// hundred bytes of memory.
    pub values: usize,
}

impl Limits {
    /// Of files of this machine, and what its docker prints.
    pub const NEAR: Self = Self { bytes: 32 << 20, values: 2_000_000 };
    /// Of what comes over a network.
    pub const FAR: Self = Self { bytes: 8 << 20, values: 100_000 };
}

impl Origin {
    /// A source of which no more is known than its name.
    #[must_use]
    pub fn named(place: impl Into<String>) -> Self {
        Self { place: place.into(), ..Self::default() }
    }

    /// How much of it is read.
    #[must_use]
    pub const fn limits(&self) -> Limits {
        if self.far { Limits::FAR } else { Limits::NEAR }
    }

    /// The end of its name, by which it is recognised in a table: `servers.yaml`, `docker-mcp-catalog:latest`.
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
