//! The gateway of this machine: which program, whether it has the flags that are needed, and whether the feature is on.

use super::context::DoctorContext;
use super::finding::{CheckState, Finding};
use crate::gateway::probe::{FEATURE, Probe};

const CHECK: &str = "gateway";

/// A gateway may run on another machine than this one, so what is wrong with it here is a warning.
pub(super) fn look(context: &DoctorContext) -> Vec<Finding> {
    match context.host.gateway_probe() {
        Ok(probe) => findings(&probe),
        Err(error) => vec![Finding::of(CHECK, CheckState::Warning, &error)],
    }
}

fn findings(probe: &Probe) -> Vec<Finding> {
    let obstacle = || probe.obstacle().map(|error| Finding::of(CHECK, CheckState::Warning, &error));
    if probe.program.is_empty() || probe.in_cluster {
        return obstacle().into_iter().collect();
    }
    let name = probe.program_name();
    let mut found = vec![Finding::ok(CHECK, format!("{name} {}", probe.version).trim_end())];
    if !probe.has_flags() {
        found.extend(probe.obstacle().map(|error| Finding::of("gateway flags", CheckState::Warning, &error)));
        return found;
    }
    found.push(Finding::ok("gateway flags", "all that the Kubernetes mode needs"));
    let switch_on = format!("`{name} feature enable {FEATURE}`");
    found.push(match probe.feature {
        Some(true) => Finding::ok("feature flag", format!("{FEATURE} is on")),
        Some(false) => Finding::warning("feature flag", format!("{FEATURE} is off"), switch_on),
        None => Finding::warning("feature flag", format!("{name} does not say whether {FEATURE} is on"), switch_on),
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn states(probe: &Probe) -> Vec<String> {
        findings(probe).iter().map(|f| format!("{} {:?}", f.rows(None)[0][0], f.state)).collect()
    }

    #[test]
    fn each_thing_that_can_be_wrong_has_its_line() {
        let whole = Probe::simulated();
        assert_eq!(states(&whole), ["gateway Ok", "gateway flags Ok", "feature flag Ok"]);
        let off = Probe { feature: Some(false), ..whole.clone() };
        assert_eq!(states(&off)[2], "feature flag Warning");
        let old = Probe { missing_flags: vec!["--provisioner".to_owned()], ..whole.clone() };
        assert_eq!(states(&old), ["gateway Ok", "gateway flags Warning"]);
        assert_eq!(states(&Probe::default()), ["gateway Warning"]);
        assert_eq!(states(&Probe { in_cluster: true, ..whole }), ["gateway Warning"]);
    }
}
