//! Typed values: what scripts see of a pod, a session, a server, an object.
//!
//! A type names each of its properties once. Getters, JSON, tables, completion, `check` and the reference come from it;
//! an unknown property is an error with the nearest name, never `()`.

use rhai::{Array, Dynamic, Engine, ImmutableString};

use super::raise;
use crate::duration;
use crate::error::{Error, Kind, Result};
use crate::host::Host;
use crate::nearest;
use crate::output::{Column, Document, Table};
use crate::primitives::language::duration::DurationValue;

/// A property, without the way to read it.
#[derive(Debug, Clone, Copy)]
pub struct Property {
    /// Its name.
    pub name: &'static str,
    /// Its type in the script language.
    pub kind: &'static str,
    /// What it gives, in one line.
    pub help: &'static str,
    shown: Shown,
}

/// Where tables show a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Always,
    Wide,
    Never,
}

/// A property of a type.
pub struct PropertyOf<T> {
    /// Its name, type and meaning.
    pub property: Property,
    /// Its value.
    pub get: fn(&T) -> Dynamic,
}

/// A property that no table shows.
#[must_use]
pub const fn property(name: &'static str, kind: &'static str, help: &'static str) -> Property {
    Property { name, kind, help, shown: Shown::Never }
}

/// A property that is a column of tables.
#[must_use]
pub const fn column(name: &'static str, kind: &'static str, help: &'static str) -> Property {
    Property { name, kind, help, shown: Shown::Always }
}

/// A property that is a column under `-o wide`.
#[must_use]
pub const fn wide(name: &'static str, kind: &'static str, help: &'static str) -> Property {
    Property { name, kind, help, shown: Shown::Wide }
}

impl Property {
    /// With the way to read it.
    #[must_use]
    pub const fn get<T>(self, get: fn(&T) -> Dynamic) -> PropertyOf<T> {
        PropertyOf { property: self, get }
    }
}

/// A value with named, read-only properties.
pub trait Typed: Clone + Send + Sync + 'static {
    /// The type's name in scripts and messages.
    const NAME: &'static str;
    /// Its properties, in the order in which they are printed.
    const PROPERTIES: &'static [PropertyOf<Self>];

    /// What several of them are shown as; `None` where they have neither a table nor lines.
    ///
    /// # Errors
    /// The cluster whose name stands under the table cannot be chosen.
    fn document(_host: &Host, items: &[Self]) -> Result<Option<Document>> {
        let has_columns = Self::PROPERTIES.iter().any(|known| known.property.shown == Shown::Always);
        Ok(has_columns.then(|| Document::default().table(table(items, None))))
    }
}

/// The columns of a type as a table; `first` is a further property to begin with.
pub fn table<T: Typed>(items: &[T], first: Option<&str>) -> Table {
    let named = T::PROPERTIES.iter().filter(|known| Some(known.property.name) == first);
    let those = |shown: Shown| T::PROPERTIES.iter().filter(move |known| known.property.shown == shown);
    let columns: Vec<&PropertyOf<T>> = named.chain(those(Shown::Always)).chain(those(Shown::Wide)).collect();
    let mut table = Table::new(columns.iter().map(|known| {
        let column = Column::new(known.property.name);
        if known.property.shown == Shown::Wide { column.wide() } else { column }
    }));
    for item in items {
        table.row(columns.iter().map(|known| cell(&(known.get)(item), known.property.name == "description")));
    }
    table
}

fn cell(value: &Dynamic, cut: bool) -> String {
    if value.is_unit() {
        return String::new();
    }
    if let Some(length) = value.read_lock::<DurationValue>() {
        return duration::age(length.seconds());
    }
    match value.read_lock::<Array>() {
        Some(items) => items.iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
        None if cut => short(&value.to_string()),
        None => value.to_string(),
    }
}

/// How much of a description a table shows; `-o wide` shows all of it.
const LONGEST: usize = 60;

/// The start of a text, up to a blank where there is one.
pub fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let Some((end, _)) = line.char_indices().nth(LONGEST) else { return line };
    let cut = &line[..end];
    format!("{} …", cut.rsplit_once(' ').map_or(cut, |(whole, _)| whole))
}

/// A string as a script's value.
pub fn text(text: &str) -> Dynamic {
    text.to_owned().into()
}

/// Strings as a script's value.
pub fn texts<T: ToString>(texts: impl IntoIterator<Item = T>) -> Dynamic {
    texts.into_iter().map(|text| text.to_string().into()).collect::<Array>().into()
}

/// A count as a script's value. Counts fit; what does not is as good as for ever.
pub fn count(number: impl TryInto<i64>) -> Dynamic {
    number.try_into().unwrap_or(i64::MAX).into()
}

/// An age as a script's value.
pub fn length(seconds: u64) -> Dynamic {
    Dynamic::from(DurationValue::from_seconds(seconds))
}

/// Makes a type known to the engine: name, getters, and the error for unknown properties.
pub fn register<T: Typed>(engine: &mut Engine) {
    engine.register_type_with_name::<T>(T::NAME);
    for known in T::PROPERTIES {
        engine.register_get(known.property.name, |value: &mut T| (known.get)(value));
    }
    engine.register_indexer_get(|value: &mut T, name: ImmutableString| -> raise::Outcome<Dynamic> {
        read(value, &name).map_err(|error| raise::at(error, rhai::Position::NONE))
    });
    let shown = |value: &mut T| -> ImmutableString {
        // `Pod(mcp-time-1795100012)`
        let name = read(value, "name").map(|name| name.to_string()).unwrap_or_default();
        format!("{}({name})", T::NAME).into()
    };
    engine.register_fn("to_string", shown);
    engine.register_fn("to_debug", shown);
}

/// The value of a property.
///
/// # Errors
/// The type has no such property.
pub fn read<T: Typed>(value: &T, name: &str) -> Result<Dynamic> {
    match T::PROPERTIES.iter().find(|known| known.property.name == name) {
        Some(known) => Ok((known.get)(value)),
        None => {
            let near = nearest::nearest(name, T::PROPERTIES.iter().map(|known| known.property.name));
            Err(Error::new(Kind::Script, format!("`{}` has no property `{name}`", T::NAME)).suggest(near))
        }
    }
}
