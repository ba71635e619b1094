//! One row for each rule of client-go that `docs/kubeconfig.md` lists.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rcgen::{CertificateParams, KeyPair};

use super::server::{Server, key_pem, kubeconfig, pem_of, shown};
use crate::support::program::executable;

const EXEC: &str = "exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: ./plugin}";
const OIDC: &str = "auth-provider: {name: oidc, config: {idp-issuer-url: 'https://idp.invalid', client-id: mcp";

/// What the server sees, or a part of the error.
enum Expected {
    Sees(&'static [&'static str]),
    Error(&'static str),
}
use Expected::{Error, Sees};

#[tokio::test]
async fn credentials_are_chosen_as_client_go_chooses_them() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start().await;
    let answer =
        r#"{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "exec"}}"#;
    executable(&folder.path().join("plugin"), &format!("#!/bin/sh\necho '{answer}'\n"));
    std::fs::write(folder.path().join("token"), "file\n").unwrap();
    std::fs::write(folder.path().join("blank"), " \n").unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["me".to_owned()]).unwrap().self_signed(&key).unwrap();
    std::fs::write(folder.path().join("crt"), pem_of(certificate.der())).unwrap();
    std::fs::write(folder.path().join("key"), key_pem(&key)).unwrap();
    let data = format!(
        "client-certificate-data: {}, client-key-data: {}",
        STANDARD.encode(pem_of(certificate.der())),
        STANDARD.encode(key_pem(&key))
    );
    let claims = URL_SAFE_NO_PAD.encode(r#"{"exp": 4102444800}"#);
    let id = ["e30", &claims, "canary"].join(".");
    let bearer = format!("authorization: Bearer {id}");
    let oidc_token = format!("{OIDC}, id-token: {id}}}}}");
    let empties = "token: '', tokenFile: '', username: '', password: '', client-certificate: '', client-key: '', \
                   client-certificate-data: '', client-key-data: '', as: '', as-uid: '', as-groups: [], as-user-extra: {}";
    let rows: Vec<(String, Expected)> = vec![
        ("token: inline".into(), Sees(&["authorization: Bearer inline"])),
        ("token: ''".into(), Sees(&[])),
        (format!("token: '', {EXEC}"), Sees(&["authorization: Bearer exec"])),
        (format!("{empties}, {EXEC}"), Sees(&["authorization: Bearer exec"])),
        ("tokenFile: token".into(), Sees(&["authorization: Bearer file"])),
        ("token: inline, tokenFile: token".into(), Sees(&["authorization: Bearer file"])),
        ("token: inline, tokenFile: ''".into(), Sees(&["authorization: Bearer inline"])),
        ("token: inline, tokenFile: missing".into(), Sees(&["authorization: Bearer inline"])),
        ("token: inline, tokenFile: blank".into(), Sees(&["authorization: Bearer inline"])),
        ("tokenFile: missing".into(), Error("cannot read token file")),
        ("tokenFile: blank".into(), Error("is empty")),
        ("username: me, password: pw".into(), Sees(&["authorization: Basic bWU6cHc="])),
        ("username: me".into(), Sees(&["authorization: Basic bWU6"])),
        ("username: '', password: '', token: inline".into(), Sees(&["authorization: Bearer inline"])),
        ("username: me, token: inline".into(), Error("has both a `token` and a `username`")),
        ("password: pw, token: inline".into(), Error("has both a `token` and a `username`")),
        ("username: me, tokenFile: token".into(), Error("has both a `tokenFile` and a `username`")),
        (format!("token: inline, {EXEC}"), Sees(&["authorization: Bearer inline"])),
        (format!("tokenFile: token, {EXEC}"), Sees(&["authorization: Bearer file"])),
        (format!("username: me, {EXEC}"), Sees(&["authorization: Basic bWU6"])),
        (format!("{data}, {EXEC}"), Sees(&["certificate"])),
        (data.clone(), Sees(&["certificate"])),
        (format!("{data}, token: inline"), Sees(&["authorization: Bearer inline", "certificate"])),
        ("client-certificate: crt, client-key: key".into(), Sees(&["certificate"])),
        ("client-key: key".into(), Sees(&[])),
        ("client-certificate: crt".into(), Error("has a client certificate and no `client-key`")),
        ("client-certificate: crt, client-key: missing".into(), Error("cannot read the client key")),
        (
            format!("client-certificate: crt, {data}"),
            Error("has both `client-certificate` and `client-certificate-data`"),
        ),
        (format!("client-key: key, {data}"), Error("has both `client-key` and `client-key-data`")),
        ("token: a, as: you".into(), Sees(&["authorization: Bearer a", "impersonate-user: you"])),
        (
            "token: a, as: you, as-uid: '1', as-groups: [g, h]".into(),
            Sees(&[
                "authorization: Bearer a",
                "impersonate-group: g",
                "impersonate-group: h",
                "impersonate-uid: 1",
                "impersonate-user: you",
            ]),
        ),
        (
            "token: a, as: you, as-user-extra: {Ex/tra: [b]}".into(),
            Sees(&["authorization: Bearer a", "impersonate-extra-ex%2ftra: b", "impersonate-user: you"]),
        ),
        ("token: a, as-groups: [g]".into(), Error("impersonates a uid, groups or extra fields, but no user")),
        ("token: a, exec: {command: ''}".into(), Error("no `command`")),
        ("token: a, exec: {command: ./plugin}".into(), Error("no `apiVersion`")),
        ("exec: {command: ./plugin, apiVersion: v1, interactiveMode: Never}".into(), Error("unknown `apiVersion`")),
        (EXEC.replace("interactiveMode: Never, ", ""), Error("no `interactiveMode`")),
        (EXEC.replace("Never", "Sometimes"), Error("unknown `interactiveMode`")),
        (EXEC.replace("./plugin", "./plugin, env: [{value: a}]"), Error("no `name of a variable in env`")),
        (EXEC.replace("k8s.io/v1", "k8s.io/v1beta1"), Error("answered in another version")),
        (format!("{EXEC}, auth-provider: {{name: oidc}}"), Error("both an `exec` plugin and an `auth-provider`")),
        (format!("token: inline, {OIDC}}}}}"), Sees(&["authorization: Bearer inline"])),
        (format!("{OIDC}}}}}"), Error("has no `id-token`")),
        ("token: a, auth-provider: {name: oidc}".into(), Error("has no `idp-issuer-url`")),
        ("token: a, auth-provider: {name: gcp}".into(), Error("`gcp` of user `ci` is not supported")),
        ("token: a, auth-provider: {}".into(), Error("is not supported")),
        ("token: a, unknown: field, extensions: [1]".into(), Sees(&["authorization: Bearer a"])),
        ("token: a, exec: null, auth-provider: null".into(), Sees(&["authorization: Bearer a"])),
    ];
    let entry = server.entry();
    for (user, expected) in &rows {
        let got = server.asked(kubeconfig(folder.path(), &entry, user)).await;
        match (expected, got) {
            (Sees(lines), Ok(seen)) => assert_eq!(seen, *lines, "{user}"),
            (Error(part), Err(error)) => {
                let text = shown(&error);
                assert!(text.contains(part), "{user}: {text}");
                assert!(text.contains("ci") || text.contains(folder.path().to_str().unwrap()), "{user}: {text}");
                assert!(!text.contains("inline") && !text.contains("canary"), "{user}: {text}");
            }
            (Sees(_), Err(error)) => panic!("{user}: {}", shown(&error)),
            (Error(part), Ok(seen)) => panic!("{user}: {seen:?}, not {part}"),
        }
    }
    let seen = server.asked(kubeconfig(folder.path(), &entry, &oidc_token)).await.unwrap();
    assert_eq!(seen, [bearer]);
}

#[tokio::test]
async fn clusters_are_read_as_client_go_reads_them() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start().await;
    let (url, entry) = (&server.url, server.entry());
    std::fs::write(folder.path().join("ca"), &server.certificate).unwrap();
    std::fs::write(folder.path().join("text"), "no certificate").unwrap();
    let rows: Vec<(String, Option<&str>)> = vec![
        (entry.clone(), None),
        (format!("{entry}, proxy-url: '', tls-server-name: '', certificate-authority: ''"), None),
        (format!("server: '{url}', certificate-authority: ca"), None),
        (format!("server: '{url}/', certificate-authority: ca, certificate-authority-data: ''"), None),
        (format!("server: '{url}/prefix?a=b', certificate-authority: ca"), None),
        (format!("server: '{url}', insecure-skip-tls-verify: true"), None),
        (format!("server: '{}', insecure-skip-tls-verify: true", url.to_uppercase()), None),
        (format!("{entry}, insecure-skip-tls-verify: false, disable-compression: true, extensions: [1]"), None),
        (format!("{entry}, tls-server-name: '127.0.0.1'"), None),
        (
            format!("{entry}, certificate-authority: ca"),
            Some("both `certificate-authority` and `certificate-authority-data`"),
        ),
        (
            format!("{entry}, insecure-skip-tls-verify: true"),
            Some("`insecure-skip-tls-verify: true` and a certificate authority"),
        ),
        (format!("server: '{url}', certificate-authority: missing"), Some("cannot read the certificate authority")),
        (format!("server: '{url}', certificate-authority: text"), Some("contains no certificate")),
        (format!("server: '{url}', certificate-authority: /dev/zero"), Some("16777216 bytes at most")),
        (format!("{entry}, proxy-url: 'ftp://p'"), Some("`proxy-url` of the cluster has no known scheme")),
        (format!("{entry}, proxy-url: 'p:1'"), Some("has no known scheme")),
        (format!("{entry}, tls-server-name: 'a b'"), Some("`tls-server-name` that is no name of a host")),
        ("server: ''".to_owned(), Some("has no `server`")),
        ("certificate-authority: ca".to_owned(), Some("has no `server`")),
        (format!("server: '{url} '"), Some("contains a blank")),
        ("server: 'ftp://a'".to_owned(), Some("unknown scheme")),
        ("server: 'https://[fe80::1%25no-such]:1', insecure-skip-tls-verify: true".to_owned(), Some("zone `no-such`")),
        ("server: 'https://:1'".to_owned(), Some("`server` that")),
    ];
    for (cluster, expected) in rows {
        let got = server.asked(kubeconfig(folder.path(), &cluster, "token: canary")).await;
        match (expected, got) {
            (None, Ok(seen)) => assert_eq!(seen, ["authorization: Bearer canary"], "{cluster}"),
            (Some(part), Err(error)) => {
                let text = shown(&error);
                assert!(text.contains(part) && !text.contains("canary"), "{cluster}: {text}");
            }
            (None, Err(error)) => panic!("{cluster}: {}", shown(&error)),
            (Some(part), Ok(seen)) => panic!("{cluster}: {seen:?}, not {part}"),
        }
    }
}

#[tokio::test]
async fn a_token_file_is_read_again_after_a_refusal_and_when_a_new_run_begins() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start().await;
    for token in ["one", "two"] {
        std::fs::write(folder.path().join("token"), token).unwrap();
        let file = kubeconfig(folder.path(), &server.entry(), "token: inline, tokenFile: token");
        assert_eq!(server.asked(file).await.unwrap(), [format!("authorization: Bearer {token}")]);
    }
}

#[tokio::test]
async fn a_proxy_that_cannot_be_reached_is_named_with_the_field_that_it_is_from() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start().await;
    for (proxy, named) in [
        ("http://127.0.0.1:1", "proxy `http://127.0.0.1:1` (from `proxy-url` of the cluster)"),
        ("https://u:canary@127.0.0.1:1", "proxy `https://127.0.0.1:1`"),
        ("socks5://u:canary@127.0.0.1:1", "proxy `socks5://127.0.0.1:1`"),
        ("socks5h://127.0.0.1:1", "proxy `socks5://127.0.0.1:1`"),
    ] {
        let cluster = format!("{}, proxy-url: '{proxy}'", server.entry());
        let error = server.asked(kubeconfig(folder.path(), &cluster, "token: canary")).await.unwrap_err();
        let text = shown(&error);
        assert!(text.contains("cannot reach") && text.contains(named), "{proxy}: {text}");
        assert!(!text.contains("canary"), "{proxy}: {text}");
    }
}

#[tokio::test]
async fn the_login_of_a_socks_proxy_is_sent() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let proxy = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut greeting = [0; 3];
        stream.read_exact(&mut greeting).await.unwrap();
        stream.write_all(&[5, 2]).await.unwrap();
        let mut login = [0; 11];
        stream.read_exact(&mut login).await.unwrap();
        stream.write_all(&[1, 1]).await.unwrap();
        (greeting, login)
    });
    let cluster = format!("{}, proxy-url: 'socks5://me:can%40ry@{address}'", server.entry());
    assert!(server.asked(kubeconfig(folder.path(), &cluster, "token: canary")).await.is_err());
    assert_eq!(proxy.await.unwrap(), ([5, 1, 2], *b"\x01\x02me\x06can@ry"));
}
