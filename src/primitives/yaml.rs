//! `yaml`: text in YAML to values and back.

use rhai::plugin::*;
use rhai::{Dynamic, EvalAltResult, NativeCallContext};

use crate::error::Error;
use crate::secret::Vault;

use super::parsed;
use super::raise::Raise;
use super::value::to_json;

/// The functions of `yaml`.
#[export_module]
pub mod functions {
    /// Reads YAML, one document.
    ///
    /// # Parameters
    /// * `text` - one YAML document
    ///
    /// # Errors
    /// * the text is no YAML, or not one document
    ///
    /// # Example
    /// ```rhai
    /// yaml::parse("a: [1, 2]").a.len()
    /// // => 2
    /// ```
    #[rhai_fn(name = "parse", return_raw)]
    pub fn parse(context: NativeCallContext, text: &str) -> Result<Dynamic, Box<EvalAltResult>> {
        Vault::refuse(text, "`yaml::parse`").raise(&context)?;
        parsed::yaml(text).raise(&context)
    }

    /// Writes a value as YAML. A secret becomes `***`.
    ///
    /// # Parameters
    /// * `value` - anything but a function
    ///
    /// # Errors
    /// * the value has no YAML form
    ///
    /// # Example
    /// ```rhai
    /// yaml::write(#{ a: 1 })
    /// // => "a: 1\n"
    /// ```
    #[rhai_fn(name = "write", return_raw)]
    pub fn write(context: NativeCallContext, value: Dynamic) -> Result<String, Box<EvalAltResult>> {
        let json = to_json(&value).raise(&context)?;
        let text = serde_saphyr::to_string(&json).map_err(|e| Error::failed("cannot write YAML").cause(e.to_string()));
        text.map(|text| Vault::mask_sentinels(&text).into_owned()).raise(&context)
    }
}
