//! A line's value as people read it.

use rhai::{Array, Dynamic, FnPtr, Map};

use crate::error::Result;
use crate::host::Host;
use crate::primitives::api::show;

/// Prints a value, through a pager if it is longer than a screen of `rows`; `()` is not shown. What has no other
/// form, a closure for one, is shown by its type.
///
/// # Errors
/// The output form is unknown, or cannot represent the value.
pub(super) fn value(host: &Host, value: &Dynamic, type_name: impl Fn(&Dynamic) -> String, rows: usize) -> Result<()> {
    let printer = host.shown()?;
    if printer.settings().form.is_document() {
        return show::result(host, value);
    }
    if value.is_unit() {
        return Ok(());
    }
    if let Some(text) = empty(value) {
        printer.out(text);
        return Ok(());
    }
    let document = match show::document(host, value) {
        Ok(document) => document,
        Err(_) => show::document(host, &presentable(value, &type_name))?,
    };
    if rows == 0 { printer.document(&document) } else { printer.document_paged(&document, rows) }
}

/// What would be no line at all.
fn empty(value: &Dynamic) -> Option<&'static str> {
    if value.read_lock::<Array>().is_some_and(|array| array.is_empty()) {
        return Some("[]");
    }
    value.read_lock::<rhai::ImmutableString>().is_some_and(|text| text.is_empty()).then_some("\"\"")
}

/// A value whose parts without a form of their own are replaced by what they are.
fn presentable(value: &Dynamic, type_name: &impl Fn(&Dynamic) -> String) -> Dynamic {
    if let Some(array) = value.read_lock::<Array>() {
        return array.iter().map(|item| presentable(item, type_name)).collect::<Array>().into();
    }
    if let Some(map) = value.read_lock::<Map>() {
        let parts = map.iter().map(|(key, part)| (key.clone(), presentable(part, type_name)));
        return parts.collect::<Map>().into();
    }
    if let Some(function) = value.read_lock::<FnPtr>() {
        let name = function.fn_name();
        return if name.contains('$') { "a closure".into() } else { format!("the function `{name}`").into() };
    }
    match crate::primitives::api::value::to_json(value) {
        Ok(_) => value.clone(),
        Err(_) if value.is_float() => value.to_string().into(),
        Err(_) => format!("a value of type `{}`", type_name(value)).into(),
    }
}
