//! Keys of a live Secret that no server of the catalog asks for. Pure: nothing is asked.

use std::collections::BTreeSet;

use crate::provision::catalog::{Catalog, Server};
use crate::provision::keys::rendered_key;
use crate::provision::requirements::requirements;

/// The keys that a server may ask for: its secrets, and what `provision` stores under `SERVER.ENV`.
fn askable(server: &Server) -> impl Iterator<Item = String> {
    let rendered = server.env.iter().map(|env| rendered_key(&server.name, &env.name));
    let secrets = requirements(server).secrets.into_iter().map(|need| need.key);
    secrets.chain(rendered.collect::<Vec<_>>())
}

/// Servers in use that the catalog does not have, so that nothing is known of their keys.
pub(super) fn unknown(catalog: &Catalog, used: &BTreeSet<String>) -> Vec<String> {
    used.iter().filter(|name| !name.is_empty() && !catalog.servers.contains_key(*name)).cloned().collect()
}

/// Whether a key is a secret or a config value of one of some servers.
pub(super) fn is_needed(catalog: &Catalog, used: &BTreeSet<String>, key: &str) -> bool {
    used.iter().filter_map(|name| catalog.servers.get(name)).any(|server| {
        let needs = requirements(server);
        needs.secrets.iter().any(|need| need.key == key) || needs.config.iter().any(|need| need.key == key)
    })
}

/// The keys that no server of the catalog asks for, sorted.
pub(super) fn unasked<'a>(catalog: &Catalog, live: &BTreeSet<&'a str>) -> Vec<&'a str> {
    let asked: BTreeSet<String> = catalog.servers.values().flat_map(|server| askable(server)).collect();
    live.iter().copied().filter(|key| !asked.contains(*key)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalog() -> Catalog {
        let text = "registry:\n  grafana:\n    image: mcp/grafana\n    secrets: [{name: grafana.api_key, env: KEY}]\n    \
                    env: [{name: GRAFANA_URL, value: '{{grafana.url}}'}]\n  time: {image: mcp/time}\n";
        Catalog::parse(text.as_bytes(), "test").unwrap()
    }

    #[test]
    fn a_key_that_no_server_asks_for_is_found() {
        let live = BTreeSet::from(["grafana.api_key", "grafana.GRAFANA_URL", "old.token"]);
        assert_eq!(unasked(&catalog(), &live), ["old.token"]);
    }
}
