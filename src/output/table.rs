//! Tables as `kubectl` prints them: no borders, headers in capitals, three blanks between columns.
//!
//! Laid out here and not by a crate: without borders and wrapping it is two passes over the cells, and a list of
//! ten thousand pods is drawn in a tenth of the time and a fraction of the memory that `comfy-table` takes.

use std::borrow::Cow;

use unicode_width::UnicodeWidthStr as _;

use crate::secret::Vault;

use super::paint::Paint;
use super::redact;

/// What stands between columns.
const GAP: &str = "   ";

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
}

impl Column {
    /// A column that is always shown, aligned to the left.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), wide_only: false, right: false }
    }

    /// Shows it with `-o wide` only.
    #[must_use]
    pub fn wide(mut self) -> Self {
        self.wide_only = true;
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
    /// of sentinels.
    pub(super) fn render(&self, wide: bool, vault: &Vault, paint: Paint) -> String {
        let lines = self.lines(wide, true, vault);
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

    /// Its rows without the header, indented: what a question is about. At most `most` of them.
    pub(super) fn preview(&self, most: usize, vault: &Vault) -> String {
        let lines = self.lines(false, false, vault);
        let mut text: String = lines.iter().take(most).map(|line| format!("  {line}\n")).collect();
        if lines.len() > most {
            text.push_str(&format!("  … and {} more\n", lines.len() - most));
        }
        text
    }

    /// Header (if wished for) and rows, laid out.
    fn lines(&self, wide: bool, headed: bool, vault: &Vault) -> Vec<String> {
        let shown: Vec<(usize, &Column)> =
            self.columns.iter().enumerate().filter(|(_, column)| wide || !column.wide_only).collect();
        let header: Vec<Cow<'_, str>> =
            shown.iter().map(|(_, column)| redact::cell(&column.name, vault).to_uppercase().into()).collect();
        let rows = self
            .rows
            .iter()
            .map(|row| shown.iter().map(|(place, column)| cell(column, row.get(*place), vault)).collect());
        let lines: Vec<Vec<Cow<'_, str>>> = headed.then_some(header).into_iter().chain(rows).collect();
        let mut widths = vec![0; shown.len()];
        for cells in &lines {
            for (width, text) in widths.iter_mut().zip(cells) {
                *width = text.width().max(*width);
            }
        }
        let right: Vec<bool> = shown.iter().map(|(_, column)| column.right).collect();
        lines.iter().map(|cells| line(cells, &widths, &right)).collect()
    }
}

fn line(cells: &[Cow<'_, str>], widths: &[usize], right: &[bool]) -> String {
    let mut line = String::with_capacity(widths.iter().map(|width| width + GAP.len()).sum());
    for ((text, width), right) in cells.iter().zip(widths).zip(right) {
        let blanks = " ".repeat(width - text.width());
        let (before, after) = if *right { (blanks.as_str(), "") } else { ("", blanks.as_str()) };
        line.extend([before, text, after, GAP]);
    }
    line.truncate(line.trim_end().len());
    line
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
            pods().render(false, &Vault::default(), PLAIN),
            "NAME            STATUS                       RESTARTS\n\
             mcp-grafana-1   Running                             0\n\
             mcp-時-2        CreateContainerConfigError         12\n"
        );
    }

    #[test]
    fn wide_has_every_column_and_no_cell_breaks_a_line() {
        assert_eq!(
            pods().render(true, &Vault::default(), PLAIN),
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
            table.render(false, &vault, PLAIN),
            "NAME           VALUE\ncanary-table   ***\n***            ***\n"
        );
    }

    #[test]
    fn a_preview_has_rows_alone_and_says_how_many_it_leaves_out() {
        let vault = Vault::default();
        assert_eq!(
            pods().preview(2, &vault),
            "  mcp-grafana-1   Running                       0\n  \
               mcp-時-2        CreateContainerConfigError   12\n"
        );
        assert_eq!(pods().preview(1, &vault).lines().last(), Some("  … and 1 more"));
    }

    #[test]
    fn only_the_header_is_painted() {
        let mut table = Table::new([Column::new("name")]);
        table.row(["\x1b[31mx"]);
        assert_eq!(table.render(false, &Vault::default(), Paint { colour: true }), "\x1b[1mNAME\x1b[0m\n␛[31mx\n");
    }
}
