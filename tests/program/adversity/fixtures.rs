//! The commands that are tried, and what there is before each of them.

use super::setup::{Ground, folder_of};
use crate::sandbox::faults::assertions::Expected;
use crate::support::program::{Mcpctl, Ran};

/// Never to be seen.
pub(crate) const CANARY: &str = "canary-key-of-the-matrix";

const PROVISION: &[&str] = &[
    "provision",
    "grafana",
    "--base",
    "prod",
    "--set",
    "grafana.url=http://g",
    "--set",
    "grafana.api_key=@key.txt",
    "--skip",
    "images",
];

/// A command with what there is before it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scene {
    pub(crate) words: &'static [&'static str],
    /// Runs before it, in the same folder and namespace.
    before: &'static [&'static [&'static str]],
    /// More pods of a session that is left alone.
    crowd: usize,
}

/// Makes files, a ConfigMap and a Secret.
pub(crate) const PROVISION_NEW: Scene = Scene { words: PROVISION, before: &[], crowd: 0 };

/// Changes a value, in a file with a line of the user's own, and in the ConfigMap.
pub(crate) const PROVISION_AGAIN: Scene = Scene {
    words: &["provision", "grafana", "--base", "prod", "--set", "grafana.url=http://other", "--skip", "images"],
    before: &[PROVISION],
    crowd: 0,
};

/// A Secret from a file.
pub(crate) const POPULATE_SECRET: Scene =
    Scene { words: &["populate-secret", "own.env", "keys"], before: &[], crowd: 0 };

/// Removes an ended session.
pub(crate) const CLEANUP: Scene = Scene { words: &["cleanup", "--yes"], before: &[], crowd: 0 };

/// Reads.
pub(crate) const LIST: Scene = Scene { words: &["list", "-o", "name"], before: &[], crowd: 0 };

/// Reads several pages.
pub(crate) const LIST_OF_TWO_PAGES: Scene = Scene { words: &["list", "-o", "name"], before: &[], crowd: 500 };

impl Scene {
    /// How many pods `cleanup` takes.
    const DOOMED: usize = 4;

    /// Sets the scene in a namespace, which is emptied before; gives the end of what ran last, whose folder is the one to
    /// go on in.
    pub(crate) fn set(&self, ground: &Ground) -> Ran {
        ground.proxy.clear();
        ground.clear();
        ground.populate(Self::DOOMED);
        ground.crowd(self.crowd);
        let files = |run: Mcpctl| run.file("key.txt", CANARY).file("own.env", &format!("A={CANARY}\nB=2\n"));
        let mut ran = files(ground.mcpctl(&["version"])).run().code(0);
        for words in self.before {
            ran = ground.mcpctl(words).after(ran).run().code(0);
            let path = ran.path("prod-config.env");
            let text = std::fs::read_to_string(&path).unwrap();
            std::fs::write(path, format!("# a line of the user's own\n{text}OWN_KEY=kept\n")).unwrap();
        }
        ran
    }

    /// The command, with further flags, in the folder of what was run before.
    pub(crate) fn run(&self, ground: &Ground, flags: &[&str], earlier: Ran) -> Ran {
        self.begin(ground, flags, earlier).run()
    }

    /// The command, not started yet.
    pub(crate) fn begin(&self, ground: &Ground, flags: &[&str], earlier: Ran) -> Mcpctl {
        let words: Vec<&str> = self.words.iter().chain(flags).copied().collect();
        ground.mcpctl(&words).after(earlier)
    }

    /// What it is when nothing goes wrong.
    pub(crate) fn undisturbed(&self, ground: &Ground) -> Expected {
        let ran = self.set(ground);
        let before = ground.look(&folder_of(&ran));
        let sent = ground.proxy.sent().len();
        let first = self.run(ground, &[], ran).code(0);
        let requests = ground.proxy.sent().len() - sent;
        let after = ground.look(&folder_of(&first));
        let stdout = first.stdout.clone();
        let second = self.run(ground, &[], first);
        let codes = [0, u8::try_from(second.code).unwrap()];
        assert_eq!(ground.look(&folder_of(&second)), after, "a second run changes nothing");
        Expected { before, after, requests, codes, stdout }
    }
}

/// A run as the judge wants it.
pub(crate) fn judged(ran: &Ran) -> mcpctl::host::test_context::RunResult {
    mcpctl::host::test_context::RunResult {
        // a process that a signal ended has no code; no exit code of ours is 255
        code: u8::try_from(ran.code).unwrap_or(255),
        value: serde_json::Value::Null,
        stdout: ran.stdout.clone(),
        stderr: ran.stderr.clone(),
        plan: serde_json::Value::Null,
        error: None,
    }
}
