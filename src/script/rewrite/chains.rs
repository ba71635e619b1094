//! Chains of dots and brackets, which lean to the right: `a.b[c].d` is `a` and then `.b`, `[c]`, `.d`.

use rhai::{ASTFlags, BinaryExpr, Expr, Position, Stmt, StmtBlock};

/// A part of a chain.
pub(super) struct Link {
    /// The property, the method call, or the index.
    pub(super) part: Expr,
    /// Whether it is an index.
    is_index: bool,
    /// Whether it was written with `?`.
    pub(super) is_optional: bool,
    position: Position,
}

impl Link {
    /// Where errors place it: at the key, or, where there is nothing to look into, at the bracket.
    pub(super) fn places(&self) -> [Position; 2] {
        [self.part.start_position(), if self.is_index { self.position } else { self.part.start_position() }]
    }

    /// Whether it reads a property or an item.
    pub(super) fn is_key(&self) -> bool {
        self.is_index || matches!(self.part, Expr::Property(..))
    }
}

/// A chain, taken apart.
pub(super) struct Chain {
    /// What it starts from.
    pub(super) root: Expr,
    /// What follows.
    pub(super) links: Vec<Link>,
}

impl Chain {
    /// Takes a chain apart; anything else is given back.
    pub(super) fn take(expression: Expr) -> Result<Self, Expr> {
        if !matches!(expression, Expr::Dot(..) | Expr::Index(..)) {
            return Err(expression);
        }
        let mut links = Vec::new();
        let mut root = None;
        let mut rest = expression;
        loop {
            let (chain, flags, position, is_index) = match rest {
                Expr::Dot(chain, flags, position) => (chain, flags, position, false),
                Expr::Index(chain, flags, position) => (chain, flags, position, true),
                other => return Err(other),
            };
            let BinaryExpr { lhs, rhs } = *chain;
            match root {
                None => root = Some(lhs),
                Some(_) => set_part(&mut links, lhs),
            }
            let is_optional = flags.contains(ASTFlags::NEGATED);
            if flags.contains(ASTFlags::BREAK) || !matches!(rhs, Expr::Dot(..) | Expr::Index(..)) {
                links.push(Link { part: rhs, is_index, is_optional, position });
                break;
            }
            // its part is the left side of what follows
            links.push(Link { part: Expr::Unit(position), is_index, is_optional, position });
            rest = rhs;
        }
        Ok(Self { root: root.unwrap_or_default(), links })
    }

    /// Puts it together again.
    pub(super) fn join(self) -> Expr {
        let mut links = self.links.into_iter().rev();
        let Some(last) = links.next() else { return self.root };
        // from the last link to the first: each takes what is on its right
        let mut kind = (last.is_index, last.is_optional, last.position, true);
        let mut rest = last.part;
        for link in links {
            rest = connect(link.part, rest, kind);
            kind = (link.is_index, link.is_optional, link.position, false);
        }
        connect(self.root, rest, kind)
    }

    /// Makes a value of its own of everything before a link: a copy, which nothing locks.
    pub(super) fn copy_before(&mut self, at: usize) {
        let rest = self.links.split_off(at);
        let before = Self { root: std::mem::take(&mut self.root), links: std::mem::replace(&mut self.links, rest) };
        // `?` ends the whole chain, not only what is copied
        if before.links.iter().any(|link| link.is_optional)
            && let Some(first) = self.links.first_mut()
        {
            first.is_optional = true;
        }
        let value = before.join();
        let position = value.start_position();
        let block = StmtBlock::new([Stmt::Expr(Box::new(value))], position, position);
        self.root = Expr::Stmt(Box::new(block));
    }
}

fn set_part(links: &mut [Link], part: Expr) {
    if let Some(last) = links.last_mut() {
        last.part = part;
    }
}

fn connect(lhs: Expr, rhs: Expr, (is_index, is_optional, position, is_last): (bool, bool, Position, bool)) -> Expr {
    let mut flags = ASTFlags::NONE;
    flags.set(ASTFlags::NEGATED, is_optional);
    // an index that is a chain of its own is not part of this one
    flags.set(ASTFlags::BREAK, is_last);
    let chain = Box::new(BinaryExpr { lhs, rhs });
    if is_index { Expr::Index(chain, flags, position) } else { Expr::Dot(chain, flags, position) }
}
