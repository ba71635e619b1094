//! A namespace of its own for each test, in the sandbox and on a real API server, and what the tests put into it.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Pod, ServiceAccount};
use kube::Api;
use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use kube_sandbox::Sandbox;
use mcpctl::cluster::{Cluster, ConnectOptions, Simulated};
use mcpctl::record::Recorder;
use serde_json::{Value, json};

/// The administrator's kubeconfig.
pub(crate) fn kubeconfig() -> PathBuf {
    std::env::var_os("MCPCTL_E2E_KUBECONFIG").expect("MCPCTL_E2E_KUBECONFIG").into()
}

/// Options for the real API server.
pub(crate) fn options() -> ConnectOptions {
    ConnectOptions { kubeconfig: Some(kubeconfig()), ..ConnectOptions::default() }
}

/// A test's namespace, and ways to look at it that do not go through what is tested.
pub(crate) struct Stage {
    pub(crate) namespace: String,
    admin: kube::Client,
    base: ConnectOptions,
}

/// Runs a test in a namespace of its own on the real API server; the namespace is deleted at the end.
pub(crate) async fn in_test<F: Future<Output = ()>>(test: impl FnOnce(Arc<Stage>) -> F) {
    let base = options();
    let admin = Cluster::connect(base.clone()).unwrap().client();
    play(base, admin, test).await;
}

/// Runs a test in a namespace of its own in a new sandbox.
pub(crate) async fn in_sandbox<F: Future<Output = ()>>(test: impl FnOnce(Arc<Stage>) -> F) {
    let admin = Sandbox::new().client();
    let simulated = Simulated { client: admin.clone(), server: "in memory".to_owned() };
    let base = ConnectOptions { simulated: Some(simulated), ..ConnectOptions::default() };
    play(base, admin, test).await;
}

async fn play<F: Future<Output = ()>>(base: ConnectOptions, admin: kube::Client, test: impl FnOnce(Arc<Stage>) -> F) {
    let namespace = format!("layer-{:08x}", fastrand::u32(..));
    let spaces: Api<Namespace> = Api::all(admin.clone());
    let made = serde_json::from_value(json!({"metadata": {"name": namespace}})).unwrap();
    spaces.create(&PostParams::default(), &made).await.unwrap();
    let stage = Arc::new(Stage { namespace: namespace.clone(), admin, base });
    let outcome = AssertUnwindSafe(test(stage)).catch_unwind().await;
    let _ = spaces.delete(&namespace, &DeleteParams::default()).await;
    if let Err(panic) = outcome {
        std::panic::resume_unwind(panic);
    }
}

/// Makes two tests of each function: one in the sandbox, one on a real API server.
macro_rules! on_both {
    ($($test:ident),* $(,)?) => {
        mod in_sandbox {
            $(#[tokio::test] async fn $test() { crate::layers::cluster_layer::setup::in_sandbox(super::$test).await; })*
        }
        mod on_cluster {
            $(
                #[tokio::test]
                #[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
                async fn $test() { crate::layers::cluster_layer::setup::in_test(super::$test).await; }
            )*
        }
    };
}
pub(crate) use on_both;

impl Stage {
    /// A connection of what is tested.
    pub(crate) fn cluster(&self) -> Cluster {
        self.connect(|_| {})
    }

    /// A connection with other options.
    pub(crate) fn connect(&self, change: impl FnOnce(&mut ConnectOptions)) -> Cluster {
        let mut options =
            ConnectOptions { namespace: Some(self.namespace.clone()), recorder: Arc::default(), ..self.base.clone() };
        change(&mut options);
        Cluster::connect(options).unwrap()
    }

    /// A dry run.
    pub(crate) fn dry_run(&self) -> Cluster {
        self.connect(|options| options.dry_run = true)
    }

    /// A connection whose record the test looks at.
    pub(crate) fn recorded(&self) -> (Cluster, Arc<Recorder>) {
        let cluster = self.cluster();
        let recorder = Arc::clone(cluster.recorder());
        (cluster, recorder)
    }

    pub(crate) fn maps(&self) -> Api<ConfigMap> {
        Api::namespaced(self.admin.clone(), &self.namespace)
    }

    pub(crate) fn secrets(&self) -> Api<k8s_openapi::api::core::v1::Secret> {
        Api::namespaced(self.admin.clone(), &self.namespace)
    }

    pub(crate) fn pods(&self) -> Api<Pod> {
        Api::namespaced(self.admin.clone(), &self.namespace)
    }

    /// The administrator's own client.
    pub(crate) fn admin(&self) -> kube::Client {
        self.admin.clone()
    }

    /// A ConfigMap as `kubectl create` makes it.
    pub(crate) async fn create_map(&self, name: &str, data: Value) -> ConfigMap {
        let made = serde_json::from_value(json!({"metadata": {"name": name}, "data": data})).unwrap();
        let params = PostParams { field_manager: Some("kubectl-create".to_owned()), ..PostParams::default() };
        self.maps().create(&params, &made).await.unwrap()
    }

    /// What another manager does to a ConfigMap behind our back.
    pub(crate) async fn merge_map(&self, name: &str, patch: Value) {
        let params = PatchParams { field_manager: Some("kubectl-edit".to_owned()), ..PatchParams::default() };
        self.maps().patch(name, &params, &Patch::Merge(patch)).await.unwrap();
    }

    /// A ConfigMap's data and resource version.
    pub(crate) async fn map(&self, name: &str) -> (Value, String) {
        let map = self.maps().get(name).await.unwrap();
        (json!(map.data.unwrap_or_default()), map.metadata.resource_version.unwrap())
    }

    /// Waits until a real server has put into the namespace what it puts into each: pods can be made then, and
    /// nothing moves by itself any more. The sandbox puts nothing there.
    pub(crate) async fn settled(&self) {
        if self.base.simulated.is_some() {
            return;
        }
        let accounts: Api<ServiceAccount> = Api::namespaced(self.admin.clone(), &self.namespace);
        for _ in 0..3_600 {
            let account = accounts.get_opt("default").await.unwrap();
            if account.is_some() && self.maps().get_opt("kube-root-ca.crt").await.unwrap().is_some() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("namespace {} never settled", self.namespace);
    }

    /// A pod as the gateway makes it, that no node runs. `change` may alter it first.
    pub(crate) async fn pod(&self, name: &str, session: &str, change: impl FnOnce(&mut Value)) -> Pod {
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
    pub(crate) async fn pod_names(&self) -> Vec<String> {
        let pods = self.pods().list(&kube::api::ListParams::default()).await.unwrap();
        pods.items.into_iter().filter_map(|pod| pod.metadata.name).collect()
    }
}
