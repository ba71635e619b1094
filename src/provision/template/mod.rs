//! The catalog's templates, `{{path|filter|filter}}`: parsing and evaluating them as the gateway does.
//!
//! Facts (from the gateway's own tests): blanks around a path and around each of its parts do not count; an
//! unknown path is the empty text, an unknown filter changes nothing; several templates and plain text in one
//! value are concatenated; a value that is a single template may give a list, and then several items.

mod filter;
mod parse;

pub use filter::Filter;

/// What a template gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// One text.
    Text(String),
    /// Several strings: separate items in a command or in volumes.
    List(Vec<String>),
}

impl Value {
    /// As one text: a list's items are joined with commas.
    #[must_use]
    pub fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::List(items) => items.join(","),
        }
    }

    /// As items: an empty text is none.
    #[must_use]
    pub fn into_items(self) -> Vec<String> {
        match self {
            Self::Text(text) if text.is_empty() => Vec::new(),
            Self::Text(text) => vec![text],
            Self::List(items) => items,
        }
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) => text.is_empty(),
            Self::List(items) => items.is_empty(),
        }
    }
}

/// One `{{path|filter|filter}}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// The dotted path, without blanks around its parts.
    pub path: String,
    /// The filters, in order.
    pub filters: Vec<Filter>,
}

impl Template {
    /// Whether it gives a value of its own where its path has none (`or:DEFAULT`).
    #[must_use]
    pub fn has_fallback(&self) -> bool {
        self.filters.iter().any(|filter| matches!(filter, Filter::Or(_)))
    }

    /// Its value, given that of its path.
    #[must_use]
    pub fn evaluate(&self, value: Option<Value>) -> Value {
        let start = value.unwrap_or_else(|| Value::Text(String::new()));
        self.filters.iter().fold(start, |value, filter| filter.apply(value))
    }
}

/// A piece of a [`Text`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Plain text, as it stands.
    Plain(String),
    /// A template.
    Template(Template),
}

/// A value of the catalog, taken apart into plain text and templates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The pieces in order; plain ones are never empty and never stand side by side.
    pub parts: Vec<Part>,
}

impl Text {
    /// Parses a value. Any text is valid: text outside templates is plain.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        parse::parse(text)
    }

    /// The templates in order.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        self.parts.iter().filter_map(|part| match part {
            Part::Template(template) => Some(template),
            Part::Plain(_) => None,
        })
    }

    /// Whether there is no template in it.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.templates().next().is_none()
    }

    /// The plain text of it, without its templates.
    #[must_use]
    pub fn plain_text(&self) -> String {
        let plain = |part: &Part| match part {
            Part::Plain(plain) => plain.clone(),
            Part::Template(_) => String::new(),
        };
        self.parts.iter().map(plain).collect()
    }

    /// The one template that the value is, if there is nothing else in it.
    #[must_use]
    pub fn single(&self) -> Option<&Template> {
        match self.parts.as_slice() {
            [Part::Template(template)] => Some(template),
            _ => None,
        }
    }

    /// The value, given those of the paths.
    pub fn evaluate(&self, mut lookup: impl FnMut(&str) -> Option<Value>) -> Value {
        if let Some(template) = self.single() {
            return template.evaluate(lookup(&template.path));
        }
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Plain(plain) => text.push_str(plain),
                Part::Template(template) => text.push_str(&template.evaluate(lookup(&template.path)).into_text()),
            }
        }
        Value::Text(text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(value: &str) -> Value {
        Value::Text(value.to_owned())
    }

    fn list(items: &[&str]) -> Value {
        Value::List(items.iter().map(|item| (*item).to_owned()).collect())
    }

    fn evaluate(template: &str, value: impl Into<Option<Value>>) -> Value {
        let value = value.into();
        Text::parse(template).evaluate(|path| value.clone().filter(|_| path == "a.b"))
    }

    #[test]
    fn several_templates_and_plain_text_are_concatenated() {
        assert_eq!(evaluate("http://{{a.b}}:{{ a . b }}/x", Some(text("h"))), text("http://h:h/x"));
        assert_eq!(evaluate("plain", None), text("plain"));
        assert_eq!(evaluate("", None), text(""));
        assert_eq!(evaluate("-{{a.b}}-", Some(list(&["x", "y"]))), text("-x,y-"));
    }

    #[test]
    fn an_unknown_path_is_empty_and_an_unknown_filter_changes_nothing() {
        assert_eq!(evaluate("{{nobody.home}}", Some(text("v"))), text(""));
        assert_eq!(evaluate("{{}}", None), text(""));
        assert_eq!(evaluate("{{a.b|frobnicate|x:y}}", Some(text("v"))), text("v"));
    }

    #[test]
    fn a_line_full_of_filters_does_not_fill_the_memory() {
        let hostile = format!("{{{{a.b{}}}}}", "|volume".repeat(80));
        assert_eq!(evaluate(&hostile, Some(text("ab"))).into_text().len(), 2 * 256 + 255);
    }

    #[test]
    fn a_single_template_may_give_a_list() {
        assert_eq!(evaluate("{{a.b}}", Some(list(&["x", "y"]))), list(&["x", "y"]));
        assert_eq!(evaluate("{{a.b|into}}", Some(text("v"))), list(&["v"]));
        assert_eq!(evaluate("{{a.b|volume|into}}", Some(list(&["/x", "/y"]))), list(&["/x:/x", "/y:/y"]));
        assert_eq!(evaluate("{{a.b|or:[]|volume|into}}", None), list(&[]));
        assert!(evaluate("{{a.b|volume|into}}", None).into_items().is_empty());
    }

    #[test]
    fn text_that_only_looks_like_a_template_is_plain() {
        for odd in ["{{", "}}", "{{a", "a}}", "{a}", "{{{", "{{a}"] {
            assert!(Text::parse(odd).is_plain(), "{odd}");
            assert_eq!(evaluate(odd, None), text(odd));
        }
        assert_eq!(evaluate("{{ {{a.b}}", Some(text("v"))), text("{{ v"));
        assert_eq!(evaluate("{{{a.b}}}", Some(text("v"))), text("{v}"));
    }

    proptest! {
        #[test]
        fn any_text_can_be_parsed_and_evaluated(source in any::<String>(), value in any::<String>()) {
            let parsed = Text::parse(&source);
            let _ = parsed.evaluate(|_| Some(Value::Text(value.clone())));
            let _ = parsed.evaluate(|_| Some(Value::List(vec![value.clone(), source.clone()])));
            if parsed.is_plain() {
                prop_assert_eq!(parsed.evaluate(|_| None), Value::Text(source));
            }
        }

        #[test]
        fn braces_bars_and_filters_in_any_order_never_panic(source in r"([{}|:,.\[\] \\a-c]|into|or:|volume|first|last|mount_as:|volume-target){0,40}") {
            let _ = Text::parse(&source).evaluate(|_| Some(Value::List(vec!["C:\\a".into(), String::new()])));
        }
    }
}
