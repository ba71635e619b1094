//! The script language: values, errors with their places, and what is switched off.

use crate::support::program::Mcpctl;

fn eval(text: &str) -> Mcpctl {
    Mcpctl::of(["eval", text])
}

#[test]
fn a_value_is_printed_in_the_form_that_is_asked_for() {
    eval("1 + 1").run().code(0).stdout("2\n").stderr("");
    eval("()").run().code(0).stdout("").stderr("");
    eval("\"text\"").run().code(0).stdout("text\n");
    eval("#{ a: [1, true, ()] }")
        .word("-o")
        .word("json")
        .run()
        .code(0)
        .stdout("{\n  \"a\": [\n    1,\n    true,\n    null\n  ]\n}\n");
    eval("#{ a: \"x: y\" }").word("-o").word("yaml").run().code(0).stdout("a: \"x: y\"\n");
}

#[test]
fn print_leaves_stdout_to_the_document() {
    eval("print(\"hello\"); [1]").word("-o").word("json").run().code(0).stdout("[\n  1\n]\n").stderr("hello\n");
    eval("print(\"hello\")").run().code(0).stdout("hello\n").stderr("");
}

#[test]
fn an_error_names_line_column_and_the_calls_across_imports() {
    let report = "fn show(pod) {\n    let s = pod.sesion;\n    s\n}\n";
    let nightly = "import \"lib/report\" as report;\nfn main(args) {\n    report::show(#{ session: 1 })\n}\n";
    Mcpctl::new("run nightly.rhai").file("nightly.rhai", nightly).file("lib/report.rhai", report).run().code(1).stderr(
        "error: the map has no property `sesion`\n \
         --> lib/report.rhai:2:17\n  \
         |\n2 |     let s = pod.sesion;\n  \
         |                 ^^^^^^\n  \
         called from nightly.rhai:3:13 in `main`\n\
         hint: `map.get(\"sesion\")` gives `()` where a key may be missing\n",
    );
}

#[test]
fn a_thrown_text_is_the_error() {
    eval("fail(\"the room is empty\", \"look under the bed\")")
        .run()
        .code(1)
        .says("error: the room is empty\n")
        .says("hint: look under the bed\n");
    eval("throw \"plain\"").run().code(1).says("error: plain\n");
}

#[test]
fn a_message_that_a_script_chose_shows_no_code() {
    let script = "fn main() {\n    check()\n}\nfn check() { fail(\"the room is empty\", \"look under the bed\") }\n";
    let message = "error: the room is empty\nhint: look under the bed\n";
    Mcpctl::new("run room.rhai").file("room.rhai", script).run().code(1).stderr(message);
    let again = script.replace("    check()", "    try { check() } catch (e) { throw e; }");
    Mcpctl::new("run room.rhai").file("room.rhai", &again).run().code(1).stderr(message);
    // a failed test shows its line
    let test = "fn test_room() { fail(\"the room is empty\") }\n";
    Mcpctl::new("test room_test.rhai").file("room_test.rhai", test).run().code(1).says("--> room_test.rhai:1:18");
}

#[test]
fn a_caught_error_is_a_map_and_can_be_thrown_again() {
    let text =
        "try { fs::read(\"nope.txt\") } catch (e) { print(e.kind + \"|\" + e.message + \"|\" + e.object); throw e; }";
    eval(text).run().code(1).stdout("not_found|no file `nope.txt`|nope.txt\n").says("error: no file `nope.txt`");
}

#[test]
fn unknown_functions_namespaces_and_options_get_the_nearest_name() {
    eval("json::prse(\"1\")").run().code(1).says("no function `json::prse`").says("did you mean `json::parse`?");
    eval("jsn::parse(\"1\")").run().code(1).says("no namespace `jsn`").says("did you mean `json`?");
    eval("process::run([\"true\"], #{ timout: \"1s\" })")
        .run()
        .code(1)
        .says("`process::run` has no option `timout`")
        .says("did you mean `timeout`?");
    eval("fs::read(1)")
        .run()
        .code(1)
        .says("argument 1 of `fs::read` must be a string, not an int")
        .says("fs::read(path: string)");
}

#[test]
fn what_hides_or_computes_code_is_refused() {
    eval("eval(\"1\")").run().code(1).says("`eval` is switched off");
    eval("import \"std/\" + \"x\" as x;").run().code(1).says("the path of an import must be written out");
    eval("import \"x\" as json;").run().code(1).says("`json` is a namespace of mcpctl");
}

#[test]
fn recursion_and_size_have_limits() {
    eval("fn f(n) { f(n + 1) } f(0)").run().code(1).says("functions call each other too deeply");
    eval("let a = [1]; loop { a += a; }").run().code(1).says("more than 256 MiB of memory");
}

#[test]
fn exit_sets_the_code() {
    eval("exit(7); print(\"never\")").run().code(7).stdout("").stderr("");
    eval("exit(300)").run().code(1).says("exit codes go from 0 to 255, not 300");
    eval("try { exit(7) } catch { print(\"never\") }").run().code(7).stdout("");
}

#[test]
fn imports_stay_in_the_scripts_folder_and_cycles_are_named() {
    Mcpctl::new("run a.rhai")
        .file("a.rhai", "import \"../b\" as b;")
        .run()
        .code(1)
        .says("`../b` is not in the folder of the script that imports it");
    Mcpctl::new("run a.rhai")
        .file("a.rhai", "import \"b\" as b;")
        .file("b.rhai", "import \"a\" as a;")
        .run()
        .code(1)
        .says("imports itself");
    Mcpctl::new("run a.rhai")
        .file("a.rhai", "import \"lib/reprt\" as r;")
        .file("lib/report.rhai", "")
        .run()
        .code(1)
        .says("no module `lib/reprt`")
        .says("did you mean `report`?");
}

#[test]
fn a_link_leads_out_of_no_scripts_folder_and_to_no_env_file() {
    let test = |line: &str, link: &str, target: &str| {
        let test = Mcpctl::new(line)
            .file("own/main.rhai", "import \"link\" as l; l::name()")
            .file("own/lib/real.rhai", "fn name() { \"inside\" }")
            .file("outside.rhai", "fn name() { \"outside\" }\n\"ran\"")
            .file("program", "#!/usr/bin/env mcpctl\n\"program\"")
            .file("prod.env", "grafana.api_key=canary-linked\n");
        std::os::unix::fs::symlink(target, test.folder().join(link)).unwrap();
        let run = test.run();
        assert!(!format!("{}{}", run.stdout, run.stderr).contains("canary"), "{}", run.stderr);
        run
    };
    test("run own/main.rhai", "own/link.rhai", "lib/real.rhai").code(0).stdout("inside\n");
    for target in ["../outside.rhai", "../prod.env"] {
        test("run own/main.rhai", "own/link.rhai", target)
            .code(1)
            .stdout("")
            .says("`link` is not in the folder of the script that imports it\ncause: `own/link.rhai` is a link to `");
    }
    test("run own/main.rhai", "own/link.rhai", "../own/lib/data.env").code(1).says("no module `link`");
    for line in ["run own/link.rhai", "show own/link.rhai"] {
        test(line, "own/link.rhai", "../prod.env")
            .code(2)
            .says("`own/link.rhai` is not a script\ncause: it is a link to `");
    }
    test("check own", "own/link.rhai", "../prod.env").code(1).says("is not a script\ncause: it is a link to `");
    // a person who names a script may keep it elsewhere
    test("run own/link.rhai", "own/link.rhai", "../outside.rhai").code(0).stdout("ran\n");
    test("run ./hello", "hello", "program").code(0).stdout("program\n");
    test("run own/link.rhai", "own/link.rhai", "../program").code(0).stdout("program\n");
}

/// As Kubernetes mounts a ConfigMap: links in the folder lead to a hidden one in it, which is replaced as a whole.
#[test]
fn the_links_of_a_mounted_configmap_are_followed() {
    let test = Mcpctl::new("run mounted/main.rhai")
        .file("mounted/..now/main.rhai", "import \"lib/a\" as a; a::name()")
        .file("mounted/..now/lib/a.rhai", "import \"b\" as b; fn name() { b::name() }")
        .file("mounted/..now/lib/b.rhai", "fn name() { \"mounted\" }");
    for (link, target) in [("..data", "..now"), ("main.rhai", "..data/main.rhai"), ("lib", "..data/lib")] {
        std::os::unix::fs::symlink(target, test.folder().join("mounted").join(link)).unwrap();
    }
    test.run().code(0).stdout("mounted\n");
}

/// As a manager of configuration files makes them: a link for each file, all into one folder elsewhere.
#[test]
fn scripts_that_are_links_into_one_folder_import_each_other() {
    let test = Mcpctl::new("run own/main.rhai")
        .file("kept/main.rhai", "import \"lib/a\" as a; a::name()")
        .file("kept/lib/a.rhai", "fn name() { \"kept\" }")
        .file("own/lib/b.rhai", "");
    for (link, target) in [("own/main.rhai", "../kept/main.rhai"), ("own/lib/a.rhai", "../../kept/lib/a.rhai")] {
        std::os::unix::fs::symlink(target, test.folder().join(link)).unwrap();
    }
    test.run().code(0).stdout("kept\n");
}

#[test]
fn an_import_is_relative_to_the_importing_file_wherever_one_stands() {
    let run = Mcpctl::new("run deep/down/main.rhai")
        .file("deep/down/main.rhai", "import \"lib/a\" as a; a::name()")
        .file("deep/down/lib/a.rhai", "import \"b\" as b; fn name() { b::name() }")
        .file("deep/down/lib/b.rhai", "fn name() { \"deep\" }")
        .run();
    run.code(0).stdout("deep\n");
}
