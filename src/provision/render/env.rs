//! The env entries of one server: rendered for the ConfigMap, or into the Secret if they contain a secret.

use std::collections::BTreeSet;

use crate::secret::Secret;

use super::super::expansion::env_texts;
use super::super::keys::{clean, is_key, rendered_key};
use super::super::requirements::secret_of;
use super::super::template::{Text, Value};
use super::LeftOut;
use super::context::Context;
use super::plan::{Known, Plan};

impl Plan<'_> {
    /// Renders every env entry that has a template, and places the others.
    pub(super) fn render_env(&mut self, context: &Context) {
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        for (entry, text) in self.server.env.iter().zip(env_texts(self.server)) {
            if text.is_plain() {
                self.place_static(&entry.name, text.plain_text());
                continue;
            }
            if !seen.insert(&entry.name) {
                self.reasons.push(format!("its variable `{}` appears twice in its env", clean(&entry.name)));
            } else if !self.needs.is_own_secret(&entry.name, &text) {
                self.render_entry(&entry.name, &text, context);
            }
        }
    }

    /// A variable with a fixed value. Docker sets no empty one, and it prefers a variable to a secret of that name.
    fn place_static(&mut self, env: &str, value: String) {
        if value.is_empty() {
            self.absent_env.insert(env.to_owned());
            return;
        }
        if self.needs.secrets.iter().any(|secret| secret.env == env) {
            self.dropped_secrets.insert(env.to_owned());
        }
        self.static_env.insert(env.to_owned(), value);
    }

    fn render_entry(&mut self, env: &str, text: &Text, context: &Context) {
        let hidden = text.templates().any(|template| self.needs.hides(&template.path));
        let absent = self.unknown_paths(text, context);
        if !absent.is_empty() {
            let key = rendered_key(&self.server.name, env);
            if absent.iter().any(|path| self.is_absent(path, context)) {
                self.absent.extend([key, env.to_owned()]);
                self.absent_env.insert(env.to_owned());
            } else if hidden && context.is_live(&key) {
                // What an earlier run has rendered is still there.
                self.new_secrets.insert(env.to_owned(), key);
            } else {
                self.left_out.push(LeftOut { server: self.server.name.clone(), env: env.to_owned(), keys: absent });
                self.absent_env.insert(env.to_owned());
            }
            return;
        }
        let rendered = self.rendered_text(text, context);
        let secrets: Vec<Secret> = self.secrets_of(text, context);
        // whether filters leave anything of a secret is not for the catalog's author to learn
        if rendered.is_empty() && secrets.is_empty() {
            self.absent_env.insert(env.to_owned());
        } else if hidden {
            let is_of_user = !secrets.is_empty() && secrets.iter().all(|secret| !secret.is_of_script());
            self.add_secret(env, if is_of_user { Secret::new(rendered) } else { Secret::of_script(rendered) });
        } else {
            if self.needs.secrets.iter().any(|secret| secret.env == env) {
                self.dropped_secrets.insert(env.to_owned());
            }
            self.config_env.insert(env.to_owned(), rendered);
        }
    }

    /// Whether a path has no value, on purpose.
    fn is_absent(&self, path: &str, context: &Context) -> bool {
        context.is_absent(secret_of(&self.needs.secrets, path).map_or(path, |secret| &secret.key))
    }

    /// The secrets in an entry that have a value.
    fn secrets_of(&self, text: &Text, context: &Context) -> Vec<Secret> {
        let secret = |path: &str| match self.value(path, context) {
            Some(Known::Hidden(secret)) if !secret.is_empty() => Some(secret),
            _ => None,
        };
        text.templates().filter_map(|template| secret(&template.path)).collect()
    }

    /// The paths that an entry needs and that have no value here: it was not given, or only the cluster has it.
    fn unknown_paths(&self, text: &Text, context: &Context) -> Vec<String> {
        let unknown: BTreeSet<String> = text
            .templates()
            .filter(|template| match self.value(&template.path, context) {
                Some(Known::Live) => true,
                Some(_) => false,
                None => !template.has_fallback(),
            })
            .map(|template| template.path.clone())
            .collect();
        unknown.into_iter().collect()
    }

    fn rendered_text(&self, text: &Text, context: &Context) -> String {
        // A list without filters is what the file says, commas and all.
        if let Some(template) = text.single().filter(|template| template.filters.is_empty())
            && !self.needs.hides(&template.path)
        {
            return context.values.config.get(&template.path).cloned().unwrap_or_default();
        }
        let value = |path: &str| match self.value(path, context) {
            Some(Known::Config(value)) => Some(value),
            Some(Known::Hidden(secret)) => Some(Value::Text(secret.expose().to_owned())),
            Some(Known::Live) | None => None,
        };
        text.evaluate(value).into_text()
    }

    /// Puts a rendered text into the Secret under `SERVER.ENV`.
    pub(super) fn add_secret(&mut self, env: &str, value: Secret) {
        let key = rendered_key(&self.server.name, env);
        if !is_key(&key) {
            self.reasons.push(format!("`{key}` is not a valid Secret key"));
            return;
        }
        if self.needs.secrets.iter().any(|secret| secret.key == key) {
            self.reasons.push(format!("its secret `{key}` and its rendered variable `{env}` have the same key"));
            return;
        }
        if let Some(own) = self.needs.secrets.iter().find(|secret| secret.env == env) {
            self.warnings.push(format!(
                "server `{}`: its variable `{env}` gets the value of its env entry, which contains more than the secret `{}`",
                self.server.name, own.key
            ));
            self.dropped_secrets.insert(env.to_owned());
        }
        self.secret.insert(key.clone(), value);
        self.new_secrets.insert(env.to_owned(), key);
    }
}
