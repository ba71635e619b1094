//! The possible words at the cursor. All are in memory: nothing here waits for a cluster or a file.

use std::collections::BTreeMap;

use super::cursor_context;
use super::cursor_context::{Root, Value, WordKind};
use super::known::{Defined, Known};
use super::live::{Live, Names};
use super::meta::COMMANDS;
use super::shape::Shape;
use crate::embedded;
use crate::reference::{self, FunctionEntry, methods};

/// A possible word: the text to insert, and the text to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) word: String,
    pub(super) shown: String,
}

/// The words of the language itself.
const KEYWORDS: [&str; 19] = [
    "let", "const", "fn", "if", "else", "for", "in", "while", "loop", "break", "continue", "return", "throw", "try",
    "catch", "import", "switch", "true", "false",
];

/// Where the word at the end of a text begins, and what it can become.
pub(super) fn complete(text: &str, known: &Known, live: &Live) -> (usize, Vec<Candidate>) {
    let Some(spot) = cursor_context::at(text) else { return (text.len(), Vec::new()) };
    let names = live.names();
    let mut found = known.read(|defined| candidates(&spot.wanted, defined, &names));
    found.retain(|candidate| candidate.word.starts_with(&spot.prefix));
    (spot.start, found)
}

fn candidates(wanted: &WordKind, defined: &Defined, names: &Names) -> Vec<Candidate> {
    match wanted {
        WordKind::Name => all_names(defined),
        WordKind::Member(module) => members(module, defined),
        WordKind::Property(value) => shape(value, defined).map(|shape| properties(&shape)).unwrap_or_default(),
        WordKind::Option { call, given } => options(call, given),
        WordKind::OptionValue { key } => closed(live_for_option(key, names)),
        WordKind::Argument { call, index } => closed(live_for_argument(call, *index, names)),
        WordKind::Import => closed(
            embedded::module_names().into_iter().map(|name| format!("std/{name}")).collect::<Vec<_>>().as_slice(),
        ),
        WordKind::Command(words) => command_words(words, names),
    }
}

/// Words that are shown as they are.
fn plain<T: AsRef<str>>(words: impl IntoIterator<Item = T>) -> Vec<Candidate> {
    let same = |word: &str| Candidate { word: word.to_owned(), shown: word.to_owned() };
    words.into_iter().map(|word| same(word.as_ref())).collect()
}

/// Words inside quotes, with the closing one.
fn closed(words: &[String]) -> Vec<Candidate> {
    words.iter().map(|word| Candidate { word: format!("{word}\""), shown: word.clone() }).collect()
}

/// A function: what is typed ends with the bracket, what is shown is its signature.
fn function(name: &str, signature: &str) -> Candidate {
    Candidate { word: format!("{name}("), shown: signature.to_owned() }
}

/// If a function has several forms, shows the one with the most parameters.
fn functions<'a>(entries: impl Iterator<Item = &'a FunctionEntry>) -> Vec<Candidate> {
    let mut longest: BTreeMap<&str, &FunctionEntry> = BTreeMap::new();
    for entry in entries {
        let known = longest.entry(&entry.name).or_insert(entry);
        if entry.parameters.len() > known.parameters.len() {
            *known = entry;
        }
    }
    longest.into_iter().map(|(name, entry)| function(name, &entry.signature)).collect()
}

fn all_names(defined: &Defined) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = Vec::new();
    let variable =
        |(name, shape): &(String, Shape)| Candidate { word: name.clone(), shown: format!("{name}: {}", shape.kind()) };
    found.extend(defined.variables.iter().map(variable));
    found.extend(defined.functions.iter().map(|(name, signature)| function(name, signature)));
    let modules = defined.modules.iter().map(|(name, _)| name.as_str());
    let namespaces = reference::namespaces().into_iter().chain(modules);
    found.extend(namespaces.map(|name| Candidate { word: format!("{name}::"), shown: format!("{name}::") }));
    found.extend(functions(reference::entries().iter().filter(|entry| entry.module.is_empty())));
    found.push(function("help", "help(topic: string)"));
    found.extend(plain(KEYWORDS));
    found.sort_by(|a, b| a.word.cmp(&b.word));
    found.dedup_by(|a, b| a.word == b.word);
    found
}

fn members(module: &str, defined: &Defined) -> Vec<Candidate> {
    if let Some((_, own)) = defined.modules.iter().find(|(name, _)| name == module) {
        return own.iter().map(|(name, signature)| function(name, signature)).collect();
    }
    functions(reference::entries().iter().filter(|entry| entry.module == module))
}

/// The shape of a value before a dot.
fn shape(value: &Value, defined: &Defined) -> Option<Shape> {
    let root = match &value.root {
        Root::Variable(name) => defined.variables.iter().rfind(|(known, _)| known == name)?.1.clone(),
        Root::Item(array) => shape(array, defined)?.item()?,
        Root::Call(path) => Shape::named(&reference::topic(path).first()?.returns),
        Root::Literal(kind) => Shape::named(kind),
    };
    value.steps.iter().try_fold(root, |shape, step| shape.after(step))
}

fn properties(shape: &Shape) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = shape
        .properties()
        .into_iter()
        .map(|(name, kind)| Candidate { shown: format!("{name}: {kind}"), word: name })
        .collect();
    let kind = shape.kind();
    found.extend(methods::methods().iter().filter(|m| m.on == kind).map(|m| function(&m.name, &m.signature)));
    found
}

/// The keys of a function's options map, of all its forms.
fn options(call: &str, given: &[String]) -> Vec<Candidate> {
    let mut keys: BTreeMap<&str, &str> = BTreeMap::new();
    for entry in reference::topic(call).iter().filter(|entry| entry.path() == call) {
        keys.extend(entry.options.iter().map(|option| (option.name.as_str(), option.help.as_str())));
    }
    keys.retain(|key, _| !given.iter().any(|known| known == key));
    let width = keys.keys().map(|key| key.len()).max().unwrap_or(0);
    let shown = |key: &str, help: &str| format!("{key:width$}  {help}");
    keys.into_iter().map(|(key, help)| Candidate { word: format!("{key}: "), shown: shown(key, help) }).collect()
}

fn live_for_option<'a>(key: &str, names: &'a Names) -> &'a [String] {
    match key {
        "session" => &names.sessions,
        "namespace" => &names.namespaces,
        "server" => &names.servers,
        "context" => &names.contexts,
        _ => &[],
    }
}

/// By the name of the parameter that the text is for.
fn live_for_argument<'a>(call: &str, index: usize, names: &'a Names) -> &'a [String] {
    let entries = reference::topic(call);
    let parameter = entries.iter().find_map(|entry| entry.parameters.get(index));
    let (module, _) = call.split_once("::").unwrap_or(("", call));
    match (module, parameter.map(|parameter| parameter.name.as_str())) {
        ("pods", Some("name" | "pod" | "pods")) => &names.pods,
        ("catalog", Some("name" | "server" | "servers")) | (_, Some("server" | "servers")) => &names.servers,
        (_, Some("namespace")) => &names.namespaces,
        (_, Some("session")) => &names.sessions,
        _ => &[],
    }
}

fn command_words(words: &[String], names: &Names) -> Vec<Candidate> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] => COMMANDS
            .iter()
            .map(|(name, what, _)| Candidate {
                word: if what.is_empty() { (*name).to_owned() } else { format!("{name} ") },
                shown: format!(":{name} {what}").trim_end().to_owned(),
            })
            .collect(),
        ["use"] => plain(["context ", "namespace "]),
        ["use", "context"] => plain(&names.contexts),
        ["use", "namespace"] => plain(&names.namespaces),
        ["dry-run" | "read-only"] => plain(["on", "off"]),
        ["doc"] => {
            let mut topics: Vec<String> = reference::entries().iter().map(FunctionEntry::path).collect();
            topics.extend(reference::namespaces().into_iter().map(str::to_owned));
            topics.sort();
            topics.dedup();
            plain(topics)
        }
        ["run"] => plain(names.scripts.iter().map(|name| format!("{name} "))),
        _ => Vec::new(),
    }
}
