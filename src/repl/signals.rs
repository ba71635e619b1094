//! Ctrl-C, SIGTERM and SIGHUP in a REPL session: Ctrl-C ends the running line and nothing else.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use crate::error::{Error, Result};
use crate::host::Host;
use crate::interrupt::{Interrupt, Signal, Terminations};
use crate::output::{Printer, terminal};

/// How long a line may take to end before something is said or done.
const GRACE: Duration = Duration::from_millis(800);

/// Which line runs: an odd number while one does, an even one while none does.
#[derive(Clone, Default)]
pub(super) struct Running(Arc<AtomicU64>);

impl Running {
    /// Does something that Ctrl-C ends.
    pub(super) fn during<T>(&self, act: impl FnOnce() -> T) -> T {
        self.0.fetch_add(1, Ordering::SeqCst);
        let result = act();
        self.0.fetch_add(1, Ordering::SeqCst);
        result
    }

    /// The number of the running line, if one runs.
    fn line(&self) -> Option<u64> {
        let number = self.0.load(Ordering::SeqCst);
        (number % 2 == 1).then_some(number)
    }
}

/// Listens from now on. To be called before the line editor is made, which keeps and puts back what handles SIGINT.
///
/// # Errors
/// The system cannot install a signal handler.
pub(super) fn watch(host: &Host) -> Result<Running> {
    let failed = |e: std::io::Error| Error::failed("cannot listen for signals").cause(e.to_string());
    let _runtime = host.runtime().enter();
    let mut interrupts = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut terminations = Terminations::listen().map_err(failed)?;
    let running = Running::default();
    let (interrupt, printer, seen) = (host.interrupt.clone(), host.printer.clone(), running.clone());
    host.runtime().spawn(async move {
        while interrupts.recv().await.is_some() {
            if let Some(line) = seen.line() {
                interrupted(line, &interrupt, &printer, &seen);
            }
        }
    });
    let (interrupt, seen) = (host.interrupt.clone(), running.clone());
    host.runtime().spawn(async move {
        if terminations.recv().await.is_some() {
            if seen.line().is_some() {
                interrupt.raise(Signal::Terminate);
                tokio::time::sleep(GRACE).await;
            }
            leave(Signal::Terminate);
        }
    });
    Ok(running)
}

/// The first Ctrl-C ends the line; a second one, where the line does not end, ends the program.
fn interrupted(line: u64, interrupt: &Interrupt, printer: &Printer, running: &Running) {
    if interrupt.raised().is_some() {
        leave(Signal::Interrupt);
    }
    interrupt.raise(Signal::Interrupt);
    let (printer, running) = (printer.clone(), running.clone());
    tokio::spawn(async move {
        tokio::time::sleep(GRACE).await;
        if running.line() == Some(line) {
            printer.line("the line does not end yet; Ctrl-C again leaves mcpctl");
        }
    });
}

fn leave(signal: Signal) -> ! {
    terminal::restore();
    std::process::exit(i32::from(signal.error().exit_code()));
}
