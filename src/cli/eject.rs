//! `mcpctl eject NAME`: a shipped script as a file to change.

use clap::{Arg, ArgMatches, Command};
use rhai::Dynamic;

use crate::embedded;
use crate::error::{Error, Kind, Result};
use crate::files::Mode;
use crate::nearest;
use crate::script::run::Ended;

use super::{globals, launch};

/// The command's declaration.
pub(super) fn command() -> Command {
    Command::new("eject").about("Copy a shipped script to ./scripts/, to change it").arg(
        Arg::new("name").value_name("NAME").required(true).help("a script that `mcpctl scripts` lists under `shipped`"),
    )
}

/// Writes the copy, refusing to overwrite anything.
pub(super) fn run(all: &[&ArgMatches], matches: &ArgMatches) -> Result<u8> {
    let name = matches.get_one::<String>("name").cloned().unwrap_or_default();
    launch::run(globals::read(all)?, move |host| {
        let name = name.strip_suffix(".rhai").unwrap_or(&name);
        let text = embedded::script(name).ok_or_else(|| {
            Error::usage(format!("no shipped script `{name}`"))
                .suggest(nearest::nearest(name, embedded::script_names()))
                .hint("`mcpctl scripts` lists them")
        })?;
        let file = format!("scripts/{name}.rhai");
        if host.files.exists(&host.path(&file)) {
            return Err(Error::new(Kind::Exists, format!("`{file}` exists already"))
                .object(&file)
                .hint(format!("run it with `mcpctl run {file}`, or move it away first")));
        }
        host.files.create_folder(&host.path("scripts"))?;
        host.files.write(&host.path(&file), text.as_bytes(), Mode::Public, Vec::new())?;
        if !host.settings.dry_run {
            host.printer.info(&format!("wrote {file}; run it with `mcpctl run {file}`"));
        }
        Ok(Ended { value: Dynamic::UNIT, exit: None })
    })
}
