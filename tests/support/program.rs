//! The built program in a folder of its own, with nothing of the machine's environment.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

/// A run of `mcpctl` that is being put together.
pub(crate) struct Mcpctl {
    folder: TempDir,
    words: Vec<String>,
    environment: Vec<(String, String)>,
    input: Option<String>,
    /// What starts it, with its arguments; nothing for itself.
    under: Vec<String>,
}

/// What a run gave.
pub(crate) struct Ran {
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
    /// The exit code.
    pub(crate) code: i32,
    folder: TempDir,
}

impl Mcpctl {
    /// A run with the words of a command line that needs no quotes.
    pub(crate) fn new(line: &str) -> Self {
        Self::of(line.split_whitespace())
    }

    /// A run with these words.
    pub(crate) fn of<W: Into<String>>(words: impl IntoIterator<Item = W>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            folder,
            words: words.into_iter().map(Into::into).collect(),
            environment: Vec::new(),
            input: None,
            under: Vec::new(),
        }
    }

    /// Adds a word.
    pub(crate) fn word(mut self, word: &str) -> Self {
        self.words.push(word.to_owned());
        self
    }

    /// Puts a file into the run's folder.
    pub(crate) fn file(self, path: &str, text: &str) -> Self {
        let file = self.folder.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
        self
    }

    /// Sets a variable.
    pub(crate) fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// Gives standard input.
    pub(crate) fn input(mut self, text: &str) -> Self {
        self.input = Some(text.to_owned());
        self
    }

    /// The folder it runs in.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Goes on in the folder that an earlier run used.
    pub(crate) fn after(mut self, earlier: Ran) -> Self {
        self.folder = earlier.folder;
        self
    }

    /// Has another program start it.
    pub(crate) fn under(mut self, words: &[&str]) -> Self {
        self.under = words.iter().map(ToString::to_string).collect();
        self
    }

    /// Starts it without waiting for its end.
    pub(crate) fn start(&self) -> Child {
        let mut words = self.under.iter().map(String::as_str).chain([env!("CARGO_BIN_EXE_mcpctl")]);
        let mut command = Command::new(words.next().unwrap());
        command.args(words);
        let home = self.folder.path().join("home");
        std::fs::create_dir_all(&home).unwrap();
        command
            .args(&self.words)
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", home)
            .env("NO_COLOR", "1")
            .env("COLUMNS", "120")
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(if self.input.is_some() { Stdio::piped() } else { Stdio::null() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        if let Some(input) = &self.input {
            // the program may end without reading all of it
            let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        }
        child
    }

    /// Runs it to its end.
    pub(crate) fn run(self) -> Ran {
        let child = self.start();
        self.end_of(child)
    }

    /// Waits for the end of a run that was started.
    pub(crate) fn end_of(self, child: Child) -> Ran {
        let output = child.wait_with_output().unwrap();
        let code = output.status.code().unwrap_or(-1);
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ran { stdout: text(output.stdout), stderr: text(output.stderr), code, folder: self.folder }
    }
}

impl Ran {
    /// Fails with all that was printed unless the exit code is this one.
    #[track_caller]
    pub(crate) fn code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "exit code\nstdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Fails unless stdout is exactly this.
    #[track_caller]
    pub(crate) fn stdout(self, text: &str) -> Self {
        assert_eq!(self.stdout, text, "stdout; stderr was:\n{}", self.stderr);
        self
    }

    /// Fails unless stderr is exactly this.
    #[track_caller]
    pub(crate) fn stderr(self, text: &str) -> Self {
        assert_eq!(self.stderr, text, "stderr; stdout was:\n{}", self.stdout);
        self
    }

    /// Fails unless stderr holds this.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "stderr lacks {text:?}:\n{}", self.stderr);
        self
    }

    /// Fails unless stdout holds this.
    #[track_caller]
    pub(crate) fn gives(self, text: &str) -> Self {
        assert!(self.stdout.contains(text), "stdout lacks {text:?}:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Stdout as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}:\n{}\n{}", self.stdout, self.stderr))
    }

    /// A path in the run's folder.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// A file of the run's folder, if it is there.
    pub(crate) fn read(&self, path: &str) -> Option<String> {
        std::fs::read_to_string(self.path(path)).ok()
    }
}

/// Sends a signal to a run.
#[track_caller]
pub(crate) fn signal(child: &Child, signal: Signal) {
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), signal).unwrap();
}

/// Makes a program. A child writes it: another test's child, forked meanwhile, would hold a file open that this process
/// writes, and the system runs no such file.
pub(crate) fn executable(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let write = ["-c", "cat > \"$0\" && chmod 755 \"$0\""];
    let mut child = Command::new("sh").args(write).arg(path).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
}
