//! Finds, reads and merges kubeconfig files as kubectl does, and picks the context. Touches no network.
//!
//! The rules are those of client-go; `docs/kubeconfig.md` lists them. `source.rs` gives the bytes of a file or a pipe,
//! `document.rs` makes entries from them, `rules.rs` checks the entries of the chosen context.

mod document;
mod rules;
mod source;

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use kube::config::{AuthInfo, Context, Kubeconfig};

use crate::error::{Error, Result};
use crate::files::expand_home;
use crate::nearest;
use document::Document;

pub(in crate::cluster) use source::{is_pipe, read as read_file};

/// Where kubeconfig files may be.
#[derive(Debug, Clone, Default)]
pub(in crate::cluster) struct Places {
    /// `--kubeconfig`: this file alone, and it must be there.
    pub(in crate::cluster) explicit: Option<PathBuf>,
    /// `$KUBECONFIG`: a list of files, of which missing ones are skipped.
    pub(in crate::cluster) variable: Option<OsString>,
    /// The home folder.
    pub(in crate::cluster) home: Option<PathBuf>,
}

impl Places {
    /// The places of this process's environment.
    pub(in crate::cluster) fn from_environment(explicit: Option<PathBuf>) -> Self {
        Self { explicit, variable: std::env::var_os("KUBECONFIG"), home: std::env::home_dir() }
    }

    /// The files to read, in the order in which the first one wins.
    fn candidates(&self) -> Vec<PathBuf> {
        if let Some(file) = &self.explicit {
            return vec![file.clone()];
        }
        let listed = self.variable.iter().flat_map(std::env::split_paths);
        let listed = listed.filter(|path| !path.as_os_str().is_empty());
        let listed: Vec<PathBuf> = listed.map(|path| expand_home(path, self.home.as_deref())).collect();
        if listed.is_empty() { self.home.iter().map(|home| home.join(".kube/config")).collect() } else { listed }
    }

    /// The files, as an error names them.
    pub(in crate::cluster) fn described(&self) -> String {
        let names: Vec<String> = self.candidates().iter().map(|path| format!("`{}`", path.display())).collect();
        match (names.is_empty(), &self.explicit, self.variable.as_ref().is_some_and(|v| !v.is_empty())) {
            (true, ..) => "`$KUBECONFIG` is not set, and there is no home folder".to_owned(),
            (_, None, true) => format!("{} (from `$KUBECONFIG`)", names.join(", ")),
            _ => names.join(", "),
        }
    }
}

/// The merged kubeconfig of the files that exist.
#[derive(Debug, Clone)]
pub(in crate::cluster) struct Merged {
    config: Kubeconfig,
    /// The files that were read, as errors name them.
    pub(in crate::cluster) files: String,
    /// The files that were read.
    pub(in crate::cluster) paths: Vec<PathBuf>,
    /// What is odd in them and does no harm.
    pub(in crate::cluster) warnings: Vec<String>,
}

/// What a context stands for.
#[derive(Debug, Clone)]
pub(in crate::cluster) struct Chosen {
    /// The context's name.
    pub(in crate::cluster) context: String,
    /// Its cluster entry.
    pub(in crate::cluster) cluster: kube::config::Cluster,
    /// Its user's name; empty if it names none.
    pub(in crate::cluster) user: String,
    /// The user entry; empty if there is none, as kubectl has it.
    pub(in crate::cluster) auth: AuthInfo,
    /// The context's namespace.
    pub(in crate::cluster) namespace: Option<String>,
}

/// Where a user's credentials were found, as errors name it.
#[derive(Debug, Clone)]
pub(in crate::cluster) struct Origin {
    /// The user's name; empty if there is none.
    pub(in crate::cluster) user: String,
    /// The kubeconfig files, in backticks.
    pub(in crate::cluster) files: String,
}

/// Reads and merges the files. `None` if there is nothing in any of them.
pub(in crate::cluster) fn read(places: &Places) -> Result<Option<Merged>> {
    let mut merged =
        Merged { config: Kubeconfig::default(), files: String::new(), paths: Vec::new(), warnings: Vec::new() };
    for path in places.candidates() {
        if merged.paths.contains(&path) || (places.explicit.is_none() && !path.exists()) {
            continue;
        }
        let Document { mut config, warnings } = document::parse(&source::read("kubeconfig", &path)?, &path)?;
        make_absolute(&mut config, &path);
        merged.add(config);
        merged.warnings.extend(warnings);
        merged.paths.push(path);
    }
    let config = &merged.config;
    let empty = config.contexts.is_empty() && config.clusters.is_empty() && config.auth_infos.is_empty();
    if merged.paths.is_empty() || (empty && places.explicit.is_none()) {
        return Ok(None);
    }
    merged.files = quoted(merged.paths.iter().map(|path| path.to_string_lossy()));
    Ok(Some(merged))
}

/// Resolves relative paths against the folder of the file that they are in. A pipe is in none, so they are resolved
/// against the current folder. A command without a slash is looked up in `PATH`.
fn make_absolute(config: &mut Kubeconfig, file: &Path) {
    let folder = if is_pipe(file) { None } else { file.parent() }.unwrap_or(Path::new(""));
    let resolve = |path: &mut Option<String>| {
        if let Some(relative) = path.as_mut().filter(|path| Path::new(path.as_str()).is_relative()) {
            *relative = folder.join(&*relative).to_string_lossy().into_owned();
        }
    };
    for cluster in config.clusters.iter_mut().filter_map(|named| named.cluster.as_mut()) {
        resolve(&mut cluster.certificate_authority);
    }
    for user in config.auth_infos.iter_mut().filter_map(|named| named.auth_info.as_mut()) {
        for path in [&mut user.client_certificate, &mut user.client_key, &mut user.token_file] {
            resolve(path);
        }
        if let Some(exec) = user.exec.as_mut().filter(|exec| exec.command.as_ref().is_some_and(|c| c.contains('/'))) {
            resolve(&mut exec.command);
        }
    }
}

impl Merged {
    /// Adds a file: what is there already wins.
    fn add(&mut self, next: Kubeconfig) {
        fn extend<T>(known: &mut Vec<T>, next: Vec<T>, name: impl Fn(&T) -> &str) {
            let names: HashSet<String> = known.iter().map(|entry| name(entry).to_owned()).collect();
            known.extend(next.into_iter().filter(|entry| !names.contains(name(entry))));
        }
        extend(&mut self.config.clusters, next.clusters, |entry| &entry.name);
        extend(&mut self.config.contexts, next.contexts, |entry| &entry.name);
        extend(&mut self.config.auth_infos, next.auth_infos, |entry| &entry.name);
        self.config.current_context = self.config.current_context.take().or(next.current_context);
    }

    /// Picks a context: the named one, else the current one.
    pub(in crate::cluster) fn choose(&self, wanted: Option<&str>) -> Result<Chosen> {
        let Some(name) = wanted.or(self.config.current_context.as_deref()) else {
            let hint = match self.config.contexts.as_slice() {
                [] => "it has no contexts: name another file with `--kubeconfig`".to_owned(),
                _ => format!("name one with `--context`: {}", self.contexts()),
            };
            return Err(Error::invalid(format!("no current context in {}", self.files)).hint(hint));
        };
        let context = self.context(name).ok_or_else(|| {
            let near = nearest::several(name, self.config.contexts.iter().map(|c| c.name.as_str()));
            let error = Error::not_found(format!("no context `{name}` in {}", self.files));
            match near.as_slice() {
                [] => error.hint(format!("there are {}", self.contexts())),
                names => error.hint(format!("did you mean {}?", quoted(names.iter().copied()))),
            }
        })?;
        let named = self.config.clusters.iter().find(|c| c.name == context.cluster);
        let cluster = named.and_then(|c| c.cluster.clone()).ok_or_else(|| {
            let missing = match context.cluster.as_str() {
                "" => format!("context `{name}` names no cluster"),
                cluster => format!("context `{name}` names cluster `{cluster}`, which does not exist"),
            };
            Error::invalid(missing).cause(format!("looked in {}", self.files))
        })?;
        let user = context.user.clone().unwrap_or_default();
        let auth = self.config.auth_infos.iter().find(|u| u.name == user).and_then(|u| u.auth_info.clone());
        Ok(Chosen {
            context: name.to_owned(),
            cluster,
            user,
            auth: auth.unwrap_or_default(),
            namespace: context.namespace.clone().filter(|ns| !ns.is_empty()),
        })
    }

    fn context(&self, name: &str) -> Option<&Context> {
        self.config.contexts.iter().find(|c| c.name == name).and_then(|c| c.context.as_ref())
    }

    fn contexts(&self) -> String {
        if self.config.contexts.is_empty() {
            return "no contexts at all".to_owned();
        }
        quoted(self.config.contexts.iter().map(|c| c.name.as_str()))
    }
}

fn quoted<T: std::fmt::Display>(names: impl Iterator<Item = T>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// The names of the contexts that a kubeconfig has, sorted; touches no network. None where there is no kubeconfig.
///
/// # Errors
/// The kubeconfig cannot be read.
pub fn contexts(kubeconfig: Option<PathBuf>) -> Result<Vec<String>> {
    let merged = read(&Places::from_environment(kubeconfig))?;
    let mut names: Vec<String> =
        merged.iter().flat_map(|merged| &merged.config.contexts).map(|context| context.name.clone()).collect();
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    const FIRST: &str = "
current-context: ''
contexts:
- {name: dev, context: {cluster: a, user: me, namespace: mcp}}
clusters:
- {name: a, cluster: {server: 'https://first:6443'}}
";
    const SECOND: &str = "
current-context: dev
contexts:
- {name: dev, context: {cluster: b}}
- {name: prod, context: {cluster: b}}
- {name: broken, context: {cluster: nowhere}}
clusters:
- {name: a, cluster: {server: 'https://second:6443'}}
- {name: b, cluster: {server: 'https://b:6443'}}
users:
- {name: me, user: {exec: {command: ./plugin, apiVersion: client.authentication.k8s.io/v1}}}
";

    fn written(files: &[(&str, &str)]) -> (tempfile::TempDir, Places) {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let list = ["missing", "first", "second"].map(|name| folder.path().join(name));
        let variable = Some(std::env::join_paths(list).unwrap());
        (folder, Places { variable, ..Places::default() })
    }

    #[test]
    fn a_list_is_merged_first_wins_and_missing_files_are_skipped() {
        let (folder, places) = written(&[("first", FIRST), ("second", SECOND)]);
        let merged = read(&places).unwrap().unwrap();
        let chosen = merged.choose(None).unwrap();
        assert_eq!((chosen.context.as_str(), chosen.user.as_str()), ("dev", "me"));
        assert_eq!(chosen.cluster.server.as_deref(), Some("https://first:6443"));
        assert_eq!(chosen.namespace.as_deref(), Some("mcp"));
        let command = chosen.auth.exec.unwrap().command.unwrap();
        assert_eq!(Path::new(&command), folder.path().join("./plugin"));
        assert_eq!(merged.choose(Some("prod")).unwrap().namespace, None);
    }

    #[test]
    fn a_wrong_context_names_near_ones_and_a_missing_cluster_is_told() {
        let (_folder, places) = written(&[("second", SECOND)]);
        let merged = read(&places).unwrap().unwrap();
        let error = merged.choose(Some("prd")).unwrap_err();
        assert_eq!(
            (error.kind, error.hints.as_slice()),
            (Kind::NotFound, ["did you mean `prod`?".to_owned()].as_slice())
        );
        let error = merged.choose(Some("elsewhere")).unwrap_err();
        assert_eq!(error.hints, ["there are `dev`, `prod`, `broken`"]);
        let error = merged.choose(Some("broken")).unwrap_err();
        assert_eq!(error.message, "context `broken` names cluster `nowhere`, which does not exist");
    }

    #[test]
    fn no_file_at_all_is_nothing_but_a_missing_explicit_one_is_an_error() {
        let (folder, places) = written(&[]);
        assert!(read(&places).unwrap().is_none());
        assert!(places.described().ends_with("(from `$KUBECONFIG`)"));
        let explicit = Places { explicit: Some(folder.path().join("missing")), ..places };
        let error = read(&explicit).unwrap_err();
        assert_eq!((error.kind, error.cause.as_deref()), (Kind::Io, Some("no such file or directory")));
        let home = Places { home: Some(folder.path().to_owned()), ..Places::default() };
        assert!(home.described().ends_with(".kube/config`"));
    }

    #[test]
    fn a_parse_error_names_the_line_and_never_quotes_the_file() {
        let (_folder, places) = written(&[("first", "users:\n- name: x\n  user: {token: canary-token\n bad: [")]);
        let error = read(&places).unwrap_err();
        let text = format!("{error} {:?} {:?}", error.details, error.hints);
        assert!(text.contains("is not a valid kubeconfig"), "{text}");
        assert!(!text.contains("canary"), "{text}");
    }
}
