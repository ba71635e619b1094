//! What is to be verified of a server: the entry that the gateway would get, and what is known to be wrong already.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::cluster::names;
use crate::error::{Error, Result};
use crate::images::Rewrites;
use crate::provision::catalog::{Server, ServerKind};
use crate::provision::envfile::Role;
use crate::provision::expansion::env_texts;
use crate::provision::keys::{rendered_key, secret_key};
use crate::provision::render::{self, Values};
use crate::provision::requirements::requirements;

use super::diagnosis::Diagnosis;

/// What the cluster holds for the servers, as far as it may be read.
#[derive(Debug, Clone, Default)]
pub struct Live {
    /// Name of the ConfigMap.
    pub config_name: String,
    /// Its data; empty if it is not there, `None` if it may not be read.
    pub config: Option<BTreeMap<String, String>>,
    /// The keys of the Secret; empty if it is not there, `None` if it may not be read.
    pub secret_keys: Option<BTreeSet<String>>,
    /// The keys that both lack on purpose.
    pub absent: BTreeSet<String>,
}

/// One server to be verified.
#[derive(Debug, Clone)]
pub struct Job {
    /// Its entry in the derived catalog.
    pub(super) server: Server,
    /// Why no pod can be made for it, where that is so.
    pub(super) without_pod: Option<&'static str>,
    /// What is wrong already.
    pub(super) trouble: Option<Diagnosis>,
    /// Variables that nothing sets: what to look at if it fails.
    pub(super) unset: Vec<Unset>,
}

/// A variable that nothing sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unset {
    /// Its name.
    pub(super) name: String,
    /// Whether the catalog says that the server needs it.
    pub(super) is_required: bool,
}

/// What the catalog says of a variable that has to be set from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// The keys of the values that it contains.
    keys: Vec<String>,
    /// Whether the server needs it.
    is_required: bool,
    /// Whether a key of the Secret sets it.
    is_secret: bool,
}

/// The variables of a server that have to be set from outside, by name.
pub type Variables = BTreeMap<String, Variable>;

impl Job {
    /// The jobs for servers of a catalog, the derived one or the one that it comes from, with images of other
    /// registries where the rules say so. `known` has the [`variables`] of each, which a derived catalog does not list
    /// any more.
    ///
    /// # Errors
    /// A server that cannot be rendered, or whose name cannot be a pod's label; a rule that makes no image.
    pub fn prepare(
        servers: &[Arc<Server>],
        known: &BTreeMap<String, Variables>,
        live: &Live,
        rewrite: Rewrites,
    ) -> Result<Vec<Self>> {
        for server in servers {
            names::check_label_value("server", &server.name)?;
            rewrite.apply(&server.image)?;
        }
        let config = live.config.clone().unwrap_or_default();
        let values = Values {
            config: without_variables(config, servers),
            secrets: BTreeMap::new(),
            absent: live.absent.clone(),
        };
        let how = render::Options {
            // what may steer loaders was judged when it was applied
            allow_env: servers.iter().flat_map(|server| env_names(server)).collect(),
            live_secret_keys: match &live.secret_keys {
                Some(keys) => keys | &stored_keys(servers, keys, &values.config),
                None => expected_keys(servers),
            },
            rewrite,
            ..render::Options::default()
        };
        let rendered = render::render(servers, &values, &how);
        if let Some(refusal) = rendered.refusal() {
            return Err(refusal);
        }
        let mut jobs = Vec::with_capacity(servers.len());
        for server in servers {
            let entry = rendered.catalog["registry"][&server.name].as_object();
            let entry = entry.ok_or_else(|| Error::failed(format!("server `{}` was not rendered", server.name)))?;
            let derived = Server::read(&server.name, entry.clone());
            let none = Variables::new();
            let own = known.get(&server.name).unwrap_or(&none);
            jobs.push(Self::of(derived, own, live));
        }
        Ok(jobs)
    }

    fn of(server: Server, variables: &Variables, live: &Live) -> Self {
        let without_pod = match server.kind {
            ServerKind::Server => None,
            ServerKind::Remote => Some("it is remote: the gateway starts no pod for it"),
            ServerKind::Poci => Some("its tools are images of their own: there is no server to ask"),
        };
        let literals = server.env.iter().map(|entry| (entry.name.as_str(), entry.value.as_str()));
        let literals: BTreeMap<&str, &str> = literals.collect();
        let hidden: BTreeSet<&str> = server.secrets.iter().map(|entry| entry.env.as_str()).collect();
        let (mut templated, mut placeholders, mut unset) = (Vec::new(), Vec::new(), Vec::new());
        for (name, variable) in variables {
            let is_absent = variable.keys.iter().any(|key| live.absent.contains(key));
            if variable.is_secret && (hidden.contains(name.as_str()) || live.secret_keys.is_none()) {
                continue;
            }
            let config = live.config.as_ref().and_then(|config| config.get(name)).map(String::as_str);
            match literals.get(name.as_str()).copied().or(config) {
                Some(value) if value.contains("{{") => templated.push(name.as_str()),
                Some(value) if Role::is_placeholder(value) => placeholders.push(name.as_str()),
                Some(_) => {}
                None if is_absent || hidden.contains(name.as_str()) || live.config.is_none() => {}
                None => unset.push(Unset { name: name.clone(), is_required: variable.is_required }),
            }
        }
        let held = [("`{{`", templated), ("a placeholder", placeholders)];
        let found = held.iter().find(|(_, variables)| !variables.is_empty());
        let trouble =
            found.map(|(what, variables)| Diagnosis::template(&server.name, &live.config_name, variables, what));
        Self { server, without_pod, trouble, unset }
    }

    /// The names of the tools that the catalog lists.
    pub(super) fn listed(&self) -> BTreeSet<String> {
        self.server.tools.iter().map(|tool| tool.name.clone()).collect()
    }
}

/// The variables of a server that have to be set from outside: those with a template, and those of secrets.
#[must_use]
pub fn variables(server: &Server) -> Variables {
    let needs = requirements(server);
    let is_needed = |path: &str| needs.config.iter().any(|need| need.key == path && need.required);
    let templated = server.env.iter().zip(env_texts(server)).filter(|(_, text)| !text.is_plain());
    let templated = templated.map(|(entry, text)| {
        let is_required = text.templates().any(|template| is_needed(&template.path));
        let keys = text.templates().map(|template| secret_key(&template.path)).collect();
        (entry.name.clone(), Variable { keys, is_required, is_secret: false })
    });
    let secrets = needs.secrets.iter().map(|secret| {
        (secret.env.clone(), Variable { keys: vec![secret.key.clone()], is_required: secret.required, is_secret: true })
    });
    secrets.chain(templated).collect()
}

/// The names of the variables that have a template.
fn templated_variables(server: &Server) -> BTreeSet<String> {
    let templated = server.env.iter().zip(env_texts(server)).filter(|(_, text)| !text.is_plain());
    templated.map(|(entry, _)| entry.name.clone()).collect()
}

fn env_names(server: &Server) -> impl Iterator<Item = String> + '_ {
    let config = server.config.iter().flat_map(|config| config.schema.keys().cloned());
    let own = server.env.iter().map(|entry| entry.name.clone());
    own.chain(server.secrets.iter().map(|entry| entry.env.clone())).chain(config)
}

/// The config values without the variables that were rendered from them. What stands in the ConfigMap for a variable is
/// what the gateway's pods get, also where it is older than the value: only servers that differ have it from the catalog.
fn without_variables(mut config: BTreeMap<String, String>, servers: &[Arc<Server>]) -> BTreeMap<String, String> {
    let variables: BTreeSet<String> = servers.iter().flat_map(|server| templated_variables(server)).collect();
    let needs = servers.iter().flat_map(|server| requirements(server).config);
    let values: BTreeSet<String> = needs.map(|need| need.key).collect();
    config.retain(|key, _| values.contains(key) || !variables.contains(key));
    config
}

/// The keys of rendered variables that the Secret has to hold: the gateway's pods refer to them, there or not.
fn stored_keys(
    servers: &[Arc<Server>],
    secret: &BTreeSet<String>,
    config: &BTreeMap<String, String>,
) -> BTreeSet<String> {
    let all = servers.iter().flat_map(|server| {
        let needs = requirements(server);
        let stored = needs.stored(|key| secret.contains(key) || config.contains_key(key));
        stored.map(str::to_owned).collect::<Vec<_>>()
    });
    all.collect()
}

/// The keys that a complete Secret has, where it may not be read.
fn expected_keys(servers: &[Arc<Server>]) -> BTreeSet<String> {
    let own = servers.iter().flat_map(|server| {
        let required = server.secrets.iter().filter(|entry| entry.required);
        required.map(|entry| secret_key(&entry.name)).collect::<Vec<_>>()
    });
    let rendered = servers.iter().flat_map(|server| {
        let names = templated_variables(server);
        names.into_iter().map(|env| rendered_key(&server.name, &env)).collect::<Vec<_>>()
    });
    own.chain(rendered).collect()
}

#[cfg(test)]
mod tests {
    use super::super::diagnosis::Problem;
    use super::*;
    use serde_json::json;

    fn server() -> Arc<Server> {
        let entry = json!({
            "image": "mcp/demo",
            "command": ["--zone={{demo.zone}}"],
            "env": [{"name": "DEMO_URL", "value": "{{demo.url}}"}, {"name": "MODE", "value": "stdio"},
                {"name": "DSN", "value": "pg://{{demo.password}}@db"}],
            "secrets": [{"name": "demo.key", "env": "DEMO_KEY"}, {"name": "demo.password", "env": "PASSWORD"},
                {"name": "demo.spare", "env": "SPARE", "required": false}],
            "config": [{"name": "demo", "properties": {"url": {"type": "string"}, "zone": {"type": "string"}}}],
            "tools": [{"name": "look"}],
        });
        Arc::new(Server::read("demo", entry.as_object().unwrap().clone()))
    }

    fn job(config: &[(&str, &str)], secret_keys: Option<&[&str]>) -> Job {
        let text = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        let live = Live {
            config_name: "c".to_owned(),
            config: Some(config.iter().map(text).collect()),
            secret_keys: secret_keys.map(|keys| keys.iter().map(|key| (*key).to_owned()).collect()),
            ..Live::default()
        };
        let variables = BTreeMap::from([("demo".to_owned(), variables(&server()))]);
        Job::prepare(&[server()], &variables, &live, Rewrites::default()).unwrap().remove(0)
    }

    fn secrets(job: &Job) -> Vec<(&str, &str)> {
        job.server.secrets.iter().map(|entry| (entry.env.as_str(), entry.name.as_str())).collect()
    }

    #[test]
    fn what_is_absent_on_purpose_is_not_reported_as_unset() {
        for (absent, expected) in [
            (&[][..], &["DEMO_KEY", "DEMO_URL", "DSN", "PASSWORD", "SPARE"][..]),
            (&["demo.url"], &["DEMO_KEY", "DSN", "PASSWORD", "SPARE"]),
            (&["demo.key", "demo.spare"], &["DEMO_URL", "DSN", "PASSWORD"]),
            (&["demo.password"], &["DEMO_KEY", "DEMO_URL", "SPARE"]),
        ] {
            let live = Live {
                config: Some(BTreeMap::new()),
                secret_keys: Some(BTreeSet::new()),
                absent: absent.iter().map(|key| (*key).to_owned()).collect(),
                ..Live::default()
            };
            let variables = variables(&server());
            let bare = Server { env: Vec::new(), secrets: Vec::new(), ..(*server()).clone() };
            let unset: Vec<String> =
                Job::of(bare, &variables, &live).unset.into_iter().map(|unset| unset.name).collect();
            assert_eq!(unset, expected, "{absent:?}");
        }
    }

    #[test]
    fn the_entry_is_that_of_the_derived_catalog() {
        let config = [("demo.url", "http://d"), ("DEMO_URL", "http://d"), ("demo.zone", "UTC")];
        let job = job(&config, Some(&["demo.key", "demo.password", "demo.DSN"]));
        assert_eq!(job.server.command, ["--zone=UTC"]);
        let env: Vec<&str> = job.server.env.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(env, ["MODE"]);
        assert_eq!(secrets(&job), [("DEMO_KEY", "demo.key"), ("PASSWORD", "demo.password"), ("DSN", "demo.DSN")]);
        assert!(job.trouble.is_none() && job.without_pod.is_none());
        assert_eq!(job.unset, [Unset { name: "SPARE".to_owned(), is_required: false }]);
        assert_eq!(job.listed(), BTreeSet::from(["look".to_owned()]));
    }

    #[test]
    fn a_secret_that_may_not_be_read_is_taken_for_complete() {
        let job = job(&[("DEMO_URL", "x")], None);
        assert_eq!(secrets(&job), [("DEMO_KEY", "demo.key"), ("PASSWORD", "demo.password"), ("DSN", "demo.DSN")]);
    }

    #[test]
    fn a_rendered_key_that_is_missing_is_referred_to_all_the_same() {
        let job = job(&[("DEMO_URL", "x")], Some(&["demo.key", "demo.password"]));
        assert_eq!(secrets(&job), [("DEMO_KEY", "demo.key"), ("PASSWORD", "demo.password"), ("DSN", "demo.DSN")]);
    }

    #[test]
    fn template_text_and_unset_variables_are_seen() {
        let job_with = |config: &[(&str, &str)]| job(config, Some(&["demo.key", "demo.DSN"]));
        let trouble = job_with(&[("DEMO_URL", "http://{{host}}")]).trouble.unwrap();
        assert_eq!(trouble.problem, Problem::Template);
        assert_eq!(trouble.reason, "its variable `DEMO_URL` still holds `{{` in ConfigMap `c`");
        let unset: Vec<String> = job_with(&[]).unset.into_iter().map(|unset| unset.name).collect();
        assert_eq!(unset, ["DEMO_URL", "SPARE"]);
        // also where the config value could be rendered: the gateway's pods do not get that
        let trouble = job_with(&[("DEMO_URL", "{{demo.url}}"), ("demo.url", "http://d")]).trouble.unwrap();
        assert_eq!(trouble.reason, "its variable `DEMO_URL` still holds `{{` in ConfigMap `c`");
        let placeholder = [("DEMO_URL", "<REPLACE_WITH_YOUR_VALUE>"), ("demo.url", "<REPLACE_WITH_YOUR_VALUE>")];
        let trouble = job_with(&placeholder).trouble.unwrap();
        assert_eq!(trouble.reason, "its variable `DEMO_URL` still holds a placeholder in ConfigMap `c`");
    }

    #[test]
    fn a_variable_that_differs_from_its_config_key_comes_from_the_config_map() {
        let job = job(&[("DEMO_URL", "http://old"), ("demo.url", "http://new")], Some(&["demo.key", "demo.DSN"]));
        assert!(job.server.env.iter().all(|entry| entry.name != "DEMO_URL"), "{:?}", job.server.env);
        assert!(job.trouble.is_none() && job.unset.iter().all(|unset| unset.name == "SPARE"));
    }

    #[test]
    fn servers_that_differ_on_a_variable_have_it_from_the_catalog() {
        let reader = |name: &str| {
            let entry = json!({"image": "i", "env": [{"name": "URL", "value": format!("{{{{{name}.url}}}}")}]});
            Arc::new(Server::read(name, entry.as_object().unwrap().clone()))
        };
        let config = [("URL", "http://a"), ("a.url", "http://a"), ("b.url", "http://b")];
        let config = config.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let live =
            Live { config_name: "c".to_owned(), config: Some(config.into()), secret_keys: None, ..Live::default() };
        let both = [reader("a"), reader("b")];
        let jobs = Job::prepare(&both, &BTreeMap::new(), &live, Rewrites::default()).unwrap();
        let urls: Vec<&str> = jobs.iter().map(|job| job.server.env[0].value.as_str()).collect();
        assert_eq!(urls, ["http://a", "http://b"]);
    }

    #[test]
    fn a_literal_of_a_derived_catalog_stays() {
        let entry = json!({"image": "mcp/demo", "env": [{"name": "DEMO_URL", "value": "http://own"}]});
        let derived = Arc::new(Server::read("demo", entry.as_object().unwrap().clone()));
        let config = BTreeMap::from([("DEMO_URL".to_owned(), "http://shared".to_owned())]);
        let live = Live { config_name: "c".to_owned(), config: Some(config), secret_keys: None, ..Live::default() };
        let variables = BTreeMap::from([("demo".to_owned(), variables(&server()))]);
        let job = Job::prepare(&[derived], &variables, &live, Rewrites::default()).unwrap().remove(0);
        assert_eq!(job.server.env[0].value, "http://own");
    }

    #[test]
    fn an_image_of_another_registry_is_that_of_the_pod() {
        let prepare = |rules: &[&str]| {
            let rules = Rewrites::parse(rules.iter().copied()).unwrap();
            Job::prepare(&[server()], &BTreeMap::new(), &Live::default(), rules)
        };
        let jobs = prepare(&["mcp/=registry.corp/mcp/"]).unwrap();
        assert_eq!(jobs[0].server.image, "registry.corp/mcp/demo:latest");
        assert!(prepare(&["mcp/=A B"]).is_err());
    }

    #[test]
    fn a_remote_server_has_no_pod() {
        let entry = json!({"type": "remote", "remote": {"url": "https://r"}});
        let remote = Arc::new(Server::read("r", entry.as_object().unwrap().clone()));
        let job = Job::prepare(&[remote], &BTreeMap::new(), &Live::default(), Rewrites::default()).unwrap().remove(0);
        assert!(job.without_pod.is_some());
    }
}
