//! Chains of dots and brackets: `pod.session`, `pods[0].name`, `pods.filter(|pod| pod.age > 60).len()`.

use rhai::{ASTFlags, Expr};

use super::known::Known;
use super::message::mistake;
use super::walk::Walk;

/// How a chain goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Link {
    Dot,
    Index,
}

/// What is done with the end of a chain.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    Read,
    Assigned,
    /// Read on the left of `??`, where no key needs to exist.
    Coalesced,
}

impl<'a> Walk<'a, '_> {
    /// The left side of an assignment.
    pub(super) fn target(&mut self, target: &'a Expr) {
        match target {
            Expr::Dot(chain, flags, _) => {
                let known = self.expression(&chain.lhs);
                self.chain(known, &chain.rhs, Link::Dot, *flags, Use::Assigned);
            }
            Expr::Index(chain, flags, _) => {
                let known = self.expression(&chain.lhs);
                self.chain(known, &chain.rhs, Link::Index, *flags, Use::Assigned);
            }
            other => {
                self.expression(other);
            }
        }
    }

    /// What follows a value. A chain leans to the right: `a.b[c].d` is `a` and then `.b`, `[c]`, `.d`.
    pub(super) fn chain(
        &mut self,
        value: Known<'a>,
        rest: &'a Expr,
        link: Link,
        flags: ASTFlags,
        how: Use,
    ) -> Known<'a> {
        let next = match rest {
            Expr::Dot(chain, next, _) if !flags.contains(ASTFlags::BREAK) => Some((chain, Link::Dot, *next)),
            Expr::Index(chain, next, _) if !flags.contains(ASTFlags::BREAK) => Some((chain, Link::Index, *next)),
            _ => None,
        };
        let maybe = flags.contains(ASTFlags::NEGATED) || how == Use::Coalesced;
        // `?.` on `()` looks at nothing
        let value = if maybe && matches!(value, Known::Unit) { Known::Any } else { value };
        let Some((chain, link_after, flags_after)) = next else {
            let how = if maybe { Use::Coalesced } else { how };
            let known = self.step(&value, rest, link, how);
            return if maybe { Known::Any } else { known };
        };
        let known = self.step(&value, &chain.lhs, link, if maybe { Use::Coalesced } else { Use::Read });
        if how != Use::Coalesced && !flags_after.contains(ASTFlags::NEGATED) {
            self.unguarded(&value, &chain.lhs, link_after, &chain.rhs);
        }
        let after = match &chain.rhs {
            Expr::Dot(chain, ..) | Expr::Index(chain, ..) => &chain.lhs,
            other => other,
        };
        let is_open = maybe || matches!(known, Known::Unit) && self.nothing_follows(&chain.lhs, link_after, after);
        let known = if is_open { Known::Any } else { known };
        self.chain(known, &chain.rhs, link_after, flags_after, how)
    }

    fn step(&mut self, value: &Known<'a>, part: &'a Expr, link: Link, how: Use) -> Known<'a> {
        match (link, part) {
            (Link::Index, index) => {
                let by = self.expression(index);
                if let (Known::Args, Expr::StringConstant(name, position)) = (value, index) {
                    self.indexed.insert(name);
                    return self.parameter(name, *position);
                }
                self.args_escape |= matches!(value, Known::Args);
                match (value.present(), by) {
                    // a text by a range is a text
                    (Known::Text, by) if !matches!(by, Known::Int) => Known::Any,
                    _ => value.item(),
                }
            }
            (Link::Dot, Expr::Property(property, position)) => self.property(value, &property.2, *position, how),
            (Link::Dot, Expr::MethodCall(call, position)) => self.method(value, call, *position),
            (Link::Dot, other) => self.expression(other),
        }
    }
    /// `list.find(…).name`: where nothing is found, there is no name.
    fn unguarded(&mut self, value: &Known<'a>, part: &'a Expr, next: Link, rest: &'a Expr) {
        let Expr::MethodCall(call, position) = part else { return };
        let finds = matches!(call.name.as_str(), "find" | "find_map") && matches!(value, Known::Array(_));
        let property = match rest {
            Expr::Dot(chain, ..) | Expr::Index(chain, ..) => &chain.lhs,
            other => other,
        };
        if !finds || next == Link::Dot && !matches!(property, Expr::Property(..)) {
            return;
        }
        let name = &call.name;
        let error = mistake(format!("`{name}` gives `()` where it finds nothing, and `()` has no properties"));
        let sign = if next == Link::Dot { "?." } else { "?[" };
        self.found(
            error.hint(format!("write `{name}(…){sign}…`, or give a default: `{name}(…){sign}… ?? …`")),
            *position,
            false,
        );
    }
}
