//! `mcpctl schedule list`.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::cluster::namespaces;
use crate::duration;
use crate::error::Result;
use crate::host::Host;
use crate::output::{Column, Document, Table};
use crate::schedule::{self, Job, Live};
use crate::script::run::Ended;

/// Lists the schedules with their last runs.
pub(super) fn list(host: &Arc<Host>) -> Result<Ended> {
    let cluster = host.cluster()?;
    let everywhere = host.settings.all_namespaces;
    let namespace = if everywhere { "" } else { cluster.namespace() };
    let found = host.wait(schedule::list(cluster, namespace))?;
    if found.is_empty() && !everywhere {
        host.wait(namespaces::check(cluster, namespace))?;
    }
    let jobs = if found.is_empty() { Vec::new() } else { host.wait(schedule::jobs(cluster, namespace, None))? };
    let last = |live: &Live| {
        let own = jobs.iter().filter(|job| job.schedule == live.name && job.namespace == live.namespace);
        schedule::newest(own).cloned()
    };
    let mut columns: Vec<Column> = ["name", "cron", "state", "last run", "result"].map(Column::new).into();
    columns.extend(["runs", "image"].map(|name| Column::new(name).wide()));
    if everywhere {
        columns.insert(0, Column::new("namespace"));
    }
    let mut table = Table::new(columns);
    let mut values = Vec::new();
    for live in &found {
        let job = last(live);
        let mut row = row(live, job.as_ref());
        if everywhere {
            row.insert(0, live.namespace.clone());
        }
        table.row(row);
        values.push(value(live, job.as_ref()));
    }
    let place = host.place("")?;
    let count = if found.len() == 1 { "1 schedule".to_owned() } else { format!("{} schedules", found.len()) };
    let document = Document::new(values.into()).table(table).kind("schedule");
    host.show(&document.summary(format!("{count}, {place}")).empty(format!("no schedules in {place}")))?;
    Ok(Ended::nothing())
}

fn row(live: &Live, job: Option<&Job>) -> Vec<String> {
    let cron = format!("{} {}", live.cron, live.time_zone);
    let ago = job
        .and_then(|job| job.created)
        .map(|created| format!("{} ago", duration::age((Timestamp::now().as_second() - created.as_second()).max(0))));
    vec![
        live.name.clone(),
        cron.trim_end().to_owned(),
        if live.suspended { "suspended" } else { "active" }.to_owned(),
        ago.unwrap_or_default(),
        job.map(|job| job.state.text()).unwrap_or_default(),
        live.runs(),
        live.image.clone(),
    ]
}

fn value(live: &Live, job: Option<&Job>) -> Value {
    let last = job.map(
        |job| json!({ "job": job.name, "created": job.created.map(|at| at.to_string()), "result": job.state.text() }),
    );
    json!({
        "kind": "schedule", "name": live.name, "namespace": live.namespace, "cron": live.cron,
        "time_zone": if live.time_zone.is_empty() { Value::Null } else { live.time_zone.as_str().into() },
        "suspended": live.suspended, "image": live.image, "words": live.words, "last_run": last,
    })
}
