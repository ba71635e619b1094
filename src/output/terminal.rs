//! The terminal's mode, kept before a question is asked: a run that ends by SIGTERM while somebody is typing
//! must not leave a terminal behind that echoes nothing.

use std::fs::File;
use std::sync::{Mutex, PoisonError};

use nix::sys::termios::{SetArg, Termios, tcgetattr, tcsetattr};

/// The mode to go back to, and the terminal whose it is; `None` while nothing is asked.
static KEPT: Mutex<Option<(File, Termios)>> = Mutex::new(None);

/// Keeps the present mode until [`restore`] or [`forget`]. Does nothing without a terminal.
pub fn keep() {
    if let Ok(terminal) = File::options().read(true).write(true).open("/dev/tty")
        && let Ok(mode) = tcgetattr(&terminal)
    {
        KEPT.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert((terminal, mode));
    }
}

/// Forgets the kept mode: whoever changed it has put it back.
pub fn forget() {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner).take();
}

/// Puts the kept mode back. To be called before the process exits while another thread may still be reading.
pub fn restore() {
    if let Some((terminal, mode)) = KEPT.lock().unwrap_or_else(PoisonError::into_inner).take() {
        // nothing can be done for a terminal that does not take its own mode back
        let _ = tcsetattr(&terminal, SetArg::TCSANOW, &mode);
    }
}
