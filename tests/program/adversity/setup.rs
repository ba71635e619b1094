//! Where a command is tried: a namespace of a cluster, seen past the proxy, and the proxy that the command goes through.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use futures::{StreamExt as _, stream};
use kube::Client;
use kube_sandbox::Sandbox;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::sandbox::conformance::request::Api;
use crate::sandbox::faults::snapshot::{Seen, lasting};
use crate::support::fault_proxy::FaultProxy;
use crate::support::program::{Mcpctl, Ran};

/// The session whose pods have ended, and which `cleanup` takes.
pub(crate) const OLD: &str = "mcp-gateway-0ad50001";
/// The session that is not to be touched.
const YOUNG: &str = "mcp-gateway-0ad50002";

/// The runtime of the proxies, and of what the tests ask themselves.
fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap())
}

/// Waits for a future.
pub(crate) fn wait<T>(future: impl Future<Output = T>) -> T {
    runtime().block_on(future)
}

/// A namespace, and a proxy before its API server.
pub(crate) struct Ground {
    api: Api,
    pub(crate) proxy: FaultProxy,
}

impl Ground {
    /// The namespace of an API, whose server a client knows.
    pub(crate) fn new(client: Client, api: Api) -> Self {
        let proxy = FaultProxy::before(client, &api.namespace);
        Self { api, proxy }
    }

    /// A sandbox of its own.
    pub(crate) fn sandbox() -> Self {
        let world = Sandbox::new();
        let client = {
            let _within = runtime().enter();
            world.client()
        };
        Self::new(client.clone(), Api::new(client, "default"))
    }

    /// A run through the proxy.
    pub(crate) fn mcpctl(&self, words: &[&str]) -> Mcpctl {
        Mcpctl::of(words.iter().copied())
            .env("KUBECONFIG", self.proxy.kubeconfig().display().to_string())
            .env("MCPCTL_CATALOG", catalog())
    }

    /// Takes away what tests have made, and waits until it is gone.
    pub(crate) fn clear(&self) {
        wait(self.api.delete("pods?gracePeriodSeconds=0", None)).expect(200);
        for resource in ["configmaps", "secrets"] {
            for name in self.names(resource).iter().filter(|name| *name != "kube-root-ca.crt") {
                wait(self.api.delete(&format!("{resource}/{name}"), None)).expect(200);
            }
        }
        wait(self.api.until("pods", |answer| answer.json["items"].as_array().is_some_and(Vec::is_empty)));
    }

    /// Puts in an ended session of so many pods, and what nobody may touch: another session, a pod of somebody else's
    /// making, and somebody's ConfigMap and Secret.
    pub(crate) fn populate(&self, pods: usize) {
        for number in 0..pods {
            self.ended(&format!("mcp-old-{number}"), OLD, "mcp-gateway");
        }
        self.ended("foreign", OLD, "somebody");
        wait(self.api.post("pods", &pod("mcp-young", YOUNG, "mcp-gateway"))).expect(201);
        for (resource, kind) in [("configmaps", "ConfigMap"), ("secrets", "Secret")] {
            let object = json!({
                "kind": kind, "apiVersion": "v1", "metadata": {"name": "of-others"}, "data": {"key": "dmFsdWU="},
            });
            wait(self.api.post(resource, &object)).expect(201);
        }
    }

    /// Puts in so many further pods of the session that is left alone.
    pub(crate) fn crowd(&self, pods: usize) {
        let one = |number| async move {
            self.api.post("pods", &pod(&format!("crowd-{number:04}"), YOUNG, "mcp-gateway")).await.expect(201);
        };
        wait(stream::iter(0..pods).map(one).buffer_unordered(32).for_each(|()| async {}));
    }

    /// Puts in one further pod.
    pub(crate) fn join(&self, name: &str) {
        wait(self.api.post("pods", &pod(name, YOUNG, "mcp-gateway"))).expect(201);
    }

    fn ended(&self, name: &str, session: &str, manager: &str) {
        wait(self.api.post("pods", &pod(name, session, manager))).expect(201);
        let status = json!({"status": {"phase": "Succeeded"}});
        wait(self.api.merge(&format!("pods/{name}/status"), &status)).expect(200);
    }

    /// The data of an object; none if it is not there.
    pub(crate) fn data(&self, path: &str) -> Option<BTreeMap<String, String>> {
        let answer = wait(self.api.get(path));
        (answer.code == 200).then(|| serde_json::from_value(answer.json["data"].clone()).unwrap_or_default())
    }

    /// The names of all objects of a resource.
    pub(crate) fn names(&self, resource: &str) -> Vec<String> {
        let list = wait(self.api.get(resource)).expect(200);
        crate::sandbox::conformance::request::names(&list).into_iter().map(str::to_owned).collect()
    }

    /// Objects and files, without what differs from one run to the next. Pods that are on their way out are gone.
    pub(crate) fn look(&self, folder: &Path) -> Seen {
        let mut seen = Seen::new();
        for resource in ["pods", "configmaps", "secrets"] {
            let list = wait(self.api.get(resource)).expect(200);
            for object in list["items"].as_array().unwrap() {
                if object["metadata"]["deletionTimestamp"].is_null() {
                    let kind = resource.trim_end_matches('s');
                    let name = object["metadata"]["name"].as_str().unwrap();
                    seen.insert(format!("{kind}/{name}"), lasting(object).to_string());
                }
            }
        }
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let name = path.file_name().unwrap().to_str().unwrap();
                // what provision writes down names its folder, its kubeconfig and the namespace
                let text = std::fs::read_to_string(&path).unwrap();
                let text = text.replace(folder.to_str().unwrap(), "FOLDER");
                let text = text.replace(self.proxy.kubeconfig().to_str().unwrap(), "KUBECONFIG");
                seen.insert(format!("file/{name}"), text.replace(&self.api.namespace, "NAMESPACE"));
            }
        }
        seen
    }

    /// How long each request takes longer.
    pub(crate) fn slow(&self, milliseconds: u64) {
        self.proxy.latency(Duration::from_millis(milliseconds));
    }
}

/// The folder that a run has used.
pub(crate) fn folder_of(ran: &Ran) -> std::path::PathBuf {
    ran.path(".").canonicalize().unwrap()
}

/// The catalog of these tests.
fn catalog() -> String {
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cluster/catalog.yaml").to_owned()
}

/// A pod that no node runs.
fn pod(name: &str, session: &str, manager: &str) -> Value {
    json!({
        "kind": "Pod", "apiVersion": "v1",
        "metadata": {"name": name, "labels": {
            "app.kubernetes.io/managed-by": manager,
            "app.kubernetes.io/name": "time",
            "app.kubernetes.io/instance": session,
            "mcp-gateway.docker.com/session": session,
        }},
        "spec": {
            "schedulerName": "none", "automountServiceAccountToken": false, "restartPolicy": "Never",
            "containers": [{"name": "mcp", "image": "busybox", "stdin": true}],
        },
    })
}
