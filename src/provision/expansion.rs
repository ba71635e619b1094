//! Docker's second expansion: `$NAME` and `${NAME}` in the variables and arguments of an entry.
//!
//! Source: `argsAndEnv`, `expandEnv` and `expandEnvList` in `pkg/gateway/clientpool.go` of `docker/mcp-gateway`, which use
//! Go's `os.Expand`. A variable's value without `{{` may name the entry's secrets and the variables before it; every
//! argument may name any of them, after its templates are filled in. What is inserted is not expanded again. In one
//! point mcpctl differs: a name that the entry does not define stays as it is, where Docker removes it.

use std::collections::{BTreeMap, BTreeSet};

use super::catalog::Server;
use super::template::{Part, Template, Text};

/// The longest value that expansion may give: variables that refer to each other twice grow without end.
const LONGEST: usize = 64 * 1024;

/// A part of a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Plain text.
    Plain(&'a str),
    /// `$NAME` or `${NAME}`: the name, and how it is written.
    Variable { name: &'a str, source: &'a str },
}

/// Splits a text at its variables, as `os.Expand` does.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let (mut start, mut at) = (0, 0);
    while let Some(found) = text[at..].find('$') {
        let dollar = at + found;
        let rest = &text[dollar + 1..];
        let (name, length) = match rest.strip_prefix('{') {
            Some(inner) => match inner.find('}') {
                Some(end) => (&inner[..end], end + 2),
                None => ("", 0),
            },
            None => {
                let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
                let end = end.unwrap_or(rest.len());
                (&rest[..end], end)
            }
        };
        at = dollar + 1;
        if name.is_empty() || name.starts_with(|letter: char| letter.is_ascii_digit()) {
            continue;
        }
        if start < dollar {
            pieces.push(Piece::Plain(&text[start..dollar]));
        }
        at += length;
        pieces.push(Piece::Variable { name, source: &text[dollar..at] });
        start = at;
    }
    if start < text.len() {
        pieces.push(Piece::Plain(&text[start..]));
    }
    pieces
}

/// The variables that an entry defines: those of its secrets and of its `env`.
pub(super) fn own_variables(server: &Server) -> BTreeSet<&str> {
    let secrets = server.secrets.iter().map(|secret| secret.env.as_str());
    secrets.chain(server.env.iter().map(|entry| entry.name.as_str())).filter(|name| !name.is_empty()).collect()
}

/// Whether a value contains a template, and is therefore not expanded.
pub(super) fn has_template(value: &str) -> bool {
    value.contains("{{") && value.contains("}}")
}

/// The values of an entry's variables in order: templates, and `$NAME` as the templates that give the same value.
#[must_use]
pub fn env_texts(server: &Server) -> Vec<Text> {
    expand(server).0
}

/// The variable whose value grows too long, if there is one.
pub(super) fn too_long(server: &Server) -> Option<&str> {
    expand(server).1
}

fn expand(server: &Server) -> (Vec<Text>, Option<&str>) {
    let own = own_variables(server);
    let mut known: BTreeMap<&str, Text> = BTreeMap::new();
    for secret in &server.secrets {
        let value = Template { path: secret.name.clone(), filters: Vec::new() };
        known.entry(&secret.env).or_insert_with(|| Text { parts: vec![Part::Template(value)] });
    }
    let mut too_long = None;
    let mut texts = Vec::with_capacity(server.env.len());
    for entry in &server.env {
        let is_expanded = !server.is_rendered && !has_template(&entry.value) && entry.value.contains('$');
        let mut text = if is_expanded { expanded(&entry.value, &known, &own) } else { Text::parse(&entry.value) };
        if is_expanded && length(&text) > LONGEST {
            too_long = Some(entry.name.as_str());
            text = Text::parse("");
        }
        if !text.parts.is_empty() {
            known.entry(&entry.name).or_insert_with(|| text.clone());
        }
        texts.push(text);
    }
    (texts, too_long)
}

fn expanded(value: &str, known: &BTreeMap<&str, Text>, own: &BTreeSet<&str>) -> Text {
    let mut parts: Vec<Part> = Vec::new();
    let mut push = |part: &Part| match (parts.last_mut(), part) {
        (Some(Part::Plain(last)), Part::Plain(next)) => last.push_str(next),
        _ => parts.push(part.clone()),
    };
    for piece in pieces(value) {
        match piece {
            Piece::Plain(plain) => push(&Part::Plain(plain.to_owned())),
            Piece::Variable { name, source } => match known.get(name) {
                Some(text) => text.parts.iter().for_each(&mut push),
                // a variable that is defined later, or empty, has no value yet
                None if own.contains(name) => {}
                None => push(&Part::Plain(source.to_owned())),
            },
        }
    }
    Text { parts }
}

fn length(text: &Text) -> usize {
    let of_part = |part: &Part| match part {
        Part::Plain(plain) => plain.len(),
        Part::Template(template) => template.path.len(),
    };
    text.parts.iter().map(of_part).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn server(env: &[(&str, &str)]) -> Server {
        let env: Vec<_> = env.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
        let entry = json!({"image": "i", "secrets": [{"name": "s.key", "env": "KEY"}], "env": env});
        Server::read("s", entry.as_object().unwrap().clone())
    }

    /// The last variable's value, with templates in angle brackets.
    fn last(env: &[(&str, &str)]) -> String {
        let show = |part: &Part| match part {
            Part::Plain(plain) => plain.clone(),
            Part::Template(template) => format!("<{}>", template.path),
        };
        env_texts(&server(env)).last().unwrap().parts.iter().map(show).collect()
    }

    #[test]
    fn variables_of_the_entry_are_expanded_and_no_other() {
        for (value, expected) in [
            ("Bearer $KEY", "Bearer <s.key>"),
            ("${KEY}", "<s.key>"),
            ("a${KEY}b", "a<s.key>b"),
            ("$KEY$KEY", "<s.key><s.key>"),
            ("$KEYS", "$KEYS"),
            ("$HOME/x", "$HOME/x"),
            ("tcp://$HOST:5432", "tcp://db:5432"),
            ("tcp://${URL_HOST}", "tcp://<s.host>"),
            ("5$", "5$"),
            ("$", "$"),
            ("$$", "$$"),
            ("$ KEY", "$ KEY"),
            ("${KEY", "${KEY"),
            ("${}", "${}"),
            ("$1", "$1"),
            ("$(KEY)", "$(KEY)"),
            ("${KEY:-none}", "${KEY:-none}"),
            ("$EMPTY.", "."),
            ("$LAST.", "."),
            ("\\$KEY", "\\<s.key>"),
            ("{{s.x}}$KEY", "<s.x>$KEY"),
            ("$DOLLAR", "$KEY"),
            ("é$KEYé", "é<s.key>é"),
        ] {
            let env = [("HOST", "db"), ("URL_HOST", "{{s.host}}"), ("EMPTY", ""), ("DOLLAR", "$KEY")];
            if value == "$DOLLAR" {
                // the value of a variable is expanded where it is defined, and its text is not expanded again
                assert_eq!(last(&[("DOLLAR", "$OTHER"), ("LAST", "$DOLLAR"), ("OTHER", "x")][..2]), "$OTHER");
                continue;
            }
            let env: Vec<_> = env.into_iter().chain([("LAST", value)]).collect();
            assert_eq!(last(&env), expected, "{value}");
        }
    }

    #[test]
    fn a_derived_entry_is_not_expanded_again() {
        let mut server = server(&[("A", "$KEY")]);
        server.is_rendered = true;
        assert!(env_texts(&server)[0].is_plain());
    }

    #[test]
    fn variables_that_double_do_not_fill_the_memory() {
        let names: Vec<String> = (0..40).map(|n| format!("V{n}")).collect();
        let values: Vec<String> =
            (0..40).map(|n| if n == 0 { "xxxx".into() } else { format!("$V{0}$V{0}", n - 1) }).collect();
        let env: Vec<(&str, &str)> = names.iter().map(String::as_str).zip(values.iter().map(String::as_str)).collect();
        let server = server(&env);
        assert!(too_long(&server).is_some());
        assert!(env_texts(&server).iter().all(|text| length(text) <= LONGEST));
    }
}
