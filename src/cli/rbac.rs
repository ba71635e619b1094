//! `mcpctl rbac SCRIPT…`: the Role that scripts need, and whether the current user has it.

use std::collections::BTreeSet;
use std::sync::Arc;

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::{Value, json};

use crate::cluster::access;
use crate::embedded;
use crate::error::{Error, Kind, Result};
use crate::host::Host;
use crate::output::{Column, Document, Table};
use crate::rbac::{self, Manifest, Right, Subject};
use crate::script::reach::Reach;
use crate::script::resolve::{Places, Script};
use crate::script::run::Ended;

use super::{globals, launch};

/// The first server version that requires the permissions marked as later: 1.35.
const LATER: (u32, u32) = (1, 35);

/// The command's declaration.
pub(super) fn command() -> Command {
    Command::new("rbac")
        .about("Print the Role that scripts need, from what they can reach; for `kubectl apply -f -`")
        .after_help(
            "The Role holds exactly what the scripts can do; -A makes a ClusterRole. Examples:\n  \
             mcpctl rbac cleanup -n mcp --subject ServiceAccount:mcp:cleaner | kubectl apply -f -\n  \
             mcpctl rbac provision --check",
        )
        .arg(
            Arg::new("scripts")
                .value_name("SCRIPT")
                .required_unless_present("all")
                .num_args(1..)
                .help("files, or names that `mcpctl scripts` lists; the Role is for all of them"),
        )
        .arg(
            Arg::new("all")
                .long("all")
                .action(ArgAction::SetTrue)
                .conflicts_with("scripts")
                .help("the Role for all shipped scripts, or for your own scripts that replace them"),
        )
        .arg(
            Arg::new("subject")
                .long("subject")
                .value_name("KIND:NAME")
                .action(ArgAction::Append)
                .value_parser(|text: &str| text.parse::<Subject>())
                .help("bind it to User:NAME, Group:NAME or ServiceAccount:NS:NAME; may be repeated"),
        )
        .arg(
            Arg::new("name")
                .long("name")
                .value_name("NAME")
                .help("the name of Role and binding [default: mcpctl-SCRIPT; with --all: mcpctl]"),
        )
        .arg(
            Arg::new("check")
                .long("check")
                .action(ArgAction::SetTrue)
                .conflicts_with_all(["subject", "name"])
                .help("check whether you have these permissions, and list the missing ones; exit 1"),
        )
        .arg(
            Arg::new("output")
                .long("output")
                .short('o')
                .value_name("FORM")
                .value_parser(["yaml", "json"])
                .help("yaml, or json; a table with --check"),
        )
}

/// Prints the objects, or what is missing.
pub(super) fn run(all: &[&ArgMatches], matches: &ArgMatches) -> Result<u8> {
    let mut globals = globals::read(all)?;
    let form = matches.get_one::<String>("output").cloned();
    // MCPCTL_OUTPUT is not meant for this command's forms
    globals.settings.output = Some(form.clone().unwrap_or_else(|| "table".to_owned()));
    let for_all = matches.get_flag("all");
    let names: Vec<&str> = match for_all {
        true => embedded::script_names(),
        false => matches.get_many::<String>("scripts").into_iter().flatten().map(String::as_str).collect(),
    };
    let places = Places::from_environment();
    let scripts = names.iter().map(|name| places.find(name)).collect::<Result<Vec<Script>>>()?;
    let mut reach = Reach::default();
    for script in &scripts {
        reach.merge(Reach::of(script)?);
    }
    let rights = rbac::rights(reach.effects.iter().map(String::as_str));
    let everywhere = globals.settings.all_namespaces;
    if reach.all_namespaces && !everywhere {
        launch::printer(&globals)?.warn("a script asks for all namespaces by itself: a Role is not enough, give `-A`");
    }
    if matches.get_flag("check") {
        return launch::look(globals, move |host| check(host, &rights, everywhere));
    }
    let printer = launch::printer(&globals)?;
    let manifest = Manifest {
        name: matches.get_one::<String>("name").cloned().unwrap_or_else(|| match for_all {
            true => "mcpctl".to_owned(),
            false => role_name(&scripts),
        }),
        namespace: globals.settings.namespace_given()?,
        everywhere,
        subjects: matches.get_many::<Subject>("subject").into_iter().flatten().cloned().collect(),
        rights,
    };
    if manifest.name.is_empty() || manifest.name.contains(['/', '%']) || matches!(&*manifest.name, "." | "..") {
        return Err(Error::usage(format!("`{}` is not a valid Role name", manifest.name)));
    }
    if manifest.rights.is_empty() {
        printer.info("no permissions are needed: there are no requests, or only requests that every user may send");
        return Ok(0);
    }
    if form.as_deref() == Some("json") {
        let list = json!({ "apiVersion": "v1", "kind": "List", "items": rbac::documents(&manifest) });
        printer.document(&Document::new(list))?;
    } else {
        printer.out(&rbac::yaml(&manifest));
    }
    if manifest.subjects.is_empty() {
        printer.info("the Role has no binding: `--subject User:NAME` adds one");
    }
    Ok(0)
}

/// `mcpctl-cleanup`, as Kubernetes takes names.
fn role_name(scripts: &[Script]) -> String {
    let names: Vec<String> = scripts
        .iter()
        .map(|script| {
            let name = script.name.to_lowercase();
            name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
        })
        .collect();
    format!("mcpctl-{}", names.join("-"))
}

/// Asks for each permission; the missing ones are printed to stdout, and the run fails.
fn check(host: &Arc<Host>, rights: &BTreeSet<Right>, everywhere: bool) -> Result<Ended> {
    let cluster = host.cluster()?;
    let with_later = rights.iter().any(|right| right.later) && is_later(&host.wait(access::version(cluster))?);
    let mut missing = Vec::new();
    let asked: Vec<&Right> = rights.iter().filter(|right| !right.later || with_later).collect();
    for right in &asked {
        let namespace = if everywhere || right.is_cluster_wide() { "" } else { cluster.namespace() };
        if !host.wait(access::can(cluster, &right.verb, &right.resource, namespace, ""))? {
            missing.push((*right, namespace.to_owned()));
        }
    }
    let place = if everywhere { "all namespaces".to_owned() } else { format!("namespace `{}`", cluster.namespace()) };
    if missing.is_empty() {
        host.printer.info(&format!("no permissions are missing in {place}: {} of {0}", asked.len()));
        return Ok(Ended::nothing());
    }
    let mut table = Table::new([Column::new("verb"), Column::new("resource"), Column::new("namespace")]);
    let mut values = Vec::new();
    for (right, namespace) in &missing {
        let shown = if namespace.is_empty() { "*".to_owned() } else { namespace.clone() };
        table.row([right.verb.clone(), right.resource.clone(), shown]);
        values.push(json!({ "verb": right.verb, "resource": right.resource, "namespace": namespace }));
    }
    host.show(&Document::new(Value::Array(values)).table(table))?;
    Err(Error::new(Kind::Forbidden, format!("{} of {} permissions are missing in {place}", missing.len(), asked.len()))
        .hint("`mcpctl rbac` without `--check` prints the Role; an administrator can `kubectl apply` it"))
}

/// Whether a version such as `v1.35.0` requires the permissions marked as later.
fn is_later(version: &str) -> bool {
    let mut parts = version.trim_start_matches('v').split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) >= LATER
}
