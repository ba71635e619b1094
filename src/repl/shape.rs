//! What completion knows about a value: its type and, in maps and arrays, that of its parts. Determined at the end of a
//! line, so that a key press reads no values.

use rhai::{Array, Dynamic, Map};

use crate::primitives::api::types;

/// How deep maps and arrays are looked into.
const DEPTH: usize = 3;

/// The most keys of a map that are offered.
const MOST_KEYS: usize = 200;

/// A value's shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shape {
    /// A map with these keys.
    Map(Vec<(String, Shape)>),
    /// An array whose items are like its first one.
    Array(Option<Box<Shape>>),
    /// A value of a type, by its name in scripts: `Pod`, `string`.
    Typed(String),
}

/// A step from a value to a part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// `.name`.
    Property(String),
    /// `[…]`.
    Index,
    /// `.name(…)`.
    Call(String),
}

impl Shape {
    /// The shape of a value; `name` gives a type's name.
    pub(super) fn of(value: &Dynamic, name: &impl Fn(&Dynamic) -> String) -> Self {
        Self::at(value, name, DEPTH)
    }

    fn at(value: &Dynamic, name: &impl Fn(&Dynamic) -> String, depth: usize) -> Self {
        if let Some(map) = value.read_lock::<Map>() {
            let keys = if depth == 0 { 0 } else { MOST_KEYS };
            let parts = map.iter().take(keys).map(|(key, part)| (key.to_string(), Self::at(part, name, depth - 1)));
            return Self::Map(parts.collect());
        }
        if let Some(array) = value.read_lock::<Array>() {
            let first = if depth == 0 { None } else { array.first() };
            return Self::Array(first.map(|item| Box::new(Self::at(item, name, depth - 1))));
        }
        Self::named(&name(value))
    }

    /// The shape that a type's name promises.
    pub(super) fn named(kind: &str) -> Self {
        if let Some(item) = kind.strip_prefix("array of ") {
            return Self::Array(Some(Box::new(Self::named(item))));
        }
        match kind {
            "array" => Self::Array(None),
            "map" => Self::Map(Vec::new()),
            "i64" => Self::Typed("int".to_owned()),
            "f64" => Self::Typed("float".to_owned()),
            other => Self::Typed(other.to_owned()),
        }
    }

    /// The shape of a part, where it is known.
    pub(super) fn after(&self, step: &Step) -> Option<Self> {
        match (self, step) {
            (Self::Map(keys), Step::Property(name)) => {
                keys.iter().find(|(key, _)| key == name).map(|(_, shape)| shape.clone())
            }
            (Self::Typed(kind), Step::Property(name)) => property(kind, name),
            (Self::Array(item), Step::Index) => item.as_deref().cloned(),
            (Self::Array(item), Step::Call(name)) => match name.as_str() {
                "filter" | "extract" | "drain" | "retain" | "splice" => Some(self.clone()),
                "pop" | "shift" | "find" | "remove" | "get" => item.as_deref().cloned(),
                "len" => Some(Self::named("int")),
                _ => None,
            },
            (Self::Map(_), Step::Call(name)) if name == "keys" => {
                Some(Self::Array(Some(Box::new(Self::named("string")))))
            }
            _ => None,
        }
    }

    /// The shape of an array's items.
    pub(super) fn item(&self) -> Option<Self> {
        self.after(&Step::Index)
    }

    /// What can be read of it by name, each with a word on it.
    pub(super) fn properties(&self) -> Vec<(String, String)> {
        match self {
            Self::Map(keys) => {
                let plain = keys.iter().filter(|(key, _)| is_word(key));
                plain.map(|(key, shape)| (key.clone(), shape.kind().to_owned())).collect()
            }
            Self::Typed(kind) => {
                let known = types::named(kind).map(|info| info.properties.as_slice()).unwrap_or_default();
                known.iter().map(|property| (property.name.to_owned(), property.kind.to_owned())).collect()
            }
            Self::Array(_) => Vec::new(),
        }
    }

    /// The name of its type.
    pub(super) fn kind(&self) -> &str {
        match self {
            Self::Map(_) => "map",
            Self::Array(_) => "array",
            Self::Typed(kind) => kind,
        }
    }
}

fn property(kind: &str, name: &str) -> Option<Shape> {
    let property = types::named(kind)?.properties.iter().find(|property| property.name == name)?;
    Some(Shape::named(property.kind))
}

fn is_word(key: &str) -> bool {
    key.starts_with(|c: char| c.is_alphabetic() || c == '_') && key.chars().all(|c| c.is_alphanumeric() || c == '_')
}
