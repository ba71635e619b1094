//! One line typed on the terminal.

use std::borrow::Cow;
use std::io::{BufRead as _, Write as _};

use rustyline::completion::Completer;
use rustyline::config::Configurer as _;
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::history::MemHistory;
use rustyline::validate::Validator;
use rustyline::{Behavior, ColorMode, Config, Editor, Helper};
use unicode_width::UnicodeWidthStr as _;

use crate::error::{Error, Kind, Result};
use crate::interrupt::Signal;

use super::super::terminal;

/// Reads a line; `None` for Ctrl-D. Works on the terminal itself, whatever stdout and stderr are, keeps no
/// history, and leaves the terminal's mode as it was.
pub(super) fn read(prompt: &str, hidden: bool) -> Result<Option<String>> {
    if !can_edit() {
        return if hidden { Err(cannot_hide()) } else { read_plain(prompt) };
    }
    let config = Config::builder()
        .behavior(Behavior::PreferTerm)
        .bracketed_paste(false)
        .auto_add_history(false)
        .max_history_size(0)
        .map_err(|error| broken(&error))?
        .build();
    let mut editor: Editor<Masking, MemHistory> =
        Editor::with_history(config, MemHistory::new()).map_err(|error| broken(&error))?;
    if hidden {
        editor.set_helper(Some(Masking));
        // highlighting is what masks: it must not depend on whether the terminal has colours
        editor.set_color_mode(ColorMode::Forced);
    }
    terminal::keep();
    let line = editor.readline(prompt);
    terminal::forget();
    match line {
        Ok(line) => Ok(Some(line)),
        Err(ReadlineError::Eof) => Ok(None),
        Err(ReadlineError::Interrupted) => Err(Signal::Interrupt.error()),
        Err(error) => Err(broken(&error)),
    }
}

/// What hides a text: a star for each column that it takes.
pub(super) fn stars(text: &str) -> String {
    "*".repeat(text.width())
}

/// Whether lines can be edited: on these terminals rustyline reads plainly, echoes secrets, and prompts on stdout.
fn can_edit() -> bool {
    let name = std::env::var("TERM").unwrap_or_default();
    !["dumb", "cons25", "emacs"].iter().any(|plain| plain.eq_ignore_ascii_case(&name))
}

fn read_plain(prompt: &str) -> Result<Option<String>> {
    let broken = |error: &std::io::Error| {
        Error::new(Kind::Io, "cannot read the answer from the terminal").cause(crate::error::io_cause(error))
    };
    let mut stderr = std::io::stderr();
    stderr.write_all(prompt.as_bytes()).and_then(|()| stderr.flush()).map_err(|error| broken(&error))?;
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line).map_err(|error| broken(&error))?;
    Ok((read > 0).then_some(line))
}

fn cannot_hide() -> Error {
    Error::failed("this terminal cannot hide what is typed, so no secret is asked for")
        .hint("give the secret in a file, or set `TERM` to what the terminal is")
}

fn broken(error: &ReadlineError) -> Error {
    Error::new(Kind::Io, "cannot ask on the terminal").cause(error.to_string())
}

/// Shows stars for what is typed.
struct Masking;

impl Highlighter for Masking {
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        Cow::Owned(stars(line))
    }

    fn highlight_char(&self, _: &str, _: usize, kind: CmdKind) -> bool {
        kind != CmdKind::MoveCursor
    }
}

impl Completer for Masking {
    type Candidate = String;
}

impl Hinter for Masking {
    type Hint = String;
}

impl Validator for Masking {}

impl Helper for Masking {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_take_the_columns_of_what_they_hide() {
        assert_eq!(stars("ab時"), "****");
        assert_eq!(Masking.highlight("canary-typed", 3), "************");
    }
}
