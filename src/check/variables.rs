//! Names of variables: which exist, and why a function does not see those above it.

use rhai::{Expr, Position};

use crate::script::{diagnostics, habits};

use super::known::Known;
use super::message::{mistake, near};
use super::scope::Imported;
use super::walk::Walk;

impl<'a> Walk<'a, '_> {
    /// A variable's value.
    pub(super) fn variable(&mut self, expression: &'a Expr) -> Known<'a> {
        let Expr::Variable(variable, _, position) = expression else { return Known::Any };
        let (_, name, namespace, _) = &**variable;
        if !namespace.is_empty() {
            let path: Vec<&str> = namespace.path.iter().map(|part| part.name.as_str()).collect();
            return self.constant_of(&path, name, namespace.position(), *position);
        }
        if let Some(known) = self.scope.find(name) {
            let known = known.clone();
            if name == "ARGS" && self.inside.is_some() && !self.is_parameter("ARGS") {
                self.unknown_variable(name, *position);
            }
            return known;
        }
        if self.functions.has(name) {
            self.functions.pointed_at(name);
            self.function_as_value(name, *position);
            return Known::Function;
        }
        self.unknown_variable(name, *position);
        Known::Any
    }

    fn is_parameter(&self, name: &str) -> bool {
        self.inside.is_some_and(|def| def.params.iter().any(|param| param == name))
    }

    /// The bare name of a function is a value only below the function.
    fn function_as_value(&mut self, name: &str, position: Position) {
        let above = self.unit.named(name).any(|def| def.body.start_position() < position);
        if !above {
            let error = mistake(format!("`{name}` is a function that is defined further down"))
                .hint(format!("write `Fn(\"{name}\")`, or move the function above this line"));
            self.found(error, position, true);
        }
    }

    /// The error for a name that nothing has.
    pub(super) fn unknown_variable(&mut self, name: &str, position: Position) {
        if let Some(error) = habits::at(&self.unit.text, position, false) {
            self.found(error, position, true);
            return;
        }
        let error = mistake(format!("no variable `{name}`"));
        let error = if crate::reference::is_namespace(name) && self.scope.find_module(name).is_none() {
            mistake(format!("`{name}` is a namespace, not a value"))
                .hint(format!("call one of its functions: `mcpctl doc {name}` lists them"))
        } else if self.scope.find_module(name).is_some() {
            mistake(format!("`{name}` is a module, not a value"))
                .hint(format!("call one of its functions: `{name}::…`"))
        } else if self.inside.is_some() && self.unit.constants().contains(name) {
            error
                .cause("a function sees its parameters only, not the constants of the script")
                .hint(format!("write `global::{name}`"))
        } else if self.inside.is_some() && (name == "ARGS" || self.unit.variables().contains(name)) {
            error.cause("a function sees its parameters only, not the variables of the script").hint(self.way_in(name))
        } else {
            let known = self.scope.names().chain(self.unit.functions().map(|def| def.name.as_str()));
            let error = near(error, name, known.filter(|known| !(*known == "ARGS" && self.inside.is_some())));
            match habits::declaration(&self.unit.text, position, name) {
                Some(hint) => error.hint(hint),
                None => error,
            }
        };
        self.found(error, position, true);
    }

    /// How a function gets at a variable of the script.
    fn way_in(&self, name: &str) -> String {
        let Some(function) = self.inside else { return String::new() };
        if name == "ARGS" {
            return match function.name.as_str() {
                "main" => "take the parameters as `fn main(args)`".to_owned(),
                other => format!("pass it in: `{other}(ARGS)`"),
            };
        }
        if function.name == "main" {
            return format!("declare it inside `main`, or as `const {name} = …` and write `global::{name}`");
        }
        let params: Vec<&str> = function.params.iter().map(rhai::ImmutableString::as_str).chain([name]).collect();
        format!("pass it in: `fn {}({})`", function.name, params.join(", "))
    }

    /// `global::NAME`, or a constant of a module.
    fn constant_of(&mut self, path: &[&str], name: &str, at: Position, position: Position) -> Known<'a> {
        if path == ["global"] {
            let constants = self.unit.constants();
            if !constants.contains(name) {
                let error = mistake(format!("no constant `{name}` at the top of the script"));
                let error = if self.unit.variables().contains(name) {
                    error.cause("`let` makes a variable").hint(format!("declare it with `const {name} = …`"))
                } else {
                    near(error, name, constants)
                };
                self.fails(error, position);
            }
            return Known::Any;
        }
        if self.scope.find_module(path[0]).is_none()
            && let Some(error) = diagnostics::function_path(&format!("{}::{name}", path.join("::")))
        {
            self.fails(error, at);
            return Known::Any;
        }
        if let Some(Imported::Parsed(unit)) = self.module(path, at) {
            let exports = unit.exports();
            if !exports.contains(name) {
                let shown = path.join("::");
                let error = mistake(format!("module `{shown}` exports no `{name}`"));
                let error = if unit.variables().contains(name) {
                    error.hint(format!("in `{}` write `export const {name} = …`", unit.label))
                } else {
                    near(error, name, exports)
                };
                self.fails(error, position);
            }
        }
        Known::Any
    }
}
