//! `mcpctl sandbox serve`: the sandbox on a loopback port, for kubectl and every other client.

use std::fs::{OpenOptions, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::{Arg, ArgMatches, Command, value_parser};
use rhai::Dynamic;
use tempfile::TempDir;

use crate::error::{Error, Result};
use crate::host::Host;
use crate::host::settings::SandboxState;
use crate::record::Effect;
use crate::sandbox::{Server, World};
use crate::script::run::Ended;
use crate::shell;

use super::{globals, launch};

/// How long changes gather before the world is written to its file.
const GATHER: Duration = Duration::from_millis(500);

/// The command's declaration.
pub(super) fn command() -> Command {
    Command::new("serve")
        .about("Let kubectl and other clients work on a sandbox, at a port of 127.0.0.1")
        .arg(
            Arg::new("port")
                .long("port")
                .value_name("PORT")
                .help("port to listen on; any free one unless given")
                .default_value("0")
                .hide_default_value(true)
                .value_parser(value_parser!(u16)),
        )
        .after_help(
            "It prints the line that makes a shell use it, and runs until Ctrl-C. The kubeconfig is for you alone: \
             made in a new folder, or as the new file that `--kubeconfig FILE` names, and removed at the end.\n\
             `--sandbox=FILE` serves the world of a file and keeps it there; without it, it is the demo world.",
        )
}

/// Serves until a signal comes.
pub(super) fn run(all: &[&ArgMatches], matches: &ArgMatches) -> Result<u8> {
    let mut globals = globals::read(all)?;
    let port = matches.get_one("port").copied().unwrap_or(0);
    globals.settings.sandbox.get_or_insert(SandboxState::Memory);
    if globals.settings.dry_run {
        return Err(Error::usage("`sandbox serve` has no dry run").hint("clients have: `kubectl … --dry-run=server`"));
    }
    launch::run(globals, move |host| {
        host.refuse_if_read_only("serve a sandbox")?;
        // the kubeconfig
        host.recorder.effect(Effect::named("files: write"))?;
        serve(host, port)?;
        Ok(Ended { value: Dynamic::UNIT, exit: None })
    })
}

fn serve(host: &Host, port: u16) -> Result<()> {
    let world = Arc::clone(host.world()?.ok_or_else(|| Error::failed("there is no sandbox to serve"))?);
    let server = host.wait(Server::bind(Arc::clone(&world), port))?;
    let namespace = host.settings.namespace_given()?.unwrap_or_else(|| world.namespace());
    let file = KubeconfigFile::write(host, &server.kubeconfig(&namespace))?;
    host.serves_world(&file.path)?;
    let path = file.path.display().to_string();
    host.printer.info(&format!("{} at {}", described(host), server.url()));
    host.printer.info("in another shell, until you press Ctrl-C here:");
    host.printer.out(&format!("export KUBECONFIG={}\n", shell::word(&path)));
    // a signal is how it ends, so it is no failure
    let ended = host.wait(async {
        tokio::select! {
            () = server.run() => Ok(()),
            error = keep(host, &world) => Err(error),
        }
    });
    match host.interrupt.raised() {
        Some(_) => {
            host.printer.info(&format!("stopped; removed {path}"));
            Ok(())
        }
        None => ended,
    }
}

/// What is served, in words.
fn described(host: &Host) -> String {
    match &host.settings.sandbox {
        Some(SandboxState::File(path)) => format!("serving the sandbox of {}", path.display()),
        _ => "serving a sandbox in memory".to_owned(),
    }
}

/// Keeps the world in its file as it changes; ends only if that fails.
async fn keep(host: &Host, world: &World) -> Error {
    let mut kept = world.revision();
    loop {
        tokio::time::sleep(GATHER).await;
        let now = world.revision();
        if now != kept {
            if let Err(error) = host.keep_world() {
                return error;
            }
            kept = now;
        }
    }
}

/// A kubeconfig that only its owner may read, removed when dropped, with the folder that was made for it.
struct KubeconfigFile {
    path: PathBuf,
    _folder: Option<TempDir>,
}

impl KubeconfigFile {
    fn write(host: &Host, text: &str) -> Result<Self> {
        let (path, folder) = match &host.settings.kubeconfig {
            Some(path) => {
                // the line that is printed must hold in any folder
                let path = host.settings.folder.join(path);
                (std::path::absolute(&path).unwrap_or(path), None)
            }
            None => {
                let mode = Permissions::from_mode(0o700);
                let folder = tempfile::Builder::new().prefix("mcpctl-sandbox-").permissions(mode).tempdir();
                let folder = folder.map_err(|error| Error::failed("cannot make a folder").cause(error.to_string()))?;
                (folder.path().join("kubeconfig"), Some(folder))
            }
        };
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(|error| {
            let failed = Error::io("cannot make", &path, &error);
            match error.kind() {
                std::io::ErrorKind::AlreadyExists => {
                    failed.hint("name a file that does not exist yet: it is removed at the end")
                }
                _ => failed,
            }
        })?;
        let made = Self { path, _folder: folder };
        file.write_all(text.as_bytes()).map_err(|error| Error::io("cannot write", &made.path, &error))?;
        Ok(made)
    }
}

impl Drop for KubeconfigFile {
    fn drop(&mut self) {
        // one that somebody else removed is gone, too
        let _ = std::fs::remove_file(&self.path);
    }
}
