//! Every function with a canary in every argument, and what it gives through every conversion and parser.

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
const FINAL: [&str; 5] = ["json::parse(r)", "yaml::parse(r)", "json::parse(\"{\\\"\" + r + \"\\\": 1}\")", "r.n", "r[1]"];

/// The functions that wait for something: they are called with a secret once, as each call takes its time.
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
        let watch = attacked.host.interrupt.clone();
        for canary in &canaries {
            for form in FORMS {
                for function in &functions {
                    for call in function.calls(form) {
                        calls += 1;
                        let script = attack(canary.name, &call);
                        let (stop, stopped) = std::sync::mpsc::channel::<()>();
                        let watch = watch.clone();
                        let watcher = std::thread::spawn(move || {
                            if stopped.recv_timeout(LONGEST).is_err() {
                                watch.raise(Signal::Interrupt);
                            }
                        });
                        let came = attacked.run(&script);
                        drop(stop);
                        watcher.join().unwrap();
                        attacked.host.interrupt.lower();
                        let text = format!("{}\n{}", came.seen, came.error.unwrap_or_default());
                        if let Some(piece) = piece_in(&text, &canaries) {
                            leaks.push(format!("`{piece}` of the {} by {call}", canary.name));
                        }
                    }
                }
            }
        }
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

/// A script that calls a function with a secret and looks at all that it gives.
fn attack(canary: &str, call: &str) -> String {
    let mut script = format!(
        "let s = secrets::input(\"@{canary}.canary\");\nlet r = ();\n\
         try {{ r = {call}; out.push(r); }} catch (e) {{ out.push(e); r = e; }}\nprint(r); debug(r);\n"
    );
    for conversion in CONVERSIONS {
        script.push_str(&format!("try {{ out.push({conversion}); }} catch (e) {{ out.push(e); }}\n"));
    }
    for conversion in FINAL {
        script.push_str(&format!("try {{ let p = {conversion}; out.push(p); out.push(p.chars()); }} catch (e) {{ out.push(e); }}\n"));
    }
    script
}
