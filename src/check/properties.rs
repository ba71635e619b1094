//! Properties: of typed values, of the script's parameters, of maps that are written out.

use rhai::{Expr, Position};

use crate::primitives::api::types;
use crate::script::header::{Param, ParamKind};

use super::calls::{gives, takes};
use super::chains::Use;
use super::known::Known;
use super::message::{a, mistake, near};
use super::natives::{Native, Natives};
use super::walk::Walk;

impl<'a> Walk<'a, '_> {
    /// A property that is read, or assigned to.
    pub(super) fn property(&mut self, value: &Known<'a>, name: &str, position: Position, how: Use) -> Known<'a> {
        match value.present() {
            Known::Any | Known::Map(None) => Known::Any,
            Known::Args => self.parameter(name, position),
            Known::Map(Some(Expr::Map(map, _))) => {
                if how != Use::Read || map.0.iter().any(|(key, _)| key.name == name) {
                    return Known::Any;
                }
                let error = mistake(format!("the map has no property `{name}`"));
                let error = near(error, name, map.0.iter().map(|(key, _)| key.name.as_str()));
                self.fails(error, position);
                Known::Any
            }
            Known::Typed(kind) => self.typed_property(kind, name, position, how == Use::Assigned),
            other => self.plain_property(other, name, position),
        }
    }

    fn typed_property(&mut self, kind: &str, name: &str, position: Position, assigned: bool) -> Known<'a> {
        let Some(info) = types::named(kind) else { return Known::Any };
        match info.properties.iter().find(|known| known.name == name) {
            Some(_) if assigned => {
                self.fails(
                    mistake(format!("property `{name}` of `{kind}` cannot be changed")).hint("`==` compares"),
                    position,
                );
                Known::Any
            }
            Some(property) => Known::from_name(property.kind),
            None => {
                let error = mistake(format!("`{kind}` has no property `{name}`"));
                let error = near(error, name, info.properties.iter().map(|known| known.name));
                self.mistyped(error, position);
                Known::Any
            }
        }
    }

    /// A property of a text, an array, a number: the language has few.
    fn plain_property(&mut self, value: &Known<'a>, name: &str, position: Position) -> Known<'a> {
        let getters = Natives::get().of(&format!("get${name}"));
        let fitting: Vec<&Native> =
            getters.iter().filter(|native| takes(native, std::slice::from_ref(value))).collect();
        if !fitting.is_empty() {
            return gives(&fitting);
        }
        let kind = value.name();
        let error = mistake(format!("{} has no property `{name}`", a(kind)));
        let counts =
            Natives::get().of(name).iter().filter(|native| native.params.first().is_some_and(|id| value.fits(*id)));
        let error = if let Some(instead) = crate::script::habits::method(name) {
            error.hint(format!("write `{instead}`"))
        } else if let Some(most) = counts.map(|native| native.params.len()).max() {
            error.hint(format!("it is a function: `{name}({})`", if most > 1 { "…" } else { "" }))
        } else if let Known::Array(item) = value
            && let Known::Typed(kind) = **item
            && types::named(kind).is_some_and(|info| info.has(name))
        {
            error.hint(format!("each `{kind}` of it has one: `for`, or `.map(|item| item.{name})`"))
        } else {
            let known = self.methods_of(value);
            near(error, name, known)
        };
        self.mistyped(error, position);
        Known::Any
    }

    /// A parameter of the script.
    pub(super) fn parameter(&mut self, name: &str, position: Position) -> Known<'a> {
        let Some(header) = self.header else { return Known::Any };
        if let Some(param) = header.params.iter().find(|param| param.name == name) {
            return argument(param);
        }
        let error = mistake(format!("the script has no parameter `{name}`"));
        let error = if header.params.is_empty() {
            error.hint(format!("declare it: `const PARAMS = [ #{{ name: \"{name}\", help: \"…\" }} ];`"))
        } else {
            near(error, name, header.params.iter().map(|param| param.name.as_str()))
        };
        self.fails(error, position);
        Known::Any
    }
}

/// What the value of a parameter is, from its declaration.
fn argument<'a>(param: &Param) -> Known<'a> {
    let known = match param.kind {
        ParamKind::Int => Known::Int,
        ParamKind::Bool | ParamKind::Flag => Known::Bool,
        ParamKind::Duration => Known::Typed("Duration"),
        ParamKind::Secret => Known::Any,
        ParamKind::String
        | ParamKind::List
        | ParamKind::Path
        | ParamKind::Choice
        | ParamKind::Namespace
        | ParamKind::Session
        | ParamKind::Server
        | ParamKind::Context => Known::Text,
    };
    if param.is_list() {
        // a default is passed on as it is declared
        return if param.or.is_none() { Known::Array(Box::new(known)) } else { Known::Any };
    }
    let is_given = param.is_required()
        || param.ask
        || param.or.as_ref().is_some_and(|or| !or.is_unit())
        || param.kind == ParamKind::Flag
        || (param.kind == ParamKind::Namespace && param.or.is_none());
    if is_given || !known.is_known() { known } else { Known::Optional(Box::new(known)) }
}
