//! A script's result as a document: pods as a table, everything else as it reads best.

use rhai::{Array, Dynamic};
use serde_json::Value;

use crate::error::Result;
use crate::host::Host;
use crate::output::{Document, Form};

use super::raise::wrong_type;
use super::{types, value};

/// What a value is shown as. Under `table` and `wide` a list of typed values becomes a table and no JSON is
/// made of it: ten thousand pods would take several times the memory.
///
/// # Errors
/// The value cannot be shown.
pub fn document(host: &Host, value: &Dynamic) -> Result<Document> {
    let form = host.shown()?.settings().form;
    let items = value.read_lock::<Array>();
    let several = items.as_deref().map_or_else(|| std::slice::from_ref(value), Vec::as_slice);
    if form == Form::Name
        && let Some(document) = named(host, several)?
    {
        return Ok(document);
    }
    match (form, types::document(host, several)?) {
        (Form::Table | Form::Wide, Some(document)) => Ok(document),
        (_, document) => Ok(Document { value: value::to_json(value)?, ..document.unwrap_or_default() }),
    }
}

/// Typed values of one type with no more than their kind and name: neither a table of all of them is made for
/// `-o name`, nor JSON of their other properties. `None` where the values are of several types, or have no table or name.
fn named(host: &Host, items: &[Dynamic]) -> Result<Option<Document>> {
    let Some(first) = items.first() else { return Ok(None) };
    if items.iter().any(|item| item.type_id() != first.type_id()) {
        return Ok(None);
    }
    let Some(document) = types::document(host, std::slice::from_ref(first))? else { return Ok(None) };
    let property = |item: &Dynamic, name: &str| types::property(item, name).and_then(Result::ok);
    let known: Vec<&str> = ["kind", "name"].into_iter().filter(|name| property(first, name).is_some()).collect();
    if !known.contains(&"name") {
        return Ok(None);
    }
    let mut names = Vec::with_capacity(items.len());
    for item in items {
        let entry =
            |name: &&str| Ok(((*name).to_owned(), value::to_json(&property(item, name).unwrap_or(Dynamic::UNIT))?));
        names.push(Value::Object(known.iter().map(entry).collect::<Result<_>>()?));
    }
    Ok(Some(Document { value: names.into(), table: None, summary: None, ..document }))
}

/// The named properties or keys of rows, as a table with these columns.
///
/// # Errors
/// A column that is no text; a row that cannot be shown.
pub fn picked(rows: &Array, columns: &Array) -> Result<Document> {
    let name = |column: &Dynamic| column.clone().into_string().map_err(|kind| wrong_type("a column", "text", kind));
    let columns = columns.iter().map(name).collect::<Result<Vec<String>>>()?;
    let pick = |row: &Dynamic| -> Result<Value> {
        let row = value::to_json(row)?;
        let cell = |name: &String| (name.clone(), row.get(name).cloned().unwrap_or_default());
        Ok(Value::Object(columns.iter().map(cell).collect()))
    };
    rows.iter().map(pick).collect::<Result<Vec<_>>>().map(|rows| Document::new(rows.into()))
}

/// Shows rows on stderr.
///
/// # Errors
/// A row that cannot be shown.
pub fn preview(host: &Host, rows: &Array) -> Result<()> {
    match types::document(host, rows)?.and_then(|document| document.table) {
        Some(table) => host.printer.preview(&table),
        None => {
            for row in rows {
                host.printer.line(&format!("  {}", value::to_json(row)?));
            }
        }
    }
    Ok(())
}

/// Prints a run's result. `()` prints nothing, and a number is the same in every form, so that no setting
/// needs to be looked up for it.
///
/// # Errors
/// The value cannot be shown.
pub fn result(host: &Host, value: &Dynamic) -> Result<()> {
    if value.is_unit() {
        return Ok(());
    }
    if value.is_int() || value.is_bool() {
        host.printer.out(&value.to_string());
        return Ok(());
    }
    let shown = host.shown()?;
    match value.read_lock::<Array>() {
        Some(items) if matches!(shown.settings().form, Form::Json | Form::Yaml) => {
            shown.list(items.iter().map(value::to_json))
        }
        _ => host.show(&document(host, value)?),
    }
}

/// Prints the plan of a dry run.
///
/// # Errors
/// The output form is unknown.
pub fn plan(host: &Host) -> Result<()> {
    host.shown()?.plan(&host.recorder.changes())
}
