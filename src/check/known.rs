//! What is known about a value without running the script: its type, and for arrays that of their items.

use std::any::TypeId;

use rhai::{Array, Dynamic, Expr, FnPtr, ImmutableString, Map};

use crate::primitives::api::types;

/// The type of an expression, as far as it is certain.
#[derive(Debug, Clone)]
pub(super) enum Known<'a> {
    /// Nothing is known.
    Any,
    Unit,
    Bool,
    Int,
    Float,
    Char,
    Text,
    /// An array and what its items are.
    Array(Box<Known<'a>>),
    /// A map; with the literal that made it, where nothing changes it afterwards.
    Map(Option<&'a Expr>),
    Function,
    /// A typed value such as `Pod`.
    Typed(&'static str),
    /// The parameters of the script.
    Args,
    /// A value of this type, or `()`: a parameter of the script that need not be given.
    Optional(Box<Known<'a>>),
}

impl<'a> Known<'a> {
    /// An array of unknown items.
    pub(super) fn array() -> Self {
        Self::Array(Box::new(Self::Any))
    }

    /// A type by the name that signatures use.
    pub(super) fn from_name(name: &str) -> Self {
        if let Some(item) = name.strip_prefix("array of ") {
            return Self::Array(Box::new(Self::from_name(item)));
        }
        match name {
            "()" => Self::Unit,
            "bool" => Self::Bool,
            "int" => Self::Int,
            "float" => Self::Float,
            "char" => Self::Char,
            "string" => Self::Text,
            "array" => Self::array(),
            "map" => Self::Map(None),
            other => match types::named(other) {
                Some(info) => Self::Typed(info.name),
                None => Self::Any,
            },
        }
    }

    /// The name that messages use.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Unit => "()",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Float => "float",
            Self::Char => "char",
            Self::Text => "string",
            Self::Array(_) => "array",
            Self::Map(_) => "map",
            Self::Function => "Fn",
            Self::Typed(name) => name,
            Self::Args => "Args",
            Self::Optional(value) => value.name(),
        }
    }

    /// What it is if it is not `()`.
    pub(super) fn present(&self) -> &Self {
        match self {
            Self::Optional(value) => value,
            other => other,
        }
    }

    /// What is true of both values.
    pub(super) fn join(self, other: Self) -> Self {
        match (self, other) {
            (Self::Array(a), Self::Array(b)) => Self::Array(Box::new(a.join(*b))),
            (Self::Map(Some(a)), Self::Map(Some(b))) if std::ptr::eq(a, b) => Self::Map(Some(a)),
            (Self::Map(_), Self::Map(_)) => Self::Map(None),
            (Self::Typed(a), Self::Typed(b)) if a == b => Self::Typed(a),
            (a, b) if a.is_simple() && std::mem::discriminant(&a) == std::mem::discriminant(&b) => a,
            _ => Self::Any,
        }
    }

    fn is_simple(&self) -> bool {
        !matches!(self, Self::Any | Self::Array(_) | Self::Map(_) | Self::Typed(_) | Self::Optional(_))
    }

    /// Whether something is known.
    pub(super) fn is_known(&self) -> bool {
        !matches!(self, Self::Any)
    }

    /// The value of an item.
    pub(super) fn item(&self) -> Self {
        match self {
            Self::Array(item) => (**item).clone(),
            Self::Text => Self::Char,
            Self::Optional(value) => value.item(),
            _ => Self::Any,
        }
    }

    /// What stays known of a value that is changed in place: its type, but not what it holds.
    pub(super) fn changed(self) -> Self {
        match self {
            Self::Array(_) => Self::array(),
            Self::Map(_) => Self::Map(None),
            other => other,
        }
    }

    /// Whether a parameter of a registered function may take it.
    pub(super) fn fits(&self, parameter: TypeId) -> bool {
        if parameter == TypeId::of::<Dynamic>() {
            return true;
        }
        let own: &[TypeId] = match self {
            Self::Any => return true,
            Self::Unit => &[TypeId::of::<()>()],
            Self::Bool => &[TypeId::of::<bool>()],
            Self::Int => &[TypeId::of::<i64>()],
            Self::Float => &[TypeId::of::<f64>()],
            Self::Char => &[TypeId::of::<char>()],
            Self::Text => &[TypeId::of::<ImmutableString>(), TypeId::of::<String>(), TypeId::of::<&str>()],
            Self::Array(_) => &[TypeId::of::<Array>()],
            Self::Map(_) => &[TypeId::of::<Map>()],
            Self::Function => &[TypeId::of::<FnPtr>()],
            Self::Typed(_) | Self::Args => return !is_plain(parameter),
            Self::Optional(value) => return value.fits(parameter) || Self::Unit.fits(parameter),
        };
        own.contains(&parameter)
    }
}

/// Whether a type is one of the language's own.
fn is_plain(parameter: TypeId) -> bool {
    [
        TypeId::of::<()>(),
        TypeId::of::<bool>(),
        TypeId::of::<i64>(),
        TypeId::of::<f64>(),
        TypeId::of::<char>(),
        TypeId::of::<ImmutableString>(),
        TypeId::of::<String>(),
        TypeId::of::<&str>(),
        TypeId::of::<Array>(),
        TypeId::of::<Map>(),
        TypeId::of::<FnPtr>(),
    ]
    .contains(&parameter)
}
