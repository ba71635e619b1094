//! The demo world: what a namespace looks like some days after people began to use the gateway.

use std::time::Duration;

use jiff::Timestamp;
use kube_sandbox::{NODE, Sandbox, container_status, pod_status, rfc3339};
use serde_json::{Value, json};

/// The demo catalog, in the legacy shape: real servers, described in our own words.
pub const CATALOG: &str = include_str!("demo/catalog.yaml");

/// The images that are present at first.
const IMAGES: [&str; 4] = ["alpine:3.22.1", "mcp/fetch", "mcp/grafana", "mcp/time"];

/// The ConfigMap that every pod of a gateway gets its variables from.
const CONFIG: &str = "mcp-gateway-config";

/// The Secret that the stuck pod asks, and that lacks its key.
const STUCK_SECRET: &str = "team-secrets";

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A pod that a gateway created.
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
    /// In CreateContainerConfigError, because this key is missing.
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

/// The demo world: pods of several sessions, minutes to days old, one of which cannot start.
#[must_use]
pub fn demo() -> Sandbox {
    let sandbox = Sandbox::new();
    let now = sandbox.now();
    IMAGES.iter().for_each(|image| sandbox.images().add(image));
    for name in ["default", "kube-node-lease", "kube-public", "kube-system"] {
        add(&sandbox, "Namespace", "", name, json!({}), before(now, 30 * DAY));
    }
    add(&sandbox, "Namespace", "", "mcp", json!({}), before(now, 20 * DAY));
    let secret = json!({
        "metadata": {"labels": {"app.kubernetes.io/managed-by": "platform-team"}},
        "data": {"slack.bot_token": "eG94Yi1kZW1v"}, "type": "Opaque",
    });
    add(&sandbox, "Secret", "default", STUCK_SECRET, secret, before(now, 12 * DAY));
    for server in &SERVERS {
        let made = before(now, server.age);
        let name = format!("mcp-{}-{}", server.name, made.as_second());
        add(&sandbox, "Pod", server.namespace, &name, pod(server, made), made);
    }
    let made = before(now, 3 * DAY + 12 * HOUR);
    add(&sandbox, "Pod", "default", "debug-shell", unmanaged(made), made);
    sandbox
}

fn before(now: Timestamp, seconds: u64) -> Timestamp {
    now.checked_sub(Duration::from_secs(seconds)).unwrap_or(Timestamp::MIN)
}

fn add(sandbox: &Sandbox, kind: &str, namespace: &str, name: &str, mut object: Value, made: Timestamp) {
    object["kind"] = kind.into();
    object["metadata"]["name"] = name.into();
    object["metadata"]["namespace"] = namespace.into();
    object["metadata"]["creationTimestamp"] = rfc3339(made).into();
    // kinds and names are constants
    let _ = sandbox.insert(object);
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
    let status = pod_status(phase, ready, made, vec![container_status(&container, ready, &state)]);
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
            "nodeName": NODE,
        },
        "status": status,
    })
}

/// A pod that a user started by hand with a session's label: no command of mcpctl may change it.
fn unmanaged(made: Timestamp) -> Value {
    let container = json!({"name": "shell", "image": "alpine:3.22.1", "command": ["sleep", "infinity"]});
    let started = rfc3339(made);
    let state = json!({"running": {"startedAt": started}});
    let status = pod_status("Running", true, made, vec![container_status(&container, true, &state)]);
    json!({
        "metadata": {"labels": {
            "app.kubernetes.io/managed-by": "somebody",
            "mcp-gateway.docker.com/session": "mcp-gateway-0c11d2e3",
        }},
        "spec": {"containers": [container], "nodeName": NODE},
        "status": status,
    })
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::{Pod, Secret};
    use kube::api::{Api, ListParams, Patch, PatchParams};

    use super::*;

    #[tokio::test]
    async fn the_demo_has_what_a_rehearsal_needs() {
        let world = demo();
        let all: Api<Pod> = Api::all(world.client());
        let managed = ListParams::default().labels("app.kubernetes.io/managed-by=mcp-gateway");
        let listed = all.list(&managed).await.unwrap().items;
        let sessions: std::collections::BTreeSet<&str> = listed
            .iter()
            .map(|p| p.metadata.labels.as_ref().unwrap()["mcp-gateway.docker.com/session"].as_str())
            .collect();
        assert!(sessions.len() >= 4, "{sessions:?}");
        let stuck: Vec<&Pod> =
            listed.iter().filter(|pod| pod.status.as_ref().unwrap().phase.as_deref() == Some("Pending")).collect();
        assert_eq!(stuck.len(), 1);
        let waiting =
            stuck[0].status.clone().unwrap().container_statuses.unwrap()[0].state.clone().unwrap().waiting.unwrap();
        assert_eq!(waiting.reason.as_deref(), Some("CreateContainerConfigError"));
        assert_eq!(
            waiting.message.as_deref(),
            Some("couldn't find key grafana.api_key in Secret default/team-secrets")
        );
        let unmanaged = ListParams::default()
            .labels("app.kubernetes.io/managed-by!=mcp-gateway,mcp-gateway.docker.com/session=mcp-gateway-0c11d2e3");
        assert_eq!(all.list(&unmanaged).await.unwrap().items.len(), 1);
    }

    #[tokio::test]
    async fn the_stuck_pod_of_the_demo_starts_when_its_key_comes() {
        let world = demo();
        let secrets: Api<Secret> = Api::default_namespaced(world.client());
        let data = json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "team-secrets"}, "data": {"grafana.api_key": "eA=="},
        });
        secrets.patch("team-secrets", &PatchParams::apply("m"), &Patch::Apply(data)).await.unwrap();
        world.advance(Duration::from_secs(1));
        let pods: Api<Pod> = Api::default_namespaced(world.client());
        let pending = ListParams::default().fields("status.phase=Pending");
        assert!(pods.list(&pending).await.unwrap().items.is_empty());
    }

    #[test]
    fn the_demo_catalog_is_yaml_of_the_legacy_shape() {
        let catalog: Value = serde_saphyr::from_str(CATALOG).unwrap();
        let servers = catalog["registry"].as_object().unwrap();
        for name in
            ["apify-mcp-server", "fetch", "filesystem", "firewalla-mcp-server", "github-official", "grafana", "time"]
        {
            assert!(servers.contains_key(name), "{name}");
        }
    }
}
