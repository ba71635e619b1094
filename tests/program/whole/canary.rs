//! A secret is in no output, error or file but the 0600 env file, on success and on every way to fail.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::support::program::{Mcpctl, Ran};

const CANARY: &str = "canary-s3cr3t-value";
/// What the canary becomes in base64, as a Secret's data holds it.
const BASE64: &str = "Y2FuYXJ5LXMzY3IzdC12YWx1ZQ";

/// A folder whose secret env file holds the canary, on a simulated cluster.
fn provisioned() -> Ran {
    let run = Mcpctl::new("provision grafana --base prod --set grafana.url=http://g --set grafana.api_key=@key.txt");
    let run = run.file("key.txt", CANARY).env("MCPCTL_SANDBOX", "world.json");
    quiet_about_it(run.run().code(0))
}

/// Fails if anything that was printed, or a file that others may read, holds the canary.
#[track_caller]
fn quiet_about_it(ran: Ran) -> Ran {
    for text in [&ran.stdout, &ran.stderr] {
        assert!(!text.contains(CANARY) && !text.contains(BASE64), "the canary is shown:\n{text}");
    }
    look_into(&ran.path("."));
    ran
}

fn look_into(folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            look_into(&path);
            continue;
        }
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        if !text.contains(CANARY) && !text.contains(BASE64) {
            continue;
        }
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(
            matches!(name, "key.txt" | "prod-secret.env" | "world.json" | "broken.env" | "broken.json"),
            "{name} holds the canary"
        );
        if matches!(name, "prod-secret.env" | "world.json") {
            let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "{name} may be read by others");
        }
    }
}

/// Runs a line after a provisioning and looks at all it leaves.
fn after(line: &str, earlier: Ran, code: i32) -> Ran {
    let run = Mcpctl::of(shlex::split(line).unwrap()).env("MCPCTL_SANDBOX", "world.json").after(earlier).run();
    quiet_about_it(run.code(code))
}

#[test]
fn every_form_of_output_hides_it() {
    let mut ran = provisioned();
    for form in ["table", "wide", "json", "yaml"] {
        ran = after(&format!("eval 'secrets::get(\"mcp-gateway-secrets\")' -o {form}"), ran, 0);
        ran = after(&format!("eval 'secrets::get(\"mcp-gateway-secrets\").data' -vv -o {form}"), ran, 0);
        ran = after(&format!("provision grafana --base prod -vv -o {form}"), ran, 0);
        ran = after(&format!("provision grafana --base prod --dry-run -o {form}"), ran, 0);
    }
    ran = after("populate-secret prod-secret.env other -vv", ran, 0);
    after("populate-secret prod-secret.env third --dry-run -o json", ran, 0);
}

#[test]
fn no_way_of_a_script_to_look_at_it_works() {
    let mut ran = provisioned();
    let secret = "let s = secrets::get(\"mcp-gateway-secrets\").data[\"grafana.api_key\"];";
    for rest in [
        "print(s)",
        "debug(s)",
        "s",
        "`${s}`",
        "[s]",
        "#{ a: s }",
        "\"a\" + s",
        "s.to_string()",
        "json::write(s)",
        "yaml::write([s])",
        "let m = #{ k: s }; m.to_string()",
        "\"\" + [s]",
        "ui::info(`x ${s}`)",
        "ui::print_table([#{ a: s }])",
    ] {
        ran = after(&format!("eval '{secret} {rest}'"), ran, 0);
    }
    for rest in [
        "fail(`bad ${s}`)",
        "throw s",
        "throw `x ${s}`",
        "s == \"x\"",
        "\"x\" == s",
        "s > \"a\"",
        "fs::write(\"out.txt\", `${s}`)",
        "configmaps::apply(\"c\", #{ a: s })",
        "configmaps::apply(\"c\", #{ a: `x${s}` })",
        "process::run([\"echo\", `${s}`])",
        "json::parse(`${s}`)",
        "fs::read(`${s}`)",
        "pods::list(#{ session: `${s}` })",
    ] {
        ran = after(&format!("eval '{secret} {rest}'"), ran, 1);
    }
}

#[test]
fn no_failure_shows_it() {
    let ran = provisioned();
    let ran = after("provision grafana --base prod --read-only", ran, 0);
    let ran = after("provision nonesuch --base prod", ran, 1);
    let ran = after("provision grafana --base prod -n nowhere", ran, 1);
    let ran = after("provision grafana,redis --base prod", ran, 4);
    let ran = after(&format!("provision grafana --base prod --set grafana.api_key={CANARY}"), ran, 2);
    let ran = after(
        "eval 'secrets::apply(\"mcp-gateway-secrets\", #{ \"grafana.api_key\": \"other-value\" }, #{ owner: \"x\" })'",
        ran,
        1,
    );
    let ran = after("populate-secret prod-secret.env Bad_Name --skip-missing", ran, 1);
    after("populate-secret no-such-file.env other", ran, 1);
}

#[test]
fn a_file_that_cannot_be_read_is_not_quoted() {
    let broken = format!("A=1\nTOKEN='{CANARY}\nB=2\n");
    let run = |line: &str| {
        Mcpctl::new(line).file("broken.env", &broken).file("broken.json", &format!("{{\"a\": \"{CANARY}\"")).run()
    };
    quiet_about_it(run("populate-secret broken.env s --sandbox").code(1)).says("broken.env:2");
    quiet_about_it(run("create-secret s @broken.json --sandbox").code(1)).says("no JSON");
    quiet_about_it(run("run broken.env").code(2));
    quiet_about_it(run("list --catalog broken.env --sandbox").code(0));
    quiet_about_it(run("servers --catalog broken.env").code(1));
}

#[test]
fn an_unreachable_cluster_does_not_make_it_talk() {
    let config = "apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters: [{name: c, cluster: {server: \"https://127.0.0.1:1\"}}]\n\
                  users: [{name: u, user: {token: canary-s3cr3t-value}}]\ncontexts: [{name: c, context: {cluster: c, user: u}}]\n";
    for line in ["list", "create-secret s -", "session mcp-gateway-x --yes"] {
        let run = Mcpctl::new(line)
            .file("key.txt", config)
            .env("KUBECONFIG", "key.txt")
            .input("{\"a\": \"canary-s3cr3t-value\"}");
        quiet_about_it(run.run().code(1)).says("127.0.0.1:1");
    }
}

#[test]
fn values_of_the_environment_are_masked_and_not_kept() {
    let run = Mcpctl::new("provision grafana --base prod --from-env").env("MCPCTL_SANDBOX", "world.json");
    let ran = run.env("GRAFANA_URL", "http://g").env("GRAFANA_API_KEY", CANARY).run().code(0);
    let ran = quiet_about_it(ran);
    assert!(!ran.read("prod-secret.env").unwrap().contains(CANARY));
}
