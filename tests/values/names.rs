//! Names that cannot be right: they find nothing, which is not silent.

use crate::program::Mcpctl;

fn eval(script: &str) -> crate::program::Ran {
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
        // `status` asks for the namespace itself only, which a Role without `list namespaces` allows
        let is_listed = name != "status";
        assert!(!is_listed || ran.stderr.contains("did you mean `mcp`?"), "{name}: {}", ran.stderr);
    }
    for script in ["pods::list(#{ namespace: \"mpc\" })", "pods::sessions(#{ namespace: \"mpc\" })"] {
        eval(script).code(1).says("no namespace `mpc`").says("did you mean `mcp`?");
    }
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
