//! `verify` of servers that are shell scripts: each way to answer and to fail, from the pod to the printed verdict. The
//! conversation itself has its own table beside the code, in `server_pod/tests.rs`.

use serde_json::{Value, json};

use crate::support::attach_server::Programs;
use crate::support::program::{Mcpctl, Ran};
use crate::support::sandbox_server::Server;

/// A server that answers, with what it does at its start and on its first request, and the tools that it lists.
fn answers(first: &str, on_initialize: &str, tools: &str) -> String {
    format!(
        r#"{first}
while read -r line; do
  id=$(echo "$line" | sed -n 's/.*"id": *\([0-9][0-9]*\).*/\1/p')
  case "$line" in
    *'"initialize"'*) {on_initialize}; echo '{{"jsonrpc":"2.0","id":'$id',"result":{{"protocolVersion":"2025-06-18","capabilities":{{"tools":{{}}}},"serverInfo":{{"name":"s","version":"1"}}}}}}' ;;
    *'"tools/list"'*) echo '{{"jsonrpc":"2.0","id":'$id',"result":{{"tools":[{tools}]}}}}' ;;
    *'"id"'*) echo '{{"jsonrpc":"2.0","id":'$id',"error":{{"code":-32601,"message":"no such method"}}}}' ;;
  esac
done"#
    )
}

/// A tool of this name.
fn tool(name: &str) -> String {
    format!(r#"{{"name":"{name}","inputSchema":{{"type":"object"}}}}"#)
}

fn plain() -> String {
    answers("", ":", &tool("look"))
}

/// A server that knows the newest revision alone, and ends on anything else as often as this says.
fn newest(on_initialize: &str) -> String {
    format!(
        r#"while read -r line; do
  id=$(echo "$line" | sed -n 's/.*"id": *\([0-9][0-9]*\).*/\1/p')
  case "$line" in
    *server/discover*) echo '{{"jsonrpc":"2.0","id":'$id',"result":{{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{{"tools":{{}}}}}}}}' ;;
    *tools/list*) echo '{{"jsonrpc":"2.0","id":'$id',"result":{{"resultType":"complete","tools":[{}]}}}}' ;;
    *) echo '{{"jsonrpc":"2.0","id":'$id',"error":{{"code":-32602,"message":"use server/discover"}}}}'; {on_initialize} ;;
  esac
done"#,
        tool("look")
    )
}

/// A cluster whose pods run these scripts, and their verdicts.
struct Verified {
    programs: Programs,
    server: Server,
    catalog: String,
}

impl Verified {
    fn new(scripts: &[(&str, String)]) -> Self {
        let entries = scripts.iter().map(|(server, _)| ((*server).to_owned(), json!({"image": "mcp/time"}))).collect();
        Self::with_entries(scripts, &Value::Object(entries))
    }

    fn with_entries(scripts: &[(&str, String)], entries: &Value) -> Self {
        let programs = Programs::new(scripts);
        let server = Server::with_programs(programs.clone());
        let config = json!({"kind": "ConfigMap", "metadata": {"name": "mcp-gateway-config", "namespace": "mcp"}});
        server.insert(config);
        // JSON is YAML, too
        Self { programs, server, catalog: json!({"registry": entries}).to_string() }
    }

    fn run(&self, words: &str) -> Ran {
        let run = Mcpctl::new(&format!("verify {words}"));
        let kubeconfig = run.folder().join("kubeconfig").display().to_string();
        let ran = run
            .file("catalog.yaml", &self.catalog)
            .file("kubeconfig", &self.server.kubeconfig())
            .env("MCPCTL_CATALOG", "catalog.yaml")
            .env("KUBECONFIG", kubeconfig)
            .run();
        assert_eq!(self.server.pods(), [""; 0], "pods are left\n{}", ran.stderr);
        ran
    }

    /// The verdicts by server.
    fn verdicts(&self, words: &str) -> Vec<Value> {
        let ran = self.run(&format!("{words} --timeout 20s -o json"));
        ran.json().as_array().unwrap_or_else(|| panic!("{}", ran.stderr)).clone()
    }

    fn verdict(&self, words: &str) -> Value {
        self.verdicts(words).remove(0)
    }
}

fn text<'a>(verdict: &'a Value, name: &str) -> &'a str {
    verdict[name].as_str().unwrap_or_else(|| panic!("no text {name}: {verdict}"))
}

#[test]
fn each_way_to_fail_has_its_problem_and_reason() {
    let cases: Vec<(&str, String, &str, &str)> = vec![
        ("plain", plain(), "", ""),
        ("blank-lines", answers("echo; echo '  '", ":", &tool("look")), "", ""),
        ("stderr", answers("echo loaded >&2", "echo asked >&2", &tool("look")), "", ""),
        ("newest", newest(":"), "", ""),
        ("newest-ends", newest("exit 1"), "", ""),
        (
            "rejects",
            answers(
                "",
                r#"echo '{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"Unsupported protocol version"}}'; continue"#,
                "",
            ),
            "protocol",
            "it rejected `initialize`: Unsupported protocol version",
        ),
        (
            "rejects-ends",
            r#"read -r x; echo '{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"no key"}}'; exit 3"#.to_owned(),
            "protocol",
            "it rejected `initialize`: no key",
        ),
        (
            "banner",
            answers("echo '[tips] loaded'", ":", &tool("look")),
            "not_json",
            "it writes text to stdout that is not JSON: 1 line `[tips] loaded`",
        ),
        (
            "banner-later",
            answers("", "echo ready; echo steady", &tool("look")),
            "not_json",
            "it writes text to stdout that is not JSON: 2 lines `ready`",
        ),
        ("mark", answers(r"printf '\357\273\277'", ":", &tool("look")), "not_json", "byte order mark"),
        (
            "json-log",
            answers(r#"echo '{"level":"info"}'"#, ":", &tool("look")),
            "protocol",
            "JSON to stdout that is not a message of MCP: 1 line `{\"level\":\"info\"}`",
        ),
        (
            "banner-ends",
            "echo starting; echo 'Error: no key' >&2; exit 4".to_owned(),
            "exit",
            "it ended with code 4 before it answered: Error: no key",
        ),
        (
            "no-schema",
            answers("", ":", r#"{"name":"a","inputSchema":{}},{"name":"b"}"#),
            "protocol",
            "its answer to `tools/list` lists the tool `b` without an `inputSchema`",
        ),
        (
            "ends",
            "read -r x; echo 'fatal: no database' >&2; exit 9".to_owned(),
            "exit",
            "it ended with code 9 before it answered: fatal: no database",
        ),
        (
            "framed",
            "read -r x; printf 'Content-Length: 2\\r\\n\\r\\n{}'; sleep 60".to_owned(),
            "protocol",
            "`Content-Length`",
        ),
    ];
    let scripts: Vec<(&str, String)> = cases.iter().map(|(name, script, ..)| (*name, script.clone())).collect();
    let cluster = Verified::new(&scripts);
    let names: Vec<&str> = cases.iter().map(|(name, ..)| *name).collect();
    let verdicts = cluster.verdicts(&names.join(","));
    for (name, _, problem, reason) in &cases {
        let verdict = verdicts.iter().find(|verdict| verdict["name"] == *name).unwrap();
        let result = if problem.is_empty() { "answers" } else { "failed" };
        assert_eq!((text(verdict, "result"), text(verdict, "problem")), (result, *problem), "{verdict}");
        assert!(text(verdict, "reason").contains(reason), "{verdict}");
        let lists = problem.is_empty() || matches!(*name, "banner" | "banner-later" | "mark" | "json-log");
        assert_eq!(verdict["tools"] == json!(["look"]), lists, "{verdict}");
    }
    let newest = verdicts.iter().find(|verdict| verdict["name"] == "newest-ends").unwrap();
    assert!(newest["warnings"][0].as_str().unwrap().contains("`server/discover` only"), "{newest}");
    let count = |name: &str| cluster.programs.attached().iter().filter(|server| *server == name).count();
    // silence and an end without a rejection are no reason for a second pod
    assert_eq!((count("newest"), count("newest-ends"), count("rejects-ends"), count("ends")), (1, 2, 2, 1));
}

#[test]
fn a_server_may_take_all_its_time_and_what_it_logs_meanwhile_is_no_answer() {
    let late = answers("for n in 1 2 3 4; do echo \"fetched $n\" >&2; sleep 3; done", ":", &tool("look"));
    let hangs = "echo 'ERROR no route to the database' >&2; echo started >&2; sleep 60".to_owned();
    let cluster = Verified::new(&[("late", late), ("hangs", hangs)]);
    let verdicts = cluster.verdicts("late,hangs");
    let by_name = |name: &str| verdicts.iter().find(|verdict| verdict["name"] == name).unwrap();
    assert_eq!(text(by_name("late"), "result"), "answers");
    let hangs = by_name("hangs");
    // what is known from the log alone may have been on stderr
    assert_eq!(text(hangs, "problem"), "no_answer");
    let reason = "no answer within 20s: nothing came on its stdout; its log has `ERROR no route to the database`";
    assert_eq!(text(hangs, "reason"), reason);
    assert_eq!(hangs["log"], json!(["ERROR no route to the database", "started"]));
}

#[test]
fn lenient_accepts_text_on_stdout_with_a_warning_and_nothing_else() {
    let cluster = Verified::new(&[
        ("banner", answers("echo '[tips] loaded'", ":", &tool("look"))),
        ("mark", answers(r"printf '\357\273\277'", ":", &tool("look"))),
        ("no-schema", answers("echo ready", ":", r#"{"name":"b"}"#)),
    ]);
    let strict = cluster.run("banner").code(1).says("`mcpctl verify banner --lenient` accepts it");
    assert!(strict.stdout.contains("failed"), "{}", strict.stdout);
    cluster.run("banner --lenient").code(0).gives("answers").says("warning: banner: it writes text to stdout");
    let verdicts = cluster.verdicts("banner,mark,no-schema --lenient");
    let results: Vec<(&str, &str)> = verdicts.iter().map(|one| (text(one, "name"), text(one, "result"))).collect();
    assert_eq!(results, [("banner", "answers"), ("mark", "answers"), ("no-schema", "failed")]);
    assert!(verdicts[1]["warnings"][0].as_str().unwrap().contains("byte order mark"), "{}", verdicts[1]);
}

#[test]
fn tools_of_one_name_are_reported_within_a_server_and_between_servers() {
    let two = |first: &str, second: &str| answers("", ":", &format!("{},{}", tool(first), tool(second)));
    let scripts =
        [("a", two("look", "look")), ("b", two("look", "see")), ("c", two("see", "hear")), ("d", two("look", "see"))];
    let entry = || json!({"image": "mcp/time"});
    let entries = json!({"a": entry(), "b": entry(), "c": entry(), "d": {"image": "mcp/time", "prefix": "d"}});
    let cluster = Verified::with_entries(&scripts, &entries);
    let ran = cluster.run("a,b,c,d").code(0).says("warning: a: it lists more than one tool named `look`");
    let ran = ran
        .says("warning: a: its tool `look` is in `b`, too: one gateway with these servers")
        .says("warning: b: its tool `look` is in `a`, too");
    let ran = ran.says("warning: b: its tool `see` is in `c`, too");
    assert!(
        !ran.stderr.contains("`d`") && !ran.stderr.contains("warning: d"),
        "a prefix keeps them apart: {}",
        ran.stderr
    );
    assert!(!cluster.run("b").stderr.contains("warning"), "one server alone");
}

#[test]
fn a_long_log_shows_the_error_and_variables_come_last() {
    let script = "for n in $(seq 40); do echo \"step $n\" >&2; done; echo 'ValueError: DEMO_URL and SPARE are not set' >&2; \
                  for n in $(seq 40); do echo \"  at f$n (/app/index.js:$n:1)\" >&2; done; echo 'Node.js v22' >&2; exit 1";
    let entries = json!({"demo": {
        "image": "mcp/time",
        "env": [{"name": "DEMO_URL", "value": "{{demo.url}}"}, {"name": "NEEDED", "value": "{{demo.needed}}"},
            {"name": "OTHER", "value": "{{demo.other}}"}, {"name": "SPARE", "value": "{{demo.spare}}"}],
        "config": [{"name": "demo", "properties": {"url": {"type": "string"}, "needed": {"type": "string"},
            "other": {"type": "string"}, "spare": {"type": "string"}}, "required": ["needed"]}],
    }});
    let cluster = Verified::with_entries(&[("demo", script.to_owned())], &entries);
    let verdict = cluster.verdict("demo");
    let reason = "it ended with code 1 before it answered: ValueError: DEMO_URL and SPARE are not set";
    assert_eq!(text(&verdict, "reason"), reason);
    let log: Vec<&str> = verdict["log"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    assert!(log.contains(&"    … 40 stack frames") && log.last() == Some(&"Node.js v22"), "{log:?}");
    assert!(text(&verdict, "hint").ends_with("; nothing sets `DEMO_URL`, `NEEDED`, `SPARE`"), "{verdict}");
}
