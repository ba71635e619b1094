//! Which methods leave the value on which they are called as it is. A test compares with Rhai's whole library.

/// Methods that call a function and change nothing. A closure that they call may read the variable on which they are
/// called (see `rewrite`), unless it changes items by way of `this`.
const CALLING: [&str; 13] = [
    "all",
    "filter",
    "find",
    "find_map",
    "for_each",
    "index_of",
    "map",
    "order",
    "order_by",
    "reduce",
    "reduce_rev",
    "some",
    "zip",
];

/// Methods that call a function and change their value.
const CALLING_AND_CHANGING: [&str; 5] = ["dedup", "drain", "retain", "sort", "sort_by"];

/// Further methods that change nothing.
const READING: [&str; 61] = [
    "abs",
    "as_string",
    "bits",
    "bytes",
    "call",
    "ceiling",
    "char_at",
    "chars",
    "contains",
    "contains_key",
    "ends_with",
    "end",
    "exclusive_end",
    "extract",
    "find_index",
    "floor",
    "fraction",
    "get",
    "get_bit",
    "get_bits",
    "get_fn_name",
    "hours",
    "inclusive",
    "int",
    "is_anonymous",
    "is_empty",
    "is_even",
    "is_exclusive",
    "is_inclusive",
    "is_infinite",
    "is_nan",
    "is_odd",
    "is_zero",
    "join",
    "keys",
    "len",
    "max",
    "min",
    "name",
    "order_desc",
    "parse_float",
    "parse_int",
    "parse_json",
    "round",
    "sign",
    "split_rev",
    "start",
    "starts_with",
    "sub_string",
    "to_array",
    "to_blob",
    "to_chars",
    "to_debug",
    "to_float",
    "to_int",
    "to_json",
    "to_lower",
    "to_string",
    "to_upper",
    "type_of",
    "values",
];

/// Methods of mcpctl's own that call a function and change nothing.
const OWN_CALLING: [&str; 1] = ["sorted"];

/// Methods of mcpctl's own that change nothing.
const OWN_READING: [&str; 1] = ["trimmed"];

/// Methods that change their value and call nothing.
const CHANGING: [&str; 22] = [
    "append",
    "chop",
    "clear",
    "crop",
    "fill_with",
    "insert",
    "make_lower",
    "make_upper",
    "mixin",
    "pad",
    "pop",
    "push",
    "remove",
    "replace",
    "reverse",
    "set",
    "shift",
    "sort_desc",
    "splice",
    "split",
    "trim",
    "truncate",
];

/// Whether a method changes its value and calls nothing.
pub fn only_changes(method: &str) -> bool {
    CHANGING.contains(&method)
}

/// Whether a method leaves its value as it is.
pub fn keeps(method: &str) -> bool {
    READING.contains(&method) || OWN_READING.contains(&method) || calls_and_keeps(method)
}

/// Whether a method calls a function and leaves its value as it is.
pub fn calls_and_keeps(method: &str) -> bool {
    CALLING.contains(&method) || OWN_CALLING.contains(&method)
}

/// Whether a method calls a function while it changes its value.
pub fn calls_and_changes(method: &str) -> bool {
    CALLING_AND_CHANGING.contains(&method)
}

/// Whether a method calls the functions that it is given before it returns.
pub fn calls(method: &str) -> bool {
    calls_and_keeps(method) || calls_and_changes(method)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rhai::Engine;

    use super::*;

    /// Values of a parameter's type, as a script writes them.
    fn values(kind: &str) -> &'static [&'static str] {
        match kind.trim_start_matches("&mut ") {
            "Array" => &["[3, 1, 2]"],
            "Map" => &["#{ b: 2, a: 1 }"],
            "Blob" => &["blob(2, 1)"],
            "&str" | "ImmutableString" | "String" => &["\"b a \""],
            "i64" | "INT" => &["1"],
            "f64" | "FLOAT" => &["2.5"],
            "bool" => &["true"],
            "char" => &["'a'"],
            "FnPtr" => &["|x| true", "|x, y| 1", "|x, y| true", "|x, y, z| y"],
            "Dynamic" => &["1", "\"a\""],
            "Range<i64>" | "ExclusiveRange" => &["0..2"],
            "RangeInclusive<i64>" | "InclusiveRange" => &["0..=1"],
            _ => &[],
        }
    }

    /// Every method of Rhai's library: its name and the types of its value and its arguments.
    fn methods() -> BTreeSet<(String, Vec<String>)> {
        let found = Engine::new().collect_fn_metadata(
            None,
            |info| {
                let of = info.metadata;
                let kinds = of.params_info.iter().map(|info| info.rsplit(": ").next().unwrap_or_default().to_owned());
                let is_name = of.name.starts_with(|c: char| c.is_ascii_lowercase()) && !of.name.contains('$');
                (is_name && info.namespace.is_empty()).then(|| (of.name.to_string(), kinds.collect::<Vec<_>>()))
            },
            true,
        );
        found.into_iter().filter(|(_, kinds)| !kinds.is_empty()).collect()
    }

    /// All ways to write the arguments.
    fn arguments(kinds: &[String]) -> Vec<String> {
        kinds.iter().fold(vec![String::new()], |before, kind| {
            let longer = |start: &String| -> Vec<String> {
                values(kind)
                    .iter()
                    .map(|value| if start.is_empty() { (*value).to_owned() } else { format!("{start}, {value}") })
                    .collect()
            };
            before.iter().flat_map(longer).collect()
        })
    }

    #[test]
    fn what_the_table_says_is_true_of_the_whole_library() {
        let engine = Engine::new();
        let (mut run, mut wrong) = (BTreeSet::new(), Vec::new());
        for (name, kinds) in methods().into_iter().filter(|(name, _)| keeps(name)) {
            for (value, given) in values(&kinds[0])
                .iter()
                .flat_map(|value| arguments(&kinds[1..]).into_iter().map(move |given| (value, given)))
            {
                let text =
                    format!("let v = {value}; let before = v.to_debug(); v.{name}({given}); before == v.to_debug()");
                match engine.eval::<bool>(&text) {
                    Ok(true) => drop(run.insert(name.clone())),
                    Ok(false) => wrong.push(text),
                    Err(_) => {}
                }
            }
        }
        assert_eq!(wrong, Vec::<String>::new());
        assert!(run.len() >= 60, "only {} methods were run: {run:?}", run.len());
    }

    #[test]
    fn every_method_that_calls_a_function_is_in_the_table() {
        let fn_pointer = |kinds: &[String]| kinds.iter().skip(1).any(|kind| kind == "FnPtr");
        let found: BTreeSet<String> =
            methods().into_iter().filter(|(_, kinds)| fn_pointer(kinds)).map(|(name, _)| name).collect();
        let listed: BTreeSet<String> =
            CALLING.iter().chain(&CALLING_AND_CHANGING).map(|name| (*name).to_owned()).collect();
        assert!(found.is_subset(&listed), "{:?}", found.difference(&listed));
    }

    #[test]
    fn every_method_of_arrays_maps_and_strings_is_in_one_of_the_lists() {
        let lists = [&CALLING[..], &CALLING_AND_CHANGING, &READING, &CHANGING];
        for (name, kinds) in methods() {
            let of =
                ["Array", "Map", "&str", "ImmutableString", "String"].contains(&kinds[0].trim_start_matches("&mut "));
            let inside = ["print", "debug", "get_fn_metadata_list"].contains(&name.as_str());
            if of && !inside {
                let count = lists.iter().filter(|list| list.contains(&name.as_str())).count();
                assert_eq!(count, 1, "{name} of {}", kinds[0]);
            }
        }
    }

    #[test]
    fn what_calls_and_changes_changes() {
        let engine = Engine::new();
        for (name, closure) in [
            ("dedup", "|x, y| true"),
            ("drain", "|x| x > 1"),
            ("retain", "|x| x > 1"),
            ("sort", "|x, y| x - y"),
            ("sort_by", "|x, y| x - y"),
        ] {
            assert!(calls_and_changes(name));
            let text = format!("let v = [3, 1, 2]; v.{name}({closure}); v.to_debug() != \"[3, 1, 2]\"");
            assert!(engine.eval::<bool>(&text).unwrap(), "{name}");
        }
    }
}
