//! The supported shells, and the one place that writes their answers.
//!
//! The code that registers completion in a shell is clap's. The answers are not: a shell puts a candidate on the command
//! line, and bash and PowerShell do so without quoting it, so a name such as `$(…)` would run when the line is entered.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;

use clap_complete::engine::{self, CompletionCandidate};
use clap_complete::env::{Bash, Elvish, EnvCompleter, Fish, Powershell, Zsh};

use super::{bash, line};
use crate::{clean, shell};

/// Every shell, by how it treats a candidate.
pub(super) const SHELLS: [&'static dyn EnvCompleter; 5] = [
    &Shell { registers: &Bash, form: Form::Bash },
    &Shell { registers: &Elvish, form: Form::Elvish },
    &Shell { registers: &Fish, form: Form::Fish },
    &Shell { registers: &Powershell, form: Form::Powershell },
    &Shell { registers: &Zsh, form: Form::Zsh },
];

struct Shell {
    registers: &'static (dyn EnvCompleter + Sync),
    form: Form,
}

/// How a shell reads candidates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Bash,
    Elvish,
    Fish,
    Powershell,
    Zsh,
}

impl EnvCompleter for Shell {
    fn name(&self) -> &'static str {
        self.registers.name()
    }

    fn is(&self, name: &str) -> bool {
        self.registers.is(name)
    }

    fn write_registration(
        &self,
        variable: &str,
        name: &str,
        program: &str,
        completer: &str,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        // clap's code quotes a path, and then puts it between double quotes: one that needs quotes would be run
        let completer = if shell::word(completer) == completer { completer } else { program };
        if self.form == Form::Bash {
            return bash::register(variable, program, completer, out);
        }
        self.registers.write_registration(variable, name, program, completer, out)
    }

    fn write_complete(
        &self,
        command: &mut clap::Command,
        mut words: Vec<OsString>,
        folder: Option<&Path>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let index = match self.form {
            Form::Fish | Form::Powershell => words.len().saturating_sub(1),
            _ => std::env::var("_CLAP_COMPLETE_INDEX").ok().and_then(|index| index.parse().ok()).unwrap_or_default(),
        };
        if words.len() == index {
            words.push(OsString::new());
        }
        let between = match self.form {
            Form::Fish | Form::Powershell => "\n".to_owned(),
            _ => std::env::var("_CLAP_IFS").unwrap_or_else(|_| "\n".to_owned()),
        };
        let mut index = index;
        let mut typed = String::new();
        if let Some(line) = (self.form == Form::Bash).then(|| bash::line(&words, index)).flatten() {
            index = line.words.len() - 1;
            (words, typed) = (line.words, line.typed);
        }
        line::remember(&words);
        let current = words.get(index).map(|word| word.to_string_lossy().into_owned()).unwrap_or_default();
        let found = engine::complete(command, words, index, folder)?;
        let found = found.iter().filter(|candidate| !poses_as_option(candidate, &current));
        let written: Vec<String> = found.filter_map(|candidate| self.form.written(candidate, &typed)).collect();
        write!(out, "{}", written.join(&between))?;
        if matches!(self.form, Form::Fish | Form::Powershell) && !written.is_empty() {
            writeln!(out)?;
        }
        Ok(())
    }
}

/// Whether a value (a file, a name in the cluster) would be taken for an option. Options have an id; a value behind
/// `--name=` or `-n` of the word that is completed has none, and begins with it.
fn poses_as_option(candidate: &CompletionCandidate, current: &str) -> bool {
    let is_attached =
        current.starts_with('-') && (current.contains('=') || (!current.starts_with("--") && current.len() > 1));
    candidate.get_id().is_none() && candidate.get_value().to_string_lossy().starts_with('-') && !is_attached
}

impl Form {
    /// A candidate as the shell reads it; `None` for one that it must not be given: its value is what would be run, so
    /// it cannot be shown otherwise than it is. What is `typed` of it already, the shell keeps.
    fn written(self, candidate: &CompletionCandidate, typed: &str) -> Option<String> {
        let value = candidate.get_value().to_str().filter(|value| !clean::is_unclean(value))?;
        let value = value.strip_prefix(typed)?;
        let help = candidate.get_help().map(ToString::to_string).unwrap_or_default();
        let help = clean::cell(help.lines().next().unwrap_or_default()).into_owned();
        let with_help = |value: &str, mark: &str| {
            if help.is_empty() { value.to_owned() } else { format!("{value}{mark}{help}") }
        };
        Some(match self {
            Self::Bash => backslashed(value),
            Self::Elvish => value.to_owned(),
            Self::Fish => with_help(value, "\t"),
            Self::Powershell => with_help(&single_quoted(value), "\t"),
            Self::Zsh => {
                let value = value.replace('\\', "\\\\").replace(':', "\\:");
                let help = help.replace('\\', "\\\\");
                if help.is_empty() { value } else { format!("{value}:{help}") }
            }
        })
    }
}

/// Characters that no shell gives a meaning to.
fn is_plain(letter: char) -> bool {
    letter.is_alphanumeric() || "-_./,:@%+=".contains(letter)
}

/// A word of bash. Backslashes and no quotes: what was typed of it stays its beginning.
fn backslashed(value: &str) -> String {
    let mut word = String::with_capacity(value.len());
    for letter in value.chars() {
        if !is_plain(letter) {
            word.push('\\');
        }
        word.push(letter);
    }
    word
}

/// A word of PowerShell.
fn single_quoted(value: &str) -> String {
    // it takes typographic quotes for quotes, and a word that begins with `@` for a variable
    if value.chars().all(is_plain) && !value.starts_with('@') && !value.contains(',') {
        return value.to_owned();
    }
    let doubled: String = value
        .chars()
        .flat_map(|letter| {
            let is_quote = matches!(letter, '\'' | '\u{2018}'..='\u{201B}');
            std::iter::repeat_n(letter, if is_quote { 2 } else { 1 })
        })
        .collect();
    format!("'{doubled}'")
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMS: [Form; 5] = [Form::Bash, Form::Elvish, Form::Fish, Form::Powershell, Form::Zsh];

    fn written(form: Form, value: &str, help: &str) -> Option<String> {
        let candidate = CompletionCandidate::new(value).help((!help.is_empty()).then(|| help.to_owned().into()));
        form.written(&candidate, "")
    }

    #[test]
    fn a_value_that_no_terminal_may_see_is_left_out() {
        for form in FORMS {
            for value in ["a\nb", "a\x1b[31m", "a\u{202e}b", "a\u{200b}", "\u{3164}", "a\tb", "a\u{b}b"] {
                assert_eq!(written(form, value, ""), None, "{form:?} {value:?}");
            }
            assert_eq!(written(form, "plain-1.rhai", "").as_deref(), Some("plain-1.rhai"));
        }
    }

    #[test]
    fn a_value_is_no_option() {
        let value = |text: &str| CompletionCandidate::new(text);
        assert!(poses_as_option(&value("--yes"), "") && poses_as_option(&value("-y"), "-"));
        assert!(!poses_as_option(&value("--kind=good"), "--kind=") && !poses_as_option(&value("-ojson"), "-o"));
        assert!(!poses_as_option(&value("--yes").id(Some("arg::yes".to_owned())), "--"));
        assert!(!poses_as_option(&value("plain"), ""));
    }

    #[test]
    fn help_is_one_clean_line() {
        assert_eq!(written(Form::Fish, "a", "b\u{202e}c\td\ne").as_deref(), Some("a\tb�c d"));
        assert_eq!(written(Form::Zsh, "a:b", "c:d\\e").as_deref(), Some("a\\:b:c:d\\\\e"));
        assert_eq!(written(Form::Bash, "a", "b").as_deref(), Some("a"));
    }

    #[test]
    fn shells_that_quote_nothing_are_given_quoted_words() {
        assert_eq!(written(Form::Bash, "$(x) `y`;'\"", "").as_deref(), Some("\\$\\(x\\)\\ \\`y\\`\\;\\'\\\""));
        assert_eq!(written(Form::Powershell, "$(x)", "").as_deref(), Some("'$(x)'"));
        assert_eq!(written(Form::Powershell, "a’b'c", "h").as_deref(), Some("'a’’b''c'\th"));
        assert_eq!(written(Form::Powershell, "@a", "").as_deref(), Some("'@a'"));
    }
}
