//! The schema of each kind, as far as merging needs it: which maps are merged key by key, which lists are associative,
//! which values are atomic. From the `x-kubernetes-*` marks of the core v1 OpenAPI schema.

use serde_json::Value;

use super::resource::Resource;

/// The type of a place in an object, and how two versions of it are merged.
#[derive(Debug)]
pub(crate) enum Shape {
    /// A string.
    Text,
    /// A string with base64.
    Base64,
    /// `true` or `false`.
    Flag,
    /// Any value: an object is merged field by field, a list is atomic.
    Any,
    /// Atomic.
    Atomic,
    /// An object with known fields; if it is not `closed`, others are of [`Shape::Any`].
    Object { fields: &'static [(&'static str, Shape)], closed: bool },
    /// An object with free keys.
    Map(&'static Shape),
    /// A list of objects, each identified by the values of some of its fields.
    Keyed { keys: &'static [&'static str], item: &'static Shape },
    /// A list of values without duplicates.
    Set,
}

static ANY: Shape = Shape::Any;
static TEXT: Shape = Shape::Text;
static BASE64: Shape = Shape::Base64;

const METADATA: Shape = Shape::Object {
    closed: true,
    fields: &[
        ("annotations", Shape::Map(&TEXT)),
        ("creationTimestamp", Shape::Any),
        ("deletionGracePeriodSeconds", Shape::Any),
        ("deletionTimestamp", Shape::Any),
        ("finalizers", Shape::Set),
        ("generateName", Shape::Text),
        ("generation", Shape::Any),
        ("labels", Shape::Map(&TEXT)),
        ("managedFields", Shape::Atomic),
        ("name", Shape::Text),
        ("namespace", Shape::Text),
        ("ownerReferences", Shape::Keyed { keys: &["uid"], item: &ANY }),
        ("resourceVersion", Shape::Text),
        ("selfLink", Shape::Text),
        ("uid", Shape::Text),
    ],
};

static CONFIG_MAP: Shape = Shape::Object {
    closed: true,
    fields: &[
        ("apiVersion", Shape::Text),
        ("kind", Shape::Text),
        ("metadata", METADATA),
        ("data", Shape::Map(&TEXT)),
        ("binaryData", Shape::Map(&BASE64)),
        ("immutable", Shape::Flag),
    ],
};

static SECRET: Shape = Shape::Object {
    closed: true,
    fields: &[
        ("apiVersion", Shape::Text),
        ("kind", Shape::Text),
        ("metadata", METADATA),
        ("data", Shape::Map(&BASE64)),
        ("stringData", Shape::Map(&TEXT)),
        ("immutable", Shape::Flag),
        ("type", Shape::Text),
    ],
};

static NAMESPACE: Shape = Shape::Object {
    closed: true,
    fields: &[
        ("apiVersion", Shape::Text),
        ("kind", Shape::Text),
        ("metadata", METADATA),
        ("spec", Shape::Any),
        ("status", Shape::Object { closed: false, fields: &[("conditions", CONDITIONS)] }),
    ],
};

const CONDITIONS: Shape = Shape::Keyed { keys: &["type"], item: &ANY };
const CONTAINERS: Shape = Shape::Keyed { keys: &["name"], item: &CONTAINER };

static CONTAINER: Shape = Shape::Object {
    closed: false,
    fields: &[
        ("env", Shape::Keyed { keys: &["name"], item: &ANY }),
        ("ports", Shape::Keyed { keys: &["containerPort", "protocol"], item: &ANY }),
        ("volumeMounts", Shape::Keyed { keys: &["mountPath"], item: &ANY }),
        ("volumeDevices", Shape::Keyed { keys: &["devicePath"], item: &ANY }),
        (
            "resources",
            Shape::Object { closed: false, fields: &[("limits", Shape::Map(&TEXT)), ("requests", Shape::Map(&TEXT))] },
        ),
    ],
};

static POD: Shape = Shape::Object {
    closed: true,
    fields: &[
        ("apiVersion", Shape::Text),
        ("kind", Shape::Text),
        ("metadata", METADATA),
        (
            "spec",
            Shape::Object {
                closed: false,
                fields: &[
                    ("containers", CONTAINERS),
                    ("initContainers", CONTAINERS),
                    ("ephemeralContainers", CONTAINERS),
                    ("imagePullSecrets", Shape::Keyed { keys: &["name"], item: &ANY }),
                    ("nodeSelector", Shape::Atomic),
                    ("volumes", Shape::Keyed { keys: &["name"], item: &ANY }),
                    ("hostAliases", Shape::Keyed { keys: &["ip"], item: &ANY }),
                ],
            },
        ),
        (
            "status",
            Shape::Object {
                closed: false,
                fields: &[("conditions", CONDITIONS), ("podIPs", Shape::Keyed { keys: &["ip"], item: &ANY })],
            },
        ),
    ],
};

/// The shape of a kind's objects.
pub(crate) fn of(resource: Resource) -> &'static Shape {
    match resource {
        Resource::Namespaces => &NAMESPACE,
        Resource::Pods => &POD,
        Resource::ConfigMaps => &CONFIG_MAP,
        Resource::Secrets => &SECRET,
    }
}

impl Shape {
    /// The shape of a field of an object; `None` if the field does not exist.
    pub(crate) fn field(&self, name: &str) -> Option<&Shape> {
        match self {
            Self::Object { fields, closed } => match fields.iter().find(|(known, _)| *known == name) {
                Some((_, shape)) => Some(shape),
                None if *closed => None,
                None => Some(&ANY),
            },
            Self::Map(item) => Some(item),
            _ => Some(&ANY),
        }
    }

    /// The shape of a list's items.
    pub(crate) fn item(&self) -> &Shape {
        match self {
            Self::Keyed { item, .. } => item,
            _ => &ANY,
        }
    }

    /// Whether the keys of a value of this shape are free and not the fields of a type: such a key has an owner itself,
    /// a field only through its content.
    pub(crate) const fn has_free_keys(&self) -> bool {
        matches!(self, Self::Map(_))
    }

    /// Whether a value of this shape is merged in parts.
    pub(crate) fn is_granular(&self, value: &Value) -> bool {
        match self {
            Self::Object { .. } | Self::Map(_) | Self::Any => value.is_object(),
            Self::Keyed { .. } | Self::Set => value.is_array(),
            Self::Text | Self::Base64 | Self::Flag | Self::Atomic => false,
        }
    }

    /// The word for the expected type in errors.
    fn mismatch(&self, value: &Value) -> Option<&'static str> {
        if value.is_null() {
            return None;
        }
        match self {
            Self::Text | Self::Base64 if !value.is_string() => Some("string"),
            Self::Flag if !value.is_boolean() => Some("boolean"),
            Self::Object { .. } | Self::Map(_) if !value.is_object() => Some("map"),
            Self::Keyed { .. } | Self::Set if !value.is_array() => Some("list"),
            _ => None,
        }
    }
}

/// A type error in a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Misfit {
    /// A value of another type: its place, the expected type, the value as JSON.
    Type { path: String, wanted: &'static str, value: Value },
    /// A field that the kind does not have.
    Unknown { path: String },
    /// A string that is not valid base64; the offset of the first bad byte.
    Base64 { path: String, at: usize },
}

/// The first wrong type or field in an object; base64 is checked last.
pub(crate) fn misfits(shape: &Shape, value: &Value) -> Vec<Misfit> {
    let mut found = Vec::new();
    collect(shape, value, "", &mut found);
    found
}

fn collect(shape: &Shape, value: &Value, path: &str, found: &mut Vec<Misfit>) {
    if let Some(wanted) = shape.mismatch(value) {
        found.push(Misfit::Type { path: path.to_owned(), wanted, value: value.clone() });
        return;
    }
    match (shape, value) {
        (Shape::Object { .. } | Shape::Map(_), Value::Object(map)) => {
            for (name, item) in map {
                let path = format!("{path}.{name}");
                match shape.field(name) {
                    Some(shape) => collect(shape, item, &path, found),
                    None => found.push(Misfit::Unknown { path }),
                }
            }
        }
        (Shape::Keyed { item, .. }, Value::Array(list)) => {
            for (index, value) in list.iter().enumerate() {
                collect(item, value, &format!("{path}[{index}]"), found);
            }
        }
        (Shape::Base64, Value::String(text)) => {
            if let Some(at) = base64_error(text) {
                found.push(Misfit::Base64 { path: path.to_owned(), at });
            }
        }
        _ => {}
    }
}

/// The offset at which a string stops being base64 for Go's decoder (line ends are skipped); `None` if it is valid.
fn base64_error(text: &str) -> Option<usize> {
    use base64::Engine as _;
    let plain: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    if base64::engine::general_purpose::STANDARD.decode(&plain).is_ok() {
        return None;
    }
    let good = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
    Some(text.bytes().position(|b| !good(b)).unwrap_or(text.len() / 4 * 4))
}

/// Removes a field by its dotted path: the server ignores unknown fields.
pub(crate) fn forget(object: &mut Value, path: &str) {
    let Some((parent, name)) = path.rsplit_once('.') else { return };
    let mut place = object;
    for part in parent.split('.').filter(|p| !p.is_empty()) {
        match place.get_mut(part) {
            Some(below) => place = below,
            None => return,
        }
    }
    if let Some(map) = place.as_object_mut() {
        map.shift_remove(name);
    }
}

/// Converts an object as the server decodes it: `null` entries of string maps become empty strings, other `null`s and
/// empty maps and lists that Go omits are removed.
pub(crate) fn normalize(shape: &Shape, value: &mut Value) {
    let Value::Object(map) = value else { return };
    for (name, item) in map.iter_mut() {
        if let Some(shape) = shape.field(name) {
            normalize(shape, item);
        }
    }
    if matches!(shape, Shape::Map(Shape::Text | Shape::Base64)) {
        map.values_mut().filter(|v| v.is_null()).for_each(|v| *v = Value::String(String::new()));
    } else if matches!(shape, Shape::Object { .. }) {
        map.retain(|name, item| {
            let omitted = item.is_null()
                || (matches!(
                    shape.field(name),
                    Some(Shape::Map(_) | Shape::Keyed { .. } | Shape::Set | Shape::Atomic)
                ) && (item.as_object().is_some_and(serde_json::Map::is_empty)
                    || item.as_array().is_some_and(Vec::is_empty)))
                || (matches!(shape.field(name), Some(Shape::Text)) && item.as_str() == Some(""));
            !omitted
        });
    }
}
