//! Characters that no header and no URL can have: an error with the user and the file, never a panic.

use super::server::{Server, kubeconfig, shown};
use crate::support::program::{Mcpctl, executable};

#[tokio::test]
async fn a_control_character_is_an_error_with_user_and_file() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start().await;
    std::fs::write(folder.path().join("two-lines"), "canary\nsecond\n").unwrap();
    std::fs::write(folder.path().join("nul"), "canary\0").unwrap();
    let answer = r#"{"apiVersion": "client.authentication.k8s.io/v1", "status": {"token": "canary\n"}}"#;
    std::fs::write(folder.path().join("answer"), answer).unwrap();
    executable(&folder.path().join("plugin"), "#!/bin/sh\ncat \"$(dirname \"$0\")/answer\"\n");
    let exec = "exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: ./plugin}";
    let login = "token: canary, ";
    for (user, part) in [
        (r#"token: "canary\n""#.to_owned(), "a line break"),
        (r#"token: "canary\r""#.to_owned(), "a line break"),
        (r#"token: "a\x01canary""#.to_owned(), "a control character"),
        (r#"token: "canary\x7f""#.to_owned(), "a control character"),
        (r#"token: "\x1b[31mcanary""#.to_owned(), "a control character"),
        ("tokenFile: two-lines".to_owned(), "two-lines` of user `ci` contains a line break"),
        ("tokenFile: nul".to_owned(), "a NUL byte"),
        (exec.to_owned(), "exec plugin"),
        (format!(r#"{login}as: "you\n""#), "`as` of user `ci` contains a line break"),
        (format!(r#"{login}as: you, as-uid: "1\x01""#), "`as-uid` of user `ci`"),
        (format!(r#"{login}as: you, as-groups: [a, "b\r\nc"]"#), "a group in `as-groups` of user `ci`"),
        (format!(r#"{login}as: you, as-user-extra: {{a: ["\n"]}}"#), "a field of `as-user-extra` of user `ci`"),
    ] {
        let error = server.asked(kubeconfig(folder.path(), &server.entry(), &user)).await.unwrap_err();
        let text = shown(&error);
        assert!(text.contains(part) && text.contains("user `ci`"), "{user}: {text}");
        assert!(text.contains(folder.path().to_str().unwrap()), "{user}: {text}");
        assert!(!text.contains("canary"), "{user}: {text}");
    }
    for (user, expected) in [
        (r#"token: "a\tb""#, "authorization: Bearer a\tb"),
        ("token: \u{e9}", "authorization: Bearer \u{e9}"),
        ("token: a, as: \u{fc}ser", "impersonate-user: \u{fc}ser"),
        (r#"username: "a\n", password: "b\x01""#, "authorization: Basic YQo6YgE="),
        (r#"token: a, as: you, as-user-extra: {"x\n y": [b]}"#, "impersonate-extra-x%0a%20y: b"),
    ] {
        let seen = server.asked(kubeconfig(folder.path(), &server.entry(), user)).await.unwrap();
        assert!(seen.iter().any(|line| line == expected), "{user}: {seen:?}");
    }
}

#[test]
fn nothing_in_a_kubeconfig_ends_the_program_with_a_panic() {
    let config = |server: &str, context: &str, namespace: &str| {
        format!(
            "current-context: {context}\ncontexts: [{{name: {context}, context: {{cluster: c, user: u, namespace: {namespace}}}}}]\n\
             clusters: [{{name: c, cluster: {{server: {server}}}}}]\nusers: [{{name: u, user: {{token: canary}}}}]\n"
        )
    };
    let long = format!("'http://127.0.0.1:1/{}'", "a".repeat(65_500));
    let good = "'http://127.0.0.1:1'";
    for text in [
        config(r#""https://a\nb""#, "c", "n"),
        config(r#""https://\x01""#, "c", "n"),
        config("'https://a:99999'", "c", "n"),
        config("'https://[::1'", "c", "n"),
        config("'https://\u{fc}'", "c", "n"),
        config("'https://a@b@c:1'", "c", "n"),
        config(&long, "c", "n"),
        config(good, r#""a\n\x01b""#, "n"),
        config(good, "c", r#""a\n/b""#),
        config(good, "c", r#""a?b#c%""#),
        config(&format!("{good}, proxy-url: \"http://a\\nb\""), "c", "n"),
        config(&format!("{good}, proxy-url: 'http://'"), "c", "n"),
        config("'https://127.0.0.1:1', tls-server-name: \"a\\nb\"", "c", "n"),
    ] {
        let ran = Mcpctl::new("list --kubeconfig config").file("config", &text).run();
        assert!((1..10).contains(&ran.code), "{text:.200}: {} {}", ran.code, ran.stderr);
        assert!(ran.stderr.contains("error: "), "{text:.200}: {}", ran.stderr);
        for part in ["panicked", "failed inside", ".rs:", "canary", "\u{1}"] {
            assert!(!ran.stderr.contains(part), "{text:.200}: {}", ran.stderr);
        }
    }
}
