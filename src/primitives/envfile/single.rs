//! One env file between a script's map and the disk.

use std::path::Path;

use rhai::{Array, Dynamic, Map, NativeCallContext};

use super::given::{compare, is_secret, refuse_secret, secret_of};
use super::pair::suspicion_text;
use super::references;
use crate::error::{Error, Kind, Result};
use crate::files::Mode;
use crate::host::Host;
use crate::primitives::api::options::Options;
use crate::provision::credentials::{by_name, is_credential};
use crate::provision::envfile::base::manager_of_env_file;
use crate::provision::envfile::placeholder::suspicion;
use crate::provision::envfile::section::recorded_servers;
use crate::provision::envfile::{ABSENT_SHOWN, Base, Entry, EnvFile, Given, Missing, Role, Saved, missing, mode_of};

/// Which of a base's files a path is, by its name.
fn role_of(path: &str) -> Option<Role> {
    Base::of_env_file(Path::new(path)).map(|(_, role)| role)
}

/// `envfile::read`.
pub(in crate::primitives) fn read(
    context: &NativeCallContext<'_>,
    host: &Host,
    path: &str,
    options: &Map,
) -> Result<Map> {
    let all = Options::new("envfile::read", options, &["secret"])?.flag("secret")?;
    let role = if all { Role::Secret } else { role_of(path).unwrap_or(Role::Config) };
    let mut file = there(host, path, role)?;
    file.resolve(&Given::new(), &mut |reference| references::resolve(context, host, reference))?;
    let value = |entry: &Entry| -> Dynamic {
        if role == Role::Secret || entry.is_reference() || is_credential(entry.key(), entry.value()) {
            Dynamic::from(host.hide(entry.secret()))
        } else {
            entry.value().to_owned().into()
        }
    };
    let entries = file.entries().filter(|entry| !entry.is_absent());
    Ok(entries.map(|entry| (entry.key().into(), value(entry))).collect())
}

fn there(host: &Host, path: &str, role: Role) -> Result<EnvFile> {
    host.env_file(path, role)?.ok_or_else(|| {
        Error::not_found(format!("no file `{path}`"))
            .object(path)
            .hint("`mcpctl generate-env SERVERS BASE` makes `BASE-config.env` and `BASE-secret.env`")
    })
}

/// `envfile::write` and `envfile::merge`.
pub(in crate::primitives) fn write(host: &Host, path: &str, values: &Map, merge: bool) -> Result<Saved> {
    let _lock = host.lock_folder_of(path)?;
    let role = role_of(path).unwrap_or(Role::Config);
    let is_hidden = |key: &str| role == Role::Secret || by_name(key);
    let secret = values.values().any(is_secret);
    for (key, _) in values.iter().filter(|(_, value)| is_secret(value)) {
        if !is_hidden(key) || !path.ends_with(".env") {
            return Err(refuse_secret(key, &format!("`{path}`")));
        }
    }
    let before = host.env_file(path, role)?;
    let lost = before.iter().flat_map(EnvFile::entries).find(|entry| !values.contains_key(entry.key()));
    if let Some(lost) = lost.filter(|_| !merge) {
        return Err(Error::new(Kind::Exists, format!("`{path}` holds `{}`, which would be lost", lost.key()))
            .object(path)
            .hint("`envfile::merge` sets keys and keeps the others"));
    }
    let empty = EnvFile::empty(path);
    let mut file = before.clone().unwrap_or_else(|| empty.clone());
    let mut of_script = false;
    for (key, value) in values {
        let value = secret_of(host, key, value)?;
        if is_hidden(key) {
            compare(host, &file, key, &value)?;
            of_script |= value.is_of_script();
        }
        file.set(key, value.expose())?;
    }
    let changes = file.changes_since(before.as_ref().unwrap_or(&empty));
    let mode = if secret { Mode::Private } else { mode_of(&file, role) };
    let read = before.as_ref().map(EnvFile::bytes);
    let read = read.as_ref().map(|bytes| bytes.as_slice());
    if of_script {
        host.files.note_of_script(&host.path(path));
    }
    let written = host.files.rewrite(&host.path(path), read, &file.bytes(), mode, changes.clone())?;
    Ok(Saved { path: path.to_owned(), written, keys: file.entries().count(), changes })
}

/// `envfile::about`.
pub(in crate::primitives) fn about(host: &Host, path: &str) -> Result<Map> {
    let of = Base::of_env_file(Path::new(path));
    let kind = match of {
        Some((_, Role::Config)) => "config",
        Some((_, Role::Secret)) => "secret",
        None => "",
    };
    let file = there(host, path, role_of(path).unwrap_or(Role::Config))?;
    let base = of.map(|(base, _)| base.path()).unwrap_or_default();
    let servers: Array = recorded_servers(&file).into_iter().map(Dynamic::from).collect();
    Ok(Map::from([
        ("base".into(), base.into()),
        ("kind".into(), kind.into()),
        ("owner".into(), manager_of_env_file(Path::new(path)).into()),
        ("servers".into(), servers.into()),
    ]))
}

/// `envfile::absent`.
pub(in crate::primitives) fn absent(host: &Host, path: &str) -> Result<Array> {
    let file = there(host, path, role_of(path).unwrap_or(Role::Config))?;
    Ok(file.entries().filter(|entry| entry.is_absent()).map(|entry| entry.key().to_owned().into()).collect())
}

/// `envfile::unfilled`.
pub(in crate::primitives) fn unfilled(host: &Host, path: &str, options: &Map) -> Result<Vec<Missing>> {
    let secret = Options::new("envfile::unfilled", options, &["secret"])?.flag("secret")?;
    let role = role_of(path).unwrap_or(Role::Config);
    let file = there(host, path, role)?;
    for entry in file.entries().filter(|entry| !Role::is_placeholder(entry.value())) {
        if let Some(suspicion) = suspicion(entry.key(), entry.value(), &[]) {
            host.warn_once(&suspicion_text(entry.key(), path, suspicion));
        }
    }
    let absent: Vec<&str> = file.entries().filter(|entry| entry.is_absent()).map(Entry::key).collect();
    if !absent.is_empty() {
        host.printer.info(&format!("{ABSENT_SHOWN}: {}", absent.join(", ")));
    }
    let mut missing = missing(&file, role, &[]);
    missing.iter_mut().for_each(|missing| missing.secret |= secret);
    Ok(missing)
}
