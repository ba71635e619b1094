//! `pods`, its part that looks at how they fare: with failures and keys, once or for as long as one watches.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use rhai::plugin::*;
use rhai::{Array, Dynamic, FnPtr, Map, NativeCallContext};
use tokio::time::timeout;

use super::filter;
use crate::cluster::objects::{Applied, KeyWatch, Keys, ObjectKind};
use crate::cluster::pods::{self, ChangedKeys, Failure, Pod, PodWatch, Seen};
use crate::cluster::{Cluster, namespaces};
use crate::error::Result;
use crate::host::Host;
use crate::host::server_status::{Look, live_object};
use crate::output::Printer;
use crate::primitives::api::functions::{ArrayOf, Optional};
use crate::primitives::api::options::Options;
use crate::primitives::api::raise::{Outcome, Raise, wrong_type};
use crate::primitives::catalog::rendering::array;
use crate::primitives::host;
use crate::provision::status::LiveObject;
use crate::record::KeyChange;

/// The functions of `pods` for looking at how they fare.
#[export_module(manifest)]
pub mod functions {
    /// How the pods of gateways fare: the pods, their last failures, and the keys of the ConfigMap and Secret that
    /// they live on.
    ///
    /// A map with `pods`, `failures` (maps with `pod`, `namespace`, `server`, `session`, `reason`, `exit_code`, which
    /// is `()` where no container ended, `message`, `at` and `age` in seconds), `configmap` and `secret` (maps with
    /// `state`: `there`, `absent` or `unknown`, `keys`, `absent` (keys that it lacks on purpose), and `reason`, why it is not known), `trouble` (why all this may
    /// be out of date; else empty) and `at`.
    ///
    /// # Parameters
    /// * `options` - see below, and those of `pods::list`
    ///
    /// # Options
    /// * `configmap` - the ConfigMap whose keys are looked at
    /// * `secret` - the Secret whose keys are looked at; never its values
    ///
    /// # Effects
    /// * `cluster: list pods`
    /// * `cluster: get configmaps`
    /// * `cluster: get secrets`
    ///
    /// # Errors
    /// * as `pods::list`; a ConfigMap or Secret that may not be read is no error
    ///
    /// # Example
    /// ```rhai
    /// let seen = pods::overview(#{ configmap: "c", secret: "s" });
    /// [seen.pods.len() == pods::list().len(), seen.configmap.state, seen.secret.keys]
    /// // => [true, "absent", []]
    /// ```
    #[rhai_fn(name = "overview", return_raw)]
    pub fn overview(context: NativeCallContext, options: Map) -> Outcome<Map> {
        let host = host(&context);
        look_once(&host, &options).raise(&context)
    }

    /// Gives a function how the pods of gateways fare, and does so again whenever that changes, until the function
    /// gives `false`. Nothing is polled. Except where results are drawn in place, a warning reports that the API server
    /// cannot be watched.
    ///
    /// # Parameters
    /// * `options` - see below, and those of `pods::overview`
    /// * `seen` - is given what `pods::overview` gives
    ///
    /// # Options
    /// * `every` - on a terminal, also after so long, so that ages are right
    ///
    /// # Effects
    /// * `cluster: list pods`
    /// * `cluster: watch pods`
    /// * `cluster: get configmaps`
    /// * `cluster: watch configmaps`
    /// * `cluster: get secrets`
    /// * `cluster: watch secrets`
    ///
    /// # Errors
    /// * no right to watch pods; one that fails in the function
    ///
    /// # Example
    /// ```rhai
    /// let looks = 0;
    /// pods::watch(#{ configmap: "c", secret: "s" }, |seen| {
    ///     looks += 1;
    ///     if looks == 1 { configmaps::create("c", #{ "a": "1" }); }
    ///     seen.configmap.state != "there"
    /// });
    /// looks > 1
    /// // => true
    /// ```
    #[rhai_fn(name = "watch", return_raw)]
    pub fn watch(context: NativeCallContext, options: Map, seen: FnPtr) -> Outcome<()> {
        let host = host(&context);
        let (mut looking, every) = Looking::new(&host, "pods::watch", &options).raise(&context)?;
        loop {
            host.wait(looking.changed(every)).raise(&context)?;
            looking.warn_if_lost(&host);
            let go_on = seen.call_within_context::<Dynamic>(&context, (looking.map(),))?;
            if go_on.as_bool() == Ok(false) || host.settings.dry_run || host.printer.is_closed() {
                return Ok(());
            }
        }
    }

    /// The running pods that still hold an old value of what was changed: those that were started before, and have the
    /// ConfigMap, or a changed key of the Secret, among their variables. A key that is new had no old value.
    ///
    /// # Parameters
    /// * `changes` - what `configmaps::apply`, `secrets::apply` and their like gave, or an array of it
    ///
    /// # Options
    /// * `earlier` - also of what was found unchanged: by the time of its last change, whatever key that was of
    ///
    /// # Effects
    /// * `cluster: list pods`
    ///
    /// # Errors
    /// * something that is no change; the cluster says no
    ///
    /// # Example
    /// ```rhai
    /// configmaps::apply("mcp-gateway-config", #{ url: "http://a" });
    /// let again = configmaps::apply("mcp-gateway-config", #{ url: "http://a" });
    /// [pods::outdated(again).len(), pods::outdated(again, #{ earlier: true }).len() > 0]
    /// // => [0, true]
    /// ```
    #[rhai_fn(return_raw)]
    pub fn outdated(context: NativeCallContext, changes: Dynamic, options: Optional<Map>) -> Outcome<ArrayOf<Pod>> {
        let host = host(&context);
        let found = Options::new("pods::outdated", &options, &["earlier"])
            .and_then(|options| options.flag("earlier"))
            .and_then(|earlier| changed_keys(&changes, earlier))
            .and_then(|changes| host.wait(pods::outdated(host.cluster()?, &changes)))
            .raise(&context)?;
        Ok(found.into_iter().map(|pod| Dynamic::from(Arc::new(pod))).collect())
    }
}

/// What is looked at.
pub(super) struct Looking {
    cluster: Cluster,
    /// Where, unless it is everywhere.
    namespace: Option<String>,
    pods: PodWatch,
    configmap: Shown,
    secret: Shown,
    begun: bool,
    /// The names of the ConfigMap and the Secret.
    names: [String; 2],
    /// Whether the API server could not be watched when last looked at.
    lost: bool,
    /// The servers that are meant; all if there are none.
    pub(super) wanted: Vec<String>,
}

/// The keys of an object, if they are looked at.
enum Shown {
    Nothing,
    /// Keys of one object cannot be those of pods in many namespaces.
    Everywhere,
    Watched(Box<KeyWatch>),
}

impl Shown {
    fn of(cluster: &Cluster, kind: ObjectKind, namespace: Option<&str>, name: Option<&str>) -> Result<Self> {
        match (name, namespace) {
            (None, _) => Ok(Self::Nothing),
            (Some(_), None) => Ok(Self::Everywhere),
            (Some(name), Some(place)) => KeyWatch::new(cluster, kind, place, name).map(|w| Self::Watched(Box::new(w))),
        }
    }

    async fn changed(&mut self) -> Result<()> {
        match self {
            Self::Watched(watch) => watch.changed().await,
            _ => std::future::pending().await,
        }
    }

    /// Waits for the first look.
    async fn first(&mut self) -> Result<()> {
        match self {
            Self::Watched(watch) => watch.changed().await,
            _ => Ok(()),
        }
    }

    fn live(&self, name: &str) -> LiveObject {
        match self {
            Self::Watched(watch) => live_object(name, Some(watch.keys())),
            _ => live_object(name, None),
        }
    }

    fn exists(&self) -> bool {
        matches!(self, Self::Watched(watch) if matches!(watch.keys(), Keys::There { .. }))
    }

    fn map(&self) -> Map {
        let none = BTreeSet::new();
        let (state, keys, absent, reason) = match self {
            Self::Nothing => ("unknown", &none, &none, "nobody asked"),
            Self::Everywhere => ("unknown", &none, &none, "keys are those of one namespace"),
            Self::Watched(watch) => match watch.keys() {
                Keys::There { keys, absent } => ("there", keys, absent, ""),
                Keys::Absent => ("absent", &none, &none, ""),
                Keys::Unknown(error) => ("unknown", &none, &none, error.message.as_str()),
            },
        };
        Map::from([
            ("state".into(), state.into()),
            ("keys".into(), array(keys.iter().cloned())),
            ("absent".into(), array(absent.iter().cloned())),
            ("reason".into(), reason.into()),
        ])
    }
}

impl Looking {
    /// What the options of a function say, and its option `every`.
    pub(super) fn new(host: &Host, function: &'static str, options: &Map) -> Result<(Self, Option<Duration>)> {
        let cluster = host.cluster()?;
        let further: &[&str] = match function {
            "pods::watch" => &["configmap", "secret", "every"],
            "pods::watch_servers" => &["configmap", "secret", "names", "every"],
            "pods::servers" => &["configmap", "secret", "names"],
            _ => &["configmap", "secret"],
        };
        let (filter, options): (_, Options<'_>) = filter(host, function, options, further)?;
        let namespace = (!filter.all_namespaces).then(|| filter.namespace.clone().unwrap_or_default());
        let keys = |kind: ObjectKind| -> Result<Shown> {
            Shown::of(cluster, kind, namespace.as_deref(), options.text(kind.name())?.as_deref())
        };
        let (configmap, secret) = (keys(ObjectKind::ConfigMap)?, keys(ObjectKind::Secret)?);
        let every = options.duration("every")?;
        let namespace = namespace.map(|name| if name.is_empty() { cluster.namespace().to_owned() } else { name });
        let pods = PodWatch::new(cluster, filter);
        let name = |kind: ObjectKind| -> Result<String> { Ok(options.text(kind.name())?.unwrap_or_default()) };
        let names = [name(ObjectKind::ConfigMap)?, name(ObjectKind::Secret)?];
        let wanted = if further.contains(&"names") { options.texts("names")? } else { Vec::new() };
        let cluster = cluster.clone();
        // a run that draws in place shows right ages; any other prints only what is new
        let every = if every.is_some() && host.shown()?.draws_in_place() { every } else { None };
        Ok((Self { cluster, namespace, configmap, secret, pods, begun: false, names, lost: false, wanted }, every))
    }

    /// Waits until there is something new to see, or for `every`.
    pub(super) async fn changed(&mut self, every: Option<Duration>) -> Result<()> {
        if !self.begun {
            let (pods, configmap, secret) =
                tokio::join!(self.pods.changed(), self.configmap.first(), self.secret.first());
            self.begun = true;
            pods.and(configmap).and(secret)?;
            let is_empty = self.pods.seen().is_empty() && !self.configmap.exists() && !self.secret.exists();
            return match &self.namespace {
                Some(namespace) if is_empty => namespaces::check(&self.cluster, namespace).await,
                _ => Ok(()),
            };
        }
        let news = async {
            tokio::select! {
                pods = self.pods.changed() => pods,
                configmap = self.configmap.changed() => configmap,
                secret = self.secret.changed() => secret,
            }
        };
        match every {
            None => news.await,
            Some(every) => timeout(every, news).await.unwrap_or(Ok(())),
        }
    }

    /// Warns once if the API server cannot be watched. Output that is drawn in place shows it anyway.
    pub(super) fn warn_if_lost(&mut self, host: &Host) {
        let trouble = self.pods.trouble();
        let drawn = host.shown().is_ok_and(Printer::draws_in_place);
        if let Some(error) = trouble.filter(|_| !drawn && !self.lost) {
            host.printer.warn(&format!("the API server cannot be watched, mcpctl tries again: {error}"));
        }
        self.lost = trouble.is_some();
    }

    /// What is seen, for a survey of servers, and why it may be out of date.
    pub(super) fn look(&self) -> (Look, String) {
        let look = Look {
            pods: self.pods.seen(),
            config: self.configmap.live(&self.names[0]),
            secret: self.secret.live(&self.names[1]),
            namespace: self.namespace.clone().unwrap_or_else(|| self.cluster.namespace().to_owned()),
            now: self.pods.now(),
        };
        (look, self.pods.trouble().map(ToString::to_string).unwrap_or_default())
    }

    fn map(&self) -> Map {
        let seen = self.pods.seen();
        let now = self.pods.now();
        let failures: Array =
            seen.iter().filter_map(|seen| seen.failure.as_ref()).map(|f| failure_map(f, now)).collect();
        let pods: Array = seen.into_iter().map(|Seen { pod, .. }| Dynamic::from(Arc::new(pod))).collect();
        let trouble = self.pods.trouble().map(ToString::to_string).unwrap_or_default();
        Map::from([
            ("pods".into(), pods.into()),
            ("failures".into(), failures.into()),
            ("configmap".into(), self.configmap.map().into()),
            ("secret".into(), self.secret.map().into()),
            ("trouble".into(), trouble.into()),
            ("at".into(), now.to_string().into()),
        ])
    }
}

pub(super) fn failure_map(failure: &Failure, now: jiff::Timestamp) -> Dynamic {
    let age = now.duration_since(failure.at).as_secs().max(0);
    Map::from([
        ("pod".into(), failure.pod.clone().into()),
        ("namespace".into(), failure.namespace.to_string().into()),
        ("server".into(), failure.server.to_string().into()),
        ("session".into(), failure.session.to_string().into()),
        ("reason".into(), failure.reason.clone().into()),
        ("exit_code".into(), failure.exit_code.map_or(Dynamic::UNIT, |code| i64::from(code).into())),
        ("message".into(), failure.message.clone().into()),
        ("at".into(), failure.at.to_string().into()),
        ("age".into(), age.into()),
    ])
    .into()
}

fn look_once(host: &Host, options: &Map) -> Result<Map> {
    let (mut looking, _) = Looking::new(host, "pods::overview", options)?;
    host.wait(looking.changed(None))?;
    Ok(looking.map())
}

/// The keys that had other values before; with `earlier` every key of what was found unchanged, too.
fn changed_keys(changes: &Dynamic, earlier: bool) -> Result<Vec<ChangedKeys>> {
    let one = |change: &Dynamic| -> Result<ChangedKeys> {
        let Some(applied) = change.read_lock::<Arc<Applied>>() else {
            return Err(wrong_type("a change", "what an `apply` gave", change.type_name()));
        };
        let changed = applied.keys.iter().filter_map(|key| match key {
            KeyChange::Changed(key) | KeyChange::Removed(key) => Some(key.clone()),
            KeyChange::Added(_) => None,
        });
        let unchanged = applied.last.keys.iter().filter(|_| earlier).cloned();
        Ok(ChangedKeys {
            kind: applied.kind,
            name: applied.name.clone(),
            namespace: applied.namespace.clone(),
            keys: changed.chain(unchanged).collect(),
            at: applied.last.at,
        })
    };
    match changes.read_lock::<Array>() {
        Some(several) => several.iter().map(one).collect(),
        None => one(changes).map(|change| vec![change]),
    }
}
