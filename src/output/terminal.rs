//! The terminal's mode, saved while a question is asked: a run that SIGTERM ends while the user types must not leave a
//! terminal without echo.
//!
//! Only Unix terminals keep the mode of a process that has ended; elsewhere there is nothing to do.

#[cfg(unix)]
pub use unix::{forget, keep, restore};

#[cfg(not(unix))]
pub use other::{forget, keep, restore};

#[cfg(unix)]
mod unix {
    use std::fs::File;
    use std::io::Write as _;
    use std::sync::{Mutex, MutexGuard, PoisonError};

    use nix::sys::termios::{SetArg, Termios, tcgetattr, tcsetattr};

    /// The mode to restore, and its terminal; `None` while nothing is asked.
    static KEPT: Mutex<Option<(File, Termios)>> = Mutex::new(None);

    fn kept() -> MutexGuard<'static, Option<(File, Termios)>> {
        KEPT.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Saves the present mode until [`restore`] or [`forget`]. Does nothing without a terminal.
    pub fn keep() {
        if let Ok(terminal) = File::options().read(true).write(true).open("/dev/tty")
            && let Ok(mode) = tcgetattr(&terminal)
        {
            kept().get_or_insert((terminal, mode));
        }
    }

    /// Forgets the saved mode, because the caller has restored it.
    pub fn forget() {
        kept().take();
    }

    /// Restores the saved mode and begins a new line. To be called before the process exits while another thread may
    /// still be reading; does nothing if no question is open.
    pub fn restore() {
        if let Some((mut terminal, mode)) = kept().take() {
            // nothing can be done for a terminal that does not take its own mode back
            let _ = tcsetattr(&terminal, SetArg::TCSANOW, &mode);
            let _ = terminal.write_all(b"\n");
        }
    }
}

#[cfg(not(unix))]
mod other {
    /// Nothing to keep here.
    pub fn keep() {}

    /// Nothing to forget here.
    pub fn forget() {}

    /// Nothing to put back here.
    pub fn restore() {}
}
