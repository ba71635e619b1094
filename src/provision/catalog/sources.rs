//! Where a catalog comes from, and reading it from files.
//!
//! The first of these that there is: files named on the command line, `$MCPCTL_CATALOG` (a path, or several with
//! the system's path separator), the YAML and JSON files of `~/.docker/mcp/catalogs/`, the docker CLI.

use std::ffi::OsStr;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::error::{Error, Kind, Result};

use super::{Catalog, LARGEST};

/// Docker's own catalog, which is read before any other of its folder.
const OFFICIAL: &str = "docker-mcp.yaml";

/// Where to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Files that somebody named: each must be a catalog.
    Files(Vec<PathBuf>),
    /// Files found in Docker's folder: at least one must be a catalog, the others are warned about.
    Found(Vec<PathBuf>),
    /// `docker mcp catalog show`.
    Docker,
}

/// Decides where to read. `variable` is the value of `$MCPCTL_CATALOG`, `home` the home folder.
#[must_use]
pub fn choose(files: &[PathBuf], variable: Option<&OsStr>, home: Option<&Path>) -> Source {
    if !files.is_empty() {
        return Source::Files(files.to_vec());
    }
    if let Some(variable) = variable.filter(|variable| !variable.is_empty()) {
        return Source::Files(std::env::split_paths(variable).filter(|path| !path.as_os_str().is_empty()).collect());
    }
    let found = home.map(|home| found(&home.join(".docker/mcp/catalogs"))).unwrap_or_default();
    if found.is_empty() { Source::Docker } else { Source::Found(found) }
}

/// The catalogs of Docker's folder: its own first, then the others by name, so that what was added wins.
fn found(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|end| end == "yaml" || end == "yml" || end == "json"))
        .filter(|path| path.is_file())
        .collect();
    files.sort_by_key(|path| (path.file_name() != Some(OsStr::new(OFFICIAL)), path.clone()));
    files
}

/// Reads catalogs from files, the later over the earlier. `read` gives a file's bytes ([`read_file`], or the
/// overlay of a dry run), `home` shortens the names under which errors and headings show the files.
///
/// # Errors
/// A file that cannot be read or is no catalog.
pub fn load(paths: &[PathBuf], home: Option<&Path>, read: &dyn Fn(&Path) -> Result<Vec<u8>>) -> Result<Catalog> {
    merge(paths.iter().map(|path| one(path, home, read)))?
        .ok_or_else(|| Error::usage("no catalog is named").hint("name one with `--catalog FILE`"))
}

/// As [`load`], for files that nobody named: a broken one is a warning, unless none is whole.
///
/// # Errors
/// The first file's error, if there is no whole one.
pub fn load_found(paths: &[PathBuf], home: Option<&Path>, read: &dyn Fn(&Path) -> Result<Vec<u8>>) -> Result<Catalog> {
    let mut broken: Vec<Error> = Vec::new();
    let whole = paths.iter().filter_map(|path| one(path, home, read).map_err(|error| broken.push(error)).ok());
    let merged = merge(whole.map(Ok))?;
    match merged {
        Some(mut catalog) => {
            catalog.warnings.extend(broken.iter().map(|error| format!("left out: {error}")));
            Ok(catalog)
        }
        None => Err(broken.into_iter().next().unwrap_or_else(|| Error::not_found("there is no catalog"))),
    }
}

fn merge(catalogs: impl Iterator<Item = Result<Catalog>>) -> Result<Option<Catalog>> {
    let mut merged: Option<Catalog> = None;
    for catalog in catalogs {
        let catalog = catalog?;
        match &mut merged {
            Some(first) => first.add(catalog),
            None => merged = Some(catalog),
        }
    }
    Ok(merged)
}

fn one(path: &Path, home: Option<&Path>, read: &dyn Fn(&Path) -> Result<Vec<u8>>) -> Result<Catalog> {
    if let Some(text) = path.to_str()
        && (text.starts_with("https://") || text.starts_with("http://"))
    {
        return Err(Error::usage(format!("the catalog `{text}` is an address, not a file"))
            .hint("get it first: `curl -fsSLo catalog.yaml ADDRESS`, then `--catalog catalog.yaml`"));
    }
    Catalog::parse(&read(path)?, &shown(path, home))
}

/// A path as a person writes it: the home folder as `~`.
#[must_use]
pub fn shown(path: &Path, home: Option<&Path>) -> String {
    let text = match home.filter(|home| home.parent().is_some()).and_then(|home| path.strip_prefix(home).ok()) {
        Some(below) => Path::new("~").join(below).display().to_string(),
        None => path.display().to_string(),
    };
    super::clean(&text)
}

/// Reads a file of at most [`LARGEST`] bytes.
///
/// # Errors
/// A file that is not there, is a folder, cannot be read or is larger.
pub fn read_file(path: &Path) -> Result<Vec<u8>> {
    let failed = |error: std::io::Error| {
        let report = Error::io("cannot read the catalog", path, &error);
        match error.kind() {
            std::io::ErrorKind::NotFound => {
                Error::new(Kind::NotFound, report.message.clone()).cause("no such file or directory")
            }
            _ => report,
        }
        .hint("`--catalog FILE` names another one")
    };
    let file = std::fs::File::open(path).map_err(failed)?;
    if !file.metadata().map_err(failed)?.is_file() {
        return Err(Error::invalid(format!("the catalog `{}` is not a file", path.display()))
            .hint("name a file: `--catalog FILE`"));
    }
    let mut bytes = Vec::new();
    file.take(LARGEST as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() > LARGEST {
        return Err(Error::invalid(format!(
            "`{}` is no catalog: it has more than {} MiB",
            path.display(),
            LARGEST >> 20
        )));
    }
    Ok(bytes)
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
    fn the_order_is_flag_variable_folder_docker() {
        let home = tempfile::tempdir().unwrap();
        let flag = [PathBuf::from("flag.yaml")];
        let variable = std::env::join_paths(["one.yaml", "two.yaml"]).unwrap();
        assert_eq!(choose(&flag, Some(&variable), Some(home.path())), Source::Files(flag.to_vec()));
        assert_eq!(
            choose(&[], Some(&variable), Some(home.path())),
            Source::Files(vec!["one.yaml".into(), "two.yaml".into()])
        );
        assert_eq!(choose(&[], Some(OsStr::new("")), Some(home.path())), Source::Docker);
        assert_eq!(choose(&[], None, None), Source::Docker);
        let folder = home.path().join(".docker/mcp/catalogs");
        let own = write(&folder, "a-team.yaml", "x");
        let official = write(&folder, OFFICIAL, "x");
        write(&folder, "notes.txt", "x");
        assert_eq!(choose(&[], None, Some(home.path())), Source::Found(vec![official, own]));
    }

    #[test]
    fn later_files_win_and_files_are_shown_from_the_home_folder() {
        let home = tempfile::tempdir().unwrap();
        let one = write(home.path(), "one.yaml", "name: one\nregistry:\n  a: {image: mcp/a}\n");
        let two = write(home.path(), "two.yaml", "registry:\n  a: {image: mcp/b}\n");
        let catalog = load(&[one, two], Some(home.path()), &read_file).unwrap();
        assert_eq!(catalog.server("a").unwrap().image, "mcp/b");
        assert_eq!(catalog.place(), "catalog one (1 server, ~/one.yaml, ~/two.yaml)");
    }

    #[test]
    fn a_broken_file_stops_what_was_named_and_is_a_warning_in_a_folder() {
        let home = tempfile::tempdir().unwrap();
        let whole = write(home.path(), "whole.yaml", "registry:\n  a: {image: mcp/a}\n");
        let broken = write(home.path(), "broken.yaml", "<html>\n");
        let both = [whole, broken.clone()];
        assert_eq!(load(&both, None, &read_file).unwrap_err().kind, Kind::Invalid);
        let catalog = load_found(&both, Some(home.path()), &read_file).unwrap();
        assert_eq!(catalog.warnings, ["left out: `~/broken.yaml` is no catalog: it is a web page (HTML)"]);
        assert_eq!(load_found(&[broken], None, &read_file).unwrap_err().kind, Kind::Invalid);
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let home = tempfile::tempdir().unwrap();
        let missing = home.path().join("none.yaml");
        let error = load(&[missing], None, &read_file).unwrap_err();
        assert_eq!(error.kind, Kind::NotFound);
        assert_eq!(error.cause.as_deref(), Some("no such file or directory"));
        assert!(read_file(home.path()).unwrap_err().message.contains("is not a file"));
        let error = load(&["https://e.example/c.yaml".into()], None, &read_file).unwrap_err();
        assert_eq!(error.kind, Kind::Usage);
    }
}
