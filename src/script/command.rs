//! A script's header as a clap command.

use clap::builder::{BoolishValueParser, PossibleValuesParser, ValueParser};
use clap::{Arg, ArgAction, Command};

use crate::clean;
use crate::cluster::names;
use crate::duration;
use crate::error::Result;

use super::header::{Header, Param, ParamKind};

/// Adds a script's parameters and help to a command that already has the global flags.
#[must_use]
pub fn build(command: Command, header: &Header) -> Command {
    // what clap prints (help, man pages, completions) is cleaned here: nothing cleans it on its way out
    let mut command = command.about(clean::cell(&header.summary).into_owned());
    if header.text != header.summary {
        command = command.long_about(clean::text(&header.text).into_owned());
    }
    let line = usage(&command, header);
    command = command.override_usage(line);
    for (index, param) in header.params.iter().enumerate() {
        if param.name == "context" {
            continue; // the global flag stands for it
        }
        command = command.arg(argument(param));
        if !param.is_option() && param.name != "namespace" {
            command = command.arg(by_name(param, index));
        }
    }
    command
}

/// `mcpctl stale [OPTIONS] <AGE> [NAMESPACE]`: clap would take what a hidden option may give for optional.
fn usage(command: &Command, header: &Header) -> String {
    // as a part of the whole tree (man pages) it has no name of its own line
    let called = command.get_bin_name().map_or_else(|| format!("mcpctl {}", command.get_name()), str::to_owned);
    let mut usage = format!("{} [OPTIONS]", clean::cell(&called));
    for param in header.params.iter().filter(|param| param.is_option() && param.is_required()) {
        usage.push_str(&format!(" --{} <{}>", param.long(), value_name(param)));
    }
    for param in header.params.iter().filter(|param| !param.is_option() && param.name != "context") {
        let name = param.long().to_uppercase();
        let dots = if param.many { "..." } else { "" };
        usage.push_str(&if param.is_required() { format!(" <{name}>{dots}") } else { format!(" [{name}]{dots}") });
    }
    usage
}

/// The id of a parameter among the arguments; its bare name may be a global flag's (`namespace`).
#[must_use]
pub fn id(param: &Param) -> String {
    format!("parameter {}", param.name)
}

/// The id of the hidden option that gives a positional by its name, as `--older-than 5m` for `stale 5m`.
#[must_use]
pub fn by_name_id(param: &Param) -> String {
    format!("{} by name", param.name)
}

fn argument(param: &Param) -> Arg {
    let mut arg = Arg::new(id(param)).help(help(param));
    if param.is_option() {
        arg = arg.long(param.long());
        if let Some(alias) = &param.alias {
            arg = arg.visible_alias(alias.clone());
        }
        if let Some(short) = param.short {
            arg = arg.short(short);
        }
    } else {
        arg = arg.value_name(param.long().to_uppercase());
    }
    if param.kind == ParamKind::Flag {
        return arg.action(ArgAction::SetTrue);
    }
    if param.is_option() {
        arg = arg.value_name(value_name(param));
    }
    // a required positional is not insisted on where the hidden option, which excludes it, gives it by its name
    arg = arg.required(param.is_required()).value_parser(parser(param));
    if is_split(param) {
        arg = arg.value_delimiter(',');
    }
    if param.many || (param.kind == ParamKind::List && param.is_option()) {
        arg = arg.action(ArgAction::Append);
        if !param.is_option() {
            arg = arg.num_args(1..);
        }
    }
    // `-5m` and `-1` are values that are refused with a reason, not unknown flags
    if matches!(param.kind, ParamKind::Int | ParamKind::Duration) {
        arg = arg.allow_negative_numbers(true);
    }
    if matches!(param.kind, ParamKind::Duration | ParamKind::Secret) {
        arg = arg.allow_hyphen_values(true);
    }
    arg
}

fn by_name(param: &Param, index: usize) -> Arg {
    Arg::new(by_name_id(param))
        .long(param.long())
        .hide(true)
        .conflicts_with(id(param))
        .value_name(param.long().to_uppercase())
        .value_parser(parser(param))
        .allow_hyphen_values(matches!(param.kind, ParamKind::Duration | ParamKind::Int))
        .display_order(1000 + index)
        .action(if param.is_list() { ArgAction::Append } else { ArgAction::Set })
        .value_delimiter(is_split(param).then_some(','))
}

/// Whether commas part its values: those of lists, and of choices of which several may be made.
fn is_split(param: &Param) -> bool {
    param.kind == ParamKind::List || (param.kind == ParamKind::Choice && param.many)
}

fn value_name(param: &Param) -> String {
    match param.kind {
        ParamKind::Path => "FILE".to_owned(),
        ParamKind::Duration => "DURATION".to_owned(),
        ParamKind::Secret => "@FILE|-".to_owned(),
        _ => param.long().to_uppercase(),
    }
}

fn parser(param: &Param) -> ValueParser {
    match param.kind {
        ParamKind::Int => ValueParser::new(clap::value_parser!(i64)),
        ParamKind::Bool => BoolishValueParser::new().into(),
        ParamKind::Duration => ValueParser::new(|text: &str| duration::parse_positive(text).map(|_| text.to_owned())),
        ParamKind::Choice => PossibleValuesParser::new(param.choices.clone()).into(),
        ParamKind::Namespace => named(names::check_namespace),
        ParamKind::Session => named(|text| names::check_label_value("session", text)),
        ParamKind::Server => named(|text| names::check_label_value("server", text)),
        _ => ValueParser::string(),
    }
}

/// Text that is empty (a primitive says what that means) or passes a check.
fn named(check: fn(&str) -> Result<()>) -> ValueParser {
    ValueParser::new(move |text: &str| match text {
        "" => Ok(String::new()),
        text => check(text).map(|()| text.to_owned()),
    })
}

fn help(param: &Param) -> String {
    let mut help = param.help.clone();
    let default = param.or.as_ref().filter(|or| !or.is_unit() && !or.is_array()).map(ToString::to_string);
    if let Some(default) = default.filter(|text| !text.is_empty() && param.kind != ParamKind::Flag) {
        help.push_str(&format!(" [default: {default}]"));
    }
    if let Some(env) = &param.env {
        help.push_str(&format!(" [env: {env}]"));
    }
    clean::cell(&help).into_owned()
}
