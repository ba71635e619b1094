//! One function as people and programs read it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::deprecation::Deprecation;

/// A parameter of a function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its type in the script language; `any` where it takes several.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it means.
    pub help: String,
    /// Whether a call may leave it out.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
}

/// As a signature has it: `name: string`, `options?`. Options are always a map.
impl std::fmt::Display for Parameter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.name, if self.optional { "?" } else { "" })?;
        if self.kind.is_empty() || self.name == "options" { Ok(()) } else { write!(f, ": {}", self.kind) }
    }
}

/// An example and what it gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Example {
    /// The script, without the line that states the result.
    pub code: String,
    /// The stated result, an expression of the script language.
    pub result: String,
}

/// A function of the script language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FunctionEntry {
    /// Its name without the namespace.
    pub name: String,
    /// Its namespace; empty for global functions, `std/NAME` for modules to import.
    pub module: String,
    /// `pods::list(options?) -> array of Pod`.
    pub signature: String,
    /// The first sentence of the documentation.
    pub summary: String,
    /// What else the documentation says before its sections.
    pub description: String,
    /// The parameters in order.
    pub parameters: Vec<Parameter>,
    /// The options an options map may hold.
    pub options: Vec<Parameter>,
    /// The type it gives.
    pub returns: String,
    /// Its effects in the fixed grammar; empty for a function that touches nothing.
    pub effects: Vec<String>,
    /// Those of them that need an argument which can be left out, and what it is.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub conditional: BTreeMap<String, String>,
    /// When it fails.
    pub errors: Vec<String>,
    /// What it looks like in use; every one is run by a test.
    pub examples: Vec<Example>,
    /// That it is going to be removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<Deprecation>,
}

impl FunctionEntry {
    /// `pods::list`, or the bare name of a global function.
    #[must_use]
    pub fn path(&self) -> String {
        let module = self.module.strip_prefix("std/").unwrap_or(&self.module);
        if module.is_empty() { self.name.clone() } else { format!("{module}::{}", self.name) }
    }

    /// The numbers of arguments that a call can have.
    #[must_use]
    pub fn counts(&self) -> std::ops::RangeInclusive<usize> {
        self.parameters.iter().filter(|parameter| !parameter.optional).count()..=self.parameters.len()
    }

    /// The effects of a call with so many arguments.
    pub fn effects_with(&self, count: usize) -> impl Iterator<Item = &String> {
        let all = count >= self.parameters.len();
        self.effects.iter().filter(move |effect| all || !self.conditional.contains_key(*effect))
    }

    /// The effects as the reference shows them: each in `quote`, with the argument that it needs.
    pub(super) fn described_effects(&self, quote: &str) -> Vec<String> {
        let with =
            |effect: &String| self.conditional.get(effect).map_or_else(String::new, |what| format!(" (with {what})"));
        self.effects.iter().map(|effect| format!("{quote}{effect}{quote}{}", with(effect))).collect()
    }
}
