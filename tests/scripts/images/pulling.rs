//! Pulling many images: each has its result, whatever becomes of the others.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::BoxFuture;
use mcpctl::error::{Error, Kind, Result};
use mcpctl::images::{
    Again, Amount, ImageOutcome, ImageStore, Images, News, OnProgress, Platform, PullFailure, PullOptions, Reference,
};
use mcpctl::record::{Effect, Outcome, Recorder};

/// A store that has some images, loses what it is told to, and notes every pull.
#[derive(Default)]
struct Store {
    there: Mutex<BTreeSet<String>>,
    pulls: Mutex<Vec<String>>,
    absent_engine: bool,
}

impl ImageStore for Store {
    fn connect(&self) -> BoxFuture<'_, Result<()>> {
        let answer = if self.absent_engine { Err(Error::new(Kind::Unreachable, "no docker engine")) } else { Ok(()) };
        Box::pin(async { answer })
    }

    fn present<'a>(&'a self, image: &'a Reference, platform: Option<&'a Platform>) -> BoxFuture<'a, Result<bool>> {
        if platform.is_some_and(|platform| platform.to_string() != "linux/arm64") {
            return Box::pin(async { Ok(false) });
        }
        let there = self.there.lock().unwrap().contains(&image.full());
        Box::pin(async move { Ok(there) })
    }

    fn pull<'a>(
        &'a self,
        image: &'a Reference,
        _platform: Option<&'a Platform>,
        progress: OnProgress<'a>,
    ) -> BoxFuture<'a, Result<(), PullFailure>> {
        Box::pin(async move {
            let name = image.to_string();
            let tries = {
                let mut pulls = self.pulls.lock().unwrap();
                pulls.push(name.clone());
                pulls.iter().filter(|pull| **pull == name).count()
            };
            progress(HALF);
            let failure = |again| {
                Err(PullFailure { error: Error::failed("x").cause("connection reset"), again, registry_down: false })
            };
            match name.split(':').next().unwrap() {
                "gone" => return Err(Error::not_found("x").cause("manifest unknown").hint("check the name").into()),
                "flaky" if tries == 1 => return failure(Again::Soon),
                "limited" if tries == 1 => return failure(Again::After(Duration::from_secs(30))),
                "broken" => return failure(Again::Soon),
                "liar" => {}
                _ => drop(self.there.lock().unwrap().insert(image.full())),
            }
            Ok(())
        })
    }
}

const HALF: Amount = Amount { bytes: 1, total_bytes: 2, layers: 0, total_layers: 1 };

fn at_once(concurrency: usize) -> PullOptions {
    PullOptions { concurrency, ..PullOptions::default() }
}

fn images(store: &Arc<Store>, dry_run: bool, read_only: bool) -> (Images, Arc<Recorder>) {
    let recorder = Arc::new(Recorder::default());
    (Images::new(store.clone(), dry_run, read_only, recorder.clone()), recorder)
}

fn list(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn one_failure_never_stops_the_others_and_every_claim_is_looked_at() {
    let store = Arc::new(Store::default());
    store.there.lock().unwrap().insert("docker.io/library/here:1".into());
    let (images, recorder) = images(&store, false, false);
    let asked = list(&["gone:1", "a", "here:1", "No Image", "liar", "flaky", "broken", "docker.io/library/a:latest"]);
    let told = Mutex::new(Vec::new());
    let results = images.pull(&asked, &at_once(3), &|news| told.lock().unwrap().push(news)).await.unwrap();
    let short: Vec<_> = results.iter().map(|r| (r.image.as_str(), r.result.name(), r.reason.as_str())).collect();
    assert_eq!(short[0], ("gone:1", "failed", "manifest unknown; check the name"));
    assert_eq!(short[1], ("a:latest", "pulled", ""));
    assert_eq!(short[2], ("here:1", "present", ""));
    assert_eq!((short[3].0, short[3].1), ("No Image", "failed"));
    assert_eq!((short[4].0, short[4].1), ("liar:latest", "failed"));
    assert!(short[4].2.starts_with("the engine reported a successful pull, but the image is missing"));
    assert_eq!(short[5], ("flaky:latest", "pulled", ""));
    assert_eq!(short[6], ("broken:latest", "failed", "connection reset"));
    assert_eq!(short.len(), 7, "an image asked for twice is pulled once");
    let pulls = store.pulls.lock().unwrap().clone();
    let count = |name: &str| pulls.iter().filter(|pull| *pull == name).count();
    assert_eq!((count("gone:1"), count("flaky:latest"), count("broken:latest"), count("a:latest")), (1, 2, 3, 1));
    assert_eq!(recorder.failure().unwrap().kind, Kind::Partial);
    assert!(told.lock().unwrap().iter().any(|news| news.image == "a:latest" && news.news == News::Pulled));
    let again = images.pull(&list(&["a"]), &at_once(3), &|_| {}).await.unwrap();
    assert_eq!(again[0].result, ImageOutcome::Present);
}

#[tokio::test]
async fn a_dry_run_plans_and_read_only_refuses() {
    let store = Arc::new(Store::default());
    store.there.lock().unwrap().insert("docker.io/library/here:1".into());
    let (planning, recorder) = images(&store, true, false);
    let results = planning.pull(&list(&["here:1", "a"]), &at_once(4), &|_| {}).await.unwrap();
    assert_eq!(results.iter().map(|r| r.result).collect::<Vec<_>>(), [ImageOutcome::Present, ImageOutcome::Planned]);
    let changes = recorder.changes();
    assert_eq!((changes.len(), changes[0].name.as_str(), &changes[0].outcome), (1, "a:latest", &Outcome::Planned));
    assert_eq!(recorder.effects().len(), 2);
    let (guarded, recorder) = images(&store, false, true);
    assert_eq!(guarded.pull(&list(&["here:1", "a"]), &at_once(4), &|_| {}).await.unwrap_err().kind, Kind::Refused);
    assert_eq!(guarded.pull(&list(&["here:1"]), &at_once(4), &|_| {}).await.unwrap()[0].result, ImageOutcome::Present);
    assert_eq!(recorder.effects().into_iter().collect::<Vec<_>>(), [Effect::named("images: read")]);
    assert!(store.pulls.lock().unwrap().is_empty());
}

#[tokio::test]
async fn no_engine_is_one_error_and_no_images_need_none() {
    let store = Arc::new(Store { absent_engine: true, ..Store::default() });
    let (images, recorder) = images(&store, false, false);
    assert_eq!(images.pull(&list(&["a", "b"]), &at_once(4), &|_| {}).await.unwrap_err().kind, Kind::Unreachable);
    assert_eq!(images.present("a").await.unwrap_err().kind, Kind::Unreachable);
    assert!(images.pull(&[], &at_once(4), &|_| {}).await.unwrap().is_empty());
    assert!(recorder.changes().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_registry_that_asks_for_time_gets_it() {
    let store = Arc::new(Store::default());
    let (images, _) = images(&store, false, false);
    let told = Mutex::new(Vec::new());
    let before = tokio::time::Instant::now();
    let results =
        images.pull(&list(&["limited"]), &at_once(1), &|news| told.lock().unwrap().push(news.news)).await.unwrap();
    assert_eq!(results[0].result, ImageOutcome::Pulled);
    assert_eq!(before.elapsed().as_secs(), 30, "of a clock that stands still but for pauses");
    assert_eq!(
        *told.lock().unwrap(),
        [
            News::Begun,
            News::Amount(HALF),
            News::Again("connection reset".into(), Duration::from_secs(30)),
            News::Amount(HALF),
            News::Pulled
        ]
    );
}

#[tokio::test]
async fn an_image_for_another_platform_is_not_there() {
    let store = Arc::new(Store::default());
    store.there.lock().unwrap().insert("docker.io/library/here:1".into());
    let (images, _) = images(&store, false, false);
    let pull = |platform: &str| PullOptions { platform: Some(Platform::parse(platform).unwrap()), ..at_once(1) };
    let result = images.pull(&list(&["here:1"]), &pull("linux/arm64"), &|_| {}).await.unwrap().remove(0);
    assert_eq!(result.result, ImageOutcome::Present);
    let result = images.pull(&list(&["here:1"]), &pull("linux/s390x"), &|_| {}).await.unwrap().remove(0);
    assert_eq!(result.result, ImageOutcome::Failed);
    assert!(result.reason.contains("the image is missing for linux/s390x"), "{}", result.reason);
}
