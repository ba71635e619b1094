//! Ten images by the real engine: seven of the real registry, one of a slow one, two that are not there.

use std::time::Duration;

use bollard::Docker;
use bytes::Bytes;
use mcpctl::digest::sha256;

use crate::cluster::push::push;
use crate::support::http_server::{Loopback, respond, respond_slowly};
use crate::support::program::Mcpctl;

/// An image of one layer with one file.
struct Image {
    layer: Bytes,
    config: Bytes,
    manifest: Bytes,
}

/// A tar archive of one file, as POSIX has it.
fn archive(content: &[u8]) -> Vec<u8> {
    let mut header = [0u8; 512];
    for (at, text) in [
        (0, "file".to_owned()),
        (100, "0000644\0".to_owned()),
        (108, "0000000\0".to_owned()),
        (116, "0000000\0".to_owned()),
        (124, format!("{:011o}\0", content.len())),
        (136, "00000000000\0".to_owned()),
        (148, "        ".to_owned()),
        (156, "0".to_owned()),
        (257, "ustar\0".to_owned()),
        (263, "00".to_owned()),
    ] {
        header[at..at + text.len()].copy_from_slice(text.as_bytes());
    }
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut bytes = header.to_vec();
    bytes.extend_from_slice(content);
    bytes.resize(bytes.len().next_multiple_of(512) + 1024, 0);
    bytes
}

impl Image {
    fn new(content: &[u8]) -> Self {
        let layer = Bytes::from(archive(content));
        let config = serde_json::json!({
            "architecture": "amd64", "os": "linux", "config": {},
            "rootfs": { "type": "layers", "diff_ids": [sha256(&layer)] },
        });
        let config = Bytes::from(config.to_string());
        let part = |media_type: &str, bytes: &Bytes| serde_json::json!({ "mediaType": media_type, "digest": sha256(bytes), "size": bytes.len() });
        let manifest = serde_json::json!({
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": part("application/vnd.oci.image.config.v1+json", &config),
            "layers": [part("application/vnd.oci.image.layer.v1.tar", &layer)],
        });
        Self { layer, config, manifest: Bytes::from(manifest.to_string()) }
    }

    /// Puts it into the real registry. What it holds never changes, so that the registry does not grow.
    async fn push(&self, registry: &str, name: &str) {
        push(registry, name, "1", &[&self.config, &self.layer], &self.manifest).await;
    }
}

/// A registry whose one image comes in pieces.
async fn slow_registry(image: Image) -> Loopback {
    Loopback::start(move |line, _| {
        let manifest_digest = sha256(&image.manifest);
        let manifest = [
            ("content-type", "application/vnd.oci.image.manifest.v1+json"),
            ("docker-content-digest", manifest_digest.as_str()),
        ];
        match line {
            "GET /v2/" => respond(200, &[], "{}"),
            line if line.contains("/manifests/") => respond(200, &manifest, image.manifest.clone()),
            line if line.ends_with(&sha256(&image.config)) => respond(200, &[], image.config.clone()),
            line if line.ends_with(&sha256(&image.layer)) => {
                respond_slowly(&image.layer, 128 * 1024, Duration::from_millis(100))
            }
            _ => respond(404, &[], ""),
        }
    })
    .await
}

async fn remove(docker: &Docker, images: &[String]) {
    for image in images {
        let _ = docker.remove_image(image, None::<bollard::query_parameters::RemoveImageOptions>, None).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
async fn ten_images_two_of_them_missing_and_one_slow() {
    let registry = std::env::var("MCPCTL_E2E_REGISTRY").expect("MCPCTL_E2E_REGISTRY");
    let engine = std::env::var("DOCKER_HOST").expect("DOCKER_HOST");
    let mut images: Vec<String> = (1..=7).map(|at| format!("{registry}/mcpctl-test/small-{at}:1")).collect();
    for at in 0..7 {
        let name = format!("mcpctl-test/small-{}", at + 1);
        Image::new(format!("image {at}\n").as_bytes()).push(&registry, &name).await;
    }
    let slow = slow_registry(Image::new(&vec![b'x'; 2 << 20])).await;
    images.push(format!("{}/slow:1", slow.address));
    let docker = Docker::connect_with_defaults().unwrap();
    remove(&docker, &images).await;
    let missing = [format!("{registry}/mcpctl-test/small-1:9"), format!("{registry}/mcpctl-test/none:1")];
    let all: Vec<String> =
        images[..3].iter().chain(&missing[..1]).chain(&images[3..]).chain(&missing[1..]).cloned().collect();
    let script = format!("images::pull({})", serde_json::to_string(&all).unwrap());
    let ran = Mcpctl::of(["eval", &script]).env("DOCKER_HOST", engine.clone()).run().code(3);
    let mut pulled = 0;
    for (at, name) in all.iter().enumerate() {
        let line = ran.stdout.lines().nth(at).unwrap_or_default();
        match missing.contains(name) {
            true => assert!(
                line.starts_with(&format!("failed {name}: ")) && line.ends_with("; check the name and the tag"),
                "{line}"
            ),
            false => {
                assert_eq!(line, format!("pulled {name}"));
                pulled += 1;
            }
        }
    }
    assert_eq!(pulled, 8);
    let ran = ran.says("error: 2 of 10 changes failed").says(&missing[0]).says(&missing[1]);
    ran.says(&format!("{} pulled, 2.0 MiB in 1 layer", images[7]));
    for image in &images {
        assert!(docker.inspect_image(image).await.is_ok(), "{image}");
    }
    let again = Mcpctl::of(["eval", &script]).env("DOCKER_HOST", engine).run().code(1);
    assert_eq!(again.stdout.lines().filter(|line| line.starts_with("present ")).count(), 8);
    remove(&docker, &images).await;
}

#[tokio::test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
async fn the_real_nodes_pull_for_themselves_and_the_real_registry_is_asked() {
    let registry = std::env::var("MCPCTL_E2E_REGISTRY").expect("MCPCTL_E2E_REGISTRY");
    let kubeconfig = std::env::var("MCPCTL_E2E_KUBECONFIG").expect("MCPCTL_E2E_KUBECONFIG");
    let script = format!(
        "print(images::strategy().reason); images::available([\"{registry}/mcp/grafana\", \"{registry}/mcp/grafana:none\"])"
    );
    Mcpctl::of(["eval", &script])
        .env("KUBECONFIG", kubeconfig)
        .run()
        .code(1)
        .gives("the nodes pull for themselves: no node is of Docker Desktop, kind, minikube or k3d")
        .gives(&format!("available {registry}/mcp/grafana:latest\n"))
        .gives(&format!("failed {registry}/mcp/grafana:none: "));
}
