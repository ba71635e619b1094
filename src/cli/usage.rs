//! What clap says about a wrong command line, in our words; and its help.

use std::sync::Arc;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::error::{Error, Result};
use crate::output::{Printer, Settings};

/// Prints help or the version, or gives the error of a wrong command line.
///
/// # Errors
/// The command line is wrong: exit code 2.
pub(super) fn answer(error: &clap::Error) -> Result<u8> {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            Printer::new(Settings::default(), Arc::default()).styled(&error.render().ansi().to_string());
            Ok(0)
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = error.print();
            Ok(2)
        }
        _ => Err(explain(error)),
    }
}

/// The error of a wrong command line; `None` where it only asks for help or the version.
pub(super) fn refusal(error: &clap::Error) -> Option<Error> {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => None,
        _ => Some(explain(error)),
    }
}

fn explain(error: &clap::Error) -> Error {
    let one = |kind: ContextKind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        Some(ContextValue::Strings(texts)) => texts.first().cloned(),
        _ => None,
    };
    let arg = one(ContextKind::InvalidArg).unwrap_or_default();
    let value = one(ContextKind::InvalidValue).unwrap_or_default();
    let explained = match error.kind() {
        ErrorKind::UnknownArgument => {
            let near = one(ContextKind::SuggestedArg);
            let mut unknown = Error::usage(format!("unexpected argument `{arg}`"));
            if let Some(near) = near {
                unknown = unknown.hint(format!("did you mean `{near}`?"));
            }
            unknown
        }
        ErrorKind::InvalidSubcommand => {
            let name = one(ContextKind::InvalidSubcommand).unwrap_or_default();
            Error::usage(format!("no command `{name}`")).suggest(one(ContextKind::SuggestedSubcommand).as_deref())
        }
        ErrorKind::MissingRequiredArgument => {
            let missing = match error.get(ContextKind::InvalidArg) {
                Some(ContextValue::Strings(names)) => {
                    names.iter().map(|name| plain(name)).collect::<Vec<_>>().join("`, `")
                }
                _ => plain(&arg),
            };
            Error::usage(format!("`{missing}` is missing"))
        }
        ErrorKind::InvalidValue if value.is_empty() => Error::usage(format!("`{}` needs a value", plain(&arg))),
        ErrorKind::InvalidValue => {
            let mut invalid = Error::usage(format!("`{value}` is not a valid value for `{}`", plain(&arg)));
            if let Some(ContextValue::Strings(values)) = error.get(ContextKind::ValidValue) {
                invalid = invalid.suggest(one(ContextKind::SuggestedValue).as_deref());
                invalid = invalid.hint(format!("it may be `{}`", values.join("`, `")));
            }
            invalid
        }
        ErrorKind::ValueValidation => {
            let because = std::error::Error::source(error);
            match because.and_then(|because| because.downcast_ref::<Error>()) {
                Some(own) => {
                    let mut explained = own.clone();
                    explained.kind = crate::error::Kind::Usage;
                    explained
                }
                None => Error::usage(format!("`{value}` is not a valid value for `{}`", plain(&arg)))
                    .cause(because.map(ToString::to_string).unwrap_or_default()),
            }
        }
        ErrorKind::ArgumentConflict => {
            let other = one(ContextKind::PriorArg).unwrap_or_default();
            Error::usage(format!("`{}` and `{}` cannot be used together", plain(&arg), plain(&other)))
        }
        ErrorKind::TooManyValues | ErrorKind::WrongNumberOfValues | ErrorKind::TooFewValues => {
            Error::usage(format!("`{}` does not take that many values", plain(&arg)))
        }
        _ => Error::usage("the command line is not understood").cause(first_line(&error.to_string())),
    };
    match usage_line(error) {
        Some(usage) => explained.hint(format!("usage: `{usage}`")),
        None => explained,
    }
}

/// `<SESSION>` as `SESSION`, `--output <FORM>` as `--output`.
fn plain(arg: &str) -> String {
    match arg.split_once(" <") {
        Some((flag, _)) => flag.to_owned(),
        None => {
            arg.trim_matches(['<', '>', '[', ']']).trim_end_matches("...").trim_matches(['<', '>', '[', ']']).to_owned()
        }
    }
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

fn usage_line(error: &clap::Error) -> Option<String> {
    let text = error.render().to_string();
    let line = text.lines().find_map(|line| line.strip_prefix("Usage: "))?;
    Some(line.trim().to_owned())
}
