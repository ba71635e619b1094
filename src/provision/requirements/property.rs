//! The parameters that a catalog describes: JSON schema, as its `config` entries hold it.

use serde_json::{Map, Value};

use super::super::catalog::Server;
use super::super::catalog::server::scalar;
use super::super::credentials::by_name;
use super::super::keys::clean;

/// The type of a config value, in the words of JSON schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueType {
    /// Any text.
    String,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A list: items with commas between them, or a JSON array.
    Array,
    /// A map, as JSON.
    Object,
}

impl ValueType {
    /// The schema's word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Array => "array",
            Self::Object => "object",
        }
    }

    fn of(schema: &Map<String, Value>) -> Self {
        let word = match schema.get("type") {
            Some(Value::Array(words)) => words.iter().filter_map(Value::as_str).find(|word| *word != "null"),
            word => word.and_then(Value::as_str),
        };
        match word {
            Some("integer") => Self::Integer,
            Some("number") => Self::Number,
            Some("boolean") => Self::Boolean,
            Some("array") => Self::Array,
            Some("object") => Self::Object,
            _ => Self::String,
        }
    }
}

/// A config value that a server takes.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfigNeed {
    /// The template path, like `grafana.url`: the key in the ConfigMap and in the env file.
    pub key: String,
    /// Its type.
    pub value_type: ValueType,
    /// What it is for; may be empty.
    pub description: String,
    /// The catalog's default, as written in an env file.
    pub default: Option<String>,
    /// The catalog's example, as written in an env file.
    pub example: Option<String>,
    /// Whether the server needs it.
    pub required: bool,
    /// Whether its name says that it is a credential.
    pub credential: bool,
    /// The values it may have, if they are listed.
    pub choices: Vec<String>,
    /// The property of the catalog that describes it; empty if there is none.
    pub schema: Map<String, Value>,
}

/// Every property of the server's `config`, at the leaves, and the names in `required` without a property.
pub(super) fn properties(server: &Server) -> (Vec<ConfigNeed>, Vec<String>) {
    let (mut found, mut unmatched) = (Vec::new(), Vec::new());
    for entry in &server.config {
        walk(&entry.schema, &entry.name, &entry.description, true, 0, &mut found);
        let names = entry.schema.get("required").and_then(Value::as_array).into_iter().flatten();
        let properties = entry.schema.get("properties").and_then(Value::as_object);
        let is_property = |name: &&str| properties.is_some_and(|properties| properties.contains_key(*name));
        unmatched.extend(
            names
                .filter_map(Value::as_str)
                .filter(|name| !is_property(name))
                .map(|name| if name.contains('.') { name.to_owned() } else { format!("{}.{name}", entry.name) }),
        );
    }
    (found, unmatched)
}

/// How deep properties may nest; the real catalog has two levels.
const DEEPEST: usize = 16;

fn walk(
    schema: &Map<String, Value>,
    path: &str,
    above: &str,
    required_above: bool,
    depth: usize,
    found: &mut Vec<ConfigNeed>,
) {
    let Some(properties) = schema.get("properties").and_then(Value::as_object).filter(|_| depth < DEEPEST) else {
        return;
    };
    let names = schema.get("required").and_then(Value::as_array);
    for (name, property) in properties {
        let Some(property) = property.as_object() else { continue };
        let path = format!("{path}.{name}");
        let required = required_above && names.is_some_and(|names| names.iter().any(|n| n.as_str() == Some(name)));
        let description = property.get("description").and_then(Value::as_str).filter(|text| !text.is_empty());
        let description = description.unwrap_or(above);
        let inner = property.get("properties").and_then(Value::as_object).is_some_and(|inner| !inner.is_empty());
        if inner {
            walk(property, &path, description, required, depth + 1, found);
        } else {
            found.push(described(path, property, description, required));
        }
    }
}

fn described(key: String, schema: &Map<String, Value>, description: &str, required: bool) -> ConfigNeed {
    let value = |name: &str| schema.get(name).filter(|value| !value.is_null()).map(env_text);
    let example = value("example").or_else(|| {
        schema.get("examples").and_then(Value::as_array).and_then(|examples| examples.first()).map(env_text)
    });
    let secret_by_schema = schema.get("format").and_then(Value::as_str) == Some("password")
        || schema.get("writeOnly").and_then(Value::as_bool) == Some(true);
    ConfigNeed {
        credential: secret_by_schema || by_name(&key),
        key,
        value_type: ValueType::of(schema),
        description: description.to_owned(),
        default: value("default"),
        example,
        required,
        choices: schema
            .get("enum")
            .and_then(Value::as_array)
            .map(|choices| choices.iter().map(env_text).collect())
            .unwrap_or_default(),
        schema: schema.clone(),
    }
}

/// A parameter that the catalog does not describe.
pub(super) fn undescribed(path: &str) -> ConfigNeed {
    described(path.to_owned(), &Map::new(), "", false)
}

/// A value of the catalog as written in an env file: a list with commas, or as JSON if an item contains one.
pub(in super::super) fn env_text(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let texts: Vec<String> = items.iter().map(scalar).collect();
            let plain = texts.iter().all(|text| !text.contains(',') && text.trim() == text && !text.is_empty())
                && !texts.first().is_some_and(|text| text.starts_with('['));
            if plain { texts.join(",") } else { value.to_string() }
        }
        other => scalar(other),
    }
}

/// A value of an env file as the items of a list: a JSON or YAML list, one item a line, or split at the commas.
#[must_use]
pub fn list_items(text: &str) -> Vec<String> {
    let trimmed = text.trim();
    if trimmed.starts_with('[') && trimmed.ends_with(']') {
        // YAML is tried second: `[/a, /b]` without quotes
        let items = serde_json::from_str(trimmed).ok().or_else(|| serde_saphyr::from_str::<Value>(trimmed).ok());
        if let Some(Value::Array(items)) = items {
            return items.iter().map(scalar).collect();
        }
    }
    let is_yaml = trimmed.starts_with("- ") && trimmed.lines().all(|line| line.trim_start().starts_with("- "));
    let separators: &[char] = if is_yaml || trimmed.contains('\n') { &['\n'] } else { &[','] };
    let items = trimmed.split(separators).map(|item| item.trim().trim_end_matches(','));
    let items = items.map(|item| if is_yaml { item.trim_start_matches("- ").trim() } else { item });
    items.filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

impl ConfigNeed {
    /// Whether a value can be one of this parameter.
    ///
    /// # Errors
    /// What the value should be instead; the value itself is not in it.
    pub fn check(&self, value: &str) -> std::result::Result<(), String> {
        let value = value.trim();
        let fits = match self.value_type {
            ValueType::String | ValueType::Array => true,
            ValueType::Integer => value.parse::<i64>().is_ok(),
            ValueType::Number => value.parse::<f64>().is_ok_and(f64::is_finite),
            ValueType::Boolean => matches!(value, "true" | "false"),
            ValueType::Object => serde_json::from_str::<Map<String, Value>>(value).is_ok(),
        };
        if !fits {
            let wanted = match self.value_type {
                ValueType::Integer => "a whole number",
                ValueType::Number => "a number",
                ValueType::Boolean => "`true` or `false`",
                _ => "a JSON object",
            };
            return Err(format!("`{}` has to be {wanted}", self.key));
        }
        if !self.choices.is_empty() && !self.choices.iter().any(|choice| choice == value) {
            let choices: Vec<String> = self.choices.iter().map(|choice| format!("`{}`", clean(choice))).collect();
            return Err(format!("`{}` has to be one of {}", self.key, choices.join(", ")));
        }
        Ok(())
    }
}
