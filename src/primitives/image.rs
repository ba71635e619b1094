//! The type `ImageResult`.

use rhai::{Array, Dynamic};

use crate::error::Result;
use crate::host::Host;
use crate::images::{ImageResult, Progress};

use super::typed::{Property, Typed};

impl Typed for ImageResult {
    const NAME: &'static str = "ImageResult";
    const PROPERTIES: &'static [Property] = &[
        ("kind", "string", "`image`"),
        ("name", "string", "the image, written out: `mcp/grafana:latest`"),
        ("result", "string", "`present`, `pulled`, `failed`, or `planned` in a dry run"),
        ("reason", "string", "why it failed; else empty"),
    ];

    fn property(&self, name: &str) -> Dynamic {
        match name {
            "kind" => "image".into(),
            "name" => self.image.clone().into(),
            "result" => self.result.name().into(),
            "reason" => self.reason.clone().into(),
            _ => Dynamic::UNIT,
        }
    }
}

/// How many images are pulled at once.
const AT_ONCE: usize = 4;

/// `images::pull`, with a line on a terminal that says how far each is.
pub(super) fn pull(host: &Host, images: &[String], concurrency: Option<i64>) -> Result<Array> {
    let concurrency = concurrency.and_then(|number| usize::try_from(number).ok()).unwrap_or(AT_ONCE);
    let step = host.printer.begin("images");
    let told = |progress: Progress| step.update(&format!("{} {}", progress.image, progress.text));
    let results = host.wait(host.images()?.pull(images, concurrency, &told))?;
    Ok(results.into_iter().map(Dynamic::from).collect())
}
