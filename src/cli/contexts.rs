//! `--contexts A,B`: one script on several clusters at once. Each run has its own host, and the script does not know
//! about the others; [`Multiplexer`] merges their output and results.

use std::sync::Arc;

use clap::ArgMatches;

use crate::cluster;
use crate::error::{Error, Kind, Result};
use crate::host::Host;
use crate::host::settings::{SandboxState, Settings};
use crate::nearest;
use crate::output::{Multiplexer, Prompter};
use crate::script::reach::Reach;
use crate::script::resolve::Script;
use crate::script::run::{Ended, STACK};

use super::globals::Globals;
use super::{launch, run};

/// Runs a script on all contexts that were named.
///
/// # Errors
/// A context that does not exist, reported before anything runs; a script that does more than `--contexts` supports.
pub(super) fn script(mut globals: Globals, script: Script, matches: ArgMatches) -> Result<u8> {
    let contexts = wanted(&globals.settings)?;
    refuse_others(&script)?;
    globals.settings.contexts.clear();
    let dry_run = std::mem::take(&mut globals.settings.dry_run);
    launch::run(globals, move |host| {
        run::before(host, &script)?;
        let mut settings = host.settings.clone();
        settings.dry_run = dry_run;
        let code = all(host, &settings, &contexts, &script, &matches)?;
        Ok(Ended::with_code(Some(code)))
    })
}

/// The contexts, each once.
fn wanted(settings: &Settings) -> Result<Vec<String>> {
    let mut contexts: Vec<String> = Vec::new();
    for name in settings.contexts.iter().map(|name| name.trim()).filter(|name| !name.is_empty()) {
        if !contexts.iter().any(|known| known == name) {
            contexts.push(name.to_owned());
        }
    }
    if contexts.is_empty() {
        return Err(Error::usage("`--contexts` names no context"));
    }
    match settings.sandbox {
        Some(SandboxState::Memory) => return Ok(contexts),
        Some(SandboxState::File(_)) => {
            return Err(Error::usage("`--contexts` needs several clusters, and a sandbox in a file is only one")
                .hint("`--sandbox` without a file gives each context a cluster in memory"));
        }
        None => {}
    }
    let known = cluster::contexts(settings.kubeconfig.clone())?;
    // a typing error stops everything before anything is changed
    if let Some(unknown) = contexts.iter().find(|name| !known.contains(name)) {
        return Err(Error::not_found(format!("no context `{unknown}`"))
            .suggest(nearest::nearest(unknown, known.iter().map(String::as_str)))
            .hint("`kubectl config get-contexts` lists them"));
    }
    Ok(contexts)
}

/// The effects that are allowed on several clusters at once; an access review is created and changes nothing.
const HARMLESS: [&str; 5] = ["get ", "list ", "watch ", "delete pods", "create selfsubjectaccessreviews"];

/// Files, programs and objects that are written would be so once a context, and at the same time.
fn refuse_others(script: &Script) -> Result<()> {
    let fits = |effect: &String| match effect.split_once(": ") {
        Some(("cluster", what)) => HARMLESS.iter().any(|verb| what.starts_with(verb)),
        Some(("files" | "images" | "process", "read") | ("network", _)) | None => true,
        Some(_) => false,
    };
    let others: Vec<String> = Reach::of(script)?.effects.into_iter().filter(|effect| !fits(effect)).collect();
    if others.is_empty() {
        return Ok(());
    }
    let mut error = Error::usage(format!("`--contexts` is for scripts about pods, and `{}` does more", script.name));
    for effect in others {
        error = error.detail(effect);
    }
    Err(error.hint("run it once a context: `--context NAME`"))
}

/// Runs it on all contexts at once; returns the exit code for all of them.
fn all(
    host: &Arc<Host>,
    settings: &Settings,
    contexts: &[String],
    script: &Script,
    matches: &ArgMatches,
) -> Result<u8> {
    let prompter = Prompter::new(host.printer.clone(), false);
    let multiplexer = Multiplexer::new(contexts, host.shown()?.clone(), prompter, host.interrupt.clone());
    let codes: Vec<u8> = std::thread::scope(|scope| {
        let mut threads = Vec::new();
        for (index, context) in contexts.iter().enumerate() {
            let one = one(host, &multiplexer, settings, index, context);
            let multiplexer = &multiplexer;
            let thread = std::thread::Builder::new().name(format!("script {index}")).stack_size(STACK);
            let thread = thread.spawn_scoped(scope, move || {
                let _end = End { multiplexer, index };
                let code = launch::conclude(&one, run::work(&one, script, matches));
                one.settle_journal();
                code
            });
            threads.push(thread.map_err(|error| {
                multiplexer.end(index);
                Error::failed("cannot start a script's thread").cause(error.to_string())
            }));
        }
        threads.into_iter().map(|thread| Ok(thread?.join().unwrap_or(Kind::Failed.exit_code()))).collect::<Result<_>>()
    })?;
    multiplexer.finish()?;
    Ok(together(host, contexts, &codes))
}

/// The run on one context.
fn one(host: &Host, multiplexer: &Arc<Multiplexer>, settings: &Settings, index: usize, context: &str) -> Arc<Host> {
    let mut settings = settings.clone();
    settings.context = Some(context.to_owned());
    let printer = multiplexer.printer(index, host.printer.settings());
    let prompter = if settings.dry_run {
        Prompter::dry_run(printer.clone())
    } else {
        multiplexer.prompter(index, printer.clone(), settings.yes)
    };
    let mut one = Host::with_prompter(settings, printer, prompter, host.runtime().clone());
    one.interrupt = host.interrupt.clone();
    host.recorder.includes(&one.recorder);
    let one = Arc::new(one);
    one.keep_journal();
    one
}

/// Says that a run has ended, however it does.
struct End<'a> {
    multiplexer: &'a Multiplexer,
    index: usize,
}

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.multiplexer.end(self.index);
    }
}

/// One code where all runs ended alike; else that of a part that failed.
fn together(host: &Host, contexts: &[String], codes: &[u8]) -> u8 {
    let [first, ..] = codes else { return 0 };
    if codes.iter().all(|code| code == first) {
        return *first;
    }
    let interrupts = [Kind::Interrupted, Kind::Terminated].map(Kind::exit_code);
    if let Some(interrupt) = codes.iter().find(|code| interrupts.contains(code)) {
        return *interrupt;
    }
    let failed: Vec<&str> =
        contexts.iter().zip(codes).filter(|(_, code)| **code != 0).map(|(context, _)| context.as_str()).collect();
    let message = format!("{} of {} contexts failed: {}", failed.len(), contexts.len(), failed.join(", "));
    host.printer.error(&Error::new(Kind::Partial, message));
    Kind::Partial.exit_code()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::resolve::Places;

    #[test]
    fn scripts_that_write_are_not_for_many_at_once() {
        for (name, fits) in [
            ("list", true),
            ("session", true),
            ("stale", true),
            ("cleanup", true),
            ("status", true),
            ("logs", true),
            ("provision", false),
            ("verify", false),
            ("set-secret", false),
            ("generate-env", false),
            ("gateway", false),
        ] {
            let script = Places::default().find(name).unwrap();
            assert_eq!(refuse_others(&script).is_ok(), fits, "{name}: {:?}", Reach::of(&script).unwrap().effects);
        }
    }

    #[test]
    fn each_context_is_run_once() {
        let named = |names: &[&str]| {
            let mut settings = Settings::default();
            settings.contexts = names.iter().map(|name| (*name).to_owned()).collect();
            settings.sandbox = Some(SandboxState::Memory);
            settings
        };
        assert_eq!(wanted(&named(&["b", " a", "b", ""])).unwrap(), ["b", "a"]);
        assert!(wanted(&named(&[" "])).is_err());
    }
}
