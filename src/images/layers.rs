//! The layers of one pull, put together from the news that an engine gives of each.

use std::collections::BTreeMap;

use super::Amount;
use super::engine_api::PullNews;

/// The messages of engines about a layer. Other messages (`Pulling from …`, `Digest: …`) are not about one.
const OF_A_LAYER: [&str; 8] = [
    "Pulling fs layer",
    "Waiting",
    "Downloading",
    "Verifying Checksum",
    "Download complete",
    "Extracting",
    "Pull complete",
    "Already exists",
];

/// The most layers that are tracked; images have 127 at most.
const MOST_LAYERS: usize = 1_000;

/// The layers of one pull and how far each is.
#[derive(Default)]
pub(super) struct Layers(BTreeMap<String, Layer>);

#[derive(Default)]
struct Layer {
    bytes: u64,
    total: u64,
    complete: bool,
}

impl Layers {
    /// Takes news in; gives the sum if it is about a layer.
    pub(super) fn take(&mut self, info: &PullNews) -> Option<Amount> {
        let status = info.status.as_deref().filter(|status| OF_A_LAYER.contains(status))?;
        let id = info.id.clone()?;
        if self.0.len() >= MOST_LAYERS && !self.0.contains_key(&id) {
            return None;
        }
        let layer = self.0.entry(id).or_default();
        let detail = info.progress_detail.as_ref();
        let number = |number: Option<i64>| number.and_then(|number| u64::try_from(number).ok());
        if status == "Downloading"
            && let Some(bytes) = number(detail.and_then(|detail| detail.current))
        {
            layer.bytes = bytes;
            layer.total = number(detail.and_then(|detail| detail.total)).unwrap_or(layer.total).max(bytes);
        }
        if matches!(status, "Download complete" | "Pull complete" | "Extracting") {
            layer.bytes = layer.total;
        }
        layer.complete |= matches!(status, "Pull complete" | "Already exists");
        Some(self.sum())
    }

    fn sum(&self) -> Amount {
        let mut sum = Amount { total_layers: self.0.len(), ..Amount::default() };
        for layer in self.0.values() {
            sum.bytes += layer.bytes;
            sum.total_bytes += layer.total;
            sum.layers += usize::from(layer.complete);
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn news(id: &str, status: &str, progress: Option<(i64, i64)>) -> PullNews {
        let detail = progress.map(|(current, total)| json!({ "current": current, "total": total }));
        serde_json::from_value(json!({ "id": id, "status": status, "progressDetail": detail })).unwrap()
    }

    #[test]
    fn bytes_and_layers_are_summed_up() {
        let mut layers = Layers::default();
        assert_eq!(layers.take(&news("latest", "Pulling from mcp/time", None)), None);
        let mut last = Amount::default();
        for (id, status, progress) in [
            ("a", "Pulling fs layer", None),
            ("b", "Already exists", None),
            ("c", "Waiting", None),
            ("a", "Downloading", Some((10, 100))),
            ("a", "Downloading", Some((60, 100))),
            ("c", "Downloading", Some((5, 50))),
            ("a", "Extracting", Some((1, 300))),
            ("a", "Pull complete", None),
        ] {
            last = layers.take(&news(id, status, progress)).unwrap();
        }
        assert_eq!(last, Amount { bytes: 105, total_bytes: 150, layers: 2, total_layers: 3 });
        assert_eq!(layers.take(&news("c", "Downloading", Some((-1, -1)))).unwrap(), last, "a number that is none");
    }
}
