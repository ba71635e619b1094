//! Cases of a `switch` that can never match. The tree contains only hashes of their values, so they are read from the
//! text.

use rhai::{Expr, Position, SwitchCasesCollection};

use crate::script::tokens::{self, Kind, Token};

use super::known::Known;
use super::message::{a, mistake};
use super::walk::Walk;

/// The value of a case.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Case {
    Int,
    Float,
    Text,
    Char,
    Bool,
    Unit,
    /// A range of ints.
    Range,
}

impl<'a> Walk<'a, '_> {
    /// The cases of a `switch` whose value is known.
    pub(super) fn cases(
        &mut self,
        known: &Known<'a>,
        value: &'a Expr,
        cases: &'a SwitchCasesCollection,
        position: Position,
    ) {
        // a block as the value has its own brackets
        if !matches!(value, Expr::Variable(..) | Expr::Dot(..) | Expr::Index(..) | Expr::FnCall(..)) {
            return;
        }
        let Some(start) = tokens::offset(&self.unit.text, position) else { return };
        let unit = self.unit;
        let Some(text) = unit.text.get(start..) else { return };
        let pieces: Vec<Token<'_>> =
            tokens::significant(text).into_iter().filter(|token| token.kind != Kind::Comment).collect();
        let Some(arms) = arms(&pieces) else { return };
        if arms.len() != cases.expressions.len() {
            return;
        }
        let mut seen: Vec<String> = Vec::new();
        for arm in &arms {
            for pattern in &arm.patterns {
                let Some(at) = pattern.first().and_then(|token| tokens::position(&unit.text, start + token.start))
                else {
                    continue;
                };
                let written: String = pattern.iter().map(|token| token.text).collect();
                if let Some(case) = case(pattern)
                    && never(known, case)
                {
                    let error =
                        mistake(format!("the case `{written}` never matches: the value is {}", a(known.name())));
                    self.found(error.hint(instead(known, case, &written)), at, false);
                } else if seen.contains(&written) {
                    let error = mistake(format!("the case `{written}` never matches: an earlier one takes it"));
                    self.found(error.hint("remove one of them"), at, false);
                }
                if !arm.has_condition {
                    seen.push(written);
                }
            }
        }
    }
}

struct Arm<'t> {
    patterns: Vec<Vec<Token<'t>>>,
    has_condition: bool,
}

/// Whether a value of a type never equals a case.
fn never(known: &Known<'_>, case: Case) -> bool {
    match known {
        Known::Optional(value) => case != Case::Unit && never(value, case),
        Known::Int => !matches!(case, Case::Int | Case::Range),
        // whether a float equals an int is left to the run
        Known::Float => !matches!(case, Case::Int | Case::Float | Case::Range),
        Known::Text => case != Case::Text,
        Known::Char => case != Case::Char,
        Known::Bool => case != Case::Bool,
        // a switch takes a duration as its seconds
        Known::Typed("Duration") => !matches!(case, Case::Int | Case::Range),
        Known::Unit => case != Case::Unit,
        Known::Typed(_) | Known::Array(_) | Known::Map(_) | Known::Function | Known::Args => true,
        Known::Any => false,
    }
}

fn instead(known: &Known<'_>, case: Case, written: &str) -> String {
    let bare = written.trim_matches(['"', '`']);
    match (known.present(), case) {
        (Known::Int, Case::Text) if bare.parse::<i64>().is_ok() => format!("write it as `{bare}`"),
        (Known::Bool, Case::Text) if matches!(bare, "true" | "false") => format!("write it as `{bare}`"),
        (Known::Text, Case::Int | Case::Float | Case::Bool) => format!("write it as `\"{written}\"`"),
        (Known::Text, Case::Char) => format!("write it as `\"{}\"`", written.trim_matches('\'')),
        (Known::Text, Case::Range) => "compare with `if`, or switch over an int: `parse_int(…)`".to_owned(),
        (Known::Typed("Duration"), _) => "write the seconds, as in `0..3600`, or compare with `duration(…)`".to_owned(),
        (Known::Typed(_), _) => "switch over one of its properties".to_owned(),
        _ => "what matches no case takes the default `_`".to_owned(),
    }
}

/// What a case is, as far as it is a plain literal.
fn case(pattern: &[Token<'_>]) -> Option<Case> {
    match pattern {
        [text] if text.kind == Kind::Text => match text.text.chars().next()? {
            '\'' => Some(Case::Char),
            '`' if text.text.contains("${") => None,
            _ => Some(Case::Text),
        },
        [number] | [_, number] if number.kind == Kind::Number && is_signed(pattern) => {
            Some(if number.text.contains('.') { Case::Float } else { Case::Int })
        }
        [word] if matches!(word.text, "true" | "false") => Some(Case::Bool),
        [open, close] if open.is("(") && close.is(")") => Some(Case::Unit),
        range if range.windows(2).any(|two| two[0].is(".") && two[1].is(".")) => Some(Case::Range),
        _ => None,
    }
}

fn is_signed(pattern: &[Token<'_>]) -> bool {
    pattern.len() == 1 || pattern[0].is("-")
}

/// The arms of the `switch` with which the pieces begin.
fn arms<'t>(pieces: &[Token<'t>]) -> Option<Vec<Arm<'t>>> {
    let mut at = 1;
    let mut depth = 0_usize;
    while depth > 0 || !pieces.get(at)?.is("{") {
        depth = deeper(depth, pieces.get(at)?)?;
        at += 1;
    }
    at += 1;
    let mut arms = Vec::new();
    loop {
        match pieces.get(at)? {
            token if token.is("}") => return Some(arms),
            token if token.is(",") => at += 1,
            _ => {
                let arrow = (at..pieces.len()).find(|at| is_arrow(pieces, *at))?;
                arms.push(arm(&pieces[at..arrow]));
                at = end_of_arm(pieces, arrow + 2)?;
            }
        }
    }
}

/// The patterns of an arm and its condition.
fn arm<'t>(pieces: &[Token<'t>]) -> Arm<'t> {
    let condition = pieces.iter().position(|token| token.kind == Kind::Word && token.text == "if");
    let patterns = pieces[..condition.unwrap_or(pieces.len())].split(|token| token.is("|"));
    Arm { patterns: patterns.map(<[Token<'t>]>::to_vec).collect(), has_condition: condition.is_some() }
}

fn is_arrow(pieces: &[Token<'_>], at: usize) -> bool {
    let next = pieces.get(at + 1);
    pieces[at].is("=") && next.is_some_and(|next| next.is(">") && next.start == pieces[at].start + 1)
}

/// Behind the value of an arm: a block ends by itself, anything else at a comma or at the end of the `switch`.
fn end_of_arm(pieces: &[Token<'_>], from: usize) -> Option<usize> {
    let is_block = pieces.get(from)?.is("{");
    let mut depth = 0;
    let mut at = from;
    loop {
        let token = pieces.get(at)?;
        if depth == 0 && (token.is(",") || token.is("}")) {
            return Some(at);
        }
        depth = deeper(depth, token)?;
        at += 1;
        if is_block && depth == 0 {
            return Some(at);
        }
    }
}

fn deeper(depth: usize, token: &Token<'_>) -> Option<usize> {
    match token.text {
        _ if token.kind != Kind::Symbol => Some(depth),
        "(" | "[" | "{" | "#{" => Some(depth + 1),
        ")" | "]" | "}" => depth.checked_sub(1),
        _ => Some(depth),
    }
}
