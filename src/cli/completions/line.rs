//! Cluster, namespace, catalog and guards of the line that is being completed, as far as it is typed.

use std::ffi::OsString;
use std::sync::OnceLock;

use crate::cli::globals;
use crate::error::Result;
use crate::host::settings::Settings;

/// The words of the line that is completed, as a program would get them.
static WORDS: OnceLock<Vec<String>> = OnceLock::new();

/// Keeps the words for those who look up live names.
pub(super) fn remember(words: &[OsString]) {
    // a process completes one line
    let _ = WORDS.set(words.iter().map(|word| word.to_string_lossy().into_owned()).collect());
}

/// The words of the line that is completed.
pub(super) fn words() -> &'static [String] {
    WORDS.get().map(Vec::as_slice).unwrap_or_default()
}

/// The settings of a line. It need not be complete, nor right: only what decides where to look is read.
///
/// # Errors
/// A guard, of the line or of a variable, that cannot be understood: nothing may be looked up then.
pub(super) fn read(words: &[String]) -> Result<Settings> {
    let mut settings = globals::read(&[])?.settings;
    // completion changes nothing
    settings.read_only = true;
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
            "--kubeconfig" => settings.kubeconfig = value().map(|path| settings.expand(path)),
            "--catalog" => settings.catalogs.extend(value().map(OsString::from)),
            "--all-namespaces" | "-A" => settings.all_namespaces = true,
            "--sandbox" => settings.sandbox = Some(globals::sandbox(&inline.clone().unwrap_or_default())),
            "--allow-context" => settings.allow_contexts.allow(&value().unwrap_or_default(), flag)?,
            "--allow" => settings.allowed.allow(&value().unwrap_or_default(), flag)?,
            "--deny" => settings.allowed.deny(&value().unwrap_or_default(), flag)?,
            _ => {}
        }
    }
    Ok(settings)
}
