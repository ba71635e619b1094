//! Calls by name: `f(x)`, `pods::list()`, `report::show(x)`.

use rhai::{Expr, FnCallExpr, Position};

use crate::nearest;
use crate::script::diagnostics;

use super::known::Known;
use super::message::{mistake, near, wrong_count, wrong_type};
use super::natives::{Native, Natives};
use super::scope::Imported;
use super::unit::{Body, Unit};
use super::walk::Walk;

/// Functions that the interpreter itself provides.
const KEYWORDS: [&str; 9] =
    ["Fn", "call", "curry", "is_def_fn", "is_def_var", "is_shared", "print", "debug", "type_of"];

impl<'a> Walk<'a, '_> {
    /// A call; gives what is known of its value.
    pub(super) fn call(&mut self, call: &'a FnCallExpr, position: Position) -> Known<'a> {
        if call.op_token.is_some() {
            return self.operator(call, position);
        }
        // `assert::equal(x.sort(), ())` means it
        let with_unit = call.args.iter().any(|argument| matches!(argument, Expr::Unit(_)));
        let raising = usize::from(is_assertion_of_failure(call));
        self.raising += raising;
        let arguments: Vec<Known<'a>> = call
            .args
            .iter()
            .map(|argument| if with_unit { self.expression(argument) } else { self.used(argument) })
            .collect();
        self.raising -= raising;
        if !call.namespace.is_empty() {
            return self.namespaced(call, &arguments, position);
        }
        let name = call.name.as_str();
        if name == "Fn"
            && let Some(Expr::StringConstant(target, at)) = call.args.first()
        {
            self.pointer(target, *at);
            return Known::Function;
        }
        if name == "curry" {
            return Known::Function;
        }
        let named: Vec<usize> = self.unit.named(name).map(|def| def.params.len()).collect();
        if named.contains(&arguments.len()) {
            // an expected failure proves nothing about other calls
            let is_typical = self.trying == 0 && self.raising == 0;
            let unknown = || vec![Known::Any; arguments.len()];
            self.functions.called(name, &if is_typical { arguments.clone() } else { unknown() });
            return self.functions.result(name, arguments.len());
        }
        self.escape(&arguments);
        // `value in list`
        if let ("contains", [list, value]) = (name, arguments.as_slice()) {
            self.membership(list, value, &call.args, position);
        }
        if KEYWORDS.contains(&name) {
            return Known::Any;
        }
        let natives = Natives::get().of(name);
        if natives.is_empty() && !named.is_empty() {
            let error = wrong_count(name, named, arguments.len()).hint(shapes(name, self.unit.named(name)));
            self.fails(error, position);
            return Known::Any;
        }
        if natives.is_empty() {
            self.unknown_function(name, position);
            return Known::Any;
        }
        self.native(name, natives, call, &arguments, position)
    }

    fn unknown_function(&mut self, name: &str, position: Position) {
        let error = if self.scope.find(name).is_some() {
            mistake(format!("no function `{name}`"))
                .hint(format!("a function in a variable is called with `{name}.call(…)`"))
        } else {
            let own = self.unit.functions().map(|def| def.name.as_str());
            let error = near(mistake(format!("no function `{name}`")), name, own);
            let error = if error.hints.is_empty() { crate::reference::unknown_function(name) } else { error };
            if error.hints.is_empty() { near(error, name, Natives::get().names("")) } else { error }
        };
        self.fails(error, position);
    }

    /// Records that the script's parameters are passed to code that the check does not follow.
    pub(super) fn escape(&mut self, arguments: &[Known<'a>]) {
        self.args_escape |= arguments.iter().any(|known| matches!(known, Known::Args));
    }

    fn operator(&mut self, call: &'a FnCallExpr, position: Position) -> Known<'a> {
        let known: Vec<Known<'a>> = call.args.iter().map(|argument| self.expression(argument)).collect();
        self.comparison(call, &known, position);
        match (call.name.as_str(), known.as_slice()) {
            ("==" | "!=" | "<" | ">" | "<=" | ">=" | "!" | "contains" | "in", _) => Known::Bool,
            ("+", [Known::Text, Known::Text | Known::Int | Known::Char | Known::Bool | Known::Float]) => Known::Text,
            ("+" | "-" | "*" | "/" | "%", [Known::Int, Known::Int]) | ("-", [Known::Int]) => Known::Int,
            ("+" | "-" | "*" | "/" | "%", [Known::Typed("Duration"), Known::Int])
            | ("+" | "-" | "*", [Known::Int, Known::Typed("Duration")])
            | ("+" | "-", [Known::Typed("Duration"), Known::Typed("Duration")])
            | ("-", [Known::Typed("Duration")]) => Known::Typed("Duration"),
            ("+", [Known::Array(a), Known::Array(b)]) => Known::Array(Box::new(a.clone().join((**b).clone()))),
            _ => Known::Any,
        }
    }

    /// `Fn("name")`: a function of this file, or one of the language.
    fn pointer(&mut self, name: &str, position: Position) {
        self.functions.pointed_at(name);
        let built_in = !name.contains("::") && !Natives::get().of(name).is_empty();
        if self.functions.has(name) || built_in || KEYWORDS.contains(&name) {
            return;
        }
        let error = mistake(format!("no function `{name}` in this file"));
        let error = if name.contains("::") {
            error.hint(format!("a namespaced function is wrapped: `|x| {name}(x)`"))
        } else {
            near(error, name, self.unit.functions().map(|def| def.name.as_str()))
        };
        self.fails(error, position);
    }

    fn namespaced(&mut self, call: &'a FnCallExpr, arguments: &[Known<'a>], position: Position) -> Known<'a> {
        self.escape(arguments);
        let path: Vec<&str> = call.namespace.path.iter().map(|part| part.name.as_str()).collect();
        if path == ["global"] {
            let error = mistake("`global::` reaches constants, not functions")
                .hint(format!("a function of this file needs no namespace: `{}(…)`", call.name));
            self.fails(error, position);
            return Known::Any;
        }
        let qualified = format!("{}::{}", path.join("::"), call.name);
        if path.len() == 1 && self.scope.find_module(path[0]).is_none() && crate::reference::is_namespace(path[0]) {
            let natives = Natives::get().of(&qualified);
            if natives.is_empty() {
                self.fails(crate::reference::unknown_function(&qualified), position);
                return Known::Any;
            }
            return self.native(&qualified, natives, call, arguments, position);
        }
        match self.module(&path, call.namespace.position()) {
            Some(Imported::Parsed(unit)) => self.module_function(&unit, &qualified, call, position),
            _ => Known::Any,
        }
    }

    /// The module of a path; an unknown module is reported.
    pub(super) fn module(&mut self, path: &[&str], position: Position) -> Option<Imported> {
        let (root, rest) = path.split_first()?;
        let Some(mut module) = self.scope.find_module(root).cloned() else {
            self.unknown_namespace(root, position);
            return None;
        };
        for part in rest {
            let Imported::Parsed(unit) = &module else { return None };
            let unit = std::rc::Rc::clone(unit);
            let import = unit.imports().find(|(_, name)| name == part).map(|(path, _)| path.to_owned())?;
            module = self.checker.import(&unit.label, &import).ok()?;
        }
        Some(module)
    }

    fn unknown_namespace(&mut self, name: &str, position: Position) {
        let error = mistake(format!("no namespace `{name}`"));
        let error = if crate::embedded::module_names().contains(&name) {
            error.hint(format!("begin the script with `import \"std/{name}\" as {name};`"))
        } else if self.scope.find(name).is_some() {
            error.hint(format!("`{name}` is a variable: its functions are called with a dot"))
        } else {
            let known = crate::primitives::NAMESPACES.iter().copied().chain(self.scope.module_names());
            let error = near(error, name, known);
            if error.hints.is_empty() { error.hint("`mcpctl doc` lists them all") } else { error }
        };
        self.found(error, position, true);
    }

    fn module_function(&mut self, unit: &Unit, path: &str, call: &'a FnCallExpr, position: Position) -> Known<'a> {
        let name = call.name.as_str();
        let same: Vec<_> = unit.named(name).collect();
        let public: Vec<usize> = same.iter().filter(|def| Unit::is_public(def)).map(|def| def.params.len()).collect();
        if let Some(def) = same.iter().find(|def| Unit::is_public(def) && def.params.len() == call.args.len()) {
            self.documented_options(unit, path, def, call);
        } else if !public.is_empty() {
            let shapes = shapes(path, same.into_iter().filter(|def| Unit::is_public(def)));
            let error = wrong_count(path, public, call.args.len()).hint(shapes);
            self.fails(error, position);
        } else if same.is_empty() {
            let public = unit.functions().filter(|def| Unit::is_public(def)).map(|def| def.name.as_str());
            let near =
                nearest::nearest(name, public).map(|near| path.replace(&format!("::{name}"), &format!("::{near}")));
            self.fails(mistake(format!("no function `{path}`")).suggest(near.as_deref()), position);
        } else {
            let error =
                mistake(format!("`{path}` is private")).hint(format!("only `{}` itself can call it", unit.label));
            self.fails(error, position);
        }
        Known::Any
    }

    /// A call of a function that is written in Rust: count, types, options.
    fn native(
        &mut self,
        path: &str,
        natives: &'static [Native],
        call: &'a FnCallExpr,
        arguments: &[Known<'a>],
        position: Position,
    ) -> Known<'a> {
        let same: Vec<&Native> = natives.iter().filter(|native| native.params.len() == arguments.len()).collect();
        if same.is_empty() {
            let counts = natives.iter().map(|native| native.params.len()).collect();
            self.fails(signatures(path, wrong_count(path, counts, arguments.len())), position);
            return Known::Any;
        }
        let fitting: Vec<&Native> = same.iter().copied().filter(|native| takes(native, arguments)).collect();
        match fitting.as_slice() {
            [] => self.wrong_type(path, &same, call, arguments, position),
            [native] => self.literal_options(path, native, call, arguments),
            _ => {}
        }
        gives(&fitting)
    }

    fn wrong_type(
        &mut self,
        path: &str,
        same: &[&Native],
        call: &'a FnCallExpr,
        arguments: &[Known<'a>],
        position: Position,
    ) {
        // the first argument that no overload takes
        let wrong = (0..arguments.len())
            .find(|at| !same.iter().any(|native| native.params.get(*at).is_some_and(|id| arguments[*at].fits(*id))));
        let Some(at) = wrong else {
            let error = mistake(format!("`{path}` does not take such arguments"));
            self.mistyped(signatures(path, error), position);
            return;
        };
        let wanted = same.iter().map(|native| native.parameter_type(at)).collect();
        let error = wrong_type(path, at + 1, wanted, arguments[at].name());
        let place = call.args.get(at).map_or(position, diagnostics::start_of);
        self.mistyped(signatures(path, error), place);
    }
}

/// `assert::raises(|| …)` is a test that something fails.
fn is_assertion_of_failure(call: &FnCallExpr) -> bool {
    call.name == "raises" && call.namespace.path.len() == 1 && call.namespace.root() == "assert"
}

/// Whether an overload may take these arguments.
pub(super) fn takes(native: &Native, arguments: &[Known<'_>]) -> bool {
    native.params.iter().zip(arguments).all(|(id, known)| known.fits(*id))
}

/// What is known of the result.
pub(super) fn gives<'a>(fitting: &[&Native]) -> Known<'a> {
    let mut results = fitting.iter().map(|native| Known::from_name(&native.returns()));
    let Some(first) = results.next() else { return Known::Any };
    results.fold(first, Known::join)
}

/// The parameters of functions of scripts, as a hint.
fn shapes<'f>(path: &str, functions: impl Iterator<Item = &'f Body>) -> String {
    let shape = |def: &Body| {
        let params: Vec<&str> = def.params.iter().map(rhai::ImmutableString::as_str).collect();
        format!("`{path}({})`", params.join(", "))
    };
    format!("it is {}", functions.map(shape).collect::<Vec<_>>().join(" or "))
}

/// The signatures of a function as hints.
fn signatures(path: &str, error: crate::error::Error) -> crate::error::Error {
    let known = crate::reference::entries().iter().filter(|entry| entry.path() == path);
    known.fold(error, |error, entry| error.hint(format!("it is `{}`", entry.signature)))
}
