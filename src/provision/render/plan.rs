//! What one server's values come to, before the servers are looked at together.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::secret::Secret;

use super::super::catalog::{Server, ServerKind};
use super::super::credentials::by_value;
use super::super::expansion::env_texts;
use super::super::keys::is_server_name;
use super::super::requirements::{ConfigNeed, Requirements, ValueType, list_items, requirements, secret_of};
use super::super::template::Value;
use super::super::unreachable;
use super::context::Context;
use super::escape::Segment;
use super::{LeftOut, Missing, arguments};

/// What is known of a template's path.
#[derive(Debug, Clone)]
pub(super) enum Known {
    /// A value that may be seen.
    Config(Value),
    /// A value that may not.
    Hidden(Secret),
    /// A secret whose value only the cluster knows.
    Live,
}

/// What one server's values come to.
pub(super) struct Plan<'a> {
    pub(super) server: &'a Arc<Server>,
    pub(super) needs: Requirements,
    /// Rendered env entries that may be seen.
    pub(super) config_env: BTreeMap<String, String>,
    /// Env entries without a template, with their variables expanded.
    pub(super) static_env: BTreeMap<String, String>,
    /// Env entries that are not rendered, and variables of secrets that were not given.
    pub(super) absent_env: BTreeSet<String>,
    /// Data of the Secret, by key.
    pub(super) secret: BTreeMap<String, Secret>,
    /// Entries that the derived catalog gets beside its own: variable to key.
    pub(super) new_secrets: BTreeMap<String, String>,
    /// The variables of the catalog's own secrets that are left out of the derived catalog.
    pub(super) dropped_secrets: BTreeSet<String>,
    /// Rendered fields, where they had templates.
    pub(super) command: Option<Vec<String>>,
    pub(super) volumes: Option<Vec<String>>,
    pub(super) user: Option<String>,
    pub(super) missing: Vec<Missing>,
    pub(super) left_out: Vec<LeftOut>,
    /// Keys of both objects that are not rendered because a value is absent on purpose.
    pub(super) absent: BTreeSet<String>,
    pub(super) warnings: Vec<String>,
    /// Why the server is refused.
    pub(super) reasons: Vec<String>,
}

impl<'a> Plan<'a> {
    /// Plans one server, or says why it is refused.
    pub(super) fn of(server: &'a Arc<Server>, context: &Context) -> Result<Self, Vec<String>> {
        let mut needs = requirements(server);
        // what is given as a secret is one, whatever it is called: a reference gives such values
        for need in &mut needs.config {
            let looks_so = context.values.config.get(&need.key).is_some_and(|value| by_value(value).is_some());
            need.credential |= looks_so || context.secret(&need.key).is_some();
        }
        let mut plan = Self {
            server,
            reasons: server.problems.iter().chain(&needs.problems).cloned().collect(),
            needs,
            config_env: BTreeMap::new(),
            static_env: BTreeMap::new(),
            absent_env: BTreeSet::new(),
            secret: BTreeMap::new(),
            new_secrets: BTreeMap::new(),
            dropped_secrets: BTreeSet::new(),
            command: None,
            volumes: None,
            user: None,
            missing: Vec::new(),
            left_out: Vec::new(),
            absent: BTreeSet::new(),
            warnings: Vec::new(),
        };
        plan.look_at_names(context);
        plan.place_secrets(context);
        plan.look_at_config(context);
        if !context.options.keys_only {
            plan.render_env(context);
            plan.command = arguments::command(&mut plan, context);
            plan.volumes = arguments::list(&mut plan, &server.volumes, "volumes", context);
            plan.user = arguments::one(&mut plan, &server.user, "user", context);
        }
        if plan.reasons.is_empty() { Ok(plan) } else { Err(plan.reasons) }
    }

    /// Refuses loader variables such as LD_PRELOAD, and templates that use another server's secrets.
    fn look_at_names(&mut self, context: &Context) {
        if !is_server_name(&self.server.name) {
            self.reasons.push("its name is not valid in the gateway's `--servers`".to_owned());
        }
        let templated = self.server.env.iter().zip(env_texts(self.server)).filter(|(_, text)| !text.is_plain());
        let names = templated
            .map(|(entry, _)| &entry.name)
            .chain(self.needs.secrets.iter().map(|secret| &secret.env))
            .chain(self.needs.config.iter().map(|need| &need.key));
        let steering: BTreeSet<&String> = names.filter(|name| !context.allows(name)).collect();
        for name in steering {
            self.reasons.push(format!(
                "its variable `{name}` can make loaders and interpreters run other code; `--allow-env {name}` allows it"
            ));
        }
        for need in &self.needs.config {
            if let Some(owner) = context.foreign_owner(&self.server.name, &need.key, need.credential) {
                self.reasons.push(format!("its template `{}` reads a secret of server `{owner}`", need.key));
            }
        }
    }

    /// The catalog's own secrets.
    fn place_secrets(&mut self, context: &Context) {
        for need in &self.needs.secrets {
            match context.secret(&need.key) {
                Some(value) => {
                    self.secret.insert(need.key.clone(), value.clone());
                }
                None if context.is_live(&need.key) => {}
                None if need.required && !context.is_absent(&need.key) => {
                    self.missing.push(Missing {
                        server: self.server.name.clone(),
                        key: need.key.clone(),
                        secret: true,
                    });
                }
                // A missing key would stop the pod from starting.
                None => {
                    self.dropped_secrets.insert(need.env.clone());
                    self.absent_env.insert(need.env.clone());
                }
            }
        }
    }

    /// Records the required config values that were not given, and the invalid ones.
    fn look_at_config(&mut self, context: &Context) {
        let absent = self
            .needs
            .config
            .iter()
            .filter(|need| need.required && self.known(need, context).is_none() && !context.is_absent(&need.key));
        let server = self.server.name.clone();
        let missing: Vec<Missing> =
            absent.map(|need| Missing { server: server.clone(), key: need.key.clone(), secret: false }).collect();
        self.missing.extend(missing);
        for need in &self.needs.config {
            let value = context.values.config.get(&need.key).filter(|value| !value.is_empty());
            if let Some(Err(reason)) = value.map(|value| need.check(value)) {
                self.warnings.push(reason);
            }
            let is_divided = need.value_type == ValueType::Array
                && need.schema.get("type").is_none_or(|kind| kind != "array")
                && value.is_some_and(|value| value.contains(',') && !value.trim_start().starts_with('['));
            if is_divided {
                self.warnings.push(format!(
                    "`{}` is a list, divided at its commas: write a JSON array if an item contains one",
                    need.key
                ));
            }
        }
        self.look_at_addresses(context);
    }

    /// Warns of values that name an address of this machine: the config values, and secrets such as a database's URL.
    fn look_at_addresses(&mut self, context: &Context) {
        if self.server.kind == ServerKind::Remote {
            return;
        }
        let keys =
            self.needs.config.iter().map(|need| &need.key).chain(self.needs.secrets.iter().map(|need| &need.key));
        for key in keys.filter(|key| !unreachable::is_listening(key)) {
            let plain = context.values.config.get(key).and_then(|value| unreachable::address(value));
            // what a script put together from a secret would tell it something of that
            let secret = context.secret(key).filter(|secret| !secret.is_of_script());
            if let Some(address) = plain {
                self.warnings.push(unreachable::warning(&format!("`{key}`"), address));
            } else if secret.is_some_and(|secret| unreachable::address(secret.expose()).is_some()) {
                self.warnings.push(unreachable::warning_of_secret(key));
            }
        }
    }

    /// What `$NAME` of one of the entry's own variables stands for in an argument: its value, or a reference to it where
    /// it must not be seen. One that has no value is empty, as Docker has it.
    pub(super) fn variable(&self, name: &str) -> Segment {
        let secret = self.needs.secrets.iter().any(|need| need.env == name);
        if self.new_secrets.contains_key(name) || (secret && !self.dropped_secrets.contains(name)) {
            return Segment::Reference(name.to_owned());
        }
        let value = self.static_env.get(name).or_else(|| self.config_env.get(name));
        Segment::Text(value.cloned().unwrap_or_default())
    }

    fn known(&self, need: &ConfigNeed, context: &Context) -> Option<Known> {
        let text = context.values.config.get(&need.key);
        if need.credential {
            let secret = context.secret(&need.key).cloned();
            return secret.or_else(|| text.filter(|text| !text.is_empty()).map(Secret::of_script)).map(Known::Hidden);
        }
        let text = text.filter(|text| !(text.is_empty() && need.required))?;
        Some(Known::Config(match need.value_type {
            ValueType::Array => Value::List(list_items(text)),
            _ => Value::Text(text.clone()),
        }))
    }

    /// What is known of a template's path.
    pub(super) fn value(&self, path: &str, context: &Context) -> Option<Known> {
        if let Some(need) = secret_of(&self.needs.secrets, path) {
            return match context.secret(&need.key) {
                Some(secret) => Some(Known::Hidden(secret.clone())),
                None => context.is_live(&need.key).then_some(Known::Live),
            };
        }
        self.known(self.needs.config.iter().find(|need| need.key == path)?, context)
    }
}
