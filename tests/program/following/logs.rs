//! Logs of several pods: in order, from where on, followed to their end, and no line twice.

use std::time::Duration;

use kube_sandbox::{Fault, Sandbox};
use mcpctl::cluster::Cluster;
use mcpctl::cluster::pods::{self, Filter, LogEvent, LogOptions, Streams};
use serde_json::json;

use super::{connect, ended, pod};

const LINES: [&str; 3] = ["starting mcp/time", "listening on stdio", "ready"];

/// Follows until it ends by itself, and gives the lines with their pods; `act` is told of each.
async fn followed(cluster: &Cluster, act: impl Fn(&str, &str) + Send + Sync) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    let mut tell = |event: LogEvent| {
        if let LogEvent::Line(pod, line) = event {
            act(&pod.name, &line.text);
            lines.push((pod.name.clone(), line.text));
        }
        true
    };
    let streams = Streams { filter: Filter::default(), options: LogOptions::default(), at_once: 2 };
    let following = pods::follow(cluster, &streams, &mut tell);
    tokio::time::timeout(Duration::from_secs(60), following).await.expect("it never ended").unwrap();
    lines
}

fn of(lines: &[(String, String)], pod: &str) -> Vec<String> {
    lines.iter().filter(|(name, _)| name == pod).map(|(_, text)| text.clone()).collect()
}

#[tokio::test]
async fn logs_that_are_there_are_told_pod_by_pod() {
    let world = Sandbox::new();
    world.insert(pod("b", &json!({}))).unwrap();
    world.insert(ended("a", 1)).unwrap();
    let cluster = connect(&world);
    let found = pods::list(&cluster, &Filter::default()).await.unwrap();
    let mut told = Vec::new();
    let mut tell = |pod: &pods::Pod, log: mcpctl::error::Result<pods::Log>| {
        told.extend(log.unwrap().lines().map(|line| (pod.name.clone(), line.text, line.time.is_some())));
        true
    };
    let options = LogOptions { tail: Some(2), ..LogOptions::default() };
    pods::each_log(&cluster, &found, &options, &mut tell).await.unwrap();
    let line = |pod: &str, text: &str| (pod.to_owned(), text.to_owned(), true);
    let expected = [line("a", LINES[1]), line("a", LINES[2]), line("b", LINES[1]), line("b", LINES[2])];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn following_ends_when_all_have_ended_more_than_fit_at_once() {
    let world = Sandbox::new();
    for name in ["a", "b", "c", "d"] {
        world.insert(ended(name, 0)).unwrap();
    }
    let lines = followed(&connect(&world), |_, _| {}).await;
    for name in ["a", "b", "c", "d"] {
        assert_eq!(of(&lines, name), LINES, "{name}");
    }
}

#[tokio::test]
async fn a_pod_that_comes_later_is_followed_and_one_that_goes_ends() {
    let world = Sandbox::new();
    world.insert(pod("a", &json!({}))).unwrap();
    let act = {
        let world = world.clone();
        move |name: &str, text: &str| {
            if text == LINES[2] && name == "a" {
                world.insert(ended("b", 0)).unwrap();
            } else if text == LINES[2] {
                // the first is done, too
                world.insert(ended("a", 0)).unwrap();
            }
        }
    };
    let lines = followed(&connect(&world), act).await;
    assert_eq!((of(&lines, "a"), of(&lines, "b")), (LINES.map(str::to_owned).into(), LINES.map(str::to_owned).into()));
}

#[tokio::test(start_paused = true)]
async fn a_followed_log_is_asked_for_when_the_server_says_so_or_given_up() {
    for (seconds, lines) in [(8, &LINES[..]), (11, &[]), (3600, &[])] {
        let world = Sandbox::new();
        world.insert(ended("a", 0)).unwrap();
        world.order(1, "get", "pods/log", Fault::Answer { status: 429, retry_after: Some(seconds) });
        let begun = tokio::time::Instant::now();
        assert_eq!(of(&followed(&connect(&world), |_, _| {}).await, "a"), lines, "{seconds}");
        let waited = begun.elapsed() >= Duration::from_secs(seconds.into());
        assert_eq!(waited, !lines.is_empty(), "{seconds}");
    }
}

#[tokio::test]
async fn a_connection_that_breaks_loses_no_line_and_tells_none_twice() {
    let world = Sandbox::new();
    world.insert(ended("a", 0)).unwrap();
    world.break_connection(1, "get", "pods/log", false);
    world.fail(2, "get", "pods/log", 503);
    assert_eq!(of(&followed(&connect(&world), |_, _| {}).await, "a"), LINES);
}
