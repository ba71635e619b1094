//! `mcpctl man DIR`: a man page for the program, each command and each script.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches, Command};

use crate::error::{Error, Result};
use crate::files::Mode;
use crate::host::Host;
use crate::script::run::Ended;

use super::{completions, globals, launch};

/// The command's declaration.
pub(super) fn command() -> Command {
    Command::new("man").about("Write man pages: one for the program, each command and each script").arg(
        Arg::new("folder")
            .value_name("DIR")
            .required(true)
            .value_parser(globals::path_value())
            .value_hint(clap::ValueHint::DirPath)
            .help("as ~/.local/share/man/man1"),
    )
}

/// Writes the pages.
pub(super) fn run(all: &[&ArgMatches], matches: &ArgMatches) -> Result<u8> {
    let folder = matches.get_one::<PathBuf>("folder").cloned().unwrap_or_default();
    launch::run(globals::read(all)?, move |host| {
        host.files.create_folder(&folder)?;
        let mut tree = completions::tree::with_scripts(super::command());
        tree.build();
        let mut written = 0;
        page(host, &tree, &folder, &mut written)?;
        if !host.settings.dry_run {
            host.printer.info(&format!("wrote {written} pages to {}", folder.display()));
        }
        Ok(Ended::nothing())
    })
}

fn page(host: &Host, command: &Command, folder: &Path, written: &mut usize) -> Result<()> {
    let name = command.get_display_name().unwrap_or(command.get_name()).replace(' ', "-");
    let path = folder.join(format!("{name}.1"));
    let mut text = Vec::new();
    clap_mangen::Man::new(command.clone().name(name))
        .manual("mcpctl")
        .render(&mut text)
        .map_err(|e| Error::io("cannot write", &path, &e))?;
    host.files.write(&path, &text, Mode::Public, Vec::new())?;
    *written += 1;
    for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help" && !inner.is_hide_set()) {
        page(host, inner, folder, written)?;
    }
    Ok(())
}
