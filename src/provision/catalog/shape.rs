//! Detects the shape of a catalog document, and suggests a fix for one that is almost a catalog.

use serde_json::{Map, Value};

use crate::error::{Error, Result};

use super::fields;
use super::parse::{not_valid, ticked};
use super::received::{self, short};

/// One unparsed entry of a document.
pub(super) struct RawEntry {
    /// Its name, if it has one.
    pub(super) name: Option<String>,
    /// Where it is: `registry.clock`, `servers[2]`.
    pub(super) place: String,
    /// The entry.
    pub(super) value: Value,
}

/// The entries of a document, and the parts of it that are ignored.
///
/// # Errors
/// A document that is not a catalog, with the one change that makes it one if that is known.
pub(super) fn entries(map: &mut Map<String, Value>, source: &str) -> Result<(Vec<RawEntry>, Vec<String>)> {
    let mut warnings = profile(map, source);
    let (registry, servers) = (present(map, "registry"), present(map, "servers"));
    let has_both = registry.is_some() && servers.is_some();
    let is_empty_document = registry.is_none() && servers.is_none();
    if is_empty_document && !map.contains_key("registry") && !map.contains_key("servers") {
        return Err(near_miss(map, source));
    }
    let mut entries = Vec::new();
    match registry {
        Some(Value::Object(registry)) => entries.extend(of_registry(registry, source)?),
        Some(Value::Array(items)) => return Err(registry_list(&items, source)),
        Some(odd) => {
            return Err(not_valid(source, &format!("a `registry` that is {}", received::document(&odd)), None));
        }
        None => {}
    }
    match servers {
        Some(Value::Array(items)) => entries.extend(of_list(items, source)?),
        Some(Value::Object(_)) if has_both && !entries.is_empty() => warnings.push(format!(
            "{} has `servers:` as a map beside `registry:`; its entries are not read: move them under `registry:`",
            ticked(source)
        )),
        Some(Value::Object(servers)) => return Err(servers_map(&servers, source)),
        Some(odd) => return Err(not_valid(source, &format!("`servers` that is {}", received::document(&odd)), None)),
        None => {}
    }
    warnings.extend(unknown_keys(map, source));
    Ok((entries, warnings))
}

/// Removes a value from a map; null and an empty map or list count as absent.
fn present(map: &Map<String, Value>, key: &str) -> Option<Value> {
    map.get(key)
        .filter(|value| match value {
            Value::Null => false,
            Value::Array(items) => !items.is_empty(),
            Value::Object(inner) => !inner.is_empty(),
            _ => true,
        })
        .cloned()
}

/// `registry: {NAME: {…}}`.
fn of_registry(registry: Map<String, Value>, source: &str) -> Result<Vec<RawEntry>> {
    let is_scalar = |value: &Value| !matches!(value, Value::Object(_) | Value::Array(_) | Value::Null);
    let is_word = |key: &str| ["name", "title", "displayName", "description", "version"].contains(&key);
    let is_heading = registry.iter().any(|(key, value)| is_word(key) && is_scalar(value))
        && registry.iter().all(|(key, value)| is_scalar(value) || (key == "servers" && holds_servers(value)));
    if is_heading {
        return Err(not_valid(
            source,
            "a file whose `registry` is a heading (a name and a description); its servers belong there, not under `servers`",
            Some(
                "remove the heading and rename `servers:` to `registry:`; below `registry:` there are only servers, as `NAME: {image: …}`",
            ),
        ));
    }
    let is_enabled = |value: &Value| {
        value
            .as_object()
            .is_some_and(|entry| entry.contains_key("ref") && !looks_like_server(value) && entry.len() <= 2)
    };
    if registry.values().all(is_enabled) {
        return Err(not_valid(
            source,
            "Docker's list of enabled servers, which says nothing about them",
            Some(
                "name the catalog itself, such as `--catalog ~/.docker/mcp/catalogs/docker-mcp.yaml`, and the servers on the command line",
            ),
        ));
    }
    Ok(registry
        .into_iter()
        .map(|(name, value)| RawEntry { place: format!("registry.{name}"), name: Some(name), value })
        .collect())
}

/// `servers: [{type, image|source|endpoint, snapshot: {server: {name, …}}}]`: the snapshot is the entry.
fn of_list(items: Vec<Value>, source: &str) -> Result<Vec<RawEntry>> {
    let has_snapshot = |item: &Value| item.get("snapshot").is_some();
    if !items.iter().any(has_snapshot) {
        return Err(list_without_snapshots(&items, source));
    }
    Ok(items
        .into_iter()
        .enumerate()
        .map(|(at, mut item)| {
            let place = format!("servers[{at}]");
            let Some(mut entry) = item.pointer_mut("/snapshot/server").map(Value::take) else {
                let name = item.get("name").and_then(Value::as_str).map(str::to_owned);
                return RawEntry { name, place, value: Value::Null };
            };
            if let Value::Object(raw) = &mut entry {
                let outer = |key: &str| item.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
                let missing = |raw: &Map<String, Value>, key: &str| {
                    raw.get(key).is_none_or(|value| value.is_null() || value.as_str() == Some(""))
                };
                if let Some(image) = outer("image")
                    && missing(raw, "image")
                {
                    raw.insert("image".to_owned(), image.into());
                }
                if let Some(url) = outer("endpoint")
                    && missing(raw, "remote")
                {
                    raw.insert("remote".to_owned(), serde_json::json!({ "url": url }));
                }
            }
            let name = entry.get("name").and_then(Value::as_str).filter(|name| !name.is_empty()).map(str::to_owned);
            RawEntry { name, place, value: entry }
        })
        .collect())
}

/// Whether a value has the fields of a server.
fn looks_like_server(value: &Value) -> bool {
    ["image", "remote", "sseEndpoint"].iter().any(|field| value.get(field).is_some_and(|found| !found.is_null()))
}

/// Whether a value is an entry of an MCP client's configuration: a program to start, or an address.
fn looks_like_client(value: &Value) -> bool {
    !looks_like_server(value)
        && ["command", "url", "serverUrl", "httpUrl"].iter().any(|field| value.get(field).is_some())
}

fn holds_servers(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.values().any(looks_like_server),
        Value::Array(items) => items.iter().any(looks_like_server),
        _ => false,
    }
}

fn holds_clients(value: &Value) -> bool {
    value.as_object().is_some_and(|map| map.values().any(looks_like_client))
}

/// The hint for valid servers in the wrong place.
const UNDER_REGISTRY: &str = "put the servers under `registry:`, each as `NAME: {image: …}`";

fn client_configuration(source: &str, key: &str) -> Error {
    not_valid(
        source,
        &format!("the configuration of an MCP client (`{key}`)"),
        Some(
            "a catalog names images: for each server write `NAME: {image: …}` under `registry:`, its arguments as `command:` and its variables as `env:`",
        ),
    )
}

fn community_file(source: &str) -> Error {
    not_valid(
        source,
        "a file of the MCP community registry",
        Some(
            "write an entry under `registry:` yourself, as `NAME: {image: …}` or `NAME: {type: remote, remote: {url: …}}`, or import it with `docker mcp catalog create`",
        ),
    )
}

/// Whether a map is a `server.json` of the community registry.
fn is_community(value: &Value) -> bool {
    let schema = value.get("$schema").and_then(Value::as_str).unwrap_or_default();
    schema.contains("modelcontextprotocol")
        || (value.get("name").is_some()
            && ["packages", "remotes", "package"].iter().any(|key| value.get(key).is_some()))
}

fn registry_list(items: &[Value], source: &str) -> Error {
    let received = format!("a `registry` that is {}", received::document(&Value::Array(items.to_vec())));
    let hint = items
        .iter()
        .any(Value::is_object)
        .then_some("write `registry:` as a map: the name of each server as its key, as `NAME: {image: …}`");
    not_valid(source, &received, hint)
}

fn servers_map(servers: &Map<String, Value>, source: &str) -> Error {
    if !servers.values().any(looks_like_server) && servers.values().any(looks_like_client) {
        return client_configuration(source, "servers");
    }
    not_valid(source, "a file whose `servers` is a map", Some("rename `servers:` to `registry:`"))
}

fn list_without_snapshots(items: &[Value], source: &str) -> Error {
    let is_listing = |item: &Value| is_community(item) || item.get("server").is_some_and(is_community);
    if items.iter().any(is_listing) {
        return community_file(source);
    }
    let hint = if items.iter().any(looks_like_server) {
        "write the list as a map: `registry:` with the servers below it, each as `NAME: {image: …}`"
    } else if items.iter().any(|item| item.get("type").and_then(Value::as_str) == Some("registry")) {
        "`docker mcp catalog show REF --format json` prints each server with its snapshot"
    } else {
        "each entry of `servers` needs `snapshot: {server: {name: …, image: …}}`; by hand, write `registry:` with `NAME: {image: …}` below it"
    };
    not_valid(source, "a list of `servers` without a `snapshot`", Some(hint))
}

/// A document with neither `registry` nor `servers`.
fn near_miss(map: &Map<String, Value>, source: &str) -> Error {
    let whole = Value::Object(map.clone());
    for key in ["mcpServers", "mcp_servers", "context_servers"] {
        if map.contains_key(key) {
            return client_configuration(source, key);
        }
    }
    if whole.pointer("/mcp/servers").is_some() || (map.contains_key("mcp") && holds_clients(&whole["mcp"])) {
        return client_configuration(source, "mcp");
    }
    if map.contains_key("services") {
        return not_valid(
            source,
            "a Compose file (`services`)",
            Some(
                "rename `services:` to `registry:`, `environment:` to `env:` as a list of `{name, value}`, and remove what Compose alone knows",
            ),
        );
    }
    if is_community(&whole) {
        return community_file(source);
    }
    if looks_like_server(&whole)
        || whole.pointer("/snapshot/server").is_some()
        || whole.pointer("/server/image").is_some()
    {
        return not_valid(
            source,
            "the entry of a single server",
            Some("put it under `registry:` and its name: `registry:`, below it `NAME:`, below that these fields"),
        );
    }
    if map.values().any(looks_like_server) {
        return not_valid(
            source,
            "a map of servers without `registry:`",
            Some("put these lines under `registry:`, two blanks further in"),
        );
    }
    if let Some((key, _)) = map.iter().find(|(_, value)| holds_servers(value)) {
        return not_valid(
            source,
            &received::document(&whole),
            Some(&format!("rename `{}:` to `registry:`", short(key))),
        );
    }
    if holds_clients(&whole) {
        return client_configuration(source, "command");
    }
    if let Some((key, _)) = map.iter().find(|(_, value)| value.get("registry").is_some_and(Value::is_object)) {
        let hint = format!("move `registry:` out of `{}:` to the beginning of a line", short(key));
        return not_valid(source, &received::document(&whole), Some(&hint));
    }
    let hint = map.keys().find_map(|key| {
        let near = fields::nearest_field(key, &["registry"])?;
        Some(format!("rename `{}:` to `{near}:`", short(key)))
    });
    not_valid(source, &received::document(&whole), hint.as_deref())
}

/// A list in place of a map.
pub(super) fn list(items: &[Value], source: &str) -> Error {
    let received = received::document(&Value::Array(items.to_vec()));
    let hint = if items.iter().any(is_community) {
        return community_file(source);
    } else {
        items.iter().any(looks_like_server).then_some(UNDER_REGISTRY)
    };
    not_valid(source, &received, hint)
}

/// The ignored parts of a profile: its values and its selection of tools.
fn profile(map: &Map<String, Value>, source: &str) -> Vec<String> {
    let items = map.get("servers").and_then(Value::as_array).into_iter().flatten();
    let is_profile = map.contains_key("id") || map.get("secrets").is_some_and(Value::is_object);
    let filled = |value: Option<&Value>| match value {
        Some(Value::Object(map)) => !map.is_empty(),
        Some(Value::Array(items)) => !items.is_empty(),
        _ => false,
    };
    let (mut values, mut tools) = (Vec::new(), Vec::new());
    for item in items {
        let name = item.pointer("/snapshot/server/name").or_else(|| item.get("name")).and_then(Value::as_str);
        let name = format!("`{}`", short(name.unwrap_or("a server without a name")));
        if filled(item.get("config")) {
            values.push(name.clone());
        }
        if is_profile && filled(item.get("tools")) {
            tools.push(name);
        }
    }
    let mut warnings = Vec::new();
    if !values.is_empty() {
        warnings.push(format!(
            "{} is a profile: its values (`config`) of {} are not read; give them with `--set` or in the env files",
            ticked(source),
            values.join(", ")
        ));
    }
    if !tools.is_empty() {
        warnings.push(format!(
            "{} is a profile: its selection of `tools` of {} is not read; the gateway offers all tools",
            ticked(source),
            tools.join(", ")
        ));
    }
    warnings
}

/// The unknown keys at the top level.
fn unknown_keys(map: &Map<String, Value>, source: &str) -> Vec<String> {
    let unknown = map.iter().filter(|(key, _)| !fields::TOP.contains(&key.as_str()) && !fields::is_extension(key));
    unknown
        .map(|(key, value)| {
            let what = format!("{} has the top-level key `{}`, which is not read", ticked(source), short(key));
            if holds_servers(value) {
                format!("{what}: put its servers under `registry:`")
            } else if looks_like_server(value) {
                format!("{what}: put it under `registry:`, two blanks further in")
            } else {
                match fields::nearest_field(key, &fields::TOP) {
                    Some(near) => format!("{what}: did you mean `{near}`?"),
                    None => what,
                }
            }
        })
        .collect()
}
