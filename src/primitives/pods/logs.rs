//! `pods`, its part that prints logs: of several pods at once, each line with its pod.

use std::collections::{BTreeMap, BTreeSet};

use rhai::plugin::*;
use rhai::{Map, NativeCallContext};
use serde_json::json;

use super::delete::count;
use super::filter;
use crate::cluster::pods::{self, Filter, Log, LogEvent, LogLine, LogOptions, Pod, Streams};
use crate::error::{Error, Kind, Result};
use crate::host::Host;
use crate::nearest;
use crate::output::{Form, Printer};
use crate::primitives::api::options::Options;
use crate::primitives::api::raise::{Outcome, Raise};
use crate::primitives::host;
use crate::primitives::language::unknown_names;

/// The options beside those that say which pods are meant.
const OPTIONS: [&str; 6] = ["tail", "since", "previous", "container", "timestamps", "bare"];

/// Lines of each of several logs unless told, as kubectl has it.
const TAIL: u32 = 10;
/// Logs that are followed at once.
const AT_ONCE: usize = 50;

/// The functions of `pods` for logs.
#[export_module(manifest)]
pub mod functions {
    /// Prints the logs of a pod, or of all pods of a session or MCP server, each line with its pod.
    ///
    /// With `-o json` each line is an object of its own. Colours that a server writes are taken off.
    ///
    /// # Parameters
    /// * `name` - a pod, a session, or an MCP server
    /// * `options` - see below, and those of `pods::list`
    ///
    /// # Options
    /// * `tail` - so many lines from the end; -1 is all. Of a pod all unless told, else the last 10 of each
    /// * `since` - only what is not older than a duration like `5m`
    /// * `previous` - of the run before the last restart of the container
    /// * `container`
    /// * `timestamps` - each line with its time
    /// * `bare` - lines alone, without the pod; of a pod by its name they always are
    ///
    /// # Effects
    /// * `cluster: list pods`
    /// * `cluster: get pods/log`
    ///
    /// # Errors
    /// * nothing has that name: kind `not_found`; a log cannot be read, after the others were
    ///
    /// # Example
    /// ```rhai
    /// let pod = pods::list(#{ phase: "Running" })[0];
    /// pods::print_logs(pod.session, #{ tail: 1, since: "30d" })
    /// // => ()
    /// ```
    #[rhai_fn(name = "print_logs", return_raw)]
    pub fn print_logs(context: NativeCallContext, name: &str, options: Map) -> Outcome<()> {
        let host = host(&context);
        print(&host, name, &options).raise(&context)
    }

    /// Prints the logs of a pod, or of all pods of a session or MCP server, as they are written, also those of pods
    /// that start later. Ends when all of the pods have ended; a dry run prints what is there.
    ///
    /// # Parameters
    /// * `name` - a pod, a session, or an MCP server
    /// * `options` - those of `pods::print_logs` but for `previous`
    ///
    /// # Effects
    /// * `cluster: list pods`
    /// * `cluster: watch pods`
    /// * `cluster: get pods`
    /// * `cluster: get pods/log`
    ///
    /// # Errors
    /// * nothing has that name: kind `not_found`; a log cannot be read, after the others have ended
    ///
    /// # Example
    /// ```rhai
    /// let ended = pods::list(#{ phase: "Succeeded" })[0];
    /// pods::follow_logs(ended.name, #{ tail: 1 })
    /// // => ()
    /// ```
    #[rhai_fn(name = "follow_logs", return_raw)]
    pub fn follow_logs(context: NativeCallContext, name: &str, options: Map) -> Outcome<()> {
        let host = host(&context);
        follow(&host, name, &options).raise(&context)
    }
}

/// What is to be printed, and how.
struct LogRequest {
    filter: Filter,
    pods: Vec<Pod>,
    options: LogOptions,
    lines: Lines,
    /// Only the end of each log is shown, and nobody asked for that.
    shortened: bool,
}

/// Prints lines in the form that is wanted.
struct Lines {
    printer: Printer,
    json: bool,
    bare: bool,
    timestamps: bool,
    spread: bool,
    /// Each pod's number, by UID: its colour.
    numbers: BTreeMap<String, usize>,
}

impl Lines {
    /// Prints one; gives whether anybody reads on.
    fn line(&mut self, pod: &Pod, line: &LogLine) -> bool {
        let time = line.time.map(|time| time.to_string());
        if self.json {
            self.printer.json_line(&json!({
                "namespace": &*pod.namespace, "pod": pod.name, "server": &*pod.server, "session": &*pod.session,
                "time": time, "text": line.text,
            }));
        } else {
            let next = self.numbers.len();
            let number = *self.numbers.entry(pod.uid.clone()).or_insert(next);
            let text = match time.filter(|_| self.timestamps) {
                Some(time) => format!("{time} {}", line.text),
                None => line.text.clone(),
            };
            self.printer.log_line(number, &self.name(pod), &text);
        }
        !self.printer.is_closed()
    }

    fn name(&self, pod: &Pod) -> String {
        match (self.bare, self.spread) {
            (true, _) => String::new(),
            (false, true) => format!("{}/{}", pod.namespace, pod.name),
            (false, false) => pod.name.clone(),
        }
    }
}

/// Finds what a name means: a pod, else a session, else a server.
fn wanted(host: &Host, function: &'static str, name: &str, options: &Map) -> Result<LogRequest> {
    if name.is_empty() {
        return Err(Error::new(Kind::Script, "the name is empty"));
    }
    let (mut filter, options): (Filter, Options<'_>) = filter(host, function, options, &OPTIONS)?;
    let all = host.wait(pods::list(host.cluster()?, &filter))?;
    let is_pod = all.iter().any(|pod| pod.name == name);
    if is_pod {
        filter.name = Some(name.to_owned());
    } else if all.iter().any(|pod| &*pod.session == name) {
        filter.session = Some(name.to_owned());
    } else if all.iter().any(|pod| &*pod.server == name) {
        filter.server = Some(name.to_owned());
    } else {
        return Err(unknown(host, name, &filter, &all)?);
    }
    let mut found: Vec<Pod> = all
        .into_iter()
        .filter(|pod| pod.name == name || !is_pod && (&*pod.session == name || &*pod.server == name))
        .filter(|pod| filter.session.as_deref().is_none_or(|session| &*pod.session == session))
        .filter(|pod| filter.server.as_deref().is_none_or(|server| &*pod.server == server))
        .collect();
    found.sort_by(|a, b| (a.created, &a.namespace, &a.name).cmp(&(b.created, &b.namespace, &b.name)));
    let tail = options.number("tail", -1)?;
    let since = options.duration("since")?;
    let shortened = !is_pod && tail.is_none() && since.is_none();
    let tail = if shortened { Some(TAIL) } else { tail.and_then(|lines| u32::try_from(lines).ok()) };
    let form = host.shown()?.settings().form;
    if matches!(form, Form::Yaml | Form::Name) {
        return Err(Error::usage(format!("logs cannot be printed as `{}`", form.name()))
            .hint("they are lines of text, or with `-o json` an object a line"));
    }
    let lines = Lines {
        printer: host.shown()?.clone(),
        json: form == Form::Json,
        bare: options.flag("bare")? || is_pod && found.len() == 1,
        timestamps: options.flag("timestamps")?,
        spread: filter.all_namespaces,
        numbers: BTreeMap::new(),
    };
    let options =
        LogOptions { tail, since, container: options.text("container")?, previous: options.flag("previous")? };
    Ok(LogRequest { filter, pods: found, options, lines, shortened })
}

fn unknown(host: &Host, name: &str, filter: &Filter, all: &[Pod]) -> Result<Error> {
    let place = if filter.all_namespaces {
        "all namespaces".to_owned()
    } else {
        host.place(filter.namespace.as_deref().unwrap_or_default())?
    };
    let error = Error::not_found(format!("no pod, session or server `{name}` in {place}"));
    if all.is_empty() && !filter.all_namespaces {
        let namespace = filter.namespace.as_deref().filter(|name| !name.is_empty());
        unknown_names::namespace(host, namespace.unwrap_or(host.cluster()?.namespace()))?;
    }
    if all.is_empty() {
        return Ok(error.cause("no gateway has made a pod there").hint("`mcpctl list -A` looks everywhere"));
    }
    let names = all.iter().flat_map(|pod| [pod.name.as_str(), &pod.session, &pod.server]).filter(|n| !n.is_empty());
    Ok(error.suggest(nearest::nearest(name, names)).hint("`mcpctl list` prints what there is"))
}

fn print(host: &Host, name: &str, options: &Map) -> Result<()> {
    let LogRequest { pods: mut found, options, mut lines, shortened, .. } =
        wanted(host, "pods::print_logs", name, options)?;
    let logs = found.len();
    if options.previous {
        // the server knows no earlier run of a container that was never restarted
        found.retain(|pod| pod.restarts > 0);
        if found.is_empty() {
            return Err(never_restarted(logs));
        }
    }
    if shortened {
        host.printer.info(&format!("the last {TAIL} lines of {}; `--tail -1` prints all", count(found.len())));
    }
    let mut failed: Vec<Error> = Vec::new();
    let mut tell = |pod: &Pod, log: Result<Log>| match log {
        Ok(log) => log.lines().all(|line| lines.line(pod, &line)),
        Err(error) => {
            failed.push(error);
            true
        }
    };
    host.wait(pods::each_log(host.cluster()?, &found, &options, &mut tell))?;
    if logs > 1 {
        failed.iter().for_each(|error| host.printer.warning(error));
    }
    if found.len() < logs {
        let missing = never_restarted(logs - found.len());
        host.printer.warning(&missing);
        failed.extend(std::iter::repeat_n(missing, logs - found.len()));
    }
    conclude(failed, logs)
}

/// Pods whose containers have had one run only.
fn never_restarted(pods: usize) -> Error {
    let verb = if pods == 1 { "has" } else { "have" };
    Error::not_found(format!("no previous log: {} {verb} never restarted", count(pods)))
}

/// How it ends where some logs could not be read.
fn conclude(mut failed: Vec<Error>, logs: usize) -> Result<()> {
    match failed.len() {
        0 => Ok(()),
        1 if logs == 1 => Err(failed.remove(0)),
        several => {
            let kind = if several >= logs { Kind::Failed } else { Kind::Partial };
            Err(Error::new(kind, format!("{several} of {logs} logs could not be read")))
        }
    }
}

fn follow(host: &Host, name: &str, options: &Map) -> Result<()> {
    let LogRequest { filter, pods: found, options: log, mut lines, shortened } =
        wanted(host, "pods::follow_logs", name, options)?;
    if log.previous {
        return Err(Error::usage("a log cannot be followed that has ended").hint("use `--previous` without `-f`"));
    }
    if host.settings.dry_run {
        return print(host, name, options);
    }
    if shortened {
        host.printer.info(&format!("from the last {TAIL} lines of {} on", count(found.len())));
    }
    let printer = &host.printer;
    let mut logs: BTreeSet<String> = found.iter().map(|pod| pod.uid.clone()).collect();
    let alone = logs.len() == 1;
    let mut lost: Vec<Error> = Vec::new();
    let mut tell = |event: LogEvent| match event {
        LogEvent::Line(pod, line) => {
            if !logs.contains(&pod.uid) {
                logs.insert(pod.uid.clone());
            }
            lines.line(&pod, &line)
        }
        LogEvent::Lost(pod, error) => {
            logs.insert(pod.uid.clone());
            if !alone {
                printer.warning(&error.clone().object(format!("pod/{}", pod.name)));
            }
            lost.push(error);
            true
        }
        LogEvent::Waits(pod) => {
            let reason = if pod.reason.is_empty() { String::new() } else { format!(": {}", pod.reason) };
            printer.info(&format!("{} has not started: {}{reason}", pod.name, pod.status));
            true
        }
        LogEvent::Full(waiting) => {
            printer.warn(&format!("{AT_ONCE} logs are followed at once; {waiting} more wait until one ends"));
            true
        }
        LogEvent::Trouble(pod, error) => {
            printer.warning(&error.object(format!("pod/{}", pod.name)));
            true
        }
        LogEvent::Blind(error) => {
            printer.warning(&error.hint("pods that start later are not followed"));
            true
        }
    };
    let streams = Streams { filter, options: log, at_once: AT_ONCE };
    host.wait(pods::follow(host.cluster()?, &streams, &mut tell))?;
    conclude(lost, logs.len())
}
