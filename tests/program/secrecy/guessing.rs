//! Guesses: a script asks again and again whether a secret is this or that. It must get no answer, or not often enough.

use std::fmt::Write as _;

use super::run::Attacked;

/// Runs on a stack that is large enough for a script.
fn attack(work: impl FnOnce(&Attacked) + Send + 'static) {
    let work = move || {
        let attacked = Attacked::new();
        std::fs::write(attacked.folder().join("pin.canary"), "4711").unwrap();
        std::fs::write(attacked.folder().join("prod-secret.env"), "pin=4711\n").unwrap();
        // what another run has stored
        let stored =
            "secrets::apply(\"keys\", #{ pin: secrets::input(\"@pin.canary\") }, #{ owner: \"mcpctl:prod\" });";
        assert_eq!(attacked.run(stored).error, None);
        work(&attacked);
    };
    std::thread::Builder::new().stack_size(mcpctl::script::run::STACK).spawn(work).unwrap().join().unwrap();
}

/// A loop over guesses around the right one, which notes in `out` what it takes for the answer.
fn guesses(ask: &str) -> String {
    format!(
        "let s = secrets::get(\"keys\").data.pin;\nfor n in 4700..4720 {{ let guess = `${{n}}`;\n\
         let answer = (); try {{ answer = {ask}; }} catch (e) {{ answer = `${{e}}`; }}\n\
         out.push(`${{n}}: ${{answer}}§`); }}"
    )
}

/// What is said of each guess, without the guess.
fn answers(seen: &str) -> Vec<(String, String)> {
    let answers = seen.split('§').filter_map(|one| one.trim().split_once(": "));
    answers.map(|(guess, answer)| (guess.to_owned(), answer.replace(guess, "GUESS"))).collect()
}

#[test]
fn no_answer_depends_on_the_secret() {
    attack(|attacked| {
        let mut told = String::new();
        for ask in [
            "s == guess",
            "s != n",
            "[s] == [guess]",
            "#{ a: s } == #{ a: secrets::input(guess) }",
            "[s].contains(guess)",
            "[s, s].index_of(secrets::input(guess))",
            "guess in [s]",
            "{ let a = [s, secrets::input(guess)]; a.dedup(); a.len() }",
            "{ let a = [s, secrets::input(guess)]; a.sort(); `${a}` == `${[s, secrets::input(guess)]}` }",
            "`${s}` == `${secrets::input(guess)}`",
            "`${s}` == `${\"\" + s}`",
            "`${s}`.contains(`${secrets::input(guess)}`)",
            "`${s}`.len() - `${secrets::input(guess)}`.len()",
            "{ let m = #{}; m[`${s}`] = 1; m[`${secrets::input(guess)}`] = 2; m.len() }",
            "switch s { 4711 => 1, \"4711\" => 2, _ => 3 }",
            "switch `${s}` { \"4711\" => 2, _ => 3 }",
            "assert::equal(s, guess)",
            "assert::equal(`${s}`, `${secrets::input(guess)}`)",
            "assert::not_equal([guess], [s])",
            "assert::contains(`x ${s}`, guess)",
            "assert::equal(guess + \"00\", 1)",
            "json::write([s, secrets::input(guess)])",
            "fs::write(`${s}.txt`, guess)",
            "fs::exists(`${s}`)",
            "process::run([guess, `${s}`])",
            "configmaps::apply(guess, #{ a: s })",
            "pods::list(#{ session: `${s}` })",
            "secrets::get(`${s}`)",
            "envfile::fill(\"grafana\", \"other\", #{ \"grafana.url\": s })",
            "envfile::values(\"grafana\", \"other\", #{ \"grafana.url\": s }).config.len()",
            "catalog::render(\"grafana\", #{ \"grafana.url\": s }, #{}).config.len()",
        ] {
            let came = attacked.run(&guesses(ask));
            let answers = answers(&came.seen);
            let distinct: std::collections::BTreeSet<&String> = answers.iter().map(|(_, answer)| answer).collect();
            if distinct.len() > 1 || answers.is_empty() {
                writeln!(told, "{ask}: {distinct:?} {:?}", came.error).unwrap();
            }
        }
        assert!(told.is_empty(), "{told}");
    });
}

#[test]
fn a_script_that_may_not_reveal_does_not_compare_its_guesses() {
    attack(|attacked| {
        for ask in [
            "secrets::diff(\"keys\", #{ pin: guess }).changed",
            "secrets::diff(\"keys\", #{ pin: secrets::input(guess) }, #{ owner: \"mcpctl:prod\" }).result",
            "secrets::diff(\"keys\", #{ pin: \"\" + secrets::input(guess) }).changed",
            "{ fs::write(\"g.txt\", guess); secrets::diff(\"keys\", #{ pin: secrets::input(\"@g.txt\") }).changed }",
            "{ fs::write(\"g-secret.env\", `pin=${guess}`); secrets::diff(\"keys\", envfile::read(\"g-secret.env\")).changed }",
            "{ envfile::merge(\"g-secret.env\", #{ pin: guess }); secrets::diff(\"keys\", envfile::read(\"g-secret.env\")).changed }",
            "{ secrets::resolver(\"guess\", |path| guess); fs::write(\"g.env\", \"token=ref:guess:x\"); secrets::diff(\"keys\", #{ pin: envfile::read(\"g.env\").token }).changed }",
            "{ secrets::apply(`g${n}`, #{ pin: guess }); secrets::diff(\"keys\", secrets::get(`g${n}`).data).changed }",
            "secrets::apply(\"keys\", #{ pin: guess }).result",
            "secrets::set(\"keys\", \"pin\", guess).result",
            "secrets::diff(\"keys\", #{ pin: json::parse(secrets::input(guess)) }).changed",
            "envfile::merge(\"prod-secret.env\", #{ pin: guess }).changed",
            "envfile::merge(\"prod-secret.env\", #{ pin: secrets::input(guess) }).result",
        ] {
            let came = attacked.run(&guesses(ask));
            let error = came.error.unwrap_or_default();
            assert!(error.contains("refusing the effect `secrets: reveal`"), "{ask}: {error} {}", came.seen);
            assert!(answers(&came.seen).is_empty(), "{ask}: {}", came.seen);
        }
    });
}

#[test]
fn a_secret_copied_to_an_own_key_is_not_guessed_there() {
    attack(|attacked| {
        for (copy, ask) in [
            ("secrets::apply(\"mine\", #{ pin: s });", "secrets::diff(\"mine\", #{ pin: guess }).changed"),
            (
                "secrets::apply(\"mine\", #{ pin: s + \"x\" });",
                "secrets::diff(\"mine\", #{ pin: guess + \"x\" }).changed",
            ),
            (
                "let all = #{}; for n in 4700..4720 { all[`k${n}`] = s; } secrets::apply(\"all\", all);",
                "secrets::diff(\"all\", #{ [`k${n}`]: guess }).changed",
            ),
            (
                "envfile::merge(\"mine-secret.env\", #{ pin: s });",
                "envfile::merge(\"mine-secret.env\", #{ pin: guess }).changed",
            ),
        ] {
            let ask = ask.replace("#{ [`k${n}`]: guess }", "{ let one = #{}; one[`k${n}`] = guess; one }");
            let came =
                attacked.run(&format!("{{ let s = secrets::get(\"keys\").data.pin; {copy} }}\n{}", guesses(&ask)));
            let answers = answers(&came.seen);
            assert!(came.error.is_some_and(|error| error.contains("`secrets: reveal`")), "{ask}");
            assert!(answers.len() <= mcpctl::record::MOST_OF_SCRIPT, "{ask}: {answers:?}");
        }
    });
}

#[test]
fn the_file_of_a_secret_is_not_read_as_text() {
    attack(|attacked| {
        for ask in [
            "fs::read(\"prod-secret.env\")",
            "fs::input(\"@prod-secret.env\")",
            "{ envfile::write(\"my-secret.env\", #{ x: s }); fs::read(\"my-secret.env\") }",
            "{ envfile::write(\"my.env\", #{ x: s }); envfile::read(\"my.env\").x }",
            "{ envfile::merge(\"my.env\", #{ x: `${s}` }); envfile::read(\"my.env\").x }",
            "{ envfile::merge(\"my.env\", #{ token: s }); fs::read(\"my.env\") }",
            "{ envfile::merge(\"my.txt\", #{ token: s }); fs::read(\"my.txt\") }",
            "envfile::given(\"grafana\", \"other\", [\"grafana.url=@prod-secret.env\"])",
        ] {
            let came = attacked.run(&guesses(ask));
            let answers = answers(&came.seen);
            assert!(
                !answers.is_empty() && answers.iter().all(|(_, answer)| !answer.contains("4711")),
                "{ask}: {answers:?}"
            );
        }
        let came = attacked.run("fs::write(\"prod-secret.env\", \"pin=4711\\n\")");
        assert_eq!(came.seen.trim(), "configured", "{:?}", came.error);
    });
}

#[test]
fn one_guess_in_a_run_ends_it() {
    attack(|attacked| {
        for ask in [
            "json::parse(\"{\\\"\" + s + \"\\\": 1}\")[guess]",
            "json::parse(\"[\" + s + \", x]\")",
            "json::parse(s)[0]",
            "yaml::parse(\"a: [\" + s)",
            "assert::raises(|| json::parse(s + \"x\"))",
            "{ let a = [1, 2]; let seen = []; a.sort(|x, y| { json::parse(s + \"x\"); seen.push(1); 0 }); fs::exists(\"x\") }",
            "secrets::apply(\"large\", #{ a: s, b: filler })",
        ] {
            let script = guesses(ask);
            let script = if ask.contains("filler") {
                format!(
                    "let filler = \"x\"; while filler.len() < 1048573 {{ filler += filler; if filler.len() > 1048573 {{ filler.truncate(1048573); }} }}\n{script}"
                )
            } else {
                script
            };
            let came = attacked.run(&script);
            let failure = came.error.or_else(|| attacked.host.recorder.failure().map(|error| error.to_string()));
            assert!(failure.is_some(), "{ask}: {}", came.seen);
            assert!(!failure.unwrap().contains("4711"), "{ask}");
            assert!(answers(&came.seen).len() <= 1, "{ask}: {}", came.seen);
        }
    });
}

#[test]
fn what_the_user_gave_is_compared_without_revealing() {
    attack(|attacked| {
        for (text, value) in [
            ("secrets::diff(\"keys\", envfile::read(\"prod-secret.env\")).changed", "\n"),
            (
                "secrets::apply(\"keys\", envfile::read(\"prod-secret.env\"), #{ owner: \"mcpctl:prod\" }).result",
                "unchanged\n",
            ),
            ("secrets::set(\"keys\", \"pin\", secrets::input(\"@pin.canary\")).result", "unchanged\n"),
            (
                "secrets::apply(\"mine\", #{ a: \"canary-a\" }); secrets::apply(\"mine\", #{ a: \"canary-b\" }).changed",
                "a\n",
            ),
            ("secrets::apply(\"mine\", #{ a: \"canary-b\" }).result", "unchanged\n"),
        ] {
            let came = attacked.run(text);
            assert_eq!((came.error, came.seen.trim()), (None, value.trim()), "{text}");
        }
    });
}

#[test]
fn a_part_of_a_json_secret_is_stored_as_it_is() {
    attack(|attacked| {
        std::fs::write(attacked.folder().join("t.canary"), r#"{"a": {"b": ["canary-b", 12345678901234567890.0]}}"#)
            .unwrap();
        let text = "let t = json::parse(secrets::input(\"@t.canary\"));\n\
                    secrets::apply(\"parts\", #{ text: t.a.b[0], number: t[\"a\"].b[1], list: t.a.b, \
                    url: `http://${t.a.b[0]}@h`, yaml: yaml::parse(\"x: \" + t.a.b[0]).x });\n\
                    envfile::write(\"parts-secret.env\", secrets::get(\"parts\").data);";
        assert_eq!(attacked.run(text).error, None);
        let text = std::fs::read_to_string(attacked.folder().join("parts-secret.env")).unwrap();
        for line in [
            "text=canary-b",
            "number=12345678901234567890.0",
            "list=[\"canary-b\", 12345678901234567890.0]",
            "url=http://canary-b@h",
            "yaml=canary-b",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}:\n{text}");
        }
    });
}
