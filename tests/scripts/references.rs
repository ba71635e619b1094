//! References in env files, with the built program: what resolves them, and that they are never stored as they stand.

use crate::support::program::{Mcpctl, Ran};

const SERVERS: &str = "# mcpctl servers: grafana\n";

/// A run in a folder with a base `prod` for grafana, whose key is this.
fn grafana(line: &str, value: &str) -> Mcpctl {
    Mcpctl::new(&format!("{line} --sandbox=world.json"))
        .file("prod-config.env", &format!("{SERVERS}grafana.url=http://g:3000\n"))
        .file("prod-secret.env", &format!("{SERVERS}grafana.api_key={value}\n"))
}

/// The value of a key of the sandbox's Secret.
#[track_caller]
fn stored(ran: Ran, key: &str) -> (Ran, String) {
    let text = ran.read("world.json").unwrap();
    let world: serde_json::Value = serde_json::from_str(&text).unwrap();
    let found = find(&world, key).unwrap_or_default();
    (ran, found)
}

/// The first text under a key, decoded, anywhere in a document.
fn find(value: &serde_json::Value, key: &str) -> Option<String> {
    use base64::Engine as _;
    match value {
        serde_json::Value::Object(map) => {
            if let Some(text) = map.get("data").and_then(|data| data.get(key)).and_then(|text| text.as_str()) {
                let bytes = base64::engine::general_purpose::STANDARD.decode(text).ok()?;
                return String::from_utf8(bytes).ok();
            }
            map.values().find_map(|inner| find(inner, key))
        }
        serde_json::Value::Array(list) => list.iter().find_map(|inner| find(inner, key)),
        _ => None,
    }
}

#[test]
fn a_variable_stands_behind_env() {
    let ran = grafana("provision grafana --base prod", "ref:env:TEAM_KEY").env("TEAM_KEY", "canary-from-env").run();
    let ran = ran.code(0);
    assert!(!format!("{}{}", ran.stdout, ran.stderr).contains("canary-from-env"));
    let file = ran.read("prod-secret.env").unwrap();
    assert!(file.contains("grafana.api_key=ref:env:TEAM_KEY\n"), "the file keeps the reference:\n{file}");
    let (_, value) = stored(ran, "grafana.api_key");
    assert_eq!(value, "canary-from-env");
}

#[test]
fn a_file_is_found_from_the_folder_of_the_env_file() {
    let ran = Mcpctl::new("populate-secret team/a-secret.env keys --sandbox=world.json")
        .file("team/a-secret.env", "token=ref:file:keys/token.txt\n")
        .file("team/keys/token.txt", "canary-from-file\n")
        .run()
        .code(0);
    assert_eq!(stored(ran, "token").1, "canary-from-file");
}

#[test]
fn a_team_registers_a_scheme_for_the_shipped_scripts() {
    let resolver = r#"
        import "shelf" as shelf;
        fn prefixed(path) { "canary-" + path }
        secrets::resolver("vault", |path| prefixed(shelf::place(path)));
    "#;
    let ran = grafana("provision grafana --base prod", "ref:vault:kv/grafana#key")
        .file("team/resolvers.rhai", resolver)
        .file("team/shelf.rhai", "fn place(path) { \"shelf:\" + path }")
        .env("MCPCTL_PATH", "team")
        .run()
        .code(0);
    assert_eq!(stored(ran, "grafana.api_key").1, "canary-shelf:kv/grafana#key");
}

#[test]
fn a_file_in_the_configuration_is_found_and_one_in_the_current_folder_is_not() {
    let resolver = "secrets::resolver(\"vault\", |path| \"canary-\" + path);";
    let line = "populate-secret a-secret.env keys --sandbox=world.json";
    let ran = Mcpctl::new(line)
        .file("a-secret.env", "token=ref:vault:x\n")
        .file("home/.config/mcpctl/scripts/resolvers.rhai", resolver)
        .run()
        .code(0);
    assert_eq!(stored(ran, "token").1, "canary-x");
    let ran = Mcpctl::new(line)
        .file("a-secret.env", "token=ref:vault:x\n")
        .file("resolvers.rhai", resolver)
        .file("scripts/resolvers.rhai", resolver)
        .run()
        .code(1);
    assert!(ran.stderr.contains("nothing resolves `vault` references"), "{}", ran.stderr);
}

#[test]
fn what_does_not_resolve_is_named_with_its_place_and_nothing_is_stored() {
    for (value, cause) in [
        ("ref:env:NOT_SET", "the variable `NOT_SET` is not set"),
        ("ref:file:none.txt", "no file `none.txt`"),
        ("ref:vault:kv/x", "nothing resolves `vault` references"),
        ("ref:nonsense", "is not a valid reference"),
    ] {
        let ran = grafana("provision grafana --base prod", value).run().code(1);
        assert!(ran.stderr.contains("prod-secret.env:2:17"), "{value}: {}", ran.stderr);
        assert!(ran.stderr.contains("`grafana.api_key`") && ran.stderr.contains(cause), "{value}: {}", ran.stderr);
        assert_eq!(stored(ran, "grafana.api_key").1, "", "{value}");
    }
    let ran = grafana("provision grafana --base prod", "ref:env:NOT_SET").run().code(1);
    assert!(ran.stderr.contains("hint: set it where mcpctl runs (`export NOT_SET=…`)"), "{}", ran.stderr);
}

#[test]
fn what_a_resolver_says_is_the_cause() {
    let ran = Mcpctl::new("populate-secret a-secret.env keys --sandbox")
        .file("a-secret.env", "token=ref:vault:x\n")
        .file(
            "team/resolvers.rhai",
            "secrets::resolver(\"vault\", |path| fail(\"the vault is sealed\", \"`vault unseal`\"));",
        )
        .env("MCPCTL_PATH", "team")
        .run()
        .code(1);
    for part in ["the vault is sealed", "`vault unseal`", "a-secret.env:1:7"] {
        assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
    }
}

#[test]
fn a_quoted_value_is_a_literal() {
    let ran = grafana("provision grafana --base prod", "'ref:env:NOT_SET'").run().code(0);
    assert_eq!(stored(ran, "grafana.api_key").1, "ref:env:NOT_SET");
}

#[test]
fn a_reference_in_the_config_file_goes_into_the_secret() {
    let ran = Mcpctl::new("provision grafana --base prod --sandbox=world.json")
        .file("prod-config.env", &format!("{SERVERS}grafana.url=ref:env:TEAM_URL\n"))
        .file("prod-secret.env", &format!("{SERVERS}grafana.api_key=canary-key-of-grafana\n"))
        .env("TEAM_URL", "http://canary-host:3000")
        .run()
        .code(0);
    assert!(ran.stderr.contains("`grafana.url` comes by reference: it goes into the Secret"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("canary-host"), "{}", ran.stderr);
    let world = ran.read("world.json").unwrap();
    assert!(!world.contains("canary-host"), "the ConfigMap would show it as it stands");
    let (ran, value) = stored(ran, "grafana.GRAFANA_URL");
    assert_eq!(value, "http://canary-host:3000");
    let alone = Mcpctl::new("populate-configmap prod-config.env flags --keys-only --sandbox=world.json")
        .env("TEAM_URL", "http://canary-host:3000")
        .after(ran)
        .run()
        .code(0)
        .says("comes by reference: left out of the ConfigMap");
    assert!(!alone.read("world.json").unwrap().contains("canary-host"));
}

#[test]
fn a_reference_is_a_value_that_is_filled_in() {
    let ran = grafana("eval envfile::missing(\"grafana\",\"prod\").len()", "ref:vault:x").run().code(0);
    ran.stdout("0\n");
}

#[test]
fn a_dry_run_resolves_and_starts_no_program() {
    let resolver = "secrets::resolver(\"vault\", |path| process::run([\"false\"], #{ secret: true, dry_run: \"canary-assumed\" }).stdout);";
    let run = |line: &str| {
        grafana(line, "ref:vault:x").file("team/resolvers.rhai", resolver).env("MCPCTL_PATH", "team").run()
    };
    run("provision grafana --base prod --dry-run").code(0).gives("secret/mcp-gateway-secrets");
    let refused = run("populate-secret prod-secret.env keys --read-only").code(1);
    for part in ["refusing to run `false`: `--read-only` is set", "prod-secret.env:2:17"] {
        assert!(refused.stderr.contains(part), "{part}: {}", refused.stderr);
    }
}

#[test]
fn a_script_registers_one_for_itself_and_uses_it_in_modules() {
    let script = r#"
        import "std/populate" as populate;
        fn place(path) { "canary-" + path }
        fn main() {
            secrets::resolver("shelf", |path| place(path));
            let how = #{ keys_only: true, skip_missing: false, allow_env: [] };
            type_of(populate::data("a-secret.env", how).secrets.token)
        }
    "#;
    Mcpctl::new("run team.rhai --sandbox")
        .file("team.rhai", script)
        .file("a-secret.env", "token=ref:shelf:x\n")
        .run()
        .code(0)
        .stdout("Secret\n");
}
