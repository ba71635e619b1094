//! What must hold of a run that something went wrong in, and of the run after it.

use mcpctl::host::test_context::RunResult;

use super::fixtures::CANARY;
use super::snapshot::{Seen, differences};

/// What a command does when nothing goes wrong.
#[derive(Debug)]
pub(crate) struct Expected {
    pub(crate) before: Seen,
    pub(crate) after: Seen,
    /// How many requests it sends.
    pub(crate) requests: usize,
    /// The exit codes of a first and of a second run.
    pub(crate) codes: [u8; 2],
    /// What it prints.
    pub(crate) stdout: String,
}

/// What is wrong with a run that a fault struck, in words; nothing, if it did what it should.
pub(crate) fn struck(expected: &Expected, now: &Seen, ran: &RunResult) -> Vec<String> {
    let mut wrong = Vec::new();
    let said = format!("{}\n{}", ran.stdout, ran.stderr);
    let wanted = differences(&expected.before, &expected.after);
    let done = differences(&expected.before, now);
    for name in &done {
        if !wanted.contains(name) {
            wrong.push(format!("touched {name}"));
        } else if now.get(name) != expected.after.get(name) {
            wrong.push(format!("left {name} half done: {:?}", now.get(name)));
        }
    }
    if said.contains(CANARY) {
        wrong.push("showed a secret".to_owned());
    }
    let undone: Vec<&String> = wanted.iter().filter(|name| !done.contains(name)).collect();
    match ran.code {
        code if code == expected.codes[0] => {
            if !undone.is_empty() {
                wrong.push(format!("ended well, but {undone:?} are not done"));
            }
            if ran.stderr.contains("error:") {
                wrong.push("ended well with an error".to_owned());
            }
            if wanted.is_empty() && !expected.stdout.is_empty() && ran.stdout != expected.stdout {
                wrong.push(format!("ended well, but read something else:\n{}", ran.stdout));
            }
        }
        1 | 3 => {
            if !ran.stderr.contains("error: ") {
                wrong.push("failed without an error".to_owned());
            }
            if ran.code == 3 && done.is_empty() && ran.stdout.is_empty() {
                wrong.push("said that it was done in part, but nothing was".to_owned());
            }
        }
        code => wrong.push(format!("exit code {code}")),
    }
    for name in &done {
        let bare = name.split_once('/').map_or(name.as_str(), |(_, bare)| bare);
        if !said.contains(bare) {
            wrong.push(format!("did not say what became of {name}"));
        }
    }
    for line in said.lines() {
        if let Some(pod) = line.trim().strip_prefix("deleted ").map(|rest| format!("pod/{rest}"))
            && now.contains_key(&pod)
        {
            wrong.push(format!("claimed to have deleted {pod}"));
        }
    }
    wrong
}

/// The pods of a verification that could not be removed, each told of with the way to remove it.
pub(crate) fn left_by_verify(expected: &Expected, now: &Seen, ran: &RunResult) -> Vec<String> {
    let told = |name: &String| {
        let pod = name.strip_prefix("pod/").unwrap_or_default();
        !pod.is_empty() && ran.stderr.lines().any(|line| line.contains(pod) && line.contains("ends by itself"))
    };
    let is_way_out = ran.code == 1 && ran.stderr.contains("mcpctl session ");
    let new = now.keys().filter(|name| !expected.before.contains_key(*name) && !expected.after.contains_key(*name));
    new.filter(|name| is_way_out && told(name)).cloned().collect()
}

/// What is wrong with the run after it, in which nothing goes wrong.
pub(crate) fn repeated(expected: &Expected, now: &Seen, ran: &RunResult) -> Vec<String> {
    let mut wrong = Vec::new();
    if !expected.codes.contains(&ran.code) {
        wrong.push(format!("the second run ended with {}", ran.code));
    }
    for name in differences(&expected.after, now) {
        wrong.push(format!("the second run did not complete {name}: {:?}", now.get(&name)));
    }
    wrong
}
