//! Runs of the built program against servers of a test, and the registry that most of them are a variation of.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use mcpctl::digest::sha256;
use mcpctl::provision::catalog::ARTIFACT_TYPE;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::program::{Mcpctl, Ran};
use crate::support::raw_server::{Reply, Request, Server, json, reply};

/// A catalog with one server.
pub(crate) const CATALOG: &str = r#"{"registry": {"clock": {"image": "mcp/clock"}}}"#;
/// What `servers -o name` prints of it.
pub(crate) const NAMES: &str = "server/clock\n";
/// How much memory a run may use above that of one with a harmless server.
const MOST_MEMORY: usize = 64 << 20;
/// What `--request-timeout` says.
const TIMEOUT: &str = "3s";
/// When a run counts as one that does not end.
const WATCHDOG: Duration = Duration::from_secs(30);

/// The manifest of a catalog.
pub(crate) fn manifest(layer: &[u8]) -> String {
    let (config, layer, size) = (sha256(b"{}"), sha256(layer), layer.len());
    format!(
        r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"{ARTIFACT_TYPE}",
        "config":{{"mediaType":"application/vnd.oci.empty.v1+json","digest":"{config}","size":2}},
        "layers":[{{"mediaType":"application/json","digest":"{layer}","size":{size}}}]}}"#
    )
}

/// A registry with the catalog, but for what `odd` answers.
pub(super) fn registry(odd: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static) -> Server {
    Server::start(move |request| odd(request).unwrap_or_else(|| harmless(request)))
}

/// What a harmless registry answers, that is a harmless web server, too.
pub(super) fn harmless(request: &Request) -> Reply {
    match request.line.as_str() {
        "GET /v2/" => json("{}"),
        line if line.contains("/manifests/") => {
            let manifest = manifest(CATALOG.as_bytes());
            let body = if line.starts_with("HEAD") { "" } else { &manifest };
            reply("200 OK", &[("Docker-Content-Digest", &sha256(manifest.as_bytes()))], body)
        }
        _ => json(CATALOG),
    }
}

/// A challenge that names a token server.
pub(super) fn bearer(realm: &str) -> Reply {
    reply("401 Unauthorized", &[("WWW-Authenticate", &format!("Bearer realm=\"{realm}\",service=\"r\""))], "{}")
}

/// A run that lists the servers of a registry's catalog.
pub(super) fn of_registry(server: &Server) -> Mcpctl {
    run(&format!("oci://{}/x/y:1", server.host()))
}

/// A run that lists the servers of a catalog of the web.
pub(super) fn of_web(server: &Server) -> Mcpctl {
    run(&format!("http://{}/c.json", server.host()))
}

pub(super) fn run(catalog: &str) -> Mcpctl {
    Mcpctl::of(["servers", "-o", "name", "--request-timeout", TIMEOUT, "--catalog", catalog])
}

/// Runs it to its end, which must come soon; gives the most memory that it has used.
#[track_caller]
pub(super) fn watched(run: Mcpctl) -> (Ran, usize) {
    let child = run.start();
    let (process, has_ended) = (child.id(), AtomicBool::new(false));
    let watch = || {
        let (begun, mut most) = (Instant::now(), 0);
        while !has_ended.load(Ordering::Relaxed) {
            most = most.max(peak(process).unwrap_or(0));
            if begun.elapsed() > WATCHDOG {
                kill(Pid::from_raw(i32::try_from(process).unwrap()), Signal::SIGKILL).unwrap();
                return None;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        Some(most)
    };
    let (ran, most) = std::thread::scope(|scope| {
        let watcher = scope.spawn(watch);
        // reads what it prints: a full pipe would stop it
        let ran = run.end_of(child);
        has_ended.store(true, Ordering::Relaxed);
        (ran, watcher.join().unwrap())
    });
    (ran, most.unwrap_or_else(|| panic!("no end within {WATCHDOG:?}")))
}

/// Runs it to its end; its memory must stay near that of a run with a harmless server.
#[track_caller]
pub(super) fn small(run: Mcpctl) -> Ran {
    let (ran, used) = watched(run);
    let (harmless, idle) = watched(of_registry(&registry(|_| None)));
    harmless.code(0).stdout(NAMES);
    assert!(used <= idle + MOST_MEMORY, "{} MiB, and {} MiB when idle\n{}", used >> 20, idle >> 20, ran.stderr);
    ran
}

/// `VmHWM` of a process: the most memory that it has had.
fn peak(process: u32) -> Option<usize> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse::<usize>().ok().map(|kib| kib << 10)
}
