//! Finds the templates in a text.

use super::{Filter, Part, Template, Text};

/// The most filters of one template; real ones have two. A `volume` doubles a text, so that a line full of them would
/// fill the memory.
const MOST_FILTERS: usize = 8;

/// Takes a text apart; filters beyond the eighth of a template do nothing. A `{{` without its `}}` is plain text, and of several `{{` before one `}}` the last counts.
pub(super) fn parse(text: &str) -> Text {
    let mut parts = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(end) = rest.find("}}") {
        match rest[..end].rfind("{{") {
            Some(start) => {
                plain.push_str(&rest[..start]);
                if !plain.is_empty() {
                    parts.push(Part::Plain(std::mem::take(&mut plain)));
                }
                parts.push(Part::Template(template(&rest[start + 2..end])));
            }
            None => plain.push_str(&rest[..end + 2]),
        }
        rest = &rest[end + 2..];
    }
    plain.push_str(rest);
    if !plain.is_empty() {
        parts.push(Part::Plain(plain));
    }
    Text { parts }
}

fn template(inner: &str) -> Template {
    let mut pieces = inner.split('|');
    let path = pieces.next().unwrap_or_default();
    let path = path.split('.').map(str::trim).collect::<Vec<_>>().join(".");
    Template { path, filters: pieces.take(MOST_FILTERS).map(Filter::parse).collect() }
}
