//! `status --watch` and `logs -f` as a program: what they print, and how Ctrl-C ends them.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Child;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::support::program::{Mcpctl, Ran, signal};
use crate::support::raw_server::{Server, json, reply};

/// Reads stdout until a line holds a text; gives what was read.
fn read_until(child: &mut Child, text: &str) -> String {
    let mut read = String::new();
    let mut out = BufReader::new(child.stdout.as_mut().unwrap());
    while !read.contains(text) {
        assert!(out.read_line(&mut read).unwrap() > 0, "it ended: {read}");
    }
    read
}

fn interrupt(run: Mcpctl, child: Child) -> Ran {
    signal(&child, Signal::SIGINT);
    let started = Instant::now();
    let ran = run.end_of(child);
    // the promise is one second; a loaded machine gets more, a hang does not
    assert!(started.elapsed() < Duration::from_secs(20));
    ran
}

#[test]
fn a_watched_status_is_shown_and_ends_with_ctrl_c() {
    let run = Mcpctl::new("--sandbox status --watch");
    let mut child = run.start();
    let read = read_until(&mut child, "time ");
    assert!(read.starts_with("SERVER "), "{read}");
    assert!(!read.contains('\x1b'), "no terminal, so nothing is drawn over: {read}");
    interrupt(run, child).code(130).says("interrupted: nothing was changed");
}

#[test]
fn a_watch_without_a_terminal_reports_once_that_the_server_is_away() {
    for (name, status) in [("503", "503 Service Unavailable"), ("429", "429 Too Many Requests"), ("500", "500 Error")] {
        let server = Server::start(move |request| match request.line.as_str() {
            line if line.contains("watch=true") => reply(status, &[("Retry-After", "0")], ""),
            line if line.contains("/pods") => json(r#"{"kind":"PodList","apiVersion":"v1","metadata":{},"items":[]}"#),
            line if line.ends_with("/namespaces/default") => json(r#"{"metadata":{"name":"default"}}"#),
            _ => json(r#"{"kind":"List","apiVersion":"v1","metadata":{"name":"x"},"items":[]}"#),
        });
        let kubeconfig = format!(
            "current-context: c\nclusters: [{{name: c, cluster: {{server: 'http://{}'}}}}]\n\
             contexts: [{{name: c, context: {{cluster: c}}}}]\n",
            server.host()
        );
        let run = Mcpctl::new("status --watch --request-timeout 3s --catalog c.yaml")
            .file("c.yaml", "registry:\n  time: {image: mcp/time}\n")
            .file("kubeconfig", &kubeconfig)
            .env("KUBECONFIG", "kubeconfig");
        let mut child = run.start();
        let mut read = String::new();
        let mut err = BufReader::new(child.stderr.as_mut().unwrap());
        while !read.contains("cannot be watched") {
            assert!(err.read_line(&mut read).unwrap() > 0, "{name}: it ended: {read}");
        }
        std::thread::sleep(Duration::from_secs(2));
        let ran = interrupt(run, child).code(130);
        assert!(!ran.stderr.contains("cannot be watched"), "{name}: {}", ran.stderr);
    }
}

#[test]
fn followed_logs_end_with_ctrl_c_and_are_not_cut_by_the_request_timeout() {
    let run = Mcpctl::new("--sandbox --request-timeout 3s logs mcp-gateway-0c11d2e3 -f");
    let mut child = run.start();
    let read = read_until(&mut child, "| ready");
    assert!(read.lines().all(|line| line.contains(" | ")), "{read}");
    std::thread::sleep(Duration::from_millis(3500));
    assert!(child.try_wait().unwrap().is_none(), "it is still following");
    interrupt(run, child).code(130);
}

#[test]
fn followed_logs_of_what_has_ended_end_by_themselves() {
    let ran = Mcpctl::new("--sandbox logs filesystem -f").run().code(0);
    assert_eq!(ran.stdout.lines().count(), 3, "{}", ran.stdout);
}

#[test]
fn a_reader_that_has_enough_ends_them() {
    let run = Mcpctl::new("--sandbox logs mcp-gateway-0c11d2e3");
    let mut child = run.start();
    let mut one = [0_u8; 1];
    child.stdout.as_mut().unwrap().read_exact(&mut one).unwrap();
    drop(child.stdout.take());
    let ran = run.end_of(child);
    assert!(!ran.stderr.contains("error"), "{}", ran.stderr);
}

#[test]
fn a_line_is_an_object_of_its_own_for_programs() {
    let ran = Mcpctl::new("--sandbox -o json logs filesystem --tail 1").run().code(0);
    let line: serde_json::Value = serde_json::from_str(ran.stdout.trim()).unwrap();
    assert_eq!((&line["server"], &line["text"]), (&"filesystem".into(), &"ready".into()));
    Mcpctl::new("--sandbox -o yaml logs filesystem").run().code(2).says("logs cannot be printed as `yaml`");
}

#[test]
fn an_unknown_name_gets_the_nearest() {
    let ran = Mcpctl::new("--sandbox logs filesystm").run().code(1);
    ran.says("no pod, session or server `filesystm`").says("did you mean `filesystem`?");
}
