//! `process`: programs of the host.

use rhai::plugin::*;
use rhai::{Array, Dynamic, Map, NativeCallContext};

use super::api::options::Options;
use super::api::raise::{Outcome, Raise, wrong_type};
use super::host;
use crate::error::{Error, Kind, Result};
use crate::host::Host;
use crate::host::process::Program;
use crate::primitives::api::functions::Optional;
use crate::secret::Secret;
use crate::shell;

/// The functions of `process`.
#[export_module(manifest)]
pub mod functions {
    /// Runs a program and waits for its end. There is no shell: each argument is one item.
    ///
    /// # Parameters
    /// * `words` - the program and its arguments
    ///
    /// # Options
    /// * `input` - text for its standard input
    /// * `timeout` - how long it may take, as `30s`
    /// * `dry_run` - the standard output to assume in a dry run, where nothing is started
    /// * `secret` - true: the standard output is a `Secret`, without the line's end: for password managers
    ///
    /// # Effects
    /// * `process: run`
    ///
    /// # Errors
    /// * in a test: a program that is not mocked by `sandbox::program`, without `mcpctl test --real`
    /// * no such program; too slow; `--read-only` is set; a dry run without `dry_run`
    ///
    /// # Example
    /// ```rhai
    /// process::run(["echo", "hello"]).stdout
    /// // => "hello\n"
    /// ```
    /// ```rhai
    /// process::run(["cat"], #{ input: "hello", timeout: "10s" }).code
    /// // => 0
    /// ```
    /// ```rhai
    /// type_of(process::run(["echo", "canary-key"], #{ secret: true }).stdout)
    /// // => "Secret"
    /// ```
    #[rhai_fn(return_raw)]
    pub fn run(context: NativeCallContext, words: Array, options: Optional<Map>) -> Outcome<Map> {
        start(&context, &words, &options).raise(&context)
    }

    /// A word as a shell reads it back, for command lines that are printed: quoted where it needs to be.
    ///
    /// # Parameters
    /// * `word` - the word, such as the name of a file
    ///
    /// # Example
    /// ```rhai
    /// process::quote("my file.env")
    /// // => "'my file.env'"
    /// ```
    pub fn quote(word: &str) -> String {
        shell::word(word)
    }
}

fn start(context: &NativeCallContext<'_>, words: &Array, options: &Map) -> Result<Map> {
    let host = host(context);
    let options = Options::new("process::run", options, &["input", "timeout", "dry_run", "secret"])?;
    let words = words.iter().map(word).collect::<Result<Vec<_>>>()?;
    let program = Program {
        words,
        input: options.text("input")?,
        timeout: options.duration("timeout")?,
        environment: Vec::new(),
    };
    let secret = options.flag("secret")?;
    let stdout = |text: &str| if secret { hidden(&host, text) } else { text.to_owned().into() };
    if !host.settings.dry_run {
        let finished = host.run_process(&program)?;
        return Ok(map(finished.code, stdout(&finished.stdout), &finished.stderr));
    }
    match options.value("dry_run") {
        Some(answer) => {
            host.plan_process(&program)?;
            Ok(map(0, stdout(&answer.to_string()), ""))
        }
        None => Err(Error::new(Kind::Script, "a dry run starts no program")
            .hint("say what to assume: `process::run([…], #{ dry_run: \"what it would print\" })`")),
    }
}

/// `ps` shows arguments, so a secret is refused.
fn word(word: &Dynamic) -> Result<String> {
    let text = word.clone().into_string().map_err(|kind| wrong_type("an argument of a program", "text", kind))?;
    crate::secret::Vault::refuse(&text, "an argument of a program, which `ps` shows")?;
    Ok(text)
}

/// A program's output as a secret, masked from here on wherever it turns up.
fn hidden(host: &Host, text: &str) -> Dynamic {
    let secret = Secret::new(text.trim_end_matches(['\n', '\r']));
    host.vault.keep(&secret);
    Dynamic::from(secret)
}

fn map(code: i32, stdout: Dynamic, stderr: &str) -> Map {
    Map::from([
        ("code".into(), i64::from(code).into()),
        ("stdout".into(), stdout),
        ("stderr".into(), stderr.to_owned().into()),
    ])
}
