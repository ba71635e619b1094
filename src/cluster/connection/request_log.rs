//! Tells of each request when its answer begins, for `-v`: what was asked, what came, how long it took. Never a body.
//! Warnings that the server sends along are told of always, each once a run.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use http::header::WARNING;
use http::{HeaderMap, Request, Response};
use kube::client::Body;
use tokio::time::Instant;
use tower::BoxError;

use super::transport::Transport;
use super::verbs::Operation;

/// Gets each request that was sent, each try on its own, and one line about it.
pub type Listener = Arc<dyn Fn(&Operation, &str) + Send + Sync>;

/// Gets each warning of the server, once a run.
pub type WarningListener = Arc<dyn Fn(&str) + Send + Sync>;

/// Warnings of API servers, each told of once.
#[derive(Clone, Default)]
pub(in crate::cluster) struct Warnings {
    listener: Option<WarningListener>,
    seen: Arc<Mutex<BTreeSet<String>>>,
}

/// So many different warnings are told of; a server that makes up new ones for ever must not fill memory.
const MOST_WARNINGS: usize = 100;

impl Warnings {
    pub(in crate::cluster) fn new(listener: Option<WarningListener>) -> Self {
        Self { listener, seen: Arc::default() }
    }

    fn tell(&self, headers: &HeaderMap) {
        let Some(listener) = &self.listener else { return };
        for header in headers.get_all(WARNING) {
            for text in parse_warning(&String::from_utf8_lossy(header.as_bytes())) {
                let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
                if seen.len() < MOST_WARNINGS && seen.insert(text.clone()) {
                    drop(seen);
                    listener(&text);
                }
            }
        }
    }
}

/// The texts of a `Warning` header with code 299, as client-go reads it (RFC 7234, 5.5): `299 - "text", 299 - "text"`.
fn parse_warning(header: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let mut rest = header.trim();
    while let Some((head, quoted)) = rest.split_once('"') {
        let mut text = String::new();
        let mut escaped = false;
        let mut end = None;
        for (at, letter) in quoted.char_indices() {
            match (escaped, letter) {
                (true, letter) => {
                    text.push(letter);
                    escaped = false;
                }
                (false, '\\') => escaped = true,
                (false, '"') => {
                    end = Some(at + 1);
                    break;
                }
                (false, letter) => text.push(letter),
            }
        }
        let Some(end) = end else { break };
        let code = head.trim_start_matches([',', ' ']).split(' ').next().unwrap_or_default();
        if code == "299" && !text.trim().is_empty() {
            texts.push(text.trim().to_owned());
        }
        // a date may follow; it is quoted too, and has no code
        rest = quoted[end..].trim_start();
        if let Some(date) = rest.strip_prefix('"') {
            rest = date.split_once('"').map_or("", |(_, rest)| rest);
        }
    }
    texts
}

/// Sends a request and tells of it where somebody listens.
pub(in crate::cluster) async fn send(
    transport: &Transport,
    listener: Option<&Listener>,
    warnings: &Warnings,
    request: Request<Body>,
) -> Result<Response<Body>, BoxError> {
    let result = send_told(transport, listener, request).await;
    if let Ok(answer) = &result {
        warnings.tell(answer.headers());
    }
    result
}

async fn send_told(
    transport: &Transport,
    listener: Option<&Listener>,
    request: Request<Body>,
) -> Result<Response<Body>, BoxError> {
    let Some(listener) = listener else { return transport.send(request).await };
    let operation = Operation::of(&request);
    let asked = format!("{} {}", request.method(), request.uri());
    let begun = Instant::now();
    let result = transport.send(request).await;
    let came = result.as_ref().map_or_else(|_| "no answer".to_owned(), |answer| answer.status().as_str().to_owned());
    listener(&operation, &format!("{asked}: {came} after {} ms", begun.elapsed().as_millis()));
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_are_read_as_client_go_reads_them() {
        let table: [(&str, &[&str]); 11] = [
            (r#"299 - "deprecated""#, &["deprecated"]),
            (r#"299 kube-apiserver "v1beta1 is deprecated""#, &["v1beta1 is deprecated"]),
            (r#"299 - "one", 299 - "two""#, &["one", "two"]),
            (r#"299 - "with \"quotes\" and, comma""#, &["with \"quotes\" and, comma"]),
            (r#"299 - "dated" "Sat, 01 Jan 2000 00:00:00 GMT""#, &["dated"]),
            (r#"299 - "dated" "Sat, 01 Jan 2000 00:00:00 GMT", 299 - "two""#, &["dated", "two"]),
            (r#"199 - "miscellaneous""#, &[]),
            (r#"299 - "never closed"#, &[]),
            (r#"299 - """#, &[]),
            ("", &[]),
            ("299", &[]),
        ];
        for (header, expected) in table {
            assert_eq!(parse_warning(header), expected, "{header}");
        }
    }

    #[test]
    fn each_warning_is_told_once() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let inner = Arc::clone(&told);
        let warnings = Warnings::new(Some(Arc::new(move |text: &str| inner.lock().unwrap().push(text.to_owned()))));
        let mut headers = HeaderMap::new();
        headers.append(WARNING, r#"299 - "a""#.parse().unwrap());
        headers.append(WARNING, r#"299 - "b""#.parse().unwrap());
        warnings.tell(&headers);
        warnings.clone().tell(&headers);
        assert_eq!(*told.lock().unwrap(), ["a", "b"]);
    }
}
