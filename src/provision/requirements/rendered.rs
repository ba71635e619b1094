//! The variables whose text contains a value that must not be shown: `provision` stores each in the Secret under
//! `SERVER.ENV`.

use super::super::catalog::Server;
use super::super::keys::rendered_key;
use super::super::template::Text;
use super::{Requirements, secret_of};

/// A variable that `provision` stores in the Secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedSecret {
    /// Its key in the Secret.
    pub key: String,
    /// The keys of the secrets and config values that its text holds; those with a default of their own are left out.
    pub needs: Vec<String>,
}

/// The rendered secrets of a server, whose other needs are known already.
pub(super) fn rendered(server: &Server, env: &[Text], needs: &Requirements) -> Vec<RenderedSecret> {
    let of_entry = |(name, text): (&String, &Text)| {
        let is_stored =
            text.templates().any(|template| needs.hides(&template.path)) && !needs.is_own_secret(name, text);
        let paths = text.templates().filter(|template| !template.has_fallback()).map(|template| &template.path);
        let key_of = |path: &String| secret_of(&needs.secrets, path).map_or(path, |secret| &secret.key).clone();
        is_stored.then(|| RenderedSecret { key: rendered_key(&server.name, name), needs: paths.map(key_of).collect() })
    };
    server.env.iter().map(|entry| &entry.name).zip(env).filter_map(of_entry).collect()
}

impl Requirements {
    /// Whether a path is one whose value must not be seen.
    #[must_use]
    pub fn hides(&self, path: &str) -> bool {
        secret_of(&self.secrets, path).is_some() || self.config.iter().any(|need| need.key == path && need.credential)
    }

    /// Whether an env entry only says again what a secret's own variable says.
    #[must_use]
    pub fn is_own_secret(&self, env: &str, text: &Text) -> bool {
        text.single().is_some_and(|template| {
            template.filters.is_empty()
                && secret_of(&self.secrets, &template.path).is_some_and(|secret| secret.env == env)
        })
    }

    /// The keys of the rendered secrets that exist after the server is provisioned: those for which everything is
    /// required, or given according to `is_given` for its key.
    pub fn stored(&self, is_given: impl Fn(&str) -> bool) -> impl Iterator<Item = &str> {
        let is_required = |key: &str| {
            self.secrets.iter().any(|need| need.required && need.key == key)
                || self.config.iter().any(|need| need.required && need.key == key)
        };
        let is_stored =
            move |one: &&RenderedSecret| one.needs.iter().all(|key| is_required(key) || is_given(key.as_str()));
        self.rendered.iter().filter(is_stored).map(|one| one.key.as_str())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::requirements;
    use super::*;

    #[test]
    fn what_holds_a_hidden_value_is_stored_where_all_that_it_needs_is_there() {
        let entry = json!({
            "secrets": [{"name": "{{db pass}}", "env": "PASS"}, {"name": "db.spare", "env": "SPARE", "required": false}],
            "env": [{"name": "PASS", "value": "{{{{db pass}}}}"}, {"name": "TOKEN", "value": "{{db.token}}"},
                {"name": "HOST", "value": "{{db.host}}"}, {"name": "URL", "value": "{{db___pass}}@{{db.host}}"},
                {"name": "X", "value": "{{db.spare}}"}, {"name": "D", "value": "{{db___pass}}{{db.port|or:1}}"}],
            "config": [{"name": "db", "required": ["token"], "properties": {"token": {"type": "string"}}}],
        });
        let needs = requirements(&Server::read("db", entry.as_object().unwrap().clone()));
        let stored = |given: &'static [&str]| needs.stored(|key| given.contains(&key)).collect::<Vec<_>>();
        assert_eq!(stored(&[]), ["db.TOKEN", "db.D"]);
        assert_eq!(stored(&["db.host", "db.spare"]), ["db.TOKEN", "db.URL", "db.X", "db.D"]);
    }
}
