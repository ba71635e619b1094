//! Images: on Docker Desktop's cluster a server starts only if the local engine has pulled its image before.

pub mod credentials;
pub mod endpoint;
pub mod engine;
pub mod fault;
pub mod pull;
pub mod reference;
pub mod registry;
pub mod store;
pub mod tls;

pub use engine::DockerEngine;
pub use pull::{ImageResult, Images, Progress, PullResult};
pub use reference::Reference;
pub use registry::Registry;
pub use store::{ImageStore, OnProgress};

/// The image of the gateway's log sidecar, which every pod of it has.
pub const HELPER_IMAGE: &str = "alpine:3.22.1";

/// The images that some servers need, each once, written out (`mcp/grafana:latest`), the helper image last. What is
/// no reference is kept as it is, for the error of that one image. Nothing for no servers.
#[must_use]
pub fn of<'a>(servers: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut images: Vec<String> = Vec::new();
    for text in servers {
        let image = Reference::parse(text).map_or_else(|_| text.to_owned(), |reference| reference.to_string());
        if !images.contains(&image) {
            images.push(image);
        }
    }
    if !images.is_empty() && !images.iter().any(|image| image == HELPER_IMAGE) {
        images.push(HELPER_IMAGE.to_owned());
    }
    images
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
