//! What begins with a colon, and the prompt that shows what it did.

use crate::support::program::Mcpctl;
use crate::support::terminal::{CTRL_C, ENTER, TerminalBuilder};

const TWO_CONTEXTS: &str = "
apiVersion: v1
kind: Config
current-context: kind-dev
contexts:
  - { name: kind-dev, context: { cluster: c, user: u, namespace: mcp } }
  - { name: kind-test, context: { cluster: c, user: u } }
clusters: [{ name: c, cluster: { server: 'http://127.0.0.1:9' } }]
users: [{ name: u, user: {} }]
";

fn prompt(screen: &str) -> &str {
    screen.trim_end().lines().last().unwrap()
}

#[test]
fn the_prompt_shows_context_and_namespace_and_use_changes_them() {
    let builder = TerminalBuilder::new("repl").file("config", TWO_CONTEXTS).env("KUBECONFIG", "config");
    let mut terminal = builder.start();
    assert!(terminal.screen().starts_with("mcpctl "), "{}", terminal.screen());
    assert_eq!(prompt(&terminal.screen()), "kind-dev/mcp>");
    terminal.line(":use namespace other");
    assert_eq!(prompt(&terminal.screen()), "kind-dev/other>");
    terminal.line(":use context kind-test");
    assert_eq!(prompt(&terminal.screen()), "kind-test/default>");
    let refused = terminal.line(":use context kind-tset");
    assert!(refused.contains("did you mean `kind-test`"), "{refused}");
    assert_eq!(prompt(&terminal.screen()), "kind-test/default>");
    assert!(terminal.line(":use namespace Not_One").starts_with("error:"));
}

#[test]
fn without_a_cluster_the_language_is_still_there() {
    let mut terminal = TerminalBuilder::new("repl").start();
    assert!(terminal.screen().contains("no kubeconfig"));
    assert_eq!(prompt(&terminal.screen()), "no cluster>");
    assert_eq!(terminal.line("1 + 1"), "2\n");
    assert!(terminal.line("pods::list()").starts_with("error: no kubeconfig"));
}

#[test]
fn dry_run_and_read_only_are_switched_and_shown() {
    let mut terminal = TerminalBuilder::sandbox().start();
    terminal.line("let old = pods::list(#{ older_than: \"2d\" })");
    terminal.line(":dry-run on");
    assert_eq!(prompt(&terminal.screen()), "sandbox/default (in memory, dry run)>");
    let plan = terminal.line("pods::delete(old)");
    assert!(plan.contains("plan (nothing was changed):") && plan.contains("3  delete  pod/"), "{plan}");
    let again = terminal.line("1 + 1");
    assert_eq!(again, "2\n");
    assert!(terminal.line(":save x").starts_with("error: refusing to write `x.rhai` in a dry run"));
    terminal.line(":dry-run off");
    terminal.line(":read-only on");
    assert_eq!(prompt(&terminal.screen()), "sandbox/default (in memory, read-only)>");
    let refused = terminal.line("pods::delete(old)");
    assert!(refused.contains("refusing to delete 3 pods") && refused.contains("`:read-only off`"), "{refused}");
    terminal.line(":read-only off");
    assert_eq!(terminal.line("old.len()"), "3\n");
    assert_eq!(terminal.line("pods::list().len()"), "9\n");
}

#[test]
fn no_line_lifts_a_guard_that_the_sitting_was_started_with() {
    let lines = ":read-only off\n:dry-run off\nfs::write(\"made\", \"1\")\n";
    let wrote = |test: Mcpctl| {
        let ran = test.input(lines).run();
        (ran.read("made").is_some(), ran.stderr)
    };
    let (made, said) = wrote(Mcpctl::new("repl --sandbox --read-only"));
    assert!(!made && said.contains("error: refusing `:read-only off`"), "{said}");
    assert!(said.contains("start `mcpctl repl` without `--read-only`"), "{said}");
    assert!(!said.contains("allows it again"), "{said}");
    let (made, said) = wrote(Mcpctl::new("repl --sandbox").env("MCPCTL_READ_ONLY", "1"));
    assert!(!made && said.contains("without `--read-only` and `MCPCTL_READ_ONLY`"), "{said}");
    let (made, said) = wrote(Mcpctl::new("repl --sandbox --dry-run"));
    assert!(!made && said.contains("error: refusing `:dry-run off`"), "{said}");
    let (made, said) = wrote(Mcpctl::new("repl --sandbox"));
    assert!(made && !said.contains("refusing"), "{said}");
}

#[test]
fn a_slip_suggests_the_nearest() {
    let mut terminal = TerminalBuilder::sandbox().start();
    assert_eq!(
        terminal.line(":hlep"),
        "error: no command `:hlep`\nhint: did you mean `:help`?\nhint: `:help` lists them\n"
    );
    assert_eq!(terminal.line(":dry-run"), "error: it is `:dry-run on|off`\n");
}

#[test]
fn help_doc_and_the_function_help_tell() {
    let mut terminal = TerminalBuilder::sandbox().start();
    let help = terminal.line(":help");
    for command in [":help", ":doc", ":scripts", ":run", ":load", ":save", ":use", ":dry-run", ":read-only", ":quit"] {
        assert!(help.contains(command), "{help}");
    }
    let page = terminal.line(":doc pods::delete");
    for part in ["pods::delete(", "parameters:", "effects: ", "errors:", "example:"] {
        assert!(page.contains(part), "{page}");
    }
    assert!(page.starts_with(terminal.line("help(\"pods::delete\")").trim_end()));
    assert!(terminal.line(":doc pods").contains("pods::list"));
    assert!(terminal.line("help(\"pods::lst\")").contains("did you mean `pods::list`?"));
}

#[test]
fn scripts_are_listed_and_run() {
    let script = "//! Say what was given.\nconst PARAMS = [#{ name: \"word\", help: \"a word\" }];\n\
                  fn main(args) { `${args.word} in ${cluster::namespace()}` }\n";
    let mut terminal = TerminalBuilder::sandbox().file("say.rhai", script).start();
    assert!(terminal.line(":scripts").contains("cleanup"));
    terminal.line(":use namespace mcp");
    assert_eq!(terminal.line(":run say.rhai hello"), "hello in mcp\n");
    assert_eq!(terminal.line(":run say.rhai hello -n other"), "hello in other\n");
    assert!(terminal.line(":run say.rhai").contains("`WORD` is missing"));
    assert!(terminal.line(":run claenup").contains("did you mean `cleanup`?"));
    // what a script deletes is deleted in the REPL session's world
    terminal.line(":use namespace default");
    terminal.types(":run stale 2d").keys(ENTER);
    terminal.shows("delete them? [y/N]");
    terminal.keys("y\r").shows("3 deleted");
    terminal.until(|screen| screen.trim_end().ends_with('>'));
    terminal.line("let gone = pods::wait(#{ older_than: \"2d\", gone: true })");
    assert_eq!(terminal.line("pods::list().len()"), "6\n");
}

#[test]
fn a_file_is_loaded_and_its_errors_name_it() {
    let file = "let loaded = 5;\nfn broken(x) {\n    x.nope\n}\n";
    let mut terminal = TerminalBuilder::sandbox().file("fix.rhai", file).start();
    terminal.line("let first = 1");
    terminal.line(":load fix.rhai");
    assert_eq!(terminal.line("loaded + first"), "6\n");
    let error = terminal.line("broken(#{ a: 1 })");
    assert!(error.contains("--> fix.rhai:3:7"), "{error}");
    assert!(terminal.line(":load nowhere.rhai").starts_with("error: cannot read"));
}

#[test]
fn accepted_lines_are_saved_as_a_script_that_runs() {
    let mut terminal = TerminalBuilder::sandbox().start();
    for line in [
        "let n = 20",
        "fn twice(x) { x + 1 }",
        "nonsense(",
        "throw \"failed\"",
        ":help",
        "help(\"pods::list\")",
        " let unkept = 1",
        "let api_token = \"canary-saved\"",
        "fn twice(x) { x * 2 }",
        "twice(n) + 2",
    ] {
        if line == "nonsense(" {
            terminal.types(line).keys(CTRL_C);
            terminal.until(|screen| screen.trim_end().ends_with('>'));
        } else {
            terminal.line(line);
        }
    }
    let said = terminal.line(":save nightly");
    assert_eq!(said, "wrote nightly.rhai (4 lines); run it with `mcpctl run nightly.rhai`\n");
    let text = std::fs::read_to_string(terminal.folder().join("nightly.rhai")).unwrap();
    assert_eq!(
        text,
        "//! Saved from a REPL session of `mcpctl repl` in context sandbox, namespace default.\n\n\
         let n = 20;\nfn twice(x) { x * 2 }\ntwice(n) + 2;\n"
    );
    Mcpctl::new("run nightly.rhai --sandbox").file("nightly.rhai", &text).run().code(0).stdout("42\n");
    terminal.types(":save nightly.rhai").keys(ENTER);
    terminal.shows("overwrite nightly.rhai? [y/N]");
    terminal.keys("n\r").shows("declined: nothing was done");
    assert!(terminal.line(":save nightly.txt").contains("does not end in `.rhai`"));
}

#[test]
fn quit_leaves() {
    for word in [":quit", "exit", "quit"] {
        let mut terminal = TerminalBuilder::sandbox().start();
        terminal.types(word).keys(ENTER);
        assert_eq!(terminal.code(), 0);
    }
}
