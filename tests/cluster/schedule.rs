//! Schedules on a real cluster: what is applied and removed, and a run in a pod with the account's own token.

use serde_json::{Value, json};

use super::node::needs_a_node;
use super::pod::{SESSION, age_beyond, gateway_pod};
use super::schedule_image::Image;
use crate::sandbox::conformance::request::Api;
use crate::support::cluster_namespace::{Place, client, wait};

/// Whatever a schedule is made of, as `kind/name`.
fn objects(place: &Place) -> Vec<String> {
    let group = |path: &str| format!("/apis/{path}/namespaces/{}", place.namespace());
    let (batch, rbac) = (group("batch/v1"), group("rbac.authorization.k8s.io/v1"));
    let core = format!("/api/v1/namespaces/{}", place.namespace());
    let mut found = Vec::new();
    for (root, resource) in [
        (&batch, "cronjobs"),
        (&batch, "jobs"),
        (&rbac, "roles"),
        (&rbac, "rolebindings"),
        (&core, "configmaps"),
        (&core, "serviceaccounts"),
        (&core, "pods"),
    ] {
        let list = send(place, "GET", &format!("{root}/{resource}"), None);
        for name in crate::sandbox::conformance::request::names(&list) {
            if !matches!(name, "default" | "kube-root-ca.crt") {
                found.push(format!("{resource}/{name}"));
            }
        }
    }
    found
}

fn send(place: &Place, method: &str, path: &str, body: Option<&Value>) -> Value {
    let api = Api::new(client(), place.namespace());
    wait(api.send(method, path, body)).json
}

/// Whether a schedule's account may do something.
fn may(place: &Place, account: &str, verb: &str, resource: &str, namespace: &str) -> bool {
    let review = json!({ "spec": {
        "user": format!("system:serviceaccount:{}:{account}", place.namespace()),
        "resourceAttributes": { "namespace": namespace, "verb": verb, "resource": resource },
    }});
    let path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
    send(place, "POST", path, Some(&review))["status"]["allowed"] == true
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn a_schedule_is_applied_again_and_removed_without_a_trace() {
    let place = Place::new("schedule");
    let line = "schedule nightly.rhai --cron @yearly --image registry.example/mcpctl:1";
    let script = |run: crate::support::program::Mcpctl| run.file("nightly.rhai", "pods::list().len()");
    script(place.mcpctl(&format!("{line} --dry-run"))).run().code(0).gives("create  cronjob/mcpctl-nightly");
    assert_eq!(objects(&place), Vec::<String>::new());
    let all = [
        "cronjobs/mcpctl-nightly",
        "roles/mcpctl-nightly",
        "rolebindings/mcpctl-nightly",
        "configmaps/mcpctl-nightly",
        "serviceaccounts/mcpctl-nightly",
    ];
    script(place.mcpctl(line)).run().code(0).gives("cronjob/mcpctl-nightly created\n");
    assert_eq!(objects(&place), all);
    let again = script(place.mcpctl(line)).run().code(0);
    assert_eq!(again.stdout.matches(" unchanged\n").count(), 5, "{}", again.stdout);
    let listed = place.mcpctl("schedule list -o json").run().code(0).json();
    assert_eq!((&listed[0]["name"], &listed[0]["last_run"]), (&json!("nightly"), &Value::Null));
    // what it needs no more goes
    let shipped = "schedule list.rhai --name nightly --cron @weekly --image registry.example/mcpctl:1";
    let ran = place.mcpctl(shipped).run().code(0);
    ran.gives("cronjob/mcpctl-nightly configured\n").gives("configmap/mcpctl-nightly deleted\n");
    place.mcpctl("schedule remove nightly").run().code(1).says("refusing to delete 4 objects");
    place.mcpctl("schedule remove nightly --read-only --yes").run().code(1);
    assert_eq!(objects(&place).len(), 4);
    place.mcpctl("schedule remove nightli --yes").run().code(1).says("did you mean `nightly`?");
    place.mcpctl("schedule remove nightly --yes").run().code(0).gives("cronjob/mcpctl-nightly deleted\n");
    assert_eq!(objects(&place), Vec::<String>::new());
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn what_is_not_its_own_is_left_alone() {
    let place = Place::new("schedule-foreign");
    place.create("configmaps", &json!({ "metadata": { "name": "mcpctl-cleanup" }, "data": { "a": "b" } }));
    place.create("serviceaccounts", &json!({ "metadata": { "name": "mcpctl-cleanup" } }));
    let line = "schedule cleanup --yes --cron @yearly --image registry.example/mcpctl:1";
    place.mcpctl(line).run().code(1).says("serviceaccount `mcpctl-cleanup`").says("is not the schedule's own");
    assert_eq!(objects(&place), ["configmaps/mcpctl-cleanup", "serviceaccounts/mcpctl-cleanup"]);
    place.mcpctl("schedule remove cleanup --yes").run().code(1).says("no schedule `cleanup`");
    assert_eq!(objects(&place).len(), 2);
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn what_the_server_does_not_take_leaves_nothing_behind() {
    let place = Place::new("schedule-wrong");
    let line = "schedule cleanup --yes --cron @yearly --image registry.example/mcpctl:1 --time-zone Mars/Base";
    place.mcpctl(line).run().code(1).says("spec.timeZone");
    assert_eq!(objects(&place), Vec::<String>::new());
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn everywhere_is_a_cluster_role_that_goes_too() {
    let place = Place::new("schedule-wide");
    let line = "schedule cleanup -A --yes --cron @yearly --image registry.example/mcpctl:1";
    place.mcpctl(line).run().code(0);
    let name = format!("mcpctl.{}.cleanup", place.namespace());
    let path = |kind: &str| format!("/apis/rbac.authorization.k8s.io/v1/{kind}/{name}");
    assert_eq!(send(&place, "GET", &path("clusterroles"), None)["metadata"]["name"], name);
    // no more than the namespace from now on
    place.mcpctl(&line.replace(" -A", "")).run().code(0).gives(&format!("clusterrole/{name} deleted\n"));
    place.mcpctl(line).run().code(0).gives("role/mcpctl-cleanup deleted\n");
    place.mcpctl("schedule remove cleanup --yes").run().code(0);
    for kind in ["clusterroles", "clusterrolebindings"] {
        assert_eq!(send(&place, "GET", &path(kind), None)["code"], 404);
    }
    assert_eq!(objects(&place), Vec::<String>::new());
}

#[test]
#[ignore = "needs a cluster with a node: set MCPCTL_E2E_KUBECONFIG and MCPCTL_E2E_NODE=1"]
fn a_run_does_its_work_with_exactly_its_role() {
    needs_a_node();
    let image = Image::build();
    let place = Place::new("schedule-run");
    let restricted = json!({ "metadata": { "labels": { "pod-security.kubernetes.io/enforce": "restricted" } } });
    let api = Api::new(client(), place.namespace());
    let namespace = format!("/api/v1/namespaces/{}", place.namespace());
    wait(api.send_as("PATCH", &namespace, "application/merge-patch+json", restricted.to_string())).expect(200);
    // nothing runs this pod: it is idle as soon as it is old enough
    let mut idle = gateway_pod("mcp-time-1", "time", SESSION);
    idle["spec"]["schedulerName"] = "none".into();
    idle["spec"]["securityContext"] =
        json!({ "runAsNonRoot": true, "runAsUser": 65532, "seccompProfile": { "type": "RuntimeDefault" } });
    for container in idle["spec"]["containers"].as_array_mut().unwrap() {
        container["securityContext"] =
            json!({ "allowPrivilegeEscalation": false, "capabilities": { "drop": ["ALL"] } });
    }
    place.create("pods", &idle);
    age_beyond(1);
    place.mcpctl(&format!("schedule cleanup --idle 1s --yes --cron @yearly --image {}", image.name)).run().code(0);
    let account = "mcpctl-cleanup";
    let rights =
        [("list", "pods", true), ("delete", "pods", true), ("get", "secrets", false), ("create", "pods", false)];
    for (verb, resource, allowed) in rights {
        assert_eq!(may(&place, account, verb, resource, place.namespace()), allowed, "{verb} {resource}");
    }
    assert!(!may(&place, account, "list", "pods", "default"));
    let ran = place.mcpctl("schedule run-now cleanup --wait").run();
    assert_eq!(ran.code, 0, "{} {}", ran.stdout, ran.stderr);
    ran.gives("deleted mcp-time-1").gives("context in-cluster").gives("1 deleted");
    assert!(!place.names("pods").contains(&"mcp-time-1".to_owned()));
    place.mcpctl("schedule logs cleanup").run().code(0).gives("deleted mcp-time-1").says("Complete");
    let listed = place.mcpctl("schedule list -o json").run().code(0).json();
    assert_eq!(listed[0]["last_run"]["result"], "Complete");
    // what the Role does not hold, the account's real token cannot do
    let reading =
        "try { secrets::list() } catch (error) { print(`${error.kind}: ${error.message}`); }\nthrow \"done\";";
    let line = format!("schedule reader.rhai --cron @yearly --image {}", image.name);
    place.mcpctl(&line).file("reader.rhai", reading).run().code(0);
    let role = format!("/apis/rbac.authorization.k8s.io/v1/namespaces/{}/roles/mcpctl-reader", place.namespace());
    send(&place, "DELETE", &role, None);
    let ran = place.mcpctl("schedule run-now reader --wait").run().code(1).says("the run of `reader` failed");
    ran.gives(&format!(
        "forbidden: user `system:serviceaccount:{}:mcpctl-reader` may not list secrets",
        place.namespace()
    ));
    place.mcpctl("schedule remove cleanup reader --yes").run().code(0);
    let gone = || objects(&place).is_empty();
    for _ in 0..1_200 {
        if gone() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("left behind: {:?}", objects(&place));
}
