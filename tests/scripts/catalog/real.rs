//! The real catalog, all of its servers. It is other people's text and not part of this repository.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

use mcpctl::provision::catalog::{Catalog, ServerKind};
use mcpctl::provision::examples::examples;
use mcpctl::provision::keys::{is_env_name, is_key, secret_key};
use mcpctl::provision::render::{Options, Rendered, Values, render};
use mcpctl::provision::requirements::requirements;
use mcpctl::secret::Secret;

use super::all;

/// The catalog at `$MCPCTL_CATALOG_TEST`, else beside the repository.
fn real() -> Catalog {
    let path = std::env::var_os("MCPCTL_CATALOG_TEST").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/catalog/docker-mcp.yaml"),
        PathBuf::from,
    );
    Catalog::parse(&std::fs::read(path).expect("the real catalog"), "docker-mcp.yaml").expect("a catalog")
}

fn with_examples(catalog: &Catalog) -> Rendered {
    let mut values = Values::default();
    for server in catalog.servers.values() {
        let examples = examples(&requirements(server));
        values.config.extend(examples.config);
        values.secrets.extend(examples.secrets.into_iter().map(|(key, value)| (key, Secret::new(value))));
    }
    render(&all(catalog), &values, &Options::default())
}

#[test]
#[ignore = "needs the real catalog: set MCPCTL_CATALOG_TEST"]
fn every_server_is_read_whole() {
    let catalog = real();
    assert!(catalog.servers.len() >= 200);
    assert!(catalog.warnings.is_empty() && catalog.broken.is_empty());
    for server in catalog.servers.values() {
        assert_eq!(server.problems, [""; 0], "{}", server.name);
        let needs = requirements(server);
        assert_eq!(needs.problems, [""; 0], "{}", server.name);
        assert!(needs.secrets.iter().all(|need| is_key(&need.key) && is_env_name(&need.env)));
        assert!(needs.config.iter().all(|need| is_key(&need.key)));
        assert_eq!(requirements(server), needs);
    }
}

#[test]
#[ignore = "needs the real catalog: set MCPCTL_CATALOG_TEST"]
fn every_config_value_and_secret_of_the_file_is_asked_for_once() {
    let catalog = real();
    for server in catalog.servers.values() {
        let needs = requirements(server);
        // An own, plain look at the raw entry: every path between braces that names no secret.
        let mut raw = server.raw.clone();
        raw.retain(|field, _| ["env", "command", "volumes", "user"].contains(&field.as_str()));
        let text = Value::Object(raw).to_string();
        let mut paths: Vec<&str> = text
            .split("{{")
            .skip(1)
            .filter_map(|rest| rest.split_once("}}"))
            .map(|(inner, _)| inner.split('|').next().unwrap_or_default().trim())
            .filter(|path| !server.secrets.iter().any(|secret| secret.name == *path))
            .collect();
        paths.sort_unstable();
        paths.dedup();
        let mut keys: Vec<&str> = needs.config.iter().map(|need| need.key.as_str()).collect();
        keys.sort_unstable();
        assert_eq!(keys, paths, "{}", server.name);
        let secrets: Vec<String> = server.secrets.iter().map(|secret| secret_key(&secret.name)).collect();
        assert_eq!(needs.secrets.iter().map(|need| need.key.clone()).collect::<Vec<_>>(), secrets);
        let own = |value: &str| server.secrets.iter().any(|secret| value.contains(&format!("${}", secret.env)));
        let fixed = server.env.iter().filter(|entry| !entry.value.contains("{{") && !own(&entry.value)).count();
        assert_eq!(needs.fixed.len(), fixed, "{}", server.name);
    }
}

#[test]
#[ignore = "needs the real catalog: set MCPCTL_CATALOG_TEST"]
fn all_servers_go_together_and_the_derived_catalog_is_whole() {
    let catalog = real();
    let rendered = with_examples(&catalog);
    assert_eq!(rendered.refused, BTreeMap::new());
    assert_eq!(rendered.missing, []);
    assert_eq!(rendered.left_out, []);
    let yaml = rendered.catalog_yaml().unwrap();
    let back = Catalog::parse(yaml.as_bytes(), "derived.yaml").unwrap();
    assert_eq!(back.servers.len(), catalog.servers.len());
    for server in catalog.servers.values() {
        let derived = &back.servers[&server.name];
        assert_eq!(derived.problems, [""; 0]);
        for (field, value) in &server.raw {
            if !["env", "secrets", "command", "volumes", "user"].contains(&field.as_str()) {
                assert_eq!(derived.raw.get(field), Some(value), "{}.{field}", server.name);
            }
        }
        // The tools of a poci server have templates of their own, for the arguments of a call.
        let mut raw = derived.raw.clone();
        if server.kind == ServerKind::Poci {
            raw.shift_remove("tools");
        }
        assert!(!Value::Object(raw).to_string().contains("{{"), "{}", server.name);
        for entry in requirements(server).fixed.into_iter().filter(|entry| !entry.value.is_empty()) {
            assert!(derived.env.contains(&entry), "{}: {}", server.name, entry.name);
        }
        for secret in &derived.secrets {
            let key = secret_key(&secret.name);
            assert!(rendered.secret.contains_key(&key), "{key}");
            assert_eq!(rendered.secret_names.contains(&secret.name), server.kind != ServerKind::Remote, "{key}");
        }
    }
    assert!(rendered.config_map.keys().chain(rendered.secret.keys()).all(|key| is_key(key)));
}

#[test]
#[ignore = "needs the real catalog: set MCPCTL_CATALOG_TEST"]
fn every_variable_of_a_server_arrives_one_way() {
    let catalog = real();
    let rendered = with_examples(&catalog);
    for server in catalog.servers.values() {
        let derived = &rendered.catalog["registry"][&server.name];
        let listed = |list: &str, field: &str, name: &str| {
            derived[list].as_array().is_some_and(|items| items.iter().any(|item| item[field].as_str() == Some(name)))
        };
        // Docker sets no empty variable
        for entry in server.env.iter().filter(|entry| !entry.value.is_empty()) {
            let ways = [
                rendered.config_map.contains_key(&entry.name) && entry.value.contains("{{"),
                listed("env", "name", &entry.name),
                listed("secrets", "env", &entry.name),
            ];
            assert_eq!(ways.iter().filter(|way| **way).count(), 1, "{}: {} {ways:?}", server.name, entry.name);
        }
    }
}

#[test]
#[ignore = "needs the real catalog: set MCPCTL_CATALOG_TEST"]
fn the_credentials_among_the_config_values_stay_out_of_the_config_map() {
    let catalog = real();
    let rendered = with_examples(&catalog);
    let mut found = Vec::new();
    for server in catalog.servers.values() {
        for need in requirements(server).config.iter().filter(|need| need.credential) {
            assert!(!rendered.config_map.contains_key(&need.key), "{}", need.key);
            found.push(need.key.clone());
        }
    }
    assert!((15..30).contains(&found.len()), "{found:?}");
    for key in ["zerodha-kite.kite_access_token", "kgrag-mcp-server.aws_secret_access_key"] {
        assert!(found.iter().any(|found| found == key), "{key}");
    }
    let named = |key: &str| rendered.warnings.iter().any(|warning| warning.contains(&format!("`{key}`")));
    assert!(found.iter().all(|key| named(key)));
}
