//! `mcpctl sandbox serve`: the sandbox on a loopback port, for kubectl and every other client.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Arg, ArgMatches, Command, value_parser};

use crate::error::{Error, Result};
use crate::files::{NewFile, RuntimeFolder};
use crate::host::Host;
use crate::host::settings::SandboxState;
use crate::record::Effect;
use crate::script::run::Ended;
use crate::shell;
use kube_sandbox::{Sandbox, Server};

use super::{globals, launch};

/// How long changes gather before the world is written to its file.
const GATHER: Duration = Duration::from_millis(500);

/// The command's declaration.
pub(super) fn command() -> Command {
    Command::new("serve")
        .about("Serve a sandbox to kubectl and other clients on a port of 127.0.0.1")
        .arg(
            Arg::new("port")
                .long("port")
                .value_name("PORT")
                .help("port to listen on [default: any free port]")
                .default_value("0")
                .hide_default_value(true)
                .value_parser(value_parser!(u16)),
        )
        .after_help(
            "It prints the line that makes a shell use the sandbox, and runs until Ctrl-C. Only you can read the \
             kubeconfig: it is created in a new folder, or as the new file `--kubeconfig FILE`, and removed at the end.\n\
             `--sandbox=FILE` serves the sandbox of that file and stores changes in it. Default: the demo sandbox.",
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
        Ok(Ended::nothing())
    })
}

fn serve(host: &Host, port: u16) -> Result<()> {
    let world = host.world()?.ok_or_else(|| Error::failed("there is no sandbox to serve"))?.clone();
    let server = host.wait(async { Server::bind(&world, port).await.map_err(Error::from) })?;
    let namespace = host.settings.namespace_given()?.unwrap_or_else(|| world.namespace());
    let file = KubeconfigFile::write(host, &server.kubeconfig(&namespace))?;
    host.serves_world(&file.path)?;
    let path = file.path.display().to_string();
    host.printer.info(&format!("{} at {}", described(host), server.url()));
    host.printer.info("in another shell, until you press Ctrl-C here:");
    host.printer.out(&format!("export KUBECONFIG={}\n", shell::word(&path)));
    // a signal is the normal end
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
async fn keep(host: &Host, world: &Sandbox) -> Error {
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

/// A kubeconfig that only its owner may read, removed when dropped.
struct KubeconfigFile {
    path: PathBuf,
    _kept: Kept,
}

/// The files that belong to the kubeconfig.
enum Kept {
    Folder { _folder: RuntimeFolder },
    File { _file: NewFile },
}

impl KubeconfigFile {
    fn write(host: &Host, text: &str) -> Result<Self> {
        let Some(path) = &host.settings.kubeconfig else {
            let folder = RuntimeFolder::new("sandbox")?;
            let path = folder.put("kubeconfig".as_ref(), text)?;
            return Ok(Self { path, _kept: Kept::Folder { _folder: folder } });
        };
        let path = host.settings.path(path);
        let file = NewFile::write(&path, text.as_bytes())?;
        // the line that is printed must hold in any folder
        Ok(Self { path: std::path::absolute(&path).unwrap_or(path), _kept: Kept::File { _file: file } })
    }
}
