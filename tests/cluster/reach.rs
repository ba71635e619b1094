//! Finding a cluster and reaching it, or saying why not.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use super::pod::{SESSION, gateway_pod};
use crate::support::cluster_namespace::{Place, User};
use crate::support::program::{Mcpctl, Ran};

/// A kubeconfig whose server is this URL.
fn kubeconfig(server: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: elsewhere\n\
         clusters: [{{name: c, cluster: {{server: '{server}', insecure-skip-tls-verify: true}}}}]\n\
         users: [{{name: u, user: {{token: canary-token}}}}]\n\
         contexts: [{{name: elsewhere, context: {{cluster: c, user: u, namespace: mcp}}}}]\n"
    )
}

/// Runs a line against a server, and asserts that it ends long before a request would time out.
fn run_against(server: &str, line: &str, limit: Duration) -> Ran {
    let run = Mcpctl::new(line).file("config", &kubeconfig(server)).env("KUBECONFIG", "config");
    let begun = Instant::now();
    let ran = run.run().code(1);
    assert!(begun.elapsed() < limit, "{:?}\n{}", begun.elapsed(), ran.stderr);
    assert!(!ran.stderr.contains("canary"), "{}", ran.stderr);
    ran
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn a_kubeconfig_list_is_merged_and_missing_files_are_skipped() {
    let place = Place::new("files");
    place.create("pods", &gateway_pod("mcp-time-1", "time", SESSION));
    let real = User::Admin.kubeconfig();
    let list = format!("missing:first:{}", real.display());
    let run = Mcpctl::new("list -o name --context admin@test")
        .file("first", &kubeconfig("https://127.0.0.1:1"))
        .env("KUBECONFIG", &list)
        .word("-n")
        .word(place.namespace());
    run.run().code(0).stdout("pod/mcp-time-1\n");
    let wrong = Mcpctl::new("list --context admin@tset").file("first", &kubeconfig("https://127.0.0.1:1"));
    wrong.env("KUBECONFIG", &list).run().code(1).says("no context `admin@tset`").says("did you mean `admin@test`");
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn the_namespace_of_the_context_is_meant_where_none_is_named() {
    let place = Place::new("context");
    place.create("pods", &gateway_pod("mcp-time-1", "time", SESSION));
    let text = std::fs::read_to_string(User::Admin.kubeconfig()).unwrap();
    let here = text.replace("namespace: default", &format!("namespace: {}", place.namespace()));
    let run = Mcpctl::new("list -o name").file("config", &here).env("KUBECONFIG", "config");
    run.run().code(0).stdout("pod/mcp-time-1\n");
    let named = Mcpctl::of(["list", "default", "-o", "json"]).file("config", &here).env("KUBECONFIG", "config").run();
    assert!(!named.code(0).stdout.contains("mcp-time-1"));
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn a_closed_port_is_told_of_at_once() {
    let ran = run_against("https://127.0.0.1:1", "list", Duration::from_secs(20));
    ran.says("cannot reach `https://127.0.0.1:1` (context `elsewhere`)")
        .says("connection refused")
        .says("config")
        .says("--sandbox");
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn a_server_that_never_shakes_hands_is_given_up_within_six_seconds() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = format!("https://{}", silent.local_addr().unwrap());
    run_against(&server, "list", Duration::from_secs(25)).says("cannot reach").says("within 5s");
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn a_server_that_never_answers_is_given_up_after_the_request_timeout() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = format!("http://{}", silent.local_addr().unwrap());
    run_against(&server, "list --request-timeout 1s", Duration::from_secs(25))
        .says("within 1s")
        .says("--request-timeout");
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn a_wrong_token_names_the_user_and_the_file() {
    let text = std::fs::read_to_string(User::Admin.kubeconfig()).unwrap();
    let wrong = text.replace("admin-token", "canary-expired");
    let ran = Mcpctl::new("list").file("config", &wrong).env("KUBECONFIG", "config").run().code(1);
    assert!(!ran.stderr.contains("canary"), "{}", ran.stderr);
    ran.says("does not know user `admin`").says("`config`").says("log in again");
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn a_namespace_that_is_not_there_is_no_empty_list_for_changes() {
    let run = Mcpctl::of(["eval", "configmaps::apply(\"c\", #{ a: \"1\" })", "-n", "e2e-no-such-namespace"]);
    run.env("KUBECONFIG", User::Admin.kubeconfig().display().to_string())
        .run()
        .code(1)
        .says("no namespace `e2e-no-such-namespace`");
}
