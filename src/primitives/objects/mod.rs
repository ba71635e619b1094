//! What `configmaps` and `secrets` have in common: reading, planning, showing, asking, applying.

pub mod manifests;
pub mod namespace;
pub mod secrets;
pub(super) mod types;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rhai::{Array, Dynamic, Map};

use super::api::options::Options;
use super::api::raise::wrong_type;
use super::api::secret::as_secret;
use super::api::typed::texts;
use super::catalog::rendering;
use super::language::unknown_names;
use crate::cluster::controllers::{self, Controller};
use crate::cluster::objects::{
    self, Applied, Desired, Leftovers, Object, ObjectDeletion, ObjectFilter, ObjectKind, ObjectPlan, PlannedResult,
    Value,
};
use crate::cluster::pods::Removal;
use crate::error::{Error, Kind, Result};
use crate::host::Host;
use crate::output::Confirmation;
use crate::output::done::before_error;
use crate::provision::credentials::{by_name, by_value};
use crate::record::{Effect, KeyChange};

const APPLY: [&str; 8] = ["namespace", "owner", "keep", "absent", "prune", "force_conflicts", "adopt", "labels"];

/// `configmaps::get`, as messages name the function.
fn path(kind: ObjectKind, function: &str) -> String {
    format!("{}::{function}", kind.resource())
}

/// One object.
pub(super) fn get(host: &Host, kind: ObjectKind, name: &str, options: &Map) -> Result<Arc<Object>> {
    let options = Options::new(path(kind, "get"), options, &["namespace"])?;
    let cluster = host.cluster()?;
    let namespace = options.namespace()?.unwrap_or_else(|| cluster.namespace().to_owned());
    match host.wait(objects::get(cluster, kind, &namespace, name))? {
        Some(object) => Ok(seen(host, object)),
        None => {
            unknown_names::namespace(host, &namespace)?;
            Err(Error::not_found(format!("no {} `{name}` in namespace `{namespace}`", kind.name()))
                .object(format!("{}/{name}", kind.name())))
        }
    }
}

/// All objects that mcpctl made, or all there are.
pub(super) fn list(host: &Host, kind: ObjectKind, options: &Map) -> Result<Array> {
    let options = Options::new(path(kind, "list"), options, &["namespace", "all_namespaces", "selector", "any"])?;
    let namespace = options.namespace()?;
    let filter = ObjectFilter {
        all_namespaces: options.flag("all_namespaces")? || (host.settings.all_namespaces && namespace.is_none()),
        namespace,
        selector: options.text("selector")?.or_else(|| host.settings.selector.clone()),
        any: options.flag("any")?,
    };
    let cluster = host.cluster()?;
    let found = host.wait(objects::list(cluster, kind, &filter))?;
    if found.is_empty() && !filter.all_namespaces {
        unknown_names::namespace(host, filter.namespace.as_deref().unwrap_or(cluster.namespace()))?;
    }
    Ok(found.into_iter().map(|object| Dynamic::from(seen(host, object))).collect())
}

/// What was read from a Secret is masked from now on.
fn seen(host: &Host, object: Object) -> Arc<Object> {
    for value in object.data.values() {
        if let Value::Secret(secret) = value {
            host.vault.keep(secret);
        }
    }
    Arc::new(object)
}

/// Creates or updates an object after showing which keys change.
pub(super) fn apply(host: &Host, kind: ObjectKind, name: &str, data: &Map, options: &Map) -> Result<Arc<Applied>> {
    let order = Order { kind, name, data, options: Options::new(path(kind, "apply"), options, &APPLY)? };
    apply_orders(host, &[order])
        .and_then(|done| done.into_iter().next().ok_or_else(|| Error::failed("nothing was applied")))
}

/// The keys of a map that [`apply_all`] takes, beside the options of an apply.
const OBJECT: [&str; 3] = ["kind", "name", "data"];

/// Applies several objects after all of them were planned, shown, agreed to and judged by the server: nothing is written
/// unless each of them would be taken.
pub(super) fn apply_all(host: &Host, function: &'static str, given: &Array) -> Result<Vec<Arc<Applied>>> {
    let maps: Vec<Map> = given
        .iter()
        .map(|item| {
            let map = item.read_lock::<Map>().map(|map| map.clone());
            map.ok_or_else(|| wrong_type("an item of the array", "a map", item.type_name()))
        })
        .collect::<Result<_>>()?;
    let known: Vec<&str> = OBJECT.iter().chain(&APPLY).copied().collect();
    let fields: Vec<(ObjectKind, String, Map, Options<'_>)> = maps
        .iter()
        .map(|map| {
            let options = Options::new(function, map, &known)?;
            let kind = match options.text("kind")?.as_deref() {
                Some("configmap") => ObjectKind::ConfigMap,
                Some("secret") => ObjectKind::Secret,
                _ => return Err(Error::new(Kind::Script, "`kind` must be `configmap` or `secret`")),
            };
            let name = options.text("name")?.ok_or_else(|| Error::new(Kind::Script, "an object needs a `name`"))?;
            let data = options.value("data").and_then(|data| data.read_lock::<Map>().map(|data| data.clone()));
            let data = data.ok_or_else(|| Error::new(Kind::Script, format!("`data` of `{name}` must be a map")))?;
            Ok((kind, name, data, options))
        })
        .collect::<Result<_>>()?;
    let orders: Vec<Order<'_>> = fields
        .iter()
        .map(|(kind, name, data, options)| Order { kind: *kind, name, data, options: options.clone() })
        .collect();
    apply_orders(host, &orders)
}

/// One object that is to be applied.
struct Order<'a> {
    kind: ObjectKind,
    name: &'a str,
    data: &'a Map,
    options: Options<'a>,
}

fn apply_orders(host: &Host, orders: &[Order<'_>]) -> Result<Vec<Arc<Applied>>> {
    let cluster = host.cluster()?;
    let mut refusals = Vec::new();
    let mut plans = Vec::new();
    for order in orders {
        let desired = desired(host, order.kind, order.name, order.data, &order.options)?;
        let plan = host.wait(objects::plan(cluster, desired));
        if let Some(plan) = unless_refused(plan, &mut refusals)? {
            plans.push((plan, order.options.flag("force_conflicts")?, &order.options));
        }
    }
    if (!refusals.is_empty() || must_judge(&plans)?) && !host.settings.dry_run {
        for (plan, force, _) in &mut plans {
            let judged = if !*force && !plan.conflicts.is_empty() {
                Err(objects::refuse_conflicts(plan))
            } else {
                host.wait(objects::judge(cluster, plan.clone(), *force))
            };
            if let Some(judged) = unless_refused(judged, &mut refusals)? {
                *plan = judged;
            }
        }
    }
    if let Some(error) = together(refusals) {
        return Err(if host.settings.dry_run { error } else { error.detail("nothing was applied") });
    }
    for (plan, force, options) in &plans {
        show(host, plan)?;
        if plan.result != PlannedResult::Unchanged {
            confirm(host, plan, *force, options)?;
        }
    }
    let mut done = Vec::new();
    for (plan, force, _) in plans {
        let executed = host.wait(objects::execute(cluster, plan, force)).map(Arc::new);
        let applied = executed
            .map_err(|error| if is_untouched(host, &error) { error.detail("nothing was applied") } else { error })?;
        tell_admission(host, &applied);
        done.push(applied);
    }
    Ok(done)
}

/// Whether the server must judge plans before the first question and the first write. A single write without a question
/// is judged when it is carried out.
fn must_judge(plans: &[(ObjectPlan, bool, &Options<'_>)]) -> Result<bool> {
    let to_write: Vec<_> = plans.iter().filter(|(plan, ..)| plan.result != PlannedResult::Unchanged).collect();
    for (plan, force, options) in &to_write {
        let asks = !plan.controllers().is_empty()
            || *force && !plan.conflicts.is_empty()
            || !plan.adopted.is_empty()
            || removals_to_confirm(plan, options)? > 0;
        if asks {
            return Ok(true);
        }
    }
    Ok(to_write.len() > 1)
}

/// Collects what stands against one of several objects, so that all of it is reported at once.
///
/// # Errors
/// What has nothing to do with the object: the server does not answer, the run is interrupted.
fn unless_refused<T>(result: Result<T>, refusals: &mut Vec<Error>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if matches!(error.kind, Kind::Conflict | Kind::Invalid | Kind::Forbidden | Kind::NotFound) => {
            refusals.push(error);
            Ok(None)
        }
        Err(error) => Err(if error.kind.is_final() { error } else { error.detail("nothing was applied") }),
    }
}

/// Several refusals as one error: the first, with the others as its details.
fn together(refusals: Vec<Error>) -> Option<Error> {
    let mut refusals = refusals.into_iter();
    let mut all = refusals.next()?;
    let first = all.message.clone();
    for other in refusals.filter(|other| other.message != first) {
        all = all.detail(other.to_string());
        for line in &other.details {
            all = all.detail(format!("  {line}"));
        }
        for hint in &other.hints {
            if !all.hints.contains(hint) {
                all = all.hint(hint.clone());
            }
        }
    }
    Some(all)
}

/// Says what admission made of an object.
fn tell_admission(host: &Host, applied: &Applied) {
    if applied.admission.is_empty() {
        return;
    }
    let text = format!(
        "admission of the cluster {}: {}/{} is not as it was sent",
        applied.admission.join(", "),
        applied.kind.name(),
        applied.name
    );
    // what is added is nobody's loss; a value that is not the one given is
    if applied.admission.iter().all(|one| one.starts_with("added ")) {
        host.printer.note(&text);
    } else {
        host.printer.warn(&text);
    }
}

/// Whether an apply that failed has changed nothing, and none before it in this run has: its keys were shown, and
/// look as if they had been.
fn is_untouched(host: &Host, error: &Error) -> bool {
    let refused = matches!(error.kind, Kind::Conflict | Kind::NotFound | Kind::Forbidden | Kind::Invalid);
    refused && !host.settings.dry_run && before_error(&host.recorder.changes()).is_none()
}

/// Creates an object that must not be there yet.
pub(super) fn create(host: &Host, kind: ObjectKind, name: &str, data: &Map, options: &Map) -> Result<Arc<Applied>> {
    let options = Options::new(path(kind, "create"), options, &["namespace", "owner", "labels"])?;
    let desired = Desired { create_only: true, ..desired(host, kind, name, data, &options)? };
    let is_credential =
        |key: &str, value: &Value| by_name(key) || matches!(value, Value::Text(text) if by_value(text).is_some());
    let data = desired.data.iter().filter(|_| kind == ObjectKind::ConfigMap);
    let credentials = data.filter(|(key, value)| is_credential(key, value)).map(|(key, _)| key.clone());
    let credentials: Vec<String> = credentials.collect();
    let plan = host.wait(objects::plan(host.cluster()?, desired))?;
    for key in credentials {
        host.printer.warn(&format!(
            "`{key}` looks like a credential, and a ConfigMap shows its values: `create-secret` is for such"
        ));
    }
    show(host, &plan)?;
    let created = host.wait(objects::execute(host.cluster()?, plan, false)).map(Arc::new)?;
    tell_admission(host, &created);
    Ok(created)
}

/// What an apply would do, by key names.
pub(super) fn diff(host: &Host, kind: ObjectKind, name: &str, data: &Map, options: &Map) -> Result<Map> {
    let options = Options::new(path(kind, "diff"), options, &APPLY)?;
    let cluster = host.cluster()?;
    let plan = host.wait(objects::plan(cluster, desired(host, kind, name, data, &options)?))?;
    let plan = host.wait(objects::judge_look(cluster, plan))?;
    let result = match plan.result {
        PlannedResult::Created => "created",
        PlannedResult::Configured => "configured",
        PlannedResult::Unchanged => "unchanged",
        PlannedResult::Applied => "applied",
    };
    let mut map = Map::new();
    map.insert("result".into(), result.into());
    map.insert("added".into(), texts(plan.keys.iter().filter_map(KeyChange::added)));
    map.insert("changed".into(), texts(plan.keys.iter().filter_map(KeyChange::changed)));
    map.insert("removed".into(), texts(plan.keys.iter().filter_map(KeyChange::removed)));
    map.insert("conflicts".into(), texts(plan.conflicts.iter().map(|conflict| &conflict.key)));
    let holders = plan.conflicts.iter().map(|c| (c.key.as_str().into(), rendering::array(c.managers.iter().cloned())));
    map.insert("holders".into(), holders.collect::<Map>().into());
    map.insert("ownership_only".into(), plan.ownership_only.into());
    Ok(map)
}

/// Sets one key of an object that is there, and leaves all others alone.
pub(super) fn set(
    host: &Host,
    kind: ObjectKind,
    (name, key): (&str, &str),
    data: &Dynamic,
    options: &Map,
) -> Result<Arc<Applied>> {
    let options = Options::new(path(kind, "set"), options, &["namespace"])?;
    if name.is_empty() || key.is_empty() {
        let what = if name.is_empty() { "name of the" } else { "key of the" };
        return Err(Error::new(Kind::Script, format!("the {what} {} is empty", kind.name())));
    }
    let namespace = options.namespace()?;
    let value = value(host, kind, key, data)?;
    if value.is_empty() {
        return Err(Error::invalid(format!("the value for key `{key}` is empty"))
            .hint("a server that gets an empty value says no more than `unauthorized`, much later"));
    }
    let cluster = host.cluster()?;
    let plan = host.wait(objects::plan_key(cluster, kind, namespace.as_deref(), name, key, value, &host.owner()))?;
    if let (Some(change), false) = (&plan.change, host.settings.dry_run) {
        host.refuse_if_read_only(&format!("set a key of {}/{name}", kind.name()))?;
        host.announce(&plan.live.namespace)?;
        host.printer.info(&changed_key(change));
    }
    if plan.change.is_some() && !plan.losers.is_empty() {
        host.printer.info(&format!(
            "  `{key}` was applied by {}: unless its env file gets the same value, its next apply reports a conflict",
            plan.losers.join(", ")
        ));
    }
    if plan.change.is_some() {
        confirm_controlled(host, kind, name, &plan.live.controllers)?;
    }
    let set = host.wait(objects::set_key(cluster, &plan)).map(Arc::new)?;
    tell_admission(host, &set);
    Ok(set)
}

/// Says what else controls an object, and asks: it writes the object again, or reports the change as a difference.
fn confirm_controlled(host: &Host, kind: ObjectKind, name: &str, controllers: &[Controller]) -> Result<()> {
    if controllers.is_empty() {
        return Ok(());
    }
    let object = format!("{}/{name}", kind.name());
    let named = controllers::named(controllers);
    host.printer.warning(
        &Error::new(Kind::Failed, format!("{object} is controlled by {named}"))
            .cause("what is written here may be overwritten or removed by it")
            .hint("change the values at their source, or use another name"),
    );
    if host.settings.dry_run {
        return Ok(());
    }
    host.refuse_if_read_only(&format!("change {object}"))?;
    ask(
        host,
        &format!("change {object} all the same?"),
        &format!("refusing to change {object}, which {named} controls, without a confirmation"),
    )
}

/// Deletes an object after asking.
pub(super) fn delete(host: &Host, kind: ObjectKind, name: &str, options: &Map) -> Result<ObjectDeletion> {
    let options = Options::new(path(kind, "delete"), options, &["namespace"])?;
    if name.is_empty() {
        return Err(Error::new(Kind::Script, format!("the name of the {} is empty", kind.name())));
    }
    host.refuse_if_read_only(&format!("delete {} `{name}`", kind.name()))?;
    host.recorder.permit(&Effect::cluster("delete", kind.resource()))?;
    let cluster = host.cluster()?;
    let namespace = options.namespace()?.unwrap_or_else(|| cluster.namespace().to_owned());
    if !host.settings.dry_run
        && let Some(live) = host.wait(objects::get(cluster, kind, &namespace, name))?
    {
        host.announce(&namespace)?;
        if !live.controllers.is_empty() {
            let named = controllers::named(&live.controllers);
            host.printer.warn(&format!("{}/{name} is controlled by {named}, which may create it again", kind.name()));
        }
        ask(
            host,
            &format!("delete {}/{name}?", kind.name()),
            &format!("refusing to delete {}/{name} without a confirmation", kind.name()),
        )?;
    }
    let deleted = host.wait(objects::delete(cluster, kind, &namespace, name))?;
    if deleted.result == Removal::Gone {
        unknown_names::namespace(host, &namespace)?;
    }
    Ok(deleted)
}

/// What an apply is asked for.
pub(super) fn desired(host: &Host, kind: ObjectKind, name: &str, data: &Map, options: &Options<'_>) -> Result<Desired> {
    let data = data
        .iter()
        .map(|(key, value)| Ok((key.to_string(), self::value(host, kind, key, value)?)))
        .collect::<Result<BTreeMap<_, _>>>()?;
    let owner = options.text("owner")?.unwrap_or_else(|| host.owner());
    let mut desired = Desired { namespace: options.namespace()?, ..Desired::new(kind, name, owner, data) };
    desired.script_owner = host.owner();
    desired.leftovers = leftovers(options)?;
    desired.adopt = options.flag("adopt")?;
    for key in options.texts("absent")? {
        if let Some(label) = objects::absent_label(&key) {
            desired.labels.insert(label, objects::ABSENT.to_owned());
        }
    }
    if let Some(labels) = options.value("labels") {
        let labels =
            labels.read_lock::<Map>().ok_or_else(|| wrong_type("option `labels`", "a map", labels.type_name()))?;
        for (key, label) in labels.iter() {
            let label =
                label.clone().into_string().map_err(|got| wrong_type(&format!("label `{key}`"), "text", got))?;
            desired.labels.insert(key.to_string(), label);
        }
    }
    Ok(desired)
}

fn leftovers(options: &Options<'_>) -> Result<Leftovers> {
    match options.value("keep") {
        Some(keys) if keys.is_array() => {
            Ok(Leftovers::KeepThese(options.texts("keep")?.into_iter().collect::<BTreeSet<_>>()))
        }
        _ if options.flag("keep")? => Ok(Leftovers::KeepAllBut(options.texts("absent")?.into_iter().collect())),
        _ => Ok(Leftovers::Remove),
    }
}

/// Values are text: a number or `true` would be a guess at what the server is to read.
fn value(host: &Host, kind: ObjectKind, key: &str, value: &Dynamic) -> Result<Value> {
    let what = format!("the value of key `{key}`");
    let secret = as_secret(value, &host.vault, &what).map_err(|error| error.hint("write it as text, in quotes"))?;
    match (kind, secret) {
        (ObjectKind::ConfigMap, Some(_)) => {
            Err(Error::new(Kind::Script, format!("{what} is a secret, and a ConfigMap shows its values"))
                .hint("put it into a Secret: `secrets::apply`"))
        }
        (_, Some(secret)) => Ok(Value::Secret(secret)),
        (ObjectKind::Secret, None) => {
            let secret = crate::secret::Secret::of_script(value.to_string());
            host.vault.keep(&secret);
            Ok(Value::Secret(secret))
        }
        (ObjectKind::ConfigMap, None) => Ok(Value::Text(value.to_string())),
    }
}

/// Says where and what, by key names, before anything is sent.
fn show(host: &Host, plan: &ObjectPlan) -> Result<()> {
    for label in &plan.labels_left {
        host.printer.warn(&format!(
            "label `{}` of {}/{} stays `{}`: it belongs to {}",
            label.label,
            plan.kind.name(),
            plan.name,
            label.value,
            label.managers.join(", ")
        ));
    }
    if plan.result == PlannedResult::Unchanged || host.settings.dry_run {
        return Ok(());
    }
    host.announce(&plan.namespace)?;
    for key in &plan.keys {
        host.printer.info(&changed_key(key));
    }
    if !plan.kept.is_empty() {
        host.printer.info(&format!("  keys that are not given stay: {}", plan.kept.join(", ")));
    }
    Ok(())
}

/// How the change of a key is shown.
fn changed_key(change: &KeyChange) -> String {
    match change {
        KeyChange::Added(key) => format!("  + {key}"),
        KeyChange::Changed(key) => format!("  ~ {key}"),
        KeyChange::Removed(key) => format!("  - {key}"),
    }
}

/// Asks before keys are taken from others, and, with `prune`, before keys go that were not agreed to.
fn confirm(host: &Host, plan: &ObjectPlan, force: bool, options: &Options<'_>) -> Result<()> {
    confirm_controlled(host, plan.kind, &plan.name, plan.controllers())?;
    let object = format!("{}/{}", plan.kind.name(), plan.name);
    if force && !plan.conflicts.is_empty() {
        host.refuse_if_read_only(&format!("change {object}"))?;
        for conflict in &plan.conflicts {
            host.printer.line(&format!("  {}  held by {}", conflict.key, conflict.managers.join(", ")));
        }
        ask(
            host,
            &format!("take these keys of {object} over?"),
            &format!("refusing to take keys of {object} over without a confirmation"),
        )?;
    }
    if !plan.adopted.is_empty() {
        host.refuse_if_read_only(&format!("change {object}"))?;
        for adopted in &plan.adopted {
            host.printer.line(&format!("  {}  written by {}", adopted.key, adopted.managers.join(", ")));
        }
        ask(
            host,
            &format!("make these keys of {object} the own ones of {}?", plan.owner()),
            &format!("refusing to adopt keys of {object} without a confirmation"),
        )?;
    }
    let removed = removals_to_confirm(plan, options)?;
    if removed > 0 {
        host.refuse_if_read_only(&format!("remove keys of {object}"))?;
        let them = if removed == 1 { "1 key".to_owned() } else { format!("{removed} keys") };
        ask(
            host,
            &format!("remove {them} of {object}?"),
            &format!("refusing to remove {them} of {object} without a confirmation"),
        )?;
    }
    Ok(())
}

/// How many keys `prune` removes that were not agreed to.
fn removals_to_confirm(plan: &ObjectPlan, options: &Options<'_>) -> Result<usize> {
    let (prune, agreed) = match options.value("prune") {
        Some(keys) if keys.is_array() => (true, options.texts("prune")?),
        _ => (options.flag("prune")?, Vec::new()),
    };
    let asked = |change: &&KeyChange| matches!(change, KeyChange::Removed(key) if !agreed.contains(key));
    Ok(if prune { plan.keys.iter().filter(asked).count() } else { 0 })
}

/// Asks for a confirmation.
pub(super) fn ask(host: &Host, question: &str, refusal: &str) -> Result<()> {
    host.prompter.confirm(&Confirmation::new(question, refusal).hint(host.hint_to_confirm()))
}
