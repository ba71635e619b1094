//! The guards that a REPL session can switch off: not those of its command line or of variables.

use crate::error::{Error, Kind, Result};
use crate::host::settings::Settings;

/// A guard that has a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guard {
    DryRun,
    ReadOnly,
}

/// The guards that were up when the REPL session began.
#[derive(Debug, Clone, Copy)]
pub(super) struct Guards {
    dry_run: bool,
    read_only: bool,
}

impl Guard {
    /// Its command, and its flag.
    fn name(self) -> &'static str {
        match self {
            Self::DryRun => "dry-run",
            Self::ReadOnly => "read-only",
        }
    }
}

impl Guards {
    /// Those of a REPL session that begins with these settings.
    pub(super) const fn of(settings: &Settings) -> Self {
        Self { dry_run: settings.dry_run, read_only: settings.read_only }
    }

    const fn stays(self, guard: Guard) -> bool {
        match guard {
            Guard::DryRun => self.dry_run,
            Guard::ReadOnly => self.read_only,
        }
    }

    /// The hint about how to continue without a guard.
    pub(super) fn way_out(self, guard: Guard) -> String {
        match (self.stays(guard), guard) {
            (false, _) => format!("`:{} off` allows it again", guard.name()),
            (true, Guard::DryRun) => "leave, and start `mcpctl repl` without `--dry-run`".to_owned(),
            (true, Guard::ReadOnly) => {
                "leave, and start `mcpctl repl` without `--read-only` and `MCPCTL_READ_ONLY`".to_owned()
            }
        }
    }

    /// Switches a guard, but not off if the REPL session began with it.
    ///
    /// # Errors
    /// The guard would be switched off, and must stay.
    pub(super) fn switch(self, guard: Guard, on: bool) -> Result<bool> {
        if on || !self.stays(guard) {
            return Ok(on);
        }
        Err(Error::new(Kind::Refused, format!("refusing `:{} off`", guard.name()))
            .cause(format!("the REPL session was started with `--{}`, which applies to all its lines", guard.name()))
            .hint(self.way_out(guard)))
    }
}
