//! Finds images and pulls missing ones, many at once, with a result for each.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::stream::{self, StreamExt as _};

use super::outcome::reason;
use super::store::PullFailure;
use super::{Amount, Container, EngineInfo, ImageOutcome, ImageResult, ImageStore, Platform, Reference};
use crate::error::{Error, Kind, Result};
use crate::record::{Action, Change, Effect, Outcome, Recorder};
use crate::shell;

/// The pauses before retries, unless the registry asks for another one.
const PAUSES: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(3)];
/// The default number of concurrent pulls.
const AT_ONCE: usize = 4;

/// How to pull.
#[derive(Debug, Clone)]
pub struct PullOptions {
    /// How many images at once.
    pub concurrency: usize,
    /// For which platform; `None` is the engine's own.
    pub platform: Option<Platform>,
}

impl Default for PullOptions {
    fn default() -> Self {
        Self { concurrency: AT_ONCE, platform: None }
    }
}

/// News of one pull, to be shown to a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The image.
    pub image: String,
    /// What is new.
    pub news: News,
}

/// What is new of a pull.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// It begins.
    Begun,
    /// It is so far.
    Amount(Amount),
    /// It failed, for this reason, and is tried again after a pause.
    Again(String, Duration),
    /// The image is there.
    Pulled,
    /// It failed for good.
    Failed,
}

/// The images of a store as one run sees them.
#[derive(Clone)]
pub struct Images {
    store: Arc<dyn ImageStore>,
    dry_run: bool,
    read_only: bool,
    recorder: Arc<Recorder>,
}

impl Images {
    /// Images of a store; a dry run only plans to pull, read-only refuses to.
    #[must_use]
    pub fn new(store: Arc<dyn ImageStore>, dry_run: bool, read_only: bool, recorder: Arc<Recorder>) -> Self {
        Self { store, dry_run, read_only, recorder }
    }

    /// Finds the engine and says what it runs on, in its own words, as `Docker Desktop`; empty where it does not say.
    ///
    /// # Errors
    /// No engine, or no permission to use it.
    pub async fn engine(&self) -> Result<String> {
        self.recorder.effect(Effect::named("images: read"))?;
        self.store.connect().await?;
        Ok(self.store.info().await.system)
    }

    /// What the engine reports about itself, for a question that a run can do without.
    ///
    /// # Errors
    /// No engine, or no permission to use it.
    pub async fn info(&self) -> Result<EngineInfo> {
        let read = Effect::named("images: read");
        if !self.recorder.allows(&read) {
            return Err(Error::new(Kind::Forbidden, "the engine may not be asked"));
        }
        self.recorder.effect(read)?;
        self.store.connect().await?;
        Ok(self.store.info().await)
    }

    /// The engine's running containers, after [`info`](Self::info); none where they cannot be listed.
    pub async fn containers(&self) -> Vec<Container> {
        self.store.containers().await
    }

    /// Whether an image is there.
    ///
    /// # Errors
    /// A wrong reference, no engine, or the engine's error.
    pub async fn present(&self, image: &str) -> Result<bool> {
        let reference = Reference::parse(image)?;
        self.recorder.effect(Effect::named("images: read"))?;
        self.store.connect().await?;
        self.store.present(&reference, None).await
    }

    /// Ensures that images are present: looks for each and pulls missing ones, several at once. An image named twice is
    /// pulled once; never pulls all tags of an image; an image counts as pulled only if it is present afterwards;
    /// retries after a failure of the network or the registry and after a rate limit. One failure does not stop the
    /// others, but a registry that could not be reached for one image is not asked for the rest. The results have the
    /// order of the input.
    ///
    /// # Errors
    /// Only what concerns all of them: no engine, no permission to use it, [`Kind::Refused`] when read-only and an
    /// image is missing.
    pub async fn pull(
        &self,
        images: &[String],
        options: &PullOptions,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<Vec<ImageResult>> {
        if images.is_empty() {
            return Ok(Vec::new());
        }
        self.recorder.effect(Effect::named("images: read"))?;
        self.store.connect().await?;
        let mut seen = BTreeSet::new();
        let mut asked = Vec::new();
        for text in images {
            let parsed = Reference::parse(text);
            if seen.insert(parsed.as_ref().map_or_else(|_| text.clone(), Reference::full)) {
                asked.push((text, parsed));
            }
        }
        let unreachable = Unreachable::default();
        let results: Vec<Result<ImageResult>> = stream::iter(asked)
            .map(|(text, parsed)| self.one(text, parsed, options.platform.as_ref(), &unreachable, progress))
            .buffered(options.concurrency.max(1))
            .collect()
            .await;
        results.into_iter().collect()
    }

    async fn one(
        &self,
        text: &str,
        parsed: Result<Reference>,
        platform: Option<&Platform>,
        unreachable: &Unreachable,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<ImageResult> {
        let reference = match parsed {
            Ok(reference) => reference,
            Err(error) => return Ok(self.failed(text, &error)),
        };
        let image = reference.to_string();
        match self.store.present(&reference, platform).await {
            Ok(true) => return Ok(ImageResult::new(&image, ImageOutcome::Present)),
            Ok(false) => {}
            Err(error) => return Ok(self.failed(&image, &error)),
        }
        if self.read_only {
            return Err(Error::new(Kind::Refused, format!("refusing to pull `{image}`"))
                .cause("this run is read-only")
                .object(format!("image/{image}")));
        }
        self.recorder.effect(Effect::named("images: pull"))?;
        if self.dry_run {
            self.record(&image, Outcome::Planned);
            return Ok(ImageResult::new(&image, ImageOutcome::Planned));
        }
        self.record(&image, Outcome::Unknown);
        let told = |news: News| progress(Progress { image: image.clone(), news });
        told(News::Begun);
        let pulled = self.try_pull(&reference, platform, unreachable, &told).await;
        told(if pulled.is_ok() { News::Pulled } else { News::Failed });
        if let Err(error) = pulled {
            return Ok(self.failed(&image, &error));
        }
        self.record(&image, Outcome::Done("pulled".to_owned()));
        Ok(ImageResult::new(&image, ImageOutcome::Pulled))
    }

    /// Pulls, again where that may help, and looks whether it is there: engines have claimed success without.
    async fn try_pull(
        &self,
        reference: &Reference,
        platform: Option<&Platform>,
        unreachable: &Unreachable,
        told: &(dyn Fn(News) + Send + Sync),
    ) -> Result<()> {
        let mut pauses = PAUSES.iter();
        let has_begun = AtomicBool::new(false);
        let amount = |amount: Amount| {
            has_begun.store(true, Ordering::Relaxed);
            told(News::Amount(amount));
        };
        unreachable.check(reference)?;
        while let Err(failure) = self.store.pull(reference, platform, &amount).await {
            let PullFailure { error, again, registry_down } = failure;
            // another pull may have used up all tries meanwhile
            if !has_begun.load(Ordering::Relaxed) {
                unreachable.check(reference)?;
            }
            let Some(pause) = again.pause(pauses.next()) else {
                // a registry that broke off in the middle can be reached
                if registry_down && !has_begun.load(Ordering::Relaxed) {
                    unreachable.note(reference, &error);
                }
                return Err(error);
            };
            told(News::Again(error.cause.clone().unwrap_or_default(), pause));
            tokio::time::sleep(pause).await;
        }
        if self.store.present(reference, platform).await? {
            return Ok(());
        }
        let for_platform = platform.map(|platform| format!(" for {platform}")).unwrap_or_default();
        Err(Error::failed(format!("cannot pull `{reference}`"))
            .cause(format!("the engine reported a successful pull, but the image is missing{for_platform}"))
            .hint(format!("`docker pull {}` shows more", shell::word(&reference.full()))))
    }

    fn failed(&self, image: &str, error: &Error) -> ImageResult {
        let reason = reason(error);
        self.record(image, Outcome::Failed(reason.clone()));
        ImageResult::because(image, ImageOutcome::Failed, reason)
    }

    fn record(&self, image: &str, outcome: Outcome) {
        self.recorder.change(Change {
            action: Action::Pull,
            kind: "image",
            name: image.to_owned(),
            namespace: String::new(),
            keys: Vec::new(),
            note: String::new(),
            outcome,
        });
    }
}

/// The registries that the engine could not reach, each with the error of the image for which it was tried.
#[derive(Default)]
struct Unreachable(Mutex<BTreeMap<String, Error>>);

impl Unreachable {
    fn check(&self, image: &Reference) -> Result<()> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(image.registry()).map_or(Ok(()), |error| Err(error.clone()))
    }

    fn note(&self, image: &Reference, error: &Error) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(image.registry().to_owned()).or_insert_with(|| error.clone());
    }
}

impl std::fmt::Debug for Images {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Images").field("dry_run", &self.dry_run).finish_non_exhaustive()
    }
}
