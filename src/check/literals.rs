//! Strings that are not what they look like: `\n` in backticks is two characters, `${…}` in double quotes stays.

use rhai::Position;

use super::message::mistake;
use super::walk::Walk;

/// The letters that make an escape in double quotes.
const ESCAPES: [char; 8] = ['n', 't', 'r', '"', '\\', 'x', 'u', 'U'];

impl<'a> Walk<'a, '_> {
    /// A string, with any kind of quotes.
    pub(super) fn literal(&mut self, text: &'a str, position: Position) {
        // to find a place in the text takes time
        if !text.contains("${") && escape(text).is_none() {
            return;
        }
        match self.unit.letter(position) {
            Some('`') => self.in_backticks(text, position),
            Some('"') => self.in_double_quotes(text, position),
            _ => {}
        }
    }

    /// A piece of a string in backticks: an escape is none there.
    pub(super) fn in_backticks(&mut self, text: &'a str, position: Position) {
        let Some(escape) = escape(text) else { return };
        let error = mistake(format!("`{escape}` in backticks is two characters, not an escape"))
            .hint(format!("write `${{\"{escape}\"}}`, or the string in double quotes, or a real line break"));
        let place = self.unit.find_from(position, &escape).unwrap_or(position);
        self.found(error, place, false);
    }

    /// A string in double quotes, in which `${x}` is not interpolated. A name that the script does not know may be
    /// meant for a shell or a file.
    fn in_double_quotes(&mut self, text: &'a str, position: Position) {
        let mut rest = text;
        while let Some((_, after)) = rest.split_once("${") {
            let Some((inside, behind)) = after.split_once('}') else { return };
            let name: String = inside.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if self.scope.find(&name).is_some() || self.is_call(inside.trim(), &name) {
                let error = mistake(format!("`${{{inside}}}` in double quotes stays as it is written"))
                    .hint("only a string in backticks takes values in: `` `…${value}…` ``");
                let place = self.unit.find_from(position, &format!("${{{inside}}}")).unwrap_or(position);
                self.found(error, place, false);
                return;
            }
            rest = behind;
        }
    }

    /// Whether a text begins with a call of an existing function.
    fn is_call(&self, text: &str, name: &str) -> bool {
        let rest = text.strip_prefix(name).unwrap_or_default();
        match rest.strip_prefix("::") {
            Some(_) => crate::reference::is_namespace(name) || self.scope.find_module(name).is_some(),
            None => rest.starts_with('(') && self.functions.has(name),
        }
    }
}

/// The first escape of a text.
fn escape(text: &str) -> Option<String> {
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            continue;
        }
        match letters.peek() {
            Some(next) if ESCAPES.contains(next) => return Some(format!("\\{next}")),
            _ => {}
        }
    }
    None
}
