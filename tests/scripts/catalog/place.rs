//! Where values go: one test for each rule of the domain.

use serde_json::json;

use mcpctl::provision::render::{Missing, Options, render};

use super::{all, catalog, rendered, secret, values, visible};

const GRAFANA: &str = "registry:
  grafana:
    image: mcp/grafana
    novel: [1, two]
    secrets: [{name: grafana.api_key, env: GRAFANA_API_KEY}]
    env: [{name: GRAFANA_URL, value: '{{grafana.url}}'}, {name: MODE, value: fixed}]
    config: [{name: grafana, properties: {url: {type: string}}}]
";

#[test]
fn config_is_stored_under_its_template_name_and_its_env_name() {
    let result = rendered(GRAFANA, &[("grafana.url", "http://g:3000")], &[("grafana.api_key", "canary-key")]);
    assert_eq!(
        result.config_map.into_iter().collect::<Vec<_>>(),
        [("GRAFANA_URL".into(), "http://g:3000".into()), ("grafana.url".into(), "http://g:3000".into())]
    );
    let entry = &result.catalog["registry"]["grafana"];
    assert_eq!(entry["env"], json!([{"name": "MODE", "value": "fixed"}]));
    assert_eq!(entry["novel"], json!([1, "two"]));
    assert_eq!(entry["secrets"], json!([{"name": "grafana.api_key", "env": "GRAFANA_API_KEY"}]));
    assert_eq!(result.secret_names, ["grafana.api_key"]);
    assert_eq!(result.secret["grafana.api_key"].expose(), "canary-key");
}

#[test]
fn without_its_value_an_env_entry_is_not_rendered() {
    let yaml = "registry:
  s:
    image: i
    secrets: [{name: s.key, env: KEY}, {name: s.extra, env: EXTRA, required: false}]
    env: [{name: URL, value: '{{s.scheme}}://{{s.host}}'}, {name: LEVEL, value: '{{s.level|or:info}}'}]
    config: [{name: s, required: [host], properties: {host: {type: string}, scheme: {type: string}}}]
";
    let result = rendered(yaml, &[("s.scheme", "http")], &[]);
    assert_eq!(result.config_map.keys().collect::<Vec<_>>(), ["LEVEL", "s.scheme"]);
    assert_eq!(result.config_map["LEVEL"], "info");
    let missing = |key: &str, secret| Missing { server: "s".into(), key: key.into(), secret };
    assert_eq!(result.missing, [missing("s.host", false), missing("s.key", true)]);
    assert_eq!(result.left_out[0].env, "URL");
    assert_eq!(result.left_out[0].keys, ["s.host"]);
    let entry = &result.catalog["registry"]["s"];
    assert_eq!(entry.get("env"), None);
    assert_eq!(entry["secrets"], json!([{"name": "s.key", "env": "KEY"}]), "an optional secret without a value goes");
}

#[test]
fn an_env_text_that_names_a_secret_goes_into_the_secret() {
    let yaml = "registry:
  db:
    image: i
    secrets: [{name: db.password, env: DB_PASSWORD}]
    env: [{name: DATABASE_URL, value: 'postgres://u:{{db.password}}@{{db.host}}'}]
";
    let result = rendered(yaml, &[("db.host", "h")], &[("db.password", "canary-pw")]);
    assert_eq!(secret(&result, "db.DATABASE_URL"), Some("postgres://u:canary-pw@h"));
    assert_eq!(secret(&result, "db.password"), Some("canary-pw"));
    assert_eq!(result.config_map.keys().collect::<Vec<_>>(), ["db.host"]);
    assert_eq!(
        result.catalog["registry"]["db"]["secrets"],
        json!([{"name": "db.password", "env": "DB_PASSWORD"}, {"name": "db.DATABASE_URL", "env": "DATABASE_URL"}])
    );
    assert_eq!(result.secret_names, ["db.DATABASE_URL", "db.password"]);
    assert!(!visible(&result).contains("canary-pw"));
}

#[test]
fn what_only_the_cluster_knows_is_not_missing() {
    let yaml = "registry:
  db:
    image: i
    secrets: [{name: db.password, env: DB_PASSWORD}]
    env: [{name: DATABASE_URL, value: 'pg://{{db.password}}'}]
    command: ['--password={{db.password}}']
";
    let servers = all(&catalog(yaml));
    let live = |keys: &[&str]| Options {
        live_secret_keys: keys.iter().map(|k| (*k).to_owned()).collect(),
        ..Options::default()
    };
    let result = render(&servers, &values(&[], &[]), &live(&["db.password", "db.DATABASE_URL"]));
    assert!(result.missing.is_empty() && result.left_out.is_empty());
    assert_eq!(result.secret_names, ["db.DATABASE_URL", "db.password"]);
    assert_eq!(result.catalog["registry"]["db"]["command"], json!(["--password=$(DB_PASSWORD)"]));
    let result = render(&servers, &values(&[], &[]), &live(&["db.password"]));
    assert_eq!(result.left_out[0].keys, ["db.password"]);
}

#[test]
fn a_secret_in_an_argument_is_a_reference_and_other_references_are_escaped() {
    let yaml = "registry:
  s:
    image: i
    secrets: [{name: s.key, env: KEY}]
    command: ['--key={{s.key}}', '{{s.key}}', '{{s.name}} $(KEY) $5', '$(STATIC)', '{{s.paths|into}}']
    volumes: ['{{s.key|mount_as:/k}}', '{{s.dir}}:/x', '{{s.none}}:/y', '{{s.key}}:/z']
    user: '{{s.uid}}'
    config: [{name: s, properties: {paths: {type: array}}}]
";
    let config = [("s.name", "$(id)"), ("s.paths", "/a,/b"), ("s.dir", "/d"), ("s.uid", "1000")];
    let result = rendered(yaml, &config, &[("s.key", "canary-key")]);
    let entry = &result.catalog["registry"]["s"];
    assert_eq!(entry["command"], json!(["--key=$(KEY)", "$(KEY)", "$$(id) $$(KEY) $5", "$$(STATIC)", "/a", "/b"]));
    assert_eq!(entry["volumes"], json!(["$(KEY):/k", "/d:/x", "$(KEY):/z"]));
    assert_eq!(entry["user"], "1000");
    assert!(!visible(&result).contains("canary-key"));
}

#[test]
fn a_secret_that_no_reference_can_stand_for_refuses_its_server_alone() {
    let yaml = "registry:
  bad:
    image: i
    secrets: [{name: bad.path, env: P}]
    volumes: ['{{bad.path|volume}}']
  good: {image: i, env: [{name: A, value: '{{good.a}}'}]}
";
    let result = rendered(yaml, &[("good.a", "1")], &[("bad.path", "/canary-path")]);
    assert_eq!(result.refused["bad"], ["the secret `bad.path` in its volumes goes through the filter `volume`"]);
    assert_eq!(result.config_map["A"], "1");
    assert_eq!(result.catalog["registry"].as_object().unwrap().keys().collect::<Vec<_>>(), ["good"]);
    assert!(!result.secret.contains_key("bad.path"));
    let error = result.refusal().unwrap();
    assert_eq!(error.message, "`bad` cannot be provisioned");
    assert_eq!(error.exit_code(), 1);
}

#[test]
fn servers_that_differ_on_a_variable_each_get_a_literal() {
    let yaml = "registry:
  a: {image: i, env: [{name: AWS_REGION, value: '{{a.region}}'}, {name: SAME, value: '{{a.same}}'}]}
  b: {image: i, env: [{name: AWS_REGION, value: '{{b.region}}'}, {name: SAME, value: '{{b.same}}'}]}
  c: {image: i, env: [{name: OPTIONAL, value: '{{c.x}}'}]}
  d: {image: i, env: [{name: OPTIONAL, value: '{{d.x}}'}, {name: fixed.by, value: x}]}
";
    let config = [("a.region", "eu"), ("b.region", "us$(x)"), ("a.same", "1"), ("b.same", "1"), ("d.x", "only d")];
    let result = rendered(yaml, &config, &[]);
    let registry = &result.catalog["registry"];
    assert_eq!(registry["a"]["env"], json!([{"name": "AWS_REGION", "value": "eu"}]));
    assert_eq!(registry["b"]["env"], json!([{"name": "AWS_REGION", "value": "us$$(x)"}]));
    assert_eq!(registry["c"].get("env"), None);
    assert_eq!(
        registry["d"]["env"],
        json!([{"name": "OPTIONAL", "value": "only d"}, {"name": "fixed.by", "value": "x"}])
    );
    assert_eq!(result.config_map["SAME"], "1");
    for name in ["AWS_REGION", "OPTIONAL"] {
        assert!(!result.config_map.contains_key(name), "{name}");
    }
    assert_eq!(result.config_map["a.region"], "eu");
}

#[test]
fn a_config_value_that_looks_like_a_credential_goes_into_the_secret() {
    let yaml = "registry:
  kite:
    image: i
    env: [{name: KITE_ACCESS_TOKEN, value: '{{kite.kite_access_token}}'}]
    command: ['--token={{kite.kite_access_token}}', '--key={{kite.api_key}}']
";
    let config =
        [("kite.kite_access_token", "canary-token"), ("kite.api_key", "canary-api"), ("x.password", "canary-x")];
    let result = rendered(yaml, &config, &[]);
    assert_eq!(secret(&result, "kite.KITE_ACCESS_TOKEN"), Some("canary-token"));
    assert_eq!(secret(&result, "kite.KITE_API_KEY"), Some("canary-api"));
    assert!(result.config_map.is_empty());
    let entry = &result.catalog["registry"]["kite"];
    assert_eq!(entry["command"], json!(["--token=$(KITE_ACCESS_TOKEN)", "--key=$(KITE_API_KEY)"]));
    assert_eq!(entry["secrets"].as_array().unwrap().len(), 2);
    assert_eq!(result.warnings.len(), 3, "each is named");
    assert!(!visible(&result).contains("canary-"));
}

#[test]
fn keys_only_gives_the_files_keys_alone() {
    let servers = all(&catalog(GRAFANA));
    let options = Options { keys_only: true, ..Options::default() };
    let given =
        values(&[("grafana.url", "u"), ("own.x", "y"), ("own.token", "canary-t")], &[("grafana.api_key", "canary-k")]);
    let result = render(&servers, &given, &options);
    assert_eq!(result.config_map.keys().collect::<Vec<_>>(), ["grafana.url", "own.x"]);
    assert_eq!(result.secret.keys().collect::<Vec<_>>(), ["grafana.api_key", "own.token"]);
    assert!(result.catalog.is_null());
}

#[test]
fn what_kubernetes_ignores_is_noted() {
    let yaml = "registry:
  s: {image: i, allowHosts: ['e.example:443'], disableNetwork: true, volumes: ['/a:/b'], user: '0'}
  far: {type: remote, remote: {url: 'https://e.example'}, secrets: [{name: far.key, env: K}]}
";
    let result = rendered(yaml, &[], &[]);
    assert_eq!(result.notes["s"].len(), 4);
    assert_eq!(result.notes["s"][0], "allowHosts is ignored on Kubernetes: e.example:443");
    assert_eq!(result.notes["far"].len(), 2);
}
