//! `sandbox`: a test sets its scene. What it then looks at is in [`super::sandbox_look`].

use std::sync::Arc;

use rhai::plugin::*;
use rhai::{Array, Dynamic, EvalAltResult, Map, NativeCallContext};

use crate::cluster::objects::ObjectKind;
use crate::error::Result as Outcome;
use crate::host::Host;
use crate::sandbox::World;

use super::host;
use super::raise::Raise;
use super::sandbox_order as order;
use super::{sandbox_files, sandbox_scene as scene};

/// The functions of `sandbox` that set a scene.
#[export_module]
pub mod functions {
    /// Puts a pod into the test's cluster and gives its name. Without options: a running pod of the server `time`, a
    /// minute old.
    ///
    /// # Parameters
    /// * `options` - see below
    ///
    /// # Options
    /// * `name` - made from server and age unless given
    /// * `namespace` - `default` unless given; made if it is not there
    /// * `server` - the MCP server, `time` unless given
    /// * `session` - the gateway session, `mcp-gateway-test` unless given
    /// * `age` - how old it is, as `3d`
    /// * `status` - `Running` unless given; `Completed`, `Error`, `Pending`, `CrashLoopBackOff` …
    /// * `reason` - why it is not well, in the kubelet's words
    /// * `restarts` - how often its container was started again
    /// * `managed` - false for a pod that no gateway made
    /// * `owned` - true for a pod that another object owns
    /// * `image` - `mcp/` and the server unless given
    /// * `labels` - a map of further labels
    ///
    /// # Errors
    /// * not in a test; an option that there is not
    ///
    /// # Example
    /// ```rhai
    /// sandbox::pod(#{ server: "grafana", session: "mcp-gateway-1", age: "3d" });
    /// pods::list(#{ older_than: "2d" }).map(|pod| pod.server)
    /// // => ["grafana"]
    /// ```
    #[rhai_fn(name = "pod", return_raw)]
    pub fn pod(context: NativeCallContext, options: Map) -> Result<String, Box<EvalAltResult>> {
        world(&host(&context), "sandbox::pod").and_then(|world| scene::pod(&world, &options)).raise(&context)
    }

    /// Puts a ConfigMap into the test's cluster that somebody made by hand.
    ///
    /// # Parameters
    /// * `name` - its name
    /// * `data` - keys to texts
    ///
    /// # Errors
    /// * not in a test; a value that is no text
    ///
    /// # Example
    /// ```rhai
    /// sandbox::configmap("flags", #{ beta: "on" });
    /// configmaps::get("flags").data
    /// // => #{ "beta": "on" }
    /// ```
    #[rhai_fn(name = "configmap", return_raw)]
    pub fn configmap(context: NativeCallContext, name: &str, data: Map) -> Result<(), Box<EvalAltResult>> {
        configmap_with(context, name, data, Map::new())
    }

    /// Puts a ConfigMap into the test's cluster.
    ///
    /// # Parameters
    /// * `name` - its name
    /// * `data` - keys to texts
    /// * `options` - see below
    ///
    /// # Options
    /// * `namespace` - `default` unless given; made if it is not there
    /// * `owner` - the field manager that applied it, as `mcpctl:prod`; with mcpctl's labels
    /// * `labels` - a map of further labels
    /// * `age` - how old it is, as `3d`
    ///
    /// # Errors
    /// * not in a test; a value that is no text
    ///
    /// # Example
    /// ```rhai
    /// sandbox::configmap("flags", #{ beta: "on" }, #{ owner: "mcpctl:prod" });
    /// configmaps::list().map(|object| object.name)
    /// // => ["flags"]
    /// ```
    #[rhai_fn(name = "configmap", return_raw)]
    pub fn configmap_with(
        context: NativeCallContext,
        name: &str,
        data: Map,
        options: Map,
    ) -> Result<(), Box<EvalAltResult>> {
        let world = world(&host(&context), "sandbox::configmap").raise(&context)?;
        scene::object(&world, ObjectKind::ConfigMap, name, &data, &options).raise(&context)
    }

    /// Puts a Secret into the test's cluster that somebody made by hand.
    ///
    /// # Parameters
    /// * `name` - its name
    /// * `data` - keys to texts
    ///
    /// # Errors
    /// * not in a test; a value that is no text
    ///
    /// # Example
    /// ```rhai
    /// sandbox::secret("keys", #{ token: "canary-token" });
    /// secrets::get("keys").data.keys()
    /// // => ["token"]
    /// ```
    #[rhai_fn(name = "secret", return_raw)]
    pub fn secret(context: NativeCallContext, name: &str, data: Map) -> Result<(), Box<EvalAltResult>> {
        secret_with(context, name, data, Map::new())
    }

    /// Puts a Secret into the test's cluster.
    ///
    /// # Parameters
    /// * `name` - its name
    /// * `data` - keys to texts
    /// * `options` - those of `sandbox::configmap`
    ///
    /// # Errors
    /// * not in a test; a value that is no text
    ///
    /// # Example
    /// ```rhai
    /// sandbox::secret("keys", #{ token: "canary-token" }, #{ namespace: "mcp" });
    /// secrets::get("keys", #{ namespace: "mcp" }).data.token
    /// // => "***"
    /// ```
    #[rhai_fn(name = "secret", return_raw)]
    pub fn secret_with(
        context: NativeCallContext,
        name: &str,
        data: Map,
        options: Map,
    ) -> Result<(), Box<EvalAltResult>> {
        let world = world(&host(&context), "sandbox::secret").raise(&context)?;
        scene::object(&world, ObjectKind::Secret, name, &data, &options).raise(&context)
    }

    /// Puts any object into the test's cluster, in the form of the API.
    ///
    /// # Parameters
    /// * `object` - with `kind`, `metadata.name`, and what else it is to have: times and status are kept
    ///
    /// # Errors
    /// * not in a test; a kind that the sandbox does not have; no name
    ///
    /// # Example
    /// ```rhai
    /// sandbox::insert(#{ kind: "Namespace", metadata: #{ name: "payments" } });
    /// cluster::namespaces().contains("payments")
    /// // => true
    /// ```
    #[rhai_fn(name = "insert", return_raw)]
    pub fn insert(context: NativeCallContext, object: Map) -> Result<(), Box<EvalAltResult>> {
        let world = world(&host(&context), "sandbox::insert").raise(&context)?;
        super::super::value::to_json(&object.into()).and_then(|object| world.insert(object)).raise(&context)
    }

    /// Puts images into the test's image store.
    ///
    /// # Parameters
    /// * `images` - their references; what begins with `missing/` can never be pulled
    ///
    /// # Errors
    /// * not in a test
    ///
    /// # Example
    /// ```rhai
    /// sandbox::images(["mcp/time"]);
    /// images::present("mcp/time")
    /// // => true
    /// ```
    #[rhai_fn(name = "images", return_raw)]
    pub fn images(context: NativeCallContext, images: Array) -> Result<(), Box<EvalAltResult>> {
        let world = world(&host(&context), "sandbox::images").raise(&context)?;
        for image in order::texts(&images, "an image").raise(&context)? {
            world.images().add(&image);
        }
        Ok(())
    }

    /// Sets the catalog of the test and of the scripts that it runs; the demo catalog unless set. It is written to
    /// `catalog.yaml` in the test's folder.
    ///
    /// # Parameters
    /// * `servers` - names to entries as a catalog has them, or a whole catalog as text
    ///
    /// # Effects
    /// * `files: read`
    ///
    /// # Errors
    /// * not in a test; it is no catalog
    ///
    /// # Example
    /// ```rhai
    /// sandbox::catalog(#{ clock: #{ image: "mcp/clock", description: "Tells the time" } });
    /// catalog::servers("").map(|server| server.name)
    /// // => ["clock"]
    /// ```
    #[rhai_fn(name = "catalog", return_raw)]
    pub fn catalog(context: NativeCallContext, servers: Dynamic) -> Result<(), Box<EvalAltResult>> {
        order::catalog(&host(&context), &servers).raise(&context)
    }

    /// Puts a file into the test's folder, where relative paths of the test and of its scripts start.
    ///
    /// # Parameters
    /// * `path` - from the test's folder; folders on the way are made
    /// * `text` - what it holds
    ///
    /// # Errors
    /// * not in a test; a path that leads out of the folder
    ///
    /// # Example
    /// ```rhai
    /// sandbox::file("keys/token.txt", "canary-token");
    /// fs::exists("keys/token.txt")
    /// // => true
    /// ```
    #[rhai_fn(name = "file", return_raw)]
    pub fn file(context: NativeCallContext, path: &str, text: &str) -> Result<(), Box<EvalAltResult>> {
        let host = host(&context);
        host.stage("sandbox::file").raise(&context)?;
        sandbox_files::put(&host.settings.folder, path, text).map(|_| ()).raise(&context)
    }

    /// Lays answers ready for the questions to come, in order. Without any, confirmations in the test itself count as
    /// given, and the scripts that it runs find nobody to ask.
    ///
    /// # Parameters
    /// * `answers` - what is typed: `y`, `n`, a text, a secret
    ///
    /// # Errors
    /// * not in a test
    ///
    /// # Example
    /// ```rhai
    /// sandbox::answers(["http://grafana:3000"]);
    /// ui::ask("url")
    /// // => "http://grafana:3000"
    /// ```
    #[rhai_fn(name = "answers", return_raw)]
    pub fn answers(context: NativeCallContext, answers: Array) -> Result<(), Box<EvalAltResult>> {
        let host = host(&context);
        let stage = host.stage("sandbox::answers").raise(&context)?;
        stage.answers.lay(order::texts(&answers, "an answer").raise(&context)?);
        Ok(())
    }

    /// Sets a variable of the environment, which is empty unless set.
    ///
    /// # Parameters
    /// * `name` - its name
    /// * `value` - its value
    ///
    /// # Errors
    /// * not in a test
    ///
    /// # Example
    /// ```rhai
    /// sandbox::variable("GRAFANA_URL", "http://g");
    /// envfile::environment("grafana")
    /// // => #{ "grafana.url": "http://g" }
    /// ```
    #[rhai_fn(name = "variable", return_raw)]
    pub fn variable(context: NativeCallContext, name: &str, value: &str) -> Result<(), Box<EvalAltResult>> {
        let host = host(&context);
        host.stage("sandbox::variable").raise(&context)?.set_variable(name, value);
        Ok(())
    }

    /// Stands in for a program: `process::run` does not start it and gives this. The most words that fit count.
    ///
    /// # Parameters
    /// * `words` - the program, or it and its first arguments with blanks between them
    /// * `stdout` - what it prints
    ///
    /// # Errors
    /// * not in a test
    ///
    /// # Example
    /// ```rhai
    /// sandbox::program("op read op://mcp/grafana", "canary-key\n");
    /// process::run(["op", "read", "op://mcp/grafana"]).stdout
    /// // => "canary-key\n"
    /// ```
    #[rhai_fn(name = "program", return_raw)]
    pub fn program(context: NativeCallContext, words: &str, stdout: &str) -> Result<(), Box<EvalAltResult>> {
        program_with(context, words, stdout, Map::new())
    }

    /// Stands in for a program: `process::run` does not start it and gives this.
    ///
    /// # Parameters
    /// * `words` - the program, or it and its first arguments with blanks between them
    /// * `stdout` - what it prints
    /// * `options` - see below
    ///
    /// # Options
    /// * `code` - its exit code, 0 unless given
    /// * `stderr` - what it prints to standard error
    ///
    /// # Errors
    /// * not in a test
    ///
    /// # Example
    /// ```rhai
    /// sandbox::program("op", "", #{ code: 1, stderr: "not signed in" });
    /// process::run(["op", "whoami"]).stderr
    /// // => "not signed in"
    /// ```
    #[rhai_fn(name = "program", return_raw)]
    pub fn program_with(
        context: NativeCallContext,
        words: &str,
        stdout: &str,
        options: Map,
    ) -> Result<(), Box<EvalAltResult>> {
        order::program(&host(&context), words, stdout, &options).raise(&context)
    }

    /// Lets time pass in the test's cluster: ages grow, and what would have happened by then has happened.
    ///
    /// # Parameters
    /// * `duration` - as `2h` or `7d`
    ///
    /// # Errors
    /// * not in a test; no duration
    ///
    /// # Example
    /// ```rhai
    /// sandbox::pod(#{ age: "1h" });
    /// sandbox::advance("2d");
    /// pods::list(#{ older_than: "2d" }).len()
    /// // => 1
    /// ```
    #[rhai_fn(name = "advance", return_raw)]
    pub fn advance(context: NativeCallContext, duration: &str) -> Result<(), Box<EvalAltResult>> {
        let world = world(&host(&context), "sandbox::advance").raise(&context)?;
        world.advance(crate::duration::parse(duration).raise(&context)?);
        Ok(())
    }

    /// Lets the next request of a kind fail with 500.
    ///
    /// # Parameters
    /// * `request` - a verb and a resource, as `delete pods`; `*` for any
    ///
    /// # Errors
    /// * not in a test; no such verb or resource
    ///
    /// # Example
    /// ```rhai
    /// sandbox::pod(#{ name: "a" });
    /// sandbox::fail("delete pods");
    /// pods::delete(pods::list()).map(|deletion| deletion.result)
    /// // => ["failed"]
    /// ```
    #[rhai_fn(name = "fail", return_raw)]
    pub fn fail(context: NativeCallContext, request: &str) -> Result<(), Box<EvalAltResult>> {
        fail_with(context, request, Map::new())
    }

    /// Lets a request fail.
    ///
    /// # Parameters
    /// * `request` - a verb and a resource, as `delete pods`; `*` for any
    /// * `options` - see below
    ///
    /// # Options
    /// * `nth` - the how manieth from now on, 1 unless given
    /// * `times` - how many in a row, 1 unless given
    /// * `status` - the HTTP status: 500 unless given, 403, 404, 409, 429, 503 …
    ///
    /// # Errors
    /// * not in a test; no such verb or resource
    ///
    /// # Example
    /// ```rhai
    /// for name in ["a", "b", "c"] { sandbox::pod(#{ name: name }); }
    /// sandbox::fail("delete pods", #{ nth: 2, status: 403 });
    /// pods::delete(pods::list()).filter(|deletion| deletion.result == "failed").len()
    /// // => 1
    /// ```
    #[rhai_fn(name = "fail", return_raw)]
    pub fn fail_with(context: NativeCallContext, request: &str, options: Map) -> Result<(), Box<EvalAltResult>> {
        let world = world(&host(&context), "sandbox::fail").raise(&context)?;
        order::fail(&world, request, &options).raise(&context)
    }

    /// Lets the connection of the next request of a kind break.
    ///
    /// # Parameters
    /// * `request` - a verb and a resource, as `delete pods`; `*` for any
    /// * `options` - see below
    ///
    /// # Options
    /// * `nth` - the how manieth from now on, 1 unless given
    /// * `done` - true: the request is carried out, and its answer is lost
    ///
    /// # Errors
    /// * not in a test; no such verb or resource
    ///
    /// # Example
    /// ```rhai
    /// sandbox::cut("patch configmaps", #{ done: true });
    /// assert::raises(|| configmaps::apply("flags", #{ beta: "on" }));
    /// sandbox::object("configmap", "flags").data
    /// // => #{ "beta": "on" }
    /// ```
    #[rhai_fn(name = "cut", return_raw)]
    pub fn cut(context: NativeCallContext, request: &str, options: Map) -> Result<(), Box<EvalAltResult>> {
        let world = world(&host(&context), "sandbox::cut").raise(&context)?;
        order::cut(&world, request, &options).raise(&context)
    }

    /// Takes a right away: every such request is answered with 403, and `cluster::can` says no.
    ///
    /// # Parameters
    /// * `request` - a verb and a resource, as `delete pods`; `*` for any
    ///
    /// # Errors
    /// * not in a test; no such verb or resource
    ///
    /// # Example
    /// ```rhai
    /// sandbox::deny("list pods");
    /// assert::raises(|| pods::list()).kind
    /// // => "forbidden"
    /// ```
    #[rhai_fn(name = "deny", return_raw)]
    pub fn deny(context: NativeCallContext, request: &str) -> Result<(), Box<EvalAltResult>> {
        let world = world(&host(&context), "sandbox::deny").raise(&context)?;
        let (verb, resource) = scene::request(request).raise(&context)?;
        world.deny(verb, resource);
        Ok(())
    }

    /// Lets every request take so much longer.
    ///
    /// # Parameters
    /// * `duration` - as `200ms`
    ///
    /// # Errors
    /// * not in a test; no duration
    ///
    /// # Example
    /// ```rhai
    /// sandbox::latency("5ms");
    /// pods::list()
    /// // => []
    /// ```
    #[rhai_fn(name = "latency", return_raw)]
    pub fn latency(context: NativeCallContext, duration: &str) -> Result<(), Box<EvalAltResult>> {
        let world = world(&host(&context), "sandbox::latency").raise(&context)?;
        world.latency(crate::duration::parse(duration).raise(&context)?);
        Ok(())
    }

    /// Makes the test's cluster that of `--sandbox`: pods of several sessions, minutes to days old.
    ///
    /// # Errors
    /// * not in a test
    ///
    /// # Example
    /// ```rhai
    /// sandbox::demo();
    /// pods::sessions().len()
    /// // => 4
    /// ```
    #[rhai_fn(name = "demo", return_raw)]
    pub fn demo(context: NativeCallContext) -> Result<(), Box<EvalAltResult>> {
        world(&host(&context), "sandbox::demo").raise(&context)?.become_demo();
        Ok(())
    }

    /// Makes the test's cluster that of a file: one that `mcpctl sandbox import` took from a cluster, or that
    /// `--sandbox=FILE` keeps.
    ///
    /// # Parameters
    /// * `path` - from the folder of the test's file, else from the test's own folder
    ///
    /// # Errors
    /// * not in a test; no such file, or it holds something else
    ///
    /// # Example
    /// ```rhai
    /// sandbox::file("world.json", `{"mcpctl_sandbox": 1, "revision": 9, "ahead_seconds": 0, "images": [], "objects": []}`);
    /// sandbox::load("world.json");
    /// pods::list(#{ any: true }).len()
    /// // => 0
    /// ```
    #[rhai_fn(name = "load", return_raw)]
    pub fn load(context: NativeCallContext, path: &str) -> Result<(), Box<EvalAltResult>> {
        order::load(&host(&context), path).raise(&context)
    }
}

/// The world of the test that calls a function.
pub(super) fn world(host: &Host, function: &str) -> Outcome<Arc<World>> {
    host.stage(function)?;
    match host.world()? {
        Some(world) => Ok(Arc::clone(world)),
        None => Err(crate::error::Error::failed("the test has no sandbox")),
    }
}
