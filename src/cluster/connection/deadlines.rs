//! The times of a request: how long connecting and answering may take, and how long a server asks to wait.

use std::error::Error as StdError;
use std::time::Duration;

use http::header::{DATE, RETRY_AFTER};
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use tokio::time::Instant;

/// How long connecting may take, all tries together.
pub(in crate::cluster) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// No connection was there in time.
#[derive(Debug)]
pub(in crate::cluster) struct NoConnection;

impl std::fmt::Display for NoConnection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "no connection within {}s", CONNECT_TIMEOUT.as_secs())
    }
}

impl std::error::Error for NoConnection {}

/// The longest pause, whatever the server asks for.
pub(in crate::cluster) const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// How long one request may take; travels with it through the layers.
#[derive(Debug, Clone, Copy)]
pub(in crate::cluster) struct Deadlines {
    /// A connection must be there by then, all tries together.
    pub(in crate::cluster) connected: Instant,
    /// The answer must be there by then; `None` for what may take for ever.
    pub(in crate::cluster) answered: Option<Instant>,
}

/// Instead of an answer whose `Retry-After` is beyond [`LONGEST_PAUSE`]. kube keeps no headers of what it reads as an error,
/// or as a refused websocket.
#[derive(Debug)]
pub(in crate::cluster) struct Postponed {
    pub(in crate::cluster) status: StatusCode,
    pub(in crate::cluster) asked: Duration,
}

impl std::fmt::Display for Postponed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "status {}, with a Retry-After", self.status.as_u16())
    }
}

impl StdError for Postponed {}

/// The pause a server asks for: seconds, or a date by its own clock.
pub(in crate::cluster) fn asked_pause(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // more seconds than a number can hold are too many in any case
        return Some(Duration::from_secs(text.parse::<u32>().unwrap_or(u32::MAX).into()));
    }
    let date = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    let now = server_clock(headers).unwrap_or_else(Timestamp::now);
    let seconds = date.duration_since(now).as_secs();
    Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
}

/// The clock of a server by the date of its answer.
pub(in crate::cluster) fn server_clock(headers: &HeaderMap) -> Option<Timestamp> {
    let text = headers.get(DATE)?.to_str().ok()?;
    jiff::fmt::rfc2822::parse(text).ok().map(|date| date.timestamp())
}

/// Whether an error says that no connection could be made, so that the request never left.
pub(in crate::cluster) fn never_left(error: &(dyn StdError + 'static)) -> bool {
    let mut legacy = causes(error).filter_map(|cause| cause.downcast_ref::<hyper_util::client::legacy::Error>());
    legacy.any(hyper_util::client::legacy::Error::is_connect)
}

/// An error and its causes, from the outside in.
pub(in crate::cluster) fn causes<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_clock_is_its_date_header() {
        let mut headers = HeaderMap::new();
        assert_eq!(server_clock(&headers), None);
        headers.insert(DATE, "Sat, 01 Jan 2000 00:00:05 GMT".parse().unwrap());
        assert_eq!(server_clock(&headers), Some("2000-01-01T00:00:05Z".parse().unwrap()));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let response = |value: &str| http::Response::builder().header(RETRY_AFTER, value).body(()).unwrap();
        assert_eq!(asked_pause(response("3").headers()), Some(Duration::from_secs(3)));
        assert_eq!(asked_pause(response("Sat, 01 Jan 2000 00:00:00 GMT").headers()), Some(Duration::ZERO));
        assert_eq!(asked_pause(response("soon").headers()), None);
    }

    #[test]
    fn the_pause_is_seconds_or_a_date_by_the_clock_of_the_server() {
        let date = "Sat, 01 Jan 2000 00:00:00 GMT";
        let table = [
            ("3", None, Some(3)),
            (" 7 ", None, Some(7)),
            ("0", None, Some(0)),
            ("99999999999999999999999", None, Some(u64::from(u32::MAX))),
            ("Sat, 01 Jan 2000 00:00:30 GMT", Some(date), Some(30)),
            ("Fri, 31 Dec 1999 23:59:00 GMT", Some(date), Some(0)),
            ("Sat, 01 Jan 2000 01:00:00 GMT", Some(date), Some(3600)),
            ("soon", Some(date), None),
            ("-5", None, None),
            ("", None, None),
        ];
        for (asked, now, expected) in table {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, asked.parse().unwrap());
            if let Some(now) = now {
                headers.insert(DATE, now.parse().unwrap());
            }
            assert_eq!(asked_pause(&headers).map(|pause| pause.as_secs()), expected, "{asked}");
        }
    }
}
