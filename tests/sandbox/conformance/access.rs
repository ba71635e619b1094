//! Access reviews. How a refusal is worded is tested beside `sandbox::World`: it needs a user without rights.

use serde_json::json;

use super::cases;
use super::request::Api;

cases! {
    a_review_of_what_is_allowed_says_so,
}

async fn a_review_of_what_is_allowed_says_so(api: Api) {
    let attributes = json!({"namespace": api.namespace, "verb": "list", "resource": "pods"});
    let review = json!({
        "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    });
    let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    let answer = api.send("POST", path, Some(&review)).await.expect(201);
    assert_eq!(answer["kind"], "SelfSubjectAccessReview");
    assert_eq!(answer["apiVersion"], "authorization.k8s.io/v1");
    assert_eq!(answer["spec"]["resourceAttributes"], attributes);
    assert_eq!(answer["status"]["allowed"], true);
}
