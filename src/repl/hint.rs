//! The dim text after the cursor: the signature of the current call, else the line of the history with the same
//! beginning.

use rustyline::Context;
use rustyline::hint::{Hinter as _, HistoryHinter};

use super::cursor_context;
use super::known::Known;
use crate::clean;
use crate::reference::{self, FunctionEntry};

/// A hint: what is shown, and what the right arrow takes of it.
pub(super) struct Hint {
    shown: String,
    taken: bool,
}

impl rustyline::hint::Hint for Hint {
    fn display(&self) -> &str {
        &self.shown
    }

    fn completion(&self) -> Option<&str> {
        self.taken.then_some(&self.shown)
    }
}

/// The hint for a line with the cursor at its end.
pub(super) fn hint(line: &str, position: usize, context: &Context<'_>, known: &Known) -> Option<Hint> {
    if line.is_empty() || position < line.len() {
        return None;
    }
    if let Some(shown) = signature(line, known) {
        return Some(Hint { shown, taken: false });
    }
    // a hint of several lines would be drawn over what stands below
    let earlier = HistoryHinter::new().hint(line, position, context).filter(|hint| !clean::is_unclean(hint))?;
    Some(Hint { shown: earlier, taken: true })
}

/// What is still to come of a call: where an argument begins.
fn signature(line: &str, known: &Known) -> Option<String> {
    if super::meta::is_meta(line) || !line.trim_end().ends_with(['(', ',']) {
        return None;
    }
    let (call, index) = cursor_context::call_at(line)?;
    if line.trim_end().ends_with(',') && index == 0 {
        // the comma parts something inside an argument
        return None;
    }
    let blank = if line.ends_with(',') { " " } else { "" };
    let own = known.read(|defined| {
        let functions = defined.functions.iter().map(|(name, signature)| (name.clone(), signature.clone()));
        let modules = defined.modules.iter().flat_map(|(module, functions)| {
            functions.iter().map(move |(name, signature)| (format!("{module}::{name}"), signature.clone()))
        });
        functions.chain(modules).find(|(name, _)| *name == call)
    });
    if let Some((_, signature)) = own {
        let rest = signature.split_once('(').map(|(_, rest)| rest)?;
        let rest: Vec<&str> = rest.split(", ").skip(index).collect();
        return (!rest.is_empty()).then(|| format!("{blank}{}", rest.join(", ")));
    }
    let entries = reference::topic(&call);
    let longest = entries.iter().filter(|entry| entry.path() == call).max_by_key(|entry| entry.parameters.len())?;
    rest(longest, index).map(|rest| format!("{blank}{rest}"))
}

fn rest(entry: &FunctionEntry, index: usize) -> Option<String> {
    if index > entry.parameters.len() || (index > 0 && index == entry.parameters.len()) {
        return None;
    }
    let parameters = entry.parameters.iter().skip(index);
    let shown: Vec<String> = parameters.map(ToString::to_string).collect();
    let returns = if entry.returns == "()" { String::new() } else { format!(" -> {}", entry.returns) };
    Some(format!("{}){returns}", shown.join(", ")))
}
