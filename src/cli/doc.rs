//! `mcpctl doc [TOPIC]`: the reference on the terminal or as Markdown.

use clap::{Arg, ArgMatches, Command};

use crate::error::{Error, Result};
use crate::nearest;
use crate::reference::{self, Entry, markdown, text};

use super::{globals, launch};

/// The command's declaration.
pub(super) fn command() -> Command {
    Command::new("doc")
        .about("Tell what scripts can call: a namespace, a function, or everything")
        .arg(Arg::new("topic").value_name("TOPIC").help("as `pods` or `pods::delete`"))
        .arg(
            Arg::new("output")
                .long("output")
                .short('o')
                .value_name("FORM")
                .value_parser(["text", "markdown"])
                .default_value("text")
                .help("text for a terminal, or markdown; without a topic every page, one after the other"),
        )
}

/// Prints the reference.
pub(super) fn run(all: &[&ArgMatches], matches: &ArgMatches) -> Result<u8> {
    let topic = matches.get_one::<String>("topic").map(String::as_str);
    let mut globals = globals::read(all)?;
    // this command's forms are its own
    globals.settings.output = Some("table".to_owned());
    let printer = launch::printer(&globals)?;
    let entries = entries(topic)?;
    if matches.get_one::<String>("output").is_some_and(|form| form == "markdown") {
        match topic {
            Some(_) => entries.iter().for_each(|entry| printer.out(&markdown::section(entry))),
            None => markdown::pages().iter().for_each(|page| printer.out(&page.text)),
        }
    } else if topic.is_some_and(|topic| !reference::is_namespace(topic)) && !entries.is_empty() {
        let pages: Vec<String> = entries.iter().map(|entry| text::page(entry)).collect();
        printer.out(&pages.join("\n"));
    } else {
        printer.out(&text::overview(&entries));
        printer.info("`mcpctl doc NAME` tells all about one of them");
    }
    Ok(0)
}

fn entries(topic: Option<&str>) -> Result<Vec<&'static Entry>> {
    let Some(topic) = topic else { return Ok(reference::entries().iter().collect()) };
    let found = reference::topic(topic);
    if !found.is_empty() {
        return Ok(found);
    }
    let paths: Vec<String> = reference::entries().iter().map(Entry::path).collect();
    let known = paths.iter().map(String::as_str).chain(reference::namespaces());
    Err(Error::usage(format!("no function or namespace `{topic}`"))
        .suggest(nearest::nearest(topic, known))
        .hint("`mcpctl doc` lists them all"))
}
