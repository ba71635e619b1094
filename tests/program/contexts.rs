//! `--contexts`: one script on several clusters; here each context is a cluster in memory, or none.

use crate::support::program::Mcpctl;

/// A kubeconfig with contexts whose servers do not answer.
fn dead(names: &[&str]) -> String {
    let contexts: Vec<String> =
        names.iter().map(|name| format!("{{name: {name}, context: {{cluster: none, user: none}}}}")).collect();
    format!(
        "{{apiVersion: v1, kind: Config, current-context: {}, contexts: [{}], \
         clusters: [{{name: none, cluster: {{server: 'https://127.0.0.1:1'}}}}], users: [{{name: none, user: {{}}}}]}}",
        names[0],
        contexts.join(", ")
    )
}

#[test]
fn results_say_whose_they_are_only_where_there_are_several() {
    let one = Mcpctl::new("list --sandbox -o json").run().code(0).json();
    let two = Mcpctl::new("list --sandbox --contexts a,b -o json").run().code(0).json();
    let (one, two) = (one.as_array().unwrap(), two.as_array().unwrap());
    assert_eq!(two.len(), 2 * one.len());
    assert!(one.iter().all(|pod| pod.get("context").is_none()));
    assert_eq!((&two[0]["context"], &two[one.len()]["context"]), (&"a".into(), &"b".into()));
    let table = Mcpctl::new("list --sandbox --contexts a,b").run().code(0);
    let mut lines = table.stdout.lines();
    assert!(lines.next().unwrap().starts_with("CONTEXT   NAME"), "{}", table.stdout);
    assert_eq!(lines.filter(|line| line.starts_with("b  ")).count(), one.len());
    table.says("a: 9 pods in").says("b: 9 pods in");
}

#[test]
fn every_script_about_pods_takes_contexts_and_all_namespaces() {
    for line in [
        "list",
        "session mcp-gateway-47b910ca --yes",
        "stale 1h --yes",
        "cleanup --yes",
        "status",
        "logs time",
        "logs time -o json",
    ] {
        let ran = Mcpctl::new(&format!("{line} -A --sandbox --contexts a,b")).run().code(0);
        assert!(
            ran.stdout.contains('a') && ran.stdout.contains('b') && !ran.stdout.is_empty(),
            "{line}: {}",
            ran.stdout
        );
        let marked = |context: &str| {
            let forms = [
                format!("{context}:"),
                format!("{context}/"),
                format!("{context} "),
                format!("{{\"context\":\"{context}\""),
            ];
            ran.stdout.lines().any(|line| forms.iter().any(|form| line.starts_with(form)))
        };
        assert!(marked("a") && marked("b"), "{line}: {}", ran.stdout);
    }
}

#[test]
fn all_is_shown_before_anything_is_confirmed() {
    let ran = Mcpctl::new("stale 1h --sandbox --contexts a,b").run().code(1).stdout("");
    let ran = ran.says("a: error: refusing to delete").says("b: error: refusing to delete");
    ran.says("a:   mcp-").says("b:   mcp-");
}

#[test]
fn a_dry_run_plans_for_each() {
    let plan = Mcpctl::new("stale 1h --sandbox --contexts a,b --dry-run -o json").run().code(0).json();
    let plan = plan.as_array().unwrap();
    let of = |context: &str| plan.iter().filter(|step| step["context"] == context).count();
    assert!(of("a") > 0 && of("a") == of("b") && of("a") + of("b") == plan.len(), "{plan:?}");
    let ran = Mcpctl::new("stale 1h --sandbox --contexts a,b --dry-run").run().code(0);
    ran.gives("a: plan (nothing was changed):\n").gives("\nb: plan (nothing was changed):\n");
}

#[test]
fn an_own_script_needs_nothing_for_it() {
    let script = "print(cluster::context()); pods::list().len()";
    let ran = Mcpctl::new("run own.rhai --sandbox --contexts a,b").file("own.rhai", script).run().code(0);
    let mut lines: Vec<&str> = ran.stdout.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["a: 9", "a: sandbox", "b: 9", "b: sandbox"]);
}

#[test]
fn what_fails_everywhere_fails_as_it_would_alone() {
    let run = Mcpctl::new("list --contexts a,b").env("KUBECONFIG", "config").file("config", &dead(&["a", "b"]));
    let ran = run.run().code(1).stdout("");
    ran.says("a: error: cannot reach `https://127.0.0.1:1`").says("b: error: cannot reach");
}

#[test]
fn a_context_that_is_not_there_stops_all_before_anything_is_done() {
    let run = Mcpctl::new("stale 1h --yes --contexts alpha,bete").env("KUBECONFIG", "config");
    let ran = run.file("config", &dead(&["alpha", "beta"])).run().code(1).stdout("");
    ran.says("no context `bete`").says("did you mean `beta`?");
}

#[test]
fn only_the_contexts_that_are_allowed_are_worked_on() {
    for (globs, context, code) in [("kind-*,prod", "prod", 0), ("kind-*, prod", "kind-a", 0), ("kind-*,dev", "prod", 1)]
    {
        let words = ["eval", "cluster::context()", "--context", context, "--allow-context", globs];
        let run = Mcpctl::of(words).file("config", &dead(&["prod", "kind-a"])).env("KUBECONFIG", "config");
        let ran = run.run().code(code);
        assert_eq!(ran.stdout.trim_end() == context, code == 0, "{}", ran.stdout);
        assert!(code == 0 || ran.stderr.contains("`--allow-context` names `kind-*`, `dev`\n"), "{}", ran.stderr);
    }
    let ran = Mcpctl::new("cleanup --sandbox --contexts a,b --allow-context a --yes").run().code(3);
    ran.says("context `b` is not allowed").says("a: ").says("1 of 2 contexts failed: b");
    Mcpctl::new("cleanup --sandbox --allow-context a --yes").run().code(0);
    Mcpctl::new("list --sandbox --allow-context ,").run().code(2).says("`--allow-context` names no context");
}

#[test]
fn it_is_refused_where_only_one_cluster_can_be_meant() {
    for (line, why) in [
        ("provision time --sandbox --contexts a,b", "`--contexts` is for scripts about pods"),
        ("eval 1 --sandbox --contexts a", "`--contexts` is for the command line of a script"),
        ("list --sandbox --contexts a --context b", "`--context` and `--contexts` cannot be used together"),
        ("list --sandbox=world.json --contexts a,b", "a sandbox in a file is only one"),
        ("list --sandbox --contexts ,", "`--contexts` names no context"),
    ] {
        Mcpctl::new(line).run().code(2).stdout("").says(why);
    }
}
