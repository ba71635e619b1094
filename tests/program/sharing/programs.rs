//! Scripts that are started as programs, and scripts on standard input.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::program::{Mcpctl, executable};

const BODY: &str = "//! Say who.\nconst PARAMS = [\n    #{ name: \"who\", help: \"whom\" },\n];\n\
     fn main(args) { print(`hello ${args.who} in ${cluster::context()}`); }\n";

/// Starts a program with the built mcpctl, and nothing else of ours, on the PATH.
fn start(folder: &Path, program: &str, words: &[&str]) -> Output {
    let bin = Path::new(env!("CARGO_BIN_EXE_mcpctl")).parent().unwrap();
    let mut path: Vec<PathBuf> = vec![bin.to_owned(), folder.join("bin")];
    path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
    Command::new("/bin/sh")
        .args(["-c", "exec \"$0\" \"$@\"", program])
        .args(words)
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::join_paths(path).unwrap())
        .env("HOME", folder)
        .env("MCPCTL_SANDBOX", "1")
        .output()
        .unwrap()
}

#[track_caller]
fn gives(output: &Output, code: i32, stdout: &str) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert_eq!(output.status.code(), Some(code), "{}{}", text(&output.stdout), text(&output.stderr));
    assert_eq!(text(&output.stdout), stdout, "{}", text(&output.stderr));
}

#[test]
fn a_script_with_a_program_line_is_a_program() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    executable(&folder.join("hello.rhai"), &format!("#!/usr/bin/env mcpctl\n{BODY}"));
    executable(&folder.join("hello-run.rhai"), &format!("#!/usr/bin/env -S mcpctl run\n{BODY}"));
    executable(&folder.join("bin/hello"), &format!("#!/usr/bin/env mcpctl\n{BODY}"));
    for program in ["./hello.rhai", "./hello-run.rhai", "hello", "bin/hello"] {
        gives(&start(folder, program, &["you"]), 0, "hello you in sandbox\n");
    }
    let help = start(folder, "./hello.rhai", &["--help"]);
    assert!(String::from_utf8_lossy(&help.stdout).contains("Usage: ./hello.rhai [OPTIONS] <WHO>"));
    let wrong = start(folder, "hello", &[]);
    assert_eq!(wrong.status.code(), Some(2), "{}", String::from_utf8_lossy(&wrong.stderr));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("`WHO` is missing"));
}

#[test]
fn errors_in_it_stand_in_the_true_line() {
    let folder = tempfile::tempdir().unwrap();
    executable(
        &folder.path().join("bad.rhai"),
        "#!/usr/bin/env mcpctl\n//! Bad.\nlet pod = pods::list()[0];\npod.sesion\n",
    );
    let ran = start(folder.path(), "./bad.rhai", &[]);
    assert_eq!(ran.status.code(), Some(1));
    let stderr = String::from_utf8_lossy(&ran.stderr);
    assert!(stderr.contains("bad.rhai:4:5"), "{stderr}");
}

#[test]
fn a_program_imports_what_lies_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    executable(
        &folder.path().join("bin/greet"),
        "#!/usr/bin/env mcpctl\nimport \"lib/words\" as words;\nprint(words::hi());\n",
    );
    executable(&folder.path().join("bin/lib/words.rhai"), "fn hi() { \"hi\" }\n");
    gives(&start(folder.path(), "greet", &[]), 0, "hi\n");
}

#[test]
fn a_path_is_run_only_where_it_is_made_to_be() {
    let hint = "hint: run a file with `mcpctl run ./hello.rhai`";
    Mcpctl::new("./hello.rhai you --sandbox").file("hello.rhai", BODY).run().code(2).says(hint);
    let with_line = format!("#!/usr/bin/env mcpctl\n{BODY}");
    let run = |line: &str| Mcpctl::new(line).file("hello.rhai", &with_line).file("hello", &with_line).run();
    run("./hello.rhai you --sandbox").code(0).stdout("hello you in sandbox\n");
    run("--sandbox hello.rhai you").code(0).stdout("hello you in sandbox\n");
    // a bare name is never a file of the folder that one happens to be in
    run("hello you --sandbox").code(2).says("no command or script `hello`");
    let test = Mcpctl::new("./hello.rhai you --sandbox").file("hello.rhai", BODY);
    std::fs::set_permissions(test.folder().join("hello.rhai"), std::fs::Permissions::from_mode(0o755)).unwrap();
    test.run().code(0).stdout("hello you in sandbox\n");
}

#[test]
fn what_is_no_script_is_never_parsed() {
    for (name, text) in [("prod.env", "TOKEN=canary-not-shown\n"), ("sh", "#!/bin/sh\necho canary-not-shown\n")] {
        for line in [format!("./{name}"), format!("run ./{name}")] {
            let test = Mcpctl::new(&line).file(name, text);
            std::fs::set_permissions(test.folder().join(name), std::fs::Permissions::from_mode(0o755)).unwrap();
            let ran = test.run().code(2);
            assert!(!ran.stderr.contains("canary") && !ran.stdout.contains("canary"), "{}", ran.stderr);
        }
    }
}

#[test]
fn a_pipe_can_be_the_script() {
    let bash = |line: &str| Mcpctl::of(["list"]).under(&["bash", "-c", line]).file("own.rhai", BODY).run();
    for line in [
        "\"$0\" run <(cat own.rhai) you --sandbox",
        "cat own.rhai | \"$0\" run /dev/stdin you --sandbox",
        "\"$0\" run /dev/fd/7 you --sandbox 7< <(cat own.rhai)",
        "mkfifo p; cat own.rhai > p & \"$0\" run ./p you --sandbox",
    ] {
        let ran = bash(line);
        assert_eq!((ran.code, ran.stdout.as_str()), (0, "hello you in sandbox\n"), "{line}: {}", ran.stderr);
    }
    assert!(bash("\"$0\" run <(cat own.rhai) --help").stdout.contains("Say who."));
    assert_eq!(bash("\"$0\" check <(cat own.rhai)").code, 0);
    assert_eq!(bash("\"$0\" check <(printf 'let a = 1;\\na.lenn()')").code, 1);
    let long = bash("\"$0\" check <(head -c 5000000 /dev/zero | tr '\\0' ' ')");
    assert!(long.stderr.contains("is too large for a script"), "{}", long.stderr);
    let utf16 = bash("\"$0\" run <(printf '\\xff\\xfe1\\0+\\0001\\0')");
    assert_eq!((utf16.code, utf16.stdout.as_str()), (0, "2\n"), "{}", utf16.stderr);
}

#[test]
fn standard_input_can_be_the_script() {
    Mcpctl::new("run - you --sandbox").input(BODY).run().code(0).stdout("hello you in sandbox\n");
    Mcpctl::new("run - --help").input(BODY).run().code(0).gives("Say who.").gives("Usage: mcpctl run - ");
    Mcpctl::new("run - --sandbox").input("let a = 1;\na.lenn()").run().code(1).says("<stdin>:2:");
    Mcpctl::new("run -").input("").run().code(2).says("standard input contains no script");
    let import = "import \"lib/words\" as words;\nprint(words::hi());";
    Mcpctl::new("run -").file("lib/words.rhai", "fn hi() { \"hi\" }").input(import).run().code(0).stdout("hi\n");
}

#[test]
fn standard_input_is_read_once() {
    let ran = Mcpctl::new("run - --sandbox").input("fs::input(\"-\")").run().code(2);
    ran.says("standard input is the script and cannot contain anything else");
    let delete = "pods::delete(pods::list(#{ all_namespaces: true }))";
    Mcpctl::new("run - --sandbox").input(delete).run().code(1).says("without a confirmation");
}
