//! The implementation of the commands.

use std::path::Path;
use std::sync::Arc;

use super::guards::Guard;
use super::incomplete::Grammar;
use super::meta::{self, Meta};
use super::run_line::Repl;
use super::{manual, saved};
use crate::error::{Error, Kind, Result};
use crate::files::Mode;
use crate::host::Host;
use crate::host::settings::Settings;
use crate::output::Confirmation;
use crate::primitives::language::unknown_names;
use crate::script::source;
use crate::shell;

/// Runs a command. Returns the exit code if it ends the REPL session.
///
/// # Errors
/// The error of the command.
pub(super) fn run(repl: &mut Repl<'_>, command: Meta) -> Result<Option<u8>> {
    match command {
        Meta::Quit => return Ok(Some(0)),
        Meta::Help => repl.page(&meta::help()),
        Meta::Doc(topic) => repl.page(&manual::pages(&topic)?),
        Meta::Scripts => repl.outside.list_scripts(repl.host())?,
        Meta::Run(words) => {
            repl.run_script(&words)?;
        }
        Meta::Load(file) => return load(repl, &file),
        Meta::Save(file) => save(repl, &file)?,
        Meta::Context(name) => use_context(repl, name)?,
        Meta::Namespace(name) => {
            unknown_names::namespace(repl.host(), &name)?;
            change(repl, |settings| settings.namespace = Some(name))?;
        }
        Meta::DryRun(on) => {
            let on = repl.guards.switch(Guard::DryRun, on)?;
            change(repl, |settings| settings.dry_run = on)?;
        }
        Meta::ReadOnly(on) => {
            let on = repl.guards.switch(Guard::ReadOnly, on)?;
            change(repl, |settings| settings.read_only = on)?;
        }
    }
    Ok(None)
}

/// Continues with other settings, unless they are invalid. A cluster that cannot be chosen does not prevent a switch.
fn change(repl: &mut Repl<'_>, change: impl FnOnce(&mut Settings)) -> Result<()> {
    let mut settings = repl.host().settings.clone();
    change(&mut settings);
    let moved =
        settings.context != repl.host().settings.context || settings.namespace != repl.host().settings.namespace;
    let next = repl.host().with_settings(settings);
    next.runs("repl");
    if moved {
        next.cluster()?;
    }
    let next = Arc::new(next);
    next.keep_journal();
    repl.continue_with(next);
    Ok(())
}

fn use_context(repl: &mut Repl<'_>, name: String) -> Result<()> {
    if repl.host().settings.sandbox.is_some() {
        return Err(Error::usage("the sandbox is the only context here")
            .hint("leave, and start `mcpctl repl` without `--sandbox`"));
    }
    // the other context has its own namespace
    change(repl, |settings| {
        settings.context = Some(name);
        settings.namespace = None;
    })
}

fn load(repl: &mut Repl<'_>, file: &str) -> Result<Option<u8>> {
    let path = repl.host().path(file);
    let text = source::read(&path)?;
    repl.loaded = true;
    let ended = repl.evaluate(&text, Some(&source::label(&path)))?;
    Ok(ended.exit)
}

fn save(repl: &mut Repl<'_>, file: &str) -> Result<()> {
    let host = Arc::clone(repl.host());
    let file = match Path::new(file).extension() {
        None => format!("{file}.rhai"),
        Some(ending) if ending == "rhai" => file.to_owned(),
        Some(_) => return Err(Error::usage(format!("`{file}` does not end in `.rhai`")).hint("scripts end in `.rhai`")),
    };
    if host.settings.dry_run {
        return Err(Error::new(Kind::Refused, format!("refusing to write `{file}` in a dry run"))
            .hint(repl.guards.way_out(Guard::DryRun)));
    }
    host.refuse_if_read_only(&format!("write `{file}`"))?;
    if repl.saved.len() == 0 {
        return Err(Error::failed("nothing was evaluated yet"));
    }
    let text = repl.saved.script(&summary(&host), &Grammar::new());
    saved::check(&text)?;
    let path = host.path(&file);
    if host.files.exists(&path)? {
        let question = format!("overwrite {file}?");
        let refusal = format!("refusing to overwrite `{file}` without a confirmation");
        host.prompter.confirm(&Confirmation::new(question, refusal).hint("choose another name"))?;
    }
    host.files.write(&path, text.as_bytes(), Mode::Public, Vec::new())?;
    let lines = repl.saved.len();
    let lines = if lines == 1 { "1 line".to_owned() } else { format!("{lines} lines") };
    host.printer.info(&format!("wrote {file} ({lines}); run it with `mcpctl run {}`", shell::path(file.as_ref())));
    if repl.loaded {
        host.printer.note("what `:load` brought in is not part of it");
    }
    Ok(())
}

fn summary(host: &Host) -> String {
    let place = match host.cluster() {
        Ok(cluster) => format!(" in context {}, namespace {}", cluster.context(), cluster.namespace()),
        Err(_) => String::new(),
    };
    format!("Saved from a REPL session of `mcpctl repl`{place}.")
}
