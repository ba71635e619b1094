//! Options maps that are written out: every key must be one that the function's documentation lists.

use rhai::{Expr, FnCallExpr};

use crate::nearest;
use crate::reference::doc_comment;

use super::known::Known;
use super::message::mistake;
use super::natives::{Native, Natives};
use super::unit::{Body, Unit};
use super::walk::Walk;

impl<'a> Walk<'a, '_> {
    /// The options of a primitive.
    pub(super) fn literal_options(
        &mut self,
        path: &str,
        native: &Native,
        call: &'a FnCallExpr,
        arguments: &[Known<'a>],
    ) {
        for (at, known) in arguments.iter().enumerate() {
            if native.parameter(at) == "options"
                && let Some(map) = literal(call.args.get(at), known)
            {
                let options = options_of(&native.comments);
                self.keys(path, map, &options, None);
            }
        }
    }

    /// The options of a module's function that documents them.
    pub(super) fn documented_options(&mut self, unit: &Unit, path: &str, def: &Body, call: &'a FnCallExpr) {
        let Some(at) = def.params.iter().position(|param| param == "options") else { return };
        let Some(map @ Expr::Map(..)) = call.args.get(at) else { return };
        let options = options_of(&def.comments.join("\n"));
        self.keys(path, map, &options, comment_of(unit, def).as_deref());
    }

    /// Compares the keys of a map with the options that are documented, at `comment` if the user can edit it.
    fn keys(&mut self, path: &str, map: &'a Expr, options: &[String], comment: Option<&str>) {
        let Expr::Map(map, _) = map else { return };
        if options.is_empty() {
            return;
        }
        for (key, _) in &map.0 {
            if options.iter().any(|option| option == key.name.as_str()) {
                continue;
            }
            let near = nearest::nearest(&key.name, options.iter().map(String::as_str));
            let error = mistake(format!("`{path}` has no option `{}`", key.name)).suggest(near);
            let list = options.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            let error = if near.is_none() { error.hint(format!("its options are {list}")) } else { error };
            let error = match comment {
                Some(place) => {
                    error.hint(format!("a new option needs a line in the doc comment: `# Options` in {place}"))
                }
                None => error,
            };
            self.fails(error, key.pos);
        }
    }
}

/// Where the doc comment of a function lists its options, in a file of the user's own.
fn comment_of(unit: &Unit, def: &Body) -> Option<String> {
    if unit.label.starts_with('<') {
        return None;
    }
    let lines: Vec<&str> = unit.text.lines().take(def.body.start_position().line()?).collect();
    let line = lines.iter().rposition(|line| line.trim_start().starts_with("///") && line.contains("# Options"))?;
    Some(format!("`{}:{}`", unit.label, line + 1))
}

/// The map that an argument is, as it was written.
fn literal<'a>(argument: Option<&'a Expr>, known: &Known<'a>) -> Option<&'a Expr> {
    match (argument, known) {
        (Some(map @ Expr::Map(..)), _) => Some(map),
        (_, Known::Map(made)) => *made,
        _ => None,
    }
}

/// The names that a documentation lists, also where it says "those of `pods::list`".
fn options_of(comments: &str) -> Vec<String> {
    let doc = doc_comment::parse(comments);
    let mut options: Vec<String> = doc.options.into_iter().map(|(name, _)| name).collect();
    let also = doc.parameters.iter().find(|(name, _)| name == "options").and_then(|(_, help)| referred(help));
    if let Some(path) = also {
        options.extend(Natives::get().of(path).iter().flat_map(|native| options_of(&native.comments)));
    }
    options
}

/// The function whose options are meant as well.
fn referred(help: &str) -> Option<&str> {
    let (_, rest) = help.split_once("those of `")?;
    rest.split_once('`').map(|(path, _)| path)
}
