//! The types `Server` and `Catalog`.

use std::sync::Arc;

use rhai::{Array, Dynamic};

use crate::error::{Error, Result};
use crate::host::Host;
use crate::images::Reference;
use crate::output::{Column, Document, Table};
use crate::primitives::api::raise::wrong_type;
use crate::primitives::api::typed::{PropertyOf, Typed, property, short, text, texts};
use crate::provision::catalog::{Catalog, Server, summaries};
use crate::provision::keys::split_servers;
use crate::provision::requirements::requirements;

impl Typed for Arc<Server> {
    const NAME: &'static str = "Server";
    const PROPERTIES: &'static [PropertyOf<Self>] = &[
        property("name", "string", "the name by which the gateway knows it").get(|server| text(&server.name)),
        property("title", "string", "the name for people; may be empty").get(|server| text(&server.title)),
        property(
            "kind",
            "string",
            "`server`, `remote` (reached by an address, no pod) or `poci` (a pod for each call)",
        )
        .get(|server| server.kind.name().into()),
        property("image", "string", "its image, written out; empty for remote servers").get(|server| {
            Reference::parse(&server.image).map_or_else(|_| server.image.clone(), |image| image.to_string()).into()
        }),
        property("url", "string", "the address of a remote server; else empty").get(|server| text(&server.url)),
        property("category", "string", "what kind of server it is, in the catalog's words")
            .get(|server| text(&server.category)),
        property("tags", "array", "words to find it by").get(|server| texts(&server.tags)),
        property("tools", "array", "the names of its tools, where the catalog lists them")
            .get(|server| texts(server.tools.iter().map(|tool| &tool.name))),
        property("description", "string", "what it is").get(|server| text(&server.description)),
        property("needs", "array", "the keys of the secrets and config values that it cannot do without")
            .get(|server| texts(needs(server))),
        property("source", "string", "the catalog that it comes from: a file, an address, a command line")
            .get(|server| text(&server.origin.place)),
        property("digest", "string", "the digest of that catalog, `sha256:…`")
            .get(|server| text(&server.origin.digest)),
    ];

    fn document(_host: &Host, found: &[Self]) -> Result<Option<Document>> {
        let shown = ["name", "title", "image", "needs", "source"].map(Column::new);
        let wide = ["category", "description", "catalog", "digest"].map(|name| Column::new(name).wide());
        let mut table = Table::new(shown.into_iter().chain(wide));
        for server in found {
            let place = if server.image.is_empty() { &server.url } else { &server.image };
            table.row([
                short(&server.name),
                short(&server.title),
                short(place),
                count_of_needs(server),
                short(server.origin.label()),
                short(&server.category),
                server.description.clone(),
                server.origin.place.clone(),
                server.origin.digest.clone(),
            ]);
        }
        let count = if found.len() == 1 { "1 server".to_owned() } else { format!("{} servers", found.len()) };
        Ok(Some(Document::default().table(table).summary(count).kind("server")))
    }
}

/// `1 secret, 2 values`: what has to be given before the server runs.
fn count_of_needs(server: &Server) -> String {
    let needs = requirements(server);
    let counts = [
        (needs.secrets.iter().filter(|need| need.required).count(), "secret"),
        (needs.config.iter().filter(|need| need.required).count(), "value"),
    ];
    let words = counts.iter().filter(|(count, _)| *count > 0);
    let words: Vec<String> =
        words.map(|(count, what)| format!("{count} {what}{}", if *count == 1 { "" } else { "s" })).collect();
    if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }
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
    const PROPERTIES: &'static [PropertyOf<Self>] = &[
        property("name", "string", "its name; of several sources that of the first").get(|catalog| text(&catalog.name)),
        property("sources", "array", "where it came from, in reading order")
            .get(|catalog| texts(catalog.sources.iter().map(|origin| &origin.place))),
        property("servers", "array", "the names of its servers, sorted").get(|catalog| texts(catalog.servers.keys())),
        property("broken", "array", "the entries that cannot be used, one line each with the change that helps")
            .get(|catalog| texts(summaries(catalog.broken.values()))),
        property("place", "string", "how headings name it: name, number of servers, sources")
            .get(|catalog| catalog.place().into()),
    ];
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
