//! `mcpctl doctor`: whether everything that provisioning needs is as it should be, and what to do about what is not.
//!
//! Each group of checks runs on a thread of its own and is given up after a while, so that what is broken or hangs
//! hides nothing else. Nothing is changed.

mod catalogs;
mod cluster;
mod context;
mod engine;
mod finding;
mod gateway;
mod leftovers;
mod namespace;
mod pods;
mod rights;
mod secret_keys;

use std::sync::Arc;
use std::time::Duration;

use clap::{Arg, ArgMatches, Command};
use tokio::sync::mpsc;

use super::{globals, launch};
use crate::duration;
use crate::error::Result;
use crate::host::Host;
use crate::output::{Column, Document, Table};
use crate::script::run::{Ended, STACK};
use context::{Asked, DoctorContext};
use finding::{CheckState, Finding};

/// How long one question may take unless `--timeout` says otherwise.
const LIMIT: Duration = Duration::from_secs(5);

/// How many questions a group may ask one after the other.
const QUESTIONS: u32 = 3;

/// Checks that belong together: what they are called where they give no answer, and how they are made.
struct Group {
    name: &'static str,
    look: fn(&DoctorContext) -> Vec<Finding>,
}

/// The groups in the order in which they are shown.
const GROUPS: [Group; 7] = [
    Group { name: "cluster", look: cluster::look },
    Group { name: "namespace", look: namespace::look },
    Group { name: "rights", look: rights::look },
    Group { name: "engine", look: engine::look },
    Group { name: "catalog", look: catalogs::look },
    Group { name: "gateway", look: gateway::look },
    Group { name: "leftovers", look: leftovers::look },
];

/// The command's declaration.
pub(super) fn command() -> Command {
    let text =
        |id: &'static str, name: &'static str, help: &'static str| Arg::new(id).long(id).value_name(name).help(help);
    Command::new("doctor")
        .about("Look at all that provisioning needs, and say what to do about what is wrong; changes nothing")
        .after_help(
            "Each line is ok, a warning or failed, with the next step. Exit code 1 if one failed. Examples:\n  \
             mcpctl doctor -n mcp\n  \
             mcpctl doctor --base prod -o json",
        )
        .arg(text("base", "BASE", "look at the servers of these env files too [env: MCPCTL_BASE]"))
        .arg(text("config-name", "NAME", "the ConfigMap [default: mcp-gateway-config] [env: MCPCTL_CONFIG_NAME]"))
        .arg(text("secret-name", "NAME", "the Secret [default: mcp-gateway-secrets] [env: MCPCTL_SECRET_NAME]"))
        .arg(
            text("timeout", "DURATION", "how long one question may take [default: 5s]")
                .value_parser(|text: &str| duration::parse_positive(text)),
        )
}

/// Looks at everything, and prints what it found.
pub(super) fn run(all: &[&ArgMatches], matches: &ArgMatches) -> Result<u8> {
    let mut globals = globals::read(all)?;
    let limit = matches.get_one::<Duration>("timeout").copied().unwrap_or(LIMIT);
    // a request that is answered by errors gives up with the last one, before the question is given up without any
    globals.settings.request_timeout.get_or_insert(limit + Duration::from_millis(10));
    let settings = &globals.settings;
    let named = |flag: &str, variable: &str| -> Result<Option<String>> {
        match matches.get_one::<String>(flag) {
            Some(name) => Ok(Some(name.clone())),
            None => settings.variable(variable),
        }
    };
    let asked = Asked {
        base: named("base", "MCPCTL_BASE")?,
        config_name: named("config-name", "MCPCTL_CONFIG_NAME")?.unwrap_or_else(|| "mcp-gateway-config".to_owned()),
        secret_name: named("secret-name", "MCPCTL_SECRET_NAME")?.unwrap_or_else(|| "mcp-gateway-secrets".to_owned()),
        limit,
    };
    launch::look(globals, move |host| examine(host, asked))
}

fn examine(host: &Arc<Host>, asked: Asked) -> Result<Ended> {
    host.shown()?;
    let limit = asked.limit * QUESTIONS;
    let (tell, mut told) = mpsc::unbounded_channel();
    let scene = Arc::new(DoctorContext::new(Arc::clone(host), asked));
    for (place, group) in GROUPS.iter().enumerate() {
        let (scene, tell) = (Arc::clone(&scene), tell.clone());
        // a group that hangs is left behind, and one that cannot be started is told of as one that gave no answer
        let _ = std::thread::Builder::new().name(group.name.to_owned()).stack_size(STACK).spawn(move || {
            // the run may have ended meanwhile
            let _ = tell.send((place, (group.look)(&scene)));
        });
    }
    drop(tell);
    let mut answers: Vec<Option<Vec<Finding>>> = GROUPS.iter().map(|_| None).collect();
    host.wait(async {
        let end = tokio::time::sleep(limit);
        tokio::pin!(end);
        loop {
            tokio::select! {
                answer = told.recv() => match answer {
                    Some((place, findings)) => answers[place] = Some(findings),
                    None => return Ok(()),
                },
                () = &mut end => return Ok(()),
            }
        }
    })?;
    let mut findings: Vec<Finding> = GROUPS
        .iter()
        .zip(answers)
        .flat_map(|(group, answer)| answer.unwrap_or_else(|| vec![Finding::without_answer(group.name, limit)]))
        .collect();
    // what is unhealthy now comes before what may become a problem
    findings.sort_by_key(|finding| !finding.is_of_unhealthy_pods());
    show(host, &findings)
}

/// The table, its summary, and exit code 1 where something failed.
fn show(host: &Arc<Host>, findings: &[Finding]) -> Result<Ended> {
    let mut table = Table::new([Column::new("check"), Column::new("state").state(), Column::new("found").wrapped()]);
    let told = Finding::folded(findings);
    let home = host.settings.environment.home();
    for finding in &told {
        finding.rows(home.as_deref()).into_iter().for_each(|row| table.row(row));
    }
    let count = |state: CheckState| told.iter().filter(|finding| finding.state == state).count();
    let (warnings, failed) = (count(CheckState::Warning), count(CheckState::Failed));
    let summary = format!(
        "{} ok, {warnings} {}, {failed} failed",
        count(CheckState::Ok),
        if warnings == 1 { "warning" } else { "warnings" }
    );
    let value = findings.iter().map(Finding::document).collect::<Vec<_>>();
    host.show(&Document::new(value.into()).table(table).summary(summary).kind("check"))?;
    Ok(Ended::with_code((failed > 0).then_some(1)))
}
