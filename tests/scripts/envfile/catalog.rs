//! Env files for every server of the real catalog.

use mcpctl::provision::catalog::Catalog;
use mcpctl::provision::envfile::{EnvFile, Role, WantedValue, generate, parse};
use mcpctl::provision::requirements::requirements;

/// What every server of the catalog at `$MCPCTL_CATALOG_TEST` wants, else of the one beside the repository.
fn all() -> Vec<(String, Vec<WantedValue>)> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/catalog/docker-mcp.yaml");
    let path = std::env::var_os("MCPCTL_CATALOG_TEST").map_or_else(|| beside.into(), std::path::PathBuf::from);
    let bytes = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let catalog = Catalog::parse(&bytes, "docker-mcp").unwrap();
    catalog.servers.values().map(|server| (server.name.clone(), WantedValue::by(&requirements(server)))).collect()
}

/// The file of a role as a second program would read it.
fn made(existing: Option<&EnvFile>, role: Role, servers: &[String], wanted: &[WantedValue]) -> EnvFile {
    let file = generate(existing, "all.env", role, servers, wanted, false).unwrap().file;
    parse(file.text().as_bytes(), "all.env").unwrap()
}

fn keys(file: &EnvFile) -> Vec<String> {
    let mut keys: Vec<String> = file.entries().map(|entry| entry.key().to_owned()).collect();
    keys.sort();
    keys
}

fn wanted_keys(wanted: &[WantedValue], role: Role) -> Vec<String> {
    let mut keys: Vec<String> = wanted.iter().filter(|w| w.role == role).map(|w| w.key.clone()).collect();
    keys.sort();
    keys.dedup();
    keys
}

#[test]
#[ignore = "needs the real catalog: set MCPCTL_CATALOG_TEST"]
fn each_server_has_its_keys_stable_and_keeps_what_was_typed() {
    for (server, wanted) in all() {
        for role in [Role::Config, Role::Secret] {
            let servers = [server.clone()];
            let mut file = made(None, role, &servers, &wanted);
            assert_eq!(keys(&file), wanted_keys(&wanted, role), "{server}");
            for (i, key) in keys(&file).iter().enumerate() {
                file.set(key, &format!("typed '{i}' #\n\"{key}\"")).unwrap();
            }
            let again = made(Some(&file), role, &servers, &wanted);
            assert_eq!(*again.text(), *file.text(), "{server}");
        }
    }
}

#[test]
#[ignore = "needs the real catalog: set MCPCTL_CATALOG_TEST"]
fn many_servers_at_once_are_the_same_as_one_after_the_other() {
    let some: Vec<(String, Vec<WantedValue>)> = all().into_iter().take(40).collect();
    let servers: Vec<String> = some.iter().map(|(server, _)| server.clone()).collect();
    let wanted: Vec<WantedValue> = some.iter().flat_map(|(_, wanted)| wanted.clone()).collect();
    for role in [Role::Config, Role::Secret] {
        let at_once = made(None, role, &servers, &wanted);
        assert_eq!(keys(&at_once), wanted_keys(&wanted, role));
        let mut file = None;
        for server in servers.iter().rev() {
            file = Some(made(file.as_ref(), role, std::slice::from_ref(server), &wanted));
        }
        assert!(file.is_none_or(|file| *file.text() == *at_once.text()));
    }
}
