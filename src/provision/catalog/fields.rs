//! The known fields of a catalog, and the unknown names in an entry.
//!
//! Source: `pkg/catalog/types.go`, `pkg/catalog_next/catalog.go` and `pkg/workingset/workingset.go` of
//! `docker/mcp-gateway`, and the descriptive fields of Docker's published catalogs.

use serde_json::{Map, Value};

use super::received::short;
use crate::nearest;

/// The keys at the top of a catalog: of the shape with `registry`, of the shape with `servers`, and of profiles.
pub(super) const TOP: [&str; 16] = [
    "$schema",
    "catalog_ref",
    "description",
    "digest",
    "displayName",
    "id",
    "name",
    "policy",
    "ref",
    "registry",
    "secrets",
    "servers",
    "source",
    "title",
    "version",
    "x-mcpctl",
];

/// The fields of a server.
pub(super) const SERVER: [&str; 38] = [
    "about",
    "allowHosts",
    "category",
    "command",
    "config",
    "dateAdded",
    "description",
    "disableNetwork",
    "dynamic",
    "env",
    "extraHosts",
    "homepage",
    "icon",
    "image",
    "license",
    "longLived",
    "meta",
    "metadata",
    "name",
    "oauth",
    "owner",
    "policy",
    "prefix",
    "prompts",
    "readme",
    "ref",
    "remote",
    "resources",
    "secrets",
    "source",
    "sseEndpoint",
    "title",
    "tools",
    "toolsUrl",
    "type",
    "upstream",
    "user",
    "volumes",
];

const SECRET: [&str; 5] = ["description", "env", "example", "name", "required"];
const ENV: [&str; 5] = ["description", "example", "name", "required", "value"];
const REMOTE: [&str; 3] = ["headers", "transport_type", "url"];
/// A `config` entry is a JSON schema with a name.
const CONFIG: [&str; 20] = [
    "$schema",
    "additionalProperties",
    "allOf",
    "anyOf",
    "default",
    "dependentRequired",
    "description",
    "else",
    "example",
    "examples",
    "if",
    "name",
    "not",
    "oneOf",
    "patternProperties",
    "properties",
    "required",
    "then",
    "title",
    "type",
];

/// Names of fields in other tools that users write by mistake.
const OTHER_NAMES: [(&str, &str); 22] = [
    ("args", "command"),
    ("arguments", "command"),
    ("cmd", "command"),
    ("entrypoint", "command"),
    ("environment", "env"),
    ("envs", "env"),
    ("envvars", "env"),
    ("variables", "env"),
    ("credentials", "secrets"),
    ("endpoint", "remote"),
    ("headers", "remote"),
    ("url", "remote"),
    ("uri", "remote"),
    ("mounts", "volumes"),
    ("binds", "volumes"),
    ("addhosts", "extraHosts"),
    ("hosts", "allowHosts"),
    ("parameters", "config"),
    ("settings", "config"),
    ("container", "image"),
    ("dockerimage", "image"),
    ("runasuser", "user"),
];

/// A name in its normal form for comparison: without case, `-` and `_`.
pub(in super::super) fn canonical(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}

/// The known field that is closest to an unknown one, if one is near.
pub(super) fn nearest_field<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let wanted = canonical(name);
    let same = known.iter().find(|field| canonical(field) == wanted).copied();
    let other = || {
        let meant = OTHER_NAMES.iter().find(|(other, _)| *other == wanted)?.1;
        known.iter().find(|field| **field == meant).copied()
    };
    same.or_else(other).or_else(|| nearest::nearest(name, known.iter().copied()))
}

/// The name in a list that equals a field except for its spelling.
pub(super) fn nearest_of<'a>(names: impl Iterator<Item = &'a str>, field: &str) -> Option<&'a str> {
    let mut names = names.filter(|name| *name != field && !SERVER.contains(name));
    names.find(|name| nearest_field(name, &[field]) == Some(field))
}

/// The unknown fields of an entry, each with the nearest known one: `` `args` (did you mean `command`?) ``.
pub(in super::super) fn unknown(entry: &Map<String, Value>) -> Vec<String> {
    let mut found = Vec::new();
    look(entry, &SERVER, "", &mut found);
    for (list, known) in [("secrets", &SECRET[..]), ("env", &ENV), ("config", &CONFIG)] {
        for item in entry.get(list).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object) {
            look(item, known, &format!("{list}[]."), &mut found);
        }
    }
    if let Some(remote) = entry.get("remote").and_then(Value::as_object) {
        look(remote, &REMOTE, "remote.", &mut found);
    }
    found
}

fn look(map: &Map<String, Value>, known: &[&str], path: &str, found: &mut Vec<String>) {
    for name in map.keys().filter(|name| !known.contains(&name.as_str()) && !is_extension(name)) {
        let near = nearest_field(name, known).map(|near| format!(" (did you mean `{near}`?)"));
        let text = format!("`{path}{}`{}", short(name), near.unwrap_or_default());
        if !found.contains(&text) {
            found.push(text);
        }
    }
}

/// Whether a name is reserved for users: `x-…`, and `_…` and `.…` for anchors.
pub(super) fn is_extension(name: &str) -> bool {
    name.starts_with("x-") || name.starts_with('_') || name.starts_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(yaml: &str) -> Vec<String> {
        unknown(&serde_saphyr::from_str::<Map<String, Value>>(yaml).unwrap())
    }

    #[test]
    fn unknown_fields_are_named_with_the_nearest_known_one() {
        for (yaml, found) in [
            ("{image: i, args: [a]}", "`args` (did you mean `command`?)"),
            ("{image: i, commands: [a]}", "`commands` (did you mean `command`?)"),
            ("{image: i, Env: []}", "`Env` (did you mean `env`?)"),
            ("{image: i, environment: []}", "`environment` (did you mean `env`?)"),
            ("{image: i, long_lived: true}", "`long_lived` (did you mean `longLived`?)"),
            ("{image: i, allow-hosts: []}", "`allow-hosts` (did you mean `allowHosts`?)"),
            ("{image: i, secret: []}", "`secret` (did you mean `secrets`?)"),
            ("{image: i, url: u}", "`url` (did you mean `remote`?)"),
            ("{image: i, ports: []}", "`ports`"),
            ("{image: i, memory: 1g}", "`memory`"),
            ("{image: i, restart: always}", "`restart`"),
            ("{image: i, secrets: [{name: a, Env: A}]}", "`secrets[].Env` (did you mean `env`?)"),
            ("{image: i, env: [{name: A, val: b}]}", "`env[].val` (did you mean `value`?)"),
            ("{image: i, config: [{name: s, propertys: {}}]}", "`config[].propertys` (did you mean `properties`?)"),
            ("{type: remote, remote: {url: u, header: {}}}", "`remote.header` (did you mean `headers`?)"),
        ] {
            assert_eq!(fields(yaml), [found], "{yaml}");
        }
    }

    #[test]
    fn known_fields_and_extensions_are_not_reported_and_a_repeated_one_is_reported_once() {
        assert_eq!(fields("{image: i, x-team: a, _base: b, dynamic: {}, toolsUrl: u, metadata: {x: y}}"), [""; 0]);
        assert_eq!(fields("{image: i, env: [{name: A, v: 1}, {name: B, v: 2}]}").len(), 1);
        assert!(SERVER.iter().chain(&CONFIG).all(|field| !field.is_empty()));
    }
}
