//! What the parts of a schedule are called, and the labels by which they are known.

use serde_json::{Value, json};

use crate::cluster::names;
use crate::error::{Error, Result};

/// The field manager of all objects of a schedule.
pub const OWNER: &str = "mcpctl:schedule";

const MANAGED_BY: (&str, &str) = ("app.kubernetes.io/managed-by", "mcpctl");
const COMPONENT: (&str, &str) = ("app.kubernetes.io/component", "schedule");
const INSTANCE: &str = "app.kubernetes.io/instance";

/// The annotation of a CronJob whose schedule has a ClusterRole, too: its name.
pub(super) const WIDE: &str = "mcpctl/cluster-role";

/// A CronJob's name may have 52 characters, as the names of its Jobs are made from it.
const LONGEST: usize = 52;

/// The name of a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(String);

impl Name {
    /// The name that a script gives: `cleanup`, or `my-nightly` for `My_nightly.rhai`.
    ///
    /// # Errors
    /// The script's name gives no valid name for an object, or is too long.
    pub fn of_script(script: &str) -> Result<Self> {
        let kept: String =
            script.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        Self::new(kept.trim_matches('-')).map_err(|error| error.hint("name the schedule with `--name NAME`"))
    }

    /// A name as the user wrote it.
    ///
    /// # Errors
    /// A name that no object can have.
    pub fn new(name: &str) -> Result<Self> {
        let this = Self(name.to_owned());
        names::check_label_value("schedule", name)?;
        names::check_name("schedule", name)?;
        let length = this.object().len();
        if name.contains('.') || length > LONGEST {
            let most = LONGEST - (length - name.len());
            return Err(Error::usage(format!("`{name}` is not a valid schedule name"))
                .cause(format!("a name consists of up to {most} characters: a-z, 0-9 and `-`")));
        }
        Ok(this)
    }

    /// As people write it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of its objects.
    #[must_use]
    pub fn object(&self) -> String {
        format!("mcpctl-{}", self.0)
    }

    /// The name of its objects that lie in no namespace.
    #[must_use]
    pub fn cluster_object(&self, namespace: &str) -> String {
        format!("mcpctl.{namespace}.{}", self.0)
    }

    /// The labels of its objects.
    #[must_use]
    pub fn labels(&self) -> Value {
        json!({ MANAGED_BY.0: MANAGED_BY.1, COMPONENT.0: COMPONENT.1, INSTANCE: self.0 })
    }

    /// What selects its objects.
    #[must_use]
    pub fn selector(&self) -> String {
        format!("{},{INSTANCE}={}", selector(), self.0)
    }

    /// Whether an object is its own.
    #[must_use]
    pub fn owns(&self, object: &Value) -> bool {
        of(object).is_some_and(|name| name == self.0)
    }
}

/// What selects the objects of all schedules.
pub(super) fn selector() -> String {
    format!("{}={},{}={}", MANAGED_BY.0, MANAGED_BY.1, COMPONENT.0, COMPONENT.1)
}

/// The name of the schedule that an object belongs to; `None` if it belongs to none.
pub(super) fn of(object: &Value) -> Option<&str> {
    let labels = &object["metadata"]["labels"];
    let has = |(key, value): (&str, &str)| labels[key].as_str() == Some(value);
    (has(MANAGED_BY) && has(COMPONENT)).then(|| labels[INSTANCE].as_str())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_gives_a_name_that_objects_can_have() {
        for (script, name) in [("cleanup", "cleanup"), ("My_nightly.report", "my-nightly-report"), ("_x", "x")] {
            assert_eq!(Name::of_script(script).unwrap().as_str(), name);
        }
        for script in ["", "___", "ä", &"x".repeat(46)] {
            assert!(Name::of_script(script).is_err(), "{script}");
        }
        assert_eq!(Name::of_script(&"x".repeat(45)).unwrap().object().len(), LONGEST);
        assert!(Name::new("a.b").is_err() && Name::new("a,b").is_err() && Name::new("../a").is_err());
    }

    #[test]
    fn only_what_has_all_labels_is_a_schedules_own() {
        let name = Name::new("cleanup").unwrap();
        let mut object = json!({ "metadata": { "labels": name.labels() } });
        assert!(name.owns(&object));
        assert!(!Name::new("other").unwrap().owns(&object));
        object["metadata"]["labels"]["app.kubernetes.io/managed-by"] = "helm".into();
        assert!(!name.owns(&object) && !name.owns(&json!({})));
    }
}
