//! What the errors of a server become.

use super::*;
use http::Request;
use serde_json::json;

fn identity() -> Identity {
    Identity {
        context: "dev".to_owned(),
        server: "https://k8s:6443".to_owned(),
        namespace: "mcp".to_owned(),
        user: "me".to_owned(),
        files: "`config`".to_owned(),
        proxy: String::new(),
    }
}

fn said(method: &str, uri: &str, status: serde_json::Value) -> Error {
    let request = Request::builder().method(method).uri(uri).body(()).unwrap();
    from_status(&identity(), &Operation::of(&request), &serde_json::from_value(status).unwrap())
}

#[test]
fn a_missing_right_names_user_verb_resource_and_namespace() {
    let message =
        r#"pods is forbidden: User "ci" cannot list resource "pods" in API group "" in the namespace "payments""#;
    let error = said("GET", "/api/v1/namespaces/payments/pods", json!({"code": 403, "message": message}));
    assert_eq!(error.to_string(), "user `ci` may not list pods in namespace `payments`: 403 Forbidden");
    assert_eq!((error.kind, error.hints.len()), (Kind::Forbidden, 1));
    let error = said("GET", "/api/v1/pods", json!({"code": 403, "message": message}));
    assert_eq!(error.message, "user `ci` may not list pods in all namespaces");
}

#[test]
fn a_role_without_patch_is_told_of() {
    let message = r#"configmaps "x" is forbidden: User "ci" cannot patch resource "configmaps" in API group """#;
    let error = said("PATCH", "/api/v1/namespaces/a/configmaps/x", json!({"code": 403, "message": message}));
    assert_eq!(error.message, "user `ci` may not patch configmaps in namespace `a`");
    assert!(error.hints[1].contains("needs `patch`"));
    let create = message.replace("patch", "create");
    let error = said("PATCH", "/api/v1/namespaces/a/configmaps/x", json!({"code": 403, "message": create}));
    assert_eq!((error.message.contains("may not create"), error.hints.len()), (true, 2));
}

#[test]
fn a_quota_speaks_for_itself() {
    let message = "pods \"x\" is forbidden: exceeded quota: q, requested: pods=1";
    let error = said("POST", "/api/v1/namespaces/a/pods", json!({"code": 403, "message": message}));
    assert_eq!(error.message, "the server does not allow to create pods");
    assert_eq!(error.cause.as_deref(), Some(message));
    assert!(error.hints[0].contains("`kubectl describe resourcequota -n a`"));
    let message = "pods \"x\" is forbidden: failed quota: q: must specify limits.cpu";
    let error = said("POST", "/api/v1/namespaces/a/pods", json!({"code": 403, "message": message}));
    assert!(error.hints[0].contains("a LimitRange in namespace `a`"));
}

#[test]
fn pod_security_is_told_with_what_lets_the_pod_in() {
    let message = "pods \"x\" is forbidden: violates PodSecurity \"restricted:latest\": unrestricted capabilities";
    let error = said("POST", "/api/v1/namespaces/a/pods", json!({"code": 403, "message": message}));
    let hint = "`kubectl label namespace a pod-security.kubernetes.io/enforce=baseline --overwrite` lets it in";
    assert_eq!(error.hints, [hint]);
}

#[test]
fn a_hint_names_the_script_that_runs() {
    let hint = format!("`mcpctl rbac {ANY_SCRIPT} -n mcp` prints the Role");
    assert_eq!(for_script(&hint, "verify"), "`mcpctl rbac verify -n mcp` prints the Role");
}

#[test]
fn a_missing_namespace_is_not_a_missing_object() {
    let details = json!({"kind": "namespaces", "name": "nowhere"});
    let error = said("PATCH", "/api/v1/namespaces/nowhere/secrets/x", json!({"code": 404, "details": details}));
    assert_eq!(error.message, "no namespace `nowhere`");
    let details = json!({"kind": "pods", "name": "x"});
    let error = said("GET", "/api/v1/namespaces/a/pods/x", json!({"code": 404, "details": details}));
    assert_eq!(error.to_string(), "no pod `x` in namespace `a`: 404 Not Found");
    assert_eq!(error.object.as_deref(), Some("pod/x"));
}

#[test]
fn a_missing_resource_is_not_a_missing_object() {
    let uri = "/apis/batch/v1/namespaces/a/cronjobs/x";
    let error = said("PATCH", uri, json!({"code": 404, "message": "404 page not found"}));
    assert_eq!(error.to_string(), "the server has no `cronjobs`: 404 Not Found");
    let details = json!({"group": "batch", "kind": "cronjobs", "name": "x"});
    let error = said("PATCH", uri, json!({"code": 404, "details": details}));
    assert_eq!(error.message, "no cronjob `x` in namespace `a`");
}

#[test]
fn a_refused_value_is_never_shown() {
    let causes = json!([
        {"reason": "FieldValueInvalid", "field": "data[a b]", "message": "Invalid value: \"canary-value\": bad"},
        {"reason": "FieldValueTooLong", "field": "[]", "message": "Too long: may not be more than 1048576 bytes"},
    ]);
    let status = json!({"code": 422, "message": "canary-value", "details": {"name": "x", "causes": causes}});
    let error = said("PATCH", "/api/v1/namespaces/a/secrets/x", status);
    assert_eq!(
        error.details,
        ["`data[a b]`: has a value that is not valid", "`the object`: may not be more than 1048576 bytes"]
    );
    assert!(!format!("{error:?}").contains("canary"));
    let status = json!({"code": 500, "message": "cannot unmarshal canary-value"});
    let error = said("PATCH", "/api/v1/namespaces/a/secrets/x", status);
    assert_eq!(error.to_string(), "the server could not patch secrets `x`: 500 Internal Server Error");
    assert!(!format!("{error:?}").contains("canary"));
}

#[test]
fn the_other_codes_have_their_kinds() {
    let uri = "/api/v1/namespaces/a/configmaps/x";
    let kind = |code: u16, reason: &str| said("PATCH", uri, json!({"code": code, "reason": reason})).kind;
    assert_eq!(kind(401, ""), Kind::Unauthorized);
    assert_eq!(kind(409, "AlreadyExists"), Kind::Exists);
    assert_eq!(kind(409, "Conflict"), Kind::Conflict);
    assert_eq!(kind(413, ""), Kind::Invalid);
    assert_eq!(kind(503, ""), Kind::Unreachable);
    assert_eq!(kind(418, ""), Kind::Failed);
}

#[test]
fn a_log_of_what_has_not_started_says_why() {
    let uri = "/api/v1/namespaces/a/pods/p/log?container=c";
    let message = "container \"c\" in pod \"p\" is waiting to start: trying and failing to pull image";
    let error = said("GET", uri, json!({"code": 400, "reason": "BadRequest", "message": message}));
    assert_eq!(error.to_string(), "container `c` of pod `p` has not started: trying and failing to pull image");
    assert_eq!(error.hints, ["`mcpctl status -n a` and `mcpctl list -o wide -n a` say more"]);
    let error = said("GET", uri, json!({"code": 400, "message": "container x is not valid for pod p"}));
    assert!(error.message.starts_with("the server could not get pods/log"), "{error}");
}

#[test]
fn our_own_errors_come_back_as_they_are() {
    let own = Error::new(Kind::Refused, "read only");
    let request = Request::get("/api/v1/pods").body(()).unwrap();
    let error = from_kube(&identity(), &Operation::of(&request), kube::Error::Service(Box::new(own.clone())));
    assert_eq!(error, own);
}
