//! The parameters of `PARAMS`, and all mistakes in them.

use rhai::{Array, Dynamic, Map};

use crate::clean;
use crate::error::{Error, Kind};
use crate::nearest;

use super::{Param, ParamKind, RESERVED, RESERVED_LETTERS};

/// A mistake: what is wrong, and at which item and key.
pub(super) struct Fault {
    pub(super) error: Error,
    /// The item of `PARAMS`.
    pub(super) item: Option<usize>,
    /// The key of the item.
    pub(super) key: Option<String>,
    /// Whether the key itself is wrong, not its value.
    pub(super) at_key: bool,
}

/// What reading one parameter gives; an error with the key that it is about.
type Read<T> = Result<T, (Error, Option<&'static str>)>;

const KEYS: [&str; 12] =
    ["name", "help", "kind", "or", "option", "required", "many", "choices", "env", "alias", "short", "ask"];

fn wrong(message: impl Into<String>) -> Error {
    Error::new(Kind::Script, message)
}

fn fault(error: Error, item: Option<usize>, key: Option<&str>) -> Fault {
    Fault { error, item, key: key.map(str::to_owned), at_key: false }
}

/// `PARAMS` cannot be read without running the script.
pub(super) fn not_literal() -> Fault {
    let error = wrong("`PARAMS` is not a literal")
        .hint("write the array out: it is read without running the script, so no calls, names or sums");
    fault(error, None, None)
}

/// Reads the value of `PARAMS`. What is wrong is left out of the parameters.
pub(super) fn read(value: Dynamic) -> (Vec<Param>, Vec<Fault>) {
    let mut params: Vec<Param> = Vec::new();
    let mut faults = Vec::new();
    let Some(list) = value.try_cast::<Array>() else {
        return (params, vec![fault(wrong("`PARAMS` is not an array"), None, None)]);
    };
    for (at, item) in list.into_iter().enumerate() {
        let Some(map) = item.try_cast::<Map>() else {
            let error = wrong("an item of `PARAMS` is not a map").hint("write `#{ name: \"…\", help: \"…\" }`");
            faults.push(fault(error, Some(at), None));
            continue;
        };
        faults.extend(unknown_keys(&map, at));
        match read_param(&map).and_then(|param| follows(&params, &param).map(|()| param)) {
            Ok(param) => params.push(param),
            Err((error, key)) => faults.push(fault(error, Some(at), key)),
        }
    }
    (params, faults)
}

fn unknown_keys(map: &Map, at: usize) -> impl Iterator<Item = Fault> {
    map.keys().filter(|key| !KEYS.contains(&key.as_str())).map(move |key| {
        let error = wrong(format!("unknown key `{key}` in `PARAMS`")).suggest(nearest::nearest(key, KEYS));
        Fault { error, item: Some(at), key: Some(key.to_string()), at_key: true }
    })
}

/// Whether a parameter may follow those before it.
fn follows(before: &[Param], param: &Param) -> Read<()> {
    let at_name = |error: Error| Err((error, Some("name")));
    if before.iter().any(|known| known.long() == param.long()) {
        return at_name(wrong(format!("parameter `{}` appears twice in `PARAMS`", param.name)));
    }
    let taken = |long: &String| before.iter().any(|known| known.long() == *long || known.alias.as_ref() == Some(long));
    if taken(&param.long()) {
        return at_name(wrong(format!("parameter `{}` has the name of another's alias", param.name)));
    }
    if param.alias.as_ref().is_some_and(|alias| taken(alias) || *alias == param.long()) {
        return Err((wrong(format!("`alias` of parameter `{}` appears twice in `PARAMS`", param.name)), Some("alias")));
    }
    if param.short.is_some() && before.iter().any(|known| known.short == param.short) {
        return Err((wrong(format!("`short` of parameter `{}` is also used by another", param.name)), Some("short")));
    }
    let Some(last) = before.iter().rfind(|known| !known.is_option()).filter(|_| !param.is_option()) else {
        return Ok(());
    };
    if last.is_list() && last.many {
        return at_name(wrong(format!("parameter `{}` cannot follow the repeatable `{}`", param.name, last.name)));
    }
    if param.is_required() && !last.is_required() {
        return at_name(
            wrong(format!("required parameter `{}` follows the optional `{}`", param.name, last.name))
                .hint("put it first, give it an `or`, or make it an option"),
        );
    }
    Ok(())
}

fn read_param(map: &Map) -> Read<Param> {
    let name = text(map, "name")?.ok_or_else(|| (wrong("a parameter of `PARAMS` has no name"), None))?;
    let of = |what: &str| format!("{what} of parameter `{name}`");
    if !is_name(&name, '_') {
        return Err((
            wrong(format!("parameter name `{name}` is not lower case letters, digits and `_`")),
            Some("name"),
        ));
    }
    let kind_name = text(map, "kind")?.unwrap_or_else(|| "string".to_owned());
    let Some((_, kind)) = ParamKind::ALL.into_iter().find(|(name, _)| *name == kind_name) else {
        let near = nearest::nearest(&kind_name, ParamKind::ALL.iter().map(|(name, _)| *name));
        return Err((wrong(format!("unknown kind `{kind_name}`, {}", of("the kind"))).suggest(near), Some("kind")));
    };
    let own_flag =
        kind == ParamKind::Namespace && name == "namespace" || kind == ParamKind::Context && name == "context";
    let option = flag(map, "option")?;
    if RESERVED.contains(&name.replace('_', "-").as_str()) && (!own_flag || option) {
        let error = wrong(format!("parameter `{name}` has the name of a flag that every command has"));
        return Err((error.hint("choose another name"), Some("name")));
    }
    let choices = match map.get("choices") {
        None => Vec::new(),
        Some(value) => value
            .clone()
            .into_typed_array::<String>()
            .map_err(|_| (wrong(format!("{} are not an array of strings", of("the choices"))), Some("choices")))?,
    };
    if (kind == ParamKind::Choice) == choices.is_empty() {
        let key = if choices.is_empty() { "kind" } else { "choices" };
        return Err((wrong(format!("parameter `{name}` needs both `kind: \"choice\"` and `choices`")), Some(key)));
    }
    if choices.iter().any(|choice| clean::is_unclean(choice)) {
        let error = wrong(format!("{} have a control or invisible character", of("the choices")));
        return Err((error.hint("choices are typed by people, and completed by shells"), Some("choices")));
    }
    let env = text(map, "env")?;
    if env.as_ref().is_some_and(|env| !env.starts_with("MCPCTL_")) {
        return Err((wrong(format!("{} does not start with `MCPCTL_`", of("the variable"))), Some("env")));
    }
    if env.as_ref().is_some_and(|env| !env.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')) {
        return Err((wrong(format!("{} has more than letters, digits and `_`", of("the variable"))), Some("env")));
    }
    let ask = flag(map, "ask")?;
    if ask && (map.contains_key("or") || flag(map, "many")? || matches!(kind, ParamKind::Flag | ParamKind::Secret)) {
        let error = wrong(format!("`ask` of parameter `{name}` does not go with its `or`, `many` or kind"));
        return Err((error, Some("ask")));
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
        alias: alias(map, &name)?,
        short: short(map, &name, option || kind == ParamKind::Flag)?,
        ask,
        name,
    })
}

/// Lower case letters, digits and a character between them, beginning with a letter.
fn is_name(text: &str, between: char) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == between)
}

/// The further name of an option.
fn alias(map: &Map, name: &str) -> Read<Option<String>> {
    let Some(alias) = text(map, "alias")? else { return Ok(None) };
    let wrong = |what: &str| Err((wrong(format!("`alias` of parameter `{name}` {what}")), Some("alias")));
    if !is_name(&alias, '-') {
        return wrong("is not lower case letters, digits and `-`");
    }
    if RESERVED.contains(&alias.as_str()) {
        return wrong("is a flag that every command has");
    }
    Ok(Some(alias))
}

/// The letter of an option.
fn short(map: &Map, name: &str, is_option: bool) -> Read<Option<char>> {
    let Some(text) = text(map, "short")? else { return Ok(None) };
    let mut letters = text.chars();
    let wrong = |what: &str| Err((wrong(format!("`short` of parameter `{name}` {what}")), Some("short")));
    match (letters.next().filter(char::is_ascii_alphabetic), letters.next()) {
        (Some(_), None) if !is_option => wrong("is for flags and options only"),
        (Some(letter), None) if RESERVED_LETTERS.contains(&letter) => wrong("is a flag that every command has"),
        (Some(letter), None) => Ok(Some(letter)),
        _ => wrong("is not one letter"),
    }
}

/// A default must have the type that a given value has.
fn check_default(kind: ParamKind, name: &str, value: &Dynamic, many: bool, choices: &[String]) -> Read<()> {
    let fits = |value: &Dynamic| match kind {
        ParamKind::Int => value.is_int(),
        ParamKind::Bool | ParamKind::Flag => value.is_bool(),
        ParamKind::List => value.is_array(),
        ParamKind::Secret => false,
        ParamKind::Choice => value.clone().into_string().is_ok_and(|text| choices.contains(&text)),
        _ => value.is_string(),
    };
    let all_fit = |items: &Array| kind == ParamKind::List || items.iter().all(fits);
    if value.is_unit() || fits(value) || (many && value.read_lock::<Array>().is_some_and(|items| all_fit(&items))) {
        return Ok(());
    }
    Err((wrong(format!("`or` of parameter `{name}` does not fit its kind `{}`", kind.name())), Some("or")))
}

fn text(map: &Map, key: &'static str) -> Read<Option<String>> {
    match map.get(key) {
        None => Ok(None),
        Some(value) => match value.clone().into_string() {
            Ok(text) => Ok(Some(text)),
            Err(_) => Err((wrong(format!("`{key}` in `PARAMS` is not a string")), Some(key))),
        },
    }
}

fn flag(map: &Map, key: &'static str) -> Read<bool> {
    match map.get(key) {
        None => Ok(false),
        Some(value) => {
            value.as_bool().map_err(|_| (wrong(format!("`{key}` in `PARAMS` is not true or false")), Some(key)))
        }
    }
}
