//! A script's result as a document: pods as a table, everything else as it reads best.

use rhai::Dynamic;

use crate::error::Result;
use crate::host::Host;
use crate::output::Document;

use super::value;

/// What a value is shown as.
///
/// # Errors
/// The value cannot be shown.
pub fn document(_host: &Host, value: &Dynamic) -> Result<Document> {
    Ok(Document::new(value::to_json(value)?))
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
    host.show(&document(host, value)?)
}

/// Prints the plan of a dry run.
///
/// # Errors
/// The output form is unknown.
pub fn plan(host: &Host) -> Result<()> {
    host.shown()?.plan(&host.recorder.changes())
}
