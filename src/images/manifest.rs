//! Manifests of registries, as far as they are used here: of an image or an artifact, or an index of several.

use serde::Deserialize;

/// The types of manifests that are asked for, with those of docker's registries before the OCI's.
pub(super) const MEDIA_TYPES: &str = "application/vnd.oci.image.manifest.v1+json, \
    application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.v2+json, \
    application/vnd.docker.distribution.manifest.list.v2+json";

/// The most bytes of a manifest that are read: what the distribution specification asks registries to take.
pub(super) const LARGEST: usize = 4 << 20;

/// A manifest.
#[derive(Debug)]
pub enum Manifest {
    /// The manifests of an image for several platforms.
    Index(Vec<IndexEntry>),
    /// An image, or an artifact.
    Image(Image),
}

/// One manifest of an index.
#[derive(Debug, Deserialize)]
pub struct IndexEntry {
    /// The platform that it is made for.
    pub platform: Option<EntryPlatform>,
    /// Its digest. Every entry has one, so that a manifest cannot have more entries than its size lets it.
    #[serde(rename = "digest")]
    _digest: String,
}

/// A platform as an index has it.
#[derive(Debug, Deserialize)]
pub struct EntryPlatform {
    /// `linux`
    pub os: String,
    /// `arm64`
    pub architecture: String,
    /// `v8`
    #[serde(default)]
    pub variant: String,
}

/// The manifest of an image or an artifact.
#[derive(Debug)]
pub struct Image {
    /// What kind of artifact it is; `None` for an image.
    pub artifact_type: Option<String>,
    /// Its parts.
    pub layers: Vec<Layer>,
}

/// One part of an image or an artifact.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Layer {
    /// What it is.
    pub media_type: String,
    /// Under which digest the registry has it.
    pub digest: String,
}

/// Reads a manifest. Errors tell places and no text. What is not needed is skipped, not kept: four megabytes of JSON could
/// become a hundred of memory.
///
/// # Errors
/// It is not a manifest of schema version 2.
pub fn parse(bytes: &[u8]) -> Result<Manifest, String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Document {
        schema_version: u8,
        artifact_type: Option<String>,
        layers: Option<Vec<Layer>>,
        manifests: Option<Vec<IndexEntry>>,
    }
    let document: Document = serde_json::from_slice(bytes)
        .map_err(|error| format!("wrong JSON in line {}, column {}", error.line(), error.column()))?;
    match document {
        Document { schema_version, .. } if schema_version != 2 => {
            Err(format!("its `schemaVersion` is {schema_version}, and only 2 is known here"))
        }
        Document { manifests: Some(entries), layers: None, .. } => Ok(Manifest::Index(entries)),
        Document { layers: Some(layers), manifests: None, artifact_type, .. } => {
            Ok(Manifest::Image(Image { artifact_type, layers }))
        }
        _ => Err("it needs either `layers` or `manifests`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_and_indexes_are_told_apart_and_nothing_else_is_a_manifest() {
        let layer = r#"{"mediaType": "application/json", "digest": "sha256:0", "size": 2, "more": [1]}"#;
        let image = format!(r#"{{"schemaVersion": 2, "artifactType": "a", "layers": [{layer}]}}"#);
        let Ok(Manifest::Image(image)) = parse(image.as_bytes()) else { panic!("no image") };
        assert_eq!((image.artifact_type.as_deref(), image.layers[0].digest.as_str()), (Some("a"), "sha256:0"));
        let platform = r#"{"os": "linux", "architecture": "arm64"}"#;
        let index = format!(
            r#"{{"schemaVersion": 2, "manifests": [{{"digest": "sha256:0", "platform": {platform}}}, {{"digest": "sha256:1"}}]}}"#
        );
        let Ok(Manifest::Index(index)) = parse(index.as_bytes()) else { panic!("no index") };
        assert_eq!(index.len(), 2);
        assert_eq!(index[0].platform.as_ref().map(|platform| platform.architecture.as_str()), Some("arm64"));
        for (text, words) in [
            ("<html>", "wrong JSON in line 1, column 1"),
            ("{}", "wrong JSON in line 1, column 2"),
            (r#"{"schemaVersion": 1, "fsLayers": []}"#, "its `schemaVersion` is 1, and only 2 is known here"),
            (r#"{"schemaVersion": 2}"#, "it needs either `layers` or `manifests`"),
            (r#"{"schemaVersion": 2, "layers": [], "manifests": []}"#, "it needs either `layers` or `manifests`"),
            (r#"{"schemaVersion": 2, "manifests": [{}]}"#, "wrong JSON in line 1, column 37"),
        ] {
            assert_eq!(parse(text.as_bytes()).unwrap_err(), words, "{text}");
        }
    }
}
