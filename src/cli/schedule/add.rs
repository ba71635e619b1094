//! `mcpctl schedule SCRIPT ARGS`: a new schedule, or an old one as it shall be from now on.

use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};
use serde_json::{Value, json};

use crate::allowed::Allowed;
use crate::cli::{check, globals, launch, usage};
use crate::error::{Error, Kind, Result};
use crate::host::Host;
use crate::output::Document;
use crate::rbac;
use crate::schedule::{self, Files, Name, OWNER, Placed, Plan};
use crate::script::arguments;
use crate::script::bundle::Bundle;
use crate::script::command as script_command;
use crate::script::header::Header;
use crate::script::origin::Origin;
use crate::script::reach::Reach;
use crate::script::resolve::{Places, Script};
use crate::script::run::{Ended, Program};
use crate::script::words;
use crate::shell;

/// The default time limit of a run.
const DEADLINE: Duration = Duration::from_secs(3600);

/// What is known before a cluster is.
struct ScheduleRequest {
    script: Script,
    name: Name,
    namespace: Option<String>,
    words: Vec<String>,
    cron: String,
    time_zone: Option<String>,
    image: String,
    deadline: Duration,
    /// What it can do of what it is allowed there.
    reach: Reach,
    /// What it can want and is not allowed there.
    refused: Vec<String>,
    manifests: bool,
}

/// Reads the command line and applies the schedule, or prints it.
pub(super) fn run(all: &[&ArgMatches], own: &ArgMatches, wanted: &str, sub: &ArgMatches) -> Result<u8> {
    let script = Places::from_environment().find(wanted)?;
    if script.origin == Origin::Input {
        return Err(Error::usage("a script from standard input cannot be scheduled").hint("save it to a file"));
    }
    let header = Program::header_of(&script)?;
    let rest: Vec<OsString> = sub.get_many::<OsString>("").into_iter().flatten().cloned().collect();
    let called = format!("{} schedule {}", crate::cli::called(), shell::path(wanted.as_ref()));
    let base = Command::new(called.clone()).bin_name(called).args(globals::args()).no_binary_name(true);
    let base = base.args(free(&header));
    let matches = match script_command::build(base, &header).try_get_matches_from(rest) {
        Ok(matches) => matches,
        Err(error) => return usage::answer(&error),
    };
    let mut both = all.to_vec();
    both.push(&matches);
    let mut globals = globals::read(&both)?;
    // what the script is allowed, and the form of what it prints, are not the command's that schedules it
    let before = globals::read(all)?.settings;
    globals.settings.allowed = before.allowed;
    globals.settings.output = before.output;
    let manifests = flag(&matches, "manifests") || flag(own, "manifests");
    let text = |id: &str| given(&matches, id).or_else(|| given(own, id));
    let missing = |flag: &str, hint: &str| Error::usage(format!("`--{flag}` is missing")).hint(hint);
    let cron = text("cron").ok_or_else(|| missing("cron", "as `--cron '0 3 * * *'`: every day at three"))?;
    let image = text("image").ok_or_else(|| missing("image", "an image whose entry point is mcpctl"))?;
    if image.is_empty() || image.contains(char::is_whitespace) {
        return Err(Error::usage(format!("`{image}` is not a valid image reference")));
    }
    let deadline = |matches: &ArgMatches| {
        on_line(matches, "deadline").then(|| matches.get_one::<Duration>("deadline").copied()).flatten()
    };
    let mut reach = Reach::of(&script)?;
    reach.effects.retain(|effect| effect != "output");
    let settings = &globals.settings;
    let mut said = words::of(&header, &matches)?;
    words::refuse_question(&header, &matches, reach.asks_secret)?;
    arguments::one_namespace(&header, &matches, settings.namespace.as_deref())?;
    said.extend(global_words(&matches));
    refuse_without_yes(wanted, &reach, settings.yes)?;
    let refused = refused(&matches, wanted, &mut reach)?;
    let name = match text("name") {
        Some(name) => Name::new(&name)?,
        None => Name::of_script(&script.name)?,
    };
    let wanted = ScheduleRequest {
        name,
        namespace: arguments::namespace(&header, &matches),
        words: said,
        cron: schedule::check_cron(&cron)?,
        time_zone: text("time-zone").filter(|zone| !zone.is_empty()),
        image,
        deadline: deadline(&matches).or_else(|| deadline(own)).unwrap_or(DEADLINE),
        reach,
        refused,
        manifests,
        script,
    };
    if manifests {
        return launch::run(globals, move |host| add(host, &wanted));
    }
    super::start(globals, move |host| add(host, &wanted))
}

/// The flags of `schedule` that the script has none of its own for: those must stand before its name.
fn free(header: &Header) -> Vec<Arg> {
    let taken =
        |long: &str| header.params.iter().any(|param| param.long() == long || param.alias.as_deref() == Some(long));
    super::own().into_iter().filter(|arg| !arg.get_long().is_some_and(taken)).collect()
}

fn on_line(matches: &ArgMatches, id: &str) -> bool {
    matches.try_contains_id(id).is_ok() && matches.value_source(id) == Some(ValueSource::CommandLine)
}

fn given(matches: &ArgMatches, id: &str) -> Option<String> {
    on_line(matches, id).then(|| matches.get_one::<String>(id).cloned()).flatten()
}

fn flag(matches: &ArgMatches, id: &str) -> bool {
    on_line(matches, id) && matches.get_flag(id)
}

/// The global flags behind the script's name that say what it does, as words for it.
fn global_words(matches: &ArgMatches) -> Vec<String> {
    let mut words = Vec::new();
    for id in ["all-namespaces", "yes", "quiet"] {
        if flag(matches, id) {
            words.push(format!("--{id}"));
        }
    }
    for id in ["selector", "output"] {
        words.extend(given(matches, id).map(|value| format!("--{id}={value}")));
    }
    for id in ["allow", "deny"] {
        words.extend(texts(matches, id).map(|value| format!("--{id}={value}")));
    }
    words
}

fn texts<'a>(matches: &'a ArgMatches, id: &str) -> impl Iterator<Item = &'a String> {
    on_line(matches, id).then(|| matches.get_many::<String>(id)).flatten().into_iter().flatten()
}

/// Refuses a script that would ask for a confirmation: a scheduled run has no terminal.
fn refuse_without_yes(wanted: &str, reach: &Reach, yes: bool) -> Result<()> {
    let deletes = reach.effects.iter().any(|effect| effect.starts_with("cluster: delete "));
    if yes || !deletes || !reach.effects.contains("prompt") {
        return Ok(());
    }
    Err(Error::new(
        Kind::Refused,
        format!("`{wanted}` asks before it deletes, and there is no terminal in the cluster"),
    )
    .hint(format!("look with `mcpctl run {} --dry-run`, then schedule it with `--yes`", shell::path(wanted.as_ref()))))
}

/// Takes from a script's effects those that the flags behind its name rule out, and gives them.
fn refused(matches: &ArgMatches, script: &str, reach: &mut Reach) -> Result<Vec<String>> {
    let mut allowed = Allowed::default();
    for text in texts(matches, "allow") {
        allowed.allow(text, "--allow")?;
    }
    for text in texts(matches, "deny") {
        allowed.deny(text, "--deny")?;
    }
    // which hosts it asks for is known when it does
    let is_open = |effect: &str| effect == "network: HOST";
    let refused: Vec<String> =
        reach.effects.iter().filter(|effect| !is_open(effect) && allowed.check(effect).is_err()).cloned().collect();
    reach.effects.retain(|effect| !refused.contains(effect));
    if !refused.is_empty() && reach.effects.is_empty() {
        return Err(Error::new(Kind::Refused, format!("`{script}` could do nothing: all its effects are ruled out"))
            .cause(format!("`--allow` and `--deny` leave none of {}", quoted(&refused)))
            .hint("allow what it is to do"));
    }
    Ok(refused)
}

fn quoted(effects: &[String]) -> String {
    effects.iter().map(|effect| format!("`{effect}`")).collect::<Vec<_>>().join(", ")
}

fn add(host: &Arc<Host>, wanted: &ScheduleRequest) -> Result<Ended> {
    check::before_run(host, &wanted.script)?;
    let plan = plan(host, wanted.manifests, wanted)?;
    warn(host, wanted, plan.everywhere);
    if wanted.manifests {
        if host.settings.dry_run {
            return Err(Error::usage("`--dry-run` and `--manifests` cannot be used together"));
        }
        let remark = format!("kubectl apply --server-side --field-manager={OWNER} -f FILE");
        host.shown()?.manifests(&plan.documents()?, &[remark])?;
        return Ok(Ended::nothing());
    }
    host.refuse_if_read_only("schedule a script")?;
    host.announce(&plan.namespace)?;
    let documents = plan.documents()?;
    if let Some(cron_job) = documents.iter().find(|document| document["kind"] == "CronJob") {
        super::require_admission(host, plan.name.as_str(), &plan.namespace, cron_job)?;
    }
    let placed = host.wait(schedule::place(host.cluster()?, &plan))?;
    if !host.settings.dry_run {
        show(host, &plan, &placed)?;
    }
    Ok(Ended::nothing())
}

fn plan(host: &Host, manifests: bool, wanted: &ScheduleRequest) -> Result<Plan> {
    let shipped = wanted.script.origin == Origin::Shipped;
    let files = if shipped {
        None
    } else {
        let bundle = Bundle::of(&wanted.script)?;
        Some(Files { script: bundle.script, texts: bundle.texts })
    };
    let given = wanted.namespace.clone().or(host.settings.namespace_given()?);
    let namespace = match given {
        Some(namespace) => namespace,
        None => match host.cluster() {
            Ok(cluster) => cluster.namespace().to_owned(),
            Err(error) if manifests && error.kind == Kind::NotFound => {
                return Err(Error::usage("no namespace is known").hint("name the schedule's with `-n NAME`"));
            }
            Err(error) => return Err(error),
        },
    };
    crate::cluster::names::check_namespace(&namespace)?;
    Ok(Plan {
        name: wanted.name.clone(),
        namespace,
        script: wanted.script.name.clone(),
        files,
        words: wanted.words.clone(),
        cron: wanted.cron.clone(),
        time_zone: wanted.time_zone.clone(),
        image: wanted.image.clone(),
        deadline: wanted.deadline,
        everywhere: host.settings.all_namespaces,
        rights: rbac::rights(wanted.reach.effects.iter().map(String::as_str)),
    })
}

/// What the script can do here and cannot there.
fn warn(host: &Host, wanted: &ScheduleRequest, everywhere: bool) {
    let reach = &wanted.reach;
    if !wanted.refused.is_empty() {
        host.printer.warn(&format!(
            "`--allow` and `--deny` rule out what the script can want, and a run that does ends there: {}",
            quoted(&wanted.refused)
        ));
        if wanted.refused.iter().any(|effect| effect == "prompt") {
            host.printer.warn("a confirmation is a `prompt`, also one that `--yes` answers");
        }
    }
    let here = ["files: write", "process: run", "images: "];
    let lost: Vec<&str> = reach
        .effects
        .iter()
        .filter(|effect| here.iter().any(|start| effect.starts_with(start)))
        .map(String::as_str)
        .collect();
    if !lost.is_empty() {
        host.printer.warn(&format!(
            "the pod has no files that can be written, no programs and no engine, and the script can want: {}",
            lost.join(", ")
        ));
    }
    if reach.all_namespaces && !everywhere {
        host.printer.warn("the script asks for all namespaces by itself: its Role is not enough, give `-A`");
    }
}

fn show(host: &Host, plan: &Plan, placed: &[Placed]) -> Result<()> {
    let value: Value = if host.shown()?.settings().form.is_document() {
        let object = |one: &Placed| json!({ "kind": one.kind, "name": one.name, "result": one.result });
        placed.iter().map(object).collect()
    } else {
        placed.iter().map(|one| format!("{}/{} {}", one.kind, one.name, one.result)).collect()
    };
    host.show(&Document::new(value))?;
    let name = plan.name.as_str();
    host.printer.info(&format!(
        "`{}` runs at `{}`; `mcpctl schedule run-now {name} -n {} --wait` tries it",
        schedule::command_line(&plan.script, &plan.words),
        plan.cron,
        plan.namespace
    ));
    Ok(())
}
