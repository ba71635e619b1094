//! Sets one key of an object that is there, and touches nothing else of it: a merge patch of that key, under a manager
//! of its own, so that the next apply of an owner that has another value for it is told of the conflict.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::header::CONTENT_TYPE;
use http::{Request, StatusCode};
use serde_json::{Value as Json, json};

use super::execute::{Applied, AppliedResult, LastChange};
use super::plan::{Sent, require_staying};
use super::read::{get, object, path, place, unwritable};
use super::{Manager, Object, ObjectKind, Operation, Value, admission, checks};
use crate::cluster::{Cluster, names, namespaces};
use crate::error::{Error, Kind, Result};
use crate::record::{Action, Change, KeyChange, Outcome};

/// How often the object is read anew because somebody changed it in between.
const RETRIES: usize = 2;

/// The manager of keys that were set one by one.
pub const SETTER: &str = "mcpctl-set";

/// What setting a key would do.
#[derive(Debug, Clone)]
pub struct KeyPlan {
    /// The object as it was read.
    pub live: Object,
    /// The key.
    pub key: String,
    /// Added or changed; `None` if the key has the value already.
    pub change: Option<KeyChange>,
    /// The owners that applied the key and lose it by this: their next apply reports the conflict.
    pub losers: Vec<String>,
    value: Value,
}

/// Reads the object and says what setting a key of it would do. `script_owner` is the field manager of the running
/// script.
///
/// # Errors
/// A name or key that cannot be; a secret for a ConfigMap; no such object; one whose data can never change; one that
/// would be too large; the server cannot be asked.
pub async fn plan_key(
    cluster: &Cluster,
    kind: ObjectKind,
    namespace: Option<&str>,
    name: &str,
    key: &str,
    value: Value,
    script_owner: &str,
) -> Result<KeyPlan> {
    names::check_name(kind.name(), name)?;
    checks::check_data(kind, name, &[(key.to_owned(), value.clone())].into())?;
    let namespace = place(cluster, namespace)?.to_owned();
    let what = Object::described(kind, &namespace, name);
    let Some(live) = get(cluster, kind, &namespace, name).await? else {
        namespaces::check(cluster, &namespace).await?;
        return Err(Error::not_found(format!("no {what}"))
            .object(format!("{}/{name}", kind.name()))
            .hint(format!("`mcpctl populate-{0} FILE {name}` or `mcpctl create-{0} {name} -` makes it", kind.name())));
    };
    require_staying(&live)?;
    let is_own = live.applied_by(script_owner).is_some_and(|own| own.keys.contains(key));
    value.compare(cluster.recorder(), (namespace.as_str(), name, key), live.data.get(key), is_own)?;
    let change = match live.data.get(key) {
        Some(old) if *old == value => None,
        Some(_) => Some(KeyChange::Changed(key.to_owned())),
        None => Some(KeyChange::Added(key.to_owned())),
    };
    if live.immutable && change.is_some() {
        return Err(Error::new(Kind::Conflict, format!("{what} is immutable: key `{key}` cannot be set"))
            .object(format!("{}/{name}", kind.name()))
            .hint("delete it and make it anew, or use another name"));
    }
    let mut data = live.data.clone();
    data.insert(key.to_owned(), value.clone());
    cluster.recorder().answer(checks::check_size(kind, name, &data))?;
    let held = |manager: &&Manager| manager.operation == Operation::Apply && manager.keys.contains(key);
    let losers = live.managers.iter().filter(held).map(ToString::to_string).collect();
    Ok(KeyPlan { live, key: key.to_owned(), change, losers, value })
}

/// Sets the key. Nothing is sent if it has the value already. A dry run has the server judge it.
///
/// # Errors
/// The object is another one now, or gone; the server cannot be asked or says no.
pub async fn set_key(cluster: &Cluster, plan: &KeyPlan) -> Result<Applied> {
    let Some(change) = plan.change.clone() else {
        return Ok(applied(plan, AppliedResult::Unchanged, Vec::new()));
    };
    let note = |outcome| {
        cluster.recorder().change(Change {
            action: Action::Change,
            kind: plan.live.kind.name(),
            name: plan.live.name.clone(),
            namespace: plan.live.namespace.clone(),
            keys: vec![change.clone()],
            note: String::new(),
            outcome,
        });
    };
    if !cluster.is_dry_run() {
        note(Outcome::Unknown);
    }
    match attempts(cluster, plan).await {
        Ok(admission) => {
            let done = applied(plan, AppliedResult::Configured, admission);
            note(if cluster.is_dry_run() { Outcome::Planned } else { Outcome::Done(done.result.name().to_owned()) });
            Ok(done)
        }
        Err(error) => {
            note(Outcome::Failed(error.to_string()));
            Err(error)
        }
    }
}

/// Sends the patch, and reads the object anew where somebody changed another key of it in between.
async fn attempts(cluster: &Cluster, shown: &KeyPlan) -> Result<Vec<String>> {
    let mut current = shown.clone();
    for _ in 0..=RETRIES {
        if let Some(admission) = send(cluster, &current).await? {
            return Ok(admission);
        }
        let live = &current.live;
        match get(cluster, live.kind, &live.namespace, &live.name).await? {
            Some(again) if again.uid == live.uid && again.data.get(&shown.key) == shown.live.data.get(&shown.key) => {
                current.live = again;
            }
            _ => break,
        }
    }
    let what = Object::described(shown.live.kind, &shown.live.namespace, &shown.live.name);
    Err(Error::new(Kind::Conflict, format!("{what} was changed by somebody else meanwhile"))
        .object(format!("{}/{}", shown.live.kind.name(), shown.live.name))
        .hint("run the command again, and look at what it shows"))
}

/// Sets the key and gives what admission made of that; `None` where the object is another one than was read.
async fn send(cluster: &Cluster, plan: &KeyPlan) -> Result<Option<Vec<String>>> {
    let live = &plan.live;
    let imagine = || cluster.imagined().set_object(live.kind, &live.namespace, &live.name, Some(imagined(plan)));
    if cluster.is_dry_run() && cluster.imagined().object(live.kind, &live.namespace, &live.name).is_some() {
        // The server knows nothing of what earlier steps of this run would have done.
        imagine();
        return Ok(Some(Vec::new()));
    }
    let uri = format!("{}?fieldManager={SETTER}", path(live.kind, &live.namespace, &live.name));
    let request = Request::patch(uri)
        .header(CONTENT_TYPE, "application/merge-patch+json")
        .body(document(plan).to_string().into_bytes())
        .map_err(|_| unwritable())?;
    let answer = cluster.exchange(request).await?;
    match answer.status {
        status if status.is_success() => {
            if cluster.is_dry_run() {
                imagine();
            }
            let sent = Sent { data: [(plan.key.clone(), plan.value.clone())].into(), ..Sent::default() };
            Ok(Some(admission::differences(&sent, Some(live), &object(live.kind, &answer)?)))
        }
        _ if answer.is_of_admission() => Err(cluster.refusal(&answer)),
        StatusCode::NOT_FOUND | StatusCode::CONFLICT => Ok(None),
        _ => Err(cluster.refusal(&answer)),
    }
}

/// The patch: the key alone, and the version that was read.
fn document(plan: &KeyPlan) -> Json {
    let text = match (plan.live.kind, &plan.value) {
        (ObjectKind::ConfigMap, Value::Text(text)) => text.clone(),
        (_, value) => BASE64.encode(value.bytes()),
    };
    json!({ "metadata": { "resourceVersion": plan.live.resource_version }, "data": { plan.key.as_str(): text } })
}

/// The object as it would be.
fn imagined(plan: &KeyPlan) -> Object {
    let mut object = plan.live.clone();
    object.data.insert(plan.key.clone(), plan.value.clone());
    for manager in &mut object.managers {
        manager.keys.remove(&plan.key);
    }
    let mut setter = Manager { operation: Operation::Update, ..Manager::applier(SETTER) };
    setter.keys.insert(plan.key.clone());
    object.managers.push(setter);
    object
}

fn applied(plan: &KeyPlan, result: AppliedResult, admission: Vec<String>) -> Applied {
    let last = if result == AppliedResult::Unchanged {
        LastChange { at: plan.live.changed, keys: vec![plan.key.clone()] }
    } else {
        LastChange::now()
    };
    Applied {
        last,
        kind: plan.live.kind,
        name: plan.live.name.clone(),
        namespace: plan.live.namespace.clone(),
        result,
        keys: plan.change.iter().cloned().collect(),
        kept: Vec::new(),
        labels_left: Vec::new(),
        ownership_only: false,
        note: String::new(),
        admission,
    }
}
