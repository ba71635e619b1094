//! A mcpctl that is killed: its gateway works on, and what both leave behind is removed by the next run and by no other.

use std::process::Child;

use super::Machine;
use crate::support::program::{Mcpctl, Ran};

/// A gateway that logs for as long as it may, and says how often.
const LOGS: &str = "n=0; while [ ! -e \"$STUB/go\" ]; do n=$((n+1)); echo \"line $n of the log\" >&2 || exit 1; \
                    echo $n > \"$STUB/count.new\"; mv \"$STUB/count.new\" \"$STUB/count\"; sleep 0.05; done; touch \"$STUB/ended\"";

/// A run of mcpctl and its gateway, with the id that its pods have.
fn started(machine: &Machine) -> (Mcpctl, Child, String) {
    let run = machine.mcpctl("gateway prod");
    let mut child = run.start();
    machine.wait_for("count", &mut child);
    let catalog: serde_json::Value = serde_saphyr::from_str(&machine.read("catalog")).unwrap();
    let env = catalog["registry"]["grafana"]["env"].as_array().unwrap();
    let id = env.last().unwrap()["value"].as_str().unwrap().to_owned();
    (run, child, id)
}

fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Another run of the same user, whose gateway ends at once.
fn next(machine: &Machine) -> Ran {
    machine.put("does", "exit 0");
    machine.mcpctl("gateway prod").run().code(0)
}

/// Waits until something is so; a watchdog ends the test.
#[track_caller]
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..6_000 {
        if is_so() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("{what}");
}

#[test]
fn its_gateway_works_on_and_keeps_its_pods() {
    let machine = Machine::new(LOGS);
    let (_run, child, id) = started(&machine);
    machine.server.pod("mcp-time-1", "time", "mcp-gateway-0000000a", Some(&id));
    kill(child);
    let count = || machine.read("count").trim().parse::<u32>().unwrap_or_default();
    let before = count();
    // a pipe without a reader would have ended it by now
    until("the gateway logs no more", || count() > before + 3);
    let ran = next(&machine);
    assert!(!ran.stderr.contains("0000000a"), "{}", ran.stderr);
    assert_eq!(machine.server.pods(), ["mcp-time-1"]);
    let doctor = machine.mcpctl("doctor --timeout 30s").run();
    assert!(!doctor.stdout.contains("killed gateways"), "{}", doctor.stdout);
    machine.put("go", "");
    until("the gateway has not ended by itself", || machine.has("ended"));
}

#[test]
fn what_both_leave_is_removed_by_the_next_run_unless_it_may_be_anothers() {
    let machine = Machine::new(LOGS);
    let (_run, child, id) = started(&machine);
    let parts: Vec<&str> = id.split('-').collect();
    let [machine_id, user, process, start, number] = parts[..] else { panic!("{id}") };
    let other = |machine_id: &str, user: &str, process: &str, start: &str, number: &str| {
        [machine_id, user, process, start, number].join("-")
    };
    let another_user = (user.parse::<u32>().unwrap() + 1).to_string();
    for (session, server, id) in [
        ("mcp-gateway-0000000a", "time", Some(id.clone())),
        ("mcp-gateway-0000000a", "fetch", Some(id.clone())),
        ("mcp-gateway-00000001", "time", Some(other("0123456789abcdef", user, process, start, number))),
        ("mcp-gateway-00000002", "time", Some(other(machine_id, &another_user, process, start, number))),
        ("mcp-gateway-00000003", "time", Some(other(machine_id, user, "1", start, number))),
        ("mcp-gateway-00000004", "time", Some(other(machine_id, user, process, "1", number))),
        ("mcp-gateway-00000005", "time", Some(other(machine_id, user, process, start, "00000000"))),
        ("mcp-gateway-00000006", "time", Some("0123456789abcdef".to_owned())),
        ("mcp-gateway-00000007", "time", Some(format!("{id}-"))),
        ("mcp-gateway-00000008", "time", Some(format!("../{id}"))),
        ("mcp-gateway-00000009", "time", Some(String::new())),
        ("mcp-gateway-0000000b", "time", None),
    ] {
        machine.server.pod(&format!("{server}-{}", &session[12..]), server, session, id.as_deref());
    }
    // one of two pods of a session names another run, so it is not known whose the session is
    machine.server.pod("time-c1", "time", "mcp-gateway-0000000c", Some(&id));
    machine.server.pod("time-c2", "time", "mcp-gateway-0000000c", Some("another"));
    kill(child);
    machine.put("go", "");
    until("the gateway has not ended by itself", || machine.has("ended"));
    let all = machine.server.pods();
    // the gateway ends a moment after its last line
    until("doctor does not name the session", || {
        let doctor = machine.mcpctl("doctor --timeout 30s").run();
        doctor.stdout.contains("killed gateways") && doctor.stdout.contains("session `mcp-gateway-0000000a`")
    });
    let dry = machine.mcpctl("gateway prod --dry-run").run().code(0);
    dry.gives("fetch-0000000a");
    assert_eq!(machine.server.pods(), all, "neither doctor nor a dry run removes a pod");
    let ran = next(&machine).says("a gateway that was killed left pods of its session mcp-gateway-0000000a behind");
    let left: Vec<String> = all.into_iter().filter(|pod| !pod.ends_with("0000000a")).collect();
    assert_eq!(machine.server.pods(), left);
    assert!(!ran.stderr.contains("remove its pods?"), "{}", ran.stderr);
    let again = next(&machine);
    assert!(!again.stderr.contains("behind"), "{}", again.stderr);
}

#[test]
fn a_run_that_ends_leaves_no_lock() {
    let machine = Machine::new("exit 0");
    machine.mcpctl("gateway prod").run().code(0);
    let locks = machine.stub.path().join("state/mcpctl/gateway-runs");
    assert_eq!(locks.read_dir().unwrap().count(), 0);
    // without a place for one the gateway is started all the same
    std::fs::remove_dir(&locks).unwrap();
    std::fs::write(&locks, "").unwrap();
    machine.mcpctl("gateway prod").run().code(0);
}
