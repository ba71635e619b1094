//! `json`: text in JSON to values and back.

use rhai::plugin::*;
use rhai::{Dynamic, NativeCallContext};
use serde_json::Value;

use super::api::parsed;
use super::api::raise::{Outcome, Raise};
use super::api::value::to_json;
use super::host;
use crate::error::{Error, Result};
use crate::secret::{Secret, Vault};

/// The functions of `json`.
#[export_module(manifest)]
pub mod functions {
    /// Reads JSON.
    ///
    /// A string that contains a secret gives a `Secret`, as the secret itself does.
    ///
    /// # Parameters
    /// * `text` - one JSON document
    ///
    /// # Errors
    /// * the text is no JSON: line and column, never the text
    ///
    /// # Example
    /// ```rhai
    /// json::parse(`{"a": [1, 2]}`).a.len()
    /// // => 2
    /// ```
    #[rhai_fn(name = "parse", return_raw)]
    pub fn parse(context: NativeCallContext, text: &str) -> Outcome<Dynamic> {
        match host(&context).vault.reveal(text).raise(&context)? {
            Some(secret) => parse_secret(context, secret).map(Dynamic::from),
            None => parsed::json(text).raise(&context),
        }
    }

    /// Reads JSON that is a secret. All of it stays a secret: `secret.key` and `secret[0]` select a part of it, which is
    /// a `Secret` again. Of a string it is the content, of a number, `true`, an object or an array the JSON text, of
    /// `null` nothing.
    ///
    /// Keys cannot be listed, and a part that does not exist ends the script: an answer that depends on a secret could be
    /// used to guess it.
    ///
    /// # Parameters
    /// * `secret` - one JSON document
    ///
    /// # Errors
    /// * the secret is not JSON: no `try` catches this, and nothing of the secret is shown
    ///
    /// # Example
    /// ```rhai
    /// fs::write("token.json", `{"token": "canary-token", "ids": [1, 2]}`);
    /// let secret = json::parse(secrets::input("@token.json"));
    /// [type_of(secret), type_of(secret.token), type_of(secret.ids[0])]
    /// // => ["Secret", "Secret", "Secret"]
    /// ```
    #[rhai_fn(name = "parse", return_raw)]
    pub fn parse_secret(context: NativeCallContext, secret: Secret) -> Outcome<Secret> {
        let parsed = host(&context).answer(secret.json()).raise(&context)?;
        host(&context).vault.keep(&parsed);
        Ok(parsed)
    }

    /// Writes a value as JSON, on several lines. A secret becomes `***`.
    ///
    /// # Parameters
    /// * `value` - anything but a function
    ///
    /// # Errors
    /// * the value has no JSON form
    ///
    /// # Example
    /// ```rhai
    /// json::write([1, 2]).len()
    /// // => 12
    /// ```
    #[rhai_fn(name = "write", return_raw)]
    pub fn write(context: NativeCallContext, value: Dynamic) -> Outcome<String> {
        let json = to_json(&value).raise(&context)?;
        let text =
            serde_json::to_string_pretty(&json).map_err(|e| Error::failed("cannot write JSON").cause(e.to_string()));
        text.map(|text| Vault::mask_sentinels(&text).into_owned()).raise(&context)
    }
}

/// The parser's own message quotes what it read, so that only the place is told.
pub(super) fn read(text: &str) -> Result<Value> {
    serde_json::from_str(text)
        .map_err(|e| Error::invalid("the text is no JSON").cause(format!("line {}, column {}", e.line(), e.column())))
}
