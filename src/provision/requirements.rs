//! What a server needs before it can run: secrets, config values, and what is fixed already. Every command asks
//! here, so that none of them sees it differently.
//!
//! A template path that names a secret is that secret; every other path found in env, command, volumes or user is
//! config, described by the property of the catalog's `config` that has the same path. An env entry without a
//! template is static. A property that no template uses is reported, not asked for.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::catalog::{EnvEntry, Server};
use super::keys::{clean, is_env_name, is_key, looks_like_credential, secret_key};
use super::template::{Template, Text};

/// The type of a config value, in the words of JSON schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueType {
    /// Any text.
    String,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A list: items with commas between them, or a JSON array.
    Array,
    /// A map, as JSON.
    Object,
}

impl ValueType {
    /// The schema's word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Array => "array",
            Self::Object => "object",
        }
    }

    fn of(schema: &Map<String, Value>) -> Self {
        let word = match schema.get("type") {
            Some(Value::Array(words)) => words.iter().filter_map(Value::as_str).find(|word| *word != "null"),
            word => word.and_then(Value::as_str),
        };
        match word {
            Some("integer") => Self::Integer,
            Some("number") => Self::Number,
            Some("boolean") => Self::Boolean,
            Some("array") => Self::Array,
            Some("object") => Self::Object,
            _ => Self::String,
        }
    }
}

/// A secret that a server takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretNeed {
    /// The name in the catalog, like `grafana.api_key`.
    pub name: String,
    /// The key in the Secret and in the env file.
    pub key: String,
    /// The environment variable that carries it.
    pub env: String,
    /// What it is for; may be empty.
    pub description: String,
    /// What it looks like; may be empty.
    pub example: String,
    /// Whether the server needs it.
    pub required: bool,
}

/// A config value that a server takes.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfigNeed {
    /// The template path, like `grafana.url`: the key in the ConfigMap and in the env file.
    pub key: String,
    /// Its type.
    pub value_type: ValueType,
    /// What it is for; may be empty.
    pub description: String,
    /// The catalog's default, as it stands in an env file.
    pub default: Option<String>,
    /// The catalog's example, as it stands in an env file.
    pub example: Option<String>,
    /// Whether the server needs it.
    pub required: bool,
    /// Whether its name says that it is a credential.
    pub credential: bool,
    /// The values it may have, if they are listed.
    pub choices: Vec<String>,
    /// The property of the catalog that describes it; empty if there is none.
    pub schema: Map<String, Value>,
}

/// What one server needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Requirements {
    /// The server.
    pub server: String,
    /// Its secrets, in the order of the catalog.
    pub secrets: Vec<SecretNeed>,
    /// Its config values, in the order of their first template.
    pub config: Vec<ConfigNeed>,
    /// Its env entries without a template: part of the container, in neither file.
    pub fixed: Vec<EnvEntry>,
    /// Parameters of the catalog that no template uses.
    pub unused: Vec<ConfigNeed>,
    /// Why the server cannot be provisioned, if so: names that no key or variable can have.
    pub problems: Vec<String>,
}

/// What a server needs.
#[must_use]
pub fn requirements(server: &Server) -> Requirements {
    let mut problems = Vec::new();
    let secrets = secrets(server, &mut problems);
    let properties = properties(server);
    let mut config: Vec<ConfigNeed> = Vec::new();
    for (template, has_fallback) in templates(server) {
        let path = template.as_str();
        if path.is_empty() || names_secret(&secrets, path) || config.iter().any(|need| need.key == path) {
            continue;
        }
        if !is_key(path) {
            problems.push(format!("its template `{}` is no key that a ConfigMap can have", clean(path)));
            continue;
        }
        let mut need = match properties.iter().find(|need| need.key == path) {
            Some(need) => need.clone(),
            None => undescribed(path),
        };
        need.required &= !has_fallback;
        config.push(need);
    }
    let unused = properties
        .into_iter()
        .filter(|property| {
            let below = format!("{}.", property.key);
            !config.iter().any(|need| need.key == property.key || need.key.starts_with(&below))
                && !names_secret(&secrets, &property.key)
        })
        .collect();
    let fixed = server.env.iter().filter(|entry| Text::parse(&entry.value).is_plain()).cloned().collect();
    for entry in server.env.iter().filter(|entry| !is_env_name(&entry.name) && !Text::parse(&entry.value).is_plain()) {
        problems.push(format!("`{}` is no name of an environment variable", clean(&entry.name)));
    }
    Requirements { server: server.name.clone(), secrets, config, fixed, unused, problems }
}

/// Whether a template path names one of the secrets.
#[must_use]
pub fn names_secret(secrets: &[SecretNeed], path: &str) -> bool {
    secret_of(secrets, path).is_some()
}

/// The secret that a template path names.
pub(super) fn secret_of<'a>(secrets: &'a [SecretNeed], path: &str) -> Option<&'a SecretNeed> {
    secrets.iter().find(|secret| secret.name == path || (secret.key == path && is_key(path)))
}

fn secrets(server: &Server, problems: &mut Vec<String>) -> Vec<SecretNeed> {
    let mut needs: Vec<SecretNeed> = Vec::new();
    for entry in &server.secrets {
        let key = secret_key(&entry.name);
        if !is_key(&key) {
            problems.push(format!("its secret `{}` gives no key that a Secret can have", clean(&entry.name)));
            continue;
        }
        if let Some(other) = needs.iter().find(|need| need.key == key && need.name != entry.name) {
            problems.push(format!(
                "its secrets `{}` and `{}` have the same key `{key}`",
                clean(&other.name),
                clean(&entry.name)
            ));
            continue;
        }
        if !is_env_name(&entry.env) {
            problems.push(format!(
                "the variable `{}` of its secret `{key}` is no name of an environment variable",
                clean(&entry.env)
            ));
            continue;
        }
        needs.push(SecretNeed {
            name: entry.name.clone(),
            key,
            env: entry.env.clone(),
            description: entry.description.clone(),
            example: entry.example.clone(),
            required: entry.required,
        });
    }
    needs
}

/// The paths of all templates in order, and whether each use of the path has a default of its own.
fn templates(server: &Server) -> Vec<(String, bool)> {
    let values = server
        .env
        .iter()
        .map(|entry| &entry.value)
        .chain(&server.command)
        .chain(&server.volumes)
        .chain(std::iter::once(&server.user));
    let mut paths: Vec<(String, bool)> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for text in values.filter(|value| value.contains("{{")).map(|value| Text::parse(value)) {
        for template in text.templates() {
            let fallback = Template::has_fallback(template);
            match known.get(&template.path) {
                Some(at) => paths[*at].1 &= fallback,
                None => {
                    known.insert(template.path.clone(), paths.len());
                    paths.push((template.path.clone(), fallback));
                }
            }
        }
    }
    paths
}

/// Every property of the server's `config`, at the leaves.
fn properties(server: &Server) -> Vec<ConfigNeed> {
    let mut found = Vec::new();
    for entry in &server.config {
        walk(&entry.schema, &entry.name, &entry.description, true, 0, &mut found);
    }
    found
}

/// How deep properties may nest; the real catalog has two levels.
const DEEPEST: usize = 16;

fn walk(
    schema: &Map<String, Value>,
    path: &str,
    above: &str,
    required_above: bool,
    depth: usize,
    found: &mut Vec<ConfigNeed>,
) {
    let Some(properties) = schema.get("properties").and_then(Value::as_object).filter(|_| depth < DEEPEST) else {
        return;
    };
    let names = schema.get("required").and_then(Value::as_array);
    for (name, property) in properties {
        let Some(property) = property.as_object() else { continue };
        let path = format!("{path}.{name}");
        let required = required_above && names.is_some_and(|names| names.iter().any(|n| n.as_str() == Some(name)));
        let description = property.get("description").and_then(Value::as_str).filter(|text| !text.is_empty());
        let description = description.unwrap_or(above);
        let inner = property.get("properties").and_then(Value::as_object).is_some_and(|inner| !inner.is_empty());
        if inner {
            walk(property, &path, description, required, depth + 1, found);
        } else {
            found.push(described(path, property, description, required));
        }
    }
}

fn described(key: String, schema: &Map<String, Value>, description: &str, required: bool) -> ConfigNeed {
    let value = |name: &str| schema.get(name).filter(|value| !value.is_null()).map(env_text);
    let example = value("example").or_else(|| {
        schema.get("examples").and_then(Value::as_array).and_then(|examples| examples.first()).map(env_text)
    });
    let secret_by_schema = schema.get("format").and_then(Value::as_str) == Some("password")
        || schema.get("writeOnly").and_then(Value::as_bool) == Some(true);
    ConfigNeed {
        credential: secret_by_schema || looks_like_credential(&key),
        key,
        value_type: ValueType::of(schema),
        description: description.to_owned(),
        default: value("default"),
        example,
        required,
        choices: schema
            .get("enum")
            .and_then(Value::as_array)
            .map(|choices| choices.iter().map(env_text).collect())
            .unwrap_or_default(),
        schema: schema.clone(),
    }
}

fn undescribed(path: &str) -> ConfigNeed {
    described(path.to_owned(), &Map::new(), "", false)
}

/// A value of the catalog as it stands in an env file: a list with commas, or as JSON if an item has one.
pub(super) fn env_text(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let texts: Vec<String> = items.iter().map(super::catalog::server::scalar).collect();
            let plain = texts.iter().all(|text| !text.contains(',') && text.trim() == text && !text.is_empty())
                && !texts.first().is_some_and(|text| text.starts_with('['));
            if plain { texts.join(",") } else { value.to_string() }
        }
        other => super::catalog::server::scalar(other),
    }
}

/// A value of an env file as the items of a list: a JSON array, else split at the commas.
#[must_use]
pub fn list_items(text: &str) -> Vec<String> {
    if text.trim_start().starts_with('[')
        && let Ok(Value::Array(items)) = serde_json::from_str(text)
    {
        return items.iter().map(super::catalog::server::scalar).collect();
    }
    text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

impl ConfigNeed {
    /// Whether a value can be one of this parameter.
    ///
    /// # Errors
    /// What the value should be instead; the value itself is not in it.
    pub fn check(&self, value: &str) -> std::result::Result<(), String> {
        let value = value.trim();
        let fits = match self.value_type {
            ValueType::String | ValueType::Array => true,
            ValueType::Integer => value.parse::<i64>().is_ok(),
            ValueType::Number => value.parse::<f64>().is_ok_and(f64::is_finite),
            ValueType::Boolean => matches!(value, "true" | "false"),
            ValueType::Object => serde_json::from_str::<Map<String, Value>>(value).is_ok(),
        };
        if !fits {
            let wanted = match self.value_type {
                ValueType::Integer => "a whole number",
                ValueType::Number => "a number",
                ValueType::Boolean => "`true` or `false`",
                _ => "a JSON object",
            };
            return Err(format!("`{}` has to be {wanted}", self.key));
        }
        if !self.choices.is_empty() && !self.choices.iter().any(|choice| choice == value) {
            let choices: Vec<String> = self.choices.iter().map(|choice| format!("`{}`", clean(choice))).collect();
            return Err(format!("`{}` has to be one of {}", self.key, choices.join(", ")));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provision::catalog::Catalog;

    fn needs(yaml: &str) -> Requirements {
        let catalog = Catalog::parse(format!("registry:\n  s:\n    image: i\n{yaml}").as_bytes(), "c").unwrap();
        let server = catalog.server("s").unwrap();
        assert_eq!(server.problems, [""; 0]);
        requirements(server)
    }

    fn keys(needs: &[ConfigNeed]) -> Vec<&str> {
        needs.iter().map(|need| need.key.as_str()).collect()
    }

    #[test]
    fn env_command_volumes_and_user_all_count_and_static_env_does_not() {
        let needs = needs(
            "    env: [{name: A, value: 'x{{s.a}}-{{ s . b }}'}, {name: FIXED, value: v}, {name: C, value: '{{s.a}}'}]
    command: ['--c={{s.c|or:1}}', '{{s.d|into}}']
    volumes: ['{{s.e|volume}}']
    user: '{{s.f}}'
",
        );
        assert_eq!(keys(&needs.config), ["s.a", "s.b", "s.c", "s.d", "s.e", "s.f"]);
        assert_eq!(needs.fixed, [EnvEntry { name: "FIXED".into(), value: "v".into() }]);
        assert!(needs.secrets.is_empty() && needs.unused.is_empty() && needs.problems.is_empty());
    }

    #[test]
    fn a_path_that_names_a_secret_is_that_secret() {
        let needs = needs(
            "    secrets: [{name: db.password, env: DB_PASSWORD, required: false}, {name: '{{x y}}', env: XY}]
    env: [{name: URL, value: 'postgres://u:{{db.password}}@{{s.host}}'}]
",
        );
        assert_eq!(keys(&needs.config), ["s.host"]);
        assert_eq!(needs.secrets[0].key, "db.password");
        assert!(!needs.secrets[0].required && needs.secrets[1].required);
        assert_eq!(needs.secrets[1].key, "x___y");
    }

    #[test]
    fn config_is_described_by_the_property_of_its_path() {
        let needs = needs(
            "    env: [{name: A, value: '{{s.db.host}}'}, {name: B, value: '{{s.db.port}}'}, {name: C, value: '{{s.mode}}'}, {name: D, value: '{{other.x}}'}, {name: T, value: '{{s.api_token}}'}]
    config:
    - name: s
      description: the server
      required: [db]
      properties:
        db:
          type: object
          required: [host]
          properties:
            host: {type: string, description: where, default: localhost, example: db.local}
            port: {type: integer, default: 5432}
        mode: {type: string, enum: [fast, slow]}
        api_token: {type: string}
        paths: {type: array, default: [/a, /b]}
        odd: {type: array, default: ['a,b', c]}
",
        );
        let [host, port, mode, other, token] = needs.config.as_slice() else { panic!("{:?}", keys(&needs.config)) };
        assert_eq!(
            (host.required, host.description.as_str(), host.default.as_deref()),
            (true, "where", Some("localhost"))
        );
        assert_eq!(host.example.as_deref(), Some("db.local"));
        assert_eq!(
            (port.required, port.value_type, port.default.as_deref()),
            (false, ValueType::Integer, Some("5432"))
        );
        assert_eq!(mode.choices, ["fast", "slow"]);
        assert_eq!((other.value_type, other.required), (ValueType::String, false));
        assert!(token.credential && !host.credential);
        assert_eq!(keys(&needs.unused), ["s.paths", "s.odd"]);
        assert_eq!(needs.unused[0].default.as_deref(), Some("/a,/b"));
        assert_eq!(list_items(needs.unused[1].default.as_deref().unwrap()), ["a,b", "c"]);
        assert!(port.check("80").is_ok() && port.check("eighty").is_err());
        assert_eq!(mode.check("canary-x").unwrap_err(), "`s.mode` has to be one of `fast`, `slow`");
    }

    #[test]
    fn names_that_nothing_can_have_are_problems() {
        let needs = needs(
            "    secrets: [{name: a b, env: X}, {name: a/b, env: Y}, {name: n, env: \"A\\nB=c\"}, {name: '{{}}', env: Z}]
    env: [{name: 'N=$(id)', value: '{{s.a}}'}, {name: K, value: \"{{s.$(id)\\n}}\"}]
",
        );
        assert_eq!(needs.problems.len(), 5, "{:?}", needs.problems);
        assert!(needs.problems.iter().all(|problem| !problem.contains('\n')));
        assert_eq!(keys(&needs.config), ["s.a"]);
    }
}
