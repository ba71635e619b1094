//! What a registry sends that is not what it should be: an error at once, and nothing of it is used.

use mcpctl::digest::sha256;

use super::fixtures::{CATALOG, NAMES, manifest, of_registry, registry, run, watched};
use crate::support::program::Ran;
use crate::support::raw_server::{Reply, Request, Server, json, redirect, reply};

/// The run of a registry that answers GET requests for manifests like this, and how often it was asked.
#[track_caller]
fn manifests(answer: impl Fn() -> Reply + Send + Sync + 'static) -> (Ran, usize) {
    let server = registry(move |request| request.line.contains("/manifests/").then(&answer));
    let (ran, _) = watched(of_registry(&server));
    assert_eq!(server.count("/blobs/"), 0);
    (ran.code(1).stdout(""), server.count("/manifests/"))
}

#[test]
fn what_is_not_a_manifest_is_refused_at_once() {
    for (body, words) in [
        ("", "wrong JSON in line 1, column 0"),
        ("{", "wrong JSON in line 1, column 1"),
        ("{}", "what the registry sent is not a manifest"),
        ("[]", "what the registry sent is not a manifest"),
        (r#"{"schemaVersion":1,"fsLayers":[]}"#, "its `schemaVersion` is 1"),
        (r#"{"schemaVersion":2}"#, "it needs either `layers` or `manifests`"),
        (r#"{"schemaVersion":2,"layers":{}}"#, "what the registry sent is not a manifest"),
        (r#"{"schemaVersion":2,"layers":[],"layers":[]}"#, "what the registry sent is not a manifest"),
        ("<html>log in first</html>", "wrong JSON in line 1, column 1"),
        ("\u{1b}[31m\u{202e}canary-text", "wrong JSON in line 1, column 1"),
    ] {
        let (ran, asked) = manifests(move || json(body));
        assert_eq!(asked, 1, "{body}");
        assert!(!ran.says(words).stderr.contains("canary"));
    }
}

#[test]
fn what_its_digest_does_not_fit_is_refused_at_once() {
    let other = sha256(b"other");
    let header = other.clone();
    let (ran, asked) =
        manifests(move || reply("200 OK", &[("Docker-Content-Digest", &header)], manifest(CATALOG.as_bytes())));
    ran.says("what the registry sent is not what its digest says");
    assert_eq!(asked, 1);
    let server = registry(|_| None);
    let (ran, _) = watched(run(&format!("oci://{}/x/y@{other}", server.host())));
    ran.code(1).stdout("").says("what the registry sent is not what its digest says");
    assert_eq!((server.count("/manifests/"), server.count("/blobs/")), (1, 0));
    let server = registry(|request| request.line.contains("/blobs/").then(|| json("{\"registry\": {\"evil\": {}}}")));
    let (ran, _) = watched(of_registry(&server));
    ran.code(1).stdout("").says("what the registry sent is not what its digest says");
    assert_eq!(server.count("/blobs/"), 1);
}

#[test]
fn a_layer_is_named_by_a_digest_and_by_nothing_else() {
    for digest in ["", "sha256:", "sha256:../../../token?x=", "md5:0123", "sha512:00", "/etc/passwd", "..\\..\\x"] {
        let text = manifest(CATALOG.as_bytes()).replace(&sha256(CATALOG.as_bytes()), &digest.replace('\\', "\\\\"));
        let server = registry(move |request| request.line.contains("/manifests/").then(|| json(&text)));
        let (ran, _) = watched(of_registry(&server));
        ran.code(1).stdout("").says("not a SHA-256 digest");
        assert_eq!(server.requests().len(), 2, "{digest}: {:?}", server.requests());
    }
}

#[test]
fn an_answer_that_is_cut_off_is_not_used() {
    let cut = |part: &'static str, head: &'static str| {
        let cut = move |request: &Request| {
            let body = &CATALOG[..20];
            request
                .line
                .contains(part)
                .then(|| Reply::Whole(format!("HTTP/1.1 200 OK\r\n{head}\r\n{body}").into_bytes()))
        };
        let server = registry(cut);
        watched(of_registry(&server)).0.code(1).stdout("").says("the answer broke off after 20 bytes");
    };
    for part in ["/manifests/", "/blobs/"] {
        cut(part, "Content-Length: 900\r\n");
    }
    for (head, body) in
        [("Transfer-Encoding: chunked\r\n", "5\r\n{\"reg\r\n"), ("Transfer-Encoding: chunked\r\n", "zz\r\n")]
    {
        let odd = move |request: &Request| {
            let text = format!("HTTP/1.1 200 OK\r\n{head}\r\n{body}");
            request.line.contains("/blobs/").then(|| Reply::Whole(text.into_bytes()))
        };
        watched(of_registry(&registry(odd))).0.code(1).stdout("").says("the answer broke off after ");
    }
    // without a length the digest alone can tell
    let odd = |request: &Request| {
        let text = format!("HTTP/1.1 200 OK\r\n\r\n{}", &CATALOG[..20]);
        request.line.contains("/blobs/").then(|| Reply::Whole(text.into_bytes()))
    };
    watched(of_registry(&registry(odd))).0.code(1).stdout("").says("not what its digest says");
}

#[test]
fn redirects_have_an_end() {
    for part in ["GET /v2/", "/manifests/", "/blobs/"] {
        let server = registry(move |request| {
            request.line.contains(part).then(|| redirect(307, request.line.split(' ').nth(1).unwrap()))
        });
        watched(of_registry(&server)).0.code(1).stdout("").says("more than 5 redirects");
        assert_eq!(server.count(part), 6, "{part}");
    }
    let server = registry(|request| request.line.contains("/blobs/").then(|| reply("307 Elsewhere", &[], "")));
    watched(of_registry(&server)).0.code(1).says("a redirect without a target");
}

#[test]
fn a_status_of_another_kind_is_an_error() {
    for (status, words) in [
        ("204 No Content", "wrong JSON"),
        ("206 Partial Content", "wrong JSON"),
        ("300 Multiple Choices", "status 300"),
        ("304 Not Modified", "status 304"),
        ("418 I'm a teapot", "status 418"),
        ("500 Internal Server Error", "status 500"),
        ("999 Odd", "status 999"),
    ] {
        let (ran, _) = manifests(move || reply(status, &[], ""));
        ran.says(words);
    }
    let garbage = Server::start(|_| Reply::Whole(b"\x16\x03\x01garbage\x1b[31m".to_vec()));
    let (ran, _) = watched(of_registry(&garbage));
    assert!(!ran.code(1).stdout("").stderr.contains('\u{1b}'));
    let (harmless, _) = watched(of_registry(&registry(|_| None)));
    harmless.code(0).stdout(NAMES);
}
