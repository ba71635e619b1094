//! Every function that scripts can call, with a secret in each of its arguments.

use std::collections::BTreeSet;

use mcpctl::reference;
use rhai::Engine;
use serde_json::Value;

/// One function: how it is called, and the types of its parameters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Function {
    path: String,
    parameters: Vec<(String, String)>,
    options: Vec<String>,
}

/// Those of mcpctl, by the reference, and those of the engine, by its metadata: Rhai's own among them.
pub(super) fn functions(engine: &Engine) -> Vec<Function> {
    let mut found = BTreeSet::new();
    for entry in reference::entries().iter().filter(|entry| !entry.module.starts_with("std/")) {
        found.insert(Function {
            path: entry.path(),
            parameters: entry.parameters.iter().map(|p| (p.name.clone(), p.kind.clone())).collect(),
            options: entry.options.iter().map(|option| option.name.clone()).collect(),
        });
    }
    let metadata: Value = serde_json::from_str(&engine.gen_fn_metadata_to_json(true).unwrap()).unwrap();
    for function in metadata["functions"].as_array().unwrap() {
        let name = function["name"].as_str().unwrap();
        // getters and indexers are called by the conversions
        if name.contains('$') {
            continue;
        }
        let kind = |parameter: &Value| parameter["type"].as_str().unwrap_or_default().to_owned();
        let parameters = function["params"].as_array().into_iter().flatten();
        let parameters: Vec<(String, String)> = parameters
            .map(|p| (p["name"].as_str().unwrap_or_default().to_owned(), reference::metadata::type_name(&kind(p))))
            .collect();
        found.insert(Function { path: name.to_owned(), parameters, options: Vec::new() });
    }
    found.into_iter().filter(|function| !function.parameters.is_empty()).collect()
}

impl Function {
    /// Its calls with a secret, which is an expression: in each argument that it can be in, and in all of them.
    pub(super) fn calls(&self, secret: &str) -> Vec<String> {
        let plain: Vec<String> = self.parameters.iter().map(|(name, kind)| usual(name, kind)).collect();
        let mut calls = Vec::new();
        for (at, (name, kind)) in self.parameters.iter().enumerate() {
            for argument in self.with_secret(name, kind, secret) {
                let mut arguments = plain.clone();
                arguments[at] = argument;
                calls.push(self.call(&arguments));
            }
        }
        if self.parameters.len() > 1 {
            let all = self.parameters.iter().map(|(name, kind)| {
                self.with_secret(name, kind, secret).into_iter().next().unwrap_or_else(|| usual(name, kind))
            });
            calls.push(self.call(&all.collect::<Vec<_>>()));
        }
        calls
    }

    fn call(&self, arguments: &[String]) -> String {
        if self.path.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
            return format!("{}({})", self.path, arguments.join(", "));
        }
        match arguments {
            // an assignment is one only to a variable
            [left, right] if self.path.ends_with('=') && !["==", "!=", "<=", ">="].contains(&self.path.as_str()) => {
                format!("{{ let left = {left}; left {} {right}; left }}", self.path)
            }
            [left, right] => format!("({left} {} {right})", self.path),
            [one] => format!("({}{one})", self.path),
            _ => "()".to_owned(),
        }
    }

    /// What an argument can be that has a secret in it; nothing where it cannot have one.
    fn with_secret(&self, name: &str, kind: &str, secret: &str) -> Vec<String> {
        match kind {
            "array" => vec![format!("[{secret}, {secret}]"), format!("[\"a\", {secret}]")],
            "map" if name == "options" => {
                self.options.iter().map(|option| format!("#{{ \"{option}\": {secret} }}")).collect()
            }
            "map" => vec![
                format!("#{{ pin: {secret}, \"grafana.api_key\": {secret} }}"),
                format!("#{{ \"grafana.url\": {secret} }}"),
                format!("{{ let map = #{{ a: 1 }}; map[`${{{secret}}}`] = \"x\"; map }}"),
            ],
            "Fn" | "FnPtr" => vec![format!("|| {secret}"), format!("|one| {secret}"), format!("|one, two| {secret}")],
            "any" => vec![secret.to_owned(), format!("[{secret}]"), format!("#{{ a: {secret} }}")],
            "int" | "float" | "bool" | "char" | "()" => Vec::new(),
            _ => vec![secret.to_owned()],
        }
    }
}

/// An argument without a secret with which a function is likely to work.
fn usual(name: &str, kind: &str) -> String {
    match (name, kind) {
        ("path" | "file", _) => "\"a-secret.env\"",
        ("base", _) => "\"prod\"",
        ("servers" | "server" | "names", "any" | "string") => "\"grafana\"",
        ("key", "string") => "\"pin\"",
        ("kind", "string") => "\"secret\"",
        ("text", "string") => "\"{}\"",
        ("seconds", _) => "0",
        ("name", "string") => "\"keys\"",
        ("options", "map") => "#{}",
        (_, "int") => "1",
        (_, "float") => "1.0",
        (_, "bool") => "true",
        (_, "char") => "'a'",
        (_, "array") => "[\"a\", \"b\"]",
        (_, "map") => "#{ pin: \"a\" }",
        (_, "Fn" | "FnPtr") => "|one| one",
        (_, "()") => "()",
        _ => "\"a\"",
    }
    .to_owned()
}
