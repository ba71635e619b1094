//! Moving in on a real server: objects that `kubectl`, `cluster-tools` and `mcpctl-set` made become an owner's own.

use serde_json::{Value, json};

use crate::sandbox::conformance::request::{config_map, owned, secret};
use crate::support::cluster_namespace::Place;
use crate::support::program::Mcpctl;

/// `canary-old` and `canary-new` as a Secret holds them.
const OLD: &str = "Y2FuYXJ5LW9sZA==";
const NEW: &str = "Y2FuYXJ5LW5ldw==";

fn with_file(run: Mcpctl) -> Mcpctl {
    run.file("app-secret.env", "app.token=canary-new\n")
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn each_way_in_which_people_make_objects_is_adopted() {
    let place = Place::new("adopt");
    for manager in ["kubectl-create", "kubectl-client-side-apply", "cluster-tools", "mcpctl-set", "kubectl"] {
        let object = secret(manager, &json!({"app.token": OLD, "stale": OLD}));
        place.create(&format!("secrets?fieldManager={manager}"), &object);
        let line = format!("populate-secret app-secret.env {manager} --keys-only");
        let ran = with_file(place.mcpctl(&line)).run().code(1);
        let ran = ran.says(&format!("`--adopt` makes what `{manager}` wrote"));
        let ran = place.mcpctl(&format!("{line} --adopt")).after(ran).run().code(1);
        let ran = ran.says(&format!("stale  written by {manager}")).says("without a confirmation");
        let before = place.snapshot();
        let ran = place.mcpctl(&format!("{line} --adopt --dry-run")).after(ran).run().code(0).gives("app.token");
        assert_eq!(place.snapshot(), before);
        let ran = place.mcpctl(&format!("{line} --adopt --yes")).after(ran).run().code(0);
        assert!(!ran.stdout.contains("canary") && !ran.stderr.contains("canary"), "{}{}", ran.stdout, ran.stderr);
        let object = place.get(&format!("secrets/{manager}")).expect(200);
        assert_eq!(object["data"], json!({"app.token": NEW}));
        assert_eq!(owned(&object, manager, "Update"), &Value::Null);
        let before = place.snapshot();
        place.mcpctl(&line).after(ran).run().code(0).gives("unchanged");
        assert_eq!(place.snapshot(), before);
    }
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn a_foreign_operator_is_not_adopted() {
    let place = Place::new("adopt-foreign");
    place.create("configmaps?fieldManager=operator", &config_map("settings", &json!({"app.zone": "old"})));
    let run = place.mcpctl("populate-configmap app-config.env settings --keys-only --adopt --yes");
    let ran = run.file("app-config.env", "app.zone=new\n").run().code(1).says("belongs to `operator`");
    assert!(!ran.stderr.contains("--adopt` makes"), "{}", ran.stderr);
    assert_eq!(place.get("configmaps/settings").expect(200)["data"], json!({"app.zone": "old"}));
}
