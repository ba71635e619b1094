//! The commands of the matrix, and what there is before each of them.

use std::path::Path;

use kube_sandbox::Sandbox;
use mcpctl::cluster::pods::{GATEWAY, INSTANCE, MANAGED_BY, SERVER, SESSION};
use serde_json::{Value, json};
use tokio::runtime::Handle;

use super::runner;

/// Never to be seen in any output.
pub(super) const CANARY: &str = "canary-key-of-the-matrix";

/// One command line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Command {
    pub(super) script: &'static str,
    pub(super) words: &'static [&'static str],
    pub(super) input: &'static str,
}

impl Command {
    pub(super) const fn new(script: &'static str, words: &'static [&'static str]) -> Self {
        Self { script, words, input: "" }
    }

    pub(super) const fn input(mut self, input: &'static str) -> Self {
        self.input = input;
        self
    }
}

/// A command with what there is before it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scene {
    pub(super) command: Command,
    /// Runs before it, in the same folder; `true`: in the same world, else in another one.
    pub(super) before: &'static [(Command, bool)],
    /// More pods, for lists of several pages.
    pub(super) crowd: usize,
    /// The exit code when nothing goes wrong.
    pub(super) code: u8,
    /// It tries for as long as a fault stays, until Ctrl-C.
    pub(super) endless: bool,
}

impl Scene {
    pub(super) const fn of(command: Command) -> Self {
        Self { command, before: &[], crowd: 0, code: 0, endless: false }
    }

    pub(super) const fn after(mut self, before: &'static [(Command, bool)]) -> Self {
        self.before = before;
        self
    }

    pub(super) const fn crowd(mut self, pods: usize) -> Self {
        self.crowd = pods;
        self
    }

    pub(super) const fn ends_with(mut self, code: u8) -> Self {
        self.code = code;
        self
    }

    pub(super) const fn endless(mut self) -> Self {
        self.endless = true;
        self
    }

    /// Sets the scene.
    pub(super) fn set(&self, runtime: &Handle, folder: &Path) -> Sandbox {
        std::fs::write(folder.join("key.txt"), CANARY).unwrap();
        let world = populated(self.crowd);
        for (command, here) in self.before {
            let elsewhere = Sandbox::new();
            let ran = runner::run(runtime, if *here { &world } else { &elsewhere }, folder, command, &[]);
            assert_eq!(ran.code, 0, "{command:?}:\n{}", ran.stderr);
        }
        world
    }
}

/// Two sessions whose pods are older than a day, one whose pod is two hours younger than that, pods that are not to
/// be touched, and a ConfigMap and a Secret of somebody else.
fn populated(crowd: usize) -> Sandbox {
    let world = Sandbox::new();
    let hours = [("old", 25), ("old", 26), ("old", 27), ("older", 90), ("young", 22)];
    for (number, (session, age)) in hours.into_iter().enumerate() {
        add_pod(&world, &format!("mcp-{session}-{number}"), session, age, GATEWAY);
    }
    add_pod(&world, "foreign", "old", 90, "somebody");
    // it has read the ConfigMap, and the Secret, of `provision`
    add(&world, "mcp-holder", "young", 1, |pod| {
        pod["spec"]["containers"][0]["envFrom"] = json!([{"configMapRef": {"name": "mcp-gateway-config"}}]);
    });
    add(&world, "mcp-done", "done", 2, |pod| {
        let born = pod["metadata"]["creationTimestamp"].clone();
        pod["status"] = json!({"phase": "Succeeded", "containerStatuses": [{
            "name": "mcp", "image": "mcp/time", "ready": false, "restartCount": 0,
            "state": {"terminated": {"exitCode": 0, "reason": "Completed", "startedAt": born, "finishedAt": born}},
        }]});
    });
    for number in 0..crowd {
        add_pod(&world, &format!("crowd-{number:04}"), "young", 1, GATEWAY);
    }
    for kind in ["ConfigMap", "Secret"] {
        let metadata = json!({"name": "of-others", "namespace": "default"});
        world.insert(json!({"kind": kind, "metadata": metadata, "data": {"key": "dmFsdWU="}})).unwrap();
    }
    world
}

fn add_pod(world: &Sandbox, name: &str, session: &str, hours: i64, manager: &str) {
    add(world, name, session, hours, |pod| pod["metadata"]["labels"][MANAGED_BY] = manager.into());
}

fn add(world: &Sandbox, name: &str, session: &str, hours: i64, differ: impl FnOnce(&mut Value)) {
    let born = (world.now() - jiff::SignedDuration::from_hours(hours)).strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let running = json!({"running": {"startedAt": born}});
    let mut pod = json!({
        "kind": "Pod",
        "metadata": {
            "name": name, "namespace": "default", "creationTimestamp": born,
            "labels": {MANAGED_BY: GATEWAY, INSTANCE: session, SESSION: session, SERVER: "time"},
        },
        "spec": {"containers": [{"name": "mcp", "image": "mcp/time"}], "nodeName": "sandbox-node"},
        "status": {"phase": "Running", "containerStatuses": [
            {"name": "mcp", "image": "mcp/time", "state": running, "ready": true, "restartCount": 0},
        ]},
    });
    differ(&mut pod);
    world.insert(pod).unwrap();
}
