//! What is left behind or has gone wrong in the namespace: sessions without a gateway, placeholders, and keys of the
//! Secret.

use std::collections::{BTreeMap, BTreeSet};

use super::context::DoctorContext;
use super::finding::{CheckState, Finding, some};
use super::pods as unhealthy;
use super::secret_keys;
use crate::cluster::objects::{self, Object, ObjectKind, Value};
use crate::cluster::pods::{self, Filter, Pod, Seen, Session};
use crate::cluster::{Cluster, controllers, namespaces};
use crate::error::{Kind, Result};
use crate::host::server_status::references;
use crate::provision::catalog::Catalog;
use crate::provision::envfile::placeholder::suspicion;
use crate::provision::envfile::{ABSENT_SHOWN, Pair, Role, WantedValue};
use crate::provision::requirements::{Requirements, requirements};
use crate::provision::status::{self, Gets, LiveObject};
use crate::shell;

/// From this age on, in seconds, a session that starts no new pod counts as idle: what `cleanup` takes.
const IDLE: u64 = 24 * 60 * 60;

pub(super) fn look(context: &DoctorContext) -> Vec<Finding> {
    let cluster = match context.cluster("sessions") {
        Ok(cluster) => cluster,
        Err(unknown) => {
            return [vec![unknown], ["pods", "placeholders", "secret keys"].map(Finding::unknown).to_vec()].concat();
        }
    };
    let filter = Filter::default();
    let asked = &context.asked;
    let read = |kind, name| context.limited(objects::get(cluster, kind, "", name));
    // each has its own answer: one that may not be read, or does not come in time, hides no other
    let (seen, config, secret) = match context.host.wait(async {
        Ok(futures::join!(
            context.limited(pods::look(cluster, &filter)),
            read(ObjectKind::ConfigMap, &asked.config_name),
            read(ObjectKind::Secret, &asked.secret_name),
        ))
    }) {
        Ok(all) => all,
        Err(error) => (Err(error.clone()), Err(error.clone()), Err(error)),
    };
    let seen = match seen {
        // a namespace that does not exist has no pods either
        Ok(seen) if seen.is_empty() => context.wait(namespaces::check(cluster, cluster.namespace())).map(|()| seen),
        seen => seen,
    };
    let pods = seen.as_ref().map(|seen| seen.iter().map(|seen| seen.pod.clone()).collect::<Vec<Pod>>());
    let pods = pods.map_err(Clone::clone);
    let mut findings = match &seen {
        Ok(seen) => unhealthy::look(seen),
        Err(error) => vec![Finding::of(unhealthy::CHECK, state_of(error.kind), error)],
    };
    findings.push(sessions(cluster, &pods));
    findings.extend([&config, &secret].into_iter().filter_map(terminating));
    findings.extend(controlled(&config, "--config-name"));
    findings.extend(controlled(&secret, "--secret-name"));
    findings.extend(killed_gateways(context, cluster, &pods));
    findings.push(placeholders(context, &config, &secret));
    findings.extend(keys(context, &seen, &config, &secret));
    findings
}

fn state_of(kind: Kind) -> CheckState {
    if kind == Kind::Forbidden { CheckState::Warning } else { CheckState::Failed }
}

fn sessions(cluster: &Cluster, pods: &Result<Vec<Pod>>) -> Finding {
    let pods = match pods {
        Ok(pods) => pods,
        Err(error) => return Finding::of("sessions", state_of(error.kind), error),
    };
    // what is on its way out needs no clean-up
    let staying: Vec<Pod> = pods.iter().filter(|pod| !pod.terminating).cloned().collect();
    left_behind(&pods::sessions(&staying), cluster.namespace())
}

/// Judges sessions as `cleanup` does, which takes those with a running pod only with `--running`.
fn left_behind(all: &[Session], namespace: &str) -> Finding {
    let idle: Vec<&Session> = all.iter().filter(|session| session.newest > IDLE || session.over).collect();
    if idle.is_empty() {
        return Finding::ok("sessions", format!("{} in use, none left behind", all.len()));
    }
    let running = idle.iter().filter(|session| session.running > 0 && !session.over).count();
    let (told, flag) = match running {
        0 => (String::new(), ""),
        _ => (format!(" ({running} with a running pod)"), " --running"),
    };
    let names = some(idle.iter().map(|session| session.session.as_str()));
    Finding::warning(
        "sessions",
        format!("{} of {} left behind{told}: {names}", idle.len(), all.len()),
        format!("`mcpctl cleanup -n {namespace}{flag} --dry-run` shows what would go"),
    )
}

/// Sessions of gateways that were killed together with mcpctl; `None` if there are none, or the pods may not be listed.
fn killed_gateways(context: &DoctorContext, cluster: &Cluster, pods: &Result<Vec<Pod>>) -> Option<Finding> {
    let check = "killed gateways";
    let killed = match context.wait(context.host.killed_gateways(cluster, pods.as_ref().ok()?)) {
        Ok(killed) => killed,
        Err(error) => return Some(Finding::of(check, state_of(error.kind), &error)),
    };
    let first = killed.first()?;
    let place = cluster.namespace();
    Some(Finding::warning(
        check,
        format!("pods of gateways of yours that were killed on this machine: session {}", some(&killed)),
        format!("the next `mcpctl gateway BASE -n {place}` removes them, or `mcpctl session {first} -n {place}`"),
    ))
}

/// An object that was deleted already; `None` if it stays, or cannot be read.
fn terminating(object: &Result<Option<Object>>) -> Option<Finding> {
    let object = object.as_ref().ok()?.as_ref().filter(|object| !object.terminating.is_empty())?;
    Some(Finding::failed(
        "terminating",
        format!("{}/{} was deleted: {}", object.kind.name(), object.name, object.terminating),
        "the controller of its finalizer removes it; then `mcpctl provision` creates it anew",
    ))
}

/// An object that something else controls and writes again; `None` if nothing does, or it cannot be read.
fn controlled(object: &Result<Option<Object>>, flag: &str) -> Option<Finding> {
    let object = object.as_ref().ok()?.as_ref().filter(|object| !object.controllers.is_empty())?;
    Some(Finding::warning(
        "controllers",
        format!("{}/{} is controlled by {}", object.kind.name(), object.name, controllers::named(&object.controllers)),
        format!("change its values there, or provision into another object: `{flag} NAME`"),
    ))
}

/// Placeholders of env files, and templates that nothing replaces any more, in the live ConfigMap; common placeholders
/// in both objects.
fn placeholders(context: &DoctorContext, config: &Result<Option<Object>>, secret: &Result<Option<Object>>) -> Finding {
    let check = "placeholders";
    let name = &context.asked.config_name;
    let config = match config {
        Ok(Some(config)) => config,
        Ok(None) => {
            return Finding::warning(
                check,
                format!("not checked: there is no configmap {name}"),
                "`mcpctl provision` creates it; another name: `--config-name`",
            );
        }
        Err(error) => return Finding::of(check, state_of(error.kind), error),
    };
    let is_left =
        |value: &Value| matches!(value, Value::Text(text) if Role::is_placeholder(text) || text.contains("{{"));
    let left: Vec<&String> = config.data.iter().filter(|(_, value)| is_left(value)).map(|(key, _)| key).collect();
    if left.is_empty() {
        let objects = [config].into_iter().chain(secret.iter().flatten());
        let all = objects.flat_map(|object| object.data.iter()).filter_map(|(key, value)| match value {
            Value::Text(text) => Some((key.as_str(), text.clone())),
            Value::Secret(secret) => Some((key.as_str(), secret.expose().to_owned())),
            _ => None,
        });
        let catalog = context.catalog().ok();
        if let Some(finding) = suspicious("the cluster", all, catalog.as_deref()) {
            return finding;
        }
        let found = format!("none in configmap {name} ({} keys)", config.data.len());
        return match (secret.is_ok(), catalog.is_some()) {
            (true, true) => Finding::ok(check, found),
            (false, _) => Finding::warning(
                check,
                format!("{found}; the Secret was not checked"),
                "look at the line `secret keys` first",
            ),
            (true, false) => Finding::warning(
                check,
                format!("{found}; not compared with the examples of the catalog"),
                "look at the line `catalog` first",
            ),
        };
    }
    Finding::failed(
        check,
        format!("configmap {name} holds what nobody filled in: {}", some(left)),
        "fill the values in and run `mcpctl provision` again",
    )
}

/// A warning of values in env files that somebody was meant to replace.
fn placeholders_of_files(pair: &Pair, catalog: &Catalog) -> Option<Finding> {
    let entries = [Role::Config, Role::Secret].into_iter().flat_map(|role| pair.file(role).entries());
    let all = entries.map(|entry| (entry.key(), entry.value().to_owned()));
    suspicious(&format!("the env files of {}", pair.base()), all, Some(catalog))
}

/// A warning of values that somebody was meant to replace.
fn suspicious<'a>(
    place: &str,
    values: impl Iterator<Item = (&'a str, String)>,
    catalog: Option<&Catalog>,
) -> Option<Finding> {
    let servers = catalog.into_iter().flat_map(|catalog| catalog.servers.values());
    let wanted: Vec<WantedValue> = servers.flat_map(|server| WantedValue::by(&requirements(server))).collect();
    let found = values.filter(|(_, value)| !Role::is_placeholder(value));
    let found: Vec<&str> =
        found.filter(|(key, value)| suspicion(key, value, &wanted).is_some()).map(|(k, _)| k).collect();
    if found.is_empty() {
        return None;
    }
    Some(Finding::warning(
        "placeholders",
        format!("placeholders or examples of the catalog in {place}: {}", some(&found)),
        "write the real values into the env files and run `mcpctl provision` again",
    ))
}

fn keys(
    context: &DoctorContext,
    pods: &Result<Vec<Seen>>,
    config: &Result<Option<Object>>,
    secret: &Result<Option<Object>>,
) -> Vec<Finding> {
    let check = "secret keys";
    let place = format!("-n {}", shell::word(&context.namespace()));
    let base = context.asked.base.as_deref().map_or_else(|| "BASE".to_owned(), shell::word);
    let name = &context.asked.secret_name;
    let live: BTreeSet<&str> = match secret {
        Ok(Some(secret)) => secret.data.keys().map(String::as_str).collect(),
        Ok(None) => BTreeSet::new(),
        Err(error) => return vec![Finding::of(check, state_of(error.kind), error)],
    };
    let Ok(catalog) = context.catalog() else {
        return vec![Finding::warning(check, "not known: there is no catalog", "look at the line `catalog` first")];
    };
    let mut used: BTreeSet<String> = pods.iter().flatten().map(|seen| seen.pod.server.to_string()).collect();
    let needs: BTreeMap<&String, Requirements> =
        catalog.servers.iter().map(|(name, server)| (name, requirements(server))).collect();
    let (config_keys, mut secret_keys) = (live_object(&context.asked.config_name, config), live_object(name, secret));
    used.extend(status::servers_behind(needs.values(), &config_keys.keys, &secret_keys.keys));
    let mut findings = Vec::new();
    let mut absent: BTreeSet<String> =
        [config, secret].into_iter().flatten().flatten().flat_map(|o| objects::absent_keys(&o.labels)).collect();
    if let Some(base) = &context.asked.base {
        match context.host.env_files(base) {
            Ok(pair) if pair.exists(Role::Config) || pair.exists(Role::Secret) => {
                used.extend(pair.servers(&[], false));
                absent.extend(pair.absent());
                findings.extend(placeholders_of_files(&pair, &catalog));
            }
            Ok(_) => findings.push(Finding::warning(
                "env files",
                format!("there are none of base {base}"),
                format!("`mcpctl generate-env SERVERS {}` makes them", shell::word(base)),
            )),
            Err(error) => findings.push(Finding::of("env files", CheckState::Failed, &error)),
        }
    }
    // what could not be read, and servers that no catalog describes, are not known to have all they need
    for (what, unread) in [("pods", pods.as_ref().err()), ("the ConfigMap", config.as_ref().err())] {
        if let Some(error) = unread {
            let found = format!("not checked for servers that only {what} would show: {}", error.message);
            findings.push(Finding::warning(check, found, "the line above says what is in the way"));
        }
    }
    secret_keys.absent.extend(absent.iter().cloned());
    let unknown = secret_keys::unknown(&catalog, &used);
    if !unknown.is_empty() {
        findings.push(Finding::warning(
            check,
            format!("not checked: the catalog does not have {}, which are in use", some(&unknown)),
            "name a catalog that has them: `--catalog FILE|URL`",
        ));
    }
    let is_partly_known = findings.iter().any(|finding| finding.state != CheckState::Ok);
    // a server that runs has its values from somewhere: from another Secret, or from before
    let of_server =
        |server: &str| -> Vec<&Seen> { pods.iter().flatten().filter(|seen| &*seen.pod.server == server).collect() };
    let mut missing: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut is_reported = false;
    for needs in used.iter().filter_map(|server| needs.get(server)) {
        let references = references(of_server(&needs.server));
        for key in status::keys(Some(needs), &references, &config_keys, &secret_keys).missing {
            // the line of a pod that does not start says what it refers to, and what to do
            let is_of_pod = references.iter().any(|one| {
                one.gets == Gets::No && one.object == key.object && one.key.as_ref().is_none_or(|of| *of == key.stored)
            });
            is_reported |= is_of_pod;
            if key.role == Role::Secret && !is_of_pod {
                missing.entry(needs.server.clone()).or_default().push(key.stored);
            }
        }
    }
    let runs = |server: &str| of_server(server).iter().any(|seen| seen.pod.is_running());
    let (running, missing): (BTreeMap<_, _>, BTreeMap<_, _>) =
        missing.into_iter().partition(|(server, _)| runs(server));
    if !running.is_empty() {
        findings.push(Finding::warning(
            check,
            format!(
                "{} run without their keys in secret {name}: they use another Secret, or a value from before",
                some(running.keys())
            ),
            "name the Secret that they use: `mcpctl doctor --secret-name NAME`",
        ));
    }
    if let (Ok(None), false) = (secret, missing.is_empty()) {
        let found =
            format!("there is no secret {name}, and {} in use need it: their pods do not start", some(missing.keys()));
        let servers = shell::word(&missing.keys().cloned().collect::<Vec<_>>().join(","));
        let next = format!("`mcpctl provision {servers} --base {base} {place}` makes it");
        findings.push(Finding::failed(check, found, next));
        return findings;
    }
    for (server, keys) in &missing {
        findings.push(Finding::failed(
            check,
            format!("{server} asks for {}, which secret {name} lacks: its pods do not start", some(keys)),
            format!(
                "`mcpctl provision {} --base {base} {place}`, or `mcpctl set-secret {name} {} {place}`",
                shell::word(server),
                keys.first().map_or_else(|| "KEY".to_owned(), |key| shell::word(key))
            ),
        ));
    }
    let unasked = secret_keys::unasked(&catalog, &live);
    let is_applied = |key: &str| secret.iter().flatten().any(|secret| secret.applies(key));
    let (own, foreign): (Vec<&str>, Vec<&str>) = unasked.iter().copied().partition(|key| is_own(secret, key));
    // an apply takes away only what an apply has put there
    let (applied, by_hand): (Vec<&str>, Vec<&str>) = own.into_iter().partition(|key| is_applied(key));
    let found = |keys: &[&str]| format!("no server of the catalog asks for {} of secret {name}", some(keys));
    if !applied.is_empty() {
        let next = "remove them where they came from: an env file with `populate-secret`, or `provision --prune`";
        findings.push(Finding::warning(check, found(&applied), next));
    }
    if let Some(first) = by_hand.first() {
        let removal = format!("[{{\"op\":\"remove\",\"path\":\"/data/{first}\"}}]");
        findings.push(Finding::warning(
            check,
            format!("{}; no env file put them there", found(&by_hand)),
            format!("`kubectl patch secret {name} {place} --type=json -p {}` removes `{first}`", shell::word(&removal)),
        ));
    }
    if !foreign.is_empty() {
        findings.push(Finding::warning(
            check,
            format!("{}; it belongs to {}", found(&foreign), owners_of(secret, &foreign)),
            "leave it to its owner, or use a Secret of your own: `--secret-name NAME`",
        ));
    }
    // what would be rendered from them is absent, too, and nothing that a person chose
    absent.retain(|key| secret_keys::is_needed(&catalog, &used, key));
    if !absent.is_empty() {
        findings.push(Finding::ok(check, format!("{ABSENT_SHOWN}: {}", some(&absent))));
    }
    if missing.is_empty() && running.is_empty() && unasked.is_empty() && !is_partly_known && !is_reported {
        findings.push(match secret {
            Ok(Some(_)) => Finding::ok(check, format!("all that {} in secret {name}", servers_need(used.len()))),
            _ => Finding::warning(
                check,
                format!("not checked: there is no secret {name}, and no server in use needs one"),
                "`mcpctl provision` creates it; another name: `--secret-name`",
            ),
        });
    }
    findings
}

/// What is known of the keys of an object that is asked for by name.
fn live_object(name: &str, object: &Result<Option<Object>>) -> LiveObject {
    let there = object.iter().flatten();
    LiveObject {
        name: name.to_owned(),
        keys: there.clone().flat_map(|object| object.data.keys().cloned()).collect(),
        absent: there.flat_map(|object| objects::absent_keys(&object.labels)).collect(),
        is_known: object.is_ok(),
    }
}

/// Whether mcpctl wrote a key, and nothing else controls its object: only then it is advised to remove it.
fn is_own(secret: &Result<Option<Object>>, key: &str) -> bool {
    let Some(secret) = secret.iter().flatten().next() else { return false };
    let is_ours = |name: &str| name == objects::SETTER || name.starts_with("mcpctl:");
    let mut holders = secret.managers.iter().filter(|manager| manager.keys.contains(key)).peekable();
    secret.controllers.is_empty() && holders.peek().is_some() && holders.all(|manager| is_ours(&manager.name))
}

/// Who holds keys: what controls the Secret, else its field managers.
fn owners_of(secret: &Result<Option<Object>>, keys: &[&str]) -> String {
    let Some(secret) = secret.iter().flatten().next() else { return "another owner".to_owned() };
    if !secret.controllers.is_empty() {
        return controllers::named(&secret.controllers);
    }
    let holds = |manager: &&objects::Manager| keys.iter().any(|key| manager.keys.contains(*key));
    let names: BTreeSet<&str> = secret.managers.iter().filter(holds).map(|manager| manager.name.as_str()).collect();
    if names.is_empty() { "an owner that is not recorded".to_owned() } else { some(names) }
}

fn servers_need(count: usize) -> String {
    if count == 1 { "1 server needs".to_owned() } else { format!("{count} servers need") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(name: &str, newest: u64, running: usize) -> Session {
        Session {
            namespace: "mcp".to_owned(),
            session: name.to_owned(),
            pods: 1,
            running,
            finished: 0,
            over: false,
            servers: Vec::new(),
            oldest: newest,
            newest,
        }
    }

    #[test]
    fn the_next_step_is_the_clean_up_that_takes_what_is_left_behind() {
        let next = |sessions: &[Session]| left_behind(sessions, "mcp").rows(None).last().map(|row| row[2].clone());
        let (young, failed, running) = (session("a", 60, 1), session("b", IDLE + 1, 0), session("c", IDLE + 1, 1));
        assert_eq!(left_behind(std::slice::from_ref(&young), "mcp").state, CheckState::Ok);
        let without = next(&[young.clone(), failed.clone()]);
        assert_eq!(without.as_deref(), Some("next: `mcpctl cleanup -n mcp --dry-run` shows what would go"));
        let with = next(&[young, failed, running]);
        assert_eq!(with.as_deref(), Some("next: `mcpctl cleanup -n mcp --running --dry-run` shows what would go"));
        // of a verification that was killed
        let over = Session { over: true, ..session("d", 60, 1) };
        assert_eq!(next(&[over]), without);
    }
}
