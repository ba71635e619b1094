//! The plan of a dry run, for people and for programs.

use crate::support::program::Mcpctl;

const SCRIPT: &str = "configmaps::apply(\"flags\", #{ BETA: \"on\" }, #{ namespace: \"mcp\" });\n\
     fs::write(\"report.txt\", \"x\");\n";

fn plan(form: &str) -> crate::support::program::Ran {
    Mcpctl::new("run plan.rhai --sandbox --dry-run -o").word(form).file("plan.rhai", SCRIPT).run().code(0)
}

#[test]
fn people_get_a_numbered_list() {
    let ran = plan("table");
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines[0], "plan (nothing was changed):");
    assert!(
        lines[1].starts_with("  1  create  configmap/flags") && lines[1].contains("namespace mcp"),
        "{}",
        ran.stdout
    );
    assert!(lines.iter().any(|line| line.contains("file/report.txt")), "{}", ran.stdout);
    assert!(!ran.path("report.txt").exists());
}

#[test]
fn programs_get_the_same_as_json_and_yaml() {
    let ran = plan("json");
    let plan_json = ran.json();
    let steps = plan_json.as_array().unwrap();
    assert_eq!(steps.len(), 2, "{}", ran.stdout);
    assert_eq!(steps[0]["action"], "create");
    assert_eq!((&steps[0]["kind"], &steps[0]["name"]), (&"configmap".into(), &"flags".into()));
    assert_eq!(steps[0]["namespace"], "mcp");
    assert_eq!(steps[1]["kind"], "file");
    plan("yaml").gives("action: create").gives("kind: configmap");
}
