//! Expressions of every kind, and what is known of their values.

use rhai::Expr;

use crate::script::functions::Closure;

use super::chains::{Link, Use};
use super::known::Known;
use super::walk::Walk;

impl<'a> Walk<'a, '_> {
    /// An expression; gives what is known of its value.
    pub(super) fn expression(&mut self, expression: &'a Expr) -> Known<'a> {
        match expression {
            Expr::Unit(_) => Known::Unit,
            Expr::BoolConstant(..) => Known::Bool,
            Expr::IntegerConstant(..) => Known::Int,
            Expr::FloatConstant(..) => Known::Float,
            Expr::CharConstant(..) => Known::Char,
            Expr::StringConstant(text, position) => {
                self.literal(text, *position);
                Known::Text
            }
            Expr::DynamicConstant(value, _) => self.constant(value),
            Expr::InterpolatedString(parts, _) => {
                for part in parts {
                    match part {
                        Expr::StringConstant(text, position) => self.in_backticks(text, *position),
                        value => drop(self.used(value)),
                    }
                }
                Known::Text
            }
            Expr::Array(items, _) => {
                let known: Vec<Known<'a>> = items.iter().map(|item| self.used(item)).collect();
                self.escape(&known);
                let item = known.into_iter().map(Known::changed).reduce(Known::join).unwrap_or(Known::Any);
                Known::Array(Box::new(item))
            }
            Expr::Map(map, _) => {
                for (_, value) in &map.0 {
                    let known = self.used(value);
                    self.escape(&[known]);
                }
                Known::Map(Some(expression))
            }
            Expr::Variable(..) => self.variable(expression),
            Expr::FnCall(call, position) => self.call(call, *position),
            Expr::Stmt(block) => match Closure::capturing(expression) {
                Some(closure) => {
                    let known: Vec<Known<'a>> =
                        closure.captured.iter().map(|variable| self.variable(variable)).collect();
                    self.closure(&closure.name, &known, &[]);
                    Known::Function
                }
                None => self.block(block.statements()),
            },
            Expr::Dot(chain, flags, _) => {
                self.races(expression);
                let known = self.expression(&chain.lhs);
                self.chain(known, &chain.rhs, Link::Dot, *flags, Use::Read)
            }
            Expr::Index(chain, flags, _) => {
                self.races(expression);
                let known = self.expression(&chain.lhs);
                self.chain(known, &chain.rhs, Link::Index, *flags, Use::Read)
            }
            Expr::And(parts, _) | Expr::Or(parts, _) => {
                for part in parts.iter() {
                    self.expression(part);
                }
                Known::Bool
            }
            Expr::Coalesce(parts, _) => {
                for (at, part) in parts.iter().enumerate() {
                    self.coalesced(part, at + 1 < parts.len());
                }
                Known::Any
            }
            Expr::Custom(custom, _) => {
                for part in &custom.inputs {
                    self.expression(part);
                }
                Known::Any
            }
            _ => Known::Any,
        }
    }
    /// A part of `a ?? b`: no key needs to exist on the left.
    fn coalesced(&mut self, part: &'a Expr, is_left: bool) {
        let (chain, link, flags) = match part {
            Expr::Dot(chain, flags, _) if is_left => (chain, Link::Dot, *flags),
            Expr::Index(chain, flags, _) if is_left => (chain, Link::Index, *flags),
            other => return drop(self.expression(other)),
        };
        self.races(part);
        let known = self.expression(&chain.lhs);
        self.chain(known, &chain.rhs, link, flags, Use::Coalesced);
    }
}
