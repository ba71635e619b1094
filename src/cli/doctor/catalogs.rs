//! The sources of the catalog: what each gives, and how old that is.

use std::time::Duration;

use jiff::Timestamp;

use super::context::DoctorContext;
use super::finding::{CheckState, Finding};
use crate::duration;
use crate::provision::catalog::reader::SourceState;

const CHECK: &str = "catalog";

/// A catalog that nobody has renewed for this long may name images that are gone.
const OLD: Duration = Duration::from_secs(90 * 24 * 60 * 60);

pub(super) fn look(context: &DoctorContext) -> Vec<Finding> {
    match context.host.catalog_sources() {
        Ok(sources) if sources.is_empty() => {
            vec![Finding::failed(CHECK, "there is none", "name one with `--catalog FILE|URL`")]
        }
        Ok(sources) => {
            // a broken file that nobody named is left out, and the others serve
            let broken = if context.catalog().is_ok() { CheckState::Warning } else { CheckState::Failed };
            sources.iter().flat_map(|source| source_lines(source, broken, Timestamp::now())).collect()
        }
        Err(error) => vec![Finding::of(CHECK, CheckState::Failed, &error)],
    }
}

fn source_lines(source: &SourceState, broken: CheckState, now: Timestamp) -> Vec<Finding> {
    let read = match &source.read {
        Ok(origin) => {
            let servers =
                if origin.servers == 1 { "1 server".to_owned() } else { format!("{} servers", origin.servers) };
            let age = origin.current.map(|since| u64::try_from(now.duration_since(since).as_secs()).unwrap_or(0));
            let found = match age {
                Some(age) => {
                    let shown = duration::age(i64::try_from(age).unwrap_or(i64::MAX));
                    format!("{}: {servers}, {shown} old", source.place)
                }
                None => format!("{}: {servers}", source.place),
            };
            if age.is_some_and(|age| age > OLD.as_secs()) {
                Finding::warning(CHECK, found, "get a newer one: `docker mcp catalog update`, or another `--catalog`")
            } else {
                Finding::ok(CHECK, found)
            }
        }
        Err(error) => Finding::of(CHECK, broken, error),
    };
    let warnings =
        source.warnings.iter().map(|text| Finding::warning(CHECK, text.clone(), "mend or replace that source"));
    std::iter::once(read).chain(warnings).collect()
}
