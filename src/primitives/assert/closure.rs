//! `assert::raises` and `assert::unchanged`: what a closure does.

use std::collections::BTreeMap;

use rhai::{Dynamic, EvalAltResult, FnPtr, Map, NativeCallContext};
use serde_json::{Value, json};

use super::difference::{of_test, shown};
use crate::error::{Error, Kind};
use crate::host::Host;
use crate::primitives::api::raise;
use crate::primitives::api::raise::Raise;
use crate::primitives::api::types;
use crate::primitives::api::value::to_json;
use crate::primitives::host;
use crate::primitives::sandbox::files;
use crate::record::{Change, Outcome};
use crate::secret::Vault;

/// The word of a change that changed nothing.
const UNCHANGED: &str = "unchanged";

/// Runs a closure that must end with an error.
pub(in crate::primitives) fn raises(
    context: &NativeCallContext<'_>,
    closure: &FnPtr,
    text: Option<&str>,
) -> raise::Outcome<Map> {
    let failure = match closure.call_within_context::<Dynamic>(context, ()) {
        Err(failure) => failure,
        Ok(value) => {
            let gave = to_json(&value)
                .map_or_else(|_| value.type_name().to_owned(), |json| shown(&json, of_test(&host(context))));
            return Err(Error::failed("no error was raised").detail(format!("it gave: {gave}"))).raise(context);
        }
    };
    let is_final = matches!(failure.unwrap_inner(), EvalAltResult::ErrorTerminated(..)) && !host(context).is_test();
    let Some(error) = caught(&failure).filter(|_| !is_final) else { return Err(failure) };
    let message = error.get("message").map(ToString::to_string).unwrap_or_default();
    let whole = error.get("cause").map_or(message.clone(), |cause| format!("{message}: {cause}"));
    match text {
        Some(text) if !whole.contains(text) => Err(Error::failed("another error was raised")
            .detail(format!("actual:   {}", shown(&whole.trim_end_matches([':', ' ']).into(), of_test(&host(context)))))
            .detail(format!("expected: {}", shown(&text.into(), of_test(&host(context))))))
        .raise(context),
        _ => Ok(error),
    }
}

/// What `catch` would see; `None` for what no closure may stop: an interrupt, a limit, or `exit`.
pub(in crate::primitives) fn caught(failure: &EvalAltResult) -> Option<Map> {
    match failure.unwrap_inner() {
        EvalAltResult::ErrorTerminated(value, _) => {
            let error = value.read_lock::<Error>()?.clone();
            let ends_all = matches!(error.kind, Kind::Interrupted | Kind::Terminated | Kind::Limit);
            (!ends_all).then(|| raise::caught(error))
        }
        EvalAltResult::ErrorRuntime(value, _) => match value.read_lock::<Map>() {
            Some(map) => Some(map.clone()),
            None => Some(Map::from([("message".into(), value.to_string().into())])),
        },
        other => {
            let text = other.to_string();
            let text = text.rfind(" (line ").map_or(text.as_str(), |at| &text[..at]).to_owned();
            Some(raise::caught(Error::new(Kind::Script, types::plain(&text))))
        }
    }
}

/// Runs a closure that must change nothing.
pub(in crate::primitives) fn unchanged(context: &NativeCallContext<'_>, closure: &FnPtr) -> raise::Outcome<Dynamic> {
    let host = host(context);
    let before = snapshot(&host).raise(context)?;
    let known = host.recorder.changes();
    let value = closure.call_within_context::<Dynamic>(context, ())?;
    let after = snapshot(&host).raise(context)?;
    let mut error = Error::failed("something changed");
    let places: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for place in places {
        let (before, after) = (before.get(place), after.get(place));
        if before != after {
            let side = |side: Option<&Seen>| side.map_or("(not there)", |seen| seen.shown.as_str()).to_owned();
            error = error.detail(format!("{place}:\n  before: {}\n  after:  {}", side(before), side(after)));
        }
    }
    if error.details.is_empty() {
        for change in host.recorder.changes().iter().filter(|change| !known.contains(change)) {
            if let Some(line) = told(change) {
                error = error.detail(line);
            }
        }
    }
    if error.details.is_empty() { Ok(value) } else { Err(error).raise(context) }
}

/// What became of a change, if it is one.
fn told(change: &Change) -> Option<String> {
    let how = match &change.outcome {
        Outcome::Done(word) if word == UNCHANGED => return None,
        Outcome::Done(word) => word.clone(),
        Outcome::Planned => return None,
        Outcome::Unknown => "unknown".to_owned(),
        Outcome::Failed(reason) => format!("failed: {reason}"),
    };
    Some(format!("{}/{}: {how}", change.kind, change.name))
}

/// A thing of the test's world: what it is compared by, and what may be shown of it.
#[derive(PartialEq, Eq)]
struct Seen {
    compared: String,
    shown: String,
}

/// What a test can see of its world: every object, image and file. Nothing outside a test.
fn snapshot(host: &Host) -> crate::error::Result<BTreeMap<String, Seen>> {
    let mut found = BTreeMap::new();
    if host.test_context("assert::unchanged").is_err() {
        return Ok(found);
    }
    if let Some(world) = host.world()? {
        found.extend(world.objects().iter().map(|one| object(one, of_test(host))));
        let present = || Seen { compared: String::new(), shown: "present".to_owned() };
        found.extend(world.images().list().iter().map(|image| (format!("image/{image}"), present())));
    }
    for (path, bytes) in files::all(&host.settings.folder)? {
        let shown = if path.contains("secret") {
            format!("{} bytes", bytes.len())
        } else {
            shown(&String::from_utf8_lossy(&bytes).into(), of_test(host))
        };
        found.insert(format!("file/{path}"), Seen { compared: format!("{bytes:?}"), shown });
    }
    Ok(found)
}

/// An object's place and how it is. A pod may go its way by itself, so only whether it is asked to go counts; what a
/// Secret holds is told by its keys.
fn object(object: &Value, vault: Option<&Vault>) -> (String, Seen) {
    let text = |path: &str| object.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
    let kind = text("/kind").to_lowercase();
    let place = format!("{kind}/{}, namespace {}", text("/metadata/name"), text("/metadata/namespace"));
    let revision = text("/metadata/resourceVersion");
    let seen = match kind.as_str() {
        "pod" => {
            let going = text("/metadata/deletionTimestamp");
            let shown = if going.is_empty() { "there".to_owned() } else { format!("deleted at {going}") };
            Seen { compared: format!("{} {going}", text("/metadata/uid")), shown }
        }
        "secret" => {
            let keys: Vec<&String> = object["data"].as_object().into_iter().flatten().map(|(key, _)| key).collect();
            Seen { shown: format!("keys {} (revision {revision})", json!(keys)), compared: revision }
        }
        _ => Seen { shown: format!("{} (revision {revision})", shown(&object["data"], vault)), compared: revision },
    };
    (place, seen)
}
