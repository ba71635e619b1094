//! Values that somebody was meant to replace, and lines that are the end of another value.

use super::{data, keys, sandbox};
use crate::support::program::Mcpctl;

const CATALOG: &str = "registry:
  s:
    image: x/s
    secrets: [{name: s.a, env: A, example: sk-canary-example}]
    env: [{name: URL, value: '{{s.url}}'}]
    config: [{name: s, properties: {url: {type: string, example: 'http://s.example:3000'}}}]
";

fn run(line: &str, secret: &str, url: &str) -> Mcpctl {
    sandbox(&format!("{line} --catalog c.yaml"))
        .file("c.yaml", CATALOG)
        .file("b-secret.env", &format!("# mcpctl servers: s\ns.a={secret}\n"))
        .file("b-config.env", &format!("# mcpctl servers: s\ns.url={url}\n"))
}

#[test]
fn common_placeholders_are_warned_of() {
    for value in
        ["<token>", "your_api_key_here", "YOUR-TOKEN", "changeme", "CHANGE_ME", "xxxxxxxx", "sk-...", "***", "${TOKEN}"]
    {
        run("provision s --base b", value, "http://h")
            .run()
            .code(0)
            .says("warning: `s.a` looks like a placeholder that was not replaced (in `b-secret.env`)");
    }
}

#[test]
fn every_command_that_applies_or_compares_warns() {
    let mut ran = run("provision s --base b", "changeme", "http://s.example:3000")
        .run()
        .code(0)
        .says("`s.url` is the catalog's own example (in `b-config.env`)")
        .says("`s.a` looks like a placeholder");
    for line in [
        "diff b",
        "populate-secret b-secret.env n",
        "populate-secret b-secret.env n --keys-only",
        "populate-configmap b-config.env n",
        "provision s --base b --manifests",
    ] {
        ran = run(line, "changeme", "http://s.example:3000").after(ran).run().code(0);
        let said =
            if line.contains("configmap") { "`s.url` is the catalog's own example" } else { "`s.a` looks like a" };
        assert!(ran.stderr.contains(said), "{line}: {}", ran.stderr);
    }
    run("doctor --base b", "changeme", "http://s.example:3000").after(ran).run().gives("`s.a`").gives("`s.url`");
}

#[test]
fn the_catalogs_example_of_a_secret_is_no_value() {
    let example = "sk-canary-example";
    for line in ["provision s --base b", "diff b", "populate-secret b-secret.env n"] {
        let ran = run(line, example, "http://h").run().code(4).says("s.a");
        assert_eq!(ran.stderr.matches(&format!("s.a={example}")).count(), 0);
    }
    let set = run("provision s --base n --set s.a=@k", "x", "http://h").file("k", &format!("{example}\n"));
    set.run().code(2).says("the value of `s.a` is the catalog's own example");
    let ran = run("populate-secret b-secret.env n --skip-missing", example, "http://h").run().code(0);
    assert!(keys(&data(ran, "secret", "n").1).is_empty());
    // example values that were asked for are made up here
    let ran = run("provision s --base n --examples", "x", "http://h").run().code(0);
    assert!(!ran.stderr.contains("placeholder") && !ran.stderr.contains("example of"), "{}", ran.stderr);
    assert!(ran.read("n-secret.env").unwrap().contains("\ns.a=example-a\n"));
    let ran = run("provision s --base n", "x", "http://h").after(ran).run().code(0);
    assert!(!ran.stderr.contains("missing"), "{}", ran.stderr);
}

#[test]
fn the_end_of_a_wrapped_value_is_an_error_at_its_line_and_never_shown() {
    let line: String = "Y2FuYXJ5IHNlY3JldCBrZXkg".chars().cycle().take(76).collect();
    for (text, at) in [
        (format!("s.a={line}\nb25jZSF4Cg==\n"), "2:1"),
        (format!("s.a={line}\r\nb25jZSF4Cg==\r\n"), "2:1"),
        (format!("s.a={line}\n  b25jZSF4Cg==\n"), "2:3"),
        (format!("s.a={}\nb25jZSF4Cg==\n", &line[..64]), "2:1"),
        (format!("s.a={}\nb25jZSFXb25jZSE=\n", &line[..40]), "2:1"),
        (format!("x=1\n\ns.a={line}\nb25jZSF4Cg==\ny=2\n"), "4:1"),
        (format!("s.a={line}\n{line}\nb25jZSF4Cg==\n"), "2:1"),
        ("s.a=c2hvcnQ\nb25jZSF4Cg==".to_owned(), "2:1"),
        ("s.a=http://h/?x=1&\nb25jZSF4Cg=1\n".to_owned(), "2:1"),
        ("s.a=first \\\n  b25jZSF4Cg=1\n".to_owned(), "2:3"),
    ] {
        for line in ["populate-secret own.env n", "populate-secret own.env n --keys-only --dry-run"] {
            let ran = sandbox(line).file("own.env", &text).run().code(1);
            assert!(ran.stderr.contains(&format!("own.env:{at}")), "{text}: {}", ran.stderr);
            assert!(ran.stderr.contains("looks like a part of the value of `s.a` above it"), "{text}: {}", ran.stderr);
            assert!(!ran.stderr.contains("b25jZSF4Cg") && !ran.stderr.contains("Y2Fu"), "{text}: {}", ran.stderr);
            assert!(!ran.stdout.contains("b25jZSF4Cg"), "{text}: {}", ran.stdout);
        }
    }
}

#[test]
fn escapes_in_double_quotes() {
    for (written, value) in [
        ("\"a\\$b\"", "a$b"),
        ("\"\\$\"", "$"),
        ("\"$b\"", "$b"),
        ("\"\\\\$\"", "\\$"),
        ("'\\$'", "\\$"),
        ("\\$b", "\\$b"),
    ] {
        let ran =
            Mcpctl::of(["eval", "envfile::read(\"a.env\").x", "-o", "json"]).file("a.env", &format!("x={written}"));
        assert_eq!(ran.run().code(0).json(), serde_json::json!(value), "{written}");
    }
    for written in ["\"C:\\users\"", "\"\\d+\"", "\"a\\ b\"", "\"\\x41\"", "\"\\'\"", "\"\\0\"", "\"\\/\"", "\"\\%\""] {
        let ran = Mcpctl::of(["eval", "envfile::read(\"a.env\").x"]).file("a.env", &format!("x={written}")).run();
        ran.code(1).says("unknown escape").says("for a backslash write two: `\"C:\\\\users\"`").says("`'C:\\users'`");
    }
}
