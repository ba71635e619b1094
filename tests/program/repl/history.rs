//! What is kept of a REPL session for the next, and what is not.

use std::os::unix::fs::PermissionsExt as _;

use crate::support::terminal::{CTRL_D, CTRL_R, ENTER, Terminal, TerminalBuilder, UP};

fn kept(terminal: &Terminal) -> String {
    std::fs::read_to_string(terminal.folder().join(".local/state/mcpctl/history")).unwrap_or_default()
}

#[test]
fn lines_are_kept_for_the_next_sitting_and_for_nobody_else() {
    let mut terminal = TerminalBuilder::sandbox().start();
    terminal.line("let first_line = 1");
    terminal.line("first_line + 1");
    let file = terminal.folder().join(".local/state/mcpctl/history");
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(file.parent().unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o700);
    terminal.keys(CTRL_D);
    assert_eq!(terminal.code(), 0);
    let mut next = TerminalBuilder::sandbox().after(terminal).start();
    next.keys(UP).shows("> first_line + 1").shows("> first_line + 1");
    next.keys(UP).shows("> let first_line = 1");
    next.keys(ENTER);
    next.until(|screen| screen.trim_end().ends_with('>'));
    next.keys(CTRL_R).keys("+").shows("first_line + 1");
}

#[test]
fn the_state_folder_may_be_elsewhere() {
    let state = tempfile::tempdir().unwrap();
    let mut terminal = TerminalBuilder::sandbox().env("XDG_STATE_HOME", state.path().to_str().unwrap()).start();
    terminal.line("let here = 1");
    assert!(std::fs::read_to_string(state.path().join("mcpctl/history")).unwrap().contains("let here = 1"));
    assert_eq!(kept(&terminal), "");
}

#[test]
fn what_must_not_be_kept_is_not() {
    let mut terminal = TerminalBuilder::sandbox().start();
    for line in [
        "let kept = 1",
        " let blank = \"canary-blank\"",
        "let api_token = \"canary-token\"",
        "secrets::apply(\"s\", #{ k: \"canary-applied\" });",
        "let url = \"https://me:canary-word@example.org\"",
    ] {
        terminal.line(line);
    }
    assert_eq!(kept(&terminal), "#V2\nlet kept = 1\n");
}

#[test]
fn a_value_that_turns_out_to_be_a_secret_is_taken_out_again() {
    let mut terminal = TerminalBuilder::sandbox().start();
    terminal.line("let kept = 1");
    terminal.line("let t = \"canary-masked\"");
    assert!(kept(&terminal).contains("canary-masked"));
    terminal.line("secrets::apply(\"s\", #{ k: t });");
    terminal.line("let s = secrets::get(\"s\");");
    terminal.line("let again = \"canary-masked\"");
    assert_eq!(kept(&terminal), "#V2\nlet kept = 1\nsecrets::apply(\"s\", #{ k: t });\nlet s = secrets::get(\"s\");\n");
    terminal.line(":save x");
    let saved = std::fs::read_to_string(terminal.folder().join("x.rhai"));
    assert!(!saved.unwrap_or_default().contains("canary"));
}
