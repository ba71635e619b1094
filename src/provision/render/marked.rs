//! A derived catalog for one run of the gateway: each server gets a variable by which the run's pods are known.

use serde_json::{Map, Value, json};

use crate::error::{Error, Result};

use super::derived;

/// A derived catalog's text with a variable in the environment of each of the named servers. A remote server has none.
///
/// # Errors
/// The text is no catalog in the legacy shape, or a server is not in it.
pub fn marked_catalog(text: &str, servers: &[String], variable: &str, value: &str) -> Result<String> {
    let mut catalog: Value =
        serde_saphyr::from_str(text).map_err(|_| Error::invalid("the derived catalog is not valid YAML"))?;
    let registry = catalog.get_mut("registry").and_then(Value::as_object_mut);
    let registry = registry.ok_or_else(|| Error::invalid("the derived catalog has no `registry`"))?;
    for name in servers {
        let Some(server) = registry.get_mut(name).and_then(Value::as_object_mut) else {
            return Err(Error::not_found(format!("no server `{name}` in the derived catalog")));
        };
        if server.get("image").is_some() {
            mark(server, variable, value);
        }
    }
    derived::yaml(&catalog)
}

/// The names of the servers in a derived catalog's text.
///
/// # Errors
/// The text is no catalog in the legacy shape.
pub fn servers_of(text: &str) -> Result<Vec<String>> {
    let catalog: Value =
        serde_saphyr::from_str(text).map_err(|_| Error::invalid("the derived catalog is not valid YAML"))?;
    let registry = catalog.get("registry").and_then(Value::as_object);
    let registry = registry.ok_or_else(|| Error::invalid("the derived catalog has no `registry`"))?;
    Ok(registry.keys().cloned().collect())
}

fn mark(server: &mut Map<String, Value>, variable: &str, value: &str) {
    let entry = json!({ "name": variable, "value": value });
    match server.get_mut("env") {
        Some(Value::Array(entries)) => entries.push(entry),
        _ => {
            server.insert("env".to_owned(), json!([entry]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "registry: {a: {image: x, env: [{name: B, value: b}]}, c: {image: y}, r: {remote: {url: z}}}";

    #[test]
    fn each_named_server_gets_the_variable_and_keeps_its_own() {
        let names = ["a", "c", "r"].map(str::to_owned);
        let text = marked_catalog(TEXT, &names, "RUN", "1a").unwrap();
        let back: Value = serde_saphyr::from_str(&text).unwrap();
        let marker = json!({ "name": "RUN", "value": "1a" });
        assert_eq!(back["registry"]["a"]["env"], json!([{ "name": "B", "value": "b" }, marker]));
        assert_eq!(back["registry"]["c"]["env"], json!([marker]));
        assert_eq!(back["registry"]["r"], json!({ "remote": { "url": "z" } }));
        assert_eq!(servers_of(TEXT).unwrap(), names);
    }

    #[test]
    fn what_is_no_catalog_or_lacks_a_server_is_an_error() {
        let missing = marked_catalog(TEXT, &["d".to_owned()], "RUN", "1a").unwrap_err();
        assert_eq!(missing.message, "no server `d` in the derived catalog");
        for wrong in ["[", "registry: 1", "a: b"] {
            assert!(marked_catalog(wrong, &[], "RUN", "1a").is_err() && servers_of(wrong).is_err(), "{wrong}");
        }
    }
}
