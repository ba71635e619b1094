//! Records the changes of a run in the user's journal, as they happen.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use crate::error::Error;
use crate::journal::{Journal, JournalEntry, Origin};
use crate::record::{Change, Outcome};
use crate::secret::Vault;

use super::Host;
use super::settings::Environment;

/// The journal as one run writes it.
pub(super) struct Keeping {
    journal: Option<Journal>,
    state: Mutex<JournalState>,
}

struct JournalState {
    run: String,
    /// Changes without an answer that are recorded already.
    unknown: BTreeSet<String>,
    /// The journal could not be written: no more attempts.
    broken: bool,
}

/// Now, to the millisecond.
fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}

/// A unique name for a run on this machine.
fn run_name() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("{}-{}-{count}", Timestamp::now().as_millisecond(), std::process::id())
}

/// The folder of mcpctl's state: `$XDG_STATE_HOME/mcpctl` or `~/.local/state/mcpctl`.
#[must_use]
pub fn state_folder(environment: &Environment) -> Option<PathBuf> {
    let state = environment.get("XDG_STATE_HOME").ok().flatten().map(PathBuf::from);
    let state = state.filter(|folder| folder.is_absolute());
    let folder = state.or_else(|| environment.home().map(|home| home.join(".local").join("state")));
    folder.map(|folder| folder.join("mcpctl"))
}

impl Host {
    /// Starts recording changes. Simulated and planned changes are not recorded, and none with `--no-journal`.
    pub fn keep_journal(self: &Arc<Self>) {
        let settings = &self.settings;
        if settings.no_journal || settings.dry_run || settings.sandbox.is_some() {
            return;
        }
        let journal = state_folder(&settings.environment).map(Journal::in_folder);
        let state = JournalState { run: run_name(), unknown: BTreeSet::new(), broken: false };
        // a new run has no journal yet
        let _ = self.journal.set(Keeping { journal, state: Mutex::new(state) });
        let host = Arc::downgrade(self);
        self.recorder.witnessed_by(Box::new(move |change| {
            if let Some(host) = host.upgrade() {
                host.write_down(change);
            }
        }));
    }

    /// Records the changes without an answer: the run or the line ends here.
    pub fn settle_journal(&self) {
        let Some(keeping) = self.journal.get() else { return };
        for change in self.recorder.changes().iter().filter(|change| change.outcome == Outcome::Unknown) {
            let name = format!("{} {}/{} {}", change.action.name(), change.kind, change.name, change.namespace);
            if lock(&keeping.state).unknown.insert(name) {
                self.write_down(change);
            }
        }
    }

    /// Settles what was, and begins the next line of a REPL session.
    pub(super) fn next_in_journal(&self) {
        self.settle_journal();
        if let Some(keeping) = self.journal.get() {
            let mut state = lock(&keeping.state);
            state.run = run_name();
            state.unknown.clear();
        }
    }

    fn write_down(&self, change: &Change) {
        let Some(keeping) = self.journal.get() else { return };
        let mut state = lock(&keeping.state);
        if state.broken {
            return;
        }
        let origin = Origin {
            run: state.run.clone(),
            context: match self.cluster.get() {
                Some(Ok(cluster)) => cluster.context().to_owned(),
                _ => String::new(),
            },
            script: self.script.get().map_or_else(String::new, Clone::clone),
        };
        let mut entry = JournalEntry::of(change, &origin, now());
        if matches!(change.kind, "file" | "folder") {
            // the journal is read from other folders
            let whole = std::path::absolute(self.settings.folder.join(&change.name));
            entry.name = whole.map_or_else(|_| entry.name.clone(), |path| path.display().to_string());
        }
        // names and reasons come from outside, too
        entry.name = Vault::mask_sentinels(&entry.name).into_owned();
        for text in [&mut entry.note, &mut entry.reason] {
            *text = self.vault.mask(text).into_owned();
        }
        let written = match &keeping.journal {
            Some(journal) => journal.append(&entry),
            None => Err(Error::failed("there is no place for the journal")
                .cause("neither `$XDG_STATE_HOME` nor `$HOME` is set")),
        };
        if let Err(error) = written {
            state.broken = true;
            let warning = error.hint("the work goes on; `--no-journal` or `MCPCTL_NO_JOURNAL=1` does without");
            self.printer.warning(&warning);
        }
    }
}

fn lock(state: &Mutex<JournalState>) -> std::sync::MutexGuard<'_, JournalState> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
