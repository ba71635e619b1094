//! Every function with a canary in every argument, and what it gives through every conversion and parser.

use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use mcpctl::interrupt::Signal;

use super::calls::functions;
use super::run::{Attacked, canaries, piece_in};

/// What a script can do with a result to look into it. Each may fail.
const CONVERSIONS: [&str; 30] = [
    "r.to_string()",
    "`${r}`",
    "\"\" + r",
    "r.to_debug()",
    "r.chars()",
    "r.split(\"\")",
    "r.split(\"-\")",
    "r.bytes",
    "r.to_blob()",
    "r.to_upper()",
    "r.to_lower()",
    "r.sub_string(1)",
    "r.sub_string(4, 6)",
    "{ let c = r; c.crop(2); c }",
    "{ let c = r; c.reverse(); c }",
    "r.keys()",
    "r.values()",
    "r.to_json()",
    "parse_int(r)",
    "parse_float(r)",
    "r.to_int()",
    "r.len()",
    "{ let c = [r, \"b\"]; c.sort(); c }",
    "[r == \"canary-Qx7Zk9Wv\", r != 9073514268, [r].contains(9073514268), r in [\"canary-Qx7Zk9Wv\"]]",
    "{ switch r { \"canary-Qx7Zk9Wv\" => \"qx7zk9wv\", 9073514268 => \"qx7zk9wv\", _ => 0 } }",
    "json::write(r)",
    "yaml::write(#{ a: r })",
    "r[0]",
    "{ for x in r { out.push(x) } }",
    "type_of(r)",
];

/// Those that a script does not survive if the secret does not answer.
const FINAL: [&str; 5] =
    ["json::parse(r)", "yaml::parse(r)", "json::parse(\"{\\\"\" + r + \"\\\": 1}\")", "r.n", "r[1]"];

/// How long a call may take before it is interrupted.
const LONGEST: Duration = Duration::from_millis(1500);

/// The secret as a script has it: by its type, put together, as text.
const FORMS: [&str; 3] = ["s", "(\"\" + s)", "`${s}`"];

#[test]
fn no_function_gives_a_piece_of_a_secret() {
    let work = || {
        let attacked = Attacked::new();
        let canaries = canaries();
        let functions = functions(attacked.engine());
        assert!(functions.len() > 400, "{} functions", functions.len());
        let prepare = "secrets::apply(\"keys\", #{ pin: \"a\" }); fs::write(\"plain.env\", \"a=b\\n\");";
        assert!(attacked.run(prepare).error.is_none());
        let mut leaks = Vec::new();
        let mut calls = 0;
        let conversions = CONVERSIONS.iter().map(|text| noted(text)).collect::<String>();
        let mut looks = vec![attacked.compile(&conversions)];
        looks.extend(
            FINAL.iter().map(|text| attacked.compile(&noted(&format!("{{ let p = {text}; out.push(p); p.chars() }}")))),
        );
        let interrupt = attacked.host.interrupt.clone();
        let (alive, signs) = std::sync::mpsc::channel::<()>();
        // a function that waits is interrupted
        let watcher = std::thread::spawn(move || {
            loop {
                match signs.recv_timeout(LONGEST) {
                    Ok(()) => {}
                    Err(RecvTimeoutError::Timeout) => interrupt.raise(Signal::Interrupt),
                    Err(RecvTimeoutError::Disconnected) => break,
                }
            }
        });
        for canary in &canaries {
            // the others differ in what they say, not in how they are passed on
            for form in if canary.name == "word" { &FORMS[..] } else { &FORMS[..1] } {
                for call in functions.iter().flat_map(|function| function.calls(form)) {
                    calls += 1;
                    alive.send(()).unwrap();
                    let mut came = vec![attacked.run(&script(canary.name, &call))];
                    if let Some(r) = came[0].r.clone() {
                        came.extend(looks.iter().map(|look| attacked.run_with(look, r.clone())));
                    }
                    attacked.host.interrupt.lower();
                    for came in came {
                        let text = format!("{}\n{}", came.seen, came.error.unwrap_or_default());
                        let piece = piece_in(&text, &canaries);
                        leaks.extend(piece.map(|piece| format!("`{piece}` of the {} by {call}", canary.name)));
                    }
                }
            }
        }
        drop(alive);
        watcher.join().unwrap();
        for (name, text) in attacked.written() {
            leaks.extend(piece_in(&text, &canaries).map(|piece| format!("`{piece}` in the file {name}")));
        }
        let printed = attacked.printed();
        leaks.extend(piece_in(&printed, &canaries).map(|piece| format!("`{piece}` is printed")));
        if printed.contains(['\u{F0A5E}', '\u{F0A5F}']) {
            leaks.push("a sentinel is printed".to_owned());
        }
        assert!(leaks.is_empty(), "{} of {calls} calls:\n{}", leaks.len(), leaks.join("\n"));
        assert!(calls > 5000, "{calls} calls");
    };
    std::thread::Builder::new().stack_size(mcpctl::script::run::STACK).spawn(work).unwrap().join().unwrap();
}

#[test]
fn a_piece_is_found_wherever_it_is() {
    let work = || {
        let attacked = Attacked::new();
        for leak in [
            "\"x Qx7Zk\"",
            "\"K9WV\"",
            "[\"Q\", 'x', [\"7\"], 'Z']",
            "#{ Qx7Z: 1 }",
            "\"Qx7Z\".to_blob()",
            "9073514268",
            "[#{ a: [9, 0, 7, 3, 5, 1, 4, 2, 6] }]",
        ] {
            let came = attacked.run(&format!("out.push({leak});"));
            assert!(piece_in(&came.seen, &canaries()).is_some(), "{leak}: {}", came.seen);
        }
        let came = attacked.run("out.push(secrets::input(\"@word.canary\")); fail(\"Qx7Zk9\")");
        assert!(piece_in(&came.error.unwrap(), &canaries()).is_some() && piece_in(&came.seen, &canaries()).is_none());
    };
    std::thread::Builder::new().stack_size(mcpctl::script::run::STACK).spawn(work).unwrap().join().unwrap();
}

/// A script that calls a function with a secret.
fn script(canary: &str, call: &str) -> String {
    format!(
        "let s = secrets::input(\"@{canary}.canary\");\n\
         try {{ r = {call}; out.push(r); }} catch (e) {{ out.push(e); r = e; }}\nprint(r); debug(r);"
    )
}

/// A statement that keeps what an expression gives, or its error.
fn noted(expression: &str) -> String {
    format!("try {{ out.push({expression}); }} catch (e) {{ out.push(e); }}\n")
}
