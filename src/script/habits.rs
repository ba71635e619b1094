//! Mistakes of users who know other languages or the command line, and what to write instead.

use rhai::Position;

use crate::embedded;
use crate::error::{Error, Kind};

use super::tokens::{self, Kind as TokenKind, Token};

/// Methods of other languages, and what to write instead.
const METHODS: [(&str, &str); 36] = [
    ("add", "push(…)"),
    ("any", "some(|x| …)"),
    ("append_all", "append(…)"),
    ("concat", "a + b"),
    ("count", "len()"),
    ("each", "for_each(…)` or `for x in list { … }"),
    ("endsWith", "ends_with(…)"),
    ("endswith", "ends_with(…)"),
    ("every", "all(|x| …)"),
    ("exists", "some(|x| …)"),
    ("first", "list[0]"),
    ("forEach", "for_each(…)` or `for x in list { … }"),
    ("has", "contains(…)"),
    ("has_key", "contains(…)"),
    ("includes", "contains(…)"),
    ("indexOf", "index_of(…)"),
    ("items", "keys()"),
    ("iter", "for x in list { … }"),
    ("last", "list[-1]"),
    ("length", "len()"),
    ("lower", "to_lower()"),
    ("lstrip", "trimmed()"),
    ("select", "filter(|x| …)"),
    ("size", "len()"),
    ("startsWith", "starts_with(…)"),
    ("startswith", "starts_with(…)"),
    ("strip", "trimmed()"),
    ("substr", "sub_string(…)"),
    ("substring", "sub_string(…)"),
    ("sum", "reduce(|sum, x| sum + x, 0)"),
    ("toLowerCase", "to_lower()"),
    ("toUpperCase", "to_upper()"),
    ("uniq", "list.sort(); list.dedup()"),
    ("unique", "list.sort(); list.dedup()"),
    ("upper", "to_upper()"),
    ("where", "filter(|x| …)"),
];

/// What is written here instead of a method of another language, to be put in backticks.
#[must_use]
pub fn method(name: &str) -> Option<&'static str> {
    METHODS.iter().find(|(known, _)| *known == name).map(|(_, instead)| *instead)
}

/// The mistake that a word at a position is, if it is a known one. `in_session`: the text is a line of the REPL.
#[must_use]
pub fn at(text: &str, position: Position, in_session: bool) -> Option<Error> {
    let offset = tokens::offset(text, position)?;
    let pieces: Vec<Token<'_>> =
        tokens::significant(text).into_iter().filter(|token| token.kind != TokenKind::Comment).collect();
    let at = pieces.iter().position(|token| token.start <= offset && offset < token.start + token.text.len())?;
    let spot = Spot { text, pieces: &pieces, at, in_session };
    let word = pieces[at].text;
    match pieces[at].kind {
        TokenKind::Text if word.starts_with('\'') => {
            let inner = word.trim_matches('\'');
            Some(mistake("strings are written in double quotes", format!("write `\"{inner}\"`")))
        }
        TokenKind::Text if at > 0 && (Spot { at: at - 1, ..spot }).is_f_string() => Some(f_string()),
        TokenKind::Number => spot.duration(),
        TokenKind::Word => spot.word(word),
        TokenKind::Symbol => spot.symbol(word),
        _ => None,
    }
}

/// The hint for a variable that is assigned to before it is declared.
#[must_use]
pub fn declaration(text: &str, position: Position, name: &str) -> Option<String> {
    let rest = text.get(tokens::offset(text, position)?..)?.strip_prefix(name)?.trim_start();
    let is_assigned = rest.starts_with('=') && !rest.starts_with("==") && !rest.starts_with("=>");
    is_assigned.then(|| format!("a new variable is declared: `let {name} = …`"))
}

/// Whether a function's body may be around a position: it sees its parameters only.
#[must_use]
pub fn is_behind_function(text: &str, position: Position) -> bool {
    let offset = tokens::offset(text, position).unwrap_or(text.len());
    tokens::significant(text).iter().any(|token| token.text == "fn" && token.start < offset)
}

fn mistake(message: impl Into<String>, hint: impl Into<String>) -> Error {
    Error::new(Kind::Script, message).hint(hint)
}

fn f_string() -> Error {
    mistake("no strings with an `f`", "a string in backticks takes values in: `` `…${x}…` ``")
}

#[derive(Clone, Copy)]
struct Spot<'t> {
    text: &'t str,
    pieces: &'t [Token<'t>],
    at: usize,
    in_session: bool,
}

impl<'t> Spot<'t> {
    fn next(&self, by: usize) -> &'t str {
        self.pieces.get(self.at + by).map_or("", |token| token.text)
    }

    fn previous(&self, by: usize) -> &'t str {
        self.at.checked_sub(by).and_then(|at| self.pieces.get(at)).map_or("", |token| token.text)
    }

    /// Whether this is the `f` of `f"…"`.
    fn is_f_string(&self) -> bool {
        let [word, text] = [self.at, self.at + 1].map(|at| self.pieces.get(at));
        word.zip(text).is_some_and(|(word, text)| {
            word.text == "f" && text.kind == TokenKind::Text && text.start == word.start + 1
        })
    }

    /// `24h`
    fn duration(&self) -> Option<Error> {
        let written = self.pieces[self.at].text;
        let unit = written.trim_start_matches(|c: char| c.is_ascii_digit());
        let is_duration = ["s", "m", "h", "d", "w", "ms", "min"].contains(&unit) && unit.len() < written.len();
        is_duration.then(|| {
            let hint = format!("write `\"{written}\"` for an option, and `duration(\"{written}\")` to compare with");
            mistake(format!("`{written}` is not a number"), hint)
        })
    }

    fn symbol(&self, symbol: &str) -> Option<Error> {
        // the compiler that knows no names stumbles over what follows the word
        if (symbol == ":" || symbol == "=")
            && let Some(before) = self.before()
            && let Some(error) = before.named()
        {
            return Some(error);
        }
        match symbol {
            "+" | "-" if self.next(1) == symbol => {
                let name = self.previous(1);
                Some(mistake(format!("no operator `{symbol}{symbol}`"), format!("write `{name} {symbol}= 1`")))
            }
            "-" if self.next(1) == ">" => {
                Some(mistake("`->` makes no closure", format!("write `|{}| …`", self.previous(1))))
            }
            ">" if self.previous(1) == "<" => Some(mistake("no operator `<>`", "write `!=`")),
            ":" if matches!(self.previous(2), "let" | "const") => {
                let name = self.previous(1);
                Some(mistake("a variable has no declared type", format!("write `let {name} = …`")))
            }
            ":" if self.open().is_some_and(|at| self.pieces[at].is("[")) => Some(mistake(
                "no slices with `:`",
                "write `list.extract(0..2)` for items, `text.sub_string(0, 2)` for characters",
            )),
            "=" if self.next(1) == ">" && self.previous(1) == ")" => {
                Some(mistake("`(x) => …` is not a closure", "write `|x| …`"))
            }
            "?" => Some(mistake("no operator `? :`", "write `if a { b } else { c }`, which has a value")),
            "=" if self.is_in_map() => {
                let key = self.previous(1);
                Some(mistake("a map has `:` between key and value", format!("write `{key}: …`")))
            }
            ":" if ["if", "for", "while", "else"].iter().any(|word| self.line().any(|token| token.text == *word)) => {
                Some(mistake("blocks are written in `{ … }`", "write `{` instead of `:`, and `}` at its end"))
            }
            _ => None,
        }
    }

    /// The word before this piece.
    fn before(&self) -> Option<Self> {
        let at = self.at.checked_sub(1).filter(|at| self.pieces[*at].kind == TokenKind::Word)?;
        Some(Self { at, ..*self })
    }

    fn word(&self, word: &str) -> Option<Error> {
        let (next, previous) = (self.next(1), self.previous(1));
        if previous == "not" {
            return Some(mistake("no operator `not`", format!("write `!{word}`")));
        }
        if previous == "lambda" {
            return Some(mistake("`lambda` makes no closure", format!("write `|{word}| …`")));
        }
        match word {
            "f" if self.is_f_string() => return Some(f_string()),
            "fn" if next == "(" => {
                return Some(mistake("a function without a name is a closure", "write `|x| …`"));
            }
            "then" => return Some(mistake("no keyword `then`", "blocks are written in `{ … }`")),
            "unless" => return Some(mistake("no keyword `unless`", "write `if !(…) { … }`")),
            "foreach" => return Some(mistake("no keyword `foreach`", "write `for x in list { … }`")),
            "except" | "rescue" => return Some(mistake(format!("no keyword `{word}`"), "write `catch`")),
            "finally" => return Some(mistake("no keyword `finally`", "write it behind `try { … } catch { … }`")),
            "case" => return Some(mistake("no keyword `case`", format!("write `{next} => …`"))),
            "default" if next == "=" && self.next(2) == ">" => {
                return Some(mistake("no case `default`", "write `_ => …`"));
            }
            "new" if previous == "throw" => {
                return Some(mistake("an error needs no `new`", "write `throw \"…\"`, or `fail(\"…\")`"));
            }
            "print" | "echo" | "puts"
                if self.pieces.get(self.at + 1).is_some_and(|token| token.kind == TokenKind::Text) =>
            {
                return Some(mistake("a call has brackets", format!("write `print({next})`")));
            }
            "and" | "or" => {
                let sign = if word == "and" { "&&" } else { "||" };
                return Some(mistake(format!("no operator `{word}`"), format!("write `{sign}`")));
            }
            "not" => return Some(mistake("no operator `not`", format!("write `!{next}`"))),
            "None" | "null" | "nil" | "NULL" | "undefined" | "nothing" => {
                return Some(mistake(format!("no value `{word}`"), "no value is written as `()`"));
            }
            "True" | "False" => {
                return Some(mistake(format!("no value `{word}`"), format!("write `{}`", word.to_lowercase())));
            }
            "var" => return Some(mistake("`var` makes no variable", format!("write `let {next} = …`"))),
            "def" | "function" | "func" => {
                return Some(mistake(format!("`{word}` makes no function"), format!("write `fn {next}(…) {{ … }}`")));
            }
            "lambda" => return Some(mistake("`lambda` makes no closure", format!("write `|{next}| …`"))),
            "elif" | "elsif" | "elseif" => return Some(mistake(format!("no keyword `{word}`"), "write `else if`")),
            "self" => return Some(mistake("no variable `self`", "the value of a method is `this`")),
            _ => {}
        }
        if let Some(error) = self.named() {
            return Some(error);
        }
        if crate::reference::is_namespace(word) && next == "." {
            let function = self.next(2);
            return Some(mistake(
                format!("`{word}` is a namespace, not a value"),
                format!("write `{word}::{function}(…)`"),
            ));
        }
        if previous == "=" && matches!(self.previous(2), "=" | "!") {
            return Some(mistake(format!("no variable `{word}`"), format!("put a string in quotes: `\"{word}\"`")));
        }
        self.command(word)
    }

    /// A closure with an arrow, a map without `#`, a named argument.
    fn named(&self) -> Option<Error> {
        let (word, next, previous) = (self.pieces[self.at].text, self.next(1), self.previous(1));
        if matches!(next, "=" | "-") && self.next(2) == ">" {
            return Some(mistake(format!("`{word} {next}> …` is not a closure"), format!("write `|{word}| …`")));
        }
        if matches!(next, ":" | "=") && self.next(2) != "=" {
            if previous == "{" && next == ":" {
                return Some(mistake("a map begins with `#{`", format!("write `#{{ {word}: … }}`")));
            }
            if matches!(previous, "(" | ",")
                && let Some(call) = self.call()
            {
                return Some(mistake(
                    "there are no named arguments: options are a map",
                    format!("write `{call}(#{{ {word}: … }})`"),
                ));
            }
        }
        None
    }

    /// A command line instead of a script: `status`, `mcpctl status`, `cleanup --idle 24h`.
    fn command(&self, word: &str) -> Option<Error> {
        if !matches!(self.previous(1), "" | ";" | "}") {
            return None;
        }
        let line = self.line_text();
        let (name, rest) = match line.strip_prefix("mcpctl").map(str::trim_start) {
            Some(rest) if word == "mcpctl" => (rest.split_whitespace().next().unwrap_or_default(), rest),
            _ => (word, line),
        };
        let rest = rest.trim_end_matches([';', ' ']);
        if embedded::script_names().contains(&name) {
            let (way, what) = if self.in_session { (":run", "a command") } else { ("mcpctl", "a command line") };
            return Some(mistake(format!("`{name}` is {what}, not a value"), format!("write `{way} {rest}`")));
        }
        match word {
            "mcpctl" => Some(mistake("this is a script, not a shell", format!("run `mcpctl {rest}` in a shell"))),
            "y" | "n" | "yes" | "no" if self.pieces.len() == 1 => Some(mistake(
                format!("no variable `{word}`"),
                "there is no open question; one is answered where it is asked",
            )),
            "undo" => Some(mistake("nothing can be undone", "a dry run shows what would change: `--dry-run`")),
            _ => None,
        }
    }

    /// The rest of the line from the word on.
    fn line_text(&self) -> &'t str {
        let rest = self.text.get(self.pieces[self.at].start..).unwrap_or_default();
        rest.lines().next().unwrap_or_default().trim()
    }

    /// The pieces before this one in its line.
    fn line(&self) -> impl Iterator<Item = &'t Token<'t>> {
        let start = self.pieces[self.at].start;
        let line = self.text.get(..start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
        self.pieces.iter().filter(move |token| token.start >= line && token.start < start)
    }

    fn is_in_map(&self) -> bool {
        matches!(self.previous(2), "#{" | ",") && self.open().is_some_and(|at| self.pieces[at].is("#{"))
    }

    /// The bracket that is open here.
    fn open(&self) -> Option<usize> {
        let mut depth = 0_usize;
        (0..self.at).rev().find(|at| match self.pieces[*at].text {
            ")" | "]" | "}" if self.pieces[*at].kind == TokenKind::Symbol => {
                depth += 1;
                false
            }
            "(" | "[" | "{" | "#{" if self.pieces[*at].kind == TokenKind::Symbol => {
                let here = depth == 0;
                depth = depth.saturating_sub(1);
                here
            }
            _ => false,
        })
    }

    /// The function whose arguments these are.
    fn call(&self) -> Option<String> {
        let open = self.open().filter(|at| self.pieces[*at].is("("))?;
        let name = open.checked_sub(1).map(|at| &self.pieces[at]).filter(|token| token.kind == TokenKind::Word)?;
        let space = open.checked_sub(3).filter(|at| self.pieces[at + 1].is("::")).map(|at| self.pieces[at].text);
        Some(space.map_or_else(|| name.text.to_owned(), |space| format!("{space}::{}", name.text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint(text: &str, word: &str, in_session: bool) -> String {
        let position = tokens::position(text, text.find(word).unwrap()).unwrap();
        at(text, position, in_session).map_or_else(String::new, |error| error.hints.join("; "))
    }

    #[test]
    fn what_is_known_from_elsewhere_has_the_way_it_is_written_here() {
        for (text, word, expected) in [
            ("status", "status", "write `:run status`"),
            ("mcpctl status", "mcpctl", "write `:run status`"),
            ("cleanup --idle 24h", "cleanup", "write `:run cleanup --idle 24h`"),
            ("list -n mcp;", "list", "write `:run list -n mcp`"),
            ("mcpctl doctor", "mcpctl", "run `mcpctl doctor` in a shell"),
            ("let m = {a: 1}", "a:", "write `#{ a: … }`"),
            ("{status: \"x\"}", "status", "write `#{ status: … }`"),
            ("pods::list(status: \"x\")", "status", "write `pods::list(#{ status: … })`"),
            ("pods::list(status=\"x\")", "status", "write `pods::list(#{ status: … })`"),
            ("pods::logs(p, tail: 3)", "tail", "write `pods::logs(#{ tail: … })`"),
            ("pods.filter(x => x.age > 1)", "x =>", "write `|x| …`"),
            ("not true", "not", "write `!true`"),
            ("a and b", "and", "write `&&`"),
            ("a or b", "or", "write `||`"),
            ("None", "None", "no value is written as `()`"),
            ("let x = null;", "null", "no value is written as `()`"),
            ("let x = True;", "True", "write `true`"),
            ("print('time')", "'time'", "write `\"time\"`"),
            ("1 > 24h", "24h", "write `\"24h\"` for an option, and `duration(\"24h\")` to compare with"),
            ("pods.list()", "pods", "write `pods::list(…)`"),
            ("p.status != Running", "Running", "put a string in quotes: `\"Running\"`"),
            ("p.server == time", "time", "put a string in quotes: `\"time\"`"),
            ("#{ status = 1 }", "=", "write `status: …`"),
            ("x++", "++", "write `x += 1`"),
            ("var x = 1", "var", "write `let x = …`"),
            ("def f(x): 1", "def", "write `fn f(…) { … }`"),
            ("for x in 1..3: print(x)", ": print", "write `{` instead of `:`, and `}` at its end"),
            ("let f = x -> x + 1", "->", "write `|x| …`"),
            ("1 <> 2", "> 2", "write `!=`"),
            ("let x: int = 3", ": int", "write `let x = …`"),
            ("a[0:2]", ":2", "write `list.extract(0..2)` for items, `text.sub_string(0, 2)` for characters"),
            ("a.map((x) => x)", "=>", "write `|x| …`"),
            ("a.map(lambda x: x)", "x:", "write `|x| …`"),
            ("a.map(fn(x) { x })", "fn", "write `|x| …`"),
            ("if true then 1", "then", "blocks are written in `{ … }`"),
            ("try { 1 } except { 2 }", "except", "write `catch`"),
            ("try { 1 } finally { 2 }", "finally", "write it behind `try { … } catch { … }`"),
            ("switch 1 { case 1 => 2 }", "case", "write `1 => …`"),
            ("switch 1 { default => 2 }", "default", "write `_ => …`"),
            ("throw new Error(1)", "new", "write `throw \"…\"`, or `fail(\"…\")`"),
            ("print \"a\"", "print", "write `print(\"a\")`"),
            ("f\"a {x}\"", "\"a", "a string in backticks takes values in: `` `…${x}…` ``"),
            ("y", "y", "there is no open question; one is answered where it is asked"),
            ("undo", "undo", "a dry run shows what would change: `--dry-run`"),
        ] {
            assert_eq!(hint(text, word, true), expected, "{text}");
        }
        assert_eq!(hint("status", "status", false), "write `mcpctl status`");
    }

    #[test]
    fn other_words_have_none() {
        for (text, word) in
            [("let a = b", "b"), ("f(x)", "x"), ("a == (b)", "b"), ("1 + 0x1f", "0x1f"), ("f(\"x\")", "\"x")]
        {
            assert_eq!(hint(text, word, true), "", "{text}");
        }
    }
}
