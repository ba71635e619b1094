//! `yaml`: text in YAML to values and back.

use rhai::plugin::*;
use rhai::{Dynamic, NativeCallContext};
use zeroize::Zeroizing;

use super::api::parsed;
use super::api::raise::{Outcome, Raise};
use super::api::value::to_json;
use super::host;
use crate::error::{Error, Kind};
use crate::secret::{SECRET_ANSWER, Secret, Vault};

/// The functions of `yaml`.
#[export_module(manifest)]
pub mod functions {
    /// Reads YAML, one document.
    ///
    /// A string that contains a secret gives a `Secret`, as the secret itself does.
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
    pub fn parse(context: NativeCallContext, text: &str) -> Outcome<Dynamic> {
        match host(&context).vault.reveal(text).raise(&context)? {
            Some(secret) => parse_secret(context, secret).map(Dynamic::from),
            None => parsed::yaml(text).raise(&context),
        }
    }

    /// Reads YAML that is a secret. All of it stays a secret: `secret.key` and `secret[0]` select a part of it, as in
    /// what `json::parse` gives of a secret.
    ///
    /// # Parameters
    /// * `secret` - one YAML document
    ///
    /// # Errors
    /// * the secret is not YAML: no `try` catches this, and nothing of the secret is shown
    ///
    /// # Example
    /// ```rhai
    /// fs::write("token.yaml", "token: canary-token");
    /// type_of(yaml::parse(secrets::input("@token.yaml")).token)
    /// // => "Secret"
    /// ```
    #[rhai_fn(name = "parse", return_raw)]
    pub fn parse_secret(context: NativeCallContext, secret: Secret) -> Outcome<Secret> {
        let json = parsed::yaml(secret.expose()).and_then(|value| to_json(&value)).and_then(|value| {
            let json = Zeroizing::new(value.to_string());
            Secret::of_script(json.as_str()).json()
        });
        let json =
            json.map_err(|_| Error::new(Kind::Refused, "the secret is not a YAML document").cause(SECRET_ANSWER));
        let parsed = host(&context).answer(json).raise(&context)?;
        host(&context).vault.keep(&parsed);
        Ok(parsed)
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
    pub fn write(context: NativeCallContext, value: Dynamic) -> Outcome<String> {
        let json = to_json(&value).raise(&context)?;
        let text = serde_saphyr::to_string(&json).map_err(|e| Error::failed("cannot write YAML").cause(e.to_string()));
        text.map(|text| Vault::mask_sentinels(&text).into_owned()).raise(&context)
    }
}
