//! The one place where the body of an answer is read.

use reqwest::Response;
use reqwest::header::CONTENT_ENCODING;

use super::Failure;

/// Reads a body of no more than `limit` bytes. Nothing is decompressed: no request asks for compression, and a few
/// bytes could become as many gigabytes.
pub(super) async fn read(mut answer: Response, limit: usize) -> Result<Vec<u8>, Failure> {
    for coding in answer.headers().get_all(CONTENT_ENCODING) {
        let coding = String::from_utf8_lossy(coding.as_bytes()).trim().to_ascii_lowercase();
        if !matches!(coding.as_str(), "" | "identity") {
            return Err(Failure::Compressed(coding.chars().take(20).filter(char::is_ascii_graphic).collect()));
        }
    }
    if answer.content_length().is_some_and(|length| usize::try_from(length).map_or(true, |length| length > limit)) {
        return Err(Failure::TooLarge(limit));
    }
    let mut bytes = Vec::new();
    loop {
        match answer.chunk().await {
            Ok(Some(part)) if bytes.len() + part.len() > limit => return Err(Failure::TooLarge(limit)),
            Ok(Some(part)) => bytes.extend_from_slice(&part),
            Ok(None) => return Ok(bytes),
            Err(error) => return Err(Failure::BrokeOff { after: bytes.len(), error: error.without_url() }),
        }
    }
}
