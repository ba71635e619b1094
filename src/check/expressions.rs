//! Expressions of every kind, and what is known of their values.

use rhai::Expr;

use crate::script::functions::Closure;

use super::chains::Link;
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
            Expr::StringConstant(..) => Known::Text,
            Expr::DynamicConstant(value, _) => self.constant(value),
            Expr::InterpolatedString(parts, _) => {
                for part in parts {
                    self.expression(part);
                }
                Known::Text
            }
            Expr::Array(items, _) => {
                let known: Vec<Known<'a>> = items.iter().map(|item| self.expression(item)).collect();
                self.escape(&known);
                let item = known.into_iter().map(Known::changed).reduce(Known::join).unwrap_or(Known::Any);
                Known::Array(Box::new(item))
            }
            Expr::Map(map, _) => {
                for (_, value) in &map.0 {
                    let known = self.expression(value);
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
                let known = self.expression(&chain.lhs);
                self.chain(known, &chain.rhs, Link::Dot, *flags, false)
            }
            Expr::Index(chain, flags, _) => {
                let known = self.expression(&chain.lhs);
                self.chain(known, &chain.rhs, Link::Index, *flags, false)
            }
            Expr::And(parts, _) | Expr::Or(parts, _) => {
                for part in parts.iter() {
                    self.expression(part);
                }
                Known::Bool
            }
            Expr::Coalesce(parts, _) => {
                for part in parts.iter() {
                    self.expression(part);
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
}
