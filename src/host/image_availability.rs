//! Whether nodes that pull images themselves can get them: asks the registries, with the pull secrets of the
//! namespace's pods.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::stream::{self, StreamExt as _, TryStreamExt as _};

use crate::cluster::nodes::Node;
use crate::cluster::pull_secrets::{self, PullSecrets};
use crate::duration;
use crate::error::{Error, Kind, Result};
use crate::files::{LONGEST_FILE, read_file};
use crate::hostname;
use crate::images::credentials::in_pull_secret;
use crate::images::fault::Fault;
use crate::images::outcome::reason;
use crate::images::{Challenge, ImageOutcome, ImageResult, Platform, Reference, Registry};
use crate::record::Effect;
use crate::web::Web;
use kube_sandbox::UNPULLABLE;

use super::Host;
use super::image_loading::holds;

/// The number of registries, and of images in each, that are asked at once.
const AT_ONCE: usize = 8;
/// The default time limit for one image, without `--request-timeout`: a network without internet access must not delay
/// a run.
const PATIENCE: Duration = Duration::from_secs(15);

/// Registries to which nodes of the same cloud log in by themselves, without a pull secret.
const CLOUDS: [&str; 5] = [".amazonaws.com", ".azurecr.io", "gcr.io", "-docker.pkg.dev", ".ocir.io"];

/// The label of MicroK8s nodes, which offer a registry on the loopback address of each node.
const MICROK8S: &str = "microk8s.io/cluster";
/// Where systemd keeps what nodes report as their `machineID`.
const MACHINE_ID: &str = "/etc/machine-id";

impl Host {
    /// Asks the registries of images whether the nodes can pull them, with the pull secrets of a namespace (`""` is the
    /// current one), for a platform if one is given. A result that cannot be determined from here is `unknown`, not a
    /// failure.
    ///
    /// # Errors
    /// There is no cluster, or its pull secrets cannot be read.
    pub fn available_images(
        &self,
        images: &[String],
        namespace: &str,
        platform: Option<&Platform>,
    ) -> Result<Vec<ImageResult>> {
        let read = |text: &String| Reference::parse(text).map_err(|error| self.lacking(text, &reason(&error)));
        let asked: Vec<Result<Reference, ImageResult>> = images.iter().map(read).collect();
        let hosts: BTreeSet<&str> = asked.iter().flatten().map(Reference::host).collect();
        for host in hosts {
            self.recorder.effect(Effect::named(&format!("network: {host}")))?;
        }
        if self.world()?.is_some() {
            let known = |image: Reference| match image.to_string() {
                image if image.starts_with(UNPULLABLE) => self.lacking(&image, "manifest unknown"),
                image => ImageResult::new(&image, ImageOutcome::Available),
            };
            return Ok(asked.into_iter().map(|parsed| parsed.map_or_else(|failed| failed, known)).collect());
        }
        let cluster = self.cluster()?;
        let secrets = self.wait(pull_secrets::read(cluster, namespace))?;
        let nodes = self.nodes()?;
        let place = if namespace.is_empty() { cluster.namespace() } else { namespace };
        let step = self.printer.begin("images");
        step.update("asking the registries");
        let patience = self.settings.request_timeout.unwrap_or(PATIENCE);
        let asking = Asking { host: self, patience, secrets: &secrets, namespace: place, platform };

        let mut results: Vec<Option<ImageResult>> = Vec::new();
        let mut by_registry: BTreeMap<String, Vec<(usize, Reference)>> = BTreeMap::new();
        for (at, parsed) in asked.into_iter().enumerate() {
            results.push(match parsed {
                Err(failed) => Some(failed),
                Ok(image) => match self.without_asking(&image, &nodes) {
                    Some(known) => Some(known),
                    None => {
                        by_registry.entry(image.registry().to_owned()).or_default().push((at, image));
                        None
                    }
                },
            });
        }
        let registries = stream::iter(by_registry.into_values()).map(|images| asking.registry(images));
        let answers: Vec<Vec<(usize, ImageResult)>> = self.wait(registries.buffered(AT_ONCE).try_collect())?;
        for (at, result) in answers.into_iter().flatten() {
            results[at] = Some(result);
        }
        Ok(results.into_iter().flatten().collect())
    }

    /// The result for an image whose registry is not asked, or cannot be asked by this machine in place of the nodes.
    fn without_asking(&self, image: &Reference, nodes: &Result<Vec<Node>, String>) -> Option<ImageResult> {
        let (name, registry) = (image.to_string(), image.registry());
        let known = nodes.as_deref().unwrap_or_default();
        if everywhere(known, image) {
            return Some(ImageResult::new(&name, ImageOutcome::Present));
        }
        if !hostname::is_loopback(image.host()) || known.iter().any(is_this_machine) {
            return None;
        }
        let why = format!("`{registry}` on a node is the node itself, not the registry of this machine");
        let serves_itself = known.iter().any(|node| node.labels.contains_key(MICROK8S));
        Some(match nodes {
            Ok(_) if !serves_itself => self.lacking(
                &name,
                &format!(
                    "{why}; push it to a registry that the nodes reach, as with `--rewrite`; if the nodes have a registry \
                     of their own at that address, use `--skip images`"
                ),
            ),
            _ => ImageResult::because(&name, ImageOutcome::Unknown, why),
        })
    }

    /// An image that the nodes cannot get. Its registry was only asked, so this is not a failed change.
    fn lacking(&self, image: &str, why: &str) -> ImageResult {
        self.recorder.missing_image(image, why);
        ImageResult::because(image, ImageOutcome::Failed, why)
    }
}

/// The parameters of all requests to registries.
struct Asking<'a> {
    host: &'a Host,
    patience: Duration,
    secrets: &'a PullSecrets,
    namespace: &'a str,
    platform: Option<&'a Platform>,
}

impl Asking<'_> {
    /// Asks one registry for images, several at once. First asks whether it answers at all; after it stops answering,
    /// the remaining images get the same reason without a request.
    async fn registry(&self, images: Vec<(usize, Reference)>) -> Result<Vec<(usize, ImageResult)>> {
        let web = Web::new(&self.host.recorder, self.patience);
        let Some((_, first)) = images.first() else { return Ok(Vec::new()) };
        let challenge = match Registry::with_login(&web, first, None).challenge().await {
            Err(error) if error.kind.is_final() => return Err(error),
            challenge => challenge,
        };
        let down: Mutex<Option<Error>> = Mutex::new(challenge.as_ref().err().cloned());
        let (web, down, challenge) = (&web, &down, challenge.ok());
        let answers = stream::iter(images).map(|(at, image)| {
            let challenge = challenge.clone();
            async move {
                let known = down.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let answer = match (known, challenge) {
                    (None, Some(challenge)) => self.ask(&web.renewed(), &image, &challenge).await,
                    (Some(error), _) => Err(error),
                    (None, None) => Err(Error::failed("the registry was not asked")),
                };
                match answer {
                    Err(error) if error.kind.is_final() => Err(error),
                    Err(error) if matches!(error.kind, Kind::Unreachable | Kind::Timeout) => {
                        let mut down = down.lock().unwrap_or_else(PoisonError::into_inner);
                        let error = down.get_or_insert(error).clone();
                        Ok((at, self.judged(&image, Err(error))))
                    }
                    answer => Ok((at, self.judged(&image, answer))),
                }
            }
        });
        answers.buffered(AT_ONCE).try_collect().await
    }

    /// Tries each login that fits, as a kubelet does, and no login only if none fits.
    async fn ask(&self, web: &Web<'_>, image: &Reference, challenge: &Challenge) -> Result<()> {
        let asked = |login| {
            let registry = Registry::with_challenge(web, image, login, challenge.clone());
            async move { there(&registry, self.platform).await }
        };
        let mut unusable = Vec::new();
        let mut last = None;
        for (name, text) in &self.secrets.texts {
            match in_pull_secret(text.expose(), image) {
                Ok(None) => {}
                Err(why) => unusable.push(format!("pull secret `{name}` {why}")),
                Ok(login) => match asked(login).await {
                    Err(error) if error.kind == Kind::Forbidden => last = Some(error),
                    answer => return answer,
                },
            }
        }
        let answer = match last {
            Some(error) => Err(error),
            None => asked(None).await,
        };
        answer.map_err(|error| match error.kind {
            Kind::Forbidden if !unusable.is_empty() => {
                let cause = format!("{}; {}", cause(&error), unusable.join("; "));
                Error::new(error.kind, error.message.as_str()).cause(cause)
            }
            _ => error,
        })
    }

    /// What an answer, or a missing one, means for the nodes.
    fn judged(&self, image: &Reference, answer: Result<()>) -> ImageResult {
        let name = image.to_string();
        let unknown = |why: String| ImageResult::because(&name, ImageOutcome::Unknown, why);
        let Err(error) = answer else { return ImageResult::new(&name, ImageOutcome::Available) };
        match error.kind {
            Kind::Timeout => unknown(format!(
                "`{}` gives no answer from here within {}",
                image.registry(),
                duration::exact(self.patience)
            )),
            Kind::NotFound => self.host.lacking(&name, &reason(&error)),
            Kind::Forbidden if !self.secrets.unread.is_empty() => {
                unknown(format!("{}; {}", cause(&error), self.secrets.unread.join("; ")))
            }
            Kind::Forbidden if CLOUDS.iter().any(|cloud| image.registry().ends_with(cloud)) => {
                unknown(format!("{}; nodes of the same cloud may have their own login", cause(&error)))
            }
            Kind::Forbidden => self.host.lacking(
                &name,
                &format!(
                    "{}; check the name; if it is private: no pull secret of the service account `default` in \
                     namespace `{}` opens it, `kubectl create secret docker-registry` makes one",
                    cause(&error),
                    self.namespace
                ),
            ),
            Kind::Unreachable => {
                unknown(format!("`{}` could not be asked from here: {}", image.registry(), cause(&error)))
            }
            _ => unknown(format!("it could not be asked for from here: {}", cause(&error))),
        }
    }
}

/// Whether a node runs on this machine itself, not in a container or a virtual machine of it: only then loopback
/// addresses are the same.
fn is_this_machine(node: &Node) -> bool {
    let id = read_file(Path::new(MACHINE_ID), LONGEST_FILE).ok().flatten();
    let id = id.as_deref().map(String::from_utf8_lossy).unwrap_or_default();
    !node.machine_id.is_empty() && node.machine_id == id.trim()
}

fn cause(error: &Error) -> &str {
    error.cause.as_deref().unwrap_or(&error.message)
}

/// Whether every node lists an image that it does not pull again: Kubernetes always pulls `latest`.
fn everywhere(nodes: &[Node], image: &Reference) -> bool {
    let name = image.to_string();
    image.version() != "latest" && !nodes.is_empty() && nodes.iter().all(|node| holds(node, &name))
}

/// Whether a registry has an image, for a platform if one is given.
async fn there(registry: &Registry<'_>, platform: Option<&Platform>) -> Result<()> {
    let Some(platform) = platform else { return registry.digest().await.map(|_| ()) };
    if registry.has_platform(platform).await? {
        return Ok(());
    }
    Err(Fault::Platform.error("find", registry.image(), &format!("no matching manifest for {platform}")))
}
