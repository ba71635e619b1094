//! No script crashes the program: every function and operator with arguments of every type, most of them wrong.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use mcpctl::host::Host;
use mcpctl::host::settings::Settings;
use mcpctl::interrupt::{Interrupt, Signal};
use mcpctl::output::{Form, Printer, Prompter};
use mcpctl::script::engine;
use mcpctl::script::source::Sources;
use rhai::{Dynamic, Engine, EvalAltResult, Scope};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::support::program::Mcpctl;

/// A value of every type, and those at the edges of their types.
const VALUES: [&str; 34] = [
    "()",
    "true",
    "-1",
    "0",
    "3",
    "64",
    "9223372036854775807",
    "(-9223372036854775807 - 1)",
    "1.5",
    "-0.0",
    "(0.0 / 0.0)",
    "1e308",
    "\"\"",
    "\"a\"",
    "\"é✓\u{301}\"",
    "\"24h\"",
    "\"/etc\"",
    "'x'",
    "'✓'",
    "[]",
    "[1, \"a\", ()]",
    "[3, 1, 2]",
    "[[1], [2]]",
    "#{}",
    "#{ a: 1, b: \"x\" }",
    "|x| x",
    "|x, y| throw 1",
    "|| ()",
    "Fn(\"nope\")",
    "(0..3)",
    "(-5..=9223372036854775807)",
    "blob(3, 255)",
    "timestamp()",
    "DURATION",
];

/// The operators, also those that assign.
const OPERATORS: [&str; 24] = [
    "+", "-", "*", "/", "%", "**", "<<", ">>", "&", "|", "^", "==", "!=", "<", "<=", ">", ">=", "in", "..", "..=",
    "+=", "-=", "*=", "??",
];

/// Which scripts a process of its own runs.
const ROUNDS: &str = "SCRIPTS_ROUNDS";
const SECONDS: &str = "SCRIPTS_SECONDS";
const SEED: &str = "SCRIPTS_SEED";
/// The file that names the script which runs.
const LAST: &str = "SCRIPTS_LAST";

/// A duration, which has no literal.
const DURATION: &str = "duration(\"24h\")";

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(below).unwrap()).unwrap()
    }

    fn value(&mut self) -> &'static str {
        VALUES[self.next(VALUES.len())]
    }
}

/// Every function with its number of parameters.
fn functions(engine: &Engine) -> Vec<(String, usize)> {
    let json: Value = serde_json::from_str(&engine.gen_fn_metadata_to_json(true).unwrap()).unwrap();
    let mut functions = Vec::new();
    collect("", &json, &mut functions);
    functions.sort();
    functions.dedup();
    functions
}

fn collect(module: &str, json: &Value, functions: &mut Vec<(String, usize)>) {
    for function in json["functions"].as_array().into_iter().flatten() {
        let name = function["name"].as_str().unwrap();
        if name.starts_with(|c: char| c.is_ascii_alphabetic()) && !name.contains('$') && name != "eval" {
            functions.push((format!("{module}{name}"), function["params"].as_array().map_or(0, Vec::len)));
        }
    }
    for (name, inner) in json["modules"].as_object().into_iter().flatten() {
        collect(&format!("{name}::"), inner, functions);
    }
}

/// A script that calls a function, or uses an operator, with values of any type.
fn script(functions: &[(String, usize)], at: usize, dice: &mut Dice) -> String {
    let Some((name, count)) = functions.get(at) else {
        let operator = OPERATORS[(at - functions.len()) % OPERATORS.len()];
        return match dice.next(3) {
            0 => format!("let a = {}; a[{}]", dice.value(), dice.value()),
            _ => format!("let a = {}; let b = {}; a {operator} b; a", dice.value(), dice.value()),
        };
    };
    let values: Vec<&str> = (0..*count).map(|_| dice.value()).collect();
    match values.split_first() {
        Some((first, rest)) if !name.contains("::") => {
            format!("let a = {first}; let b = a.{name}({}); `${{a}} ${{b}}`", rest.join(", "))
        }
        _ => format!("let b = {name}({}); `${{b}}`", values.join(", ")),
    }
}

/// A run of scripts in the simulated cluster; as a dry run it waits for nothing.
struct Run {
    host: Arc<Host>,
    engine: Engine,
}

impl Run {
    fn new(folder: &Path, runtime: &Runtime, interrupt: &Interrupt) -> Self {
        let mut settings = Settings::rehearsal(folder.to_owned());
        settings.dry_run = true;
        settings.no_journal = true;
        let (printer, _captured) = Printer::in_memory(Form::Table);
        let prompter = Prompter::dry_run(printer.clone());
        let mut host = Host::with_prompter(settings, printer, prompter, runtime.handle().clone())
            .in_world(mcpctl::sandbox::demo());
        host.interrupt = interrupt.clone();
        let host = Arc::new(host);
        let engine = engine::build(&host, &Sources::default());
        Self { host, engine }
    }
}

/// Runs scripts for so many rounds and seconds; gives how many, and those that panicked. Each is written to a file first,
/// so that it can be named if the process ends.
fn run_scripts(rounds: usize, longest: Duration, seed: u64, last: &Path) -> (usize, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let interrupt = Interrupt::default();
    let (alive, signs) = std::sync::mpsc::channel::<()>();
    let raised = interrupt.clone();
    // a function that waits is interrupted
    let watcher = std::thread::spawn(move || {
        loop {
            match signs.recv_timeout(Duration::from_secs(1)) {
                Ok(()) => {}
                Err(RecvTimeoutError::Timeout) => raised.raise(Signal::Interrupt),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
    });
    let mut run = Run::new(folder.path(), &runtime, &interrupt);
    let functions = functions(&run.engine);
    assert!(functions.len() > 300, "{} functions", functions.len());
    let (start, mut dice, mut panics, mut count) = (Instant::now(), Dice(seed), Vec::new(), 0);
    'all: for _ in 0..rounds {
        for at in 0..functions.len() + OPERATORS.len() * 4 {
            if start.elapsed() > longest {
                break 'all;
            }
            let text = script(&functions, at, &mut dice).replace("DURATION", DURATION);
            std::fs::write(last, &text).unwrap();
            let _ = alive.send(());
            let evaluate = || run.engine.eval_with_scope::<Dynamic>(&mut Scope::new(), &text).map(drop);
            let is_over = match catch_unwind(AssertUnwindSafe(evaluate)) {
                Ok(Ok(())) => false,
                // a limit, or a refusal, ends the run for good
                Ok(Err(error)) => matches!(error.unwrap_inner(), EvalAltResult::ErrorTerminated(..)),
                Err(_) => {
                    panics.push(text);
                    true
                }
            };
            interrupt.lower();
            count += 1;
            if is_over || count % 500 == 0 {
                run = Run::new(folder.path(), &runtime, &interrupt);
            }
        }
    }
    drop(alive);
    watcher.join().unwrap();
    assert!(run.host.recorder.effects().len() < 1000);
    (count, panics)
}

/// Runs the scripts in a process that has the memory limit of the program.
#[track_caller]
fn none_crashes(rounds: &str, seconds: &str, seed: &str) {
    let folder = tempfile::tempdir().unwrap();
    let last = folder.path().join("last");
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "scripts::values::robustness::scripts_of_a_seed", "--ignored", "--nocapture"])
        .envs([(ROUNDS, rounds), (SECONDS, seconds), (SEED, seed)])
        .env(LAST, &last)
        .env("RUST_BACKTRACE", "0")
        .output()
        .unwrap();
    let script = std::fs::read_to_string(&last).unwrap_or_default();
    let text = |bytes: &[u8]| {
        String::from_utf8_lossy(bytes)
            .chars()
            .rev()
            .take(4000)
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
            .collect::<String>()
    };
    assert!(
        output.status.success(),
        "the last script was {script}\n{}\n{}",
        text(&output.stdout),
        text(&output.stderr)
    );
    assert!(!script.is_empty(), "no script was run");
}

#[test]
fn no_function_crashes_whatever_it_is_called_with() {
    none_crashes("6", "3600", "11400714819323198485");
}

#[test]
fn a_wait_that_no_clock_can_count_is_an_error() {
    for seconds in ["1e300", "0.0 / 0.0", "1.0 / 0.0", "-1.5", "-1"] {
        let ran = Mcpctl::of(["eval", &format!("sleep({seconds})")]).run();
        ran.code(1).says("cannot wait");
    }
}

#[test]
#[ignore = "takes ten minutes; the seed is the time"]
fn no_function_crashes_in_ten_minutes() {
    let seed = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs() | 1;
    none_crashes("1000000", "600", &seed.to_string());
}

#[test]
#[ignore = "the others start it in a process with a memory limit"]
fn scripts_of_a_seed() {
    let number = |name: &str| std::env::var(name).unwrap().parse::<u64>().unwrap();
    mcpctl::memory::configure().unwrap();
    let work = move || {
        let (rounds, longest) = (usize::try_from(number(ROUNDS)).unwrap(), Duration::from_secs(number(SECONDS)));
        let last = std::path::PathBuf::from(std::env::var_os(LAST).unwrap());
        let (count, panics) = run_scripts(rounds, longest, number(SEED), &last);
        assert!(panics.is_empty(), "{} of {count} scripts panicked:\n{}", panics.len(), panics.join("\n"));
        assert!(count > 1000, "{count} scripts");
    };
    std::thread::Builder::new().stack_size(mcpctl::script::run::STACK).spawn(work).unwrap().join().unwrap();
}
