//! Catalogs that are artifacts of a registry, Docker's current way to distribute them: a manifest with one layer, the
//! JSON.

use crate::error::{Error, Kind, Result};
use crate::images::Reference;
use crate::images::endpoint::DockerSettings;
use crate::images::manifest::{Layer, Manifest};
use crate::images::registry::Registry;
use crate::web::Web;

use super::cache::Kept;
use super::clean;
use super::origin::Limits;

/// The artifact type of a catalog.
pub const ARTIFACT_TYPE: &str = "application/vnd.docker.mcp.catalog.v1+json";
/// The media type of its only layer.
const LAYER_TYPE: &str = "application/json";

/// The answer of a registry.
pub(super) enum Pulled {
    /// The catalog's bytes, and the digest of the manifest.
    Whole(Vec<u8>, String),
    /// The copy is current.
    Unchanged,
}

/// Whether a copy is certainly what a reference names, so that no request is needed: a digest always means the same
/// content.
pub(super) fn is_exactly(reference: &Reference, kept: &Kept) -> bool {
    reference.version().starts_with("sha256:") && reference.version() == kept.head.digest
}

/// Downloads an artifact; its layer is read only if the manifest differs from that of `kept`. Docker's logins are used.
/// The registry and every other host of a request are effects `network: HOST`.
///
/// # Errors
/// Those of the registry, each with its kind; an image or another artifact that is not a catalog.
pub(super) async fn pull(reference: &Reference, kept: Option<&Kept>, web: &Web<'_>) -> Result<Pulled> {
    web.note(reference.host())?;
    let registry = Registry::of(web, reference, &DockerSettings::from_environment()).await?;
    let (manifest, digest) = registry.manifest().await.map_err(|error| cannot_get(reference, &error))?;
    if kept.is_some_and(|kept| kept.head.digest == digest) {
        return Ok(Pulled::Unchanged);
    }
    let layer = layer(reference, &manifest)?;
    let bytes = registry.blob(&layer.digest, Limits::FAR.bytes).await.map_err(|error| cannot_get(reference, &error))?;
    Ok(Pulled::Whole(bytes, digest))
}

/// An error of a registry in the terms of a catalog: the user asked for a catalog, not for an image.
fn cannot_get(reference: &Reference, error: &Error) -> Error {
    if error.kind == Kind::Refused {
        return error.clone();
    }
    let cause = error.cause.as_deref().unwrap_or(&error.message);
    let said = Error::new(error.kind, format!("cannot get the catalog `oci://{reference}`")).cause(clean(cause));
    error.hints.iter().fold(said, |said, hint| said.hint(hint.clone()))
}

/// The one layer of a catalog.
fn layer<'a>(reference: &Reference, manifest: &'a Manifest) -> Result<&'a Layer> {
    let wrong = |what: String| {
        Error::invalid(format!("`oci://{reference}` is not a catalog: it is {what}"))
            .hint("Docker's own is `oci://mcp/docker-mcp-catalog:latest`")
    };
    let Manifest::Image(image) = manifest else {
        return Err(wrong("an index of images for several platforms".to_owned()));
    };
    match image.artifact_type.as_deref() {
        Some(ARTIFACT_TYPE) => {}
        Some(other) => return Err(wrong(format!("an artifact of type `{}`", clean(other)))),
        None => return Err(wrong("an image".to_owned())),
    }
    match image.layers.as_slice() {
        [layer] if layer.media_type == LAYER_TYPE => Ok(layer),
        [layer] => Err(wrong(format!("an artifact whose layer is `{}`", clean(&layer.media_type)))),
        layers => Err(wrong(format!("an artifact of {} layers, where a catalog has one", layers.len()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(manifest: &str) -> String {
        let manifest = crate::images::manifest::parse(manifest.as_bytes()).unwrap();
        layer(&Reference::parse("mcp/x").unwrap(), &manifest).unwrap_err().message.clone()
    }

    #[test]
    fn what_is_no_catalog_is_said() {
        let manifest = |kind: &str, layers: &str| {
            format!(
                r#"{{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", {kind}
                "config": {{"mediaType": "application/vnd.oci.empty.v1+json", "digest": "sha256:0", "size": 2}}, "layers": [{layers}]}}"#
            )
        };
        let of_type = format!(r#""artifactType": "{ARTIFACT_TYPE}","#);
        let layer = r#"{"mediaType": "application/x-tar", "digest": "sha256:1", "size": 1}"#;
        for (text, words) in [
            (manifest("", ""), "an image"),
            (manifest(r#""artifactType": "application/vnd.helm","#, ""), "an artifact of type `application/vnd.helm`"),
            (manifest(&of_type, ""), "an artifact of 0 layers, where a catalog has one"),
            (manifest(&of_type, layer), "an artifact whose layer is `application/x-tar`"),
        ] {
            assert_eq!(refused(&text), format!("`oci://mcp/x:latest` is not a catalog: it is {words}"));
        }
    }
}
