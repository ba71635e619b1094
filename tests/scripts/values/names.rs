//! Names that cannot be right: they find nothing, which is not silent.

use crate::support::program::Mcpctl;

fn eval(script: &str) -> crate::support::program::Ran {
    Mcpctl::of(["eval", "--sandbox", "-o", "json", script]).run()
}

#[test]
fn a_namespace_that_does_not_exist_is_an_error_with_the_nearest() {
    for (name, line) in [
        ("list", "list -n mpc"),
        ("list of an argument", "list mpc"),
        ("status", "status -n mpc"),
        ("cleanup", "cleanup -n mpc --yes"),
        ("stale", "stale 24h -n mpc --yes"),
        ("session", "session mcp-gateway-1 -n mpc"),
    ] {
        let ran = Mcpctl::new(line).word("--sandbox").run();
        assert!(ran.code != 0 && ran.stderr.contains("no namespace `mpc`"), "{name}: {}{}", ran.stdout, ran.stderr);
        assert!(ran.stderr.contains("did you mean `mcp`?"), "{name}: {}", ran.stderr);
    }
    for script in ["pods::list(#{ namespace: \"mpc\" })", "pods::sessions(#{ namespace: \"mpc\" })"] {
        eval(script).code(1).says("no namespace `mpc`").says("did you mean `mcp`?");
    }
}

#[test]
fn whatever_reads_a_namespace_that_does_not_exist_names_the_nearest() {
    for (name, script) in [
        ("configmaps listed", "configmaps::list(#{ namespace: \"mpc\" })"),
        ("all secrets listed", "secrets::list(#{ namespace: \"mpc\", any: true })"),
        ("a configmap", "configmaps::get(\"c\", #{ namespace: \"mpc\" })"),
        ("a secret", "secrets::get(\"s\", #{ namespace: \"mpc\" })"),
        ("a key set", "secrets::set(\"s\", \"k\", \"canary-value\", #{ namespace: \"mpc\" })"),
        ("a secret deleted", "secrets::delete(\"s\", #{ namespace: \"mpc\" })"),
        ("a configmap created", "configmaps::create(\"c\", #{ a: \"b\" }, #{ namespace: \"mpc\" })"),
        ("a configmap applied", "configmaps::apply(\"c\", #{ a: \"b\" }, #{ namespace: \"mpc\" })"),
        ("a pod", "pods::get(\"p\", #{ namespace: \"mpc\" })"),
        ("a log", "pods::logs(\"p\", #{ namespace: \"mpc\" })"),
        ("an overview", "pods::overview(#{ namespace: \"mpc\", configmap: \"c\", secret: \"s\" })"),
        ("a watch", "pods::watch(#{ namespace: \"mpc\" }, |seen| false)"),
        ("a required one", "cluster::require_namespace(\"mpc\")"),
    ] {
        let ran = eval(script);
        assert!(ran.code == 1 && ran.stderr.contains("no namespace `mpc`"), "{name}: {}{}", ran.stdout, ran.stderr);
        assert!(ran.stderr.contains("did you mean `mcp`?"), "{name}: {}", ran.stderr);
    }
    for line in [
        "status --server grafana -n mpc",
        "status --watch -n mpc",
        "logs time -n mpc",
        "logs time -f -n mpc",
        "set-secret s k @value -n mpc",
        "verify time -n mpc --yes",
        "doctor -n mpc",
    ] {
        let ran = Mcpctl::new(line).word("--sandbox").file("value", "canary-value\n").run().code(1);
        let said = format!("{}{}", ran.stdout, ran.stderr);
        assert!(said.contains("no namespace") && said.contains("did you mean `mcp`?"), "{line}: {said}");
    }
}

#[test]
fn a_namespace_without_objects_and_one_that_may_not_be_looked_up_are_no_error() {
    for line in ["configmaps::list(#{ namespace: \"mcp\" })", "secrets::list(#{ namespace: \"mcp\" })"] {
        eval(line).code(0).stdout("[]\n").stderr("");
    }
    let ran = Mcpctl::of(["eval", "configmaps::list(#{ namespace: \"mpc\" })", "--sandbox", "--deny"]);
    ran.word("cluster: get namespaces").run().code(0).stderr("");
    let ran = Mcpctl::of(["eval", "configmaps::list(#{ namespace: \"mpc\" })", "--sandbox", "--deny"]);
    let ran = ran.word("cluster: list namespaces").run().code(1).says("no namespace `mpc`");
    assert!(!ran.stderr.contains("did you mean"), "{}", ran.stderr);
}

#[test]
fn names_of_parameters_are_checked_where_a_script_filters_by_itself() {
    let script = "//! x\nconst PARAMS = [#{ name: \"keep\", help: \"x\", kind: \"KIND\" }];\n\
                  fn main(args) { pods::list(#{ all_namespaces: true }).filter(|pod| pod.KIND != args.keep).len() }";
    let run = |kind: &str, name: &str| {
        let script = script.replace("KIND", kind);
        Mcpctl::of(["run", "keep.rhai", name, "--sandbox"]).file("keep.rhai", &script).run()
    };
    run("namespace", "mpc").code(1).says("no namespace `mpc`").says("did you mean `mcp`?").stdout("");
    run("namespace", "mcp").code(0).stderr("");
    run("server", "tmie").code(0).says("warning: no server `tmie` has pods here").says("did you mean `time`?");
    run("server", "time").code(0).stderr("");
    let nothing =
        "//! x\nconst PARAMS = [#{ name: \"keep\", help: \"x\", kind: \"namespace\" }];\nfn main(args) { args.keep }";
    Mcpctl::of(["run", "keep.rhai", "mpc"]).file("keep.rhai", nothing).run().code(0).stdout("mpc\n");
}

#[test]
fn a_slip_in_a_status_is_an_error() {
    for (slip, near) in [
        ("Runing", "Running"),
        ("Completd", "Completed"),
        ("CrashLoopBackof", "CrashLoopBackOff"),
        ("Pendin", "Pending"),
    ] {
        let script = format!("pods::list(#{{ status: \"{slip}\" }})");
        eval(&script).code(1).says(&format!("no status `{slip}`")).says(&format!("did you mean `{near}`?"));
    }
    eval("pods::list(#{ status: \"Init:0/1\" })").code(0).stderr("");
    eval("pods::list(#{ status: \"running\" }).len() > 0").code(0).stdout("true\n").stderr("");
    eval("pods::list(#{ status: \"Quux\" })").code(0).says("warning: kubectl knows no status `Quux`");
}

#[test]
fn a_server_or_session_that_is_nearly_one_is_named() {
    eval("pods::list(#{ server: \"grafna\" })").code(0).says("no server `grafna`").says("did you mean `grafana`?");
    Mcpctl::new("stale 1s --server tmie --yes --sandbox").run().says("no server `tmie`");
    eval("pods::list(#{ server: \"time\" })").code(0).stderr("");
    for id in ["0c11d2e3", "47b910ca", "gateway-8f2d6b19"] {
        let ran = eval(&format!("pods::list(#{{ session: \"{id}\" }})")).code(1).says(&format!("no session `{id}`"));
        assert!(ran.stderr.contains("did you mean `mcp-gateway-"), "{}", ran.stderr);
    }
    eval("pods::list(#{ session: \"mcp-gateway-ended\" })").code(0).stderr("");
}
