//! What helps while a line is typed.

use crate::support::terminal::{CTRL_C, ENTER, RIGHT, TAB, TerminalBuilder};

#[test]
fn names_are_completed() {
    let mut terminal = TerminalBuilder::sandbox().file("sums.rhai", "fn add(a, b) { a + b }\n").start();
    terminal.line("let own_variable = 1");
    terminal.line("fn own_function(x, y) { x }");
    terminal.line("import \"sums\" as own_module");
    let own = terminal.completes("own_", "own_module::");
    assert!(own.contains("own_variable: int") && own.contains("own_function(x, y)"), "{own}");
    terminal.completes("own_module::", "own_module::add(");
    terminal.completes("configm", "configmaps::");
    let pods = terminal.completes("pods::", "pods::wait(");
    assert!(pods.contains("pods::delete(pods: any, options?) -> array of Deletion"), "{pods}");
    terminal.completes("import \"std/prov", "std/provision\"");
}

#[test]
fn option_keys_are_completed_inside_the_map_of_a_call() {
    let mut terminal = TerminalBuilder::sandbox().start();
    let keys = terminal.completes("pods::list(#{ ", "older_than");
    assert!(keys.contains("all_namespaces  look everywhere"), "{keys}");
    let rest = terminal.completes("pods::list(#{ session: \"x\", s", "selector");
    let list = rest.lines().filter(|line| line.starts_with("session ")).count();
    assert_eq!(list, 1, "the key that is given is offered only in the first list:\n{rest}");
    terminal.completes("pods::list(#{ older", "older_than: ");
}

#[test]
fn properties_of_the_value_before_the_dot_are_completed() {
    let mut terminal = TerminalBuilder::sandbox().start();
    terminal.line("let old = pods::list()");
    terminal.line("let config = #{ port: 1, nested: #{ deep: true } }");
    terminal.completes("old[0].", "restarts: int");
    terminal.completes("old.filter(|p| p.sess", "p.session");
    terminal.completes("pods::list().filter(|p| p.restar", "p.restarts");
    terminal.completes("config.", "nested: map");
    terminal.completes("config.nested.de", "config.nested.deep");
    terminal.completes("old.fil", "old.filter(");
    terminal.completes("\"text\".to_up", ".to_upper(");
}

#[test]
fn live_names_are_completed() {
    let mut terminal = TerminalBuilder::sandbox().start();
    // the names are fetched in the background: Tab is pressed until they are there
    for (text, wanted) in [
        ("pods::list(#{ session: \"", "mcp-gateway-47b910ca"),
        ("pods::get(\"mcp-gi", "mcp-github-official-"),
        ("catalog::server(\"graf", "catalog::server(\"grafana\""),
        ("pods::list(#{ namespace: \"m", "namespace: \"mcp\""),
        (":use namespace kube-s", ":use namespace kube-system"),
        (":run clea", ":run cleanup"),
        (":doc pods::sess", ":doc pods::sessions"),
        (":re", ":read-only"),
    ] {
        terminal.types(text);
        terminal.until_pressed(TAB, wanted);
        terminal.keys(CTRL_C);
        terminal.until(|screen| screen.trim_end().ends_with('>'));
    }
}

#[test]
fn contexts_are_completed() {
    let config = "{apiVersion: v1, kind: Config, current-context: kind-dev, clusters: [{name: c, cluster: {server: 'http://127.0.0.1:9'}}], users: [], contexts: [{name: kind-dev, context: {cluster: c, user: ''}}, {name: zebra, context: {cluster: c, user: ''}}]}";
    let mut terminal = TerminalBuilder::new("repl").file("config", config).env("KUBECONFIG", "config").start();
    terminal.types(":use context ze");
    terminal.until_pressed(TAB, ":use context zebra");
}

/// Nobody answers: completion shows what needs no cluster, and nothing waits for one.
#[test]
fn a_cluster_that_never_answers_holds_no_key() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let server = format!("http://{}", silent.local_addr().unwrap());
    let config = format!(
        "{{apiVersion: v1, kind: Config, current-context: dead, clusters: [{{name: c, cluster: {{server: '{server}'}}}}], users: [], contexts: [{{name: dead, context: {{cluster: c, user: ''}}}}]}}"
    );
    let builder = TerminalBuilder::new("repl").file("config", &config).env("KUBECONFIG", "config");
    let mut terminal = builder.start();
    // the background has begun to ask, and will get no answer
    let (connection, _) = silent.accept().unwrap();
    terminal.completes("pods::", "pods::wait(");
    terminal.types("pods::list(#{ session: \"").keys(TAB).keys("x");
    terminal.types("x\" }").keys(CTRL_C);
    terminal.until(|screen| screen.trim_end().ends_with('>'));
    assert_eq!(terminal.line("1 + 1"), "2\n");
    drop(connection);
}

#[test]
fn the_signature_stands_behind_an_open_call() {
    let mut terminal = TerminalBuilder::sandbox().start();
    terminal.keys("pods::delete(").shows("pods::delete(pods: any, options?) -> array of Deletion");
    terminal.keys("old, ").shows("pods::delete(old, options?) -> array of Deletion");
}

#[test]
fn the_history_is_hinted_and_the_right_arrow_takes_it() {
    let mut terminal = TerminalBuilder::sandbox().start();
    terminal.line("let answer = 42");
    terminal.line("answer");
    terminal.keys("let a").shows("> let answer = 42");
    terminal.keys(RIGHT).keys("0").shows("> let answer = 420");
    terminal.keys(ENTER);
    terminal.until(|screen| screen.trim_end().ends_with('>'));
    assert_eq!(terminal.line("answer"), "420\n");
}

#[test]
fn lines_and_prompt_have_colours_unless_they_are_unwanted() {
    let colours = |terminal: &mut crate::support::terminal::Terminal| {
        terminal.types("let a = pods::list()");
        terminal.look(|screen| {
            let row = screen.cursor_position().0;
            let coloured = |column| screen.cell(row, column).unwrap().fgcolor() != vt100::Color::Default;
            let bold = screen.cell(row, 0).unwrap().bold();
            let start = u16::try_from(screen.contents().lines().last().unwrap().find("let").unwrap()).unwrap();
            (bold, coloured(start), coloured(start + 8))
        })
    };
    assert_eq!(colours(&mut TerminalBuilder::sandbox().start()), (true, true, true));
    assert_eq!(colours(&mut TerminalBuilder::sandbox().env("NO_COLOR", "1").start()), (false, false, false));
}
