//! The flags that every command has, named as kubectl's.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use crate::allowed::{Allowed, AllowedContexts};
use crate::duration;
use crate::error::{Error, Result};
use crate::files::expand_home;
use crate::host::settings::{Environment, SandboxState, Settings};
use crate::output::Form;

/// The flags, for any command that is built.
#[must_use]
pub fn args() -> Vec<Arg> {
    let heading = "Global options";
    let text = |id: &'static str, name: &'static str, help: &'static str| {
        Arg::new(id).long(id).value_name(name).help(help).help_heading(heading).global(true)
    };
    let flag = |id: &'static str, help: &'static str| {
        Arg::new(id).long(id).help(help).help_heading(heading).action(ArgAction::SetTrue).global(true)
    };
    vec![
        text("context", "NAME", "context of the kubeconfig [env: MCPCTL_CONTEXT]"),
        text("contexts", "NAME,…", "run a script about pods on several contexts at once; results name the context").value_delimiter(','),
        text("kubeconfig", "FILE", "kubeconfig file, in place of $KUBECONFIG").value_parser(path_value()),
        text("namespace", "NAME", "namespace; the context's is used otherwise [env: MCPCTL_NAMESPACE]").short('n'),
        flag("all-namespaces", "look in all namespaces").short('A'),
        text("output", "FORM", "table, wide, json, yaml or name [env: MCPCTL_OUTPUT]")
            .short('o')
            .value_parser(clap::builder::PossibleValuesParser::new(Form::ALL.map(Form::name))),
        text("selector", "LABELS", "an additional label selector, such as `app=x,tier!=y`").short('l'),
        flag("dry-run", "show what would be done, and change nothing"),
        flag("yes", "answer confirmations with yes").short('y'),
        flag("read-only", "refuse all changes [env: MCPCTL_READ_ONLY]"),
        text("allow-context", "GLOB,…", "refuse all other contexts; may be repeated [env: MCPCTL_ALLOW_CONTEXT]")
            .action(ArgAction::Append),
        text("allow", "EFFECT,…", "allow scripts only these effects, such as `cluster: list pods` [env: MCPCTL_ALLOW]")
            .action(ArgAction::Append),
        text("deny", "EFFECT,…", "refuse scripts these effects, such as `process: run` [env: MCPCTL_DENY]")
            .action(ArgAction::Append),
        flag("no-journal", "do not record changes in the journal [env: MCPCTL_NO_JOURNAL]"),
        text(
            "request-timeout",
            "DURATION",
            "time limit of one request [default: 30s] [env: MCPCTL_REQUEST_TIMEOUT]",
        )
        .value_parser(|text: &str| duration::parse(text)),
        text(
            "catalog",
            "CATALOG",
            "MCP catalog: a file, a folder, https://…, oci://REF or docker://; may be repeated, later ones win [env: MCPCTL_CATALOG]",
        )
        .action(ArgAction::Append)
        .value_parser(value_parser!(OsString)),
        Arg::new("sandbox")
            .long("sandbox")
            .value_name("FILE")
            .help("use a simulated cluster in memory, or one stored in FILE [env: MCPCTL_SANDBOX]")
            .help_heading(heading)
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("")
            .global(true),
        flag("quiet", "print results, warnings and errors only").short('q'),
        Arg::new("verbose")
            .long("verbose")
            .short('v')
            .help("show each request that changes something; -vv shows them all")
            .help_heading(heading)
            .action(ArgAction::Count)
            .global(true),
    ]
}

/// A command that accepts the flags and does not list them in its help, which names the command that does.
#[must_use]
pub fn folded(command: Command) -> Command {
    let line = format!("Global options, such as -n, -o, --dry-run and --yes: `{} --help` lists them.", super::called());
    let after = match command.get_after_help() {
        Some(text) => format!("{text}\n\n{line}"),
        None => line,
    };
    // a command may replace a global flag
    let is_own = |arg: &Arg| command.get_arguments().any(|own| own.get_id() == arg.get_id());
    let hidden: Vec<Arg> = args().into_iter().filter(|arg| !is_own(arg)).map(|arg| arg.hide(true)).collect();
    command.args(hidden).after_help(after).mut_subcommands(folded)
}

/// A path of the command line. The shell leaves `~/` alone in quotes and behind a `=`.
pub(super) fn path_value() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().map(|path| expand_home(path, std::env::home_dir().as_deref()))
}

/// What the flags say, plus `--quiet` and the count of `-v`.
#[derive(Debug, Default)]
pub struct Globals {
    /// The settings of the run.
    pub settings: Settings,
    /// `--quiet`.
    pub quiet: bool,
    /// How often `-v` was given.
    pub verbose: u8,
}

/// Reads the flags where they were given: `all` holds the matches from left to right, later ones win.
///
/// # Errors
/// A variable that does not fit its setting.
pub fn read(all: &[&ArgMatches]) -> Result<Globals> {
    read_over(Settings::default(), all)
}

/// As [`read`], with the variables of some other environment.
///
/// # Errors
/// As [`read`].
pub fn read_in(all: &[&ArgMatches], environment: Environment) -> Result<Globals> {
    let mut settings = Settings::default();
    settings.environment = environment;
    read_over(settings, all)
}

/// As [`read`], for a part of another run: what is given here wins over its settings, but for its guards, which hold
/// beside those that are given here.
///
/// # Errors
/// As [`read`].
pub fn read_within(outer: &Settings, all: &[&ArgMatches]) -> Result<Globals> {
    let mut settings = outer.clone();
    settings.allowed = Allowed::default();
    settings.allow_contexts = AllowedContexts::default();
    let mut globals = read_line(settings, all)?;
    globals.settings = globals.settings.within(outer);
    Ok(globals)
}

fn read_over(settings: Settings, all: &[&ArgMatches]) -> Result<Globals> {
    let mut globals = read_line(settings, all)?;
    from_environment(&mut globals.settings)?;
    Ok(globals)
}

fn read_line(settings: Settings, all: &[&ArgMatches]) -> Result<Globals> {
    let mut globals = Globals { settings, ..Globals::default() };
    for matches in all {
        read_one(matches, &mut globals)?;
    }
    if !globals.settings.contexts.is_empty() && all.iter().any(|matches| on_line(matches, "context")) {
        return Err(Error::usage("`--context` and `--contexts` cannot be used together"));
    }
    Ok(globals)
}

fn on_line(matches: &ArgMatches, id: &str) -> bool {
    matches.try_contains_id(id).is_ok() && matches.value_source(id) == Some(ValueSource::CommandLine)
}

fn read_one(matches: &ArgMatches, globals: &mut Globals) -> Result<()> {
    let text = |id: &str| on_line(matches, id).then(|| matches.get_one::<String>(id).cloned()).flatten();
    let flag = |id: &str| on_line(matches, id) && matches.get_flag(id);
    let paths = |id: &str| -> Vec<PathBuf> {
        if on_line(matches, id) { matches.get_many(id).into_iter().flatten().cloned().collect() } else { Vec::new() }
    };
    let texts = |id: &str| -> Vec<String> {
        if on_line(matches, id) { matches.get_many(id).into_iter().flatten().cloned().collect() } else { Vec::new() }
    };
    let settings = &mut globals.settings;
    let replace = |old: &mut Option<String>, new: Option<String>| {
        if new.is_some() {
            *old = new;
        }
    };
    replace(&mut settings.context, text("context"));
    replace(&mut settings.namespace, text("namespace"));
    replace(&mut settings.output, text("output"));
    replace(&mut settings.selector, text("selector"));
    if let Some(path) = paths("kubeconfig").pop() {
        settings.kubeconfig = Some(path);
    }
    settings.all_namespaces |= flag("all-namespaces");
    settings.dry_run |= flag("dry-run");
    settings.yes |= flag("yes");
    settings.read_only |= flag("read-only");
    settings.no_journal |= flag("no-journal");
    for text in texts("allow") {
        settings.allowed.allow(&text, "--allow")?;
    }
    if on_line(matches, "catalog") {
        for one in matches.get_many::<OsString>("catalog").into_iter().flatten() {
            // a flag is seen at each level of the line that knows it
            settings.catalogs.retain(|known| known != one);
            settings.catalogs.push(one.clone());
        }
    }
    for text in texts("deny") {
        settings.allowed.deny(&text, "--deny")?;
    }
    for text in texts("allow-context") {
        settings.allow_contexts.allow(&text, "--allow-context")?;
    }
    if on_line(matches, "contexts") {
        settings.contexts = texts("contexts");
    }
    if on_line(matches, "request-timeout") {
        settings.request_timeout = matches.get_one("request-timeout").copied();
    }
    if let Some(file) = text("sandbox") {
        settings.sandbox = Some(sandbox(&file));
    }
    globals.quiet |= flag("quiet");
    if on_line(matches, "verbose") {
        globals.verbose = globals.verbose.max(matches.get_count("verbose"));
    }
    Ok(())
}

/// What `--sandbox[=FILE]` means.
pub(super) fn sandbox(file: &str) -> SandboxState {
    if file.is_empty() { SandboxState::Memory } else { SandboxState::File(PathBuf::from(file)) }
}

/// `--yes` has no variable: what answers for a person must be visible on the line that is run.
fn from_environment(settings: &mut Settings) -> Result<()> {
    let misfit = |name: &str, what: &str| Error::usage(format!("`{name}` is not {what}"));
    if settings.context.is_none() {
        settings.context = settings.environment.get("MCPCTL_CONTEXT")?;
    }
    if settings.sandbox.is_none()
        && let Some(value) = settings.environment.get("MCPCTL_SANDBOX")?
    {
        settings.sandbox = match value.as_str() {
            "0" | "false" => None,
            "1" | "true" => Some(SandboxState::Memory),
            file => Some(sandbox(file)),
        };
    }
    for (flag, variable) in
        [(&mut settings.read_only, "MCPCTL_READ_ONLY"), (&mut settings.no_journal, "MCPCTL_NO_JOURNAL")]
    {
        if !*flag && let Some(value) = settings.environment.get(variable)? {
            *flag = match value.as_str() {
                "1" | "true" => true,
                "0" | "false" => false,
                _ => return Err(misfit(variable, "true or false")),
            };
        }
    }
    if !settings.allowed.has_allowed()
        && let Some(value) = settings.environment.get("MCPCTL_ALLOW")?
    {
        settings.allowed.allow(&value, "MCPCTL_ALLOW")?;
    }
    // what is denied by a variable stays so: a flag can only deny more
    if let Some(value) = settings.environment.get("MCPCTL_DENY")? {
        settings.allowed.deny(&value, "MCPCTL_DENY")?;
    }
    if settings.allow_contexts.is_everything()
        && let Some(value) = settings.environment.get("MCPCTL_ALLOW_CONTEXT")?
    {
        settings.allow_contexts.allow(&value, "MCPCTL_ALLOW_CONTEXT")?;
    }
    if settings.request_timeout.is_none()
        && let Some(value) = settings.environment.get("MCPCTL_REQUEST_TIMEOUT")?
    {
        settings.request_timeout =
            Some(duration::parse(&value).map_err(|_| misfit("MCPCTL_REQUEST_TIMEOUT", "a duration like `30s`"))?);
    }
    Ok(())
}
