//! Pods: defaults, checks, their life, their end. Where no node runs them (`MCPCTL_E2E_NODE` is not set), a
//! pod of a real cluster stays Pending; the cases that need a running one pass there without looking.

use serde_json::{Value, json};

use super::cases;
use super::request::{Api, fields, names, owned, revision};

cases! {
    a_pod_is_pending_with_its_defaults_filled_in,
    a_post_owns_what_it_and_the_defaults_set,
    bad_pods_are_refused,
    the_spec_is_fixed,
    labels_may_change,
    a_pod_is_applied_container_by_container,
    a_pod_that_no_node_has_goes_at_once,
    a_pod_runs_after_a_while,
    a_running_pod_goes_in_time,
    a_missing_key_keeps_a_pod_from_starting,
    fields_select_pods,
    the_uid_must_fit,
    a_dry_run_changes_nothing,
    logs_are_text,
    the_status_can_be_set,
}

/// A pod as the gateway makes them.
fn pod(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "labels": {"app.kubernetes.io/managed-by": "mcp-gateway"}},
        "spec": {
            "restartPolicy": "Never", "terminationGracePeriodSeconds": 1, "automountServiceAccountToken": false,
            "containers": [{
                "name": "mcp", "image": "busybox", "stdin": true, "imagePullPolicy": "IfNotPresent",
                "command": ["sh", "-c", "echo hello; trap exit TERM; while true; do sleep 0.1; done"],
                "env": [{"name": "A", "value": "1"}], "ports": [{"containerPort": 80}],
            }],
        },
    })
}

/// The same, but no node takes it.
fn unscheduled(name: &str) -> Value {
    let mut pod = pod(name);
    pod["spec"]["schedulerName"] = json!("nobody");
    pod
}

/// Whether pods are run where the cases run.
async fn runs_pods(api: &Api) -> bool {
    let version = api.send("GET", "/version", None).await.expect(200);
    version["platform"] == "sandbox" || std::env::var("MCPCTL_E2E_NODE").is_ok()
}

async fn a_pod_is_pending_with_its_defaults_filled_in(api: Api) {
    let pod = api.post("pods", &unscheduled("a")).await.expect(201);
    assert_eq!(pod["status"], json!({"phase": "Pending", "qosClass": "BestEffort"}));
    let spec = &pod["spec"];
    assert_eq!(spec["dnsPolicy"], "ClusterFirst");
    assert_eq!(spec["serviceAccountName"], "default");
    assert_eq!(spec["enableServiceLinks"], true);
    assert_eq!(spec["securityContext"], json!({}));
    assert_eq!(spec["tolerations"].as_array().unwrap().len(), 2);
    assert!(spec.get("nodeName").is_none());
    let container = &spec["containers"][0];
    assert_eq!(container["terminationMessagePath"], "/dev/termination-log");
    assert_eq!(container["ports"], json!([{"containerPort": 80, "protocol": "TCP"}]));
    assert_eq!(container["resources"], json!({}));
    assert_eq!(pod["metadata"]["generation"], 1);
    let mut plain = unscheduled("b");
    plain["spec"] = json!({"schedulerName": "nobody", "containers": [
        {"name": "a", "image": "x"}, {"name": "b", "image": "x:1"}, {"name": "c", "image": "x:latest"},
    ]});
    let pod = api.post("pods", &plain).await.expect(201);
    let policies: Vec<&str> =
        pod["spec"]["containers"].as_array().unwrap().iter().map(|c| c["imagePullPolicy"].as_str().unwrap()).collect();
    assert_eq!(policies, ["Always", "IfNotPresent", "Always"]);
    assert_eq!(pod["spec"]["restartPolicy"], "Always");
    assert_eq!(pod["spec"]["terminationGracePeriodSeconds"], 30);
}

async fn a_post_owns_what_it_and_the_defaults_set(api: Api) {
    let pod = api.post("pods?fieldManager=m", &unscheduled("a")).await.expect(201);
    let port = json!({".": {}, "f:containerPort": {}, "f:protocol": {}});
    let variable = json!({".": {}, "f:name": {}, "f:value": {}});
    let expected = json!({
        "f:metadata": {"f:labels": {".": {}, "f:app.kubernetes.io/managed-by": {}}},
        "f:spec": {
            "f:automountServiceAccountToken": {},
            "f:containers": {"k:{\"name\":\"mcp\"}": {
                ".": {}, "f:command": {}, "f:env": {".": {}, "k:{\"name\":\"A\"}": variable}, "f:image": {},
                "f:imagePullPolicy": {}, "f:name": {},
                "f:ports": {".": {}, "k:{\"containerPort\":80,\"protocol\":\"TCP\"}": port},
                "f:resources": {}, "f:stdin": {}, "f:terminationMessagePath": {}, "f:terminationMessagePolicy": {},
            }},
            "f:dnsPolicy": {}, "f:enableServiceLinks": {}, "f:restartPolicy": {}, "f:schedulerName": {},
            "f:securityContext": {}, "f:terminationGracePeriodSeconds": {},
        },
    });
    assert_eq!(owned(&pod, "m", "Update"), &expected);
}

async fn bad_pods_are_refused(api: Api) {
    let message = "Pod \"a\" is invalid: spec.containers: Required value";
    for body in [json!({"metadata": {"name": "a"}}), json!({"metadata": {"name": "a"}, "spec": {"containers": []}})] {
        api.post("pods", &body).await.fails(422, "Invalid", message);
    }
    let body = json!({
        "metadata": {"name": "a"}, "spec": {"restartPolicy": "Sometimes", "containers": [{"name": "B_d"}]},
    });
    let status = api.post("pods", &body).await.fails(
        422,
        "Invalid",
        "Pod \"a\" is invalid: [spec.containers[0].name: Invalid value: \"B_d\": a lowercase RFC 1123 label must consist of…",
    );
    assert_eq!(fields(&status), ["spec.containers[0].image", "spec.containers[0].name", "spec.restartPolicy"]);
    assert_eq!(
        status["details"]["causes"][2]["message"],
        "Unsupported value: \"Sometimes\": supported values: \"Always\", \"OnFailure\", \"Never\""
    );
}

async fn the_spec_is_fixed(api: Api) {
    api.post("pods", &unscheduled("a")).await.expect(201);
    let message = "Pod \"a\" is invalid: spec: Forbidden: pod updates may not change fields other than \
                   `spec.containers[*].image`,…";
    let answer = api.merge("pods/a", &json!({"spec": {"restartPolicy": "Always"}})).await;
    answer.fails(422, "Invalid", message);
}

async fn labels_may_change(api: Api) {
    let first = api.post("pods", &unscheduled("a")).await.expect(201);
    let pod = api.merge("pods/a", &json!({"metadata": {"labels": {"x": "y"}}})).await.expect(200);
    assert_eq!(pod["metadata"]["labels"], json!({"app.kubernetes.io/managed-by": "mcp-gateway", "x": "y"}));
    assert_eq!(pod["spec"], first["spec"]);
    assert_eq!(pod["metadata"]["generation"], 1);
    let pod = api.put("pods/a", &first).await;
    assert_eq!(pod.code, 409, "its revision is old: {}", pod.text);
}

async fn a_pod_is_applied_container_by_container(api: Api) {
    let first = api.apply("pods/a", "m", &unscheduled("a")).await.expect(201);
    let second = api.apply("pods/a", "m", &unscheduled("a")).await.expect(200);
    assert_eq!(second["spec"], first["spec"]);
    let mut other = unscheduled("a");
    other["spec"] = json!({"containers": [{"name": "mcp", "image": "busybox:2"}]});
    let status = api.apply("pods/a", "other", &other).await.fails(
        409,
        "Conflict",
        "Apply failed with 1 conflict: conflict with \"m\": .spec.containers[name=\"mcp\"].image",
    );
    assert_eq!(fields(&status), [".spec.containers[name=\"mcp\"].image"]);
    let forced = api.apply("pods/a?force=true", "other", &other).await.expect(200);
    assert_eq!(forced["spec"]["containers"][0]["image"], "busybox:2");
    assert_eq!(forced["spec"]["containers"][0]["stdin"], true);
}

async fn a_pod_that_no_node_has_goes_at_once(api: Api) {
    let made = api.post("pods", &unscheduled("a")).await.expect(201);
    let gone = api.delete("pods/a", None).await.expect(200);
    assert_eq!(gone["kind"], "Pod");
    assert_eq!(gone["metadata"]["uid"], made["metadata"]["uid"]);
    api.get("pods/a").await.fails(404, "NotFound", "pods \"a\" not found");
    api.post("pods", &unscheduled("b")).await.expect(201);
    let going = api.delete("pods/b", Some(&json!({"propagationPolicy": "Foreground"}))).await.expect(200);
    assert_eq!(going["metadata"]["finalizers"], json!(["foregroundDeletion"]));
    assert_eq!(going["metadata"]["deletionGracePeriodSeconds"], 0);
    api.until("pods/b", |answer| answer.code == 404).await;
}

async fn a_pod_runs_after_a_while(api: Api) {
    let made = api.post("pods", &pod("a")).await.expect(201);
    if !runs_pods(&api).await {
        return;
    }
    let running = api.until("pods/a", |answer| answer.json["status"]["phase"] == "Running").await.json;
    assert!(running["spec"]["nodeName"].is_string());
    assert_ne!(revision(&made), revision(&running));
    let status = &running["status"]["containerStatuses"][0];
    assert_eq!((status["name"].as_str(), status["ready"].as_bool()), (Some("mcp"), Some(true)));
    assert_eq!(status["restartCount"], 0);
    assert!(status["state"]["running"]["startedAt"].is_string());
    let ready = running["status"]["conditions"].as_array().unwrap().iter().find(|c| c["type"] == "Ready").unwrap();
    assert_eq!(ready["status"], "True");
}

async fn a_running_pod_goes_in_time(api: Api) {
    if !runs_pods(&api).await {
        return;
    }
    api.post("pods", &pod("a")).await.expect(201);
    let running = api.until("pods/a", |answer| answer.json["status"]["phase"] == "Running").await.json;
    let options = json!({"propagationPolicy": "Foreground", "preconditions": {"uid": running["metadata"]["uid"]}});
    let going = api.delete("pods/a", Some(&options)).await.expect(200);
    assert_eq!(going["kind"], "Pod");
    assert_eq!(going["metadata"]["deletionGracePeriodSeconds"], 1);
    assert_eq!(going["metadata"]["finalizers"], json!(["foregroundDeletion"]));
    assert_eq!(going["metadata"]["generation"], 2);
    assert_eq!(going["status"]["phase"], "Running");
    api.delete("pods/a", Some(&options)).await;
    api.until("pods/a", |answer| answer.code == 404).await;
}

async fn a_missing_key_keeps_a_pod_from_starting(api: Api) {
    if !runs_pods(&api).await {
        return;
    }
    api.post("secrets", &json!({"metadata": {"name": "s"}, "stringData": {"other": "x"}})).await.expect(201);
    let mut body = pod("a");
    body["spec"]["containers"][0]["env"] =
        json!([{"name": "K", "valueFrom": {"secretKeyRef": {"name": "s", "key": "grafana.api_key"}}}]);
    api.post("pods", &body).await.expect(201);
    let waiting = |answer: &super::request::Answer| {
        answer.json["status"]["containerStatuses"][0]["state"]["waiting"]["reason"] == "CreateContainerConfigError"
    };
    let stuck = api.until("pods/a", waiting).await.json;
    assert_eq!(stuck["status"]["phase"], "Pending");
    assert_eq!(
        stuck["status"]["containerStatuses"][0]["state"]["waiting"]["message"],
        format!("couldn't find key grafana.api_key in Secret {}/s", api.namespace)
    );
    let status = api.get("pods/a/log").await;
    let message = "container \"mcp\" in pod \"a\" is waiting to start: CreateContainerConfigError";
    status.fails(400, "BadRequest", message);
    api.merge("secrets/s", &json!({"stringData": {"grafana.api_key": "canary-key"}})).await.expect(200);
    api.until("pods/a", |answer| answer.json["status"]["phase"] == "Running").await;
}

async fn fields_select_pods(api: Api) {
    api.post("pods", &unscheduled("a")).await.expect(201);
    for (selector, expected) in [
        ("status.phase%3DPending", &["a"][..]),
        ("status.phase!%3DPending", &[]),
        ("spec.nodeName%3D", &["a"]),
        ("spec.nodeName!%3D", &[]),
        ("spec.restartPolicy%3DNever,metadata.name%3Da", &["a"]),
        ("spec.schedulerName%3Dnobody", &["a"]),
    ] {
        assert_eq!(
            names(&api.get(&format!("pods?fieldSelector={selector}")).await.expect(200)),
            expected,
            "{selector}"
        );
    }
}

async fn the_uid_must_fit(api: Api) {
    let made = api.post("pods", &unscheduled("a")).await.expect(201);
    let message = format!(
        "Operation cannot be fulfilled on Pod \"a\": the UID in the precondition (xyz) does not match the UID in record ({}). \
         The object might have been deleted and then recreated",
        made["metadata"]["uid"].as_str().unwrap(),
    );
    let options = json!({"preconditions": {"uid": "xyz"}});
    let status = api.delete("pods/a", Some(&options)).await.fails(409, "Conflict", &message);
    assert_eq!(status["details"], json!({"name": "a", "kind": "Pod"}));
}

async fn a_dry_run_changes_nothing(api: Api) {
    let rehearsed = api.post("pods?dryRun=All", &unscheduled("a")).await.expect(201);
    assert_eq!(rehearsed["status"]["phase"], "Pending");
    api.get("pods/a").await.expect(404);
    let made = api.post("pods", &unscheduled("a")).await.expect(201);
    for options in [json!({"dryRun": ["All"]}), json!({"dryRun": ["All"], "propagationPolicy": "Foreground"})] {
        assert_eq!(api.delete("pods/a", Some(&options)).await.expect(200)["kind"], "Pod");
    }
    api.delete("pods/a?dryRun=All", None).await.expect(200);
    assert_eq!(api.get("pods/a").await.expect(200)["metadata"]["uid"], made["metadata"]["uid"]);
    api.delete("pods/a?dryRun=All", Some(&json!({}))).await.expect(200);
    api.get("pods/a").await.expect(404);
}

async fn logs_are_text(api: Api) {
    api.get("pods/a/log").await.fails(404, "NotFound", "pods \"a\" not found");
    api.post("pods", &pod("a")).await.expect(201);
    api.get("pods/a/log?container=zzz").await.fails(400, "BadRequest", "container zzz is not valid for pod a");
    if !runs_pods(&api).await {
        return;
    }
    api.until("pods/a", |answer| answer.json["status"]["phase"] == "Running").await;
    let log = api.until("pods/a/log", |answer| !answer.text.is_empty()).await;
    assert_eq!(log.code, 200);
    assert_eq!(api.get("pods/a/log?tailLines=0").await.text, "");
    assert_eq!(api.get("pods/a/log?tailLines=1").await.text.lines().count(), 1);
}

async fn the_status_can_be_set(api: Api) {
    api.post("pods", &unscheduled("a")).await.expect(201);
    let patch = json!({"status": {"phase": "Succeeded", "reason": "Done"}, "spec": {"restartPolicy": "Always"}});
    let pod = api.merge("pods/a/status", &patch).await.expect(200);
    assert_eq!(pod["status"]["phase"], "Succeeded");
    assert_eq!(pod["spec"]["restartPolicy"], "Never");
    let ignored = api.merge("pods/a", &json!({"status": {"phase": "Failed"}})).await.expect(200);
    assert_eq!(ignored["status"]["phase"], "Succeeded");
    assert_eq!(names(&api.get("pods?fieldSelector=status.phase%3DSucceeded").await.expect(200)), ["a"]);
}
