//! The settings of a run from the command line, the environment and `./.env`, each read when first needed.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use crate::allowed::{Allowed, AllowedContexts};
use crate::error::{Error, Kind, Result};
use crate::files::{self, Bounds, LONGEST_FILE};

/// The settings that a folder's `.env` may set: a folder must not choose scripts, catalogs or clusters.
const FROM_FOLDER: [&str; 5] =
    ["MCPCTL_NAMESPACE", "MCPCTL_OUTPUT", "MCPCTL_BASE", "MCPCTL_CONFIG_NAME", "MCPCTL_SECRET_NAME"];

/// Where the sandbox stores its world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SandboxState {
    /// In this process only.
    Memory,
    /// In a file, from one command to the next.
    File(PathBuf),
}

/// How much of the machine a run may use: tests of scripts are isolated from it.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Isolation {
    /// All of it: its programs and files.
    #[default]
    Off,
    /// Its files may be read. Only the run's folder is writable, and no program is started.
    NoChanges,
    /// Nothing outside the run's folder.
    Full,
}

/// The global flags, with the defaults of those that were not given.
#[derive(Debug, Default, Clone)]
pub struct Settings {
    /// `--context`.
    pub context: Option<String>,
    /// `--contexts`: a run for each of them; empty for the one run.
    pub contexts: Vec<String>,
    /// `--kubeconfig`.
    pub kubeconfig: Option<PathBuf>,
    /// `-n`, as given on the command line.
    pub namespace: Option<String>,
    /// `-A`.
    pub all_namespaces: bool,
    /// `-o`, as given on the command line.
    pub output: Option<String>,
    /// `-l`, a further label selector.
    pub selector: Option<String>,
    /// `--dry-run`.
    pub dry_run: bool,
    /// `--yes`: answers confirmations, nothing else.
    pub yes: bool,
    /// `--read-only`.
    pub read_only: bool,
    /// `--allow` and `--deny`: what the script may do.
    pub allowed: Allowed,
    /// `--no-journal`: changes are not recorded.
    pub no_journal: bool,
    /// `--allow-context`: the contexts that may be used.
    pub allow_contexts: AllowedContexts,
    /// How much of the machine a test may use.
    pub isolation: Isolation,
    /// `--request-timeout`.
    pub request_timeout: Option<Duration>,
    /// `--catalog`, later wins: files, folders and addresses as they were given.
    pub catalogs: Vec<OsString>,
    /// Catalogs are read from files and copies only, and no program is started for them: completion must not wait.
    pub at_hand: bool,
    /// `--sandbox[=FILE]`.
    pub sandbox: Option<SandboxState>,
    /// The command line as typed, quoted for a shell, for hints; may be empty.
    pub command_line: String,
    /// The folder that relative paths start from; empty for the current one.
    pub folder: PathBuf,
    /// The variables of the process, or those that a test pins.
    pub environment: Environment,
    /// The replacement for the process's standard input.
    pub standard_input: Option<String>,
    folder_file: OnceLock<Result<FolderFile>>,
    /// Standard input was the script, so that nothing else can be read from it.
    pub input_is_script: bool,
}

/// Where variables come from.
#[derive(Debug, Clone, Default)]
pub enum Environment {
    /// The process's own.
    #[default]
    Process,
    /// Exactly these.
    Pinned(Vec<(String, String)>),
    /// Those that a test sets while it runs.
    Staged(Arc<Mutex<Vec<(String, String)>>>),
}

impl Environment {
    /// A variable's value; empty counts as not set.
    ///
    /// # Errors
    /// The value is not UTF-8.
    pub fn get(&self, name: &str) -> Result<Option<String>> {
        let value = match self {
            Self::Process => match std::env::var(name) {
                Ok(value) => Some(value),
                Err(std::env::VarError::NotPresent) => None,
                Err(std::env::VarError::NotUnicode(_)) => {
                    return Err(Error::usage(format!("the variable `{name}` is not UTF-8 text")));
                }
            },
            Self::Pinned(pairs) => find(pairs, name),
            Self::Staged(pairs) => find(&pairs.lock().unwrap_or_else(PoisonError::into_inner), name),
        };
        Ok(value.filter(|value| !value.is_empty()))
    }

    /// The home folder, if there is one.
    #[must_use]
    pub fn home(&self) -> Option<PathBuf> {
        match self {
            Self::Process => std::env::home_dir(),
            Self::Pinned(_) | Self::Staged(_) => self.get("HOME").ok().flatten().map(PathBuf::from),
        }
    }
}

impl Environment {
    /// The folders of `$MCPCTL_PATH`, in order.
    #[must_use]
    pub fn script_path(&self) -> Vec<PathBuf> {
        let path = match self {
            Self::Process => std::env::var_os("MCPCTL_PATH").unwrap_or_default(),
            Self::Pinned(_) | Self::Staged(_) => self.get("MCPCTL_PATH").ok().flatten().unwrap_or_default().into(),
        };
        let home = self.home();
        let folders = std::env::split_paths(&path).filter(|folder| !folder.as_os_str().is_empty());
        folders.map(|folder| files::expand_home(folder, home.as_deref())).collect()
    }

    /// The `scripts` folder of the user's configuration: `$XDG_CONFIG_HOME/mcpctl/scripts`, or
    /// `~/.config/mcpctl/scripts`.
    #[must_use]
    pub fn script_folder(&self) -> Option<PathBuf> {
        let named = match self {
            Self::Process => std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from),
            Self::Pinned(_) | Self::Staged(_) => self.get("XDG_CONFIG_HOME").ok().flatten().map(PathBuf::from),
        };
        let config =
            named.filter(|folder| folder.is_absolute()).or_else(|| self.home().map(|home| home.join(".config")));
        config.map(|folder| folder.join("mcpctl").join("scripts"))
    }
}

/// A variable's value; the last one set counts.
fn find(pairs: &[(String, String)], name: &str) -> Option<String> {
    pairs.iter().rfind(|(key, _)| key == name).map(|(_, value)| value.clone())
}

/// The variables of mcpctl in `./.env`.
#[derive(Debug, Clone, Default)]
struct FolderFile {
    values: Vec<(String, String)>,
    ignored: Vec<String>,
}

impl Settings {
    /// Whether changes are refused. A dry run makes none and may show them, so `--read-only` has no effect there.
    #[must_use]
    pub const fn refuses_changes(&self) -> bool {
        self.read_only && !self.dry_run
    }

    /// These settings for a part of another run, whose guards apply, too.
    #[must_use]
    pub fn within(mut self, outer: &Self) -> Self {
        self.dry_run |= outer.dry_run;
        self.read_only |= outer.read_only;
        self.allowed = self.allowed.within(&outer.allowed);
        self.allow_contexts = self.allow_contexts.within(&outer.allow_contexts);
        self.isolation = outer.isolation;
        self
    }

    /// The files that the run may use; `None` for all.
    #[must_use]
    pub fn bounds(&self) -> Option<Bounds> {
        match self.isolation {
            Isolation::Off => None,
            Isolation::NoChanges => Some(Bounds::new(&self.folder, true)),
            Isolation::Full => Some(Bounds::new(&self.folder, false)),
        }
    }

    /// A path with a leading `~/` expanded.
    #[must_use]
    pub fn expand(&self, path: impl AsRef<Path>) -> PathBuf {
        files::expand_home(path, self.environment.home().as_deref())
    }

    /// A path for the run: `~/` is the home folder, relative paths start from the run's folder.
    #[must_use]
    pub fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.folder.join(self.expand(path))
    }

    /// Refuses to start a program in an isolated run.
    ///
    /// # Errors
    /// [`Kind::Refused`], with what to do instead.
    pub fn refuse_program(&self, name: &str) -> Result<()> {
        let refused = Error::new(Kind::Refused, format!("refusing to run `{name}`")).object(name);
        match self.isolation {
            Isolation::Off => Ok(()),
            Isolation::NoChanges => Err(refused
                .cause("`--read-only` or `--dry-run` is set")
                .hint("leave it out to let `mcpctl test --real` start programs")),
            Isolation::Full => Err(refused
                .cause("a test starts no program of the machine")
                .hint(format!("mock it: `sandbox::program(\"{name}\", \"what it prints\")`"))
                .hint("`mcpctl test --real` uses the files and programs of this machine")),
        }
    }

    /// Settings of a run in memory: the sandbox, a separate folder, none of the process's variables, and every
    /// confirmation answered with yes.
    #[must_use]
    pub fn rehearsal(folder: PathBuf) -> Self {
        Self {
            sandbox: Some(SandboxState::Memory),
            yes: true,
            folder,
            environment: Environment::Pinned(Vec::new()),
            standard_input: Some(String::new()),
            ..Self::default()
        }
    }

    /// A setting from the environment, or, where a folder may make it, from `./.env`.
    ///
    /// # Errors
    /// The variable is not text, or `.env` cannot be read.
    pub fn variable(&self, name: &str) -> Result<Option<String>> {
        if let Some(value) = self.environment.get(name)? {
            return Ok(Some(value));
        }
        if !FROM_FOLDER.contains(&name) {
            return Ok(None);
        }
        let file = self.folder_file()?;
        Ok(file.values.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()))
    }

    /// The namespace from `-n`, `$MCPCTL_NAMESPACE` or `./.env`; `None` leaves it to the context.
    ///
    /// # Errors
    /// As [`variable`](Self::variable).
    pub fn namespace_given(&self) -> Result<Option<String>> {
        match &self.namespace {
            Some(namespace) => Ok(Some(namespace.clone())),
            None => self.variable("MCPCTL_NAMESPACE"),
        }
    }

    /// The name of the output form from `-o`, `$MCPCTL_OUTPUT` or `./.env`.
    ///
    /// # Errors
    /// As [`variable`](Self::variable).
    pub fn output_given(&self) -> Result<Option<String>> {
        match &self.output {
            Some(output) => Ok(Some(output.clone())),
            None => self.variable("MCPCTL_OUTPUT"),
        }
    }

    /// The `MCPCTL_*` names in `./.env` that have no effect, once it has been read.
    #[must_use]
    pub fn ignored_in_folder(&self) -> Vec<String> {
        match self.folder_file.get() {
            Some(Ok(file)) => file.ignored.clone(),
            _ => Vec::new(),
        }
    }

    fn folder_file(&self) -> Result<&FolderFile> {
        self.folder_file.get_or_init(|| read_folder_file(&self.folder.join(".env"))).as_ref().map_err(Clone::clone)
    }
}

/// Reads `.env` of one folder; it ignores the folders above and does not change the environment.
fn read_folder_file(path: &Path) -> Result<FolderFile> {
    // a folder of that name is another program's
    if !path.is_file() {
        return Ok(FolderFile::default());
    }
    let text = files::read_file(path, LONGEST_FILE)?.unwrap_or_default();
    let mut file = FolderFile::default();
    for entry in dotenvy::from_read_iter(text.as_slice()) {
        // the file belongs to other programs, too, and may contain lines in another dialect
        let Ok((key, value)) = entry else { continue };
        if FROM_FOLDER.contains(&key.as_str()) {
            if !value.is_empty() {
                file.values.push((key, value));
            }
        } else if key.starts_with("MCPCTL_") {
            file.ignored.push(key);
        }
    }
    Ok(file)
}
