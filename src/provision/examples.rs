//! Example values of a server: from the catalog if it has some, else invented.
//!
//! For a config value the first of these that fits its type: the catalog's example, its default, its first choice.
//! Where there is none, by type: a number is `1` (or the schema's minimum), a flag `false`, a list one item, a map
//! `{}`, a text by its format or the last word of its name: a URL `https://example.com`, a mail address
//! `user@example.com`, a port `8080`, a host `example.com`, a path `/tmp/example`, anything else `example-NAME`.
//! For a secret: the catalog's example, else `example-NAME`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::credentials::words;
use super::keys::clean;
use super::requirements::{ConfigNeed, Requirements, SecretNeed, ValueType, env_text};

/// Example values, config by template path and secrets by key. They are invented: none grants access to anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Examples {
    /// For the config file.
    pub config: BTreeMap<String, String>,
    /// For the secret file.
    pub secrets: BTreeMap<String, String>,
}

/// The example values of a server: one for everything it needs.
#[must_use]
pub fn examples(needs: &Requirements) -> Examples {
    Examples {
        config: needs.config.iter().map(|need| (need.key.clone(), config_example(need))).collect(),
        secrets: needs.secrets.iter().map(|need| (need.key.clone(), secret_example(need))).collect(),
    }
}

/// Example values to fill env files with: never the catalog's examples of secrets, which are rejected as values.
#[must_use]
pub fn fillable(needs: &Requirements) -> Examples {
    let mut examples = examples(needs);
    for need in needs.config.iter().filter(|need| need.credential) {
        examples.config.insert(need.key.clone(), format!("example-{}", leaf(&need.key)));
    }
    for need in &needs.secrets {
        examples.secrets.insert(need.key.clone(), format!("example-{}", leaf(&need.key)));
    }
    examples
}

/// The example value of one secret.
#[must_use]
pub fn secret_example(need: &SecretNeed) -> String {
    let own = clean(need.example.trim());
    if own.is_empty() { format!("example-{}", leaf(&need.key)) } else { own }
}

/// The example value of one config value; it has the value's type.
#[must_use]
pub fn config_example(need: &ConfigNeed) -> String {
    let own = [need.example.as_deref(), need.default.as_deref(), need.choices.first().map(String::as_str)];
    own.into_iter()
        .flatten()
        .map(|text| clean(text.trim()))
        .find(|text| !text.is_empty() && need.check(text).is_ok())
        .unwrap_or_else(|| invented(need))
}

fn invented(need: &ConfigNeed) -> String {
    match need.value_type {
        ValueType::Integer | ValueType::Number => {
            let minimum = need.schema.get("minimum").map(env_text);
            minimum.filter(|text| need.check(text).is_ok()).unwrap_or_else(|| "1".to_owned())
        }
        ValueType::Boolean => "false".to_owned(),
        ValueType::Object => "{}".to_owned(),
        ValueType::Array => {
            match need.schema.get("items").and_then(|items| items.get("type")).and_then(Value::as_str) {
                Some("integer" | "number") => "1".to_owned(),
                Some("boolean") => "false".to_owned(),
                _ => text(need),
            }
        }
        ValueType::String => text(need),
    }
}

fn text(need: &ConfigNeed) -> String {
    let format = need.schema.get("format").and_then(Value::as_str).unwrap_or_default();
    let name = leaf(&need.key).to_lowercase();
    let words = words(leaf(&need.key));
    let ends = |known: &[&str]| words.last().is_some_and(|last| known.contains(&last.as_str()));
    if matches!(format, "uri" | "url") || ends(&["url", "uri", "endpoint", "baseurl", "apiurl", "serverurl"]) {
        "https://example.com".to_owned()
    } else if format == "email" || ends(&["email"]) {
        "user@example.com".to_owned()
    } else if ends(&["port"]) {
        "8080".to_owned()
    } else if format == "hostname" || ends(&["host", "hostname"]) {
        "example.com".to_owned()
    } else if ends(&["path", "paths", "dir", "dirs", "directory", "directories", "folder", "folders", "file", "files"])
    {
        "/tmp/example".to_owned()
    } else {
        format!("example-{name}")
    }
}

fn leaf(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provision::catalog::Catalog;
    use crate::provision::requirements::requirements;

    #[test]
    fn an_invented_example_fits_the_last_word_of_the_key() {
        for (key, example) in [
            ("s.NEO4J_TRANSPORT", "example-neo4j_transport"),
            ("s.report", "example-report"),
            ("s.support", "example-support"),
            ("s.dbPort", "8080"),
            ("s.db-port", "8080"),
            ("s.PORT", "8080"),
            ("s.curl", "example-curl"),
            ("s.baseUrl", "https://example.com"),
            ("s.api_url", "https://example.com"),
            ("s.ghost", "example-ghost"),
            ("s.db_host", "example.com"),
            ("s.profile", "example-profile"),
            ("s.log_file", "/tmp/example"),
            ("s.credentials_path", "/tmp/example"),
            ("s.urls_per_page", "example-urls_per_page"),
        ] {
            let yaml = format!("registry: {{s: {{image: i, command: ['{{{{{key}}}}}']}}}}\n");
            let catalog = Catalog::parse(yaml.as_bytes(), "c").unwrap();
            let needs = requirements(catalog.server("s").unwrap());
            assert_eq!(examples(&needs).config[key], example, "{key}");
        }
    }

    #[test]
    fn examples_come_from_the_catalog_and_fit_their_types() {
        let yaml = "registry:
  s:
    image: i
    secrets: [{name: s.key, env: KEY, example: \"sk-\\n$(id)\"}, {name: s.token, env: TOKEN}]
    command: ['{{s.url}}{{s.port}}{{s.n}}{{s.flag}}{{s.list}}{{s.mode}}{{s.bad}}{{s.own}}{{s.plain}}']
    config:
    - name: s
      properties:
        url: {type: string}
        port: {type: integer, default: 80}
        n: {type: number, minimum: 3}
        flag: {type: boolean}
        list: {type: array, items: {type: string}, default: [/a, /b]}
        mode: {enum: [fast, slow]}
        bad: {type: integer, example: many, default: 7}
        own: {type: string, example: mine, default: other}
";
        let catalog = Catalog::parse(yaml.as_bytes(), "c").unwrap();
        let needs = requirements(catalog.server("s").unwrap());
        let examples = examples(&needs);
        let config = |key: &str| examples.config[key].as_str();
        assert_eq!(config("s.url"), "https://example.com");
        assert_eq!(config("s.port"), "80");
        assert_eq!(config("s.n"), "3");
        assert_eq!(config("s.flag"), "false");
        assert_eq!(config("s.list"), "/a,/b");
        assert_eq!(config("s.mode"), "fast");
        assert_eq!(config("s.bad"), "7");
        assert_eq!(config("s.own"), "mine");
        assert_eq!(config("s.plain"), "example-plain");
        assert_eq!(examples.secrets["s.key"], "sk- $(id)");
        assert_eq!(examples.secrets["s.token"], "example-token");
        assert!(needs.config.iter().all(|need| need.check(config(&need.key)).is_ok()));
    }
}
