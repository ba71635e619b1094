//! A script's header: its `//!` text and the literal `PARAMS`, read without running anything.

use rhai::{AST, ASTNode, Array, Dynamic, Map, Stmt};

use crate::error::{Error, Kind, Place, Result};
use crate::nearest;

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
    /// A namespace; `-n` stands in where it is not given.
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
    /// The variable (`MCPCTL_…`) that stands in where it is not given.
    pub env: Option<String>,
    /// A further name of an option.
    pub alias: Option<String>,
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

    /// Whether the command line must give it; what is asked for need not stand there.
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

/// What a script says of itself.
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
pub const RESERVED: [&str; 19] = [
    "context",
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
    "request-timeout",
    "catalog",
    "help",
    "version",
    "color",
    "no-color",
];

const KEYS: [&str; 11] = ["name", "help", "kind", "or", "option", "required", "many", "choices", "env", "alias", "ask"];

impl Header {
    /// Reads the header of a compiled script. `label` and `text` are for errors.
    ///
    /// # Errors
    /// Another version is required; `PARAMS` that is no literal, an unknown key or kind, a name that is a global flag's or stands twice,
    /// a required parameter behind an optional one.
    pub fn read(ast: &AST, label: &str, text: &str) -> Result<Self> {
        // before all else: a script for a later version may hold what this one does not know
        let requires = requires::of(ast, label, text)?;
        let doc: String = ast.doc().lines().map(uncomment).collect::<Vec<_>>().join("\n");
        let doc = doc.trim().to_owned();
        let summary = doc.lines().next().unwrap_or_default().trim().to_owned();
        let place = place_of_params(ast, label, text);
        let declared = ast.iter_literal_variables(true, true).find(|(name, ..)| *name == "PARAMS");
        let params = match (declared, &place) {
            (Some((_, _, value)), _) => read_params(value).map_err(|e| match &place {
                Some(place) => e.place(place.clone()),
                None => e,
            })?,
            (None, Some(place)) => {
                return Err(Error::new(Kind::Script, "`PARAMS` is not a literal")
                    .place(place.clone())
                    .hint("write the array out: it is read without running the script, so no calls, names or sums"));
            }
            (None, None) => Vec::new(),
        };
        Ok(Self { summary, text: doc, params, requires })
    }
}

fn uncomment(line: &str) -> &str {
    let line = line.trim_start();
    let line = line.strip_prefix("//!").unwrap_or(line);
    line.strip_prefix(' ').unwrap_or(line)
}

/// Where `PARAMS` is declared, literal or not.
fn place_of_params(ast: &AST, label: &str, text: &str) -> Option<Place> {
    let mut found = None;
    ast.walk(&mut |path: &[ASTNode<'_>]| {
        if let Some(ASTNode::Stmt(Stmt::Var(var, _, position))) = path.last()
            && var.0.as_str() == "PARAMS"
            && path.len() == 1
        {
            found = Some(*position);
        }
        found.is_none()
    });
    let position = found?;
    let line = position.line().unwrap_or(0);
    let source = text.lines().nth(line.saturating_sub(1)).unwrap_or_default().to_owned();
    let column = source.find("PARAMS").map_or(1, |at| source[..at].chars().count() + 1);
    Some(Place { file: label.to_owned(), line, column, length: "PARAMS".len(), source, calls: Vec::new() })
}

fn header_error(message: impl Into<String>) -> Error {
    Error::new(Kind::Script, message)
}

fn read_params(value: Dynamic) -> Result<Vec<Param>> {
    let list: Array = value.try_cast().ok_or_else(|| header_error("`PARAMS` is not an array"))?;
    let mut params: Vec<Param> = Vec::with_capacity(list.len());
    for item in list {
        let map: Map = item.try_cast().ok_or_else(|| {
            header_error("an item of `PARAMS` is not a map").hint("write `#{ name: \"…\", help: \"…\" }`")
        })?;
        let param = read_param(&map)?;
        if params.iter().any(|known| known.long() == param.long()) {
            return Err(header_error(format!("parameter `{}` stands twice in `PARAMS`", param.name)));
        }
        if let Some(before) = params.iter().rfind(|p| !p.is_option())
            && !param.is_option()
        {
            if before.is_list() && before.many {
                return Err(header_error(format!(
                    "parameter `{}` cannot follow the repeatable `{}`",
                    param.name, before.name
                )));
            }
            if param.is_required() && !before.is_required() {
                return Err(header_error(format!(
                    "required parameter `{}` follows the optional `{}`",
                    param.name, before.name
                ))
                .hint("put it first, give it an `or`, or make it an option"));
            }
        }
        params.push(param);
    }
    Ok(params)
}

fn read_param(map: &Map) -> Result<Param> {
    for key in map.keys() {
        if !KEYS.contains(&key.as_str()) {
            return Err(header_error(format!("unknown key `{key}` in `PARAMS`")).suggest(nearest::nearest(key, KEYS)));
        }
    }
    let name = text(map, "name")?.ok_or_else(|| header_error("a parameter of `PARAMS` has no name"))?;
    let of = |what: &str| format!("{what} of parameter `{name}`");
    if !name.starts_with(|c: char| c.is_ascii_lowercase())
        || !name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    {
        return Err(header_error(format!("parameter name `{name}` is not lower case letters, digits and `_`")));
    }
    let kind_name = text(map, "kind")?.unwrap_or_else(|| "string".to_owned());
    let Some((_, kind)) = ParamKind::ALL.into_iter().find(|(name, _)| *name == kind_name) else {
        let near = nearest::nearest(&kind_name, ParamKind::ALL.iter().map(|(name, _)| *name));
        return Err(header_error(format!("unknown kind `{kind_name}`, {}", of("the kind"))).suggest(near));
    };
    let own_flag =
        kind == ParamKind::Namespace && name == "namespace" || kind == ParamKind::Context && name == "context";
    let option = flag(map, "option")?;
    if RESERVED.contains(&name.replace('_', "-").as_str()) && (!own_flag || option) {
        return Err(header_error(format!("parameter `{name}` has the name of a flag that every command has"))
            .hint("choose another name"));
    }
    let choices = match map.get("choices") {
        None => Vec::new(),
        Some(value) => value
            .clone()
            .into_typed_array::<String>()
            .map_err(|_| header_error(format!("{} are not an array of texts", of("the choices"))))?,
    };
    if (kind == ParamKind::Choice) == choices.is_empty() {
        return Err(header_error(format!("parameter `{name}` needs both `kind: \"choice\"` and `choices`")));
    }
    let env = text(map, "env")?;
    if env.as_ref().is_some_and(|env| !env.starts_with("MCPCTL_")) {
        return Err(header_error(format!("{} does not start with `MCPCTL_`", of("the variable"))));
    }
    let ask = flag(map, "ask")?;
    if ask && (map.contains_key("or") || flag(map, "many")? || matches!(kind, ParamKind::Flag | ParamKind::Secret)) {
        return Err(header_error(format!("`ask` of parameter `{name}` does not go with its `or`, `many` or kind")));
    }
    let or = map.get("or").cloned();
    if let Some(value) = &or {
        check_default(kind, &name, value, flag(map, "many")?, &choices)?;
    }
    Ok(Param {
        help: text(map, "help")?.unwrap_or_default(),
        kind,
        or,
        option,
        required: flag(map, "required")?,
        many: flag(map, "many")?,
        choices,
        env,
        alias: text(map, "alias")?,
        ask,
        name,
    })
}

/// A default must have the type that a given value has.
fn check_default(kind: ParamKind, name: &str, value: &Dynamic, many: bool, choices: &[String]) -> Result<()> {
    let fits = value.is_unit()
        || match kind {
            ParamKind::Int => value.is_int(),
            ParamKind::Bool | ParamKind::Flag => value.is_bool(),
            ParamKind::List => value.is_array(),
            ParamKind::Secret => false,
            ParamKind::Choice => value.clone().into_string().is_ok_and(|text| choices.contains(&text)),
            _ => value.is_string() || (many && value.is_array()),
        };
    if fits {
        return Ok(());
    }
    Err(header_error(format!("`or` of parameter `{name}` does not fit its kind `{}`", kind.name())))
}

fn text(map: &Map, key: &str) -> Result<Option<String>> {
    match map.get(key) {
        None => Ok(None),
        Some(value) => match value.clone().into_string() {
            Ok(text) => Ok(Some(text)),
            Err(_) => Err(header_error(format!("`{key}` in `PARAMS` is not text"))),
        },
    }
}

fn flag(map: &Map, key: &str) -> Result<bool> {
    match map.get(key) {
        None => Ok(false),
        Some(value) => value.as_bool().map_err(|_| header_error(format!("`{key}` in `PARAMS` is not true or false"))),
    }
}
