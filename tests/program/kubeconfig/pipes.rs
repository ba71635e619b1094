//! Kubeconfigs that can be read only once.

use crate::support::program::Mcpctl;

const CONFIG: &str = "current-context: a\ncontexts:\n- {name: a, context: {cluster: c, user: u, namespace: n}}\n\
                      - {name: b, context: {cluster: c, user: u}}\n\
                      clusters: [{name: c, cluster: {server: 'http://127.0.0.1:1'}}]\nusers: [{name: u, user: {}}]\n";

/// Runs a line of bash in which `mcpctl` is the program.
fn bash(line: &str) -> Mcpctl {
    Mcpctl::of(["list"])
        .under(&["bash", "-c", &format!("mcpctl() {{ \"$0\" \"$@\"; }}; {line}")])
        .file("config", CONFIG)
}

#[test]
fn a_kubeconfig_from_a_pipe_is_read_once_for_all_that_needs_it() {
    let unreached = "cannot reach `http://127.0.0.1:1`";
    for line in [
        "\"$0\" list --kubeconfig <(cat config)",
        "\"$0\" list --contexts a,b --kubeconfig <(cat config)",
        "\"$0\" list --context b --kubeconfig <(cat config)",
        "cat config | \"$0\" list --kubeconfig /dev/stdin",
        "\"$0\" list --kubeconfig /dev/fd/7 7< <(cat config)",
        "mkfifo p; cat config > p & \"$0\" list --contexts a,b --kubeconfig p",
        "KUBECONFIG=<(cat config) \"$0\" list",
        "KUBECONFIG=<(cat config) \"$0\" list --contexts a,b",
        "KUBECONFIG=config:<(cat config) \"$0\" list --contexts a,b",
    ] {
        let ran = bash(line).run();
        assert!(ran.stderr.contains(unreached), "{line}: {}", ran.stderr);
        assert!(!ran.stderr.contains("no context"), "{line}: {}", ran.stderr);
    }
}

#[test]
fn a_program_that_a_script_starts_gets_the_content_of_a_pipe() {
    let shown =
        "process::run([\"sh\", \"-c\", \"for file in ${KUBECONFIG%:}; do cat $file; stat -c %a $file; done\"]).stdout";
    for (before, expected) in [
        ("KUBECONFIG=<(cat config)", format!("{CONFIG}600\n")),
        ("KUBECONFIG=/dev/null", "600\n".to_owned()),
        ("KUBECONFIG=config", format!("{CONFIG}644\n")),
    ] {
        for first in ["", "try { pods::list() } catch { } "] {
            let line = format!("umask 022; chmod 644 config; {before} \"$0\" eval '{first}{shown}'");
            let ran = bash(&line).env("MCPCTL_ALLOW", "").run();
            assert_eq!(ran.stdout, expected, "{line}: {}", ran.stderr);
        }
    }
    let path = "process::run([\"sh\", \"-c\", \"echo $KUBECONFIG\"]).stdout";
    let ran = bash(&format!("KUBECONFIG=config:<(cat config) \"$0\" eval '{path}'")).run().code(0);
    let (first, second) = ran.stdout.trim().split_once(':').unwrap();
    assert_eq!(first, "config");
    assert!(!second.starts_with("/dev/") && !std::path::Path::new(second).exists(), "{second}");
}

#[test]
fn what_comes_from_a_pipe_is_checked_as_a_file_is() {
    for (content, part) in [
        ("printf ''", "no current context"),
        ("echo '- a'", "is not a valid kubeconfig"),
        ("echo 'users: [{name: u, user: {token: 1}}]'", "`token` of user `u`"),
        ("head -c 20000000 /dev/zero", "16777216 bytes at most"),
    ] {
        let ran = bash(&format!("\"$0\" list --kubeconfig <({content})")).run();
        assert!(ran.stderr.contains(part), "{content}: {}", ran.stderr);
    }
}
