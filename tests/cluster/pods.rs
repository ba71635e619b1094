//! `list`, `session`, `stale` and `cleanup` on the real server, and the pod that must survive them all.

use serde_json::{Value, json};

use super::pod::{SESSION, age_beyond, foreign_pod, gateway_pod, gateway_pods};
use crate::support::cluster_namespace::{Place, User};

/// Until nothing but the pod of somebody else is left.
fn only_the_foreign_one_is_left(place: &Place) {
    place.until("pods", |answer| {
        let items = answer.json["items"].as_array().unwrap();
        items.len() == 1 && items[0]["metadata"]["name"] == "foreign"
    });
    assert_eq!(place.get("pods/foreign").expect(200)["metadata"]["deletionTimestamp"], Value::Null);
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn list_shows_what_gateways_made_in_every_form() {
    let place = Place::new("list");
    place.create("pods", &gateway_pod("mcp-time-1", "time", SESSION));
    place.create("pods", &gateway_pod("mcp-grafana-1", "grafana", "mcp-gateway-other"));
    place.create("pods", &foreign_pod("foreign", SESSION));
    let table = place.mcpctl("list").run().code(0);
    assert!(table.stdout.starts_with("NAME "), "{}", table.stdout);
    assert!(!table.stdout.contains("foreign"));
    table.gives("mcp-time-1").says(&format!("2 pods in 2 sessions, namespace {}", place.namespace()));
    place.mcpctl("list -o name").run().code(0).stdout("pod/mcp-grafana-1\npod/mcp-time-1\n");
    let pods = place.mcpctl("list -o json").run().code(0).json();
    let first = &pods[0];
    assert_eq!(first["name"], "mcp-grafana-1");
    assert_eq!(first["namespace"], place.namespace());
    assert_eq!((&first["server"], &first["session"]), (&json!("grafana"), &json!("mcp-gateway-other")));
    assert_eq!(first["status"], "Pending");
    assert!(first["age"].as_u64().unwrap() < 600);
    // another namespace's pod: `-A` holds although `-n` names one
    let neighbour = Place::new("neighbour");
    neighbour.create("pods", &gateway_pod("mcp-near-1", "time", SESSION));
    let everywhere = place.mcpctl("list -A -o json").run().code(0).json();
    let mine = everywhere.as_array().unwrap().iter().filter(|pod| pod["namespace"] == place.namespace());
    assert_eq!(mine.count(), 2);
    assert!(everywhere.as_array().unwrap().iter().any(|pod| pod["namespace"] == neighbour.namespace()));
    place.mcpctl("list -l app.kubernetes.io/name=time -o name").run().code(0).stdout("pod/mcp-time-1\n");
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn nothing_goes_without_a_yes() {
    let place = Place::new("yes");
    place.create("pods", &gateway_pod("mcp-time-1", "time", SESSION));
    let before = place.snapshot();
    for line in [&format!("session {SESSION}"), "stale 1s", "cleanup --idle 1s"] {
        age_beyond(1);
        place.mcpctl(line).run().code(1).says("refusing to delete 1 pod without a confirmation").says("--dry-run");
    }
    assert_eq!(place.snapshot(), before);
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn session_takes_its_own_pods_only() {
    let place = Place::new("session");
    place.create_all("pods", &gateway_pods("mine", 3, SESSION));
    place.create("pods", &gateway_pod("mcp-other-1", "time", "mcp-gateway-other"));
    place.create("pods", &foreign_pod("foreign", SESSION));
    let line = format!("session {SESSION} --yes --wait -o json");
    let gone = place.mcpctl(&line).run().code(0).json();
    assert_eq!(gone.as_array().unwrap().len(), 3);
    for (number, one) in gone.as_array().unwrap().iter().enumerate() {
        let name = format!("mcp-mine-{number:04}");
        assert_eq!(*one, json!({"name": name, "namespace": place.namespace(), "result": "deleted", "reason": ""}));
    }
    assert_eq!(place.names("pods"), ["foreign", "mcp-other-1"]);
    place.mcpctl(&line).run().code(0).stdout("[]\n").says("no pods of session");
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn stale_takes_what_is_older_by_the_servers_clock() {
    let place = Place::new("stale");
    place.create("pods", &gateway_pod("mcp-old-1", "time", SESSION));
    place.create("pods", &foreign_pod("foreign", SESSION));
    age_beyond(2);
    place.mcpctl("stale 7d --yes").run().code(0).says("no pods older than");
    place.mcpctl("stale 2s --yes --wait -o name").run().code(0).stdout("pod/mcp-old-1\n");
    only_the_foreign_one_is_left(&place);
    for wrong in ["0", "0s", "-5m", "7", "1M"] {
        place.mcpctl(&format!("stale {wrong} --yes")).run().code(2);
    }
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn cleanup_spares_sessions_that_run() {
    let place = Place::new("cleanup");
    for (pod, session, phase) in [
        ("mcp-idle-1", "mcp-gateway-idle", "Pending"),
        ("mcp-busy-1", "mcp-gateway-busy", "Running"),
        ("mcp-ended-1", "mcp-gateway-ended", "Succeeded"),
    ] {
        place.create("pods", &gateway_pod(pod, "time", session));
        place.merge(&format!("pods/{pod}/status"), &json!({"status": {"phase": phase}}));
    }
    place.create("pods", &foreign_pod("foreign", "mcp-gateway-idle"));
    let gone = place.mcpctl("cleanup --yes --wait -o name").run().code(0);
    assert_eq!(gone.stdout, "pod/mcp-ended-1\n", "{}", gone.stderr);
    age_beyond(1);
    let gone = place.mcpctl("cleanup --idle 1s --yes --wait -o name").run().code(0).says("--running includes them");
    assert_eq!(gone.stdout, "pod/mcp-idle-1\n", "{}", gone.stderr);
    let gone = place.mcpctl("cleanup --idle 1s --running --yes --wait -o name").run().code(0);
    assert_eq!(gone.stdout, "pod/mcp-busy-1\n", "{}", gone.stderr);
    only_the_foreign_one_is_left(&place);
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn a_pod_that_no_gateway_made_cannot_be_deleted_by_any_option() {
    let place = Place::new("foreign");
    place.create("pods", &gateway_pod("mcp-time-1", "time", SESSION));
    place.create("pods", &foreign_pod("foreign", SESSION));
    let before = place.snapshot();
    for expression in [
        "pods::delete(\"foreign\")",
        "pods::delete([\"mcp-time-1\", \"foreign\"], #{ owned: true, grace: 0 })",
        "pods::delete(pods::list(#{ any: true }))",
        "try { pods::delete(\"foreign\") } catch {}",
    ] {
        let run = place.eval_as(User::Admin, expression).word("--yes").run().code(1);
        run.says("refusing to delete pods that the gateway did not make").says("foreign");
    }
    assert_eq!(place.snapshot(), before);
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn pods_with_an_owner_stay_unless_they_are_asked_for() {
    let place = Place::new("owned");
    let owner = place.create("configmaps", &json!({"metadata": {"name": "owner"}}));
    let mut pod = gateway_pod("mcp-owned-1", "time", SESSION);
    pod["metadata"]["ownerReferences"] =
        json!([{"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner["metadata"]["uid"]}]);
    place.create("pods", &pod);
    let line = format!("session {SESSION} --yes -o json");
    let kept = place.mcpctl(&line).run().code(0).json();
    assert_eq!((&kept[0]["result"], kept[0]["reason"] != ""), (&json!("kept"), true));
    assert_eq!(place.names("pods"), ["mcp-owned-1"]);
    let gone = place.mcpctl(&line).word("--owned").word("--wait").run().code(0).json();
    assert_eq!(gone[0]["result"], "deleted");
    assert!(place.names("pods").is_empty());
}
