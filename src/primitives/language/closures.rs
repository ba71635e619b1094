//! The methods of arrays and maps that call a closure or compare items, in place of Rhai's own: those take an error of
//! a closure, or a result that is not a bool, for `false`.

use rhai::plugin::*;
use rhai::{Array, Dynamic, Engine, EvalAltResult, FnPtr, ImmutableString, Map, NativeCallContext, Shared};

use super::{compare, sort};
use crate::error::{Error, Kind};
use crate::primitives::api::raise;
use crate::primitives::api::raise::{Outcome, Raise};
use crate::primitives::api::types;

/// Replaces them.
pub fn register(engine: &mut Engine) {
    engine.register_global_module(Shared::new(exported_module!(functions)));
}

/// Whether a closure says so of an item of an array.
fn item_holds(
    context: &NativeCallContext<'_>,
    method: &str,
    closure: &FnPtr,
    at: usize,
    item: &mut Dynamic,
) -> Outcome<bool> {
    let at = i64::try_from(at).unwrap_or(i64::MAX).into();
    let answer = closure.call_raw_with_extra_args(method, context, Some(item), [], [at], Some(0))?;
    answer.as_bool().map_err(|_| not_bool(context, method, &answer))
}

/// Whether a closure says so of an entry of a map.
fn entry_holds(
    context: &NativeCallContext<'_>,
    method: &str,
    closure: &FnPtr,
    key: &str,
    value: &mut Dynamic,
) -> Outcome<bool> {
    let answer = closure.call_raw_with_extra_args(method, context, Some(value), [key.into()], [], Some(1))?;
    answer.as_bool().map_err(|_| not_bool(context, method, &answer))
}

fn not_bool(context: &NativeCallContext<'_>, method: &str, answer: &Dynamic) -> Box<EvalAltResult> {
    let given = types::with_article(answer);
    let error = Error::new(Kind::Script, format!("the closure of `{method}` must give true or false, not {given}"));
    let hint = if answer.is_unit() {
        "the last expression of a closure is its value"
    } else {
        "compare the value, as in `|x| x > 0`"
    };
    raise::at(error.hint(hint), context.call_position())
}

/// The function of a name: `filter("is_old")` as well as `filter(is_old)`.
fn named(context: &NativeCallContext<'_>, name: &str) -> Outcome<FnPtr> {
    FnPtr::new(name)
        .map_err(|_| Error::new(Kind::Script, format!("`{name}` is not the name of a function")))
        .raise(context)
}

/// The first item of which a closure says so, from `start` on.
fn first(
    context: &NativeCallContext<'_>,
    method: &str,
    array: &mut Array,
    closure: &FnPtr,
    start: usize,
) -> Outcome<Option<usize>> {
    for (at, item) in array.iter_mut().enumerate().skip(start) {
        if item_holds(context, method, closure, at, item)? {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

/// Takes the items out of which a closure says `taken`. Where it fails, the array stays as it is.
fn take(
    context: &NativeCallContext<'_>,
    method: &str,
    array: &mut Array,
    closure: &FnPtr,
    taken: bool,
) -> Outcome<Array> {
    let mut answers = Vec::with_capacity(array.len());
    for (at, item) in array.iter_mut().enumerate() {
        answers.push(item_holds(context, method, closure, at, item)? == taken);
    }
    let mut answers = answers.into_iter();
    Ok(array.extract_if(.., |_| answers.next().unwrap_or_default()).collect())
}

/// As [`take`], from a map.
fn take_entries(
    context: &NativeCallContext<'_>,
    method: &str,
    map: &mut Map,
    closure: &FnPtr,
    taken: bool,
) -> Outcome<Map> {
    let mut keys = Vec::new();
    for (key, value) in map.iter_mut() {
        if entry_holds(context, method, closure, key, value)? == taken {
            keys.push(key.clone());
        }
    }
    Ok(keys.into_iter().filter_map(|key| map.remove_entry(&key)).collect())
}

/// Removes each item that repeats the one before it.
fn dedup(array: &mut Array, mut repeats: impl FnMut(&Dynamic, &Dynamic) -> Outcome<bool>) -> Outcome<()> {
    let mut kept: Array = Array::with_capacity(array.len());
    for item in array.iter() {
        match kept.last() {
            Some(last) if repeats(last, item)? => {}
            _ => kept.push(item.clone()),
        }
    }
    *array = kept;
    Ok(())
}

/// A position from the start, or from the end if it is negative.
fn offset(length: usize, start: i64) -> usize {
    let from = usize::try_from(start.unsigned_abs()).unwrap_or(usize::MAX);
    if start < 0 { length.saturating_sub(from) } else { from.min(length) }
}

fn index(at: Option<usize>) -> i64 {
    at.and_then(|at| i64::try_from(at).ok()).unwrap_or(-1)
}

/// The methods. Rhai documents them; the names of functions in place of closures are its older form.
#[export_module]
#[allow(
    unreachable_pub,
    clippy::unwrap_used,
    reason = "the macro registers public functions only, and unwraps arguments that it has checked"
)]
mod functions {
    #[rhai_fn(name = "filter", return_raw, pure)]
    pub fn filter(context: NativeCallContext, array: &mut Array, filter: FnPtr) -> Outcome<Array> {
        let mut kept = Array::new();
        for (at, item) in array.iter_mut().enumerate() {
            if item_holds(&context, "filter", &filter, at, item)? {
                kept.push(item.clone());
            }
        }
        Ok(kept)
    }

    #[rhai_fn(name = "filter", return_raw, pure)]
    pub fn filter_named(context: NativeCallContext, array: &mut Array, filter: &str) -> Outcome<Array> {
        let closure = named(&context, filter)?;
        self::filter(context, array, closure)
    }

    #[rhai_fn(name = "some", return_raw, pure)]
    pub fn some(context: NativeCallContext, array: &mut Array, filter: FnPtr) -> Outcome<bool> {
        first(&context, "some", array, &filter, 0).map(|at| at.is_some())
    }

    #[rhai_fn(name = "some", return_raw, pure)]
    pub fn some_named(context: NativeCallContext, array: &mut Array, filter: &str) -> Outcome<bool> {
        first(&context, "some", array, &named(&context, filter)?, 0).map(|at| at.is_some())
    }

    #[rhai_fn(name = "all", return_raw, pure)]
    pub fn all(context: NativeCallContext, array: &mut Array, filter: FnPtr) -> Outcome<bool> {
        for (at, item) in array.iter_mut().enumerate() {
            if !item_holds(&context, "all", &filter, at, item)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    #[rhai_fn(name = "all", return_raw, pure)]
    pub fn all_named(context: NativeCallContext, array: &mut Array, filter: &str) -> Outcome<bool> {
        let closure = named(&context, filter)?;
        all(context, array, closure)
    }

    #[rhai_fn(name = "find", return_raw, pure)]
    pub fn find(context: NativeCallContext, array: &mut Array, filter: FnPtr) -> Outcome<Dynamic> {
        find_from(context, array, filter, 0)
    }

    #[rhai_fn(name = "find", return_raw, pure)]
    pub fn find_from(context: NativeCallContext, array: &mut Array, filter: FnPtr, start: i64) -> Outcome<Dynamic> {
        let at = first(&context, "find", array, &filter, offset(array.len(), start))?;
        Ok(at.and_then(|at| array.get(at).cloned()).unwrap_or_default())
    }

    #[rhai_fn(name = "index_of", return_raw, pure)]
    pub fn index_of(context: NativeCallContext, array: &mut Array, filter: FnPtr) -> Outcome<i64> {
        first(&context, "index_of", array, &filter, 0).map(index)
    }

    #[rhai_fn(name = "index_of", return_raw, pure)]
    pub fn index_of_from(context: NativeCallContext, array: &mut Array, filter: FnPtr, start: i64) -> Outcome<i64> {
        first(&context, "index_of", array, &filter, offset(array.len(), start)).map(index)
    }

    #[rhai_fn(name = "index_of", return_raw, pure)]
    pub fn index_of_value(context: NativeCallContext, array: &mut Array, value: Dynamic) -> Outcome<i64> {
        compare::find(array, &value, 0).map(index).raise(&context)
    }

    #[rhai_fn(name = "index_of", return_raw, pure)]
    pub fn index_of_text(context: NativeCallContext, array: &mut Array, value: ImmutableString) -> Outcome<i64> {
        compare::find(array, &value.into(), 0).map(index).raise(&context)
    }

    #[rhai_fn(name = "index_of", return_raw, pure)]
    pub fn index_of_value_from(
        context: NativeCallContext,
        array: &mut Array,
        value: Dynamic,
        start: i64,
    ) -> Outcome<i64> {
        compare::find(array, &value, offset(array.len(), start)).map(index).raise(&context)
    }

    #[rhai_fn(name = "index_of", return_raw, pure)]
    pub fn index_of_text_from(
        context: NativeCallContext,
        array: &mut Array,
        value: ImmutableString,
        start: i64,
    ) -> Outcome<i64> {
        compare::find(array, &value.into(), offset(array.len(), start)).map(index).raise(&context)
    }

    #[rhai_fn(name = "contains", return_raw, pure)]
    pub fn contains(context: NativeCallContext, array: &mut Array, value: Dynamic) -> Outcome<bool> {
        compare::find(array, &value, 0).map(|at| at.is_some()).raise(&context)
    }

    #[rhai_fn(name = "dedup", return_raw)]
    pub fn dedup_equal(context: NativeCallContext, array: &mut Array) -> Outcome<()> {
        dedup(array, |a, b| compare::equal(a, b).map(|equal| equal == Some(true)).raise(&context))
    }

    #[rhai_fn(name = "dedup", return_raw)]
    pub fn dedup_by(context: NativeCallContext, array: &mut Array, comparer: FnPtr) -> Outcome<()> {
        dedup(array, |a, b| {
            let answer = comparer.call_raw(&context, None, [a.clone(), b.clone()])?;
            answer.as_bool().map_err(|_| not_bool(&context, "dedup", &answer))
        })
    }

    #[rhai_fn(name = "dedup", return_raw)]
    pub fn dedup_named(context: NativeCallContext, array: &mut Array, comparer: &str) -> Outcome<()> {
        let closure = named(&context, comparer)?;
        dedup_by(context, array, closure)
    }

    #[rhai_fn(name = "drain", return_raw)]
    pub fn drain(context: NativeCallContext, array: &mut Array, filter: FnPtr) -> Outcome<Array> {
        take(&context, "drain", array, &filter, true)
    }

    #[rhai_fn(name = "drain", return_raw)]
    pub fn drain_named(context: NativeCallContext, array: &mut Array, filter: &str) -> Outcome<Array> {
        take(&context, "drain", array, &named(&context, filter)?, true)
    }

    #[rhai_fn(name = "retain", return_raw)]
    pub fn retain(context: NativeCallContext, array: &mut Array, filter: FnPtr) -> Outcome<Array> {
        take(&context, "retain", array, &filter, false)
    }

    #[rhai_fn(name = "retain", return_raw)]
    pub fn retain_named(context: NativeCallContext, array: &mut Array, filter: &str) -> Outcome<Array> {
        take(&context, "retain", array, &named(&context, filter)?, false)
    }

    #[rhai_fn(name = "filter", return_raw, pure)]
    pub fn filter_entries(context: NativeCallContext, map: &mut Map, filter: FnPtr) -> Outcome<Map> {
        let mut kept = Map::new();
        for (key, value) in map.iter_mut() {
            if entry_holds(&context, "filter", &filter, key, value)? {
                kept.insert(key.clone(), value.clone());
            }
        }
        Ok(kept)
    }

    #[rhai_fn(name = "drain", return_raw)]
    pub fn drain_entries(context: NativeCallContext, map: &mut Map, filter: FnPtr) -> Outcome<Map> {
        take_entries(&context, "drain", map, &filter, true)
    }

    #[rhai_fn(name = "retain", return_raw)]
    pub fn retain_entries(context: NativeCallContext, map: &mut Map, filter: FnPtr) -> Outcome<Map> {
        take_entries(&context, "retain", map, &filter, false)
    }

    #[rhai_fn(name = "sort", return_raw)]
    pub fn sort_natural(context: NativeCallContext, array: &mut Array) -> Outcome<()> {
        *array = sort::natural(&context, array, false)?;
        Ok(())
    }

    #[rhai_fn(name = "sort_desc", return_raw)]
    pub fn sort_descending(context: NativeCallContext, array: &mut Array) -> Outcome<()> {
        *array = sort::natural(&context, array, true)?;
        Ok(())
    }

    #[rhai_fn(name = "order", return_raw, pure)]
    pub fn order_natural(context: NativeCallContext, array: &mut Array) -> Outcome<Array> {
        sort::natural(&context, array, false)
    }

    #[rhai_fn(name = "order_desc", return_raw, pure)]
    pub fn order_descending(context: NativeCallContext, array: &mut Array) -> Outcome<Array> {
        sort::natural(&context, array, true)
    }

    #[rhai_fn(name = "sort", name = "sort_by", return_raw)]
    pub fn sort_by(context: NativeCallContext, array: &mut Array, comparer: FnPtr) -> Outcome<()> {
        *array = sort::by(&context, array, &comparer)?;
        Ok(())
    }

    #[rhai_fn(name = "sort", name = "sort_by", return_raw)]
    pub fn sort_by_property(context: NativeCallContext, array: &mut Array, property: &str) -> Outcome<()> {
        *array = sort::by_name(&context, array, property)?;
        Ok(())
    }

    #[rhai_fn(name = "order", name = "order_by", return_raw, pure)]
    pub fn order_by(context: NativeCallContext, array: &mut Array, comparer: FnPtr) -> Outcome<Array> {
        sort::by(&context, array, &comparer)
    }

    #[rhai_fn(name = "order", name = "order_by", return_raw, pure)]
    pub fn order_by_property(context: NativeCallContext, array: &mut Array, property: &str) -> Outcome<Array> {
        sort::by_name(&context, array, property)
    }
}
