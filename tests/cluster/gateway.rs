//! A gateway on the real server that dies: the pods of its session go, those of others stay.

use std::path::Path;
use std::time::{Duration, Instant};

use mcpctl::gateway::command::NEEDED_FLAGS;
use serde_json::{Value, json};

use super::pod::{SESSION, gateway_pod};
use crate::support::cluster_namespace::Place;

/// Waits for the test's word, then is gone without a word of its own.
const DIES: &str = "while [ ! -e \"$STUB/go\" ]; do sleep 0.05; done; kill -9 $$";

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn one_that_is_killed_leaves_no_pod_of_its_session() {
    let place = Place::new("gateway");
    let stub = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| std::fs::write(stub.path().join(name), text).unwrap();
    put("help", &NEEDED_FLAGS.join("\n"));
    put("features", "  kubernetes-provisioning enabled\n");
    put("does", DIES);
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts/gateway/bin");
    let path = std::env::var_os("PATH").unwrap();
    let path = std::env::join_paths(std::iter::once(own).chain(std::env::split_paths(&path))).unwrap();
    place.create("pods", &gateway_pod("mcp-time-1", "time", SESSION));
    let run = place
        .mcpctl("gateway prod")
        .file("prod-catalog.yaml", "registry: {time: {image: mcp/time}}\n")
        .file("prod-secret-names.env", "")
        .env("STUB", stub.path().display().to_string())
        .env("PATH", path.to_str().unwrap());
    let mut child = run.start();
    let deadline = Instant::now() + Duration::from_secs(60);
    while !stub.path().join("argv").exists() {
        assert!(child.try_wait().unwrap().is_none() && Instant::now() < deadline, "it was not started");
        std::thread::sleep(Duration::from_millis(20));
    }
    let catalog = std::fs::read_to_string(stub.path().join("catalog")).unwrap();
    let catalog: Value = serde_saphyr::from_str(&catalog).unwrap();
    let mut made = gateway_pod("mcp-time-2", "time", "mcp-gateway-e2e0000a");
    made["spec"]["containers"][0]["env"] = catalog["registry"]["time"]["env"].clone();
    let mut other = gateway_pod("mcp-time-3", "time", "mcp-gateway-e2e0000b");
    other["spec"]["containers"][0]["env"] = json!([{"name": "MCPCTL_GATEWAY_RUN", "value": "another run"}]);
    place.create_all("pods", &[made, other]);
    put("go", "");
    let ran = run.end_of(child).code(137);
    ran.says("the gateway left a pod of its session mcp-gateway-e2e0000a behind; removed mcp-time-2");
    place.until("pods/mcp-time-2", |answer| answer.code == 404);
    assert_eq!(place.names("pods"), ["mcp-time-1", "mcp-time-3"]);
}
