//! The built program on a terminal of its own, whose screen the test looks at.

use std::io::{Read as _, Write as _};
use std::num::NonZeroU16;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rexpect::process::{PtyProcess, Signal, WaitStatus};
use tempfile::TempDir;
use vt100::Parser;

/// How long anything may take on a loaded machine; no test waits for it unless it fails.
const PATIENCE: Duration = Duration::from_secs(120);

/// What is sent for a key.
pub(crate) const ENTER: &str = "\r";
pub(crate) const TAB: &str = "\t";
pub(crate) const UP: &str = "\x1b[A";
pub(crate) const RIGHT: &str = "\x1b[C";
pub(crate) const CTRL_C: &str = "\x03";
pub(crate) const CTRL_D: &str = "\x04";
pub(crate) const CTRL_R: &str = "\x12";

/// A REPL session that is being put together.
pub(crate) struct TerminalBuilder {
    folder: TempDir,
    program: String,
    words: Vec<String>,
    environment: Vec<(String, String)>,
    rows: u16,
    umask: String,
}

/// A REPL session that runs.
pub(crate) struct Terminal {
    process: PtyProcess,
    keyboard: std::fs::File,
    screen: Arc<Mutex<Parser>>,
    folder: TempDir,
}

impl TerminalBuilder {
    /// `mcpctl` with these words.
    pub(crate) fn new(line: &str) -> Self {
        Self::of(env!("CARGO_BIN_EXE_mcpctl"), line.split_whitespace().map(str::to_owned))
    }

    /// Another program, whose prompt ends with `>`, too.
    pub(crate) fn of(program: &str, words: impl Iterator<Item = String>) -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            program: program.to_owned(),
            words: words.collect(),
            environment: Vec::new(),
            rows: 200,
            umask: "022".to_owned(),
        }
    }

    /// `mcpctl repl` in the demo world.
    pub(crate) fn sandbox() -> Self {
        Self::new("repl --sandbox")
    }

    /// Sets a variable.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Puts a file into the folder.
    pub(crate) fn file(self, path: &str, text: &str) -> Self {
        std::fs::write(self.folder.path().join(path), text).unwrap();
        self
    }

    /// Sets the umask that it starts with.
    pub(crate) fn umask(mut self, umask: &str) -> Self {
        umask.clone_into(&mut self.umask);
        self
    }

    /// The folder that it is going to run in.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Sets the height of the screen.
    pub(crate) fn rows(mut self, rows: u16) -> Self {
        self.rows = rows;
        self
    }

    /// Goes on in the folder of an earlier REPL session.
    pub(crate) fn after(mut self, earlier: Terminal) -> Self {
        self.folder = earlier.folder;
        self
    }

    /// Starts it and waits for its prompt.
    #[track_caller]
    pub(crate) fn start(self) -> Terminal {
        let mut command = Command::new("sh");
        let size = format!("umask {}; stty rows {} cols 120; exec \"$0\" \"$@\"", self.umask, self.rows);
        command
            .args(["-c", &size, &self.program])
            .args(&self.words)
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.folder.path())
            .env("TERM", "xterm-256color")
            .envs(self.environment);
        let mut process = PtyProcess::new(command).unwrap();
        // an interactive shell ignores the signal that would end it when this is dropped
        process.set_kill_timeout(Some(5_000));
        let keyboard = process.get_file_handle().unwrap();
        let mut output = process.get_file_handle().unwrap();
        let screen = Arc::new(Mutex::new(Parser::new(size_of(self.rows), size_of(120), 0)));
        let drawn = Arc::clone(&screen);
        std::thread::spawn(move || {
            let mut bytes = [0_u8; 4096];
            // the terminal's end is an error on Linux
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                drawn.lock().unwrap().process(&bytes[..count]);
            }
        });
        let terminal = Terminal { process, keyboard, screen, folder: self.folder };
        terminal.until(at_prompt);
        terminal
    }
}

fn size_of(length: u16) -> NonZeroU16 {
    NonZeroU16::new(length).unwrap()
}

/// Whether the last line is a prompt and nothing else.
fn at_prompt(screen: &str) -> bool {
    screen.trim_end().lines().last().is_some_and(|line| line.ends_with('>'))
}

impl Terminal {
    /// The text on the screen.
    pub(crate) fn screen(&self) -> String {
        self.screen.lock().unwrap().screen().contents()
    }

    /// Looks at the screen itself.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&vt100::Screen) -> T) -> T {
        look(self.screen.lock().unwrap().screen())
    }

    /// Waits until the screen is as wanted, and gives it.
    #[track_caller]
    pub(crate) fn until(&self, wanted: impl Fn(&str) -> bool) -> String {
        let started = Instant::now();
        loop {
            let screen = self.screen();
            if wanted(&screen) {
                return screen;
            }
            assert!(started.elapsed() < PATIENCE, "the screen never was as wanted:\n{screen}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until the screen shows a text.
    #[track_caller]
    pub(crate) fn shows(&mut self, text: &str) -> &mut Self {
        self.until(|screen| screen.contains(text));
        self
    }

    /// Presses keys.
    pub(crate) fn keys(&mut self, keys: &str) -> &mut Self {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
        self
    }

    /// Types a text and waits until it stands behind the prompt.
    #[track_caller]
    pub(crate) fn types(&mut self, text: &str) -> &mut Self {
        self.keys(text);
        self.until(|screen| screen.trim_end().lines().last().is_some_and(|line| line.contains(text.trim())));
        self
    }

    /// Types a line, presses Enter, and gives what it prints until the next prompt.
    #[track_caller]
    pub(crate) fn line(&mut self, text: &str) -> String {
        self.types(text);
        let typed = self.screen().trim_end().lines().count();
        self.keys(ENTER);
        let screen = self.until(|screen| screen.trim_end().lines().count() > typed && at_prompt(screen));
        let lines: Vec<&str> = screen.trim_end().lines().skip(typed).collect();
        let (_, printed) = lines.split_last().unwrap();
        printed.iter().map(|line| format!("{}\n", line.trim_end())).collect()
    }

    /// Types a text and presses Tab, and gives the screen's last lines from where the text was typed.
    #[track_caller]
    pub(crate) fn completes(&mut self, text: &str, to: &str) -> String {
        self.types(text).keys(TAB);
        let screen = self.until(|screen| screen.contains(to));
        self.keys(CTRL_C);
        self.until(at_prompt);
        screen
    }

    /// Presses a key again and again until the screen shows a text: what it depends on is fetched meanwhile.
    #[track_caller]
    pub(crate) fn until_pressed(&mut self, key: &str, text: &str) {
        let started = Instant::now();
        while !self.screen().contains(text) {
            assert!(started.elapsed() < PATIENCE, "{text} never came:\n{}", self.screen());
            self.keys(key);
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Sends a signal to the program.
    pub(crate) fn signal(&mut self, signal: Signal) {
        self.process.signal(signal).unwrap();
    }

    /// Waits for the end and gives the exit code.
    #[track_caller]
    pub(crate) fn code(&self) -> i32 {
        match self.process.wait().unwrap() {
            WaitStatus::Exited(_, code) => code,
            other => panic!("{other:?}:\n{}", self.screen()),
        }
    }

    /// Where it runs; its home too.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }
}
