//! The output of programs that answer a question, up to a size and within a time.

use std::io;
use std::process::ExitStatus;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;

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

/// Starts a program, writes `input` to its standard input if that is a pipe, and waits for its end.
///
/// # Errors
/// [`OutputError`]; the program does not run on.
pub async fn collect(
    command: &mut Command,
    input: &[u8],
    limit: usize,
    patience: Duration,
) -> Result<CommandOutput, OutputError> {
    let mut child = command.kill_on_drop(true).spawn().map_err(OutputError::Failed)?;
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let feed = async {
        if let Some(mut stdin) = stdin {
            // a program may end without reading all of its input
            let _ = stdin.write_all(input).await;
        }
        Ok(())
    };
    let all = async {
        // what is too large ends the wait for all of it
        let printed = async {
            let stdout = start(stdout, limit + 1).await;
            if stdout.len() > limit { Err(OutputError::TooLarge(limit)) } else { Ok(stdout) }
        };
        let (stdout, stderr, (), status) =
            tokio::try_join!(printed, async { Ok::<_, OutputError>(end(stderr).await) }, feed, async {
                child.wait().await.map_err(OutputError::Failed)
            })?;
        Ok(CommandOutput { status, stdout, stderr })
    };
    tokio::time::timeout(patience, all).await.unwrap_or(Err(OutputError::TooSlow(patience)))
}

/// The start of a stream. One that breaks gives what came before.
async fn start(stream: Option<impl AsyncRead + Unpin>, limit: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        let _ = stream.take(limit as u64).read_to_end(&mut bytes).await;
    }
    bytes
}

/// The end of a stream, all of which is read: a program must not stop for its complaints.
async fn end(stream: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let Some(mut stream) = stream else { return bytes };
    while let Ok(1..) = stream.read_buf(&mut bytes).await {
        if bytes.len() > 2 * LONGEST_COMPLAINT {
            bytes.drain(..bytes.len() - LONGEST_COMPLAINT);
        }
    }
    bytes
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

    #[tokio::test]
    async fn complaints_never_stop_a_program_and_their_end_is_kept() {
        let answer = shell("yes complaint | head -c 200000 >&2; echo last >&2; echo done", 100, LONG).await.unwrap();
        assert_eq!(answer.stdout, b"done\n");
        assert!(answer.stderr.ends_with(b"last\n") && answer.stderr.len() <= 2 * LONGEST_COMPLAINT + (1 << 16));
    }
}
