//! What a catalog says of a server and the gateway's Kubernetes mode does not do.

use super::super::catalog::{Server, ServerKind};
use super::super::keys::clean;

/// One line for each thing that has no effect.
pub(super) fn notes(server: &Server) -> Vec<String> {
    let mut notes = Vec::new();
    match server.kind {
        ServerKind::Remote => {
            notes.push("it is remote: the gateway calls it by its address and starts no pod".to_owned());
            if !server.secrets.is_empty() {
                notes.push(
                    "the gateway takes a remote server's secrets from Docker or its `--secrets` file, not from the cluster"
                        .to_owned(),
                );
            }
            if server.oauth {
                notes.push("it signs in by OAuth, which needs Docker Desktop".to_owned());
            }
        }
        ServerKind::Poci => notes.push("its tools are images of their own: each call starts a pod".to_owned()),
        ServerKind::Server => {}
    }
    if !server.allow_hosts.is_empty() {
        let hosts: Vec<String> = server.allow_hosts.iter().map(|host| clean(host)).collect();
        notes.push(format!("allowHosts is ignored on Kubernetes: {}", hosts.join(", ")));
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
    notes
}
