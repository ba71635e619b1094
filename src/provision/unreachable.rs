//! Addresses that mean another machine in a pod than they do on the machine where Docker runs: the pod itself, or none.

use std::net::Ipv4Addr;

use super::catalog::{Server, ServerKind};
use super::expansion::env_texts;
use super::keys::clean;

/// The names and what they mean in a pod.
const NAMES: [(&str, bool); 15] = [
    ("localhost", true),
    ("localhost.localdomain", true),
    ("ip6-localhost", true),
    ("127.0.0.1", true),
    ("[::1]", true),
    ("host.docker.internal", false),
    ("gateway.docker.internal", false),
    ("kubernetes.docker.internal", false),
    ("host.containers.internal", false),
    ("host.minikube.internal", false),
    ("host.k3d.internal", false),
    ("host.lima.internal", false),
    ("host.orb.internal", false),
    ("host.rancher-desktop.internal", false),
    ("docker.for.mac.host.internal", false),
];

/// The network of all addresses of this machine.
const LOOPBACK: &str = "127.0.0.0/8";

/// Words before an address that say that the server listens there itself, which works in a pod.
const LISTENING: [&str; 4] = ["listen", "bind", "allowed", "origin"];

/// The first address in a value that cannot work from a pod, as it is written in the message.
#[must_use]
pub fn address(value: &str) -> Option<&'static str> {
    let lower = value.to_ascii_lowercase();
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    let stands_alone = |name: &str| {
        lower.match_indices(name).any(|(at, _)| {
            let before = lower[..at].chars().next_back();
            let mut after = lower[at + name.len()..].chars();
            let is_longer_before = before.is_some_and(|letter| is_part(letter) || letter == '.');
            let is_longer_after = match after.next() {
                Some('.') => after.next().is_some_and(is_part),
                Some(letter) => is_part(letter),
                None => false,
            };
            !is_longer_before && !is_longer_after
        })
    };
    NAMES
        .iter()
        .map(|(name, _)| *name)
        .find(|name| stands_alone(name))
        .or_else(|| (lower.trim() == "::1").then_some("::1"))
        .or_else(|| has_loopback(&lower).then_some(LOOPBACK))
}

/// Whether a value contains one of the other addresses of this machine, such as `127.0.1.1`.
fn has_loopback(value: &str) -> bool {
    let words = value.split(|letter: char| !letter.is_ascii_alphanumeric() && !matches!(letter, '.' | '-' | '_'));
    words.filter_map(|word| word.parse::<Ipv4Addr>().ok()).any(|address| address.is_loopback())
}

/// The warning about a value with such an address: `what` names the place, never the value.
#[must_use]
pub fn warning(what: &str, address: &str) -> String {
    let is_own = NAMES.iter().find(|(name, _)| *name == address).is_none_or(|(_, is_own)| *is_own);
    if is_own {
        format!(
            "{what} names `{address}`, which in a pod is the pod itself: use the name of a Service, or an address that the cluster reaches"
        )
    } else {
        format!(
            "{what} names `{address}`, which only Docker resolves: use the name of a Service, or an address that the cluster reaches"
        )
    }
}

/// The warning about a secret with such an address: the address is a part of the secret, so it is not shown.
#[must_use]
pub fn warning_of_secret(key: &str) -> String {
    format!(
        "`{key}` contains an address such as `localhost`, which in a pod is not this machine: use the name of a Service, or an address that the cluster reaches"
    )
}

/// Whether the name of a value says that the server listens there, or accepts requests from there.
#[must_use]
pub fn is_listening(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    LISTENING.iter().any(|word| name.contains(word))
}

/// What the fixed variables and arguments of a server name that cannot work from its pod.
#[must_use]
pub fn fixed(server: &Server) -> Vec<String> {
    if server.kind == ServerKind::Remote {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (entry, text) in server.env.iter().zip(env_texts(server)).filter(|(entry, _)| !is_listening(&entry.name)) {
        if let Some(address) = address(&text.plain_text()) {
            found.push(warning(&format!("its variable `{}`", clean(&entry.name)), address));
        }
    }
    let mut before = "";
    for argument in &server.command {
        let name = argument.split('=').next().unwrap_or_default();
        if let Some(address) = address(argument)
            && !is_listening(before)
            && !is_listening(name)
        {
            found.push(warning("its command", address));
        }
        before = argument;
    }
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn addresses_of_the_machine_are_found_as_whole_names() {
        for (value, found) in [
            ("localhost", Some("localhost")),
            ("http://localhost:3000/x", Some("localhost")),
            ("postgres://u:p@LOCALHOST/db", Some("localhost")),
            ("127.0.0.1:6379", Some("127.0.0.1")),
            ("redis://[::1]:6379", Some("[::1]")),
            ("::1", Some("::1")),
            ("a,host.docker.internal:80", Some("host.docker.internal")),
            ("http://host.containers.internal", Some("host.containers.internal")),
            ("http://localhost.", Some("localhost")),
            ("localhost.example.com", None),
            ("mylocalhost", None),
            ("not-localhost", None),
            ("localhost-2", None),
            ("10.127.0.0.1", None),
            ("http://127.0.1.1:80", Some("127.0.0.0/8")),
            ("127.0.0.10", Some("127.0.0.0/8")),
            ("localhost.localdomain:5432", Some("localhost.localdomain")),
            ("http://host.lima.internal", Some("host.lima.internal")),
            ("127.0.0", None),
            ("1.127.0.0.1", None),
            ("0.0.0.0", None),
            ("x.host.docker.internal.example", None),
            ("http://grafana.monitoring:3000", None),
            ("", None),
        ] {
            assert_eq!(address(value), found, "{value}");
        }
    }

    #[test]
    fn fixed_values_and_arguments_are_reported_and_what_a_server_listens_on_is_not() {
        let entry = json!({"image": "i", "command": ["--db", "localhost:5432", "--listen", "127.0.0.1", "--bind=localhost"],
            "env": [{"name": "URL", "value": "http://host.docker.internal"}, {"name": "ALLOWED_HOSTS", "value": "localhost"},
                {"name": "LISTEN_ADDR", "value": "127.0.0.1:80"}, {"name": "T", "value": "{{s.x}}"}]});
        let server = Server::read("s", entry.as_object().unwrap().clone());
        let found = fixed(&server);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with("its variable `URL` names `host.docker.internal`"), "{found:?}");
        assert!(found[1].starts_with("its command names `localhost`"), "{found:?}");
    }
}
