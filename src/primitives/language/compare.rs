//! Comparisons: `== != < <= > >=` between values of different types are errors instead of a silent `false`.
//!
//! Rhai answers them itself, and only asks for a function where its fast operators are off. One overload for each
//! operator takes any two values; the numbers and strings of the language are compared here, too.

use std::cmp::Ordering;
use std::ops::{Range, RangeInclusive};
use std::time::Instant;

use rhai::{Array, Blob, Dynamic, Engine, FuncRegistration, ImmutableString, Map, Module, NativeCallContext};

use super::duration::DurationValue;
use crate::error::{Error, Kind, Result};
use crate::primitives::api::raise::{Outcome, Raise};
use crate::primitives::api::{secret, types};
use crate::secret::Secret;

/// Whether an operator holds between two values that compare like this.
type Holds = fn(Option<Ordering>) -> bool;

/// The operators of comparison.
const OPERATORS: [(&str, Holds); 6] = [
    ("==", |ordering| ordering == Some(Ordering::Equal)),
    ("!=", |ordering| ordering != Some(Ordering::Equal)),
    ("<", |ordering| ordering == Some(Ordering::Less)),
    ("<=", |ordering| matches!(ordering, Some(Ordering::Less | Ordering::Equal))),
    (">", |ordering| ordering == Some(Ordering::Greater)),
    (">=", |ordering| matches!(ordering, Some(Ordering::Greater | Ordering::Equal))),
];

/// Replaces the comparisons of the language.
pub fn register(engine: &mut Engine) {
    engine.set_fast_operators(false);
    let mut module = Module::new();
    for (operator, holds) in OPERATORS {
        let compare = move |context: NativeCallContext<'_>, a: &mut Dynamic, b: Dynamic| -> Outcome<bool> {
            match order(a, &b) {
                Some(ordering) => Ok(holds(ordering)),
                None => others(operator, a, &b).raise(&context),
            }
        };
        FuncRegistration::new(operator).with_purity(true).set_into_module(&mut module, compare);
    }
    for (operator, wanted) in [("==", true), ("!=", false)] {
        let arrays = move |context: NativeCallContext<'_>, a: &mut Array, b: Array| -> Outcome<bool> {
            equal_items(a, &b).map(|equal| equal == wanted).raise(&context)
        };
        let maps = move |context: NativeCallContext<'_>, a: &mut Map, b: Map| -> Outcome<bool> {
            equal_values(a, &b).map(|equal| equal == wanted).raise(&context)
        };
        FuncRegistration::new(operator).with_purity(true).set_into_module(&mut module, arrays);
        FuncRegistration::new(operator).with_purity(true).set_into_module(&mut module, maps);
    }
    engine.register_global_module(module.into());
}

/// How two numbers, durations, strings or truth values compare: `None` for anything else, `Some(None)` where one is not a number.
pub(in crate::primitives) fn order(a: &Dynamic, b: &Dynamic) -> Option<Option<Ordering>> {
    if let (Ok(a), Ok(b)) = (a.as_int(), b.as_int()) {
        return Some(Some(a.cmp(&b)));
    }
    if let (Some(a), Some(b)) = (number(a), number(b)) {
        return Some(order_floats(a, b));
    }
    if let (Some(a), Some(b)) = (a.read_lock::<ImmutableString>(), b.read_lock::<ImmutableString>()) {
        return Some(Some(a.as_str().cmp(b.as_str())));
    }
    if let (Ok(a), Ok(b)) = (a.as_bool(), b.as_bool()) {
        return Some(Some(a.cmp(&b)));
    }
    if let (Some(a), Some(b)) = (letters(a), letters(b)) {
        return Some(Some(a.cmp(&b)));
    }
    None
}

/// A number; of a duration, its seconds.
#[expect(clippy::cast_precision_loss, reason = "the language compares an int with a float as floats")]
pub(in crate::primitives) fn number(value: &Dynamic) -> Option<f64> {
    let float = value.as_float().ok().or_else(|| value.as_int().ok().map(|number| number as f64));
    float.or_else(|| value.read_lock::<DurationValue>().map(|duration| duration.as_float()))
}

/// As the language does it: floats that differ by a rounding error are equal.
fn order_floats(a: f64, b: f64) -> Option<Ordering> {
    let scale = if a * b == 0.0 { 1.0 } else { a.abs().max(b.abs()) };
    if (a - b).abs() / scale <= f64::EPSILON { Some(Ordering::Equal) } else { a.partial_cmp(&b) }
}

/// A string or a character.
fn letters(value: &Dynamic) -> Option<ImmutableString> {
    match value.as_char() {
        Ok(letter) => Some(letter.to_string().into()),
        Err(_) => value.read_lock::<ImmutableString>().map(|text| text.clone()),
    }
}

/// Compares what has no order: `()`, ranges, bytes; everything else is an error.
fn others(operator: &str, a: &Dynamic, b: &Dynamic) -> Result<bool> {
    match operator {
        "==" | "!=" => match equal(a, b)? {
            Some(equal) => Ok(equal == (operator == "==")),
            None => Err(incomparable(operator, a, b)),
        },
        // as in the language itself: nothing is smaller or larger than `()`
        _ if a.is_unit() || b.is_unit() => Ok(false),
        _ => Err(incomparable(operator, a, b)),
    }
}

/// Whether two values are equal; `None` where their types differ, so that they never can be.
///
/// # Errors
/// Values that cannot be compared with their own kind: a secret, a typed value, a function.
pub(in crate::primitives) fn equal(a: &Dynamic, b: &Dynamic) -> Result<Option<bool>> {
    if let Some(ordering) = order(a, b) {
        return Ok(Some(ordering == Some(Ordering::Equal)));
    }
    if a.is_unit() || b.is_unit() {
        return Ok(Some(a.is_unit() && b.is_unit()));
    }
    if let (Some(a), Some(b)) = (a.read_lock::<Array>(), b.read_lock::<Array>()) {
        return equal_items(&a, &b).map(Some);
    }
    if let (Some(a), Some(b)) = (a.read_lock::<Map>(), b.read_lock::<Map>()) {
        return equal_values(&a, &b).map(Some);
    }
    if let Some(equal) =
        same::<Blob>(a, b).or_else(|| same::<Range<i64>>(a, b)).or_else(|| same::<RangeInclusive<i64>>(a, b))
    {
        return Ok(Some(equal));
    }
    if let Some(equal) = same::<Instant>(a, b) {
        return Ok(Some(equal));
    }
    if secret_is_asked(a, b) {
        return Err(secret::incomparable());
    }
    if a.type_id() == b.type_id() { Err(incomparable("==", a, b)) } else { Ok(None) }
}

fn same<T: Clone + PartialEq + 'static>(a: &Dynamic, b: &Dynamic) -> Option<bool> {
    Some(*a.read_lock::<T>()? == *b.read_lock::<T>()?)
}

/// A comparison of a secret with a string or a secret would be answered wrongly or give it away bit by bit.
fn secret_is_asked(a: &Dynamic, b: &Dynamic) -> bool {
    let could_be = |value: &Dynamic| value.is::<Secret>() || value.is_string();
    (a.is::<Secret>() && could_be(b)) || (b.is::<Secret>() && could_be(a))
}

fn equal_items(a: &[Dynamic], b: &[Dynamic]) -> Result<bool> {
    if a.len() != b.len() {
        return Ok(false);
    }
    for (a, b) in a.iter().zip(b) {
        if equal(a, b)? != Some(true) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn equal_values(a: &Map, b: &Map) -> Result<bool> {
    if a.len() != b.len() {
        return Ok(false);
    }
    for (key, a) in a {
        match b.get(key) {
            Some(b) if equal(a, b)? == Some(true) => {}
            _ => return Ok(false),
        }
    }
    Ok(true)
}

/// The place of a value in a list, from `start` on.
///
/// # Errors
/// The list has items there, and all are of types that are never equal to the value.
pub(in crate::primitives) fn find(list: &[Dynamic], value: &Dynamic, start: usize) -> Result<Option<usize>> {
    let mut comparable = false;
    for (at, item) in list.iter().enumerate().skip(start) {
        match equal(item, value)? {
            Some(true) => return Ok(Some(at)),
            Some(false) => comparable = true,
            None => {}
        }
    }
    match list.get(start) {
        Some(item) if !comparable => {
            Err(never_contains([types::name_of(item), types::name_of(value)], text_of([item, value]).as_deref()))
        }
        _ => Ok(None),
    }
}

/// The error for two values that `operator` cannot compare.
fn incomparable(operator: &str, a: &Dynamic, b: &Dynamic) -> Error {
    if secret_is_asked(a, b) {
        return secret::incomparable();
    }
    mismatch(operator, [types::name_of(a), types::name_of(b)], text_of([a, b]).as_deref())
}

fn text_of(values: [&Dynamic; 2]) -> Option<String> {
    values.into_iter().find_map(|value| value.read_lock::<ImmutableString>().map(|text| text.to_string()))
}

/// Whether values of two types, by the names that scripts use, can be compared.
#[must_use]
pub fn can_compare(operator: &str, [a, b]: [&str; 2]) -> bool {
    let kind = |name: &str| match name {
        "int" | "float" | "Duration" => Some("number"),
        "string" | "char" => Some("string"),
        "bool" => Some("bool"),
        _ => None,
    };
    let is_equality = matches!(operator, "==" | "!=");
    a == "()"
        || b == "()"
        || (kind(a).is_some() && kind(a) == kind(b))
        || (is_equality && a == b && types::named(a).is_none())
}

/// The error for a comparison of two types, with how to write it instead. `text` is the string among the values.
#[must_use]
pub fn mismatch(operator: &str, [a, b]: [&str; 2], text: Option<&str>) -> Error {
    let message = format!("`{operator}` cannot compare {} with {}", types::a(a), types::a(b));
    hint(Error::new(Kind::Script, message), [a, b], text)
}

/// The error for a value that is looked for among items of another type. `text` is the string among them.
#[must_use]
pub fn never_contains([item, value]: [&str; 2], text: Option<&str>) -> Error {
    let message = format!("no item of this array can equal {}: it contains {}", types::a(value), types::a(item));
    hint(Error::new(Kind::Script, message), [item, value], text)
}

fn hint(error: Error, [a, b]: [&str; 2], text: Option<&str>) -> Error {
    let duration = text.filter(|text| crate::duration::parse(text).is_ok());
    for (kind, other) in [(a, b), (b, a)] {
        match (kind, other, duration) {
            ("int" | "float" | "Duration", "string", Some(text)) => {
                return error.hint(format!("write the duration as one: `duration(\"{text}\")`"));
            }
            ("Duration", "string", None) => {
                return error.hint("`duration(text)` makes a string such as `24h` a duration");
            }
            ("int" | "float", "string", None) => {
                return error.hint("write the number without quotes, or convert the string: `parse_int(text)`");
            }
            ("bool", "string", _) => return error.hint("write `true` or `false` without quotes"),
            ("array", other, _) if other != "array" => {
                return error.hint("`list.len()` is the number of its items, `x in list` whether it contains a value");
            }
            _ if types::named(kind).is_some_and(|info| info.has("name")) => {
                return error.hint("compare one of its properties, such as `name`");
            }
            _ => {}
        }
    }
    error.hint("compare two values of the same type: `type_of(x)` shows what a value is")
}
