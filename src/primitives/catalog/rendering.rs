//! Between scripts' maps and the values that the provisioning layer works with.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use rhai::{Array, Dynamic, Map};

use crate::duration;
use crate::error::{Error, Kind, Result};
use crate::host::Host;
use crate::primitives::api::options::Options;
use crate::primitives::api::raise::wrong_type;
use crate::primitives::api::secret;
use crate::primitives::api::secret::as_secret;
use crate::provision::catalog::Server;
use crate::provision::catalog::reader::SourceState;
use crate::provision::envfile;
use crate::provision::examples;
use crate::provision::keys::rendered_key;
use crate::provision::render::{self, Rendered, Values};
use crate::provision::requirements::Requirements;
use crate::secret::Secret;

/// One text, or an array of texts; none of them empty.
pub(in crate::primitives) fn texts(what: &str, value: &Dynamic) -> Result<Vec<String>> {
    let several = match value.read_lock::<Array>() {
        Some(array) => array.clone(),
        None => vec![value.clone()],
    };
    several
        .into_iter()
        .map(|one| match one.into_string() {
            Ok(text) if !text.is_empty() => Ok(text),
            Ok(_) => Err(Error::new(Kind::Script, format!("{what} is empty"))),
            Err(kind) => Err(wrong_type(what, "text", kind)),
        })
        .collect()
}

/// The named servers, sorted, and what each needs.
pub(in crate::primitives) fn needs(host: &Host, names: &[String]) -> Result<(Vec<Arc<Server>>, Vec<Requirements>)> {
    let servers = host.catalog()?.choose(names)?;
    let needs = envfile::needs(&servers)?;
    Ok((servers, needs))
}

/// Example values as a map of two maps.
pub(in crate::primitives) fn examples(needs: &[Requirements]) -> Map {
    let (mut config, mut secrets) = (Map::new(), Map::new());
    for needs in needs {
        let examples = examples::examples(needs);
        config.extend(examples.config.into_iter().map(|(key, value)| (key.into(), value.into())));
        secrets.extend(examples.secrets.into_iter().map(|(key, value)| (key.into(), value.into())));
    }
    Map::from([("config".into(), config.into()), ("secrets".into(), secrets.into())])
}

/// `catalog::render`.
pub(in crate::primitives) fn render(
    host: &Host,
    names: &[String],
    config: &Map,
    secrets: &Map,
    options: &Map,
) -> Result<Map> {
    let options = Options::new(
        "catalog::render",
        options,
        &["keys_only", "allow_env", "live_secrets", "absent", "name", "rewrite"],
    )?;
    let how = render::Options {
        keys_only: options.flag("keys_only")?,
        allow_env: options.texts("allow_env")?.into_iter().collect(),
        live_secret_keys: options.texts("live_secrets")?.into_iter().collect(),
        name: options.text("name")?.unwrap_or_default(),
        rewrite: crate::primitives::images::types::rewrites(&options)?,
    };
    let servers = host.catalog()?.choose(names)?;
    for server in &servers {
        how.rewrite.apply(&server.image)?;
    }
    let absent = options.texts("absent")?.into_iter().collect();
    let values = Values { absent, ..values(host, config, secrets)? };
    let rendered = render::render(&servers, &values, &how);
    match rendered.refusal() {
        Some(refusal) => Err(refusal),
        None => result(host, &rendered, how.keys_only),
    }
}

/// Maps of a script as values. A `Secret` among the config is a value that must not be seen.
fn values(host: &Host, config: &Map, secrets: &Map) -> Result<Values> {
    let mut values = Values::default();
    for (key, value) in config {
        match as_secret(value, &host.vault, &format!("config value `{key}`"))? {
            Some(secret) => values.secrets.insert(key.to_string(), secret).map(drop),
            None => values.config.insert(key.to_string(), value.to_string()).map(drop),
        };
    }
    for (key, value) in secrets {
        let secret = secret::hidden(value, &host.vault, &format!("secret `{key}`"))?;
        values.secrets.insert(key.to_string(), host.hide(secret));
    }
    Ok(values)
}

fn result(host: &Host, rendered: &Rendered, keys_only: bool) -> Result<Map> {
    let catalog = if keys_only { String::new() } else { rendered.catalog_yaml()? };
    let notes = rendered.notes.iter().map(|(server, notes)| (server.as_str().into(), array(notes.iter().cloned())));
    let mut left_out: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for left in &rendered.left_out {
        for name in [left.env.clone(), rendered_key(&left.server, &left.env)] {
            left_out.entry(name).or_default().extend(left.keys.iter().cloned());
        }
    }
    let left_out = left_out.into_iter().map(|(name, keys)| (name.into(), array(keys.into_iter())));
    Ok(Map::from([
        (
            "config".into(),
            rendered.config_map.iter().map(|(k, v)| (k.into(), v.clone().into())).collect::<Map>().into(),
        ),
        ("secrets".into(), hidden(host, &rendered.secret).into()),
        ("catalog".into(), catalog.into()),
        ("secret_names".into(), array(rendered.secret_names.iter().cloned())),
        ("absent".into(), array(rendered.absent.iter().cloned())),
        ("missing".into(), array(rendered.missing.iter().map(|missing| missing.key.clone()))),
        ("left_out".into(), left_out.collect::<Map>().into()),
        ("warnings".into(), array(rendered.warnings.iter().cloned())),
        ("notes".into(), notes.collect::<Map>().into()),
    ]))
}

/// Values that must not be seen as a map of `Secret`s.
pub(in crate::primitives) fn hidden(host: &Host, secrets: &BTreeMap<String, Secret>) -> Map {
    secrets.iter().map(|(key, value)| (key.into(), Dynamic::from(host.hide(value.clone())))).collect()
}

/// Texts as an array.
pub(in crate::primitives) fn array(texts: impl Iterator<Item = String>) -> Dynamic {
    texts.map(Dynamic::from).collect::<Array>().into()
}

/// What became of one source of a catalog.
pub(in crate::primitives) fn source(state: &SourceState) -> Map {
    let origin = state.read.as_ref().ok();
    let seconds = origin.and_then(|origin| origin.current).map(|then| Timestamp::now().as_second() - then.as_second());
    let warnings: Array = state.warnings.iter().map(|warning| warning.clone().into()).collect();
    Map::from([
        ("source".into(), state.place.clone().into()),
        ("digest".into(), origin.map(|origin| origin.digest.clone()).unwrap_or_default().into()),
        ("servers".into(), i64::try_from(origin.map_or(0, |origin| origin.servers)).unwrap_or(i64::MAX).into()),
        ("age".into(), seconds.map(duration::age).unwrap_or_default().into()),
        ("warnings".into(), warnings.into()),
        ("error".into(), state.read.as_ref().err().map(ToString::to_string).unwrap_or_default().into()),
    ])
}
