//! A sandbox that is served while a test runs.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout};

use nix::sys::signal::Signal;

use super::program;
use super::program::Mcpctl;

/// A run of `mcpctl sandbox serve`, ended when dropped.
pub(crate) struct Serving {
    child: Child,
    stdout: BufReader<ChildStdout>,
    /// Where its kubeconfig is.
    pub(crate) kubeconfig: PathBuf,
}

impl Serving {
    /// Starts it and waits until it has said where its kubeconfig is.
    pub(crate) fn start(run: &Mcpctl) -> Self {
        let mut child = run.start();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let path = line.strip_prefix("export KUBECONFIG=").map(str::trim);
        Self { child, stdout, kubeconfig: path.map(PathBuf::from).unwrap_or_default() }
    }

    /// A run whose temporary files are in its own folder.
    pub(crate) fn run(line: &str) -> Mcpctl {
        let run = Mcpctl::new(&format!("sandbox serve {line}"));
        let folder = run.folder().display().to_string();
        run.env("TMPDIR", folder)
    }

    /// Ends it by a signal and gives its exit code and all that it printed since the first line.
    pub(crate) fn end(mut self, signal: Signal) -> (i32, String, String) {
        program::signal(&self.child, signal);
        let (mut stdout, mut stderr) = (String::new(), String::new());
        self.stdout.read_to_string(&mut stdout).unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        (self.child.wait().unwrap().code().unwrap_or(-1), stdout, stderr)
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Kills it, as `kill -9` does.
    pub(crate) fn kill(&mut self) {
        program::signal(&self.child, Signal::SIGKILL);
        self.child.wait().unwrap();
    }

    /// A run of mcpctl that uses it.
    pub(crate) fn client(&self, line: &str) -> Mcpctl {
        client(&self.kubeconfig, line)
    }
}

/// A run of mcpctl with a kubeconfig.
pub(crate) fn client(kubeconfig: &Path, line: &str) -> Mcpctl {
    Mcpctl::new(line).env("KUBECONFIG", kubeconfig.to_str().unwrap())
}

impl Drop for Serving {
    fn drop(&mut self) {
        // it may have ended by itself
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
