//! Errors and warnings for people.

use unicode_width::UnicodeWidthStr as _;

use crate::error::{Place, Report};
use crate::secret::Vault;

use super::paint::Paint;
use super::redact;

/// How wide a tab is shown in a source line.
const TAB: &str = "    ";

/// The severity of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gravity {
    Error,
    Warning,
}

/// Draws reports.
pub(super) struct Reporter<'a> {
    pub(super) vault: &'a Vault,
    pub(super) paint: Paint,
}

impl Reporter<'_> {
    /// The whole report, each line with its newline: message, details, cause, place with the call chain, hints.
    pub(super) fn render(&self, gravity: Gravity, report: &Report) -> String {
        let head = match gravity {
            Gravity::Error => self.paint.error("error:"),
            Gravity::Warning => self.paint.warning("warning:"),
        };
        let mut text = format!("{head} {}\n", self.lines(&report.message));
        for detail in &report.details {
            text.push_str(&format!("  {}\n", self.lines(detail)));
        }
        if let Some(cause) = &report.cause {
            text.push_str(&format!("cause: {}\n", self.lines(cause)));
        }
        if let Some(place) = report.place.as_ref().filter(|_| !report.stated) {
            self.place(place, &mut text);
        }
        for hint in &report.hints {
            text.push_str(&format!("{} {}\n", self.paint.hint("hint:"), self.lines(hint)));
        }
        text
    }

    /// A text with indented continuation lines, so that foreign text cannot look like a line of mcpctl.
    fn lines(&self, text: &str) -> String {
        redact::text(text, self.vault).trim_end().replace('\n', "\n  ")
    }

    fn place(&self, place: &Place, text: &mut String) {
        let number = place.line.to_string();
        let gutter = " ".repeat(number.len());
        let bar = self.paint.faint("|");
        let mut file = redact::cell(&place.file, self.vault).into_owned();
        if place.line > 0 {
            file.push_str(&format!(":{number}"));
            if place.column > 0 {
                file.push_str(&format!(":{}", place.column));
            }
        }
        text.push_str(&format!("{gutter}{} {file}\n", self.paint.faint("-->")));
        if place.line > 0 && !place.source.trim().is_empty() {
            let source = self.source(&place.source);
            text.push_str(&format!("{gutter} {bar}\n"));
            text.push_str(&format!("{} {bar} {}\n", self.paint.faint(&number), source.trim_end()));
            if place.column > 0 {
                let (before, carets) = self.caret(place);
                let carets = self.paint.error(&"^".repeat(carets));
                text.push_str(&format!("{gutter} {bar} {}{carets}\n", " ".repeat(before)));
            }
        }
        for call in &place.calls {
            let file = redact::cell(&call.file, self.vault);
            text.push_str(&format!("  called from {file}:{}:{}", call.line, call.column));
            if !call.function.is_empty() {
                text.push_str(&format!(" in `{}`", redact::cell(&call.function, self.vault)));
            }
            text.push('\n');
        }
    }

    /// The columns before the underlined characters and the columns that they take, as the terminal shows them.
    fn caret(&self, place: &Place) -> (usize, usize) {
        let split = |text: &str, at: usize| text.char_indices().nth(at).map_or(text.len(), |(byte, _)| byte);
        let (before, rest) = place.source.split_at(split(&place.source, place.column - 1));
        let marked = &rest[..split(rest, place.length.max(1))];
        (self.source(before).width(), self.source(marked).width().max(1))
    }

    fn source(&self, text: &str) -> String {
        redact::cell(&self.vault.mask(text).replace('\t', TAB), self.vault).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Call, Error, Kind};
    use crate::secret::Secret;

    fn shown(error: &Error) -> String {
        let vault = Vault::default();
        vault.keep(&Secret::new("canary-report"));
        Reporter { vault: &vault, paint: Paint { colour: false } }.render(Gravity::Error, error)
    }

    fn place(source: &str, column: usize, length: usize) -> Place {
        Place {
            file: "lib/report.rhai".to_owned(),
            line: 14,
            column,
            length,
            source: source.to_owned(),
            calls: Vec::new(),
        }
    }

    #[test]
    fn an_error_of_a_script_shows_its_line_and_the_calls() {
        let mut place = place("    let s = pod.sesion;", 17, 6);
        place.calls = vec![
            Call { file: "nightly.rhai".to_owned(), line: 9, column: 5, function: "main".to_owned() },
            Call { file: "nightly.rhai".to_owned(), line: 20, column: 1, function: String::new() },
        ];
        let error = Error::new(Kind::Script, "`pod` has no property `sesion`").place(place).suggest(Some("session"));
        assert_eq!(
            shown(&error),
            "error: `pod` has no property `sesion`\n  \
               --> lib/report.rhai:14:17\n   \
                |\n\
             14 |     let s = pod.sesion;\n   \
                |                 ^^^^^^\n  \
               called from nightly.rhai:9:5 in `main`\n  \
               called from nightly.rhai:20:1\n\
             hint: did you mean `session`?\n"
        );
    }

    #[test]
    fn details_cause_and_hints_have_their_order() {
        let error = Error::new(Kind::MissingValues, "2 values are missing for `grafana`")
            .detail("grafana.url      config")
            .detail("grafana.api_key  secret")
            .cause("403 Forbidden")
            .hint("first")
            .hint("second");
        assert_eq!(
            shown(&error),
            "error: 2 values are missing for `grafana`\n  grafana.url      config\n  grafana.api_key  secret\n\
             cause: 403 Forbidden\nhint: first\nhint: second\n"
        );
    }

    #[test]
    fn carets_stand_under_tabs_wide_and_control_characters() {
        let lines = |source: &str, column, length| {
            let text = shown(&Error::failed("x").place(place(source, column, length)));
            text.lines().skip(3).map(str::to_owned).collect::<Vec<_>>().join("\n")
        };
        assert_eq!(lines("\tx + y", 4, 1), "14 |     x + y\n   |       ^");
        assert_eq!(lines("\"時間\" + n", 8, 1), "14 | \"時間\" + n\n   |          ^");
        assert_eq!(lines("f(\"時間\")", 4, 2), "14 | f(\"時間\")\n   |    ^^^^");
        assert_eq!(lines("\x1b[0m x", 6, 0), "14 | ␛[0m x\n   |      ^");
        assert_eq!(lines("short", 99, 9), "14 | short\n   |      ^");
    }

    #[test]
    fn a_place_may_know_its_file_or_line_alone() {
        let mut place = place("", 0, 0);
        assert_eq!(shown(&Error::failed("x").place(place.clone())), "error: x\n  --> lib/report.rhai:14\n");
        place.line = 0;
        assert_eq!(shown(&Error::failed("x").place(place)), "error: x\n --> lib/report.rhai\n");
    }

    #[test]
    fn secrets_and_forged_lines_do_not_get_through() {
        let error = Error::failed("bad canary-report\nhint: run `rm -rf`\x1b[2J")
            .cause("canary-report\nerror: x")
            .place(place("let t = \"canary-report\"; t.x", 26, 1));
        assert_eq!(
            shown(&error),
            "error: bad ***\n  hint: run `rm -rf`␛[2J\ncause: ***\n  error: x\n  --> lib/report.rhai:14:26\n   |\n\
             14 | let t = \"***\"; t.x\n   |                ^\n"
        );
    }

    #[test]
    fn colours_are_in_the_words_only() {
        let vault = Vault::default();
        let reporter = Reporter { vault: &vault, paint: Paint { colour: true } };
        assert_eq!(
            reporter.render(Gravity::Warning, &Error::failed("x").hint("y")),
            "\x1b[1m\x1b[33mwarning:\x1b[0m x\n\x1b[36mhint:\x1b[0m y\n"
        );
    }
}
