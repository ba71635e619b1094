//! Credential helpers that fail: a registry that wants a login says which helper failed and why, one that wants none does
//! not suffer.
#![cfg(target_os = "linux")]

use crate::program::network::fixtures;
use crate::support::http_server::{Loopback, respond};
use crate::support::program::{Mcpctl, Ran, executable};

/// A registry that wants a login, but for `public/`.
async fn registry() -> Loopback {
    let manifest = fixtures::manifest(fixtures::CATALOG.as_bytes());
    Loopback::start(move |line, _| {
        let open = line.contains("/v2/public/");
        match line {
            "GET /v2/" => respond(401, &[("www-authenticate", "Basic realm=\"r\"")], ""),
            _ if !open => respond(401, &[], ""),
            line if line.contains("/manifests/") => respond(200, &[], manifest.clone()),
            _ => respond(200, &[], fixtures::CATALOG),
        }
    })
    .await
}

/// A run that lists a catalog of the registry, with docker's settings and a helper `docker-credential-odd`.
fn run(registry: &Loopback, repository: &str, config: &str, helper: Option<&str>) -> Mcpctl {
    let catalog = format!("oci://{}/{repository}/c:1", registry.address);
    let words = ["servers", "-o", "name", "--request-timeout", "4s", "--catalog", &catalog];
    let run = Mcpctl::of(words).file("home/.docker/config.json", config).file("bin/none", "");
    if let Some(helper) = helper {
        executable(&run.folder().join("bin/docker-credential-odd"), &format!("#!/bin/sh\n{helper}\n"));
    }
    let path = format!("{}:/usr/bin:/bin", run.folder().join("bin").display());
    run.env("PATH", path)
}

#[track_caller]
fn shows_no_secret(ran: &Ran, what: &str) {
    assert!(!format!("{}{}", ran.stdout, ran.stderr).contains("canary"), "{what}: {}", ran.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_helper_that_gives_no_login_is_named_with_its_output_where_a_login_is_wanted() {
    let registry = registry().await;
    let for_all = r#"{"credsStore": "odd"}"#.to_owned();
    let for_one = format!(r#"{{"credHelpers": {{"{}": "odd"}}}}"#, registry.address);
    for (what, config, helper, reason) in [
        ("missing", &for_all, None, "is not installed: there is no such program on the PATH"),
        ("missing for one", &for_one, None, "(`credHelpers` in `"),
        (
            "an error",
            &for_all,
            Some("echo 'the vault is sealed' >&2; exit 1"),
            "failed with exit code 1: the vault is sealed",
        ),
        (
            "an error on stdout",
            &for_one,
            Some("echo 'session expired'; exit 3"),
            "failed with exit code 3: session expired",
        ),
        ("an error without words", &for_all, Some("exit 7"), "failed with exit code 7"),
        (
            "colours",
            &for_all,
            Some("printf '\\033[31mno\\033[0m access' >&2; exit 1"),
            "exit code 1: ␛[31mno␛[0m access",
        ),
        ("nothing", &for_all, Some("cat > /dev/null"), "succeeded without printing a login"),
        (
            "junk",
            &for_all,
            Some("echo please log in first"),
            "printed something that is not a login in JSON: please log in first",
        ),
        (
            "a web page",
            &for_all,
            Some("echo '<html><h1>sign in</h1></html>'"),
            "printed something that is not a login in JSON",
        ),
        ("a list", &for_all, Some("echo '[]'"), "printed something that is not a login in JSON: []"),
        (
            "half a login",
            &for_all,
            Some("printf '{\"Username\": \"me\", \"Secret\": \"canary-half'"),
            "not a login in JSON: {\"Username\": \"me\", \"Secret\":***",
        ),
        ("a bare secret", &for_all, Some("echo canary-bare"), "not a login in JSON: ***"),
        ("another type", &for_all, Some("echo '{\"Username\": \"me\", \"Secret\": 1}'"), "not a login in JSON"),
        ("a signal", &for_all, Some("kill -9 $$"), "was ended by a signal"),
        ("too much", &for_all, Some("yes canary"), "printed more than 1 MiB"),
        ("silence", &for_all, Some("sleep 60"), "gave no answer within"),
        ("a question", &for_all, Some("echo 'touch your key' >&2; sleep 60"), "and was ended: touch your key"),
    ] {
        let ran = run(&registry, "team", config, helper).run().code(1);
        let ran = ran.says("the credential helper `docker-credential-odd` (").says(reason);
        let ran = ran.says("config.json`").says(&format!("`docker login {}`", registry.address));
        shows_no_secret(&ran, what);
        let ran = run(&registry, "public", config, helper).run().code(0).stdout(fixtures::NAMES);
        shows_no_secret(&ran, what);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_helper_that_has_no_login_for_a_registry_has_not_failed() {
    let registry = registry().await;
    for helper in [
        "echo 'credentials not found in native keychain'; exit 1",
        "echo 'Error: credentials not found in native keychain' >&2; exit 1",
        "echo '{\"ServerURL\": \"r\", \"Username\": \"\", \"Secret\": \"\"}'",
        "echo '{}'",
    ] {
        let ran = run(&registry, "team", r#"{"credsStore": "odd"}"#, Some(helper)).run().code(1);
        let ran = ran.says("the registry wants a login").says("if it is private: `docker login");
        assert!(!ran.stderr.contains("helper"), "{helper}: {}", ran.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_helpers_that_lead_elsewhere_are_refused() {
    let registry = registry().await;
    for name in ["../odd", "odd/../odd", "odd odd", "$(odd)"] {
        let config = serde_json::json!({ "credsStore": name }).to_string();
        let ran = run(&registry, "team", &config, Some("touch started")).run().code(1);
        let ran = ran.says("is not a valid name of a credential helper");
        assert_eq!(ran.read("started"), None, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_helper_that_hangs_is_ended_with_all_that_it_has_started() {
    let registry = registry().await;
    for helper in [
        "sleep 61 & echo $! >> pids; sleep 61",
        "(sleep 61 & echo $! >> pids; wait) & wait",
        "trap '' TERM INT HUP; sleep 61 & echo $! >> pids; wait",
        "nohup sleep 61 >/dev/null 2>&1 & echo $! >> pids; cat; sleep 61",
    ] {
        let ran = run(&registry, "team", r#"{"credsStore": "odd"}"#, Some(helper)).run().code(1);
        let ran = ran.says("gave no answer within");
        for pid in ran.read("pids").unwrap().lines() {
            assert!(ended(pid), "{helper}: {pid} runs on");
        }
    }
}

/// Whether a process ends soon.
fn ended(pid: &str) -> bool {
    (0..1000).any(|_| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let runs = stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'));
        if runs {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        !runs
    })
}
