//! The demo world: what a namespace looks like some days after people began to use the gateway.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::clock::rfc3339;
use super::pod_lifecycle::{container_status, pod_status};
use super::store::{State, set_metadata};
use crate::sandbox::api::resource::{Key, Resource};

/// The demo catalog, in the legacy shape: real servers, described in our own words.
pub const CATALOG: &str = include_str!("demo/catalog.yaml");

/// Images that are there from the start.
pub(in crate::sandbox) const IMAGES: [&str; 4] = ["alpine:3.22.1", "mcp/fetch", "mcp/grafana", "mcp/time"];

/// The ConfigMap that every pod of a gateway gets its variables from.
const CONFIG: &str = "mcp-gateway-config";

/// The Secret that the stuck pod asks, and that lacks its key.
const STUCK_SECRET: &str = "team-secrets";

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A pod that a gateway made.
struct Server {
    namespace: &'static str,
    name: &'static str,
    session: &'static str,
    /// Seconds.
    age: u64,
    state: Life,
}

enum Life {
    Running,
    Succeeded,
    /// In CreateContainerConfigError, for want of this key.
    Stuck(&'static str),
}

const SERVERS: [Server; 12] = [
    server("default", "time", "mcp-gateway-0c11d2e3", 3 * DAY + 14 * HOUR, Life::Running),
    server("default", "fetch", "mcp-gateway-0c11d2e3", 3 * DAY + 13 * HOUR, Life::Running),
    server("default", "github-official", "mcp-gateway-0c11d2e3", 2 * DAY + 2 * HOUR, Life::Running),
    server("default", "fetch", "mcp-gateway-8f2d6b19", 26 * HOUR, Life::Succeeded),
    server("default", "filesystem", "mcp-gateway-8f2d6b19", 25 * HOUR, Life::Succeeded),
    server("default", "apify-mcp-server", "mcp-gateway-5e7701aa", 5 * HOUR, Life::Running),
    server("default", "time", "mcp-gateway-5e7701aa", 4 * HOUR, Life::Running),
    server("default", "time", "mcp-gateway-47b910ca", 4 * MINUTE, Life::Running),
    server("default", "grafana", "mcp-gateway-47b910ca", 3 * MINUTE, Life::Stuck("grafana.api_key")),
    server("mcp", "firewalla-mcp-server", "mcp-gateway-b3d90f54", 9 * DAY, Life::Running),
    server("mcp", "time", "mcp-gateway-b3d90f54", 9 * DAY, Life::Running),
    server("mcp", "fetch", "mcp-gateway-61c8e7d2", 40 * MINUTE, Life::Running),
];

const fn server(namespace: &'static str, name: &'static str, session: &'static str, age: u64, state: Life) -> Server {
    Server { namespace, name, session, age, state }
}

/// A cluster that was just made.
pub(in crate::sandbox) fn empty(now: Timestamp) -> State {
    let mut state = State::default();
    for name in ["default", "kube-node-lease", "kube-public", "kube-system"] {
        add(&mut state, Resource::Namespaces, "", name, json!({"metadata": {}}), now);
    }
    state
}

/// The demo world at a time.
pub(in crate::sandbox) fn state(now: Timestamp) -> State {
    let mut state = empty(before(now, 30 * DAY));
    add(&mut state, Resource::Namespaces, "", "mcp", json!({"metadata": {}}), before(now, 20 * DAY));
    let secret = json!({
        "metadata": {"labels": {"app.kubernetes.io/managed-by": "platform-team"}},
        "data": {"slack.bot_token": "eG94Yi1kZW1v"}, "type": "Opaque",
    });
    add(&mut state, Resource::Secrets, "default", STUCK_SECRET, secret, before(now, 12 * DAY));
    for server in &SERVERS {
        let made = before(now, server.age);
        let name = format!("mcp-{}-{}", server.name, made.as_second());
        add(&mut state, Resource::Pods, server.namespace, &name, pod(server, made), made);
    }
    let made = before(now, 3 * DAY + 12 * HOUR);
    add(&mut state, Resource::Pods, "default", "debug-shell", unmanaged(made), made);
    state
}

fn before(now: Timestamp, seconds: u64) -> Timestamp {
    now.checked_sub(Duration::from_secs(seconds)).unwrap_or(Timestamp::MIN)
}

fn add(state: &mut State, resource: Resource, namespace: &str, name: &str, mut object: Value, made: Timestamp) {
    set_metadata(&mut object, "creationTimestamp", rfc3339(made).into());
    state.seed(&Key::new(resource, namespace, name), object, made);
}

fn pod(server: &Server, made: Timestamp) -> Value {
    let image = match server.name {
        "github-official" => "ghcr.io/github/github-mcp-server".to_owned(),
        name => format!("mcp/{name}"),
    };
    let mut container = json!({"name": "mcp-server", "image": image, "stdin": true});
    // as gateways have it: every pod sees the ConfigMap, here also before there is one
    container["envFrom"] = json!([{"configMapRef": {"name": CONFIG, "optional": true}}]);
    if let Life::Stuck(key) = server.state {
        container["env"] = json!([{
            "name": "GRAFANA_API_KEY",
            "valueFrom": {"secretKeyRef": {"name": STUCK_SECRET, "key": key}},
        }]);
    }
    let started = rfc3339(made);
    let (phase, state) = match server.state {
        Life::Running => ("Running", json!({"running": {"startedAt": started}})),
        Life::Succeeded => (
            "Succeeded",
            json!({"terminated": {"exitCode": 0, "reason": "Completed", "startedAt": started, "finishedAt": started}}),
        ),
        Life::Stuck(key) => (
            "Pending",
            json!({"waiting": {
                "reason": "CreateContainerConfigError",
                "message": format!("couldn't find key {key} in Secret {}/{STUCK_SECRET}", server.namespace),
            }}),
        ),
    };
    let ready = phase == "Running";
    let status = pod_status(phase, ready, &started, vec![container_status(&container, ready, &state)]);
    json!({
        "metadata": {"labels": {
            "app": "mcp-server",
            "app.kubernetes.io/component": "mcp-server",
            "app.kubernetes.io/instance": server.session,
            "app.kubernetes.io/managed-by": "mcp-gateway",
            "app.kubernetes.io/name": server.name,
            "mcp-gateway.docker.com/session": server.session,
            "runtime": "kubernetes",
            "server": server.name,
        }},
        "spec": {
            "containers": [container], "restartPolicy": "Never", "terminationGracePeriodSeconds": 5,
            "nodeName": super::pod_lifecycle::NODE,
        },
        "status": status,
    })
}

/// A pod that somebody started by hand and that bears a session's label: no command of ours may touch it.
fn unmanaged(made: Timestamp) -> Value {
    let container = json!({"name": "shell", "image": "alpine:3.22.1", "command": ["sleep", "infinity"]});
    let started = rfc3339(made);
    let state = json!({"running": {"startedAt": started}});
    let status = pod_status("Running", true, &started, vec![container_status(&container, true, &state)]);
    json!({
        "metadata": {"labels": {
            "app.kubernetes.io/managed-by": "somebody",
            "mcp-gateway.docker.com/session": "mcp-gateway-0c11d2e3",
        }},
        "spec": {"containers": [container], "nodeName": super::pod_lifecycle::NODE},
        "status": status,
    })
}
