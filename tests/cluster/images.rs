//! Pulling with the engine that `DOCKER_HOST` names.

use std::sync::Arc;

use mcpctl::images::endpoint::DockerSettings;
use mcpctl::images::{DockerEngine, ImageOutcome, Images, PullOptions};
use mcpctl::record::{Effect, Recorder};

#[tokio::test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
async fn images_are_pulled_by_the_real_engine_and_a_missing_one_says_why() {
    let recorder = Arc::new(Recorder::default());
    let engine = Arc::new(DockerEngine::new(DockerSettings::from_environment()));
    let images = Images::new(engine, false, false, recorder.clone());
    let asked = ["busybox", "alpine:3.22.1", "mcp/grafana", "mcp/no-such-server:9"].map(str::to_owned);
    let results = images.pull(&asked, &PullOptions::default(), &|_| {}).await.unwrap();
    for result in &results[..3] {
        assert!(matches!(result.result, ImageOutcome::Pulled | ImageOutcome::Present), "{result:?}");
        assert!(images.present(&result.image).await.unwrap());
    }
    assert_eq!(results[3].result, ImageOutcome::Failed);
    assert!(results[3].reason.contains("; "), "reason and next step: {}", results[3].reason);
    assert!(!images.present("mcp/no-such-server:9").await.unwrap());
    let again = images.pull(&asked[..3], &PullOptions::default(), &|_| {}).await.unwrap();
    assert!(again.iter().all(|result| result.result == ImageOutcome::Present));
    assert!(recorder.effects().contains(&Effect::named("images: read")));
}
