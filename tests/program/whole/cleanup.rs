//! Listing and cleaning up, in the sandbox's demo world: 12 pods of 6 sessions in two namespaces, one of them stuck,
//! and one that no gateway made although it has a session's label.

use serde_json::Value;

use crate::support::program::{Mcpctl, Ran};

/// A command on a world that later commands see.
fn step(line: &str, earlier: Option<Ran>) -> Ran {
    let run = Mcpctl::new(line).env("MCPCTL_SANDBOX", "world.json");
    match earlier {
        Some(earlier) => run.after(earlier).run(),
        None => run.run(),
    }
}

fn names(ran: &Ran) -> Vec<String> {
    let name = |pod: &Value| pod["name"].as_str().unwrap().to_owned();
    ran.json().as_array().unwrap().iter().map(name).collect()
}

/// The pod that must survive everything.
fn unmanaged(ran: Ran) -> Ran {
    let all = step("eval pods::list(#{any:true,all_namespaces:true}) -o json", Some(ran)).code(0);
    let foreign = all.json().as_array().unwrap().iter().filter(|pod| pod["managed"] == false).count();
    assert_eq!(foreign, 1, "{}", all.stdout);
    all
}

#[test]
fn list_gives_the_documented_fields() {
    let ran = step("list -o json", None).code(0);
    for pod in ran.json().as_array().unwrap() {
        for field in ["name", "namespace", "server", "session", "status"] {
            assert!(pod[field].is_string(), "{field}: {pod}");
        }
        assert!(pod["age"].is_u64(), "{pod}");
    }
    assert_eq!(names(&ran).len(), 9);
    step("list -A", Some(ran)).code(0).gives("NAMESPACE").says("12 pods in 6 sessions, all namespaces");
    step("list mcp", None).code(0).says("3 pods in 2 sessions, namespace mcp, sandbox context sandbox");
    step("list -n mcp -o name", None).code(0).gives("pod/mcp-");
    step("list nowhere", None).code(1).stdout("").says("no namespace `nowhere`");
    step("list nowhere -o json", None).code(1).stdout("");
    step("list -o wide", None).code(0).gives("couldn't find key grafana.api_key in Secret");
    step("list -l app.kubernetes.io/name=time -o json", None).code(0);
}

#[test]
fn nothing_is_deleted_without_a_yes() {
    let ran = step("stale 1d", None).code(1).says("refusing to delete 5 pods without a confirmation");
    let ran = ran.says("hint: look with `mcpctl stale 1d --dry-run`, then repeat with `--yes`");
    let ran = step("list -o json", Some(ran)).code(0);
    assert_eq!(names(&ran).len(), 9);
}

#[test]
fn a_dry_run_plans_what_the_real_run_does() {
    // the first command makes the world, which the plan and the real run then share
    let world = step("list", None).code(0);
    let plan = step("stale 1d --dry-run -o json", Some(world)).code(0);
    let planned: Vec<String> =
        plan.json().as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap().to_owned()).collect();
    assert_eq!(planned.len(), 5);
    let done = step("stale 1d --yes --wait -o json", Some(plan)).code(0);
    assert_eq!(names(&done), planned);
    for deletion in done.json().as_array().unwrap() {
        assert_eq!(deletion["result"], "deleted");
        assert!(deletion["namespace"].is_string() && deletion["reason"].is_string());
    }
    let again = step("stale 1d --yes", Some(done)).code(0).stdout("").says("no pods older than 1d");
    unmanaged(again);
}

#[test]
fn session_takes_one_session_and_leaves_what_no_gateway_made() {
    let ran = step("session mcp-gateway-0c11d2e3 --yes --wait", None).code(0).says("3 deleted");
    let ran = step("list -o json", Some(ran)).code(0);
    assert_eq!(names(&ran).len(), 6);
    unmanaged(ran);
}

#[test]
fn an_id_that_is_none_is_refused() {
    for id in ["a,b", "x=y", "!x"] {
        let run = Mcpctl::of(["session", id, "--yes"]).env("MCPCTL_SANDBOX", "world.json").run();
        assert!(run.code == 2, "{id}: {} {}", run.stdout, run.stderr);
        assert!(run.stderr.contains("session"), "{}", run.stderr);
    }
    Mcpctl::of(["session", "", "--yes", "--sandbox"]).run().code(1).says("is an empty text");
}

#[test]
fn ages_without_a_unit_and_below_zero_are_refused() {
    for age in ["24", "0h", "-1h", "5M", "1y", "soon"] {
        let run = Mcpctl::of(["stale", age, "--yes", "--sandbox"]).run();
        assert_ne!(run.code, 0, "{age}: {}", run.stderr);
        assert!(run.stdout.is_empty(), "{age}: {}", run.stdout);
    }
}

#[test]
fn cleanup_takes_idle_sessions_and_running_ones_only_when_told() {
    let ran =
        step("cleanup --yes --wait", None).code(0).says("kept 1 idle session with a running pod").says("2 deleted");
    let ran = step("cleanup --yes", Some(ran)).code(0).says("no idle sessions");
    let ran = step("cleanup --running --yes --wait", Some(ran)).code(0).says("3 deleted");
    unmanaged(ran);
}

#[test]
fn an_unmanaged_pod_is_refused_even_by_name() {
    let all = step("eval pods::list(#{any:true}).filter(|p|!p.managed).map(|p|p.name)[0]", None).code(0);
    let name = all.stdout.trim().to_owned();
    let run = Mcpctl::of(["eval", &format!("pods::delete(\"{name}\")"), "--yes"]).env("MCPCTL_SANDBOX", "world.json");
    let ran = run.after(all).run().code(1).says("refusing to delete pods that the gateway did not make");
    unmanaged(ran);
}

#[test]
fn read_only_refuses_before_anything_is_asked() {
    Mcpctl::new("stale 1d --yes --read-only --sandbox").run().code(1).says("`--read-only` is set").stdout("");
}
