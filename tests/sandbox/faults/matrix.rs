//! The matrix: each scene, with each fault, at each of its requests.

use std::time::Duration;

use kube_sandbox::Fault;
use tempfile::TempDir;
use tokio::runtime::Handle;

use super::assertions::{Expected, left_by_verify, repeated, struck};
use super::fixtures::{Command, Scene};
use super::runner::{on_threads, run, runtime};
use super::snapshot::look;

const fn answer(status: u16) -> Fault {
    Fault::Answer { status, retry_after: None }
}

/// The faults, with their names in what a failed test prints.
const FAULTS: [(&str, Fault); 13] = [
    ("429 with Retry-After", Fault::Answer { status: 429, retry_after: Some(1) }),
    ("429", answer(429)),
    ("500", answer(500)),
    ("503", answer(503)),
    ("504", answer(504)),
    ("an expired token", answer(401)),
    ("410 Gone", answer(410)),
    ("a reset before", Fault::BreakBefore),
    ("a reset after", Fault::BreakAfter),
    ("half an answer", Fault::HalfAnswer),
    ("slow bytes", Fault::SlowAnswer(Duration::from_millis(80))),
    ("a black hole", Fault::BlackHole),
    ("a history that is forgotten", Fault::Forgotten),
];

/// How many requests in a row are struck where the fault stays.
const STAYS: usize = 64;

/// How long a request may take where no answer may ever come.
const SHORT: [&str; 2] = ["--request-timeout", "700ms"];

/// One field of the matrix.
#[derive(Debug, Clone, Copy)]
struct Field {
    name: &'static str,
    fault: Fault,
    /// From 1.
    request: usize,
    /// Later requests are struck as well.
    stays: bool,
}

/// Plays a scene with every fault at every request, and fails with all that went wrong.
#[track_caller]
fn withstands(scene: &Scene) {
    let runtime = runtime();
    let handle = runtime.handle();
    let expected = on_threads(&[()], |()| undisturbed(handle, scene)).remove(0);
    assert_eq!(expected.codes[0], scene.code);
    let fields: Vec<Field> = (1..=expected.requests)
        .flat_map(|request| {
            let fields = FAULTS.map(|(name, fault)| Field { name, fault, request, stays: false });
            fields.into_iter().chain(fields.map(|field| Field { stays: true, ..field }))
        })
        .filter(|field| !field.stays || (stays(field.fault) && !scene.endless))
        .filter(|field| scene.crowd == 0 || (!field.stays && ends_pages(field.fault)))
        .collect();
    let wrong: Vec<String> = on_threads(&fields, |field| play(handle, scene, &expected, *field)).concat();
    assert!(wrong.is_empty(), "{} of {} fields:\n{}", wrong.len(), fields.len(), wrong.join("\n"));
}

/// Whether a fault is played as one that stays, too: one of each way in which a next try does not get past it.
fn stays(fault: Fault) -> bool {
    fault == answer(500)
        || fault == answer(401)
        || matches!(fault, Fault::BreakBefore | Fault::HalfAnswer | Fault::BlackHole)
}

/// Whether a fault is one that a list of many pages is played with: the others do not care for pages.
fn ends_pages(fault: Fault) -> bool {
    fault == answer(410) || matches!(fault, Fault::Forgotten | Fault::HalfAnswer)
}

/// What the scene is when nothing goes wrong.
fn undisturbed(runtime: &Handle, scene: &Scene) -> Expected {
    let folder = tempfile::tempdir().unwrap();
    let world = scene.set(runtime, folder.path());
    let (before, sent) = (look(&world, folder.path()), world.requests().len());
    let first = run(runtime, &world, folder.path(), &scene.command, &[]);
    let requests = world.requests().len() - sent;
    let after = look(&world, folder.path());
    let second = run(runtime, &world, folder.path(), &scene.command, &[]);
    assert_eq!(look(&world, folder.path()), after, "a second run changes nothing");
    let stdout = first.stdout.replace(folder.path().to_str().unwrap(), "FOLDER");
    Expected { before, after, requests, codes: [first.code, second.code], stdout }
}

/// Plays one field, and gives what was wrong.
fn play(runtime: &Handle, scene: &Scene, expected: &Expected, field: Field) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let world = scene.set(runtime, folder.path());
    let more = if field.stays { STAYS } else { 1 };
    (0..more).for_each(|later| world.order(field.request + later, "*", "*", field.fault));
    let flags = if field.stays || field.fault == Fault::BlackHole { &SHORT[..] } else { &[] };
    let first = run(runtime, &world, folder.path(), &scene.command, flags);
    let mut now = look(&world, folder.path());
    let left = if field.stays { left_by_verify(expected, &now, &first) } else { Vec::new() };
    now.retain(|name, _| !left.contains(name));
    let mut wrong = struck(expected, &now, &first);
    world.clear_faults();
    let second = run(runtime, &world, folder.path(), &scene.command, &[]);
    now = look(&world, folder.path());
    now.retain(|name, _| !left.contains(name));
    wrong.extend(repeated(expected, &now, &second));
    let place = |wrong: String| {
        let stays = if field.stays { " for good" } else { "" };
        let asked = expected.requests;
        format!(
            "{} with {}{stays} at request {} of {asked}: {wrong}\n{}",
            scene.command.script,
            field.name,
            field.request,
            indented(&first.stderr),
        )
    };
    wrong.into_iter().map(place).collect()
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("      {line}\n")).collect()
}

/// A client whose clock is two hours off does and shows the same.
#[track_caller]
fn minds_the_servers_clock(scene: &Scene) {
    let runtime = runtime();
    let handle = runtime.handle();
    let expected = on_threads(&[()], |()| undisturbed(handle, scene)).remove(0);
    let runs = on_threads(&[7_200, -7_200], |seconds| {
        let folder: TempDir = tempfile::tempdir().unwrap();
        let world = scene.set(handle, folder.path());
        world.set_client_clock(*seconds);
        let ran = run(handle, &world, folder.path(), &scene.command, &[]);
        let stdout = ran.stdout.replace(folder.path().to_str().unwrap(), "FOLDER");
        (stdout, ran, look(&world, folder.path()))
    });
    for (stdout, ran, seen) in runs {
        assert_eq!((ran.code, &stdout), (expected.codes[0], &expected.stdout), "{}", ran.stderr);
        assert_eq!(seen, expected.after);
    }
}

/// Makes two tests of each scene.
macro_rules! scenes {
    ($($name:ident: $scene:expr;)*) => {
        $(mod $name {
            use super::*;

            const SCENE: Scene = $scene;

            #[test]
            fn withstands_every_fault_at_every_request() {
                withstands(&SCENE);
            }

            #[test]
            fn minds_the_servers_clock_alone() {
                minds_the_servers_clock(&SCENE);
            }
        })*
    };
}

const GRAFANA: &[&str] =
    &["grafana", "--base", "prod", "--set", "grafana.url=http://g", "--set", "grafana.api_key=@key.txt"];

/// Makes the env files, without a word to the cluster.
const FILES: (Command, bool) = (Command::new("provision", GRAFANA), false);

scenes! {
    list: Scene::of(Command::new("list", &[]));
    list_of_two_pages: Scene::of(Command::new("list", &[])).crowd(501);
    cleanup: Scene::of(Command::new("cleanup", &["--idle", "24h", "--running", "--yes"]));
    cleanup_that_waits: Scene::of(Command::new("cleanup", &["--idle", "24h", "--running", "--yes", "--wait"]));
    sessions: Scene::of(Command::new("sessions", &[]));
    session: Scene::of(Command::new("session", &["old", "--yes"]));
    stale: Scene::of(Command::new("stale", &["24h", "--yes"]));
    create_configmap: Scene::of(Command::new("create-configmap", &["flags", "{\"beta\": \"on\"}"]));
    create_secret: Scene::of(
        Command::new("create-secret", &["keys", "-"]).input("{\"token\": \"canary-key-of-the-matrix\"}")
    );
    populate_configmap: Scene::of(Command::new("populate-configmap", &["prod-config.env", "settings"]))
        .after(&[FILES]);
    populate_secret: Scene::of(Command::new("populate-secret", &["prod-secret.env", "keys"])).after(&[FILES]);
    provision: Scene::of(Command::new("provision", GRAFANA));
    provision_anew: Scene::of(
        Command::new("provision", &["grafana", "--base", "prod", "--set", "grafana.url=http://other"])
    ).after(&[(Command::new("provision", GRAFANA), true)]);
    provision_that_restarts: Scene::of(
        Command::new("provision", &["grafana", "--base", "prod", "--set", "grafana.url=http://other", "--restart", "--yes"])
    ).after(&[(Command::new("provision", GRAFANA), true)]);
    set_secret: Scene::of(Command::new("set-secret", &["mcp-gateway-secrets", "grafana.api_key", "-"]).input("canary-other"))
        .after(&[(Command::new("provision", GRAFANA), true)]);
    diff: Scene::of(Command::new("diff", &["prod"])).after(&[(Command::new("provision", GRAFANA), true)]);
    diff_that_finds_something: Scene::of(Command::new("diff", &["prod"])).after(&[FILES]).ends_with(6);
    status: Scene::of(Command::new("status", &[])).after(&[(Command::new("provision", GRAFANA), true)]);
    logs: Scene::of(Command::new("logs", &["time", "--tail", "1"]));
    logs_that_are_followed: Scene::of(Command::new("logs", &["done", "-f"])).endless();
    verify: Scene::of(Command::new("verify", &["grafana", "--timeout", "2s", "-o", "name"]))
        .after(&[(Command::new("provision", GRAFANA), true)]);
    gateway: Scene::of(Command::new("gateway", &["prod"])).after(&[(Command::new("provision", GRAFANA), true)]);
}

#[test]
fn the_other_scripts_send_nothing() {
    let runtime = runtime();
    let handle = runtime.handle();
    let commands: [Command; 4] = [
        Command::new("servers", &["grafana"]),
        Command::new("extract-data", &["grafana"]),
        Command::new("show-example", &["grafana"]),
        Command::new("generate-env", &["grafana", "prod"]),
    ];
    let ran = on_threads(&commands, |command| {
        let folder = tempfile::tempdir().unwrap();
        let world = Scene::of(*command).set(handle, folder.path());
        let ran = run(handle, &world, folder.path(), command, &[]);
        (ran.code, ran.stderr, world.requests().len())
    });
    for (code, stderr, requests) in ran {
        assert_eq!((code, requests), (0, 0), "{stderr}");
    }
}
