//! Pods grouped by the gateway session they belong to.

use std::collections::{BTreeMap, BTreeSet};

use super::Pod;

/// The pods of one session in one namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The namespace.
    pub namespace: String,
    /// The session id; empty for pods without one.
    pub session: String,
    /// How many pods it has.
    pub pods: usize,
    /// How many of them run.
    pub running: usize,
    /// How many of them have ended.
    pub finished: usize,
    /// Whether nobody has any use for it: each of its pods has ended, or is one of a verification that is over.
    pub over: bool,
    /// The MCP servers they run, sorted.
    pub servers: Vec<String>,
    /// The age of its oldest pod, in seconds.
    pub oldest: u64,
    /// The age of its newest pod, in seconds: how long nobody has called a new tool.
    pub newest: u64,
}

/// Groups pods, by namespace and session id.
#[must_use]
pub fn sessions(pods: &[Pod]) -> Vec<Session> {
    let mut groups: BTreeMap<(&str, &str), Vec<&Pod>> = BTreeMap::new();
    for pod in pods {
        groups.entry((&pod.namespace, &pod.session)).or_default().push(pod);
    }
    groups.into_iter().map(|((namespace, session), pods)| summary(namespace, session, &pods)).collect()
}

fn summary(namespace: &str, session: &str, pods: &[&Pod]) -> Session {
    let servers: BTreeSet<&str> = pods.iter().map(|pod| &*pod.server).filter(|name| !name.is_empty()).collect();
    let ages = || pods.iter().map(|pod| pod.age);
    Session {
        namespace: namespace.to_owned(),
        session: session.to_owned(),
        pods: pods.len(),
        running: pods.iter().filter(|pod| pod.is_running()).count(),
        finished: pods.iter().filter(|pod| pod.is_finished()).count(),
        over: pods.iter().all(|pod| pod.is_finished() || pod.is_outlived()),
        servers: servers.into_iter().map(str::to_owned).collect(),
        oldest: ages().max().unwrap_or_default(),
        newest: ages().min().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::pods::LIFETIME;
    use crate::cluster::pods::slim::{SlimPod, Texts};
    use serde_json::json;

    fn pod(session: &str, server: &str, phase: &str, created: &str) -> Pod {
        living(session, server, phase, created, "")
    }

    fn living(session: &str, server: &str, phase: &str, created: &str, lifetime: &str) -> Pod {
        let text = json!({
            "metadata": {"name": "x", "namespace": "mcp", "creationTimestamp": created, "labels": {
                "app.kubernetes.io/instance": session, "app.kubernetes.io/name": server, LIFETIME: lifetime}},
            "status": {"phase": phase},
        })
        .to_string();
        let pod: SlimPod<'_> = serde_json::from_str(&text).unwrap();
        pod.into_pod(&mut Texts::default(), "2026-01-01T01:00:00Z".parse().unwrap())
    }

    #[test]
    fn a_session_knows_its_pods_servers_and_ages() {
        let pods = [
            pod("b", "time", "Running", "2026-01-01T00:59:00Z"),
            pod("a", "time", "Failed", "2026-01-01T00:00:00Z"),
            pod("b", "fetch", "Pending", "2026-01-01T00:30:00Z"),
            pod("b", "time", "Succeeded", "2026-01-01T00:59:50Z"),
        ];
        let found = sessions(&pods);
        assert_eq!(found.iter().map(|s| s.session.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        let b = &found[1];
        assert_eq!((b.pods, b.running, b.finished, b.oldest, b.newest), (3, 1, 1, 1800, 10));
        assert_eq!(b.servers, ["fetch", "time"]);
        assert_eq!(sessions(&[]), []);
    }

    #[test]
    fn a_session_is_over_once_nobody_has_any_use_for_its_pods() {
        let over = |pods: &[Pod]| sessions(pods)[0].over;
        let ended = pod("s", "time", "Failed", "2026-01-01T00:59:50Z");
        let lives = |phase, lifetime| living("s", "time", phase, "2026-01-01T00:58:00Z", lifetime);
        assert!(over(std::slice::from_ref(&ended)));
        assert!(over(&[ended, lives("Running", "119"), lives("Pending", "60")]));
        for lifetime in ["120", "", "x", "-1"] {
            assert!(!over(&[lives("Pending", lifetime), lives("Running", "119")]), "{lifetime}");
        }
    }
}
