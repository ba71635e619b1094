//! `json`: text in JSON to values and back.

use rhai::plugin::*;
use rhai::{Array, Dynamic, EvalAltResult, Map, NativeCallContext};

use crate::error::Error;
use crate::secret::{Secret, Vault};

use super::raise::Raise;
use super::value::to_json;
use super::{host, parsed};

/// The functions of `json`.
#[export_module]
pub mod functions {
    /// Reads JSON.
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
    pub fn parse(context: NativeCallContext, text: &str) -> Result<Dynamic, Box<EvalAltResult>> {
        Vault::refuse(text, "`json::parse`").raise(&context)?;
        parsed::json(text).raise(&context)
    }

    /// Reads JSON that is a secret: every text in it is a secret, too.
    ///
    /// # Parameters
    /// * `secret` - one JSON document
    ///
    /// # Errors
    /// * the text is no JSON: line and column, never the text
    ///
    /// # Example
    /// ```rhai
    /// fs::write("token.json", `{"token": "canary-token"}`);
    /// type_of(json::parse(secrets::input("@token.json")).token)
    /// // => "Secret"
    /// ```
    #[rhai_fn(name = "parse", return_raw)]
    pub fn parse_secret(context: NativeCallContext, secret: Secret) -> Result<Dynamic, Box<EvalAltResult>> {
        let value = parsed::json(secret.expose()).raise(&context)?;
        Ok(hide(value, &host(&context).vault))
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
    pub fn write(context: NativeCallContext, value: Dynamic) -> Result<String, Box<EvalAltResult>> {
        let json = to_json(&value).raise(&context)?;
        let text =
            serde_json::to_string_pretty(&json).map_err(|e| Error::failed("cannot write JSON").cause(e.to_string()));
        text.map(|text| Vault::mask_sentinels(&text).into_owned()).raise(&context)
    }
}

/// The same value with every text in it made a secret.
fn hide(value: Dynamic, vault: &Vault) -> Dynamic {
    if let Some(array) = value.read_lock::<Array>() {
        return array.iter().map(|item| hide(item.clone(), vault)).collect::<Array>().into();
    }
    if let Some(map) = value.read_lock::<Map>() {
        return map.iter().map(|(key, item)| (key.clone(), hide(item.clone(), vault))).collect::<Map>().into();
    }
    match value.clone().into_string() {
        Ok(text) => {
            let secret = Secret::new(text);
            vault.keep(&secret);
            Dynamic::from(secret)
        }
        Err(_) => value,
    }
}
