//! Ctrl-C, SIGTERM and SIGHUP: one flag that waits, requests and the interpreter look at.
//!
//! While a program in the foreground is to have the signals ([`Interrupt::take`]), they go there and raise nothing.

use std::future::Future;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::signal::unix::{self, SignalKind};
use tokio::sync::{mpsc, watch};

use crate::error::{Error, Kind, Result};

/// The signal that asked for the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT, Ctrl-C: exit code 130.
    Interrupt,
    /// SIGTERM, or SIGHUP because the terminal was closed: exit code 143.
    Terminate,
}

impl Signal {
    /// The error a run ends with.
    #[must_use]
    pub fn error(self) -> Error {
        match self {
            Self::Interrupt => Error::new(Kind::Interrupted, "interrupted"),
            Self::Terminate => Error::new(Kind::Terminated, "terminated"),
        }
    }
}

/// The signals that ask the program to end without a key press: SIGTERM, and SIGHUP unless the program was started to
/// outlive its terminal, as by `nohup`.
#[derive(Debug)]
pub struct Terminations {
    terminations: unix::Signal,
    hangups: Option<unix::Signal>,
}

impl Terminations {
    /// Listens from now on. Needs a tokio runtime.
    ///
    /// # Errors
    /// The system cannot install a signal handler.
    pub fn listen() -> io::Result<Self> {
        let hangups = if outlives_terminal() { None } else { Some(unix::signal(SignalKind::hangup())?) };
        Ok(Self { terminations: unix::signal(SignalKind::terminate())?, hangups })
    }

    /// Waits for the next one.
    pub async fn recv(&mut self) -> Option<()> {
        match &mut self.hangups {
            None => self.terminations.recv().await,
            Some(hangups) => tokio::select! {
                came = hangups.recv() => came,
                came = self.terminations.recv() => came,
            },
        }
    }
}

/// Whether SIGHUP is ignored, or this cannot be determined; see `SigIgn` in proc_pid_status(5).
fn outlives_terminal() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_none_or(|mask| mask & 1 == 1)
}

/// A flag that is raised once, seen by every clone. Cheap to look at.
#[derive(Debug, Clone, Default)]
pub struct Interrupt(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    state: watch::Sender<Option<Signal>>,
    /// Who has the signals instead of the flag.
    taker: Mutex<Option<mpsc::UnboundedSender<Signal>>>,
    /// How many have something to put away before the end.
    lingering: AtomicUsize,
}

/// Signals raise the flag again when this is dropped.
#[derive(Debug)]
pub struct Taken(Interrupt);

impl Drop for Taken {
    fn drop(&mut self) {
        self.0.taker().take();
    }
}

/// The end waits for this to be dropped, longer than for others.
#[derive(Debug)]
pub struct Lingering(Interrupt);

impl Drop for Lingering {
    fn drop(&mut self) {
        self.0.0.lingering.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Interrupt {
    /// Sets the flag; the first signal counts. While other code has taken the signals, it gets them instead.
    pub fn raise(&self, signal: Signal) {
        if self.taker().as_ref().is_some_and(|taker| taker.send(signal).is_ok()) {
            return;
        }
        self.0.state.send_if_modified(|state| state.replace(signal).is_none());
    }

    /// Has the signals from now on, until the guard is dropped: for a program in the foreground that they are meant
    /// for.
    #[must_use]
    pub fn take(&self) -> (Taken, mpsc::UnboundedReceiver<Signal>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        *self.taker() = Some(sender);
        (Taken(self.clone()), receiver)
    }

    fn taker(&self) -> std::sync::MutexGuard<'_, Option<mpsc::UnboundedSender<Signal>>> {
        self.0.taker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the end to wait longer, until the guard is dropped: for what has something to put away.
    #[must_use]
    pub fn linger(&self) -> Lingering {
        self.0.lingering.fetch_add(1, Ordering::Relaxed);
        Lingering(self.clone())
    }

    /// Whether the end is to wait longer.
    #[must_use]
    pub fn lingers(&self) -> bool {
        self.0.lingering.load(Ordering::Relaxed) > 0
    }

    /// Lowers the flag: what begins now is not meant by the signal that ended the last.
    pub fn lower(&self) {
        self.0.state.send_if_modified(|state| state.take().is_some());
    }

    /// The signal that came, if one did.
    #[must_use]
    pub fn raised(&self) -> Option<Signal> {
        *self.0.state.borrow()
    }

    /// Fails if the flag is up.
    ///
    /// # Errors
    /// The error of the signal.
    pub fn check(&self) -> Result<()> {
        self.raised().map_or(Ok(()), |signal| Err(signal.error()))
    }

    /// Waits until the flag is raised.
    pub async fn wait(&self) -> Signal {
        let mut receiver = self.0.state.subscribe();
        loop {
            if let Some(signal) = *receiver.borrow_and_update() {
                return signal;
            }
            if receiver.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Runs a future until it ends or the flag is raised, whichever is first.
    ///
    /// # Errors
    /// The future's own error, or that of the signal.
    pub async fn or<T>(&self, future: impl Future<Output = Result<T>>) -> Result<T> {
        tokio::select! {
            biased;
            signal = self.wait() => Err(signal.error()),
            result = future => result,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_that_are_taken_raise_nothing_until_they_are_given_back() {
        let interrupt = Interrupt::default();
        let (taken, mut signals) = interrupt.take();
        interrupt.clone().raise(Signal::Terminate);
        assert_eq!((signals.try_recv().ok(), interrupt.raised()), (Some(Signal::Terminate), None));
        drop(taken);
        interrupt.raise(Signal::Interrupt);
        assert_eq!(interrupt.raised(), Some(Signal::Interrupt));
    }
}
