//! No login, and no token that stands for one, leaves for another host than its own.

use super::fixtures::{NAMES, bearer, harmless, of_registry, of_web, registry, watched};
use crate::support::program::{Mcpctl, Ran};
use crate::support::raw_server::{Server, json, redirect, reply};

/// `me:canary-password` as docker keeps it.
const BASIC: &str = "bWU6Y2FuYXJ5LXBhc3N3b3Jk";

/// A run with a login for the registry, and another host in place of everything that is not this machine.
fn with_login(run: Mcpctl, server: &Server, elsewhere: &Server, login: &str) -> Mcpctl {
    let config = format!(r#"{{"auths":{{"{}":{login}}}}}"#, server.host());
    with_proxy(run.file("home/.docker/config.json", &config), elsewhere)
}

fn with_proxy(run: Mcpctl, elsewhere: &Server) -> Mcpctl {
    let proxy = format!("http://{}", elsewhere.host());
    ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"].iter().fold(run, |run, name| run.env(name, &proxy))
}

fn password() -> String {
    format!(r#"{{"auth":"{BASIC}"}}"#)
}

const IDENTITY: &str = r#"{"identitytoken":"canary-identity"}"#;

/// Fails if a server has got anything of a login, or of what a login gave.
#[track_caller]
fn knows_nothing(other: &Server, what: &str) {
    for request in other.requests() {
        let text = request.text.to_lowercase();
        let secret =
            ["canary", &BASIC.to_lowercase(), "authorization", "refresh_token"].iter().any(|part| text.contains(part));
        assert!(!secret, "{what}: {}", request.text);
    }
}

#[track_caller]
fn shows_nothing(ran: &Ran) {
    for text in [&ran.stdout, &ran.stderr] {
        assert!(!text.contains("canary") && !text.contains(BASIC), "{text}");
    }
}

#[test]
fn a_token_server_of_another_host_gets_no_login_and_no_request() {
    for login in [password().as_str(), IDENTITY] {
        for realm in [
            "http://evil.example/token",
            "HTTP://EVIL.example/token",
            "https://evil.example/token",
            "https://evil.example:127/token",
            "http://127.0.0.1.evil.example/token",
            "http://127.0.0.1@evil.example/token",
            "http://me:pw@127.0.0.1:1/token",
            "https://127.0.0.1%2eevil.example/token",
            "https:\\\\\\\\evil.example/token",
            "//evil.example/token",
            "/token",
            "file:///etc/passwd",
            "",
        ] {
            let elsewhere = Server::noting();
            let server = registry(move |request| (request.line == "GET /v2/").then(|| bearer(realm)));
            let (ran, _) = watched(with_login(of_registry(&server), &server, &elsewhere, login));
            let ran = ran.code(1).stdout("").says(&server.host()).says("hint: ");
            shows_nothing(&ran);
            assert!(elsewhere.requests().is_empty(), "{realm}: {:?}", elsewhere.requests());
            assert_eq!(server.count("/token") + server.count("/manifests/"), 0, "{realm}");
        }
    }
}

#[test]
fn a_token_server_of_the_registrys_host_gets_the_login() {
    for (login, sent) in [(password().as_str(), BASIC), (IDENTITY, "refresh_token=canary-identity")] {
        let elsewhere = Server::noting();
        let tokens = Server::start(|_| json(r#"{"access_token":"canary-access"}"#));
        let realm = format!("http://localhost:{}/token", tokens.port);
        let server = registry(move |request| match request.text.contains("Bearer canary-access") {
            true => None,
            false => Some(bearer(&realm)),
        });
        let (ran, _) = watched(with_login(of_registry(&server), &server, &elsewhere, login));
        shows_nothing(&ran.code(0).stdout(NAMES));
        assert!(tokens.requests()[0].text.contains(sent), "{:?}", tokens.requests());
        assert!(
            !server.requests().iter().any(|request| request.text.contains(BASIC)),
            "the registry has the token only"
        );
        assert!(elsewhere.requests().is_empty());
    }
}

#[test]
fn no_redirect_of_a_token_server_is_followed_with_a_login() {
    for login in [password().as_str(), IDENTITY] {
        for status in [301, 302, 303, 307, 308] {
            let (elsewhere, other) = (Server::noting(), Server::noting());
            for to in ["http://evil.example/steal".to_owned(), format!("http://{}/steal", other.host())] {
                let tokens = Server::start(move |_| redirect(status, &to));
                let realm = format!("http://{}/token", tokens.host());
                let server = registry(move |request| (request.line == "GET /v2/").then(|| bearer(&realm)));
                let (ran, _) = watched(with_login(of_registry(&server), &server, &elsewhere, login));
                shows_nothing(&ran.code(1).says("redirect"));
                assert_eq!(elsewhere.requests().len() + other.requests().len(), 0, "{status}");
            }
        }
    }
}

#[test]
fn no_redirect_of_a_registry_takes_a_login_along() {
    for part in ["/v2/", "/manifests/", "/blobs/"] {
        for status in [302, 307] {
            let elsewhere = Server::noting();
            let other = Server::start(|request| match request.line.as_str() {
                "GET /v2/" => reply("401 Unauthorized", &[("WWW-Authenticate", "Basic realm=\"r\"")], ""),
                _ => harmless(request),
            });
            let to = other.host();
            let server = registry(move |request| match request.line.as_str() {
                line if line.contains(part) && (part != "/v2/" || line == "GET /v2/") => {
                    Some(redirect(status, &format!("http://{to}{}", line.split(' ').nth(1).unwrap())))
                }
                "GET /v2/" => Some(reply("401 Unauthorized", &[("WWW-Authenticate", "Basic realm=\"r\"")], "")),
                _ => None,
            });
            let (ran, _) = watched(with_login(of_registry(&server), &server, &elsewhere, &password()));
            shows_nothing(&ran.code(0).stdout(NAMES));
            assert!(server.requests().iter().any(|request| request.text.contains(BASIC)), "its own host has it");
            assert!(!other.requests().is_empty());
            knows_nothing(&other, part);
            assert!(elsewhere.requests().is_empty());
        }
    }
}

#[test]
fn a_redirect_to_plain_http_elsewhere_is_not_followed() {
    for part in ["GET /v2/", "/manifests/", "/blobs/"] {
        let elsewhere = Server::noting();
        let server =
            registry(move |request| request.line.contains(part).then(|| redirect(307, "http://evil.example/steal")));
        let (ran, _) = watched(with_login(of_registry(&server), &server, &elsewhere, &password()));
        ran.code(1).says("it redirects from `http` to `http` at `evil.example`");
        assert!(elsewhere.requests().is_empty(), "{part}");
    }
}

#[test]
fn every_host_is_an_effect_before_it_is_asked() {
    for (part, place) in [
        ("GET /v2/", "https://evil.example/token"),
        ("/manifests/", "https://evil.example/m"),
        ("/blobs/", "https://EVIL.example./b"),
        ("/c.json", "https://evil.example/c.json"),
    ] {
        let odd = move || if part == "GET /v2/" { bearer(place) } else { redirect(307, place) };
        let start = || (Server::noting(), registry(move |request| request.line.contains(part).then(odd)));
        let run = |server: &Server| if part == "/c.json" { of_web(server) } else { of_registry(server) };
        for flag in [["--allow", "network: 127.0.0.1, files: read"], ["--deny", "network: Evil.EXAMPLE."]] {
            let (elsewhere, server) = start();
            let run = flag.iter().fold(run(&server), |run, word| run.word(word));
            let (ran, _) = watched(with_proxy(run, &elsewhere));
            ran.code(1).says("refusing the effect `network: evil.example`");
            assert!(elsewhere.requests().is_empty(), "{part}");
        }
        // without these flags the host is asked, so that the flags are what kept it from being asked
        let (elsewhere, server) = start();
        watched(with_proxy(run(&server), &elsewhere)).0.code(1);
        assert!(elsewhere.count("CONNECT evil.example") > 0, "{part}");
        knows_nothing(&elsewhere, part);
    }
}

#[test]
fn a_registry_that_quotes_the_login_is_not_quoted() {
    let elsewhere = Server::noting();
    let server = registry(|request| {
        let got =
            request.text.lines().find(|line| line.to_lowercase().starts_with("authorization")).unwrap_or_default();
        match request.line.as_str() {
            "GET /v2/" => Some(reply("401 Unauthorized", &[("WWW-Authenticate", "Basic realm=\"r\"")], "")),
            _ => Some(reply(
                "403 Forbidden",
                &[],
                format!(r#"{{"errors":[{{"code":"DENIED","message":"not for {got} or canary-password"}}]}}"#),
            )),
        }
    });
    let (ran, _) = watched(with_login(of_registry(&server), &server, &elsewhere, &password()));
    shows_nothing(&ran.code(1).says("not for").says("***"));
}

#[test]
fn a_host_name_that_quotes_the_login_is_not_quoted() {
    let elsewhere = Server::noting();
    let server = registry(|request| match request.line.as_str() {
        "GET /v2/" => Some(reply("401 Unauthorized", &[("WWW-Authenticate", "Basic realm=\"r\"")], "")),
        _ => Some(redirect(307, "http://canary-password.evil.example/")),
    });
    let (ran, _) = watched(with_login(of_registry(&server), &server, &elsewhere, &password()));
    shows_nothing(&ran.code(1).says("it redirects from `http` to `http` at `***.evil.example`"));
    assert!(elsewhere.requests().is_empty());
}
