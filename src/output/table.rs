//! Tables as `kubectl` prints them: no borders, headers in capitals, three blanks between columns.
//!
//! Laid out here and not by a crate: without borders and wrapping it is two passes over the cells, and a list of
//! ten thousand pods is drawn in a tenth of the time and a fraction of the memory that `comfy-table` takes.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::secret::Vault;

use super::paint::Paint;
use super::redact;

/// What stands between columns.
const GAP: &str = "   ";

/// The fewest columns of the terminal in which a wrapped cell stays beside the others; with fewer it is put below them.
const NARROWEST: usize = 40;

/// What is before a cell below its row.
const INDENT: &str = "    ";

/// The placeholder for a missing value, so that programs can split the columns.
pub(super) const NONE: &str = "<none>";

/// One column of a [`Table`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The header; shown in capitals.
    pub name: String,
    /// Whether only `-o wide` shows it.
    pub wide_only: bool,
    /// Whether its cells are aligned to the right (counts, sizes).
    pub right: bool,
    /// Whether its cells are states: `failed` and `warning` are coloured.
    pub is_state: bool,
    /// Whether the cells of this last column continue below themselves where the terminal is too narrow for them.
    pub wraps: bool,
}

impl Column {
    /// A column that is always shown, aligned to the left.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), wide_only: false, right: false, is_state: false, wraps: false }
    }

    /// Shows it with `-o wide` only.
    #[must_use]
    pub fn wide(mut self) -> Self {
        self.wide_only = true;
        self
    }

    /// Colours `failed` and `warning` in it.
    #[must_use]
    pub fn state(mut self) -> Self {
        self.is_state = true;
        self
    }

    /// Wraps its cells at the edge of the terminal; for the last column.
    #[must_use]
    pub fn wrapped(mut self) -> Self {
        self.wraps = true;
        self
    }

    /// Aligns its cells to the right.
    #[must_use]
    pub fn right(mut self) -> Self {
        self.right = true;
        self
    }
}

/// Rows under named columns. An empty cell is shown as `<none>`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    /// The columns, wide ones included.
    pub columns: Vec<Column>,
    /// The rows: a cell for every column, in their order.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows yet.
    pub fn new(columns: impl IntoIterator<Item = Column>) -> Self {
        Self { columns: columns.into_iter().collect(), rows: Vec::new() }
    }

    /// Adds a row: a cell for every column, in their order.
    pub fn row<C: Into<String>>(&mut self, cells: impl IntoIterator<Item = C>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    /// The table as lines of text, each with its newline; cells cleaned and masked, those of name columns only
    /// of sentinels. `width` is that of the terminal, at which cells are wrapped.
    pub(super) fn render(&self, wide: bool, width: Option<usize>, vault: &Vault, paint: Paint) -> String {
        let lines = self.lines(wide, width, vault, paint);
        let mut text = String::with_capacity(lines.iter().map(|line| line.len() + 1).sum());
        for (number, line) in lines.iter().enumerate() {
            if number == 0 {
                text.push_str(&paint.header(line));
            } else {
                text.push_str(line);
            }
            text.push('\n');
        }
        text
    }

    /// Its header and rows, indented: what a question is about. At most `most` rows; nothing for an empty table.
    pub(super) fn preview(&self, most: usize, vault: &Vault) -> String {
        if self.rows.is_empty() {
            return String::new();
        }
        let lines = self.lines(false, None, vault, Paint { colour: false });
        let mut text: String = lines.iter().take(most + 1).map(|line| format!("  {line}\n")).collect();
        if self.rows.len() > most {
            text.push_str(&format!("  … and {} more\n", self.rows.len() - most));
        }
        text
    }

    /// Header and rows, laid out.
    fn lines(&self, wide: bool, width: Option<usize>, vault: &Vault, paint: Paint) -> Vec<String> {
        let shown: Vec<(usize, &Column)> =
            self.columns.iter().enumerate().filter(|(_, column)| wide || !column.wide_only).collect();
        let header: Vec<Cow<'_, str>> =
            shown.iter().map(|(_, column)| redact::cell(&column.name, vault).to_uppercase().into()).collect();
        let rows = self
            .rows
            .iter()
            .map(|row| shown.iter().map(|(place, column)| cell(column, row.get(*place), vault)).collect());
        let lines: Vec<Vec<Cow<'_, str>>> = std::iter::once(header).chain(rows).collect();
        let columns: Vec<&Column> = shown.into_iter().map(|(_, column)| column).collect();
        match width.filter(|_| columns.last().is_some_and(|column| column.wraps)) {
            None => laid_out(&lines, &columns, paint),
            Some(width) => wrapped(lines, width, &columns, paint),
        }
    }
}

fn widths(lines: &[Vec<Cow<'_, str>>], columns: &[&Column]) -> Vec<usize> {
    let mut widths = vec![0; columns.len()];
    for cells in lines {
        for (width, text) in widths.iter_mut().zip(cells) {
            *width = text.width().max(*width);
        }
    }
    widths
}

fn laid_out(lines: &[Vec<Cow<'_, str>>], columns: &[&Column], paint: Paint) -> Vec<String> {
    let widths = widths(lines, columns);
    lines.iter().map(|cells| line(cells, &widths, columns, paint)).collect()
}

fn line(cells: &[Cow<'_, str>], widths: &[usize], columns: &[&Column], paint: Paint) -> String {
    let mut line = String::with_capacity(widths.iter().map(|width| width + GAP.len()).sum());
    for ((text, width), column) in cells.iter().zip(widths).zip(columns) {
        let blanks = " ".repeat(width - text.width());
        let (before, after) = if column.right { (blanks.as_str(), "") } else { ("", blanks.as_str()) };
        let text = match &**text {
            "failed" if column.is_state => &paint.error(text),
            "warning" if column.is_state => &paint.warning(text),
            text => text,
        };
        line.extend([before, text, after, GAP]);
    }
    line.truncate(line.trim_end().len());
    line
}

/// Lines whose last cells fit into a terminal of this width: cut into pieces, one on each line, beside the other cells or,
/// where that leaves too little room, below them.
fn wrapped(mut lines: Vec<Vec<Cow<'_, str>>>, width: usize, columns: &[&Column], paint: Paint) -> Vec<String> {
    let others = &columns[..columns.len() - 1];
    let lasts: Vec<Cow<'_, str>> = lines.iter_mut().map(|cells| cells.pop().unwrap_or_default()).collect();
    let before: usize = widths(&lines, others).iter().map(|width| width + GAP.len()).sum();
    let room = width.saturating_sub(before);
    let mut result = Vec::with_capacity(lines.len());
    if room >= NARROWEST {
        for (mut cells, last) in lines.into_iter().zip(lasts) {
            for piece in pieces(&last, room) {
                let blank = vec![Cow::Borrowed(""); cells.len()];
                cells.push(piece.into());
                result.push(std::mem::replace(&mut cells, blank));
            }
        }
        return laid_out(&result, columns, paint);
    }
    let mut shown = Vec::with_capacity(lines.len());
    for (number, (head, last)) in laid_out(&lines, others, paint).into_iter().zip(lasts).enumerate() {
        if !head.is_empty() {
            shown.push(head);
        }
        // the header names the columns that are beside each other
        if number > 0 && last != NONE {
            let room = width.saturating_sub(INDENT.len()).max(1);
            shown.extend(pieces(&last, room).into_iter().map(|piece| format!("{INDENT}{piece}")));
        }
    }
    shown
}

/// A string in pieces of at most `room` columns, cut at blanks if possible.
fn pieces(text: &str, room: usize) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut used = 0;
    for word in text.split(' ') {
        if used > 0 && used + 1 + word.width() > room {
            pieces.push(String::new());
            used = 0;
        }
        for (place, letter) in (if used > 0 { " " } else { "" }).chars().chain(word.chars()).enumerate() {
            let width = letter.width().unwrap_or(0);
            if place > 0 && used + width > room {
                pieces.push(String::new());
                used = 0;
            }
            if let Some(last) = pieces.last_mut() {
                last.push(letter);
            }
            used += width;
        }
    }
    pieces
}

fn cell<'a>(column: &Column, text: Option<&'a String>, vault: &Vault) -> Cow<'a, str> {
    match text {
        Some(text) if !text.is_empty() => redact::named_cell(&column.name, text, vault),
        _ => Cow::Borrowed(NONE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    const PLAIN: Paint = Paint { colour: false };

    fn pods() -> Table {
        let mut table = Table::new([
            Column::new("name"),
            Column::new("status"),
            Column::new("restarts").right(),
            Column::new("reason").wide(),
        ]);
        table.row(["mcp-grafana-1", "Running", "0", ""]);
        table.row(["mcp-時-2", "CreateContainerConfigError", "12", "no key\nurl"]);
        table
    }

    #[test]
    fn columns_stand_under_their_headers() {
        assert_eq!(
            pods().render(false, None, &Vault::default(), PLAIN),
            "NAME            STATUS                       RESTARTS\n\
             mcp-grafana-1   Running                             0\n\
             mcp-時-2        CreateContainerConfigError         12\n"
        );
    }

    #[test]
    fn wide_has_every_column_and_no_cell_breaks_a_line() {
        assert_eq!(
            pods().render(true, None, &Vault::default(), PLAIN),
            "NAME            STATUS                       RESTARTS   REASON\n\
             mcp-grafana-1   Running                             0   <none>\n\
             mcp-時-2        CreateContainerConfigError         12   no key url\n"
        );
    }

    #[test]
    fn secrets_are_masked_but_not_in_names() {
        let vault = Vault::default();
        let sentinel = vault.keep(&Secret::new("canary-table"));
        let mut table = Table::new([Column::new("name"), Column::new("value")]);
        table.row(["canary-table", "canary-table"]);
        table.row([sentinel.as_str(), sentinel.as_str()]);
        assert_eq!(
            table.render(false, None, &vault, PLAIN),
            "NAME           VALUE\ncanary-table   ***\n***            ***\n"
        );
    }

    #[test]
    fn a_preview_has_a_header_and_says_how_many_rows_it_leaves_out() {
        let vault = Vault::default();
        assert_eq!(
            pods().preview(2, &vault),
            "  NAME            STATUS                       RESTARTS\n  \
               mcp-grafana-1   Running                             0\n  \
               mcp-時-2        CreateContainerConfigError         12\n"
        );
        assert_eq!(Table::new([Column::new("name")]).preview(2, &vault), "");
        assert_eq!(pods().preview(1, &vault).lines().last(), Some("  … and 1 more"));
    }

    #[test]
    fn a_long_last_cell_continues_below_itself_on_a_narrow_terminal() {
        let mut table = Table::new([Column::new("check"), Column::new("found").wrapped()]);
        table.row(["pods", "couldn't find key grafana.api_key in Secret default/team-secrets"]);
        table.row(["x", "012345678901234567890123456789012345678901234567"]);
        let render = |width| table.render(false, width, &Vault::default(), PLAIN);
        assert_eq!(
            render(Some(50)),
            "CHECK   FOUND\n\
             pods    couldn't find key grafana.api_key in\n        Secret default/team-secrets\n\
             x       012345678901234567890123456789012345678901\n        234567\n"
        );
        assert_eq!(
            render(Some(30)),
            "CHECK\npods\n    couldn't find key\n    grafana.api_key in Secret\n    default/team-secrets\n\
             x\n    01234567890123456789012345\n    6789012345678901234567\n"
        );
        assert_eq!(render(None).lines().count(), 3);
    }

    #[test]
    fn states_are_painted() {
        let mut table = Table::new([Column::new("state").state(), Column::new("x")]);
        table.row(["failed", "failed"]);
        table.row(["ok", "x"]);
        let lines = table.render(false, None, &Vault::default(), Paint { colour: true });
        assert_eq!(lines, "\x1b[1mSTATE    X\x1b[0m\n\x1b[1m\x1b[31mfailed\x1b[0m   failed\nok       x\n");
    }

    #[test]
    fn only_the_header_is_painted() {
        let mut table = Table::new([Column::new("name")]);
        table.row(["\x1b[31mx"]);
        assert_eq!(
            table.render(false, None, &Vault::default(), Paint { colour: true }),
            "\x1b[1mNAME\x1b[0m\n␛[31mx\n"
        );
    }
}
