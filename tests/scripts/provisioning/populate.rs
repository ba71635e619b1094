//! `populate-configmap` and `populate-secret`: the file is the order.

use super::{data, keys, sandbox};
use crate::support::program::{Mcpctl, Ran};

/// Env files of `grafana` with their values.
fn filled() -> Ran {
    Mcpctl::of(["eval", "envfile::generate(\"grafana\", \"g\"); envfile::fill(\"grafana\", \"g\", #{ \"grafana.url\": \"http://g\", \"grafana.api_key\": \"canary-key-1\" })"])
        .word("--sandbox")
        .run()
        .code(0)
}

fn replace(ran: &Ran, file: &str, from: &str, to: &str) {
    let text = ran.read(file).unwrap();
    assert!(text.contains(from), "{text}");
    std::fs::write(ran.path(file), text.replace(from, to)).unwrap();
}

#[test]
fn a_generated_file_is_rendered_and_the_second_run_changes_nothing() {
    let ran = sandbox("populate-configmap g-config.env conf").after(filled()).run().code(0);
    assert_eq!(ran.stdout, "configmap/conf created (sandbox)\n");
    let ran = ran.says("g-config.env: rendered for");
    let ran = sandbox("populate-configmap g-config.env conf")
        .after(ran)
        .run()
        .code(0)
        .stdout("configmap/conf unchanged (sandbox)\n");
    let ran =
        sandbox("populate-secret g-secret.env sec").after(ran).run().code(0).stdout("secret/sec created (sandbox)\n");
    let ran =
        sandbox("populate-secret g-secret.env sec").after(ran).run().code(0).stdout("secret/sec unchanged (sandbox)\n");
    assert!(!ran.stderr.contains("canary"));
    let (ran, config) = data(ran, "configmap", "conf");
    assert_eq!(config, serde_json::json!({ "GRAFANA_URL": "http://g", "grafana.url": "http://g" }));
    let (ran, secret) = data(ran, "secret", "sec");
    assert_eq!(keys(&secret), ["grafana.api_key"]);
    let ran =
        sandbox("populate-configmap g-config.env conf --keys-only").after(ran).run().code(0).says("- GRAFANA_URL");
    let (_, config) = data(ran, "configmap", "conf");
    assert_eq!(keys(&config), ["grafana.url"]);
}

#[test]
fn keys_that_leave_the_file_go_and_those_of_others_stay() {
    let ran = sandbox("populate-configmap a.env conf").file("a.env", "one=1\ntwo=2\n").run().code(0);
    let ran = ran.says("a.env: only its keys");
    let ran = sandbox("populate-configmap b.env conf").after(ran).file("b.env", "three=3\n").run().code(0);
    let ran = sandbox("populate-configmap a.env conf").after(ran).file("a.env", "one=1\n").run().code(0).says("- two");
    let (_, config) = data(ran, "configmap", "conf");
    assert_eq!(keys(&config), ["one", "three"]);
}

#[test]
fn placeholders_are_refused_or_skipped_and_live_values_stay() {
    let ran = sandbox("populate-secret g-secret.env sec").after(filled()).run().code(0);
    let ran = sandbox("populate-configmap g-config.env conf").after(ran).run().code(0);
    replace(&ran, "g-secret.env", "canary-key-1", "<REPLACE_WITH_YOUR_SECRET>");
    replace(&ran, "g-config.env", "=http://g", "=");
    let ran = sandbox("populate-secret g-secret.env sec").after(ran).run().code(4).says("g-secret.env:9");
    let ran = sandbox("populate-configmap g-config.env conf").after(ran).run().code(4).says("g-config.env:9");
    let ran = sandbox("populate-secret g-secret.env sec --skip-missing").after(ran).run().code(0);
    assert_eq!(ran.stdout, "secret/sec unchanged (sandbox)\n");
    let ran = sandbox("populate-configmap g-config.env conf --skip-missing").after(ran).run().code(0);
    let (ran, config) = data(ran, "configmap", "conf");
    assert_eq!(config["GRAFANA_URL"], "http://g");
    let ran = sandbox("populate-configmap g-config.env new --skip-missing").after(ran).run().code(0);
    let (_, config) = data(ran, "configmap", "new");
    assert_eq!(keys(&config), [""; 0]);
}

#[test]
fn a_credential_never_reaches_a_configmap() {
    let ran = sandbox("populate-configmap a.env conf").file("a.env", "url=1\napi_key=canary-key-2\n").run().code(0);
    assert!(!ran.stderr.contains("canary"));
    let (_, config) = data(ran, "configmap", "conf");
    assert_eq!(keys(&config), ["url"]);
}

#[test]
fn the_owner_is_the_base_of_the_file_unless_another_is_named() {
    let ran = sandbox("populate-configmap g-config.env conf").after(filled()).run().code(0);
    let ran = sandbox("populate-configmap other.env conf")
        .after(ran)
        .file("other.env", "grafana.url=http://o\n")
        .run()
        .code(1);
    assert!(ran.stderr.contains("mcpctl:g"), "{}", ran.stderr);
    sandbox("populate-configmap other.env conf --owner mcpctl:g")
        .after(ran)
        .run()
        .code(0)
        .stdout("configmap/conf configured (sandbox)\n");
}

#[test]
fn without_the_file_the_way_to_it_is_told() {
    sandbox("populate-secret none.env sec").run().code(1).says("no file `none.env`").says("mcpctl generate-env");
}

#[test]
fn multi_line_secrets_and_odd_values_arrive() {
    let file = "pem=\"-----BEGIN-----\\nabc\\n-----END-----\\n\"\nhash='$2a$10$x # y'\n";
    let ran = sandbox("populate-secret a-secret.env sec").file("a-secret.env", file).run().code(0);
    let text = "let d = secrets::get(\"sec\").data; [reveal(d.pem), reveal(d.hash)]";
    let shown = Mcpctl::of(["eval", text, "-o", "json", "--sandbox=world.json"]).after(ran).run();
    assert!(shown.code != 0 || shown.stdout.contains("$2a$10$x # y"), "{}", shown.stdout);
}

#[test]
fn what_is_rendered_from_the_other_file_stays_while_that_file_is_not_filled_in() {
    let catalog = "registry:\n  s:\n    image: i\n    secrets: [{name: s.pw, env: PW}]\n    \
        env: [{name: URL, value: 'pg://u:{{s.pw}}@{{s.host}}'}]\n    \
        config: [{name: s, properties: {host: {type: string}}, required: [host]}]\n";
    let run = |line: &str| sandbox(&format!("{line} --catalog c.yaml")).file("c.yaml", catalog);
    let ran =
        run("provision s --base s --set s.host=h --set s.pw=@pw --secret-name sec").file("pw", "canary-pw-1").run();
    let ran = ran.code(0);
    replace(&ran, "s-config.env", "s.host=h", "s.host=");
    let ran =
        run("populate-secret s-secret.env sec").after(ran).run().code(0).stdout("secret/sec unchanged (sandbox)\n");
    let (_, secret) = data(ran, "secret", "sec");
    assert_eq!(keys(&secret), ["s.URL", "s.pw"]);
}
