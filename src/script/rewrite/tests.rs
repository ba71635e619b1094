//! What is rewritten, by its result; and what is unchanged.

use rhai::{Dynamic, Engine, EvalAltResult, Position};

use super::*;

fn engine() -> Engine {
    let mut engine = Engine::new();
    engine.set_fail_on_invalid_map_property(true);
    engine.set_optimization_level(rhai::OptimizationLevel::None);
    register(&mut engine);
    engine
}

fn run(text: &str) -> Result<Dynamic, Box<EvalAltResult>> {
    let engine = engine();
    engine.eval_ast(&rewrite(&engine.compile(text).unwrap(), false))
}

fn shown(text: &str) -> String {
    run(text).map_or_else(|failure| format!("{text}: {failure}"), |value| value.to_string())
}

#[track_caller]
fn gives(cases: &[(&str, &str, &str)]) {
    for (what, text, value) in cases {
        assert_eq!(shown(text), *value, "{what}: {text}");
    }
}

#[test]
fn a_closure_may_read_the_variable_on_which_its_method_is_called() {
    gives(&[
        ("map", "let a = [1, 2]; a.map(|x| a.len() - x)", "[1, 0]"),
        ("filter inside filter", "let a = [1, 2]; a.filter(|x| a.some(|y| y == x + 1))", "[1]"),
        ("a property", "let m = #{ list: [1, 2], k: 5 }; m.list.map(|x| x + m.k)", "[6, 7]"),
        ("an index", "let m = #{ a: [1] }; m[\"a\"].map(|x| x + m[\"a\"][0])", "[2]"),
        ("two levels", "let m = #{ a: #{ b: [1] } }; m.a.b.all(|x| m.a.b.len() == x)", "true"),
        ("find", "let a = [3, 4]; a.find(|x| x == a[1])", "4"),
        ("reduce", "let a = [3, 4]; a.reduce(|sum, x| sum + x * a.len(), 0)", "14"),
        ("zip", "let a = [1, 2]; a.zip([3, 4], |x, y| x + y + a.len())", "[6, 8]"),
        ("order", "let a = [1, 2]; a.order(|x, y| (y - x) * a.len())", "[2, 1]"),
        ("for_each", "let a = [1, 2]; let n = 0; a.for_each(|i| n += a.len()); n", "4"),
        ("index_of", "let a = [1, 2]; a.index_of(|x| x == a.len())", "1"),
        ("a map's own", "let m = #{ a: 1, b: 2 }; m.filter(|k, v| v == m.len()).keys()", "[\"b\"]"),
        ("two methods", "let a = [1, 2]; a.map(|x| x * a.len()).filter(|x| x > a.len())", "[4]"),
        ("behind a method that changes", "let a = [1, 2, 3]; a.drain(0..1).map(|x| x + a.len())", "[3]"),
        ("a closure in a variable", "let a = [1, 2]; let f = |x| a.len() - x; a.map(f)", "[1, 0]"),
        ("through another closure", "let a = [1, 2]; let f = |x| a.len() + x; a.map(|x| f.call(x))", "[3, 4]"),
        ("in a function", "fn f(a) { a.map(|x| a.len() - x) } f([1, 2])", "[1, 0]"),
        (
            "in a function of several parameters",
            "fn f(a, b) { let c = 1; a.map(|x| a.len() + b + c) } f([1], 2)",
            "[4]",
        ),
        ("in a closure", "let a = [1, 2]; let f = || a.map(|x| x + a.len()); f.call()", "[3, 4]"),
        ("as a function", "let a = [1, 2]; map(a, |x| a.len() - x)", "[1, 0]"),
        ("in an index", "let a = [[1, 2]]; let b = [0]; a[b.map(|x| x + b[0])[0]].len()", "2"),
        ("in a condition", "let a = [1]; if a.some(|x| x == a.len()) { 1 } else { 2 }", "1"),
        ("in a switch", "let a = [1]; switch a.map(|x| x + a.len())[0] { 2 => \"two\", _ => \"other\" }", "two"),
        ("in a loop", "let a = [1, 2]; let n = 0; for x in a.map(|x| x + a.len()) { n += x; } n", "7"),
        ("in a return", "fn f(a) { return a.map(|x| a.len() - x); } f([1])", "[0]"),
        ("in a break", "let a = [1]; loop { break a.map(|x| x + a.len()); }", "[2]"),
        ("in an interpolation", "let a = [1]; `${a.map(|x| x + a.len())}`", "[2]"),
        ("in a map", "let a = [1]; #{ b: a.map(|x| x + a.len()) }.b", "[2]"),
        ("in a catch", "let a = [1]; try { throw 1 } catch { a = a.map(|x| x + a.len()); } a", "[2]"),
        ("in an assignment's index", "let a = [0]; let b = [7]; b[a.map(|x| x + a[0])[0]] = 8; b", "[8]"),
    ]);
}

#[test]
fn what_a_method_changes_is_changed_in_place_as_before() {
    gives(&[
        ("retain", "let a = [1, 2, 3]; let n = 2; a.retain(|x| x < n); a", "[1]"),
        ("sort", "let a = [1, 2]; let n = -1; a.sort(|x, y| (x - y) * n); a", "[2, 1]"),
        ("items by way of this", "let a = [1, 2]; let n = 5; a.for_each(|| this += n); a", "[6, 7]"),
        ("a nested one", "let m = #{ a: [1, 2] }; let n = 2; m.a.retain(|x| x < n); m.a", "[1]"),
        (
            "an item of a captured array",
            "let a = [1]; let f = || a.len(); a[0] = 9; a.push(1); [a[0], f.call()]",
            "[9, 2]",
        ),
        (
            "an own function with this",
            "fn grow() { this.push(1); this.len() } let a = []; let f = || a; a.grow(); a",
            "[1]",
        ),
    ]);
}

#[test]
fn a_closure_that_needs_what_a_method_changes_is_an_error_with_its_place() {
    for (text, line, column, words) in [
        ("let a = [1];\na.retain(|x| x < a.len())", 2, 3, "`retain` changes `a`"),
        ("let a = [2, 1]; a.sort(|x, y| a.len() - x)", 1, 19, "`sort` changes `a`"),
        ("let a = [1]; a.drain(|x| a.len() > x)", 1, 16, "`drain` changes `a`"),
        ("let m = #{ a: [1], k: 1 }; m.a.retain(|x| x < m.k)", 1, 32, "`retain` changes `m`"),
        ("let a = [1, 1]; a.dedup(|x, y| a.len() == 1)", 1, 19, "`dedup` changes `a`"),
        ("let a = [1]; let f = |x| a.len() > x; a.retain(f)", 1, 41, "`retain` changes `a`"),
        ("fn f(a) { a.drain(|x| a.len() > x) }\nf([1])", 1, 13, "`drain` changes `a`"),
        ("let a = [1]; a.push(|| a.len())", 1, 16, "`push` changes `a`"),
        ("let m = #{ n: 1 }; m.f = |x| x + m.n; m.f(1)", 1, 41, "`f` changes `m`"),
    ] {
        let failure = run(text).unwrap_err();
        let inner = failure.unwrap_inner();
        assert_eq!(inner.position(), Position::new(line, column), "{text}: {failure}");
        let EvalAltResult::ErrorRuntime(value, _) = inner else { panic!("{text}: {failure}") };
        let error = value.read_lock::<rhai::Map>().map(|error| error["message"].to_string());
        assert!(error.as_ref().is_some_and(|message| message.starts_with(words)), "{text}: {error:?}");
    }
}

#[test]
fn a_missing_key_is_no_value_where_the_script_says_so() {
    gives(&[
        ("a property", "let m = #{}; m?.x", ""),
        ("and what follows", "let m = #{}; m?.x?.c", ""),
        ("a value that is there", "let m = #{ x: #{ c: 7 } }; m?.x?.c", "7"),
        ("an index", "let m = #{}; m?[\"x\"]", ""),
        ("a nested index", "let m = #{ a: #{} }; m?[\"a\"]?[\"b\"]", ""),
        ("the left of ??", "let m = #{}; m[\"x\"] ?? 3", "3"),
        ("a property on the left of ??", "let m = #{}; m.x ?? 3", "3"),
        ("two levels on the left of ??", "let m = #{}; m.x.y ?? 3", "3"),
        ("several ??", "let m = #{ c: 4 }; m.a ?? m.b ?? m.c ?? 5", "4"),
        ("a count", "let m = #{}; m[\"x\"] = (m[\"x\"] ?? 0) + 1; m[\"x\"] = (m[\"x\"] ?? 0) + 1; m.x", "2"),
        ("what is found nowhere", "[1].find(|x| x > 1).name ?? \"none\"", "none"),
        ("an item of no value", "let m = #{ x: () }; m.x[\"y\"] ?? 1", "1"),
        ("in a function", "fn f(m) { m?.x ?? \"none\" } f(#{})", "none"),
        ("in a closure", "[#{}, #{ x: 1 }].map(|m| m.x ?? 0)", "[0, 1]"),
        ("a method behind it", "let m = #{}; m?.x?.len() ?? 0", "0"),
        ("a key in a variable", "let m = #{ a: 1 }; let k = \"b\"; m[k] ?? m[\"a\"]", "1"),
        ("on a receiver that is read", "let m = #{}; m?.list?.map(|x| m.len())", ""),
        ("an item", "let a = [1]; a?[5]", ""),
        ("an item on the left of ??", "let a = [1]; [a[5] ?? 2, a[-2] ?? 3, a[0] ?? 4]", "[2, 3, 1]"),
        ("an item of a missing list", "let m = #{ list: [] }; m?.list?[0]?.name ?? \"none\"", "none"),
        ("a character", "let s = \"ab\"; s[7] ?? 'x'", "x"),
    ]);
}

#[test]
fn a_missing_key_stays_an_error_everywhere_else() {
    for text in [
        "let m = #{}; m.typo",
        "let m = #{}; m[\"typo\"]",
        "let m = #{ a: #{} }; m?.a.typo",
        "let m = #{ a: #{} }; m.typo?.a",
        "let m = #{}; let k = #{}; m[k.typo] ?? 1",
        "let m = #{}; 1 + (m.a ?? m.typo)",
        "fn f(m) { m.typo } let m = #{ f: 1 }; f(m) ?? 2",
        "let m = #{}; [1].map(|x| m.typo) ?? 3",
    ] {
        let failure = run(text).unwrap_err();
        let inner = failure.unwrap_inner();
        assert!(matches!(inner, EvalAltResult::ErrorPropertyNotFound(..)), "{text}: {failure}");
        assert!(!inner.position().is_none(), "{text}");
    }
}

#[test]
fn each_round_of_a_loop_has_its_own_value() {
    let call = "out.map(|f| f.call())";
    gives(&[
        ("pushed", &format!("let out = []; for x in [1, 2] {{ out.push(|| x); }} {call}"), "[1, 2]"),
        ("with a counter", &format!("let out = []; for (x, i) in [1, 2] {{ out.push(|| x + i); }} {call}"), "[1, 3]"),
        (
            "with other variables",
            &format!("let out = []; let n = 5; for x in [1, 2] {{ let y = x; out.push(|| x + y + n); }} {call}"),
            "[7, 9]",
        ),
        (
            "what is shared stays shared",
            &format!("let out = []; let n = 0; for x in [1, 2] {{ out.push(|| {{ n += x; n }}); }} {call}; n"),
            "3",
        ),
        ("assigned", &format!("let out = [(), ()]; for x in 0..2 {{ out[x] = || x; }} {call}"), "[0, 1]"),
        ("in a map", "let m = #{}; for k in [\"a\", \"b\"] { m[k] = || k; } m.a.call()", "a"),
        (
            "nested loops",
            &format!("let out = []; for x in [1, 2] {{ for y in [3, 4] {{ out.push(|| x * y); }} }} {call}"),
            "[3, 4, 6, 8]",
        ),
        (
            "in a function",
            "fn f() { let out = []; for x in [1, 2] { out.push(|| x); } out.map(|f| f.call()) } f()",
            "[1, 2]",
        ),
        (
            "inside a closure that is called at once",
            &format!("let out = []; for x in [1, 2] {{ [3].for_each(|i| out.push(|| x)); }} {call}"),
            "[1, 2]",
        ),
        ("called at once", "let n = 0; for x in [1, 2] { n += [1, 2, 3].filter(|y| y > x).len(); } n", "3"),
        (
            "kept behind a condition",
            &format!("let out = []; for x in [1, 2] {{ if x > 1 {{ out += [|| x]; }} }} {call}"),
            "[2]",
        ),
        (
            "the variable of a while is shared",
            &format!("let out = []; let i = 0; while i < 2 {{ out.push(|| i); i += 1; }} {call}"),
            "[2, 2]",
        ),
    ]);
}

#[test]
fn documentation_source_and_functions_survive() {
    let engine = engine();
    let text = "//! Says what it is.\n\n/// Adds.\nfn add(m, x) { m?.a ?? x }\nprivate fn hidden() { 1 }\nadd(#{}, 2)";
    let mut ast = engine.compile(text).unwrap();
    ast.set_source("a.rhai");
    let rewritten = rewrite(&ast, false);
    assert_eq!(rewritten.doc(), ast.doc());
    assert_eq!(rewritten.source(), Some("a.rhai"));
    let functions = |ast: &AST| {
        let mut all: Vec<String> =
            ast.iter_functions().map(|function| format!("{function} {:?}", function.comments)).collect();
        all.sort();
        all
    };
    assert_eq!(functions(&rewritten), functions(&ast));
    assert_eq!(engine.eval_ast::<i64>(&rewritten).unwrap(), 2);
    assert_eq!(
        engine.call_fn::<i64>(&mut rhai::Scope::new(), &rewritten, "add", (rhai::Map::new(), 5_i64)).unwrap(),
        5
    );
}

#[test]
fn a_rewritten_function_keeps_this_its_early_returns_and_its_recursion() {
    gives(&[
        ("this", "fn twice() { let a = [this]; a.map(|x| x * (a.len() + 1))[0] } let n = 4; n.twice()", "8"),
        ("return", "fn f(m) { if (m?.a ?? 0) == 0 { return \"none\"; } m.a } f(#{}) + f(#{ a: \"some\" })", "nonesome"),
        ("recursion", "fn f(n) { if n == 0 { return 0; } let m = #{}; (m.a ?? 1) + f(n - 1) } f(5)", "5"),
        ("a variable of a block", "fn f() { let m = #{}; { let x = 1; m.a = x; } let y = m?.a; y } f()", "1"),
        ("errors that are caught", "fn f(m) { try { m.typo } catch (e) { return m.x ?? 4; } } f(#{})", "4"),
    ]);
}

#[test]
fn a_module_is_rewritten_as_well() {
    let mut engine = engine();
    let ast = rewrite(&engine.compile("fn f(a) { a.map(|x| a.len() - x) } fn g(m) { m.x ?? 1 }").unwrap(), false);
    let module = rhai::Module::eval_ast_as_new(rhai::Scope::new(), &ast, &engine).unwrap();
    engine.register_static_module("own", module.into());
    assert_eq!(engine.eval::<Dynamic>("[own::f([1, 2]), own::g(#{})]").unwrap().to_string(), "[[1, 0], 1]");
}

#[test]
fn a_variable_that_an_earlier_line_captured_is_copied_as_well() {
    let engine = engine();
    let mut scope = rhai::Scope::new();
    let mut whole = AST::empty();
    for (text, value) in [("let a = [1, 2]; let f = |x| a.len() - x;", ""), ("a.map(f)", "[1, 0]")] {
        whole.clear_statements();
        whole.combine(engine.compile_with_scope(&scope, text).unwrap());
        let value_of = engine.eval_ast_with_scope::<Dynamic>(&mut scope, &rewrite(&whole, true));
        assert_eq!(value_of.unwrap().to_string(), value);
    }
}

#[test]
fn a_script_that_needs_nothing_is_left_alone() {
    let engine = engine();
    for text in [
        "let a = [1]; a.map(|x| x + 1); a.len()",
        "fn f(m) { m.a.b[0].c(1) } let x = 1; [2].filter(|y| y > x)",
        "for x in [1] { let y = [2].map(|z| z + x); }",
    ] {
        let ast = engine.compile(text).unwrap();
        assert_eq!(format!("{:?}", rewrite(&ast, false)), format!("{ast:?}"), "{text}");
    }
}
