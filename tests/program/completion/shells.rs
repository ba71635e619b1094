//! Completion in real shells: what Tab puts on the line is one word, and runs nothing when the line is entered.

use std::path::Path;
use std::process::Command;

use crate::support::terminal::{ENTER, TAB, Terminal, TerminalBuilder};

/// A name that runs a program wherever it is not quoted.
const NAME: &str = "zz$(touch ran-it)`touch ran-it`;touch ran-it; 'x\" *.rhai";

/// A shell with its prompt, and what makes it complete.
fn shells() -> [(&'static str, &'static str, &'static str); 3] {
    [
        ("bash", "--norc --noprofile -i", "source <(MCPCTL_COMPLETE=bash mcpctl)"),
        ("zsh", "-f -i", "autoload -U compinit; compinit -u; source <(MCPCTL_COMPLETE=zsh mcpctl)"),
        ("fish", "--no-config -i -C function/fish_prompt;echo/-n/'ready>';end", "MCPCTL_COMPLETE=fish mcpctl | source"),
    ]
}

/// Whether the machine has a shell. Those that it lacks are passed over, except in CI, which installs them.
fn is_here(shell: &str) -> bool {
    let found = Command::new(shell).arg("--version").output().is_ok();
    assert!(found || std::env::var_os("CI").is_none(), "there is no `{shell}`");
    found
}

fn started(shell: &str, words: &str) -> TerminalBuilder {
    let folder = Path::new(env!("CARGO_BIN_EXE_mcpctl")).parent().unwrap().display().to_string();
    let words = words.split(' ').map(|word| word.replace('/', " "));
    // readline shows what is typed only where the terminal would
    let start = ["-c", "stty echo; exec \"$0\" \"$@\"", shell].map(str::to_owned);
    TerminalBuilder::of("sh", start.into_iter().chain(words))
        .env("PATH", &format!("{folder}:{}", std::env::var("PATH").unwrap()))
        .env("PS1", "ready>")
        .env("LC_ALL", "C.UTF-8")
        .env("MCPCTL_COMPLETE_WAIT", "10s")
}

/// Ends a shell, which no signal of the test's would do, and fails if it ran what it must not.
#[track_caller]
fn ended(shell: &str, terminal: &mut Terminal) {
    let ran = terminal.folder().join("ran-it").exists();
    let screen = terminal.screen();
    terminal.keys("exit").keys(ENTER).code();
    assert!(!ran, "{shell} ran a part of the name:\n{screen}");
}

#[test]
fn a_file_name_that_is_completed_runs_nothing() {
    for (shell, words, register) in shells().into_iter().filter(|(shell, ..)| is_here(shell)) {
        let builder = started(shell, words)
            .file(NAME, "fn main(args) { print(\"the \" + \"script\") }")
            .file("zy\u{1b}[31m\n\u{202e}.rhai", "fn main(args) { 1 }");
        let mut terminal = builder.start();
        terminal.keys(register).keys(ENTER);
        terminal.until(|screen| screen.matches("ready>").count() >= 2 && screen.trim_end().ends_with("ready>"));
        // the other file with a `z` is not offered, so the one that is stands there whole
        terminal.keys("mcpctl run z").keys(TAB).shows(".rhai ").keys(ENTER).shows("the script");
        ended(shell, &mut terminal);
    }
}

#[test]
fn a_context_that_is_completed_runs_nothing() {
    let config = format!("contexts:\n- {{name: '{}', context: {{cluster: a}}}}\n", NAME.replace('\'', "''"));
    for (shell, words, register) in shells().into_iter().filter(|(shell, ..)| is_here(shell)) {
        let mut terminal = started(shell, words).file("config", &config).env("KUBECONFIG", "config").start();
        terminal.keys(register).keys(ENTER);
        terminal.until(|screen| screen.matches("ready>").count() >= 2 && screen.trim_end().ends_with("ready>"));
        terminal.keys("mcpctl --context z").keys(TAB).shows(".rhai ").keys("version").keys(ENTER).shows("mcpctl 0.");
        ended(shell, &mut terminal);
    }
}

/// The program is called by a path when completion is registered: its folder may have any name.
#[test]
fn a_folder_runs_nothing_when_completion_is_registered() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("$(touch ran-it)");
    std::fs::create_dir(&inner).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_mcpctl"), inner.join("mcpctl")).unwrap();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let program = inner.join("mcpctl");
        let output = Command::new(program).env("MCPCTL_COMPLETE", shell).current_dir(folder.path()).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && !text.contains("touch"), "{shell}:\n{text}");
    }
}

/// What Tab makes of a line in bash: bash splits words at `:`, `=` and `@` and replaces the last piece only.
#[test]
fn bash_completes_values_with_colons_and_equal_signs() {
    let arn = "arn:aws:eks:eu-west-1:123456789012:cluster/prod";
    let config = format!(
        "contexts:\n- {{name: '{arn}', context: {{cluster: a}}}}\n- {{name: kind-dev, context: {{cluster: a}}}}\n\
         - {{name: 'zz a:b', context: {{cluster: a}}}}\n"
    );
    let catalog = "registry:\n  s:\n    image: x/s\n    secrets: [{name: s.key, env: KEY}]\n    \
                   env: [{name: URL, value: '{{s.url}}'}]\n";
    let rows: [(&str, String); 17] = [
        ("list --context arn:aws:e", format!("list --context {arn}")),
        ("list --context=arn:aws:e", format!("list --context={arn}")),
        ("list --context=kind", "list --context=kind-dev".to_owned()),
        ("list --context kind", "list --context kind-dev".to_owned()),
        ("list --context=", "list --context=".to_owned()),
        ("list --contexts kind", "list --contexts kind-dev".to_owned()),
        ("list --contexts=kind-dev,arn:aws:e", format!("list --contexts=kind-dev,{arn}")),
        ("list --output=js", "list --output=json".to_owned()),
        ("list -o js", "list -o json".to_owned()),
        ("doc pods::ses", "doc pods::sessions".to_owned()),
        ("doc verify", "doc verify".to_owned()),
        ("provision s --catalog c.yaml --set s.u", "provision s --catalog c.yaml --set s.url=".to_owned()),
        ("provision s --catalog=c.yaml --set=s.k", "provision s --catalog=c.yaml --set=s.key=".to_owned()),
        ("provision s --set s.key=@tok", "provision s --set s.key=@token.txt".to_owned()),
        ("provision s --catalog=c.ya", "provision s --catalog=c.yaml".to_owned()),
        ("list --sandbox=w.json --context=kind", "list --sandbox=w.json --context=kind-dev".to_owned()),
        ("set-secret --sandbox=w.json team", "set-secret --sandbox=w.json team-secrets".to_owned()),
    ];
    // the package that most systems load; without it, the same must hold
    let package = ["/usr/share/bash-completion/bash_completion", "/etc/bash_completion"];
    let package = package.iter().find(|path| Path::new(path).exists());
    for setup in [None, package].into_iter().flatten().map(|path| format!("source {path}; ")).chain([String::new()]) {
        let mut terminal = started("bash", "--norc --noprofile -i")
            .file("config", &config)
            .file("c.yaml", catalog)
            .file("token.txt", "canary")
            .env("KUBECONFIG", "config")
            .start();
        terminal.keys(&format!("{setup}source <(MCPCTL_COMPLETE=bash mcpctl)")).keys(ENTER);
        terminal.until(|screen| screen.matches("ready>").count() >= 2 && screen.trim_end().ends_with("ready>"));
        terminal.keys("mcpctl list --sandbox=w.json > /dev/null 2>&1; echo made-$((1+1))").keys(ENTER).shows("made-2");
        for (at, (typed, expected)) in rows.iter().enumerate() {
            // the line is printed as its words, so that nothing runs
            terminal.keys(&format!("mcpctl {typed}")).keys(TAB);
            terminal.keys("\u{1}printf '<%s>' row-");
            terminal.keys(&format!("{at} \u{5}")).keys(ENTER);
            let words: Vec<String> = expected.split(' ').map(|word| format!("<{word}>")).collect();
            terminal.shows(&format!("<row-{at}><mcpctl>{}", words.concat()));
        }
        terminal.keys("exit").keys(ENTER).code();
    }
}
