//! No script crashes the program: every function and operator with arguments of every type, most of them wrong.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use mcpctl::host::Host;
use mcpctl::host::settings::Settings;
use mcpctl::interrupt::Signal;
use mcpctl::output::{Form, Printer, Prompter};
use mcpctl::sandbox::World;
use mcpctl::script::engine;
use mcpctl::script::source::Sources;
use rhai::{Dynamic, Engine, Scope};
use serde_json::Value;

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

/// Runs scripts until there are enough, and gives those that panicked.
fn run_scripts(rounds: usize, longest: Duration, seed: u64) -> (usize, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let mut settings = Settings::rehearsal(folder.path().to_owned());
    settings.dry_run = true;
    settings.no_journal = true;
    let (printer, _captured) = Printer::in_memory(Form::Table);
    let prompter = Prompter::dry_run(printer.clone());
    let host =
        Arc::new(Host::with_prompter(settings, printer, prompter, runtime.handle().clone()).in_world(World::demo()));
    let engine = engine::build(&host, &Sources::default());
    let interrupt = host.interrupt.clone();
    let (alive, signs) = std::sync::mpsc::channel::<()>();
    // a function that waits is interrupted
    let watcher = std::thread::spawn(move || {
        loop {
            match signs.recv_timeout(Duration::from_secs(1)) {
                Ok(()) => {}
                Err(RecvTimeoutError::Timeout) => interrupt.raise(Signal::Interrupt),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
    });
    let functions = functions(&engine);
    assert!(functions.len() > 300, "{} functions", functions.len());
    let (start, mut dice, mut panics, mut count) = (Instant::now(), Dice(seed), Vec::new(), 0);
    'all: for _ in 0..rounds {
        for at in 0..functions.len() + OPERATORS.len() * 4 {
            if start.elapsed() > longest {
                break 'all;
            }
            let text = script(&functions, at, &mut dice).replace("DURATION", "timestamp().elapsed");
            let _ = alive.send(());
            let run = || drop(engine.eval_with_scope::<Dynamic>(&mut Scope::new(), &text));
            if catch_unwind(AssertUnwindSafe(run)).is_err() {
                panics.push(text);
            }
            host.interrupt.lower();
            count += 1;
        }
    }
    drop(alive);
    watcher.join().unwrap();
    (count, panics)
}

#[track_caller]
fn none_panics(rounds: usize, longest: Duration, seed: u64) {
    let work = move || {
        let (count, panics) = run_scripts(rounds, longest, seed);
        assert!(panics.is_empty(), "{} of {count} scripts panicked:\n{}", panics.len(), panics.join("\n"));
        assert!(count > 1000, "{count} scripts");
    };
    std::thread::Builder::new().stack_size(mcpctl::script::run::STACK).spawn(work).unwrap().join().unwrap();
}

#[test]
fn no_function_panics_whatever_it_is_called_with() {
    none_panics(6, Duration::from_secs(3600), 0x9E37_79B9_7F4A_7C15);
}

#[test]
#[ignore = "takes ten minutes; the seed is the time"]
fn no_function_panics_in_ten_minutes() {
    let seed = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs() | 1;
    none_panics(usize::MAX, Duration::from_secs(600), seed);
}
