//! From the name that a user types to the script.
//!
//! A name with a `/` or the ending `.rhai` is a path, if such a file exists. Otherwise, and for every bare name, the
//! order is `$MCPCTL_PATH`, the user's configuration folder, the binary, then `./scripts`: the current folder never
//! replaces a shipped command, and every replacement is announced.

use std::path::{Path, PathBuf};

use crate::clean;
use crate::embedded;
use crate::error::{Error, Kind, Result};
use crate::files::expand_home;
use crate::host::settings::Environment;
use crate::nearest;

use super::origin::Origin;
use super::source;

/// A script that was found: its name, where, and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// The bare name, without `.rhai`.
    pub name: String,
    /// What errors call it: a path, or `NAME.rhai` in `<mcpctl>` for a shipped one.
    pub label: String,
    /// Where it was found.
    pub origin: Origin,
    /// Its text.
    pub text: String,
    /// A shipped script of the same name that this one replaces.
    pub replaces_shipped: bool,
}

/// Where scripts are looked for.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// The folders of `$MCPCTL_PATH`, in order.
    pub path: Vec<PathBuf>,
    /// The `scripts` folder of the user's configuration.
    pub config: Option<PathBuf>,
    /// The folder that relative paths and `./scripts` start from.
    pub here: PathBuf,
    /// The home folder, which `~/` means.
    pub home: Option<PathBuf>,
}

impl Places {
    /// The places of this process: `$MCPCTL_PATH`, `$XDG_CONFIG_HOME/mcpctl/scripts` (or
    /// `~/.config/mcpctl/scripts`), the current folder.
    #[must_use]
    pub fn from_environment() -> Self {
        let environment = Environment::Process;
        Self {
            path: environment.script_path(),
            config: environment.script_folder(),
            here: PathBuf::new(),
            home: environment.home(),
        }
    }

    /// Finds a script by path or name; `-` is standard input, which is read here.
    ///
    /// # Errors
    /// Not found, with the nearest names; not readable; not a `.rhai` file.
    pub fn find(&self, wanted: &str) -> Result<Script> {
        if wanted == "-" {
            return Ok(Script {
                name: "stdin".to_owned(),
                label: "<stdin>".to_owned(),
                origin: Origin::Input,
                text: source::read_input(std::io::stdin().lock())?,
                replaces_shipped: false,
            });
        }
        if is_path(wanted) {
            let path = self.here.join(expand_home(wanted, self.home.as_deref()));
            if path.exists() {
                // a file in the current folder that has a shipped command's name is announced like any other
                let bare = !wanted.contains('/') && embedded::script(wanted.trim_end_matches(".rhai")).is_some();
                return load(&path, Origin::File(path.clone()), bare);
            }
            if wanted.contains('/') || wanted.contains(std::path::MAIN_SEPARATOR) {
                return Err(Error::usage(format!("no script `{wanted}`"))
                    .object(wanted)
                    .hint("`mcpctl scripts` lists the scripts that have names"));
            }
        }
        let name = wanted.strip_suffix(".rhai").unwrap_or(wanted);
        match self.find_name(name)? {
            Some(script) => Ok(script),
            None => Err(self.unknown(name)),
        }
    }

    /// Finds a script by its bare name.
    ///
    /// # Errors
    /// The file that has the name cannot be read.
    pub fn find_name(&self, name: &str) -> Result<Option<Script>> {
        // some letters of Unicode are invisible
        let is_visible = |c: char| c.is_alphanumeric() && !clean::needs_cleaning(c);
        if name.is_empty()
            || name.starts_with('-')
            || !name.chars().all(|c| is_visible(c) || matches!(c, '-' | '_' | '.'))
        {
            return Ok(None);
        }
        let file = format!("{name}.rhai");
        let shipped = embedded::script(name);
        let own = self
            .path
            .iter()
            .map(|folder| Origin::Path(folder.join(&file)))
            .chain(self.config.iter().map(|folder| Origin::Config(folder.join(&file))));
        for origin in own {
            if let Some(path) = origin.path().filter(|path| path.is_file()).cloned() {
                return load(&path, origin, shipped.is_some()).map(Some);
            }
        }
        if let Some(text) = shipped {
            return Ok(Some(Script {
                name: name.to_owned(),
                label: shipped_label(&file),
                origin: Origin::Shipped,
                text: source::prepare(text),
                replaces_shipped: false,
            }));
        }
        let path = self.here.join("scripts").join(&file);
        if path.is_file() {
            return load(&path, Origin::Here(path.clone()), false).map(Some);
        }
        Ok(None)
    }

    /// Every script that has a name, each name once, as [`find_name`](Self::find_name) would find it; sorted
    /// by name. Files that cannot be read are passed over here and reported when they are run.
    #[must_use]
    pub fn all(&self) -> Vec<Script> {
        let mut names: Vec<String> = embedded::script_names().into_iter().map(str::to_owned).collect();
        let here = self.here.join("scripts");
        for folder in self.path.iter().chain(&self.config).chain(std::iter::once(&here)) {
            names.extend(names_in(folder));
        }
        names.sort();
        names.dedup();
        names.iter().filter_map(|name| self.find_name(name).ok().flatten()).collect()
    }

    /// The files of `./scripts` that their names do not run, as another script of the name comes first; sorted.
    #[must_use]
    pub fn hidden(&self) -> Vec<String> {
        let mut names = names_in(&self.here.join("scripts"));
        names.retain(|name| !matches!(self.find_name(name), Ok(Some(Script { origin: Origin::Here(_), .. }))));
        names.sort();
        names.into_iter().map(|name| format!("scripts/{name}.rhai")).collect()
    }

    fn unknown(&self, name: &str) -> Error {
        let scripts = self.all();
        let near = nearest::nearest(name, scripts.iter().map(|script| script.name.as_str()));
        Error::new(Kind::Usage, format!("no script `{name}`"))
            .object(name)
            .suggest(near)
            .hint("`mcpctl scripts` lists them all")
    }
}

/// What errors call a shipped file.
#[must_use]
pub fn shipped_label(file: &str) -> String {
    format!("<mcpctl>/{file}")
}

/// Whether a name is meant as a path.
#[must_use]
pub fn is_path(wanted: &str) -> bool {
    wanted.contains('/') || wanted.contains(std::path::MAIN_SEPARATOR) || wanted.ends_with(".rhai")
}

fn load(path: &Path, origin: Origin, replaces_shipped: bool) -> Result<Script> {
    let text = source::read(path)?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Script { name, label: source::label(path), origin, text, replaces_shipped })
}

fn names_in(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let name = path.file_stem()?.to_str()?.to_owned();
            // `pods.d.rhai` defines for an editor what a namespace holds
            let other = name.ends_with("_test") || name.ends_with(".d");
            let script = path.extension()? == "rhai" && !other && path.is_file();
            script.then_some(name)
        })
        .collect()
}
