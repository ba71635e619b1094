//! Keys of a live Secret against what servers of the catalog ask for. Pure: nothing is asked.

use std::collections::{BTreeMap, BTreeSet};

use crate::provision::catalog::{Catalog, Server};
use crate::provision::keys::rendered_key;
use crate::provision::requirements::requirements;

/// The keys that a server may ask for: its secrets, and what `provision` stores under `SERVER.ENV`.
fn askable(server: &Server) -> impl Iterator<Item = String> {
    let rendered = server.env.iter().map(|env| rendered_key(&server.name, &env.name));
    let secrets = requirements(server).secrets.into_iter().map(|need| need.key);
    secrets.chain(rendered.collect::<Vec<_>>())
}

/// The servers whose values are in the live objects: one of their secrets, or of their config values, is there.
pub(super) fn servers_behind(catalog: &Catalog, secret: &BTreeSet<&str>, config: &BTreeSet<&str>) -> BTreeSet<String> {
    let is_behind = |server: &Server| {
        let needs = requirements(server);
        needs.secrets.iter().any(|need| secret.contains(need.key.as_str()))
            || needs.config.iter().any(|need| config.contains(need.key.as_str()))
    };
    catalog.servers.values().filter(|server| is_behind(server)).map(|server| server.name.clone()).collect()
}

/// What servers in use cannot do without and the Secret does not contain, by server. `config` are the ConfigMap's keys,
/// `absent` those that both lack on purpose.
pub(super) fn missing(
    catalog: &Catalog,
    used: &BTreeSet<String>,
    live: &BTreeSet<&str>,
    config: &BTreeSet<&str>,
    absent: &BTreeSet<String>,
) -> BTreeMap<String, Vec<String>> {
    let mut missing = BTreeMap::new();
    for server in used.iter().filter_map(|name| catalog.servers.get(name)) {
        let needs = requirements(server);
        let own = needs.secrets.iter().filter(|need| need.required).map(|need| need.key.as_str());
        let needed = own.chain(needs.stored(|key| live.contains(key) || config.contains(key)));
        let is_there = |key: &str| live.contains(key) || absent.contains(key);
        let lacking: Vec<String> = needed.filter(|key| !is_there(key)).map(str::to_owned).collect();
        if !lacking.is_empty() {
            missing.insert(server.name.clone(), lacking);
        }
    }
    missing
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
    fn a_server_is_in_use_by_one_of_its_values() {
        let behind = servers_behind(&catalog(), &BTreeSet::new(), &BTreeSet::from(["grafana.url"]));
        assert_eq!(behind, BTreeSet::from(["grafana".to_owned()]));
        assert!(servers_behind(&catalog(), &BTreeSet::from(["x"]), &BTreeSet::new()).is_empty());
    }

    #[test]
    fn what_is_missing_and_what_nobody_asks_for() {
        let used = BTreeSet::from(["grafana".to_owned(), "time".to_owned(), "unknown".to_owned()]);
        let none = BTreeSet::new();
        let (catalog_of, chosen) = (catalog(), BTreeSet::from(["grafana.api_key".to_owned()]));
        let (nothing, given) = (BTreeSet::new(), BTreeSet::from(["grafana.api_key"]));
        let missing = |live, absent| missing(&catalog_of, &used, live, &none, absent);
        assert_eq!(missing(&none, &nothing)["grafana"], ["grafana.api_key"]);
        assert!(missing(&given, &nothing).is_empty());
        assert!(missing(&none, &chosen).is_empty());
        let live = BTreeSet::from(["grafana.api_key", "grafana.GRAFANA_URL", "old.token"]);
        assert_eq!(unasked(&catalog(), &live), ["old.token"]);
    }

    #[test]
    fn a_variable_that_provision_stores_may_be_missing_too() {
        let text = "registry:\n  db:\n    image: db\n    secrets: [{name: db.password, env: PASSWORD}]\n    \
                    env: [{name: DB_URL, value: 'pg://{{db.password}}@{{db.host}}'}, {name: T, value: '{{db.token}}'}]\n    \
                    config: [{name: db, required: [token], properties: {token: {type: string}}}]\n";
        let catalog = Catalog::parse(text.as_bytes(), "test").unwrap();
        let used = BTreeSet::from(["db".to_owned()]);
        let live = BTreeSet::from(["db.password"]);
        let missing = |config: &BTreeSet<&str>| missing(&catalog, &used, &live, config, &BTreeSet::new());
        assert_eq!(missing(&BTreeSet::new())["db"], ["db.T"]);
        assert_eq!(missing(&BTreeSet::from(["db.host"]))["db"], ["db.DB_URL", "db.T"]);
    }
}
