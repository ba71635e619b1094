//! What a script can do: the effects of every function that it can reach, found without running it.
//!
//! The walk starts at the top level and at `main`, and follows calls of own functions, closures, function pointers and
//! imported functions; each call of a primitive adds its effects in the reference. A function without a call adds
//! nothing. The result is an upper bound: a call behind an `if` counts.

mod body;
mod file;
mod pods;

use std::collections::{BTreeMap, BTreeSet};

use crate::error::Result;
use crate::reference::{self, FunctionEntry};

use super::imports;
use super::resolve::Script;
use body::{Body, Called};
use file::File;

/// What a script can do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    /// The effects in the fixed grammar, as `cluster: list pods`.
    pub effects: BTreeSet<String>,
    /// Whether it asks for all namespaces by itself: an options map contains `all_namespaces: true`.
    pub all_namespaces: bool,
    /// Whether it asks a person for a secret by itself.
    pub asks_secret: bool,
}

impl Reach {
    /// The effects of a script.
    ///
    /// # Errors
    /// The script, or a module that it imports, does not compile or does not exist.
    pub fn of(script: &Script) -> Result<Self> {
        let mut walk = Walk::default();
        let label = script.label.clone();
        walk.files.insert(label.clone(), File::compile(&script.label, &script.text)?);
        walk.visit(Step { label: label.clone(), body: Body::Top })?;
        walk.visit(Step { label, body: Body::Named("main".to_owned(), None) })?;
        Ok(walk.reach)
    }

    /// Adds what another script can do.
    pub fn merge(&mut self, other: Self) {
        self.effects.extend(other.effects);
        self.all_namespaces |= other.all_namespaces;
        self.asks_secret |= other.asks_secret;
    }
}

/// One body that is to be looked at: in which file, and which.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Step {
    label: String,
    body: Body,
}

#[derive(Default)]
struct Walk {
    files: BTreeMap<String, File>,
    seen: BTreeSet<Step>,
    reach: Reach,
}

impl Walk {
    fn visit(&mut self, first: Step) -> Result<()> {
        let mut open = vec![first];
        while let Some(step) = open.pop() {
            if !self.seen.insert(step.clone()) {
                continue;
            }
            for called in self.files.get(&step.label).map(|file| file.calls(&step.body)).unwrap_or_default() {
                self.follow(&step.label, called, &mut open)?;
            }
        }
        Ok(())
    }

    /// What one call leads to: bodies to look at, or effects.
    fn follow(&mut self, label: &str, called: Called, open: &mut Vec<Step>) -> Result<()> {
        match called {
            Called::AllNamespaces => self.reach.all_namespaces = true,
            Called::Import(path) => {
                let module = self.module(label, &path)?;
                open.push(Step { label: module, body: Body::Top });
            }
            Called::Pointer(name) => open.push(Step { label: label.to_owned(), body: Body::Named(name, None) }),
            Called::AnyOwn => open.push(Step { label: label.to_owned(), body: Body::All }),
            Called::Function { path, name, arguments, knows_pods } => match path.first() {
                None => {
                    let own = Body::Named(name.clone(), Some(arguments));
                    if self.files.get(label).is_some_and(|file| file.has(&own)) {
                        open.push(Step { label: label.to_owned(), body: own });
                    } else {
                        // a method call gives its object as a further argument
                        self.primitive("", &name, &[arguments, arguments + 1], knows_pods);
                    }
                }
                Some(namespace) if reference::is_namespace(namespace) => {
                    self.primitive(namespace, &name, &[arguments], knows_pods);
                }
                Some(_) => {
                    for module in self.modules(label, &path)? {
                        open.push(Step { label: module, body: Body::Named(name.clone(), Some(arguments)) });
                    }
                }
            },
        }
        Ok(())
    }

    fn primitive(&mut self, module: &str, name: &str, arguments: &[usize], knows_pods: bool) {
        self.reach.asks_secret |= (module, name) == ("ui", "ask_secret");
        let named: Vec<&FunctionEntry> =
            reference::entries().iter().filter(|entry| entry.module == module && entry.name == name).collect();
        let fits = |entry: &&FunctionEntry| arguments.iter().any(|count| entry.counts().contains(count));
        let fitting: Vec<&FunctionEntry> = named.iter().copied().filter(|entry| fits(entry)).collect();
        let count = if fitting.is_empty() { usize::MAX } else { arguments.iter().copied().max().unwrap_or(usize::MAX) };
        for entry in if fitting.is_empty() { named } else { fitting } {
            let needed = entry.effects_with(count).filter(|effect| !(knows_pods && pods::is_look_up(entry, effect)));
            self.reach.effects.extend(needed.cloned());
        }
    }

    /// The module that an import of a file names, compiled.
    fn module(&mut self, importer: &str, path: &str) -> Result<String> {
        let found = imports::find(importer, path)?;
        if !self.files.contains_key(&found.label) {
            let file = File::compile(&found.label, &found.text)?;
            self.files.insert(found.label.clone(), file);
        }
        Ok(found.label)
    }

    /// The modules that `a::b` may mean in a file: those imported as `a`, and in them those imported as `b`.
    fn modules(&mut self, label: &str, path: &[String]) -> Result<Vec<String>> {
        let mut labels = vec![label.to_owned()];
        for alias in path {
            let mut inner = Vec::new();
            for label in labels {
                for import in self.files.get(&label).map(|file| file.imported_as(alias)).unwrap_or_default() {
                    inner.push(self.module(&label, &import)?);
                }
            }
            labels = inner;
        }
        Ok(labels)
    }
}

#[cfg(test)]
mod tests;
