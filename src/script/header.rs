//! A script's header: its `//!` text and the literal `PARAMS`, read without running anything.

mod params;
mod places;

use rhai::{AST, Dynamic};

use crate::error::{Error, Result};

use super::diagnostics;

use super::requires;

/// What kind of value a parameter takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParamKind {
    /// Any text.
    String,
    /// A whole number.
    Int,
    /// `true` or `false`.
    Bool,
    /// `--name`, true when given.
    Flag,
    /// A duration like `24h` or `7d`.
    Duration,
    /// A path of a file or folder.
    Path,
    /// One of `choices`.
    Choice,
    /// Several values, separated by commas; as an option it may be repeated.
    List,
    /// A namespace; the default is that of `-n`.
    Namespace,
    /// The id of a gateway session.
    Session,
    /// The name of a server of the catalog.
    Server,
    /// A context of the kubeconfig.
    Context,
    /// A secret: asked for unseen, or `@FILE`, or `-`.
    Secret,
}

impl ParamKind {
    /// Every kind with the name that headers use.
    pub const ALL: [(&'static str, Self); 13] = [
        ("string", Self::String),
        ("int", Self::Int),
        ("bool", Self::Bool),
        ("flag", Self::Flag),
        ("duration", Self::Duration),
        ("path", Self::Path),
        ("choice", Self::Choice),
        ("list", Self::List),
        ("namespace", Self::Namespace),
        ("session", Self::Session),
        ("server", Self::Server),
        ("context", Self::Context),
        ("secret", Self::Secret),
    ];

    /// The name that headers use.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, kind)| *kind == self).map_or("string", |(name, _)| name)
    }
}

/// One parameter of a script.
#[derive(Debug, Clone)]
pub struct Param {
    /// Its name: `args.NAME`, and `--NAME` with `-` for `_`.
    pub name: String,
    /// One line of help.
    pub help: String,
    /// What it takes.
    pub kind: ParamKind,
    /// The value where none is given (`or:`). A positional without one must be given.
    pub or: Option<Dynamic>,
    /// `--name VALUE` instead of a positional.
    pub option: bool,
    /// Must be given although it is an option.
    pub required: bool,
    /// May be given several times; its value is then an array.
    pub many: bool,
    /// What a `choice` may be.
    pub choices: Vec<String>,
    /// The variable (`MCPCTL_…`) with the default.
    pub env: Option<String>,
    /// A further name of an option.
    pub alias: Option<String>,
    /// The letter of an option: `-f` for `--follow`.
    pub short: Option<char>,
    /// Must be given, but is asked for on a terminal.
    pub ask: bool,
}

impl Param {
    /// The name on the command line, with `-` for `_`.
    #[must_use]
    pub fn long(&self) -> String {
        self.name.replace('_', "-")
    }

    /// Whether it is written `--name`.
    #[must_use]
    pub fn is_option(&self) -> bool {
        self.option || self.kind == ParamKind::Flag
    }

    /// Whether the command line must contain it; a parameter that is asked for may be missing.
    #[must_use]
    pub fn is_required(&self) -> bool {
        let positional = !self.is_option() && self.or.is_none() && self.kind != ParamKind::Namespace;
        !self.ask && (self.required || (positional && self.env.is_none()))
    }

    /// Whether its value is an array.
    #[must_use]
    pub fn is_list(&self) -> bool {
        self.many || self.kind == ParamKind::List
    }
}

/// The header of a script.
#[derive(Debug, Clone, Default)]
pub struct Header {
    /// The first line of the `//!` text; empty where there is none.
    pub summary: String,
    /// The whole `//!` text.
    pub text: String,
    /// The parameters in order.
    pub params: Vec<Param>,
    /// The versions of mcpctl that it can be run by; this one is among them.
    pub requires: Option<semver::VersionReq>,
}

/// Names a parameter may not have: they are flags of every command.
pub const RESERVED: [&str; 23] = [
    "context",
    "contexts",
    "kubeconfig",
    "namespace",
    "all-namespaces",
    "output",
    "selector",
    "dry-run",
    "yes",
    "verbose",
    "quiet",
    "sandbox",
    "read-only",
    "allow-context",
    "allow",
    "deny",
    "no-journal",
    "request-timeout",
    "catalog",
    "help",
    "version",
    "color",
    "no-color",
];

/// Letters a parameter may not have: they are flags of every command.
pub const RESERVED_LETTERS: [char; 9] = ['A', 'V', 'h', 'l', 'n', 'o', 'q', 'v', 'y'];

impl Header {
    /// Reads the header of a compiled script. `label` and `text` are for errors.
    ///
    /// # Errors
    /// Another version is required; else the first mistake of [`read_all`](Self::read_all).
    pub fn read(ast: &AST, label: &str, text: &str) -> Result<Self> {
        // before all else: a script for a later version may hold what this one does not know
        requires::of(ast, label, text)?;
        let (header, mistakes) = Self::read_all(ast, label, text);
        mistakes.into_iter().next().map_or(Ok(header), Err)
    }

    /// Reads the header with all of its mistakes, each with its place: `PARAMS` that is not a literal, an unknown key
    /// or kind, a duplicate name or that of a global flag, a required parameter after an optional one.
    #[must_use]
    pub fn read_all(ast: &AST, label: &str, text: &str) -> (Self, Vec<Error>) {
        let doc: String = ast.doc().lines().map(uncomment).collect::<Vec<_>>().join("\n");
        let doc = doc.trim().to_owned();
        let summary = doc.lines().next().unwrap_or_default().trim().to_owned();
        let declared = ast.iter_literal_variables(true, true).find(|(name, ..)| *name == "PARAMS");
        let (params, faults) = match (declared, places::declared(ast)) {
            (Some((_, _, value)), _) => params::read(value),
            (None, true) => (Vec::new(), vec![params::not_literal()]),
            (None, false) => (Vec::new(), Vec::new()),
        };
        let mistakes = faults.into_iter().map(|fault| {
            let position = places::of(ast, &fault);
            fault.error.place(diagnostics::place_in(text, label, position))
        });
        let (requires, unmet) = match requires::of(ast, label, text) {
            Ok(requires) => (requires, None),
            Err(error) => (None, Some(error)),
        };
        let mistakes = unmet.into_iter().chain(mistakes).collect();
        (Self { summary, text: doc, params, requires }, mistakes)
    }
}

fn uncomment(line: &str) -> &str {
    let line = line.trim_start();
    let line = line.strip_prefix("//!").unwrap_or(line);
    line.strip_prefix(' ').unwrap_or(line)
}
