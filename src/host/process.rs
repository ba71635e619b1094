//! Programs that scripts start: an argument array, never a shell.

use std::ffi::{OsStr, OsString};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;

use crate::child;
use crate::cluster;
use crate::error::{Error, Kind, Result};
use crate::files::RuntimeFolder;
use crate::record::{Action, Change, Effect, Outcome};

use super::Host;

/// The size limit of one output stream of a program.
const LONGEST_OUTPUT: u64 = 16 * 1024 * 1024;

/// A program to start.
#[derive(Debug, Clone)]
pub struct Program {
    /// The program and its arguments.
    pub words: Vec<String>,
    /// Its standard input.
    pub input: Option<String>,
    /// Its additional variables.
    pub environment: Vec<(String, String)>,
    /// Its time limit.
    pub timeout: Option<Duration>,
}

/// The output of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// Its exit code; 128 plus the signal's number if a signal ended it.
    pub code: i32,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Host {
    /// Starts a program and waits for its end. Guards do not apply to programs, so `--read-only` refuses them, and so
    /// does a test that does not mock them.
    ///
    /// # Errors
    /// Refused, no such program, too slow, or output that is not text. A non-zero exit code is not an error.
    pub fn run_process(&self, program: &Program) -> Result<Finished> {
        let name = program.words.first().cloned().unwrap_or_default();
        if name.is_empty() {
            return Err(Error::new(Kind::Script, "no program is named"));
        }
        if self.settings.read_only {
            return Err(Error::new(Kind::Refused, format!("refusing to run `{name}`: `--read-only` is set"))
                .cause("what a program does cannot be guarded"));
        }
        self.recorder.effect(Effect::named("process: run"))?;
        let mocked = self.mocked_program(program);
        if mocked.is_none() {
            self.settings.refuse_program(&name)?;
        }
        let mut change = Change {
            action: Action::Run,
            kind: "program",
            name: name.clone(),
            namespace: String::new(),
            keys: Vec::new(),
            note: String::new(),
            outcome: Outcome::Unknown,
        };
        self.recorder.change(change.clone());
        let result = match mocked {
            Some(finished) => Ok(finished),
            None => kubeconfig().and_then(|kubeconfig| {
                let variable = kubeconfig.as_ref().map(|(_, variable)| variable.as_os_str());
                self.wait(run(program, variable))
            }),
        };
        change.outcome = match &result {
            Ok(_) => Outcome::Done("run".to_owned()),
            Err(error) if error.kind.is_final() => return result,
            // the script sees the error and decides what it means
            Err(error) => Outcome::Failed(error.to_string()),
        };
        self.recorder.change(change);
        result
    }

    /// Records that a program would be run.
    ///
    /// # Errors
    /// Running programs is not allowed.
    pub fn plan_process(&self, program: &Program) -> Result<()> {
        self.recorder.effect(Effect::named("process: run"))?;
        self.recorder.change(Change {
            action: Action::Run,
            kind: "program",
            name: program.words.first().cloned().unwrap_or_default(),
            namespace: String::new(),
            keys: Vec::new(),
            note: String::new(),
            outcome: Outcome::Planned,
        });
        Ok(())
    }
}

/// `$KUBECONFIG` for a program, where it cannot be the one of mcpctl.
fn kubeconfig() -> Result<Option<(RuntimeFolder, OsString)>> {
    std::env::var_os("KUBECONFIG").map_or(Ok(None), |variable| cluster::without_pipes(&variable))
}

async fn run(program: &Program, kubeconfig: Option<&OsStr>) -> Result<Finished> {
    let (name, arguments) = program.words.split_first().ok_or_else(|| Error::failed("no program is named"))?;
    let mut child = Command::from(child::command(name))
        .args(arguments)
        .envs(kubeconfig.map(|files| ("KUBECONFIG", files)))
        .envs(program.environment.iter().map(|(name, value)| (name, value)))
        .stdin(if program.input.is_some() { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|e| cannot_start(name, &e))?;
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let feed = async {
        if let (Some(mut stdin), Some(input)) = (stdin, &program.input) {
            // a program may end without reading all of its input
            let _ = stdin.write_all(input.as_bytes()).await;
        }
    };
    let all = async { tokio::join!(child.wait(), read(stdout), read(stderr), feed) };
    let limit = program.timeout.unwrap_or(Duration::MAX);
    let Ok((status, stdout, stderr, ())) = tokio::time::timeout(limit, all).await else {
        return Err(Error::new(
            Kind::Timeout,
            format!("`{name}` did not end in {}", humantime::format_duration(limit)),
        ));
    };
    let status = status.map_err(|e| Error::failed(format!("cannot wait for `{name}`")).cause(e.to_string()))?;
    let text = |bytes: Vec<u8>, stream: &str| {
        if bytes.len() as u64 > LONGEST_OUTPUT {
            return Err(Error::invalid(format!("the {stream} of `{name}` is too large"))
                .cause(format!("more than {} MiB are not read", LONGEST_OUTPUT >> 20))
                .hint("let it write to a file"));
        }
        String::from_utf8(bytes).map_err(|_| Error::invalid(format!("the {stream} of `{name}` is not UTF-8 text")))
    };
    Ok(Finished { code: code(status), stdout: text(stdout, "output")?, stderr: text(stderr, "error output")? })
}

async fn read(stream: Option<impl tokio::io::AsyncRead + Unpin>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        // an unreadable process has ended
        let _ = stream.take(LONGEST_OUTPUT + 1).read_to_end(&mut bytes).await;
    }
    bytes
}

fn code(status: std::process::ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt as _;
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0))
}

fn cannot_start(name: &str, cause: &std::io::Error) -> Error {
    let error = Error::new(Kind::NotFound, format!("cannot start `{name}`")).object(name);
    match cause.kind() {
        std::io::ErrorKind::NotFound => error.cause("no such program on the PATH"),
        std::io::ErrorKind::PermissionDenied => error.cause("it may not be executed"),
        _ => error.cause(cause.to_string()),
    }
}
