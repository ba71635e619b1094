//! The resolvers of a run for references: functions of scripts, by scheme, and the files that register them.
//!
//! The layer above owns the functions: they are only stored here.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::Result;
use crate::files::Access;

use super::Host;

/// The file in a folder of your own scripts that registers resolvers for every run.
pub const FILE: &str = "resolvers.rhai";

/// A script's function with what it needs to be called.
pub type Kept = Arc<dyn Any + Send + Sync>;

/// The resolvers of a run.
#[derive(Default)]
pub struct Resolvers {
    functions: Mutex<BTreeMap<String, Kept>>,
    loaded: Mutex<BTreeSet<PathBuf>>,
}

impl Resolvers {
    /// Registers a scheme's function; a later one replaces an earlier one.
    pub fn keep(&self, scheme: &str, function: Kept) {
        self.functions.lock().unwrap_or_else(PoisonError::into_inner).insert(scheme.to_owned(), function);
    }

    /// Registers a scheme's function unless it has one.
    pub fn keep_first(&self, scheme: &str, function: Kept) {
        let mut functions = self.functions.lock().unwrap_or_else(PoisonError::into_inner);
        functions.entry(scheme.to_owned()).or_insert(function);
    }

    /// A scheme's function.
    #[must_use]
    pub fn get(&self, scheme: &str) -> Option<Kept> {
        self.functions.lock().unwrap_or_else(PoisonError::into_inner).get(scheme).cloned()
    }

    /// The schemes that have a function, sorted.
    #[must_use]
    pub fn schemes(&self) -> Vec<String> {
        self.functions.lock().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }
}

impl Host {
    /// The files that register resolvers and were not returned before: in the folders of `$MCPCTL_PATH`, then in the
    /// user's configuration. Never in the current folder: reading a file must not run code of a folder that the user
    /// only entered.
    ///
    /// # Errors
    /// A file outside the bounds of an isolated run.
    pub fn new_resolver_files(&self) -> Result<Vec<PathBuf>> {
        let environment = &self.settings.environment;
        let folders = environment.script_path().into_iter().chain(environment.script_folder());
        let mut loaded = self.resolvers.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let files = folders.map(|folder| self.settings.folder.join(folder).join(FILE)).filter(|file| file.is_file());
        let new = files.filter(|file| loaded.insert(file.clone()));
        new.map(|file| self.files.check(&file, Access::Read).map(|()| file)).collect()
    }
}
