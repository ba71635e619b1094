//! Typed values: what scripts see of a pod, a session, a server, an object.
//!
//! Each has a fixed list of properties with getters; an unknown property is an error with the nearest name,
//! never `()`.

use rhai::{Dynamic, Engine, ImmutableString};

use crate::error::{Error, Kind, Result};
use crate::nearest;

use super::raise;

/// A property: its name, its Rhai type, and one line on what it gives.
pub type Property = (&'static str, &'static str, &'static str);

/// A value with named, read-only properties.
pub trait Typed: Clone + Send + Sync + 'static {
    /// The type's name in scripts and messages.
    const NAME: &'static str;
    /// Its properties, in the order in which they are printed.
    const PROPERTIES: &'static [Property];

    /// The value of a property that is in the list.
    fn property(&self, name: &str) -> Dynamic;
}

/// Makes a type known to the engine: name, getters, and the error for unknown properties.
pub fn register<T: Typed>(engine: &mut Engine) {
    engine.register_type_with_name::<T>(T::NAME);
    for (name, ..) in T::PROPERTIES {
        engine.register_get(*name, move |value: &mut T| value.property(name));
    }
    engine.register_indexer_get(|value: &mut T, name: ImmutableString| -> raise::Outcome<Dynamic> {
        property(value, &name).map_err(|error| raise::at(error, rhai::Position::NONE))
    });
    let shown = |value: &mut T| -> ImmutableString { text(value).into() };
    engine.register_fn("to_string", shown);
    engine.register_fn("to_debug", shown);
}

/// The value of a property.
///
/// # Errors
/// The type has no such property.
pub fn property<T: Typed>(value: &T, name: &str) -> Result<Dynamic> {
    match T::PROPERTIES.iter().any(|(known, ..)| *known == name) {
        true => Ok(value.property(name)),
        false => Err(unknown_property::<T>(name)),
    }
}

/// The error for a property that a type does not have.
#[must_use]
pub fn unknown_property<T: Typed>(name: &str) -> Error {
    let near = nearest::nearest(name, T::PROPERTIES.iter().map(|(name, ..)| *name));
    Error::new(Kind::Script, format!("`{}` has no property `{name}`", T::NAME)).suggest(near)
}

/// A value as one line: `Pod(mcp-time-1795100012)`.
fn text<T: Typed>(value: &T) -> String {
    let has_name = T::PROPERTIES.iter().any(|(name, ..)| *name == "name");
    let name = if has_name { value.property("name").to_string() } else { String::new() };
    format!("{}({name})", T::NAME)
}
