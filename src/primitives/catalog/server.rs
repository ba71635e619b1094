//! The types `Server` and `Catalog`.

use std::sync::Arc;

use rhai::{Array, Dynamic};

use crate::error::{Error, Result};
use crate::images::Reference;
use crate::primitives::api::raise::wrong_type;
use crate::primitives::api::typed::{Property, Typed};
use crate::provision::catalog::{Catalog, Server, summaries};
use crate::provision::keys::split_servers;
use crate::provision::requirements::requirements;

impl Typed for Arc<Server> {
    const NAME: &'static str = "Server";
    const PROPERTIES: &'static [Property] = &[
        ("name", "string", "the name by which the gateway knows it"),
        ("title", "string", "the name for people; may be empty"),
        ("kind", "string", "`server`, `remote` (reached by an address, no pod) or `poci` (a pod for each call)"),
        ("image", "string", "its image, written out; empty for remote servers"),
        ("url", "string", "the address of a remote server; else empty"),
        ("category", "string", "what kind of server it is, in the catalog's words"),
        ("tags", "array", "words to find it by"),
        ("tools", "array", "the names of its tools, where the catalog lists them"),
        ("description", "string", "what it is"),
        ("needs", "array", "the keys of the secrets and config values that it cannot do without"),
        ("source", "string", "the catalog that it comes from: a file, an address, a command line"),
        ("digest", "string", "the digest of that catalog, `sha256:…`"),
    ];

    fn property(&self, name: &str) -> Dynamic {
        match name {
            "name" => self.name.clone().into(),
            "title" => self.title.clone().into(),
            "kind" => self.kind.name().into(),
            "image" => {
                Reference::parse(&self.image).map_or_else(|_| self.image.clone(), |image| image.to_string()).into()
            }
            "url" => self.url.clone().into(),
            "category" => self.category.clone().into(),
            "tags" => self.tags.iter().map(|tag| tag.clone().into()).collect::<Array>().into(),
            "tools" => self.tools.iter().map(|tool| tool.name.clone().into()).collect::<Array>().into(),
            "description" => self.description.clone().into(),
            "needs" => needs(self).into_iter().map(Dynamic::from).collect::<Array>().into(),
            "source" => self.origin.place.clone().into(),
            "digest" => self.origin.digest.clone().into(),
            _ => Dynamic::UNIT,
        }
    }
}

/// The keys that a server cannot do without, secrets first.
fn needs(server: &Server) -> Vec<String> {
    let needs = requirements(server);
    let secrets = needs.secrets.into_iter().filter(|need| need.required).map(|need| need.key);
    let config = needs.config.into_iter().filter(|need| need.required).map(|need| need.key);
    secrets.chain(config).collect()
}

impl Typed for Arc<Catalog> {
    const NAME: &'static str = "Catalog";
    const PROPERTIES: &'static [Property] = &[
        ("name", "string", "its name; of several sources that of the first"),
        ("sources", "array", "where it came from, in reading order"),
        ("servers", "array", "the names of its servers, sorted"),
        ("broken", "array", "the entries that cannot be used, one line each with the change that helps"),
        ("place", "string", "how headings name it: name, number of servers, sources"),
    ];

    fn property(&self, name: &str) -> Dynamic {
        match name {
            "name" => self.name.clone().into(),
            "sources" => self.sources.iter().map(|origin| origin.place.clone().into()).collect::<Array>().into(),
            "servers" => self.servers.keys().map(|name| name.clone().into()).collect::<Array>().into(),
            "broken" => summaries(self.broken.values()).into_iter().map(Dynamic::from).collect::<Array>().into(),
            "place" => self.place().into(),
            _ => Dynamic::UNIT,
        }
    }
}

/// The names of servers that a script gave: one text (`a,b`), or an array of texts, `Server`s or both.
///
/// # Errors
/// Something else, or no name at all.
pub(in crate::primitives) fn names(value: &Dynamic) -> Result<Vec<String>> {
    let several = match value.read_lock::<Array>() {
        Some(array) => array.clone(),
        None => vec![value.clone()],
    };
    let mut names = Vec::new();
    for one in several {
        if let Some(server) = one.read_lock::<Arc<Server>>() {
            names.push(server.name.clone());
            continue;
        }
        let text = one.into_string().map_err(|kind| wrong_type("a server", "its name", kind))?;
        names.extend(split_servers(&text)?);
    }
    if names.is_empty() {
        return Err(Error::usage("no server is named").hint("`mcpctl servers` prints every name"));
    }
    Ok(names)
}
