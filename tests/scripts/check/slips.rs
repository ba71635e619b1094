//! Slips: each is found by `check`, with its line and the way it is written.

use mcpctl::check::Checker;

use crate::support::program::Mcpctl;

/// What is wrong, a script, the line, what is said, and what the hint says.
const SLIPS: &[(&str, &str, usize, &str, &str)] = &[
    ("the result of sort", "let a = [3, 1];\nlet b = a.sort();", 2, "`sort` changes its value in place", "`.sorted()`"),
    ("the result of trim", "let s = \" a \";\nlet t = s.trim();", 2, "`trim` changes", "`.trimmed()`"),
    ("trim in a map", "let s = [\" a\"].map(|x| x.trim());", 1, "`trim` changes", "`.trimmed()`"),
    ("the result of push", "let a = [];\na = a.push(1);", 2, "`push` changes", "call it as a separate statement"),
    (
        "reverse as an argument",
        "let a = [1];\nprint(a.reverse());",
        2,
        "`reverse` changes",
        "call it as a separate statement",
    ),
    (
        "replace returned",
        "fn f() { let s = \"a\";\n return s.replace(\"a\", \"b\");\n}\nf()",
        2,
        "`replace` changes",
        "statement",
    ),
    (
        "make_upper filled in",
        "let s = \"a\";\nlet t = `${s.make_upper()}`;",
        2,
        "`make_upper` changes",
        "`.to_upper()`",
    ),
    ("clear in an array", "let a = [1];\nlet b = [a.clear()];", 2, "`clear` changes", "statement"),
    ("reverse in a loop", "let a = [1];\nfor x in a.reverse() { print(x); }", 2, "`reverse` changes", "statement"),
    ("an escape in backticks", "let a = 1;\nlet s = `a\\nb`;", 2, "`\\n` in backticks", "real line break"),
    ("an escape behind a value", "let a = 1;\nlet s = `${a}\\t${a}`;", 2, "`\\t` in backticks", "`${\"\\t\"}`"),
    ("a quote in backticks", "let s = `a \\\" b`;", 1, "`\\\"` in backticks", "double quotes"),
    ("a value in double quotes", "let x = 1;\nlet s = \"is ${x}\";", 2, "`${x}` in double quotes", "backticks"),
    ("a property in double quotes", "let m = #{ a: 1 };\nprint(\"is ${m.a}!\");", 2, "`${m.a}` in double", "backticks"),
    ("a call in double quotes", "let s = \"${pods::list().len()} pods\";", 1, "in double quotes stays", "backticks"),
    ("an own call in double quotes", "fn f() { 1 }\nlet s = \"${f()}\";", 2, "`${f()}` in double", "backticks"),
    (
        "an int and strings",
        "let n = 3;\nswitch n { 1 => 2,\n \"3\" => 4, _ => 5 }",
        3,
        "the case `\"3\"` never matches",
        "write it as `3`",
    ),
    (
        "a string and ints",
        "let s = \"3\";\nswitch s { 3 => 4, _ => 5 }",
        2,
        "the case `3` never",
        "write it as `\"3\"`",
    ),
    ("a string and a range", "let s = \"3\";\nswitch s { 0..5 => 4, _ => 5 }", 2, "the case `0..5` never", "parse_int"),
    ("a string and a character", "let s = \"a\";\nswitch s { 'a' => 4, _ => 5 }", 2, "the case `'a'` never", "`\"a\"`"),
    (
        "a bool and strings",
        "let b = 1 > 2;\nswitch b { \"true\" => 4, _ => 5 }",
        2,
        "never matches: the value is a bool",
        "`true`",
    ),
    (
        "the age of a pod",
        "for p in pods::list() {\n switch p.restarts { \"0\" => 1, _ => 2 }\n}",
        2,
        "the case `\"0\"` never",
        "write it as `0`",
    ),
    ("a case twice", "let n = 1;\nswitch n { 1 => 2, 1 => 3, _ => 4 }", 2, "an earlier one takes it", "remove"),
    (
        "retain",
        "let a = [1];\na.retain(|x| a.len() > x);",
        2,
        "`retain` changes `a`",
        "`a.retain(|x| before.len() > x);`",
    ),
    ("sort", "let a = [1];\na.sort(|x, y| a.len() - x);", 2, "`sort` changes `a`", "before.len() - x"),
    (
        "drain of a part",
        "let m = #{ a: [1], k: 1 };\nm.a.drain(|x| x > m.k);",
        2,
        "`drain` changes `m`",
        "x > before.k",
    ),
    ("push of a closure", "let a = [];\na.push(|| a.len());", 2, "`push` changes `a`", "before.len()"),
    ("several lines", "let a = [1];\na.retain(|x| {\n a.len() > x\n});", 2, "`retain` changes `a`", "let before = a;"),
    (
        "find without a match",
        "let n = pods::list().find(|p| p.server == \"x\").name;",
        1,
        "`find` gives `()`",
        "find(…)?.",
    ),
    (
        "find and an index",
        "let l = [#{ a: 1 }];\nlet n = l.find(|x| x.a > 1)[\"a\"];",
        2,
        "`find` gives `()`",
        "find(…)?[",
    ),
    (
        "a comparator of bools",
        "let a = [2, 1];\nlet b = a.order(|x, y| x > y);",
        2,
        "the comparator of `order` gives a bool",
        "|a, b| a - b",
    ),
    (
        "a variable that the loop changes",
        "let fs = [];\nfor x in [1, 2] {\n fs.push(|| x);\n x += 1;\n}",
        3,
        "sees the last value of `x`",
        "let own = x;",
    ),
    (
        "a variable that a while loop changes",
        "let fs = []; let i = 0;\nwhile i < 2 {\n fs.push(|| i);\n i += 1;\n}",
        3,
        "sees the last value of `i`",
        "let own = i;",
    ),
    (
        "a closure in a variable that is kept",
        "let m = #{}; let i = 0;\ndo {\n let f = || i;\n m[`k${i}`] = f;\n i += 1;\n} while i < 2;",
        3,
        "sees the last value of `i`",
        "let own = i;",
    ),
    (
        "a variable beside the one of the loop",
        "let n = 0; let fs = [];\nfor x in 0..2 {\n n += x;\n fs += [|| n];\n}",
        4,
        "sees the last value of `n`",
        "let own = n;",
    ),
    ("sort in a chain", "let n = [2, 1].sort().len();", 1, "`sort` changes", "`.sorted()`"),
    ("trim in a chain", "let s = \" a \";\nlet n = s.trim().len;", 2, "`trim` changes", "`.trimmed()`"),
    ("sort_by in a chain", "let n = pods::list().sort_by(\"age\")[0].name;", 1, "`sort_by` changes", "`.sorted(…)`"),
    ("the value of a function", "fn clean(s) { s.trim() }\nclean(\" a \")", 1, "`trim` changes", "`.trimmed()`"),
    (
        "a condition that is a string",
        "pods::list().filter(|p| p.name)",
        1,
        "the closure of `filter` gives a string",
        "compare",
    ),
    (
        "a condition that is an int",
        "let a = [1];\nlet b = a.some(|x| x);",
        2,
        "the closure of `some` gives an int",
        "compare",
    ),
    ("a string among ints", "let a = [1, 2];\nlet b = \"3\" in a;", 2, "no item of this array", "without quotes"),
    ("a name among pods", "let b = pods::list().contains(\"x\");", 1, "no item of this array", "such as `name`"),
    (
        "a duration and strings",
        "for p in pods::list() {\n switch p.age { \"24h\" => 1, _ => 2 }\n}",
        2,
        "the case `\"24h\"` never",
        "write the seconds",
    ),
    (
        "a sum of durations and a string",
        "let late = pods::list().filter(|p| p.age - 60 > \"1h\");",
        1,
        "`>` cannot compare a Duration with a string",
        "`duration(\"1h\")`",
    ),
    ("an assignment without let", "x = 3;", 1, "no variable `x`", "`let x = …`"),
    ("a path of a function", "let all = pods::list;\nprint(1);", 1, "`pods::list` is a function", "`pods::list()`"),
    ("a namespace with a dot", "let all = pods.list();", 1, "`pods` is a namespace", "`pods::list(…)`"),
    ("a map without #", "let m = {a: 1};", 1, "a map begins with `#{`", "`#{ a: … }`"),
    ("a named argument", "pods::list(status: \"x\")", 1, "no named arguments", "`pods::list(#{ status: … })`"),
    ("an arrow", "[1].filter(x => x > 1)", 1, "not a closure", "`|x| …`"),
    ("not", "let a = true;\nlet b = not a;", 2, "no operator `not`", "`!a`"),
    ("and", "let a = true;\nlet b = a and a;", 2, "no operator `and`", "`&&`"),
    ("None", "let a = None;", 1, "no value `None`", "`()`"),
    ("null", "let a = null;", 1, "no value `null`", "`()`"),
    ("single quotes", "print('time');", 1, "double quotes", "`\"time\"`"),
    ("a bare duration", "let old = pods::list().filter(|p| p.age > 24h);", 1, "`24h` is not a number", "`\"24h\"`"),
    ("a bare word", "let x = \"a\";\nlet b = x == Running;", 2, "no variable `Running`", "`\"Running\"`"),
    (
        "an assignment for a comparison",
        "let p = pods::list()[0];\np.server = \"time\";",
        2,
        "cannot be changed",
        "`==`",
    ),
    ("size", "let n = [1].size();", 1, "no method `size`", "`len()`"),
    ("length", "let n = [1].length;", 1, "no property `length`", "`len()`"),
    ("sum", "let n = [1].sum();", 1, "no method `sum`", "reduce"),
    ("uniq", "let n = [1].uniq();", 1, "no method `uniq`", "dedup"),
    ("startswith", "let b = \"a\".startswith(\"b\");", 1, "no method `startswith`", "starts_with"),
    ("a mistyped key", "let m = #{ name: 1 };\nlet n = m.nmae;", 2, "no property `nmae`", "`name`"),
    ("a mistyped property", "let n = pods::list()[0].reson;", 1, "no property `reson`", "`reason`"),
    ("a mistyped option", "let n = pods::list(#{ staus: \"x\" });", 1, "no option `staus`", "`status`"),
];

#[test]
fn each_slip_is_found_with_its_line_and_the_fix() {
    let mut wrong = Vec::new();
    for (what, text, line, said, fix) in SLIPS {
        let mut checker = Checker::new();
        checker.script("a.rhai", text);
        let findings = checker.findings();
        let found = findings.iter().any(|finding| {
            let place = finding.error.place.clone().unwrap_or_default();
            place.line == *line
                && finding.error.message.contains(said)
                && finding.error.hints.iter().any(|hint| hint.contains(fix))
        });
        if !found {
            wrong.push(format!("{what}: {text}\n{findings:?}"));
        }
    }
    assert!(SLIPS.len() >= 40);
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn a_run_says_the_same_before_its_first_line() {
    Mcpctl::new("run a.rhai --sandbox")
        .file("a.rhai", "print(\"first\");\nlet a = [1];\na.retain(|x| a.len() > x);\n")
        .run()
        .code(1)
        .stdout("")
        .says("a.rhai:3:3")
        .says("`let before = a;`, then `a.retain(|x| before.len() > x);`");
    Mcpctl::new("run a.rhai --sandbox")
        .file("a.rhai", "let a = [2, 1];\nlet b = a.sort();\nprint(`${a}\\n`);\n")
        .run()
        .code(0)
        .says("warning: `sort` changes its value in place")
        .says("warning: `\\n` in backticks");
    Mcpctl::of(["eval", "let x = 1; \"${x}\""]).run().code(0).stdout("${x}\n").says("in double quotes stays");
}

#[test]
fn what_only_a_run_knows_stops_before_anything_is_changed() {
    for (what, text, line) in [
        ("an int and a string", "pods::delete(pods::list().filter(|p| p.restarts != \"0\"));", 1),
        ("an age and a string", "let old = pods::list().filter(|p| p.age > \"1d\");\npods::delete(old);", 1),
        ("a condition that is none", "let l = pods::list().filter(|p| p.name);\npods::delete(l);", 1),
        ("a comparator of bools", "let l = pods::list();\nl.sort(|a, b| a.name > b.name);\npods::delete(l);", 2),
        ("a missing key", "let m = json::parse(\"{}\");\npods::delete(pods::list(#{ server: m.server }));", 2),
        (
            "a closure in a variable",
            "let a = [1];\nlet f = |x| a.len() > x;\na.retain(f);\npods::delete(pods::list());",
            3,
        ),
    ] {
        let ran = Mcpctl::new("run a.rhai --sandbox --yes").file("a.rhai", text).run();
        assert_ne!(ran.code, 0, "{what}");
        assert!(
            ran.stderr.contains(&format!("a.rhai:{line}:")) && ran.stderr.contains("hint: "),
            "{what}: {}",
            ran.stderr
        );
        assert!(!ran.stderr.contains("deleted") && ran.stdout.is_empty(), "{what}: {}{}", ran.stdout, ran.stderr);
    }
}

#[test]
fn the_comment_that_lists_the_options_is_named() {
    let comment = "/// Makes a job.\n///\n/// # Options\n/// * `name` - its name\nfn make(options) { options.len() }\n";
    Mcpctl::new("check a.rhai")
        .file("a.rhai", "import \"lib/job\" as job;\njob::make(#{ name: \"a\" });\njob::make(#{ labels: \"x\" });\n")
        .file("lib/job.rhai", &format!("fn other() {{ 1 }}\n\n{comment}"))
        .run()
        .code(1)
        .says("a.rhai:3:14")
        .says("no option `labels`")
        .says("`# Options` in `lib/job.rhai:5`");
}

#[test]
fn a_session_says_how_it_is_written() {
    for (line, hint) in [
        ("status", "write `:run status`"),
        ("mcpctl status", "write `:run status`"),
        ("cleanup --idle 24h", "write `:run cleanup --idle 24h`"),
        ("pods::list", "call it: `pods::list()`"),
        ("let m = {a: 1}", "write `#{ a: … }`"),
        ("pods::list(status: \"x\")", "write `pods::list(#{ status: … })`"),
        ("pods::list().filter(x => x.age > 1)", "write `|x| …`"),
        ("not true", "write `!true`"),
        ("true and false", "write `&&`"),
        ("None", "`()`"),
        ("'time'", "write `\"time\"`"),
        ("pods.list()", "write `pods::list(…)`"),
        ("1 > 24h", "write `\"24h\"`"),
        ("[1].size()", "write `len()`"),
        ("[1, 1].uniq()", "dedup"),
        ("undo", "dry run"),
        ("y", "no open question"),
        ("x = 3", "`let x = …`"),
        ("if true then 1", "`{ … }`"),
        ("print \"a\"", "write `print(\"a\")`"),
        ("[1].map(lambda x: x)", "write `|x| …`"),
        ("[1].map(fn(x) { x })", "write `|x| …`"),
        ("let f = x -> x", "write `|x| …`"),
        ("[1, 2][0:1]", "extract(0..2)"),
        ("1 <> 2", "write `!=`"),
        ("try { 1 } except { 2 }", "write `catch`"),
        ("switch 1 { case 1 => 2 }", "write `1 => …`"),
        ("f\"a\"", "in backticks"),
        ("let x: int = 3", "write `let x = …`"),
    ] {
        // earlier lines, right or wrong, do not change what is said of one
        for earlier in ["", "1\nfn twice(x) { x * 2 }\n", "list)\n"] {
            let ran = Mcpctl::new("repl --sandbox").input(&format!("{earlier}{line}\n")).run();
            assert!(ran.stderr.contains(hint), "{earlier}{line}: {}", ran.stderr);
            assert!(!ran.stderr.contains("sees its parameters only"), "{earlier}{line}: {}", ran.stderr);
        }
    }
}
