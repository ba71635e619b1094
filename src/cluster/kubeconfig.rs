//! Finds, reads and merges kubeconfig files as kubectl does, and picks the context. Touches no network.
//!
//! kube's own loader fails on missing files of a `KUBECONFIG` list and on proxies it need not look at, and its
//! parse errors quote the file, credentials included; so files are found, and errors worded, here.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use kube::config::{AuthInfo, Context, Kubeconfig, KubeconfigError};

use crate::error::{Error, Kind, Result};
use crate::nearest;

/// Where kubeconfig files may be.
#[derive(Debug, Clone, Default)]
pub(super) struct Places {
    /// `--kubeconfig`: this file alone, and it must be there.
    pub(super) explicit: Option<PathBuf>,
    /// `$KUBECONFIG`: a list of files, of which missing ones are skipped.
    pub(super) variable: Option<OsString>,
    /// The home folder.
    pub(super) home: Option<PathBuf>,
}

impl Places {
    /// The places of this process's environment.
    pub(super) fn from_environment(explicit: Option<PathBuf>) -> Self {
        Self { explicit, variable: std::env::var_os("KUBECONFIG"), home: std::env::home_dir() }
    }

    /// The files to read, in the order in which the first one wins.
    fn candidates(&self) -> Vec<PathBuf> {
        if let Some(file) = &self.explicit {
            return vec![file.clone()];
        }
        let listed: Vec<PathBuf> =
            self.variable.iter().flat_map(std::env::split_paths).filter(|path| !path.as_os_str().is_empty()).collect();
        if listed.is_empty() { self.home.iter().map(|home| home.join(".kube/config")).collect() } else { listed }
    }

    /// The files, as an error names them.
    pub(super) fn described(&self) -> String {
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
pub(super) struct Merged {
    config: Kubeconfig,
    /// The files that were read, as errors name them.
    pub(super) files: String,
    /// The files that were read.
    pub(super) paths: Vec<PathBuf>,
}

/// What a context stands for.
#[derive(Debug, Clone)]
pub(super) struct Chosen {
    /// The context's name.
    pub(super) context: String,
    /// Its cluster entry.
    pub(super) cluster: kube::config::Cluster,
    /// Its user's name; empty if it names none.
    pub(super) user: String,
    /// The user entry; empty if there is none, as kubectl has it.
    pub(super) auth: AuthInfo,
    /// The context's namespace.
    pub(super) namespace: Option<String>,
}

/// Reads and merges the files. `None` if there is nothing in any of them.
pub(super) fn read(places: &Places) -> Result<Option<Merged>> {
    let mut merged = Kubeconfig::default();
    let mut files = Vec::new();
    let mut paths = Vec::new();
    for path in places.candidates() {
        if places.explicit.is_none() && !path.exists() {
            continue;
        }
        let mut config = Kubeconfig::read_from(&path).map_err(|error| unreadable(&path, &error))?;
        config.current_context = config.current_context.filter(|name| !name.is_empty());
        merged = merged.merge(config).map_err(|error| unreadable(&path, &error))?;
        files.push(format!("`{}`", path.display()));
        paths.push(path);
    }
    let empty = merged.contexts.is_empty() && merged.clusters.is_empty() && merged.auth_infos.is_empty();
    if files.is_empty() || (empty && places.explicit.is_none()) {
        return Ok(None);
    }
    Ok(Some(Merged { config: merged, files: files.join(", "), paths }))
}

impl Merged {
    /// Picks a context: the named one, else the current one.
    pub(super) fn choose(&self, wanted: Option<&str>) -> Result<Chosen> {
        let Some(name) = wanted.or(self.config.current_context.as_deref()) else {
            return Err(Error::invalid(format!("no current context in {}", self.files))
                .hint(format!("name one with `--context`: {}", self.contexts())));
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
            let missing = format!("context `{name}` names cluster `{}`, which is not there", context.cluster);
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

fn quoted<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// A file that cannot be read. The parser's own text quotes the file, so only the place is taken from it.
fn unreadable(path: &Path, error: &KubeconfigError) -> Error {
    let shown = path.display();
    match error {
        KubeconfigError::ReadConfig(cause, _) => Error::io("cannot read kubeconfig", path, cause),
        KubeconfigError::Parse(cause) => {
            let place = cause.location().map_or_else(String::new, |at| format!(" (line {})", at.line()));
            Error::invalid(format!("`{shown}` is not a kubeconfig"))
                .cause(format!("its YAML is not valid{place}"))
                .object(shown.to_string())
        }
        KubeconfigError::KindMismatch | KubeconfigError::ApiVersionMismatch => {
            Error::invalid(format!("`{shown}` cannot be merged with the files before it"))
                .cause("its `kind` or `apiVersion` differs")
        }
        _ => Error::new(Kind::Invalid, format!("`{shown}` is not a kubeconfig")).object(shown.to_string()),
    }
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
        assert_eq!(error.message, "context `broken` names cluster `nowhere`, which is not there");
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
        assert!(text.contains("is not a kubeconfig"), "{text}");
        assert!(!text.contains("canary"), "{text}");
    }
}
