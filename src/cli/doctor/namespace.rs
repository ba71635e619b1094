//! The namespace, and which pods it admits.

use serde_json::{Value, json};

use super::context::DoctorContext;
use super::finding::{CheckState, Finding};
use crate::cluster::namespaces;
use crate::cluster::pods::{self, Admission};
use crate::error::{Kind, Result};

pub(super) fn look(context: &DoctorContext) -> Vec<Finding> {
    let cluster = match context.cluster("namespace") {
        Ok(cluster) => cluster,
        Err(unknown) => return vec![unknown, Finding::unknown("pod security"), Finding::unknown(ADMISSION)],
    };
    let name = cluster.namespace();
    let namespace = match context.wait(namespaces::get(cluster, name)) {
        Ok(Some(namespace)) => namespace,
        Ok(None) => {
            let near = context.wait(async { Ok(namespaces::nearest(cluster, name).await) }).ok().flatten();
            let make = match near {
                Some(near) => format!("did you mean `{near}`? `mcpctl doctor -n {near}`"),
                None => format!("`kubectl create namespace {name}`, or choose another with `-n`"),
            };
            return vec![
                Finding::failed("namespace", format!("there is no namespace {name}"), make),
                Finding::warning("pod security", format!("not known: there is no namespace {name}"), "make it first"),
                Finding::warning(ADMISSION, format!("not known: there is no namespace {name}"), "make it first"),
            ];
        }
        Err(error) if error.kind == Kind::Forbidden => {
            let unseen = |check| {
                Finding::warning(
                    check,
                    format!("you may not look at namespace {name}"),
                    "no need to, unless pods are refused",
                )
            };
            // its level is not needed for that
            let judged = context.wait(pods::judge(cluster, name, &sample()));
            return vec![unseen("namespace"), unseen("pod security"), admission(&judged)];
        }
        Err(error) => {
            return vec![
                Finding::of("namespace", CheckState::Failed, &error),
                Finding::warning("pod security", "not known", "look at the line `namespace` first"),
                Finding::warning(ADMISSION, "not known", "look at the line `namespace` first"),
            ];
        }
    };
    let there = if namespace.ending {
        Finding::failed(
            "namespace",
            format!("{name} is being deleted"),
            "wait for its end, or choose another with `-n`",
        )
    } else {
        Finding::ok("namespace", namespace.name.clone())
    };
    let judged = context.wait(pods::judge(cluster, name, &sample()));
    vec![there, pod_security(name, namespace.pod_security(), &judged), admission(&judged)]
}

/// The line about what admits or refuses pods, all together.
const ADMISSION: &str = "admission";

/// A pod such as the gateway makes, as far as admission looks at it.
fn sample() -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "generateName": "mcp-doctor-",
            "labels": { pods::MANAGED_BY: pods::GATEWAY, "app.kubernetes.io/component": "mcp-server" },
        },
        "spec": {
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 5,
            "containers": [{ "name": "mcp", "image": "mcp/time:latest", "stdin": true }],
        },
    })
}

/// What the server says of such a pod: quotas, LimitRanges, Pod Security and webhooks all judge it.
fn admission(judged: &Result<Admission>) -> Finding {
    match judged {
        Ok(Admission::Admitted) => {
            Finding::ok(ADMISSION, "quotas, limits, Pod Security and webhooks admit a pod such as the gateway's")
        }
        Ok(Admission::Refused(error)) => Finding::of(ADMISSION, CheckState::Failed, error),
        Ok(Admission::Unknown(why)) => Finding::warning(
            ADMISSION,
            format!("not checked: {why}"),
            "the gateway needs to create pods here: `mcpctl rbac verify`",
        ),
        Err(error) => Finding::of(ADMISSION, CheckState::Warning, error),
    }
}

/// The gateway gives its pods no security context, which `restricted` asks for. Whether the level refuses them is the server's
/// answer: users, namespaces and runtime classes can be exempt, and a webhook may add what is missing.
fn pod_security(namespace: &str, level: Option<&str>, judged: &Result<Admission>) -> Finding {
    let check = "pod security";
    let named = match level {
        Some(level) => format!("level {level}"),
        None => "the namespace sets no level, and the cluster's default".to_owned(),
    };
    match judged {
        Ok(Admission::Admitted) => Finding::ok(check, format!("{named} admits the gateway's pods")),
        Ok(Admission::Refused(error)) if violates(error) => Finding::of(check, CheckState::Failed, error),
        Ok(Admission::Refused(_)) => Finding::warning(
            check,
            format!("not known: {named} is not what refuses the gateway's pods"),
            "look at the line `admission` first",
        ),
        Ok(Admission::Unknown(why)) if matches!(level, None | Some("privileged" | "baseline")) => Finding::warning(
            check,
            format!("not checked: {why}; {named} may refuse the gateway's pods"),
            "the gateway needs to create pods here: `mcpctl rbac verify`",
        ),
        Ok(Admission::Unknown(why)) => Finding::warning(
            check,
            format!(
                "not checked: {why}; {named} refuses pods without a security context, such as the gateway's, unless they are exempt"
            ),
            namespaces::admit(namespace),
        ),
        Err(_) => Finding::warning(check, "not known", "look at the line `admission` first"),
    }
}

fn violates(error: &crate::error::Error) -> bool {
    error.cause.as_deref().is_some_and(|cause| cause.contains("violates PodSecurity"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    #[test]
    fn nothing_is_ok_that_the_server_was_not_asked_about() {
        let refused = |cause: &str| Ok(Admission::Refused(Error::new(Kind::Forbidden, "no").cause(cause)));
        type Row = (&'static str, Option<&'static str>, Result<Admission>, CheckState, CheckState);
        let violation = "violates PodSecurity \"restricted:latest\"";
        let table: [Row; 13] = [
            ("admitted, no level", None, Ok(Admission::Admitted), CheckState::Ok, CheckState::Ok),
            ("admitted, baseline", Some("baseline"), Ok(Admission::Admitted), CheckState::Ok, CheckState::Ok),
            ("restricted", Some("restricted"), refused(violation), CheckState::Failed, CheckState::Failed),
            ("an exempt user", Some("restricted"), Ok(Admission::Admitted), CheckState::Ok, CheckState::Ok),
            ("an unknown level", Some("x"), refused(violation), CheckState::Failed, CheckState::Failed),
            (
                "a quota first",
                Some("restricted"),
                refused("exceeded quota: q"),
                CheckState::Warning,
                CheckState::Failed,
            ),
            (
                "unknown, restricted",
                Some("restricted"),
                Ok(Admission::Unknown("x".into())),
                CheckState::Warning,
                CheckState::Warning,
            ),
            ("unknown, no level", None, Ok(Admission::Unknown("x".into())), CheckState::Warning, CheckState::Warning),
            (
                "unknown, privileged",
                Some("privileged"),
                Ok(Admission::Unknown("x".into())),
                CheckState::Warning,
                CheckState::Warning,
            ),
            ("the cluster's default", None, refused(violation), CheckState::Failed, CheckState::Failed),
            ("a quota", None, refused("exceeded quota: q"), CheckState::Warning, CheckState::Failed),
            (
                "a webhook",
                Some("baseline"),
                refused("admission webhook \"x\" denied"),
                CheckState::Warning,
                CheckState::Failed,
            ),
            ("no answer", None, Err(Error::new(Kind::Timeout, "no answer")), CheckState::Warning, CheckState::Warning),
        ];
        for (name, level, judged, security, all) in table {
            assert_eq!(pod_security("mcp", level, &judged).state, security, "{name}");
            assert_eq!(admission(&judged).state, all, "{name}");
        }
    }
}
