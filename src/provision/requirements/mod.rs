//! What a server needs before it can run: secrets, config values, and what is fixed already. Every command asks
//! here, so that none of them sees it differently.
//!
//! A template path that names a secret is that secret; every other path found in env, command, volumes or user is
//! config, described by the property of the catalog's `config` that has the same path. An env entry without a
//! template is static. A property that no template uses is reported, not asked for.

mod property;
mod rendered;

use std::collections::HashMap;

pub(super) use property::env_text;
pub use property::{ConfigNeed, ValueType, list_items};
pub use rendered::RenderedSecret;

use super::catalog::fields::canonical;
use super::catalog::{EnvEntry, Server};
use super::expansion::{env_texts, too_long};
use super::keys::{clean, is_env_name, is_key, secret_key};
use super::template::{Filter, Text};

use property::{properties, undescribed};

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
    /// Its variables whose text contains a value that must not be shown.
    pub rendered: Vec<RenderedSecret>,
    /// Parameters of the catalog that no template uses.
    pub unused: Vec<ConfigNeed>,
    /// Why the server cannot be provisioned, if so: names that no key or variable can have.
    pub problems: Vec<String>,
    /// What of the entry has no effect, though it can be provisioned: names that match nothing, repeated secrets.
    pub remarks: Vec<String>,
}

/// What a server needs.
#[must_use]
pub fn requirements(server: &Server) -> Requirements {
    let mut problems = Vec::new();
    let mut remarks = Vec::new();
    let secrets = secrets(server, &mut problems, &mut remarks);
    let (properties, required_names) = properties(server);
    let env = env_texts(server);
    let uses = uses(server, &env);
    let mut config: Vec<ConfigNeed> = Vec::new();
    for one in &uses {
        let path = one.path.as_str();
        if path.is_empty() || names_secret(&secrets, path) || config.iter().any(|need| need.key == path) {
            continue;
        }
        if !is_key(path) {
            problems.push(format!("its template `{}` is not a valid ConfigMap key", clean(path)));
            continue;
        }
        let described = properties.iter().find(|need| need.key == path);
        // a property that another template uses under its exact name describes no second one
        let is_free = |need: &&ConfigNeed| !uses.iter().any(|one| one.path == need.key);
        let described = described.or_else(|| properties.iter().filter(is_free).find(|need| one.is_named(&need.key)));
        let mut need = match described {
            Some(need) => ConfigNeed { key: path.to_owned(), ..need.clone() },
            None => undescribed(path),
        };
        need.required |= required_names.iter().any(|name| one.is_named(name));
        // Kubernetes ignores volumes and the user
        need.required &= !one.has_fallback && one.is_effective;
        if one.is_list && need.value_type == ValueType::String {
            need.value_type = ValueType::Array;
        }
        config.push(need);
    }
    for name in required_names.iter().filter(|name| !uses.iter().any(|one| one.is_named(name))) {
        remarks.push(format!("its config requires `{}`, and no template uses a value of that name", clean(name)));
    }
    let unused = properties
        .into_iter()
        .filter(|property| {
            let below = format!("{}.", property.key);
            !config.iter().any(|need| need.key == property.key || need.key.starts_with(&below))
                && !uses.iter().any(|one| !names_secret(&secrets, &one.path) && one.is_named(&property.key))
                && !names_secret(&secrets, &property.key)
        })
        .collect();
    let entries = || server.env.iter().zip(&env);
    let fixed = entries().filter(|(_, text)| text.is_plain());
    let fixed = fixed.map(|(entry, text)| EnvEntry { value: text.plain_text(), ..entry.clone() }).collect();
    for (entry, _) in entries().filter(|(entry, text)| !is_env_name(&entry.name) && !text.is_plain()) {
        problems.push(format!("`{}` is not a valid environment variable name", clean(&entry.name)));
    }
    if let Some(name) = too_long(server) {
        problems
            .push(format!("the value of its variable `{}` grows too long: its variables name each other", clean(name)));
    }
    let rendered = Vec::new();
    let needs =
        Requirements { server: server.name.clone(), secrets, config, fixed, rendered, unused, problems, remarks };
    Requirements { rendered: rendered::rendered(server, &env, &needs), ..needs }
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

fn secrets(server: &Server, problems: &mut Vec<String>, remarks: &mut Vec<String>) -> Vec<SecretNeed> {
    let mut needs: Vec<SecretNeed> = Vec::new();
    for entry in &server.secrets {
        let key = secret_key(&entry.name);
        if !is_key(&key) {
            problems.push(format!("its secret `{}` gives no valid Secret key", clean(&entry.name)));
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
        if entry.env.is_empty() {
            problems
                .push(format!("its secret `{key}` has no `env`: write `env: VARIABLE`, the variable that carries it"));
            continue;
        }
        if !is_env_name(&entry.env) {
            problems.push(format!(
                "the variable `{}` of its secret `{key}` is not a valid environment variable name",
                clean(&entry.env)
            ));
            continue;
        }
        if let Some(other) = needs.iter().find(|need| need.env == entry.env) {
            remarks.push(if other.key == key {
                format!("its secret `{key}` is listed twice")
            } else {
                format!(
                    "its secrets `{}` and `{key}` share the variable `{}`: the later one counts",
                    other.key, entry.env
                )
            });
        } else if needs.iter().any(|need| need.key == key) {
            remarks.push(format!("its variables share the secret `{key}`: each has the same value"));
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

/// How an entry uses the value of one template path.
struct Use {
    path: String,
    /// Whether each use has its own default.
    has_fallback: bool,
    /// Whether a filter takes it for a list.
    is_list: bool,
    /// Whether a variable or an argument uses it, and not only what Kubernetes ignores.
    is_effective: bool,
    /// The variables whose text uses it, as names are compared.
    variables: Vec<String>,
}

impl Use {
    /// Whether a name in `config` means this value: the path or its last part, or a variable that uses it, where case,
    /// `-`, `_` and a prefix do not count.
    fn is_named(&self, name: &str) -> bool {
        let leaf = |path: &str| canonical(path.rsplit('.').next().unwrap_or(path));
        let (whole, last) = (canonical(name), leaf(name));
        !last.is_empty()
            && (whole == canonical(&self.path)
                || last == canonical(&self.path)
                || last == leaf(&self.path)
                || self.variables.contains(&last))
    }
}

/// All template paths of an entry, in order.
fn uses(server: &Server, env: &[Text]) -> Vec<Use> {
    let parse = |texts: &[String]| -> Vec<Text> {
        texts.iter().filter(|text| text.contains("{{")).map(|text| Text::parse(text)).collect()
    };
    let variables = server.env.iter().zip(env).map(|(entry, text)| (text.clone(), Some(canonical(&entry.name)), true));
    let arguments = parse(&server.command).into_iter().map(|text| (text, None, true));
    let ignored = parse(&server.volumes).into_iter().chain(parse(std::slice::from_ref(&server.user)));
    let ignored = ignored.map(|text| (text, None, false));
    let mut uses: Vec<Use> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for (text, variable, is_effective) in variables.chain(arguments).chain(ignored) {
        for template in text.templates() {
            let at = *known.entry(template.path.clone()).or_insert_with(|| {
                uses.push(Use {
                    path: template.path.clone(),
                    has_fallback: true,
                    is_list: false,
                    is_effective: false,
                    variables: Vec::new(),
                });
                uses.len() - 1
            });
            let one = &mut uses[at];
            if is_effective || !one.is_effective {
                one.has_fallback &= template.has_fallback();
            }
            one.is_list |= template.filters.iter().any(Filter::is_of_list);
            one.is_effective |= is_effective;
            one.variables.extend(variable.clone());
        }
    }
    uses
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs(yaml: &str) -> Requirements {
        let raw = serde_saphyr::from_str(&format!("    image: i\n{yaml}")).unwrap();
        let server = Server::read("s", raw);
        assert_eq!(server.problems, [""; 0]);
        requirements(&server)
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
