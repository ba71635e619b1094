//! Injected faults, for tests of how a client handles them.

use std::time::Duration;

/// What happens to one request that a test chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is not looked at, and answered with this HTTP status and the failure that usually goes with it.
    Answer {
        /// From 400 to 599.
        status: u16,
        /// Seconds of `Retry-After`; without any if there are none.
        retry_after: Option<u32>,
    },
    /// The connection breaks and nothing is done.
    BreakBefore,
    /// It is done, and the connection breaks before the answer.
    BreakAfter,
    /// It is done, and the connection breaks in the middle of the answer's body. A watch or a followed log breaks when it begins.
    HalfAnswer,
    /// It is done, and the answer comes in pieces with pauses between them, this long all together.
    SlowAnswer(Duration),
    /// Nothing is done, and no answer ever comes.
    BlackHole,
    /// Something else has changed in the cluster, and what was before is forgotten: a watch or a list that goes on
    /// from there gets 410. The request itself is answered as ever.
    Forgotten,
    /// A watch or a followed log ends as soon as it has begun, as when its time is over. Other requests are answered as ever.
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

/// The faults that are still to come.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Order>);

impl Faults {
    /// Orders a fault for the `nth` (from 1) request from now on of a verb (or `*`) on a resource (or `*`).
    pub(crate) fn order(&mut self, nth: usize, verb: &str, resource: &str, fault: Fault) {
        let passes = nth.saturating_sub(1);
        self.0.push(Order { passes, verb: verb.to_owned(), resource: resource.to_owned(), fault });
    }

    /// The fault of a request that came, if it has one.
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
