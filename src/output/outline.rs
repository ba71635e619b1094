//! Any value as people read it: maps as `key: value`, lists of maps as tables, the rest a line each.

use serde_json::{Map, Value};

use crate::secret::Vault;

use super::paint::Paint;
use super::redact;
use super::table::{Column, Table};

/// How a value is drawn.
pub(super) struct Outline<'a> {
    pub(super) wide: bool,
    pub(super) vault: &'a Vault,
    pub(super) paint: Paint,
}

impl Outline<'_> {
    /// The value as lines of text, each with its newline; nothing for null and an empty list.
    pub(super) fn render(&self, value: &Value) -> String {
        match value {
            Value::Null => String::new(),
            Value::Array(items) => self.list(items),
            Value::Object(map) if map.is_empty() => "{}\n".to_owned(),
            Value::Object(map) => map.iter().map(|(key, value)| self.field(key, value)).collect(),
            Value::String(text) => ended(redact::text(text, self.vault).into_owned()),
            Value::Bool(_) | Value::Number(_) => format!("{value}\n"),
        }
    }

    fn list(&self, items: &[Value]) -> String {
        let maps: Vec<&Map<String, Value>> = items.iter().filter_map(Value::as_object).collect();
        if maps.len() == items.len() && maps.iter().any(|map| !map.is_empty()) {
            return table(&maps).render(self.wide, None, self.vault, self.paint);
        }
        items.iter().map(|item| format!("{}\n", redact::cell(&inline(item), self.vault))).collect()
    }

    fn field(&self, key: &str, value: &Value) -> String {
        let shown = redact::name(key);
        match value {
            Value::Object(map) if !map.is_empty() => format!("{shown}:\n{}", indented(&self.render(value))),
            Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
                format!("{shown}:\n{}", indented(&self.render(value)))
            }
            Value::String(text) if text.trim_end().contains('\n') => {
                format!("{shown}:\n{}", indented(&ended(redact::text(text, self.vault).into_owned())))
            }
            Value::Object(_) => format!("{shown}: {{}}\n"),
            _ => {
                let line = format!("{shown}: {}", redact::named_cell(key, &inline(value), self.vault));
                format!("{}\n", line.trim_end())
            }
        }
    }
}

/// The maps as a table: every key of any of them a column, in the order in which they are met.
fn table(maps: &[&Map<String, Value>]) -> Table {
    let mut keys: Vec<&String> = Vec::new();
    let mut known = std::collections::HashSet::new();
    for map in maps {
        keys.extend(map.keys().filter(|key| known.insert(*key)));
    }
    let number = |key: &String| maps.iter().filter_map(|map| map.get(key)).all(Value::is_number);
    let columns = keys.iter().map(|key| Column { right: number(key), ..Column::new(key.as_str()) });
    let mut table = Table::new(columns);
    for map in maps {
        table.row(keys.iter().map(|key| map.get(*key).map(inline).unwrap_or_default()));
    }
    table
}

/// A value within a line: lists with commas, maps as `key=value`, what lies deeper as JSON.
fn inline(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(items) => items.iter().map(deeper).collect::<Vec<_>>().join(","),
        Value::Object(map) => {
            map.iter().map(|(key, item)| format!("{key}={}", deeper(item))).collect::<Vec<_>>().join(",")
        }
    }
}

fn deeper(value: &Value) -> String {
    match value {
        Value::Array(_) | Value::Object(_) => value.to_string(),
        flat => inline(flat),
    }
}

fn ended(mut text: String) -> String {
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

fn indented(text: &str) -> String {
    text.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("  {line}\n") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;
    use serde_json::json;

    fn shown(value: &Value) -> String {
        let vault = Vault::default();
        vault.keep(&Secret::new("canary-outline"));
        Outline { wide: false, vault: &vault, paint: Paint { colour: false } }.render(value)
    }

    #[test]
    fn scalars_are_bare_and_nothing_is_nothing() {
        assert_eq!(shown(&json!(null)), "");
        assert_eq!(shown(&json!(17)), "17\n");
        assert_eq!(shown(&json!("a\tb\nc\n")), "a\tb\nc\n");
        assert_eq!(shown(&json!("is canary-outline")), "is ***\n");
        assert_eq!(shown(&json!([])), "");
    }

    #[test]
    fn a_list_of_maps_is_a_table_of_all_their_keys() {
        assert_eq!(
            shown(&json!([
                {"name": "canary-outline", "count": 2, "tags": ["a", "b"]},
                {"name": "y", "token": "canary-outline", "count": 10, "labels": {"k": "v", "l": {"m": 1}}},
            ])),
            "NAME             COUNT   TAGS     TOKEN    LABELS\n\
             canary-outline       2   a,b      <none>   <none>\n\
             y                   10   <none>   ***      k=v,l={\"m\":1}\n"
        );
    }

    #[test]
    fn a_map_is_its_fields_indented() {
        assert_eq!(
            shown(&json!({
                "name": "x", "canary-outline": "canary-outline", "empty": {}, "nothing": null, "list": ["a", 1],
                "data": {"url": "http://x", "pem": "one\ntwo\n"},
                "pods": [{"name": "p"}],
            })),
            "name: x\ncanary-outline: ***\nempty: {}\nnothing:\nlist: a,1\ndata:\n  url: http://x\n  pem:\n    one\n    two\n\
             pods:\n  NAME\n  p\n"
        );
    }

    #[test]
    fn other_lists_are_a_line_each() {
        assert_eq!(shown(&json!(["a\nb", 2, [3, 4], {"k": "v"}])), "a b\n2\n3,4\nk=v\n");
    }
}
