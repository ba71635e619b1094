//! Copies of catalogs: each belongs to the address that gave it, and nobody else says that it is current.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::fixtures::{CATALOG, NAMES, of_web, run, watched};
use crate::support::program::Ran;
use crate::support::raw_server::{Reply, Request, Server, redirect, reply};

/// Another catalog.
const OTHER: &str = r#"{"registry": {"other": {"image": "mcp/other"}}}"#;

fn not_modified() -> Reply {
    reply("304 Not Modified", &[("ETag", "\"one\"")], "")
}

/// A server that answers one thing first and another later.
fn turning(answer: impl Fn(usize, &Request) -> Reply + Send + Sync + 'static) -> (Server, Arc<AtomicUsize>) {
    let turn = Arc::new(AtomicUsize::new(0));
    let at = Arc::clone(&turn);
    (Server::start(move |request| answer(at.load(Ordering::SeqCst), request)), turn)
}

fn conditions(server: &Server) -> Vec<bool> {
    server.requests().iter().map(|request| request.text.to_lowercase().contains("if-none-match: \"one\"")).collect()
}

fn again(server: &Server, first: Ran) -> Ran {
    watched(of_web(server).after(first)).0
}

#[test]
fn a_host_that_a_redirect_leads_to_cannot_keep_an_old_copy_alive() {
    let other = Server::start(|_| not_modified());
    let to = format!("http://{}/c.json", other.host());
    let (server, turn) = turning(move |turn, _| match turn {
        0 => reply("200 OK", &[("ETag", "\"one\"")], CATALOG),
        1 => redirect(302, &to),
        _ => not_modified(),
    });
    let first = watched(of_web(&server)).0.code(0).stdout(NAMES);
    turn.store(1, Ordering::SeqCst);
    let second = again(&server, first).code(1).stdout("").says("304 Not Modified");
    assert_eq!((conditions(&server), conditions(&other)), (vec![false, true], vec![false]));
    turn.store(2, Ordering::SeqCst);
    again(&server, second).code(0).stdout(NAMES);
}

#[test]
fn a_copy_that_came_by_a_redirect_is_asked_for_where_it_came_from() {
    let far = Server::start(|request| match request.text.to_lowercase().contains("if-none-match: \"one\"") {
        true => not_modified(),
        false => reply("200 OK", &[("ETag", "\"one\"")], CATALOG),
    });
    let to = format!("http://{}/far.json", far.host());
    let (server, turn) = turning(move |turn, _| if turn == 0 { redirect(307, &to) } else { not_modified() });
    let first = watched(of_web(&server)).0.code(0).stdout(NAMES);
    let second = again(&server, first).code(0).stdout(NAMES);
    assert_eq!((conditions(&server), conditions(&far)), (vec![false, false], vec![false, true]));
    turn.store(1, Ordering::SeqCst);
    again(&server, second).code(1).stdout("").says("304 Not Modified");
}

#[test]
fn addresses_that_differ_a_little_have_copies_of_their_own() {
    let server = Server::start(|request| match request.line.contains("team=a") {
        true => reply("200 OK", &[("ETag", "\"one\"")], CATALOG),
        false if request.text.to_lowercase().contains("if-none-match") => not_modified(),
        false => reply("200 OK", &[("ETag", "\"one\"")], OTHER),
    });
    let address = format!("http://{}/c.json", server.host());
    let mut ran = watched(run(&format!("{address}?team=a"))).0.code(0).stdout(NAMES);
    for (other, names) in [
        (format!("{address}?team=b"), "server/other\n"),
        (address.clone(), "server/other\n"),
        (format!("{address}?"), "server/other\n"),
        (address.replace("127.0.0.1", "localhost"), "server/other\n"),
        (address.replace("http://127.0.0.1", "HTTP://0x7F.1"), "server/other\n"),
        (format!("{address}?team=a"), NAMES),
    ] {
        ran = watched(run(&other).after(ran)).0.code(0).stdout(names);
    }
    let cached = std::fs::read_dir(ran.path("home/.cache/mcpctl/catalogs")).unwrap().count();
    assert_eq!(cached, 5, "`0x7F.1` is `127.0.0.1`");
    watched(run(&address.replace("http://", "http://me:canary-pw@"))).0.code(2).stdout("");
}

#[test]
fn an_odd_tag_is_not_kept_and_never_more_than_a_tag() {
    let long = format!("\"{}\"", "x".repeat(1 << 20));
    for tag in ["\"a\u{1}b\"", "\"\u{e9}\"", "a\tb", "\"a\" , X: 1", "", long.as_str()] {
        let tag = tag.to_owned();
        let of_server = tag.clone();
        let server = Server::start(move |request| {
            if request.text.to_lowercase().contains("if-none-match") {
                return not_modified();
            }
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nETag: {of_server}\r\n\r\n", CATALOG.len());
            Reply::Whole([head.as_bytes(), CATALOG.as_bytes()].concat())
        });
        let first = watched(of_web(&server)).0;
        if tag.len() > 1 << 10 || tag.contains('\u{1}') {
            // no valid answer at all
            first.code(1).stdout("");
            continue;
        }
        again(&server, first.code(0).stdout(NAMES)).code(0).stdout(NAMES);
        for request in server.requests() {
            assert!(!request.text.contains("\nX: 1"), "{}", request.text);
        }
    }
}

#[test]
fn a_copy_that_was_edited_is_as_good_as_none() {
    let (server, turn) = turning(|turn, request| match turn {
        0 => reply("200 OK", &[("ETag", "\"one\"")], CATALOG),
        _ if request.text.to_lowercase().contains("if-none-match") => not_modified(),
        _ => reply("200 OK", &[], OTHER),
    });
    let edits: [fn(&str) -> String; 5] = [
        |text| text.replace("mcp/clock", "mcp/c1ock"),
        |text| text.replace("\\\"one\\\"", "\\\"one\\\"\\r\\nX-Injected: 1"),
        |text| text.replace("\"from\":\"sha256:", "\"from\":\"sha256:0"),
        |_| String::new(),
        |text| text.chars().take(60).collect(),
    ];
    for edit in edits {
        turn.store(0, Ordering::SeqCst);
        let first = watched(of_web(&server)).0.code(0).stdout(NAMES);
        let folder = first.path("home/.cache/mcpctl/catalogs");
        let file = std::fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
        let text = std::fs::read_to_string(&file).unwrap();
        assert_ne!(edit(&text), text);
        std::fs::write(&file, edit(&text)).unwrap();
        turn.store(1, Ordering::SeqCst);
        again(&server, first).code(0).stdout("server/other\n");
        assert!(server.requests().iter().all(|request| !request.text.contains("X-Injected")));
    }
}

#[test]
fn a_304_that_nobody_asked_for_is_an_error() {
    let server = Server::start(|_| not_modified());
    watched(of_web(&server)).0.code(1).stdout("").says("304 Not Modified");
}
