//! Which pods hold old values, and nobody else.

use kube_sandbox::Sandbox;
use mcpctl::cluster::objects::ObjectKind;
use mcpctl::cluster::pods::{self, ChangedKeys};
use serde_json::json;

use super::{connect, ended, pod};

fn change(kind: ObjectKind, keys: &[&str], at: &str) -> ChangedKeys {
    ChangedKeys {
        kind,
        name: "x".to_owned(),
        namespace: "default".to_owned(),
        keys: keys.iter().map(|key| (*key).to_owned()).collect(),
        at: at.parse().unwrap(),
    }
}

#[tokio::test]
async fn those_that_run_and_use_it_and_were_started_before() {
    let world = Sandbox::new();
    let whole = json!({"envFrom": [{"configMapRef": {"name": "x"}}]});
    let key = json!({"env": [{"name": "K", "valueFrom": {"secretKeyRef": {"name": "x", "key": "k"}}}]});
    world.insert(pod("whole", &whole)).unwrap();
    world.insert(pod("key", &key)).unwrap();
    world.insert(pod("neither", &json!({}))).unwrap();
    let mut over = ended("over", 0);
    over["spec"]["containers"][0]["envFrom"] = whole["envFrom"].clone();
    world.insert(over).unwrap();
    let mut stranger = pod("stranger", &whole);
    stranger["metadata"]["labels"] = json!({});
    world.insert(stranger).unwrap();
    let cluster = connect(&world);
    let (before, after) = ("2025-12-31T00:00:00Z", "2026-01-02T00:00:00Z");
    for (changes, expected) in [
        (vec![change(ObjectKind::ConfigMap, &["a"], after)], vec!["whole"]),
        (vec![change(ObjectKind::Secret, &["k"], after)], vec!["key"]),
        (vec![change(ObjectKind::Secret, &["other"], after)], vec![]),
        (
            vec![change(ObjectKind::ConfigMap, &["a"], after), change(ObjectKind::Secret, &["k"], after)],
            vec!["key", "whole"],
        ),
        (vec![change(ObjectKind::ConfigMap, &["a"], before)], vec![]),
    ] {
        let found = pods::outdated(&cluster, &changes).await.unwrap();
        assert_eq!(found.iter().map(|pod| pod.name.as_str()).collect::<Vec<_>>(), expected, "{changes:?}");
    }
    let asked = world.requests().len();
    assert!(pods::outdated(&cluster, &[change(ObjectKind::ConfigMap, &[], after)]).await.unwrap().is_empty());
    assert_eq!(world.requests().len(), asked, "nothing was changed, so nothing is asked");
}
