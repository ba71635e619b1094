//! A script together with the modules that it imports from its folder: all that must go along where it runs elsewhere.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use rhai::{ASTNode, Engine, Expr, Stmt};

use super::resolve::Script;
use super::source::Sources;
use super::{diagnostics, imports};
use crate::error::Result;
use crate::primitives::api::limits;

/// The sources by path, relative to the script's own folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// The script among them.
    pub script: String,
    /// All of them.
    pub texts: BTreeMap<String, String>,
}

impl Bundle {
    /// Collects a script and its modules.
    ///
    /// # Errors
    /// The script, or a module that it imports, does not compile or does not exist.
    pub fn of(script: &Script) -> Result<Self> {
        let name = format!("{}.rhai", script.name);
        let mut texts = BTreeMap::new();
        let mut open = vec![(name.clone(), script.label.clone(), script.text.clone())];
        while let Some((path, label, text)) = open.pop() {
            if texts.contains_key(&path) {
                continue;
            }
            for import in imported(&label, &text)? {
                if import.starts_with("std/") {
                    continue;
                }
                let found = imports::find(&label, &import)?;
                open.push((beside(&path, &import), found.label, found.text));
            }
            texts.insert(path, text);
        }
        Ok(Self { script: name, texts })
    }
}

/// The path of what a file imports.
fn beside(importer: &str, import: &str) -> String {
    let ending = if import.ends_with(".rhai") { "" } else { ".rhai" };
    let folder = Path::new(importer).parent().unwrap_or(Path::new(""));
    let path: PathBuf = folder.join(format!("{import}{ending}"));
    let parts = path.components().filter(|part| matches!(part, Component::Normal(_)));
    parts.collect::<PathBuf>().display().to_string()
}

/// What a file imports, wherever in it.
fn imported(label: &str, text: &str) -> Result<Vec<String>> {
    let sources = Sources::default();
    sources.add(label, text);
    let mut engine = Engine::new_raw();
    limits::configure(&mut engine);
    // names are resolved when the script is compiled to be run
    engine.set_strict_variables(false);
    let ast = engine.compile(text).map_err(|failure| diagnostics::explain_syntax(&failure, label, &sources))?;
    let mut found = Vec::new();
    ast.walk(&mut |path: &[ASTNode<'_>]| {
        if let Some(ASTNode::Stmt(Stmt::Import(import, _))) = path.last()
            && let Expr::StringConstant(literal, _) = &import.0
        {
            found.push(literal.to_string());
        }
        true
    });
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::resolve::Places;

    #[test]
    fn every_module_below_goes_along_once() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let file = folder.path().join(path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        };
        write("my.rhai", "import \"lib/a\" as a;\nimport \"std/provision\" as p;\nfn f() { import \"./b\" as b; }");
        write("lib/a.rhai", "import \"inner/c.rhai\" as c;");
        write("lib/inner/c.rhai", "fn c() { 1 }");
        write("b.rhai", "fn b() { 2 }");
        write("other.rhai", "3");
        let script = Places::default().find(&folder.path().join("my.rhai").display().to_string()).unwrap();
        let bundle = Bundle::of(&script).unwrap();
        assert_eq!(bundle.script, "my.rhai");
        let paths: Vec<&str> = bundle.texts.keys().map(String::as_str).collect();
        assert_eq!(paths, ["b.rhai", "lib/a.rhai", "lib/inner/c.rhai", "my.rhai"]);
        assert_eq!(bundle.texts["b.rhai"], "fn b() { 2 }");
    }
}
