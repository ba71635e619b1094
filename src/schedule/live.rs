//! Schedules as they are on the server.

use serde_json::Value;

use crate::cluster::documents::{self, DocumentKind};
use crate::cluster::{Cluster, namespaces};
use crate::error::{Error, Result};
use crate::nearest;
use crate::shell;

use super::manifest::FOLDER;
use super::names::{self, Name};

/// An existing schedule.
#[derive(Debug, Clone, PartialEq)]
pub struct Live {
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// When it runs.
    pub cron: String,
    /// The time zone of these times; empty for the controller's own.
    pub time_zone: String,
    /// Whether a user has suspended it.
    pub suspended: bool,
    /// The image.
    pub image: String,
    /// The words that the image is started with.
    pub words: Vec<String>,
    /// The CronJob as it was read.
    pub document: Value,
}

impl Live {
    fn of(document: Value) -> Option<Self> {
        let name = names::of(&document)?.to_owned();
        let spec = &document["spec"];
        let container = &spec["jobTemplate"]["spec"]["template"]["spec"]["containers"][0];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Some(Self {
            name,
            namespace: text(&document["metadata"]["namespace"]),
            cron: text(&spec["schedule"]),
            time_zone: text(&spec["timeZone"]),
            suspended: spec["suspend"].as_bool().unwrap_or(false),
            image: text(&container["image"]),
            words: container["args"].as_array().into_iter().flatten().map(text).collect(),
            document,
        })
    }

    /// What runs, as it would be typed: `cleanup --yes`.
    #[must_use]
    pub fn runs(&self) -> String {
        let words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["run", script, rest @ ..] => command_line(script.strip_prefix(FOLDER).unwrap_or(script), rest),
            other => command_line("", other),
        }
    }
}

/// A script and its words as they would be typed.
#[must_use]
pub fn command_line(script: &str, words: &[impl AsRef<str>]) -> String {
    let script = (!script.is_empty()).then(|| shell::word(script));
    let words = words.iter().map(|word| match word.as_ref().split_once('=') {
        Some((name, value)) if !name.is_empty() => format!("{}={}", shell::word(name), shell::word(value)),
        _ => shell::word(word.as_ref()),
    });
    script.into_iter().chain(words).collect::<Vec<_>>().join(" ")
}

/// The schedules of a namespace, or (empty) of all.
///
/// # Errors
/// The server cannot be reached or refuses the request.
pub async fn list(cluster: &Cluster, namespace: &str) -> Result<Vec<Live>> {
    let found = documents::list(cluster, DocumentKind::CronJob, namespace, &names::selector()).await?;
    Ok(found.into_iter().filter_map(Live::of).collect())
}

/// One schedule by its name.
///
/// # Errors
/// The schedule does not exist (the error suggests the nearest name); the server cannot be reached or refuses the
/// request.
pub async fn find(cluster: &Cluster, namespace: &str, name: &Name) -> Result<Live> {
    let found = documents::get(cluster, DocumentKind::CronJob, namespace, &name.object()).await?;
    match found.filter(|found| name.owns(found)).and_then(Live::of) {
        Some(live) => Ok(live),
        None => Err(missing(cluster, namespace, name).await),
    }
}

/// The error of a name that no schedule has.
pub(super) async fn missing(cluster: &Cluster, namespace: &str, name: &Name) -> Error {
    if let Err(error) = namespaces::check(cluster, namespace).await {
        return error;
    }
    let error = Error::not_found(format!("no schedule `{}` in namespace `{namespace}`", name.as_str()));
    // the list only helps to word the error
    let others = list(cluster, namespace).await.unwrap_or_default();
    error
        .suggest(nearest::nearest(name.as_str(), others.iter().map(|live| live.name.as_str())))
        .hint("`mcpctl schedule list` prints the schedules, with `-A` of all namespaces")
}
