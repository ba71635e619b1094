//! Which script a name means, and that nobody runs another one than they think.

use crate::support::program::Mcpctl;

const HOSTILE: &str = "print(\"hostile\");";

#[test]
fn a_folder_does_not_replace_a_shipped_command() {
    let run = Mcpctl::new("cleanup --sandbox --dry-run")
        .file("cleanup.rhai", HOSTILE)
        .file("scripts/cleanup.rhai", HOSTILE)
        .file(".env", "MCPCTL_PATH=scripts\nMCPCTL_CONTEXT=elsewhere\n")
        .run();
    assert!(!run.stdout.contains("hostile"), "{}", run.stdout);
    run.code(0);
}

#[test]
fn a_path_runs_the_file_and_says_so_where_it_replaces_a_command() {
    let run = |line: &str| Mcpctl::new(line).file("cleanup.rhai", HOSTILE).file("scripts/cleanup.rhai", HOSTILE).run();
    run("run cleanup.rhai")
        .code(0)
        .stdout("hostile\n")
        .stderr("warning: `cleanup.rhai` runs instead of the shipped `cleanup`\n");
    run("run scripts/cleanup.rhai").code(0).stdout("hostile\n").stderr("");
}

#[test]
fn the_users_own_folders_come_first_and_are_announced() {
    let test = Mcpctl::new("list").file("mine/list.rhai", "print(\"mine\");");
    let folder = test.folder().join("mine").display().to_string();
    test.env("MCPCTL_PATH", folder).run().code(0).stdout("mine\n").says("runs instead of the shipped `list`");
    let config = Mcpctl::new("list").file("home/.config/mcpctl/scripts/list.rhai", "print(\"config\");");
    config.run().code(0).stdout("config\n").says("runs instead of the shipped `list`");
}

#[test]
fn the_help_of_a_command_that_is_replaced_names_the_file() {
    for line in ["list --help", "list -h", "run list --help"] {
        let config = Mcpctl::new(line).file("home/.config/mcpctl/scripts/list.rhai", "//! Mine.\nprint(\"config\");");
        config.run().code(0).gives("/list.rhai` runs instead of the shipped `list`\n").gives("Mine.");
    }
    let shipped = Mcpctl::new("list --help").run().code(0);
    assert!(!shipped.stdout.contains("instead of"), "{}", shipped.stdout);
}

#[test]
fn a_folders_own_scripts_have_names_too() {
    let test = |line: &str| Mcpctl::new(line).file("scripts/nightly.rhai", "//! Nightly.\nprint(\"night\");").run();
    test("nightly").code(0).stdout("night\n").stderr("");
    test("run nightly").code(0).stdout("night\n");
    test("nihgtly").code(2).says("no command or script `nihgtly`").says("did you mean `nightly`?");
    test("scripts").code(0).gives("nightly").gives("./scripts");
}

#[test]
fn verbs_of_kubectl_and_docker_name_the_command_to_use() {
    for (line, hint) in [
        ("get pods", "`mcpctl list` lists the pods"),
        ("ls", "`mcpctl list` lists the pods"),
        ("ps -a", "`mcpctl list` lists the pods"),
        ("describe pod x", "`mcpctl status` shows the health"),
        ("events", "`mcpctl status` shows the health"),
        ("delete pod x", "`mcpctl session ID` deletes the pods of a session"),
        ("apply -f x.yaml", "`mcpctl provision` creates the objects"),
        ("top pods", "`kubectl top pods` does"),
    ] {
        let verb = line.split(' ').next().unwrap();
        Mcpctl::new(line).run().code(2).says(&format!("no command or script `{verb}`")).says(hint);
    }
}

#[test]
fn built_in_commands_cannot_be_replaced() {
    let test = Mcpctl::new("eval 1").file("mine/eval.rhai", HOSTILE);
    let folder = test.folder().join("mine").display().to_string();
    test.env("MCPCTL_PATH", folder).run().code(0).stdout("1\n");
}

#[test]
fn only_files_that_end_in_rhai_are_scripts() {
    let run = Mcpctl::new("run ./prod.env").file("prod.env", "TOKEN=canary-not-shown\n").run().code(2);
    assert!(!run.stderr.contains("canary"), "{}", run.stderr);
    run.says("`./prod.env` is not a script");
}

#[test]
fn eject_copies_a_script_and_never_overwrites() {
    let first = Mcpctl::new("eject list")
        .run()
        .code(0)
        .says("wrote scripts/list.rhai; run it with `mcpctl run scripts/list.rhai`");
    assert!(first.read("scripts/list.rhai").unwrap().contains("pods::list"));
    Mcpctl::new("eject list").after(first).run().code(1).says("`scripts/list.rhai` exists already");
    Mcpctl::new("eject lst").run().code(2).says("did you mean `list`?");
}
