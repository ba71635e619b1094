//! Merges the results of several runs, each item with its context.

use serde_json::{Map, Value, json};

use crate::output::document::Document;
use crate::output::form::Form;
use crate::output::table::{Column, Table};

/// The name of the context in results and tables.
const CONTEXT: &str = "context";

/// One result of several.
pub(super) fn documents<'a>(parts: impl Iterator<Item = (&'a str, &'a Document)>, form: Form) -> Document {
    let parts: Vec<(&str, &Document)> = parts.collect();
    let remarks: Vec<String> = parts
        .iter()
        .filter_map(|(context, document)| Some(super::mark::lines(context, document.remark(form)?)))
        .collect();
    let remark = (!remarks.is_empty()).then(|| remarks.concat().trim_end().to_owned());
    let tables: Vec<(&str, &Table)> =
        parts.iter().filter_map(|(context, document)| Some((*context, document.table.as_ref()?))).collect();
    let all = parts.iter().all(|(_, document)| document.table.is_some() || is_empty(&document.value));
    let table = (all && !tables.is_empty()).then(|| self::tables(&tables));
    Document {
        value: parts.iter().flat_map(|(context, document)| items(context, &document.value, form)).collect(),
        table,
        summary: remark.clone(),
        several: true,
        empty: remark,
        kind: parts.iter().find_map(|(_, document)| document.kind.clone()),
    }
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

/// The things of a result.
fn items(context: &str, value: &Value, form: Form) -> Vec<Value> {
    let items = match value {
        Value::Array(items) => items.as_slice(),
        Value::Null => &[],
        one => std::slice::from_ref(one),
    };
    let shown = |item: &Value| match (item, form) {
        // only names are asked for
        (_, Form::Name) => item.clone(),
        (Value::String(text), Form::Table | Form::Wide) => super::mark::lines(context, text).trim_end().into(),
        _ => with_context(context, item),
    };
    items.iter().map(shown).collect()
}

/// A value with its context before all else.
pub(super) fn with_context(context: &str, value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut all = Map::new();
            all.insert(CONTEXT.to_owned(), context.into());
            all.extend(fields.iter().map(|(key, value)| (key.clone(), value.clone())));
            Value::Object(all)
        }
        other => json!({ CONTEXT: context, "value": other }),
    }
}

/// All rows with the columns of all tables: missing cells are empty.
fn tables(parts: &[(&str, &Table)]) -> Table {
    let mut columns: Vec<Column> = Vec::new();
    for (_, table) in parts {
        let mut place = 0;
        for column in &table.columns {
            match columns.iter().position(|known| known.name == column.name) {
                Some(known) => place = known + 1,
                None => {
                    columns.insert(place, column.clone());
                    place += 1;
                }
            }
        }
    }
    let mut merged = Table::new(std::iter::once(Column::new(CONTEXT)).chain(columns.iter().cloned()));
    for (context, table) in parts {
        let places: Vec<Option<usize>> =
            columns.iter().map(|column| table.columns.iter().position(|own| own.name == column.name)).collect();
        for row in &table.rows {
            let cell = |place: &Option<usize>| place.and_then(|place| row.get(place)).cloned().unwrap_or_default();
            merged.row(std::iter::once((*context).to_owned()).chain(places.iter().map(cell)));
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(columns: &[&str], row: &[&str]) -> Table {
        let mut table = Table::new(columns.iter().map(|name| Column::new(*name)));
        table.row(row.iter().copied());
        table
    }

    #[test]
    fn rows_stand_under_the_columns_of_all() {
        let (a, b) = (table(&["name", "age"], &["x", "1m"]), table(&["namespace", "name", "age"], &["n", "y", "2m"]));
        let merged = tables(&[("a", &a), ("b", &b)]);
        let names: Vec<&str> = merged.columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names, ["context", "namespace", "name", "age"]);
        assert_eq!(merged.rows, [["a", "", "x", "1m"], ["b", "n", "y", "2m"]]);
    }

    #[test]
    fn each_thing_has_its_context() {
        let (a, b) = (Document::new(json!([{"name": "x"}])), Document::new(json!([{"name": "y"}, 3])));
        let merged = |form| documents([("a", &a), ("b", &b)].into_iter(), form).value;
        assert_eq!(
            merged(Form::Json).to_string(),
            r#"[{"context":"a","name":"x"},{"context":"b","name":"y"},{"context":"b","value":3}]"#
        );
        assert_eq!(merged(Form::Name), json!([{"name": "x"}, {"name": "y"}, 3]));
        let lines = Document::new(json!(["deleted x"]));
        assert_eq!(documents([("a", &lines)].into_iter(), Form::Table).value, json!(["a: deleted x"]));
    }

    #[test]
    fn what_is_empty_does_not_spoil_the_table() {
        let (a, b) = (Document::default().table(table(&["name"], &["x"])).summary("1 pod"), Document::new(json!([])));
        let merged = documents([("a", &a), ("b", &b)].into_iter(), Form::Table);
        assert_eq!(merged.table.unwrap().rows, [["a", "x"]]);
        assert_eq!(merged.summary.as_deref(), Some("a: 1 pod"));
    }
}
