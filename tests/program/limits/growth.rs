//! One script after the other, each as `mcpctl eval`.

use super::run;
use crate::support::program::Mcpctl;

const MEMORY: &str = "error: the script needs more than 32 MiB of memory\n --> <eval>:";
const NESTING: &str = "error: a value nests more than 500 levels deep\n --> <eval>:";
const OUTPUT: &str = "error: the script prints more than 500000 times\n --> <eval>:";

/// Runs scripts that must end with an error at a place.
#[track_caller]
fn end_with(error: &str, scripts: &[&str]) {
    for script in scripts {
        let ran = run(Mcpctl::of(["eval", script]));
        let said = &ran.stderr[ran.stderr.len().saturating_sub(2000)..];
        assert!(ran.code == 1 && said.contains(error), "{script}\nexit code {}\n{said}", ran.code);
    }
}

#[test]
fn values_cannot_take_more_memory_than_the_limit() {
    end_with(
        MEMORY,
        &[
            // strings
            "let s = \"x\"; loop { s += s; }",
            "let s = \"x\"; loop { s = `${s}${s}`; }",
            "let s = \"x\"; s.pad(1000, 'x'); let all = []; loop { all.push(s + all.len); }",
            // arrays and maps, nested
            "let a = [1]; loop { a += a; }",
            "let a = [1]; loop { a = [a, a]; }",
            "let m = #{}; loop { m = #{ a: m, b: m }; }",
            "let a = [#{ b: [1] }]; loop { a.append(a); }",
            // keys
            "let s = \"x\"; s.pad(1000, 'x'); let m = #{}; loop { m[s + m.len()] = 1; }",
            // captured, shared, curried
            "let s = \"x\"; s.pad(10_000, 'x'); let all = []; loop { let x = s + all.len; all.push(|| x.len); }",
            "let s = \"x\"; s.pad(10_000, 'x'); let all = []; let f = || all.len; loop { all.push(s + f.call()); }",
            "let f = |a, b| 1; loop { f = curry(f, f); }",
            // calls
            "fn more(a) { a += a; more(a) } more([1, 2, 3, 4])",
            "fn fill(s) { s.pad(10_000, 'x'); let all = []; loop { all.push(s + all.len); } } fill(\"\")",
            "[1].for_each(|| { let all = [1]; loop { all += all; } })",
        ],
    );
}

#[test]
fn one_call_cannot_take_more_memory_than_the_limit() {
    end_with(
        MEMORY,
        &[
            "let a = []; a.pad(1_000_000_000, 0);",
            "let a = []; a.pad(1_000_000, [1, 2, 3]);",
            "let s = \"\"; s.pad(1_000_000_000, 'x');",
            "let s = \"\"; s.pad(1_000_000_000, \"xy\");",
            "blob(1_000_000_000_000)",
            "let b = blob(); b.pad(1_000_000_000_000, 0);",
            "let s = \"\"; s.pad(100_000, 'x'); s.replace(\"x\", s);",
            "let s = \"\"; s.pad(100_000, 'x'); s.replace('x', s);",
            "let s = \"\"; s.pad(2_000_000, 'x'); s.split(\"\")",
            "let s = \"\"; s.pad(2_000_000, ','); s.split(',')",
            "let s = \"\"; s.pad(2_000_000, ','); s.split_rev(\",\", 10_000_000)",
            "let s = \"\"; s.pad(4_000_000, 'x'); s.to_chars()",
            "let s = \"\"; s.pad(100_000, 'x'); let a = []; a.pad(1000, 0); a.join(s)",
            "let s = \"[1\"; s.pad(4_000_000, \",[1]\"); json::parse(s + \"]\")",
            "let s = \"[1\"; s.pad(4_000_000, \",[1]\"); parse_json(s + \"]\")",
            "let a = []; a.pad(400_000, [1]); json::write(a)",
        ],
    );
}

#[test]
fn the_error_names_the_variable_the_place_and_the_calls() {
    let text =
        "fn main(args) {\n    grow()\n}\nfn grow() {\n    let all = [1];\n    loop {\n        all += all;\n    }\n}\n";
    run(Mcpctl::new("run grow.rhai").file("grow.rhai", text)).code(1).stderr(
        "error: the script needs more than 32 MiB of memory\n \
         --> grow.rhai:7:9\n  \
         |\n7 |         all += all;\n  \
         |         ^^^\n  \
         called from grow.rhai:2:5 in `main`\n\
         hint: keep fewer values at a time, or raise the limit: `MCPCTL_MEMORY=1GiB`\n",
    );
}

#[test]
fn a_script_cannot_catch_the_error_and_go_on() {
    end_with(
        "error: the script needs more than 32 MiB of memory\n",
        &[
            "let a = [1]; loop { try { a += a; } catch { } }",
            "fn more() { let a = [1]; loop { a += a; } } loop { try { more() } catch { } }",
            "let a = [1]; try { loop { a += a; } } catch { }",
            "let a = [1]; assert::raises(|| { loop { a += a; } });",
            "let s = \"\"; loop { try { s.pad(1_000_000_000, 'x'); } catch { } }",
        ],
    );
}

#[test]
fn values_cannot_nest_without_end() {
    end_with(
        NESTING,
        &[
            "let a = []; loop { a = [a]; }",
            "let a = []; loop { a = [1, a, 2]; }",
            "let m = #{}; loop { m = #{ m: m }; }",
            "let f = 0; loop { let g = f; f = || g; }",
            "let f = |a| 1; loop { f = [f].map(|g| [g])[0]; }",
            "fn wrap(a) { [a] } let a = []; loop { a = wrap(a); }",
            "[[]].for_each(|| { let i = 0; loop { this = [this]; i += 1; } })",
        ],
    );
    for script in ["fn f(a) { f([a]) } f([])", "fn f(g) { (|| f(|| g.call())).call() } f(|| 1)"] {
        run(Mcpctl::of(["eval", script])).code(1).says("functions call each other too deeply");
    }
}

#[test]
fn values_that_nest_deeply_can_be_used_and_dropped() {
    // fewer bytes than pass between two checks
    let deep = "let a = []; for i in 0..5_000 { a = [take(a)]; }";
    for (work, end) in [
        ("a = ();", Ok("")),
        ("let b = a; b == a", Ok("true\n")),
        ("print(a.to_string().len)", Ok("10002\n")),
        ("json::write(a)", Err(NESTING)),
        ("a", Err("error: a value nests more than 500 levels deep\n")),
        ("[a].contains([1])", Ok("false\n")),
    ] {
        let ran = run(Mcpctl::of(["eval", &format!("{deep} {work}")]));
        match end {
            Ok(printed) => ran.code(0).stdout(printed),
            Err(error) => ran.code(1).says(error),
        };
    }
    for (text, error) in [
        ("json::parse(s)", "error: the text is no JSON\ncause: line 1, column 128\n"),
        ("yaml::parse(s)", "error: the text is no YAML document\n"),
    ] {
        run(Mcpctl::of(["eval", &format!("let s = \"\"; s.pad(1_000_000, '['); {text}")])).code(1).says(error);
    }
}

#[test]
fn output_without_end_is_an_error() {
    end_with(OUTPUT, &["loop { print(\"x\") }", "loop { debug(1) }", "loop { ui::warn(\"x\") }"]);
}

#[test]
fn source_text_that_nests_deeply_is_an_error() {
    for opening in ["[", "{", "(", "!", "`${", "if true {", "a.", "|x| "] {
        let ran = run(Mcpctl::new("check deep.rhai").file("deep.rhai", &opening.repeat(100_000)));
        assert_eq!(ran.code, 1, "{}", &ran.stderr[..ran.stderr.len().min(500)]);
        ran.says("error: expression exceeds maximum complexity");
    }
    run(Mcpctl::new("check large.rhai").file("large.rhai", &"let x = 1;\n".repeat(1_000_000)))
        .code(1)
        .says("`large.rhai` is too large for a script");
}

#[test]
fn a_wrong_limit_is_an_error() {
    Mcpctl::new("eval 1").env("MCPCTL_MEMORY", "lots").run().code(2).stdout("").stderr(
        "error: `lots` is not a valid size for `MCPCTL_MEMORY`: the unit is `MiB` or `GiB`\n\
         hint: use a whole number and a unit: `MCPCTL_MEMORY=512MiB`\n",
    );
    Mcpctl::new("eval 1").env("MCPCTL_MEMORY", "").run().code(0).stdout("1\n");
}
