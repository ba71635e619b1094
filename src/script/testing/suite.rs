//! The tests of one file.

use std::path::Path;
use std::sync::Arc;

use rhai::Engine;

use crate::error::{Error, Kind, Place, Result};
use crate::primitives::api::limits;
use crate::script::diagnostics;
use crate::script::resolve::{Places, Script};
use crate::script::source::Sources;

/// What a test's name begins with.
const PREFIX: &str = "test_";

/// One test.
#[derive(Debug, Clone)]
pub struct Test {
    /// The file that holds it.
    pub script: Arc<Script>,
    /// Its function.
    pub name: String,
    /// The line on which that begins.
    pub line: usize,
}

/// The tests of a file, in the order of the file. Nothing is run.
///
/// # Errors
/// The file cannot be read or is not a script; a test that takes parameters.
pub fn tests_of(path: &Path) -> Result<Vec<Test>> {
    // a bare name would mean any script of that name
    let wanted = if path.parent().is_none_or(|folder| folder.as_os_str().is_empty()) {
        format!("./{}", path.display())
    } else {
        path.display().to_string()
    };
    let mut script = Places::default().find(&wanted)?;
    script.label = script.label.trim_start_matches("./").to_owned();
    let script = Arc::new(script);
    let sources = Sources::default();
    sources.add(&script.label, &script.text);
    let mut engine = Engine::new_raw();
    limits::configure(&mut engine);
    // names are resolved when a test is compiled to be run
    engine.set_strict_variables(false);
    let ast = engine
        .compile(&script.text)
        .map_err(|failure| diagnostics::explain_syntax(&failure, &script.label, &sources))?;
    let mut tests = Vec::new();
    for function in ast.iter_fn_def().filter(|function| function.name.starts_with(PREFIX)) {
        let line =
            line_of(&script.text, &function.name).or_else(|| function.body.start_position().line()).unwrap_or_default();
        if !function.params.is_empty() {
            let source = script.text.lines().nth(line.saturating_sub(1)).unwrap_or_default().to_owned();
            let place = Place { file: script.label.clone(), line, column: 1, length: 0, source, calls: Vec::new() };
            return Err(Error::new(Kind::Script, format!("the test `{}` takes parameters", function.name))
                .hint("a test is a function without parameters")
                .place(place));
        }
        tests.push(Test { script: Arc::clone(&script), name: function.name.to_string(), line });
    }
    tests.sort_by_key(|test| test.line);
    Ok(tests)
}

/// Where a function is declared; Rhai knows where its body begins.
fn line_of(text: &str, name: &str) -> Option<usize> {
    let declares = |line: &str| {
        let line = line.trim_start();
        let line = line.strip_prefix("private").unwrap_or(line).trim_start();
        line.strip_prefix("fn ").is_some_and(|rest| rest.trim_start().split('(').next().map(str::trim) == Some(name))
    };
    text.lines().position(declares).map(|at| at + 1)
}
