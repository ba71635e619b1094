//! Images: the local engine that pulls them, registries, and how they get to where a cluster's nodes see them.
//!
//! On Docker Desktop's cluster a server starts only if the engine has pulled its image before; kind, minikube and k3d
//! take them from the engine by a command of theirs; the nodes of any other cluster pull for themselves.

mod credential_helper;
pub mod credentials;
pub mod endpoint;
pub mod engine;
mod engine_api;
pub mod fault;
mod layers;
pub mod manifest;
pub mod outcome;
pub mod platform;
pub mod pull;
mod realm;
pub mod reference;
pub mod registry;
pub mod rewrite;
pub mod store;
pub mod strategy;
mod token;

pub use engine::DockerEngine;
pub use outcome::{ImageOutcome, ImageResult};
pub use platform::Platform;
pub use pull::{Images, News, Progress, PullOptions};
pub use reference::Reference;
pub use registry::Registry;
pub use rewrite::Rewrites;
pub use store::{Again, Amount, Container, EngineInfo, ImageStore, OnProgress, PullFailure};
pub use strategy::{Chosen, LoadCommand, Strategy};
pub use token::Challenge;

/// The image of the gateway's log sidecar, which every pod of it has.
pub const HELPER_IMAGE: &str = "alpine:3.22.1";

/// The images of some servers, each once, with full names (`mcp/grafana:latest`), the helper image last. An invalid
/// reference is kept unchanged, for the error of that image. Empty if there are no servers.
#[must_use]
pub fn of<'a>(servers: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut images: Vec<String> = Vec::new();
    for text in servers {
        let image = written_out(text);
        if !images.contains(&image) {
            images.push(image);
        }
    }
    if !images.is_empty() && !images.iter().any(|image| image == HELPER_IMAGE) {
        images.push(HELPER_IMAGE.to_owned());
    }
    images
}

/// The full name of an image; an invalid reference unchanged.
#[must_use]
pub fn written_out(text: &str) -> String {
    Reference::parse(text).map_or_else(|_| text.to_owned(), |reference| reference.to_string())
}

#[cfg(test)]
mod tests {
    #[test]
    fn each_image_is_there_once_with_the_helper() {
        assert_eq!(
            super::of(["mcp/time", "docker.io/mcp/time:latest", "No Image"]),
            ["mcp/time:latest", "No Image", "alpine:3.22.1"]
        );
        assert!(super::of([]).is_empty());
    }
}
