//! `json`: text in JSON to values and back.

use rhai::plugin::*;
use rhai::{Dynamic, EvalAltResult, NativeCallContext};

use crate::error::Error;
use crate::secret::Vault;

use super::raise::Raise;
use super::value::{from_json, to_json};

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
        serde_json::from_str(text)
            .map(|value| from_json(&value))
            .map_err(|e| {
                Error::invalid("the text is no JSON").cause(format!("line {}, column {}", e.line(), e.column()))
            })
            .raise(&context)
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
    /// // => 13
    /// ```
    #[rhai_fn(name = "write", return_raw)]
    pub fn write(context: NativeCallContext, value: Dynamic) -> Result<String, Box<EvalAltResult>> {
        let json = to_json(&value).raise(&context)?;
        let text =
            serde_json::to_string_pretty(&json).map_err(|e| Error::failed("cannot write JSON").cause(e.to_string()));
        text.map(|text| Vault::mask_sentinels(&text).into_owned()).raise(&context)
    }
}
