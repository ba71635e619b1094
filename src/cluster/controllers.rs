//! What controls an object beside the user: a controller or a deployment tool that writes it again, so that other changes
//! are overwritten or become a difference that the tool reports.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

/// The label in which tools record themselves.
const MANAGED_BY: &str = "app.kubernetes.io/managed-by";

/// Something that controls an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Controller {
    /// What it is, as `ExternalSecret` or `Helm release`.
    pub tool: String,
    /// The name of its own object; empty where it is not recorded.
    pub name: String,
    /// Where that is recorded: `ownerReferences`, or the label or annotation.
    pub evidence: String,
}

impl fmt::Display for Controller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.is_empty() {
            return write!(f, "{} ({})", self.tool, self.evidence);
        }
        write!(f, "{} `{}` ({})", self.tool, self.name, self.evidence)
    }
}

/// An entry of `ownerReferences`.
#[derive(Debug, Clone, Deserialize)]
pub struct OwnerReference {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    controller: Option<bool>,
}

/// The part of the metadata that a rule looks at.
#[derive(Clone, Copy)]
enum Place {
    Label,
    Annotation,
}

/// How a rule reads the name of the tool's own object.
#[derive(Clone, Copy)]
enum Name {
    /// The value is the name.
    Value,
    /// The name is what stands before the first colon of the value.
    BeforeColon,
    /// The name is not recorded.
    Unknown,
}

/// What a key must look like.
#[derive(Clone, Copy)]
enum Key {
    Exact(&'static str),
    Prefix(&'static str),
    /// This key with this value, ignoring case.
    Valued(&'static str, &'static str),
    /// This key with a value that begins so, ignoring case.
    ValuePrefix(&'static str, &'static str),
}

/// The labels and annotations by which tools mark what they write, from their documentation; the more telling first.
const RULES: &[(&str, Place, Key, Name)] = &[
    ("Argo CD application", Place::Annotation, Key::Exact("argocd.argoproj.io/tracking-id"), Name::BeforeColon),
    ("Argo CD application", Place::Label, Key::Exact("argocd.argoproj.io/instance"), Name::Value),
    ("Argo CD", Place::Annotation, Key::Prefix("argocd.argoproj.io/"), Name::Unknown),
    ("Argo CD", Place::Label, Key::ValuePrefix(MANAGED_BY, "argocd"), Name::Unknown),
    ("Argo CD", Place::Label, Key::ValuePrefix(MANAGED_BY, "argo-cd"), Name::Unknown),
    ("Helm release", Place::Annotation, Key::Exact("meta.helm.sh/release-name"), Name::Value),
    ("Flux Kustomization", Place::Label, Key::Exact("kustomize.toolkit.fluxcd.io/name"), Name::Value),
    ("Flux HelmRelease", Place::Label, Key::Exact("helm.toolkit.fluxcd.io/name"), Name::Value),
    ("Flux", Place::Label, Key::Prefix("kustomize.toolkit.fluxcd.io/"), Name::Unknown),
    ("Flux", Place::Label, Key::Prefix("helm.toolkit.fluxcd.io/"), Name::Unknown),
    ("Flux", Place::Annotation, Key::Prefix("kustomize.toolkit.fluxcd.io/"), Name::Unknown),
    ("Flux", Place::Annotation, Key::Prefix("helm.toolkit.fluxcd.io/"), Name::Unknown),
    ("Flux", Place::Annotation, Key::Prefix("reconcile.fluxcd.io/"), Name::Unknown),
    ("Flux", Place::Annotation, Key::Prefix("fluxcd.io/"), Name::Unknown),
    ("Flux", Place::Label, Key::Prefix("fluxcd.io/"), Name::Unknown),
    ("Flux", Place::Label, Key::ValuePrefix(MANAGED_BY, "flux"), Name::Unknown),
    ("External Secrets", Place::Annotation, Key::Prefix("reconcile.external-secrets.io/"), Name::Unknown),
    ("External Secrets", Place::Label, Key::Prefix("reconcile.external-secrets.io/"), Name::Unknown),
    ("External Secrets", Place::Annotation, Key::Prefix("external-secrets.io/"), Name::Unknown),
    ("External Secrets", Place::Label, Key::Prefix("external-secrets.io/"), Name::Unknown),
    ("External Secrets", Place::Label, Key::ValuePrefix(MANAGED_BY, "external-secret"), Name::Unknown),
    ("Sealed Secrets", Place::Annotation, Key::Prefix("sealedsecrets.bitnami.com/"), Name::Unknown),
    ("Sealed Secrets", Place::Label, Key::Prefix("sealedsecrets.bitnami.com/"), Name::Unknown),
    ("Sealed Secrets", Place::Label, Key::ValuePrefix(MANAGED_BY, "sealed-secret"), Name::Unknown),
    ("Helm", Place::Annotation, Key::Prefix("meta.helm.sh/"), Name::Unknown),
    ("Helm", Place::Annotation, Key::Prefix("helm.sh/"), Name::Unknown),
    ("Helm", Place::Label, Key::Valued(MANAGED_BY, "helm"), Name::Unknown),
    ("Helm", Place::Label, Key::Valued(MANAGED_BY, "tiller"), Name::Unknown),
    ("Helm", Place::Label, Key::Valued("heritage", "helm"), Name::Unknown),
    ("Helm", Place::Label, Key::Valued("heritage", "tiller"), Name::Unknown),
    ("Helm", Place::Label, Key::Prefix("helm.sh/"), Name::Unknown),
    ("Kustomize", Place::Label, Key::ValuePrefix(MANAGED_BY, "kustomize"), Name::Unknown),
    ("Kustomize", Place::Annotation, Key::Exact("config.kubernetes.io/origin"), Name::Unknown),
    ("Kustomize", Place::Annotation, Key::Exact("alpha.config.kubernetes.io/transformations"), Name::Unknown),
    ("Kustomize", Place::Annotation, Key::Prefix("internal.config.kubernetes.io/"), Name::Unknown),
    ("Kustomize", Place::Annotation, Key::Prefix("kustomize.config.k8s.io/"), Name::Unknown),
    ("Vault Secrets Operator", Place::Label, Key::Valued(MANAGED_BY, "hashicorp-vso"), Name::Unknown),
    ("Terraform", Place::Label, Key::Valued(MANAGED_BY, "terraform"), Name::Unknown),
    ("Pulumi", Place::Label, Key::Valued(MANAGED_BY, "pulumi"), Name::Unknown),
    ("kapp", Place::Label, Key::Exact("kapp.k14s.io/app"), Name::Unknown),
    ("Secrets Store CSI driver", Place::Label, Key::Valued("secrets-store.csi.k8s.io/managed", "true"), Name::Unknown),
    ("cert-manager certificate", Place::Annotation, Key::Exact("cert-manager.io/certificate-name"), Name::Value),
];

/// What controls an object, each tool once: controllers among its owners, and tools that have marked it.
pub(super) fn of(
    owners: &[OwnerReference],
    labels: &BTreeMap<String, String>,
    annotations: &BTreeMap<String, String>,
) -> Vec<Controller> {
    let controllers = owners.iter().filter(|owner| owner.controller == Some(true));
    let mut found: Vec<Controller> = controllers
        .map(|owner| Controller {
            tool: owner.kind.clone(),
            name: owner.name.clone(),
            evidence: "ownerReferences".to_owned(),
        })
        .collect();
    let by_owner = |found: &[Controller], tool: &str| {
        found.iter().any(|one| one.tool.starts_with(tool.trim_end_matches('s').replace(' ', "").as_str()))
    };
    for &(tool, place, key, name) in RULES {
        let (fields, word) = match place {
            Place::Label => (labels, "label"),
            Place::Annotation => (annotations, "annotation"),
        };
        let Some((field, value)) = fields.iter().find(|(field, value)| key.fits(field, value)) else { continue };
        let product = tool.split(' ').next().unwrap_or(tool);
        if by_owner(&found, tool) || found.iter().any(|one| one.tool.split(' ').next() == Some(product)) {
            continue;
        }
        let name = match name {
            Name::Value => value.clone(),
            Name::BeforeColon => value.split(':').next().unwrap_or_default().to_owned(),
            Name::Unknown => String::new(),
        };
        found.push(Controller { tool: tool.to_owned(), name, evidence: format!("{word} `{field}`") });
    }
    found
}

impl Key {
    fn fits(self, key: &str, value: &str) -> bool {
        let starts =
            |value: &str, start: &str| value.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start));
        match self {
            Self::Exact(wanted) => key == wanted,
            Self::Prefix(start) => key.starts_with(start),
            Self::Valued(wanted, text) => key == wanted && value.eq_ignore_ascii_case(text),
            Self::ValuePrefix(wanted, start) => key == wanted && starts(value, start),
        }
    }
}

/// Several of them in one text.
#[must_use]
pub fn named(controllers: &[Controller]) -> String {
    controllers.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn tools_are_recognised_by_their_marks() {
        type Fields = &'static [(&'static str, &'static str)];
        let table: [(&str, Fields, Fields, &str); 26] = [
            (
                "helm",
                &[(MANAGED_BY, "Helm")],
                &[("meta.helm.sh/release-name", "web")],
                "Helm release `web` (annotation `meta.helm.sh/release-name`)",
            ),
            ("helm, label alone", &[(MANAGED_BY, "Helm")], &[], "Helm (label `app.kubernetes.io/managed-by`)"),
            ("helm 2", &[("heritage", "Tiller")], &[], "Helm (label `heritage`)"),
            (
                "argo, annotation",
                &[],
                &[("argocd.argoproj.io/tracking-id", "shop:/Secret:a/b")],
                "Argo CD application `shop` (annotation `argocd.argoproj.io/tracking-id`)",
            ),
            (
                "argo, label",
                &[("argocd.argoproj.io/instance", "shop")],
                &[],
                "Argo CD application `shop` (label `argocd.argoproj.io/instance`)",
            ),
            (
                "flux",
                &[
                    ("kustomize.toolkit.fluxcd.io/name", "apps"),
                    ("kustomize.toolkit.fluxcd.io/namespace", "flux-system"),
                ],
                &[],
                "Flux Kustomization `apps` (label `kustomize.toolkit.fluxcd.io/name`)",
            ),
            (
                "flux helm",
                &[("helm.toolkit.fluxcd.io/name", "web")],
                &[],
                "Flux HelmRelease `web` (label `helm.toolkit.fluxcd.io/name`)",
            ),
            (
                "external secrets",
                &[("reconcile.external-secrets.io/managed", "true")],
                &[],
                "External Secrets (label `reconcile.external-secrets.io/managed`)",
            ),
            (
                "external secrets, merged",
                &[],
                &[("reconcile.external-secrets.io/data-hash", "0")],
                "External Secrets (annotation `reconcile.external-secrets.io/data-hash`)",
            ),
            (
                "sealed secrets",
                &[],
                &[("sealedsecrets.bitnami.com/managed", "true")],
                "Sealed Secrets (annotation `sealedsecrets.bitnami.com/managed`)",
            ),
            ("kustomize", &[(MANAGED_BY, "kustomize-v5.0.0")], &[], "Kustomize (label `app.kubernetes.io/managed-by`)"),
            (
                "kustomize, origin",
                &[],
                &[("config.kubernetes.io/origin", "path: x")],
                "Kustomize (annotation `config.kubernetes.io/origin`)",
            ),
            (
                "vault",
                &[(MANAGED_BY, "hashicorp-vso")],
                &[],
                "Vault Secrets Operator (label `app.kubernetes.io/managed-by`)",
            ),
            (
                "argo, options alone",
                &[],
                &[("argocd.argoproj.io/sync-options", "Prune=false")],
                "Argo CD (annotation `argocd.argoproj.io/sync-options`)",
            ),
            ("argo, written apart", &[(MANAGED_BY, "argo-cd")], &[], "Argo CD (label `app.kubernetes.io/managed-by`)"),
            (
                "flux, namespace alone",
                &[("kustomize.toolkit.fluxcd.io/namespace", "flux-system")],
                &[],
                "Flux (label `kustomize.toolkit.fluxcd.io/namespace`)",
            ),
            ("flux 1", &[("fluxcd.io/sync-gc-mark", "x")], &[], "Flux (label `fluxcd.io/sync-gc-mark`)"),
            ("helm, hook", &[], &[("helm.sh/hook", "pre-install")], "Helm (annotation `helm.sh/hook`)"),
            (
                "helm, namespace alone",
                &[],
                &[("meta.helm.sh/release-namespace", "web")],
                "Helm (annotation `meta.helm.sh/release-namespace`)",
            ),
            (
                "sealed secrets, label",
                &[("sealedsecrets.bitnami.com/sealed-secrets-key", "active")],
                &[],
                "Sealed Secrets (label `sealedsecrets.bitnami.com/sealed-secrets-key`)",
            ),
            (
                "external secrets, operator",
                &[(MANAGED_BY, "external-secrets-operator")],
                &[],
                "External Secrets (label `app.kubernetes.io/managed-by`)",
            ),
            (
                "kustomize, internal",
                &[],
                &[("internal.config.kubernetes.io/path", "x.yaml")],
                "Kustomize (annotation `internal.config.kubernetes.io/path`)",
            ),
            ("a value in capitals", &[(MANAGED_BY, "FLUXCD")], &[], "Flux (label `app.kubernetes.io/managed-by`)"),
            ("mcpctl's own", &[(MANAGED_BY, "mcp-gateway-provisioning")], &[("note", "x")], ""),
            ("an application's name", &[("app.kubernetes.io/instance", "web"), ("app", "web")], &[], ""),
            ("applied with kubectl", &[], &[("kubectl.kubernetes.io/last-applied-configuration", "{}")], ""),
        ];
        for (name, labels, annotations, expected) in table {
            assert_eq!(named(&of(&[], &fields(labels), &fields(annotations))), expected, "{name}");
        }
    }

    #[test]
    fn only_a_controller_among_the_owners_counts_and_each_tool_once() {
        let owners = |value: serde_json::Value| serde_json::from_value::<Vec<OwnerReference>>(value).unwrap();
        let none = BTreeMap::new();
        let sealed = owners(json!([{"kind": "SealedSecret", "name": "s", "controller": true}]));
        let marks = fields(&[("sealedsecrets.bitnami.com/managed", "true")]);
        assert_eq!(named(&of(&sealed, &none, &marks)), "SealedSecret `s` (ownerReferences)");
        let external = owners(json!([{"kind": "ExternalSecret", "name": "e", "controller": true}]));
        let marks = fields(&[("reconcile.external-secrets.io/managed", "true")]);
        assert_eq!(named(&of(&external, &marks, &none)), "ExternalSecret `e` (ownerReferences)");
        let unknown = owners(json!([{"kind": "Widget", "name": "w", "controller": true}]));
        assert_eq!(named(&of(&unknown, &none, &none)), "Widget `w` (ownerReferences)");
        for without in
            [json!([{"kind": "Node", "name": "n"}]), json!([{"kind": "Node", "name": "n", "controller": false}])]
        {
            assert!(of(&owners(without), &none, &none).is_empty());
        }
        let both = fields(&[("kapp.k14s.io/app", "1"), (MANAGED_BY, "Helm")]);
        assert_eq!(of(&[], &both, &none).len(), 2);
    }
}
