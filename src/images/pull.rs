//! Looks for images and pulls what is not there, many at once, each with a result of its own.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::stream::{self, StreamExt as _};

use super::{ImageStore, Reference};
use crate::error::{Error, Kind, Result};
use crate::record::{Action, Change, Effect, Outcome, Recorder};

/// How often one image is tried.
const TRIES: usize = 2;

/// What became of one image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PullResult {
    /// It was pulled, and is there.
    Pulled,
    /// It was there before.
    Present,
    /// It is not there.
    Failed,
    /// A dry run: it would be pulled.
    Planned,
}

impl PullResult {
    /// The word in results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pulled => "pulled",
            Self::Present => "present",
            Self::Failed => "failed",
            Self::Planned => "planned",
        }
    }
}

/// One image and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageResult {
    /// The image, written out: `mcp/grafana:latest`.
    pub image: String,
    /// What became of it.
    pub result: PullResult,
    /// Why it failed, with what to do next; empty otherwise.
    pub reason: String,
}

/// News of one pull, to be shown to a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The image.
    pub image: String,
    /// How far it is, in words; `pulled` or `failed` at its end.
    pub text: String,
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

    /// Whether an image is there.
    ///
    /// # Errors
    /// A wrong reference, no engine, or the engine's error.
    pub async fn present(&self, image: &str) -> Result<bool> {
        let reference = Reference::parse(image)?;
        self.recorder.effect(Effect::named("images: read"))?;
        self.store.connect().await?;
        self.store.present(&reference).await
    }

    /// Sees to it that images are there: looks for each and pulls what is missing, `concurrency` at a time. An image
    /// named twice is pulled once; none is pulled with all its tags; one counts as pulled only if it is there
    /// afterwards. One failure does not stop the others: the results, in the order asked for, tell of each.
    ///
    /// # Errors
    /// Only what concerns all of them: no engine, no permission to use it, [`Kind::Refused`] when read-only and an
    /// image is missing.
    pub async fn pull(
        &self,
        images: &[String],
        concurrency: usize,
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
        let results: Vec<Result<ImageResult>> = stream::iter(asked)
            .map(|(text, parsed)| self.one(text, parsed, progress))
            .buffered(concurrency.max(1))
            .collect()
            .await;
        results.into_iter().collect()
    }

    async fn one(
        &self,
        text: &str,
        parsed: Result<Reference>,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<ImageResult> {
        let reference = match parsed {
            Ok(reference) => reference,
            Err(error) => return Ok(self.failed(text, &error)),
        };
        let image = reference.to_string();
        match self.store.present(&reference).await {
            Ok(true) => return Ok(ImageResult { image, result: PullResult::Present, reason: String::new() }),
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
            return Ok(ImageResult { image, result: PullResult::Planned, reason: String::new() });
        }
        self.record(&image, Outcome::Unknown);
        let told = |text: &str| progress(Progress { image: image.clone(), text: text.to_owned() });
        let pulled = self.try_pull(&reference, &told).await;
        told(if pulled.is_ok() { "pulled" } else { "failed" });
        if let Err(error) = pulled {
            return Ok(self.failed(&image, &error));
        }
        self.record(&image, Outcome::Done("pulled".to_owned()));
        Ok(ImageResult { image, result: PullResult::Pulled, reason: String::new() })
    }

    /// Pulls, once more where that may help, and looks whether it is there: engines have claimed success without.
    async fn try_pull(&self, reference: &Reference, told: &(dyn Fn(&str) + Send + Sync)) -> Result<()> {
        let mut tries = 1;
        while let Err(error) = self.store.pull(reference, told).await {
            if tries == TRIES || is_lasting(error.kind) {
                return Err(error);
            }
            tries += 1;
            told("trying again");
        }
        if self.store.present(reference).await? {
            return Ok(());
        }
        Err(Error::failed(format!("cannot pull `{reference}`"))
            .cause("the engine said that it was pulled, but it is not there")
            .hint(format!("`docker pull {}` shows more", reference.full())))
    }

    fn failed(&self, image: &str, error: &Error) -> ImageResult {
        let mut reason = error.cause.clone().unwrap_or_else(|| error.message.clone());
        for hint in &error.hints {
            reason = format!("{reason}; {hint}");
        }
        self.record(image, Outcome::Failed(reason.clone()));
        ImageResult { image: image.to_owned(), result: PullResult::Failed, reason }
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

/// Whether an error would come again at once.
const fn is_lasting(kind: Kind) -> bool {
    matches!(kind, Kind::NotFound | Kind::Forbidden | Kind::Unauthorized | Kind::Invalid | Kind::Unreachable)
}

impl std::fmt::Debug for Images {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Images").field("dry_run", &self.dry_run).finish_non_exhaustive()
    }
}
