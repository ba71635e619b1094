//! Which variable of the container carries a hidden value, so that `$(ENV)` can stand for it.

use super::super::keys::env_name_of;
use super::super::requirements::secret_of;
use super::super::template::Text;
use super::context::Context;
use super::plan::{Known, Plan};

impl Plan<'_> {
    /// The variable that carries the value of a path: the secret's own, that of an env entry which is nothing but
    /// this value, or a new one under `SERVER.ENV`.
    pub(super) fn reference(&mut self, path: &str, context: &Context) -> Result<String, String> {
        if let Some(secret) = secret_of(&self.needs.secrets, path) {
            if self.dropped_secrets.contains(&secret.env) {
                return Err(format!("its variable `{}` carries something else", secret.env));
            }
            return Ok(secret.env.clone());
        }
        let carries = |name: &str, value: &str| {
            self.new_secrets.contains_key(name)
                && Text::parse(value).single().is_some_and(|t| t.path == path && t.filters.is_empty())
        };
        if let Some(entry) = self.server.env.iter().find(|entry| carries(&entry.name, &entry.value)) {
            return Ok(entry.name.clone());
        }
        let env = env_name_of(path);
        let Some(Known::Hidden(value)) = self.value(path, context) else {
            return Err("its value is not known".to_owned());
        };
        let made = self.new_secrets.get(&env).and_then(|key| self.secret.get(key));
        if made.is_some_and(|made| made.expose() == value.expose()) {
            return Ok(env);
        }
        let taken = made.is_some()
            || self.server.env.iter().any(|entry| entry.name == env)
            || self.needs.secrets.iter().any(|secret| secret.env == env);
        if taken || !context.allows(&env) {
            return Err(format!("its variable would be `{env}`, which is taken"));
        }
        self.add_secret(&env, value);
        Ok(env)
    }
}
