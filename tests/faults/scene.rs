//! The commands of the matrix, and what there is before each of them.

use std::path::Path;
use std::sync::Arc;

use mcpctl::cluster::pods::{GATEWAY, INSTANCE, MANAGED_BY, SERVER, SESSION};
use mcpctl::sandbox::World;
use serde_json::json;
use tokio::runtime::Handle;

use super::play;

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
}

impl Scene {
    pub(super) const fn of(command: Command) -> Self {
        Self { command, before: &[], crowd: 0 }
    }

    pub(super) const fn after(mut self, before: &'static [(Command, bool)]) -> Self {
        self.before = before;
        self
    }

    pub(super) const fn crowd(mut self, pods: usize) -> Self {
        self.crowd = pods;
        self
    }

    /// Sets the scene.
    pub(super) fn set(&self, runtime: &Handle, folder: &Path) -> Arc<World> {
        std::fs::write(folder.join("key.txt"), CANARY).unwrap();
        let world = populated(self.crowd);
        for (command, here) in self.before {
            let elsewhere = World::empty();
            let ran = play::run(runtime, if *here { &world } else { &elsewhere }, folder, command, &[]);
            assert_eq!(ran.code, 0, "{command:?}:\n{}", ran.stderr);
        }
        world
    }
}

/// Two sessions whose pods are older than a day, one whose pod is two hours younger than that, pods that are not to
/// be touched, and a ConfigMap and a Secret of somebody else.
fn populated(crowd: usize) -> Arc<World> {
    let world = World::empty();
    let hours = [("old", 25), ("old", 26), ("old", 27), ("older", 90), ("young", 22)];
    for (number, (session, age)) in hours.into_iter().enumerate() {
        add_pod(&world, &format!("mcp-{session}-{number}"), session, age, GATEWAY);
    }
    add_pod(&world, "foreign", "old", 90, "somebody");
    for number in 0..crowd {
        add_pod(&world, &format!("crowd-{number:04}"), "young", 1, GATEWAY);
    }
    for kind in ["ConfigMap", "Secret"] {
        let metadata = json!({"name": "of-others", "namespace": "default"});
        world.insert(json!({"kind": kind, "metadata": metadata, "data": {"key": "dmFsdWU="}})).unwrap();
    }
    world
}

fn add_pod(world: &World, name: &str, session: &str, hours: i64, manager: &str) {
    let born = (world.now() - jiff::SignedDuration::from_hours(hours)).strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let running = json!({"running": {"startedAt": born}});
    world
        .insert(json!({
            "kind": "Pod",
            "metadata": {
                "name": name, "namespace": "default", "creationTimestamp": born,
                "labels": {MANAGED_BY: manager, INSTANCE: session, SESSION: session, SERVER: "time"},
            },
            "spec": {"containers": [{"name": "mcp", "image": "mcp/time"}], "nodeName": "sandbox-node"},
            "status": {"phase": "Running", "containerStatuses": [
                {"name": "mcp", "image": "mcp/time", "state": running, "ready": true, "restartCount": 0},
            ]},
        }))
        .unwrap();
}
