//! Whether a line contains a secret as a literal. In doubt it does: a line that was not kept can be typed again.

use crate::provision::credentials::{by_name, by_value};

use crate::script::tokens::{Kind, Token, significant};

/// Whether a line holds a text that is a secret by what it is called, where it goes, or what it looks like.
pub(super) fn holds_secret_literal(line: &str) -> bool {
    let tokens = significant(line);
    let literal = |token: &Token<'_>| token.kind == Kind::Text && !token.unquoted().is_empty();
    tokens.iter().any(|token| token.kind == Kind::Text && by_value(token.unquoted()).is_some())
        || tokens.iter().enumerate().any(|(at, token)| literal(token) && is_named_so(&tokens[..at]))
        || tokens.iter().enumerate().any(|(at, token)| literal(token) && goes_into_secret(&tokens[..at]))
        || (line.trim_start().starts_with(':') && line.split_whitespace().any(option_of_secret))
}

/// `token = "…"`, `api_key: "…"`, `"grafana.password": "…"`, `map["token"] = "…"`: the name before the text.
fn is_named_so(before: &[Token<'_>]) -> bool {
    let [rest @ .., sign] = before else { return false };
    if !(sign.is(":") || sign.is("=") || sign.is("+")) {
        return false;
    }
    let name = rest.iter().rev().find(|token| matches!(token.kind, Kind::Word | Kind::Text));
    name.is_some_and(|token| {
        let name = if token.kind == Kind::Text { token.unquoted() } else { token.text };
        by_name(name)
    })
}

/// A text that is a value in a call of `secrets::apply`, `create` or `diff`: behind the name of the object, and no
/// key of a map.
fn goes_into_secret(before: &[Token<'_>]) -> bool {
    let Some(call) = before.windows(4).position(|four| {
        four[0].text == "secrets"
            && four[1].is("::")
            && matches!(four[2].text, "apply" | "create" | "diff" | "set")
            && four[3].is("(")
    }) else {
        return false;
    };
    let inside = &before[call + 4..];
    inside.iter().any(|token| token.is(",")) && inside.last().is_some_and(|token| token.is(":") || token.is("+"))
}

/// `token=…` or `--token` among the words of a meta command; `@FILE` and `-` are not secrets themselves.
fn option_of_secret(word: &str) -> bool {
    let (name, value) = word.split_once('=').unwrap_or((word, ""));
    by_name(name.trim_start_matches('-')) && !value.is_empty() && !value.starts_with('@') && value != "-"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_by_name_place_and_look_are_not_kept() {
        for line in [
            "let api_token = \"canary-1\"",
            "let password = \"open",
            "config.password = \"canary-2\"",
            "#{ \"grafana.api_key\": \"canary-3\" }",
            "data[\"token\"] = \"canary-4\"",
            "secrets::apply(\"s\", #{ \"grafana.url\": \"canary-5\" })",
            "let x = \"ghp_0123456789abcdefghij\"",
            "let u = \"postgres://me:canary@host/db\"",
            "http(\"Bearer canary-678901\")",
            ":run provision --set grafana.api_key=canary",
            ":run x --token=canary",
        ] {
            assert!(holds_secret_literal(line), "{line}");
        }
    }

    #[test]
    fn honest_lines_are_kept() {
        for line in [
            "pods::list(#{ session: \"mcp-gateway-1\" })",
            "secrets::get(\"mcp-gateway-secrets\")",
            "secrets::apply(\"mcp-gateway-secrets\", data)",
            "secrets::apply(\"s\", #{ \"grafana.api_key\": ui::ask_secret(\"key\") })",
            "let token = secrets::input(\"@file\")",
            "let url = \"https://example.org/a:b@c\"",
            "let sk = \"sk-1\"",
            ":run x --token @file",
            ":doc secrets::apply",
        ] {
            assert!(!holds_secret_literal(line), "{line}");
        }
    }
}
