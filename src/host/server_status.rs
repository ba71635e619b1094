//! The servers of a namespace with their pods, images, keys and failures: what `status` shows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use crate::cluster::objects::{Keys, ObjectKind};
use crate::cluster::pods::{Failure, Seen, Unhealthy, unhealthy};
use crate::error::Result;
use crate::provision::catalog::{Catalog, summaries};
use crate::provision::envfile::Role;
use crate::provision::requirements::{Requirements, requirements};
use crate::provision::status::{self, Gets, KeyReference, KeyStatus, LiveObject};

use super::Host;

/// What is known of the keys of a named object, for [`status::keys`]. `keys` is `None` where it is not looked at.
#[must_use]
pub fn live_object(name: &str, keys: Option<&Keys>) -> LiveObject {
    let (keys, absent, is_known) = match keys {
        Some(Keys::There { keys, absent }) => (keys.clone(), absent.clone(), true),
        Some(Keys::Absent) => (BTreeSet::new(), BTreeSet::new(), true),
        Some(Keys::Unknown(_)) | None => (BTreeSet::new(), BTreeSet::new(), false),
    };
    LiveObject { name: name.to_owned(), keys, absent, is_known }
}

/// What the pods of a server refer to, and whether they get it. Pods that have ended need nothing any more.
#[must_use]
pub fn references<'a>(pods: impl IntoIterator<Item = &'a Seen>) -> Vec<KeyReference> {
    let mut all = Vec::new();
    let role_of = |kind| if kind == ObjectKind::ConfigMap { Role::Config } else { Role::Secret };
    for seen in pods.into_iter().filter(|seen| !seen.pod.is_finished() && !seen.pod.terminating) {
        let lack = unhealthy(seen).and_then(|unhealthy| unhealthy.lack);
        for one in &seen.references {
            let is_lacking = lack.as_ref().is_some_and(|lack| {
                lack.kind == one.kind && lack.name == one.name && (lack.is_object || lack.key == one.key)
            });
            let gets = match (is_lacking && !one.is_optional, seen.pod.is_running() && !one.is_optional) {
                (true, _) => Gets::No,
                (_, true) => Gets::Yes,
                _ => Gets::Unknown,
            };
            all.push(KeyReference { role: role_of(one.kind), object: one.name.clone(), key: one.key.clone(), gets });
        }
    }
    all
}

/// A server, its pods by session, its keys and its failures.
#[derive(Debug, Clone)]
pub struct ServerStatus {
    /// Its name.
    pub name: String,
    /// The namespace.
    pub namespace: String,
    /// Its image as the catalog has it; empty if the catalog does not have the server.
    pub image: String,
    /// Whether the nodes have the image: `present`, `missing` or `unknown`.
    pub image_state: &'static str,
    /// Its keys.
    pub keys: KeyStatus,
    /// Its pods by session, with what is wrong with them.
    pub sessions: BTreeMap<String, Vec<(Seen, Option<Unhealthy>)>>,
    /// The last failures of its pods, the newest first.
    pub failures: Vec<Failure>,
    /// The time of the look, by the server's clock.
    pub now: Timestamp,
}

impl ServerStatus {
    /// Whether one of its pods is not healthy.
    #[must_use]
    pub fn is_unhealthy(&self) -> bool {
        self.sessions.values().flatten().any(|(_, unhealthy)| unhealthy.is_some())
    }
}

/// The pods and objects of one look.
pub struct Look {
    /// The pods.
    pub pods: Vec<Seen>,
    /// The ConfigMap.
    pub config: LiveObject,
    /// The Secret.
    pub secret: LiveObject,
    /// The namespace of servers without pods.
    pub namespace: String,
    /// The server's clock.
    pub now: Timestamp,
}

/// What stays the same from look to look: what the catalog says of servers, and where images are.
pub struct Survey {
    catalog: Option<Arc<Catalog>>,
    needs: BTreeMap<String, Requirements>,
    wanted: Vec<String>,
    images: BTreeMap<String, &'static str>,
}

impl Survey {
    /// Reads the catalog; without one, what servers need is not known, which is a warning. `wanted` are the servers that
    /// are meant, all if it is empty.
    ///
    /// # Errors
    /// The run is refused or interrupted.
    pub fn new(host: &Host, wanted: Vec<String>) -> Result<Self> {
        let catalog = match host.catalog() {
            Ok(catalog) => Some(catalog),
            Err(error) if error.kind.is_final() => return Err(error),
            Err(error) => {
                host.printer.warn(&format!("what servers need is not known: {}", error.message));
                None
            }
        };
        for line in catalog.iter().flat_map(|catalog| summaries(catalog.broken.values())) {
            host.printer.warn(&line);
        }
        let servers = catalog.iter().flat_map(|catalog| catalog.servers.values());
        let needs = servers.map(|server| (server.name.clone(), requirements(server))).collect();
        Ok(Self { catalog, needs, wanted, images: BTreeMap::new() })
    }

    /// The servers of a look: those that have pods, and those whose values are in the objects. The unhealthy come first.
    ///
    /// # Errors
    /// A wanted server that neither the catalog nor a pod knows; the run is refused or interrupted.
    pub fn servers(&mut self, host: &Host, look: &Look) -> Result<Vec<ServerStatus>> {
        let mut groups: BTreeMap<(String, String), Vec<&Seen>> = BTreeMap::new();
        for seen in &look.pods {
            groups.entry((seen.pod.namespace.to_string(), seen.pod.server.to_string())).or_default().push(seen);
        }
        let mut names = status::servers_behind(self.needs.values(), &look.config.keys, &look.secret.keys);
        if !self.wanted.is_empty() {
            groups.retain(|(_, name), _| self.wanted.contains(name));
            names = self.wanted.iter().cloned().collect();
            self.refuse_unknown(&names, &groups)?;
        }
        for name in names {
            if !groups.keys().any(|(_, known)| *known == name) {
                groups.insert((look.namespace.clone(), name), Vec::new());
            }
        }
        let mut servers: Vec<ServerStatus> =
            groups.into_iter().map(|((namespace, name), pods)| self.server(namespace, name, &pods, look)).collect();
        self.look_at_images(host, &servers)?;
        for server in servers.iter_mut().filter(|server| server.image_state == "unknown") {
            server.image_state = self.images.get(&server.image).copied().unwrap_or("unknown");
        }
        servers.sort_by_key(|server| !server.is_unhealthy());
        Ok(servers)
    }

    /// An unknown name that has no pod either is more likely a slip.
    fn refuse_unknown(&self, names: &BTreeSet<String>, groups: &BTreeMap<(String, String), Vec<&Seen>>) -> Result<()> {
        let Some(catalog) = self.catalog.as_ref().filter(|catalog| !catalog.servers.is_empty()) else { return Ok(()) };
        let is_known =
            |name: &&String| catalog.servers.contains_key(*name) || groups.keys().any(|(_, known)| known == *name);
        names.iter().find(|name| !is_known(name)).map_or(Ok(()), |name| catalog.server(name).map(|_| ()))
    }

    fn server(&self, namespace: String, name: String, pods: &[&Seen], look: &Look) -> ServerStatus {
        let mut sessions: BTreeMap<String, Vec<(Seen, Option<Unhealthy>)>> = BTreeMap::new();
        for seen in pods {
            sessions.entry(seen.pod.session.to_string()).or_default().push(((*seen).clone(), unhealthy(seen)));
        }
        let mut failures: Vec<Failure> = pods.iter().filter_map(|seen| seen.failure.clone()).collect();
        failures.sort_by_key(|failure| std::cmp::Reverse(failure.at));
        let references = references(pods.iter().copied());
        let keys = status::keys(self.needs.get(&name), &references, &look.config, &look.secret);
        let image = self.catalog.as_ref().and_then(|catalog| catalog.servers.get(&name));
        let image = image.map(|server| server.image.clone()).unwrap_or_default();
        ServerStatus { name, namespace, image, image_state: image_of(pods), keys, sessions, failures, now: look.now }
    }

    /// Looks at the images that no pod shows anything of, each once: in the local engine where that is the cluster's,
    /// else in what the nodes list.
    fn look_at_images(&mut self, host: &Host, servers: &[ServerStatus]) -> Result<()> {
        let mut open: Vec<String> = Vec::new();
        for server in servers.iter().filter(|server| server.image_state == "unknown" && !server.image.is_empty()) {
            if !self.images.contains_key(&server.image) && !open.contains(&server.image) {
                open.push(server.image.clone());
            }
        }
        if open.is_empty() {
            return Ok(());
        }
        self.images.extend(open.iter().map(|image| (image.clone(), "unknown")));
        match self.look_in_engine(host, &open) {
            Ok(true) => return Ok(()),
            Ok(false) => {}
            Err(error) if error.kind.is_final() => return Err(error),
            Err(error) => {
                host.printer.info(&format!("whether the engine has images is not known: {}", error.message));
            }
        }
        for image in host.listed_images(&open)? {
            self.images.insert(image, "present");
        }
        Ok(())
    }

    /// Gives whether the nodes have their images from the engine that is in use here.
    fn look_in_engine(&mut self, host: &Host, open: &[String]) -> Result<bool> {
        let chosen = &host.image_strategy()?.strategy;
        let images = host.images()?;
        if chosen.way() != "engine" {
            return Ok(false);
        }
        if chosen.name() != "docker" {
            let engine = host.wait(images.engine())?;
            if !engine.is_empty() && engine != chosen.name() {
                return Ok(false);
            }
        }
        for image in open {
            let state = if host.wait(images.present(image))? { "present" } else { "missing" };
            self.images.insert(image.clone(), state);
        }
        Ok(true)
    }
}

/// What pods show of their image: those that started had it, those that cannot get it do not have it.
fn image_of(pods: &[&Seen]) -> &'static str {
    let pull = ["ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName"];
    if pods.iter().any(|seen| pull.contains(&&*seen.pod.status)) {
        return "missing";
    }
    let has_started = |seen: &&Seen| &*seen.pod.phase != "Pending" && &*seen.pod.status != "Evicted";
    if pods.iter().any(has_started) { "present" } else { "unknown" }
}
