//! Where a script comes from.

use std::path::PathBuf;

/// The place a script or module was found in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A path the user wrote.
    File(PathBuf),
    /// A folder of `$MCPCTL_PATH`.
    Path(PathBuf),
    /// The `scripts` folder of the user's configuration.
    Config(PathBuf),
    /// Inside the binary.
    Shipped,
    /// `./scripts` of the current folder.
    Here(PathBuf),
}

impl Origin {
    /// The heading under which `mcpctl scripts` lists it.
    #[must_use]
    pub fn heading(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Path(path) | Self::Config(path) => parent(path),
            Self::Shipped => "shipped".to_owned(),
            Self::Here(_) => "./scripts".to_owned(),
        }
    }

    /// The file, unless it ships inside the binary.
    #[must_use]
    pub fn path(&self) -> Option<&PathBuf> {
        match self {
            Self::File(path) | Self::Path(path) | Self::Config(path) | Self::Here(path) => Some(path),
            Self::Shipped => None,
        }
    }
}

fn parent(path: &std::path::Path) -> String {
    path.parent().unwrap_or(path).display().to_string()
}
