//! What a gateway is started with, what keeps it from being started, and how it ends.

use std::fs::File;
use std::time::{Duration, Instant, SystemTime};

use nix::sys::signal::Signal;
use serde_json::Value;

use super::{CATALOG, FEATURES, Machine};
use crate::support::program;

/// The words after `docker`, each temporary path by its name alone.
fn words(machine: &Machine) -> Vec<String> {
    let temporary = machine.temporary().display().to_string();
    let own = |word: &str| word.rsplit('/').next().unwrap_or(word).to_owned();
    let argv = machine.read("argv");
    argv.lines().map(|word| if word.starts_with(&temporary) { own(word) } else { word.to_owned() }).collect()
}

#[test]
fn it_gets_exactly_these_arguments_and_its_code_is_ours() {
    let machine = Machine::new("cat; echo 'a \u{1b}[31mlog line' >&2; exit 7");
    let run = machine.mcpctl("gateway prod --config-name c --secret-name s").input("{\"jsonrpc\": \"2.0\"}\n");
    let names = run.folder().join("prod-secret-names.env").display().to_string();
    let run = run.env("GRAFANA_API_KEY", "canary-key").env("SERVICE_KEY", "canary-key").env("AWS_PROFILE", "dev");
    let ran = run.run().code(7).stdout("{\"jsonrpc\": \"2.0\"}\n");
    let expected = [
        "mcp",
        "gateway",
        "run",
        "--provisioner",
        "kubernetes",
        "--cluster-config-provider",
        "cluster",
        "--cluster-secret-provider",
        "cluster",
        "--cluster-config-name",
        "c",
        "--cluster-secret-name",
        "s",
        "--namespace",
        "mcp",
        "--kubeconfig",
        "kubeconfig",
        "--kube-context",
        "dev",
        "--catalog",
        "prod-catalog.yaml",
        "--secrets",
        &names,
        "--servers",
        "grafana,time",
    ];
    assert_eq!(words(&machine), expected);
    // what comes from outside is cleaned
    assert!(ran.stderr.contains("a ␛[31mlog line"), "{}", ran.stderr);
    let environment = machine.read("env");
    assert!(!environment.contains("canary") && !machine.read("argv").contains("canary"), "{environment}");
    assert!(environment.contains("AWS_PROFILE=dev") && environment.contains("HOME="), "{environment}");
    assert!(environment.lines().any(|line| line.starts_with("KUBECONFIG=") && line.ends_with("/kubeconfig")));
    assert_eq!(machine.read("modes"), "600\n700\n");
    assert_eq!(machine.temporary().read_dir().unwrap().count(), 0, "the copies are gone");
}

#[test]
fn the_copies_hold_the_pinned_context_alone_and_the_catalog_as_it_was() {
    let machine = Machine::new("exit 0");
    machine.mcpctl("gateway prod --servers time --port 8811").run().code(0);
    let kubeconfig: Value = serde_json::from_str(&machine.read("kubeconfig")).unwrap();
    assert_eq!(kubeconfig["contexts"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&kubeconfig["current-context"], &kubeconfig["users"][0]["user"]["token"]),
        (&"dev".into(), &"canary-mine".into())
    );
    assert!(!machine.read("kubeconfig").contains("canary-yours"));
    let mut copy: Value = serde_saphyr::from_str(&machine.read("catalog")).unwrap();
    let mark = copy["registry"]["time"]["env"].as_array_mut().unwrap().pop().unwrap();
    assert_eq!(mark["name"], "MCPCTL_GATEWAY_RUN");
    assert_eq!(mark["value"].as_str().unwrap().split('-').count(), 5, "{mark}");
    assert_eq!(copy, serde_saphyr::from_str::<Value>(CATALOG).unwrap());
    assert!(words(&machine).join(" ").ends_with("--servers time --transport streaming --port 8811"));
}

#[test]
fn the_copies_of_a_run_that_was_killed_go_once_nobody_needs_them() {
    let machine = Machine::new("touch \"$STUB/ready\"; while [ ! -e \"$STUB/go\" ]; do sleep 0.05; done");
    let killed = machine.mcpctl("gateway prod");
    let mut child = killed.start();
    machine.wait_for("ready", &mut child);
    child.kill().unwrap();
    child.wait().unwrap();
    let left = || machine.temporary().read_dir().unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    let folder = File::open(&left()[0]).unwrap();
    folder.set_modified(SystemTime::now() - Duration::from_secs(3600)).unwrap();
    machine.put("does", "exit 0");
    let next = || machine.mcpctl("gateway prod").run().code(0);
    next();
    assert_eq!(left().len(), 1, "its gateway still runs");
    machine.put("go", "");
    let begun = Instant::now();
    while !left().is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", left());
        next();
    }
}

#[test]
fn one_without_the_flags_is_refused_with_the_reason_and_never_started() {
    let machine = Machine::new("exit 0");
    machine.put(
        "help",
        "Usage: docker mcp gateway run\n\nFlags:\n  --catalog strings\n  --secrets x\n  --servers strings\n",
    );
    let ran = machine.mcpctl("gateway prod").run().code(1).stdout("");
    let ran = ran
        .says("error: this gateway has no Kubernetes mode")
        .says("`docker mcp gateway run` v9 does not know --provisioner, ");
    ran.says("hint: released gateways have none");
    assert!(!machine.has("argv"));
    let told = machine.mcpctl("eval gateway::probe() -o json").run().code(0).json();
    assert_eq!(
        (&told["usable"], &told["program"], &told["version"]),
        (&false.into(), &"docker mcp".into(), &"v9".into())
    );
    assert!(told["missing_flags"].as_array().unwrap().contains(&"--kube-context".into()), "{told}");
}

#[test]
fn one_whose_feature_is_off_or_that_is_not_there_is_refused() {
    let machine = Machine::new("exit 0");
    machine.put("features", &FEATURES.replace("provisioning enabled", "provisioning disabled"));
    machine.mcpctl("gateway prod").run().code(1).says("hint: `docker mcp feature enable kubernetes-provisioning`");
    machine.remove("help");
    let ran = machine.mcpctl("gateway prod").run().code(1).says("error: there is no gateway on this machine");
    ran.says("docker: unknown command: docker mcp");
    assert!(!machine.has("argv"));
}

#[test]
fn one_that_does_not_say_whether_the_feature_is_on_is_started() {
    for features in ["", "  oauth-interceptor    disabled\n", "Usage:\n  docker mcp feature [command]\n"] {
        let machine = Machine::new("exit 3");
        machine.put("features", features);
        machine.mcpctl("gateway prod").run().code(3);
        let probe = machine.mcpctl("eval gateway::probe() -o json").run().code(0).json();
        assert_eq!((&probe["usable"], &probe["feature"]), (&true.into(), &Value::Null), "{features}");
    }
}

#[test]
fn a_dry_run_asks_the_gateway_and_does_not_start_it() {
    let machine = Machine::new("exit 0");
    let ran = machine.mcpctl("gateway prod --dry-run").run().code(0);
    ran.gives("docker mcp gateway run");
    machine.put("features", "  kubernetes-provisioning disabled\n");
    machine.mcpctl("gateway prod --dry-run").run().code(1).says("is switched off");
    machine.mcpctl("gateway prod --read-only").run().code(1).says("refusing to start the gateway");
    machine.mcpctl("gateway prod --allow-context kind-*").run().code(1).says("dev");
    assert!(!machine.has("argv") && machine.temporary().read_dir().unwrap().count() == 0);
}

#[test]
fn signals_are_passed_on_and_its_own_code_counts() {
    for (signal, name, code) in [(Signal::SIGTERM, "TERM", 5), (Signal::SIGINT, "INT", 6), (Signal::SIGHUP, "TERM", 7)]
    {
        let machine = Machine::new(&format!(
            "trap 'echo got {name} >&2; exit {code}' {name}; touch \"$STUB/ready\"; while :; do sleep 0.1; done"
        ));
        let run = machine.mcpctl("gateway prod");
        let mut child = run.start();
        machine.wait_for("ready", &mut child);
        program::signal(&child, signal);
        run.end_of(child).code(code).says(&format!("got {name}"));
    }
}

#[test]
fn provision_prints_both_ways_and_what_speaks_against_them() {
    let machine = Machine::new("exit 0");
    machine.put("features", "  kubernetes-provisioning disabled\n");
    let catalog = "registry: {time: {image: mcp/time, allowHosts: ['a.example:443'], volumes: ['/data:/data']}}\n";
    let line = "provision time --base my/prod --only check --only catalog --only gateway";
    let run =
        machine.mcpctl(line).file("catalog.yaml", catalog).file("my/.keep", "").env("MCPCTL_CATALOG", "catalog.yaml");
    let ran = run.run().code(0).says("start it with `mcpctl gateway my/prod -n mcp --context dev`");
    let ran = ran.says("warning: the gateway's Kubernetes mode is switched off");
    let ran = ran.says("warning: server `time`: allowHosts is ignored on Kubernetes: a.example:443");
    let words = shlex::split(&ran.stdout).unwrap();
    let after = |flag: &str| words.iter().skip_while(|word| *word != flag).nth(1).cloned().unwrap();
    assert_eq!(after("--kube-context"), "dev");
    assert_eq!(after("--kubeconfig"), ran.path("kubeconfig").display().to_string());
    assert!(after("--catalog").ends_with("my/prod-catalog.yaml") && after("--catalog").starts_with('/'));
}
