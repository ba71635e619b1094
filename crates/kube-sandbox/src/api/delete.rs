//! DELETE: of one object and of a selection.

use std::time::Duration;

use serde_json::Value;

use super::change::Change;
use super::resource::Resource;
use crate::http::query::{Query, dry_run};
use crate::http::status::{Cause, Failure, Result, deleted};
use crate::object::{metadata, set_metadata};
use crate::world::clock::{later, rfc3339};
use crate::world::pod_lifecycle::MOMENT;
use crate::world::store::Step;

/// The options of a deletion.
#[derive(Debug, Clone, Default)]
pub(crate) struct DeleteOptions {
    pub(crate) dry_run: bool,
    grace: Option<i64>,
    policy: String,
    uid: Option<String>,
    revision: Option<String>,
}

impl DeleteOptions {
    /// Reads the options: from the body if there is one, and then **only** from it, as the API server does;
    /// else from the query.
    pub(crate) fn parse(query: &Query, body: &[u8]) -> Result<Self> {
        let options = if body.is_empty() {
            Self {
                dry_run: query.dry_run("DeleteOptions")?,
                grace: query.number("gracePeriodSeconds")?.and_then(|n| i64::try_from(n).ok()),
                policy: query.get("propagationPolicy").to_owned(),
                uid: None,
                revision: None,
            }
        } else {
            let body: Value = serde_json::from_slice(body).map_err(|error| {
                Failure::bad_request(format!("couldn't get version/kind; json parse error: {error}"))
            })?;
            let text = |value: &Value| value.as_str().map(str::to_owned);
            Self {
                dry_run: dry_run(&body["dryRun"], "DeleteOptions")?,
                grace: body["gracePeriodSeconds"].as_i64(),
                policy: text(&body["propagationPolicy"]).unwrap_or_default(),
                uid: text(&body["preconditions"]["uid"]),
                revision: text(&body["preconditions"]["resourceVersion"]),
            }
        };
        if matches!(options.policy.as_str(), "" | "Foreground" | "Background" | "Orphan") {
            return Ok(options);
        }
        let policies = ["Foreground", "Background", "Orphan", "nil"];
        let cause = Cause::unsupported("propagationPolicy", &options.policy.as_str().into(), &policies);
        Err(Failure::bad_options("DeleteOptions", &cause))
    }
}

/// The answer to a deletion.
#[derive(Debug)]
pub(crate) enum Deleted {
    /// The last state of the object, or its state while it is terminating.
    Object(Value),
    /// A `Status` of success.
    Status(Value),
}

impl Change<'_> {
    /// Deletes one object, or starts its termination.
    pub(crate) fn delete(self, options: &DeleteOptions) -> Result<Deleted> {
        let resource = self.key.resource;
        let Some(stored) = self.state.get(&self.key) else {
            return Err(Failure::not_found(resource, &self.key.name));
        };
        let mut object = stored.value.clone();
        self.check_preconditions(&object, options)?;
        let was_going = !metadata(&object, "deletionTimestamp").is_empty();
        let finalizers = finalizers(&object, options, was_going);
        let grace = match resource {
            Resource::Pods => pod_grace(&object, options.grace),
            _ => 0,
        };
        if finalizers.is_empty() && grace == 0 && resource != Resource::Namespaces {
            let uid = metadata(&object, "uid").to_owned();
            if resource == Resource::Pods {
                set_metadata(&mut object, "deletionTimestamp", rfc3339(self.now).into());
                set_metadata(&mut object, "deletionGracePeriodSeconds", 0.into());
            }
            if !options.dry_run {
                self.state.remove(&self.key);
            }
            return Ok(if resource.delete_returns_object() {
                Deleted::Object(object)
            } else {
                Deleted::Status(deleted(resource, &self.key.name, &uid))
            });
        }
        let last_grace = object["metadata"]["deletionGracePeriodSeconds"].as_i64();
        let shortened = last_grace.is_some_and(|last| grace < last);
        if was_going && !shortened {
            return Ok(Deleted::Object(object));
        }
        mark(&mut object, resource, self.now, grace);
        if !finalizers.is_empty() {
            set_metadata(&mut object, "finalizers", finalizers.into_iter().map(Value::from).collect());
        }
        super::defaults::order(&mut object);
        if options.dry_run {
            return Ok(Deleted::Object(object));
        }
        let stored = self.state.put(&self.key, object);
        let step = if grace > 0 { Step::End } else { Step::Collect };
        self.state.plan(later(self.now, MOMENT), step, &self.key, metadata(&stored.value, "uid"));
        Ok(Deleted::Object(stored.value.clone()))
    }

    fn check_preconditions(&self, object: &Value, options: &DeleteOptions) -> Result<()> {
        let (uid, revision) = (metadata(object, "uid"), metadata(object, "resourceVersion"));
        if let Some(wanted) = options.uid.as_deref().filter(|wanted| *wanted != uid) {
            let why = format!(
                "the UID in the precondition ({wanted}) does not match the UID in record ({uid}). The object might have \
                 been deleted and then recreated"
            );
            return Err(Failure::precondition(self.key.resource, &self.key.name, &why));
        }
        if let Some(wanted) = options.revision.as_deref().filter(|wanted| *wanted != revision) {
            let why = format!(
                "the ResourceVersion in the precondition ({wanted}) does not match the ResourceVersion in record \
                 ({revision}). The object might have been modified"
            );
            return Err(Failure::precondition(self.key.resource, &self.key.name, &why));
        }
        Ok(())
    }
}

fn finalizers(object: &Value, options: &DeleteOptions, was_going: bool) -> Vec<String> {
    let mut finalizers: Vec<String> = object["metadata"]["finalizers"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|f| f.as_str().map(str::to_owned))
        .collect();
    let wanted = match options.policy.as_str() {
        "Foreground" => "foregroundDeletion",
        "Orphan" => "orphan",
        _ => return finalizers,
    };
    if !was_going && !finalizers.iter().any(|f| f == wanted) {
        finalizers.push(wanted.to_owned());
    }
    finalizers
}

/// A pod's grace period in seconds: none if no node runs it.
fn pod_grace(pod: &Value, wanted: Option<i64>) -> i64 {
    let ended = matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed"));
    if ended || pod["spec"]["nodeName"].as_str().unwrap_or_default().is_empty() {
        return 0;
    }
    wanted.unwrap_or_else(|| pod["spec"]["terminationGracePeriodSeconds"].as_i64().unwrap_or(30)).max(0)
}

fn mark(object: &mut Value, resource: Resource, now: jiff::Timestamp, grace: i64) {
    let at = later(now, Duration::from_secs(u64::try_from(grace).unwrap_or_default()));
    set_metadata(object, "deletionTimestamp", rfc3339(at).into());
    if resource == Resource::Namespaces {
        object["status"]["phase"] = "Terminating".into();
        return;
    }
    set_metadata(object, "deletionGracePeriodSeconds", grace.into());
    if resource == Resource::Pods {
        let generation = object["metadata"]["generation"].as_u64().unwrap_or(1) + 1;
        set_metadata(object, "generation", generation.into());
    }
}
