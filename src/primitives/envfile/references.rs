//! References of env files, resolved: by what mcpctl knows itself (`env`, `file`), else by a function of a script that
//! was registered for the scheme.

use std::path::Path;
use std::sync::Arc;

use rhai::{Dynamic, FnPtr, GlobalRuntimeState, NativeCallContext};

use crate::error::{Error, Kind, Result};
use crate::host::Host;
use crate::host::resolvers;
use crate::primitives::api::raise::WHOLE;
use crate::primitives::api::secret::as_secret;
use crate::primitives::assert::closure::caught;
use crate::provision::envfile::reference::is_scheme;
use crate::provision::envfile::{Reference, Role};
use crate::record::Effect;
use crate::secret::Secret;
use crate::shell;

/// The schemes that need no script.
const OWN: [&str; 2] = ["env", "file"];

/// A script's function with the functions and imports of its file, which a closure alone does not carry.
struct Resolver {
    function: FnPtr,
    state: GlobalRuntimeState,
    /// Whether it is of a file of resolvers, which the user set up.
    is_of_user: bool,
}

/// `secrets::resolver`. A file of resolvers does not replace what a script registered before.
pub(in crate::primitives) fn register(
    context: &NativeCallContext<'_>,
    host: &Host,
    scheme: &str,
    function: FnPtr,
) -> Result<()> {
    if !is_scheme(scheme) {
        return Err(Error::new(Kind::Script, format!("`{scheme}` cannot be a scheme"))
            .cause("a scheme is made of up to 32 small letters, digits, `.`, `+` and `-`, and begins with a letter"));
    }
    if OWN.contains(&scheme) {
        return Err(Error::new(Kind::Script, format!("`{scheme}` is a scheme of mcpctl's own"))
            .hint("choose another name for it"));
    }
    let mut state = context.global_runtime_state().clone();
    // the tag is the run, which keeps this: each would hold the other for ever
    state.tag = Dynamic::UNIT;
    let from_file = context.call_source().is_some_and(|source| Path::new(source).ends_with(resolvers::FILE));
    let resolver = Arc::new(Resolver { function, state, is_of_user: from_file });
    if from_file {
        host.resolvers.keep_first(scheme, resolver);
    } else {
        host.resolvers.keep(scheme, resolver);
    }
    Ok(())
}

/// The value that a reference stands for, hidden from now on.
///
/// # Errors
/// It has none, with the reference's place; the run is interrupted.
pub(in crate::primitives) fn resolve(
    context: &NativeCallContext<'_>,
    host: &Host,
    reference: &Reference,
) -> Result<Secret> {
    let value = match reference.scheme.as_str() {
        "env" => from_environment(host, reference)?,
        "file" => from_file(host, reference)?,
        _ => from_script(context, host, reference)?,
    };
    if value.is_empty() {
        return Err(reference.error("what it gives is empty"));
    }
    if Role::is_placeholder(value.expose()) {
        return Err(reference.error("what it gives is a placeholder"));
    }
    Ok(host.hide(value))
}

fn from_environment(host: &Host, reference: &Reference) -> Result<Secret> {
    host.recorder.effect(Effect::named("environment: read"))?;
    let name = &reference.path;
    match host.settings.environment.get(name)? {
        Some(value) => Ok(Secret::new(value)),
        None => Err(reference.error(format!("the variable `{name}` is not set, or empty")).hint(format!(
            "set it where mcpctl runs (`export {}=…`), or write the value in place of the reference",
            shell::word(name)
        ))),
    }
}

/// A relative path starts from the folder of the env file.
fn from_file(host: &Host, reference: &Reference) -> Result<Secret> {
    let env_file = host.path(&reference.place.file);
    let path = host.settings.expand(&reference.path);
    let path = env_file.parent().unwrap_or(Path::new("")).join(path);
    let wrap = |error: Error| reference.error(joined(&error));
    match host.wait(host.files.read_given(&path)).map_err(wrap)? {
        Some(bytes) => {
            let value = host.value_of_bytes(&bytes, &reference.path, true).map_err(wrap)?;
            Ok(if host.files.is_of_script(&path) { Secret::of_script(value.expose()) } else { value })
        }
        None => Err(reference
            .error(format!("no file `{}`", reference.path))
            .hint("a relative path starts from the folder of the env file")),
    }
}

fn from_script(context: &NativeCallContext<'_>, host: &Host, reference: &Reference) -> Result<Secret> {
    let scheme = &reference.scheme;
    if host.resolvers.get(scheme).is_none() {
        load(context, host, reference)?;
    }
    let kept = host.resolvers.get(scheme);
    let Some(resolver) = kept.as_ref().and_then(|kept| kept.downcast_ref::<Resolver>()) else {
        let known: Vec<String> = OWN
            .iter()
            .map(|own| format!("`{own}`"))
            .chain(host.resolvers.schemes().iter().map(|s| format!("`{s}`")))
            .collect();
        return Err(reference
            .error(format!("nothing resolves `{scheme}` references; known are {}", known.join(", ")))
            .hint(format!(
                "register it with `secrets::resolver(\"{scheme}\", |path| …)` in `{}` of `$MCPCTL_PATH` or \
                 `~/.config/mcpctl/scripts`, or in the script",
                resolvers::FILE
            ))
            .hint("a value that only looks like a reference stands in quotes"));
    };
    let mut state = resolver.state.clone();
    let here = context.global_runtime_state();
    state.tag = here.tag.clone();
    state.level = here.level;
    let inside =
        NativeCallContext::new_with_all_fields(context.engine(), scheme, None, &state, context.call_position());
    let value = resolver
        .function
        .call_within_context::<Dynamic>(&inside, (reference.path.clone(),))
        .map_err(|failure| failed(reference, &failure))?;
    if value.is_unit() {
        return Err(reference.error("its resolver gives nothing"));
    }
    let what = format!("what resolves `{scheme}` references");
    let secret = as_secret(&value, &host.vault, &what).map_err(|error| reference.error(joined(&error)))?;
    let text =
        || if resolver.is_of_user { Secret::new(value.to_string()) } else { Secret::of_script(value.to_string()) };
    Ok(secret.unwrap_or_else(text))
}

/// Runs the files that register resolvers, as modules: each has its own imports, and errors show its lines.
fn load(context: &NativeCallContext<'_>, host: &Host, reference: &Reference) -> Result<()> {
    for file in host.new_resolver_files()? {
        let importer = file.display().to_string();
        let engine = context.engine();
        let name = resolvers::FILE.trim_end_matches(".rhai");
        engine
            .module_resolver()
            .resolve(engine, Some(&importer), name, context.call_position())
            .map_err(|failure| failed(reference, &failure))?;
    }
    Ok(())
}

/// A failure of a script as the reference's: an interrupt stays one, and a refusal a refusal.
fn failed(reference: &Reference, failure: &rhai::EvalAltResult) -> Error {
    let Some(map) = caught(failure) else {
        return match failure.unwrap_inner() {
            rhai::EvalAltResult::ErrorTerminated(value, _) => match value.read_lock::<Error>() {
                Some(error) => error.clone(),
                None => reference.error("its resolver ends the script"),
            },
            _ => reference.error("its resolver failed"),
        };
    };
    let Some(inner) = map.get(WHOLE).and_then(|whole| whole.read_lock::<Error>().map(|error| error.clone())) else {
        let text = map.get("message").map(ToString::to_string).unwrap_or_default();
        return reference.error(format!("its resolver failed: {text}"));
    };
    let mut error = reference.error(joined(&inner));
    if inner.kind == Kind::Refused {
        error.kind = Kind::Refused;
    }
    inner.hints.iter().cloned().fold(error, Error::hint)
}

/// An error and its cause in one line.
fn joined(error: &Error) -> String {
    match &error.cause {
        Some(cause) => format!("{}: {cause}", error.message),
        None => error.message.clone(),
    }
}
