//! Which gateway is available: that of the machine, the mock of a test, or the simulated one of the sandbox.

use std::path::Path;

use crate::error::Result;
use crate::gateway::ask::ask;
use crate::gateway::probe::{self, Asked, Probe};
use crate::record::Effect;

use super::super::Host;
use super::super::process::Program;

impl Host {
    /// What is known about the gateway on this machine. Its programs are asked, also in a dry run: they change nothing.
    /// The sandbox starts no program: it has a gateway with every feature, and a test asks the mocked programs.
    ///
    /// # Errors
    /// The run is interrupted.
    pub fn gateway_probe(&self) -> Result<Probe> {
        self.recorder.effect(Effect::named("process: read"))?;
        let service_host = self.settings.environment.get(probe::SERVICE_HOST)?;
        if self.settings.sandbox.is_none() {
            let in_cluster = probe::is_in_cluster(service_host.as_deref(), Path::new(probe::ACCOUNT_TOKEN));
            return self
                .wait(async { Ok(probe::probe(in_cluster, |words| async { self.masked(ask(words).await) }).await) });
        }
        // a test has no token, but it can set the variable
        let in_cluster = service_host.is_some();
        let has_stand_in = probe::PROGRAMS.iter().any(|words| self.stands_in(words));
        if !has_stand_in {
            return Ok(Probe { in_cluster, ..Probe::simulated() });
        }
        let ask = |words: Vec<String>| std::future::ready(self.masked(self.ask_stand_in(words)));
        self.wait(async { Ok(Probe { simulated: true, ..probe::probe(in_cluster, ask).await }) })
    }

    /// The output of a program, masked before it is shortened: half a secret would not be recognised.
    fn masked(&self, asked: Asked) -> Asked {
        match asked {
            Asked::Printed(text) => Asked::Printed(self.vault.mask(&text).into_owned()),
            Asked::Failed(text) => Asked::Failed(self.vault.mask(&text).into_owned()),
            Asked::Absent => Asked::Absent,
        }
    }

    fn stands_in(&self, words: &[&str]) -> bool {
        ["version", "gateway run --help", "feature list"].iter().any(|more| {
            let words = words.iter().copied().chain(more.split(' ')).map(str::to_owned).collect();
            self.ask_stand_in(words) != Asked::Absent
        })
    }

    fn ask_stand_in(&self, words: Vec<String>) -> Asked {
        let program = Program { words, input: None, timeout: None, environment: Vec::new() };
        match self.mocked_program(&program) {
            None => Asked::Absent,
            Some(finished) if finished.code == 0 => Asked::Printed(finished.stdout),
            Some(finished) => {
                let said = finished.stderr.lines().next().unwrap_or_default().to_owned();
                Asked::Failed(format!("exit code {}: {said}", finished.code))
            }
        }
    }
}
