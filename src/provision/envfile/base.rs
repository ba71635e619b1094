//! The files of a base, as in `--base NAME`.

use std::path::{Path, PathBuf};

use super::{EnvFile, Role, parse};
use crate::clean;
use crate::error::{Error, Result};
use crate::files::{Files, Mode, Written};

/// `prod` or `path/to/prod`: the common prefix of a set of files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    folder: PathBuf,
    name: String,
}

impl Base {
    /// The base of that name.
    ///
    /// # Errors
    /// [`Kind::Usage`](crate::error::Kind::Usage) if the last part of the path cannot begin a file's name.
    pub fn new(text: &str) -> Result<Self> {
        let (folder, name) = text.rsplit_once('/').map_or(("", text), |(folder, name)| (&text[..=folder.len()], name));
        if name.is_empty() || matches!(name, "." | "..") || clean::is_unclean(name) {
            return Err(Error::usage(format!("`{text}` is not a valid base"))
                .cause("a base is the beginning of file names, like `prod` or `deploy/prod`"));
        }
        Ok(Self { folder: PathBuf::from(folder), name: name.to_owned() })
    }

    /// The base of an env file, and which of its files it is; none if its name ends in neither `-config.env` nor
    /// `-secret.env`.
    #[must_use]
    pub fn of_env_file(path: &Path) -> Option<(Self, Role)> {
        let file = path.file_name()?.to_str()?;
        let (name, role) = file
            .strip_suffix("-config.env")
            .map(|name| (name, Role::Config))
            .or_else(|| file.strip_suffix("-secret.env").map(|name| (name, Role::Secret)))?;
        let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
        (!name.is_empty()).then(|| (Self { folder, name: name.to_owned() }, role))
    }

    /// The last part of the path.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole path, as in `--base`.
    #[must_use]
    pub fn path(&self) -> String {
        self.folder.join(&self.name).display().to_string()
    }

    /// The env file of a role: `BASE-config.env` or `BASE-secret.env`.
    #[must_use]
    pub fn env_file(&self, role: Role) -> PathBuf {
        self.file(match role {
            Role::Config => "-config.env",
            Role::Secret => "-secret.env",
        })
    }

    /// The derived catalog, `BASE-catalog.yaml`.
    #[must_use]
    pub fn catalog(&self) -> PathBuf {
        self.file("-catalog.yaml")
    }

    /// The names of the secrets for the gateway's `--secrets`, `BASE-secret-names.env`.
    #[must_use]
    pub fn secret_names(&self) -> PathBuf {
        self.file("-secret-names.env")
    }

    /// The field manager of its objects.
    #[must_use]
    pub fn manager(&self) -> String {
        format!("mcpctl:{}", self.name)
    }

    fn file(&self, end: &str) -> PathBuf {
        self.folder.join(format!("{}{end}", self.name))
    }
}

/// The field manager of the objects created from an env file: that of its base, or `mcpctl:` and the file's name
/// without `.env`.
#[must_use]
pub fn manager_of_env_file(path: &Path) -> String {
    match Base::of_env_file(path) {
        Some((base, _)) => base.manager(),
        None => format!("mcpctl:{}", path.file_stem().unwrap_or_default().to_string_lossy()),
    }
}

/// Reads an env file; none if it does not exist.
///
/// # Errors
/// As [`Files::read`] and [`parse()`].
pub fn load(files: &Files, path: &Path) -> Result<Option<EnvFile>> {
    match files.read(path)? {
        Some(bytes) => parse(&bytes, &path.display().to_string()).map(Some),
        None => Ok(None),
    }
}

/// Writes an env file; [`mode_of`](super::mode_of) defines its permissions. `before` is its content when it was read.
///
/// # Errors
/// As [`Files::rewrite`].
pub fn save(files: &Files, path: &Path, file: &EnvFile, mode: Mode, before: Option<&EnvFile>) -> Result<Written> {
    let empty = EnvFile::empty("");
    let keys = file.changes_since(before.unwrap_or(&empty));
    let read = before.map(EnvFile::bytes);
    files.rewrite(path, read.as_ref().map(|bytes| bytes.as_slice()), &file.bytes(), mode, keys)
}
