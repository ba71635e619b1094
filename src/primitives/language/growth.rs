//! Rhai's own functions whose result can be far larger than their arguments, with a check of the memory limit before
//! or while they allocate. They replace those of the standard library, which know no limit.

use rhai::{Array, Blob, Dynamic, Engine, ImmutableString, NativeCallContext};

use super::nesting::Survey;
use crate::memory;
use crate::primitives::api::parsed;
use crate::primitives::api::raise::{Outcome, Raise};

/// How many parts are made between two checks.
const STEP: usize = 4096;

/// Replaces them.
pub fn register(engine: &mut Engine) {
    arrays(engine);
    strings(engine);
    splitting(engine);
    engine.register_fn("parse_json", |context: NativeCallContext<'_>, text: &str| parsed::json(text).raise(&context));
}

fn arrays(engine: &mut Engine) {
    engine.register_fn(
        "pad",
        |context: NativeCallContext<'_>, array: &mut Array, length: i64, item: Dynamic| -> Outcome<()> {
            let missing = size(length).saturating_sub(array.len());
            let mut survey = Survey::default();
            survey.visit(&item).raise(&context)?;
            memory::reserve(missing.saturating_mul(survey.bytes)).raise(&context)?;
            array.resize(array.len() + missing, item);
            Ok(())
        },
    );
    let blob = |context: &NativeCallContext<'_>, length: i64, byte: i64| -> Outcome<Blob> {
        memory::reserve(size(length)).raise(context)?;
        Ok(vec![low(byte); size(length)])
    };
    engine.register_fn("blob", move |context: NativeCallContext<'_>, length: i64| blob(&context, length, 0));
    engine.register_fn("blob", move |context: NativeCallContext<'_>, length: i64, byte: i64| {
        blob(&context, length, byte)
    });
    engine.register_fn(
        "pad",
        |context: NativeCallContext<'_>, blob: &mut Blob, length: i64, byte: i64| -> Outcome<()> {
            let missing = size(length).saturating_sub(blob.len());
            memory::reserve(missing).raise(&context)?;
            blob.resize(blob.len() + missing, low(byte));
            Ok(())
        },
    );
}

fn strings(engine: &mut Engine) {
    let pad =
        |context: &NativeCallContext<'_>, text: &mut ImmutableString, length: i64, padding: &str| -> Outcome<()> {
            let missing = size(length).saturating_sub(text.chars().count());
            if missing == 0 || padding.is_empty() {
                return Ok(());
            }
            memory::reserve(missing.saturating_mul(4)).raise(context)?;
            text.make_mut().extend(padding.chars().cycle().take(missing));
            Ok(())
        };
    engine.register_fn(
        "pad",
        move |context: NativeCallContext<'_>, text: &mut ImmutableString, length: i64, padding: &str| {
            pad(&context, text, length, padding)
        },
    );
    engine.register_fn(
        "pad",
        move |context: NativeCallContext<'_>, text: &mut ImmutableString, length: i64, padding: char| {
            pad(&context, text, length, padding.encode_utf8(&mut [0; 4]))
        },
    );
    let replace = |context: &NativeCallContext<'_>, text: &mut ImmutableString, find: &str, by: &str| -> Outcome<()> {
        if !text.is_empty() {
            let added = text.matches(find).count().saturating_mul(by.len());
            memory::reserve(text.len().saturating_add(added)).raise(context)?;
            *text = text.replace(find, by).into();
        }
        Ok(())
    };
    engine.register_fn(
        "replace",
        move |context: NativeCallContext<'_>, text: &mut ImmutableString, find: &str, by: &str| {
            replace(&context, text, find, by)
        },
    );
    engine.register_fn(
        "replace",
        move |context: NativeCallContext<'_>, text: &mut ImmutableString, find: &str, by: char| {
            replace(&context, text, find, by.encode_utf8(&mut [0; 4]))
        },
    );
    engine.register_fn(
        "replace",
        move |context: NativeCallContext<'_>, text: &mut ImmutableString, find: char, by: &str| {
            replace(&context, text, find.encode_utf8(&mut [0; 4]), by)
        },
    );
    engine.register_fn(
        "replace",
        move |context: NativeCallContext<'_>, text: &mut ImmutableString, find: char, by: char| {
            replace(&context, text, find.encode_utf8(&mut [0; 4]), by.encode_utf8(&mut [0; 4]))
        },
    );
}

/// Their first argument comes by value, so that they work on constants: `split` and `split_rev` by a string or a character, into all parts or a number of them, and `to_chars`.
fn splitting(engine: &mut Engine) {
    engine.register_fn("to_chars", |context: NativeCallContext<'_>, text: &str| parts(&context, text.chars()));
    engine.register_fn("split", |context: NativeCallContext<'_>, text: ImmutableString| {
        if text.is_empty() { Ok(vec![text.clone().into()]) } else { parts(&context, text.split_whitespace()) }
    });
    engine.register_fn("split", |context: NativeCallContext<'_>, text: ImmutableString, by: &str| {
        split(&context, &text, by, i64::MAX, false)
    });
    engine.register_fn("split", |context: NativeCallContext<'_>, text: ImmutableString, by: &str, most: i64| {
        split(&context, &text, by, most, false)
    });
    engine.register_fn("split", |context: NativeCallContext<'_>, text: ImmutableString, by: char| {
        split(&context, &text, by.encode_utf8(&mut [0; 4]), i64::MAX, false)
    });
    engine.register_fn("split", |context: NativeCallContext<'_>, text: ImmutableString, by: char, most: i64| {
        split(&context, &text, by.encode_utf8(&mut [0; 4]), most, false)
    });
    engine.register_fn("split_rev", |context: NativeCallContext<'_>, text: ImmutableString, by: &str| {
        split(&context, &text, by, i64::MAX, true)
    });
    engine.register_fn("split_rev", |context: NativeCallContext<'_>, text: ImmutableString, by: &str, most: i64| {
        split(&context, &text, by, most, true)
    });
    engine.register_fn("split_rev", |context: NativeCallContext<'_>, text: ImmutableString, by: char| {
        split(&context, &text, by.encode_utf8(&mut [0; 4]), i64::MAX, true)
    });
    engine.register_fn("split_rev", |context: NativeCallContext<'_>, text: ImmutableString, by: char, most: i64| {
        split(&context, &text, by.encode_utf8(&mut [0; 4]), most, true)
    });
}

fn split(
    context: &NativeCallContext<'_>,
    text: &ImmutableString,
    by: &str,
    most: i64,
    from_end: bool,
) -> Outcome<Array> {
    if most <= 1 || text.is_empty() {
        return Ok(vec![text.clone().into()]);
    }
    let most = size(most);
    if from_end { parts(context, text.rsplitn(most, by)) } else { parts(context, text.splitn(most, by)) }
}

fn parts<T: Into<Dynamic>>(context: &NativeCallContext<'_>, parts: impl Iterator<Item = T>) -> Outcome<Array> {
    let mut array = Array::new();
    for part in parts {
        if array.len().is_multiple_of(STEP) {
            memory::check().raise(context)?;
        }
        array.push(part.into());
    }
    Ok(array)
}

fn size(length: i64) -> usize {
    usize::try_from(length).unwrap_or_default()
}

fn low(byte: i64) -> u8 {
    byte.to_le_bytes()[0]
}
