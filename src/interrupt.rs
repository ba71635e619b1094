//! Ctrl-C and SIGTERM: one flag that waits, requests and the interpreter look at.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::watch;

use crate::error::{Error, Kind, Result};

/// The signal that asked for the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT, Ctrl-C: exit code 130.
    Interrupt,
    /// SIGTERM: exit code 143.
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

/// A flag that is raised once, seen by every clone. Cheap to look at.
#[derive(Debug, Clone)]
pub struct Interrupt(Arc<watch::Sender<Option<Signal>>>);

impl Default for Interrupt {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(None)))
    }
}

impl Interrupt {
    /// Raises the flag; the first signal counts.
    pub fn raise(&self, signal: Signal) {
        self.0.send_if_modified(|state| state.replace(signal).is_none());
    }

    /// Lowers the flag: what begins now is not meant by the signal that ended the last.
    pub fn lower(&self) {
        self.0.send_if_modified(|state| state.take().is_some());
    }

    /// The signal that came, if one did.
    #[must_use]
    pub fn raised(&self) -> Option<Signal> {
        *self.0.borrow()
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
        let mut receiver = self.0.subscribe();
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
