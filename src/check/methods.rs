//! Calls with a dot: `pods.filter(…)`, `text.len()`.

use rhai::{Expr, FnCallExpr, Position};

use crate::primitives::api::types;
use crate::script::diagnostics;
use crate::script::functions::Closure;
use crate::script::habits;

use super::calls::{gives, takes};
use super::known::Known;
use super::message::{a, mistake, near, wrong_count, wrong_type};
use super::natives::{Native, Natives};
use super::walk::Walk;

/// Methods that any value has.
const EVERY_VALUE: [&str; 5] = ["call", "is_shared", "type_of", "to_string", "to_debug"];

/// Methods of arrays that give as many items of the same kind, or fewer.
const SAME_ITEMS: [&str; 6] = ["filter", "drain", "extract", "retain", "splice", "chop"];

/// Methods of arrays that give one item.
const ONE_ITEM: [&str; 5] = ["find", "pop", "shift", "remove", "get"];

/// What a method of arrays gives to a closure with so many parameters.
fn given<'a>(method: &str, item: &Known<'a>, parameters: usize) -> Vec<Known<'a>> {
    match method {
        "for_each" => vec![Known::Int],
        "reduce" | "reduce_rev" => vec![Known::Any, item.clone(), Known::Int],
        // a key of one item, or a comparison of two
        "sort" | "sort_by" | "sorted" | "order" | "order_by" | "dedup" => vec![item.clone(); parameters],
        // the second is an item of the other array
        "zip" => vec![item.clone(), Known::Any, Known::Int],
        "all" | "drain" | "filter" | "find" | "find_map" | "index_of" | "map" | "retain" | "some" => {
            vec![item.clone(), Known::Int]
        }
        _ => Vec::new(),
    }
}

impl<'a> Walk<'a, '_> {
    /// A call with a dot; gives what is known of its value.
    pub(super) fn method(&mut self, value: &Known<'a>, call: &'a FnCallExpr, position: Position) -> Known<'a> {
        let value = value.present();
        let name = call.name.as_str();
        let mut result = Known::Any;
        let mut arguments: Vec<Known<'a>> = vec![value.clone()];
        for argument in &call.args {
            match (value, Closure::of(argument)) {
                (Known::Array(item), Some(closure)) => {
                    let captured: Vec<Known<'a>> =
                        closure.captured.iter().map(|variable| self.variable(variable)).collect();
                    let parameters = self.unit.closure(&closure.name).map_or(0, |body| body.params.len());
                    let given = given(name, item, parameters.saturating_sub(captured.len()));
                    result = self.closure(&closure.name, &captured, &given);
                    if name == "map"
                        && let Some(body) = self.unit.closure(&closure.name)
                    {
                        self.lost_change(body, captured.len());
                    }
                    self.closure_result(name, parameters.saturating_sub(captured.len()), &result, argument);
                    arguments.push(Known::Function);
                }
                _ => arguments.push(self.used(argument)),
            }
        }
        if matches!(name, "contains" | "index_of")
            && let Some(item) = arguments.get(1)
            && !matches!(item, Known::Function)
        {
            self.membership(value, item, &call.args, position);
        }
        self.escape(&arguments);
        if name == "curry" && matches!(value, Known::Any | Known::Function) {
            return Known::Function;
        }
        if EVERY_VALUE.contains(&name) {
            return if name.starts_with("to_") || name == "type_of" { Known::Text } else { Known::Any };
        }
        if self.is_own_method(value, name, call.args.len()) {
            return Known::Any;
        }
        let natives = Natives::get().of(name);
        let fitting: Vec<&Native> = natives
            .iter()
            .filter(|native| native.params.len() == arguments.len() && takes(native, &arguments))
            .collect();
        if fitting.is_empty() {
            self.no_method(value, name, natives, &arguments, call, position);
            return Known::Any;
        }
        match value {
            Known::Array(_) if SAME_ITEMS.contains(&name) => value.clone(),
            Known::Array(item) if ONE_ITEM.contains(&name) => (**item).clone(),
            Known::Array(_) if name == "map" => Known::Array(Box::new(result)),
            Known::Any if fitting.iter().any(|native| native.returns() != "()") => Known::Any,
            _ => gives(&fitting),
        }
    }

    /// A comparator of two items gives an int, a condition a bool.
    fn closure_result(&mut self, method: &str, parameters: usize, result: &Known<'a>, closure: &'a Expr) {
        let error = match method {
            "sort" | "sort_by" | "order" | "order_by" | "sorted" if parameters == 2 => {
                if !matches!(result, Known::Bool | Known::Text | Known::Unit) {
                    return;
                }
                mistake(format!("the comparator of `{method}` gives {}, not an int", a(result.name())))
                    .hint("write `|a, b| a - b` for ints, or a function of one item that gives what to compare")
            }
            "all" | "drain" | "filter" | "find" | "index_of" | "retain" | "some" | "dedup" => {
                if matches!(result, Known::Any | Known::Bool) {
                    return;
                }
                mistake(format!("the closure of `{method}` gives {}, not a bool", a(result.name()))).hint(
                    match result {
                        Known::Unit => "the last expression of a closure is its value, without a semicolon",
                        _ => "compare the value, as in `|x| x > 0`",
                    },
                )
            }
            _ => return,
        };
        self.found(error, diagnostics::start_of(closure), false);
    }

    /// Whether any value has a method of this name.
    pub(super) fn is_of_every_value(&self, name: &str) -> bool {
        EVERY_VALUE.contains(&name) || self.unit.named(name).next().is_some()
    }

    /// Whether the file's own function, or a function that a map may hold, is meant.
    fn is_own_method(&mut self, value: &Known<'a>, name: &str, count: usize) -> bool {
        if self.unit.named(name).any(|def| def.params.len() == count) {
            // called with `this`: its parameters are not those of a plain call
            self.functions.pointed_at(name);
            return true;
        }
        match value {
            Known::Any | Known::Map(_) => self.unit.changes.may_have_key(name),
            _ => false,
        }
    }

    fn no_method(
        &mut self,
        value: &Known<'a>,
        name: &str,
        natives: &'static [Native],
        arguments: &[Known<'a>],
        call: &'a FnCallExpr,
        position: Position,
    ) {
        let of_value: Vec<&Native> =
            natives.iter().filter(|native| native.params.first().is_some_and(|id| value.fits(*id))).collect();
        let counts: Vec<usize> = of_value.iter().map(|native| native.params.len().saturating_sub(1)).collect();
        let certain = value.is_known() && !matches!(value, Known::Map(_));
        let kind = value.name();
        let error = if of_value.is_empty() {
            let what = if certain { a(kind) } else { "no value".to_owned() };
            let message = if certain {
                format!("{what} has no method `{name}`")
            } else {
                format!("{what} has a method `{name}`")
            };
            let error = mistake(message);
            if let Some(instead) = habits::method(name) {
                error.hint(format!("write `{instead}`"))
            } else if self.unit.named(name).next().is_some() {
                error.hint(format!("`{name}` of this file takes the value as an argument: `{name}(…)`"))
            } else if let Known::Typed(kind) = value
                && types::named(kind).is_some_and(|info| info.has(name))
            {
                error.hint(format!("it is a property: write `{name}` without brackets"))
            } else {
                let known = self.methods_of(value);
                let own = self.unit.functions().map(|def| def.name.as_str());
                near(error, name, known.into_iter().chain(own))
            }
        } else if counts.contains(&call.args.len()) {
            let at = (1..arguments.len()).find(|at| {
                !of_value
                    .iter()
                    .any(|native| native.params.len() == arguments.len() && arguments[*at].fits(native.params[*at]))
            });
            let Some(at) = at else { return };
            let wanted = of_value
                .iter()
                .filter(|native| native.params.len() == arguments.len())
                .map(|native| native.parameter_type(at))
                .collect();
            let error = wrong_type(name, at, wanted, arguments[at].name());
            let place = call.args.get(at - 1).map_or(position, diagnostics::start_of);
            if certain {
                self.mistyped(error, place);
            } else {
                self.found(error, place, false);
            }
            return;
        } else {
            wrong_count(name, counts, call.args.len())
        };
        let imports_own = self.unit.imports().any(|(path, _)| !path.starts_with("std/"));
        match (certain, of_value.is_empty() && !imports_own) {
            (true, _) => self.mistyped(error, position),
            (false, true) => self.fails(error, position),
            (false, false) => self.found(error, position, false),
        }
    }

    /// The names of the methods that a value has.
    pub(super) fn methods_of(&self, value: &Known<'a>) -> Vec<&'static str> {
        let natives = Natives::get();
        let fits =
            |name: &&str| natives.of(name).iter().any(|native| native.params.first().is_some_and(|id| value.fits(*id)));
        natives.names("").filter(fits).collect()
    }
}
