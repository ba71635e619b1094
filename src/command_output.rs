//! The output of programs that answer a question, up to a size and within a time.

use std::io;
use std::process::ExitStatus;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;

use crate::child::ProcessGroup;

/// The most bytes of the end of a program's standard error that are kept.
const LONGEST_COMPLAINT: usize = 16 << 10;

/// What a program printed, and how it ended.
#[derive(Debug)]
pub struct CommandOutput {
    /// How it ended.
    pub status: ExitStatus,
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// The end of its standard error, if that is a pipe.
    pub stderr: Vec<u8>,
}

/// Why there is no output.
#[derive(Debug)]
pub enum OutputError {
    /// It could not be started, or waited for.
    Failed(io::Error),
    /// It printed more than so many bytes, and was ended.
    TooLarge(usize),
    /// It took longer than this, and was ended.
    TooSlow(Duration),
}

/// What a program has printed so far.
#[derive(Debug, Default)]
pub struct Printed {
    /// Its standard output, up to the limit.
    pub stdout: Vec<u8>,
    /// The end of its standard error, if that is a pipe.
    pub stderr: Vec<u8>,
}

/// Starts a program, writes `input` to its standard input if that is a pipe, and waits for its end.
///
/// # Errors
/// [`OutputError`]; the program does not run on, and neither does its process group if it leads one.
pub async fn collect(
    command: &mut Command,
    input: &[u8],
    limit: usize,
    patience: Duration,
) -> Result<CommandOutput, OutputError> {
    let mut printed = Printed::default();
    let status = collect_into(&mut printed, command, input, limit, patience).await?;
    Ok(CommandOutput { status, stdout: printed.stdout, stderr: printed.stderr })
}

/// As [`collect`]; what the program printed before an error is in `printed`, too.
///
/// # Errors
/// As [`collect`].
pub async fn collect_into(
    printed: &mut Printed,
    command: &mut Command,
    input: &[u8],
    limit: usize,
    patience: Duration,
) -> Result<ExitStatus, OutputError> {
    let mut child = command.kill_on_drop(true).spawn().map_err(OutputError::Failed)?;
    let group = ProcessGroup::led_by(child.id());
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let Printed { stdout: kept, stderr: kept_of_stderr } = printed;
    let feed = async {
        if let Some(mut stdin) = stdin {
            // a program may end without reading all of its input
            let _ = stdin.write_all(input).await;
        }
        Ok(())
    };
    let all = async {
        // what is too large ends the wait for all of it
        let start = async {
            start(stdout, kept, limit + 1).await;
            if kept.len() > limit { Err(OutputError::TooLarge(limit)) } else { Ok(()) }
        };
        let end = async {
            end(stderr, kept_of_stderr).await;
            Ok(())
        };
        let ((), (), (), status) =
            tokio::try_join!(start, end, feed, async { child.wait().await.map_err(OutputError::Failed) })?;
        Ok(status)
    };
    let status = tokio::time::timeout(patience, all).await.unwrap_or(Err(OutputError::TooSlow(patience)))?;
    group.release();
    Ok(status)
}

/// Reads the start of a stream. One that breaks gives what came before.
async fn start(stream: Option<impl AsyncRead + Unpin>, bytes: &mut Vec<u8>, limit: usize) {
    if let Some(stream) = stream {
        let mut stream = stream.take(limit as u64);
        while let Ok(1..) = stream.read_buf(bytes).await {}
    }
}

/// Reads all of a stream and keeps its end: a program must not stop for its complaints.
async fn end(stream: Option<impl AsyncRead + Unpin>, bytes: &mut Vec<u8>) {
    let Some(mut stream) = stream else { return };
    while let Ok(1..) = stream.read_buf(bytes).await {
        if bytes.len() > 2 * LONGEST_COMPLAINT {
            bytes.drain(..bytes.len() - LONGEST_COMPLAINT);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::Stdio;

    use super::*;

    async fn shell(script: &str, limit: usize, patience: Duration) -> Result<CommandOutput, OutputError> {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        collect(&mut command, b"in\n", limit, patience).await
    }

    const LONG: Duration = Duration::from_secs(20);

    #[tokio::test]
    async fn an_answer_is_what_was_printed() {
        let answer = shell("read x; echo $x; echo no >&2; exit 3", 100, LONG).await.unwrap();
        assert_eq!((answer.stdout.as_slice(), answer.stderr.as_slice()), (&b"in\n"[..], &b"no\n"[..]));
        assert_eq!(answer.status.code(), Some(3));
    }

    #[tokio::test]
    async fn too_much_and_too_slow_end_the_program() {
        assert!(matches!(shell("yes", 1 << 20, LONG).await, Err(OutputError::TooLarge(_))));
        assert!(matches!(shell("printf 1234; exec sleep 60", 3, LONG).await, Err(OutputError::TooLarge(3))));
        let patience = Duration::from_millis(100);
        assert!(matches!(shell("exec sleep 60", 100, patience).await, Err(OutputError::TooSlow(_))));
        let mut none = Command::new("/nonexistent/program");
        assert!(matches!(collect(&mut none, b"", 1, LONG).await, Err(OutputError::Failed(_))));
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_group_ends_as_a_whole_and_what_was_printed_before_is_kept() {
        for script in ["sleep 60 & sleep 60", "(sleep 60 & sleep 60) & wait", "trap '' TERM HUP; sleep 60; sleep 60"] {
            let mut command = crate::child::group_leader("/bin/sh");
            command.args(["-c", &format!("echo $$; echo no >&2; {script}")]);
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
            let mut printed = Printed::default();
            let answer =
                collect_into(&mut printed, &mut command, b"", 100, Duration::from_millis(300)).await.unwrap_err();
            assert!(matches!(answer, OutputError::TooSlow(_)), "{script}");
            assert_eq!(printed.stderr, b"no\n", "{script}");
            let group: i32 = String::from_utf8(printed.stdout).unwrap().trim().parse().unwrap();
            for _ in 0..1000 {
                if !runs(group) {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            assert!(!runs(group), "{script}: a program of the group runs on");
        }
    }

    #[cfg(target_os = "linux")]
    /// Whether a process of a group is running; a zombie is not.
    fn runs(group: i32) -> bool {
        let stats = std::fs::read_dir("/proc").unwrap().flatten();
        let stats = stats.filter_map(|entry| std::fs::read_to_string(entry.path().join("stat")).ok());
        stats.filter_map(|stat| stat.rsplit_once(')').map(|(_, rest)| rest.to_owned())).any(|rest| {
            let fields: Vec<&str> = rest.split_whitespace().collect();
            fields[0] != "Z" && fields[2] == group.to_string()
        })
    }

    #[tokio::test]
    async fn complaints_never_stop_a_program_and_their_end_is_kept() {
        let answer = shell("yes complaint | head -c 200000 >&2; echo last >&2; echo done", 100, LONG).await.unwrap();
        assert_eq!(answer.stdout, b"done\n");
        assert!(answer.stderr.ends_with(b"last\n") && answer.stderr.len() <= 2 * LONGEST_COMPLAINT + (1 << 16));
    }
}
