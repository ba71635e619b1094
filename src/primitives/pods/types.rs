//! The types `Pod`, `Session` and `Deletion`.

use std::sync::Arc;

use rhai::{Array, Dynamic, Map};

use crate::cluster::pods::{Deletion, Pod, Session};
use crate::primitives::api::typed::{Property, Typed};
use crate::primitives::language::duration::DurationValue;

impl Typed for Arc<Pod> {
    const NAME: &'static str = "Pod";
    const PROPERTIES: &'static [Property] = &[
        ("name", "string", "its name"),
        ("namespace", "string", "its namespace"),
        ("server", "string", "the MCP server it runs"),
        ("session", "string", "the gateway session that made it"),
        ("status", "string", "as kubectl words it: `Running`, `CrashLoopBackOff`, `Completed` …"),
        (
            "age",
            "Duration",
            "how long ago it was made, by the API server's clock; compares with ints, which are seconds",
        ),
        ("ready", "string", "ready containers of all, as `1/1`"),
        ("restarts", "int", "how often its containers were started again"),
        ("created", "string", "when it was made, as `2026-01-31T12:00:00Z`"),
        ("phase", "string", "the API's phase: `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`"),
        ("reason", "string", "why it is not well, in the kubelet's words; empty if nobody says"),
        ("managed", "bool", "whether a gateway made it"),
        ("owned", "bool", "whether another object owns it and would make it again"),
        ("terminating", "bool", "whether it was deleted and still exists"),
        ("finalizers", "array", "the finalizers that have to be removed before it is gone"),
        (
            "stuck",
            "string",
            "why a deleted pod still exists: `terminating, held by FINALIZER`; empty if nothing is wrong",
        ),
        ("way_out", "string", "the next step for a stuck pod; else empty"),
        ("labels", "map", "its labels"),
    ];

    fn property(&self, name: &str) -> Dynamic {
        match name {
            "name" => self.name.clone().into(),
            "namespace" => self.namespace.to_string().into(),
            "server" => self.server.to_string().into(),
            "session" => self.session.to_string().into(),
            "status" => self.status.to_string().into(),
            "age" => Dynamic::from(DurationValue::from_seconds(self.age)),
            "ready" => self.ready.to_string().into(),
            "restarts" => i64::from(self.restarts).into(),
            "created" => self.created.to_string().into(),
            "phase" => self.phase.to_string().into(),
            "reason" => self.reason.to_string().into(),
            "managed" => self.managed.into(),
            "owned" => self.owned.into(),
            "terminating" => self.terminating.into(),
            "finalizers" => self.finalizers.iter().map(|name| name.to_string().into()).collect::<Array>().into(),
            "stuck" => self.stuck.to_string().into(),
            "way_out" if self.stuck.is_empty() => "".into(),
            "way_out" => self.way_out(false).into(),
            "labels" => {
                self.labels.iter().map(|(key, value)| (key.into(), value.to_owned().into())).collect::<Map>().into()
            }
            _ => Dynamic::UNIT,
        }
    }
}

impl Typed for Arc<Session> {
    const NAME: &'static str = "Session";
    const PROPERTIES: &'static [Property] = &[
        ("session", "string", "the session's id"),
        ("namespace", "string", "the namespace its pods are in"),
        ("pods", "int", "how many pods it has"),
        ("running", "int", "how many of them run"),
        ("finished", "int", "how many of them have ended"),
        (
            "over",
            "bool",
            "whether nobody has any use for it: each of its pods has ended, or is one of a verification that is over",
        ),
        ("servers", "array", "the MCP servers they run, sorted"),
        ("oldest", "Duration", "age of its oldest pod"),
        ("newest", "Duration", "age of its newest pod"),
    ];

    fn property(&self, name: &str) -> Dynamic {
        match name {
            "session" => self.session.clone().into(),
            "namespace" => self.namespace.clone().into(),
            "pods" => whole(self.pods as u64),
            "running" => whole(self.running as u64),
            "finished" => whole(self.finished as u64),
            "over" => self.over.into(),
            "servers" => self.servers.iter().map(|server| server.clone().into()).collect::<Array>().into(),
            "oldest" => Dynamic::from(DurationValue::from_seconds(self.oldest)),
            "newest" => Dynamic::from(DurationValue::from_seconds(self.newest)),
            _ => Dynamic::UNIT,
        }
    }
}

impl Typed for Deletion {
    const NAME: &'static str = "Deletion";
    const PROPERTIES: &'static [Property] = &[
        ("name", "string", "the pod's name"),
        ("namespace", "string", "its namespace"),
        (
            "result",
            "string",
            "`deleted`, `terminating` (something holds it), `gone` (it was already), `kept` or `failed`",
        ),
        ("reason", "string", "why it was kept, is still terminating or could not be deleted; else empty"),
    ];

    fn property(&self, name: &str) -> Dynamic {
        match name {
            "name" => self.name.clone().into(),
            "namespace" => self.namespace.clone().into(),
            "result" => self.result.name().into(),
            "reason" => self.reason.clone().into(),
            _ => Dynamic::UNIT,
        }
    }
}

/// Counts fit; what does not is as good as for ever.
fn whole(number: u64) -> Dynamic {
    i64::try_from(number).unwrap_or(i64::MAX).into()
}
