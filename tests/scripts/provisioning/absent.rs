//! Values that are absent on purpose: no command misses them, no object gets them.

use super::{data, keys, sandbox};
use crate::support::program::{Mcpctl, Ran};

const CATALOG: &str = "registry:
  s:
    image: x/s
    secrets: [{name: s.a, env: A}, {name: s.b, env: B}]
    env: [{name: URL, value: 'http://{{s.b}}@{{s.host}}'}, {name: HOST, value: '{{s.host}}'}]
    config: [{name: s, required: [host], properties: {host: {type: string}}}]
";
const SECRET: &str = "# mcpctl servers: s\ns.a=canary-1\ns.b=none:\n";
const CONFIG: &str = "# mcpctl servers: s\ns.host=h\n";

fn run(line: &str) -> Mcpctl {
    sandbox(&format!("{line} --catalog c.yaml"))
        .file("c.yaml", CATALOG)
        .file("b-secret.env", SECRET)
        .file("b-config.env", CONFIG)
        .file("a", "canary-1\n")
}

fn live(ran: Ran) -> (Vec<String>, Vec<String>) {
    let owned = |value: &serde_json::Value| keys(value).into_iter().map(str::to_owned).collect();
    let (ran, config) = data(ran, "configmap", "mcp-gateway-config");
    let (_, secret) = data(ran, "secret", "mcp-gateway-secrets");
    (owned(&config), owned(&secret))
}

#[test]
fn neither_object_has_the_key_and_nothing_is_missing() {
    for line in [
        "provision s --base b",
        "provision s --base b --set s.b=none:",
        "provision s --base n --set s.b=none: --set s.a=@a --set s.host=h",
    ] {
        let ran = run(line).run().code(0).says("3 of 3; absent (chosen): s.b");
        let catalog = ran.read(if line.contains("base n") { "n-catalog.yaml" } else { "b-catalog.yaml" }).unwrap();
        assert!(catalog.contains("s.a") && !catalog.contains("s.b"), "{catalog}");
        assert_eq!(live(ran), (vec!["HOST".to_owned(), "s.host".to_owned()], vec!["s.a".to_owned()]), "{line}");
    }
    let ran = run("provision s --base n --set s.b=none: --set s.a=@a --set s.host=h").run().code(0);
    assert!(ran.read("n-secret.env").unwrap().contains("\ns.b=none:\n"));
}

#[test]
fn a_live_key_goes_when_its_value_becomes_absent() {
    let ran = run("provision s --base b").file("b-secret.env", &SECRET.replace("none:", "canary-2")).run().code(0);
    let (ran, secret) = data(ran, "secret", "mcp-gateway-secrets");
    assert_eq!(keys(&secret), ["s.URL", "s.a", "s.b"]);
    let ran = run("diff b").after(ran).file("b-secret.env", SECRET).run().code(6).gives("s.b").gives("remove");
    let ran = run("provision s --base b").after(ran).run().code(0);
    assert_eq!(live(ran).1, ["s.a"]);
}

#[test]
fn every_command_takes_it_as_complete() {
    let mut ran = run("provision s --base b").run().code(0);
    for (line, code, said) in [
        ("provision s --base b", 0, "absent (chosen): s.b"),
        ("diff b", 0, "absent (chosen): s.b"),
        ("provision s --base b --manifests", 0, "absent (chosen): s.b"),
        ("populate-secret b-secret.env mcp-gateway-secrets", 0, "absent (chosen): s.b"),
        ("populate-configmap b-config.env mcp-gateway-config", 0, "absent (chosen): s.b"),
        ("populate-secret b-secret.env other --keys-only", 0, "absent (chosen): s.b"),
        ("generate-env s b", 0, ""),
        ("verify s --base b", 0, ""),
        ("status", 0, ""),
        ("show-example s", 0, ""),
        ("extract-data s", 0, ""),
    ] {
        ran = run(line).after(ran).run();
        assert_eq!(ran.code, code, "{line}\n{}\n{}", ran.stdout, ran.stderr);
        assert!(ran.stderr.contains(said), "{line}: {}", ran.stderr);
        assert!(!ran.stderr.contains("missing"), "{line}: {}", ran.stderr);
    }
    assert_eq!(ran.read("b-secret.env").as_deref(), Some(SECRET));
    let ran = run("status").after(ran).run().code(0).gives("there; s.b absent (chosen)");
    let ran = run("doctor --base b").after(ran).run();
    assert!(!ran.stdout.contains("s asks for"), "{}", ran.stdout);
    assert!(ran.stdout.contains("absent (chosen): `s.b`"), "{}", ran.stdout);
}

#[test]
fn only_the_bare_word_means_it() {
    for (line, value) in [
        ("x='none:'", "none:"),
        ("x=\"none:\"", "none:"),
        ("x=none", "none"),
        ("x=none:x", "none:x"),
        ("x=NONE:", "NONE:"),
        ("x= none: # why", "none: # why"),
        ("x=:none:", ":none:"),
    ] {
        let ran = Mcpctl::of(["eval", "[envfile::read(\"a.env\").x, envfile::absent(\"a.env\")]", "-o", "json"])
            .file("a.env", line)
            .run()
            .code(0);
        assert_eq!(ran.json(), serde_json::json!([value, []]), "{line}");
    }
    for line in ["x=none:", "  x = none:  ", "export x=none:", "x=none:\r\n"] {
        let ran = Mcpctl::of(["eval", "[envfile::read(\"a.env\").len(), envfile::absent(\"a.env\")]", "-o", "json"])
            .file("a.env", line)
            .run()
            .code(0);
        assert_eq!(ran.json(), serde_json::json!([0, ["x"]]), "{line}");
    }
    // what a file or a script gives is a value
    let ran = run("provision s --base b --set s.b=@a").file("a", "none:\n").run().code(0);
    assert!(ran.read("b-secret.env").unwrap().contains("\ns.b='none:'\n"));
}
