//! Catalogs that are too much: in size, in number, in depth, in what their names try.

use std::fmt::Write as _;

use mcpctl::error::Kind;
use mcpctl::provision::catalog::{Catalog, summaries};
use serde_json::json;

use crate::support::program::Mcpctl;

/// The error that a text comes to; every one is short and on clean lines.
fn refused(text: &str) -> String {
    let error = Catalog::parse(text.as_bytes(), "c").unwrap_err();
    assert_eq!(error.kind, Kind::Invalid);
    let whole = format!("{} {}", error.message, error.cause.as_deref().unwrap_or_default());
    assert!(whole.len() < 600 && !whole.contains(char::is_control), "{whole:?}");
    whole
}

#[test]
fn aliases_do_not_grow_into_more_than_the_file() {
    let mut bomb = String::from("registry:\n  a: &a0 {image: i, tags: [x, x, x, x, x, x, x, x, x, x]}\n");
    for n in 1..40 {
        let before = format!("*a{}", n - 1);
        let _ = writeln!(bomb, "  a{n}: &a{n} [{}]", vec![before; 10].join(", "));
    }
    assert!(refused(&bomb).starts_with("`c` is not a catalog: it is broken YAML"));
    let merged: String = (1..40).map(|n| format!("m{n}: &m{n}\n  <<: [*m{0}, *m{0}]\n  k{n}: 1\n", n - 1)).collect();
    assert!(refused(&format!("m0: &m0 {{k: 1}}\n{merged}")).contains("is not a catalog"));
    let many: String = (0..5_000).map(|n| format!("- &b{n} x\n")).collect();
    assert!(refused(&many).contains("is not a catalog"));
    assert!(refused("registry: &r\n  a: *r\n").contains("is not a catalog"));
}

#[test]
fn nothing_nests_without_end() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("- ", ""), ("? ", "")] {
        let deep = format!("{}1{}\n", open.repeat(50_000), close.repeat(50_000));
        refused(&deep);
    }
    let indented: String = (0..2_000).map(|n| format!("{}a:\n", " ".repeat(n))).collect();
    refused(&indented);
}

#[test]
fn a_key_appears_once() {
    // such an entry can never be used, because readers differ in which value they use
    let entry = "{image: mcp/time, image: evil/time}";
    for (twice, problem) in [
        ("registry:\n  time: {image: mcp/time}\n  time: {image: evil/time}\n".to_owned(), "it appears twice"),
        (format!("registry:\n  time: {entry}\n"), "its key `image` appears twice"),
        (
            r#"{"registry": {"time": {"image": "mcp/time"}, "time": {"image": "evil/time"}}}"#.to_owned(),
            "it appears twice",
        ),
        (
            r#"{"registry": {"time": {"image": "mcp/time", "image": "evil/time"}}}"#.to_owned(),
            "its key `image` appears twice",
        ),
    ] {
        let catalog = Catalog::parse(twice.as_bytes(), "c").unwrap();
        assert!(catalog.servers.is_empty() && catalog.broken["time"].problems[0].starts_with(problem), "{twice}");
        assert!(catalog.server("time").unwrap_err().details[0].starts_with(problem), "{twice}");
    }
    let twice = "registry:\n  time: {image: mcp/time}\nregistry:\n  time: {image: evil/time}\n";
    assert!(refused(twice).contains("the key `registry` appears twice"), "{}", refused(twice));
    let twice = r#"{"registry": {"time": {"image": "mcp/time"}}, "registry": {}}"#;
    assert_eq!(refused(twice), "`c` is not a catalog: it is broken JSON the key `registry` appears twice");
    let long =
        format!(r#"{{"registry": {{}}, "{0}": 1, "{0}": 2}}"#, "k\u{1b}".repeat(100_000).replace('\u{1b}', "\\u001b"));
    assert!(refused(&long).contains("appears twice"));
    let entry = json!({"image": "mcp/a", "snapshot": {"server": {"name": "a"}}});
    let catalog = Catalog::parse(json!({"servers": [entry, entry]}).to_string().as_bytes(), "c").unwrap();
    assert_eq!(catalog.warnings, ["`c` has the server `a` twice; the later one counts"]);
}

#[test]
fn servers_and_values_have_a_number() {
    let many: String = (0..20_001).map(|n| format!("\"s{n}\":{{\"image\":\"i\"}},")).collect();
    assert!(refused(&format!("{{\"registry\":{{{}}}}}", many.trim_end_matches(','))).contains("more than 20000"));
    let values = format!("{{\"registry\": {{\"a\": {{\"image\": \"i\", \"x\": [{}0]}}}}}}", "0,".repeat(2_000_000));
    assert!(refused(&values).contains("it has more than 2000000 values"));
    let huge = "#".repeat(33 << 20);
    assert_eq!(refused(&huge), "`c` is not a catalog: it is more than 32 MiB ");
}

#[test]
fn odd_names_are_left_out_or_never_chosen() {
    let long = "n".repeat(1_000_000);
    let mut registry = serde_json::Map::new();
    for name in ["fine", "", &long, "../../etc/passwd", "/etc/passwd", "..", ".", "nul\0byte", "a\nb", "-x", "a,b"] {
        registry.insert(name.to_owned(), json!({"image": "i"}));
    }
    for n in 0..10 {
        registry.insert(format!("{long}{n}"), json!({"image": "i"}));
    }
    let catalog = Catalog::parse(json!({"registry": registry}).to_string().as_bytes(), "c").unwrap();
    let broken = summaries(catalog.broken.values());
    assert_eq!((catalog.broken.len(), broken.len()), (12, 6), "{broken:?}");
    assert_eq!(broken[5], "7 more entries cannot be used");
    assert!(broken.iter().all(|line| line.len() < 250), "{broken:?}");
    assert_eq!(catalog.choose(&["fine"]).unwrap().len(), 1);
    for name in catalog.servers.keys().filter(|name| *name != "fine") {
        let error = catalog.choose(&[name]).unwrap_err();
        assert!(!error.message.contains(char::is_control), "{error}");
    }
}

/// A catalog whose every text is 64 KiB long, an escape sequence or a path.
fn hostile() -> String {
    let long = "x".repeat(1 << 16);
    json!({
        "name": format!("\u{1b}]0;title\u{7}{long}"),
        "registry": {
            "loud": {"image": format!("mcp/{long}"), "title": format!("\u{1b}[2J\u{202e}{long}"), "description": long},
            "../up": {"image": "mcp/up", "secrets": [{"name": "../../k", "env": "K"}], "tools": [{"name": "\u{9b}31m"}]},
            "nul\0\r\nbyte": {"image": "\0", "metadata": {"category": "\u{1b}[31m", "tags": ["\u{1b}[31m"]}},
            "type": {"image": "i", "type": long},
        }
    })
    .to_string()
}

#[test]
fn a_hostile_catalog_is_shown_harmlessly() {
    for form in ["table", "wide", "json", "yaml"] {
        let ran = Mcpctl::new(&format!("servers --catalog c.json -o {form}")).file("c.json", &hostile()).run().code(0);
        for text in [&ran.stdout, &ran.stderr] {
            let odd = |letter: char| letter != '\n' && (letter.is_control() || letter == '\u{202e}');
            assert!(!text.contains(odd), "{form}");
        }
        assert!(form != "table" || ran.stdout.lines().all(|line| line.len() < 600), "{form}");
    }
}

#[test]
fn a_hostile_name_reaches_no_file_and_no_cluster() {
    for name in ["../up", "nul\0\r\nbyte"] {
        let script = format!("catalog::render({name:?}, #{{}}, #{{}})").replace("\\0", "\\x00");
        let ran = Mcpctl::of(["eval", &script, "--catalog", "c.json", "--sandbox"]).file("c.json", &hostile()).run();
        ran.code(1).says("has characters that the gateway's `--servers` cannot carry");
    }
    let ran = Mcpctl::of(["generate-env", "../up", "prod", "--catalog", "c.json"]).file("c.json", &hostile()).run();
    let ran = ran.code(1).says("has characters that the gateway's `--servers` cannot carry");
    assert_eq!(ran.read("prod-config.env"), None);
    let ran = Mcpctl::of(["extract-data", "type", "--catalog", "c.json"]).file("c.json", &hostile()).run().code(1);
    assert!(ran.stderr.len() < 1_000, "{} bytes", ran.stderr.len());
}
