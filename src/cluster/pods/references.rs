//! Which ConfigMaps and Secrets the variables of a pod's containers come from.

use std::borrow::Cow;
use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Deserialize;

use crate::cluster::objects::ObjectKind;

/// What one container takes of one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// ConfigMap or Secret.
    pub kind: ObjectKind,
    /// The object's name.
    pub name: String,
    /// The key; `None` for all of them, put before with a prefix.
    pub key: Option<String>,
    /// Whether the container starts without it.
    pub is_optional: bool,
    /// Of all keys, those that do not get through: variables of these names are set otherwise.
    pub(super) hidden: BTreeSet<String>,
    pub(super) prefix: String,
}

/// The fields of a pod that tell where its variables come from.
#[derive(Deserialize)]
pub(super) struct References<'a> {
    #[serde(borrow, default)]
    spec: Spec<'a>,
    #[serde(default)]
    status: Status,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Status {
    #[serde(default)]
    container_statuses: Option<Vec<ContainerStatus>>,
}

#[derive(Deserialize)]
struct ContainerStatus {
    #[serde(default)]
    state: ContainerState,
}

#[derive(Deserialize, Default)]
struct ContainerState {
    #[serde(default)]
    running: Option<Running>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Running {
    #[serde(default)]
    started_at: Option<Timestamp>,
}

#[derive(Deserialize, Default)]
struct Spec<'a> {
    #[serde(borrow, default)]
    containers: Vec<Container<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Container<'a> {
    #[serde(borrow, default)]
    env: Option<Vec<Variable<'a>>>,
    #[serde(borrow, default)]
    env_from: Option<Vec<Source<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Variable<'a> {
    #[serde(borrow, default)]
    name: Cow<'a, str>,
    #[serde(borrow, default)]
    value_from: Option<ValueFrom<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ValueFrom<'a> {
    #[serde(borrow, default)]
    secret_key_ref: Option<Key<'a>>,
    #[serde(borrow, default)]
    config_map_key_ref: Option<Key<'a>>,
}

#[derive(Deserialize)]
struct Key<'a> {
    #[serde(borrow, default)]
    name: Cow<'a, str>,
    #[serde(borrow, default)]
    key: Cow<'a, str>,
    #[serde(default)]
    optional: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Source<'a> {
    #[serde(borrow, default)]
    prefix: Cow<'a, str>,
    #[serde(borrow, default)]
    secret_ref: Option<Named<'a>>,
    #[serde(borrow, default)]
    config_map_ref: Option<Named<'a>>,
}

#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow, default)]
    name: Cow<'a, str>,
    #[serde(default)]
    optional: bool,
}

impl References<'_> {
    pub(super) fn uses(&self) -> Vec<Reference> {
        self.spec.containers.iter().flat_map(Container::uses).collect()
    }

    /// When the last container that runs was started.
    pub(super) fn started(&self) -> Option<Timestamp> {
        let statuses = self.status.container_statuses.iter().flatten();
        statuses.filter_map(|status| status.state.running.as_ref()?.started_at).max()
    }
}

impl Container<'_> {
    fn uses(&self) -> Vec<Reference> {
        let variables = || self.env.iter().flatten();
        let hidden: BTreeSet<String> = variables().map(|variable| variable.name.to_string()).collect();
        let one = |kind, key: &Option<Key<'_>>| {
            key.as_ref().map(|key| Reference {
                kind,
                name: key.name.to_string(),
                key: Some(key.key.to_string()),
                is_optional: key.optional,
                hidden: BTreeSet::new(),
                prefix: String::new(),
            })
        };
        let all = |kind, object: &Option<Named<'_>>, prefix: &str| {
            object.as_ref().map(|object| Reference {
                kind,
                name: object.name.to_string(),
                key: None,
                is_optional: object.optional,
                hidden: hidden.clone(),
                prefix: prefix.to_owned(),
            })
        };
        let by_key = variables().filter_map(|variable| variable.value_from.as_ref()).flat_map(|from| {
            [one(ObjectKind::Secret, &from.secret_key_ref), one(ObjectKind::ConfigMap, &from.config_map_key_ref)]
        });
        let whole = self.env_from.iter().flatten().flat_map(|source| {
            [
                all(ObjectKind::Secret, &source.secret_ref, &source.prefix),
                all(ObjectKind::ConfigMap, &source.config_map_ref, &source.prefix),
            ]
        });
        by_key.chain(whole).flatten().collect()
    }
}
