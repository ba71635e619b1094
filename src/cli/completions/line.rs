//! What the line that is being completed says of cluster, namespace and catalog, as far as it is typed.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::cli::globals::{self, Globals};

/// The global flags of a line. It need not be complete, nor right: only what decides where to look is read.
pub(super) fn read(words: &[String]) -> Globals {
    let mut globals = globals::read(&[]).unwrap_or_default();
    let settings = &mut globals.settings;
    settings.at_hand = true;
    let mut words = words.iter().peekable();
    while let Some(word) = words.next() {
        let (flag, inline) = match word.split_once('=') {
            Some((flag, value)) => (flag, Some(value.to_owned())),
            None => (word.as_str(), None),
        };
        let mut value =
            || inline.clone().or_else(|| words.peek().map(|word| (*word).clone())).filter(|v| !v.is_empty());
        match flag {
            "--context" => settings.context = value(),
            "--namespace" | "-n" => settings.namespace = value(),
            "--kubeconfig" => settings.kubeconfig = value().map(PathBuf::from),
            "--catalog" => settings.catalogs.extend(value().map(OsString::from)),
            "--all-namespaces" | "-A" => settings.all_namespaces = true,
            "--sandbox" => settings.sandbox = Some(globals::sandbox(&inline.clone().unwrap_or_default())),
            _ => {}
        }
    }
    globals
}
