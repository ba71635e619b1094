//! Raw requests, so that a case sees what really comes: status code, headers, JSON.

use std::time::{Duration, Instant};

use http::{HeaderMap, Request};
use http_body_util::BodyExt as _;
use kube::Client;
use kube::client::Body;
use serde_json::{Value, json};

/// How long a loaded server may take for what it does by itself; no case waits for it unless it fails.
const PATIENCE: Duration = Duration::from_secs(180);

/// The API, with a namespace of the case's own.
#[derive(Clone)]
pub(crate) struct Api {
    client: Client,
    pub(crate) namespace: String,
}

/// What a request was answered with.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    pub(crate) json: Value,
}

impl Answer {
    /// Asserts the status code and gives the body.
    #[track_caller]
    pub(crate) fn expect(self, code: u16) -> Value {
        assert_eq!(self.code, code, "{}", self.text);
        self.json
    }

    /// Asserts a failure's code, reason and message (its beginning, if it ends in `…`).
    #[track_caller]
    pub(crate) fn fails(self, code: u16, reason: &str, message: &str) -> Value {
        let status = self.expect(code);
        assert_eq!(status["kind"], "Status", "{status}");
        assert_eq!(status["status"], "Failure", "{status}");
        assert_eq!(status["reason"].as_str().unwrap_or_default(), reason, "{status}");
        assert_eq!(status["code"], code, "{status}");
        let given = status["message"].as_str().unwrap();
        match message.strip_suffix('…') {
            Some(start) => assert!(given.starts_with(start), "{given}"),
            None => assert_eq!(given, message),
        }
        status
    }
}

impl Api {
    pub(crate) fn new(client: Client, namespace: &str) -> Self {
        Self { client, namespace: namespace.to_owned() }
    }

    /// The same API with a namespace that does not exist.
    pub(crate) fn elsewhere(&self, suffix: &str) -> Self {
        Self::new(self.client.clone(), &format!("{}-{suffix}", self.namespace))
    }

    /// The path of a collection or an object in the namespace.
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/api/v1/namespaces/{}/{rest}", self.namespace)
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        self.send_as(method, path, "application/json", body.map(Value::to_string).unwrap_or_default()).await
    }

    pub(crate) async fn send_as(&self, method: &str, path: &str, media_type: &str, body: String) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header("user-agent", "conformance/1");
        if !body.is_empty() {
            request = request.header("content-type", media_type);
        }
        let response = self.client.send(request.body(Body::from(body.into_bytes())).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Answer { code: parts.status.as_u16(), headers: parts.headers, text, json }
    }

    pub(crate) async fn get(&self, rest: &str) -> Answer {
        self.send("GET", &self.path(rest), None).await
    }

    pub(crate) async fn post(&self, rest: &str, body: &Value) -> Answer {
        self.send("POST", &self.path(rest), Some(body)).await
    }

    pub(crate) async fn put(&self, rest: &str, body: &Value) -> Answer {
        self.send("PUT", &self.path(rest), Some(body)).await
    }

    pub(crate) async fn delete(&self, rest: &str, body: Option<&Value>) -> Answer {
        self.send("DELETE", &self.path(rest), body).await
    }

    pub(crate) async fn merge(&self, rest: &str, body: &Value) -> Answer {
        self.send_as("PATCH", &self.path(rest), "application/merge-patch+json", body.to_string()).await
    }

    pub(crate) async fn apply(&self, rest: &str, manager: &str, body: &Value) -> Answer {
        let joint = if rest.contains('?') { '&' } else { '?' };
        let path = self.path(&format!("{rest}{joint}fieldManager={manager}"));
        self.send_as("PATCH", &path, "application/apply-patch+yaml", body.to_string()).await
    }

    /// Makes the namespace and waits for what the controllers put into it.
    pub(crate) async fn make_namespace(&self) {
        self.send("POST", "/api/v1/namespaces", Some(&json!({"metadata": {"name": self.namespace}}))).await.expect(201);
        let discovery = self.send("GET", "/api/v1", None).await.expect(200);
        let has_accounts = discovery["resources"].as_array().unwrap().iter().any(|r| r["name"] == "serviceaccounts");
        self.until("configmaps/kube-root-ca.crt", |answer| answer.code == 200).await;
        if has_accounts {
            self.until("serviceaccounts/default", |answer| answer.code == 200).await;
        }
    }

    /// Gets an object again and again until the answer is as wished.
    pub(crate) async fn until(&self, rest: &str, wished: impl Fn(&Answer) -> bool) -> Answer {
        let begun = Instant::now();
        loop {
            let answer = self.get(rest).await;
            if wished(&answer) {
                return answer;
            }
            assert!(begun.elapsed() < PATIENCE, "{rest} did not become what was wished: {}", answer.text);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// A ConfigMap with some data.
pub(crate) fn config_map(name: &str, data: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data})
}

/// A Secret with some data.
pub(crate) fn secret(name: &str, data: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": data})
}

/// The resourceVersion of an object.
pub(crate) fn revision(object: &Value) -> &str {
    object["metadata"]["resourceVersion"].as_str().unwrap_or_default()
}

/// The names of a list's items.
pub(crate) fn names(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|item| item["metadata"]["name"].as_str().unwrap()).collect()
}

/// What one manager owns, by its operation.
pub(crate) fn owned<'a>(object: &'a Value, manager: &str, operation: &str) -> &'a Value {
    let entries = object["metadata"]["managedFields"].as_array().map_or(&[][..], Vec::as_slice);
    entries
        .iter()
        .find(|e| e["manager"] == manager && e["operation"] == operation)
        .map_or(&Value::Null, |e| &e["fieldsV1"])
}

/// The fields of a failure's causes, sorted.
pub(crate) fn fields(status: &Value) -> Vec<&str> {
    let mut fields: Vec<&str> =
        status["details"]["causes"].as_array().unwrap().iter().filter_map(|c| c["field"].as_str()).collect();
    fields.sort_unstable();
    fields
}
