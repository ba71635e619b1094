//! A machine on which everything that a run does is seen: its files, the programs on its `PATH`, and servers on loopback
//! that stand for an API server, a web server with catalogs and images, and a docker engine.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::Permissions;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use kube_sandbox::{Received, Sandbox, Server};
use mcpctl::cluster::connection::verbs::Operation;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, UnixListener};
use tokio::runtime::Runtime;

use super::CATALOG;
use crate::support::program::executable;

/// The programs on its `PATH`.
const PROGRAMS: [&str; 18] = [
    "cat",
    "docker",
    "docker-credential-canary",
    "docker-mcp",
    "echo",
    "ed",
    "k3d",
    "kind",
    "kubectl",
    "less",
    "login",
    "minikube",
    "more",
    "op",
    "sh",
    "touch",
    "true",
    "vi",
];

/// Every program writes its words down. Those that are asked for something answer.
const STUB: &str = r#"#!/bin/sh
echo "${0##*/} $*" >> "$MARKS"
case "${0##*/} $*" in
    "login ") echo "{\"apiVersion\": \"client.authentication.k8s.io/v1\", \"kind\": \"ExecCredential\", \"status\": {\"token\": \"$TOKEN\"}}" ;;
    "docker mcp version") echo v9 ;;
    "docker mcp gateway run --help") echo "--provisioner --cluster-config-provider --cluster-secret-provider
        --cluster-config-name --cluster-secret-name --namespace --kubeconfig --kube-context --catalog --secrets --servers" ;;
    "docker mcp feature list") echo "kubernetes-provisioning enabled" ;;
    "docker mcp catalog show"*) echo '{"registry": {"time": {"image": "mcp/time"}}}' ;;
esac
"#;

/// A run that has not ended by then hangs.
const WATCHDOG: Duration = Duration::from_secs(60);

type Log = Arc<Mutex<Vec<String>>>;

/// The machine.
pub(super) struct Machine {
    root: TempDir,
    world: Sandbox,
    fetched: Log,
    engine: Log,
    address: String,
    _runtime: Runtime,
}

/// A request that the API server got.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) verb: String,
    pub(super) resource: String,
    dry_run: bool,
}

impl Request {
    pub(super) fn of(received: Received) -> Self {
        if !received.verb.is_empty() {
            return Self { verb: received.verb, resource: received.resource, dry_run: received.dry_run };
        }
        // a resource that a simulated cluster does not have
        let request = http::Request::builder().method(received.method.as_str()).uri(received.path).body(()).unwrap();
        let operation = Operation::of(&request);
        Self { verb: operation.verb.to_owned(), resource: operation.full_resource(), dry_run: received.dry_run }
    }

    /// Whether it changes something for good. A review is created and changes nothing.
    pub(super) fn changes(&self) -> bool {
        let reads = ["get", "list", "watch"].contains(&self.verb.as_str()) && self.resource != "pods/attach";
        !reads && !self.dry_run && !self.resource.ends_with("reviews")
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}{}", self.verb, self.resource, if self.dry_run { " (dry run)" } else { "" })
    }
}

/// What was seen of a run.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) code: i32,
    pub(super) stdout: String,
    pub(super) stderr: String,
    /// Files that are new, other or gone.
    pub(super) changed: Vec<String>,
    /// Programs with their words.
    pub(super) started: Vec<String>,
    pub(super) requests: Vec<Request>,
    /// Requests of the web server.
    pub(super) fetched: Vec<String>,
    /// Requests of the docker engine.
    pub(super) engine: Vec<String>,
}

impl Machine {
    /// A machine with a demo cluster, and the files that cases work on.
    pub(super) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        for folder in ["work/scripts", "home/.docker", "home/.local/state/mcpctl", "run", "tmp", "bin"] {
            std::fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        // as mcpctl makes it: the journal of what a guard allows changes nothing else
        let state = root.path().join("home/.local/state/mcpctl");
        std::fs::set_permissions(state, Permissions::from_mode(0o700)).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (fetched, engine) = (Log::default(), Log::default());
        let world = mcpctl::sandbox::demo();
        let server = runtime.block_on(Server::bind(&world, 0)).unwrap();
        let kubeconfig = kubeconfig(&server.kubeconfig("default"), root.path());
        runtime.spawn(server.run());
        let web = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = web.local_addr().unwrap().to_string();
        runtime.spawn(serve_web(web, Arc::clone(&fetched)));
        let socket = runtime.block_on(async { UnixListener::bind(root.path().join("engine.sock")) }).unwrap();
        let config: Value = serde_json::from_str(&kubeconfig).unwrap();
        let server = config["clusters"][0]["cluster"]["server"].as_str().unwrap().to_owned();
        let port = server.rsplit(':').next().and_then(|port| port.parse().ok()).unwrap();
        runtime.spawn(serve_engine(socket, Arc::clone(&engine), port));
        executable(&root.path().join("bin/stub"), STUB);
        for program in PROGRAMS {
            symlink("stub", root.path().join("bin").join(program)).unwrap();
        }
        let machine = Self { root, world, fetched, engine, address, _runtime: runtime };
        machine.file("../kubeconfig", &kubeconfig);
        machine.file("../home/.docker/config.json", r#"{"credsStore": "canary"}"#);
        machine.file("catalog.yaml", CATALOG);
        machine.file("prod-catalog.yaml", CATALOG);
        machine.file("prod-secret-names.env", "grafana.api_key=\n");
        machine.file("prod-config.env", "# mcpctl servers: grafana\n");
        machine.file("prod-secret.env", "# mcpctl servers: grafana\ngrafana.api_key=canary-key-of-grafana\n");
        machine.file("token.txt", "canary-token\n");
        machine
    }

    /// Puts a file into its working folder.
    pub(super) fn file(&self, path: &str, text: &str) {
        std::fs::write(self.root.path().join("work").join(path), text).unwrap();
    }

    /// A path of it.
    pub(super) fn path(&self, path: &str) -> std::path::PathBuf {
        self.root.path().join(path)
    }

    /// Its working folder.
    pub(super) fn work(&self) -> String {
        self.root.path().join("work").display().to_string()
    }

    /// The simulated cluster.
    pub(super) fn world(&self) -> &Sandbox {
        &self.world
    }

    /// Runs a command line: `WEB` in it is the address of the web server, `WORK` the working folder.
    pub(super) fn run(&self, line: &str, input: &str, guard: &[String], environment: &[(&str, &str)]) -> Seen {
        let work = self.root.path().join("work");
        let line = line.replace("WEB", &self.address).replace("WORK", &work.display().to_string());
        let words = shlex::split(&line).unwrap();
        let before = self.snapshot();
        let asked = self.world.requests().len();
        let marks = self.root.path().join("marks");
        std::fs::write(&marks, "").unwrap();
        self.fetched.lock().unwrap().clear();
        self.engine.lock().unwrap().clear();
        let root = |path: &str| self.root.path().join(path);
        let mut child = Command::new(env!("CARGO_BIN_EXE_mcpctl"))
            .args(guard)
            .args(&words)
            .current_dir(&work)
            .env_clear()
            .env("PATH", root("bin"))
            .env("HOME", root("home"))
            .env("TMPDIR", root("tmp"))
            .env("XDG_RUNTIME_DIR", root("run"))
            .env("KUBECONFIG", root("kubeconfig"))
            .env("DOCKER_HOST", format!("unix://{}", root("engine.sock").display()))
            .env("HTTPS_PROXY", format!("http://{}", self.address))
            .env("MARKS", &marks)
            .env("NO_COLOR", "1")
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // the program may end without reading all of it
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let process = nix::unistd::Pid::from_raw(i32::try_from(child.id()).unwrap());
        let (done, ended) = std::sync::mpsc::channel::<()>();
        let watchdog = std::thread::spawn(move || {
            if ended.recv_timeout(WATCHDOG) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                let _ = nix::sys::signal::kill(process, nix::sys::signal::Signal::SIGKILL);
            }
        });
        let begun = Instant::now();
        let output = child.wait_with_output().unwrap();
        drop(done);
        watchdog.join().unwrap();
        assert!(begun.elapsed() < WATCHDOG, "`{line}` with {guard:?} does not end");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let mut changed: Vec<String> = Vec::new();
        let after = self.snapshot();
        for path in before.keys().chain(after.keys()) {
            if before.get(path) != after.get(path) && !changed.contains(path) {
                changed.push(path.clone());
            }
        }
        Seen {
            code: output.status.code().unwrap_or(-1),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
            changed,
            started: std::fs::read_to_string(&marks).unwrap().lines().map(str::to_owned).collect(),
            requests: self.world.requests().into_iter().skip(asked).map(Request::of).collect(),
            fetched: self.fetched.lock().unwrap().clone(),
            engine: self.engine.lock().unwrap().clone(),
        }
    }

    /// Every file with its size, permissions, inode and time of change; of folders, that they are there.
    fn snapshot(&self) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        for folder in ["work", "home", "run", "tmp"] {
            below(&self.root.path().join(folder), self.root.path(), &mut found);
        }
        found
    }
}

fn below(folder: &Path, root: &Path, found: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let about = path.symlink_metadata().unwrap();
        let name = path.strip_prefix(root).unwrap().display().to_string();
        if about.is_dir() {
            below(&path, root, found);
            found.insert(name, format!("folder {:o}", about.mode()));
        } else {
            let seen =
                (about.len(), about.mode(), about.ino(), about.mtime(), about.mtime_nsec(), std::fs::read(&path).ok());
            found.insert(name, format!("{seen:?}"));
        }
    }
}

/// The kubeconfig of a server, whose user logs in by a program.
fn kubeconfig(text: &str, root: &Path) -> String {
    let mut config: Value = serde_json::from_str(text).unwrap();
    let token = config["users"][0]["user"]["token"].clone();
    config["users"][0]["user"] = json!({ "exec": {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": root.join("bin/login"),
        "interactiveMode": "Never",
        "env": [{ "name": "TOKEN", "value": token }],
    }});
    config["contexts"][0]["name"] = "kind-guards".into();
    config["current-context"] = "kind-guards".into();
    config.to_string()
}

async fn serve_web(listener: TcpListener, log: Log) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(answer(stream, Arc::clone(&log), |_| (200, CATALOG.to_owned())));
    }
}

/// An engine that has `mcp/time` and pulls whatever it is asked for. A container of it is the API server at a port: the
/// nodes, which cannot be listed, are those of kind.
async fn serve_engine(listener: UnixListener, log: Log, port: u16) {
    let containers = json!([{ "Labels": { "io.x-k8s.kind.cluster": "guards" }, "Ports": [{ "PublicPort": port }] }]);
    let reply = move |line: &str| match line {
        line if line.contains("/containers/json") => (200, containers.to_string()),
        line if line.contains("/images/") && line.contains("/json") && !line.contains("mcp/time") => {
            (404, json!({ "message": "no such image" }).to_string())
        }
        line if line.contains("/images/create") => (200, String::new()),
        _ => (200, json!({ "Version": "1", "ApiVersion": "1.41", "Id": "sha256:0" }).to_string()),
    };
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(answer(stream, Arc::clone(&log), reply.clone()));
    }
}

/// Answers one request of a connection and notes its first line.
async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin, log: Log, reply: impl Fn(&str) -> (u16, String)) {
    let mut head = Vec::new();
    let mut part = [0; 4096];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut part).await {
            Ok(0) | Err(_) => break,
            Ok(length) => head.extend_from_slice(&part[..length]),
        }
    }
    let line = String::from_utf8_lossy(&head).lines().next().unwrap_or("a connection without a request").to_owned();
    let (status, body) = reply(&line);
    log.lock().unwrap().push(line);
    let answer = format!(
        "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}
