//! Many tests at once, on a few threads with stacks for deep scripts.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::{Error, Kind, Result};
use crate::script::run::STACK;

use super::single::{self, Outcome, Setting};
use super::suite::Test;

/// Runs tests, `jobs` of them at once, and gives their outcomes in the order of the tests.
///
/// # Errors
/// All were interrupted, or a thread could not be started.
pub fn run(tests: &[Test], setting: &Setting) -> Result<Vec<Outcome>> {
    let next = AtomicUsize::new(0);
    let outcomes: Mutex<Vec<(usize, Outcome)>> = Mutex::default();
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(test) = tests.get(at).filter(|_| setting.interrupt.raised().is_none()) else { break };
            let outcome = single::run(test, setting);
            outcomes.lock().unwrap_or_else(PoisonError::into_inner).push((at, outcome));
        }
    };
    std::thread::scope(|scope| -> Result<()> {
        for _ in 0..setting.jobs.clamp(1, tests.len().max(1)) {
            let builder = std::thread::Builder::new().name("test".to_owned()).stack_size(STACK);
            builder
                .spawn_scoped(scope, work)
                .map_err(|e| Error::failed("cannot start a thread for the tests").cause(crate::error::io_cause(&e)))?;
        }
        Ok(())
    })?;
    setting.interrupt.check()?;
    let mut outcomes = outcomes.into_inner().unwrap_or_else(PoisonError::into_inner);
    outcomes.sort_by_key(|(at, _)| *at);
    if setting.jobs > 1 {
        // all tests share the memory of the process: the one that took it is the one that fails alone, too
        for (at, outcome) in &mut outcomes {
            if outcome.failure.as_ref().is_some_and(|error| error.kind == Kind::Limit)
                && let Some(test) = tests.get(*at)
            {
                *outcome = single::run(test, setting);
            }
        }
        setting.interrupt.check()?;
    }
    Ok(outcomes.into_iter().map(|(_, outcome)| outcome).collect())
}
