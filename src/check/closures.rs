//! Closures: their bodies are walked where they are created, with what is known there.

use rhai::{Dynamic, FnPtr};

use super::known::Known;
use super::walk::{Walk, asks_types};

impl<'a> Walk<'a, '_> {
    /// A constant of the tree: a closure is one.
    pub(super) fn constant(&mut self, value: &'a Dynamic) -> Known<'a> {
        match value.read_lock::<FnPtr>() {
            Some(pointer) => {
                let name = pointer.fn_name().to_owned();
                drop(pointer);
                self.closure(&name, &[], &[]);
                Known::Function
            }
            None => Known::Any,
        }
    }

    /// Walks a closure's body where it is created: `captured` is known about its captured variables, `given` about its
    /// arguments.
    pub(super) fn closure(&mut self, name: &str, captured: &[Known<'a>], given: &[Known<'a>]) -> Known<'a> {
        let Some(body) = self.unit.closure(name) else { return Known::Any };
        let inner = self.scope.for_function();
        let outer = std::mem::replace(&mut self.scope, inner);
        for (at, param) in body.params.iter().enumerate() {
            let known = match captured.get(at) {
                Some(known) => known.clone(),
                None => given.get(at - captured.len()).cloned().unwrap_or(Known::Any),
            };
            let known = self.lasting(param, known);
            self.scope.variable(param, known);
        }
        let returned = std::mem::take(&mut self.returned);
        let around = self.asks_types;
        self.asks_types |= asks_types(&body.statements);
        let mut value = self.statements(&body.statements);
        self.asks_types = around;
        for known in std::mem::replace(&mut self.returned, returned) {
            value = value.join(known);
        }
        self.scope = outer;
        value
    }
}
