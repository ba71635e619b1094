//! The run's env files: what comes out of them and must not be seen is known to the vault at once.

use crate::error::Result;
use crate::files::FileLock;
use crate::provision::envfile::{Base, EnvFile, Pair, Role, parse};
use crate::provision::keys::looks_like_credential;
use crate::secret::Secret;

use super::Host;

impl Host {
    /// The two env files of a base.
    ///
    /// # Errors
    /// A name that cannot be a base, or a file that cannot be read.
    pub fn env_files(&self, base: &str) -> Result<Pair> {
        let pair = Pair::load(&self.files, &self.settings.folder, Base::new(base)?)?;
        for role in [Role::Config, Role::Secret] {
            self.take_in(pair.file(role), role);
        }
        Ok(pair)
    }

    /// One env file; none if it is not there.
    ///
    /// # Errors
    /// It cannot be read, or is no env file.
    pub fn env_file(&self, path: &str, role: Role) -> Result<Option<EnvFile>> {
        let Some(bytes) = self.files.read(&self.path(path))? else { return Ok(None) };
        let file = parse(&bytes, path)?;
        self.take_in(&file, role);
        Ok(Some(file))
    }

    /// Keeps other runs away from the folder of a base or file while it is read, merged and written.
    ///
    /// # Errors
    /// Another run has been at it for too long, or there is no such folder.
    pub fn lock_folder_of(&self, path: &str) -> Result<FileLock> {
        self.files.lock(&self.path(path), &self.interrupt)
    }

    /// Takes a value in that must not be seen.
    #[must_use]
    pub fn hide(&self, secret: Secret) -> Secret {
        if !secret.is_empty() && !Role::is_placeholder(secret.expose()) {
            self.vault.keep(&secret);
        }
        secret
    }

    fn take_in(&self, file: &EnvFile, role: Role) {
        for entry in file.entries().filter(|entry| role == Role::Secret || looks_like_credential(entry.key())) {
            let _ = self.hide(entry.secret());
        }
        for warning in file.warnings() {
            self.warn_once(&format!("{}:{}: {}", warning.file, warning.line, warning.message));
        }
    }
}
