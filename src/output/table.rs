//! Tables as `kubectl` prints them: no borders, headers in capitals, three blanks between columns.

use comfy_table::{CellAlignment, ContentArrangement, Row, TableStyle};

use crate::secret::Vault;

use super::paint::Paint;
use super::redact;

/// What stands for a value that is not there, so that columns can be cut by programs.
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
        let shown: Vec<usize> = (0..self.columns.len()).filter(|i| wide || !self.columns[*i].wide_only).collect();
        let mut table = comfy_table::Table::new();
        table.load_style(TableStyle::new()).set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(Row::from(shown.iter().map(|i| redact::cell(&self.columns[*i].name, vault).to_uppercase())));
        for row in &self.rows {
            table.add_row(Row::from(shown.iter().map(|i| {
                let cell = row.get(*i).map_or("", String::as_str);
                let masked = redact::named_cell(&self.columns[*i].name, cell, vault);
                if masked.is_empty() { NONE.to_owned() } else { masked.into_owned() }
            })));
        }
        for (place, i) in shown.iter().enumerate() {
            if let Some(column) = table.column_mut(place) {
                column.set_padding((0, if place + 1 == shown.len() { 0 } else { 3 }));
                if self.columns[*i].right {
                    column.set_cell_alignment(CellAlignment::Right);
                }
            }
        }
        let mut text = String::new();
        for (number, line) in table.lines().enumerate() {
            let line = line.trim_end();
            if number == 0 {
                text.push_str(&paint.header(line))
            } else {
                text.push_str(line)
            }
            text.push('\n');
        }
        text
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
    fn only_the_header_is_painted() {
        let mut table = Table::new([Column::new("name")]);
        table.row(["\x1b[31mx"]);
        assert_eq!(table.render(false, &Vault::default(), Paint { colour: true }), "\x1b[1mNAME\x1b[0m\n␛[31mx\n");
    }
}
