//! API servers and engines whose answers have no end.

use std::time::Duration;

use super::fixtures::watched;
use crate::support::program::{Mcpctl, Ran};
use crate::support::raw_server::{Reply, Request, Server, bomb, endless, json, reply};

/// The most memory of such a run: that of an idle one, a log or a refusal read to its limit, and its growth.
const MOST_MEMORY: usize = (50 + 64 + 32) << 20;

/// A run of a script on an API server.
#[track_caller]
fn on(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static, script: &str) -> Ran {
    let server = Server::start(answer);
    let kubeconfig = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters: [{{name: c, cluster: {{server: 'http://{}'}}}}]\n\
         users: [{{name: u, user: {{token: canary-token}}}}]\ncontexts: [{{name: c, context: {{cluster: c, user: u}}}}]\n",
        server.host()
    );
    let run = Mcpctl::of(["eval", script, "--request-timeout", "10s"]).file("kubeconfig", &kubeconfig);
    let (ran, used) = watched(run.env("KUBECONFIG", "kubeconfig"));
    assert!(used <= MOST_MEMORY, "{} MiB\n{}", used >> 20, ran.stderr);
    ran
}

const POD: &str = r#"{"metadata":{"name":"p","namespace":"default","uid":"1","labels":{"app.kubernetes.io/managed-by":"mcp-gateway"}},"spec":{"containers":[{"name":"c"}]},"status":{"phase":"Running"}}"#;

fn pods(request: &Request) -> Option<Reply> {
    let list = format!(r#"{{"kind":"PodList","apiVersion":"v1","metadata":{{}},"items":[{POD}]}}"#);
    (!request.line.contains("/log")).then(|| match request.line.contains("/pods/p") {
        true => json(POD),
        false => json(&list),
    })
}

#[test]
fn a_version_is_not_read_without_end_and_not_blown_up() {
    let script = "cluster::version()";
    on(|_| endless("200 OK", ""), script).code(1).says("more than 16 MiB are not read");
    let blown_up =
        || reply("200 OK", &[("Content-Encoding", "gzip"), ("Content-Type", "application/json")], bomb(1 << 30));
    on(move |_| blown_up(), script).code(1).says("more than 16 MiB are not read");
}

#[test]
fn a_refusal_is_not_read_without_end() {
    for status in ["403 Forbidden", "404 Not Found", "422 Unprocessable Entity"] {
        on(move |_| endless(status, "Content-Type: application/json\r\n"), "pods::list().len()").code(1).stdout("");
    }
}

#[test]
fn a_log_is_not_read_without_end() {
    let endless_lines = || {
        let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
        Reply::Endless(head, [&b"10000\r\n"[..], &[b'\n'; 1 << 16], b"\r\n"].concat(), Duration::ZERO)
    };
    let answer = move |request: &Request| pods(request).unwrap_or_else(endless_lines);
    on(answer, "pods::logs(\"p\").len()").code(1).says("more than 32 MiB are not read").says("--tail 1000");
    let many = "\n".repeat(2 << 20);
    let answer = move |request: &Request| pods(request).unwrap_or_else(|| reply("200 OK", &[], &many));
    on(answer, "pods::print_logs(\"p\", #{})").code(0);
}

#[test]
fn an_engine_is_not_read_without_end() {
    let run = |image: fn() -> Reply, pull: fn() -> Reply, words: &str| {
        let engine = Server::start(move |request| match request.line.as_str() {
            "GET /version" => json("{}"),
            line if line.starts_with("POST /images/create") => pull(),
            _ => image(),
        });
        let run =
            Mcpctl::of(["eval", "images::pull(\"mcp/x\")"]).env("DOCKER_HOST", format!("tcp://{}", engine.host()));
        let (ran, used) = watched(run);
        ran.code(1).gives(words);
        assert!(used <= MOST_MEMORY, "{} MiB", used >> 20);
    };
    let missing = || reply("404 Not Found", &[], r#"{"message":"no such image"}"#);
    run(|| endless("200 OK", ""), missing, "more than 8 MiB are not read");
    run(missing, || endless("200 OK", ""), "more than 1 MiB are not read");
    run(missing, || endless("500 Internal Server Error", ""), "failed mcp/x:latest");
}
