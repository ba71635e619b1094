//! A REPL session of many lines: each has its own record, and settings can change between them.

use std::sync::{Arc, Mutex, PoisonError};

use crate::output::{Printer, Prompter, Settings as OutputSettings, Sink};
use crate::secret::Vault;

use super::Host;
use super::settings::Settings;

impl Host {
    /// Begins the next line: clears the interrupt and the record.
    pub fn begin(&self) {
        self.interrupt.lower();
        self.printer.reset_volume();
        self.next_in_journal();
        self.recorder.clear();
    }

    /// A run with other settings that continues this one: the same secrets, simulated world, catalog and interrupt, but
    /// a new record, and a new choice of the cluster.
    #[must_use]
    pub fn with_settings(&self, settings: Settings) -> Self {
        let mut next = Self::new(settings, self.printer.clone(), self.runtime.clone());
        next.interrupt = self.interrupt.clone();
        self.share(next)
    }

    /// A run for look-ups while the user types: it prints nothing, asks nothing, changes nothing, and has short time
    /// limits.
    #[must_use]
    pub fn in_background(&self, request_timeout: std::time::Duration) -> Self {
        let mut settings = self.settings.clone();
        settings.read_only = true;
        settings.dry_run = false;
        settings.at_hand = true;
        settings.request_timeout = Some(request_timeout);
        let sink = || Sink::writer(Box::new(std::io::sink()), false);
        let printer = Printer::to_sinks(OutputSettings::default(), Arc::new(Vault::default()), sink(), sink());
        let prompter = Prompter::nobody(printer.clone(), false);
        self.share(Self::with_prompter(settings, printer, prompter, self.runtime.clone()))
    }

    fn share(&self, next: Self) -> Self {
        let catalog = self.catalog.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let next = Self { catalog: Mutex::new(catalog), ..next };
        match self.world() {
            Ok(Some(world)) => next.in_world(world.clone()),
            _ => next,
        }
    }
}
