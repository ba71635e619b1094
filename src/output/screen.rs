//! A block of lines that is drawn again in its place, as large as the terminal allows.

use std::borrow::Cow;

use console::{Term, measure_text_width, truncate_str};

/// What was drawn last.
#[derive(Debug, Default)]
pub(super) struct Screen {
    /// Its lines, as long as nothing else was written below them.
    lines: usize,
    /// The text, where none was drawn over.
    text: Option<String>,
}

/// Rows and columns of a terminal.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    rows: usize,
    columns: usize,
}

impl Size {
    pub(super) fn columns(self) -> usize {
        self.columns
    }
}

impl Screen {
    /// The size of the terminal that stdout is; `None` if it does not say.
    pub(super) fn size() -> Option<Size> {
        let (rows, columns) = Term::stdout().size_checked()?;
        Some(Size { rows: rows.into(), columns: columns.into() })
    }

    /// What draws a block and the line under it in place of the last one. What does not fit is cut off with its number;
    /// with `whole`, its lines are not cut at the edge.
    pub(super) fn replace(&mut self, text: &str, under: &str, size: Size, whole: bool) -> String {
        let mut lines: Vec<&str> = text.lines().collect();
        let rows = |line: &&str| match whole {
            true => measure_text_width(line).div_ceil(size.columns.max(1)).max(1),
            false => 1,
        };
        // the line under the block, that of what is left out, and the cursor's
        let mut room = size.rows.saturating_sub(3).max(1);
        let shown = lines.iter().take_while(|line| {
            let fits = rows(line) <= room;
            room = room.saturating_sub(rows(line));
            fits
        });
        let shown = shown.count();
        let left_out = lines.len() - shown;
        lines.truncate(shown);
        let more = format!("… and {left_out} more lines: make the window larger, or name servers");
        if left_out > 0 {
            lines.push(&more);
        }
        if !under.is_empty() {
            lines.push(under);
        }
        let mut drawn = String::new();
        if self.lines > 0 {
            // up to its first line, and everything from there on cleared
            drawn.push_str(&format!("\r\x1b[{}A\x1b[J", self.lines));
        }
        for (place, line) in lines.iter().enumerate() {
            // the lines of our own below the block are cut in any case
            let is_whole = whole && place < shown;
            drawn.push_str(&if is_whole { Cow::Borrowed(*line) } else { truncate_str(line, size.columns, "…") });
            drawn.push('\n');
        }
        self.lines = lines.iter().take(shown).map(rows).sum::<usize>() + lines.len() - shown;
        drawn
    }

    /// Whether a text is another than the last one.
    pub(super) fn is_new(&mut self, text: &str) -> bool {
        let new = self.text.as_deref() != Some(text);
        self.text = Some(text.to_owned());
        new
    }

    /// Something else was written: what was drawn is not drawn over any more.
    pub(super) fn leave(&mut self) {
        self.lines = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size { rows: 6, columns: 8 };

    #[test]
    fn a_block_is_drawn_over_the_last_one() {
        let mut screen = Screen::default();
        assert_eq!(screen.replace("A\nb\n", "2 things", SIZE, false), "A\nb\n2 things\n");
        assert_eq!(screen.replace("A\n", "", SIZE, false), "\r\x1b[3A\x1b[JA\n");
        screen.leave();
        assert_eq!(screen.replace("A\n", "", SIZE, false), "A\n");
    }

    #[test]
    fn what_does_not_fit_is_cut() {
        let mut screen = Screen::default();
        let drawn = screen.replace("\x1b[1mHEADER OF A TABLE\x1b[0m\n1\n2\n3\n4\n", "", SIZE, false);
        let lines: Vec<&str> = drawn.lines().collect();
        assert_eq!(lines.len(), 4);
        assert_eq!(lines[0], "\x1b[1mHEADER …\x1b[0m");
        assert!(lines[3].starts_with("… and 2"), "{}", lines[3]);
    }

    #[test]
    fn whole_lines_count_as_the_rows_that_they_take() {
        let mut screen = Screen::default();
        let drawn = screen.replace("0123456789\n1\n2\n", "", SIZE, true);
        assert_eq!(drawn.lines().collect::<Vec<_>>()[..2], ["0123456789", "1"]);
        assert!(drawn.ends_with("\n… and 1…\n"), "{drawn}");
        assert!(screen.replace("A\n", "", SIZE, true).starts_with("\r\x1b[4A"), "two rows, one, and the note");
    }

    #[test]
    fn the_same_text_is_not_new() {
        let mut screen = Screen::default();
        assert!(screen.is_new("") && !screen.is_new(""), "nothing is told once, too");
        assert!(screen.is_new("a") && !screen.is_new("a") && screen.is_new("b"));
    }
}
