//! `mcpctl repl`: an interactive session. Lines are evaluated one after the other, and their definitions stay.
//!
//! [`run`] is the loop; `evaluator` is what lasts, `commands` what begins with a colon, `assistant` what helps
//! while a line is typed.

mod assistant;
mod colour;
mod commands;
mod completion;
mod cursor_context;
mod evaluator;
mod guards;
mod hint;
mod history;
mod incomplete;
mod input;
mod known;
mod live;
mod manual;
mod meta;
mod prompt;
mod run_line;
mod saved;
mod secret_detection;
mod shape;
mod show;
mod signals;
mod transcript;
mod typed;

use std::sync::Arc;

pub use typed::Typed;

use crate::error::Result;
use crate::host::Host;
use crate::script::run::Ended;
use input::{Input, Line};
use run_line::Repl;

/// What the loop is given by the command line, whose part these are.
pub trait Outside {
    /// Runs a script with its words, as the command line does.
    ///
    /// # Errors
    /// No such script, wrong arguments, or whatever the script ends with.
    fn run_script(&self, host: &Arc<Host>, words: &[String]) -> Result<(Arc<Host>, Ended)>;

    /// Prints the scripts that have names.
    ///
    /// # Errors
    /// The list cannot be printed.
    fn list_scripts(&self, host: &Host) -> Result<()>;
}

/// Runs a REPL session to its end and gives the exit code. To be called on a thread whose stack is made for scripts.
///
/// # Errors
/// The terminal cannot be used. What single lines end with is printed.
pub fn run(host: Arc<Host>, outside: &dyn Outside) -> Result<u8> {
    host.runs("repl");
    let running = signals::watch(&host)?;
    let mut repl = Repl::new(host, outside, running);
    let mut input = Input::open(&repl)?;
    if input.is_interactive() {
        repl.greet();
    }
    loop {
        match input.read(&repl)? {
            Line::End => return Ok(repl.exit_code()),
            Line::Dropped => {}
            Line::Entry(text) => {
                repl.rows = if repl.host().may_page() { input.rows() } else { 0 };
                let done = repl.line(&text);
                input.keep(&text, &repl);
                if let Some(code) = done {
                    return Ok(code);
                }
            }
        }
    }
}
