//! Where a server's entry came from, so that everybody who is shown it can be told.

use jiff::Timestamp;

pub use crate::digest::sha256;

/// One source of a catalog, as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origin {
    /// As a person would name the place: `~/servers.yaml`, `https://…`, `oci://…`, a command line in backticks.
    pub place: String,
    /// `sha256:…` of the bytes; of an artifact its manifest's, by which a registry knows it.
    pub digest: String,
    /// Since when it is known to be so: a file's last change, a server's last answer. None where nobody knows.
    pub current: Option<Timestamp>,
    /// How many servers it has.
    pub servers: usize,
}

impl Origin {
    /// A source of which no more is known than its name.
    #[must_use]
    pub fn named(place: impl Into<String>) -> Self {
        Self { place: place.into(), ..Self::default() }
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
