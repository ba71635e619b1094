//! Sorting: a merge sort that ends with any comparer, keeps every item, and passes on the error of a comparer. Rhai sorts
//! with the standard library, which may panic if a comparer contradicts itself.

use std::cmp::Ordering;

use rhai::{Array, Dynamic, EvalAltResult, FnPtr, NativeCallContext};

use super::compare;
use super::duration::DurationValue;
use crate::error::{Error, Kind};
use crate::primitives::api::raise;
use crate::primitives::api::raise::{Outcome, Raise};
use crate::primitives::api::types;

/// The items in their natural order.
pub(in crate::primitives) fn natural(
    context: &NativeCallContext<'_>,
    array: &[Dynamic],
    descending: bool,
) -> Outcome<Array> {
    by_keys(context, array, array, descending)
}

/// The items in the order of a closure: of two items it compares them, of one it gives the key to sort by.
pub(in crate::primitives) fn by(context: &NativeCallContext<'_>, array: &[Dynamic], closure: &FnPtr) -> Outcome<Array> {
    let [first, second, ..] = array else { return Ok(array.to_vec()) };
    match closure.call_raw(context, None, [first.clone(), second.clone()]) {
        Err(error) if takes_other_arguments(&error, closure) => {
            let keys: Array =
                array.iter().map(|item| closure.call_raw(context, None, [item.clone()])).collect::<Outcome<_>>()?;
            by_keys(context, array, &keys, false)
        }
        Err(error) => Err(error),
        Ok(_) => merged(array, |a, b| compared(context, closure, a, b), |at| array.get(at)),
    }
}

/// The items in the order of one of their properties; other values than maps and typed ones in the order of a function
/// of that name.
pub(in crate::primitives) fn by_name(context: &NativeCallContext<'_>, array: &[Dynamic], name: &str) -> Outcome<Array> {
    let properties: Option<Vec<_>> = array.iter().map(|item| types::property(item, name)).collect();
    match properties {
        Some(keys) => {
            let keys: Array = keys.into_iter().collect::<crate::error::Result<_>>().raise(context)?;
            by_keys(context, array, &keys, false)
        }
        None => {
            let misfit = |_| {
                let item = array.first().map(types::with_article).unwrap_or_default();
                Error::new(Kind::Script, format!("cannot sort by `{name}`: {item} has no properties"))
            };
            by(context, array, &FnPtr::new(name).map_err(misfit).raise(context)?)
        }
    }
}

/// Whether a call failed only because the closure has another number of parameters.
fn takes_other_arguments(error: &EvalAltResult, closure: &FnPtr) -> bool {
    matches!(error, EvalAltResult::ErrorFunctionNotFound(signature, _) if signature.starts_with(closure.fn_name()))
}

fn by_keys(context: &NativeCallContext<'_>, array: &[Dynamic], keys: &[Dynamic], descending: bool) -> Outcome<Array> {
    let compare = |a: &Dynamic, b: &Dynamic| {
        let ordering = order(a, b).raise(context)?;
        Ok(if descending { ordering.reverse() } else { ordering })
    };
    merged(array, compare, |at| keys.get(at))
}

/// How two keys compare. Arrays compare by their first items that differ.
fn order(a: &Dynamic, b: &Dynamic) -> crate::error::Result<Ordering> {
    if let Some(ordering) = compare::order(a, b) {
        return Ok(ordering.unwrap_or(Ordering::Equal));
    }
    if let (Some(a), Some(b)) = (a.read_lock::<Array>(), b.read_lock::<Array>()) {
        for (a, b) in a.iter().zip(b.iter()) {
            match order(a, b)? {
                Ordering::Equal => {}
                other => return Ok(other),
            }
        }
        return Ok(a.len().cmp(&b.len()));
    }
    if a.is_unit() && b.is_unit() {
        return Ok(Ordering::Equal);
    }
    let (a, b) = (types::with_article(a), types::with_article(b));
    let pair = if a == b { format!("{a} has no order") } else { format!("{a} and {b} have no common order") };
    Err(Error::new(Kind::Script, format!("cannot sort these values: {pair}"))
        .hint("sort by a key that is a number or a string in every item: `list.order_by(|x| x.name)`"))
}

/// What a comparer says of two items, asked both ways round.
fn compared(context: &NativeCallContext<'_>, closure: &FnPtr, a: &Dynamic, b: &Dynamic) -> Outcome<Ordering> {
    let ordering = answer(context, closure, a, b)?;
    let reverse = answer(context, closure, b, a)?;
    if ordering == reverse.reverse() {
        return Ok(ordering);
    }
    if compare::order(a, b) == Some(Some(Ordering::Equal)) {
        // either order is right
        return Ok(Ordering::Equal);
    }
    let name = |ordering| match ordering {
        Ordering::Less => "a negative number",
        Ordering::Equal => "0",
        Ordering::Greater => "a positive number",
    };
    let message = "the comparer of this sort contradicts itself".to_owned();
    let cause = format!("for two of the items it gives {}, and {} if they are swapped", name(ordering), name(reverse));
    let error = Error::new(Kind::Script, message)
        .cause(cause)
        .hint("give a negative number where the first item comes first, a positive one where the second does, else 0")
        .hint("or sort by a key: `list.order_by(|x| x.name)`");
    Err(raise::at(error, context.call_position()))
}

fn answer(context: &NativeCallContext<'_>, closure: &FnPtr, a: &Dynamic, b: &Dynamic) -> Outcome<Ordering> {
    let answer = closure.call_raw(context, None, [a.clone(), b.clone()])?;
    if let Some(difference) = answer.read_lock::<DurationValue>() {
        return Ok(difference.as_float().total_cmp(&0.0));
    }
    answer.as_int().map(|number| number.cmp(&0)).map_err(|_| {
        let given = types::with_article(&answer);
        let error = Error::new(Kind::Script, format!("the comparer of a sort must give an int, not {given}"))
            .hint(
                "give a negative number where the first item comes first, a positive one where the second does, else 0",
            )
            .hint("or sort by a key: `list.order_by(|x| x.name)`");
        raise::at(error, context.call_position())
    })
}

/// Sorts by merging sorted runs of 1, 2, 4 … items; equal items keep their order.
fn merged<'a>(
    array: &[Dynamic],
    mut compare: impl FnMut(&Dynamic, &Dynamic) -> Outcome<Ordering>,
    key: impl Fn(usize) -> Option<&'a Dynamic>,
) -> Outcome<Array> {
    let mut first_comes_first = |a: usize, b: usize| match (key(a), key(b)) {
        (Some(a), Some(b)) => compare(a, b).map(|ordering| ordering != Ordering::Greater),
        _ => Ok(true),
    };
    let mut places: Vec<usize> = (0..array.len()).collect();
    let mut width = 1;
    while width < places.len() {
        let mut next = Vec::with_capacity(places.len());
        for runs in places.chunks(width.saturating_mul(2)) {
            let (left, right) = runs.split_at(width.min(runs.len()));
            let (mut left, mut right) = (left.iter().copied().peekable(), right.iter().copied().peekable());
            while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
                next.extend(if first_comes_first(*a, *b)? { left.next() } else { right.next() });
            }
            next.extend(left);
            next.extend(right);
        }
        places = next;
        width = width.saturating_mul(2);
    }
    Ok(places.into_iter().filter_map(|at| array.get(at).cloned()).collect())
}
