//! The plan of a dry run: what would be done, in order, key by key, never a value.

use std::borrow::Cow;

use serde_json::{Value, json};

use crate::record::{Change, KeyChange, Outcome};
use crate::secret::Vault;

use super::redact;

/// The plan as people read it.
pub(super) fn render(changes: &[Change], vault: &Vault) -> String {
    if changes.is_empty() {
        return "plan: nothing to do\n".to_owned();
    }
    let objects: Vec<String> = changes.iter().map(object).collect();
    let places: Vec<String> = changes.iter().map(place).collect();
    let width = |texts: &[String]| texts.iter().map(|text| unicode_width::UnicodeWidthStr::width(text.as_str())).max();
    let (object_width, place_width) = (width(&objects).unwrap_or(0), width(&places).unwrap_or(0));
    let digits = changes.len().to_string().len();
    let mut text = "plan (nothing was changed):\n".to_owned();
    for (number, change) in changes.iter().enumerate() {
        let (object, place) = (&objects[number], &places[number]);
        let object = format!("{object}{}", blanks(object_width, object));
        let place = format!("{place}{}", blanks(place_width, place));
        let line = format!(
            "  {:>digits$}  {:<6}  {object}   {place}{}{}",
            number + 1,
            change.action.name(),
            if place_width > 0 { "   " } else { "" },
            remark(change, vault),
        );
        text.push_str(line.trim_end());
        text.push('\n');
        for key in &change.keys {
            let (sign, key) = sign(key);
            text.push_str(&format!("  {}  {:<6}  {sign} {}\n", " ".repeat(digits), "", redact::name(key)));
        }
    }
    text
}

/// The plan for programs. Masked already: the names of keys are in lists, and names are not masked.
pub(super) fn value(changes: &[Change], vault: &Vault) -> Value {
    changes.iter().map(|change| entry(change, vault)).collect()
}

/// The plans of several contexts, one after the other.
pub(super) fn render_all(plans: &[(String, Vec<Change>)], vault: &Vault) -> String {
    plans.iter().map(|(context, changes)| format!("{}: {}", redact::name(context), render(changes, vault))).collect()
}

/// The plans of several contexts for programs: each change with its context.
pub(super) fn value_all(plans: &[(String, Vec<Change>)], vault: &Vault) -> Value {
    let mut all = Vec::new();
    for (context, changes) in plans {
        for change in changes {
            let mut marked = json!({ "context": context });
            if let (Some(marked), Value::Object(fields)) = (marked.as_object_mut(), entry(change, vault)) {
                marked.extend(fields);
            }
            all.push(marked);
        }
    }
    Value::Array(all)
}

fn entry(change: &Change, vault: &Vault) -> Value {
    let keys = |wanted: char| -> Vec<Cow<'_, str>> {
        let keys = change.keys.iter().map(sign).filter(|(sign, _)| *sign == wanted);
        keys.map(|(_, key)| Vault::mask_sentinels(key)).collect()
    };
    let (outcome, reason) = match &change.outcome {
        Outcome::Planned => ("planned", None),
        Outcome::Unknown => ("unknown", None),
        Outcome::Done(word) => (word.as_str(), None),
        Outcome::Failed(reason) => ("failed", Some(reason)),
    };
    let mut entry = json!({
        "action": change.action.name(),
        "kind": change.kind,
        "name": Vault::mask_sentinels(&change.name),
        "namespace": Vault::mask_sentinels(&change.namespace),
        "keys": { "added": keys('+'), "changed": keys('~'), "removed": keys('-') },
        "note": vault.mask(&change.note),
        "outcome": outcome,
    });
    if let (Some(reason), Some(map)) = (reason, entry.as_object_mut()) {
        map.insert("reason".to_owned(), vault.mask(reason).into());
    }
    entry
}

fn object(change: &Change) -> String {
    format!("{}/{}", change.kind, redact::name(&change.name))
}

fn place(change: &Change) -> String {
    if change.namespace.is_empty() { String::new() } else { format!("namespace {}", redact::name(&change.namespace)) }
}

/// The note, and why it would fail.
fn remark(change: &Change, vault: &Vault) -> String {
    let note = redact::cell(&change.note, vault).into_owned();
    match &change.outcome {
        Outcome::Failed(reason) if note.is_empty() => format!("fails: {}", redact::cell(reason, vault)),
        Outcome::Failed(reason) => format!("{note}   fails: {}", redact::cell(reason, vault)),
        _ => note,
    }
}

fn sign(key: &KeyChange) -> (char, &str) {
    match key {
        KeyChange::Added(key) => ('+', key),
        KeyChange::Changed(key) => ('~', key),
        KeyChange::Removed(key) => ('-', key),
    }
}

fn blanks(width: usize, text: &str) -> String {
    " ".repeat(width.saturating_sub(unicode_width::UnicodeWidthStr::width(text)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Action;
    use crate::secret::Secret;

    fn change(action: Action, kind: &'static str, name: &str) -> Change {
        Change {
            action,
            kind,
            name: name.to_owned(),
            namespace: "mcp".to_owned(),
            keys: Vec::new(),
            note: String::new(),
            outcome: Outcome::Planned,
        }
    }

    fn changes() -> Vec<Change> {
        let mut file = change(Action::Write, "file", "prod-config.env");
        file.namespace = String::new();
        let mut config = change(Action::Change, "configmap", "mcp-gateway-config");
        config.keys = vec![
            KeyChange::Added("grafana.url".to_owned()),
            KeyChange::Changed("GRAFANA_URL".to_owned()),
            KeyChange::Removed("old\x1b".to_owned()),
        ];
        let mut pod = change(Action::Delete, "pod", "mcp-time-1795100012");
        pod.note = "session mcp-gateway-0c11d2e3, 3d14h old".to_owned();
        let mut denied = change(Action::Create, "secret", "s");
        denied.outcome = Outcome::Failed("403 Forbidden".to_owned());
        vec![file, config, pod, denied]
    }

    #[test]
    fn a_plan_is_numbered_with_its_keys_below() {
        assert_eq!(
            render(&changes(), &Vault::default()),
            "plan (nothing was changed):\n  \
               1  write   file/prod-config.env\n  \
               2  change  configmap/mcp-gateway-config   namespace mcp\n             \
                          + grafana.url\n             \
                          ~ GRAFANA_URL\n             \
                          - old␛\n  \
               3  delete  pod/mcp-time-1795100012        namespace mcp   session mcp-gateway-0c11d2e3, 3d14h old\n  \
               4  create  secret/s                       namespace mcp   fails: 403 Forbidden\n"
        );
    }

    #[test]
    fn an_empty_plan_says_so() {
        assert_eq!(render(&[], &Vault::default()), "plan: nothing to do\n");
        assert_eq!(value(&[], &Vault::default()), json!([]));
    }

    #[test]
    fn programs_get_every_field() {
        let vault = Vault::default();
        vault.keep(&Secret::new("grafana.url"));
        vault.keep(&Secret::new("Forbidden"));
        let value = value(&changes(), &vault);
        assert_eq!(
            value[1],
            json!({
                "action": "change", "kind": "configmap", "name": "mcp-gateway-config", "namespace": "mcp",
                "keys": {"added": ["grafana.url"], "changed": ["GRAFANA_URL"], "removed": ["old\u{1b}"]},
                "note": "", "outcome": "planned",
            })
        );
        assert_eq!(value[3]["outcome"], "failed");
        assert_eq!(value[3]["reason"], "403 ***");
    }
}
