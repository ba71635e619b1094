//! What a dry run has imagined so far: later reads of the same run see what earlier steps would have made.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::cluster::objects::{Object, ObjectKind};

/// The imagined state of one connection; empty outside dry runs.
#[derive(Debug, Default)]
pub(in crate::cluster) struct DryRunState {
    state: Mutex<ImaginedObjects>,
}

#[derive(Debug, Default)]
struct ImaginedObjects {
    gone_pods: HashSet<String>,
    objects: HashMap<Key, Option<Object>>,
}

/// Kind, namespace, name.
type Key = (ObjectKind, String, String);

impl DryRunState {
    /// A pod would be gone; by UID, so that a new one of its name is not.
    pub(in crate::cluster) fn forget_pod(&self, uid: &str) {
        self.lock().gone_pods.insert(uid.to_owned());
    }

    /// Whether a pod would be gone.
    pub(in crate::cluster) fn pod_is_gone(&self, uid: &str) -> bool {
        self.lock().gone_pods.contains(uid)
    }

    /// An object would be like this, or gone (`None`).
    pub(in crate::cluster) fn set_object(&self, kind: ObjectKind, namespace: &str, name: &str, object: Option<Object>) {
        self.lock().objects.insert((kind, namespace.to_owned(), name.to_owned()), object);
    }

    /// What an object would be: `None` if nothing was imagined of it, `Some(None)` if it would be gone.
    pub(in crate::cluster) fn object(&self, kind: ObjectKind, namespace: &str, name: &str) -> Option<Option<Object>> {
        self.lock().objects.get(&(kind, namespace.to_owned(), name.to_owned())).cloned()
    }

    /// All imagined objects of a kind in a namespace (`""`: in all of them), with their names.
    pub(in crate::cluster) fn objects(
        &self,
        kind: ObjectKind,
        namespace: &str,
    ) -> Vec<(String, String, Option<Object>)> {
        let state = self.lock();
        let wanted =
            state.objects.iter().filter(|((k, n, _), _)| *k == kind && (namespace.is_empty() || n == namespace));
        wanted.map(|((_, namespace, name), object)| (namespace.clone(), name.clone(), object.clone())).collect()
    }

    fn lock(&self) -> MutexGuard<'_, ImaginedObjects> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
