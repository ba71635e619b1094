//! `provision` from its first run to its tenth.

use super::{data, keys, sandbox};
use crate::support::program::Mcpctl;

#[test]
fn the_second_run_finds_all_as_it_should_be() {
    let line = "provision apify-mcp-server,firewalla-mcp-server --base demo --examples";
    let first = sandbox(line).run().code(0).says("configmap/mcp-gateway-config created").gives("--servers ");
    let files = ["demo-config.env", "demo-secret.env", "demo-catalog.yaml", "demo-secret-names.env"];
    let before: Vec<_> = files.iter().map(|file| first.read(file).unwrap()).collect();
    let second = sandbox(&format!("{line} -o json")).after(first).run().code(0);
    assert!(
        second.stderr.contains("demo-catalog.yaml unchanged   demo-secret-names.env unchanged"),
        "{}",
        second.stderr
    );
    let results: Vec<String> =
        second.json().as_array().unwrap().iter().map(|o| format!("{} {}", o["kind"], o["result"])).collect();
    assert_eq!(results, ["\"configmap\" \"unchanged\"", "\"secret\" \"unchanged\""]);
    let after: Vec<_> = files.iter().map(|file| second.read(file).unwrap()).collect();
    assert_eq!(before, after);
    let (_, config) = data(second, "configmap", "mcp-gateway-config");
    assert!(keys(&config).contains(&"FIREWALLA_MSP_ID") && keys(&config).contains(&"firewalla-mcp-server.msp_id"));
}

#[test]
fn a_dry_run_plans_all_and_writes_nothing() {
    let ran = sandbox("provision grafana --base prod --dry-run").run().code(4);
    assert!(ran.stdout.starts_with("plan (nothing was changed):\n"), "{}", ran.stdout);
    for part in
        ["write   file/prod-config.env", "create  configmap/mcp-gateway-config", "write   file/prod-catalog.yaml"]
    {
        assert!(ran.stdout.contains(part), "{part}\n{}", ran.stdout);
    }
    assert!(ran.stderr.contains("2 values are missing"), "{}", ran.stderr);
    for file in ["prod-config.env", "prod-secret.env", "prod-catalog.yaml", "world.json"] {
        assert_eq!(ran.read(file), None, "{file}");
    }
    let ran = sandbox("provision grafana --base prod --dry-run --examples").run().code(0);
    assert!(ran.stdout.contains("+ GRAFANA_URL"), "{}", ran.stdout);
    sandbox("provision grafana --base prod --dry-run -o json").run().code(4).json().as_array().unwrap();
}

#[test]
fn examples_are_refused_for_a_real_cluster() {
    let ran = Mcpctl::new("provision t --base prod --examples --only env --catalog c.yaml")
        .file("c.yaml", "registry:\n  t: {image: i}\n")
        .run()
        .code(2)
        .says("example values are for the sandbox and for dry runs");
    assert_eq!(ran.read("prod-config.env"), None);
}

#[test]
fn steps_are_chosen_and_left_out() {
    let ran = Mcpctl::new("provision t --base prod --only env,values,catalog --catalog c.yaml")
        .file("c.yaml", "registry:\n  t: {image: i}\n")
        .run()
        .code(0);
    assert!(ran.read("prod-catalog.yaml").is_some());
    let ran = sandbox("provision grafana --base prod --examples --skip apply,images,gateway").run().code(0).stdout("");
    assert!(!ran.stderr.contains("apply"), "{}", ran.stderr);
    sandbox("provision grafana --base prod --only aply").run().code(2).says("did you mean `apply`?");
    sandbox("provision grafana --base prod --only apply").run().code(4);
}

#[test]
fn a_base_keeps_its_servers_until_they_are_pruned() {
    let ran = sandbox("provision grafana --base prod --examples").run().code(0);
    let ran = sandbox("provision redis --base prod --examples").after(ran).run().code(0);
    assert!(ran.stdout.contains("--servers grafana,redis\n"), "{}", ran.stdout);
    let ran = sandbox("provision redis --base prod --prune").after(ran).run().code(1);
    assert!(ran.stderr.contains("refusing to remove"), "{}", ran.stderr);
    assert!(ran.read("prod-secret.env").unwrap().contains("grafana.api_key="), "the files are as they were");
    let ran = sandbox("provision redis --base prod --prune --yes").after(ran).run().code(0).gives("--servers redis\n");
    let (_, config) = data(ran, "configmap", "mcp-gateway-config");
    assert!(!keys(&config).iter().any(|key| key.to_lowercase().contains("grafana")), "{config}");
}

#[test]
fn keys_that_another_checkout_gave_stay_and_are_named() {
    let ran = sandbox("provision grafana --base prod --examples").run().code(0);
    for file in ["prod-config.env", "prod-secret.env"] {
        std::fs::remove_file(ran.path(file)).unwrap();
    }
    let ran = sandbox("provision redis --base prod --examples").after(ran).run().code(0).says("grafana.url");
    let (_, config) = data(ran, "configmap", "mcp-gateway-config");
    assert!(keys(&config).contains(&"GRAFANA_URL") && keys(&config).contains(&"REDIS_HOST"), "{config}");
}

#[test]
fn two_bases_share_one_object_and_a_conflict_names_the_other() {
    let ran = sandbox("provision grafana --base one --set grafana.url=http://one --set grafana.api_key=@k")
        .file("k", "canary-one\n")
        .run()
        .code(0);
    let ran = sandbox("provision redis --base two --examples").after(ran).run().code(0);
    let ran = sandbox("provision grafana --base two --set grafana.url=http://two --set grafana.api_key=@k")
        .after(ran)
        .run()
        .code(1);
    assert!(ran.stderr.contains("mcpctl:one") && ran.stderr.contains("--config-name"), "{}", ran.stderr);
    let ran = sandbox("provision redis --base two --owner mcpctl:one").after(ran).run();
    assert!(!ran.stderr.contains("canary-one"));
}

#[test]
fn a_script_of_one_s_own_uses_the_steps() {
    let script = "import \"std/provision\" as provision;\n\
        let job = provision::job([\"time\"], \"ours\", #{ config_name: \"ours\", secret_name: \"ours\" });\n\
        provision::env(job);\n\
        let made = provision::render(job, provision::values(job));\n\
        provision::apply(job, made)";
    Mcpctl::new("run ours.rhai --sandbox")
        .file("ours.rhai", script)
        .run()
        .code(0)
        .stdout("configmap/ours created (sandbox)\nsecret/ours created (sandbox)\n");
}

#[test]
fn the_namespace_is_the_argument_the_flag_or_the_current_one() {
    sandbox("provision time mcp --base t").run().code(0).gives("--namespace mcp ");
    sandbox("provision time --base t -n mcp").run().code(0).gives("--namespace mcp ").says("namespace mcp");
    sandbox("provision time --base t").run().code(0).gives("--namespace default ");
}
