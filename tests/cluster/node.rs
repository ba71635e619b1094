//! Pods that a node really runs: what mcpctl puts into the cluster arrives in a server as the gateway starts it.

use serde_json::{Value, json};

use super::pod::{SESSION, gateway_pod};
use super::provision::with_catalog;
use crate::support::cluster_namespace::{Place, User};

/// Fails with the reason if there is no node to run pods on.
pub(super) fn needs_a_node() {
    assert!(std::env::var_os("MCPCTL_E2E_NODE").is_some(), "MCPCTL_E2E_NODE is not set: this needs a node");
}

/// A pod as the gateway builds it in its cluster provider mode: the whole ConfigMap as environment, and each secret
/// under the gateway's key.
fn running_pod(name: &str, server: &str, image: &str, secrets: &[(&str, &str)]) -> Value {
    let mut pod = gateway_pod(name, server, SESSION);
    pod["spec"].as_object_mut().unwrap().remove("schedulerName");
    let env: Vec<Value> = secrets
        .iter()
        .map(|(env, key)| json!({"name": env, "valueFrom": {"secretKeyRef": {"name": "mcp-gateway-secrets", "key": key}}}))
        .collect();
    pod["spec"]["containers"] = json!([{
        "name": "mcp",
        "image": image,
        "stdin": true,
        "envFrom": [{"configMapRef": {"name": "mcp-gateway-config"}}],
        "env": env,
    }]);
    pod
}

#[test]
#[ignore = "needs a cluster with a node: set MCPCTL_E2E_KUBECONFIG and MCPCTL_E2E_NODE=1"]
fn a_pod_of_the_gateway_reads_what_provision_made() {
    needs_a_node();
    let place = Place::new("provisioned");
    let line = "provision grafana,clock --base prod --set grafana.url=http://grafana:3000 --set clock.zone=UTC";
    let run = with_catalog(place.mcpctl(line)).word("--set").word("grafana.api_key=-").input("canary-key\n");
    let run = run.env("DOCKER_HOST", std::env::var("DOCKER_HOST").unwrap());
    let ran = run.run().code(0).says("the nodes pull for themselves");
    let names = ran.read("prod-secret-names.env").unwrap();
    assert!(names.contains("grafana.api_key="), "{names}");
    let secret = [("GRAFANA_API_KEY", "grafana.api_key")];
    let mut env = running_pod("mcp-clock-1", "clock", "busybox", &secret);
    env["spec"]["containers"][0]["command"] = json!(["/bin/env"]);
    place.create("pods", &env);
    place.create("pods", &running_pod("mcp-grafana-1", "grafana", "mcp/grafana", &secret));
    let wait = |wish: &str| {
        let wait = format!("pods::wait(#{{ session: \"{SESSION}\", {wish}: 1 }}).len()");
        place.eval_as(User::Admin, &wait).run().code(0).stdout("2\n")
    };
    wait("finished");
    wait("running");
    let log = place.eval_as(User::Admin, "pods::logs(\"mcp-clock-1\")").run().code(0).stdout;
    for line in [
        "GRAFANA_URL=http://grafana:3000",
        "GRAFANA_API_KEY=canary-key",
        "CLOCK_ZONE=UTC",
        "CLOCK_LABEL=zone UTC of nowhere",
    ] {
        assert!(log.lines().any(|one| one == line), "{line}\n{log}");
    }
    let ran = place.mcpctl(&format!("session {SESSION} --yes --wait -o name")).run().code(0);
    assert_eq!(ran.stdout, "pod/mcp-clock-1\npod/mcp-grafana-1\n");
}

#[test]
#[ignore = "needs a cluster with a node: set MCPCTL_E2E_KUBECONFIG and MCPCTL_E2E_NODE=1"]
fn a_real_server_starts_with_what_was_applied_and_dies_of_a_wrong_url() {
    needs_a_node();
    let place = Place::new("grafana");
    let apply = |url: &str| {
        let expression = format!(
            "configmaps::apply(\"mcp-gateway-config\", #{{ GRAFANA_URL: \"{url}\" }}); \
             secrets::apply(\"mcp-gateway-secrets\", #{{ \"grafana.api_key\": \"canary-key\" }})"
        );
        place.eval_as(User::Admin, &expression).run().code(0);
    };
    let secret = [("GRAFANA_API_KEY", "grafana.api_key")];
    apply("http://grafana:3000");
    place.create("pods", &running_pod("mcp-grafana-1", "grafana", "mcp/grafana", &secret));
    let wait = format!("pods::wait(#{{ session: \"{SESSION}\", running: 1 }})[0].ready");
    place.eval_as(User::Admin, &wait).run().code(0).stdout("1/1\n");
    apply("not a url");
    place.create("pods", &running_pod("mcp-grafana-2", "grafana", "mcp/grafana", &secret));
    let wait = format!("pods::wait(#{{ session: \"{SESSION}\", finished: 1 }}).map(|pod| pod.reason)");
    place.eval_as(User::Admin, &wait).run().code(0).gives("exit code 2");
    let gone = place.mcpctl(&format!("session {SESSION} --yes --wait -o name")).run().code(0);
    assert_eq!(gone.stdout, "pod/mcp-grafana-1\npod/mcp-grafana-2\n");
    assert!(place.names("pods").is_empty());
}

#[test]
#[ignore = "needs a cluster with a node: set MCPCTL_E2E_KUBECONFIG and MCPCTL_E2E_NODE=1"]
fn wide_has_the_kubelets_own_reason() {
    needs_a_node();
    let place = Place::new("reason");
    let apply = "configmaps::apply(\"mcp-gateway-config\", #{ A: \"1\" }); \
                 secrets::apply(\"mcp-gateway-secrets\", #{ \"other.key\": \"canary-key\" })";
    place.eval_as(User::Admin, apply).run().code(0);
    place
        .create("pods", &running_pod("mcp-grafana-1", "grafana", "busybox", &[("GRAFANA_API_KEY", "grafana.api_key")]));
    place.create("pods", &running_pod("mcp-none-1", "none", "mcp/no-such-image", &[]));
    place.until("pods/mcp-grafana-1", |answer| answer.text.contains("CreateContainerConfigError"));
    place.until("pods/mcp-none-1", |answer| {
        answer.text.contains("ErrImagePull") || answer.text.contains("ImagePullBackOff")
    });
    let ran = place.mcpctl("list -o wide").run().code(0);
    let line = |name: &str| ran.stdout.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    let reason = format!("couldn't find key grafana.api_key in Secret {}/mcp-gateway-secrets", place.namespace());
    assert!(line("mcp-grafana-1").contains("CreateContainerConfigError"), "{}", ran.stdout);
    assert!(line("mcp-grafana-1").contains(&reason), "{}", ran.stdout);
    assert!(line("mcp-none-1").contains("mcp/no-such-image"), "{}", ran.stdout);
    let cleaned = place.mcpctl("cleanup --idle 1h --yes").run().code(0);
    assert_eq!(cleaned.stdout.trim(), "", "{}", cleaned.stderr);
}
