//! The few colours: of headers, and of the words `error:`, `warning:`, `hint:`.

use anstyle::{AnsiColor, Style};

const HEADER: Style = Style::new().bold();
const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default();
const GOOD: Style = AnsiColor::Green.on_default();
const FAINT: Style = Style::new().dimmed();

/// The colours that distinguish many sources.
const SOURCES: [AnsiColor; 10] = [
    AnsiColor::Cyan,
    AnsiColor::Green,
    AnsiColor::Magenta,
    AnsiColor::Yellow,
    AnsiColor::Blue,
    AnsiColor::BrightCyan,
    AnsiColor::BrightGreen,
    AnsiColor::BrightMagenta,
    AnsiColor::BrightYellow,
    AnsiColor::BrightBlue,
];

/// Whether there are colours, and which.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paint {
    /// Whether the stream shows colours.
    pub(super) colour: bool,
}

impl Paint {
    fn with(self, style: Style, text: &str) -> String {
        if self.colour && !text.is_empty() { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    pub(super) fn header(self, text: &str) -> String {
        self.with(HEADER, text)
    }

    pub(super) fn error(self, text: &str) -> String {
        self.with(ERROR, text)
    }

    pub(super) fn warning(self, text: &str) -> String {
        self.with(WARNING, text)
    }

    pub(super) fn hint(self, text: &str) -> String {
        self.with(HINT, text)
    }

    pub(super) fn good(self, text: &str) -> String {
        self.with(GOOD, text)
    }

    /// The name of one of many sources, by its number.
    pub(super) fn source(self, number: usize, text: &str) -> String {
        self.with(SOURCES[number % SOURCES.len()].on_default(), text)
    }

    pub(super) fn faint(self, text: &str) -> String {
        self.with(FAINT, text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_only_where_they_are_shown() {
        assert_eq!(Paint { colour: true }.error("error:"), "\x1b[1m\x1b[31merror:\x1b[0m");
        assert_eq!(Paint { colour: false }.error("error:"), "error:");
    }
}
