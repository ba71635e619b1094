//! The two env files of a base in a run: read, generated, filled in, written.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use zeroize::Zeroizing;

use super::generate::mode_of;
use super::placeholder::is_unusable;
use super::section::{recorded_servers, servers_of};
use super::{Base, EnvFile, Missing, Reference, Role, WantedValue, generate, missing, parse};
use crate::error::{Error, Result};
use crate::files::{Files, Mode, Written};
use crate::nearest;
use crate::provision::credentials::{by_name, by_value};
use crate::provision::render::Values;
use crate::record::KeyChange;
use crate::secret::Secret;

/// Values that override those of the files, by key; for both files, so all are hidden. None if there is no value, on
/// purpose.
pub type Given = BTreeMap<String, Option<Secret>>;

/// `BASE-config.env` and `BASE-secret.env`.
#[derive(Debug, Clone)]
pub struct Pair {
    base: Base,
    config: One,
    secret: One,
}

/// One of the two.
#[derive(Debug, Clone)]
struct One {
    file: EnvFile,
    /// Its content on disk; none if there is no such file.
    before: Option<EnvFile>,
    /// Whether only its owner may read it, for any keys.
    private: bool,
}

/// The result of writing one of the two files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// Its path.
    pub path: String,
    /// The result of the write.
    pub written: Written,
    /// The number of its keys.
    pub keys: usize,
    /// The keys that are new, changed or removed.
    pub changes: Vec<KeyChange>,
}

impl Saved {
    /// The number of keys, and of new, changed and removed ones: `2 keys (1 new)`.
    #[must_use]
    pub fn summary(&self) -> String {
        let count = |wanted: fn(&KeyChange) -> bool| self.changes.iter().filter(|change| wanted(change)).count();
        let parts: Vec<String> = [
            (count(|change| matches!(change, KeyChange::Added(_))), "new"),
            (count(|change| matches!(change, KeyChange::Changed(_))), "changed"),
            (count(|change| matches!(change, KeyChange::Removed(_))), "removed"),
        ]
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| format!("{number} {word}"))
        .collect();
        let keys = if self.keys == 1 { "1 key".to_owned() } else { format!("{} keys", self.keys) };
        let news = if parts.is_empty() { self.written.name().to_owned() } else { parts.join(", ") };
        format!("{keys} ({news})")
    }
}

impl Pair {
    /// Reads both; a file that does not exist is like an empty one. `read` gives the bytes of a path.
    ///
    /// # Errors
    /// As `read` and [`parse()`].
    pub fn load(read: impl Fn(&Path) -> Result<Option<Vec<u8>>>, base: Base) -> Result<Self> {
        let one = |role: Role| -> Result<One> {
            let path = base.env_file(role);
            let label = path.display().to_string();
            let before = match read(&path)?.map(Zeroizing::new) {
                Some(bytes) => Some(parse(&bytes, &label)?),
                None => None,
            };
            Ok(One { file: before.clone().unwrap_or_else(|| EnvFile::empty(label)), before, private: false })
        };
        let (config, secret) = (one(Role::Config)?, one(Role::Secret)?);
        Ok(Self { base, config, secret })
    }

    /// The file of a role.
    #[must_use]
    pub fn file(&self, role: Role) -> &EnvFile {
        match role {
            Role::Config => &self.config.file,
            Role::Secret => &self.secret.file,
        }
    }

    /// Whether the file of a role is on disk.
    #[must_use]
    pub fn exists(&self, role: Role) -> bool {
        match role {
            Role::Config => self.config.before.is_some(),
            Role::Secret => self.secret.before.is_some(),
        }
    }

    /// The base.
    #[must_use]
    pub fn base(&self) -> String {
        self.base.path()
    }

    /// The keys that have no value on purpose.
    pub fn absent(&self) -> impl Iterator<Item = String> + '_ {
        let entries = self.config.file.entries().chain(self.secret.file.entries());
        entries.filter(|entry| entry.is_absent()).map(|entry| entry.key().to_owned())
    }

    /// All servers of the base: the given ones and, unless pruned, those that its files record.
    #[must_use]
    pub fn servers(&self, asked: &[String], prune: bool) -> Vec<String> {
        servers_of(&[&self.config.file, &self.secret.file], asked, prune)
    }

    /// The servers that its files record.
    #[must_use]
    pub fn recorded(&self) -> Vec<String> {
        let mut servers = recorded_servers(&self.config.file);
        servers.extend(recorded_servers(&self.secret.file));
        servers.sort();
        servers.dedup();
        servers
    }

    /// Creates both files, or adds missing keys, as [`generate()`] does.
    ///
    /// # Errors
    /// A server's name or a key that is not valid in an env file.
    pub fn generate(&mut self, servers: &[String], wanted: &[WantedValue], prune: bool) -> Result<()> {
        for (role, one) in [(Role::Config, &mut self.config), (Role::Secret, &mut self.secret)] {
            let label = one.file.label().to_owned();
            let generated = generate(Some(&one.file), &label, role, servers, wanted, prune)?;
            one.private |= generated.mode == Mode::Private;
            one.file = generated.file;
        }
        Ok(())
    }

    /// The keys that are on disk and no longer here, each with the path of its file; config first.
    #[must_use]
    pub fn removed(&self) -> Vec<(String, String)> {
        let of = |one: &One| -> Vec<(String, String)> {
            let Some(before) = &one.before else { return Vec::new() };
            let gone = one.file.changes_since(before).into_iter();
            let gone = gone.filter_map(|change| if let KeyChange::Removed(key) = change { Some(key) } else { None });
            gone.map(|key| (one.file.label().to_owned(), key)).collect()
        };
        of(&self.config).into_iter().chain(of(&self.secret)).collect()
    }

    /// Sets values, each in the file that its key belongs to.
    ///
    /// # Errors
    /// A key that no server needs and no file contains.
    pub fn fill(&mut self, wanted: &[WantedValue], values: &Given) -> Result<()> {
        for (key, value) in values {
            match self.role_of(key, wanted)? {
                Role::Config => {
                    self.config.private |= is_credential(key, wanted);
                    put(&mut self.config.file, key, value.as_ref())?;
                }
                Role::Secret => put(&mut self.secret.file, key, value.as_ref())?,
            }
        }
        Ok(())
    }

    /// Marks the values of a file as chosen by a script: see [`Secret::of_script`].
    pub fn mark_of_script(&mut self, role: Role) {
        match role {
            Role::Config => self.config.file.mark_of_script(),
            Role::Secret => self.secret.file.mark_of_script(),
        }
    }

    /// The missing values, config first.
    #[must_use]
    pub fn missing(&self, wanted: &[WantedValue], given: &Given) -> Vec<Missing> {
        let is_given = |key: &str| {
            let is_value = |value: &Secret| !value.is_empty() && !is_unusable(key, value.expose(), wanted);
            given.get(key).is_some_and(|value| value.as_ref().is_none_or(is_value))
        };
        let mut all = missing(&self.config.file, Role::Config, wanted);
        all.extend(missing(&self.secret.file, Role::Secret, wanted));
        all.retain(|missing| !is_given(&missing.key));
        all
    }

    /// Replaces references by their values, except for given keys; the files' text stays.
    ///
    /// # Errors
    /// As [`EnvFile::resolve`].
    pub fn resolve(&mut self, given: &Given, by: &mut dyn FnMut(&Reference) -> Result<Secret>) -> Result<()> {
        self.config.file.resolve(given, by)?;
        self.secret.file.resolve(given, by)
    }

    /// The values to provision with: those given, else those of the files. [Missing](Self::missing) values are not
    /// among them. A resolved reference is a secret, in either file.
    ///
    /// # Errors
    /// A given key that no server needs and no file contains; a reference that was not resolved.
    pub fn values(&self, wanted: &[WantedValue], given: &Given) -> Result<Values> {
        let missing: BTreeSet<String> = self.missing(wanted, given).into_iter().map(|missing| missing.key).collect();
        let mut values = Values::default();
        let mut all: Vec<(Role, String, Secret)> = Vec::new();
        for (role, one) in [(Role::Config, &self.config), (Role::Secret, &self.secret)] {
            for entry in one.file.entries().filter(|entry| !given.contains_key(entry.key())) {
                if entry.is_unresolved() {
                    return Err(Error::failed(format!("the reference of `{}` was not resolved", entry.key())));
                }
                if entry.is_absent() {
                    values.absent.insert(entry.key().to_owned());
                    continue;
                }
                let role = if entry.is_reference() { Role::Secret } else { role };
                all.push((role, entry.key().to_owned(), entry.secret()));
            }
        }
        for (key, value) in given {
            let role = self.role_of(key, wanted)?;
            match value {
                Some(value) => all.push((role, key.clone(), value.clone())),
                None => {
                    values.absent.insert(key.clone());
                }
            }
        }
        for (role, key, value) in all {
            if missing.contains(&key) || is_unusable(&key, value.expose(), wanted) {
                continue;
            }
            if role == Role::Secret || is_credential(&key, wanted) || by_value(value.expose()).is_some() {
                values.secrets.insert(key, value);
            } else {
                values.config.insert(key, value.expose().to_owned());
            }
        }
        Ok(values)
    }

    /// Writes both files if they changed.
    ///
    /// # Errors
    /// As [`Files::rewrite`].
    pub fn save(&self, files: &Files, folder: &Path) -> Result<[Saved; 2]> {
        let save = |role: Role, one: &One| -> Result<Saved> {
            let path = self.base.env_file(role);
            let empty = EnvFile::empty("");
            let changes = one.file.changes_since(one.before.as_ref().unwrap_or(&empty));
            let mode = if one.private { Mode::Private } else { mode_of(&one.file, role) };
            let read = one.before.as_ref().map(EnvFile::bytes);
            let read = read.as_ref().map(|bytes| bytes.as_slice());
            let written = files.rewrite(&folder.join(&path), read, &one.file.bytes(), mode, changes.clone())?;
            Ok(Saved { path: path.display().to_string(), written, keys: one.file.entries().count(), changes })
        };
        Ok([save(Role::Config, &self.config)?, save(Role::Secret, &self.secret)?])
    }

    /// The file that a key belongs to.
    ///
    /// # Errors
    /// No server needs it and no file contains it: the error suggests the nearest key.
    pub fn role_of(&self, key: &str, wanted: &[WantedValue]) -> Result<Role> {
        role_wanted(key, wanted)
            .or_else(|| self.config.file.entry(key).map(|_| Role::Config))
            .or_else(|| self.secret.file.entry(key).map(|_| Role::Secret))
            .ok_or_else(|| unknown_key(key, wanted))
    }
}

fn put(file: &mut EnvFile, key: &str, value: Option<&Secret>) -> Result<()> {
    match value {
        Some(value) => file.set(key, value.expose())?,
        None => file.set_absent(key)?,
    };
    Ok(())
}

/// The file of a key, from the needs of servers.
#[must_use]
pub fn role_wanted(key: &str, wanted: &[WantedValue]) -> Option<Role> {
    wanted.iter().find(|want| want.key == key).map(|want| want.role)
}

/// Whether a key's value must not be shown, by its name or by the catalog.
#[must_use]
pub fn is_credential(key: &str, wanted: &[WantedValue]) -> bool {
    by_name(key) || wanted.iter().any(|want| want.key == key && want.credential)
}

/// The error for a key that no server uses.
#[must_use]
pub fn unknown_key(key: &str, wanted: &[WantedValue]) -> Error {
    let mut servers: Vec<String> = wanted.iter().map(|want| format!("`{}`", want.server)).collect();
    servers.dedup();
    let of = if servers.is_empty() { "no server".to_owned() } else { format!("none of {}", servers.join(", ")) };
    Error::usage(format!("{of} needs a value `{key}`"))
        .suggest(nearest::nearest(key, wanted.iter().map(|want| want.key.as_str())))
}
