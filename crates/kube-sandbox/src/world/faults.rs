//! Injected faults, for tests of how a client handles them.

use std::time::Duration;

/// The fault of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The request is not processed; the answer has this HTTP status and its usual failure.
    Answer {
        /// From 400 to 599.
        status: u16,
        /// Seconds of `Retry-After`, if any.
        retry_after: Option<u32>,
    },
    /// The connection breaks before the request is processed.
    BreakBefore,
    /// The request is processed, and the connection breaks before the answer.
    BreakAfter,
    /// The request is processed, and the connection breaks in the middle of the answer's body. A watch or a followed
    /// log breaks when it begins.
    HalfAnswer,
    /// The request is processed, and the answer comes in pieces with pauses, in this total time.
    SlowAnswer(Duration),
    /// The request is not processed and never answered.
    BlackHole,
    /// Another object has changed, and the history is lost: a watch or a list that continues from there gets 410. The
    /// request itself is answered normally.
    Forgotten,
    /// A watch or a followed log ends as soon as it has begun, as at its timeout. Other requests are answered normally.
    ClosedWatch,
}

#[derive(Debug)]
struct Order {
    /// How many more matching requests pass before the fault.
    passes: usize,
    verb: String,
    resource: String,
    fault: Fault,
}

/// The pending faults.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Order>);

impl Faults {
    /// Injects a fault for the `nth` (from 1) request from now on of a verb (or `*`) on a resource (or `*`).
    pub(crate) fn order(&mut self, nth: usize, verb: &str, resource: &str, fault: Fault) {
        let passes = nth.saturating_sub(1);
        self.0.push(Order { passes, verb: verb.to_owned(), resource: resource.to_owned(), fault });
    }

    /// The fault of a received request, if it has one.
    pub(crate) fn strike(&mut self, verb: &str, resource: &str) -> Option<Fault> {
        let is = |rule: &str, given: &str| rule == "*" || rule == given;
        let mut struck = None;
        for (index, order) in self.0.iter_mut().enumerate() {
            if !(is(&order.verb, verb) && is(&order.resource, resource)) {
                continue;
            }
            if order.passes == 0 {
                struck = struck.or(Some(index));
            } else {
                order.passes -= 1;
            }
        }
        struck.map(|index| self.0.remove(index).fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nth_request_is_struck_once() {
        let mut faults = Faults::default();
        faults.order(2, "list", "pods", Fault::BreakBefore);
        assert!(faults.strike("list", "pods").is_none());
        assert!(faults.strike("list", "secrets").is_none());
        assert_eq!(faults.strike("list", "pods"), Some(Fault::BreakBefore));
        assert!(faults.strike("list", "pods").is_none());
    }
}
