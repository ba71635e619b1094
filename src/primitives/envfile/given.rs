//! Values from the command line and the environment.

use std::collections::BTreeSet;

use rhai::{Array, Dynamic, Map};

use crate::error::{Error, Kind, Result};
use crate::host::Host;
use crate::primitives::api::raise::wrong_type;
use crate::primitives::api::secret;
use crate::primitives::catalog::rendering::needs;
use crate::provision::credentials::by_value;
use crate::provision::envfile::pair::is_credential;
use crate::provision::envfile::placeholder::is_unusable;
use crate::provision::envfile::{ABSENT, Entry, EnvFile, Given, Role, SetArgument, ValueSource, WantedValue};
use crate::provision::keys::env_name_of;
use crate::provision::requirements::Requirements;
use crate::record::{Effect, Stored};
use crate::secret::{Secret, Vault};

/// All that servers want.
pub(in crate::primitives) fn wanted(needs: &[Requirements]) -> Vec<WantedValue> {
    needs.iter().flat_map(WantedValue::by).collect()
}

/// A value of a script's map, hidden whether it is a secret or not.
pub(in crate::primitives) fn secret_of(host: &Host, key: &str, value: &Dynamic) -> Result<Secret> {
    secret::hidden(value, &host.vault, &format!("the value of `{key}`"))
}

/// Whether a value of a script's map is a secret, or contains one.
pub(in crate::primitives) fn is_secret(value: &Dynamic) -> bool {
    value.is::<Secret>() || value.clone().into_string().is_ok_and(|text| Vault::holds_secret(&text))
}

/// The error for a secret that would be stored where it can be read as text.
pub(in crate::primitives) fn refuse_secret(key: &str, place: &str) -> Error {
    Error::new(Kind::Script, format!("the value of `{key}` is a secret, and {place} shows it"))
        .hint("put it into `BASE-secret.env`, or into a Secret: `secrets::apply`")
}

/// Allows the comparison of a value with the one that an env file has for a key, of which the result tells.
pub(in crate::primitives) fn compare(host: &Host, file: &EnvFile, key: &str, value: &Secret) -> Result<()> {
    let place = format!("file/{}", file.label());
    // that a value is missing is known
    let is_value = |text: &&str| !text.is_empty() && !Role::is_placeholder(text);
    let stored = file.entry(key).map(Entry::value).filter(is_value).map(str::as_bytes);
    host.recorder.compare(value, Stored { place: &place, key, value: stored, is_own: false })
}

/// A script's map as values; `()` is no value, on purpose.
pub(in crate::primitives) fn from_map(host: &Host, values: &Map) -> Result<Given> {
    let value_of = |key: &str, value: &Dynamic| -> Result<Option<Secret>> {
        if value.is_unit() { Ok(None) } else { secret_of(host, key, value).map(Some) }
    };
    values.iter().map(|(key, value)| Ok((key.to_string(), value_of(key, value)?))).collect()
}

/// A value as a script sees it.
fn shown(host: &Host, value: Secret, hidden: bool) -> Dynamic {
    if hidden { Dynamic::from(host.hide(value)) } else { value.expose().to_owned().into() }
}

/// `envfile::given`.
pub(in crate::primitives) fn given(host: &Host, names: &[String], base: &str, arguments: &Array) -> Result<Map> {
    if arguments.is_empty() {
        return Ok(Map::new());
    }
    let (_, needs) = needs(host, names)?;
    let wanted = wanted(&needs);
    let pair = host.env_files(base)?;
    let mut values = Map::new();
    let mut read_input = false;
    for argument in arguments {
        let text = argument.clone().into_string().map_err(|kind| wrong_type("a value to set", "text", kind))?;
        let set = SetArgument::parse(&text)?;
        let hidden = pair.role_of(&set.key, &wanted)? == Role::Secret || is_credential(&set.key, &wanted);
        let hidden = hidden || matches!(&set.source, ValueSource::Text(text) if by_value(text).is_some());
        if hidden {
            set.refuse_text_for_secret()?;
        }
        if matches!(set.source, ValueSource::Stdin) && std::mem::replace(&mut read_input, true) {
            return Err(Error::usage("standard input can be the value of one key only"));
        }
        let value = match read(host, &set, hidden)? {
            Some(value) => {
                let hidden = hidden || by_value(value.expose()).is_some();
                check(&needs, &set.key, &value)?;
                refuse_example(&wanted, &set.key, &value)?;
                shown(host, value, hidden)
            }
            None => Dynamic::UNIT,
        };
        if values.insert(set.key.as_str().into(), value).is_some() {
            return Err(Error::usage(format!("`{}` is set twice", set.key)));
        }
    }
    Ok(values)
}

/// Refuses the catalog's example of a secret: it opens nothing.
pub(in crate::primitives) fn refuse_example(wanted: &[WantedValue], key: &str, value: &Secret) -> Result<()> {
    if !is_unusable(key, value.expose(), wanted) || Role::is_placeholder(value.expose()) {
        return Ok(());
    }
    Err(Error::usage(format!("the value of `{key}` is the catalog's own example"))
        .cause("examples are made up and open nothing")
        .hint(format!("give your own value, or `{key}={ABSENT}` if you have none")))
}

/// The value of a `--set`; none where there is none, on purpose.
fn read(host: &Host, set: &SetArgument, hidden: bool) -> Result<Option<Secret>> {
    let value = match &set.source {
        ValueSource::Absent => return Ok(None),
        ValueSource::Text(text) => Ok(Secret::of_script(text)),
        ValueSource::Stdin => host.value_of_bytes(&host.standard_input_bytes()?, "standard input", hidden),
        ValueSource::File(path) => {
            let from = path.display().to_string();
            if !hidden {
                host.refuse_secret_file(&host.path(&from))?;
            }
            let bytes = host.read_given(&from)?;
            let bytes =
                bytes.ok_or_else(|| Error::not_found(format!("no file `{from}` for `{}`", set.key)).object(&from))?;
            let value = host.value_of_bytes(&bytes, &from, hidden)?;
            Ok(if host.files.is_of_script(&host.path(&from)) { Secret::of_script(value.expose()) } else { value })
        }
    };
    value.map(Some)
}

/// Refuses a value that cannot be one of its parameter.
pub(in crate::primitives) fn check(needs: &[Requirements], key: &str, value: &Secret) -> Result<()> {
    let need = needs.iter().flat_map(|needs| &needs.config).find(|need| need.key == key);
    need.map_or(Ok(()), |need| need.check(value.expose())).map_err(Error::usage)
}

/// `envfile::environment`.
pub(in crate::primitives) fn environment(host: &Host, names: &[String]) -> Result<Map> {
    host.recorder.effect(Effect::named("environment: read"))?;
    let (_, needs) = needs(host, names)?;
    let wanted = wanted(&needs);
    let keys: BTreeSet<&str> = wanted.iter().map(|want| want.key.as_str()).collect();
    let mut values = Map::new();
    for key in keys {
        let Some(value) = host.settings.environment.get(&env_name_of(key))? else { continue };
        let role = wanted.iter().find(|want| want.key == key).map(|want| want.role);
        let hidden = role == Some(Role::Secret) || is_credential(key, &wanted) || by_value(&value).is_some();
        values.insert(key.into(), shown(host, Secret::new(value), hidden));
    }
    Ok(values)
}
