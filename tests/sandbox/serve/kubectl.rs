//! kubectl on the sandbox and on a real API server: the same words and the same exit codes.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::sandbox_serve::Serving;

/// One of the two.
struct Side {
    kubeconfig: PathBuf,
    /// Where kubectl keeps what it has discovered, and the manifests.
    folder: PathBuf,
    namespace: String,
}

impl Side {
    /// What kubectl prints and its exit code, without what cannot be the same.
    fn kubectl(&self, line: &[&str]) -> String {
        let output = Command::new("kubectl")
            .args(line)
            .args(["--namespace", &self.namespace])
            .current_dir(&self.folder)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", &self.folder)
            .env("KUBECONFIG", &self.kubeconfig)
            .stdin(Stdio::null())
            .output()
            .expect("kubectl is needed");
        let text = |bytes: &[u8]| self.plain(&String::from_utf8_lossy(bytes));
        format!("{}{}exit code {:?}", text(&output.stdout), text(&output.stderr), output.status.code())
    }

    /// Text without the namespace's name, ages and identities.
    fn plain(&self, text: &str) -> String {
        const DIFFERS: [&str; 3] = ["uid", "resourceVersion", "creationTimestamp"];
        text.replace(&self.namespace, "NAMESPACE")
            .lines()
            .filter(|line| !DIFFERS.iter().any(|name| line.trim_start_matches([' ', '"']).starts_with(name)))
            .map(|line| {
                let words: Vec<&str> = line.split_whitespace().map(|w| if is_age(w) { "AGE" } else { w }).collect();
                words.join(" ") + "\n"
            })
            .collect()
    }
}

/// Whether a word is like `3s`, `2m`, `2m10s`.
fn is_age(word: &str) -> bool {
    word.ends_with(['s', 'm'])
        && word.starts_with(|c: char| c.is_ascii_digit())
        && word[1..].chars().all(|c| "0123456789ms".contains(c))
}

const MANIFESTS: [(&str, &str); 4] = [
    ("a.yaml", "{apiVersion: v1, kind: ConfigMap, metadata: {name: applied}, data: {a: '1'}}"),
    ("b.yaml", "{apiVersion: v1, kind: ConfigMap, metadata: {name: flags}, data: {beta: '2'}}"),
    ("unknown.yaml", "{apiVersion: v1, kind: ConfigMap, metadata: {name: odd}, datum: {beta: '2'}}"),
    (
        "pod.yaml",
        "{apiVersion: v1, kind: Pod, metadata: {name: p1, labels: {app: x}}, spec: {schedulerName: nobody, \
         containers: [{name: c, image: busybox}]}}",
    ),
];

/// What is typed, in order; words are apart by blanks.
const LINES: [&str; 63] = [
    "create configmap flags --from-literal=beta=on --from-literal=alpha=off",
    "create configmap flags --from-literal=beta=on",
    "create configmap Bad_Name --from-literal=beta=on",
    "create secret generic keys --from-literal=token=canary-token",
    "create configmap dry --from-literal=a=b --dry-run=server",
    "get configmap dry",
    "get configmaps",
    "get configmaps,secrets --no-headers",
    "get configmap flags -o name",
    "get configmap flags -o jsonpath={.data.beta}",
    "get configmap flags -o yaml",
    "get secret keys -o json",
    "get secrets -o wide",
    "get configmaps -o custom-columns=N:.metadata.name",
    "get nonsense",
    "get configmap nope",
    "get namespaces nope",
    "label configmap flags tier=gold",
    "label configmap flags tier=silver",
    "label configmap flags tier=silver --overwrite",
    "label configmap flags tier-",
    "label configmap flags tier=gold",
    "label configmap flags tier=not/valid --overwrite",
    "label configmap nope tier=gold",
    "annotate configmap flags note=yes",
    "get configmaps -l tier=gold -o name",
    "get configmaps -l tier!=gold -o name",
    "get configmaps -l tier=gold --show-labels",
    "get configmaps -l tier==,,",
    "get configmaps --field-selector metadata.name=flags -o name",
    "get configmaps --field-selector data.x=flags -o name",
    "patch configmap flags --type=merge -p {\"data\":{\"beta\":\"off\",\"gamma\":\"1\"}}",
    "patch configmap flags --type=merge -p {\"data\":{\"beta\":\"off\"}}",
    "patch configmap nope --type=merge -p {}",
    "patch secret keys --type=merge -p {\"type\":\"other\"}",
    "apply --server-side --validate=false -f a.yaml",
    "apply --server-side --validate=false -f a.yaml",
    "apply --server-side --validate=false -f b.yaml",
    "apply --server-side --validate=false --force-conflicts -f b.yaml",
    "apply --server-side --validate=false --dry-run=server -f a.yaml",
    "apply --server-side -f a.yaml",
    "create -f unknown.yaml",
    "create -f unknown.yaml --validate=false",
    "create -f pod.yaml",
    "get pods",
    "get pods -o wide",
    "get pod p1 -o jsonpath={.status.phase}",
    "get pods --sort-by=.metadata.name",
    "get pods -l app=y",
    "auth can-i list pods",
    "auth can-i create pods/exec",
    "auth can-i list nonsense",
    "auth can-i get /healthz",
    "delete configmap applied --dry-run=server",
    "delete configmap applied",
    "delete configmap applied",
    "delete configmap applied --ignore-not-found",
    "delete pod p1 --cascade=foreground",
    "delete pods --all",
    "delete configmaps -l tier=gold",
    "delete secret keys --cascade=foreground",
    "logs p1",
    "get pods",
];

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn kubectl_sees_no_difference_to_a_real_api_server() {
    let run = Serving::run("");
    let serving = Serving::start(&run);
    let namespace = format!("serve-{}", std::process::id());
    let side = |name: &str, kubeconfig: PathBuf| {
        let folder = run.folder().join(name);
        std::fs::create_dir(&folder).unwrap();
        for (name, text) in MANIFESTS {
            std::fs::write(folder.join(name), text).unwrap();
        }
        Side { kubeconfig, folder, namespace: namespace.clone() }
    };
    let real = Path::new(&std::env::var_os("MCPCTL_E2E_KUBECONFIG").unwrap()).to_owned();
    let sides = [side("sandbox", serving.kubeconfig.clone()), side("real", real)];
    let both = |line: &[&str]| -> [String; 2] {
        std::thread::scope(|scope| {
            sides.each_ref().map(|side| scope.spawn(|| side.kubectl(line))).map(|thread| thread.join().unwrap())
        })
    };
    let made = both(&["create", "namespace", &namespace]);
    // what the controllers put into every new namespace
    let settled = |side: &Side| side.kubectl(&["get", "configmap", "kube-root-ca.crt"]).contains("exit code Some(0)");
    while !sides.iter().all(settled) {}
    let mut differences = Vec::new();
    for line in LINES {
        let words: Vec<&str> = line.split(' ').collect();
        let [sandbox, real] = both(&words);
        if sandbox != real {
            differences.push(format!("$ kubectl {line}\nsandbox:\n{sandbox}\nreal:\n{real}\n"));
        }
    }
    let gone = both(&["delete", "namespace", &namespace]);
    assert_eq!(made[0], made[1]);
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n"));
    assert_eq!(gone[0], gone[1]);
}
