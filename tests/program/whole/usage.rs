//! Command lines: parameters of scripts, their kinds, and what is said about mistakes.

use crate::support::program::Mcpctl;

const SCRIPT: &str = r#"//! Greets somebody.
//!
//! Politely.
const PARAMS = [
    #{ name: "who", help: "whom to greet" },
    #{ name: "times", help: "how often", kind: "int", or: 1 },
    #{ name: "tone", help: "how", kind: "choice", choices: ["warm", "cool"], option: true, or: "warm" },
    #{ name: "tags", help: "labels", kind: "list", option: true },
    #{ name: "loud", help: "shout", kind: "flag" },
    #{ name: "within", help: "time left", kind: "duration", option: true, or: "5m" },
    #{ name: "token", help: "a secret", kind: "secret", option: true },
];
fn main(args) { print(`${args.who} ${args.times} ${args.tone} ${args.tags} ${args.loud} ${args.within}`); }
"#;

fn greet(line: &str) -> Mcpctl {
    Mcpctl::new(line).file("greet.rhai", SCRIPT)
}

#[test]
fn values_arrive_with_their_types() {
    greet("run greet.rhai Ann").run().code(0).stdout("Ann 1 warm [] false 5m\n");
    greet("run greet.rhai Ann 3 --tone cool --tags a,b --tags c --loud --within 2h")
        .run()
        .code(0)
        .stdout("Ann 3 cool [\"a\", \"b\", \"c\"] true 2h\n");
    greet("run greet.rhai --who Ann --times 2").run().code(0).stdout("Ann 2 warm [] false 5m\n");
}

#[test]
fn help_comes_from_the_header() {
    let run = greet("run greet.rhai --help").run().code(0).stderr("");
    for part in [
        "Greets somebody.",
        "Politely.",
        "Usage: mcpctl run greet.rhai",
        "whom to greet",
        "--tone",
        "warm, cool",
        "--dry-run",
    ] {
        assert!(run.stdout.contains(part), "{part}:\n{}", run.stdout);
    }
}

#[test]
fn global_options_are_listed_once_and_accepted_everywhere() {
    let all = ["--kubeconfig", "--read-only", "--request-timeout", "--sandbox"];
    let whole = Mcpctl::new("--help").run().code(0);
    all.iter().for_each(|flag| assert!(whole.stdout.contains(flag), "{flag}:\n{}", whole.stdout));
    for line in ["eval --help", "schedule list -h", "cleanup --help", "run greet.rhai --help", "help eval"] {
        let help = greet(line).run().code(0).gives("Global options, such as -n").gives("`mcpctl --help` lists them");
        all.iter().for_each(|flag| assert!(!help.stdout.contains(flag), "{line}: {flag}:\n{}", help.stdout));
    }
    Mcpctl::new("eval --sandbox 1 -o json --request-timeout 5s").run().code(0).stdout("1\n");
    Mcpctl::new("list --sandbox --kubeconfg x").run().code(2).says("did you mean `--kubeconfig`?");
}

#[test]
fn mistakes_are_named_and_exit_with_two() {
    greet("run greet.rhai").run().code(2).says("`WHO` is missing");
    greet("run greet.rhai Ann many").run().code(2).says("`many` is not a valid value for `TIMES`");
    greet("run greet.rhai Ann --tone warn")
        .run()
        .code(2)
        .says("`warn` is not a valid value for `--tone`")
        .says("did you mean `warm`?");
    greet("run greet.rhai Ann --tags").run().code(2).says("`--tags` needs a value");
    greet("run greet.rhai Ann --luod")
        .run()
        .code(2)
        .says("unexpected argument `--luod`")
        .says("did you mean `--loud`?");
    greet("run greet.rhai Ann --within 5").run().code(2).says("5");
    greet("run greet.rhai Ann --within -5m").run().code(2);
    greet("run greet.rhai Ann 1 extra").run().code(2).says("unexpected argument `extra`");
}

#[test]
fn a_secret_is_never_taken_as_text() {
    let run = greet("run greet.rhai Ann --token canary-token").run().code(2);
    assert!(!run.stderr.contains("canary-token"), "{}", run.stderr);
    run.says("a secret cannot be given as text: `--token`");
    greet("run greet.rhai Ann --token @t").file("t", "canary-token\n").run().code(0);
    greet("run greet.rhai Ann --token -").input("canary-token\n").run().code(0);
}

#[test]
fn an_unknown_parameter_in_the_script_names_the_nearest() {
    Mcpctl::new("run a.rhai x")
        .file("a.rhai", "const PARAMS = [#{ name: \"session\" }];\nfn main(args) { args.sesion }")
        .run()
        .code(1)
        .says("the script has no parameter `sesion`")
        .says("did you mean `session`?");
}

#[test]
fn a_header_that_cannot_be_read_is_an_error_with_its_place() {
    let header = |text: &str| Mcpctl::new("run a.rhai").file("a.rhai", text).run().code(1);
    header("const PARAMS = [1 + 1];").says("`PARAMS` is not a literal").says("a.rhai:1:7");
    header("const PARAMS = [#{ nme: \"a\" }];").says("unknown key `nme` in `PARAMS`").says("did you mean `name`?");
    header("const PARAMS = [#{ name: \"a\", kind: \"itn\" }];").says("unknown kind `itn`").says("did you mean `int`?");
    header("const PARAMS = [#{ name: \"output\" }];").says("has the name of a flag that every command has");
    header("const PARAMS = [#{ name: \"a\", or: \"x\" }, #{ name: \"b\" }];")
        .says("required parameter `b` follows the optional `a`");
}

#[test]
fn several_choices_are_parted_by_commas() {
    let script = "const PARAMS = [#{ name: \"only\", kind: \"choice\", choices: [\"a\", \"b\"], option: true, many: true }];\n\
        ARGS.only";
    let run = |line: &str| Mcpctl::new(&format!("run a.rhai {line}")).file("a.rhai", script).run();
    run("--only a,b -o json").code(0).stdout("[\n  \"a\",\n  \"b\"\n]\n");
    run("--only a --only b -o json").code(0).stdout("[\n  \"a\",\n  \"b\"\n]\n");
    run("--only a,c").code(2).says("`c` is not a valid value for `--only`");
}

/// A header of a repeatable parameter of each kind, and what its values are.
const REPEATABLE: &str = r#"
const PARAMS = [
    #{ name: "n", kind: "int", many: true, option: true },
    #{ name: "sure", kind: "bool", many: true, option: true, env: "MCPCTL_SURE" },
    #{ name: "age", kind: "duration", many: true, option: true, env: "MCPCTL_AGE" },
    #{ name: "token", kind: "secret", many: true, option: true, env: "MCPCTL_TOKENS" },
    #{ name: "key", kind: "secret", option: true, env: "MCPCTL_KEY" },
    #{ name: "most", kind: "int", many: true, option: true, or: [1, 2] },
    #{ name: "names", many: true, option: true, env: "MCPCTL_NAMES" },
];
fn types(list) { list.map(|x| type_of(x)) }
fn main(args) {
    let of_each = [types(args.n), types(args.sure), types(args.age), types(args.token)];
    [of_each, args.n, args.most, args.names, args.token, args.key].to_string()
}
"#;

#[test]
fn repeatable_parameters_have_the_types_of_their_kind() {
    let run =
        |line: &str| Mcpctl::new(line).file("a.rhai", REPEATABLE).file("one", "canary-one").file("two", "canary-two");
    run("run a.rhai --n 1 --n 2 --sure true --sure false --age 1h --token @one --token @two --most 3")
        .run()
        .code(0)
        .stdout(
            "[[[\"i64\", \"i64\"], [\"bool\", \"bool\"], [\"Duration\"], [\"Secret\", \"Secret\"]], [1, 2], [3], [], \
             [***, ***], ()]\n",
        );
    run("run a.rhai --n x").run().code(2);
    run("run a.rhai --age 5x").run().code(2);
    run("run a.rhai --token canary-three").run().code(2).says("a secret cannot be given as text");
}

#[test]
fn values_of_variables_have_the_types_of_their_kind() {
    Mcpctl::new("run a.rhai")
        .file("a.rhai", REPEATABLE)
        .env("MCPCTL_SURE", "true,false")
        .env("MCPCTL_AGE", "1h, 2h")
        .env("MCPCTL_TOKENS", "canary-one,canary-two")
        .env("MCPCTL_KEY", "canary-key")
        .env("MCPCTL_NAMES", "a,,b")
        .run()
        .code(0)
        .stdout(
            "[[[], [\"bool\", \"bool\"], [\"Duration\", \"Duration\"], [\"Secret\", \"Secret\"]], [], [1, 2], \
             [\"a\", \"b\"], [***, ***], ***]\n",
        );
    Mcpctl::new("run a.rhai")
        .file("a.rhai", REPEATABLE)
        .env("MCPCTL_SURE", "true,perhaps")
        .run()
        .code(2)
        .says("`MCPCTL_SURE`");
}

#[test]
fn main_takes_one_parameter_or_none() {
    Mcpctl::new("run a.rhai")
        .file("a.rhai", "fn main(a, b) { 1 }")
        .run()
        .code(1)
        .says("`main` has 2 parameters, and gets one")
        .says("`fn main(args)`");
    Mcpctl::new("run a.rhai")
        .file("a.rhai", "fn main(a, b) { 1 }\nfn main() { main(1, 2) + 1 }")
        .run()
        .code(0)
        .stdout("2\n");
}

#[test]
fn what_is_asked_for_on_a_terminal_is_missing_without_one() {
    let header =
        |param: &str| Mcpctl::new("run a.rhai").file("a.rhai", &format!("const PARAMS = [#{{ {param} }}];\n1"));
    header("name: \"base\", option: true, ask: true").run().code(2).says("`--base` is missing");
    header("name: \"base\", ask: true").run().code(2).says("`BASE` is missing");
    header("name: \"base\", option: true, ask: true, env: \"MCPCTL_BASE\"").env("MCPCTL_BASE", "x").run().code(0);
    header("name: \"base\", ask: true, or: \"x\"").run().code(1).says("`ask` of parameter `base`");
}

#[test]
fn every_global_flag_is_a_reserved_name() {
    let help = Mcpctl::new("eval --help").run().code(0).stdout;
    let flags = help.split_whitespace().filter_map(|word| word.strip_prefix("--"));
    for flag in flags {
        let name = flag.trim_end_matches(|c: char| !c.is_ascii_lowercase()).split(['[', '=']).next().unwrap();
        assert!(mcpctl::script::header::RESERVED.contains(&name), "`{name}` is not reserved");
    }
}

#[test]
fn a_script_without_main_has_its_parameters_in_args() {
    Mcpctl::new("run a.rhai 4")
        .file("a.rhai", "const PARAMS = [#{ name: \"n\", kind: \"int\" }];\nARGS.n * 2")
        .run()
        .code(0)
        .stdout("8\n");
}

#[test]
fn a_script_may_start_like_a_program() {
    let run = Mcpctl::new("run a.rhai").file("a.rhai", "#!/usr/bin/env -S mcpctl run\nnope()").run().code(1);
    run.says("a.rhai:2:1");
}

/// The list of arguments says what must be given as the line of usage does.
#[test]
fn a_required_argument_is_shown_as_one() {
    let help = greet("run greet.rhai --help").run().code(0).stdout;
    assert!(help.contains("\n  <WHO>") && help.contains("\n  [TIMES]"), "{help}");
    greet("run greet.rhai").run().code(2).says("`WHO` is missing");
}

#[test]
fn data_that_is_wrong_is_told_without_a_line_of_the_script_that_ships() {
    Mcpctl::of(["create-configmap", "x", r#"{"a":1}"#, "--sandbox"]).run().code(1).stderr(
        "error: the value of key `a` in the argument must be a string, not a number\n\
         hint: write it in quotes, as `\"KEY\": \"value\"`\n",
    );
}

#[test]
fn the_next_step_names_a_base_as_it_was_given() {
    let ran = Mcpctl::new("gateway nope --sandbox").run().code(1);
    ran.says("hint: `mcpctl provision SERVERS --base nope` writes it");
}
