//! Where values come from, and what happens when they do not.

use super::sandbox;
use crate::support::program::{Mcpctl, Ran};

const CANARY: &str = "canary-token-1";

#[track_caller]
fn unseen(ran: Ran) -> Ran {
    for text in [&ran.stdout, &ran.stderr] {
        assert!(!text.contains(CANARY), "{text}");
    }
    ran
}

#[test]
fn missing_values_are_listed_with_their_lines_and_nothing_is_applied() {
    let ran = sandbox("provision grafana --base prod").run().code(4).stdout("");
    assert!(
        ran.stderr.ends_with(
            "error: 2 values are missing for `grafana`\n  \
             grafana.url      config  The address that a browser would open.  prod-config.env:9\n  \
             grafana.api_key  secret  <your service account token>            prod-secret.env:9\n\
             hint: fill them in and run the command again; nothing was applied\n"
        ),
        "{}",
        ran.stderr
    );
    Mcpctl::of(["eval", "configmaps::list(#{ any: true }).map(|o| o.name)", "-o", "json", "--sandbox=world.json"])
        .after(ran)
        .run()
        .code(0)
        .stdout("[\n  \"kube-root-ca.crt\"\n]\n");
}

#[test]
fn a_secret_as_text_is_refused_and_not_shown() {
    let ran = sandbox(&format!("provision grafana --base prod --set grafana.api_key={CANARY}")).run().code(2);
    unseen(ran).says("the secret `grafana.api_key` cannot be given as text").says("`--set grafana.api_key=@FILE`");
}

#[test]
fn a_set_value_comes_from_text_a_file_or_standard_input_and_is_kept() {
    let line = "provision grafana --base prod --set grafana.url=http://g:3000 --set grafana.api_key";
    for (source, input) in [("=@key", None), ("=-", Some("canary-token-1\n"))] {
        let mut run = sandbox(&format!("{line}{source}")).file("key", "canary-token-1\n");
        if let Some(input) = input {
            run = run.input(input);
        }
        let ran = unseen(run.run().code(0));
        assert!(ran.read("prod-config.env").unwrap().contains("\ngrafana.url=http://g:3000\n"));
        assert!(ran.read("prod-secret.env").unwrap().contains("\ngrafana.api_key=canary-token-1\n"));
        assert!(!ran.read("prod-catalog.yaml").unwrap().contains(CANARY));
        unseen(sandbox("provision grafana --base prod").after(ran).run().code(0)).says("2 of 2");
    }
}

#[test]
fn a_wrong_set_is_a_usage_error() {
    let set = |set: &str| sandbox(&format!("provision redis --base prod --set {set}")).run().code(2);
    set("redis.hots=x").says("none of `redis` needs a value `redis.hots`").says("did you mean `redis.host`?");
    set("redis.port=many").says("`redis.port` has to be a whole number");
    set("redis.host").says("`--set` without a `=`");
    set("redis.host=a --set redis.host=b").says("`redis.host` is set twice");
}

#[test]
fn values_of_the_environment_are_used_and_kept_only_if_asked_to() {
    let run = |flags: &str| {
        sandbox(&format!("provision grafana --base prod {flags}"))
            .env("GRAFANA_URL", "http://env:3000")
            .env("GRAFANA_API_KEY", CANARY)
    };
    run("").run().code(4);
    let ran = unseen(run("--from-env").run().code(0));
    assert!(!ran.read("prod-config.env").unwrap().contains("http://env:3000"));
    assert!(!ran.read("prod-secret.env").unwrap().contains(CANARY));
    let (ran, config) = super::data(ran, "configmap", "mcp-gateway-config");
    assert_eq!(config["GRAFANA_URL"], "http://env:3000");
    let ran = unseen(run("--from-env --save").after(ran).run().code(0));
    assert!(ran.read("prod-secret.env").unwrap().contains(CANARY));
    run("--from-env --set grafana.url=http://set").run().code(0).says("values");
}

#[test]
fn a_broken_env_file_is_named_without_its_line() {
    let ran = sandbox("provision grafana --base prod")
        .file("prod-secret.env", "grafana.api_key=\"canary-token-1\nno end\n")
        .run()
        .code(1);
    unseen(ran).says("prod-secret.env:1:");
}

#[test]
fn the_base_is_asked_for_on_a_terminal_only_and_may_stand_in_the_folder() {
    sandbox("provision time").run().code(2).says("`--base` is missing");
    let ran = sandbox("provision time").file(".env", "MCPCTL_BASE=here\n").run().code(0);
    assert!(ran.read("here-catalog.yaml").is_some());
    let ran = sandbox("provision time").env("MCPCTL_BASE", "there").env("MCPCTL_CONFIG_NAME", "conf").run().code(0);
    assert!(ran.read("there-config.env").is_some());
    ran.gives("--cluster-config-name conf ");
}
