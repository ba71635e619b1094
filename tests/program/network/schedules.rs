//! Runs of schedules whose pod is never created: only the Job's events say why.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::support::program::{Mcpctl, Ran};
use crate::support::raw_server::{Reply, Request, Server, reply};

fn labels() -> Value {
    json!({
        "app.kubernetes.io/managed-by": "mcpctl", "app.kubernetes.io/component": "schedule",
        "app.kubernetes.io/instance": "nightly",
    })
}

fn answer(status: &str, body: &Value) -> Reply {
    reply(status, &[("Content-Type", "application/json")], body.to_string())
}

fn cron_job() -> Value {
    json!({
        "metadata": { "name": "mcpctl-nightly", "namespace": "mcp", "uid": "1", "labels": labels() },
        "spec": { "schedule": "@daily", "jobTemplate": {
            "metadata": { "labels": labels() },
            "spec": { "template": { "spec": { "containers": [{ "name": "mcpctl", "image": "registry.example/mcpctl:1" }] } } },
        }},
    })
}

/// The body of a request.
fn body(request: &Request) -> Value {
    serde_json::from_str(request.text.split_once("\r\n\r\n").unwrap_or_default().1).unwrap_or_default()
}

/// Waits for a run on a server whose events of the Job are these. After so many looks at the Jobs it has ended.
fn run(events: Value, looks: usize) -> Ran {
    let created = std::sync::Mutex::new(None::<Value>);
    let looked = AtomicUsize::new(0);
    let server = Server::start(move |request| {
        let mut created = created.lock().unwrap();
        match request.line.split_once(' ').unwrap_or_default() {
            ("GET", path) if path.contains("/cronjobs/mcpctl-nightly") => answer("200 OK", &cron_job()),
            ("POST", path) if path.contains("/pods?dryRun=All") => answer("201 Created", &json!({})),
            ("POST", path) if path.contains("/jobs") => {
                *created = Some(body(request));
                answer("201 Created", &body(request))
            }
            ("GET", path) if path.contains("/jobs?") => {
                let mut items: Vec<Value> = created.iter().cloned().collect();
                if !items.is_empty() && looked.fetch_add(1, Ordering::SeqCst) >= looks {
                    items[0]["status"] =
                        json!({"conditions": [{"type": "Failed", "status": "True", "reason": "DeadlineExceeded"}]});
                }
                answer("200 OK", &json!({ "items": items, "metadata": {} }))
            }
            ("GET", path) if path.contains("/events?") => match events.as_array() {
                Some(items) => answer("200 OK", &json!({ "items": items })),
                None => answer("403 Forbidden", &json!({ "kind": "Status", "message": "events is forbidden" })),
            },
            ("GET", path) if path.contains("/pods?") => answer("200 OK", &json!({ "items": [], "metadata": {} })),
            _ => answer("404 Not Found", &json!({ "kind": "Status", "code": 404 })),
        }
    });
    let kubeconfig = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters: [{{name: c, cluster: {{server: 'http://{}'}}}}]\n\
         users: [{{name: u, user: {{}}}}]\ncontexts: [{{name: c, context: {{cluster: c, user: u, namespace: mcp}}}}]\n",
        server.host()
    );
    Mcpctl::new("schedule run-now nightly --wait --kubeconfig kc").file("kc", &kubeconfig).run()
}

#[test]
fn a_run_whose_pod_is_refused_again_and_again_is_reported_with_the_reason() {
    let event = |message: &str, count: u64| json!({ "message": message, "count": count, "reason": "FailedCreate" });
    let table = [
        (
            "a quota",
            json!([event("pods \"x\" is forbidden: exceeded quota: small, used: pods=1", 3)]),
            "exceeded quota: small",
            "kubectl describe resourcequota",
        ),
        (
            "Pod Security",
            json!([
                event("pods \"x-1\" is forbidden: violates PodSecurity \"restricted:latest\"", 2),
                event("violates PodSecurity", 4)
            ]),
            "violates PodSecurity",
            "kubectl label namespace mcp",
        ),
        (
            "a LimitRange",
            json!([event("maximum cpu usage per Container is 1m", 5)]),
            "maximum cpu usage per Container is 1m",
            "until its deadline",
        ),
        (
            "a webhook",
            json!([event("failed calling webhook \"w.example\"", 3)]),
            "failed calling webhook \"w.example\"",
            "until its deadline",
        ),
        (
            "an account",
            json!([event("error looking up service account mcp/x", 9)]),
            "service account mcp/x",
            "until its deadline",
        ),
        ("a series", json!([{ "message": "no", "series": { "count": 4 } }]), "no", "until its deadline"),
    ];
    for (name, events, cause, hint) in table {
        let ran = run(events, 1000).code(1);
        assert!(
            ran.stderr.contains("the run of `nightly` does not start: its pod is not created"),
            "{name}: {}",
            ran.stderr
        );
        assert!(ran.stderr.contains(cause) && ran.stderr.contains(hint), "{name}: {}", ran.stderr);
    }
}

#[test]
fn a_first_refusal_and_events_that_may_not_be_read_do_not_end_the_wait() {
    for events in [json!([{ "message": "flaked", "count": 1 }]), json!([]), Value::Null] {
        run(events, 2).code(1).says("the run of `nightly` failed").says("DeadlineExceeded");
    }
}
