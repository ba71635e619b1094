//! What matters in the log of a server that failed: the line that looks like the error, and the last lines, with the
//! frames of stack traces folded.

/// So many lines are shown whole.
const ALL: usize = 16;
/// So many of the last lines are shown of a longer log.
const LAST: usize = 10;
/// So many lines are shown from the error on.
const FROM_ERROR: usize = 4;

/// What is shown of a log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Digest {
    /// The lines, in order; `…` begins a line that stands for others.
    pub(super) lines: Vec<String>,
    /// The line that looks like the error, without blanks around it.
    pub(super) error: Option<String>,
}

impl Digest {
    /// What says most about why a program ended: the line that looks like the error, else the last one.
    pub(super) fn reason(&self) -> Option<&str> {
        let last = || self.lines.iter().rev().map(|line| line.trim()).find(|line| !line.starts_with('…'));
        self.error.as_deref().or_else(last)
    }
}

/// Reads the lines of a log, or of a message that has several.
pub(super) fn digest<S: AsRef<str>>(log: &[S]) -> Digest {
    let lines = fold(log);
    let error = lines.iter().enumerate().filter_map(|(at, line)| Some((severity(line)?, at))).max();
    let error = error.map(|(_, at)| at);
    Digest { error: error.map(|at| lines[at].trim().to_owned()), lines: shortened(lines, error) }
}

/// The lines without blank ones, each run of stack frames as one line.
pub(super) fn fold<S: AsRef<str>>(log: &[S]) -> Vec<String> {
    let log: Vec<&str> = log.iter().map(|line| line.as_ref().trim_end()).filter(|line| !line.is_empty()).collect();
    let mut folded = Vec::with_capacity(log.len());
    let mut frames = 0;
    // the indentation of Python's `File` line, below which its source text stands
    let mut python = None;
    for (at, line) in log.iter().enumerate() {
        let next = log.get(at + 1).copied().unwrap_or_default();
        let (indentation, text) = unprefixed(line);
        if python.is_some_and(|file| indentation > file) {
            continue;
        }
        python = (text.starts_with("File \"") && text.contains(", line ")).then_some(indentation);
        if python.is_some() || is_frame(line, text, next) {
            frames += 1;
            continue;
        }
        end_frames(&mut folded, &mut frames);
        folded.push((*line).to_owned());
    }
    end_frames(&mut folded, &mut frames);
    folded
}

fn end_frames(folded: &mut Vec<String>, frames: &mut usize) {
    match std::mem::take(frames) {
        0 => {}
        1 => folded.push("    … 1 stack frame".to_owned()),
        count => folded.push(format!("    … {count} stack frames")),
    }
}

/// The indentation of a line and its text; Python draws groups of exceptions with `|` and `+`.
fn unprefixed(line: &str) -> (usize, &str) {
    let text = line.trim_start_matches([' ', '\t', '|', '+']);
    (line.len() - text.len(), text)
}

/// Whether a line is a frame of a stack trace: JavaScript, Java, .NET, Go, Rust, Ruby.
fn is_frame(line: &str, text: &str, next: &str) -> bool {
    let is_indented = line.len() > text.len();
    let is_go_place = |line: &str| line.starts_with('\t') && line.contains(".go:");
    let number = text.split_once(": ").is_some_and(|(number, _)| number.parse::<u32>().is_ok());
    (is_indented && text.starts_with("at ") && text.contains(['(', ':', '/']))
        || (text.starts_with("... ") && text.ends_with(" more"))
        || (text.starts_with("from ") && text.contains(":in "))
        || is_go_place(line)
        || (is_go_place(next) && text.ends_with(')'))
        || (is_go_place(next) && text.starts_with("created by "))
        || (is_indented && number && next.trim_start().starts_with("at "))
}

/// How much a line looks like the error: `None` if not at all.
fn severity(line: &str) -> Option<u8> {
    const WORDS: [&str; 18] = [
        "error",
        "exception",
        "failed",
        "failure",
        "cannot",
        "can't",
        "could not",
        "unable",
        "missing",
        "required",
        "not set",
        "invalid",
        "denied",
        "refused",
        "must ",
        "not found",
        "no such",
        "unauthorized",
    ];
    let (_, text) = unprefixed(line);
    if text.starts_with('…') {
        return None;
    }
    let first = text.split([':', ' ', '(']).next().unwrap_or_default();
    let names_error = ["Error", "Exception", "error", "fatal", "panic", "Fatal", "FATAL", "ERROR"];
    if names_error.iter().any(|end| first.ends_with(end)) && text.len() > first.len() + 1 {
        return Some(3);
    }
    let levels =
        ["ERROR", "FATAL", "CRITICAL", "\"level\":\"error\"", "level=error", "\"level\":\"fatal\"", "level=fatal"];
    if levels.iter().any(|level| text.contains(level)) {
        return Some(2);
    }
    let lower = text.to_lowercase();
    WORDS.iter().any(|word| lower.contains(word)).then_some(1)
}

/// Few lines as they are; of many those from the error on, and the last.
fn shortened(lines: Vec<String>, error: Option<usize>) -> Vec<String> {
    if lines.len() <= ALL {
        return lines;
    }
    let last = lines.len() - LAST;
    let mut shown = Vec::new();
    let left_out = |shown: &mut Vec<String>, count: usize| match count {
        0 => {}
        1 => shown.push("… 1 more line".to_owned()),
        count => shown.push(format!("… {count} more lines")),
    };
    let mut from = 0;
    if let Some(error) = error.filter(|error| *error < last) {
        left_out(&mut shown, error);
        from = (error + FROM_ERROR).min(last);
        shown.extend_from_slice(&lines[error..from]);
    }
    left_out(&mut shown, last - from);
    shown.extend_from_slice(&lines[last..]);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(log: &str) -> Digest {
        digest(&log.lines().collect::<Vec<_>>())
    }

    #[test]
    fn the_last_line_is_the_reason_where_none_looks_like_an_error() {
        for (log, reason) in [
            ("starting\nPlease set A_TOKEN and A_TEAM\n", Some("Please set A_TOKEN and A_TEAM")),
            ("Error: no url\nbye", Some("Error: no url")),
            ("bad token: x\n    at main (/a.js:1:2)\n    at run (/a.js:3:4)\n", Some("bad token: x")),
            ("", None),
        ] {
            assert_eq!(of(log).reason(), reason, "{log}");
        }
    }

    #[test]
    fn the_error_of_each_language_is_found_and_its_frames_are_folded() {
        for (name, log, error, frames) in [
            (
                "python",
                "Traceback (most recent call last):\n  File \"/a.py\", line 1, in <module>\n    main()\n    ~~~~^^\n  File \"/a.py\", line 9, in main\n    raise ValueError(\"no key\")\nValueError: API_KEY is empty\n",
                "ValueError: API_KEY is empty",
                2,
            ),
            (
                "python, a group",
                "  + Exception Group Traceback (most recent call last):\n  |   File \"/a.py\", line 1, in run\n  |     await x\n  | ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)\n  +-+---------------- 1 ----------------\n    | Traceback (most recent call last):\n    |   File \"/b.py\", line 3, in f\n    |     g()\n    | ConnectionError: no route\n    +------------------------------------\n",
                "| ConnectionError: no route",
                2,
            ),
            (
                "node",
                "/app/index.js:10\n    throw new Error('x');\n    ^\n\nError: GITHUB_TOKEN is required\n    at Object.<anonymous> (/app/index.js:10:11)\n    at node:internal/main:1:2\n\nNode.js v22.1.0\n",
                "Error: GITHUB_TOKEN is required",
                2,
            ),
            (
                "go",
                "panic: no config\n\ngoroutine 1 [running]:\nmain.load(0x1, 0x2)\n\t/src/main.go:12 +0x1d\nmain.main()\n\t/src/main.go:4 +0x2\nexit status 2\n",
                "panic: no config",
                4,
            ),
            (
                "java",
                "Exception in thread \"main\" java.lang.IllegalStateException: no url\n\tat com.x.Main.run(Main.java:3)\n\tat com.x.Main.main(Main.java:1)\n\t... 3 more\n",
                "Exception in thread \"main\" java.lang.IllegalStateException: no url",
                3,
            ),
            (
                "rust",
                "thread 'main' panicked at src/main.rs:2:5:\ncannot read the config\nstack backtrace:\n   0: rust_begin_unwind\n             at /rustc/lib.rs:1:1\n   1: core::panicking\n             at /rustc/lib.rs:2:1\nnote: run with more\n",
                "cannot read the config",
                4,
            ),
            ("ruby", "a.rb:1:in `x': no key (KeyError)\n\tfrom a.rb:2:in `y'\n", "a.rb:1:in `x': no key (KeyError)", 1),
            ("a level", "INFO start\n2026-01-01 CRITICAL boom\nINFO end\n", "2026-01-01 CRITICAL boom", 0),
            (
                "json",
                "{\"level\":\"error\",\"msg\":\"boom\"}\n{\"level\":\"info\"}\n",
                "{\"level\":\"error\",\"msg\":\"boom\"}",
                0,
            ),
        ] {
            let found = of(log);
            // a group's lines keep their bar
            assert_eq!(found.error.as_deref(), Some(error), "{name}: {found:?}");
            let folded: usize = found
                .lines
                .iter()
                .filter_map(|line| line.trim().strip_prefix("… ")?.split_once(" stack")?.0.parse::<usize>().ok())
                .sum();
            assert_eq!(folded, frames, "{name}: {:#?}", found.lines);
        }
    }

    #[test]
    fn a_long_log_shows_the_error_with_what_follows_it_and_the_last_lines() {
        let mut log: Vec<String> = (0..60).map(|number| format!("line {number}")).collect();
        log[20] = "ValidationError: 1 problem".to_owned();
        let found = digest(&log);
        assert_eq!(
            found.lines[..6],
            ["… 20 more lines", "ValidationError: 1 problem", "line 21", "line 22", "line 23", "… 26 more lines"]
        );
        assert_eq!(found.lines[6..], log[50..]);
        log[20] = "line 20".to_owned();
        let found = digest(&log);
        assert_eq!((found.error, found.lines[0].as_str(), found.lines.len()), (None, "… 50 more lines", 11));
        log[55] = "cannot start".to_owned();
        let found = digest(&log);
        assert_eq!((found.error.as_deref(), found.lines.len()), (Some("cannot start"), 11));
    }

    #[test]
    fn a_short_log_is_shown_as_it_is() {
        assert_eq!(of("\none\n\n  two\n").lines, ["one", "  two"]);
        assert_eq!(of(""), Digest::default());
    }
}
