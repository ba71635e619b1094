//! The gateway: probed, started on pinned copies, its pods cleaned up; and the derived catalog of the real one.
//! A stand-in for docker (`bin/docker`) writes down what it is started with.

mod derived;
mod killed;
mod leftovers;
mod limits;
mod running;

use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant};

use mcpctl::gateway::command::NEEDED_FLAGS;
use tempfile::TempDir;

use crate::support::program::Mcpctl;
use crate::support::sandbox_server::Server;

/// The derived catalog and the names of the secrets of a base `prod`.
const CATALOG: &str = "registry: {grafana: {image: mcp/grafana, secrets: [{name: grafana.api_key, env: SERVICE_KEY}]}, time: {image: mcp/time, env: [{name: TZ, value: UTC}]}}\n";
const NAMES: &str = "grafana.api_key=provided-by-cluster\n";

/// What a gateway whose Kubernetes mode is switched on lists.
const FEATURES: &str = "Available experimental features:

  oauth-interceptor    disabled
                       Enable GitHub OAuth flow interception for automatic authentication

  kubernetes-provisioning enabled
                       Start servers in a Kubernetes cluster

";

/// A machine with a gateway, and an API server behind its kubeconfig.
struct Machine {
    stub: TempDir,
    server: Server,
}

impl Machine {
    /// One whose gateway has the Kubernetes mode switched on, and does what these shell lines say.
    fn new(does: &str) -> Self {
        let stub = tempfile::tempdir().unwrap();
        let machine = Self { stub, server: Server::new() };
        let flags: Vec<String> = NEEDED_FLAGS.iter().map(|flag| format!("      {flag} string   text")).collect();
        machine.put("help", &format!("Usage: docker mcp gateway run\n\nFlags:\n{}\n", flags.join("\n")));
        machine.put("features", FEATURES);
        machine.put("does", does);
        machine
    }

    fn put(&self, name: &str, text: &str) {
        std::fs::write(self.stub.path().join(name), text).unwrap();
    }

    fn remove(&self, name: &str) {
        std::fs::remove_file(self.stub.path().join(name)).unwrap();
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.stub.path().join(name)).unwrap_or_default()
    }

    fn has(&self, name: &str) -> bool {
        self.stub.path().join(name).exists()
    }

    /// A run on this machine, in a folder where `prod` has been provisioned.
    fn mcpctl(&self, line: &str) -> Mcpctl {
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts/gateway/bin");
        let path = std::env::var_os("PATH").unwrap();
        let path = std::env::join_paths(std::iter::once(own).chain(std::env::split_paths(&path))).unwrap();
        let run = Mcpctl::new(line);
        let kubeconfig = run.folder().join("kubeconfig").display().to_string();
        run.file("prod-catalog.yaml", CATALOG)
            .file("prod-secret-names.env", NAMES)
            .file("kubeconfig", &self.server.kubeconfig())
            .env("KUBECONFIG", kubeconfig)
            .env("PATH", path.to_str().unwrap())
            .env("XDG_STATE_HOME", self.stub.path().join("state").display().to_string())
            .env("TMPDIR", self.temporary().display().to_string())
            .env("STUB", self.stub.path().display().to_string())
    }

    /// Where temporary files of a run go.
    fn temporary(&self) -> PathBuf {
        let path = self.stub.path().join("tmp");
        std::fs::create_dir_all(&path).unwrap();
        path
    }

    /// Waits until the gateway has been started.
    #[track_caller]
    fn wait_for(&self, name: &str, child: &mut Child) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while !self.has(name) {
            assert!(child.try_wait().unwrap().is_none() && Instant::now() < deadline, "no `{name}`");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}
