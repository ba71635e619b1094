//! The type `Verification`, and how verifications are run and shown.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use rhai::Map;

use crate::cluster::objects::{self, ObjectKind, Value};
use crate::error::{Kind, Result};
use crate::host::Host;
use crate::output::{Column, Document, Table};
use crate::primitives::api::options::Options;
use crate::primitives::api::typed::{PropertyOf, Typed, count, property, text, texts};
use crate::primitives::images::types;
use crate::provision::catalog::{Catalog, Server};
use crate::verify::{self, Job, Live, Problem, Variables, Verdict, VerifyResult};

const OPTIONS: [&str; 8] =
    ["config_name", "secret_name", "namespace", "timeout", "concurrency", "catalog", "rewrite", "lenient"];

/// How long one server may take unless told: its image may have to be pulled first.
const TIMEOUT: Duration = Duration::from_secs(120);
/// How many servers are verified at once.
const AT_ONCE: usize = 4;
/// How many tools a cell of the table names.
const NAMED: usize = 2;
/// How many names a warning has.
const SOME: usize = 4;

impl Typed for Arc<Verdict> {
    const NAME: &'static str = "Verification";
    const PROPERTIES: &'static [PropertyOf<Self>] = &[
        property("kind", "string", "`server`").get(|_| "server".into()),
        property("name", "string", "the server").get(|verdict| text(&verdict.server)),
        property("result", "string", "`answers`, `failed`, `unknown` where nobody can tell, or `planned` in a dry run")
            .get(|verdict| verdict.answer.name().into()),
        property(
            "problem",
            "string",
            "what kind of failure: `image`, `values`, `template`, `rejected`, `not_started`, `exit`, `no_answer`, \
             `not_json`, `protocol`, `gone`, `connection` or `no_pod`; else empty",
        )
        .get(|verdict| verdict.problem.map_or("", Problem::name).into()),
        property("reason", "string", "why it failed or cannot be told; else empty")
            .get(|verdict| text(&verdict.reason)),
        property("hint", "string", "what to do; may be empty").get(|verdict| text(&verdict.hint)),
        property("warnings", "array", "what may be in the way of clients although it answers")
            .get(|verdict| texts(&verdict.warnings)),
        property("tools", "array", "the names of the tools that it listed").get(|verdict| texts(&verdict.tools)),
        property("missing", "array", "tools that the catalog lists and it does not have")
            .get(|verdict| texts(&verdict.missing)),
        property("added", "array", "tools that it has and the catalog does not list")
            .get(|verdict| texts(&verdict.added)),
        property("log", "array", "the error and the last lines of its log, where it failed")
            .get(|verdict| texts(&verdict.log)),
        property("pod", "string", "the pod that was made for it, and removed; else empty")
            .get(|verdict| text(&verdict.pod)),
        property("milliseconds", "int", "how long it took to answer or to fail")
            .get(|verdict| count(verdict.time.as_millis())),
    ];

    fn document(_host: &Host, found: &[Self]) -> Result<Option<Document>> {
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
            let answers = verdict.answer == VerifyResult::Answers;
            let names = |names: &[String]| if answers { short(names) } else { String::new() };
            table.row([
                verdict.server.clone(),
                verdict.answer.name().to_owned(),
                if answers || !verdict.tools.is_empty() { verdict.tools.len().to_string() } else { String::new() },
                names(&verdict.missing),
                names(&verdict.added),
                format!("{:.1}s", verdict.time.as_secs_f64()),
                verdict.problem.map_or("", Problem::name).to_owned(),
                verdict.pod.clone(),
                verdict.reason.clone(),
            ]);
        }
        Ok(Some(Document::default().table(table).kind("server")))
    }
}

/// `gateway::verify`.
///
/// # Errors
/// No such server, one that cannot be rendered, a read-only run, an interrupt.
pub(in crate::primitives) fn verify(host: &Host, names: &[String], options: &Map) -> Result<Vec<Arc<Verdict>>> {
    let options = Options::new("gateway::verify", options, &OPTIONS)?;
    let cluster = host.cluster()?;
    let namespace = options.namespace()?.unwrap_or_else(|| cluster.namespace().to_owned());
    let config_name = options.text("config_name")?.unwrap_or_else(|| "mcp-gateway-config".to_owned());
    let secret_name = options.text("secret_name")?.unwrap_or_else(|| "mcp-gateway-secrets".to_owned());
    let concurrency = options.number("concurrency", 1)?.and_then(|number| usize::try_from(number).ok());
    let timeout = options.duration("timeout")?.unwrap_or(TIMEOUT);
    let catalog = options.text("catalog")?;
    let lenient = options.flag("lenient")?;
    let rewrite = types::rewrites(&options)?;
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
        lenient,
        quote: quote.then(|| Arc::clone(&host.vault)),
    };
    let told = |text: &str| {
        host.printer.verbose(1, || text.to_owned());
        step.update(text);
    };
    let warned = |text: &str| host.printer.warn(text);
    let mut verdicts = host.wait_out(verify::verify(cluster, jobs, &options, &host.interrupt, &told, &warned))?;
    warn_of_shared_tools(&mut verdicts, &servers);
    Ok(verdicts.into_iter().map(|verdict| Arc::new(masked(host, verdict))).collect())
}

type KnownVariables = BTreeMap<String, Variables>;

/// The servers, from a derived catalog where one is named, and the variables of each that the run's catalog knows.
fn entries(host: &Host, names: &[String], derived: Option<&str>) -> Result<(Vec<Arc<Server>>, KnownVariables)> {
    let catalog = host.catalog();
    let mut variables = KnownVariables::new();
    if let Ok(catalog) = &catalog {
        let known = names.iter().filter_map(|name| catalog.servers.get(name));
        variables.extend(known.map(|server| (server.name.clone(), verify::variables(server))));
    }
    let servers = match derived {
        Some(path) => Catalog::parse_rendered(host.read_text(path)?.as_bytes(), path)?.choose(names)?,
        None => catalog?.choose(names)?,
    };
    Ok((servers, variables))
}

/// What the cluster holds, as far as it may be read, and whether all values of the Secret are known to the vault.
async fn live(host: &Host, namespace: &str, config_name: &str, secret_name: &str) -> Result<(Live, bool)> {
    let cluster = host.cluster()?;
    let config = objects::get(cluster, ObjectKind::ConfigMap, namespace, config_name).await;
    let secret = objects::get(cluster, ObjectKind::Secret, namespace, secret_name).await;
    let mut absent = BTreeSet::new();
    for object in [&config, &secret].into_iter().flatten().flatten() {
        absent.extend(objects::absent_keys(&object.labels));
    }
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
    Ok((Live { config_name: config_name.to_owned(), config, secret_keys, absent }, quote))
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
    for line in verdict.log.iter_mut().chain(&mut verdict.warnings) {
        *line = mask(line);
    }
    verdict
}

/// Warns of tools of one name in several servers, which one gateway cannot offer: it refuses to start, or keeps one of
/// them. A `prefix` in the catalog keeps them apart.
fn warn_of_shared_tools(verdicts: &mut [Verdict], servers: &[Arc<Server>]) {
    let prefix = |name: &str| {
        let server = servers.iter().find(|server| server.name == name);
        server.and_then(|server| server.raw.get("prefix")?.as_str()).unwrap_or_default().to_owned()
    };
    let mut owners: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for verdict in verdicts.iter() {
        let prefix = prefix(&verdict.server);
        for tool in &verdict.tools {
            owners.entry((prefix.clone(), tool.clone())).or_default().push(verdict.server.clone());
        }
    }
    for verdict in verdicts {
        let mut shared: BTreeMap<Vec<&String>, Vec<&String>> = BTreeMap::new();
        for ((_, tool), owners) in owners.iter().filter(|(_, owners)| owners.contains(&verdict.server)) {
            let others: Vec<&String> = owners.iter().filter(|owner| **owner != verdict.server).collect();
            if !others.is_empty() {
                shared.entry(others).or_default().push(tool);
            }
        }
        for (others, tools) in shared {
            let (what, kind) = if tools.len() == 1 { ("tool", "is") } else { ("tools", "are") };
            verdict.warnings.push(format!(
                "its {what} {} {kind} in {}, too: one gateway with these servers refuses to start or keeps one of them; a `prefix` in \
                 the catalog keeps them apart",
                some(&tools),
                some(&others)
            ));
        }
    }
}

/// Some names of many, with how many are left out.
fn some(names: &[&String]) -> String {
    let most = if names.len() == SOME + 1 { names.len() } else { SOME };
    let shown: Vec<String> = names.iter().take(most).map(|name| format!("`{name}`")).collect();
    match names.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// `a, b`; of many only how many, of none nothing.
fn short(names: &[String]) -> String {
    match names.len() {
        count if count > NAMED => count.to_string(),
        _ => names.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The warnings of verdicts on servers with these tools and prefixes, as `server: other tools`.
    fn warnings(servers: &[(&str, &str, &[&str])]) -> Vec<String> {
        let entry = |name: &str, prefix: &str| {
            let entry = json!({"image": "i", "prefix": prefix});
            Arc::new(Server::read(name, entry.as_object().unwrap().clone()))
        };
        let entries: Vec<Arc<Server>> = servers.iter().map(|(name, prefix, _)| entry(name, prefix)).collect();
        let verdict = |(name, _, tools): &(&str, &str, &[&str])| Verdict {
            tools: tools.iter().map(|tool| (*tool).to_owned()).collect(),
            ..Verdict::unknown(name, "", "")
        };
        let mut verdicts: Vec<Verdict> = servers.iter().map(verdict).collect();
        warn_of_shared_tools(&mut verdicts, &entries);
        let warnings = verdicts.iter().flat_map(|verdict| {
            verdict.warnings.iter().map(|warning| {
                let what = warning.split(", too").next().unwrap_or_default();
                format!("{}: {what}", verdict.server)
            })
        });
        warnings.collect()
    }

    #[test]
    fn tools_of_one_name_in_several_servers_are_warned_of() {
        let none: [&str; 0] = [];
        assert_eq!(warnings(&[]), none);
        assert_eq!(warnings(&[("a", "", &["x"])]), none, "one server");
        assert_eq!(warnings(&[("a", "", &["x"]), ("b", "", &["y"])]), none, "other names");
        assert_eq!(warnings(&[("a", "", &[]), ("b", "", &[])]), none, "no tools");
        assert_eq!(warnings(&[("a", "", &["x"]), ("b", "", &["X"])]), none, "names differ in case");
        let both = ["a: its tool `x` is in `b`", "b: its tool `x` is in `a`"];
        assert_eq!(warnings(&[("a", "", &["x", "y"]), ("b", "", &["x"])]), both);
        let two = ["a: its tools `x`, `y` are in `b`", "b: its tools `x`, `y` are in `a`"];
        assert_eq!(warnings(&[("a", "", &["x", "y"]), ("b", "", &["x", "y"])]), two);
        assert_eq!(warnings(&[("a", "p", &["x"]), ("b", "", &["x"])]), none, "a prefix");
        assert_eq!(warnings(&[("a", "p", &["x"]), ("b", "q", &["x"])]), none, "two prefixes");
        assert_eq!(warnings(&[("a", "p", &["x"]), ("b", "p", &["x"])]), both, "one prefix");
        let three = warnings(&[("a", "", &["x"]), ("b", "", &["x"]), ("c", "", &["x", "y"])]);
        assert_eq!(three[0], "a: its tool `x` is in `b`, `c`");
        assert_eq!(three.len(), 3, "{three:?}");
        let names: Vec<String> = (0..9).map(|number| format!("s{number}")).collect();
        let many: Vec<(&str, &str, &[&str])> = names.iter().map(|name| (name.as_str(), "", ["x"].as_slice())).collect();
        assert_eq!(warnings(&many)[8], "s8: its tool `x` is in `s0`, `s1`, `s2`, `s3` and 4 more");
    }
}
