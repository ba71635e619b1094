//! One key of a Secret set on a real API server: who owns it then, and what the next apply says.

use serde_json::json;

use crate::support::cluster_namespace::{Place, User};

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn a_key_that_was_set_is_a_conflict_for_the_next_apply_and_the_others_stay() {
    let place = Place::new("set-secret");
    let populate = |value: &str| {
        let file = format!("token=canary-{value}\nother=canary-kept\n");
        place.mcpctl_as(User::Admin, "populate-secret a-secret.env keys").file("a-secret.env", &file).run()
    };
    populate("first").code(0);
    let set = place.mcpctl("set-secret keys token - -o json").input("canary-second\n").run().code(0);
    assert_eq!(set.json()["changed"], json!(["token"]));
    assert!(!set.stdout.contains("canary") && !set.stderr.contains("canary"), "{}{}", set.stdout, set.stderr);
    // the values of `canary-second` and `canary-kept`
    let data = place.get("secrets/keys").expect(200)["data"].clone();
    assert_eq!(data, json!({ "other": "Y2FuYXJ5LWtlcHQ=", "token": "Y2FuYXJ5LXNlY29uZA==" }));
    let before = place.snapshot();
    let refused = populate("first").code(1);
    refused.says("key `token` of secret `keys`").says("belongs to `mcpctl-set`").says("the same value in the env file");
    assert_eq!(place.snapshot(), before);
    populate("second").code(0);
    // both hold it now with one value: nothing is left to write
    let agreed = place.snapshot();
    populate("second").code(0);
    assert_eq!(place.snapshot(), agreed);
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn what_cannot_be_set_says_why() {
    let place = Place::new("set-refused");
    place.mcpctl("set-secret none token -").input("canary-x").run().code(1).says("no secret `none`");
    let fixed = json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "fixed" }, "immutable": true });
    place.create("secrets", &fixed);
    place.mcpctl("set-secret fixed token -").input("canary-x").run().code(1).says("immutable");
    let plan = place.mcpctl("set-secret fixed token - --read-only").input("canary-x").run().code(1);
    assert!(!plan.stderr.contains("canary-x"), "{}", plan.stderr);
}
