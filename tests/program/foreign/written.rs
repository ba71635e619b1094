//! Every path that mcpctl writes, and a run that writes it.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Child;
use std::sync::mpsc;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::https_server::{Server, response};
use crate::support::program::{Mcpctl, Ran, signal};
use crate::support::terminal::{CTRL_D, TerminalBuilder};

/// The longest that a run may take: it is killed then, and no run ends so by itself.
const WATCHDOG: Duration = Duration::from_secs(60);

/// What a run does where it may not write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It fails and names the path.
    Fails,
    /// It warns, names the path and goes on.
    Warns,
    /// It goes on: what is kept there is a help and no more.
    GoesOn,
}

/// A path that mcpctl writes.
pub(super) struct Written {
    /// Its name in the table.
    pub(super) name: &'static str,
    /// The path, from the run's folder.
    pub(super) path: &'static str,
    /// A content that a run can read.
    pub(super) content: &'static str,
    /// What a run does where it may not write.
    pub(super) refusal: Refusal,
    /// Whether others must not read it.
    pub(super) private: bool,
    /// Whether a run keeps the file.
    pub(super) kept: bool,
    prepare: fn() -> Prepared,
}

/// A run that is about to start.
pub(super) struct Prepared {
    /// Its folder.
    pub(super) folder: PathBuf,
    /// The path that it writes, where only the run decides on it.
    pub(super) path: Option<PathBuf>,
    run: Box<dyn FnOnce(&str) -> Ended>,
}

/// How a run ended.
pub(super) struct Ended {
    pub(super) code: i32,
    pub(super) stderr: String,
    /// The run's folder, as long as it is looked at.
    _folder: Box<dyn std::any::Any>,
}

impl From<Ran> for Ended {
    fn from(ran: Ran) -> Self {
        Self { code: ran.code, stderr: ran.stderr.clone(), _folder: Box::new(ran) }
    }
}

impl Written {
    /// A run in a new folder.
    pub(super) fn prepare(&self) -> Prepared {
        (self.prepare)()
    }

    fn of(name: &'static str, path: &'static str, prepare: fn() -> Prepared) -> Self {
        Self { name, path, content: "", refusal: Refusal::Fails, private: false, kept: true, prepare }
    }

    fn private(self) -> Self {
        Self { private: true, ..self }
    }

    fn content(self, content: &'static str) -> Self {
        Self { content, ..self }
    }

    fn refusal(self, refusal: Refusal) -> Self {
        Self { refusal, ..self }
    }

    fn removed(self) -> Self {
        Self { kept: false, ..self }
    }
}

impl Prepared {
    /// Runs it with a umask.
    pub(super) fn run(self, umask: &str) -> Ended {
        (self.run)(umask)
    }

    fn program(run: Mcpctl) -> Self {
        let folder = run.folder().to_owned();
        let run = Box::new(move |umask: &str| {
            let run = with(run, umask);
            let child = run.start();
            watched(run, child).into()
        });
        Self { folder, path: None, run }
    }
}

/// A run with a umask.
fn with(run: Mcpctl, umask: &str) -> Mcpctl {
    run.under(&["sh", "-c", &format!("umask {umask}; exec \"$0\" \"$@\"")])
}

/// Waits for the end of a run, and kills it where it does not end.
fn watched(run: Mcpctl, child: Child) -> Ran {
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap());
    let (ended, end) = mpsc::channel::<()>();
    std::thread::spawn(move || {
        if end.recv_timeout(WATCHDOG) == Err(mpsc::RecvTimeoutError::Timeout) {
            kill(pid, Signal::SIGKILL).unwrap();
        }
    });
    let ran = run.end_of(child);
    drop(ended);
    ran
}

const WORLD: &str = r#"{"mcpctl_sandbox":1,"revision":1,"ahead_seconds":0,"images":[],"objects":[]}"#;

/// All of them.
pub(super) fn all() -> Vec<Written> {
    vec![
        Written::of("config env file", "prod-config.env", || generate("prod")),
        Written::of("secret env file", "prod-secret.env", || generate("prod")).private(),
        Written::of("env file in a folder", "keys/prod-secret.env", || {
            let run = Mcpctl::new("generate-env grafana --base keys/prod --sandbox").file("keys/other", "");
            Prepared::program(run)
        })
        .private(),
        Written::of("derived catalog", "prod-catalog.yaml", provision).private(),
        Written::of("names of secrets", "prod-secret-names.env", provision).private(),
        Written::of("merged env file", "own.env", || eval("envfile::merge(\"own.env\", #{ port: \"80\" })")),
        Written::of("file of a script", "made.txt", || eval("fs::write(\"made.txt\", \"made\")")),
        Written::of("private file of a script", "made.txt", || {
            eval("fs::write(\"made.txt\", \"made\", #{ owner_only: true })")
        })
        .private(),
        Written::of("world", "world.json", world).content(WORLD).private(),
        Written::of("lock of a world", ".world.json.lock", world).removed(),
        Written::of("new script", "scripts/tidy.rhai", || Prepared::program(Mcpctl::new("new tidy"))),
        Written::of("test of a new script", "scripts/tidy_test.rhai", || Prepared::program(Mcpctl::new("new tidy"))),
        Written::of("copy of a script", "scripts/cleanup.rhai", || Prepared::program(Mcpctl::new("eject cleanup"))),
        Written::of("copy of a module", "scripts/lib/provision.rhai", || {
            Prepared::program(Mcpctl::new("eject std/provision"))
        }),
        Written::of("script that uses the copy of a module", "scripts/provision.rhai", || {
            Prepared::program(Mcpctl::new("eject std/provision"))
        })
        .content("import \"std/provision\" as provision;\n1")
        .refusal(Refusal::GoesOn),
        Written::of("man page", "pages/mcpctl.1", || Prepared::program(Mcpctl::new("man pages"))),
        Written::of("definitions", "types/global.d.rhai", || Prepared::program(Mcpctl::new("doc --definitions types"))),
        Written::of("saved lines", "lines.rhai", || {
            Prepared::program(Mcpctl::new("repl --sandbox --yes").input("let a = 1\n:save lines\n"))
        })
        .refusal(Refusal::GoesOn),
        Written::of("journal", "home/.local/state/mcpctl/journal.jsonl", || eval("fs::write(\"made.txt\", \"made\")"))
            .refusal(Refusal::Warns)
            .private(),
        Written::of("full journal", "home/.local/state/mcpctl/journal.1.jsonl", || {
            let run = Mcpctl::of(["eval", "fs::write(\"made.txt\", \"made\")"]);
            let lines = "\n".repeat(8 << 20);
            Prepared::program(run.file("home/.local/state/mcpctl/journal.jsonl", &lines))
        })
        .refusal(Refusal::Warns)
        .private(),
        Written::of("history", ".local/state/mcpctl/history", history).refusal(Refusal::GoesOn).private(),
        Written::of("copy of a catalog", "home/.cache/mcpctl/catalogs", copy).refusal(Refusal::GoesOn).private(),
        Written::of("kubeconfig of a sandbox", "sandbox.kubeconfig", serve).private().removed(),
    ]
}

fn generate(base: &str) -> Prepared {
    Prepared::program(Mcpctl::new(&format!("generate-env grafana --base {base} --sandbox")))
}

fn provision() -> Prepared {
    Prepared::program(Mcpctl::new("provision time --base prod --sandbox"))
}

fn eval(text: &str) -> Prepared {
    Prepared::program(Mcpctl::of(["eval", text]))
}

fn world() -> Prepared {
    Prepared::program(Mcpctl::new("cleanup --idle 1s --yes --sandbox=world.json"))
}

fn history() -> Prepared {
    let builder = TerminalBuilder::sandbox();
    let folder = builder.folder().to_owned();
    let run = Box::new(move |umask: &str| {
        let mut terminal = builder.umask(umask).start();
        terminal.line("let first_line = 1");
        terminal.keys(CTRL_D);
        let code = terminal.code();
        Ended { code, stderr: terminal.screen(), _folder: Box::new(terminal) }
    });
    Prepared { folder, path: None, run }
}

/// The name of a copy is the hash of an address: a first run shows it.
fn copy() -> Prepared {
    let catalog = b"registry:\n  clock: {image: mcp/clock}\n";
    let server = Server::tls(|_| response("200 OK", &[("ETag", "\"one\"")], catalog));
    let run = || {
        let authority = server.authority().display().to_string();
        Mcpctl::new("servers -o name --catalog").word(&server.address("/c.yaml")).env("SSL_CERT_FILE", authority)
    };
    let first = run().run().code(0);
    let copies = std::fs::read_dir(first.path("home/.cache/mcpctl/catalogs")).unwrap();
    let [copy] = copies.map(|entry| entry.unwrap().path()).collect::<Vec<_>>().try_into().unwrap();
    std::fs::remove_file(&copy).unwrap();
    let run = run().after(first);
    let folder = run.folder().to_owned();
    let run = Box::new(move |umask: &str| {
        let run = with(run, umask);
        let child = run.start();
        let ran = watched(run, child).code(0);
        assert_eq!(server.requests().len(), 2);
        ran.into()
    });
    Prepared { folder, path: Some(copy), run }
}

/// A server, ended as soon as it serves.
fn serve() -> Prepared {
    let run = Mcpctl::new("sandbox serve --sandbox --kubeconfig sandbox.kubeconfig");
    let folder = run.folder().to_owned();
    let run = Box::new(move |umask: &str| {
        let run = with(run, umask);
        let mut child = run.start();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        if !line.is_empty() {
            let made = run.folder().join("sandbox.kubeconfig").metadata().unwrap();
            assert_eq!(made.permissions().mode() & 0o777, 0o600, "umask {umask}");
            signal(&child, Signal::SIGTERM);
        }
        watched(run, child).into()
    });
    Prepared { folder, path: None, run }
}
