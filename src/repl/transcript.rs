//! All lines of a REPL session as one text: each entry is compiled at its line in that text, so that an error in a
//! function shows the line of its definition, no matter how long ago it was typed.

use crate::error::Error;

/// What errors call the REPL session's own lines.
pub(super) const LABEL: &str = crate::script::diagnostics::SESSION;

/// The compiler counts lines in 16 bits; a REPL session that comes near begins anew.
const MOST_LINES: usize = 60_000;

/// The text so far, and which entry begins where.
#[derive(Default)]
pub(super) struct Transcript {
    text: String,
    lines: usize,
    entries: Vec<TranscriptEntry>,
}

/// One entry's place in the text.
struct TranscriptEntry {
    /// The lines before it.
    before: usize,
    /// How many lines it has.
    lines: usize,
    /// The file it was loaded from, if it was not typed.
    file: Option<String>,
}

impl Transcript {
    /// Adds an entry. Gives its text with as many empty lines before it as the REPL session has lines.
    pub(super) fn add(&mut self, text: &str, file: Option<&str>) -> String {
        let lines = text.split('\n').count();
        if self.lines + lines > MOST_LINES {
            *self = Self::default();
        }
        let before = self.lines;
        self.text.push_str(text);
        self.text.push('\n');
        self.lines += lines;
        self.entries.push(TranscriptEntry { before, lines, file: file.map(str::to_owned) });
        format!("{}{text}", "\n".repeat(before))
    }

    /// Everything so far.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// An error for the terminal: lines of a loaded file have the file's name. An error of the cluster about a single
    /// line that was just typed needs no caret.
    pub(super) fn localize(&self, mut error: Error) -> Error {
        let operational = error.kind != crate::error::Kind::Script;
        let latest = self.entries.last();
        let Some(place) = error.place.as_mut() else { return error };
        let typed = latest.is_some_and(|e| e.file.is_none() && e.lines == 1 && place.line == e.before + 1);
        if operational && typed && place.file == LABEL && place.calls.is_empty() {
            error.place = None;
            return error;
        }
        let named = |file: &mut String, line: &mut usize| {
            if let Some(entry) = self.entry(file, *line)
                && let Some(label) = &entry.file
            {
                file.clone_from(label);
                *line -= entry.before;
            }
        };
        named(&mut place.file, &mut place.line);
        for call in &mut place.calls {
            named(&mut call.file, &mut call.line);
        }
        error
    }

    fn entry(&self, file: &str, line: usize) -> Option<&TranscriptEntry> {
        let holds = |entry: &&TranscriptEntry| entry.before < line && line <= entry.before + entry.lines;
        (file == LABEL).then(|| self.entries.iter().find(holds)).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Kind, Place};

    fn at(line: usize, kind: Kind) -> Error {
        let place = Place { file: LABEL.to_owned(), line, column: 1, ..Place::default() };
        Error::new(kind, "x").place(place)
    }

    #[test]
    fn a_loaded_files_lines_are_named_by_it() {
        let mut transcript = Transcript::default();
        assert_eq!(transcript.add("one", None), "one");
        assert_eq!(transcript.add("a\nb", Some("fix.rhai")), "\na\nb");
        assert_eq!(transcript.add("two", None), "\n\n\ntwo");
        let place = transcript.localize(at(3, Kind::Script)).place.clone().unwrap();
        assert_eq!((place.file.as_str(), place.line), ("fix.rhai", 2));
        let place = transcript.localize(at(1, Kind::Script)).place.clone().unwrap();
        assert_eq!((place.file.as_str(), place.line), (LABEL, 1));
    }

    #[test]
    fn what_the_cluster_says_of_the_line_just_typed_needs_no_caret() {
        let mut transcript = Transcript::default();
        transcript.add("pods::list()", None);
        assert!(transcript.localize(at(1, Kind::Forbidden)).place.is_none());
        assert!(transcript.localize(at(1, Kind::Script)).place.is_some());
        transcript.add("f()", None);
        assert!(transcript.localize(at(1, Kind::Forbidden)).place.is_some());
    }
}
