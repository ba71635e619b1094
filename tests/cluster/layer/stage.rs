//! A namespace of its own for each test, and what the tests put into it.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Pod, ServiceAccount};
use kube::Api;
use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use mcpctl::cluster::{Cluster, ConnectOptions};
use mcpctl::record::Recorder;
use serde_json::{Value, json};

/// The administrator's kubeconfig.
pub(super) fn kubeconfig() -> PathBuf {
    std::env::var_os("MCPCTL_E2E_KUBECONFIG").expect("MCPCTL_E2E_KUBECONFIG").into()
}

/// Options for the real API server.
pub(super) fn options() -> ConnectOptions {
    ConnectOptions { kubeconfig: Some(kubeconfig()), ..ConnectOptions::default() }
}

/// A test's namespace, and ways to look at it that do not go through what is tested.
pub(super) struct Stage {
    pub(super) namespace: String,
    admin: kube::Client,
}

/// Runs a test in a namespace of its own, which is deleted at the end.
pub(super) async fn on_stage<F: Future<Output = ()>>(test: impl FnOnce(Arc<Stage>) -> F) {
    let admin = Cluster::connect(options()).unwrap().client();
    let namespace = format!("layer-{:08x}", fastrand::u32(..));
    let spaces: Api<Namespace> = Api::all(admin.clone());
    let made = serde_json::from_value(json!({"metadata": {"name": namespace}})).unwrap();
    spaces.create(&PostParams::default(), &made).await.unwrap();
    let stage = Arc::new(Stage { namespace: namespace.clone(), admin });
    let outcome = AssertUnwindSafe(test(Arc::clone(&stage))).catch_unwind().await;
    let _ = spaces.delete(&namespace, &DeleteParams::default()).await;
    if let Err(panic) = outcome {
        std::panic::resume_unwind(panic);
    }
}

impl Stage {
    /// A connection of what is tested.
    pub(super) fn cluster(&self) -> Cluster {
        self.connect(|_| {})
    }

    /// A connection with other options.
    pub(super) fn connect(&self, change: impl FnOnce(&mut ConnectOptions)) -> Cluster {
        let mut options = ConnectOptions { namespace: Some(self.namespace.clone()), ..options() };
        change(&mut options);
        Cluster::connect(options).unwrap()
    }

    /// A dry run.
    pub(super) fn dry_run(&self) -> Cluster {
        self.connect(|options| options.dry_run = true)
    }

    /// A connection whose record the test looks at.
    pub(super) fn recorded(&self) -> (Cluster, Arc<Recorder>) {
        let cluster = self.cluster();
        let recorder = Arc::clone(cluster.recorder());
        (cluster, recorder)
    }

    pub(super) fn maps(&self) -> Api<ConfigMap> {
        Api::namespaced(self.admin.clone(), &self.namespace)
    }

    pub(super) fn secrets(&self) -> Api<k8s_openapi::api::core::v1::Secret> {
        Api::namespaced(self.admin.clone(), &self.namespace)
    }

    pub(super) fn pods(&self) -> Api<Pod> {
        Api::namespaced(self.admin.clone(), &self.namespace)
    }

    /// The administrator's own client.
    pub(super) fn admin(&self) -> kube::Client {
        self.admin.clone()
    }

    /// A ConfigMap as `kubectl create` makes it.
    pub(super) async fn create_map(&self, name: &str, data: Value) -> ConfigMap {
        let made = serde_json::from_value(json!({"metadata": {"name": name}, "data": data})).unwrap();
        let params = PostParams { field_manager: Some("kubectl-create".to_owned()), ..PostParams::default() };
        self.maps().create(&params, &made).await.unwrap()
    }

    /// What another manager does to a ConfigMap behind our back.
    pub(super) async fn merge_map(&self, name: &str, patch: Value) {
        let params = PatchParams { field_manager: Some("kubectl-edit".to_owned()), ..PatchParams::default() };
        self.maps().patch(name, &params, &Patch::Merge(patch)).await.unwrap();
    }

    /// A ConfigMap's data and resource version.
    pub(super) async fn map(&self, name: &str) -> (Value, String) {
        let map = self.maps().get(name).await.unwrap();
        (json!(map.data.unwrap_or_default()), map.metadata.resource_version.unwrap())
    }

    /// Waits until pods can be made.
    pub(super) async fn ready_for_pods(&self) {
        let accounts: Api<ServiceAccount> = Api::namespaced(self.admin.clone(), &self.namespace);
        while accounts.get_opt("default").await.unwrap().is_none() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// A pod as the gateway makes it, that no node runs. `change` may alter it first.
    pub(super) async fn pod(&self, name: &str, session: &str, change: impl FnOnce(&mut Value)) -> Pod {
        let mut pod = json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "labels": {
                "app.kubernetes.io/managed-by": "mcp-gateway", "app.kubernetes.io/instance": session,
                "app.kubernetes.io/name": "time", "app.kubernetes.io/component": "mcp-server",
                "mcp-gateway.docker.com/session": session,
            }},
            "spec": {"schedulerName": "none", "restartPolicy": "Never", "automountServiceAccountToken": false,
                     "containers": [{"name": "mcp", "image": "mcp/time"}]},
        });
        change(&mut pod);
        self.pods().create(&PostParams::default(), &serde_json::from_value(pod).unwrap()).await.unwrap()
    }

    /// The names of the pods that are there.
    pub(super) async fn pod_names(&self) -> Vec<String> {
        let pods = self.pods().list(&kube::api::ListParams::default()).await.unwrap();
        pods.items.into_iter().filter_map(|pod| pod.metadata.name).collect()
    }
}
