//! The objects of a schedule.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::rbac::{self, Manifest, Right, Subject};

use super::names::{Name, WIDE};

/// The user that the image's own Dockerfile names, too; files of the pod are readable for it.
const USER: u32 = 65532;

/// Where a script's files lie in the pod.
pub(super) const FOLDER: &str = "/scripts/";

/// More than fits into a ConfigMap, with room for the object around it.
const LARGEST: usize = 1_000_000;

/// A script and the modules that it imports: source by path, relative to the script's own folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// The script among them.
    pub script: String,
    /// All of them.
    pub texts: BTreeMap<String, String>,
}

/// What is to run when, and how.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The schedule's name.
    pub name: Name,
    /// Where it is, and where the script looks unless it looks everywhere.
    pub namespace: String,
    /// What runs: a shipped script by its name.
    pub script: String,
    /// The script's files, where it does not ship with the image.
    pub files: Option<Files>,
    /// The words behind the script's name.
    pub words: Vec<String>,
    /// When.
    pub cron: String,
    /// The time zone of the times; the default is that of the controller.
    pub time_zone: Option<String>,
    /// The image, whose entry point is mcpctl.
    pub image: String,
    /// How long one run may take.
    pub deadline: Duration,
    /// Its permissions apply to all namespaces.
    pub everywhere: bool,
    /// What the script needs.
    pub rights: BTreeSet<Right>,
}

impl Plan {
    /// The objects, in the order in which they are to be made.
    ///
    /// # Errors
    /// The files are too large for a ConfigMap.
    pub fn documents(&self) -> Result<Vec<Value>> {
        let mut documents = vec![self.account()];
        documents.extend(self.config_map()?);
        documents.extend(self.roles());
        documents.push(self.cron_job());
        Ok(documents)
    }

    fn metadata(&self) -> Value {
        json!({ "name": self.name.object(), "namespace": self.namespace, "labels": self.name.labels() })
    }

    fn account(&self) -> Value {
        json!({
            "apiVersion": "v1", "kind": "ServiceAccount", "metadata": self.metadata(),
            // the pod asks for its token itself
            "automountServiceAccountToken": false,
        })
    }

    fn config_map(&self) -> Result<Option<Value>> {
        let Some(files) = &self.files else { return Ok(None) };
        let size: usize = files.texts.iter().map(|(path, text)| path.len() + text.len()).sum();
        if size > LARGEST {
            return Err(Error::invalid(format!("`{}` and what it imports are too large", files.script))
                .cause(format!("{size} bytes, and a ConfigMap can contain {LARGEST}"))
                .hint("make an image with the script in it, and schedule it by its name there"));
        }
        let data: serde_json::Map<String, Value> =
            keys(files).into_iter().map(|(path, key)| (key, files.texts[path].as_str().into())).collect();
        Ok(Some(json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": self.metadata(), "data": data })))
    }

    /// Role and binding in the namespace, and those for what lies in no namespace.
    fn roles(&self) -> Vec<Value> {
        let subject = Subject::ServiceAccount { namespace: self.namespace.clone(), name: self.name.object() };
        let (wide, narrow): (BTreeSet<Right>, BTreeSet<Right>) =
            self.rights.iter().cloned().partition(|right| self.everywhere || right.is_cluster_wide());
        let manifest = |name, namespace, everywhere, rights| Manifest {
            name,
            namespace,
            everywhere,
            subjects: vec![subject.clone()],
            rights,
        };
        let mut documents = rbac::documents(&manifest(self.name.object(), Some(self.namespace.clone()), false, narrow));
        documents.extend(rbac::documents(&manifest(self.name.cluster_object(&self.namespace), None, true, wide)));
        for document in &mut documents {
            document["metadata"]["labels"] = self.name.labels();
        }
        documents
    }

    fn cron_job(&self) -> Value {
        let mut spec = json!({
            "schedule": self.cron,
            "concurrencyPolicy": "Forbid",
            // a run that could not begin in time is not made up for long after
            "startingDeadlineSeconds": 3600,
            "successfulJobsHistoryLimit": 3,
            "failedJobsHistoryLimit": 3,
            "jobTemplate": {
                "metadata": { "labels": self.name.labels() },
                "spec": {
                    // what broke off is not begun again at once: the next time is
                    "backoffLimit": 0,
                    "activeDeadlineSeconds": self.deadline.as_secs().max(1),
                    "template": { "metadata": { "labels": self.name.labels() }, "spec": self.pod() },
                },
            },
        });
        if let Some(zone) = &self.time_zone {
            spec["timeZone"] = zone.as_str().into();
        }
        let mut metadata = self.metadata();
        if self.rights.iter().any(|right| self.everywhere || right.is_cluster_wide()) {
            metadata["annotations"] = json!({ WIDE: self.name.cluster_object(&self.namespace) });
        }
        json!({ "apiVersion": "batch/v1", "kind": "CronJob", "metadata": metadata, "spec": spec })
    }

    /// A pod that the level `restricted` of Pod Security admits:
    /// <https://kubernetes.io/docs/concepts/security/pod-security-standards/>.
    fn pod(&self) -> Value {
        let script =
            self.files.as_ref().map_or_else(|| self.script.clone(), |files| format!("{FOLDER}{}", files.script));
        let mut words = vec!["run".to_owned(), script];
        words.extend(self.words.iter().cloned());
        let mut container = json!({
            "name": "mcpctl",
            "image": self.image,
            "args": words,
            // there is no folder that it could be kept in
            "env": [{ "name": "MCPCTL_NO_JOURNAL", "value": "1" }],
            "securityContext": {
                "allowPrivilegeEscalation": false,
                "capabilities": { "drop": ["ALL"] },
                "readOnlyRootFilesystem": true,
            },
        });
        let mut pod = json!({
            "restartPolicy": "Never",
            "serviceAccountName": self.name.object(),
            "automountServiceAccountToken": true,
            "enableServiceLinks": false,
            "securityContext": {
                "runAsNonRoot": true,
                "runAsUser": USER,
                "runAsGroup": USER,
                "seccompProfile": { "type": "RuntimeDefault" },
            },
        });
        if let Some(files) = &self.files {
            let items: Vec<Value> =
                keys(files).into_iter().map(|(path, key)| json!({ "key": key, "path": path })).collect();
            container["volumeMounts"] =
                json!([{ "name": "scripts", "mountPath": FOLDER.trim_end_matches('/'), "readOnly": true }]);
            pod["volumes"] =
                json!([{ "name": "scripts", "configMap": { "name": self.name.object(), "items": items } }]);
        }
        pod["containers"] = json!([container]);
        pod
    }
}

/// The key of each file: its path, with `_` for what no key may hold.
fn keys(files: &Files) -> BTreeMap<&str, String> {
    let mut taken = BTreeSet::new();
    let mut keys = BTreeMap::new();
    for path in files.texts.keys() {
        let plain: String =
            path.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '.') { c } else { '_' }).collect();
        let plain = plain.trim_start_matches('.').to_owned();
        let mut key = plain.clone();
        let mut number = 1;
        while key.is_empty() || !taken.insert(key.clone()) {
            number += 1;
            key = format!("{plain}_{number}");
        }
        keys.insert(path.as_str(), key);
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(effects: &[&str], everywhere: bool, texts: &[(&str, &str)]) -> Plan {
        let texts: BTreeMap<String, String> =
            texts.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        Plan {
            name: Name::new("nightly").unwrap(),
            namespace: "mcp".to_owned(),
            script: "cleanup".to_owned(),
            files: (!texts.is_empty()).then(|| Files { script: "nightly.rhai".to_owned(), texts }),
            words: vec!["--yes".to_owned()],
            cron: "0 3 * * *".to_owned(),
            time_zone: None,
            image: "registry/mcpctl:1".to_owned(),
            deadline: Duration::from_secs(60),
            everywhere,
            rights: rbac::rights(effects.iter().copied()),
        }
    }

    fn kinds(plan: &Plan) -> Vec<String> {
        plan.documents().unwrap().iter().map(|document| document["kind"].as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn the_account_gets_what_the_script_needs_and_no_more() {
        let lists = ["cluster: list pods"];
        assert_eq!(kinds(&plan(&lists, false, &[])), ["ServiceAccount", "Role", "RoleBinding", "CronJob"]);
        assert_eq!(kinds(&plan(&lists, true, &[])), ["ServiceAccount", "ClusterRole", "ClusterRoleBinding", "CronJob"]);
        assert_eq!(kinds(&plan(&[], false, &[])), ["ServiceAccount", "CronJob"]);
        let wide = plan(&["cluster: list pods", "cluster: list nodes"], false, &[]);
        assert_eq!(
            kinds(&wide),
            ["ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding", "CronJob"]
        );
        let documents = wide.documents().unwrap();
        assert_eq!(documents[1]["rules"], json!([{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}]));
        assert_eq!(documents[3]["metadata"]["name"], "mcpctl.mcp.nightly");
        assert!(documents.iter().all(|document| wide.name.owns(document)));
    }

    #[test]
    fn files_lie_in_the_pod_as_they_lay_around_the_script() {
        let plan = plan(&[], false, &[("nightly.rhai", "1"), ("lib/a_b.rhai", "2"), ("lib_a/b.rhai", "3")]);
        let documents = plan.documents().unwrap();
        let data = documents[1]["data"].as_object().unwrap();
        let pod = &documents[2]["spec"]["jobTemplate"]["spec"]["template"]["spec"];
        let items = pod["volumes"][0]["configMap"]["items"].as_array().unwrap();
        let read: BTreeMap<&str, &Value> =
            items.iter().map(|item| (item["path"].as_str().unwrap(), &data[item["key"].as_str().unwrap()])).collect();
        assert_eq!(read["lib/a_b.rhai"], "2");
        assert_eq!(read["lib_a/b.rhai"], "3");
        assert_eq!((read.len(), data.len()), (3, 3));
        assert_eq!(pod["containers"][0]["args"], json!(["run", "/scripts/nightly.rhai", "--yes"]));
    }

    #[test]
    fn a_shipped_script_runs_by_its_name() {
        let documents = plan(&[], false, &[]).documents().unwrap();
        let pod = &documents[1]["spec"]["jobTemplate"]["spec"]["template"]["spec"];
        assert_eq!(pod["containers"][0]["args"], json!(["run", "cleanup", "--yes"]));
        assert!(pod.get("volumes").is_none());
    }

    #[test]
    fn what_no_config_map_can_hold_is_refused() {
        let large = "x".repeat(LARGEST);
        assert!(plan(&[], false, &[("nightly.rhai", &large)]).documents().is_err());
    }
}
