//! The types `ImageResult` and `ImageStrategy`, and what the functions of `images` have in common.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use rhai::{Array, Dynamic};

use crate::error::Result;
use crate::host::Host;
use crate::images::{Amount, Chosen, ImageResult, News, Platform, Progress, PullOptions, Rewrites};
use crate::output::transfer::mib;
use crate::output::{Document, Printer, Transfer};
use crate::primitives::api::options::Options;
use crate::primitives::api::typed::{PropertyOf, Typed, property, text};

impl Typed for ImageResult {
    const NAME: &'static str = "ImageResult";
    const PROPERTIES: &'static [PropertyOf<Self>] = &[
        property("kind", "string", "`image`").get(|_| "image".into()),
        property("name", "string", "the image, written out: `mcp/grafana:latest`").get(|image| text(&image.image)),
        property(
            "result",
            "string",
            "`present`, `pulled`, `loaded` into the nodes, `available` to them, `failed`, `unknown`, or \
             `planned` in a dry run",
        )
        .get(|image| image.result.name().into()),
        property("reason", "string", "why it failed or is not known; else empty, or what was not looked at")
            .get(|image| text(&image.reason)),
    ];

    fn document(_host: &Host, found: &[Self]) -> Result<Option<Document>> {
        let line = |image: &Self| {
            let line = format!("{} {}", image.result.name(), image.image);
            if image.reason.is_empty() { line } else { format!("{line}: {}", image.reason) }
        };
        Ok(Some(Document::new(found.iter().map(line).collect())))
    }
}

impl Typed for Chosen {
    const NAME: &'static str = "ImageStrategy";
    const PROPERTIES: &'static [PropertyOf<Self>] = &[
        property("name", "string", "`Docker Desktop`, `docker` (the nodes run on the engine in use here), `kind`, `minikube`, `k3d`, `sandbox`, \
             `other`, or `unknown` (the nodes cannot be read)").get(|chosen| chosen.strategy.name().into()),
        property(
            "way",
            "string",
            "`engine`: the nodes see what the engine pulls; `load`: that is loaded into them; `registry`: they \
             pull",
        )
        .get(|chosen| chosen.strategy.way().into()),
        property("cluster", "string", "the cluster's name for its own command; empty where there is none")
            .get(|chosen| chosen.strategy.cluster().to_owned().into()),
        property("reason", "string", "the way and why, in a sentence").get(|chosen| text(&chosen.reason)),
    ];
}

/// The option `rewrite`.
pub(in crate::primitives) fn rewrites(options: &Options<'_>) -> Result<Rewrites> {
    Rewrites::parse(options.texts("rewrite")?.iter().map(String::as_str))
}

/// An image as rules make it; as it is, but written out, where none fits.
pub(in crate::primitives) fn rewritten(image: &str, rules: &Rewrites) -> Result<String> {
    Ok(rules.apply(image)?.unwrap_or_else(|| crate::images::written_out(image)))
}

/// The options of `images::pull`.
pub(in crate::primitives) fn pull_options(options: &Options<'_>) -> Result<PullOptions> {
    let mut how = PullOptions::default();
    if let Some(number) = options.number("concurrency", 1)?.and_then(|number| usize::try_from(number).ok()) {
        how.concurrency = number;
    }
    how.platform = platform(options)?;
    Ok(how)
}

/// The option `platform`.
pub(in crate::primitives) fn platform(options: &Options<'_>) -> Result<Option<Platform>> {
    options.text("platform")?.map(|text| Platform::parse(&text)).transpose()
}

/// `images::pull`, with a bar for each image on a terminal.
pub(in crate::primitives) fn pull(host: &Host, images: &[String], options: &PullOptions) -> Result<Array> {
    let shown = Shown { printer: host.printer.clone(), pulls: Mutex::default() };
    let results = host.wait(host.images()?.pull(images, options, &|progress| shown.take(progress)))?;
    Ok(array(results))
}

/// Results as an array.
pub(in crate::primitives) fn array(results: Vec<ImageResult>) -> Array {
    results.into_iter().map(Dynamic::from).collect()
}

/// The pulls under way, as a person sees them.
struct Shown {
    printer: Printer,
    pulls: Mutex<BTreeMap<String, (Transfer, Amount)>>,
}

impl Shown {
    fn take(&self, progress: Progress) {
        let mut pulls = self.pulls.lock().unwrap_or_else(PoisonError::into_inner);
        let Progress { image, news } = progress;
        if news == News::Begun {
            let transfer = self.printer.transfer(&image);
            pulls.insert(image, (transfer, Amount::default()));
            return;
        }
        if let News::Pulled | News::Failed = news {
            if let Some((transfer, amount)) = pulls.remove(&image) {
                transfer.end(&if news == News::Pulled { pulled(amount) } else { "failed".to_owned() });
            }
            return;
        }
        let Some((transfer, last)) = pulls.get_mut(&image) else { return };
        match news {
            News::Amount(amount) => {
                let note = format!("{} of {} layers", amount.layers, amount.total_layers);
                transfer.update(amount.bytes, amount.total_bytes, &note);
                *last = amount;
            }
            News::Again(why, pause) => transfer.say(&format!("tries again in {:.1} s: {why}", pause.as_secs_f64())),
            News::Begun | News::Pulled | News::Failed => {}
        }
    }
}

/// `pulled, 12.0 MiB in 5 layers`
fn pulled(amount: Amount) -> String {
    let layers = if amount.total_layers == 1 { "layer" } else { "layers" };
    format!("pulled, {} in {} {layers}", mib(amount.total_bytes), amount.total_layers)
}
