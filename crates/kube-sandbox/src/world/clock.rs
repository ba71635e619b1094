//! The sandbox's time: the real time plus an offset that a test or a dry run added.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

/// A clock that can be advanced.
#[derive(Debug, Default)]
pub(crate) struct Clock(Mutex<Duration>);

impl Clock {
    /// A clock that is ahead of the real time.
    pub(crate) fn ahead(by: Duration) -> Self {
        Self(Mutex::new(by))
    }

    pub(crate) fn offset(&self) -> Duration {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> Timestamp {
        later(Timestamp::now(), self.offset())
    }

    pub(crate) fn advance(&self, by: Duration) {
        let mut offset = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *offset = offset.saturating_add(by);
    }
}

/// A time some time after another; saturates at the largest time.
pub(crate) fn later(time: Timestamp, by: Duration) -> Timestamp {
    time.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// A time in the form of object metadata: RFC 3339, whole seconds, UTC.
#[must_use]
pub fn rfc3339(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A time as the `Date` header holds it (RFC 9110).
pub(crate) fn http_date(time: Timestamp) -> String {
    time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
