//! The layers of ARCHITECTURE.md hold: no module uses one of a higher layer, and Rhai, HTTP and printing stay where that
//! page says.

use std::path::{Path, PathBuf};

/// Crates that speak HTTP. `http` itself is not among them: its types are those of URLs and headers.
const HTTP: [&str; 4] = ["hyper::", "hyper_util::", "reqwest::", "tower_http::"];

/// What prints.
const PRINTS: [&str; 4] = ["print!(", "println!(", "eprint!(", "eprintln!("];

struct Source {
    /// The path below `src`, such as `cluster/pods/list.rs`.
    path: String,
    /// The code without comments and unit tests.
    code: String,
}

impl Source {
    /// Its first folder, or its name for a file at the top.
    fn module(&self) -> &str {
        self.path.split('/').next().unwrap().trim_end_matches(".rs")
    }

    /// The modules at the top of the crate that it uses.
    fn uses(&self) -> Vec<&str> {
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let name = |text: &str| text.chars().take_while(|c| is_name(*c)).count();
        let mut found = Vec::new();
        for start in ["crate::", "mcpctl::"] {
            for (at, _) in self.code.match_indices(start) {
                let rest = &self.code[at + start.len()..];
                match rest.strip_prefix('{') {
                    Some(list) => found.extend(items(list).into_iter().map(|item| &item[..name(item)])),
                    None => found.push(&rest[..name(rest)]),
                }
            }
        }
        found
    }
}

/// The items of a braced list of imports, whose opening brace was read already.
fn items(list: &str) -> Vec<&str> {
    let (mut depth, mut start, mut found) = (0, 0, Vec::new());
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                found.push(list[start..at].trim());
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                found.push(list[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    found
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    collect(&root, &mut found);
    let source = |file: PathBuf| {
        let text = std::fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let lines: Vec<&str> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        Source { path: file.strip_prefix(&root).unwrap().display().to_string(), code: lines.join("\n") }
    };
    found.into_iter().filter(|file| !file.ends_with("tests.rs") && !file.ends_with("lib.rs")).map(source).collect()
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The section `Layers` of ARCHITECTURE.md.
fn section() -> String {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md")).unwrap();
    let text = text.split("## Layers\n").nth(1).unwrap();
    text.split("\n## ").next().unwrap().to_owned()
}

/// The words in backticks, without their ending.
fn quoted(text: &str) -> Vec<String> {
    let words = text.split('`').skip(1).step_by(2);
    words.map(|word| word.trim_end_matches('/').trim_end_matches(".rs").to_owned()).collect()
}

/// The modules of each layer, the highest first.
fn layers() -> Vec<Vec<String>> {
    let section = section();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    // the names in brackets are files inside a module
    let names = |row: &str| {
        let cell = format!("`{}", row.split(" | ").next().unwrap());
        let outside: Vec<&str> = cell.split('(').map(|part| part.rsplit(')').next().unwrap()).collect();
        quoted(&outside.join(" "))
    };
    rows.map(names).collect()
}

/// The modules that a sentence such as "Only `a/` and `b/` use Rhai." allows.
fn allowed(what: &str) -> Vec<String> {
    let section = section().replace('\n', " ");
    let sentence = section.split(". ").find(|sentence| sentence.trim_end_matches('.').ends_with(what)).unwrap();
    quoted(sentence.rsplit("Only ").next().unwrap())
}

#[test]
fn every_module_has_a_layer_and_uses_no_higher_one() {
    let layers = layers();
    let layer = |module: &str| layers.iter().position(|names| names.iter().any(|name| name == module));
    let mut wrong = Vec::new();
    for source in sources() {
        let Some(own) = layer(source.module()) else {
            wrong.push(format!(
                "src/{}: `{}` is missing in the table of ARCHITECTURE.md",
                source.path,
                source.module()
            ));
            continue;
        };
        for used in source.uses() {
            if layer(used).is_some_and(|used| used < own) {
                wrong.push(format!("src/{} uses `{used}`, which is a higher layer", source.path));
            }
        }
    }
    assert!(layers.len() > 10, "{layers:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn rhai_http_and_printing_stay_where_they_belong() {
    let rules: [(&str, &[&str]); 3] = [("use Rhai", &["rhai::"]), ("use HTTP", &HTTP), ("prints", &PRINTS)];
    let mut wrong = Vec::new();
    for (what, patterns) in rules {
        let allowed = allowed(what);
        assert!(!allowed.is_empty(), "ARCHITECTURE.md does not say who {what}");
        for source in sources() {
            let is_allowed = allowed.iter().any(|place| source.module() == place || source.path.starts_with(place));
            let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
            let found = patterns.iter().find(|pattern| {
                source.code.match_indices(**pattern).any(|(at, _)| !source.code[..at].ends_with(is_name))
            });
            if let (false, Some(pattern)) = (is_allowed, found) {
                wrong.push(format!("src/{}: `{pattern}`, but only {allowed:?} {what}", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The reader of this test sees what it must see.
#[test]
fn imports_are_found_in_all_their_forms() {
    let code =
        "use crate::cluster::pods;\nuse crate::{clean, error::{Error, Kind}, files};\nlet x = crate::shell::word(y);";
    let source = Source { path: "web/mod.rs".to_owned(), code: code.to_owned() };
    let mut uses = source.uses();
    uses.sort_unstable();
    assert_eq!(uses, ["clean", "cluster", "error", "files", "shell"]);
}
