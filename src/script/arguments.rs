//! The arguments of a script: `args` of its `main`, or the constant `ARGS`.

use std::sync::Arc;

use clap::ArgMatches;
use clap::parser::ValueSource;
use rhai::{Array, Dynamic, Engine, EvalAltResult, ImmutableString, Position};

use super::command::{by_name_id, id};
use super::header::{Header, Param, ParamKind};
use crate::error::{Error, Kind, Result};
use crate::host::Host;
use crate::nearest;
use crate::primitives::api::raise;
use crate::primitives::language::duration::DurationValue;
use crate::primitives::language::unknown_names;
use crate::record::Effect;
use crate::secret::Secret;

/// The values of a script's parameters; an unknown name is an error with the nearest one.
#[derive(Debug, Clone, Default)]
pub struct Args(Arc<Vec<(String, Dynamic)>>);

impl Args {
    /// The values as a map, for showing them.
    #[must_use]
    pub fn to_map(&self) -> rhai::Map {
        self.0.iter().map(|(name, value)| (name.into(), value.clone())).collect()
    }
}

impl Args {
    /// Takes the values from a command line that clap has read, the environment, the settings, and, for
    /// secrets, files, standard input or a prompt.
    ///
    /// # Errors
    /// A secret given as text, an unreadable secret file, a value of the environment that does not fit; two namespaces.
    pub fn read(header: &Header, matches: &ArgMatches, host: &Host) -> Result<Self> {
        one_namespace(header, matches, host.settings.namespace.as_deref())?;
        check_namespaces(header, matches, host)?;
        let servers = header.params.iter().filter(|param| param.kind == ParamKind::Server);
        host.names_servers(servers.filter_map(|param| named(param, matches)).collect());
        let mut values = Vec::with_capacity(header.params.len());
        for param in &header.params {
            values.push((param.name.clone(), value(param, matches, host)?));
        }
        Ok(Self(Arc::new(values)))
    }

    /// Makes the type known to the engine.
    pub fn register(engine: &mut Engine) {
        engine.register_type_with_name::<Self>("Args");
        engine.register_indexer_get(|args: &mut Self, name: ImmutableString| -> Result<Dynamic, Box<EvalAltResult>> {
            args.get(&name).map_err(|error| raise::at(error, Position::NONE))
        });
        engine.register_fn("to_string", |args: &mut Self| -> ImmutableString { args.text().into() });
        engine.register_fn("to_debug", |args: &mut Self| -> ImmutableString { args.text().into() });
    }

    fn get(&self, name: &str) -> Result<Dynamic> {
        match self.0.iter().find(|(known, _)| known == name) {
            Some((_, value)) => Ok(value.clone()),
            None => {
                let near = nearest::nearest(name, self.0.iter().map(|(known, _)| known.as_str()));
                Err(Error::new(Kind::Script, format!("the script has no parameter `{name}`")).suggest(near))
            }
        }
    }

    fn text(&self) -> String {
        let names: Vec<&str> = self.0.iter().map(|(name, _)| name.as_str()).collect();
        format!("Args({})", names.join(", "))
    }
}

fn value(param: &Param, matches: &ArgMatches, host: &Host) -> Result<Dynamic> {
    match param.kind {
        ParamKind::Flag => return Ok(matches.get_flag(&id(param)).into()),
        ParamKind::Context if param.name == "context" => {
            return Ok(host.settings.context.clone().unwrap_or_default().into());
        }
        _ => {}
    }
    match given(param, matches) {
        Some(id) => {
            let mut values = values(param, &id, matches, host)?;
            Ok(if param.is_list() { values.into() } else { values.pop().unwrap_or_default() })
        }
        None => absent(param, host),
    }
}

/// The values of the command line, each as its kind has it.
fn values(param: &Param, id: &str, matches: &ArgMatches, host: &Host) -> Result<Array> {
    match param.kind {
        ParamKind::Int => Ok(matches.get_many::<i64>(id).into_iter().flatten().copied().map(Dynamic::from).collect()),
        ParamKind::Bool => Ok(matches.get_many::<bool>(id).into_iter().flatten().copied().map(Dynamic::from).collect()),
        _ => {
            let texts = texts(id, matches);
            let texts = texts.iter().map(|text| if param.is_list() { text.trim() } else { text.as_str() });
            let kept = texts.filter(|text| !param.is_list() || !text.is_empty());
            let value = |text: &str| match param.kind {
                ParamKind::Secret => secret(param, text, host),
                ParamKind::Duration => duration(text),
                _ => Ok(text.to_owned().into()),
            };
            kept.map(value).collect()
        }
    }
}

/// The id under which the command line gave a parameter, if it did.
pub(super) fn given(param: &Param, matches: &ArgMatches) -> Option<String> {
    let by_name = by_name_id(param);
    let on_line =
        |id: &str| matches.try_contains_id(id).is_ok() && matches.value_source(id) == Some(ValueSource::CommandLine);
    if on_line(&id(param)) { Some(id(param)) } else { on_line(&by_name).then_some(by_name) }
}

/// The namespace that stands among the script's values, as in `list mcp`.
#[must_use]
pub fn namespace(header: &Header, matches: &ArgMatches) -> Option<String> {
    let param = header.params.iter().find(|param| param.name == "namespace")?;
    let id = given(param, matches)?;
    Some(texts(&id, matches).concat()).filter(|name| !name.is_empty())
}

/// Checks the namespaces that the command line names for parameters of other names than `namespace`. Where a script works
/// in its `namespace`, a function that finds nothing there checks it; with another, like one to leave out, a script may
/// never ask for anything in it, and a wrong name would let it do too much.
fn check_namespaces(header: &Header, matches: &ArgMatches, host: &Host) -> Result<()> {
    let others = header.params.iter().filter(|param| param.kind == ParamKind::Namespace && param.name != "namespace");
    for name in others.filter_map(|param| named(param, matches)) {
        unknown_names::namespace(host, &name)?;
    }
    Ok(())
}

/// The one name that the command line gives for a parameter.
fn named(param: &Param, matches: &ArgMatches) -> Option<String> {
    let id = given(param, matches)?;
    Some(texts(&id, matches).concat()).filter(|name| !name.is_empty() && !param.is_list())
}

/// Ensures that the namespace among the script's values and the one of `-n` are the same if both are given.
///
/// # Errors
/// They are not.
pub fn one_namespace(header: &Header, matches: &ArgMatches, flag: Option<&str>) -> Result<()> {
    match (namespace(header, matches), flag) {
        (Some(argument), Some(flag)) if argument != flag => {
            Err(Error::usage(format!("two namespaces are named: `{argument}` and, by `-n`, `{flag}`"))
                .hint("leave one of them out"))
        }
        _ => Ok(()),
    }
}

pub(super) fn texts(id: &str, matches: &ArgMatches) -> Vec<String> {
    matches.get_many::<String>(id).into_iter().flatten().cloned().collect()
}

fn absent(param: &Param, host: &Host) -> Result<Dynamic> {
    if let Some(variable) = &param.env
        && let Some(text) = host.settings.variable(variable)?
    {
        host.recorder.effect(Effect::named("environment: read"))?;
        return from_text(param, variable, &text, host);
    }
    if param.kind == ParamKind::Namespace {
        let fallback = param.or.clone().unwrap_or_else(|| "".into());
        // as kubectl has it, `-A` holds even where a namespace is named by `-n`, a variable or `.env`
        let given = if host.settings.all_namespaces { None } else { host.settings.namespace_given()? };
        return Ok(given.map_or(fallback, Dynamic::from));
    }
    if param.ask {
        return asked(param, host);
    }
    match (&param.or, param.kind) {
        (Some(or), ParamKind::Duration) if or.is_string() => duration(&or.to_string()),
        (Some(or), _) => Ok(or.clone()),
        (None, ParamKind::Secret) if param.is_required() => {
            let secret = host.prompter.ask_secret(&param.help)?;
            Ok(Dynamic::from(secret))
        }
        (None, _) if param.is_list() => Ok(Array::new().into()),
        (None, _) => Ok(Dynamic::UNIT),
    }
}

/// A value that must be given, from the person at the terminal.
fn asked(param: &Param, host: &Host) -> Result<Dynamic> {
    let name = if param.is_option() { format!("--{}", param.long()) } else { param.long().to_uppercase() };
    let missing = Error::usage(format!("`{name}` is missing"));
    if !host.prompter.is_interactive() {
        return Err(missing.hint("on a terminal it is asked for"));
    }
    let text = host.prompter.ask(&param.help, None)?;
    if text.is_empty() { Err(missing) } else { from_text(param, &name, &text, host) }
}

/// The value that a text of another source than the command line means.
fn from_text(param: &Param, variable: &str, text: &str, host: &Host) -> Result<Dynamic> {
    if !param.is_list() {
        return one_from_text(param, variable, text, host);
    }
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    let values: Result<Array> = parts.map(|part| one_from_text(param, variable, part, host)).collect();
    values.map(Dynamic::from)
}

fn one_from_text(param: &Param, variable: &str, text: &str, host: &Host) -> Result<Dynamic> {
    let misfit = || Error::usage(format!("the value of `{variable}` is not a valid {}", param.kind.name()));
    match param.kind {
        ParamKind::Int => text.trim().parse::<i64>().map(Dynamic::from).map_err(|_| misfit()),
        ParamKind::Bool | ParamKind::Flag => text.trim().parse::<bool>().map(Dynamic::from).map_err(|_| misfit()),
        ParamKind::Choice if !param.choices.iter().any(|choice| choice == text) => Err(misfit()),
        ParamKind::Duration => duration(text),
        ParamKind::Secret => {
            let secret = Secret::new(text);
            host.vault.keep(&secret);
            Ok(Dynamic::from(secret))
        }
        _ => Ok(text.to_owned().into()),
    }
}

fn duration(text: &str) -> Result<Dynamic> {
    DurationValue::parse(text).map(Dynamic::from)
}

/// A secret comes from a file or standard input: text on a command line is visible in `ps`.
fn secret(param: &Param, text: &str, host: &Host) -> Result<Dynamic> {
    let value = if text == "-" || text.starts_with('@') {
        host.read_secret_argument(text)?
    } else {
        return Err(Error::usage(format!("a secret cannot be given as text: `--{}`", param.long()))
            .cause("`ps` shows every argument to every user of the machine")
            .hint(format!("give `@FILE` or `-` for standard input: `--{} @FILE`", param.long())));
    };
    let secret = value.single_value();
    host.vault.keep(&secret);
    Ok(Dynamic::from(secret))
}
