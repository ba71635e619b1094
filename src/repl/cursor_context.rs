//! The context of the cursor: a name, a property, an option's key, a string that names a live object.

use super::shape::Step;
use crate::script::tokens::{Kind, Token, significant};

/// What can be completed, and where it begins in the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CursorContext {
    /// Where the word begins.
    pub(super) start: usize,
    /// The part before the cursor.
    pub(super) prefix: String,
    /// What it is.
    pub(super) wanted: WordKind,
}

/// A kind of word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum WordKind {
    /// A variable, function, namespace or keyword.
    Name,
    /// After `module::`.
    Member(String),
    /// After a dot.
    Property(Value),
    /// A key of the options map of a call, without those that it has already.
    Option { call: String, given: Vec<String> },
    /// The text of an option, `session: "…"`.
    OptionValue { key: String },
    /// The text of a call's argument, from 0.
    Argument { call: String, index: usize },
    /// The path of an import.
    Import,
    /// A word of a command, from 0, and the words before it.
    Command(Vec<String>),
}

/// The value before a dot: where it comes from, and the steps from there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) root: Root,
    pub(super) steps: Vec<Step>,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Root {
    /// A variable.
    Variable(String),
    /// An item of another value: a closure's parameter, or what `for` goes through.
    Item(Box<Value>),
    /// A call of a function, by its path.
    Call(String),
    /// A literal, by the name of its type.
    Literal(&'static str),
}

/// The context at the end of a text; `None` inside comments and strings without a name.
pub(super) fn at(text: &str) -> Option<CursorContext> {
    if super::meta::is_meta(text) {
        return Some(command(text));
    }
    let tokens = significant(text);
    match tokens.last() {
        Some(last) if last.kind == Kind::Comment && !last.closed => None,
        Some(last) if last.kind == Kind::Text && !last.closed => {
            let wanted = text_at(&tokens[..tokens.len() - 1])?;
            Some(CursorContext { start: last.start + 1, prefix: last.unquoted().to_owned(), wanted })
        }
        Some(last) if last.kind == Kind::Word && last.start + last.text.len() == text.len() => {
            let wanted = word_at(&tokens[..tokens.len() - 1])?;
            Some(CursorContext { start: last.start, prefix: last.text.to_owned(), wanted })
        }
        _ => Some(CursorContext { start: text.len(), prefix: String::new(), wanted: word_at(&tokens)? }),
    }
}

/// The function whose call the end of a text is in, by its path or its method's name, and the number of the
/// argument.
pub(super) fn call_at(text: &str) -> Option<(String, usize)> {
    let tokens = significant(text);
    if tokens.last().is_some_and(|last| !last.closed) {
        return None;
    }
    let open = brackets(&tokens);
    let call = open.iter().rev().find(|bracket| bracket.symbol == "(")?;
    Some((call.name.clone()?, call.commas))
}

fn command(text: &str) -> CursorContext {
    let colon = text.len() - text.trim_start().len() + 1;
    let words: Vec<&str> = text[colon..].split(' ').collect();
    let prefix = words.last().copied().unwrap_or_default();
    let before = words.iter().take(words.len() - 1).filter(|word| !word.is_empty());
    CursorContext {
        start: text.len() - prefix.len(),
        prefix: prefix.to_owned(),
        wanted: WordKind::Command(before.map(|word| (*word).to_owned()).collect()),
    }
}

fn word_at(before: &[Token<'_>]) -> Option<WordKind> {
    let Some(last) = before.last() else { return Some(WordKind::Name) };
    if last.is("::") {
        return path_before(before, before.len() - 1).map(WordKind::Member);
    }
    if last.is(".") {
        // the second dot of a range
        let range = before.len() >= 2 && before[before.len() - 2].is(".");
        return if range {
            Some(WordKind::Name)
        } else {
            value_before(before, before.len() - 1).map(WordKind::Property)
        };
    }
    let open = brackets(before);
    if let [.., call, map] = open.as_slice()
        && map.symbol == "#{"
        && call.symbol == "("
        && (last.is("#{") || last.is(","))
        && let Some(name) = &call.name
    {
        return Some(WordKind::Option { call: name.clone(), given: keys(&before[map.at..]) });
    }
    if matches!(last.text, "let" | "const" | "fn" | "as") && last.kind == Kind::Word {
        return None;
    }
    Some(WordKind::Name)
}

fn text_at(before: &[Token<'_>]) -> Option<WordKind> {
    let last = before.last()?;
    if last.kind == Kind::Word && last.text == "import" {
        return Some(WordKind::Import);
    }
    let open = brackets(before);
    if last.is(":") && open.last().is_some_and(|map| map.symbol == "#{") {
        return Some(WordKind::OptionValue { key: before.get(before.len().checked_sub(2)?)?.text.to_owned() });
    }
    let array = open.last().is_some_and(|bracket| bracket.symbol == "[");
    let call = open.iter().rev().find(|bracket| bracket.symbol == "(")?;
    let begins = last.is("(") || last.is(",") || (array && last.is("["));
    if !begins || open.last().is_some_and(|bracket| bracket.symbol == "#{") {
        return None;
    }
    Some(WordKind::Argument { call: call.name.clone()?, index: call.commas })
}

/// A bracket that is open.
struct Bracket<'a> {
    symbol: &'a str,
    /// The function that is called by it.
    name: Option<String>,
    at: usize,
    commas: usize,
}

fn brackets<'a>(tokens: &[Token<'a>]) -> Vec<Bracket<'a>> {
    let mut open: Vec<Bracket<'a>> = Vec::new();
    for (at, token) in tokens.iter().enumerate().filter(|(_, token)| token.kind == Kind::Symbol) {
        match token.text {
            "(" | "[" | "{" | "#{" => {
                let name = if token.text == "(" { path_before(tokens, at) } else { None };
                open.push(Bracket { symbol: token.text, name, at, commas: 0 });
            }
            ")" | "]" | "}" => {
                open.pop();
            }
            "," => {
                if let Some(innermost) = open.last_mut() {
                    innermost.commas += 1;
                }
            }
            _ => {}
        }
    }
    open
}

/// `pods::list` before a position; a method's name alone.
fn path_before(tokens: &[Token<'_>], at: usize) -> Option<String> {
    let mut path = word(tokens, at.checked_sub(1)?)?.to_owned();
    let mut first = at - 1;
    while first >= 2 && tokens[first - 1].is("::") {
        path = format!("{}::{path}", word(tokens, first - 2)?);
        first -= 2;
    }
    Some(path)
}

fn word<'a>(tokens: &[Token<'a>], at: usize) -> Option<&'a str> {
    tokens.get(at).filter(|token| token.kind == Kind::Word).map(|token| token.text)
}

/// The keys that a map's literal has so far.
fn keys(inside: &[Token<'_>]) -> Vec<String> {
    let pairs = inside.windows(2).filter(|pair| pair[0].kind == Kind::Word && pair[1].is(":"));
    pairs.map(|pair| pair[0].text.to_owned()).collect()
}

/// The value that ends before a position.
fn value_before(tokens: &[Token<'_>], end: usize) -> Option<Value> {
    let mut steps = Vec::new();
    let mut end = end;
    loop {
        let last = tokens.get(end.checked_sub(1)?)?;
        if last.is("]") {
            end = opening(tokens, end - 1)?;
            if end.checked_sub(1).and_then(|at| tokens.get(at)).is_none_or(|token| !ends_value(token)) {
                return rooted(Root::Literal("array"), steps);
            }
            steps.push(Step::Index);
        } else if last.is(")") {
            let open = opening(tokens, end - 1)?;
            let name = word(tokens, open.checked_sub(1)?)?;
            if open >= 2 && tokens[open - 2].is(".") {
                steps.push(Step::Call(name.to_owned()));
                end = open - 2;
            } else {
                return rooted(Root::Call(path_before(tokens, open)?), steps);
            }
        } else if last.kind == Kind::Text {
            return rooted(Root::Literal("string"), steps);
        } else if last.kind == Kind::Word {
            if end >= 2 && tokens[end - 2].is(".") {
                steps.push(Step::Property(last.text.to_owned()));
                end -= 2;
            } else {
                let root = item(tokens, end - 1, last.text).unwrap_or_else(|| Root::Variable(last.text.to_owned()));
                return rooted(root, steps);
            }
        } else {
            return None;
        }
    }
}

fn rooted(root: Root, mut steps: Vec<Step>) -> Option<Value> {
    steps.reverse();
    Some(Value { root, steps })
}

fn ends_value(token: &Token<'_>) -> bool {
    matches!(token.kind, Kind::Word | Kind::Text) || token.is(")") || token.is("]")
}

/// Where the bracket that closes at a position opens.
fn opening(tokens: &[Token<'_>], close: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for at in (0..=close).rev() {
        let token = &tokens[at];
        if token.kind == Kind::Symbol && matches!(token.text, ")" | "]" | "}") {
            depth += 1;
        } else if token.kind == Kind::Symbol && matches!(token.text, "(" | "[" | "{" | "#{") {
            depth -= 1;
            if depth == 0 {
                return Some(at);
            }
        }
    }
    None
}

/// A name that stands for the items of an array: `old.filter(|p| p.`, `for p in old { p.`.
fn item(tokens: &[Token<'_>], end: usize, name: &str) -> Option<Root> {
    for at in (0..end).rev().filter(|at| tokens[*at].text == name && tokens[*at].kind == Kind::Word) {
        if at >= 4 && tokens[at - 1].is("|") && tokens[at - 2].is("(") && tokens[at - 4].is(".") {
            return value_before(tokens, at - 4).map(|array| Root::Item(Box::new(array)));
        }
        if at >= 1 && word(tokens, at - 1) == Some("for") && word(tokens, at + 1) == Some("in") {
            let body = (at + 2..end).find(|at| tokens[*at].is("{"))?;
            return value_before(tokens, body).map(|array| Root::Item(Box::new(array)));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(text: &str) -> WordKind {
        at(text).unwrap().wanted
    }

    fn value(root: Root, steps: &[Step]) -> WordKind {
        WordKind::Property(Value { root, steps: steps.to_vec() })
    }

    fn variable(name: &str) -> Root {
        Root::Variable(name.to_owned())
    }

    #[test]
    fn names_members_and_keys() {
        assert_eq!(wanted("let a = po"), WordKind::Name);
        assert_eq!(wanted("pods::li"), WordKind::Member("pods".to_owned()));
        let option = |given: &[&str]| WordKind::Option {
            call: "pods::list".to_owned(),
            given: given.iter().map(|key| (*key).to_owned()).collect(),
        };
        assert_eq!(wanted("pods::list(#{ "), option(&[]));
        assert_eq!(wanted("pods::list(#{ session: \"x\", na"), option(&["session"]));
        assert_eq!(wanted("pods::list(#{ session: na"), WordKind::Name);
        assert_eq!(wanted("0..le"), WordKind::Name);
        assert_eq!(at("let na"), None);
        assert_eq!(at("x // po"), None);
        assert_eq!(at("let x = \"po"), None);
    }

    #[test]
    fn properties_of_what_stands_before_the_dot() {
        let property = |name: &str| Step::Property(name.to_owned());
        assert_eq!(wanted("pod.na"), value(variable("pod"), &[]));
        assert_eq!(wanted("f(pods[0].labels."), value(variable("pods"), &[Step::Index, property("labels")]));
        let call = Root::Call("pods::list".to_owned());
        assert_eq!(wanted("pods::list(#{ a: [1] })[0]."), value(call.clone(), &[Step::Index]));
        assert_eq!(wanted("\"x\"."), value(Root::Literal("string"), &[]));
        assert_eq!(wanted("[1, 2]."), value(Root::Literal("array"), &[]));
        let old = Value { root: variable("old"), steps: vec![] };
        assert_eq!(wanted("old.filter(|p| p.age > 1 && p."), value(Root::Item(Box::new(old.clone())), &[]));
        assert_eq!(wanted("for pod in old { print(pod."), value(Root::Item(Box::new(old)), &[]));
    }

    #[test]
    fn texts_that_name_something() {
        assert_eq!(wanted("pods::list(#{ session: \"mcp"), WordKind::OptionValue { key: "session".to_owned() });
        assert_eq!(wanted("pods::get(\"mc"), WordKind::Argument { call: "pods::get".to_owned(), index: 0 });
        assert_eq!(
            wanted("pods::delete([\"a\", \"b"),
            WordKind::Argument { call: "pods::delete".to_owned(), index: 0 }
        );
        assert_eq!(wanted("import \"std/"), WordKind::Import);
        let spot = at(":use namespace mc").unwrap();
        assert_eq!((spot.start, spot.prefix.as_str()), (15, "mc"));
        assert_eq!(spot.wanted, WordKind::Command(vec!["use".to_owned(), "namespace".to_owned()]));
    }

    #[test]
    fn the_call_at_hand() {
        assert_eq!(call_at("pods::delete(old, "), Some(("pods::delete".to_owned(), 1)));
        assert_eq!(call_at("f(g(1), #{ a: 1, "), Some(("f".to_owned(), 1)));
        assert_eq!(call_at("f(1)"), None);
    }
}
