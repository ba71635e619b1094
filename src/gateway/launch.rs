//! The gateway's process: its standard input and output are ours, its signals are those that reach us.
//!
//! Over stdin and stdout an agent speaks with the gateway, so they are handed down as they are. Stderr is read line
//! by line: what comes from servers may contain control characters, and the gateway may name its session there. It goes
//! to a file that is followed, not to a pipe: without a reader the gateway would be ended by its next log line.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::File;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::{self, Signal as Number};
use nix::unistd::Pid;
use tokio::process::Command;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};

use crate::child;
use crate::error::{Error, Kind, Result};
use crate::interrupt::Signal;

use super::log_file::LogFile;

/// What a session's id begins with; eight hexadecimal digits follow.
const SESSION_PREFIX: &str = "mcp-gateway-";
const SESSION_DIGITS: usize = 8;

/// How often the log is read.
const PERIOD: Duration = Duration::from_millis(50);

/// How long what the program has started may go on after its end.
const REST: Duration = Duration::from_secs(3);

/// A gateway to be started.
#[derive(Debug, Clone, Default)]
pub struct Launch {
    /// The program and its arguments.
    pub words: Vec<String>,
    /// Variables that it gets beside ours.
    pub variables: Vec<(&'static str, OsString)>,
    /// Variables of ours that it must not see.
    pub without: Vec<String>,
    /// Whether stdin is a terminal: then it shares our process group, and Ctrl-C reaches it by itself.
    pub on_terminal: bool,
}

/// The file that a gateway's stderr goes to.
#[derive(Debug)]
pub struct Log {
    /// Open for appending: the gateway's.
    pub writer: File,
    /// Open from its start: ours.
    pub reader: File,
}

/// How a gateway ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// Its exit code; 128 and the signal's number where a signal ended it.
    pub code: i32,
    /// The session ids that it named on stderr.
    pub sessions: BTreeSet<String>,
}

impl Launch {
    /// Runs it to its end. The first signal is passed on, a second one kills it. `told` gets each line of its stderr.
    ///
    /// # Errors
    /// It cannot be started.
    pub async fn run(
        &self,
        log: Log,
        mut signals: mpsc::UnboundedReceiver<Signal>,
        mut told: impl FnMut(&str),
    ) -> Result<Ended> {
        let (name, arguments) = self.words.split_first().ok_or_else(|| Error::failed("no program is named"))?;
        let mut command = Command::from(child::command(name));
        command.args(arguments).envs(self.variables.iter().map(|(name, value)| (name, value)));
        for name in &self.without {
            command.env_remove(name);
        }
        command.stdin(Stdio::inherit()).stdout(Stdio::inherit()).stderr(log.writer).kill_on_drop(true);
        let mut log = LogFile::new(log.reader);
        if !self.on_terminal {
            command.process_group(0);
        }
        let mut child = command.spawn().map_err(|cause| cannot_start(name, &cause))?;
        let process = child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw);
        let send = |number: Number| {
            if let Some(process) = process {
                // an ended child needs no signal
                let _ = if self.on_terminal { signal::kill(process, number) } else { signal::killpg(process, number) };
            }
        };
        let mut sessions = BTreeSet::new();
        let mut tell = |line: &str| {
            sessions.extend(session_ids(line));
            told(line);
        };
        let mut period = interval(PERIOD);
        period.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut signalled = false;
        let status = loop {
            tokio::select! {
                status = child.wait() => break status,
                _ = period.tick() => log.read(&mut tell),
                Some(signal) = signals.recv() => {
                    match (signalled, signal) {
                        (true, _) => send(Number::SIGKILL),
                        (false, Signal::Interrupt) if self.on_terminal => {}
                        (false, Signal::Interrupt) => send(Number::SIGINT),
                        (false, Signal::Terminate) => send(Number::SIGTERM),
                    }
                    signalled = true;
                }
            }
        };
        // the plugin is a child of the docker CLI, and may have lost its parent
        if !self.on_terminal {
            send(Number::SIGTERM);
        }
        let is_going_on = || !self.on_terminal && process.is_some_and(|process| signal::killpg(process, None).is_ok());
        let rest = async {
            while is_going_on() {
                period.tick().await;
                log.read(&mut tell);
            }
        };
        // what is not written by then is not waited for
        let _ = tokio::time::timeout(REST, rest).await;
        log.read(&mut tell);
        log.end(&mut tell);
        let status = status.map_err(|e| Error::failed(format!("cannot wait for `{name}`")).cause(e.to_string()))?;
        Ok(Ended { code: code(status), sessions })
    }
}

/// The session ids in a line.
fn session_ids(line: &str) -> Vec<String> {
    let starts = line.match_indices(SESSION_PREFIX).map(|(at, _)| at);
    starts
        .filter_map(|at| {
            let digits = &line[at + SESSION_PREFIX.len()..];
            let end = digits.find(|letter: char| !letter.is_ascii_alphanumeric()).unwrap_or(digits.len());
            let digits = &digits[..end];
            let fits = digits.len() == SESSION_DIGITS && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
            fits.then(|| format!("{SESSION_PREFIX}{digits}"))
        })
        .collect()
}

fn code(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt as _;
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0))
}

fn cannot_start(name: &str, cause: &std::io::Error) -> Error {
    Error::new(Kind::NotFound, format!("cannot start `{name}`")).object(name).cause(crate::error::io_cause(cause))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log() -> Log {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let writer = File::options().append(true).create_new(true).open(&path).unwrap();
        Log { writer, reader: File::options().read(true).write(true).open(path).unwrap() }
    }

    fn shell(script: &str) -> Launch {
        Launch { words: ["/bin/sh", "-c", script].map(str::to_owned).to_vec(), ..Launch::default() }
    }

    async fn ended(launch: &Launch) -> (Ended, Vec<String>) {
        let (_sender, signals) = mpsc::unbounded_channel();
        let mut lines = Vec::new();
        let ended = launch.run(log(), signals, |line| lines.push(line.to_owned())).await.unwrap();
        (ended, lines)
    }

    #[tokio::test]
    async fn it_ends_with_its_own_code_and_its_stderr_is_told_line_by_line() {
        let (end, lines) = ended(&shell("printf 'one\\r\\ntwo' >&2; exit 7")).await;
        assert_eq!((end.code, lines), (7, vec!["one".to_owned(), "two".to_owned()]));
        assert_eq!(ended(&shell("kill -9 $$")).await.0.code, 137);
    }

    #[tokio::test]
    async fn a_session_that_it_names_is_known() {
        let (end, _) =
            ended(&shell("echo 'session: mcp-gateway-0c11d2e3, not mcp-gateway-run or mcp-gateway-config' >&2")).await;
        assert_eq!(end.sessions.into_iter().collect::<Vec<_>>(), ["mcp-gateway-0c11d2e3"]);
    }

    #[tokio::test]
    async fn variables_are_added_and_taken_away() {
        let launch = Launch {
            variables: vec![("KUBECONFIG", "/pinned".into())],
            without: vec!["HOME".to_owned()],
            ..shell("echo \"$KUBECONFIG ${HOME-none}\" >&2")
        };
        assert_eq!(ended(&launch).await.1, ["/pinned none"]);
    }

    #[tokio::test]
    async fn the_first_signal_is_passed_on_and_the_second_kills() {
        // not a child: a shell reports a program that was ended by a signal in this way
        let stubborn = shell("trap 'echo got it >&2' TERM; echo ready >&2; while :; do :; done");
        let (sender, signals) = mpsc::unbounded_channel();
        let mut lines = Vec::new();
        let end = stubborn
            .run(log(), signals, |line| {
                lines.push(line.to_owned());
                sender.send(Signal::Terminate).unwrap();
            })
            .await
            .unwrap();
        assert_eq!((end.code, lines.as_slice()), (137, ["ready".to_owned(), "got it".to_owned()].as_slice()));
    }
}
