//! `mcpctl eject NAME`: copies a shipped script or `std/` module to a file, and shows its changes.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::Value;
use similar::TextDiff;

use super::{globals, launch, show};
use crate::embedded;
use crate::error::{Error, Kind, Result};
use crate::files::Mode;
use crate::host::Host;
use crate::nearest;
use crate::output::Document;
use crate::script::resolve::{Places, shipped_label};
use crate::script::rewrite_imports;
use crate::script::run::Ended;
use crate::script::source;
use crate::shell;

/// The command's declaration.
pub(super) fn command() -> Command {
    Command::new("eject")
        .about("Copy a shipped script to ./scripts, or a `std/` module to ./scripts/lib, to change it")
        .arg(
            Arg::new("name")
                .value_name("NAME")
                .required(true)
                .help("a script that `mcpctl scripts` lists under `shipped`, or a module as `std/provision`"),
        )
        .arg(
            Arg::new("diff")
                .long("diff")
                .action(ArgAction::SetTrue)
                .help("show how your own copy differs from the shipped one; nothing is written"),
        )
}

/// What to copy: source and target.
struct Copy {
    /// `cleanup` or `provision`.
    name: String,
    /// Whether it is a `std/` module.
    is_module: bool,
    text: &'static str,
    /// `scripts/cleanup.rhai` or `scripts/lib/provision.rhai`.
    file: String,
}

impl Copy {
    fn of(name: &str) -> Result<Self> {
        let bare = name.strip_suffix(".rhai").unwrap_or(name);
        if let Some(module) = bare.strip_prefix("std/") {
            let text = show::module(module)?;
            return Ok(Self { name: module.to_owned(), is_module: true, text, file: library(module) });
        }
        let text = embedded::script(bare).ok_or_else(|| {
            let module = embedded::module(bare).map(|_| format!("std/{bare}"));
            let near = nearest::nearest(bare, embedded::script_names()).map(str::to_owned);
            Error::usage(format!("no shipped script `{bare}`"))
                .suggest(module.or(near).as_deref())
                .hint("`mcpctl scripts` lists them")
        })?;
        Ok(Self { name: bare.to_owned(), is_module: false, text, file: format!("scripts/{bare}.rhai") })
    }

    /// The name of the shipped one in errors and differences.
    fn label(&self) -> String {
        shipped_label(&format!("{}{}.rhai", if self.is_module { "std/" } else { "" }, self.name))
    }
}

fn library(module: &str) -> String {
    format!("scripts/lib/{module}.rhai")
}

/// Writes the copy, refusing to overwrite anything; with `--diff` compares.
pub(super) fn run(all: &[&ArgMatches], matches: &ArgMatches) -> Result<u8> {
    let name = matches.get_one::<String>("name").cloned().unwrap_or_default();
    let copy = Copy::of(&name)?;
    let globals = globals::read(all)?;
    if matches.get_flag("diff") {
        return diff(&globals, &copy);
    }
    launch::run(globals, move |host| {
        write(host, &copy)?;
        Ok(Ended::nothing())
    })
}

fn write(host: &Arc<Host>, copy: &Copy) -> Result<()> {
    let file = &copy.file;
    if host.files.exists(&host.path(file))? {
        let again = if copy.is_module { format!("std/{}", copy.name) } else { copy.name.clone() };
        return Err(Error::new(Kind::Exists, format!("`{file}` exists already")).object(file).hint(format!(
            "`mcpctl eject --diff {}` compares it with the shipped one; move it away to start again",
            shell::word(&again)
        )));
    }
    host.files.create_folder(&host.path(if copy.is_module { "scripts/lib" } else { "scripts" }))?;
    let (text, pointed) = if copy.is_module { (copy.text.to_owned(), Vec::new()) } else { to_own_modules(host, copy)? };
    host.files.write(&host.path(file), text.as_bytes(), Mode::Public, Vec::new())?;
    let say = |text: &str| {
        if !host.settings.dry_run {
            host.printer.info(text);
        }
    };
    if copy.is_module {
        say(&format!("wrote {file}"));
        return point_scripts(host, &copy.name, &say);
    }
    say(&format!("wrote {file}; run it with `mcpctl run {}`", shell::path(file.as_ref())));
    for module in pointed {
        say(&format!("it imports your own `{}` in place of `std/{module}`", library(&module)));
    }
    Ok(())
}

/// A script's text that uses the modules which were copied before, and their names.
fn to_own_modules(host: &Host, copy: &Copy) -> Result<(String, Vec<String>)> {
    let mut text = copy.text.to_owned();
    let mut pointed = Vec::new();
    for module in embedded::module_names() {
        if host.files.exists(&host.path(&library(module)))?
            && let Some(changed) = rewrite_imports::repoint(&text, &format!("std/{module}"), &format!("lib/{module}"))?
        {
            text = changed;
            pointed.push(module.to_owned());
        }
    }
    Ok((text, pointed))
}

/// Lets the copies of shipped scripts import the copied module. A script of the user's own is not touched, but named.
fn point_scripts(host: &Host, module: &str, say: &dyn Fn(&str)) -> Result<()> {
    let mut found = false;
    for file in scripts_here(host)? {
        let Some(text) = host.files.read_text(&host.path(&file))? else { continue };
        let (from, to) = (format!("std/{module}"), format!("lib/{module}"));
        // a script that does not parse is none of this command's business
        let Ok(Some(changed)) = rewrite_imports::repoint(&text, &from, &to) else { continue };
        found = true;
        let name = file.trim_start_matches("scripts/").trim_end_matches(".rhai");
        if embedded::script(name).is_some() {
            host.files.write(&host.path(&file), changed.as_bytes(), Mode::Public, Vec::new())?;
            say(&format!("{file} imports it now in place of `{from}`"));
        } else {
            say(&format!("{file} still imports `{from}`; write `import \"{to}\"` there to use the copy"));
        }
    }
    let users = users_of(module);
    if !found && !users.is_empty() {
        say(&format!(
            "the shipped scripts go on using `std/{module}`; `mcpctl eject {}` makes one that uses the copy",
            users[0]
        ));
    }
    Ok(())
}

/// The shipped scripts that import a module.
fn users_of(module: &str) -> Vec<&'static str> {
    let imports = |name: &&str| {
        let paths = embedded::script(name).and_then(|text| rewrite_imports::paths(text).ok()).unwrap_or_default();
        paths.contains(&format!("std/{module}"))
    };
    embedded::script_names().into_iter().filter(imports).collect()
}

fn scripts_here(host: &Host) -> Result<Vec<String>> {
    let names = host.files.list(&host.path("scripts"))?.unwrap_or_default();
    Ok(names.into_iter().filter(|name| name.ends_with(".rhai")).map(|name| format!("scripts/{name}")).collect())
}

/// Prints how the user's own copy differs from the shipped one; nothing where it does not.
fn diff(globals: &globals::Globals, copy: &Copy) -> Result<u8> {
    let printer = launch::printer(globals)?;
    let Some(file) = own(copy) else {
        return Err(Error::not_found(format!("no copy of `{}` to compare", copy.label())).hint(format!(
            "`mcpctl eject {}` makes one",
            copy.label().trim_start_matches("<mcpctl>/").trim_end_matches(".rhai")
        )));
    };
    let text = source::raw(&file)?;
    if text == copy.text {
        printer.info(&format!("{} is as shipped with mcpctl {}", file.display(), env!("CARGO_PKG_VERSION")));
        return Ok(0);
    }
    let diff = TextDiff::from_lines(copy.text, &text);
    let unified = diff.unified_diff().context_radius(3).header(&copy.label(), &file.display().to_string()).to_string();
    printer.document(&Document::new(Value::String(unified.trim_end().to_owned())))?;
    Ok(0)
}

/// The user's own copy: the one that runs by its name, else the one in `./scripts`.
fn own(copy: &Copy) -> Option<PathBuf> {
    let name = format!("{}{}.rhai", if copy.is_module { "lib/" } else { "" }, copy.name);
    let places = Places::from_environment();
    let folders = places.path.iter().chain(&places.config).cloned().chain([PathBuf::from("scripts")]);
    folders.map(|folder| folder.join(&name)).find(|file| file.is_file())
}
