//! `mcpctl schedule`: scripts that run in the cluster at set times.
//!
//! Flags that say where, and whether it is only looked at, are the command's own wherever they stand; those that say
//! what the script does go along into the cluster.

mod add;
mod jobs;
mod list;
mod remove;

use std::sync::Arc;

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command};

use serde_json::Value;

use crate::cluster::pods::Admission;
use crate::duration;
use crate::error::{Error, Result};
use crate::host::Host;
use crate::schedule::{self, Name};
use crate::script::run::Ended;

use super::globals::Globals;
use super::{globals, launch};

/// The command's declaration.
pub(super) fn command() -> Command {
    Command::new("schedule")
        .about("Run a script in the cluster at set times: a CronJob with the permissions that the script needs")
        .after_help(
            "A file goes into a ConfigMap together with what it imports; a shipped script runs by its name. `list` and\n\
             `logs` are the commands here: the scripts of these names are `list.rhai` and `logs.rhai`. Examples:\n  \
             mcpctl schedule cleanup --idle 12h --yes --cron '0 3 * * *' --image registry.example/mcpctl:0.1.0 -n mcp\n  \
             mcpctl schedule nightly.rhai --cron @daily --image registry.example/mcpctl:0.1.0 --manifests\n  \
             mcpctl schedule run-now cleanup --wait",
        )
        .args(own())
        .allow_external_subcommands(true)
        .disable_help_subcommand(true)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand_value_name("SCRIPT [ARGS]...|COMMAND")
        .subcommand(Command::new("list").about("List the schedules of a namespace, or with -A of all"))
        .subcommand(
            Command::new("remove").about("Remove schedules with all their objects").arg(
                Arg::new("schedule").value_name("NAME").required(true).num_args(1..).help("as `list` names it"),
            ),
        )
        .subcommand(
            Command::new("run-now")
                .about("Run a schedule now, in addition to its times")
                .arg(Arg::new("schedule").value_name("NAME").required(true).help("as `list` names it"))
                .arg(
                    Arg::new("wait")
                        .long("wait")
                        .action(ArgAction::SetTrue)
                        .help("wait for its end and print what it printed; exit 1 if it failed"),
                ),
        )
        .subcommand(
            Command::new("logs")
                .about("Print what the last run of a schedule printed")
                .arg(Arg::new("schedule").value_name("NAME").required(true).help("as `list` names it"))
                .arg(Arg::new("job").long("job").value_name("JOB").help("this run instead of the last one")),
        )
        // known to the commands so that they can say what is meant by them
        .mut_subcommands(|command| command.args(own().into_iter().map(|arg| arg.hide(true).required(false))))
}

/// Refuses the flags of a new schedule with a command: of two of them there is a script of the same name.
fn refuse_flags_of_new(matches: &ArgMatches, name: &str, sub: &ArgMatches) -> Result<()> {
    let is_given = |arg: &Arg| {
        let id = arg.get_id().as_str();
        [matches, sub].iter().any(|matches| matches.value_source(id) == Some(ValueSource::CommandLine))
    };
    let Some(flag) = own().into_iter().find(is_given) else { return Ok(()) };
    let error = Error::usage(format!("`schedule {name}` takes no `--{}`", flag.get_id()));
    Err(match name {
        "list" | "logs" => error.hint(format!(
            "the script `{name}` is scheduled as `mcpctl schedule {name}.rhai --cron TIMES --image IMAGE`"
        )),
        _ => error,
    })
}

/// The flags of a new schedule.
fn own() -> Vec<Arg> {
    let text =
        |id: &'static str, name: &'static str, help: &'static str| Arg::new(id).long(id).value_name(name).help(help);
    vec![
        text("cron", "TIMES", "when to run: five fields such as `0 3 * * *`, or @hourly, @daily, @weekly, @monthly"),
        text("image", "IMAGE", "an image with mcpctl as its entry point, such as that of `packaging/image`"),
        text("name", "NAME", "the schedule's name [default: the script's]"),
        text("time-zone", "ZONE", "time zone of `--cron`, such as `Europe/Berlin` [default: the cluster's]"),
        text("deadline", "DURATION", "time limit of a run [default: 1h]")
            .value_parser(|text: &str| duration::parse_positive(text)),
        Arg::new("manifests")
            .long("manifests")
            .action(ArgAction::SetTrue)
            .help("print the objects as YAML, and apply nothing"),
    ]
}

/// Does what the command line says.
pub(super) fn run(all: &[&ArgMatches], matches: &ArgMatches) -> Result<u8> {
    let Some((name, sub)) = matches.subcommand() else { return Err(Error::usage("no script is named")) };
    if !matches!(name, "list" | "remove" | "run-now" | "logs") {
        return add::run(all, matches, name, sub);
    }
    refuse_flags_of_new(matches, name, sub)?;
    let mut all = all.to_vec();
    all.push(sub);
    let globals = globals::read(&all)?;
    let names: Vec<String> = match sub.try_get_many::<String>("schedule") {
        Ok(names) => names.into_iter().flatten().cloned().collect(),
        Err(_) => Vec::new(),
    };
    match name {
        "list" => look(globals, list::list),
        "remove" => start(globals, move |host| remove::remove(host, &names)),
        "run-now" => {
            let wait = sub.get_flag("wait");
            start(globals, move |host| jobs::run_now(host, &one(&names)?, wait))
        }
        _ => {
            let job = sub.get_one::<String>("job").cloned();
            look(globals, move |host| jobs::logs(host, &one(&names)?, job.as_deref()))
        }
    }
}

fn one(names: &[String]) -> Result<Name> {
    Name::new(names.first().map(String::as_str).unwrap_or_default())
}

/// Runs it against a real cluster.
fn start(globals: Globals, work: impl FnOnce(&Arc<Host>) -> Result<Ended> + Send + 'static) -> Result<u8> {
    refuse_sandbox(&globals)?;
    launch::run(globals, move |host| {
        host.runs("schedule");
        work(host)
    })
}

/// As [`start`], for what changes nothing.
fn look(globals: Globals, work: impl FnOnce(&Arc<Host>) -> Result<Ended> + Send + 'static) -> Result<u8> {
    refuse_sandbox(&globals)?;
    launch::look(globals, work)
}

/// The sandbox runs nothing at set times.
fn refuse_sandbox(globals: &Globals) -> Result<()> {
    if globals.settings.sandbox.is_none() {
        return Ok(());
    }
    Err(Error::usage("the sandbox has no schedules")
        .hint("`--manifests` prints what would be applied; `--dry-run` has a real cluster judge it"))
}

/// Refuses a schedule or run if the server would not admit its pod; warns if that cannot be checked.
fn require_admission(host: &Arc<Host>, name: &str, namespace: &str, cron_job: &Value) -> Result<()> {
    match host.wait(schedule::judge_pod(host.cluster()?, namespace, cron_job))? {
        Admission::Admitted => Ok(()),
        Admission::Refused(why) => Err(schedule::never_runs(name, &why)),
        Admission::Unknown(why) => {
            host.printer.warn(&format!(
                "whether quotas, limits and Pod Security admit the pod of schedule `{name}` was not checked: {why}"
            ));
            Ok(())
        }
    }
}
