//! Asks a program of this machine: starts it, reads what it prints, and leaves one that gives no answer.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::process::Command;

use super::probe::Asked;

/// How long a program may take for an answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// The most bytes that are read of each of its streams.
const LONGEST: u64 = 1024 * 1024;

/// What a program answers. It changes nothing, so a dry run may ask, too.
pub async fn ask(words: Vec<String>) -> Asked {
    ask_within(&words, PATIENCE).await
}

async fn ask_within(words: &[String], patience: Duration) -> Asked {
    let Some((program, arguments)) = words.split_first() else { return Asked::Absent };
    let started = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn();
    let mut child = match started {
        Ok(child) => child,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Asked::Absent,
        Err(error) => return Asked::Failed(crate::error::io_cause(&error)),
    };
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let all = async { tokio::join!(read(stdout), read(stderr), child.wait()) };
    let Ok((printed, complaint, status)) = tokio::time::timeout(patience, all).await else {
        return Asked::Failed(format!("no answer within {} s", patience.as_secs()));
    };
    match status {
        Ok(status) if status.success() => Asked::Printed(printed),
        Ok(status) => {
            let code = status.code().map_or_else(|| "ended by a signal".to_owned(), |code| format!("exit code {code}"));
            let said = complaint.lines().chain(printed.lines()).map(str::trim).find(|line| !line.is_empty());
            Asked::Failed(said.map_or(code.clone(), |line| format!("{code}: {line}")))
        }
        Err(error) => Asked::Failed(crate::error::io_cause(&error)),
    }
}

/// The start of a stream. What cannot be read any more has ended.
async fn read(stream: Option<impl tokio::io::AsyncRead + Unpin>) -> String {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        let _ = stream.take(LONGEST).read_to_end(&mut bytes).await;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Vec<String> {
        ["/bin/sh", "-c", script].map(str::to_owned).to_vec()
    }

    #[tokio::test]
    async fn a_program_prints_fails_is_absent_or_says_nothing() {
        assert_eq!(ask(shell("echo yes")).await, Asked::Printed("yes\n".to_owned()));
        assert_eq!(
            ask(shell("echo; echo 'not so' >&2; exit 3")).await,
            Asked::Failed("exit code 3: not so".to_owned())
        );
        assert_eq!(ask(vec!["/nonexistent/docker-mcp".to_owned()]).await, Asked::Absent);
        let slow = ask_within(&shell("sleep 60"), Duration::from_millis(50)).await;
        assert_eq!(slow, Asked::Failed("no answer within 0 s".to_owned()));
    }
}
