//! The scripts and `std/` modules that ship inside the binary: the two folders as they are, never a list.

use include_dir::{Dir, include_dir};

static SCRIPTS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/scripts");
static STDLIB: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/stdlib");

/// The text of a shipped script, by its name without `.rhai`.
#[must_use]
pub fn script(name: &str) -> Option<&'static str> {
    text(&SCRIPTS, name)
}

/// The text of a `std/` module, by its name without `std/` and `.rhai`.
#[must_use]
pub fn module(name: &str) -> Option<&'static str> {
    text(&STDLIB, name)
}

/// The names of all shipped scripts, sorted.
#[must_use]
pub fn script_names() -> Vec<&'static str> {
    names(&SCRIPTS)
}

/// The names of all `std/` modules, sorted.
#[must_use]
pub fn module_names() -> Vec<&'static str> {
    names(&STDLIB)
}

fn text(folder: &'static Dir<'_>, name: &str) -> Option<&'static str> {
    if is_test(name) {
        return None;
    }
    folder.get_file(format!("{name}.rhai"))?.contents_utf8()
}

/// Tests of scripts (`*_test.rhai`) are in the same folder and are not scripts.
fn is_test(name: &str) -> bool {
    name.ends_with("_test")
}

fn names(folder: &'static Dir<'_>) -> Vec<&'static str> {
    let mut names: Vec<&str> = folder
        .files()
        .filter(|file| file.path().extension().is_some_and(|extension| extension == "rhai"))
        .filter_map(|file| file.path().file_stem()?.to_str())
        .filter(|name| !is_test(name))
        .collect();
    names.sort_unstable();
    names
}
