//! The source of lines: the editor on a terminal, otherwise standard input.

use std::io::{BufRead as _, IsTerminal as _};

use rustyline::config::BellStyle;
use rustyline::error::ReadlineError;
use rustyline::history::MemHistory;
use rustyline::{Behavior, ColorMode, CompletionType, Config, Editor};

use super::assistant::Assistant;
use super::history::History;
use super::incomplete::Grammar;
use super::prompt;
use super::run_line::Repl;
use crate::error::{Error, Kind, Result};
use crate::output::terminal;

/// The assumed height of a screen, in rows, if it is not known.
const USUAL_ROWS: usize = 24;

/// What was read.
pub(super) enum Line {
    /// A line, or several that belong together.
    Entry(String),
    /// Ctrl-C while typing.
    Dropped,
    /// Ctrl-D, or the end of the input.
    End,
}

/// The source of lines.
pub(super) enum Input {
    /// A person at a terminal.
    Editor(Box<Editor<Assistant, MemHistory>>, History),
    /// A file or pipe.
    Plain(Box<Grammar>),
}

impl Input {
    /// The editor where stdin is a terminal.
    ///
    /// # Errors
    /// The terminal cannot be used.
    pub(super) fn open(repl: &Repl<'_>) -> Result<Self> {
        if !std::io::stdin().is_terminal() {
            return Ok(Self::Plain(Box::new(Grammar::new())));
        }
        let colour = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let builder = Config::builder()
            .behavior(Behavior::PreferTerm)
            .completion_type(CompletionType::List)
            .completion_show_all_if_ambiguous(true)
            .bell_style(BellStyle::None)
            .color_mode(if colour { ColorMode::Enabled } else { ColorMode::Disabled });
        let config = History::configure(builder).map_err(|error| broken(&error))?;
        let history = MemHistory::with_config(&config);
        let mut editor = Editor::with_history(config, history).map_err(|error| broken(&error))?;
        repl.fetch_names();
        editor.set_helper(Some(repl.assistant(colour)));
        let history = History::of(&repl.host().settings.environment);
        history.load(&mut editor, repl.host().keeps_own_files());
        Ok(Self::Editor(Box::new(editor), history))
    }

    /// Whether a person types.
    pub(super) fn is_interactive(&self) -> bool {
        matches!(self, Self::Editor(..))
    }

    /// The height of the screen; 0 where nothing is paged.
    pub(super) fn rows(&mut self) -> usize {
        match self {
            Self::Editor(editor, _) if std::io::stdout().is_terminal() => {
                editor.dimensions().map_or(USUAL_ROWS, |(_, rows)| usize::from(rows))
            }
            _ => 0,
        }
    }

    /// Reads the next entry.
    ///
    /// # Errors
    /// The terminal or standard input cannot be read.
    pub(super) fn read(&mut self, repl: &Repl<'_>) -> Result<Line> {
        let editor = match self {
            Self::Editor(editor, _) => editor,
            Self::Plain(grammar) => return read_plain(grammar),
        };
        terminal::keep();
        let line = editor.readline(&prompt::prompt(repl.host()));
        terminal::forget();
        match line {
            Ok(line) => Ok(Line::Entry(line)),
            Err(ReadlineError::Interrupted) => Ok(Line::Dropped),
            Err(ReadlineError::Eof) => Ok(Line::End),
            Err(error) => Err(broken(&error)),
        }
    }

    /// Gives the line to the history, and takes out of it what is a secret by now.
    pub(super) fn keep(&mut self, line: &str, repl: &Repl<'_>) {
        if let Self::Editor(editor, history) = self {
            let (vault, writes) = (&repl.host().vault, repl.host().keeps_own_files());
            history.keep(line, vault, editor, writes);
            history.purge(vault, editor, writes);
            repl.renew_names();
        }
    }
}

/// Lines up to one with which the entry is whole.
fn read_plain(grammar: &Grammar) -> Result<Line> {
    let mut entry = String::new();
    loop {
        let read = std::io::stdin().lock().read_line(&mut entry).map_err(|error| {
            Error::new(Kind::Io, "cannot read standard input").cause(crate::error::io_cause(&error))
        })?;
        if read == 0 && entry.is_empty() {
            return Ok(Line::End);
        }
        let whole = entry.trim_end_matches(['\n', '\r']);
        if read == 0 || super::meta::is_meta(whole) || !grammar.is_incomplete(whole) {
            return Ok(Line::Entry(whole.to_owned()));
        }
    }
}

fn broken(error: &ReadlineError) -> Error {
    Error::new(Kind::Io, "cannot read from the terminal").cause(error.to_string())
}
