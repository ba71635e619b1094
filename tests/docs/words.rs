//! Docs, scripts and messages are in plain technical English: they have none of the phrases of [`PATTERNS`].

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Phrases that are not plain English. They match whole words in either case; a `.` in one is a punctuation mark.
struct Pattern {
    phrases: &'static [&'static str],
    /// Longer phrases that are allowed.
    except: &'static [&'static str],
    write: &'static str,
}

const fn pattern(phrases: &'static [&'static str], except: &'static [&'static str], write: &'static str) -> Pattern {
    Pattern { phrases, except, write }
}

static PATTERNS: &[Pattern] = &[
    pattern(&["told", "tells"], &[], "reports, prints, notifies; for `tells apart` distinguishes"),
    pattern(&["sees to", "see to", "seen to", "minds"], &[], "ensures, handles"),
    pattern(
        &["goes again", "gone again", "are gone", "is gone", "nothing goes", "what goes", "would go"],
        &[],
        "is removed, no longer exists, would be removed",
    ),
    pattern(&["fare", "fares", "unwell", "not well"], &[], "status, health, unhealthy"),
    pattern(
        &["is no", "are no"],
        &["there is no", "there are no", "is no longer", "are no longer", "is no more", "are no more", "is no one"],
        "is not a valid X, is not a X",
    ),
    pattern(&["cannot be a", "cannot be an", "cannot be the name"], &[], "is not a valid X"),
    pattern(
        &["whoever", "nobody", "somebody", "anybody", "everybody", "who may"],
        &[],
        "you, the user, other users, without permission",
    ),
    pattern(
        &["of its own .", "of their own .", "of your own .", "of our own .", "of one's own"],
        &[],
        "its own, own, separate",
    ),
    pattern(&["unless told", "unless given"], &[], "[default: ...]"),
    pattern(&["texts", "must be text", "text . not"], &[], "strings, must be a string"),
    pattern(&["rights", "no right to", "the right to"], &[], "permissions"),
    pattern(&["stand in for", "stands in for", "stood in for", "standing in for"], &[], "mock, replace"),
    pattern(
        &["what there is", "what is there", "what are there", "that there is", "that is there", "that are there"],
        &[],
        "existing, current",
    ),
    pattern(
        &["is not there", "are not there", "is there already", "is there yet"],
        &[],
        "does not exist, exists already",
    ),
    pattern(
        &[
            "stand in",
            "stands in",
            "stand here",
            "stands here",
            "stand there",
            "stands there",
            "stands under",
            "stands behind",
            "stands at",
            "stand twice",
            "stands twice",
            "stood",
        ],
        &[],
        "is in, appears in",
    ),
    pattern(
        &[
            "holds a value",
            "holds values",
            "holds a secret",
            "holds secrets",
            "others hold",
            "owner holds",
            "holds keys",
        ],
        &[],
        "contains, uses, owns",
    ),
    pattern(&["made of", "makes of", "make of"], &[], "created from, consists of"),
    pattern(&["again and again"], &[], "idempotent, repeatedly"),
    pattern(&["mend", "mends", "mended", "mending"], &[], "fix"),
    pattern(&["sitting", "sittings"], &[], "REPL session, gateway session"),
    pattern(&["figures"], &["benches figures"], "metrics, numbers"),
    pattern(&["fate", "fates"], &[], "result"),
    pattern(
        &["parts alone", "steps alone", "keys alone", "names alone", "values alone", "left alone", "leaves them alone"],
        &[],
        "only ..., single ...; kept, unchanged",
    ),
    pattern(&["lay ready", "lays ready", "laid ready", "lie ready", "lies ready"], &[], "queue answers"),
    pattern(&["moving in", "as it should be", "as they should be"], &[], "adopting existing objects; unchanged"),
    pattern(&["say of", "says of", "said of", "is to be said"], &[], "reports"),
    pattern(&["become of", "becomes of", "became of"], &[], "the result of"),
    pattern(&["steer", "steers", "for want of"], &[], "loader variable such as LD_PRELOAD; because ... is missing"),
    pattern(
        &["gateway made", "gateways made", "gateway has made", "gateway makes", "doomed", "farewell", "backstage"],
        &[],
        "created, creates; to_delete",
    ),
];

/// Names of Rust, which only messages must not have: the code has them by itself.
static RUST: &[Pattern] = &[pattern(
    &["i64", "f64", "u64", "usize", "alloc . .", "core . .", "getter is not"],
    &[],
    "int, float, string, array, map",
)];

/// What may have a phrase: a file, or a folder with a `/` at its end; the phrase, or any if it is empty; the reason.
const ALLOWED: &[(&str, &str, &str)] = &[
    ("docs/reference/", "", "not rewritten yet: generated from src/primitives/"),
    ("src/primitives/", "", "not rewritten yet"),
    ("src/cluster/", "", "not rewritten yet"),
    ("src/verify/", "", "not rewritten yet"),
    ("src/cli/doctor/", "", "not rewritten yet"),
    ("src/cli/doctor.rs", "rights", "the name of a check, which is a documented value"),
    ("stdlib/provision.rhai", "", "not rewritten yet"),
    ("scripts/create-secret_test.rhai", "", "not rewritten yet: a message of src/primitives/"),
    ("docs/doctor.md", "rights", "the name of a check, which is a documented value"),
    ("docs/doctor.md", "would go", "not rewritten yet: a message of src/cli/doctor/"),
    ("docs/provision.md", "rights", "not rewritten yet: a message of stdlib/provision.rhai"),
    ("scripts/create-configmap.rhai", "texts", "the name of a function"),
    ("stdlib/populate.rhai", "texts", "the name of a function"),
    ("stdlib/populate.rhai", "i64", "compared with the type of a value"),
    ("stdlib/populate.rhai", "f64", "compared with the type of a value"),
    ("src/sandbox/demo.rs", "somebody", "a value in the demo sandbox"),
];

/// One phrase in a file.
struct Found {
    file: String,
    line: usize,
    phrase: &'static str,
    write: &'static str,
}

impl Found {
    fn is_allowed_by(&self, file: &str, phrase: &str) -> bool {
        let is_file = if file.ends_with('/') { self.file.starts_with(file) } else { self.file == file };
        is_file && (phrase.is_empty() || phrase == self.phrase)
    }
}

/// The phrases by their first word, each with its pattern.
type ByWord = BTreeMap<&'static str, Vec<(&'static str, &'static Pattern)>>;

fn by_word(patterns: &'static [Pattern]) -> ByWord {
    let mut all = ByWord::new();
    for pattern in patterns {
        for phrase in pattern.phrases {
            all.entry(phrase.split(' ').next().unwrap()).or_default().push((*phrase, pattern));
        }
    }
    all
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files of a folder and below that have one of these endings, or all of them.
fn below(folder: &Path, endings: &[&str], found: &mut Vec<PathBuf>) {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            below(&path, endings, found);
        } else if endings.is_empty() || endings.iter().any(|ending| path.to_string_lossy().ends_with(ending)) {
            found.push(path);
        }
    }
}

/// Words in lower case and a `.` for each punctuation mark, with their lines.
fn words(text: &str, first_line: usize) -> Vec<(usize, String)> {
    let mut all = Vec::new();
    let mut line = first_line;
    let mut word = String::new();
    let mut previous = ' ';
    // the blank ends the last word
    for c in text.chars().chain([' ']) {
        if c.is_alphanumeric() || c == '_' || c == '\'' {
            word.extend(c.to_lowercase());
        } else {
            let bare = word.trim_matches('\'');
            if !bare.is_empty() {
                all.push((line, bare.to_owned()));
            }
            word.clear();
            if ".,;:?()|".contains(c) || (c == '\n' && previous == '\n') {
                all.push((line, ".".to_owned()));
            }
            if c == '\n' {
                line += 1;
            }
        }
        previous = c;
    }
    all.push((line, ".".to_owned()));
    all
}

/// The string literals of a Rust source outside its tests, each with its first line. A backslash and what it escapes
/// are a blank.
fn literals(source: &str) -> Vec<(usize, String)> {
    let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let chars: Vec<char> = source.chars().collect();
    let is_at = |at: usize, text: &str| text.chars().enumerate().all(|(index, c)| chars.get(at + index) == Some(&c));
    let mut all = Vec::new();
    let mut line = 1;
    let mut at = 0;
    while at < chars.len() {
        let before = if at == 0 { ' ' } else { chars[at - 1] };
        let begins = !before.is_alphanumeric() && before != '_' || before == 'b';
        let first = line;
        let mut text = String::new();
        if is_at(at, "//") {
            while at < chars.len() && chars[at] != '\n' {
                at += 1;
            }
        } else if chars[at] == '\'' && chars.get(at + 1) == Some(&'\\') {
            at += 3;
            while at < chars.len() && chars[at] != '\'' {
                at += 1;
            }
            at += 1;
        } else if chars[at] == '\'' && chars.get(at + 2) == Some(&'\'') {
            at += 3;
        } else if chars[at] == 'r' && begins && (is_at(at, "r\"") || is_at(at, "r#\"") || is_at(at, "r##\"")) {
            let hashes = chars[at + 1..].iter().take_while(|c| **c == '#').count();
            let end = format!("\"{}", "#".repeat(hashes));
            at += hashes + 2;
            while at < chars.len() && !is_at(at, &end) {
                line += usize::from(chars[at] == '\n');
                text.push(chars[at]);
                at += 1;
            }
            at += end.len();
            all.push((first, text));
        } else if chars[at] == '"' {
            at += 1;
            while at < chars.len() && chars[at] != '"' {
                let is_escaped = chars[at] == '\\';
                at += usize::from(is_escaped);
                if let Some(c) = chars.get(at) {
                    line += usize::from(*c == '\n');
                    text.push(if is_escaped && *c != '\n' { ' ' } else { *c });
                }
                at += 1;
            }
            at += 1;
            all.push((first, text));
        } else {
            line += usize::from(chars[at] == '\n');
            at += 1;
        }
    }
    all
}

/// Whether the words of a phrase are here.
fn is_here(words: &[(usize, String)], at: usize, phrase: &str) -> bool {
    phrase.split(' ').enumerate().all(|(index, wanted)| words.get(at + index).is_some_and(|(_, word)| word == wanted))
}

/// Whether an allowed phrase is around the one that is here.
fn is_excepted(words: &[(usize, String)], at: usize, phrase: &str, pattern: &Pattern) -> bool {
    let end = at + phrase.split(' ').count();
    pattern.except.iter().any(|except| {
        let length = except.split(' ').count();
        (end.saturating_sub(length)..=at).any(|start| is_here(words, start, except) && start + length >= end)
    })
}

fn search(file: &str, words: &[(usize, String)], patterns: &ByWord, found: &mut Vec<Found>) {
    for (at, (line, word)) in words.iter().enumerate() {
        for &(phrase, pattern) in patterns.get(word.as_str()).into_iter().flatten() {
            if is_here(words, at, phrase) && !is_excepted(words, at, phrase, pattern) {
                found.push(Found { file: file.to_owned(), line: *line, phrase, write: pattern.write });
            }
        }
    }
}

/// Every phrase in what users read.
fn all_found() -> Vec<Found> {
    let mut texts: Vec<PathBuf> =
        ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"].iter().map(|name| root().join(name)).collect();
    below(&root().join("docs"), &[".md"], &mut texts);
    for folder in ["scripts", "stdlib", "examples", "templates"] {
        below(&root().join(folder), &[".md", ".rhai", ".yaml", ".txt"], &mut texts);
    }
    let mut sources = Vec::new();
    below(&root().join("src"), &[".rs"], &mut sources);
    for entry in std::fs::read_dir(root().join("crates")).unwrap() {
        below(&entry.unwrap().path().join("src"), &[".rs"], &mut sources);
    }
    sources.retain(|path| !path.ends_with("tests.rs"));
    let name = |path: &Path| path.strip_prefix(root()).unwrap().display().to_string();
    let (common, rust) = (by_word(PATTERNS), by_word(RUST));
    let mut found = Vec::new();
    for path in &texts {
        let words = words(&std::fs::read_to_string(path).unwrap(), 1);
        search(&name(path), &words, &common, &mut found);
        search(&name(path), &words, &rust, &mut found);
    }
    for path in &sources {
        for (line, text) in literals(&std::fs::read_to_string(path).unwrap()) {
            search(&name(path), &words(&text, line), &common, &mut found);
        }
    }
    found
}

#[test]
fn users_read_plain_english() {
    let found = all_found();
    let mut wrong = Vec::new();
    for one in &found {
        if !ALLOWED.iter().any(|(file, phrase, _)| one.is_allowed_by(file, phrase)) {
            wrong.push(format!("{}:{}: `{}`: write {}", one.file, one.line, one.phrase, one.write));
        }
    }
    for (file, phrase, reason) in ALLOWED {
        assert!(!reason.is_empty(), "{file}: the reason is missing");
        if !found.iter().any(|one| one.is_allowed_by(file, phrase)) {
            wrong.push(format!("{file}: `{phrase}` is allowed, but not found: remove the entry from `ALLOWED`"));
        }
    }
    assert!(wrong.is_empty(), "{} phrases:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_phrase_is_found_in_a_literal_and_not_in_a_comment() {
    let source =
        "// nobody\nlet c = ['\"', '\\''];\nlet a = \"first\\n\\\n    it is\n no file\";\nlet b = r#\"Texts\"#;\n";
    let patterns = by_word(PATTERNS);
    let mut found = Vec::new();
    for (line, text) in literals(source) {
        search("a.rs", &words(&text, line), &patterns, &mut found);
    }
    let found: Vec<(usize, &str)> = found.iter().map(|one| (one.line, one.phrase)).collect();
    assert_eq!(found, [(4, "is no"), (6, "texts")]);
}

#[test]
fn longer_phrases_can_be_allowed() {
    let patterns = by_word(PATTERNS);
    let mut found = Vec::new();
    search(
        "a.md",
        &words("There is no such file; it is no longer here. A name of its own is it.", 1),
        &patterns,
        &mut found,
    );
    assert!(found.is_empty());
    search("a.md", &words("It is no name. It has a name of its own.", 1), &patterns, &mut found);
    let found: Vec<&str> = found.iter().map(|one| one.phrase).collect();
    assert_eq!(found, ["is no", "of its own ."]);
}
