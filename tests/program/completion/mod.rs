//! Completion as a shell asks for it: scripts, their parameters, and names that only cluster and catalog know.

mod shells;

use std::net::TcpListener;

use crate::support::program::{Mcpctl, Ran};

/// What bash is answered for a line; the last word is completed. Live values are given all the time they need.
fn complete(words: &[&str]) -> Mcpctl {
    let line = ["--"].iter().chain(words).copied();
    Mcpctl::of(line)
        .env("MCPCTL_COMPLETE", "bash")
        .env("MCPCTL_COMPLETE_WAIT", "10s")
        .env("_CLAP_IFS", "\n")
        .env("_CLAP_COMPLETE_COMP_TYPE", "9")
        .env("_CLAP_COMPLETE_INDEX", (words.len() - 1).to_string())
}

fn candidates(ran: &Ran) -> Vec<&str> {
    ran.stdout.lines().filter(|line| !line.starts_with("--")).collect()
}

/// The candidates of a line, in the sandbox.
#[track_caller]
fn gives(words: &[&str], expected: &[&str]) {
    let ran = complete(words).env("MCPCTL_SANDBOX", "1").run().code(0).stderr("");
    assert_eq!(candidates(&ran), expected, "{words:?}");
}

#[test]
fn scripts_are_completed_as_commands_and_after_run() {
    gives(&["mcpctl", "clea"], &["cleanup"]);
    gives(&["mcpctl", "run", "clea"], &["cleanup"]);
    gives(&["mcpctl", "rbac", "clea"], &["cleanup"]);
    gives(&["mcpctl", "ejec"], &["eject"]);
}

#[test]
fn own_scripts_are_completed_with_their_parameters() {
    let script = "//! Mine.\nconst PARAMS = [#{ name: \"how\", kind: \"choice\", choices: [\"fast\", \"slow\"], option: true }];\nfn main(args) { }";
    let ran = complete(&["mcpctl", "mi"]).file("scripts/mine.rhai", script).run().code(0);
    assert_eq!(candidates(&ran), ["mine"]);
    let ran = complete(&["mcpctl", "mine", "--how", "s"]).file("scripts/mine.rhai", script).run().code(0);
    assert_eq!(candidates(&ran), ["slow"]);
    let ran = complete(&["mcpctl", "run", "mine", "--ho"]).file("scripts/mine.rhai", script).run().code(0);
    assert_eq!(ran.stdout.trim_end(), "--how");
    let ran = complete(&["mcpctl", "run", "scripts/m"]).file("scripts/mine.rhai", script).run().code(0);
    assert_eq!(candidates(&ran), ["scripts/mine.rhai"]);
    complete(&["mcpctl", "bro"]).file("scripts/broken.rhai", "fn (").run().code(0).stdout("broken");
}

#[test]
fn servers_namespaces_and_sessions_come_from_where_they_are() {
    gives(&["mcpctl", "extract-data", "graf"], &["grafana"]);
    gives(&["mcpctl", "provision", "grafana,apify"], &["grafana,apify-mcp-server"]);
    gives(&["mcpctl", "list", "mc"], &["mcp"]);
    gives(&["mcpctl", "list", "-n", "mc"], &["mcp"]);
    gives(&["mcpctl", "doc", "pods::sess"], &["pods::sessions"]);
    let ran = complete(&["mcpctl", "session", "mcp-gateway-"]).env("MCPCTL_SANDBOX", "1").run().code(0);
    let shown =
        Mcpctl::of(["eval", "pods::sessions().map(|s| s.session)", "-o", "json", "--sandbox"]).run().code(0).json();
    let mut sessions: Vec<&str> = shown.as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    sessions.sort_unstable();
    assert!(!sessions.is_empty());
    assert_eq!(candidates(&ran), sessions);
}

#[test]
fn objects_pods_and_keys_come_from_the_line() {
    gives(&["mcpctl", "set-secret", "team"], &["team-secrets"]);
    gives(&["mcpctl", "set-secret", "team-secrets", "sl"], &["slack.bot_token"]);
    gives(&["mcpctl", "provision", "grafana", "--secret-name", "team"], &["team-secrets"]);
    gives(&["mcpctl", "provision", "grafana", "--set", "grafana."], &["grafana.api_key=", "grafana.url="]);
    gives(&["mcpctl", "provision", "grafana,redis", "--set", "redis.h"], &["redis.host="]);
    gives(&["mcpctl", "status", "--server", "graf"], &["grafana"]);
    gives(&["mcpctl", "status", "--server", "grafana,graf"], &[]);
    gives(&["mcpctl", "provision", "redis,graf"], &["redis,grafana"]);
    gives(&["mcpctl", "provision", "grafana,graf"], &[]);
    gives(&["mcpctl", "verify", "grafana", "--config-name", "no-such"], &[]);
    let ran = complete(&["mcpctl", "logs", "mcp-time"]).env("MCPCTL_SANDBOX", "1").run().code(0);
    assert!(!candidates(&ran).is_empty(), "{}", ran.stderr);
    let config = "contexts:\n- {name: kind-dev, context: {cluster: a}}\n- {name: prod, context: {cluster: a}}\n";
    for (typed, offered) in [
        ("kind-dev,p", &["kind-dev,prod"][..]),
        ("kind-dev,", &["kind-dev,prod"]),
        ("kind-dev", &["kind-dev"]),
        ("prod,kind-dev,", &[]),
        ("", &["kind-dev", "prod"]),
    ] {
        let line = ["mcpctl", "list", "--contexts", typed];
        let ran = complete(&line).file("config", config).env("KUBECONFIG", "config").run().code(0);
        assert_eq!(candidates(&ran), offered, "{typed}");
    }
}

#[test]
fn contexts_come_from_the_kubeconfig_of_the_line() {
    let config = "contexts:\n- {name: kind-dev, context: {cluster: a}}\n- {name: prod, context: {cluster: a}}\n";
    let ran = complete(&["mcpctl", "--context", "k"]).file("config", config).env("KUBECONFIG", "config").run().code(0);
    assert_eq!(candidates(&ran), ["kind-dev"]);
    let line = ["mcpctl", "--kubeconfig", "other", "list", "--context", "p"];
    let ran = complete(&line).file("other", config).run().code(0);
    assert_eq!(candidates(&ran), ["prod"]);
}

#[test]
fn a_dead_cluster_costs_the_values_and_nothing_else() {
    // takes connections and never answers
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let config = format!(
        "current-context: dead\ncontexts:\n- {{name: dead, context: {{cluster: a}}}}\nclusters:\n- {{name: a, cluster: {{server: 'http://{}'}}}}\n",
        silent.local_addr().unwrap()
    );
    for line in [["mcpctl", "session", ""], ["mcpctl", "list", ""]] {
        let run =
            complete(&line).file("config", &config).env("KUBECONFIG", "config").env("MCPCTL_COMPLETE_WAIT", "20ms");
        let ran = run.run().code(0).stderr("");
        assert!(candidates(&ran).is_empty(), "{}", ran.stdout);
    }
    // no kubeconfig, a broken one, no catalog: nothing to offer is no error
    complete(&["mcpctl", "session", "x"]).run().code(0).stderr("").stdout("");
    let broken = complete(&["mcpctl", "--context", "x"]).file("config", "{{{").env("KUBECONFIG", "config");
    broken.run().code(0).stderr("").stdout("");
}

#[test]
fn each_shell_has_its_line_and_the_line_has_its_answer() {
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let ran = Mcpctl::new(&format!("completions {shell}")).run().code(0).says("put this line into");
        assert!(ran.stdout.contains("MCPCTL_COMPLETE") && ran.stdout.contains(shell), "{}", ran.stdout);
        let script = Mcpctl::new("").env("MCPCTL_COMPLETE", shell).run().code(0).stderr("");
        assert!(script.stdout.contains("mcpctl"), "{}", script.stdout);
    }
    Mcpctl::new("completions tcsh").run().code(2).says("it may be `bash`");
}

#[test]
fn man_pages_are_written_for_commands_and_scripts() {
    let ran = Mcpctl::new("man pages").run().code(0).says("pages to pages");
    assert!(ran.read("pages/mcpctl.1").unwrap().contains(".TH mcpctl 1"));
    let page = ran.read("pages/mcpctl-cleanup.1").unwrap();
    assert!(page.contains("\\-\\-idle") && page.contains("mcpctl cleanup"), "{page}");
    assert!(ran.read("pages/mcpctl-rbac.1").unwrap().contains("\\-\\-subject"));
}
