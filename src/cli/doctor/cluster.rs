//! The kubeconfig and its context; the API server, its version, and how fast it answers.

use std::time::Duration;

use super::context::{DoctorContext, Server};
use super::finding::{CheckState, Finding};
use crate::cluster::Cluster;
use crate::duration;

/// Above this, commands that ask often feel slow.
const SLOW: Duration = Duration::from_secs(1);

/// The first version in which server-side apply is there for good (1.22).
const OLDEST: (u32, u32) = (1, 22);

pub(super) fn look(scene: &DoctorContext) -> Vec<Finding> {
    let cluster = match scene.host.cluster() {
        Ok(cluster) => cluster,
        Err(error) => {
            let error = match error.hints.is_empty() {
                true => error.hint("mend that file, or name another: `mcpctl doctor --kubeconfig FILE`"),
                false => error,
            };
            return vec![Finding::of("kubeconfig", CheckState::Failed, &error), Finding::unknown("api server")];
        }
    };
    let answers = match scene.server() {
        Ok(server) => answering(cluster, &server),
        Err(error) => Finding::of("api server", CheckState::Failed, &error),
    };
    vec![Finding::ok("kubeconfig", chosen(cluster)), answers]
}

/// Which context, and from where: `context kind-dev, user kind-dev, from ~/.kube/config`.
fn chosen(cluster: &Cluster) -> String {
    let identity = cluster.identity();
    let mut text = format!("context {}", identity.context);
    if cluster.is_simulated() {
        return format!("{text}, simulated");
    }
    if !identity.user.is_empty() {
        text.push_str(&format!(", user {}", identity.user));
    }
    if identity.files.is_empty() {
        text.push_str(", the service account of this pod");
    } else {
        text.push_str(&format!(", from {}", identity.files));
    }
    text
}

fn answering(cluster: &Cluster, server: &Server) -> Finding {
    let found = format!("{}, {}, answers in {}", cluster.server(), server.version, short(server.latency));
    if parsed(&server.version).is_none() {
        return Finding::warning(
            "api server",
            format!("{found}; whether that is 1.22 or later is not known"),
            "server-side apply needs 1.22 or later: ask those who run it",
        );
    }
    if is_older(&server.version, OLDEST) {
        return Finding::failed("api server", found, "upgrade it: server-side apply needs 1.22 or later");
    }
    if server.latency > SLOW {
        return Finding::warning("api server", found, "every command waits for it: look at the network and its load");
    }
    Finding::ok("api server", found)
}

fn short(latency: Duration) -> String {
    match latency.as_millis() {
        0 => "less than 1ms".to_owned(),
        millis => duration::exact(Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))),
    }
}

/// Whether a version like `v1.21.3+k3s1` comes before another. One that cannot be read does not.
fn is_older(version: &str, than: (u32, u32)) -> bool {
    parsed(version).is_some_and(|version| version < than)
}

/// The first two numbers of a version, as `v1.34.4` or `1.27+`.
fn parsed(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.trim_start_matches('v').split('.');
    let number = |part: &str| part.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok();
    Some((number(parts.next()?)?, number(parts.next()?)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(is_older("v1.9.0", OLDEST) && is_older("v1.21.3+k3s1", OLDEST));
        assert!(!is_older("v1.22.0", OLDEST) && !is_older("v1.34.4", OLDEST) && !is_older("v2.0", OLDEST));
        assert!(!is_older("unknown", OLDEST) && parsed("unknown").is_none() && parsed("v2").is_none());
        assert_eq!(parsed("v1.27+"), Some((1, 27)));
    }
}
