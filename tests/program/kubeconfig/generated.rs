//! Generated kubeconfigs, and what kubectl makes of them: the same request with the same credentials, or an error.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fastrand::Rng;
use rcgen::{CertificateParams, KeyPair};

use super::server::{Server, key_pem, kubeconfig, pem_of, shown};
use crate::support::program::executable;

/// How many kubeconfigs are compared.
const COUNT: usize = 500;

/// A field in one of its states; `None` is absent.
type Field = (&'static str, Vec<Option<String>>);

/// The fields of a user: absent, empty, and set, each in some ways. Each kubeconfig sets few of them.
fn user_fields(folder: &Path) -> Vec<Field> {
    let key = KeyPair::generate().unwrap();
    let certificate = pem_of(CertificateParams::new(["me".to_owned()]).unwrap().self_signed(&key).unwrap().der());
    std::fs::write(folder.join("crt"), &certificate).unwrap();
    std::fs::write(folder.join("key"), key_pem(&key)).unwrap();
    std::fs::write(folder.join("token"), "from-file\n").unwrap();
    std::fs::write(folder.join("blank"), "").unwrap();
    let answer =
        r#"{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "exec"}}"#;
    executable(&folder.join("plugin"), &format!("#!/bin/sh\necho '{answer}'\n"));
    let exec = |mode: &str| format!("{{apiVersion: client.authentication.k8s.io/v1, command: ./plugin{mode}}}");
    let data = |text: &str| Some(STANDARD.encode(text));
    let wrapped = |text: &str| {
        let lines: Vec<String> = STANDARD
            .encode(text)
            .as_bytes()
            .chunks(64)
            .map(|line| String::from_utf8_lossy(line).into_owned())
            .collect();
        Some(format!("\"{}\\n\"", lines.join("\\n")))
    };
    let text = |text: &str| Some(text.to_owned());
    let empty = || text("''");
    vec![
        (
            "token",
            vec![
                empty(),
                text("null"),
                text("inline"),
                text("inline"),
                text("other"),
                text("third"),
                text("\"a\\nb\""),
                text("1"),
            ],
        ),
        ("tokenFile", vec![empty(), text("token"), text("blank"), text("missing")]),
        ("username", vec![empty(), text("null"), text("me")]),
        ("password", vec![empty(), text("pw")]),
        ("client-certificate", vec![empty(), text("crt"), text("missing")]),
        ("client-key", vec![empty(), text("key"), text("missing")]),
        ("client-certificate-data", vec![empty(), data(&certificate), wrapped(&certificate), text("'*'")]),
        ("client-key-data", vec![empty(), data(&key_pem(&key)), wrapped(&key_pem(&key))]),
        ("as", vec![empty(), text("you"), text("\u{fc}ser")]),
        ("as-uid", vec![empty(), text("'1'")]),
        ("as-groups", vec![text("[]"), text("null"), text("[g, h]")]),
        ("as-user-extra", vec![text("{}"), text("{a: [b]}")]),
        ("exec", vec![text("null"), Some(exec(", interactiveMode: Never")), Some(exec("")), text("{command: ''}")]),
        (
            "auth-provider",
            vec![
                text("null"),
                text("{name: oidc, config: {idp-issuer-url: 'https://i.invalid', client-id: c}}"),
                text("{name: gcp}"),
            ],
        ),
    ]
}

/// The fields of the cluster beside the server.
fn cluster_fields(folder: &Path, certificate: &str) -> Vec<Field> {
    std::fs::write(folder.join("ca"), certificate).unwrap();
    let text = |text: &str| Some(text.to_owned());
    vec![
        (
            "certificate-authority-data",
            vec![Some(STANDARD.encode(certificate)); 8].into_iter().chain([text("''"), text("null")]).collect(),
        ),
        ("certificate-authority", vec![text("''"), text("''"), text("null"), text("ca"), text("missing")]),
        ("insecure-skip-tls-verify", vec![text("false"), text("false"), text("null"), text("true")]),
        ("tls-server-name", vec![text("''"), text("'127.0.0.1'"), text("other.example")]),
        ("proxy-url", vec![text("''"), text("null"), text("'ftp://p'")]),
        ("disable-compression", vec![text("true"), text("false")]),
    ]
}

/// Some of the fields, each with a chance of one in `rarity`; what most kubeconfigs have, more often.
fn some(random: &mut Rng, fields: &[Field], rarity: usize) -> String {
    let mut written = String::new();
    for (name, states) in fields {
        let rarity = match *name {
            "certificate-authority-data" | "token" => 1,
            // one of them alone is refused, whatever else there is
            name if name.starts_with("client-") || name == "exec" => rarity * 3,
            _ => rarity,
        };
        if random.usize(..rarity) == 0
            && let Some(value) = &states[random.usize(..states.len())]
        {
            written.push_str(&format!("{name}: {value}, "));
        }
    }
    written.trim_end_matches(", ").to_owned()
}

fn kubectl() -> PathBuf {
    std::env::var_os("MCPCTL_KUBECTL").map_or_else(|| "kubectl".into(), PathBuf::from)
}

/// What kubectl sends, or its error.
async fn asked_by_kubectl(server: &Server, file: &Path) -> Result<Vec<String>, String> {
    server.seen.lock().unwrap().clear();
    let output = tokio::process::Command::new(kubectl())
        .args(["get", "--raw", "/version", "--kubeconfig"])
        .arg(file)
        .env("HOME", file.parent().unwrap())
        .env_remove("KUBECONFIG")
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    if output.status.success() {
        return Ok(server.seen.lock().unwrap().last().cloned().unwrap());
    }
    Err(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

/// Why the verdicts may differ; `docs/kubeconfig.md` says the same.
fn reason(kubectl: &Result<Vec<String>, String>, ours: &Result<Vec<String>, String>) -> Option<&'static str> {
    match (kubectl, ours) {
        (Err(text), Ok(seen))
            if text.contains("Please enter Username") && !seen.iter().any(|line| line.starts_with("auth")) =>
        {
            Some("kubectl asks for a login where there are no credentials; here the server decides")
        }
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs kubectl in PATH, or its path in MCPCTL_KUBECTL"]
async fn five_hundred_kubeconfigs_have_the_verdict_of_kubectl() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start().await;
    let users = user_fields(folder.path());
    let clusters = cluster_fields(folder.path(), &server.certificate);
    let mut random = Rng::with_seed(11);
    let (mut sent, mut refused, mut differ) = (0, 0, Vec::new());
    let mut excused = 0;
    for number in 0..COUNT {
        let rarity = 7 + number % 5;
        let cluster = format!("server: '{}', {}", server.url, some(&mut random, &clusters, 14));
        let user = some(&mut random, &users, rarity);
        let file = kubeconfig(folder.path(), cluster.trim_end_matches(", "), &user);
        let theirs = asked_by_kubectl(&server, &file).await;
        let ours = server.asked(file).await.map_err(|error| shown(&error));
        match (&theirs, &ours) {
            (Ok(theirs), Ok(ours)) if theirs == ours => sent += 1,
            (Err(theirs), Err(_)) if !theirs.contains("Please enter Username") => refused += 1,
            (Err(_), Err(_)) => excused += 1,
            _ if reason(&theirs, &ours).is_some() => excused += 1,
            _ => differ.push(format!("{cluster}\n{user}\nkubectl: {theirs:?}\nmcpctl: {ours:?}\n")),
        }
    }
    assert!(differ.is_empty(), "{} of {COUNT} differ:\n{}", differ.len(), differ.join("\n"));
    // each kind of verdict is met often enough to mean something
    assert!(sent > 60 && refused > 50, "{sent} sent alike, {refused} refused alike, {excused} for a reason");
}
