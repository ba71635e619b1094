//! `ui::print_manifests`: what would be applied, for a repository from which somebody else applies it.

use rhai::plugin::*;
use rhai::{Array, Dynamic, Map, NativeCallContext};
use serde_json::Value as Json;

use crate::cluster::objects::{self as cluster_objects, ObjectKind, Value};
use crate::error::{Error, Kind, Result};
use crate::host::Host;
use crate::primitives::api::functions::Optional;
use crate::primitives::api::options::Options;
use crate::primitives::api::raise::{Outcome, Raise, wrong_type};
use crate::primitives::{host, objects};
use crate::provision::credentials::{by_name, by_value};
use crate::record::Effect;
use crate::shell;

/// Further functions of `ui`.
#[export_module(manifest)]
pub mod functions {
    /// Prints ConfigMaps and Secrets as YAML on stdout, as `apply` would send them; `-o json` makes one list of them.
    ///
    /// Values of Secrets, and those of ConfigMaps that are masked elsewhere or whose keys look like credentials, are left
    /// out; a comment names their keys.
    ///
    /// # Parameters
    /// * `objects` - maps with `kind` (`configmap` or `secret`), `name` and `data`
    ///
    /// # Options
    /// * `namespace`
    /// * `owner` - the field manager to apply them with, said in a comment; the script's own unless told
    /// * `secret_values` - print what is secret, too
    ///
    /// # Effects
    /// * `secrets: reveal` - with `secret_values`
    ///
    /// # Errors
    /// * a name, key or value that cannot be; a dry run, whose stdout is its plan
    ///
    /// # Example
    /// ```rhai
    /// ui::print_manifests([#{ kind: "configmap", name: "flags", data: #{ BETA: "on" } }])
    /// // => ()
    /// ```
    /// ```rhai
    /// ui::print_manifests([#{ kind: "secret", name: "keys", data: #{ token: "canary" } }], #{ secret_values: true })
    /// // => ()
    /// ```
    #[rhai_fn(return_raw)]
    pub fn print_manifests(context: NativeCallContext, objects: Array, options: Optional<Map>) -> Outcome<()> {
        print(&host(&context), objects, &options).raise(&context)
    }
}

fn print(host: &Host, objects: Array, options: &Map) -> Result<()> {
    let how = Options::new("ui::print_manifests", options, &["namespace", "owner", "secret_values"])?;
    if host.settings.dry_run {
        return Err(Error::usage("a dry run prints its plan, and nothing beside it")
            .hint("leave out `--dry-run`: printing manifests changes nothing"));
    }
    let revealed = how.flag("secret_values")?;
    if revealed {
        host.recorder.effect(Effect::named("secrets: reveal"))?;
    }
    let namespace = namespace(host, &how)?;
    let (mut documents, mut remarks) = (Vec::new(), Vec::new());
    let owner = how.text("owner")?.unwrap_or_else(|| host.owner());
    remarks.push(format!("kubectl apply --server-side --field-manager={} -f FILE", shell::word(&owner)));
    for object in objects {
        let (document, left_out) = one(host, object, namespace.as_deref(), revealed)?;
        documents.extend(document);
        if let Some(left_out) = left_out {
            host.printer.note(&left_out);
            remarks.push(left_out);
        }
    }
    host.shown()?.manifests(&documents, &remarks)
}

/// Where the objects belong: as told, else where the run works; nowhere if no cluster is chosen.
fn namespace(host: &Host, how: &Options<'_>) -> Result<Option<String>> {
    if let Some(namespace) = how.namespace()?.or(host.settings.namespace_given()?) {
        return Ok(Some(namespace));
    }
    match host.cluster() {
        Ok(cluster) => Ok(Some(cluster.namespace().to_owned())),
        Err(error) if error.kind == Kind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// An object's document, none if nothing can be shown of it, and what is left out.
fn one(
    host: &Host,
    object: Dynamic,
    namespace: Option<&str>,
    revealed: bool,
) -> Result<(Option<Json>, Option<String>)> {
    let got = object.type_name();
    let object = object.try_cast::<Map>().ok_or_else(|| wrong_type("an object", "a map", got))?;
    let options = Options::new("ui::print_manifests", &object, &["kind", "name", "data", "labels"])?;
    let required =
        |key: &str| options.text(key)?.ok_or_else(|| Error::new(Kind::Script, format!("an object has no `{key}`")));
    let kind = match required("kind")?.as_str() {
        "configmap" => ObjectKind::ConfigMap,
        "secret" => ObjectKind::Secret,
        other => return Err(Error::new(Kind::Script, format!("`{other}` is neither `configmap` nor `secret`"))),
    };
    let data = options.value("data").map_or_else(Map::new, |data| data.clone().try_cast().unwrap_or_default());
    let mut desired = objects::desired(host, kind, &required("name")?, &data, &options)?;
    desired.namespace = namespace.map(str::to_owned);
    let place = namespace.map_or_else(String::new, |namespace| format!(" in namespace {namespace}"));
    let what = format!("{}/{}{place}", kind.name(), desired.name);
    if revealed {
        return Ok((Some(cluster_objects::manifest(desired)?), None));
    }
    if kind == ObjectKind::Secret {
        let keys: Vec<&str> = desired.data.keys().map(String::as_str).collect();
        let left_out = format!("left out, for its values are secret: {what} ({})", keys.join(", "));
        // what cannot be applied must be found out all the same
        cluster_objects::manifest(desired.clone())?;
        return Ok((None, Some(left_out)));
    }
    let masked = |value: &Value| matches!(value, Value::Text(text) if *host.vault.mask(text) != **text);
    let looks_so = |value: &Value| matches!(value, Value::Text(text) if by_value(text).is_some());
    let hidden = |(key, value): &(&String, &Value)| by_name(key) || looks_so(value) || masked(value);
    let keys: Vec<String> = desired.data.iter().filter(hidden).map(|(key, _)| key.clone()).collect();
    desired.data.retain(|key, _| !keys.contains(key));
    let left_out = (!keys.is_empty())
        .then(|| format!("left out of {what}, for the values may be credentials: {}", keys.join(", ")));
    Ok((Some(cluster_objects::manifest(desired)?), left_out))
}
