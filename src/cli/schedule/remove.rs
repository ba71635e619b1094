//! `mcpctl schedule remove NAME…`.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::error::Result;
use crate::host::Host;
use crate::output::{Confirmation, Document};
use crate::schedule::{self, Name};
use crate::script::run::Ended;

/// Prints the objects to delete, asks, and deletes them.
pub(super) fn remove(host: &Arc<Host>, names: &[String]) -> Result<Ended> {
    host.refuse_if_read_only("remove a schedule")?;
    let names = names.iter().map(|name| Name::new(name)).collect::<Result<Vec<_>>>()?;
    let cluster = host.cluster()?;
    let namespace = cluster.namespace().to_owned();
    let mut all = Vec::new();
    for name in &names {
        all.push(host.wait(schedule::leaving(cluster, &namespace, name))?);
    }
    let objects: Vec<(&str, &str)> = all.iter().flat_map(schedule::Leaving::objects).collect();
    if !host.settings.dry_run {
        host.announce(&namespace)?;
        let told: Vec<String> = names.iter().map(|name| format!("`{}`", name.as_str())).collect();
        host.printer.line(&format!("{} objects of {}:", objects.len(), told.join(", ")));
        for (kind, name) in &objects {
            host.printer.line(&format!("  {kind}/{name}"));
        }
        let refusal = format!("refusing to delete {} objects without a confirmation", objects.len());
        host.prompter.confirm(&Confirmation::new("delete them?", refusal).hint(host.hint_to_confirm()))?;
    }
    for leaving in &all {
        host.wait(leaving.remove(cluster))?;
    }
    if !host.settings.dry_run {
        let value: Value = if host.shown()?.settings().form.is_document() {
            objects.iter().map(|(kind, name)| json!({ "kind": kind, "name": name, "result": "deleted" })).collect()
        } else {
            objects.iter().map(|(kind, name)| format!("{kind}/{name} deleted")).collect()
        };
        host.show(&Document::new(value))?;
    }
    Ok(Ended::nothing())
}
