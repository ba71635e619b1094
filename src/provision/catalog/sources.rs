//! The catalog sources of a run.
//!
//! First match wins: those that the command line names, `$MCPCTL_CATALOG`, the YAML and JSON files of
//! `~/.docker/mcp/catalogs/`, the docker CLI.

use std::path::{Path, PathBuf};

use super::address::Address;

/// Docker's own catalog, which is read first.
const OFFICIAL: &str = "docker-mcp.yaml";

/// One source of a run's catalogs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sources {
    /// Named by the user: each must be a catalog.
    Named(Vec<Address>),
    /// Files found in Docker's folder: at least one must be a catalog, the others cause warnings.
    Found(Vec<PathBuf>),
    /// `docker mcp catalog show`.
    Docker,
}

/// Decides what to read. `named` is from the command line, else from `$MCPCTL_CATALOG`; `home` is the home folder.
#[must_use]
pub fn choose(named: Vec<Address>, home: Option<&Path>) -> Sources {
    if !named.is_empty() {
        return Sources::Named(named);
    }
    let folder = home.map(|home| home.join(".docker/mcp/catalogs"));
    let found: Vec<PathBuf> = folder
        .and_then(|folder| Some((std::fs::read_dir(&folder).ok()?, folder)))
        .map(|(entries, folder)| {
            in_order(&folder, entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()))
        })
        .unwrap_or_default();
    let found: Vec<PathBuf> = found.into_iter().filter(|path| path.is_file()).collect();
    if found.is_empty() { Sources::Docker } else { Sources::Found(found) }
}

/// The catalogs of a folder: Docker's own first, then the others by name, so that added ones win.
pub(super) fn in_order(folder: &Path, names: impl Iterator<Item = String>) -> Vec<PathBuf> {
    let is_catalog = |name: &String| {
        let end = Path::new(name).extension().unwrap_or_default();
        !name.starts_with('.') && (end == "yaml" || end == "yml" || end == "json")
    };
    let mut names: Vec<String> = names.filter(is_catalog).collect();
    names.sort_by_key(|name| (name != OFFICIAL, name.clone()));
    names.into_iter().map(|name| folder.join(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    #[test]
    fn what_is_named_comes_before_dockers_folder_and_that_before_docker() {
        let home = tempfile::tempdir().unwrap();
        let flag = Address::Path("flag.yaml".into());
        assert_eq!(choose(vec![flag.clone()], Some(home.path())), Sources::Named(vec![flag]));
        assert_eq!(choose(Vec::new(), Some(home.path())), Sources::Docker);
        assert_eq!(choose(Vec::new(), None), Sources::Docker);
        let folder = home.path().join(".docker/mcp/catalogs");
        let own = write(&folder, "a-team.yaml", "x");
        let official = write(&folder, OFFICIAL, "x");
        write(&folder, "notes.txt", "x");
        std::fs::create_dir(folder.join("folder.yaml")).unwrap();
        assert_eq!(choose(Vec::new(), Some(home.path())), Sources::Found(vec![official, own]));
    }
}
