//! Asks a program of this machine: starts it, reads what it prints, and leaves one that gives no answer.

use std::process::Stdio;
use std::time::Duration;

use crate::child;

use super::probe::Asked;
use crate::command_output::{self, OutputError};

/// How long a program may take for an answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// The most bytes that are read of what it prints.
const LONGEST: usize = 1 << 20;

/// What a program answers. It changes nothing, so a dry run may ask, too.
pub async fn ask(words: Vec<String>) -> Asked {
    ask_within(&words, PATIENCE).await
}

async fn ask_within(words: &[String], patience: Duration) -> Asked {
    let Some((program, arguments)) = words.split_first() else { return Asked::Absent };
    let mut command = child::group_leader(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let answer = match command_output::collect(&mut command, b"", LONGEST, patience).await {
        Ok(answer) => answer,
        Err(OutputError::Failed(error)) if error.kind() == std::io::ErrorKind::NotFound => return Asked::Absent,
        Err(OutputError::Failed(error)) => return Asked::Failed(crate::error::io_cause(&error)),
        Err(OutputError::TooLarge(limit)) => return Asked::Failed(format!("it printed more than {} MiB", limit >> 20)),
        Err(OutputError::TooSlow(patience)) => {
            return Asked::Failed(format!("no answer within {} s", patience.as_secs()));
        }
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (printed, complaint) = (text(&answer.stdout), text(&answer.stderr));
    if answer.status.success() {
        return Asked::Printed(printed);
    }
    let code = answer.status.code();
    let code = code.map_or_else(|| "ended by a signal".to_owned(), |code| format!("exit code {code}"));
    let said = complaint.lines().chain(printed.lines()).map(str::trim).find(|line| !line.is_empty());
    Asked::Failed(said.map_or(code.clone(), |line| format!("{code}: {line}")))
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
