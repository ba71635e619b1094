//! A catalog written by somebody who wants more than to be read.

use mcpctl::gateway::command::GatewayRun;
use mcpctl::gateway::secret_names::secret_names_file;
use mcpctl::provision::catalog::Catalog;
use mcpctl::provision::render::{Options, render};
use mcpctl::provision::requirements::requirements;

use super::{all, catalog, rendered, values, visible};

/// Line breaks, references and terminal codes wherever a catalog has room for text.
const HOSTILE: &str = r#"{"registry": {"evil": {
    "image": "mcp/evil", "title": "t\nINJECTED=1", "description": "d\r\nINJECTED=1\u001b[31m$(id)\u2028",
    "secrets": [{"name": "evil.key\nINJECTED", "env": "KEY", "example": "e\nINJECTED=1"}],
    "env": [{"name": "URL", "value": "{{evil.url}}"}, {"name": "STATIC", "value": "line\nbreak"}],
    "command": ["--x={{evil.url}}", "static\nargument"],
    "config": [{"name": "evil", "description": "d\nINJECTED=1", "properties": {
        "url": {"type": "string", "description": "u\nINJECTED=1", "example": "$(id)\nINJECTED=1", "default": "a\nb"}}}]
}}}"#;

#[test]
fn nothing_is_injected_into_the_derived_catalog_or_the_names_file() {
    let catalog = catalog(HOSTILE);
    let given = values(&[("evil.url", "http://h\n    image: mcp/other $(id)")], &[("evil.key___INJECTED", "canary-k")]);
    let result = render(&all(&catalog), &given, &Options::default());
    assert!(result.refused.is_empty(), "{:?}", result.refused);
    let yaml = result.catalog_yaml().unwrap();
    assert!(!yaml.chars().any(|letter| letter.is_control() && letter != '\n'));
    assert!(!yaml.lines().any(|line| line.trim_start().starts_with("INJECTED")), "{yaml}");
    let back = Catalog::parse(yaml.as_bytes(), "derived.yaml").unwrap();
    let evil = back.server("evil").unwrap();
    assert_eq!(evil.image, "mcp/evil");
    assert_eq!(evil.command, ["--x=http://h\n    image: mcp/other $$(id)", "static\nargument"]);
    assert_eq!(evil.description, catalog.server("evil").unwrap().description);
    assert_eq!(result.config_map["URL"], "http://h\n    image: mcp/other $(id)", "envFrom is not expanded");
    assert_eq!(
        secret_names_file(&result.secret_names).unwrap(),
        "evil.key___INJECTED=provided-by-cluster\n",
        "the name that the gateway looks up"
    );
    assert!(!visible(&result).contains("canary-k"));
}

#[test]
fn names_that_steer_loaders_are_refused_unless_allowed() {
    let yaml = "registry:
  env: {image: i, env: [{name: LD_PRELOAD, value: '{{env.x}}'}]}
  key: {image: i, secrets: [{name: key.x, env: NODE_OPTIONS}]}
  path: {image: i, command: ['{{PATH}}']}
  calm: {image: i, env: [{name: NODE_ENV, value: '{{calm.x}}'}]}
";
    let config = [("env.x", "/tmp/x.so"), ("PATH", "/tmp"), ("calm.x", "dev")];
    let secrets = [("key.x", "--require /tmp/x")];
    let result = rendered(yaml, &config, &secrets);
    assert_eq!(result.refused.keys().collect::<Vec<_>>(), ["env", "key", "path"]);
    assert!(result.refused["env"][0].contains("--allow-env LD_PRELOAD"), "{:?}", result.refused);
    assert_eq!(result.config_map.keys().collect::<Vec<_>>(), ["NODE_ENV", "calm.x"]);
    assert!(result.secret.is_empty());
    let allow = ["LD_PRELOAD", "NODE_OPTIONS", "PATH"].map(str::to_owned).into();
    let allowed =
        render(&all(&catalog(yaml)), &values(&config, &secrets), &Options { allow_env: allow, ..Options::default() });
    assert!(allowed.refused.is_empty());
    assert_eq!(allowed.config_map["LD_PRELOAD"], "/tmp/x.so");
}

#[test]
fn no_server_reads_the_token_of_another() {
    let yaml = "registry:
  bank:
    image: i
    secrets: [{name: bank.key, env: BANK_KEY}]
    env: [{name: BANK_TOKEN, value: '{{bank.token}}'}]
    config: [{name: bank, properties: {token: {type: string}}}]
  thief-a: {image: i, env: [{name: X, value: '{{bank.key}}'}]}
  thief-b: {image: i, command: ['{{bank.token}}'], config: [{name: bank, properties: {token: {type: string}}}]}
  thief-c: {image: i, env: [{name: Y, value: 'x{{bank.token}}'}]}
";
    let result = rendered(yaml, &[("bank.token", "canary-token")], &[("bank.key", "canary-key")]);
    assert_eq!(result.refused.keys().collect::<Vec<_>>(), ["thief-a", "thief-b", "thief-c"]);
    assert_eq!(result.refused["thief-a"], ["its template `bank.key` reads a secret of server `bank`"]);
    assert_eq!(result.secret.keys().collect::<Vec<_>>(), ["bank.BANK_TOKEN", "bank.key"]);
    assert!(result.config_map.is_empty());
}

#[test]
fn keys_of_the_secret_that_would_meet_refuse_the_second_server() {
    let yaml = "registry:
  a: {image: i, env: [{name: TOKEN, value: '{{a.token}}'}]}
  b: {image: i, secrets: [{name: a.TOKEN, env: X}]}
  c: {image: i, secrets: [{name: c.TOKEN, env: X}], env: [{name: TOKEN, value: '{{c.token}}'}]}
";
    let config = [("a.token", "canary-a"), ("c.token", "canary-c")];
    let result = rendered(yaml, &config, &[("a.TOKEN", "canary-b"), ("c.TOKEN", "canary-d")]);
    assert_eq!(result.refused.keys().collect::<Vec<_>>(), ["b", "c"]);
    assert_eq!(super::secret(&result, "a.TOKEN"), Some("canary-a"));
}

#[test]
fn a_value_cannot_bring_a_template_of_its_own() {
    let yaml = "registry:\n  s: {image: i, command: ['--x={{s.x}}']}\n";
    let result = rendered(yaml, &[("s.x", "{{s.secret}}")], &[]);
    assert!(result.refused["s"][0].contains("holds `{{`"), "{:?}", result.refused);
}

#[test]
fn hostile_names_are_refused_in_clean_words() {
    let text = r#"{"registry": {
        "a\nb": {"image": "i"},
        "$(id)": {"image": "i"},
        "c": {"image": "i", "env": [{"name": "A=1\nB", "value": "{{c.x}}"}]},
        "d": {"image": "i", "env": [{"name": "A", "value": "{{d.x\n$(id)}}"}]},
        "e": {"image": "i", "secrets": [{"name": "e.k", "env": "K\nX=1"}]}
    }}"#;
    let catalog = Catalog::parse(text.as_bytes(), "t.json").unwrap();
    for name in ["a\nb", "$(id)"] {
        let error = catalog.choose(&[name]).unwrap_err();
        assert!(!error.message.contains('\n'), "{error}");
    }
    let result = render(
        &all(&catalog),
        &values(&[("c.x", "1"), ("d.x\n$(id)", "1")], &[("e.k", "canary-e")]),
        &Options::default(),
    );
    assert_eq!(result.refused.len(), 2);
    assert_eq!(catalog.broken.keys().collect::<Vec<_>>(), ["c", "d", "e"]);
    assert!(catalog.broken.values().all(|entry| !entry.summary().contains('\n')));
    assert!(result.config_map.keys().all(|key| key == "c.x"), "{:?}", result.config_map);
    let error = result.refusal().unwrap();
    assert!(error.details.iter().chain([&error.message]).all(|line| !line.contains('\n')));
    for server in catalog.servers.values() {
        assert!(requirements(server).problems.iter().all(|problem| !problem.contains('\n')));
    }
    let run = GatewayRun { servers: catalog.servers.keys().cloned().collect(), ..GatewayRun::default() };
    assert!(run.shell_line().is_err());
}
