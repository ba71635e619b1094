//! `mcpctl history`: what was changed, when, where and by which script.

use std::time::Duration;

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command};
use jiff::Timestamp;
use serde_json::Value;

use crate::duration;
use crate::error::{Error, Result};
use crate::host::journal::state_folder;
use crate::journal::{self, Filter, Journal, JournalEntry};
use crate::output::{Column, Document, Table};

use super::{globals, launch};

/// The command's declaration.
pub(super) fn command() -> Command {
    let text =
        |id: &'static str, name: &'static str, help: &'static str| Arg::new(id).long(id).value_name(name).help(help);
    Command::new("history")
        .about("List changes to clusters and files from the journal: names and keys, never values")
        .after_help(
            "-n and --context filter, too, but only as flags; names may be globs. Runs with --sandbox (MCPCTL_SANDBOX),\n\
             --dry-run or --no-journal are not recorded. Examples:\n  \
             mcpctl history --since 24h -n mcp\n  \
             mcpctl history --object 'secret/*' --failed -o json",
        )
        .arg(
            text("since", "DURATION", "not older than this, such as 30m, 24h or 7d")
                .value_parser(|text: &str| duration::parse(text)),
        )
        .arg(text("script", "NAME", "changes by this script; `eval` and `repl` for lines"))
        .arg(text("object", "NAME", "changes of this object, such as secret/mcp-gateway-secrets, or only its name"))
        .arg(
            Arg::new("failed")
                .long("failed")
                .action(ArgAction::SetTrue)
                .help("only changes that failed, or whose result is unknown"),
        )
}

/// Prints the entries, the oldest first.
pub(super) fn run(all: &[&ArgMatches], matches: &ArgMatches) -> Result<u8> {
    let globals = globals::read(all)?;
    let printer = launch::printer(&globals)?;
    let folder = state_folder(&globals.settings.environment)
        .ok_or_else(|| Error::not_found("there is no journal").cause("neither `$XDG_STATE_HOME` nor `$HOME` is set"))?;
    let journal = Journal::in_folder(folder);
    let found = journal::read(&journal, &filter(all, matches)?)?;
    if found.unreadable > 0 {
        let lines = if found.unreadable == 1 { "1 line".to_owned() } else { format!("{} lines", found.unreadable) };
        printer.warn(&format!("{lines} of `{}` cannot be read", journal.path().display()));
    }
    if found.entries.is_empty() && !printer.settings().form.is_document() {
        printer.info("no matching journal entries; sandbox runs and dry runs are not recorded");
        return Ok(0);
    }
    printer.document(&document(&found.entries)?)?;
    Ok(0)
}

fn filter(all: &[&ArgMatches], matches: &ArgMatches) -> Result<Filter> {
    let own = |id: &str| matches.get_one::<String>(id).cloned();
    let since = match matches.get_one::<Duration>("since") {
        Some(ago) => Some(Timestamp::now().checked_sub(*ago).map_err(|_| Error::usage("`--since` is too long ago"))?),
        None => None,
    };
    Ok(Filter {
        since,
        script: own("script"),
        namespace: on_line(all, "namespace"),
        context: on_line(all, "context"),
        object: own("object"),
        failed: matches.get_flag("failed"),
    })
}

/// A global flag as it was given: a variable or `.env` says where to work, not what to look for.
fn on_line(all: &[&ArgMatches], id: &str) -> Option<String> {
    let given = |matches: &&&ArgMatches| {
        matches.try_contains_id(id).is_ok() && matches.value_source(id) == Some(ValueSource::CommandLine)
    };
    all.iter().rev().find(given).and_then(|matches| matches.get_one::<String>(id).cloned())
}

fn document(entries: &[JournalEntry]) -> Result<Document> {
    let mut table = Table::new([
        Column::new("when"),
        Column::new("context"),
        Column::new("namespace"),
        Column::new("script"),
        Column::new("object"),
        Column::new("result"),
        Column::new("keys").wide(),
        Column::new("reason").wide(),
    ]);
    for entry in entries {
        let when = entry.time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        table.row([
            when,
            entry.context.clone(),
            entry.namespace.clone(),
            entry.script.clone(),
            entry.object(),
            entry.result.clone(),
            entry.keys(),
            entry.reason.clone(),
        ]);
    }
    let values: Result<Vec<Value>, _> = entries.iter().map(serde_json::to_value).collect();
    let values = values.map_err(|_| Error::failed("the journal cannot be shown"))?;
    Ok(Document::new(Value::Array(values)).table(table))
}
