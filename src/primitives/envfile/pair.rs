//! The two env files of a base, for `envfile`.

use std::collections::{BTreeMap, BTreeSet};

use rhai::{Array, Dynamic, Map, NativeCallContext};

use super::given::{check, compare, from_map, is_secret, refuse_example, refuse_secret, wanted};
use super::references;
use crate::error::{Error, Kind, Result};
use crate::host::Host;
use crate::primitives::api::options::Options;
use crate::primitives::catalog::rendering::{array, hidden, needs};
use crate::primitives::objects;
use crate::provision::credentials::by_value;
use crate::provision::envfile::pair::is_credential;
use crate::provision::envfile::placeholder::{Suspicion, suspicion};
use crate::provision::envfile::{Base, Given, Missing, Pair, Role, WantedValue};
use crate::provision::examples;
use crate::provision::requirements::Requirements;
use crate::secret::{SECRET_ANSWER, Secret};

/// What named servers want, and the files of a base.
struct Work {
    pair: Pair,
    needs: Vec<Requirements>,
    wanted: Vec<WantedValue>,
}

fn open(host: &Host, names: &[String], base: &str) -> Result<Work> {
    let (_, needs) = needs(host, names)?;
    Ok(Work { pair: host.env_files(base)?, wanted: wanted(&needs), needs })
}

fn save(host: &Host, pair: &Pair) -> Result<Array> {
    let saved = pair.save(&host.files, &host.settings.folder)?;
    Ok(saved.into_iter().map(Dynamic::from).collect())
}

/// `envfile::generate`. The servers that the files record are worked on, too.
pub(in crate::primitives) fn generate(host: &Host, names: &[String], base: &str, options: &Map) -> Result<Array> {
    let options = Options::new("envfile::generate", options, &["prune", "beside", "examples"])?;
    let (prune, examples) = (options.flag("prune")?, options.flag("examples")?);
    let beside = options.texts("beside")?;
    if examples && host.settings.sandbox.is_none() && !host.settings.dry_run {
        return Err(Error::usage("example values are for the sandbox and for dry runs")
            .cause("they are made up, and open nothing")
            .hint("add `--sandbox` or `--dry-run`"));
    }
    // the servers are judged first: a slip in a name must not wait for a lock; nor must others while a person thinks
    let _ = needs(host, names)?;
    Base::new(base)?;
    let agreed = if prune { agree(host, &generated(host, names, base, prune)?.0, &beside)? } else { Vec::new() };
    let _lock = host.lock_folder_of(base)?;
    let (mut pair, needs) = generated(host, names, base, prune)?;
    if let Some((path, key)) = pair.removed().into_iter().find(|gone| !agreed.contains(gone)) {
        return Err(Error::new(
            Kind::Conflict,
            format!("`{path}` has changed meanwhile: `{key}` would go from it, too"),
        )
        .hint("run the command again")
        .object(path));
    }
    if examples {
        let wanted = wanted(&needs);
        let values = example_values(&needs, &pair.missing(&wanted, &Given::new()));
        pair.fill(&wanted, &values)?;
        // asked for just now: no reason to warn of them
        for (role, key, suspicion) in suspicious(&pair, &wanted, &Given::new()) {
            let _ = host.is_first(&suspicion_text(&key, pair.file(role).label(), suspicion));
        }
    }
    save(host, &pair)
}

/// The pair of a base as it is to be written, and what its servers need.
fn generated(host: &Host, names: &[String], base: &str, prune: bool) -> Result<(Pair, Vec<Requirements>)> {
    let mut pair = host.env_files(base)?;
    let catalog = host.catalog()?;
    let gone = |name: &String| !catalog.servers.contains_key(name);
    let mut all = pair.servers(names, false);
    if prune {
        all.retain(|name| names.contains(name) || !gone(name));
    }
    let recorded = |error: Error| match all.iter().find(|name| gone(name)) {
        Some(name) => error.hint(format!("the files of `{base}` record `{name}`; `--prune` drops it")),
        None => error,
    };
    let (_, needs) = needs(host, &all).map_err(recorded)?;
    pair.generate(names, &wanted(&needs), prune)?;
    Ok((pair, needs))
}

/// Asks before keys go from the files, with what goes `beside` them. Gives the files' keys that may go.
fn agree(host: &Host, pair: &Pair, beside: &[String]) -> Result<Vec<(String, String)>> {
    let removed = pair.removed();
    let number = removed.len() + beside.len();
    if number > 0 && !host.settings.dry_run {
        let them = if number == 1 { "1 key".to_owned() } else { format!("{number} keys") };
        host.refuse_if_read_only(&format!("remove {them}"))?;
        for gone in removed.iter().map(|(path, key)| format!("{key} of {path}")).chain(beside.iter().cloned()) {
            host.printer.line(&format!("  - {gone}"));
        }
        objects::ask(
            host,
            &format!("remove {}?", if number == 1 { "this key" } else { "these keys" }),
            &format!("refusing to remove {them} without a confirmation"),
        )?;
    }
    Ok(removed)
}

/// `envfile::pruned`.
pub(in crate::primitives) fn pruned(host: &Host, names: &[String], base: &str) -> Result<Vec<(String, String)>> {
    Ok(generated(host, names, base, true)?.0.removed())
}

/// The catalog's examples for what is missing.
fn example_values(needs: &[Requirements], missing: &[Missing]) -> Given {
    let all = needs.iter().map(examples::fillable);
    let examples: BTreeMap<String, String> =
        all.flat_map(|examples| examples.config.into_iter().chain(examples.secrets)).collect();
    let of = |missing: &Missing| Some((missing.key.clone(), Some(Secret::new(examples.get(&missing.key)?))));
    missing.iter().filter_map(of).collect()
}

/// `envfile::missing`.
pub(in crate::primitives) fn missing(host: &Host, names: &[String], base: &str, given: &Map) -> Result<Vec<Missing>> {
    let work = open(host, names, base)?;
    Ok(work.pair.missing(&work.wanted, &from_map(host, given)?))
}

/// `envfile::fill`.
pub(in crate::primitives) fn fill(host: &Host, names: &[String], base: &str, values: &Map) -> Result<Array> {
    Base::new(base)?;
    let _lock = host.lock_folder_of(base)?;
    let mut work = open(host, names, base)?;
    let secrets: BTreeSet<&str> = values.iter().filter(|(_, v)| is_secret(v)).map(|(key, _)| key.as_str()).collect();
    let values = from_map(host, values)?;
    for (key, value) in &values {
        let role = work.pair.role_of(key, &work.wanted)?;
        let is_hidden = role == Role::Secret || is_credential(key, &work.wanted);
        let is_secret = secrets.contains(key.as_str());
        let file = work.pair.file(role);
        if is_secret && !is_hidden {
            return Err(refuse_secret(key, &format!("`{}`", file.label())));
        }
        let Some(value) = value else { continue };
        if !value.is_empty() {
            refuse_example(&work.wanted, key, value)?;
            let checked = check(&work.needs, key, value);
            let refused = |error: Error| Error::new(Kind::Refused, error.message.clone()).cause(SECRET_ANSWER);
            if is_secret { host.answer(checked.map_err(refused))? } else { checked? }
        }
        if is_hidden {
            compare(host, file, key, value)?;
            if value.is_of_script() {
                host.files.note_of_script(&host.path(file.label()));
            }
        }
    }
    work.pair.fill(&work.wanted, &values)?;
    save(host, &work.pair)
}

/// `envfile::values`. A value of a file that does not fit its parameter is warned of: the catalog may be wrong.
pub(in crate::primitives) fn values(
    context: &NativeCallContext<'_>,
    host: &Host,
    names: &[String],
    base: &str,
    given: &Map,
) -> Result<Map> {
    let mut work = open(host, names, base)?;
    let secrets: Vec<String> =
        given.iter().filter(|(_, value)| is_secret(value)).map(|(key, _)| key.to_string()).collect();
    let given = from_map(host, given)?;
    work.pair.resolve(&given, &mut |reference| references::resolve(context, host, reference))?;
    for (role, key, suspicion) in suspicious(&work.pair, &work.wanted, &given) {
        host.warn_once(&suspicion_text(&key, work.pair.file(role).label(), suspicion));
    }
    let mut values = work.pair.values(&work.wanted, &given)?;
    // a secret stays one, whatever the key is called
    for key in secrets {
        if let Some(value) = values.config.remove(&key) {
            values.secrets.insert(key, Secret::of_script(value));
        }
    }
    for need in work.needs.iter().flat_map(|needs| &needs.config) {
        if let Some(Err(reason)) = values.config.get(&need.key).filter(|v| !v.is_empty()).map(|value| need.check(value))
        {
            host.warn_once(&reason);
        }
    }
    for (key, value) in values.secrets.iter().filter(|(_, value)| !value.is_empty()) {
        if !matches!(work.pair.role_of(key, &work.wanted), Ok(Role::Config)) {
            continue;
        }
        let why = match (work.pair.file(Role::Config).entry(key), by_value(value.expose())) {
            (Some(entry), _) if entry.is_reference() => "comes by reference".to_owned(),
            (_, Some(kind)) => format!("looks like a credential ({kind})"),
            _ => "looks like a credential".to_owned(),
        };
        host.warn_once(&format!("`{key}` {why}: it goes into the Secret, not the ConfigMap"));
    }
    let config: Map = values.config.iter().map(|(key, value)| (key.into(), value.clone().into())).collect();
    Ok(Map::from([
        ("config".into(), config.into()),
        ("secrets".into(), hidden(host, &values.secrets).into()),
        ("absent".into(), array(values.absent.into_iter())),
    ]))
}

/// The values of the files and those given that somebody was meant to replace, with their keys.
fn suspicious(pair: &Pair, wanted: &[WantedValue], given: &Given) -> Vec<(Role, String, Suspicion)> {
    let of_file = |role: Role| {
        let entries = pair.file(role).entries().filter(|entry| !given.contains_key(entry.key()));
        entries.map(move |entry| (role, entry.key().to_owned(), entry.secret()))
    };
    let of_given =
        given.iter().filter_map(|(key, value)| Some((pair.role_of(key, wanted).ok()?, key.clone(), value.clone()?)));
    let all = of_file(Role::Config).chain(of_file(Role::Secret)).chain(of_given);
    // what is a placeholder of ours is missing, which is reported
    all.filter(|(_, _, value)| !Role::is_placeholder(value.expose()))
        .filter_map(|(role, key, value)| {
            let suspicion = suspicion(&key, value.expose(), wanted)?;
            Some((role, key, suspicion))
        })
        .collect()
}

/// The warning of such a value.
pub(in crate::primitives) fn suspicion_text(key: &str, file: &str, suspicion: Suspicion) -> String {
    format!("`{key}` {} (in `{file}`)", suspicion.words())
}
