//! `mcpctl new NAME`: a script that runs, with its test, to begin with.

use std::path::Path;
use std::sync::Arc;

use clap::{Arg, ArgMatches, Command};

use crate::embedded;
use crate::error::{Error, Kind, Result};
use crate::files::Mode;
use crate::host::Host;
use crate::script::run::Ended;
use crate::shell;

use super::{globals, launch};

const SCRIPT: &str = include_str!("../../templates/script.rhai");
const TEST: &str = include_str!("../../templates/script_test.rhai");

/// The command's declaration.
pub(super) fn command() -> Command {
    Command::new("new").about("Create a script: ./scripts/NAME.rhai and its test NAME_test.rhai").arg(
        Arg::new("name")
            .value_name("NAME")
            .required(true)
            .help("a name like `nightly`, or a path like `ops/nightly.rhai`"),
    )
}

/// Writes both files, refusing to overwrite either.
pub(super) fn run(all: &[&ArgMatches], matches: &ArgMatches) -> Result<u8> {
    let wanted = matches.get_one::<String>("name").cloned().unwrap_or_default();
    let file = file(&wanted)?;
    launch::run(globals::read(all)?, move |host| {
        write(host, &file)?;
        Ok(Ended::nothing())
    })
}

/// The script's path.
fn file(wanted: &str) -> Result<String> {
    let is_path = wanted.contains('/');
    let path = wanted.strip_suffix(".rhai").unwrap_or(wanted);
    let name = path.rsplit('/').next().unwrap_or(path);
    let fits = name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    if !fits || name.ends_with("_test") {
        return Err(Error::usage(format!("`{wanted}` is not a valid script name"))
            .hint("use letters, digits, `-` and `_`, without `_test` at the end"));
    }
    if is_path {
        return Ok(format!("{path}.rhai"));
    }
    // by its name such a script could never be run
    if super::BUILT_IN.contains(&name) {
        return Err(Error::usage(format!("`{name}` is a command of mcpctl")).hint("choose another name"));
    }
    if embedded::script(name).is_some() {
        return Err(Error::usage(format!("`{name}` is a shipped script"))
            .hint(format!("choose another name, or copy that one with `mcpctl eject {}`", shell::word(name))));
    }
    Ok(format!("scripts/{name}.rhai"))
}

fn write(host: &Arc<Host>, file: &str) -> Result<()> {
    let test = format!("{}_test.rhai", file.trim_end_matches(".rhai"));
    for file in [file, test.as_str()] {
        if host.files.exists(&host.path(file))? {
            return Err(Error::new(Kind::Exists, format!("`{file}` exists already"))
                .object(file)
                .hint("choose another name, or move it away first"));
        }
    }
    let folder = Path::new(file).parent().unwrap_or(Path::new(""));
    host.files.create_folder(&host.path(&folder.display().to_string()))?;
    let name = Path::new(file).file_stem().unwrap_or_default().to_string_lossy();
    let tests = TEST.replace("NAME", &name);
    host.files.write(&host.path(file), SCRIPT.as_bytes(), Mode::Public, Vec::new())?;
    host.files.write(&host.path(&test), tests.as_bytes(), Mode::Public, Vec::new())?;
    if !host.settings.dry_run {
        host.printer.info(&format!("wrote {file} and {test}"));
        host.printer.info(&format!(
            "run it with `mcpctl run {} 24h --sandbox`, test it with `mcpctl test {}`",
            shell::path(file.as_ref()),
            shell::path(test.as_ref())
        ));
    }
    Ok(())
}
