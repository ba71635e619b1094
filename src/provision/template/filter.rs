//! The filters of templates.

use super::Value;

/// One filter, with its argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// `volume`: a path becomes `path:path`, with the container's side in Unix form.
    Volume,
    /// `volume-target`: the container's side of `volume`.
    VolumeTarget,
    /// `into`: a text becomes a list of one.
    Into,
    /// `first`: the first item of a list.
    First,
    /// `last`: the last item of a list.
    Last,
    /// `or:DEFAULT`: what stands for an empty value; `[a,b]` is a list, `[]` an empty one.
    Or(Value),
    /// `mount_as:PATH`: `value:PATH`; of a list the first item; nothing stays nothing.
    MountAs(String),
    /// An unknown filter: it changes nothing.
    Unknown(String),
}

impl Filter {
    /// Reads `name` or `name:argument`; blanks around both do not count.
    pub(super) fn parse(text: &str) -> Self {
        let (name, argument) = match text.split_once(':') {
            Some((name, argument)) => (name.trim(), argument.trim()),
            None => (text.trim(), ""),
        };
        match name {
            "volume" => Self::Volume,
            "volume-target" => Self::VolumeTarget,
            "into" => Self::Into,
            "first" => Self::First,
            "last" => Self::Last,
            "or" => Self::Or(fallback(argument)),
            "mount_as" => Self::MountAs(argument.to_owned()),
            _ => Self::Unknown(text.trim().to_owned()),
        }
    }

    /// Whether it reads the value, so that a reference cannot replace the value.
    #[must_use]
    pub fn needs_value(&self) -> bool {
        matches!(self, Self::Volume | Self::VolumeTarget)
    }

    /// Whether it takes its value for a list.
    #[must_use]
    pub fn is_of_list(&self) -> bool {
        matches!(self, Self::Into | Self::First | Self::Last | Self::Or(Value::List(_)))
    }

    /// Its result for a value.
    pub(super) fn apply(&self, value: Value) -> Value {
        match self {
            Self::Volume => {
                each(value, |path| if path.is_empty() { path } else { format!("{path}:{}", target(&path)) })
            }
            Self::VolumeTarget => each(value, |path| target(&path)),
            Self::Into => Value::List(value.into_items()),
            Self::First => one(value, |items| items.first().cloned()),
            Self::Last => one(value, |items| items.last().cloned()),
            Self::Or(default) if value.is_empty() => default.clone(),
            Self::MountAs(path) => match one(value, |items| items.first().cloned()) {
                Value::Text(text) if !text.is_empty() => Value::Text(format!("{text}:{path}")),
                empty => empty,
            },
            Self::Or(_) | Self::Unknown(_) => value,
        }
    }
}

fn fallback(argument: &str) -> Value {
    match argument.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')) {
        Some(inner) => {
            Value::List(inner.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect())
        }
        None => Value::Text(argument.to_owned()),
    }
}

fn each(value: Value, map: impl Fn(String) -> String) -> Value {
    match value {
        Value::Text(text) => Value::Text(map(text)),
        Value::List(items) => Value::List(items.into_iter().map(map).collect()),
    }
}

fn one(value: Value, pick: impl Fn(&[String]) -> Option<String>) -> Value {
    match value {
        Value::List(items) => Value::Text(pick(&items).unwrap_or_default()),
        text @ Value::Text(_) => text,
    }
}

/// A path as a container sees it: `C:\data\x` is `/C/data/x`, anything else stays.
fn target(path: &str) -> String {
    let mut letters = path.chars();
    match (letters.next(), letters.next()) {
        (Some(drive), Some(':')) if drive.is_ascii_alphabetic() && letters.as_str().starts_with('\\') => {
            format!("/{drive}{}", letters.as_str().replace('\\', "/"))
        }
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str) -> Value {
        Value::Text(value.to_owned())
    }

    fn list(items: &[&str]) -> Value {
        Value::List(items.iter().map(|item| (*item).to_owned()).collect())
    }

    #[test]
    fn every_filter_on_texts_lists_and_nothing() {
        let (pair, nothing) = (list(&["p", "q"]), text(""));
        for (filter, value, expected) in [
            ("volume", text("v"), text("v:v")),
            ("volume", text(r"C:\test\folder"), text(r"C:\test\folder:/C/test/folder")),
            ("volume", pair.clone(), list(&["p:p", "q:q"])),
            ("volume", nothing.clone(), nothing.clone()),
            ("volume-target", text(r"D:\parent\file"), text("/D/parent/file")),
            ("volume-target", pair.clone(), pair.clone()),
            ("into", text("v"), list(&["v"])),
            ("into", nothing.clone(), list(&[])),
            ("first", pair.clone(), text("p")),
            ("first", text("v"), text("v")),
            ("first", list(&[]), nothing.clone()),
            ("last", pair.clone(), text("q")),
            ("or:default", nothing.clone(), text("default")),
            ("or:default", text("v"), text("v")),
            ("or:v", list(&[]), text("v")),
            ("or:[]", nothing.clone(), list(&[])),
            ("or:[one, two]", nothing.clone(), list(&["one", "two"])),
            ("mount_as:/logs:ro", text("/local"), text("/local:/logs:ro")),
            ("mount_as: /path ", pair, text("p:/path")),
            ("mount_as:/path", nothing.clone(), nothing.clone()),
            ("mount_as:/path", list(&[]), nothing),
        ] {
            assert_eq!(Filter::parse(filter).apply(value.clone()), expected, "{filter} on {value:?}");
        }
    }
}
