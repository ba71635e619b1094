//! `envfile`: one env file; `env_base` has what concerns the pair of a base.

pub mod base;
pub(super) mod given;
pub(super) mod pair;
pub(super) mod references;
pub(super) mod single;
pub(super) mod types;

use rhai::plugin::*;
use rhai::{Array, Map, NativeCallContext};

use super::api::raise::{Outcome, Raise};
use super::host;
use crate::primitives::api::functions::Optional;
use crate::provision::envfile::Saved;

/// The functions of `envfile`.
#[export_module(manifest)]
pub mod functions {
    /// Reads an env file as a map.
    ///
    /// The values of a secret file (`…-secret.env`), and of keys that look like credentials, are `Secret`s.
    ///
    /// # Parameters
    /// * `path` - relative paths start from the current folder
    ///
    /// # Options
    /// * `secret` - every value is a `Secret`, whatever the file's name
    ///
    /// # Effects
    /// * `environment: read`
    /// * `files: read`
    ///
    /// # Errors
    /// * no such file; a line that is none of an env file: file, line and column, never the line
    /// * a reference that does not resolve, with its place
    /// * no such file; a line that is none of an env file
    ///
    /// # Example
    /// ```rhai
    /// fs::write("a.env", "# a comment\nurl='http://a b'\n");
    /// envfile::read("a.env").url
    /// // => "http://a b"
    /// ```
    /// ```rhai
    /// fs::write("a.env", "pin=1234567\n");
    /// `${envfile::read("a.env", #{ secret: true })}`
    /// // => "#{\"pin\": ***}"
    /// ```
    /// ```rhai
    /// fs::write("a-secret.env", "token=ref:env:NOT_SET");
    /// let seen = "";
    /// try { envfile::read("a-secret.env", #{ secret: true }) } catch (e) { seen = e.message; }
    /// seen
    /// // => "no value for `token`: its `env` reference does not resolve"
    /// ```
    #[rhai_fn(return_raw)]
    pub fn read(context: NativeCallContext, path: &str, options: Optional<Map>) -> Outcome<Map> {
        single::read(&context, &host(&context), path, &options).raise(&context)
    }

    /// Writes a new env file, readable by its owner alone if it holds secrets.
    ///
    /// # Parameters
    /// * `path` - relative paths start from the current folder
    /// * `values` - keys to texts or `Secret`s
    ///
    /// # Effects
    /// * `files: read`
    /// * `files: write`
    ///
    /// # Errors
    /// * the file exists and holds a key that `values` does not: `envfile::merge` keeps it
    /// * a secret for a key that would be read as a string: neither the file is `…-secret.env` nor looks the key like a
    ///   credential; a file whose name does not end in `.env`
    /// * a comparison with a secret in the file that could be a guess, without the effect `secrets: reveal`
    ///
    /// # Example
    /// ```rhai
    /// envfile::write("a.env", #{ url: "http://a" }).result
    /// // => "created"
    /// ```
    #[rhai_fn(name = "write", return_raw)]
    pub fn write(context: NativeCallContext, path: &str, values: Map) -> Outcome<Saved> {
        single::write(&host(&context), path, &values, false).raise(&context)
    }

    /// Sets keys of an env file; all its other keys and comments stay as they are.
    ///
    /// Makes the file if there is none.
    ///
    /// # Parameters
    /// * `path` - relative paths start from the current folder
    /// * `values` - keys to texts or `Secret`s
    ///
    /// # Effects
    /// * `files: read`
    /// * `files: write`
    ///
    /// # Errors
    /// * a key that cannot stand in an env file; a secret for a key that would be read as a string
    /// * a comparison with a secret in the file that could be a guess, without the effect `secrets: reveal`
    ///
    /// # Example
    /// ```rhai
    /// fs::write("a.env", "# mine\nurl=http://a\n");
    /// envfile::merge("a.env", #{ port: "80" });
    /// fs::read("a.env")
    /// // => "# mine\nurl=http://a\nport=80\n"
    /// ```
    #[rhai_fn(name = "merge", return_raw)]
    pub fn merge(context: NativeCallContext, path: &str, values: Map) -> Outcome<Saved> {
        single::write(&host(&context), path, &values, true).raise(&context)
    }

    /// The keys of an env file that have no value on purpose: `KEY=none:`.
    ///
    /// # Parameters
    /// * `path` - relative paths start from the current folder
    ///
    /// # Effects
    /// * `files: read`
    ///
    /// # Errors
    /// * no such file, or no env file
    ///
    /// # Example
    /// ```rhai
    /// fs::write("a.env", "url=http://a\ntoken=none:\n");
    /// [envfile::absent("a.env"), envfile::read("a.env")]
    /// // => [["token"], #{"url": "http://a"}]
    /// ```
    #[rhai_fn(name = "absent", return_raw)]
    pub fn absent(context: NativeCallContext, path: &str) -> Outcome<Array> {
        single::absent(&host(&context), path).raise(&context)
    }

    /// What an env file is by its name and its head comment: a map with `base` (`""` for a file of none), `kind`
    /// (`config`, `secret` or `""`), `owner` (the field manager of what is made from it) and `servers`.
    ///
    /// # Parameters
    /// * `path` - relative paths start from the current folder
    ///
    /// # Effects
    /// * `files: read`
    ///
    /// # Errors
    /// * no such file, or no env file
    ///
    /// # Example
    /// ```rhai
    /// envfile::generate("time", "prod");
    /// envfile::about("prod-config.env")
    /// // => #{"base": "prod", "kind": "config", "owner": "mcpctl:prod", "servers": ["time"]}
    /// ```
    #[rhai_fn(name = "about", return_raw)]
    pub fn about(context: NativeCallContext, path: &str) -> Outcome<Map> {
        single::about(&host(&context), path).raise(&context)
    }
}
