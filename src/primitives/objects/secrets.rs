//! What `secrets` has beside the functions for both kinds of objects: references and secrets from the command line.

use rhai::plugin::*;
use rhai::{Dynamic, FnPtr, Map, NativeCallContext};
use serde_json::Value as Json;

use crate::error::{Error, Result};
use crate::host::Host;
use crate::primitives::api::raise::{Outcome, Raise};
use crate::primitives::envfile::references;
use crate::primitives::host;
use crate::secret::{Secret, Vault};

/// The functions of `secrets` alone.
#[export_module(manifest)]
pub mod functions {
    /// Registers what resolves the references of a scheme in env files: `KEY=ref:vault:kv/grafana#key`.
    ///
    /// The function gets what stands behind the scheme (`kv/grafana#key`) and gives the value, a text or a `Secret`.
    /// It holds for the rest of the run. What is registered in `resolvers.rhai` of a folder of `$MCPCTL_PATH`, or of
    /// `~/.config/mcpctl/scripts`, holds for every run, the shipped scripts included.
    ///
    /// # Parameters
    /// * `scheme` - small letters, digits, `.`, `+` and `-`; `env` and `file` are mcpctl's own
    /// * `function` - from path to value; an error that it throws is the reference's
    ///
    /// # Errors
    /// * a scheme that cannot be, or is mcpctl's own
    ///
    /// # Example
    /// ```rhai
    /// secrets::resolver("shelf", |path| "canary-" + path);
    /// fs::write("a-secret.env", "token=ref:shelf:book");
    /// envfile::read("a-secret.env").token.is_empty
    /// // => false
    /// ```
    #[rhai_fn(name = "resolver", return_raw)]
    pub fn resolver(context: NativeCallContext, scheme: &str, function: FnPtr) -> Outcome<()> {
        references::register(&context, &host(&context), scheme, function).raise(&context)
    }

    /// What an argument of a command line means, as a secret: `@FILE` is the file's text, `-` is standard input,
    /// and anything else is itself, with a warning that `ps` shows it.
    ///
    /// # Parameters
    /// * `argument` - as it was given
    ///
    /// # Effects
    /// * `files: read`
    ///
    /// # Errors
    /// * the file or standard input cannot be read as text
    ///
    /// # Example
    /// ```rhai
    /// fs::write("token.txt", "canary-token");
    /// type_of(secrets::input("@token.txt"))
    /// // => "Secret"
    /// ```
    #[rhai_fn(name = "input", return_raw)]
    pub fn input(context: NativeCallContext, argument: &str) -> Outcome<Secret> {
        let host = host(&context);
        let secret = given(&host, argument).raise(&context)?.single_value();
        host.vault.keep(&secret);
        Ok(secret)
    }

    /// The data of a Secret from JSON that a command was given as an argument: one object whose values are strings.
    ///
    /// Its keys can be listed, unlike those of what `json::parse` gives of a secret, as they come from the user.
    ///
    /// # Parameters
    /// * `argument` - as for `secrets::input`: `@FILE`, `-` for standard input, or the JSON itself, with a warning
    ///
    /// # Effects
    /// * `files: read`
    ///
    /// # Errors
    /// * the file or standard input cannot be read as text
    /// * it is something else than one JSON object of strings: the key, what is expected and where, never a value
    ///
    /// # Example
    /// ```rhai
    /// fs::write("keys.json", `{"token": "canary-token"}`);
    /// secrets::read_json("@keys.json")
    /// // => #{"token": "***"}
    /// ```
    #[rhai_fn(name = "read_json", return_raw)]
    pub fn read_json(context: NativeCallContext, argument: &str) -> Outcome<Map> {
        let host = host(&context);
        let values = given(&host, argument).and_then(|json| strings(&json, argument)).raise(&context)?;
        Ok(values.into_iter().map(|(key, value)| (key.into(), Dynamic::from(host.hide(value)))).collect())
    }
}

/// What an argument of a command line means, as a secret.
fn given(host: &Host, argument: &str) -> Result<Secret> {
    Vault::refuse(argument, "an argument")?;
    if argument != "-" && !argument.starts_with('@') {
        host.printer.warn("a secret on the command line is visible in `ps`: give `@FILE`, or `-` for standard input");
    }
    host.read_secret_argument(argument)
}

/// The strings of a JSON object by key.
fn strings(json: &Secret, argument: &str) -> Result<Vec<(String, Secret)>> {
    let place = match argument.strip_prefix('@') {
        Some(path) => path,
        None if argument == "-" => "standard input",
        None => "the argument",
    };
    let values = match crate::primitives::json::read(json.expose())? {
        Json::Object(values) => values,
        other => {
            return Err(Error::invalid(format!("the JSON in {place} must be one object, not {}", called(&other)))
                .hint("as `{\"KEY\": \"value\"}`"));
        }
    };
    let secret = |(key, value)| match value {
        Json::String(text) if json.is_of_script() => Ok((key, Secret::of_script(text))),
        Json::String(text) => Ok((key, Secret::new(text))),
        other => {
            Err(Error::invalid(format!("the value of key `{key}` in {place} must be text, not {}", called(&other)))
                .hint("write it in quotes, as `\"KEY\": \"value\"`"))
        }
    };
    values.into_iter().map(secret).collect()
}

/// What JSON calls a value.
fn called(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "true or false",
        Json::Number(_) => "a number",
        Json::String(_) => "text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}
