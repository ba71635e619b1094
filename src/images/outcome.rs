//! The result for one image.

/// The result for one image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageOutcome {
    /// It was pulled, and is there.
    Pulled,
    /// It was there before.
    Present,
    /// It was put into the cluster's nodes.
    Loaded,
    /// Its registry has it for the nodes to pull.
    Available,
    /// The image is missing, or the nodes cannot get it.
    Failed,
    /// Whether the nodes will get it could not be found out.
    Unknown,
    /// A dry run: it would be pulled or loaded.
    Planned,
}

impl ImageOutcome {
    /// The word in results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pulled => "pulled",
            Self::Present => "present",
            Self::Loaded => "loaded",
            Self::Available => "available",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Planned => "planned",
        }
    }
}

/// One image and its result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageResult {
    /// The image, written out: `mcp/grafana:latest`.
    pub image: String,
    /// The result.
    pub result: ImageOutcome,
    /// Why it failed or is not known, with what to do next; else empty, or what else is to be known.
    pub reason: String,
}

impl ImageResult {
    /// An image of which there is nothing more to say.
    #[must_use]
    pub fn new(image: &str, result: ImageOutcome) -> Self {
        Self { image: image.to_owned(), result, reason: String::new() }
    }

    /// An image and why.
    #[must_use]
    pub fn because(image: &str, result: ImageOutcome, reason: impl Into<String>) -> Self {
        Self { image: image.to_owned(), result, reason: reason.into() }
    }
}

/// The cause of an error and its next steps on one line.
#[must_use]
pub fn reason(error: &crate::error::Error) -> String {
    let mut reason = error.cause.clone().unwrap_or_else(|| error.message.clone());
    for hint in &error.hints {
        reason = format!("{reason}; {hint}");
    }
    reason
}
