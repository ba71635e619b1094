//! Runs scripts in this process, in a world and a folder that the test chose.

use std::path::Path;
use std::sync::Arc;

use kube_sandbox::Sandbox;
use mcpctl::cli::script_runner;
use mcpctl::host::Host;
use mcpctl::host::settings::Settings;
use mcpctl::host::test_context::{Invocation, RunResult, TestContext};
use mcpctl::output::{Form, Printer, Prompter};
use mcpctl::script::run::STACK;
use tokio::runtime::{Handle, Runtime};

use super::fixtures::Command;

/// How many runs are under way at once: most of their time they wait.
const AT_ONCE: usize = 12;

/// A runtime for the requests of many runs.
pub(super) fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// Runs a command to its end. Needs a thread of [`on_threads`].
pub(super) fn run(runtime: &Handle, world: &Sandbox, folder: &Path, command: &Command, flags: &[&str]) -> RunResult {
    let (printer, captured) = Printer::in_memory(Form::Table);
    let stage = Arc::new(TestContext::new(folder.to_owned(), captured, Arc::new(script_runner::run)));
    let mut settings = Settings::rehearsal(folder.to_owned());
    settings.environment = stage.environment();
    let prompter = Prompter::staged(printer.clone(), stage.answers.clone());
    let host = Host::with_prompter(settings, printer, prompter, runtime.clone());
    let host = host.in_world(world.clone()).in_test(stage);
    let words = command.words.iter().chain(flags).map(|word| (*word).to_owned()).collect();
    let order = Invocation { script: command.script.to_owned(), words, answers: None, input: command.input.to_owned() };
    host.run_in_test("the matrix", &order).unwrap()
}

/// Does some work for each item, on threads that are large enough for scripts, and gives what came of it, in order.
pub(super) fn on_threads<I: Send + Sync, T: Send>(items: &[I], work: impl Fn(&I) -> T + Send + Sync) -> Vec<T> {
    let next = std::sync::atomic::AtomicUsize::new(0);
    let mut found: Vec<(usize, T)> = std::thread::scope(|scope| {
        let one = || {
            let mut found = Vec::new();
            loop {
                let index = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                let Some(item) = items.get(index) else { return found };
                found.push((index, work(item)));
            }
        };
        let count = AT_ONCE.min(items.len());
        let threads: Vec<_> = (0..count)
            .map(|_| std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, one).unwrap())
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    found.sort_by_key(|(index, _)| *index);
    found.into_iter().map(|(_, result)| result).collect()
}
