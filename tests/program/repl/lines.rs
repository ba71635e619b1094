//! Lines are evaluated, and what they define lasts.

use rexpect::process::Signal;

use crate::support::program::Mcpctl;
use crate::support::terminal::{CTRL_C, CTRL_D, ENTER, TerminalBuilder};

#[test]
fn plain_mcpctl_on_a_terminal_is_the_repl_and_elsewhere_the_help() {
    let mut terminal = TerminalBuilder::new("--sandbox").start();
    assert_eq!(terminal.line("1 + 1"), "2\n");
    Mcpctl::new("").run().code(2).says("Usage: mcpctl");
}

#[test]
fn variables_functions_imports_and_closures_last() {
    let mut terminal = TerminalBuilder::sandbox().file("sums.rhai", "fn add(a, b) { a + b }\n").start();
    for (line, printed) in [
        ("let a = 1", ""),
        ("const LIMIT = 3", ""),
        ("fn over(x) { x + global::LIMIT }", ""),
        ("over(a)", "4\n"),
        ("const MORE = 10; fn most() { global::LIMIT + global::MORE }; most()", "13\n"),
        ("let next = |x| x + a", ""),
        ("next.call(5)", "6\n"),
        ("a = 10", ""),
        ("next.call(5)", "15\n"),
        ("import \"sums\" as sums", ""),
        ("fn sum(x) { sums::add(x, 1) }", ""),
        ("sum(1) + sums::add(1, 1)", "4\n"),
        ("fn over(x) { \"again\" }", ""),
        ("over(a)", "again\n"),
        ("let a = \"another\"", ""),
        ("a", "another\n"),
    ] {
        assert_eq!(terminal.line(line), printed, "{line}");
    }
}

#[test]
fn a_module_that_was_edited_is_read_again() {
    let mut terminal = TerminalBuilder::sandbox().file("sums.rhai", "fn one() { 1 }").start();
    assert_eq!(terminal.line("import \"sums\" as sums; sums::one()"), "1\n");
    std::fs::write(terminal.folder().join("sums.rhai"), "fn one() { \"edited\" }").unwrap();
    assert_eq!(terminal.line("import \"sums\" as sums; sums::one()"), "edited\n");
}

#[test]
fn an_error_loses_nothing() {
    let mut terminal = TerminalBuilder::sandbox().start();
    terminal.line("let a = [3, 1, 2]");
    terminal.line("fn f() { 7 }");
    assert_eq!(terminal.line("let b = 1; throw \"oops\""), "error: oops\n");
    assert_eq!(terminal.line("{ let inner = 1; throw \"oops\" }"), "error: oops\n");
    assert!(terminal.line("inner").starts_with("error: no variable `inner`"));
    assert!(terminal.line("a.filter(|x| x.nope())").starts_with("error: no function `nope`"));
    assert_eq!(terminal.line("a.len() + f() + b"), "11\n");
}

#[test]
fn an_error_shows_its_line_and_a_caret() {
    let mut terminal = TerminalBuilder::sandbox().start();
    terminal.line("let old = pods::list()");
    assert_eq!(
        terminal.line("old[0].sesion"),
        "error: `Pod` has no property `sesion`\n --> repl:2:8\n  |\n2 | old[0].sesion\n  |        ^^^^^^\n\
         hint: did you mean `session`?\n"
    );
    terminal.line("fn age(pod) { pod.aeg }");
    let shown = terminal.line("age(old[0])");
    assert!(shown.contains("--> repl:3:19") && shown.contains("called from repl:4:1"), "{shown}");
}

#[test]
fn open_brackets_and_texts_go_on() {
    let mut terminal = TerminalBuilder::sandbox().start();
    terminal.types("let m = #{").keys(ENTER);
    terminal.types("  a: 1,").keys(ENTER);
    assert_eq!(terminal.line("}; m.a"), "1\n");
    terminal.types("let t = `one").keys(ENTER);
    assert_eq!(terminal.line("two`; t"), "one\ntwo\n");
}

#[test]
fn a_pasted_function_is_one_entry() {
    let mut terminal = TerminalBuilder::sandbox().start();
    terminal.keys("\x1b[200~fn twice(x) {\n\t// says it\n\tx * 2\n}\x1b[201~").shows("}");
    terminal.keys(ENTER);
    terminal.until(|screen| screen.trim_end().ends_with('>'));
    assert_eq!(terminal.line("twice(21)"), "42\n");
}

#[test]
fn lines_that_come_at_once_are_all_run() {
    let mut terminal = TerminalBuilder::sandbox().start();
    terminal.keys("let a = 20\rlet b = 22\ra + b\r").shows("42");
}

#[test]
fn ctrl_c_ends_the_running_line_only() {
    let mut terminal = TerminalBuilder::sandbox().start();
    terminal.line("let a = [1, 2]");
    for endless in ["loop {}", "loop { try { sleep(1000) } catch {} }", "a.map(|x| { loop {} })"] {
        terminal.types(&format!("print(\"begun\"); {endless}")).keys(ENTER);
        terminal.until(|screen| screen.trim_end().ends_with("begun"));
        terminal.keys(CTRL_C);
        let screen = terminal.until(|screen| screen.trim_end().ends_with('>'));
        assert!(screen.contains("interrupted: nothing was changed"), "{screen}");
        assert_eq!(terminal.line("a.len()"), "2\n");
        terminal.keys("\x0c");
        terminal.until(|screen| screen.trim().lines().count() == 1);
    }
}

#[test]
fn ctrl_c_drops_what_is_typed_and_ctrl_d_leaves() {
    let mut terminal = TerminalBuilder::sandbox().start();
    terminal.types("let a = [").keys(CTRL_C);
    terminal.until(|screen| screen.trim_end().ends_with('>'));
    assert_eq!(terminal.line("1 + 1"), "2\n");
    terminal.keys(CTRL_D);
    assert_eq!(terminal.code(), 0);
}

#[test]
fn exit_leaves_with_its_code() {
    let mut terminal = TerminalBuilder::sandbox().start();
    terminal.types("exit(4)").keys(ENTER);
    assert_eq!(terminal.code(), 4);
}

#[test]
fn sigterm_leaves_with_its_code() {
    let mut terminal = TerminalBuilder::sandbox().start();
    terminal.types("let unfinished = ");
    terminal.signal(Signal::SIGTERM);
    assert_eq!(terminal.code(), 143);
}

#[test]
fn results_are_shown_as_people_read_them() {
    let mut terminal = TerminalBuilder::sandbox().start();
    let pods = terminal.line("pods::list()");
    assert!(pods.starts_with("NAME  ") && pods.contains("9 pods in 4 sessions"), "{pods}");
    assert_eq!(terminal.line("#{ a: 1, b: #{ c: [1, 2] }, f: |x| x }"), "a: 1\nb:\n  c: 1,2\nf: a closure\n");
    assert_eq!(terminal.line("()"), "");
    assert_eq!(terminal.line("[]"), "[]\n");
    assert_eq!(terminal.line("|x| x"), "a closure\n");
    terminal.line("secrets::apply(\"s\", #{ k: \"canary-shown\" });");
    let secret = terminal.line("secrets::get(\"s\").data");
    assert_eq!(secret, "k: ***\n");
}

#[test]
fn long_results_are_paged() {
    // `less` must not start a shell for text that is typed ahead
    let pager = "sh -c 'echo $LESS $LESSSECURE > less.txt; cat > paged.txt'";
    let mut terminal = TerminalBuilder::sandbox().env("PAGER", pager).rows(12).start();
    assert_eq!(terminal.line("[1, 2, 3]"), "1\n2\n3\n");
    terminal.line("let many = []; for n in 0..100 { many.push(n) }");
    assert_eq!(terminal.line("many"), "");
    let paged = std::fs::read_to_string(terminal.folder().join("paged.txt")).unwrap();
    assert_eq!(paged.lines().count(), 100);
    let less = std::fs::read_to_string(terminal.folder().join("less.txt")).unwrap();
    assert_eq!(less, "FRX 1\n");
}

#[test]
fn deletes_ask() {
    let mut terminal = TerminalBuilder::sandbox().start();
    terminal.line("let old = pods::list(#{ older_than: \"2d\" })");
    terminal.types("pods::delete(old, #{ wait: true })").keys(ENTER);
    terminal.shows("delete them? [y/N]").keys("n\r");
    terminal.until(|screen| screen.contains("declined: nothing was done") && screen.trim_end().ends_with('>'));
    terminal.types("pods::delete(old, #{ wait: true })").keys(ENTER);
    terminal.until(|screen| screen.trim_end().ends_with("delete them? [y/N]"));
    terminal.keys("y\r").shows("3 deleted");
    terminal.until(|screen| screen.trim_end().ends_with('>'));
    assert_eq!(terminal.line("pods::list().len()"), "6\n");
}

#[test]
fn a_pipe_is_read_line_by_line() {
    let lines = "let a = [\n  1,\n  2\n]\na.len()\n:hlep\n";
    let ran = Mcpctl::new("repl --sandbox").input(lines).run().code(2).stdout("2\n");
    ran.says("did you mean `:help`?");
    Mcpctl::new("repl --sandbox").input("throw \"x\"\n1").run().code(0).stdout("1\n");
}
