//! The sections of a function's doc comment: `# Parameters`, `# Options`, `# Effects`, `# Errors`, `# Example`,
//! `# Deprecated`.

use super::deprecation::Deprecation;
use super::entry::Example;
use crate::primitives::api::options::SHARED;

/// What a doc comment says.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct DocComment {
    /// The first paragraph, on one line.
    pub summary: String,
    /// The paragraphs between it and the first section.
    pub description: String,
    /// `name` and what it means.
    pub parameters: Vec<(String, String)>,
    /// `name` and what it means.
    pub options: Vec<(String, String)>,
    /// The effect, and the argument without which a call does not have it; else empty.
    pub effects: Vec<(String, String)>,
    /// One reason an item.
    pub errors: Vec<String>,
    /// The fenced scripts.
    pub examples: Vec<Example>,
    /// That the function is going to be removed.
    pub deprecated: Option<Deprecation>,
}

/// Reads a doc comment, its lines still with their `///`.
#[must_use]
pub fn parse(comment: &str) -> DocComment {
    let mut doc = DocComment::default();
    let mut section = String::new();
    let mut intro = String::new();
    let mut fence: Option<String> = None;
    for line in comment.lines() {
        let line = line.trim_start().trim_start_matches("///");
        let line = line.strip_prefix(' ').unwrap_or(line);
        if let Some(code) = &mut fence {
            if line.trim() == "```" {
                doc.examples.push(example(code));
                fence = None;
            } else {
                code.push_str(line);
                code.push('\n');
            }
            continue;
        }
        if line.trim_start().starts_with("```") {
            fence = Some(String::new());
        } else if let Some(title) = line.strip_prefix("# ") {
            section = title.trim().trim_end_matches('s').to_lowercase();
        } else if section.is_empty() {
            intro.push_str(line.trim_end());
            intro.push('\n');
        } else {
            item(&mut doc, &section, line);
        }
    }
    let mut paragraphs = intro.trim().splitn(2, "\n\n");
    doc.summary = paragraphs.next().unwrap_or_default().replace('\n', " ");
    doc.description = paragraphs.next().unwrap_or_default().trim().to_owned();
    doc
}

/// A list item starts with `*` or `-`; an indented line goes on with the one before.
fn item(doc: &mut DocComment, section: &str, line: &str) {
    let text = line.trim();
    if text.is_empty() {
        return;
    }
    let new = text.strip_prefix("* ").or_else(|| text.strip_prefix("- "));
    match (section, new) {
        ("parameter", Some(text)) => doc.parameters.push(named(text)),
        ("option", Some(text)) if text.contains(" - ") => doc.options.push(named(text)),
        ("option", Some(names)) => doc.options.extend(names.split(", ").map(shared)),
        ("effect", Some(text)) => doc.effects.push(named(text)),
        ("error", Some(text)) => doc.errors.push(text.to_owned()),
        ("deprecated", Some(text)) => {
            let (name, value) = named(text);
            let deprecated = doc.deprecated.get_or_insert_default();
            match name.as_str() {
                "since" => deprecated.since = value,
                "instead" => deprecated.instead = value,
                _ => {}
            }
        }
        ("parameter", None) => append(doc.parameters.last_mut().map(|(_, help)| help), text),
        ("option", None) => append(doc.options.last_mut().map(|(_, help)| help), text),
        ("error", None) => append(doc.errors.last_mut(), text),
        _ => {}
    }
}

fn append(last: Option<&mut String>, text: &str) {
    if let Some(last) = last {
        last.push(' ');
        last.push_str(text);
    }
}

/// An option that several functions have.
fn shared(name: &str) -> (String, String) {
    let name = name.trim().trim_matches('`');
    let known = SHARED.iter().find(|(known, _)| *known == name);
    (name.to_owned(), known.map(|(_, help)| (*help).to_owned()).unwrap_or_default())
}

/// `` `name` - what it means``.
fn named(text: &str) -> (String, String) {
    let (name, help) = text.split_once(" - ").unwrap_or((text, ""));
    (name.trim().trim_matches('`').to_owned(), help.trim().to_owned())
}

/// The last line of an example that starts with `// =>` states its result.
fn example(code: &str) -> Example {
    let lines: Vec<&str> = code.lines().collect();
    match lines.iter().rposition(|line| line.trim_start().starts_with("// =>")) {
        Some(at) => Example {
            code: lines[..at].join("\n"),
            result: lines[at].trim_start().trim_start_matches("// =>").trim().to_owned(),
        },
        None => Example { code: lines.join("\n"), result: String::new() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deprecation_says_since_when_and_what_instead() {
        let doc = parse("/// Was.\n///\n/// # Deprecated\n/// * `since` - 0.2\n/// * `instead` - `pods::list`");
        let expected = Deprecation { since: "0.2".to_owned(), instead: "`pods::list`".to_owned() };
        assert_eq!(doc.deprecated, Some(expected));
    }

    #[test]
    fn every_section_is_read() {
        let doc = parse(
            "/// Lists things.\n///\n/// More.\n///\n/// # Parameters\n/// * `a` - first\n///   of all\n///\n/// # Effects\n/// * `files: read`\n///\n/// # Errors\n/// * none\n///\n/// # Example\n/// ```rhai\n/// 1 + 1\n/// // => 2\n/// ```",
        );
        assert_eq!(doc.summary, "Lists things.");
        assert_eq!(doc.description, "More.");
        assert_eq!(doc.parameters, [("a".to_owned(), "first of all".to_owned())]);
        assert_eq!(doc.effects, [("files: read".to_owned(), String::new())]);
        assert_eq!(doc.errors, ["none"]);
        assert_eq!(doc.deprecated, None);
        assert_eq!(doc.examples, [Example { code: "1 + 1".to_owned(), result: "2".to_owned() }]);
    }
}
