//! Docker's rules for variables and arguments, against what Kubernetes makes of the derived catalog.

use std::collections::BTreeMap;

use serde_json::Value;

use mcpctl::provision::catalog::Catalog;
use mcpctl::provision::render::{Options, Rendered, render};

use super::{all, catalog, rendered, secret, values};

/// What the kubelet gives a container: `envFrom` the ConfigMap, then `env` in order, with `$(NAME)` of what is defined
/// before; and its arguments. Written after Kubernetes' description, not after the code under test.
pub(crate) fn container(result: &Rendered, server: &str) -> (BTreeMap<String, String>, Vec<String>) {
    let entry = &result.catalog["registry"][server];
    let mut env = result.config_map.clone();
    env.retain(|name, _| !name.contains('.'));
    let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    for item in entry["env"].as_array().into_iter().flatten() {
        let value = kubernetes(&text(item, "value"), &env);
        env.insert(text(item, "name"), value);
    }
    for item in entry["secrets"].as_array().into_iter().flatten() {
        env.insert(text(item, "env"), secret(result, &text(item, "name")).expect("the key").to_owned());
    }
    let args = entry["command"].as_array().into_iter().flatten();
    (env.clone(), args.map(|item| kubernetes(item.as_str().unwrap(), &env)).collect())
}

/// `$(NAME)` and `$$` as Kubernetes reads them.
fn kubernetes(text: &str, env: &BTreeMap<String, String>) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        result.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        if let Some(next) = after.strip_prefix('$') {
            result.push('$');
            rest = next;
        } else if let Some((name, next)) = after.strip_prefix('(').and_then(|inner| inner.split_once(')')) {
            match env.get(name) {
                Some(value) => result.push_str(value),
                None => result.push_str(&format!("$({name})")),
            }
            rest = next;
        } else {
            result.push('$');
            rest = after;
        }
    }
    result + rest
}

const SECRETS: &str = "secrets: [{name: s.key, env: KEY}, {name: s.pw, env: PW}]";

#[test]
fn arguments_arrive_as_docker_gives_them() {
    let env = "env: [{name: HOST, value: db}, {name: URL, value: '{{s.url}}'}, {name: DSN, value: 'pg://$PW@$HOST'}, {name: NONE, value: ''}]";
    for (argument, expected) in [
        ("$KEY", "canary-key"),
        ("${KEY}", "canary-key"),
        ("--auth=${KEY}", "--auth=canary-key"),
        ("a$KEY-b", "acanary-key-b"),
        ("$KEY$PW", "canary-keycanary-pw"),
        ("$KEYS", "$KEYS"),
        ("5$", "5$"),
        ("$$", "$$"),
        ("$$$", "$$$"),
        ("$(KEY)", "$(KEY)"),
        ("$$(KEY)", "$$(KEY)"),
        ("echo $(date) $1 $? $HOME", "echo $(date) $1 $? $HOME"),
        ("$HOST:5432", "db:5432"),
        ("${URL}/x", "http://u/x"),
        ("$DSN", "pg://canary-pw@db"),
        ("x$NONE.", "x."),
        ("{{s.url}} $KEY", "http://u canary-key"),
        ("{{s.key}}$PW", "canary-keycanary-pw"),
        ("${KEY", "${KEY"),
        ("${KEY:-x}", "${KEY:-x}"),
        ("", ""),
        ("\"$KEY\" '$HOST'", "\"canary-key\" 'db'"),
    ] {
        let yaml = format!("registry:\n  s:\n    image: i\n    {SECRETS}\n    {env}\n    command: [{argument:?}]\n");
        let result = rendered(&yaml, &[("s.url", "http://u")], &[("s.key", "canary-key"), ("s.pw", "canary-pw")]);
        assert_eq!(result.refused, BTreeMap::new(), "{argument}");
        assert_eq!(container(&result, "s").1, [expected], "{argument}");
        assert!(!result.catalog.to_string().contains("canary-"), "{argument}");
        assert!(!result.config_map.values().any(|value| value.contains("canary-")), "{argument}");
    }
}

#[test]
fn variables_arrive_as_docker_gives_them() {
    for (value, expected) in [
        ("Bearer $KEY", "Bearer canary-key"),
        ("{\"Authorization\": \"Bearer ${KEY}\"}", "{\"Authorization\": \"Bearer canary-key\"}"),
        ("tcp://$HOST:5432", "tcp://db:5432"),
        ("$URL/api", "http://u/api"),
        ("$HOST$HOST", "dbdb"),
        ("$BOTH", "canary-key@db"),
        ("$HOME", "$HOME"),
        ("5$", "5$"),
        ("a$$b", "a$$b"),
        ("$(HOST)", "$(HOST)"),
        ("$$(HOST)", "$$(HOST)"),
        ("[$LATER]", "[]"),
        ("[$NONE]", "[]"),
        ("{{s.url}}?$KEY", "http://u?$KEY"),
        ("${KEY:-x}", "${KEY:-x}"),
    ] {
        let yaml = format!(
            "registry:\n  s:\n    image: i\n    {SECRETS}\n    env:\n    - {{name: HOST, value: db}}\n    - {{name: URL, value: '{{{{s.url}}}}'}}\n    - {{name: NONE, value: ''}}\n    - {{name: BOTH, value: '$KEY@$HOST'}}\n    - {{name: OUT, value: {value:?}}}\n    - {{name: LATER, value: x}}\n"
        );
        let result = rendered(&yaml, &[("s.url", "http://u")], &[("s.key", "canary-key"), ("s.pw", "canary-pw")]);
        assert_eq!(result.refused, BTreeMap::new(), "{value}");
        let (env, _) = container(&result, "s");
        assert_eq!(env.get("OUT").map(String::as_str), Some(expected), "{value}");
        assert!(!env.contains_key("NONE"), "Docker sets no empty variable");
        assert!(!result.catalog.to_string().contains("canary-"), "{value}");
    }
}

#[test]
fn a_derived_catalog_is_rendered_once() {
    let yaml = "registry:\n  s: {image: i, secrets: [{name: s.key, env: KEY}], env: [{name: A, value: '$(X) $$(Y)'}], command: ['$(id)', '$KEY', 'a$$b']}\n";
    let first = rendered(yaml, &[], &[("s.key", "canary-key")]);
    let text = first.catalog_yaml().unwrap();
    let back = Catalog::parse(text.as_bytes(), "b-catalog.yaml").unwrap();
    let second = render(&all(&back), &values(&[], &[("s.key", "canary-key")]), &Options::default());
    assert_eq!(second.catalog, first.catalog);
    assert_eq!(container(&first, "s").1, ["$(id)", "canary-key", "a$$b"]);
}

#[test]
fn a_variable_comes_before_a_secret_of_its_name() {
    let yaml = "registry:\n  s: {image: i, secrets: [{name: s.key, env: MODE}], env: [{name: MODE, value: fixed}]}\n";
    let result = rendered(yaml, &[], &[("s.key", "canary-key")]);
    assert_eq!(container(&result, "s").0["MODE"], "fixed");
}

#[test]
fn the_names_file_has_no_secret_of_a_remote_server() {
    let remote = |name: &str, secret: &str| {
        format!(
            "  {name}: {{type: remote, remote: {{url: 'https://e.example', headers: {{A: '${{K}}'}}}}, secrets: [{{name: {secret}, env: K}}]}}\n"
        )
    };
    let pod = |name: &str, secret: &str| format!("  {name}: {{image: i, secrets: [{{name: {secret}, env: K}}]}}\n");
    for (what, entries, names, warns) in [
        ("remote alone", remote("r", "r.key"), vec![], false),
        ("beside a pod", remote("r", "r.key") + pod("p", "p.key").as_str(), vec!["p.key"], false),
        ("two remote servers of one secret", remote("q", "r.key") + remote("r", "r.key").as_str(), vec![], false),
        ("shared with a pod", remote("r", "k") + pod("p", "k").as_str(), vec![], true),
        ("shared with a pod that is read first", pod("a", "k") + remote("r", "k").as_str(), vec![], true),
        (
            "shared with one of two pods",
            pod("a", "k") + pod("b", "b.key").as_str() + remote("r", "k").as_str(),
            vec!["b.key"],
            true,
        ),
        ("a name that is not a key", remote("r", "'r key/1'") + pod("p", "'p key'").as_str(), vec!["p___key"], false),
        (
            "an entry without a type",
            pod("p", "p.key") + "  r: {remote: {url: 'https://e.example'}, secrets: [{name: r.key, env: K}]}\n",
            vec!["p.key"],
            false,
        ),
    ] {
        let yaml = format!("registry:\n{entries}");
        let keys = ["r.key", "p.key", "k", "b.key", "r___key___1", "p___key"].map(|key| (key, "canary-key"));
        let result = rendered(&yaml, &[], &keys);
        assert_eq!(result.secret_names, names, "{what}");
        assert_eq!(result.warnings.iter().any(|line| line.contains("Docker's secret store")), warns, "{what}");
        for (name, notes) in &result.notes {
            let is_pod = catalog(&yaml).server(name).unwrap().url.is_empty();
            assert_ne!(notes.iter().any(|note| note.contains("`docker mcp secret set`")), is_pod, "{what}: {notes:?}");
        }
    }
}
