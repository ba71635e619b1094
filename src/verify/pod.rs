//! The pod of a verification: what the gateway would make of the derived catalog, with an end of its own.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::cluster::pods::{GATEWAY, INSTANCE, LIFETIME, MANAGED_BY, SERVER, SESSION};
use crate::provision::catalog::Server;
use crate::provision::keys::secret_key;

/// How much longer than its verification a pod runs, if nobody removes it: a killed mcpctl leaves nothing running.
const SPARE: Duration = Duration::from_secs(15);
/// How long after the time of its verification nobody can have any use for a pod: its last lines are read by then.
const AFTERWARDS: Duration = Duration::from_secs(60);
/// Seconds that the gateway gives a server to end.
const GRACE: u32 = 5;
/// The longest part of a pod's name that is the server's; a host name has 63 letters at most.
const LONGEST_NAME: usize = 40;

/// What all pods of one verification have in common.
#[derive(Debug, Clone)]
pub(super) struct Frame<'a> {
    /// The session id, of the gateway's shape.
    pub(super) session: &'a str,
    /// Name of the ConfigMap.
    pub(super) config_name: &'a str,
    /// Name of the Secret.
    pub(super) secret_name: &'a str,
    /// How long the verification may take.
    pub(super) timeout: Duration,
}

/// A session id like those of the gateway.
pub(super) fn session() -> String {
    format!("{GATEWAY}-{:08x}", fastrand::u32(..))
}

/// A pod's name as the gateway makes it, and a few letters more: two runs in one second do not meet.
pub(super) fn name(server: &str, now: Timestamp) -> String {
    let letters = server.to_ascii_lowercase();
    let letters: String = letters.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let mut letters: &str = letters.trim_matches('-');
    letters = &letters[..letters.len().min(LONGEST_NAME)];
    format!("mcp-{}-{}-{:03x}", letters.trim_end_matches('-'), now.as_second(), fastrand::u16(..0x1000))
}

/// Seconds after which the cluster itself ends the pod: from the moment on in which a node has taken it.
pub(super) fn deadline(timeout: Duration) -> u64 {
    (timeout + SPARE).as_secs()
}

/// Seconds after which the pod counts as left behind, whether a node has taken it or not.
fn lifetime(timeout: Duration) -> u64 {
    (timeout + AFTERWARDS).as_secs()
}

/// The pod of a server, whose entry is that of the derived catalog.
pub(super) fn document(server: &Server, name: &str, frame: &Frame<'_>) -> Value {
    let literals = server.env.iter().map(|entry| json!({ "name": entry.name, "value": entry.value }));
    let secrets = server.secrets.iter().map(|entry| {
        let key = json!({ "name": frame.secret_name, "key": secret_key(&entry.name) });
        json!({ "name": entry.env, "valueFrom": { "secretKeyRef": key } })
    });
    let mut container = json!({
        "name": "mcp",
        "image": server.image,
        "imagePullPolicy": "IfNotPresent",
        "stdin": true,
        // with the attachment's end the server's stdin ends, too
        "stdinOnce": true,
        "envFrom": [{ "configMapRef": { "name": frame.config_name } }],
        "env": literals.chain(secrets).collect::<Vec<Value>>(),
        "securityContext": { "allowPrivilegeEscalation": false },
    });
    if !server.command.is_empty() {
        container["args"] = server.command.as_slice().into();
    }
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "labels": {
                "app": "mcp-server",
                "server": server.name,
                "runtime": "kubernetes",
                MANAGED_BY: GATEWAY,
                INSTANCE: frame.session,
                "app.kubernetes.io/component": "mcp-server",
                SERVER: server.name,
                SESSION: frame.session,
                LIFETIME: lifetime(frame.timeout).to_string(),
            },
        },
        "spec": {
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": GRACE,
            "activeDeadlineSeconds": deadline(frame.timeout),
            "securityContext": { "seccompProfile": { "type": "RuntimeDefault" } },
            "containers": [container],
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(entry: &Value) -> Server {
        Server::read("My.Server_1", entry.as_object().unwrap().clone())
    }

    #[test]
    fn a_name_is_one_that_a_pod_can_have() {
        let now = Timestamp::from_second(1_795_408_794).unwrap();
        for name in [name("My.Server_1-", now), name("___", now), name(&"x".repeat(100), now)] {
            assert!(crate::cluster::names::check_name("pod", &name).is_ok() && name.len() <= 63, "{name}");
        }
        assert!(name("grafana", now).starts_with("mcp-grafana-1795408794-"));
        assert!(session().starts_with("mcp-gateway-") && session().len() == 20);
    }

    #[test]
    fn the_pod_has_the_gateways_labels_and_references_instead_of_values() {
        let server = server(&json!({
            "image": "mcp/x",
            "command": ["--key", "$(TOKEN)"],
            "env": [{"name": "MODE", "value": "stdio"}],
            "secrets": [{"name": "x.to ken", "env": "TOKEN"}],
        }));
        let frame = Frame { session: "s", config_name: "c", secret_name: "k", timeout: Duration::from_millis(20_500) };
        let pod = document(&server, "n", &frame);
        let labels = &pod["metadata"]["labels"];
        assert_eq!(
            (&labels[MANAGED_BY], &labels[SESSION], &labels[INSTANCE]),
            (&json!(GATEWAY), &json!("s"), &json!("s"))
        );
        assert_eq!((&pod["spec"]["activeDeadlineSeconds"], &labels[LIFETIME]), (&json!(35), &json!("80")));
        assert_eq!(
            (&pod["spec"]["restartPolicy"], &pod["spec"]["terminationGracePeriodSeconds"]),
            (&json!("Never"), &json!(5))
        );
        let container = &pod["spec"]["containers"][0];
        assert_eq!(container["args"], json!(["--key", "$(TOKEN)"]));
        assert_eq!(
            container["env"],
            json!([
                {"name": "MODE", "value": "stdio"},
                {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "k", "key": "x.to___ken"}}},
            ])
        );
        assert_eq!(container["envFrom"], json!([{"configMapRef": {"name": "c"}}]));
    }
}
