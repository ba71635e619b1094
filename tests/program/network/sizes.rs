//! Answers without end, in size or in time: an error, little memory, and an end within `--request-timeout`.

use std::time::Duration;

use super::fixtures::{NAMES, bearer, of_registry, of_web, registry, small};
use crate::support::raw_server::{Reply, Server, bomb, endless, reply};

/// A registry whose answers to requests of this part of a path are odd.
fn odd(part: &'static str, answer: impl Fn() -> Reply + Send + Sync + 'static) -> Server {
    registry(move |request| request.line.contains(part).then(&answer))
}

#[test]
fn no_part_of_a_registrys_answer_is_read_without_end() {
    for (part, words) in [("/manifests/", "more than 4 MiB are not read"), ("/blobs/", "more than 8 MiB are not read")]
    {
        let huge = || Reply::Whole(b"HTTP/1.1 200 OK\r\nContent-Length: 8000000000\r\n\r\n{".to_vec());
        for server in [odd(part, || endless("200 OK", "")), odd(part, huge)] {
            small(of_registry(&server)).code(1).stdout("").says("the answer is too large").says(words);
            assert_eq!(server.count(part), 1, "what is too large stays so");
        }
    }
    let tokens = Server::start(|_| endless("200 OK", ""));
    let realm = format!("http://{}/token", tokens.host());
    let server = registry(move |request| (request.line == "GET /v2/").then(|| bearer(&realm)));
    small(of_registry(&server)).code(1).says("more than 1 MiB are not read");
}

#[test]
fn no_error_is_read_without_end() {
    for status in ["401 Unauthorized", "403 Forbidden", "404 Not Found", "400 Bad Request"] {
        let server = odd("/manifests/", move || endless(status, ""));
        small(of_registry(&server)).code(1).stdout("");
        let server = Server::start(move |_| endless(status, ""));
        small(of_web(&server)).code(1).stdout("").says(status);
    }
}

#[test]
fn no_catalog_of_the_web_is_read_without_end() {
    let server = Server::start(|_| endless("200 OK", ""));
    small(of_web(&server)).code(1).says("it is more than 8 MiB");
    let server = Server::start(|_| Reply::Whole(b"HTTP/1.1 200 OK\r\nContent-Length: 8000000000\r\n\r\n{".to_vec()));
    small(of_web(&server)).code(1).says("it is more than 8 MiB");
}

#[test]
fn what_is_compressed_is_not_blown_up() {
    for coding in ["gzip", "GZIP", "identity, gzip", "br", "deflate", "zstd"] {
        let answer = move || reply("200 OK", &[("Content-Encoding", coding)], bomb(1 << 20));
        for part in ["/manifests/", "/blobs/"] {
            small(of_registry(&odd(part, answer))).code(1).says("which was not asked for");
        }
        let server = Server::start(move |_| answer());
        small(of_web(&server)).code(1).says("which was not asked for");
        assert!(!server.requests()[0].text.to_lowercase().contains("accept-encoding"));
    }
}

#[test]
fn headers_have_an_end() {
    let floods: [fn() -> Reply; 4] = [
        || Reply::Endless(b"HTTP/1.1 200 OK\r\n".to_vec(), b"X-Flood: 1\r\n".repeat(1 << 10), Duration::ZERO),
        || Reply::Endless(b"HTTP/1.1 200 OK\r\nX-Flood: ".to_vec(), vec![b'x'; 1 << 16], Duration::ZERO),
        || Reply::Endless(Vec::new(), b"HTTP/1.1 103 Early Hints\r\n\r\n".repeat(1 << 10), Duration::ZERO),
        || {
            let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;".to_vec();
            Reply::Endless(head, vec![b'x'; 1 << 16], Duration::ZERO)
        },
    ];
    for flood in floods {
        small(of_registry(&odd("/manifests/", flood))).code(1).stdout("");
        small(of_web(&Server::start(move |_| flood()))).code(1).stdout("");
    }
}

#[test]
fn what_is_slow_ends_with_the_time_that_it_has() {
    let slow: [fn() -> Reply; 4] = [
        || Reply::Silence,
        || Reply::Endless(b"HTTP/1.1 200 OK\r\nX: ".to_vec(), b"x".to_vec(), Duration::from_millis(50)),
        || {
            let head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n".to_vec();
            Reply::Endless(head, b" ".to_vec(), Duration::from_millis(50))
        },
        || {
            let head = b"HTTP/1.1 404 Not Found\r\nContent-Length: 60000\r\n\r\n".to_vec();
            Reply::Endless(head, b" ".to_vec(), Duration::from_millis(50))
        },
    ];
    for answer in slow {
        small(of_registry(&odd("/manifests/", answer))).code(1).says("no complete answer within 3s");
    }
    for answer in &slow[..3] {
        let answer = *answer;
        small(of_web(&Server::start(move |_| answer()))).code(1).says("no complete answer within 3s");
    }
    let tokens = Server::start(|_| Reply::Silence);
    let realm = format!("http://{}/token", tokens.host());
    small(of_registry(&registry(|request| (request.line == "GET /v2/").then_some(Reply::Silence))))
        .code(1)
        .says("no complete answer within 3s");
    small(of_registry(&registry(move |request| (request.line == "GET /v2/").then(|| bearer(&realm)))))
        .code(1)
        .says("no complete answer within 3s");
}

#[test]
fn a_registry_that_asks_for_an_hour_does_not_get_it() {
    for pause in ["3600", "99999999999999999999", "Wed, 21 Oct 2055 07:28:00 GMT", "-1", "1e300"] {
        let server = odd("/manifests/", move || reply("429 Too Many Requests", &[("Retry-After", pause)], ""));
        small(of_registry(&server)).code(1).says("too many requests");
    }
}

#[test]
fn a_manifest_of_many_parts_uses_little_memory() {
    let entry = r#"{"mediaType":"","digest":"","size":0},"#;
    let small_parts = entry.repeat((4 << 20) / entry.len() - 10);
    let layers =
        format!(r#"{{"schemaVersion":2,"artifactType":"x","layers":[{}]}}"#, small_parts.trim_end_matches(','));
    let platform = r#"{"mediaType":"","digest":"","size":0,"platform":{"os":"","architecture":""}},"#;
    let platforms = platform.repeat((4 << 20) / platform.len() - 10);
    let index = format!(r#"{{"schemaVersion":2,"manifests":[{}]}}"#, platforms.trim_end_matches(','));
    let numbers = "0,".repeat((2 << 20) - 100);
    let unknown = format!(r#"{{"schemaVersion":2,"layers":[],"x":[{numbers}0]}}"#);
    let deep = format!(r#"{{"schemaVersion":2,"layers":[],"x":{}"#, "[".repeat(1 << 20));
    for text in [layers, index, unknown, deep] {
        assert!(text.len() <= 4 << 20);
        let server = odd("/manifests/", move || reply("200 OK", &[], &text));
        small(of_registry(&server)).code(1).stdout("");
    }
}

#[test]
fn the_largest_catalog_uses_little_memory() {
    let server = |of_clock: String| format!(r#"{{"registry":{{"clock":{{"image":"i","x":{of_clock}}}}}}}"#);
    let keys: String = (0..99_900).map(|at| format!("\"{at}\":0,")).collect();
    for text in [
        server(format!("[{}0]", "0,".repeat(99_900))),
        server(format!("[{}0]", "0,".repeat((4 << 20) - 100))),
        server(format!("[{}0]", "[0],".repeat(49_900))),
        server(format!("[{}0]", "{\"a\":0},".repeat(49_900))),
        server(format!("{{{keys}\"y\":0}}")),
        server(format!("\"{}\"", "x".repeat((8 << 20) - 100))),
        format!(r#"{{"registry":{{"clock":{{"image":"i","description":"{}"}}}}}}"#, "x".repeat((8 << 20) - 100)),
        format!("registry:\n  clock:\n    image: i\n    x: [{}0]\n", "a, ".repeat(99_900)),
        format!("registry:\n  clock:\n    image: i\n    x: [{}0]\n", "a, ".repeat(2 << 20)),
    ] {
        assert!(text.len() <= 8 << 20);
        let start: String = text.chars().take(80).collect();
        let server = Server::start(move |_| reply("200 OK", &[], &text));
        let ran = small(of_web(&server));
        assert!(ran.code == 1 || ran.stdout == NAMES, "{start}: {}", ran.stderr);
    }
}
