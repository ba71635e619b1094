//! The catalog: the MCP servers and what each needs.
//!
//! Both shapes that Docker's tools know (the legacy `registry`, the current `servers[].snapshot.server`), in
//! YAML or JSON, become one [`Catalog`].

pub mod address;
mod artifact;
mod broken;
mod cache;
pub mod docker;
pub(super) mod fields;
mod json;
pub mod origin;
mod parse;
pub mod reader;
mod received;
pub(crate) mod server;
mod shape;
pub mod sources;
mod spelling;
mod web;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use artifact::ARTIFACT_TYPE;
pub use broken::{BrokenEntry, summaries};
pub use cache::Cache;
pub use origin::Origin;
pub use server::{ConfigEntry, EnvEntry, SecretEntry, Server, ServerKind, Tool};

use crate::error::{Error, Result};
use crate::nearest;

use super::keys::{clean, is_server_name};

/// The top-level key of a derived catalog: its variables and arguments are written for Kubernetes already.
pub(super) const RENDERED_KEY: &str = "x-mcpctl";

/// The servers of one or several sources.
#[derive(Debug, Clone, PartialEq)]
pub struct Catalog {
    /// Its name; for several sources, that of the first.
    pub name: String,
    /// Its sources, in reading order.
    pub sources: Vec<Arc<Origin>>,
    /// The servers by name.
    pub servers: BTreeMap<String, Arc<Server>>,
    /// The entries that cannot be used, by name; none of them is among the servers.
    pub broken: BTreeMap<String, BrokenEntry>,
    /// Warnings about it.
    pub warnings: Vec<String>,
}

impl Catalog {
    /// Reads a catalog from its text. `source` is its name in errors.
    ///
    /// # Errors
    /// Anything that is not a catalog, or a catalog without servers: the error says what was received instead.
    pub fn parse(bytes: &[u8], source: &str) -> Result<Self> {
        Self::read(bytes, Origin::named(source))
    }

    /// As [`parse`](Self::parse), for a source with known metadata. If the digest is not known, it is that of the
    /// bytes.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn read(bytes: &[u8], origin: Origin) -> Result<Self> {
        parse::parse(bytes, origin)
    }

    /// Reads a derived catalog, the result of [`render`](super::render::render), whatever marker it contains.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn parse_rendered(bytes: &[u8], source: &str) -> Result<Self> {
        let mut catalog = Self::parse(bytes, source)?;
        for server in catalog.servers.values_mut() {
            Arc::make_mut(server).is_rendered = true;
        }
        Ok(catalog)
    }

    /// Merges another catalog into this one: its servers win. A broken entry never replaces a valid one.
    pub fn add(&mut self, later: Self) {
        self.sources.extend(later.sources);
        self.warnings.extend(later.warnings);
        for (name, entry) in later.broken {
            if self.servers.contains_key(&name) {
                self.warnings.push(format!("{}; the one of another catalog is used", entry.summary()));
            } else {
                self.broken.insert(name, entry);
            }
        }
        self.broken.retain(|name, _| !later.servers.contains_key(name));
        self.servers.extend(later.servers);
    }

    /// The error if no entry can be used.
    ///
    /// # Errors
    /// All entries are broken; the first of them are named.
    pub fn require_servers(self) -> Result<Self> {
        if !self.servers.is_empty() || self.broken.is_empty() {
            return Ok(self);
        }
        let error = Error::invalid(format!("no entry of {} can be used", self.place()));
        let error = summaries(self.broken.values()).into_iter().fold(error, Error::detail);
        Err(error.hint(
            "a server is `NAME: {image: IMAGE}` under `registry:`, or `NAME: {type: remote, remote: {url: URL}}`",
        ))
    }

    /// A server by its name.
    ///
    /// # Errors
    /// Not found, with the nearest names.
    pub fn server(&self, name: &str) -> Result<&Arc<Server>> {
        self.servers
            .get(name)
            .ok_or_else(|| self.broken.get(name).map_or_else(|| self.unknown(name), BrokenEntry::error))
    }

    /// The servers of a list of names, sorted by name, each once, all of them valid.
    ///
    /// # Errors
    /// A name that is not in the catalog (with the nearest ones), an entry that is broken, or no name at all.
    pub fn choose<S: AsRef<str>>(&self, names: &[S]) -> Result<Vec<Arc<Server>>> {
        let mut chosen = BTreeMap::new();
        for name in names {
            let name = name.as_ref();
            let is_known = self.servers.contains_key(name) || self.broken.contains_key(name);
            if is_known && !is_server_name(name) {
                return Err(Error::invalid(format!(
                    "the name of server `{}` has characters that the gateway's `--servers` cannot carry",
                    clean(name)
                )));
            }
            let server = self.server(name)?;
            chosen.insert(server.name.clone(), Arc::clone(server));
        }
        if chosen.is_empty() {
            return Err(Error::usage("no server is named").hint("`mcpctl servers` prints every name"));
        }
        Ok(chosen.into_values().collect())
    }

    /// Its name in errors and headings: `catalog docker-mcp (328 servers, ~/.docker/…)`.
    #[must_use]
    pub fn place(&self) -> String {
        let count = self.servers.len();
        let servers = if count == 1 { "server" } else { "servers" };
        let places: Vec<&str> = self.sources.iter().map(|origin| origin.place.as_str()).collect();
        format!("catalog {} ({count} {servers}, {})", received::short(&self.name), places.join(", "))
    }

    fn unknown(&self, name: &str) -> Error {
        let error = Error::not_found(format!("no server `{}` in {}", clean(name), self.place()));
        let near: Vec<String> = nearest::several(name, self.servers.keys().map(String::as_str))
            .into_iter()
            .map(|near| format!("`{}`", clean(near)))
            .collect();
        error.hint(if near.is_empty() {
            "`mcpctl servers` prints every name".to_owned()
        } else {
            format!("did you mean {}? `mcpctl servers` prints every name", near.join(" or "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalog(yaml: &str) -> Catalog {
        Catalog::parse(yaml.as_bytes(), "demo.yaml").unwrap()
    }

    #[test]
    fn a_later_catalog_wins_and_both_stay_named() {
        let mut first = catalog("name: one\nregistry:\n  a: {image: mcp/a}\n  b: {image: mcp/b}\n");
        first.add(catalog("name: two\nregistry:\n  b: {image: mcp/other}\n"));
        assert_eq!(first.name, "one");
        assert_eq!(first.sources.len(), 2);
        assert_eq!(first.server("a").unwrap().image, "mcp/a");
        assert_eq!(first.server("b").unwrap().image, "mcp/other");
    }

    #[test]
    fn an_unknown_server_is_not_found_with_the_nearest_names() {
        let catalog = catalog("name: demo\nregistry:\n  grafana: {image: mcp/grafana}\n");
        let error = catalog.choose(&["grafna"]).unwrap_err();
        assert_eq!(error.kind, crate::error::Kind::NotFound);
        assert_eq!(error.message, "no server `grafna` in catalog demo (1 server, demo.yaml)");
        assert_eq!(error.hints, ["did you mean `grafana`? `mcpctl servers` prints every name"]);
        let error = catalog.server("zzz").unwrap_err();
        assert_eq!(error.hints, ["`mcpctl servers` prints every name"]);
    }

    #[test]
    fn chosen_servers_are_sorted_and_fit_for_use() {
        let catalog = catalog(
            "registry:\n  b: {image: i}\n  a: {image: i}\n  'x,y': {image: i}\n  none: {title: t}\n  odd: {image: i, env: text}\n",
        );
        let names: Vec<String> =
            catalog.choose(&["b", "a", "b"]).unwrap().iter().map(|server| server.name.clone()).collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(catalog.choose(&["x,y"]).unwrap_err().kind, crate::error::Kind::Invalid);
        assert_eq!(catalog.choose(&["none"]).unwrap_err().details, ["it has no image: write `image: IMAGE`"]);
        assert_eq!(catalog.choose(&["odd"]).unwrap_err().kind, crate::error::Kind::Invalid);
        assert_eq!(catalog.choose::<&str>(&[]).unwrap_err().kind, crate::error::Kind::Usage);
    }
}
