//! `mcpctl scripts`.

use crate::support::program::Mcpctl;

#[test]
fn scripts_stand_under_where_they_come_from() {
    let test = Mcpctl::new("scripts")
        .file("team/report.rhai", "//! Report to the team.\n1")
        .file("team/list.rhai", "//! Our list.\n1")
        .file("scripts/nightly.rhai", "//! Remove what is older than two days.\n1")
        .file("scripts/nightly_test.rhai", "fn test_a() {}")
        .file("scripts/cleanup.rhai", "//! Ours.\n1");
    let team = test.folder().join("team").display().to_string();
    let ran = test.env("MCPCTL_PATH", team.as_str()).run().code(0).stderr("");
    let lines: Vec<&str> = ran.stdout.lines().collect();
    let headings: Vec<&&str> = lines.iter().filter(|line| !line.starts_with(' ')).collect();
    assert_eq!(headings, [&"shipped", &team.as_str(), &"./scripts"]);
    let below = |heading: &str| {
        let start = lines.iter().position(|line| *line == heading).unwrap() + 1;
        lines[start..].iter().take_while(|line| line.starts_with(' ')).copied().collect::<Vec<_>>()
    };
    assert_eq!(below("shipped")[0], "  cleanup             Remove the pods of idle gateway sessions.");
    assert_eq!(
        below(&team),
        [
            "  list                Our list. (runs instead of the shipped one)",
            "  report              Report to the team."
        ]
    );
    assert_eq!(
        below("./scripts"),
        [
            "  nightly             Remove what is older than two days.",
            "  cleanup             (by its name the other one runs: `mcpctl run scripts/cleanup.rhai`)"
        ]
    );
}

#[test]
fn programs_get_one_array() {
    let ran = Mcpctl::new("scripts -o json").file("scripts/a.rhai", "//! A.\nconst REQUIRES = \">=0.1\";\n1").run();
    let json = ran.code(0).json();
    let a = json.as_array().unwrap().iter().find(|script| script["name"] == "a").unwrap().clone();
    assert_eq!(a["from"], "./scripts");
    assert_eq!(a["requires"], ">=0.1");
    Mcpctl::new("scripts -o name").run().code(0).gives("script/cleanup\n");
}

#[test]
fn a_broken_script_hides_no_other() {
    let ran =
        Mcpctl::new("scripts").file("scripts/broken.rhai", "let = ;").file("scripts/fine.rhai", "//! Fine.\n1").run();
    ran.code(0).says("warning: `scripts/broken.rhai`").gives("  fine                Fine.").gives("  broken\n");
}
