//! Whether nodes that pull for themselves will get images: their registries are asked, with the logins that the
//! namespace's pods pull with.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::stream::{self, StreamExt as _, TryStreamExt as _};

use crate::cluster::nodes::Node;
use crate::cluster::pull_secrets::{self, PullSecrets};
use crate::duration;
use crate::error::{Error, Kind, Result};
use crate::images::credentials::in_pull_secret;
use crate::images::fault::Fault;
use crate::images::outcome::reason;
use crate::images::{ImageOutcome, ImageResult, Platform, Reference, Registry};
use crate::record::Effect;
use crate::sandbox::UNPULLABLE;
use crate::web::Web;

use super::Host;
use super::image_loading::holds;

/// How many registries are asked at once.
const AT_ONCE: usize = 8;
/// How long one image may take where `--request-timeout` does not say: a network without a way out must not hold up a
/// run.
const PATIENCE: Duration = Duration::from_secs(15);

/// Registries to whose accounts nodes of the same cloud log in by themselves, without a pull secret.
const CLOUDS: [&str; 5] = [".amazonaws.com", ".azurecr.io", "gcr.io", "-docker.pkg.dev", ".ocir.io"];

impl Host {
    /// Asks the registries of images whether the nodes can pull them, with the pull secrets of a namespace (`""` is
    /// the current one), for a platform if one is named. What cannot be found out from here is `unknown` and no failure.
    ///
    /// # Errors
    /// There is no cluster to work with, or it cannot be asked for the pull secrets.
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
        let nodes = self.nodes()?.unwrap_or_default();
        let place = if namespace.is_empty() { cluster.namespace() } else { namespace };
        let step = self.printer.begin("images");
        step.update("asking the registries");
        let patience = self.settings.request_timeout.unwrap_or(PATIENCE);
        let secrets = &secrets;
        let nodes = &nodes;
        let answers = stream::iter(asked).map(|parsed| async move {
            match parsed {
                Err(failed) => Ok(failed),
                Ok(image) if everywhere(nodes, &image) => {
                    Ok(ImageResult::new(&image.to_string(), ImageOutcome::Present))
                }
                Ok(image) => {
                    let web = Web::new(&self.recorder, patience);
                    match ask(&web, &image, secrets, platform).await {
                        Err(error) if error.kind.is_final() => Err(error),
                        answer => Ok(self.judged(&image, answer, patience, secrets, place)),
                    }
                }
            }
        });
        self.wait(answers.buffered(AT_ONCE).try_collect())
    }

    /// An image that the nodes will not get. Its registry was only asked, so that it is no change that failed.
    fn lacking(&self, image: &str, why: &str) -> ImageResult {
        self.recorder.lacks(image, why);
        ImageResult::because(image, ImageOutcome::Failed, why)
    }

    /// What an answer, or none within `patience`, means for the nodes.
    fn judged(
        &self,
        image: &Reference,
        answer: Result<()>,
        patience: Duration,
        secrets: &PullSecrets,
        namespace: &str,
    ) -> ImageResult {
        let name = image.to_string();
        let unknown = |why: String| ImageResult::because(&name, ImageOutcome::Unknown, why);
        let Err(error) = answer else { return ImageResult::new(&name, ImageOutcome::Available) };
        match error.kind {
            Kind::Timeout => unknown(format!(
                "`{}` gives no answer from here within {}",
                image.registry(),
                duration::exact(patience)
            )),
            Kind::NotFound => self.lacking(&name, &reason(&error)),
            Kind::Forbidden if !secrets.unread.is_empty() => {
                unknown(format!("{}; {}", cause(&error), secrets.unread.join("; ")))
            }
            Kind::Forbidden if CLOUDS.iter().any(|cloud| image.registry().ends_with(cloud)) => {
                unknown(format!("{}; nodes of the same cloud may have a login of their own", cause(&error)))
            }
            Kind::Forbidden => self.lacking(
                &name,
                &format!(
                    "{}; check the name; if it is private: no pull secret of the service account `default` in \
                     namespace `{namespace}` opens it, `kubectl create secret docker-registry` makes one",
                    cause(&error)
                ),
            ),
            _ => unknown(format!("it could not be asked for from here: {}", cause(&error))),
        }
    }
}

fn cause(error: &Error) -> &str {
    error.cause.as_deref().unwrap_or(&error.message)
}

/// Whether every node lists an image that it need not ask for again: Kubernetes asks for `latest` each time.
fn everywhere(nodes: &[Node], image: &Reference) -> bool {
    let name = image.to_string();
    image.version() != "latest" && !nodes.is_empty() && nodes.iter().all(|node| holds(node, &name))
}

/// Asks with each login that fits, as a kubelet does, and with none only if none fits.
async fn ask(web: &Web<'_>, image: &Reference, secrets: &PullSecrets, platform: Option<&Platform>) -> Result<()> {
    let logins: Vec<_> = secrets.texts.iter().filter_map(|(_, text)| in_pull_secret(text.expose(), image)).collect();
    if logins.is_empty() {
        return there(&Registry::with_login(web, image, None), platform).await;
    }
    let mut last = None;
    for login in logins {
        match there(&Registry::with_login(web, image, Some(login)), platform).await {
            Ok(()) => return Ok(()),
            Err(error) if error.kind == Kind::Forbidden => last = Some(error),
            Err(error) => return Err(error),
        }
    }
    Err(last.unwrap_or_else(|| Error::failed("no login was tried")))
}

/// Whether a registry has an image, for a platform if one is named.
async fn there(registry: &Registry<'_>, platform: Option<&Platform>) -> Result<()> {
    let Some(platform) = platform else { return registry.digest().await.map(|_| ()) };
    if registry.has_platform(platform).await? {
        return Ok(());
    }
    Err(Fault::Platform.error("find", registry.image(), &format!("no matching manifest for {platform}")))
}
