//! `mcpctl doc [TOPIC]`: the reference on the terminal, as Markdown or JSON, or as files for an editor.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches, Command};

use crate::error::{Error, Result};
use crate::files::Mode;
use crate::host::Host;
use crate::nearest;
use crate::reference::{self, FunctionEntry, definitions, markdown, search, text};
use crate::script::run::Ended;
use crate::shell;

use super::{globals, launch};

/// The command's declaration.
pub(super) fn command() -> Command {
    Command::new("doc")
        .about("Show what scripts can call: a namespace, a function, or everything")
        .arg(Arg::new("topic").value_name("TOPIC").help("such as `pods` or `pods::delete`"))
        .arg(
            Arg::new("search")
                .long("search")
                .value_name("WORD")
                .conflicts_with("topic")
                .help("only entries with this word in name, summary, options or effects; best match first"),
        )
        .arg(
            Arg::new("definitions")
                .long("definitions")
                .value_name("DIR")
                .value_parser(globals::path_value())
                .value_hint(clap::ValueHint::DirPath)
                .conflicts_with_all(["topic", "search"])
                .help("write .d.rhai files for a Rhai language server into DIR"),
        )
        .arg(
            Arg::new("output")
                .long("output")
                .short('o')
                .value_name("FORM")
                .value_parser(["text", "markdown", "json"])
                .default_value("text")
                .help("text for a terminal, markdown, or json; without a topic every page, one after the other"),
        )
}

/// Prints the reference.
pub(super) fn run(all: &[&ArgMatches], matches: &ArgMatches) -> Result<u8> {
    let text = |name: &str| matches.get_one::<String>(name).map(String::as_str);
    let (topic, form) = (text("topic"), text("output").unwrap_or("text"));
    let mut globals = globals::read(all)?;
    // this command has its own output forms
    globals.settings.output = Some(if form == "json" { "json" } else { "table" }.to_owned());
    if let Some(folder) = matches.get_one::<PathBuf>("definitions").cloned() {
        return launch::run(globals, move |host| {
            write_definitions(host, &folder)?;
            Ok(Ended::nothing())
        });
    }
    let printer = launch::printer(&globals)?;
    let entries = match text("search") {
        Some(word) => found(word)?,
        None => entries(topic)?,
    };
    let everything = topic.is_none() && text("search").is_none();
    match form {
        "json" => printer.list(entries.iter().map(|entry| value(entry)))?,
        "markdown" if everything => markdown::pages().iter().for_each(|page| printer.out(&page.text)),
        "markdown" => entries.iter().for_each(|entry| printer.out(&markdown::section(entry))),
        _ if topic.is_some_and(|topic| !reference::is_namespace(topic)) => {
            let pages: Vec<String> = entries.iter().map(|entry| text::page(entry)).collect();
            printer.out(&pages.join("\n"));
        }
        _ => {
            printer.out(&text::overview(&entries));
            printer.info("`mcpctl doc NAME` prints the full entry of one");
        }
    }
    Ok(0)
}

fn value(entry: &FunctionEntry) -> Result<serde_json::Value> {
    serde_json::to_value(entry).map_err(|e| Error::failed("an entry cannot be written as JSON").cause(e.to_string()))
}

fn entries(topic: Option<&str>) -> Result<Vec<&'static FunctionEntry>> {
    let Some(topic) = topic else { return Ok(reference::entries().iter().collect()) };
    let found = reference::topic(topic);
    if !found.is_empty() {
        return Ok(found);
    }
    let paths: Vec<String> = reference::entries().iter().map(FunctionEntry::path).collect();
    let known = paths.iter().map(String::as_str).chain(reference::namespaces());
    Err(Error::usage(format!("no function or namespace `{topic}`")).suggest(nearest::nearest(topic, known)).hint(
        format!("`mcpctl doc --search {}` searches the descriptions, `mcpctl doc` lists all names", shell::word(topic)),
    ))
}

fn found(word: &str) -> Result<Vec<&'static FunctionEntry>> {
    let found = search::search(word);
    if found.is_empty() {
        return Err(Error::not_found(format!("nothing in the reference contains `{word}`"))
            .hint("`mcpctl doc` lists everything"));
    }
    Ok(found)
}

/// Writes the definition files and overwrites those of an earlier run.
fn write_definitions(host: &Host, folder: &Path) -> Result<()> {
    let files = definitions::files();
    for file in &files {
        let path = folder.join(&file.file);
        let parent = path.parent().unwrap_or(folder);
        host.files.create_folder(parent)?;
        host.files.write(&path, file.text.as_bytes(), Mode::Public, Vec::new())?;
    }
    if !host.settings.dry_run {
        host.printer.info(&format!("wrote {} files to {}", files.len(), folder.display()));
    }
    Ok(())
}
