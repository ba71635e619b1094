//! How a script's result is printed on stdout.

use serde_json::Value;

use crate::error::Result;
use crate::secret::Vault;

use super::form::Form;
use super::outline::Outline;
use super::paint::Paint;
use super::table::Table;
use super::{redact, structured};

/// A result: its value for programs, and its table for people.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Document {
    /// What `-o json|yaml` print; shown to people as well where there is no table.
    pub value: Value,
    /// What `-o table|wide` print.
    pub table: Option<Table>,
    /// The line under a table, on stderr: `3 pods in 2 sessions, namespace mcp`.
    pub summary: Option<String>,
    /// The message on stderr for an empty list: ``no pods found in namespace `mcp` ``.
    pub empty: Option<String>,
    /// The kind of things that do not say theirs, for `-o name`.
    pub kind: Option<String>,
    /// It is the result of several runs: the line under it is one for each.
    pub several: bool,
}

impl Document {
    /// A result shown by its value alone.
    #[must_use]
    pub fn new(value: Value) -> Self {
        Self { value, ..Self::default() }
    }

    /// Sets the table that people are shown.
    #[must_use]
    pub fn table(mut self, table: Table) -> Self {
        self.table = Some(table);
        self
    }

    /// Sets the line under the table.
    #[must_use]
    pub fn summary(mut self, line: impl Into<String>) -> Self {
        self.summary = Some(line.into());
        self
    }

    /// Sets the message for an empty list.
    #[must_use]
    pub fn empty(mut self, line: impl Into<String>) -> Self {
        self.empty = Some(line.into());
        self
    }

    /// Sets the kind for `-o name`.
    #[must_use]
    pub fn kind(mut self, kind: impl Into<String>) -> Self {
        self.kind = Some(kind.into());
        self
    }

    /// The text for stdout in a form, masked and clean. `width` is that of the terminal; `-o wide` never wraps.
    ///
    /// # Errors
    /// In the form `name`, if the value has no names.
    pub(super) fn render(&self, form: Form, width: Option<usize>, vault: &Vault, paint: Paint) -> Result<String> {
        let wide = form == Form::Wide;
        match form {
            Form::Json => structured::json(&redact::value(&self.value, vault)),
            Form::Yaml => structured::yaml(&redact::value(&self.value, vault)),
            Form::Name => structured::names(&self.value, self.kind.as_deref()),
            Form::Table | Form::Wide => Ok(match &self.table {
                Some(table) if table.rows.is_empty() => String::new(),
                Some(table) => table.render(wide, width.filter(|_| !wide), vault, paint),
                None => Outline { wide, vault, paint }.render(&self.value),
            }),
        }
    }

    /// What stderr says beside it in a form.
    pub(super) fn remark(&self, form: Form) -> Option<&str> {
        let empty = match &self.table {
            Some(table) if !form.is_document() => table.rows.is_empty(),
            _ => self.value.as_array().is_some_and(Vec::is_empty),
        };
        match form {
            Form::Json | Form::Yaml => None,
            _ if empty => self.empty.as_deref(),
            Form::Name => None,
            Form::Table | Form::Wide => self.summary.as_deref(),
        }
    }
}

impl From<Value> for Document {
    fn from(value: Value) -> Self {
        Self::new(value)
    }
}

#[cfg(test)]
mod tests {
    use super::super::printer::Printer;
    use super::super::table::Column;
    use super::*;
    use serde_json::json;

    fn pods(names: &[&str]) -> Document {
        let mut table = Table::new([Column::new("name")]);
        names.iter().for_each(|name| table.row([*name]));
        Document::new(names.iter().map(|name| json!({"name": name})).collect())
            .table(table)
            .kind("pod")
            .empty("no pods found in namespace `mcp`")
            .summary(format!("{} pods", names.len()))
    }

    fn printed(document: &Document, form: Form) -> (String, String) {
        let (printer, captured) = Printer::in_memory(form);
        printer.document(document).unwrap();
        (captured.out(), captured.err())
    }

    #[test]
    fn data_goes_to_stdout_and_the_summary_to_stderr() {
        let pods = pods(&["a", "b"]);
        assert_eq!(printed(&pods, Form::Table), ("NAME\na\nb\n".to_owned(), "2 pods\n".to_owned()));
        assert_eq!(printed(&pods, Form::Wide), ("NAME\na\nb\n".to_owned(), "2 pods\n".to_owned()));
        assert_eq!(printed(&pods, Form::Name), ("pod/a\npod/b\n".to_owned(), String::new()));
        let json = "[\n  {\n    \"name\": \"a\"\n  },\n  {\n    \"name\": \"b\"\n  }\n]\n";
        assert_eq!(printed(&pods, Form::Json), (json.to_owned(), String::new()));
        assert_eq!(printed(&pods, Form::Yaml), ("- name: a\n- name: b\n".to_owned(), String::new()));
    }

    #[test]
    fn an_empty_list_says_so() {
        let said = "no pods found in namespace `mcp`\n".to_owned();
        assert_eq!(printed(&pods(&[]), Form::Table), (String::new(), said.clone()));
        assert_eq!(printed(&pods(&[]), Form::Name), (String::new(), said));
        assert_eq!(printed(&pods(&[]), Form::Json), ("[]\n".to_owned(), String::new()));
        assert_eq!(printed(&Document::new(json!([])), Form::Table), (String::new(), String::new()));
    }

    #[test]
    fn nothing_is_nothing_for_people_and_null_for_programs() {
        assert_eq!(printed(&Document::default(), Form::Table), (String::new(), String::new()));
        assert_eq!(printed(&Document::default(), Form::Json), ("null\n".to_owned(), String::new()));
    }
}
