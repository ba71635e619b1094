//! Reconstructs a command line: the words that give a script the same values wherever it runs.

use clap::ArgMatches;
use rhai::Dynamic;

use crate::error::{Error, Result};

use super::arguments::{given, texts};
use super::header::{Header, Param, ParamKind};

/// The script's own values as `--name=value`, in the order of its parameters. Namespace and context are left out: they
/// are wherever it runs.
///
/// # Errors
/// A value that only this machine has, or that must not be written down.
pub fn of(header: &Header, matches: &ArgMatches) -> Result<Vec<String>> {
    let mut words = Vec::new();
    for param in &header.params {
        let long = param.long();
        if param.kind == ParamKind::Flag {
            if matches.get_flag(&super::command::id(param)) {
                words.push(format!("--{long}"));
            }
            continue;
        }
        if matches!(param.name.as_str(), "namespace" | "context") {
            continue;
        }
        let Some(id) = given(param, matches) else { continue };
        match param.kind {
            ParamKind::Secret => {
                return Err(nobody_gives(&long));
            }
            ParamKind::Int => words.extend(matches.get_one::<i64>(&id).map(|value| format!("--{long}={value}"))),
            ParamKind::Bool => words.extend(matches.get_one::<bool>(&id).map(|value| format!("--{long}={value}"))),
            _ => words.extend(texts(&id, matches).into_iter().map(|value| format!("--{long}={value}"))),
        }
    }
    Ok(words)
}

/// Refuses a script that would ask for a secret which is not given: by itself (`asks`), or because it must have it.
///
/// # Errors
/// It would ask for a secret, and there is no terminal where it is to run.
pub fn refuse_question(header: &Header, matches: &ArgMatches, asks: bool) -> Result<()> {
    let open = |param: &&Param| {
        let wants = param.is_required() || asks && param.or.as_ref().is_none_or(Dynamic::is_unit);
        param.kind == ParamKind::Secret && wants && given(param, matches).is_none()
    };
    match header.params.iter().find(open) {
        Some(param) => Err(nobody_gives(&param.long())),
        None => Ok(()),
    }
}

fn nobody_gives(long: &str) -> Error {
    Error::usage(format!("`--{long}` is a secret, and there is no terminal to ask for it"))
        .hint("the script can read it from a Secret of the cluster")
}
