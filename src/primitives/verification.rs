//! The type `Verification`, and how verifications are run and shown.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use rhai::{Array, Dynamic, Map};

use crate::cluster::objects::{self, ObjectKind, Value};
use crate::error::{Kind, Result};
use crate::host::Host;
use crate::output::{Column, Document, Table};
use crate::provision::catalog::{Catalog, Server};
use crate::verify::{self, Answer, Job, Live, Problem, Verdict};

use super::image;
use super::options::Options;
use super::typed::{Property, Typed};

const OPTIONS: [&str; 7] = ["config_name", "secret_name", "namespace", "timeout", "concurrency", "catalog", "rewrite"];

/// How long one server may take unless told: its image may have to be pulled first.
const TIMEOUT: Duration = Duration::from_secs(120);
/// How many servers are verified at once.
const AT_ONCE: usize = 4;
/// How many tools a cell of the table names.
const NAMED: usize = 2;

impl Typed for Arc<Verdict> {
    const NAME: &'static str = "Verification";
    const PROPERTIES: &'static [Property] = &[
        ("kind", "string", "`server`"),
        ("name", "string", "the server"),
        ("result", "string", "`answers`, `failed`, `unknown` where nobody can tell, or `planned` in a dry run"),
        (
            "problem",
            "string",
            "what kind of failure: `image`, `values`, `template`, `rejected`, `not_started`, `exit`, `no_answer`, \
             `not_json`, `protocol`, `gone`, `connection` or `no_pod`; else empty",
        ),
        ("reason", "string", "why it failed or cannot be told; else empty"),
        ("hint", "string", "what to do; may be empty"),
        ("tools", "array", "the names of the tools that it listed"),
        ("missing", "array", "tools that the catalog lists and it does not have"),
        ("added", "array", "tools that it has and the catalog does not list"),
        ("log", "array", "its last lines, where it failed"),
        ("pod", "string", "the pod that was made for it, and removed; else empty"),
        ("milliseconds", "int", "how long it took to answer or to fail"),
    ];

    fn property(&self, name: &str) -> Dynamic {
        let texts = |texts: &[String]| texts.iter().cloned().map(Dynamic::from).collect::<Array>().into();
        match name {
            "kind" => "server".into(),
            "name" => self.server.clone().into(),
            "result" => self.answer.name().into(),
            "problem" => self.problem.map_or("", Problem::name).into(),
            "reason" => self.reason.clone().into(),
            "hint" => self.hint.clone().into(),
            "tools" => texts(&self.tools),
            "missing" => texts(&self.missing),
            "added" => texts(&self.added),
            "log" => texts(&self.log),
            "pod" => self.pod.clone().into(),
            "milliseconds" => i64::try_from(self.time.as_millis()).unwrap_or(i64::MAX).into(),
            _ => Dynamic::UNIT,
        }
    }
}

/// `gateway::verify`.
///
/// # Errors
/// No such server, one that cannot be rendered, a read-only run, an interrupt.
pub(super) fn verify(host: &Host, names: &[String], options: &Map) -> Result<Vec<Arc<Verdict>>> {
    let options = Options::new("gateway::verify", options, &OPTIONS)?;
    let cluster = host.cluster()?;
    let namespace = options.namespace()?.unwrap_or_else(|| cluster.namespace().to_owned());
    let config_name = options.text("config_name")?.unwrap_or_else(|| "mcp-gateway-config".to_owned());
    let secret_name = options.text("secret_name")?.unwrap_or_else(|| "mcp-gateway-secrets".to_owned());
    let concurrency = options.number("concurrency", 1)?.and_then(|number| usize::try_from(number).ok());
    let timeout = options.duration("timeout")?.unwrap_or(TIMEOUT);
    let catalog = options.text("catalog")?;
    let rewrite = image::rewrites(&options)?;
    host.refuse_if_read_only("start pods")?;
    let (servers, variables) = entries(host, names, catalog.as_deref())?;
    let (live, quote) = host.wait(live(host, &namespace, &config_name, &secret_name))?;
    let jobs = Job::prepare(&servers, &variables, &live, rewrite)?;
    host.announce(&namespace)?;
    let step = host.printer.begin("verify");
    let options = verify::Options {
        namespace,
        config_name,
        secret_name,
        timeout,
        script: host.script().to_owned(),
        concurrency: concurrency.unwrap_or(AT_ONCE),
        quote: quote.then(|| Arc::clone(&host.vault)),
    };
    let told = |text: &str| {
        host.printer.verbose(1, || text.to_owned());
        step.update(text);
    };
    let warned = |text: &str| host.printer.warn(text);
    let verdicts = host.wait_out(verify::verify(cluster, jobs, &options, &host.interrupt, &told, &warned))?;
    Ok(verdicts.into_iter().map(|verdict| Arc::new(masked(host, verdict))).collect())
}

type Variables = BTreeMap<String, BTreeSet<String>>;

/// The servers, from a derived catalog where one is named, and the templated variables that the run's catalog knows.
fn entries(host: &Host, names: &[String], derived: Option<&str>) -> Result<(Vec<Arc<Server>>, Variables)> {
    let catalog = host.catalog();
    let mut variables = Variables::new();
    if let Ok(catalog) = &catalog {
        let known = names.iter().filter_map(|name| catalog.servers.get(name));
        variables.extend(known.map(|server| (server.name.clone(), verify::templated_variables(server))));
    }
    let servers = match derived {
        Some(path) => Catalog::parse(host.read_text(path)?.as_bytes(), path)?.choose(names)?,
        None => catalog?.choose(names)?,
    };
    Ok((servers, variables))
}

/// What the cluster holds, as far as it may be read, and whether all values of the Secret are known to the vault.
async fn live(host: &Host, namespace: &str, config_name: &str, secret_name: &str) -> Result<(Live, bool)> {
    let cluster = host.cluster()?;
    let config = objects::get(cluster, ObjectKind::ConfigMap, namespace, config_name).await;
    let secret = objects::get(cluster, ObjectKind::Secret, namespace, secret_name).await;
    let config = readable(config)?.map(|object| {
        let data = object.map(|object| object.data).unwrap_or_default();
        let text = |(key, value)| if let Value::Text(text) = value { Some((key, text)) } else { None };
        data.into_iter().filter_map(text).collect()
    });
    let secret = readable(secret)?;
    let quote = secret.is_some();
    if !quote {
        host.warn_once(&format!("secret `{secret_name}` may not be read, so nothing that servers write is shown"));
    }
    let secret_keys = secret.map(|object| {
        let data = object.map(|object| object.data).unwrap_or_default();
        for value in data.values() {
            if let Value::Secret(secret) = value {
                // known from now on, so that a server's log shows none
                let _ = host.hide(secret.clone());
            }
        }
        data.into_keys().collect()
    });
    Ok((Live { config_name: config_name.to_owned(), config, secret_keys }, quote))
}

/// An object, unless there is no right to read it.
fn readable<T>(read: Result<T>) -> Result<Option<T>> {
    match read {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind == Kind::Forbidden => Ok(None),
        Err(error) => Err(error),
    }
}

/// What a server wrote, without the secrets in it: scripts may put it anywhere.
fn masked(host: &Host, mut verdict: Verdict) -> Verdict {
    let mask = |text: &str| host.vault.mask(text).into_owned();
    verdict.reason = mask(&verdict.reason);
    for line in &mut verdict.log {
        *line = mask(line);
    }
    verdict
}

/// The table of verifications.
pub(super) fn table(found: &[Arc<Verdict>]) -> Document {
    let mut table = Table::new(
        [
            Column::new("server"),
            Column::new("result"),
            Column::new("tools").right(),
            Column::new("missing"),
            Column::new("new"),
            Column::new("time").right(),
        ]
        .into_iter()
        .chain(["problem", "pod", "reason"].map(|name| Column::new(name).wide())),
    );
    for verdict in found {
        let answers = verdict.answer == Answer::Answers;
        let names = |names: &[String]| if answers { short(names) } else { String::new() };
        table.row([
            verdict.server.clone(),
            verdict.answer.name().to_owned(),
            if answers { verdict.tools.len().to_string() } else { String::new() },
            names(&verdict.missing),
            names(&verdict.added),
            format!("{:.1}s", verdict.time.as_secs_f64()),
            verdict.problem.map_or("", Problem::name).to_owned(),
            verdict.pod.clone(),
            verdict.reason.clone(),
        ]);
    }
    Document::default().table(table).kind("server")
}

/// `a, b`; of many only how many, of none nothing.
fn short(names: &[String]) -> String {
    match names.len() {
        count if count > NAMED => count.to_string(),
        _ => names.join(", "),
    }
}
