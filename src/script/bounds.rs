//! The limits of a script: memory, nesting of values, output.
//!
//! The engine reports every operation, but without the values and, inside functions, without the place. Every access
//! to a variable comes with both, so the error is raised there. If the script catches it, the next operation ends the
//! script for good.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use rhai::{Dynamic, Engine, EvalAltResult, EvalContext, Position};

use crate::error::{Error, Result};
use crate::host::Host;
use crate::memory;
use crate::primitives::api::limits::CALL_LEVELS;
use crate::primitives::api::raise;
use crate::primitives::language::nesting::Survey;

/// How many operations may pass between a limit and the next access to a variable.
const PATIENCE: usize = 64;
/// The nesting of a function's variables is checked whenever the script has taken so many more bytes; more, where
/// there are many values to look at.
const SURVEY_AFTER: usize = 1 << 20;
/// The most bytes between two checks: nested arrays of them fit on the script's stack.
const SURVEY_AT_LATEST: usize = 8 << 20;

/// Ends scripts of this engine at the limits.
pub(super) fn enforce(engine: &mut Engine, host: &Arc<Host>) {
    let bounds = Arc::new(Bounds::new(host));
    let operations = Arc::clone(&bounds);
    engine.on_progress(move |_| operations.operation().map(Dynamic::from));
    #[expect(deprecated, reason = "the one way to see variables while a script runs; marked as volatile, not as old")]
    engine.on_var(move |_, _, context| match bounds.access(&context) {
        Ok(()) => Ok(None),
        Err(error) => Err(EvalAltResult::ErrorRuntime(raise::caught(error).into(), Position::NONE).into()),
    });
}

struct Bounds {
    host: Arc<Host>,
    /// Operations since a limit was reached.
    reached: AtomicUsize,
    /// The error, once the script got it.
    raised: OnceLock<Error>,
    /// Bytes in use at the last operation.
    used: AtomicUsize,
    /// Bytes taken since the start, those that were given back included.
    taken: AtomicUsize,
    /// `taken` at the last survey of each call level.
    surveyed: [AtomicUsize; CALL_LEVELS + 1],
    /// The bytes between two surveys.
    pause: AtomicUsize,
}

impl Bounds {
    fn new(host: &Arc<Host>) -> Self {
        Self {
            host: Arc::clone(host),
            reached: AtomicUsize::new(0),
            raised: OnceLock::new(),
            used: AtomicUsize::new(memory::used()),
            taken: AtomicUsize::new(0),
            surveyed: [const { AtomicUsize::new(0) }; CALL_LEVELS + 1],
            pause: AtomicUsize::new(SURVEY_AFTER),
        }
    }

    /// Called before each operation: the error that ends the script, if it is to end.
    fn operation(&self) -> Option<Error> {
        if let Some(signal) = self.host.interrupt.raised() {
            return Some(signal.error());
        }
        let used = memory::used();
        let before = self.used.load(Ordering::Relaxed);
        if used != before {
            self.used.store(used, Ordering::Relaxed);
            // one thread runs the script, so that nothing is lost between load and store
            let taken = self.taken.load(Ordering::Relaxed) + used.saturating_sub(before);
            self.taken.store(taken, Ordering::Relaxed);
        }
        if let Some(error) = self.raised.get() {
            return Some(error.clone());
        }
        match self.limits() {
            Ok(()) => {
                self.reached.store(0, Ordering::Relaxed);
                None
            }
            Err(error) => {
                let operations = self.reached.load(Ordering::Relaxed) + 1;
                self.reached.store(operations, Ordering::Relaxed);
                (operations > PATIENCE).then_some(error)
            }
        }
    }

    /// Called before each access to a variable.
    fn access(&self, context: &EvalContext<'_, '_, '_, '_, '_, '_>) -> Result<()> {
        let result = if self.reached.load(Ordering::Relaxed) == 0 { self.survey(context) } else { self.limits() };
        result.inspect_err(|error| {
            // later accesses, in a `catch`, do not change what ended the script
            let _ = self.raised.set(error.clone());
            // a script that catches it and comes to its end has failed all the same
            self.host.recorder.defer_error(error.clone());
        })
    }

    fn limits(&self) -> Result<()> {
        memory::check()?;
        self.host.printer.check_volume()
    }

    /// Looks at the variables of the running function, if enough has changed since it was last done.
    fn survey(&self, context: &EvalContext<'_, '_, '_, '_, '_, '_>) -> Result<()> {
        let taken = self.taken.load(Ordering::Relaxed);
        let Some(last) = self.surveyed.get(context.call_level().min(CALL_LEVELS)) else { return Ok(()) };
        if taken.saturating_sub(last.load(Ordering::Relaxed)) < self.pause.load(Ordering::Relaxed) {
            return Ok(());
        }
        last.store(taken, Ordering::Relaxed);
        let mut survey = Survey::default();
        let variables = context.scope().iter_raw().map(|(_, _, value)| value);
        let result = variables.chain(context.this_ptr()).try_for_each(|value| survey.visit(value));
        self.pause.store(survey.bytes.clamp(SURVEY_AFTER, SURVEY_AT_LATEST), Ordering::Relaxed);
        result
    }
}
