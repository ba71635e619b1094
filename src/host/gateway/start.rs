//! Starts a gateway and waits for its end.
//!
//! The files of the gateway must not change while it runs, and its pods must be distinguishable from all others. So it
//! gets copies in a folder that only its owner can read: a kubeconfig with only the pinned context, and the derived
//! catalog with one more variable for each server, which identifies the pods of this run. Its stderr goes to a file
//! that mcpctl follows: if mcpctl is killed, the gateway continues, and removes its pods when its client disconnects.

use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use crate::cluster::Cluster;
use crate::cluster::pods::{Deletion, Removal};
use crate::error::{Error, Kind, Result};
use crate::gateway::command::GatewayRun;
use crate::gateway::launch::{Ended, Launch};
use crate::provision::keys::env_name_of;
use crate::provision::render::{marked_catalog, secret_variables};
use crate::record::{Action, Change, Effect, Outcome};
use crate::shell;

use super::super::Host;
use super::super::journal::state_folder;
use super::super::process::Program;
use super::copies::Copies;
use super::leftovers::{Leftovers, RUN_VARIABLE};
use super::run_id::RunId;

/// The width of the printed command line, in columns.
const WIDTH: usize = 130;

/// The result of a gateway that was started.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GatewayRan {
    /// Its exit code; 128 plus the signal's number if a signal ended it.
    pub code: i32,
    /// The pods that it left behind, and what was done with them.
    pub removed: Vec<Deletion>,
}

impl Host {
    /// Starts the gateway, passes standard input, output and signals to it, waits for its end, and removes the
    /// remaining pods of its session.
    ///
    /// # Errors
    /// The probe found a problem; `--read-only`; the derived catalog does not exist or lacks a server; the cluster
    /// cannot be reached. A gateway that fails is not an error: its exit code is the result.
    pub fn run_gateway(&self, run: &GatewayRun) -> Result<GatewayRan> {
        self.refuse_if_read_only("start the gateway")?;
        let probe = self.gateway_probe()?;
        if let Some(obstacle) = probe.obstacle() {
            return Err(obstacle);
        }
        let run = GatewayRun { program: probe.program.clone(), ..run.clone() };
        let words = run.words()?;
        let id = RunId::new();
        let cluster = self.cluster()?;
        let provisioned = self.read_what_was_provisioned(&run, &id.to_string())?;
        self.announce(&run.namespace)?;
        let mut change = Change {
            action: Action::Run,
            kind: "program",
            name: format!("{} gateway run", probe.program_name()),
            namespace: run.namespace.clone(),
            keys: Vec::new(),
            note: format!("servers {}", run.servers.join(", ")),
            outcome: Outcome::Planned,
        };
        self.recorder.effect(Effect::named("process: run"))?;
        let leftovers = Leftovers::before(self, cluster, &run, &id)?;
        if self.settings.dry_run {
            self.recorder.change(change);
            return Ok(GatewayRan::default());
        }
        for complaint in &probe.complaints {
            self.printer.warn(complaint);
        }
        change.outcome = Outcome::Unknown;
        self.recorder.change(change.clone());
        let state = state_folder(&self.settings.environment);
        let ended = if probe.simulated {
            self.simulate_gateway(&words)
        } else {
            // the gateway inherits it
            let _lock = id.lock(state.as_deref());
            self.start_gateway(&run, cluster, provisioned)
        };
        change.outcome = match &ended {
            Ok(_) => Outcome::Done("run".to_owned()),
            Err(error) => Outcome::Failed(error.to_string()),
        };
        self.recorder.change(change);
        let ended = ended?;
        if ended.code != 0 {
            self.printer.info(&format!("the gateway ended with exit code {}", ended.code));
        }
        let removed = leftovers.remove(self, cluster, &ended)?;
        if removed.iter().all(|one| !matches!(one.result, Removal::Failed | Removal::Terminating)) {
            id.forget(state.as_deref());
        }
        Ok(GatewayRan { code: ended.code, removed })
    }

    /// The next step if a file of a base does not exist.
    #[must_use]
    pub fn provision_writes(&self, path: &Path) -> String {
        // a run without its own folder uses the current one
        let folder =
            std::path::absolute(&self.settings.folder).or_else(|_| std::env::current_dir()).unwrap_or_default();
        let path = path.strip_prefix(&folder).unwrap_or(path).display().to_string();
        let base = ["-catalog.yaml", "-secret-names.env"].iter().find_map(|end| path.strip_suffix(end));
        match base.map(shell::word) {
            Some(base) => format!("`mcpctl provision SERVERS --base {base}` writes it"),
            None => "`mcpctl provision` writes it".to_owned(),
        }
    }

    fn read_what_was_provisioned(&self, run: &GatewayRun, id: &str) -> Result<Provisioned> {
        self.recorder.effect(Effect::named("files: read"))?;
        let read = |path: &Option<PathBuf>, what: &str| -> Result<String> {
            let path = path.as_ref().ok_or_else(|| Error::new(Kind::Script, format!("`gateway::run` needs {what}")))?;
            self.files.read_text(path)?.ok_or_else(|| {
                Error::not_found(format!("no file `{}`", path.display()))
                    .object(path.display().to_string())
                    .hint(self.provision_writes(path))
            })
        };
        let text = read(&run.catalog, "the derived catalog")?;
        let catalog = marked_catalog(&text, &run.servers, RUN_VARIABLE, id)
            .map_err(|error| error.hint("`mcpctl provision` writes the derived catalog anew"))?;
        let names = read(&run.secrets, "the file of secret names")?;
        // as `--from-env` reads them, and as the servers do
        let names = names.lines().filter_map(|line| line.split_once('=')).map(|(name, _)| env_name_of(name));
        Ok(Provisioned {
            catalog,
            value_variables: names.collect(),
            server_variables: secret_variables(&text, &run.servers)?,
        })
    }

    /// A real program has no place in the sandbox's cluster: a mock of the test ends as the test says, otherwise
    /// nothing is started and the result is success.
    fn simulate_gateway(&self, words: &[String]) -> Result<Ended> {
        let program = Program { words: words.to_vec(), input: None, timeout: None, environment: Vec::new() };
        let Some(finished) = self.mocked_program(&program) else {
            self.printer.info("sandbox: no gateway is started");
            return Ok(Ended { code: 0, sessions: std::collections::BTreeSet::new() });
        };
        if !finished.stdout.is_empty() {
            self.print(finished.stdout.trim_end());
        }
        if !finished.stderr.is_empty() {
            self.printer.line(finished.stderr.trim_end());
        }
        Ok(Ended { code: finished.code, sessions: std::collections::BTreeSet::new() })
    }

    fn start_gateway(&self, run: &GatewayRun, cluster: &Cluster, provisioned: Provisioned) -> Result<Ended> {
        let copies = Copies::write(run, cluster, &provisioned.catalog)?;
        let mut without = provisioned.value_variables;
        // a plugin that gets the cluster's credentials may need cloud credentials, whose variables some servers use,
        // too
        if !cluster.has_credential_plugin() {
            without.extend(provisioned.server_variables);
        }
        let run = GatewayRun {
            kubeconfig: copies.kubeconfig.clone(),
            context: Some(cluster.context().to_owned()),
            catalog: Some(copies.catalog.clone()),
            ..run.clone()
        };
        self.printer
            .info(&format!("starting the gateway with private copies of its files:\n{}", run.shell_lines(WIDTH)?));
        let launch = Launch {
            words: run.words()?,
            variables: copies.kubeconfig.iter().map(|path| ("KUBECONFIG", OsString::from(path))).collect(),
            without,
            on_terminal: std::io::stdin().is_terminal(),
        };
        let (_taken, signals) = self.interrupt.take();
        let ended = self.wait(launch.run(copies.log, signals, |line| self.printer.line(line)));
        drop(copies.folder);
        ended
    }
}

/// The objects and files created by `provision`, as far as a run of the gateway needs them.
struct Provisioned {
    /// The derived catalog with the run's id.
    catalog: String,
    /// The variables that `--from-env` would read values of secrets from: the gateway needs none.
    value_variables: Vec<String>,
    /// The variables of the servers' secrets.
    server_variables: Vec<String>,
}
