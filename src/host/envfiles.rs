//! The run's env files: values that must not be shown are registered in the vault as soon as they are read.

use std::path::Path;

use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::files::FileLock;
use crate::provision::credentials::is_credential;
use crate::provision::envfile::{Base, Entry, EnvFile, Pair, Role, parse};
use crate::secret::Secret;

use super::Host;
use super::settings::SandboxState;

impl Host {
    /// The two env files of a base.
    ///
    /// # Errors
    /// The name is not a valid base, or a file cannot be read.
    pub fn env_files(&self, base: &str) -> Result<Pair> {
        let base = self.settings.expand(base).display().to_string();
        let mut pair = Pair::load(|path| self.read_given(&path.to_string_lossy()), Base::new(&base)?)?;
        for role in [Role::Config, Role::Secret] {
            if self.files.is_of_script(&self.path(pair.file(role).label())) {
                pair.mark_of_script(role);
            }
            self.take_in(pair.file(role), role);
        }
        Ok(pair)
    }

    /// One env file; none if it does not exist.
    ///
    /// # Errors
    /// It cannot be read, or is not an env file.
    pub fn env_file(&self, path: &str, role: Role) -> Result<Option<EnvFile>> {
        let Some(bytes) = self.read_given(path)?.map(Zeroizing::new) else { return Ok(None) };
        let mut file = parse(&bytes, path)?;
        if self.files.is_of_script(&self.path(path)) {
            file.mark_of_script();
        }
        self.take_in(&file, role);
        Ok(Some(file))
    }

    /// Refuses to give a script the text of an env file with secrets (`envfile::read` gives its values), or of the
    /// sandbox's world. Tests may read everything, because their files are their own.
    ///
    /// # Errors
    /// The file is `…-secret.env`, another env file that only its owner may read, or the sandbox's.
    pub fn refuse_secret_file(&self, path: &Path) -> Result<()> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_env_file = |name: &str| name.ends_with(".env");
        let behind = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        if let Some(SandboxState::File(world)) = &self.settings.sandbox
            && std::fs::canonicalize(self.settings.path(world)).is_ok_and(|world| world == behind)
        {
            return Err(Error::invalid(format!("`{}` contains the sandbox's Secrets", path.display()))
                .object(path.display().to_string())
                .hint("`secrets::get` and `configmaps::get` read objects of the sandbox"));
        }
        let behind = behind.file_name().unwrap_or_default().to_string_lossy();
        let is_secret = [&name, &behind].iter().any(|name| name.ends_with("-secret.env"))
            || ((is_env_file(&name) || is_env_file(&behind)) && self.files.is_private(path));
        if !is_secret || self.is_test() {
            return Ok(());
        }
        Err(Error::invalid(format!("`{}` is an env file with secrets", path.display()))
            .object(path.display().to_string())
            .hint("`envfile::read` gives its values, those that must not be seen as `Secret`s"))
    }

    /// An answer that depends on a secret. In tests a refused one does not end all others.
    ///
    /// # Errors
    /// As [`Recorder::answer`](crate::record::Recorder::answer).
    pub fn answer<T>(&self, answer: Result<T>) -> Result<T> {
        if self.is_test() { answer } else { self.recorder.answer(answer) }
    }

    /// Locks the folder of a base or file against other runs while it is read, merged and written.
    ///
    /// # Errors
    /// Another run has locked it for too long, or there is no such folder.
    pub fn lock_folder_of(&self, path: &str) -> Result<FileLock> {
        self.files.lock(&self.path(path), &self.interrupt)
    }

    /// Registers a value that must not be shown.
    #[must_use]
    pub fn hide(&self, secret: Secret) -> Secret {
        if !secret.is_empty() && !Role::is_placeholder(secret.expose()) {
            self.vault.keep(&secret);
        }
        secret
    }

    fn take_in(&self, file: &EnvFile, role: Role) {
        let is_hidden = |entry: &&Entry| role == Role::Secret || is_credential(entry.key(), entry.value());
        for entry in file.entries().filter(is_hidden) {
            let _ = self.hide(entry.secret());
            for (place, what) in entry.odd_characters(file) {
                self.warn_once(&format!("{place}: {what} in the value of `{}`", entry.key()));
            }
        }
        for warning in file.warnings() {
            self.warn_once(&format!("{}:{}: {}", warning.file, warning.line, warning.message));
        }
    }
}
