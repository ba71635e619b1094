//! The arguments and results of a file's own functions, collected in rounds.

use std::collections::{HashMap, HashSet};

use super::known::Known;
use super::unit::{Body, Unit};

/// A function of the file: its name and how many parameters it has.
type Key = (String, usize);

/// What is known of the file's functions.
#[derive(Default)]
pub(super) struct Functions<'a> {
    parameters: HashMap<Key, Vec<Known<'a>>>,
    results: HashMap<Key, Known<'a>>,
    seen_parameters: HashMap<Key, Vec<Known<'a>>>,
    seen_results: HashMap<Key, Known<'a>>,
    /// Functions that are used as values: their callers are not known.
    pointed: HashSet<String>,
    names: HashSet<String>,
}

impl<'a> Functions<'a> {
    /// Nothing is known at first.
    pub(super) fn of(unit: &Unit) -> Self {
        Self { names: unit.functions().map(|def| def.name.to_string()).collect(), ..Self::default() }
    }

    /// Whether the file has a function of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// What a parameter is in every call that the file makes.
    pub(super) fn parameter(&self, def: &Body, at: usize) -> Known<'a> {
        if self.pointed.contains(def.name.as_str()) {
            return Known::Any;
        }
        let known = self.parameters.get(&key(&def.name, def.params.len())).and_then(|known| known.get(at));
        match known {
            // a function that is given `()` asks for it
            None | Some(Known::Unit) => Known::Any,
            Some(known) => known.clone(),
        }
    }

    /// Whether the file itself calls a function.
    pub(super) fn is_called(&self, def: &Body) -> bool {
        self.pointed.contains(def.name.as_str()) || self.parameters.contains_key(&key(&def.name, def.params.len()))
    }

    /// What a call gives.
    pub(super) fn result(&self, name: &str, count: usize) -> Known<'a> {
        self.results.get(&key(name, count)).cloned().unwrap_or(Known::Any)
    }

    /// Notes a call.
    pub(super) fn called(&mut self, name: &str, arguments: &[Known<'a>]) {
        match self.seen_parameters.entry(key(name, arguments.len())) {
            std::collections::hash_map::Entry::Vacant(entry) => {
                entry.insert(arguments.to_vec());
            }
            std::collections::hash_map::Entry::Occupied(mut entry) => {
                for (known, argument) in entry.get_mut().iter_mut().zip(arguments) {
                    *known = std::mem::replace(known, Known::Any).join(argument.clone());
                }
            }
        }
    }

    /// Notes that a function is used as a value.
    pub(super) fn pointed_at(&mut self, name: &str) {
        self.pointed.insert(name.to_owned());
    }

    /// Notes what a function gives.
    pub(super) fn gives(&mut self, def: &Body, value: Known<'a>) {
        self.seen_results.insert(key(&def.name, def.params.len()), value);
    }

    /// Takes what a round has seen for the next one.
    pub(super) fn learn(&mut self) {
        self.parameters = std::mem::take(&mut self.seen_parameters);
        self.results = std::mem::take(&mut self.seen_results);
    }
}

fn key(name: &str, count: usize) -> Key {
    (name.to_owned(), count)
}
