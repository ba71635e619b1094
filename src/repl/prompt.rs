//! The prompt: where a line will work, and what keeps it from doing so.

use crate::host::Host;
use crate::host::settings::SandboxState;
use crate::output::clean;

/// `kind-dev/mcp (read-only, dry run)> `.
pub(super) fn prompt(host: &Host) -> String {
    let (place, simulated) = match host.cluster() {
        Ok(cluster) => (format!("{}/{}", cluster.context(), cluster.namespace()), cluster.is_simulated()),
        Err(_) => ("no cluster".to_owned(), false),
    };
    let settings = &host.settings;
    let mut marks = Vec::new();
    if simulated {
        marks.push(match &settings.sandbox {
            Some(SandboxState::File(path)) => format!("in {}", path.display()),
            _ => "in memory".to_owned(),
        });
    }
    if settings.read_only {
        marks.push("read-only".to_owned());
    }
    if settings.dry_run {
        marks.push("dry run".to_owned());
    }
    if settings.yes {
        marks.push("yes to all".to_owned());
    }
    let marks = if marks.is_empty() { String::new() } else { format!(" ({})", marks.join(", ")) };
    // the names come from a kubeconfig that another person may have written
    format!("{}> ", clean::cell(&format!("{place}{marks}")))
}
