//! Catalogs over HTTPS: the built program, a server on loopback, an authority of the test's own.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::https_server::{Request, Server, response};
use crate::support::program::{Mcpctl, Ran};

const CATALOG: &str = "name: far\nregistry:\n  clock: {image: mcp/clock}\n  grafana: {image: mcp/grafana}\n";
const NAMES: &str = "server/clock\nserver/grafana\n";

/// A server that gives the catalog with an `ETag`, and 304 to whoever has it.
fn tagged() -> Server {
    Server::tls(|request| match request.headers.get("if-none-match").map(String::as_str) {
        Some("\"one\"") => response("304 Not Modified", &[("ETag", "\"one\"")], b""),
        _ => response("200 OK", &[("ETag", "\"one\""), ("Content-Type", "text/yaml")], CATALOG.as_bytes()),
    })
}

/// A run that trusts a server's authority.
fn run(server: &Server, line: &str) -> Mcpctl {
    Mcpctl::new(line).env("SSL_CERT_FILE", server.authority().to_str().unwrap())
}

fn servers(server: &Server, more: &str) -> Mcpctl {
    run(server, &format!("servers -o name {more} --catalog {}", server.address("/c.yaml")))
}

/// What one answer comes to.
fn answered(answer: impl Fn(&Request) -> Vec<u8> + Send + Sync + 'static) -> Ran {
    servers(&Server::tls(answer), "").run()
}

fn copies(folder: &Path) -> usize {
    std::fs::read_dir(folder.join("home/.cache/mcpctl/catalogs")).map_or(0, Iterator::count)
}

#[test]
fn a_catalog_is_got_once_and_then_only_asked_for_changes() {
    let server = tagged();
    let first = servers(&server, "").run().code(0).stdout(NAMES).stderr("");
    assert_eq!(copies(&first.path("")), 1);
    let second = servers(&server, "").after(first).run().code(0).stdout(NAMES).stderr("");
    let asked: Vec<Option<String>> =
        server.requests().iter().map(|request| request.headers.get("if-none-match").cloned()).collect();
    assert_eq!(asked, [None, Some("\"one\"".to_owned())]);
    assert_eq!(copies(&second.path("")), 1);
}

#[test]
fn the_copy_serves_without_a_network_and_its_age_is_said() {
    let server = tagged();
    let first = servers(&server, "").run().code(0);
    let (address, authority) = (server.address("/c.yaml"), "authority.pem");
    std::fs::copy(server.authority(), first.path(authority)).unwrap();
    drop(server);
    let again = Mcpctl::new(&format!("servers -o name --catalog {address}")).env("SSL_CERT_FILE", authority);
    let again = again.after(first).run().code(0).stdout(NAMES);
    let again = again.says(&format!("warning: the catalog `{address}` is a copy, "));
    let other = format!("servers --catalog {}", address.replace("c.yaml", "other.yaml"));
    let other = Mcpctl::new(&other).env("SSL_CERT_FILE", authority).after(again).run().code(1);
    other.says("error: cannot get the catalog `https://localhost:").says("cause: `localhost`: ").says("HTTPS_PROXY");
}

#[test]
fn a_dry_run_and_a_read_only_run_read_and_write_nothing() {
    let server = tagged();
    for flag in ["--dry-run", "--read-only"] {
        let ran = servers(&server, flag).run().code(0);
        assert_eq!(copies(&ran.path("")), 0, "{flag}");
    }
}

#[test]
fn a_server_that_answers_badly_is_believed_and_one_that_fails_is_not() {
    let turn = Arc::new(AtomicUsize::new(0));
    let at = Arc::clone(&turn);
    let server = Server::tls(move |_| match at.load(Ordering::SeqCst) {
        0 => response("200 OK", &[], CATALOG.as_bytes()),
        1 => response("503 Service Unavailable", &[], b"later"),
        2 => response("429 Too Many Requests", &[], b"later"),
        3 => b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nname: cut".to_vec(),
        4 => response("404 Not Found", &[], b"gone"),
        5 => response("200 OK", &[], b"<html>log in first</html>"),
        _ => response("200 OK", &[], b"registry: {}\n"),
    });
    let mut ran = servers(&server, "").run().code(0);
    for (answer, words) in
        [(1, "(503 Service Unavailable)"), (2, "(429 Too Many Requests)"), (3, "(the answer broke off after 9 bytes: ")]
    {
        turn.store(answer, Ordering::SeqCst);
        ran = servers(&server, "").after(ran).run().code(0).stdout(NAMES).says("is a copy, ").says(words);
    }
    for (answer, words) in
        [(4, "cause: 404 Not Found"), (5, "is not a catalog: it is a web page (HTML)"), (6, "has no servers")]
    {
        turn.store(answer, Ordering::SeqCst);
        ran = servers(&server, "").after(ran).run().code(1).stdout("").says(words);
    }
}

#[test]
fn what_is_no_catalog_is_said() {
    let page: (&str, &str) = ("Content-Type", "text/html; charset=utf-8");
    answered(move |_| response("200 OK", &[page], CATALOG.as_bytes()))
        .code(1)
        .says("is not a catalog: it is a web page (HTML)")
        .says("hint: look for the address of the file itself");
    answered(|_| response("403 Forbidden", &[], b"")).code(1).says("cause: 403 Forbidden").says("`--catalog FILE`");
    answered(|_| response("204 No Content", &[], b"")).code(1).says("cause: 204 No Content");
    answered(|_| response("304 Not Modified", &[], b"")).code(1).says("cause: 304 Not Modified");
    answered(|_| b"\x16\x03garbage".to_vec()).code(1).says("cannot get the catalog");
}

#[test]
fn an_answer_that_is_cut_off_is_no_catalog() {
    answered(|_| b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nname: far\nregistry:\n".to_vec())
        .code(1)
        .says("cause: the answer broke off after 20 bytes");
    answered(|_| b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nname:\r\n".to_vec())
        .code(1)
        .says("cause: the answer broke off after 5 bytes");
    // neither length nor chunks: the text alone can tell
    answered(|_| b"HTTP/1.1 200 OK\r\n\r\n{\"registry\": {\"a\": {\"image\": \"i\"}".to_vec())
        .code(1)
        .says("is cut off");
}

#[test]
fn more_than_a_catalog_can_have_is_not_read() {
    answered(|_| b"HTTP/1.1 200 OK\r\nContent-Length: 99000000\r\n\r\n".to_vec())
        .code(1)
        .says("is not a catalog: it is more than 8 MiB");
    let endless = Server::plain(|_| {
        let chunk = [&b"100000\r\n"[..], &vec![b'#'; 1 << 20], b"\r\n"].concat();
        [&b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"[..], &chunk.repeat(40)].concat()
    });
    servers(&endless, "").run().code(1).says("is not a catalog: it is more than 8 MiB");
}

#[test]
fn redirects_are_followed_a_little_and_never_to_plain_http() {
    let sent_to = |location: &'static str| move |_: &Request| response("302 Found", &[("Location", location)], b"");
    answered(sent_to("/again")).code(1).says("cause: more than 5 redirects");
    answered(sent_to("http://catalog.example/c.yaml"))
        .code(1)
        .says("error: refusing to get the catalog")
        .says("cause: it redirects from `https` to `http` at `catalog.example`");
    answered(sent_to("file:///etc/passwd")).code(1).says("from `https` to `file`");
    answered(|_| response("301 Moved Permanently", &[], b"")).code(1).says("cause: a redirect without a target");
    let moved = Server::tls(|request| match request.target.as_str() {
        "/c.yaml" => response("308 Permanent Redirect", &[("Location", "/moved/c.yaml")], b""),
        _ => response("200 OK", &[], CATALOG.as_bytes()),
    });
    servers(&moved, "").run().code(0).stdout(NAMES);
    assert_eq!(moved.requests().len(), 2);
}

#[test]
fn a_server_that_nobody_vouches_for_is_not_read() {
    let server = tagged();
    let line = format!("servers --catalog {}", server.address("/c.yaml"));
    let other = tagged();
    let ran = Mcpctl::new(&line).env("SSL_CERT_FILE", other.authority().to_str().unwrap()).run().code(1);
    let ran = ran.says("error: cannot trust `localhost`").says("hint: name the certificates of your own authority");
    // nor is its copy taken for it: somebody stands between
    let first = servers(&server, "").after(ran).run().code(0);
    let env = other.authority().to_str().unwrap().to_owned();
    Mcpctl::new(&line).env("SSL_CERT_FILE", env).after(first).run().code(1).says("cannot trust `localhost`");
}

#[test]
fn an_authority_as_a_servers_certificate_is_told_in_words() {
    let server = Server::tls_of_an_authority(|_| response("200 OK", &[], CATALOG.as_bytes()));
    let ran = servers(&server, "").run().code(1).says("error: cannot trust `localhost`");
    let ran = ran.says("cause: its certificate is that of an authority (`CA:TRUE`)").says("basicConstraints");
    assert!(!ran.stderr.contains("SSL_CERT_FILE"), "{}", ran.stderr);
}

#[test]
fn what_may_pass_soon_is_asked_for_again() {
    for first in [response("502 Bad Gateway", &[], b""), response("504 Gateway Timeout", &[], b""), Vec::new()] {
        let turn = AtomicUsize::new(0);
        let server = Server::tls(move |_| match turn.fetch_add(1, Ordering::SeqCst) {
            0 => first.clone(),
            _ => response("200 OK", &[], CATALOG.as_bytes()),
        });
        servers(&server, "").run().code(0).stdout(NAMES).stderr("");
        assert_eq!(server.requests().len(), 2);
    }
    let server = Server::tls(|_| response("503 Service Unavailable", &[], b""));
    servers(&server, "").run().code(1).says("cause: 503 Service Unavailable");
    assert_eq!(server.requests().len(), 3);
}

#[test]
fn plain_http_is_for_this_machine_only() {
    let server = Server::plain(|_| response("200 OK", &[], CATALOG.as_bytes()));
    servers(&server, "").run().code(0).stdout(NAMES);
    Mcpctl::new("servers --catalog http://catalog.example/c.yaml")
        .run()
        .code(2)
        .says("error: refusing to read a catalog over plain `http`");
}

#[test]
fn the_proxy_of_the_environment_is_used_but_not_for_this_machine() {
    let server = tagged();
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", proxy.local_addr().unwrap());
    let target = server.host();
    let tunnel = std::thread::spawn(move || {
        let (client, _) = proxy.accept().unwrap();
        let mut lines = BufReader::with_capacity(1, client.try_clone().unwrap()).lines();
        let asked = lines.next().unwrap().unwrap();
        while lines.next().is_some_and(|line| !line.unwrap().is_empty()) {}
        let far = TcpStream::connect(target).unwrap();
        let (mut back, mut forth) = ((far.try_clone().unwrap(), client.try_clone().unwrap()), (client, far));
        back.1.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").unwrap();
        std::thread::spawn(move || std::io::copy(&mut back.0, &mut back.1));
        let _ = std::io::copy(&mut forth.0, &mut forth.1);
        asked
    });
    let line = "servers -o name --catalog https://catalog.example/c.yaml";
    run(&server, line).env("HTTPS_PROXY", &address).run().code(0).stdout(NAMES);
    assert_eq!(tunnel.join().unwrap(), "CONNECT catalog.example:443 HTTP/1.1");
    // nobody is at the proxy's port any more
    servers(&server, "").env("HTTPS_PROXY", &address).run().code(0).stdout(NAMES);
}

#[test]
fn a_token_in_an_address_is_neither_shown_nor_kept() {
    let server = Server::tls(|request| match request.target.as_str() {
        "/c.yaml?token=canary-token" => response("200 OK", &[], CATALOG.as_bytes()),
        _ => response("403 Forbidden", &[], b""),
    });
    let address = server.address("/c.yaml?token=canary-token");
    let ran = run(&server, &format!("servers -o json --catalog {address}")).run().code(0).gives("/c.yaml?…");
    assert!(!format!("{}{}", ran.stdout, ran.stderr).contains("canary"));
    for entry in std::fs::read_dir(ran.path("home/.cache/mcpctl/catalogs")).unwrap() {
        let path = entry.unwrap().path();
        assert!(!path.to_str().unwrap().contains("canary"));
        assert!(!std::fs::read_to_string(path).unwrap().contains("canary"));
    }
    let wrong = server.address("/c.yaml?token=canary-wrong");
    let ran = run(&server, &format!("servers -vv --catalog {wrong}")).run().code(1).says("/c.yaml?…");
    assert!(!ran.stderr.contains("canary"));
    let login = "servers --catalog https://me:canary-pw@catalog.example/c.yaml";
    let ran = Mcpctl::new(login).run().code(2).says("the address of a catalog at `catalog.example` contains a login");
    assert!(!ran.stderr.contains("canary"));
}

#[test]
fn nothing_is_asked_before_a_script_needs_it() {
    let server = tagged();
    run(&server, &format!("eval 1+1 --catalog {}", server.address("/c.yaml"))).run().code(0).stdout("2\n");
    run(&server, &format!("scripts --catalog {}", server.address("/c.yaml"))).run().code(0);
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn completion_takes_the_copy_and_asks_nobody() {
    let server = tagged();
    let first = servers(&server, "").run().code(0);
    let address = server.address("/c.yaml");
    let words = ["--", "mcpctl", "--catalog", &address, "extract-data", "gra"];
    let complete = |run: Mcpctl| {
        run.env("MCPCTL_COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", "4").env("MCPCTL_COMPLETE_WAIT", "9s").run()
    };
    complete(Mcpctl::of(words).after(first)).gives("grafana");
    assert_eq!(server.requests().len(), 1);
    complete(Mcpctl::of(words));
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_test_of_scripts_reaches_no_network() {
    let server = tagged();
    let test = format!("fn test_far() {{ let why = \"\"; catalog::open(\"{}\"); }}", server.address("/c.yaml"));
    let ran = run(&server, "test").file("x_test.rhai", &test).run().code(1);
    assert!(format!("{}{}", ran.stdout, ran.stderr).contains("a test of scripts reaches no network"), "{}", ran.stdout);
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn several_catalogs_at_once_and_each_server_knows_its_own() {
    let server = tagged();
    let address = server.address("/c.yaml");
    let own = "registry:\n  clock: {image: corp/clock}\n  own: {image: corp/own}\n";
    let variable = format!("{address}:./own.yaml");
    let ran = run(&server, "servers -o json").file("own.yaml", own).env("MCPCTL_CATALOG", &variable).run().code(0);
    let found = ran.json();
    let of = |name: &str, field: &str| {
        let server = found.as_array().unwrap().iter().find(|server| server["name"] == name).unwrap();
        server[field].as_str().unwrap().to_owned()
    };
    assert_eq!((of("clock", "image"), of("clock", "source")), ("corp/clock:latest".into(), "./own.yaml".into()));
    assert_eq!((of("grafana", "image"), of("grafana", "source")), ("mcp/grafana:latest".into(), address));
    assert!(of("own", "digest").starts_with("sha256:") && of("own", "digest") != of("grafana", "digest"));
    let table = run(&server, "servers").file("own.yaml", own).env("MCPCTL_CATALOG", &variable).run().code(0);
    table.stdout(
        "NAME      TITLE    IMAGE         NEEDS     SOURCE\n\
         clock     <none>   corp/clock    nothing   own.yaml\n\
         grafana   <none>   mcp/grafana   nothing   c.yaml\n\
         own       <none>   corp/own      nothing   own.yaml\n",
    );
}

#[test]
fn what_becomes_of_each_source_is_told_without_a_change() {
    let server = tagged();
    let line = format!("--catalog {} --catalog none.yaml --catalog own.yaml", server.address("/c.yaml"));
    let script = "catalog::sources().map(|one| `${one.servers} ${one.digest.len()} ${one.age.len() > 1} ${one.error}`)";
    let words = ["eval", script, "-o", "json"].into_iter().chain(line.split(' '));
    let run = Mcpctl::of(words).env("SSL_CERT_FILE", server.authority().to_str().unwrap());
    let ran = run.file("own.yaml", "registry:\n  own: {image: corp/own}\n").run().code(0);
    assert_eq!(
        ran.json(),
        serde_json::json!([
            "2 71 true ",
            "0 0 false cannot read the catalog `none.yaml`: no such file or directory",
            "1 71 true "
        ])
    );
    assert_eq!(copies(&ran.path("")), 0);
}
