//! Every method of arrays, maps and strings: each is used by a script of which nothing is said and which runs.

use std::collections::BTreeSet;

use mcpctl::check::Checker;
use rhai::Engine;

use crate::support::program::Mcpctl;

/// The type, the method, a script, and what its value is as `to_debug` shows it.
const SCRIPTS: &[(&str, &str, &str, &str)] = &[
    ("array", "all", "[1, 2].all(|x| x > 0)", "true"),
    ("array", "append", "let a = [1]; a.append([2, 3]); a", "[1, 2, 3]"),
    ("array", "chop", "let a = [1, 2, 3]; a.chop(2); a", "[2, 3]"),
    ("array", "clear", "let a = [1]; a.clear(); a.len()", "0"),
    ("array", "contains", "[1, 2].contains(2)", "true"),
    ("array", "contains", "2 in [1, 2] && !(3 in [1, 2])", "true"),
    ("array", "dedup", "let a = [1, 1, 2]; a.dedup(); a", "[1, 2]"),
    ("array", "dedup", "let a = [1, 3, 2]; a.dedup(|x, y| x % 2 == y % 2); a", "[1, 2]"),
    ("array", "drain", "let a = [1, 2, 3]; let gone = a.drain(|x| x > 1); [a, gone]", "[[1], [2, 3]]"),
    ("array", "drain", "let a = [1, 2, 3]; let gone = a.drain(0..2); [a, gone]", "[[3], [1, 2]]"),
    ("array", "drain", "let a = [1, 2, 3]; a.drain(0, 1); a.drain(0..=0); a", "[3]"),
    ("array", "extract", "[1, 2, 3].extract(1)", "[2, 3]"),
    ("array", "extract", "[1, 2, 3].extract(0..2) + [1, 2, 3].extract(2, 1)", "[1, 2, 3]"),
    ("array", "filter", "[1, 2, 3].filter(|x, i| x > 1 && i < 2)", "[2]"),
    ("array", "find", "[1, 2].find(|x| x > 1)", "2"),
    ("array", "find", "[#{ n: 1 }].find(|x| x.n > 5)?.n ?? 0", "0"),
    ("array", "find_map", "[1, 2].find_map(|x| if x > 1 { `found ${x}` } else { () })", "\"found 2\""),
    ("array", "for_each", "let sum = 0; [1, 2].for_each(|i| sum += this); sum", "3"),
    ("array", "for_each", "let a = [1, 2]; a.for_each(|| this *= 2); a", "[2, 4]"),
    ("array", "get", "[[1, 2].get(0), [1].get(5) == ()]", "[1, true]"),
    ("array", "index_of", "[[5, 6].index_of(6), [5, 6].index_of(|x| x > 5), [6, 6].index_of(6, 1)]", "[1, 1, 1]"),
    ("array", "insert", "let a = [1, 3]; a.insert(1, 2); a", "[1, 2, 3]"),
    ("array", "is_empty", "[].is_empty() && [].is_empty", "true"),
    ("array", "len", "[1, 2].len() + [1].len", "3"),
    ("array", "map", "[1, 2].map(|x, i| x * 10 + i)", "[10, 21]"),
    ("array", "map", "let a = [1, 2]; a.map(|x| a.len() - x)", "[1, 0]"),
    ("array", "order", "[3, 1, 2].order(|x, y| y - x) + [2, 1].order()", "[3, 2, 1, 1, 2]"),
    ("array", "order_by", "[#{ n: 2 }, #{ n: 1 }].order_by(|x, y| x.n - y.n).map(|x| x.n)", "[1, 2]"),
    ("array", "order_desc", "[1, 3, 2].order_desc()", "[3, 2, 1]"),
    ("array", "pad", "let a = [1]; a.pad(3, 0); a", "[1, 0, 0]"),
    ("array", "pop", "let a = [1, 2]; [a.pop(), a]", "[2, [1]]"),
    ("array", "push", "let a = []; a.push(1); a += 2; a", "[1, 2]"),
    ("array", "reduce", "[1, 2].reduce(|sum, x| sum + x, 10)", "13"),
    ("array", "reduce", "[1, 2].reduce(|sum, x| (sum ?? 0) + x)", "3"),
    ("array", "reduce_rev", "[1, 2].reduce_rev(|text, x| text + x, \"\")", "\"21\""),
    ("array", "remove", "let a = [1, 2]; [a.remove(0), a]", "[1, [2]]"),
    ("array", "retain", "let a = [1, 2, 3]; a.retain(|x| x < 3); a.retain(0..1); a", "[1]"),
    ("array", "retain", "let a = [1, 2, 3]; let n = a.len(); a.retain(|x| x < n); a.retain(0, 1); a", "[1]"),
    ("array", "reverse", "let a = [1, 2]; a.reverse(); a", "[2, 1]"),
    ("array", "set", "let a = [1, 2]; a.set(0, 5); a[1] = 6; a", "[5, 6]"),
    ("array", "shift", "let a = [1, 2]; [a.shift(), a]", "[1, [2]]"),
    ("array", "some", "let a = [1, 2]; a.filter(|x| a.some(|y| y == x + 1))", "[1]"),
    ("array", "sort", "let a = [2, 1]; a.sort(); a.sort(|x, y| y - x); a", "[2, 1]"),
    ("array", "sort_by", "let a = [#{ n: 2 }, #{ n: 1 }]; a.sort_by(|x, y| x.n - y.n); a[0].n", "1"),
    ("array", "sort_desc", "let a = [1, 2]; a.sort_desc(); a", "[2, 1]"),
    ("array", "splice", "let a = [1, 2, 3]; a.splice(0, 1, [7, 8]); a.splice(1..2, []); a", "[7, 2, 3]"),
    ("array", "split", "let a = [1, 2, 3]; let tail = a.split(1); [a, tail]", "[[1], [2, 3]]"),
    ("array", "to_debug", "[1, \"a\"].to_debug()", "\"[1, \\\"a\\\"]\""),
    ("array", "to_string", "`${[1, 2]}` == [1, 2].to_string()", "true"),
    ("array", "truncate", "let a = [1, 2, 3]; a.truncate(1); a", "[1]"),
    ("array", "zip", "[1, 2].zip([\"a\", \"b\"], |n, text| `${n}${text}`)", "[\"1a\", \"2b\"]"),
    ("map", "clear", "let m = #{ a: 1 }; m.clear(); m.len()", "0"),
    ("map", "contains", "#{ a: 1 }.contains(\"a\") && \"a\" in #{ a: 1 }", "true"),
    (
        "map",
        "drain",
        "let m = #{ a: 1, b: 2 }; let gone = m.drain(|k, v| v > 1); [m.keys(), gone.keys()]",
        "[[\"a\"], [\"b\"]]",
    ),
    ("map", "fill_with", "let m = #{ a: 1 }; m.fill_with(#{ a: 2, b: 3 }); [m.a, m.b]", "[1, 3]"),
    ("map", "filter", "let m = #{ a: 1, b: 2 }; m.filter(|k, v| v == m.len()).keys()", "[\"b\"]"),
    ("map", "get", "let m = #{ a: 1 }; [m.get(\"a\"), m.get(\"b\") ?? 0, m[\"b\"] ?? 0, m.b ?? 0]", "[1, 0, 0, 0]"),
    ("map", "is_empty", "#{}.is_empty()", "true"),
    ("map", "keys", "#{ b: 1, a: 2 }.keys()", "[\"a\", \"b\"]"),
    ("map", "len", "#{ a: 1 }.len()", "1"),
    ("map", "map", "#{ a: 1 }.map(|k, v| `${k}${v}`).a", "\"a1\""),
    ("map", "mixin", "let m = #{ a: 1 }; m.mixin(#{ a: 2 }); (m + #{ b: 3 }).a", "2"),
    ("map", "remove", "let m = #{ a: 1 }; [m.remove(\"a\"), m.len()]", "[1, 0]"),
    ("map", "retain", "let m = #{ a: 1, b: 2 }; m.retain(|k, v| k == \"a\"); m.keys()", "[\"a\"]"),
    ("map", "set", "let m = #{}; m.set(\"a\", 1); m[\"b\"] = 2; m.c = 3; m.values()", "[1, 2, 3]"),
    ("map", "to_debug", "#{ a: 1 }.to_debug()", "\"#{\\\"a\\\": 1}\""),
    ("map", "to_json", "#{ a: [1] }.to_json()", "\"{\\\"a\\\":[1]}\""),
    ("map", "to_string", "#{ a: 1 }.to_string().len() > 0", "true"),
    ("map", "values", "#{ a: 1 }.values()", "[1]"),
    ("string", "append", "let s = \"a\"; s.append(1); s += 'b'; s", "\"a1b\""),
    ("string", "bytes", "\"ä\".bytes + \"a\".bytes()", "3"),
    ("string", "chars", "let n = 0; for c in \"ab\".chars() { n += 1; } for c in \"abc\".chars(1) { n += 1; } n", "4"),
    ("string", "clear", "let s = \"a\"; s.clear(); s", "\"\""),
    ("string", "contains", "\"abc\".contains(\"b\") && 'c' in \"abc\"", "true"),
    ("string", "crop", "let s = \"abcd\"; s.crop(1, 2); s.crop(0..1); s", "\"b\""),
    ("string", "ends_with", "\"a.md\".ends_with(\".md\")", "true"),
    ("string", "get", "\"ab\".get(1) == 'b' && \"ab\"[0] == 'a'", "true"),
    (
        "string",
        "index_of",
        "[\"abab\".index_of(\"b\"), \"abab\".index_of('b', 2), \"a\".index_of(\"x\")]",
        "[1, 3, -1]",
    ),
    ("string", "is_empty", "\"\".is_empty()", "true"),
    ("string", "len", "\"ab\".len() + \"a\".len", "3"),
    ("string", "make_lower", "let s = \"AB\"; s.make_lower(); s", "\"ab\""),
    ("string", "make_upper", "let s = \"ab\"; s.make_upper(); s", "\"AB\""),
    ("string", "max", "max(\"a\", \"b\")", "\"b\""),
    ("string", "min", "min(\"a\", \"b\")", "\"a\""),
    ("string", "pad", "let s = \"a\"; s.pad(3, '.'); s.pad(4, \"-\"); s", "\"a..-\""),
    ("string", "parse_float", "parse_float(\"1.5\") + \"0.5\".parse_float()", "2.0"),
    ("string", "parse_int", "parse_int(\"7\") + \"ff\".parse_int(16)", "262"),
    ("string", "parse_json", "parse_json(\"{\\\"a\\\": [1]}\").a[0]", "1"),
    ("string", "pop", "let s = \"abc\"; [s.pop() == 'c', s.pop(1), s]", "[true, \"b\", \"a\"]"),
    ("string", "remove", "let s = \"abab\"; s.remove(\"b\"); s", "\"aa\""),
    ("string", "replace", "let s = \"abab\"; s.replace(\"b\", \"c\"); s.replace('a', 'd'); s", "\"dcdc\""),
    ("string", "set", "let s = \"ab\"; s.set(0, 'c'); s[1] = 'd'; s", "\"cd\""),
    (
        "string",
        "split",
        "\"a,b,c\".split(\",\") + \"a b\".split() + \"a,b,c\".split(\",\", 2)",
        "[\"a\", \"b\", \"c\", \"a\", \"b\", \"a\", \"b,c\"]",
    ),
    ("string", "split_rev", "\"a/b/c\".split_rev(\"/\", 2)", "[\"c\", \"a/b\"]"),
    ("string", "starts_with", "\"mcp-time\".starts_with(\"mcp-\")", "true"),
    (
        "string",
        "sub_string",
        "\"abcd\".sub_string(1, 2) + \"abcd\".sub_string(3) + \"abcd\".sub_string(0..1)",
        "\"bcda\"",
    ),
    ("string", "to_blob", "\"ab\".to_blob().len()", "2"),
    ("string", "to_chars", "\"ab\".to_chars().len()", "2"),
    ("string", "to_debug", "\"a\".to_debug()", "\"\\\"a\\\"\""),
    ("string", "to_lower", "\"AB\".to_lower()", "\"ab\""),
    ("string", "to_string", "\"a\".to_string()", "\"a\""),
    ("string", "to_upper", "let name = \"ab\"; name.to_upper()", "\"AB\""),
    ("string", "trim", "let s = \" a \"; s.trim(); s", "\"a\""),
    ("string", "truncate", "let s = \"abc\"; s.truncate(1); s", "\"a\""),
    // the language around them
    ("", "", "let name = \"x\"; `a ${name} ${1 + 1}`", "\"a x 2\""),
    ("", "", "let home = \"$HOME ${HOME} ${PATH:-x}\"; home.len()", "24"),
    ("", "", "`C:\\ $5 \\d+ {x}`.len()", "14"),
    ("", "", "`two\nlines`.split(\"\\n\").len()", "2"),
    (
        "",
        "",
        "let n = 2; switch n { 0 => \"none\", 1 | 2 => \"few\", -1 => \"odd\", 3..9 => \"some\", _ => \"many\" }",
        "\"few\"",
    ),
    ("", "", "let s = \"b\"; switch s { \"a\" if 1 > 2 => 1, \"a\" => 2, \"b\" => { 3 } _ => 4 }", "3"),
    (
        "",
        "",
        "let x = 5; switch x { 1..3 => { \"low\" } 3..=5 if x > 4 => \"top\", 3..=5 => \"mid\", _ => () }",
        "\"top\"",
    ),
    ("", "", "let f = 1.5; switch f { 1.5 => \"yes\", _ => \"no\" }", "\"yes\""),
    ("", "", "let on = true; switch on { true => 1, false => 2 }", "1"),
    ("", "", "let a = [1, 2, 3]; let n = a.len(); a.retain(|x| x < n); a.sort(|x, y| y - x); a", "[2, 1]"),
    ("", "", "let fs = []; for n in [1, 2] { fs.push(|x| x + n); } fs.map(|f| f.call(1))", "[2, 3]"),
    ("", "", "let m = #{ k: 2, list: [1, 2] }; m.list.map(|x| x + m.k)", "[3, 4]"),
    ("", "", "let m = #{}; for w in [\"a\", \"b\", \"a\"] { m[w] = (m[w] ?? 0) + 1; } [m.a, m.b]", "[2, 1]"),
    ("", "", "let m = #{ a: #{ b: 1 } }; [m?.a?.b, m?.x?.y ?? 0, m?[\"a\"]?[\"z\"] ?? 9]", "[1, 0, 9]"),
    ("", "", "let l = [#{ name: 1 }]; l.find(|x| x.name > 5).name ?? \"none\"", "\"none\""),
    ("", "", "let add = |x, y| x + y; let inc = add.curry(1); inc.call(2)", "3"),
    ("", "", "let x = (); if x == () { \"nothing\" } else { x }", "\"nothing\""),
    ("", "", "let r = []; try { throw \"a\" } catch (e) { r.push(e); } r", "[\"a\"]"),
    ("", "", "let n = 0; loop { n += 1; if n > 3 { break; } } n", "4"),
];

#[test]
fn nothing_is_said_of_a_script_that_uses_a_method() {
    for (kind, method, text, _) in SCRIPTS {
        let mut checker = Checker::new();
        checker.line("<method>", text, &[]);
        assert_eq!(checker.findings(), [], "{kind} {method}: {text}");
    }
}

#[test]
fn each_of_them_runs() {
    let mut wrong = Vec::new();
    for (kind, method, text, value) in SCRIPTS {
        let text = format!("let value = {{ {text} }}; value.to_debug()");
        let ran = Mcpctl::of(["eval", &text, "--sandbox"]).run();
        if ran.code != 0 || ran.stdout != format!("{value}\n") || !ran.stderr.is_empty() {
            wrong.push(format!("{kind} {method}: {text}\n{}{}", ran.stdout, ran.stderr));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_method_of_arrays_maps_and_strings_has_a_script() {
    let methods = Engine::new().collect_fn_metadata(
        None,
        |info| {
            let of = info.metadata;
            let first = of.params_info.first()?.rsplit(": ").next()?;
            let kind = match first.trim_start_matches("&mut ").trim_start_matches('&') {
                "Array" => "array",
                "Map" => "map",
                "str" | "ImmutableString" | "String" => "string",
                _ => return None,
            };
            let is_method = info.namespace.is_empty()
                && of.name.starts_with(|c: char| c.is_ascii_lowercase())
                && !of.name.contains('$')
                && !matches!(of.name.as_str(), "print" | "debug" | "get_fn_metadata_list");
            is_method.then(|| (kind, of.name.to_string()))
        },
        true,
    );
    let used: BTreeSet<(&str, String)> = SCRIPTS.iter().map(|(kind, name, ..)| (*kind, (*name).to_owned())).collect();
    let missing: BTreeSet<_> = methods.into_iter().filter(|method| !used.contains(method)).collect();
    assert!(missing.is_empty(), "no script uses {missing:?}");
    assert!(SCRIPTS.len() >= 60);
}
