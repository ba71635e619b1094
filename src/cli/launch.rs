//! From settings to a run: the runtime, signals, the script's thread, and the report at the end.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};

use super::globals::Globals;
use crate::error::{Error, Kind, Result};
use crate::host::Host;
use crate::interrupt::{Signal, Terminations};
use crate::output::{self, Printer, Settings, Sink};
use crate::primitives::api::show;
use crate::script::run::{Ended, STACK};
use crate::shell;

/// How long a script may take to end after Ctrl-C, before the process ends without it.
const GRACE: Duration = Duration::from_millis(800);
/// How much longer one may take that has something to put away.
const LINGER: Duration = Duration::from_secs(5);
/// How long it may take to end once the world of `--sandbox=FILE` is written.
const AFTER_WORLD: Duration = Duration::from_millis(100);

/// Prints the error a command ended with, if it did, and gives the exit code.
#[must_use]
pub(super) fn finish(result: Result<u8>) -> ExitCode {
    // a command has succeeded only if its output arrived
    match result.and_then(|code| Sink::check_stdout().map(|()| code)) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            Printer::new(Settings::default(), Arc::default()).error(&error);
            ExitCode::from(error.exit_code())
        }
    }
}

/// The printer of a command that runs no script.
///
/// # Errors
/// An unknown output form.
pub(super) fn printer(globals: &Globals) -> Result<Printer> {
    let mut settings = Settings { quiet: globals.quiet, verbosity: globals.verbose, ..Settings::default() };
    if let Some(name) = globals.settings.output_given()? {
        settings.form = name.parse()?;
    }
    Ok(Printer::new(settings, Arc::default()))
}

/// Runs a script's work and prints its result, or its plan, or its error; gives the exit code.
///
/// # Errors
/// The runtime cannot be started; every other failure is printed here and is part of the exit code.
pub(super) fn run(globals: Globals, work: impl FnOnce(&Arc<Host>) -> Result<Ended> + Send + 'static) -> Result<u8> {
    let (runtime, host) = prepare(globals)?;
    let code = runtime.block_on(supervise(&host, work))?;
    // what still blocks (a name look-up, an exec plugin) must not hold the process
    runtime.shutdown_background();
    Ok(code)
}

/// As [`run`], for a command that only looks: it changes nothing, also without `--read-only`, and has no plan to show.
///
/// # Errors
/// As [`run`].
pub(super) fn look(
    mut globals: Globals,
    work: impl FnOnce(&Arc<Host>) -> Result<Ended> + Send + 'static,
) -> Result<u8> {
    globals.settings.read_only = true;
    globals.settings.dry_run = false;
    run(globals, work)
}

/// Runs a REPL session, which handles signals itself, on a thread with a stack for scripts.
///
/// # Errors
/// The runtime cannot be started, or the REPL session's own.
pub(super) fn run_repl(globals: Globals, session: impl FnOnce(Arc<Host>) -> Result<u8> + Send + 'static) -> Result<u8> {
    let (runtime, host) = prepare(globals)?;
    let inner = Arc::clone(&host);
    let thread = std::thread::Builder::new().name("script".to_owned()).stack_size(STACK).spawn(move || session(inner));
    let thread = thread.map_err(|e| Error::failed("cannot start the script's thread").cause(e.to_string()))?;
    let code = thread.join().map_err(|_| panicked())??;
    host.settle_journal();
    runtime.shutdown_background();
    Ok(code)
}

/// Refuses `--contexts` where only one cluster can be meant.
///
/// # Errors
/// It was given.
pub(super) fn refuse_contexts(settings: &crate::host::settings::Settings) -> Result<()> {
    if settings.contexts.is_empty() {
        return Ok(());
    }
    Err(Error::usage("`--contexts` is for the command line of a script").hint("name one with `--context`"))
}

/// The runtime, and the run on it.
fn prepare(mut globals: Globals) -> Result<(Runtime, Arc<Host>)> {
    refuse_contexts(&globals.settings)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|e| Error::failed("cannot start the runtime").cause(e.to_string()))?;
    let settings = Settings { quiet: globals.quiet, verbosity: globals.verbose, ..Settings::default() };
    let printer = Printer::new(settings, Arc::default());
    globals.settings.command_line = command_line();
    let host = Arc::new(Host::new(globals.settings, printer, runtime.handle().clone()));
    host.keep_journal();
    Ok((runtime, host))
}

/// The command line, quoted for a shell.
fn command_line() -> String {
    let words = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned());
    format!("{} {}", super::called(), shell::line(words))
}

/// Runs the work on its thread, while signals raise the interrupt; a second signal ends the process at once.
async fn supervise(host: &Arc<Host>, work: impl FnOnce(&Arc<Host>) -> Result<Ended> + Send + 'static) -> Result<u8> {
    let (done, mut finished) = tokio::sync::oneshot::channel();
    watch_signals(host)?;
    let inner = Arc::clone(host);
    let thread = std::thread::Builder::new().name("script".to_owned()).stack_size(STACK).spawn(move || {
        // an abandoned thread has no receiver
        let _ = done.send(conclude(&inner, work(&inner)));
    });
    thread.map_err(|e| Error::failed("cannot start the script's thread").cause(e.to_string()))?;
    let signal = tokio::select! {
        code = &mut finished => return code.map_err(|_| panicked()),
        signal = host.interrupt.wait() => signal,
    };
    if let Ok(code) = tokio::time::timeout(GRACE, &mut finished).await {
        return code.map_err(|_| panicked());
    }
    if host.interrupt.lingers()
        && let Ok(code) = tokio::time::timeout(LINGER, &mut finished).await
    {
        return code.map_err(|_| panicked());
    }
    host.settle_journal();
    let kept = host.settle_world();
    // if it was the writing of the world that took so long, the run ends as it would have
    if let Ok(code) = tokio::time::timeout(AFTER_WORLD, finished).await {
        return code.map_err(|_| panicked());
    }
    output::terminal::restore();
    if let Err(error) = kept {
        host.printer.error(&error);
    }
    host.printer.interrupted(signal, &host.recorder.all_changes());
    std::process::exit(i32::from(signal.error().exit_code()));
}

fn panicked() -> Error {
    Error::new(Kind::Failed, "mcpctl failed inside").hint("this is a bug: please report it")
}

fn watch_signals(host: &Arc<Host>) -> Result<()> {
    let failed = |cause: std::io::Error| Error::failed("cannot listen for signals").cause(cause.to_string());
    let mut interrupts = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut terminations = Terminations::listen().map_err(failed)?;
    let host = Arc::clone(host);
    tokio::spawn(async move {
        loop {
            let meaning = tokio::select! {
                Some(()) = interrupts.recv() => Signal::Interrupt,
                Some(()) = terminations.recv() => Signal::Terminate,
                else => return,
            };
            if host.interrupt.raised().is_some() {
                output::terminal::restore();
                host.settle_journal();
                std::process::exit(i32::from(meaning.error().exit_code()));
            }
            host.interrupt.raise(meaning);
        }
    });
    Ok(())
}

/// Prints what a run gave and finds its exit code: a failed change is never hidden by the script.
pub(super) fn conclude(host: &Arc<Host>, result: Result<Ended>) -> u8 {
    host.settle_journal();
    match conclude_result(host, result) {
        Ok(code) => code,
        Err(error) => {
            let raised = host.interrupt.raised().or(match error.kind {
                Kind::Interrupted => Some(Signal::Interrupt),
                Kind::Terminated => Some(Signal::Terminate),
                _ => None,
            });
            match raised {
                Some(signal) if matches!(error.kind, Kind::Interrupted | Kind::Terminated) => {
                    host.printer.interrupted(signal, &host.recorder.all_changes());
                }
                _ => host.printer.error(&error),
            }
            error.exit_code()
        }
    }
}

fn conclude_result(host: &Arc<Host>, result: Result<Ended>) -> Result<u8> {
    let kept = host.settle_world();
    let ended = match result {
        Ok(ended) => ended,
        Err(error) => {
            // what was planned until it broke off
            if host.settings.dry_run && !host.recorder.changes().is_empty() {
                show::plan(host)?;
            }
            return Err(output::done::ending(error, &host.recorder.changes()));
        }
    };
    kept?;
    // the script's own exit code reports its result, as that of `diff` does; a plan of nothing would contradict it
    let is_answer = ended.exit.is_some_and(|code| code != 0) && host.recorder.changes().is_empty();
    if host.settings.dry_run && !is_answer {
        show::plan(host)?;
    } else {
        show::result(host, &ended.value)?;
    }
    let failure = host.recorder.failure().or_else(|| host.recorder.deferred_error());
    match (failure, ended.exit) {
        (Some(failure), _) => Err(failure),
        (None, Some(code)) => Ok(code),
        (None, None) => Ok(0),
    }
}
