//! The catalog: where it comes from, and how old it is.

use std::path::PathBuf;
use std::time::Duration;

use crate::duration;

use super::finding::{Finding, State};
use super::scene::Scene;

const CHECK: &str = "catalog";

/// A catalog that nobody has renewed for this long may name images that are gone.
const OLD: Duration = Duration::from_secs(90 * 24 * 60 * 60);

pub(super) fn look(scene: &Scene) -> Vec<Finding> {
    let catalog = match scene.catalog() {
        Ok(catalog) => catalog,
        Err(error) => return vec![Finding::of(CHECK, State::Failed, &error)],
    };
    let mut findings = vec![Finding::ok(CHECK, format!("{}, {} servers", catalog.name, catalog.servers.len()))];
    for source in &catalog.sources {
        if let Some(age) = age(scene, source) {
            let shown = duration::age(i64::try_from(age.as_secs()).unwrap_or(i64::MAX));
            let found = format!("{source}: {shown} old");
            findings.push(if age > OLD {
                Finding::warning("catalog source", found, "get a newer one: `docker mcp catalog update`")
            } else {
                Finding::ok("catalog source", found)
            });
        }
    }
    for warning in &catalog.warnings {
        findings.push(Finding::warning(CHECK, warning.clone(), "mend or remove that file"));
    }
    findings
}

/// How long ago a source was written, where it is a file.
fn age(scene: &Scene, source: &str) -> Option<Duration> {
    let path = match source.strip_prefix("~/") {
        Some(below) => scene.host.settings.environment.home()?.join(below),
        None => scene.host.settings.folder.join(PathBuf::from(source)),
    };
    std::fs::metadata(path).ok()?.modified().ok()?.elapsed().ok()
}
