//! `import`: `std/NAME` from the binary, everything else from the importing script's folder and below.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rhai::{Engine, EvalAltResult, ModuleResolver, Position, Scope, Shared};

use super::source::{self, Sources};
use super::{check_ast, deprecated, diagnostics, requires, resolve, rewrite};
use crate::embedded;
use crate::error::{Error, Kind};
use crate::host::Host;
use crate::nearest;
use crate::primitives::api::raise;

/// Finds, compiles and keeps the modules of one run.
pub struct Imports {
    sources: Sources,
    state: Mutex<LoadedModules>,
}

#[derive(Default)]
struct LoadedModules {
    done: HashMap<String, Shared<rhai::Module>>,
    open: Vec<String>,
}

/// A module that was found.
#[derive(Debug)]
pub struct Found {
    /// What errors call it.
    pub label: String,
    /// Its text.
    pub text: String,
}

impl Imports {
    /// A resolver that remembers what it compiles in `sources`.
    #[must_use]
    pub fn new(sources: Sources) -> Self {
        Self { sources, state: Mutex::default() }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, LoadedModules> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn load(
        &self,
        engine: &Engine,
        found: &Found,
        position: Position,
    ) -> Result<Shared<rhai::Module>, Box<EvalAltResult>> {
        self.sources.add(&found.label, &found.text);
        let inside =
            |inner: Box<EvalAltResult>| Box::new(EvalAltResult::ErrorInModule(found.label.clone(), inner, position));
        let mut ast = engine.compile_with_scope(&Scope::new(), &found.text).map_err(|failure| {
            inside(raise::at(diagnostics::explain_syntax(&failure, &found.label, &self.sources), failure.position()))
        })?;
        ast.set_source(found.label.as_str());
        check_ast::check(&ast, &found.label, &found.text).map_err(|error| inside(raise::at(error, Position::NONE)))?;
        requires::of(&ast, &found.label, &found.text).map_err(|error| inside(raise::at(error, Position::NONE)))?;
        if let Some(host) = engine.default_tag().read_lock::<Arc<Host>>()
            && !found.label.starts_with("<mcpctl>/")
        {
            deprecated::warn(&host, engine, &ast, &found.label);
        }
        let ast = rewrite::rewrite(&ast, false);
        rhai::Module::eval_ast_as_new(Scope::new(), &ast, engine).map(Shared::new).map_err(inside)
    }
}

impl ModuleResolver for Imports {
    fn resolve(
        &self,
        engine: &Engine,
        importer: Option<&str>,
        path: &str,
        position: Position,
    ) -> Result<Shared<rhai::Module>, Box<EvalAltResult>> {
        let found = find(importer.unwrap_or_default(), path).map_err(|error| raise::at(error, position))?;
        if let Some(module) = self.state().done.get(&found.label) {
            return Ok(Shared::clone(module));
        }
        if self.state().open.contains(&found.label) {
            let chain = self.state().open.join("` imports `");
            let error = Error::new(Kind::Script, format!("`{path}` imports itself"))
                .cause(format!("`{chain}` imports `{}`", found.label))
                .hint("move what both need into a third file");
            return Err(raise::at(error, position));
        }
        self.state().open.push(found.label.clone());
        let module = self.load(engine, &found, position);
        let mut state = self.state();
        state.open.pop();
        let module = module?;
        state.done.insert(found.label, Shared::clone(&module));
        Ok(module)
    }
}

/// Finds what an import names, for the script or module `importer`.
///
/// # Errors
/// There is no such module, with the nearest one; it lies outside the importing script's folder.
pub fn find(importer: &str, path: &str) -> Result<Found, Error> {
    if let Some(name) = path.strip_prefix("std/") {
        return standard(name);
    }
    if importer.starts_with("<mcpctl>/") {
        return Err(Error::new(Kind::Script, format!("no module `{path}`"))
            .hint("a shipped script imports `std/` modules only"));
    }
    let relative = PathBuf::from(with_ending(path));
    let inside = relative.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if !inside {
        return Err(outside(path));
    }
    let folder = Path::new(importer).parent().unwrap_or(Path::new(""));
    let file = folder.join(relative);
    if !file.is_file() {
        return Err(missing(path, folder));
    }
    // a link must not lead out of the folder: what is imported runs with all that the script may do
    let unreadable = |e: std::io::Error| Error::io("cannot read script", &file, &e);
    let target = file.canonicalize().map_err(unreadable)?;
    let named = Path::new(".").join(folder).canonicalize().map_err(unreadable)?;
    // folders of links to scripts that are kept together elsewhere, as `stow` makes them
    let real = Path::new(importer).canonicalize().ok().and_then(|script| Some(script.parent()?.to_owned()));
    if !target.starts_with(named) && !real.is_some_and(|real| target.starts_with(real)) {
        return Err(outside(path).cause(format!("`{}` is a link to `{}`", file.display(), target.display())));
    }
    Ok(Found { label: source::label(&file), text: source::read(&file)? })
}

fn outside(path: &str) -> Error {
    Error::new(Kind::Script, format!("`{path}` is not in the folder of the script that imports it"))
        .hint("an import names a file in the script's own folder or below, or `std/NAME`")
}

fn standard(name: &str) -> Result<Found, Error> {
    let name = name.strip_suffix(".rhai").unwrap_or(name);
    match embedded::module(name) {
        Some(text) => {
            Ok(Found { label: resolve::shipped_label(&format!("std/{name}.rhai")), text: source::prepare(text) })
        }
        None => {
            let names = embedded::module_names();
            Err(Error::new(Kind::Script, format!("no module `std/{name}`"))
                .suggest(nearest::nearest(name, names.iter().copied()).map(|near| format!("std/{near}")).as_deref()))
        }
    }
}

fn missing(path: &str, folder: &Path) -> Error {
    let wanted = Path::new(path).file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let beside: Vec<String> = std::fs::read_dir(folder.join(Path::new(path).parent().unwrap_or(Path::new(""))))
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|file| file.extension().is_some_and(|extension| extension == "rhai"))
        .filter_map(|file| Some(file.file_stem()?.to_str()?.to_owned()))
        .collect();
    let shown = if folder.as_os_str().is_empty() { ".".to_owned() } else { folder.display().to_string() };
    Error::new(Kind::Script, format!("no module `{path}` in `{shown}`"))
        .object(path)
        .suggest(nearest::nearest(&wanted, beside.iter().map(String::as_str)))
}

fn with_ending(path: &str) -> String {
    if path.ends_with(".rhai") { path.to_owned() } else { format!("{path}.rhai") }
}
