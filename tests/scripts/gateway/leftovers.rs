//! The pods of a gateway that died: those of its own session go, and no others.

use serde_json::Value;

use super::Machine;

/// Waits for the test's word, then dies.
const DIES: &str = "while [ ! -e \"$STUB/go\" ]; do sleep 0.05; done; exit 9";

/// The mark of the run that is under way.
fn mark(machine: &Machine) -> String {
    let catalog: Value = serde_saphyr::from_str(&machine.read("catalog")).unwrap();
    let env = catalog["registry"]["grafana"]["env"].as_array().unwrap();
    env.last().unwrap()["value"].as_str().unwrap().to_owned()
}

#[test]
fn the_pods_of_its_session_are_removed_and_no_others() {
    let machine = Machine::new(DIES);
    machine.server.pod("mcp-time-1", "time", "mcp-gateway-00000001", None);
    let run = machine.mcpctl("gateway prod");
    let mut child = run.start();
    machine.wait_for("argv", &mut child);
    // the file changes while the gateway runs: whatever is done after it must not go there
    std::fs::write(run.folder().join("kubeconfig"), "apiVersion: v1\nkind: Config\n").unwrap();
    let mark = mark(&machine);
    machine.server.pod("mcp-time-2", "time", "mcp-gateway-00000001", None);
    machine.server.pod("mcp-time-3", "time", "mcp-gateway-0000000a", Some(&mark));
    machine.server.pod("mcp-grafana-4", "grafana", "mcp-gateway-0000000a", Some(&mark));
    machine.server.pod("mcp-time-5", "time", "mcp-gateway-0000000b", Some("another run"));
    machine.server.pod("mcp-time-6", "time", "mcp-gateway-0000000c", None);
    machine.server.pod("mcp-fetch-7", "fetch", "mcp-gateway-0000000d", None);
    machine.put("go", "");
    let ran = run.end_of(child).code(9);
    let ran =
        ran.says("the gateway left pods of its session mcp-gateway-0000000a behind; removed mcp-grafana-4, mcp-time-3");
    let ran = ran.says("session mcp-gateway-0000000c appeared while the gateway ran (mcp-time-6)");
    assert!(!ran.stderr.contains("0000000b") && !ran.stderr.contains("0000000d"), "{}", ran.stderr);
    assert_eq!(machine.server.pods(), ["mcp-fetch-7", "mcp-time-1", "mcp-time-2", "mcp-time-5", "mcp-time-6"]);
}

#[test]
fn a_session_that_the_gateway_names_itself_is_its_own() {
    let machine = Machine::new(&format!("echo 'session mcp-gateway-0000000e' >&2; {DIES}"));
    let run = machine.mcpctl("gateway prod");
    let mut child = run.start();
    machine.wait_for("argv", &mut child);
    machine.server.pod("mcp-time-1", "time", "mcp-gateway-0000000e", None);
    machine.put("go", "");
    run.end_of(child).code(9).says("left a pod of its session mcp-gateway-0000000e behind; removed mcp-time-1");
    assert_eq!(machine.server.pods(), [""; 0]);
}
