//! `sandbox`: a test runs scripts and looks at what happened.

use std::sync::Arc;

use rhai::plugin::*;
use rhai::{Array, Dynamic, Map, NativeCallContext};

use super::world;
use super::{files, objects as scene, orders as order};
use crate::host::test_context;
use crate::primitives::api::functions::{Optional, given};
use crate::primitives::api::raise::{Outcome, Raise};
use crate::primitives::api::value::from_json;
use crate::primitives::host;
use kube_sandbox::Received;

/// As scripts call it: the reference shows the name that stands in the source.
type Ran = Arc<test_context::RunResult>;

/// The functions of `sandbox` that run scripts and look.
#[export_module(manifest)]
pub mod functions {
    /// Runs a script as if it were typed on a command line, in the test's cluster and folder: a run of its own, with its
    /// header, its flags, its exit code. There is no terminal unless answers lie ready, and no `--yes` unless it is
    /// among the arguments.
    ///
    /// # Parameters
    /// * `script` - a file by its path from the test's folder, or a name: first of a file beside the test
    /// * `arguments` - the words behind it, flags too
    ///
    /// # Options
    /// * `answers` - what is typed at its questions, in place of those that lie ready
    /// * `input` - its standard input
    ///
    /// # Errors
    /// * not in a test; no such script; what the script itself does wrong is in `code` and `stderr`
    ///
    /// # Example
    /// ```rhai
    /// sandbox::pod(#{ age: "2d" });
    /// let ran = sandbox::run("stale", ["24h"], #{ answers: ["n"] });
    /// [ran.code, ran.error]
    /// // => [1, "declined: nothing was done"]
    /// ```
    #[rhai_fn(return_raw)]
    pub fn run(context: NativeCallContext, script: &str, arguments: Array, options: Optional<Map>) -> Outcome<Ran> {
        order::run(&host(&context), script, &arguments, &options).raise(&context)
    }

    /// The requests that the test's cluster received so far: maps of `verb`, `resource`, `namespace`, `name` and
    /// `dry_run`.
    ///
    /// # Parameters
    /// * `request` - a verb and a resource, as `delete pods`; `*` for any
    ///
    /// # Errors
    /// * not in a test; no such verb or resource
    ///
    /// # Example
    /// ```rhai
    /// pods::list();
    /// sandbox::requests()
    /// // => [#{ "verb": "list", "resource": "pods", "namespace": "default", "name": "", "dry_run": false }]
    /// ```
    /// ```rhai
    /// sandbox::pod(#{ age: "2d" });
    /// sandbox::run("stale", ["24h", "--dry-run"]);
    /// sandbox::requests("delete pods").all(|request| request.dry_run)
    /// // => true
    /// ```
    #[rhai_fn(return_raw)]
    pub fn requests(context: NativeCallContext, request: Optional<ImmutableString>) -> Outcome<Array> {
        let world = world(&host(&context), "sandbox::requests").raise(&context)?;
        let (verb, resource) = scene::request(given(&request).unwrap_or("*")).raise(&context)?;
        let is = |wanted: &str, found: &str| wanted == "*" || wanted == found;
        let received = world.requests().into_iter().filter(|r| is(verb, &r.verb) && is(resource, &r.resource));
        Ok(received.map(request_map).collect())
    }

    /// What the test itself changed so far, as `--dry-run -o json` shows it; that of a script is in its `plan`.
    ///
    /// # Errors
    /// * not in a test
    ///
    /// # Example
    /// ```rhai
    /// fs::write("note.txt", "hello");
    /// sandbox::plan().map(|change| `${change.action} ${change.kind}`)
    /// // => ["write file"]
    /// ```
    #[rhai_fn(name = "plan", return_raw)]
    pub fn plan(context: NativeCallContext) -> Outcome<Array> {
        let host = host(&context);
        host.test_context("sandbox::plan").raise(&context)?;
        let plan = from_json(&host.printer.plan_value(&host.recorder.changes()));
        Ok(plan.into_array().unwrap_or_default())
    }

    /// What the test itself printed so far: a map of `stdout` and `stderr`; that of a script is in its result.
    ///
    /// # Errors
    /// * not in a test
    ///
    /// # Example
    /// ```rhai
    /// ui::warn("look out");
    /// sandbox::output().stderr
    /// // => "warning: look out\n"
    /// ```
    #[rhai_fn(name = "output", return_raw)]
    pub fn output(context: NativeCallContext) -> Outcome<Map> {
        let host = host(&context);
        let captured = &host.test_context("sandbox::output").raise(&context)?.captured;
        Ok(Map::from([("stdout".into(), captured.out().into()), ("stderr".into(), captured.err().into())]))
    }

    /// An object of the namespace `default` in the form of the API, `()` if it is not there. The data of a Secret is
    /// plain text: it is only a test's.
    ///
    /// # Parameters
    /// * `kind` - `configmap`, `secret`, `pod` or `namespace`
    /// * `name` - its name
    /// * `namespace` - where
    ///
    /// # Errors
    /// * not in a test; no such kind
    ///
    /// # Example
    /// ```rhai
    /// secrets::apply("keys", #{ token: "canary-token" });
    /// sandbox::object("secret", "keys").data
    /// // => #{ "token": "canary-token" }
    /// ```
    /// ```rhai
    /// sandbox::pod(#{ name: "a", namespace: "mcp" });
    /// sandbox::object("pod", "a", "mcp").status.phase
    /// // => "Running"
    /// ```
    #[rhai_fn(return_raw)]
    pub fn object(
        context: NativeCallContext,
        kind: &str,
        name: &str,
        namespace: Optional<ImmutableString>,
    ) -> Outcome<Dynamic> {
        let world = world(&host(&context), "sandbox::object").raise(&context)?;
        let found = scene::find(&world, kind, given(&namespace).unwrap_or("default"), name).raise(&context)?;
        Ok(found.map_or(Dynamic::UNIT, |object| from_json(&object)))
    }

    /// The files of the test's folder, by their paths from there, sorted.
    ///
    /// # Errors
    /// * not in a test
    ///
    /// # Example
    /// ```rhai
    /// sandbox::file("keys/token.txt", "canary-token");
    /// sandbox::files()
    /// // => ["keys/token.txt"]
    /// ```
    #[rhai_fn(name = "files", return_raw)]
    pub fn files(context: NativeCallContext) -> Outcome<Array> {
        let host = host(&context);
        host.test_context("sandbox::files").raise(&context)?;
        let found = files::all(&host.settings.folder).raise(&context)?;
        Ok(found.into_iter().map(|(path, _)| path.into()).collect())
    }
}

fn request_map(received: Received) -> Dynamic {
    let map: Map = Map::from([
        ("verb".into(), received.verb.into()),
        ("resource".into(), received.resource.into()),
        ("namespace".into(), received.namespace.into()),
        ("name".into(), received.name.into()),
        ("dry_run".into(), received.dry_run.into()),
    ]);
    map.into()
}
