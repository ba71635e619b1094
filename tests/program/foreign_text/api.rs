//! An API server of a stranger: whatever it is asked, each text of its answer is marked.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};

use serde_json::{Value, json};

use super::marker::MARK;

/// The server, until the test's process ends.
pub(super) struct Api {
    address: SocketAddr,
}

impl Api {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                std::thread::spawn(move || answer(stream));
            }
        });
        Self { address }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// Answers one request, and closes the connection.
fn answer(stream: TcpStream) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let (mut length, mut header) = (0, String::new());
    while reader.read_line(&mut header).ok()? > 2 {
        if let Some(value) = header.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        header.clear();
    }
    reader.take(length).read_to_end(&mut Vec::new()).ok()?;
    let mut words = line.split(' ');
    let (method, target) = (words.next()?, words.next()?);
    let (code, content_type, body) = reply(method, target.split('?').next()?);
    let head = format!(
        "HTTP/1.1 {code} X\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    let mut stream = stream;
    stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes())).ok()
}

fn reply(method: &str, path: &str) -> (u16, &'static str, String) {
    const JSON: &str = "application/json";
    let items = |kind: &str, items: Vec<Value>| {
        let list = json!({"kind": format!("{kind}List"), "apiVersion": "v1", "metadata": {"resourceVersion": "1"}, "items": items});
        (200, JSON, list.to_string())
    };
    let last = path.rsplit('/').next().unwrap_or_default();
    match (method, last) {
        ("GET", "log") => (200, "text/plain", format!("{MARK}\n{MARK}")),
        ("GET", "version") => {
            (200, JSON, json!({"major": "1", "minor": MARK, "gitVersion": MARK, "platform": MARK}).to_string())
        }
        ("GET", "pods") => items("Pod", vec![pod("marked-pod"), pod(MARK)]),
        ("GET", "namespaces") => {
            items("Namespace", vec![json!({"metadata": {"name": MARK}}), json!({"metadata": {"name": "$(touch x)"}})])
        }
        ("GET", "nodes") => items("Node", vec![node()]),
        ("GET", "cronjobs") => items("CronJob", vec![cron_job()]),
        ("GET", _) if path.contains("/cronjobs/") => (200, JSON, cron_job().to_string()),
        ("GET", "jobs") => items("Job", vec![job()]),
        ("GET", _) if path.contains("/configmaps/") || path.contains("/secrets/") => (200, JSON, object().to_string()),
        ("GET", _) if path.contains("/pods/") => (200, JSON, pod("marked-pod").to_string()),
        ("POST", "selfsubjectaccessreviews") => {
            (201, JSON, json!({"spec": {}, "status": {"allowed": true, "reason": MARK}}).to_string())
        }
        _ => {
            let status = json!({
                "kind": "Status", "apiVersion": "v1", "status": "Failure", "message": MARK, "reason": "Forbidden", "code": 403,
                "details": {"name": MARK, "kind": MARK, "causes": [{"message": MARK, "field": MARK}]},
            });
            (403, JSON, status.to_string())
        }
    }
}

fn metadata(name: &str) -> Value {
    json!({
        "name": name, "namespace": "marked", "uid": "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "resourceVersion": "1",
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "annotations": {MARK: MARK},
        "managedFields": [{"manager": MARK, "operation": "Apply", "fieldsType": "FieldsV1", "fieldsV1": {"f:data": {"f:a": {}}}}],
        "labels": {
            "app.kubernetes.io/managed-by": "mcp-gateway", "mcp-gateway.docker.com/session": MARK, "app.kubernetes.io/instance": MARK,
            "app.kubernetes.io/name": MARK, "server": MARK, "app": "mcp-server", "app.kubernetes.io/component": "mcp-server",
        },
    })
}

fn pod(name: &str) -> Value {
    let waiting = json!({"waiting": {"reason": MARK, "message": MARK}});
    let status = json!({"name": MARK, "image": MARK, "imageID": MARK, "ready": false, "restartCount": 1, "state": waiting,
        "lastState": {"terminated": {"exitCode": 1, "reason": MARK, "message": MARK}}});
    json!({
        "kind": "Pod", "apiVersion": "v1", "metadata": metadata(name),
        "spec": {"nodeName": MARK, "containers": [{"name": MARK, "image": MARK, "env": [{"name": MARK, "value": MARK}]}]},
        "status": {
            "phase": "Pending", "reason": MARK, "message": MARK, "hostIP": MARK, "podIP": MARK, "containerStatuses": [status],
            "conditions": [{"type": "PodScheduled", "status": "False", "reason": MARK, "message": MARK}],
        },
    })
}

fn node() -> Value {
    json!({
        "kind": "Node", "apiVersion": "v1", "metadata": metadata(MARK),
        "status": {"images": [{"names": [MARK], "sizeBytes": 1}], "nodeInfo": {
            "architecture": MARK, "operatingSystem": MARK, "bootID": MARK, "containerRuntimeVersion": MARK, "kernelVersion": MARK,
            "kubeProxyVersion": MARK, "kubeletVersion": MARK, "machineID": MARK, "osImage": MARK, "systemUUID": MARK,
        }},
    })
}

fn object() -> Value {
    json!({"kind": "ConfigMap", "apiVersion": "v1", "metadata": metadata("marked"), "data": {"a": "1", MARK: MARK, "url": MARK}})
}

fn schedule_metadata(name: &str) -> Value {
    let mut metadata = metadata(name);
    metadata["labels"] = json!({
        "app.kubernetes.io/managed-by": "mcpctl", "app.kubernetes.io/component": "schedule", "app.kubernetes.io/instance": "marked",
    });
    metadata
}

fn template() -> Value {
    json!({"spec": {"restartPolicy": "Never", "containers": [{"name": MARK, "image": MARK, "args": ["run", MARK, MARK]}]}})
}

fn cron_job() -> Value {
    json!({
        "kind": "CronJob", "apiVersion": "batch/v1", "metadata": schedule_metadata("mcpctl-marked"),
        "spec": {"schedule": MARK, "timeZone": MARK, "jobTemplate": {"spec": {"template": template()}}},
        "status": {"lastScheduleTime": "2026-01-01T00:00:00Z"},
    })
}

fn job() -> Value {
    json!({
        "kind": "Job", "apiVersion": "batch/v1", "metadata": schedule_metadata(MARK), "spec": {"template": template()},
        "status": {"failed": 1, "conditions": [{"type": "Failed", "status": "True", "reason": MARK, "message": MARK}]},
    })
}
