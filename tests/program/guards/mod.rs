//! Guards hold in every command, shipped script and function: nothing is changed, started or contacted that
//! `--read-only`, `--dry-run`, `--allow`, `--deny` or `--allow-context` rule out.
//!
//! What is tested is enumerated from the command tree, the embedded scripts and the reference, so that a new command,
//! flag, script or function without a case fails the test. Each case also runs without a guard: it must do what it is
//! there for, or its silence under a guard would prove nothing.

mod commands;
mod functions;
mod machine;
mod parts;
mod scripts;
mod sources;

use machine::{Machine, Seen};

/// The catalog of a machine.
const CATALOG: &str = "registry:\n  time: {image: mcp/time}\n  grafana: {image: mcp/grafana, secrets: [{name: grafana.api_key, env: GRAFANA_API_KEY}]}\n";

/// A command line and what it does.
struct Case {
    /// Its words, quoted as for a shell.
    line: &'static str,
    /// Lines on its standard input.
    input: &'static str,
    /// All effects that it has: with these allowed nothing is refused, with any of them denied it is.
    effects: &'static [&'static str],
    /// What is seen of it without a guard.
    acts: &'static [Act],
}

/// What can be seen of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    /// A file is another one, or new, or gone.
    Changes,
    /// A program of the machine was started.
    Starts,
    /// The API server was asked.
    Asks,
    /// The API server was asked to change something.
    Writes,
    /// A web server or registry was asked.
    Fetches,
    /// The docker engine was asked.
    Engine,
}

fn acts(seen: &Seen) -> Vec<Act> {
    let all = [
        (Act::Changes, !seen.changed.is_empty()),
        (Act::Starts, seen.started.iter().any(|line| !LOGIN.contains(&line.as_str()))),
        (Act::Asks, !seen.requests.is_empty()),
        (Act::Writes, seen.requests.iter().any(machine::Request::changes)),
        (Act::Fetches, !seen.fetched.is_empty()),
        (Act::Engine, !seen.engine.is_empty()),
    ];
    all.into_iter().filter_map(|(act, seen)| seen.then_some(act)).collect()
}

/// The programs that log in to the API server and to registries: the user has set them up, so they are started whenever
/// a server may be asked.
const LOGIN: [&str; 2] = ["login ", "docker-credential-canary get"];

/// The questions that are put to programs in order to look: they change nothing, and are an effect of their own.
const LOOKS: [&str; 6] = [
    "docker mcp version",
    "docker mcp gateway run --help",
    "docker mcp feature list",
    "docker-mcp version",
    "docker-mcp gateway run --help",
    "docker-mcp feature list",
];

/// What a case does that a guard rules out, in words.
fn misdeeds(guard: &Guard, seen: &Seen) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut none = |what: &str, found: Vec<String>| {
        if !found.is_empty() {
            wrong.push(format!("{what}: {}", found.join(", ")));
        }
    };
    let look = |line: &String| LOOKS.contains(&line.as_str()) || line.starts_with("docker mcp catalog show");
    let looks = || -> Vec<String> { seen.started.iter().filter(|line| look(line)).cloned().collect() };
    let started = |may_look: bool| -> Vec<String> {
        seen.started
            .iter()
            .filter(|line| !(LOGIN.contains(&line.as_str()) || may_look && look(line)))
            .cloned()
            .collect()
    };
    let requests = |wanted: &dyn Fn(&machine::Request) -> bool| -> Vec<String> {
        seen.requests.iter().filter(|request| wanted(request)).map(ToString::to_string).collect()
    };
    match guard {
        Guard::Nothing => {}
        Guard::ReadOnly | Guard::ReadOnlyVariable | Guard::DryRun => {
            none("changed", seen.changed.clone());
            none("started", started(true));
            none("written to the API server", requests(&|request| request.changes()));
            none(
                "changed in the engine",
                seen.engine.iter().filter(|line| !line.starts_with("GET")).cloned().collect(),
            );
        }
        Guard::AllowNone | Guard::DenyAll => {
            none("changed", seen.changed.clone());
            none("started", seen.started.clone());
            none("asked of the API server", requests(&|_| true));
            none("fetched", seen.fetched.clone());
            none("asked of the engine", seen.engine.clone());
        }
        Guard::OtherContext => {
            none("asked of the API server", requests(&|_| true));
            none("started", seen.started.iter().filter(|line| *line == LOGIN[0]).cloned().collect());
        }
        Guard::Allow(_) => {
            if seen.stderr.contains("refusing the effect") {
                none("refused, though all its effects are allowed", vec![seen.stderr.clone()]);
            }
        }
        Guard::Deny(effect) => match effect.split_once(": ") {
            Some(("cluster", what)) => {
                none(
                    "asked of the API server",
                    requests(&|request| format!("{} {}", request.verb, request.resource) == what),
                );
            }
            Some(("files", "write")) => {
                // the journal is the user's record of what else was changed
                none("changed", seen.changed.iter().filter(|path| !path.contains("journal")).cloned().collect());
            }
            Some(("process", "run")) => none("started", started(true)),
            Some(("process", _)) => none("started to look", looks()),
            Some(("network", _)) => none("fetched", seen.fetched.clone()),
            Some(("images", "pull")) => {
                none("pulled", seen.engine.iter().filter(|line| !line.starts_with("GET")).cloned().collect());
            }
            Some(("images", _)) => none("asked of the engine", seen.engine.clone()),
            _ => {}
        },
    }
    wrong
}

/// A guard as it is given.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Guard {
    Nothing,
    ReadOnly,
    ReadOnlyVariable,
    DryRun,
    AllowNone,
    DenyAll,
    OtherContext,
    Allow(Vec<String>),
    Deny(String),
}

impl Guard {
    fn words(&self) -> Vec<String> {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        match self {
            Self::Nothing | Self::ReadOnlyVariable => Vec::new(),
            Self::ReadOnly => words(&["--read-only"]),
            Self::DryRun => words(&["--dry-run"]),
            Self::AllowNone => words(&["--allow", "none"]),
            Self::DenyAll => words(&["--deny", "*"]),
            Self::OtherContext => words(&["--allow-context", "other-*"]),
            Self::Allow(effects) if effects.is_empty() => words(&["--allow", "none"]),
            Self::Allow(effects) => words(&["--allow", &effects.join(",")]),
            Self::Deny(effect) => words(&["--deny", effect]),
        }
    }

    fn environment(&self) -> &'static [(&'static str, &'static str)] {
        if *self == Self::ReadOnlyVariable { &[("MCPCTL_READ_ONLY", "1")] } else { &[] }
    }

    /// Those that every command is run with.
    fn all(effects: &[String]) -> Vec<Self> {
        let mut all = vec![
            Self::ReadOnly,
            Self::ReadOnlyVariable,
            Self::DryRun,
            Self::AllowNone,
            Self::DenyAll,
            Self::OtherContext,
        ];
        all.extend(effects.iter().cloned().map(Self::Deny));
        all
    }
}

/// Runs a case with every guard, then with its effects allowed alone, then without a guard; gives what is wrong.
/// `strict`: each of the effects is had, so that each denial must be seen to refuse.
fn judge(
    new: &dyn Fn() -> Machine,
    line: &str,
    input: &str,
    effects: &[String],
    expected: &[Act],
    strict: bool,
) -> Vec<String> {
    let mut machine = new();
    let mut wrong = Vec::new();
    let mut report = |guard: &Guard, found: Vec<String>, seen: &Seen| {
        wrong.extend(found.into_iter().map(|found| {
            format!("`{line}` with {guard:?}\n  {found}\n  exit code {}, stderr: {}", seen.code, seen.stderr.trim_end())
        }));
    };
    for guard in Guard::all(effects) {
        let seen = machine.run(line, input, &guard.words(), guard.environment());
        let mut found = misdeeds(&guard, &seen);
        if !seen.changed.is_empty() || seen.requests.iter().any(machine::Request::changes) {
            // the next run must find everything as it was
            machine = new();
        }
        if let (Guard::Deny(effect), true) = (&guard, strict)
            && !seen.stderr.contains("refusing the effect")
            && !seen.stdout.contains("refusing the effect")
        {
            found.push(format!("`{effect}` is not refused"));
        }
        report(&guard, found, &seen);
    }
    for guard in [Guard::Allow(effects.to_vec()), Guard::Nothing] {
        let machine = new();
        let seen = machine.run(line, input, &guard.words(), guard.environment());
        let mut found = misdeeds(&guard, &seen);
        if guard == Guard::Nothing && acts(&seen) != expected {
            found.push(format!("it does {:?}, not {expected:?}", acts(&seen)));
        }
        report(&guard, found, &seen);
    }
    wrong
}

fn owned(effects: &[&str]) -> Vec<String> {
    effects.iter().map(|effect| (*effect).to_owned()).collect()
}

#[track_caller]
fn assert_none(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} misdeeds\n{}", wrong.len(), wrong.join("\n"));
}
