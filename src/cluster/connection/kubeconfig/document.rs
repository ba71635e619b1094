//! The content of one kubeconfig file, read as client-go reads it: YAML becomes JSON, JSON becomes fields, an empty
//! field is the same as an absent one, and a value of a wrong type is an error that names its field.
//!
//! kube's types are stricter (an empty string counts, base64 has no line breaks) and its parse errors quote the file.

use std::collections::HashSet;
use std::path::Path;

use base64::Engine as _;
use kube::config::Kubeconfig;
use serde_json::{Map, Value};
use serde_saphyr::{DuplicateKeyPolicy, Options};

use crate::encoding;
use crate::error::{Error, Place, Result};

/// Where an `interactiveMode` that client-go does not know is kept: it is an error only if this user is chosen.
pub(super) const UNKNOWN_MODE: &str = "unknown interactiveMode";

/// What one file contains.
#[derive(Debug, Default)]
pub(super) struct Document {
    /// The entries, without empty fields; relative paths are still relative.
    pub(super) config: Kubeconfig,
    /// What is odd in it and does no harm.
    pub(super) warnings: Vec<String>,
}

/// How a field is read.
#[derive(Clone, Copy)]
enum Field {
    Text,
    /// Base64, in which line breaks and blanks are ignored.
    Data,
    Flag,
    Texts,
    /// Lists of strings by name.
    TextLists,
    /// Strings by name.
    TextMap,
}

const CLUSTER: [(&str, Field); 7] = [
    ("server", Field::Text),
    ("tls-server-name", Field::Text),
    ("certificate-authority", Field::Text),
    ("certificate-authority-data", Field::Data),
    ("proxy-url", Field::Text),
    ("insecure-skip-tls-verify", Field::Flag),
    ("disable-compression", Field::Flag),
];
const CONTEXT: [(&str, Field); 3] = [("cluster", Field::Text), ("user", Field::Text), ("namespace", Field::Text)];
const USER: [(&str, Field); 12] = [
    ("token", Field::Text),
    ("tokenFile", Field::Text),
    ("username", Field::Text),
    ("password", Field::Text),
    ("client-certificate", Field::Text),
    ("client-certificate-data", Field::Data),
    ("client-key", Field::Text),
    ("client-key-data", Field::Data),
    ("as", Field::Text),
    ("as-uid", Field::Text),
    ("as-groups", Field::Texts),
    ("as-user-extra", Field::TextLists),
];
const EXEC: [(&str, Field); 6] = [
    ("command", Field::Text),
    ("args", Field::Texts),
    ("apiVersion", Field::Text),
    ("installHint", Field::Text),
    ("interactiveMode", Field::Text),
    ("provideClusterInfo", Field::Flag),
];
const PROVIDER: [(&str, Field); 2] = [("name", Field::Text), ("config", Field::TextMap)];
const VARIABLE: [(&str, Field); 2] = [("name", Field::Text), ("value", Field::Text)];

/// Reads a kubeconfig. `path` is how errors name it.
pub(super) fn parse(bytes: &[u8], path: &Path) -> Result<Document> {
    let reader = Reader { path };
    let text = encoding::decode(bytes, &path.display().to_string())?.text;
    let (value, warnings) = reader.yaml(&text)?;
    let Value::Object(mut top) = value else {
        return if value.is_null() {
            Ok(Document { warnings, ..Document::default() })
        } else {
            Err(reader.invalid(format!("it contains {}, not a mapping of fields", type_of(&value))))
        };
    };
    reader.version(&mut top)?;
    reader.entries(&mut top, "clusters", "cluster", &CLUSTER)?;
    reader.entries(&mut top, "contexts", "context", &CONTEXT)?;
    reader.entries(&mut top, "users", "user", &USER)?;
    top.retain(|key, _| ["current-context", "clusters", "contexts", "users"].contains(&key.as_str()));
    reader.fields(&mut top, &[("current-context", Field::Text)], "")?;
    let config = serde_json::from_value(Value::Object(top))
        .map_err(|_| reader.invalid("one of its entries is not as a kubeconfig has them"))?;
    Ok(Document { config, warnings })
}

struct Reader<'a> {
    path: &'a Path,
}

impl Reader<'_> {
    fn invalid(&self, cause: impl Into<String>) -> Error {
        let shown = self.path.display();
        Error::invalid(format!("`{shown}` is not a valid kubeconfig")).cause(cause).object(shown.to_string())
    }

    /// The first document as JSON. A key that stands twice is named, and the last one counts.
    fn yaml(&self, text: &str) -> Result<(Value, Vec<String>)> {
        let first = |duplicate_keys| {
            let mut options: Options = serde_saphyr::options! { with_snippet: false, strict_booleans: true };
            options.duplicate_keys = duplicate_keys;
            let documents: Vec<Value> = serde_saphyr::from_multiple_with_options(text, options)?;
            Ok::<_, serde_saphyr::Error>(documents.into_iter().next().unwrap_or_default())
        };
        match first(DuplicateKeyPolicy::Error) {
            Ok(value) => Ok((value, Vec::new())),
            Err(error) => match error.without_snippet() {
                serde_saphyr::Error::DuplicateMappingKey { key, location } => {
                    let key = key.as_deref().map_or_else(|| "a key".to_owned(), |key| format!("the key `{key}`"));
                    let warning = format!(
                        "{key} appears twice in kubeconfig `{}` (line {}): the last one is used, as kubectl does",
                        self.path.display(),
                        location.line()
                    );
                    let value = first(DuplicateKeyPolicy::LastWins).map_err(|error| self.broken(&error))?;
                    Ok((value, vec![warning]))
                }
                error => Err(self.broken(error)),
            },
        }
    }

    /// The parser's own message quotes the file, so only the position is taken from it.
    fn broken(&self, error: &serde_saphyr::Error) -> Error {
        let broken = self.invalid("its YAML is not valid");
        match error.location() {
            Some(at) => broken.place(Place {
                file: self.path.display().to_string(),
                line: usize::try_from(at.line()).unwrap_or(0),
                column: usize::try_from(at.column()).unwrap_or(0),
                ..Place::default()
            }),
            None => broken,
        }
    }

    fn version(&self, top: &mut Map<String, Value>) -> Result<()> {
        for (field, expected) in [("apiVersion", "v1"), ("kind", "Config")] {
            match top.remove(field) {
                None | Some(Value::Null) => {}
                Some(Value::String(text)) if text.is_empty() || text == expected => {}
                Some(_) => return Err(self.invalid(format!("its `{field}` is not `{expected}`"))),
            }
        }
        Ok(())
    }

    /// A list of named entries, such as `users`.
    fn entries(&self, top: &mut Map<String, Value>, list: &str, inner: &str, fields: &[(&str, Field)]) -> Result<()> {
        let entries = match top.remove(list) {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(entries)) => entries,
            Some(other) => return Err(self.invalid(format!("`{list}` is {}, not a list", type_of(&other)))),
        };
        let mut names = HashSet::new();
        let mut clean = Vec::with_capacity(entries.len());
        for entry in entries {
            let mut entry = self.mapping(entry, &format!("an entry of `{list}`"))?;
            entry.retain(|key, _| key == "name" || key == inner);
            self.fields(&mut entry, &[("name", Field::Text)], &format!(" of an entry of `{list}`"))?;
            let name = entry.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
            entry.insert("name".to_owned(), Value::from(name.as_str()));
            if !names.insert(name.clone()) {
                return Err(self
                    .invalid(format!("it has two {list} of the name `{name}`"))
                    .hint("rename or remove one of them: kubectl rejects such a file, too"));
            }
            let owner = format!(" of {inner} `{name}`");
            let mut content = self.mapping(entry.remove(inner).unwrap_or_default(), &format!("{inner} `{name}`"))?;
            self.fields(&mut content, fields, &owner)?;
            match inner {
                "user" => self.programs(&mut content, &owner)?,
                "context" => drop(content.entry("cluster").or_insert_with(|| Value::from(""))),
                _ => {}
            }
            extensions(&mut content, inner);
            entry.insert(inner.to_owned(), Value::Object(content));
            clean.push(Value::Object(entry));
        }
        top.insert(list.to_owned(), Value::Array(clean));
        Ok(())
    }

    /// `exec` and `auth-provider` of a user.
    fn programs(&self, user: &mut Map<String, Value>, owner: &str) -> Result<()> {
        for (key, fields) in [("exec", &EXEC[..]), ("auth-provider", &PROVIDER[..])] {
            let Some(value) = user.remove(key).filter(|value| !value.is_null()) else { continue };
            let mut program = self.mapping(value, &format!("`{key}`{owner}"))?;
            let whose = format!(" in `{key}`{owner}");
            self.fields(&mut program, fields, &whose)?;
            if key == "exec" {
                self.variables(&mut program, &whose)?;
                let mode = program.get("interactiveMode").and_then(Value::as_str);
                if mode.is_some_and(|mode| !["Never", "IfAvailable", "Always"].contains(&mode)) {
                    let mode = program.remove("interactiveMode").unwrap_or_default();
                    program.insert(UNKNOWN_MODE.to_owned(), mode);
                }
            } else {
                program.entry("name").or_insert_with(|| Value::from(""));
            }
            user.insert(key.to_owned(), Value::Object(program));
        }
        Ok(())
    }

    fn variables(&self, exec: &mut Map<String, Value>, owner: &str) -> Result<()> {
        let list = match exec.remove("env") {
            None | Some(Value::Null) => return Ok(()),
            Some(Value::Array(list)) => list,
            Some(other) => return Err(self.wrong("env", owner, &other, "a list")),
        };
        let mut clean = Vec::with_capacity(list.len());
        for variable in list {
            let mut variable = self.mapping(variable, &format!("a variable of `env`{owner}"))?;
            self.fields(&mut variable, &VARIABLE, &format!(" of a variable{owner}"))?;
            let text = |name: &str| variable.get(name).cloned().unwrap_or_else(|| Value::from(""));
            let mut full = Map::new();
            full.insert("name".to_owned(), text("name"));
            full.insert("value".to_owned(), text("value"));
            clean.push(Value::Object(full));
        }
        exec.insert("env".to_owned(), Value::Array(clean));
        Ok(())
    }

    fn mapping(&self, value: Value, what: &str) -> Result<Map<String, Value>> {
        match value {
            Value::Object(map) => Ok(map),
            Value::Null => Ok(Map::new()),
            other => Err(self.invalid(format!("{what} is {}, not a mapping of fields", type_of(&other)))),
        }
    }

    /// Checks types, and removes the fields that are empty.
    fn fields(&self, map: &mut Map<String, Value>, fields: &[(&str, Field)], owner: &str) -> Result<()> {
        for (name, field) in fields {
            let Some(value) = map.remove(*name).filter(|value| !value.is_null()) else { continue };
            let value = match (field, value) {
                (Field::Text, Value::String(text)) => Value::String(text),
                (Field::Data, Value::String(text)) => self.base64(name, owner, &text)?,
                (Field::Flag, value @ Value::Bool(_)) => value,
                (Field::Flag, Value::String(word)) if old_boolean(&word).is_some() => {
                    Value::Bool(old_boolean(&word) == Some(true))
                }
                (Field::Texts, Value::Array(list)) => self.texts(name, owner, list)?,
                (Field::TextLists, Value::Object(lists)) => {
                    let lists = lists.into_iter().filter(|(_, list)| !list.is_null()).map(|(key, list)| match list {
                        Value::Array(list) => Ok((key, self.texts(name, owner, list)?)),
                        other => Err(self.wrong(name, owner, &other, "a list of strings")),
                    });
                    Value::Object(lists.collect::<Result<_>>()?)
                }
                (Field::TextMap, Value::Object(texts)) => {
                    let texts = texts.into_iter().filter(|(_, text)| !text.is_null());
                    let texts = texts.map(|(key, text)| match text {
                        Value::String(_) => Ok((key, text)),
                        other => Err(self.wrong(&format!("{name}.{key}"), owner, &other, "a string")),
                    });
                    Value::Object(texts.collect::<Result<_>>()?)
                }
                (field, other) => return Err(self.wrong(name, owner, &other, field.expected())),
            };
            let empty = match &value {
                Value::String(text) => text.is_empty(),
                Value::Array(list) => list.is_empty(),
                Value::Object(map) => map.is_empty(),
                _ => false,
            };
            if !empty {
                map.insert((*name).to_owned(), value);
            }
        }
        Ok(())
    }

    fn texts(&self, name: &str, owner: &str, list: Vec<Value>) -> Result<Value> {
        let list = list.into_iter().map(|item| match item {
            Value::String(_) => Ok(item),
            Value::Null => Ok(Value::from("")),
            other => Err(self.wrong(name, owner, &other, "a list of strings")),
        });
        Ok(Value::Array(list.collect::<Result<_>>()?))
    }

    /// The same data on one line.
    fn base64(&self, name: &str, owner: &str, text: &str) -> Result<Value> {
        let text: String = text.split_ascii_whitespace().collect();
        match base64::engine::general_purpose::STANDARD.decode(&text) {
            Ok(_) => Ok(Value::String(text)),
            Err(_) => Err(self
                .invalid(format!("`{name}`{owner} is not base64"))
                .hint(format!("`{name}` is the file's content in base64; a path belongs in `{}`", plain(name)))),
        }
    }

    fn wrong(&self, name: &str, owner: &str, found: &Value, expected: &str) -> Error {
        let error = self.invalid(format!("`{name}`{owner} is {}, not {expected}", type_of(found)));
        if expected == "a string" { error.hint("put the value in quotes") } else { error }
    }
}

impl Field {
    const fn expected(self) -> &'static str {
        match self {
            Self::Text => "a string",
            Self::Data => "base64",
            Self::Flag => "true or false",
            Self::Texts => "a list of strings",
            Self::TextLists => "a mapping of lists",
            Self::TextMap => "a mapping of strings",
        }
    }
}

/// The words that mean true and false in YAML 1.1, as client-go reads it. Elsewhere they are strings: a namespace may be
/// called `n`.
fn old_boolean(word: &str) -> Option<bool> {
    match word.to_ascii_lowercase().as_str() {
        "y" | "yes" | "on" => Some(true),
        "n" | "no" | "off" => Some(false),
        _ => None,
    }
}

/// `client-key-data` → `client-key`
fn plain(name: &str) -> &str {
    name.strip_suffix("-data").unwrap_or(name)
}

/// Keeps what exec plugins may be given of a cluster.
fn extensions(content: &mut Map<String, Value>, inner: &str) {
    let list = content.remove("extensions");
    if let (Some(Value::Array(mut list)), "cluster") = (list, inner) {
        list.retain(|entry| entry["name"].is_string() && entry.get("extension").is_some());
        content.insert("extensions".to_owned(), Value::Array(list));
    }
}

/// What a value is, in words; never the value itself.
fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

#[cfg(test)]
mod tests;
