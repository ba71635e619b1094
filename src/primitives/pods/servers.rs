//! `pods`, its part that shows the health of servers: images, keys, pods by session, and what is wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rhai::plugin::*;
use rhai::{Array, Dynamic, EvalAltResult, FnPtr, Map, NativeCallContext};

use super::watch::{Looking, failure_map};
use crate::cluster::pods::{Failure, Seen, Unhealthy};
use crate::duration;
use crate::error::Result as Outcome;
use crate::host::Host;
use crate::host::server_status::{Look, ServerStatus, Survey};
use crate::output::{Column, Document, Table};
use crate::primitives::api::raise::Raise;
use crate::primitives::api::typed::{Property, Typed};
use crate::primitives::catalog::rendering::array;
use crate::primitives::host;
use crate::primitives::language::duration::DurationValue;

/// The functions of `pods` for the health of servers.
#[export_module]
pub mod functions {
    /// The health of servers: those that have pods, and those whose values are in the ConfigMap or the Secret. Unhealthy
    /// servers come first.
    ///
    /// # Parameters
    /// * `options` - see below, and those of `pods::list`
    ///
    /// # Options
    /// * `names` - only these servers
    /// * `configmap` - the ConfigMap that contains their values
    /// * `secret` - the Secret that contains their secrets; only its keys are read
    ///
    /// # Effects
    /// * `cluster: list pods`
    /// * `cluster: get configmaps`
    /// * `cluster: get secrets`
    /// * `files: read`
    /// * `images: read`
    ///
    /// # Errors
    /// * as `pods::list`; a name that neither the catalog nor a pod knows
    ///
    /// # Example
    /// ```rhai
    /// let servers = pods::servers(#{ configmap: "mcp-gateway-config", secret: "mcp-gateway-secrets" });
    /// [servers[0].name, servers[0].keys.missing, pods::servers(#{ names: ["redis"] })[0].image.state]
    /// // => ["grafana", ["grafana.api_key", "grafana.url"], "missing"]
    /// ```
    #[rhai_fn(name = "servers", return_raw)]
    pub fn servers(context: NativeCallContext, options: Map) -> Result<Array, Box<EvalAltResult>> {
        let host = host(&context);
        look_once(&host, &options).raise(&context)
    }

    /// Gives a function the health of servers, and does so again whenever it changes, until the function gives `false`.
    /// Nothing is polled.
    ///
    /// # Parameters
    /// * `options` - see below, and those of `pods::servers`
    /// * `seen` - is given what `pods::servers` gives, and one line that sums it up
    ///
    /// # Options
    /// * `every` - on a terminal, also after so long, so that ages are right
    ///
    /// # Effects
    /// * `cluster: list pods`
    /// * `cluster: watch pods`
    /// * `cluster: get configmaps`
    /// * `cluster: watch configmaps`
    /// * `cluster: get secrets`
    /// * `cluster: watch secrets`
    /// * `files: read`
    /// * `images: read`
    ///
    /// # Errors
    /// * no permission to watch pods; one that fails in the function
    ///
    /// # Example
    /// ```rhai
    /// let lines = [];
    /// pods::watch_servers(#{ configmap: "c", secret: "s", names: ["redis"] }, |servers, summary| {
    ///     lines.push(summary);
    ///     if lines.len() == 1 { configmaps::create("c", #{ "a": "1" }); }
    ///     lines.len() < 2
    /// });
    /// lines[0]
    /// // => "1 server, 0 pods in 0 sessions, namespace default, sandbox context sandbox"
    /// ```
    #[rhai_fn(name = "watch_servers", return_raw)]
    pub fn watch_servers(context: NativeCallContext, options: Map, seen: FnPtr) -> Result<(), Box<EvalAltResult>> {
        let host = host(&context);
        let (mut looking, every) = Looking::new(&host, "pods::watch_servers", &options).raise(&context)?;
        let mut survey = Survey::new(&host, looking.wanted.clone()).raise(&context)?;
        loop {
            host.wait(looking.changed(every)).raise(&context)?;
            let (look, trouble) = looking.look();
            let servers = servers_of(&mut survey, &host, &look).raise(&context)?;
            let namespace = options.get("namespace").map(ToString::to_string).unwrap_or_default();
            let mut line = summary(&host, &servers, &namespace).raise(&context)?;
            if !trouble.is_empty() {
                line.push_str(&format!("; out of date: {trouble}"));
            }
            let go_on = seen.call_within_context::<Dynamic>(&context, (values(servers), line))?;
            if go_on.as_bool() == Ok(false) || host.settings.dry_run || host.printer.is_closed() {
                return Ok(());
            }
        }
    }
}

fn servers_of(survey: &mut Survey, host: &Host, look: &Look) -> Outcome<Vec<Arc<ServerStatus>>> {
    Ok(survey.servers(host, look)?.into_iter().map(Arc::new).collect())
}

fn values(servers: Vec<Arc<ServerStatus>>) -> Array {
    servers.into_iter().map(Dynamic::from).collect()
}

fn look_once(host: &Host, options: &Map) -> Outcome<Array> {
    let (mut looking, _) = Looking::new(host, "pods::servers", options)?;
    let mut survey = Survey::new(host, looking.wanted.clone())?;
    host.wait(looking.changed(None))?;
    servers_of(&mut survey, host, &looking.look().0).map(values)
}

impl Typed for Arc<ServerStatus> {
    const NAME: &'static str = "ServerStatus";
    const PROPERTIES: &'static [Property] = &[
        ("kind", "string", "`server`"),
        ("name", "string", "its name"),
        ("namespace", "string", "its namespace"),
        ("image", "map", "`name`, and `state`: `present`, `missing` or `unknown`"),
        (
            "keys",
            "map",
            "`state` (`there`, `missing` or `unknown`), `needed` (how many), `missing`, and `absent` (those that you do not have)",
        ),
        ("sessions", "array", "maps with `session` and its `pods`"),
        ("last_failure", "map", "the newest of `failures`; `()` if there is none"),
        ("failures", "array", "the last failure of each pod, the newest first"),
    ];

    fn property(&self, name: &str) -> Dynamic {
        match name {
            "kind" => "server".into(),
            "name" => self.name.clone().into(),
            "namespace" => self.namespace.clone().into(),
            "image" => {
                Map::from([("name".into(), self.image.clone().into()), ("state".into(), self.image_state.into())])
                    .into()
            }
            "keys" => Map::from([
                ("state".into(), self.keys.state().into()),
                ("needed".into(), i64::try_from(self.keys.needed).unwrap_or(i64::MAX).into()),
                ("missing".into(), array(self.keys.missing_keys().into_iter().map(str::to_owned))),
                ("absent".into(), array(self.keys.absent.iter().cloned())),
            ])
            .into(),
            "sessions" => self.sessions.iter().map(|(id, pods)| session_map(id, pods)).collect::<Array>().into(),
            "last_failure" => self.failures.first().map_or(Dynamic::UNIT, |last| failure_map(last, self.now)),
            "failures" => self.failures.iter().map(|one| failure_map(one, self.now)).collect::<Array>().into(),
            _ => Dynamic::UNIT,
        }
    }
}

fn session_map(id: &str, pods: &[(Seen, Option<Unhealthy>)]) -> Dynamic {
    let pod = |(seen, _): &(Seen, Option<Unhealthy>)| -> Dynamic {
        let pod = &seen.pod;
        Map::from([
            ("name".into(), pod.name.clone().into()),
            ("phase".into(), pod.phase.to_string().into()),
            ("status".into(), pod.status.to_string().into()),
            ("age".into(), Dynamic::from(DurationValue::from_seconds(pod.age))),
            ("restarts".into(), i64::from(pod.restarts).into()),
            ("ready".into(), pod.ready.to_string().into()),
            ("stuck".into(), pod.stuck.to_string().into()),
        ])
        .into()
    };
    let pods: Array = pods.iter().map(pod).collect();
    Map::from([("session".into(), id.to_owned().into()), ("pods".into(), pods.into())]).into()
}

/// The table of servers: a row for each session, one for a server without pods, and below an unhealthy one the command
/// that fixes it.
///
/// # Errors
/// The cluster whose name stands under the table cannot be chosen.
pub(in crate::primitives) fn document(host: &Host, servers: &[Arc<ServerStatus>]) -> Outcome<Document> {
    let spread = servers.iter().any(|server| server.namespace != servers[0].namespace);
    let mut columns: Vec<Column> = ["server", "image", "keys", "session", "pods"].map(Column::new).into();
    if spread {
        columns.insert(0, Column::new("namespace"));
    }
    columns.push(Column::new("last_failure").wrapped());
    let width = columns.len();
    let mut table = Table::new(columns);
    for server in servers {
        let head = |rest: [String; 3]| {
            let head = [server.name.clone(), server.image_state.to_owned(), keys_cell(server)];
            let namespace = spread.then(|| server.namespace.clone());
            namespace.into_iter().chain(head).chain(rest).collect::<Vec<String>>()
        };
        if server.sessions.is_empty() {
            table.row(head(Default::default()));
        }
        for (id, pods) in &server.sessions {
            let last = server.failures.iter().find(|failure| *failure.session == **id);
            let unhealthy = pods.iter().find_map(|(seen, unhealthy)| Some((seen, unhealthy.as_ref()?)));
            let failure = match (last, unhealthy) {
                (Some(last), _) => failure_cell(last, server.now),
                (None, Some((seen, unhealthy))) => match unhealthy.cause.as_str() {
                    "" => seen.pod.status.to_string(),
                    cause => cause.to_owned(),
                },
                (None, None) => String::new(),
            };
            table.row(head([id.clone(), counted(pods), failure]));
            let mut commands: Vec<&str> = Vec::new();
            for (_, unhealthy) in pods {
                if let Some(unhealthy) = unhealthy.as_ref().filter(|one| !commands.contains(&one.next.as_str())) {
                    commands.push(&unhealthy.next);
                    // a cell with nothing in it would be shown as `<none>`
                    let mut row = vec![" ".to_owned(); width];
                    row[width - 1] = format!("next: {}", unhealthy.next);
                    table.row(row);
                }
            }
        }
    }
    let namespace = if host.settings.all_namespaces { "" } else { servers[0].namespace.as_str() };
    let summary = summary(host, servers, namespace)?;
    Ok(Document::default().table(table).summary(summary).kind("server"))
}

fn keys_cell(server: &ServerStatus) -> String {
    let keys = match (server.keys.state(), server.keys.needed) {
        ("missing", _) => format!("missing {}", server.keys.missing_keys().join(", ")),
        ("there", 0) => "none needed".to_owned(),
        (state, _) => state.to_owned(),
    };
    if server.keys.absent.is_empty() {
        keys
    } else {
        format!("{keys}; {} absent (chosen)", server.keys.absent.join(", "))
    }
}

/// Pods by status: `1 Completed, 2 Running`.
fn counted(pods: &[(Seen, Option<Unhealthy>)]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (seen, _) in pods {
        let word = if seen.pod.stuck.is_empty() { &seen.pod.status } else { &*seen.pod.stuck };
        *counts.entry(word).or_default() += 1;
    }
    counts.iter().map(|(word, count)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
}

/// A failure with its whole reason: `Error, exit code 2, 3m ago: no such url`.
fn failure_cell(failure: &Failure, now: jiff::Timestamp) -> String {
    let code = failure.exit_code.map(|code| format!(", exit code {code}")).unwrap_or_default();
    let age = duration::age(now.duration_since(failure.at).as_secs().max(0));
    let text = format!("{}{code}, {age} ago", failure.reason);
    if failure.message.is_empty() { text } else { format!("{text}: {}", failure.message) }
}

/// `6 servers, 9 pods in 4 sessions, namespace default, context dev`.
fn summary(host: &Host, servers: &[Arc<ServerStatus>], namespace: &str) -> Outcome<String> {
    let place = host.place(namespace)?;
    if servers.is_empty() {
        return Ok(format!("no MCP servers found in {place}"));
    }
    let pods: usize = servers.iter().flat_map(|server| server.sessions.values()).map(Vec::len).sum();
    let sessions: BTreeSet<&String> = servers.iter().flat_map(|server| server.sessions.keys()).collect();
    let count = |number: usize, what: &str| format!("{number} {what}{}", if number == 1 { "" } else { "s" });
    Ok(format!(
        "{}, {} in {}, {place}",
        count(servers.len(), "server"),
        count(pods, "pod"),
        count(sessions.len(), "session")
    ))
}
