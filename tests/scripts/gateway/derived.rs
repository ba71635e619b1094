//! The derived catalog of every server of the real catalog: rendered where it has to be, untouched everywhere else.

use serde_json::{Map, Value};

use mcpctl::provision::catalog::{Catalog, Server, ServerKind};
use mcpctl::provision::examples::examples;
use mcpctl::provision::keys::secret_key;
use mcpctl::provision::render::{Options, Values, marked_catalog, render};
use mcpctl::provision::requirements::requirements;
use mcpctl::secret::Secret;
use std::sync::Arc;

/// The catalog at `$MCPCTL_CATALOG_TEST`, else beside the repository.
fn real() -> Catalog {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/catalog/docker-mcp.yaml");
    let path = std::env::var_os("MCPCTL_CATALOG_TEST").unwrap_or_else(|| beside.into());
    Catalog::parse(&std::fs::read(path).expect("the real catalog"), "docker-mcp.yaml").expect("a catalog")
}

/// The derived entry of a server that is provisioned alone, as it comes back from the file.
fn derived(server: &Arc<Server>) -> Map<String, Value> {
    let examples = examples(&requirements(server));
    let values = Values {
        config: examples.config,
        secrets: examples.secrets.into_iter().map(|(key, value)| (key, Secret::new(value))).collect(),
        ..Values::default()
    };
    let rendered = render(std::slice::from_ref(server), &values, &Options::default());
    assert!(rendered.refused.is_empty() && rendered.missing.is_empty(), "{}: {rendered:?}", server.name);
    let text = rendered.catalog_yaml().unwrap();
    let marked = marked_catalog(&text, std::slice::from_ref(&server.name), "RUN", "1").unwrap();
    let lines = |text: &str| text.lines().count();
    assert!(lines(&marked) >= lines(&text), "{}", server.name);
    let back: Value = serde_saphyr::from_str(&text).unwrap();
    back["registry"][&server.name].as_object().unwrap().clone()
}

fn has_template(value: &Value) -> bool {
    value.to_string().contains("{{")
}

/// Whether values of the entry's parameters or variables are put into it.
fn is_filled_in(value: &Value) -> bool {
    has_template(value) || value.to_string().contains('$')
}

#[test]
#[ignore = "needs the real catalog: set MCPCTL_CATALOG_TEST"]
fn no_template_is_left_and_every_other_field_comes_back() {
    let catalog = real();
    assert!(catalog.servers.len() >= 200);
    for server in catalog.servers.values() {
        let mut derived = derived(server);
        let name = &server.name;
        for (field, value) in &server.raw {
            let back = derived.shift_remove(field);
            match field.as_str() {
                "env" => {
                    // entries with a template or a variable are left to the ConfigMap and the Secret, and empty ones
                    // are not set; the others are unchanged
                    let all = value.as_array().unwrap().iter();
                    let is_plain = |entry: &&Value| !is_filled_in(&entry["value"]) && entry["value"] != "";
                    let plain: Vec<Value> = all.filter(is_plain).cloned().collect();
                    let kept = (!plain.is_empty()).then_some(Value::Array(plain));
                    assert!(back == kept || value.as_array().unwrap().is_empty(), "{name}.env: {back:?}");
                }
                "secrets" => {
                    let back = back.unwrap();
                    let before = value.as_array().unwrap();
                    for (entry, was) in back.as_array().unwrap().iter().zip(before) {
                        let key = secret_key(was["name"].as_str().unwrap());
                        assert_eq!(entry["name"], key, "{name}");
                        let mut renamed = was.clone();
                        renamed["name"] = key.into();
                        assert_eq!(entry, &renamed, "{name}");
                    }
                    let more = back.as_array().unwrap().iter().skip(before.len());
                    assert!(
                        more.clone().all(|entry| entry["name"].as_str().unwrap().starts_with(name.as_str())),
                        "{name}"
                    );
                }
                "command" if is_filled_in(value) => {
                    assert!(!back.as_ref().is_some_and(has_template), "{name}.{field}: {back:?}");
                }
                "volumes" | "user" if has_template(value) => {
                    assert!(!back.as_ref().is_some_and(has_template), "{name}.{field}: {back:?}");
                }
                // a tool of a poci server takes the arguments of its call by templates of its own
                "tools" if server.kind == ServerKind::Poci => assert_eq!(back.as_ref(), Some(value), "{name}.{field}"),
                _ => {
                    assert_eq!(back.as_ref(), Some(value), "{name}.{field}");
                    assert!(!has_template(value), "{name}.{field} has a template that nobody renders");
                }
            }
        }
        // all that is new is a list of secrets, for credentials among the config values
        let new: Vec<&String> = derived.keys().collect();
        assert!(new.is_empty() || new == ["secrets"], "{name}: {new:?}");
    }
}
