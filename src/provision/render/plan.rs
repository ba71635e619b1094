//! What one server's values come to, before the servers are looked at together.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::secret::Secret;

use super::super::catalog::{Server, ServerKind};
use super::super::keys::{clean, env_name_of, is_key, secret_key, steers_loader};
use super::super::requirements::{ConfigNeed, Requirements, ValueType, list_items, requirements, secret_of};
use super::super::template::{Text, Value};
use super::arguments;
use super::{LeftOut, Missing, Options, Values};

/// What all plans look at.
pub(super) struct Context<'a> {
    pub(super) values: &'a Values,
    pub(super) options: &'a Options,
    /// The names and keys of the secrets of all chosen servers, with their servers.
    secrets: BTreeMap<String, BTreeSet<&'a str>>,
    /// The first parts of config paths, with the servers they belong to.
    owners: BTreeMap<String, BTreeSet<&'a str>>,
}

impl<'a> Context<'a> {
    pub(super) fn new(servers: &'a [Arc<Server>], values: &'a Values, options: &'a Options) -> Self {
        let mut secrets: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        let mut owners: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        for server in servers {
            for entry in &server.secrets {
                for name in [entry.name.clone(), secret_key(&entry.name)] {
                    secrets.entry(name).or_default().insert(&server.name);
                }
            }
            let configs = server.config.iter().map(|config| &config.name);
            for name in configs.chain(std::iter::once(&server.name)) {
                owners.entry(name.clone()).or_default().insert(&server.name);
            }
        }
        Self { values, options, secrets, owners }
    }

    /// Whether a path or key is a secret of a chosen server.
    pub(super) fn is_secret(&self, path: &str) -> bool {
        self.secrets.contains_key(path)
    }

    /// The other server whose secret a path names, or whose credential it may be.
    fn foreign_owner(&self, server: &str, path: &str, credential: bool) -> Option<&str> {
        if let Some(owners) = self.secrets.get(path) {
            return owners.iter().find(|owner| **owner != server).copied();
        }
        if !credential {
            return None;
        }
        let mut prefix = path;
        while let Some((above, _)) = prefix.rsplit_once('.') {
            if let Some(owners) = self.owners.get(above) {
                let foreign = owners.iter().find(|owner| **owner != server).copied();
                return foreign.filter(|_| !owners.contains(server));
            }
            prefix = above;
        }
        None
    }

    pub(super) fn allows(&self, env: &str) -> bool {
        !steers_loader(env) || self.options.allow_env.contains(env)
    }

    /// The value of a secret by its key; empty is none.
    pub(super) fn secret(&self, key: &str) -> Option<&Secret> {
        self.values.secrets.get(key).filter(|secret| !secret.is_empty())
    }
}

/// Where a template's value is to be kept out of sight, and under which variable it is.
#[derive(Debug, Clone)]
pub(super) enum Known {
    /// A value that may be seen.
    Config(Value),
    /// A value that may not, and the variable that carries it where there is one already.
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
    /// Env entries that are not rendered, and variables of secrets that are left out.
    pub(super) absent_env: BTreeSet<String>,
    /// Data of the Secret, by key.
    pub(super) secret: BTreeMap<String, Secret>,
    /// Entries that the derived catalog gets beside its own: variable to key.
    pub(super) new_secrets: BTreeMap<String, String>,
    /// Keys of the catalog's own secrets that are left out of the derived catalog.
    pub(super) dropped_secrets: BTreeSet<String>,
    /// Rendered fields, where they had templates.
    pub(super) command: Option<Vec<String>>,
    pub(super) volumes: Option<Vec<String>>,
    pub(super) user: Option<String>,
    pub(super) missing: Vec<Missing>,
    pub(super) left_out: Vec<LeftOut>,
    pub(super) warnings: Vec<String>,
    /// Why the server is refused.
    pub(super) reasons: Vec<String>,
}

impl<'a> Plan<'a> {
    /// Plans one server, or says why it is refused.
    pub(super) fn of(server: &'a Arc<Server>, context: &Context) -> Result<Self, Vec<String>> {
        let needs = requirements(server);
        let mut plan = Self {
            server,
            reasons: server.problems.iter().chain(&needs.problems).cloned().collect(),
            needs,
            config_env: BTreeMap::new(),
            absent_env: BTreeSet::new(),
            secret: BTreeMap::new(),
            new_secrets: BTreeMap::new(),
            dropped_secrets: BTreeSet::new(),
            command: None,
            volumes: None,
            user: None,
            missing: Vec::new(),
            left_out: Vec::new(),
            warnings: Vec::new(),
        };
        plan.look_at_names(context);
        plan.place_secrets(context);
        plan.place_config(context);
        plan.render_env(context);
        plan.command = arguments::list(&mut plan, &server.command, "command", context);
        plan.volumes = arguments::list(&mut plan, &server.volumes, "volumes", context);
        plan.user = arguments::one(&mut plan, &server.user, "user", context);
        if plan.reasons.is_empty() { Ok(plan) } else { Err(plan.reasons) }
    }

    /// Refuses names that steer loaders, and templates that reach for another server's secrets.
    fn look_at_names(&mut self, context: &Context) {
        let templated = self.server.env.iter().filter(|entry| !Text::parse(&entry.value).is_plain());
        let names = templated
            .map(|entry| &entry.name)
            .chain(self.needs.secrets.iter().map(|secret| &secret.env))
            .chain(self.needs.config.iter().map(|need| &need.key));
        let steering: BTreeSet<&String> = names.filter(|name| !context.allows(name)).collect();
        for name in steering {
            self.reasons.push(format!(
                "its variable `{name}` steers loaders and interpreters; `--allow-env {name}` lets it through"
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
                None if context.options.live_secret_keys.contains(&need.key) => {}
                None if need.required => {
                    self.missing.push(Missing { server: self.server.name.clone(), key: need.key.clone(), secret: true })
                }
                None => {
                    self.dropped_secrets.insert(need.key.clone());
                    self.absent_env.insert(need.env.clone());
                }
            }
        }
    }

    /// Notes the required config values that nobody gave.
    fn place_config(&mut self, context: &Context) {
        let absent = self.needs.config.iter().filter(|need| need.required && self.known(need, context).is_none());
        let server = self.server.name.clone();
        let missing: Vec<Missing> =
            absent.map(|need| Missing { server: server.clone(), key: need.key.clone(), secret: false }).collect();
        self.missing.extend(missing);
    }

    fn known(&self, need: &ConfigNeed, context: &Context) -> Option<Known> {
        let text = context.values.config.get(&need.key);
        if need.credential {
            let secret = context.secret(&need.key).cloned();
            return secret.or_else(|| text.filter(|text| !text.is_empty()).map(Secret::new)).map(Known::Hidden);
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
                None => context.options.live_secret_keys.contains(&need.key).then_some(Known::Live),
            };
        }
        self.known(self.needs.config.iter().find(|need| need.key == path)?, context)
    }

    /// Whether a path is one whose value may not be seen.
    pub(super) fn hides(&self, path: &str) -> bool {
        secret_of(&self.needs.secrets, path).is_some()
            || self.needs.config.iter().any(|need| need.key == path && need.credential)
    }

    /// The key under which a rendered variable of this server stands in the Secret.
    pub(super) fn rendered_key(&self, env: &str) -> String {
        secret_key(&format!("{}.{env}", self.server.name))
    }

    fn render_env(&mut self, context: &Context) {
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        for entry in &self.server.env {
            let text = Text::parse(&entry.value);
            if text.is_plain() {
                continue;
            }
            if !seen.insert(&entry.name) {
                self.reasons.push(format!("its variable `{}` stands twice in its env", clean(&entry.name)));
                continue;
            }
            if self.is_own_secret(&entry.name, &text) {
                continue;
            }
            let hidden = text.templates().any(|template| self.hides(&template.path));
            let (mut absent, mut live) = (Vec::new(), false);
            for template in text.templates().filter(|template| !template.has_fallback()) {
                match self.value(&template.path, context) {
                    Some(Known::Live) => live = true,
                    Some(_) => {}
                    None => absent.push(template.path.clone()),
                }
            }
            let key = self.rendered_key(&entry.name);
            if !absent.is_empty() || live {
                // Nothing to render with; but what an earlier run has rendered is still there.
                if hidden && context.options.live_secret_keys.contains(&key) {
                    self.new_secrets.insert(entry.name.clone(), key);
                    continue;
                }
                if live {
                    absent
                        .extend(text.templates().map(|template| template.path.clone()).filter(|path| self.hides(path)));
                    absent.sort();
                    absent.dedup();
                }
                self.left_out.push(LeftOut { server: self.server.name.clone(), env: entry.name.clone(), keys: absent });
                self.absent_env.insert(entry.name.clone());
                continue;
            }
            let rendered = self.rendered_text(&text, context);
            if rendered.is_empty() {
                self.absent_env.insert(entry.name.clone());
            } else if hidden {
                self.add_secret(&entry.name, Secret::new(rendered));
            } else {
                self.config_env.insert(entry.name.clone(), rendered);
            }
        }
    }

    /// Whether an entry only says again what a secret's own variable says.
    fn is_own_secret(&self, env: &str, text: &Text) -> bool {
        text.single().is_some_and(|template| {
            template.filters.is_empty()
                && secret_of(&self.needs.secrets, &template.path).is_some_and(|secret| secret.env == env)
        })
    }

    fn rendered_text(&self, text: &Text, context: &Context) -> String {
        let raw = |path: &str| match self.value(path, context) {
            Some(Known::Config(value)) => Some(value),
            Some(Known::Hidden(secret)) => Some(Value::Text(secret.expose().to_owned())),
            Some(Known::Live) | None => None,
        };
        // A list without filters is what the file says, commas and all.
        match text.single().filter(|template| template.filters.is_empty()) {
            Some(template) if !self.hides(&template.path) => {
                context.values.config.get(&template.path).cloned().unwrap_or_default()
            }
            _ => text.evaluate(raw).into_text(),
        }
    }

    /// Puts a rendered text into the Secret under `SERVER.ENV`.
    fn add_secret(&mut self, env: &str, value: Secret) {
        let key = self.rendered_key(env);
        if !is_key(&key) {
            self.reasons.push(format!("`{key}` is no key that a Secret can have"));
            return;
        }
        if self.secret.get(&key).is_some_and(|other| other.expose() != value.expose()) {
            self.reasons.push(format!("its secret `{key}` and its rendered variable of that key differ"));
            return;
        }
        if let Some(own) = self.needs.secrets.iter().find(|secret| secret.env == env) {
            self.warnings.push(format!(
                "server `{}`: its variable `{env}` carries its env text, not the bare secret `{}`",
                self.server.name, own.key
            ));
            self.dropped_secrets.insert(own.key.clone());
        }
        self.secret.insert(key.clone(), value);
        self.new_secrets.insert(env.to_owned(), key);
    }

    /// The variable that carries a hidden value to the container, for `$(ENV)`; made where there is none.
    pub(super) fn reference(&mut self, path: &str, context: &Context) -> Result<String, String> {
        if let Some(secret) = secret_of(&self.needs.secrets, path) {
            if self.dropped_secrets.contains(&secret.key) {
                return Err(format!("the variable of its secret `{}` carries something else", secret.key));
            }
            return Ok(secret.env.clone());
        }
        let same =
            self.server.env.iter().find(|entry| {
                Text::parse(&entry.value).single().is_some_and(|t| t.path == path && t.filters.is_empty())
            });
        if let Some(entry) = same.filter(|entry| self.new_secrets.contains_key(&entry.name)) {
            return Ok(entry.name.clone());
        }
        let env = env_name_of(path);
        let key = self.rendered_key(&env);
        if self.new_secrets.get(&env) == Some(&key) && self.server.env.iter().all(|entry| entry.name != env) {
            return Ok(env);
        }
        let taken = self.server.env.iter().any(|entry| entry.name == env)
            || self.needs.secrets.iter().any(|secret| secret.env == env);
        if taken || !context.allows(&env) {
            return Err(format!("there is no variable that could carry `{path}`"));
        }
        let Some(Known::Hidden(value)) = self.value(path, context) else {
            return Err(format!("the value of `{path}` is not known"));
        };
        self.add_secret(&env, value);
        Ok(env)
    }

    /// Whether the gateway starts a pod for it.
    pub(super) fn has_pod(&self) -> bool {
        self.server.kind != ServerKind::Remote
    }
}
