//! A namespace of a test's own on the real cluster, and the requests that set it up and look at it.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures::{StreamExt as _, stream};
use kube::Client;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::program::Mcpctl;
use crate::sandbox::conformance::request::{Answer, Api, revision};

/// Who runs mcpctl.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum User {
    /// May do all.
    Admin,
    /// May do what a test grants.
    Provisioner,
    /// May do nothing.
    Stranger,
}

impl User {
    /// The user's kubeconfig.
    pub(crate) fn kubeconfig(self) -> PathBuf {
        let variable = match self {
            Self::Admin => "MCPCTL_E2E_KUBECONFIG",
            Self::Provisioner => "MCPCTL_E2E_PROVISIONER_KUBECONFIG",
            Self::Stranger => "MCPCTL_E2E_STRANGER_KUBECONFIG",
        };
        std::env::var_os(variable).unwrap_or_else(|| panic!("{variable} is not set: is there a cluster?")).into()
    }

    /// The user's name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Provisioner => "provisioner",
            Self::Stranger => "stranger",
        }
    }
}

/// The runtime of all requests that the tests themselves send.
pub(crate) fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap())
}

/// Waits for what a test asks the cluster.
pub(crate) fn wait<T>(future: impl Future<Output = T>) -> T {
    runtime().block_on(future)
}

/// The administrator's client, with nothing of mcpctl in it.
pub(crate) fn client() -> Client {
    static CLIENT: OnceLock<Client> = OnceLock::new();
    CLIENT.get_or_init(|| connect(User::Admin.kubeconfig())).clone()
}

/// The kubeconfig of the administrator of another cluster.
pub(crate) fn second_kubeconfig() -> PathBuf {
    let variable = "MCPCTL_E2E_SECOND_KUBECONFIG";
    std::env::var_os(variable).unwrap_or_else(|| panic!("{variable} is not set: is there a second cluster?")).into()
}

fn connect(kubeconfig: PathBuf) -> Client {
    wait(async {
        let kubeconfig = kube::config::Kubeconfig::read_from(kubeconfig).unwrap();
        let options = kube::config::KubeConfigOptions::default();
        Client::try_from(kube::Config::from_custom_kubeconfig(kubeconfig, &options).await.unwrap()).unwrap()
    })
}

/// A namespace that exists as long as this does.
pub(crate) struct Place {
    api: Api,
}

impl Place {
    /// Makes a namespace whose name tells the topic, and waits for what the controllers put into it.
    pub(crate) fn new(topic: &str) -> Self {
        Self::of(client(), topic)
    }

    /// The same on the second cluster.
    pub(crate) fn elsewhere(topic: &str) -> Self {
        Self::of(connect(second_kubeconfig()), topic)
    }

    fn of(client: Client, topic: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let api = Api::new(client, &format!("e2e-{topic}-{}-{number}", std::process::id()));
        wait(api.make_namespace());
        Self { api }
    }

    /// The API, with this namespace.
    pub(crate) fn api(&self) -> Api {
        self.api.clone()
    }

    /// The namespace.
    pub(crate) fn namespace(&self) -> &str {
        &self.api.namespace
    }

    /// A run of mcpctl as the administrator in this namespace.
    pub(crate) fn mcpctl(&self, line: &str) -> Mcpctl {
        self.mcpctl_as(User::Admin, line)
    }

    /// A run of mcpctl as somebody in this namespace.
    pub(crate) fn mcpctl_as(&self, user: User, line: &str) -> Mcpctl {
        self.here(Mcpctl::new(line), user)
    }

    /// A run of mcpctl as the administrator, with words that may hold blanks.
    pub(crate) fn words(&self, words: &[&str]) -> Mcpctl {
        self.here(Mcpctl::of(words.iter().copied()), User::Admin)
    }

    /// A run of an expression as somebody in this namespace.
    pub(crate) fn eval_as(&self, user: User, expression: &str) -> Mcpctl {
        self.here(Mcpctl::of(["eval", expression]), user)
    }

    fn here(&self, run: Mcpctl, user: User) -> Mcpctl {
        run.word("-n").word(self.namespace()).env("KUBECONFIG", user.kubeconfig().display().to_string())
    }

    /// What is at a path of this namespace, like `pods/x`.
    pub(crate) fn get(&self, rest: &str) -> Answer {
        wait(self.api.get(rest))
    }

    /// Creates an object.
    #[track_caller]
    pub(crate) fn create(&self, resource: &str, object: &Value) -> Value {
        wait(self.api.post(resource, object)).expect(201)
    }

    /// Creates a Role or RoleBinding.
    #[track_caller]
    pub(crate) fn create_rights(&self, resource: &str, object: &Value) {
        let path = format!("/apis/rbac.authorization.k8s.io/v1/namespaces/{}/{resource}", self.namespace());
        wait(self.api.send("POST", &path, Some(object))).expect(201);
    }

    /// Creates many objects at once.
    pub(crate) fn create_all(&self, resource: &str, objects: &[Value]) {
        let create = |object| async move { self.api.post(resource, object).await.expect(201) };
        wait(stream::iter(objects).map(create).buffer_unordered(32).for_each(|_| async {}));
    }

    /// Changes an object by a merge patch.
    #[track_caller]
    pub(crate) fn merge(&self, rest: &str, patch: &Value) -> Value {
        wait(self.api.merge(rest, patch)).expect(200)
    }

    /// Looks at a path again and again until it is as wished.
    pub(crate) fn until(&self, rest: &str, wished: impl Fn(&Answer) -> bool) -> Answer {
        wait(self.api.until(rest, wished))
    }

    /// Gives a user a Role of this namespace and waits until the server knows of it.
    pub(crate) fn grant(&self, user: User, rules: &Value) {
        let name = format!("e2e-{}", user.name());
        let group = "rbac.authorization.k8s.io";
        let path = |resource| format!("/apis/{group}/v1/namespaces/{}/{resource}", self.namespace());
        let role = json!({"metadata": {"name": name}, "rules": rules});
        let binding = json!({
            "metadata": {"name": name},
            "roleRef": {"apiGroup": group, "kind": "Role", "name": name},
            "subjects": [{"apiGroup": group, "kind": "User", "name": user.name()}],
        });
        wait(self.api.send("POST", &path("roles"), Some(&role))).expect(201);
        wait(self.api.send("POST", &path("rolebindings"), Some(&binding))).expect(201);
        let last = rules.as_array().and_then(|rules| rules.last()).unwrap();
        let (resource, subresource) =
            last["resources"][0].as_str().map(|r| r.split_once('/').unwrap_or((r, ""))).unwrap();
        let review = json!({"spec": {"user": user.name(), "resourceAttributes": {
            "namespace": self.namespace(), "verb": last["verbs"][0], "resource": resource, "subresource": subresource,
            "name": last["resourceNames"][0],
        }}});
        for _ in 0..2_400 {
            let path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
            let answer = wait(self.api.send("POST", path, Some(&review))).expect(201);
            if answer["status"]["allowed"] == true {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("the Role of {} did not come into force", user.name());
    }

    /// The names of all objects of a resource.
    pub(crate) fn names(&self, resource: &str) -> Vec<String> {
        let list = self.get(resource).expect(200);
        crate::sandbox::conformance::request::names(&list).into_iter().map(str::to_owned).collect()
    }

    /// Every pod, ConfigMap and Secret with its resourceVersion, to see that nothing moved.
    pub(crate) fn snapshot(&self) -> BTreeMap<String, String> {
        let mut all = BTreeMap::new();
        for resource in ["pods", "configmaps", "secrets"] {
            let list = self.get(resource).expect(200);
            for item in list["items"].as_array().unwrap() {
                let name = format!("{resource}/{}", item["metadata"]["name"].as_str().unwrap());
                all.insert(name, revision(item).to_owned());
            }
        }
        all
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // pods that a node runs would otherwise hold the namespace for their grace period
        wait(self.api.delete("pods?gracePeriodSeconds=0", None));
        wait(self.api.send("DELETE", &format!("/api/v1/namespaces/{}", self.namespace()), None));
    }
}
