//! The derived catalog: the chosen servers without templates, in the legacy shape.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::error::{Error, Result};

use super::super::catalog::server::scalar;
use super::super::catalog::{RENDERED_KEY, ServerKind};
use super::super::expansion::env_texts;
use super::super::keys::secret_key;
use super::super::template::Text;
use super::escape::escape;
use super::plan::Plan;
use super::shared::Literals;
use super::{Options, Rendered};

/// The version of the legacy shape that Docker's own file has.
const VERSION: u32 = 2;

/// The value of the key that marks a derived catalog: it names the rules of its values.
const RENDERED_FOR: &str = "rendered for Kubernetes";

/// The name of a derived catalog that was given none.
const NAME: &str = "mcpctl";

/// The catalog of the planned servers. The names of the secrets of its pods are those of the result.
///
/// The gateway sends what its `--secrets` file says to remote servers, so the names of their secrets are not among them.
pub(super) fn catalog(plans: &[Plan], literals: &Literals, options: &Options, rendered: &mut Rendered) -> Value {
    let name = if options.name.is_empty() { NAME } else { &options.name };
    let mut registry = Map::new();
    let (mut names, mut remote) = (BTreeSet::new(), BTreeSet::new());
    for plan in plans {
        let entry = entry(plan, literals, options);
        let secrets = entry.get("secrets").and_then(Value::as_array).into_iter().flatten();
        let secrets = secrets.filter_map(|secret| secret.get("name")?.as_str()).map(str::to_owned);
        if plan.server.kind == ServerKind::Remote {
            remote.extend(secrets);
        } else {
            names.extend(secrets);
        }
        registry.insert(plan.server.name.clone(), Value::Object(entry));
    }
    for name in names.intersection(&remote) {
        rendered.warnings.push(format!(
            "the secret `{name}` is one of a remote server, too: set it in Docker's secret store, from which the gateway takes it for both"
        ));
    }
    rendered.secret_names = names.difference(&remote).cloned().collect();
    json!({ "version": VERSION, "name": name, "displayName": name, RENDERED_KEY: RENDERED_FOR, "registry": registry })
}

fn entry(plan: &Plan, literals: &Literals, options: &Options) -> Map<String, Value> {
    let mut raw = plan.server.raw.clone();
    // a rule that makes no image was refused before anything is rendered
    if let Ok(Some(image)) = options.rewrite.apply(&plan.server.image) {
        raw.insert("image".to_owned(), image.into());
    }
    let literals = literals.get(&plan.server.name);
    let mut texts = env_texts(plan.server).into_iter();
    replace_list(&mut raw, "env", |item| {
        let name = item.get("name").map(scalar).unwrap_or_default();
        let value = texts.next().filter(Text::is_plain).map(|text| text.plain_text());
        let literal = match &value {
            // values that are rendered already, or use only the env files' keys, stay
            Some(_) if plan.server.is_rendered => return Some(item),
            Some(value) => Some(value).filter(|value| !value.is_empty())?,
            None => literals.and_then(|literals| literals.get(&name))?,
        };
        if value.is_some() && item.get("value").map(scalar).as_ref() == Some(&escape(literal)) {
            return Some(item);
        }
        let mut item = item.as_object().cloned().unwrap_or_default();
        item.insert("value".to_owned(), escape(literal).into());
        Some(Value::Object(item))
    });
    replace_list(&mut raw, "secrets", |mut item| {
        let name = item.get("name").map(scalar).unwrap_or_default();
        let key = secret_key(&name);
        let env = item.get("env").map(scalar).unwrap_or_default();
        if plan.dropped_secrets.contains(&env) {
            return None;
        }
        // The gateway creates the same key from the key itself, and the key is valid in the names file.
        if key != name {
            item.as_object_mut()?.insert("name".to_owned(), key.into());
        }
        Some(item)
    });
    if !plan.new_secrets.is_empty() {
        let mut entries = match raw.get_mut("secrets").map(Value::take) {
            Some(Value::Array(entries)) => entries,
            _ => Vec::new(),
        };
        entries.extend(plan.new_secrets.iter().map(|(env, key)| json!({ "name": key, "env": env })));
        raw.insert("secrets".to_owned(), entries.into());
    }
    for (field, rendered) in [("command", &plan.command), ("volumes", &plan.volumes)] {
        if let Some(rendered) = rendered {
            raw.insert(field.to_owned(), rendered.as_slice().into());
        }
    }
    if let Some(user) = &plan.user {
        raw.insert("user".to_owned(), user.as_str().into());
    }
    raw
}

/// Maps the items of a list; a list that was there and has nothing left goes.
fn replace_list(raw: &mut Map<String, Value>, field: &str, map: impl FnMut(Value) -> Option<Value>) {
    if let Some(Value::Array(items)) = raw.get_mut(field) {
        let before = items.len();
        let left: Vec<Value> = std::mem::take(items).into_iter().filter_map(map).collect();
        if left.is_empty() && before > 0 {
            raw.shift_remove(field);
        } else {
            *items = left;
        }
    }
}

/// A catalog as YAML. Everything that could be read as something else is quoted.
pub(super) fn yaml(catalog: &Value) -> Result<String> {
    let options = serde_saphyr::ser_options! { prefer_block_scalars: false };
    serde_saphyr::to_string_with_options(catalog, options)
        .map_err(|error| Error::invalid("the derived catalog cannot be written as YAML").cause(error.to_string()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tree() -> impl Strategy<Value = Value> {
        let text = prop_oneof![
            any::<String>(),
            r"[-?:,\[\]{}#&*!|>'%@`\x00-\x1f\x7f\u{85}\u{2028}\u{feff} \n\ta-c0-9.~$()]{0,12}",
            Just("yes".to_owned()),
            Just("0755".to_owned()),
            Just("1_000".to_owned()),
            Just("null".to_owned()),
            Just("1e3".to_owned()),
            Just("<<".to_owned()),
            Just("2026-01-01".to_owned()),
        ];
        let leaf = prop_oneof![
            text.clone().prop_map(Value::String),
            any::<i64>().prop_map(Value::from),
            any::<bool>().prop_map(Value::from)
        ];
        leaf.prop_recursive(3, 24, 4, move |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
                proptest::collection::vec((text.clone(), inner), 0..4)
                    .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_text_comes_back_from_yaml(tree in tree()) {
            let document = json!({ "registry": tree });
            let text = yaml(&document).unwrap();
            prop_assert!(!text.chars().any(|letter| letter.is_control() && letter != '\n'), "{text:?}");
            let back: Value = serde_saphyr::from_str(&text).unwrap();
            prop_assert_eq!(back, document);
        }
    }
}
