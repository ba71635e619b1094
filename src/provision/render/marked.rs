//! A derived catalog for one run of the gateway: each server gets a variable by which the run's pods are known.

use serde_json::{Map, Value, json};

use crate::error::{Error, Result};

use super::derived;

/// A derived catalog's text with a variable in the environment of each of the named servers. A remote server has none.
///
/// # Errors
/// The text is not a catalog in the legacy shape, or does not contain a server.
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
/// The text is not a catalog in the legacy shape.
pub fn servers_of(text: &str) -> Result<Vec<String>> {
    Ok(registry_of(text)?.keys().cloned().collect())
}

/// The variables that carry the secrets of the named servers, after a derived catalog's text.
///
/// # Errors
/// The text is not a catalog in the legacy shape.
pub fn secret_variables(text: &str, servers: &[String]) -> Result<Vec<String>> {
    let registry = registry_of(text)?;
    let entries = servers.iter().filter_map(|name| registry.get(name)?.get("secrets")?.as_array()).flatten();
    Ok(entries.filter_map(|entry| entry.get("env")?.as_str()).map(str::to_owned).collect())
}

fn registry_of(text: &str) -> Result<Map<String, Value>> {
    let mut catalog: Value =
        serde_saphyr::from_str(text).map_err(|_| Error::invalid("the derived catalog is not valid YAML"))?;
    match catalog.get_mut("registry").map(Value::take) {
        Some(Value::Object(registry)) => Ok(registry),
        _ => Err(Error::invalid("the derived catalog has no `registry`")),
    }
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
        let secrets = "registry: {a: {secrets: [{name: k, env: A_KEY}]}, b: {secrets: [{name: l, env: B_KEY}]}}";
        assert_eq!(secret_variables(secrets, &["a".to_owned(), "x".to_owned()]).unwrap(), ["A_KEY"]);
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
