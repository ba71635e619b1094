//! The servers together: one Secret, one flat ConfigMap, and what must not meet in them.

use std::collections::{BTreeMap, BTreeSet};

use crate::secret::Secret;

use super::super::credentials::is_credential;
use super::super::keys::{clean, is_key};
use super::Rendered;
use super::context::Context;
use super::plan::Plan;

/// The env entries that each server gets as literals in the derived catalog: server, then name and value.
pub(super) type Literals = BTreeMap<String, BTreeMap<String, String>>;

/// Fills the Secret. A server whose keys would overwrite another's is refused.
pub(super) fn secrets<'a>(plans: Vec<Plan<'a>>, context: &Context, rendered: &mut Rendered) -> Vec<Plan<'a>> {
    let mut kept: Vec<Plan> = Vec::new();
    let mut makers: BTreeMap<String, (String, bool)> = BTreeMap::new();
    for plan in plans {
        let made: BTreeSet<&String> = plan.new_secrets.values().collect();
        let own = plan.needs.secrets.iter().map(|need| &need.key);
        let keys: BTreeSet<(&String, bool)> =
            own.map(|key| (key, false)).chain(made.iter().map(|key| (*key, true))).collect();
        // A rendered key belongs to one server alone; a catalog's secret may be meant for several.
        let clash = keys.iter().find(|(key, made)| makers.get(*key).is_some_and(|(_, other)| *other || *made));
        if let Some((key, _)) = clash {
            let other = makers.get(*key).map_or("", |(server, _)| server);
            let reason = format!("its key `{key}` in the Secret is one of server `{other}`");
            rendered.refused.insert(plan.server.name.clone(), vec![reason]);
            continue;
        }
        for (key, made) in keys {
            if let Some((other, _)) = makers.get(key) {
                let note = format!("it shares the secret `{key}` with server `{other}`: both get the same value");
                rendered.notes.entry(plan.server.name.clone()).or_default().push(note);
            }
            makers.entry(key.clone()).or_insert_with(|| (plan.server.name.clone(), made));
        }
        for (key, value) in &plan.secret {
            rendered.secret.insert(key.clone(), value.clone());
        }
        kept.push(plan);
    }
    // Other keys of the secret file are kept: they belong to the user.
    for (key, value) in &context.values.secrets {
        let refused_only = context.is_secret(key) && !makers.contains_key(key);
        let config = kept.iter().any(|plan| plan.needs.config.iter().any(|need| need.key == *key));
        if value.is_empty() || refused_only || (config && !context.options.keys_only) {
            continue;
        }
        if !is_key(key) {
            rendered.warnings.push(format!("`{}` is not a valid Secret key: left out", clean(key)));
            continue;
        }
        rendered.secret.entry(key.clone()).or_insert_with(|| value.clone());
    }
    kept
}

/// Fills the ConfigMap and gives the literals.
pub(super) fn config_map(plans: &[Plan], context: &Context, rendered: &mut Rendered) -> Literals {
    template_names(plans, context, rendered);
    let mut literals = Literals::new();
    for plan in plans {
        for (name, value) in &plan.config_env {
            let agreed = plans.iter().all(|other| {
                !other.absent_env.contains(name) && other.config_env.get(name).is_none_or(|theirs| theirs == value)
            });
            let free = rendered.config_map.get(name).is_none_or(|present| present == value);
            if agreed && free {
                rendered.config_map.insert(name.clone(), value.clone());
            } else {
                literals.entry(plan.server.name.clone()).or_default().insert(name.clone(), value.clone());
            }
        }
    }
    literals
}

/// The env file's own keys. What looks like a credential never comes here.
fn template_names(plans: &[Plan], context: &Context, rendered: &mut Rendered) {
    let needs = || plans.iter().flat_map(|plan| &plan.needs.config);
    let refused: BTreeSet<String> = rendered.refused.keys().cloned().collect();
    for (key, value) in &context.values.config {
        let need = needs().find(|need| need.key == *key);
        let of_refused =
            refused.iter().any(|server| key.strip_prefix(server.as_str()).is_some_and(|k| k.starts_with('.')));
        if need.is_none() && of_refused {
            continue;
        }
        if need.map_or_else(|| is_credential(key, value), |need| need.credential)
            || needs().any(|n| n.key == *key && n.credential)
        {
            credential(key, value, need.is_some(), context, rendered);
        } else if context.is_secret(key) {
            rendered.warnings.push(format!("`{key}` is a secret, but is set as a config value: left out"));
        } else if !is_key(key) {
            rendered.warnings.push(format!("`{}` is not a valid ConfigMap key: left out", clean(key)));
        } else if !context.allows(key) {
            rendered.warnings.push(format!("`{key}` can make loaders and interpreters run other code: left out"));
        } else {
            if value.contains("{{") {
                rendered
                    .warnings
                    .push(format!("`{key}` contains `{{{{`: values are not templates, the server gets it unchanged"));
            }
            rendered.config_map.insert(key.clone(), value.clone());
        }
    }
}

/// A config value whose name looks like a credential: rendered into the Secret, or kept out.
fn credential(key: &str, value: &str, used: bool, context: &Context, rendered: &mut Rendered) {
    if context.options.keys_only && is_key(key) && !value.is_empty() {
        rendered.secret.entry(key.to_owned()).or_insert_with(|| Secret::of_script(value));
        rendered.warnings.push(format!("`{key}` looks like a credential: it goes into the Secret"));
    } else if used {
        rendered.warnings.push(format!("`{key}` looks like a credential: it goes into the Secret, not the ConfigMap"));
    } else {
        rendered.warnings.push(format!("`{}` looks like a credential and no server uses it: left out", clean(key)));
    }
}
