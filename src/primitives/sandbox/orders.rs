//! What functions of `sandbox` order: failures, stand-ins, other worlds, and scripts to run.

use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rhai::{Array, Dynamic, Map};
use serde_json::{Value, json};

use super::{files, objects as scene};
use crate::error::{Error, Kind, Result};
use crate::files::{Access, Bounds};
use crate::host::Host;
use crate::host::process::Finished;
use crate::host::settings::Isolation;
use crate::host::test_context::{Invocation, RunResult};
use crate::primitives::api::options::Options;
use crate::primitives::api::raise::wrong_type;
use crate::primitives::api::value::to_json;
use crate::primitives::sandbox;
use kube_sandbox::{AdmissionRule, Fault, Sandbox};

/// Where a test's catalog is written.
const CATALOG: &str = "catalog.yaml";

/// Items that must be texts; numbers and flags are taken as they are written.
pub(in crate::primitives) fn texts(items: &Array, what: &str) -> Result<Vec<String>> {
    let one = |item: &Dynamic| match to_json(item)? {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(wrong_type(what, "text", item.type_name())),
    };
    items.iter().map(one).collect()
}

/// `sandbox::fail`.
pub(in crate::primitives) fn fail(world: &Sandbox, request: &str, options: &Map) -> Result<()> {
    let (verb, resource) = scene::request(request)?;
    let options = Options::new("sandbox::fail", options, &["nth", "times", "status", "retry_after"])?;
    let nth = count(options.number("nth", 1)?);
    let times = count(options.number("times", 1)?);
    let status = options.number("status", 400)?.unwrap_or(500);
    let status = u16::try_from(status).ok().filter(|status| (400..600).contains(status)).ok_or_else(|| {
        Error::new(Kind::Script, format!("{status} is no HTTP status of a failure")).hint("they go from 400 to 599")
    })?;
    let retry_after = options.number("retry_after", 0)?.and_then(|seconds| u32::try_from(seconds).ok());
    for later in 0..times {
        match retry_after {
            Some(_) => world.order(nth + later, verb, resource, Fault::Answer { status, retry_after }),
            None => world.fail(nth + later, verb, resource, status),
        }
    }
    Ok(())
}

/// The options of `sandbox::admission`.
const ADMISSION: [&str; 10] =
    ["labels", "annotations", "data", "drop", "finalizers", "warning", "deny", "status", "fail", "webhook"];

/// `sandbox::admission`.
pub(in crate::primitives) fn admission(world: &Sandbox, request: &str, options: &Map) -> Result<()> {
    let (verb, resource) = scene::request(request)?;
    let options = Options::new("sandbox::admission", options, &ADMISSION)?;
    let map = |name: &str| -> Result<serde_json::Map<String, Value>> {
        match options.value(name) {
            None => Ok(serde_json::Map::new()),
            Some(value) => match to_json(value)? {
                Value::Object(map) => Ok(map),
                _ => Err(wrong_type(&format!("option `{name}`"), "a map", value.type_name())),
            },
        }
    };
    let mut data = map("data")?;
    if resource == "secrets" {
        for value in data.values_mut() {
            *value = STANDARD.encode(value.as_str().unwrap_or_default()).into();
        }
    }
    world.admit(AdmissionRule {
        verb: verb.to_owned(),
        resource: resource.to_owned(),
        webhook: options.text("webhook")?.unwrap_or_else(|| "policy.example.com".to_owned()),
        labels: map("labels")?,
        annotations: map("annotations")?,
        data,
        dropped: options.texts("drop")?,
        finalizers: options.texts("finalizers")?,
        warnings: options.texts("warning")?,
        denial: options.text("deny")?,
        failure: options.text("fail")?,
        code: options.number("status", 400)?.and_then(|code| u16::try_from(code).ok()).unwrap_or(403),
    });
    Ok(())
}

/// `sandbox::cut`.
pub(in crate::primitives) fn cut(world: &Sandbox, request: &str, options: &Map) -> Result<()> {
    let (verb, resource) = scene::request(request)?;
    let options = Options::new("sandbox::cut", options, &["nth", "done", "half"])?;
    let fault = match (options.flag("half")?, options.flag("done")?) {
        (true, _) => Fault::HalfAnswer,
        (false, true) => Fault::BreakAfter,
        (false, false) => Fault::BreakBefore,
    };
    world.order(count(options.number("nth", 1)?), verb, resource, fault);
    Ok(())
}

fn count(number: Option<i64>) -> usize {
    number.and_then(|number| usize::try_from(number).ok()).unwrap_or(1)
}

/// `sandbox::program`.
pub(in crate::primitives) fn program(host: &Host, words: &str, stdout: &str, options: &Map) -> Result<()> {
    let stage = host.test_context("sandbox::program")?;
    let options = Options::new("sandbox::program", options, &["code", "stderr"])?;
    let code = i32::try_from(options.number("code", 0)?.unwrap_or(0)).unwrap_or(i32::MAX);
    let stderr = options.text("stderr")?.unwrap_or_default();
    stage.set_program(words, Finished { code, stdout: stdout.to_owned(), stderr });
    Ok(())
}

/// `sandbox::catalog`.
pub(in crate::primitives) fn catalog(host: &Host, servers: &Dynamic) -> Result<()> {
    let stage = host.test_context("sandbox::catalog")?;
    let text = match to_json(servers)? {
        Value::String(text) => text,
        Value::Object(servers) => json!({"version": 2, "name": "test", "registry": servers}).to_string(),
        _ => return Err(wrong_type("a catalog", "a map of servers, or text", servers.type_name())),
    };
    let file = files::put(&host.settings.folder, CATALOG, &text)?;
    host.open_catalog(&[CATALOG.to_owned()])?;
    stage.set_catalog(file);
    Ok(())
}

/// `sandbox::load`.
pub(in crate::primitives) fn load(host: &Host, path: &str) -> Result<()> {
    let world = sandbox::world(host, "sandbox::load")?;
    let stage = host.test_context("sandbox::load")?;
    let beside = stage.beside.join(path);
    let own = host.path(path);
    if !beside.is_file() && own.is_file() {
        host.files.check(&own, Access::Read)?;
        return Ok(world.replace(crate::sandbox::read(&own)?)?);
    }
    if host.settings.isolation == Isolation::Full {
        let folder = if stage.beside.as_os_str().is_empty() { Path::new(".") } else { &stage.beside };
        Bounds::new(folder, false).check(&beside, Access::Read)?;
    }
    Ok(world.replace(crate::sandbox::read(&beside)?)?)
}

/// `sandbox::run`.
pub(in crate::primitives) fn run(host: &Host, script: &str, words: &Array, options: &Map) -> Result<Arc<RunResult>> {
    host.test_context("sandbox::run")?;
    let options = Options::new("sandbox::run", options, &["answers", "input"])?;
    let answers = match options.value("answers") {
        Some(value) => {
            let items = value.read_lock::<Array>();
            let items = items.ok_or_else(|| wrong_type("`answers`", "an array of texts", value.type_name()))?;
            Some(texts(&items, "an answer")?)
        }
        None => None,
    };
    let order = Invocation {
        script: script.to_owned(),
        words: texts(words, "an argument of a script")?,
        answers,
        input: options.text("input")?.unwrap_or_default(),
    };
    host.run_in_test("sandbox::run", &order).map(Arc::new)
}
