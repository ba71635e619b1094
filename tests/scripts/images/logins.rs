//! Logins of docker's settings, found as docker finds them.
#![cfg(unix)]

use super::clusters::base64_text;
use crate::program::network::fixtures;
use crate::support::http_server::{Loopback, respond};
use crate::support::program::{Mcpctl, executable};

/// A registry that notes the login it gets.
async fn registry() -> Loopback {
    let manifest = fixtures::manifest(fixtures::CATALOG.as_bytes());
    Loopback::start(move |line, _| match line {
        "GET /v2/" => respond(401, &[("www-authenticate", "Basic realm=\"r\"")], ""),
        line if line.contains("/manifests/") => respond(200, &[], manifest.clone()),
        _ => respond(200, &[], fixtures::CATALOG),
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_is_found_under_every_name_that_docker_takes_for_a_host() {
    let (me, other) = (base64_text("me:canary-pw"), base64_text("other:canary-other"));
    let me = format!(r#"{{"auth":"{me}"}}"#);
    let other = format!(r#"{{"auth":"{other}"}}"#);
    for (what, config, found) in [
        ("the host", r#"{"auths":{"HOST":ME}}"#.to_owned(), true),
        ("https", r#"{"auths":{"https://HOST":ME}}"#.to_owned(), true),
        ("http", r#"{"auths":{"http://HOST":ME}}"#.to_owned(), true),
        ("a final slash", r#"{"auths":{"https://HOST/":ME}}"#.to_owned(), true),
        ("v1", r#"{"auths":{"https://HOST/v1/":ME}}"#.to_owned(), true),
        ("v2 without a scheme", r#"{"auths":{"HOST/v2/":ME}}"#.to_owned(), true),
        ("a path", r#"{"auths":{"https://HOST/team/x":ME}}"#.to_owned(), true),
        ("a name in the address", r#"{"auths":{"https://me@HOST":ME}}"#.to_owned(), true),
        ("the host before a path", r#"{"auths":{"HOST/team":OTHER,"https://HOST":ME}}"#.to_owned(), true),
        (
            "the exact name before others",
            r#"{"auths":{"http://HOST":OTHER,"HOST":ME,"https://HOST":OTHER}}"#.to_owned(),
            true,
        ),
        ("name and password", r#"{"auths":{"HOST":{"username":"me","password":"canary-pw"}}}"#.to_owned(), true),
        (
            "auth before name and password",
            r#"{"auths":{"HOST":{"auth":"BASE64","username":"x","password":"y"}}}"#.to_owned(),
            true,
        ),
        (
            "nulls",
            r#"{"auths":{"HOST":{"auth":"BASE64","identitytoken":null}},"credHelpers":null,"credsStore":null}"#
                .to_owned(),
            true,
        ),
        ("line breaks", r#"{"auths":{"HOST":{"auth":"BASE64\n"}}}"#.to_owned(), true),
        (
            "no helper for this one",
            r#"{"auths":{"HOST":ME},"credHelpers":{"HOST":""},"credsStore":"none"}"#.to_owned(),
            true,
        ),
        ("a helper for another", r#"{"auths":{"HOST":ME},"credHelpers":{"r.corp":"good"}}"#.to_owned(), true),
        ("a broken helper beside it", r#"{"auths":{"HOST":ME},"credsStore":"missing"}"#.to_owned(), true),
        ("a helper", r#"{"credsStore":"good"}"#.to_owned(), true),
        ("a helper for this one", r#"{"credHelpers":{"HOST":"good"},"credsStore":"missing"}"#.to_owned(), true),
        ("a helper before the file", r#"{"auths":{"HOST":OTHER},"credsStore":"good"}"#.to_owned(), true),
        ("another port", r#"{"auths":{"127.0.0.1:1":ME}}"#.to_owned(), false),
        ("no port", r#"{"auths":{"127.0.0.1":ME}}"#.to_owned(), false),
        ("a longer host", r#"{"auths":{"HOST.corp":ME}}"#.to_owned(), false),
        ("the host as a path", r#"{"auths":{"r.corp/HOST":ME}}"#.to_owned(), false),
        ("the host as a name", r#"{"auths":{"HOST@r.corp":ME}}"#.to_owned(), false),
        ("an empty entry", r#"{"auths":{"HOST":{}}}"#.to_owned(), false),
        ("no entry", r#"{"auths":{"HOST":null}}"#.to_owned(), false),
        ("no password", r#"{"auths":{"HOST":{"username":"me"}}}"#.to_owned(), false),
        ("no auths", r#"{"auths":null}"#.to_owned(), false),
        ("an empty file", String::new(), false),
        ("a helper that has none", r#"{"auths":{"HOST":ME},"credsStore":"empty"}"#.to_owned(), false),
    ] {
        let registry = registry().await;
        let config = config.replace("HOST", &registry.address).replace("ME", &me).replace("OTHER", &other);
        let config = config.replace("BASE64", &base64_text("me:canary-pw"));
        assert_eq!(sent(&registry, run(&registry).file("home/.docker/config.json", &config)), found, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn logins_of_the_environment_come_first() {
    let (me, other) = (base64_text("me:canary-pw"), base64_text("other:canary-other"));
    for (what, environment, file) in [
        ("alone", r#"{"auths":{"HOST":{"auth":"ME"}}}"#, "{}"),
        ("before the file", r#"{"auths":{"HOST":{"auth":"ME"}}}"#, r#"{"auths":{"HOST":{"auth":"OTHER"}}}"#),
        ("before a helper", r#"{"auths":{"https://HOST/v1/":{"auth":"ME"}}}"#, r#"{"credsStore":"missing"}"#),
        ("for another registry", r#"{"auths":{"r.corp":{"auth":"OTHER"}}}"#, r#"{"auths":{"HOST":{"auth":"ME"}}}"#),
    ] {
        let registry = registry().await;
        let filled = |text: &str| text.replace("HOST", &registry.address).replace("ME", &me).replace("OTHER", &other);
        let run = run(&registry).file("home/.docker/config.json", &filled(file));
        assert!(sent(&registry, run.env("DOCKER_AUTH_CONFIG", filled(environment))), "{what}");
    }
    let registry = registry().await;
    let ran = run(&registry).env("DOCKER_AUTH_CONFIG", "{canary").run().code(1);
    let ran = ran.says("cannot read docker's settings in `DOCKER_AUTH_CONFIG`");
    assert!(!ran.stderr.contains("canary"), "{}", ran.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_cannot_be_used_is_named_where_one_is_wanted() {
    let registry = Loopback::start(|line, _| match line {
        "GET /v2/" => respond(401, &[("www-authenticate", "Basic realm=\"r\"")], ""),
        _ => respond(401, &[], ""),
    })
    .await;
    for (auth, reason) in [
        ("%%%".to_owned(), "is not valid base64"),
        ("canary!".to_owned(), "is not valid base64"),
        ("Y2FuYXJ5".to_owned(), "is not `NAME:PASSWORD` in base64"),
        (base64_text(":canary"), "is not `NAME:PASSWORD` in base64"),
        ("/w==".to_owned(), "is not UTF-8 text in base64"),
        ("bWU6Y2FuYXJ5LXB".to_owned(), "is not valid base64"),
        ("bWU6-canary_x=".to_owned(), "is not valid base64"),
        ("Basic bWU6cHc=".to_owned(), "is not valid base64"),
    ] {
        let config = serde_json::json!({ "auths": { &registry.address: { "auth": auth } } }).to_string();
        let ran = run(&registry).file("home/.docker/config.json", &config).run().code(1);
        let ran =
            ran.says(&format!("the login `{}` in `", registry.address)).says("config.json` is not used: its `auth`");
        let ran = ran.says(reason).says(&format!("`docker login {}` writes it again", registry.address));
        assert!(!ran.stderr.contains("canary"), "{}", ran.stderr);
    }
}

fn run(registry: &Loopback) -> Mcpctl {
    let catalog = format!("oci://{}/team/c:1", registry.address);
    let run = Mcpctl::of(["servers", "-o", "name", "--catalog", &catalog]).file("bin/none", "");
    let login = r#"{"ServerURL":"x","Username":"me","Secret":"canary-pw"}"#;
    for (name, text) in [
        ("good", format!("cat > /dev/null; echo '{login}'")),
        ("empty", "echo 'credentials not found in native keychain'; exit 1".to_owned()),
    ] {
        executable(&run.folder().join(format!("bin/docker-credential-{name}")), &format!("#!/bin/sh\n{text}\n"));
    }
    let path = format!("{}:/usr/bin:/bin", run.folder().join("bin").display());
    run.env("PATH", path)
}

/// Whether the registry got the login `me`; it must not get another one.
fn sent(registry: &Loopback, run: Mcpctl) -> bool {
    let ran = run.run().code(0).stdout(fixtures::NAMES);
    assert!(!ran.stderr.contains("canary"), "{}", ran.stderr);
    let asked = registry.asked();
    let login = asked.iter().find(|(line, _)| line.contains("/manifests/")).and_then(|(_, login)| login.clone());
    let Some(login) = login else { return false };
    assert_eq!(login, format!("Basic {}", base64_text("me:canary-pw")));
    true
}
