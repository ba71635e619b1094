//! Settings of a server in the catalog that the gateway's Kubernetes mode ignores.

use serde_json::Value;

use super::super::catalog::fields::unknown;
use super::super::catalog::server::scalar;
use super::super::catalog::{Server, ServerKind};
use super::super::keys::clean;
use super::super::requirements::requirements;
use super::super::unreachable;

/// One line for each thing that has no effect.
pub(super) fn notes(server: &Server) -> Vec<String> {
    let mut notes = Vec::new();
    match server.kind {
        ServerKind::Remote => {
            notes.push("it is remote: the gateway calls it by its address and starts no pod".to_owned());
            if !server.secrets.is_empty() {
                let names: Vec<String> =
                    server.secrets.iter().map(|secret| format!("`{}`", clean(&secret.name))).collect();
                notes.push(format!(
                    "the gateway takes a remote server's secrets from Docker's secret store, not from the cluster: set {} there with `docker mcp secret set`",
                    names.join(", ")
                ));
            }
            if server.oauth {
                notes.push("it signs in by OAuth, which needs Docker Desktop".to_owned());
            }
        }
        ServerKind::Poci => notes.push("each of its tools is a separate image: each call starts a pod".to_owned()),
        ServerKind::Server => {}
    }
    if !server.allow_hosts.is_empty() {
        let hosts: Vec<String> = server.allow_hosts.iter().map(|host| clean(host)).collect();
        notes.push(format!("allowHosts is ignored on Kubernetes: {}", hosts.join(", ")));
    }
    let extra: Vec<String> = texts(server, "extraHosts").iter().map(|host| clean(host)).collect();
    if !extra.is_empty() {
        notes.push(format!(
            "extraHosts is ignored on Kubernetes: {}; use a name that the cluster resolves",
            extra.join(", ")
        ));
    }
    if server.disable_network {
        notes.push("disableNetwork is ignored on Kubernetes".to_owned());
    }
    if !server.volumes.is_empty() {
        notes.push("volumes are ignored on Kubernetes: the gateway gives its pods none".to_owned());
    }
    if !server.user.is_empty() {
        notes.push("user is ignored on Kubernetes".to_owned());
    }
    let unknown = unknown(&server.raw);
    if !unknown.is_empty() {
        let fields = if unknown.len() == 1 { "unknown field" } else { "unknown fields" };
        notes.push(format!("{fields} {}, without effect", unknown.join(", ")));
    }
    if let [program, verb, ..] = server.command.as_slice()
        && let Some(engine) =
            ["docker", "podman", "nerdctl"].iter().find(|engine| program.rsplit('/').next() == Some(engine))
        && ["run", "container", "exec", "compose"].contains(&verb.as_str())
    {
        notes.push(format!(
            "its command is `{engine} {verb} …`: the gateway starts the image itself, so leave only the arguments after the image's name"
        ));
    }
    notes.extend(unreachable::fixed(server));
    notes.extend(requirements(server).remarks);
    notes
}

/// A list of strings without a field in the type.
fn texts(server: &Server, field: &str) -> Vec<String> {
    server.raw.get(field).and_then(Value::as_array).into_iter().flatten().map(scalar).collect()
}
