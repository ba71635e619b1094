//! `sandbox`: a test sets its scene. Its surroundings and what goes wrong are in [`self::environment`], what it
//! looks at in [`self::results`].

pub mod environment;
pub(super) mod files;
pub(super) mod objects;
pub(super) mod orders;
pub mod results;
pub(super) mod run_result;

use rhai::plugin::*;
use rhai::{Array, Dynamic, Map, NativeCallContext};

use super::api::raise::{Outcome, Raise};
use super::host;
use crate::cluster::objects::ObjectKind;
use crate::error::Result;
use crate::host::Host;
use crate::primitives::api::functions::Optional;
use kube_sandbox::Sandbox;
use objects as scene;
use orders as order;

/// The functions of `sandbox` that say what there is in the cluster.
#[export_module(manifest)]
pub mod functions {
    /// Puts a pod into the test's cluster and gives its name. Without options: a running pod of the server `time`, a
    /// minute old.
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
    /// * `finalizers` - names that hold the pod once it is deleted
    /// * `deleted` - how long ago it was deleted; it is terminating then
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
    pub fn pod(context: NativeCallContext, options: Map) -> Outcome<String> {
        world(&host(&context), "sandbox::pod").and_then(|world| scene::pod(&world, &options)).raise(&context)
    }

    /// Puts a ConfigMap into the test's cluster that somebody made by hand.
    ///
    /// # Parameters
    /// * `name` - its name
    /// * `data` - keys to texts
    ///
    /// # Options
    /// * `namespace` - `default` unless given; made if it is not there
    /// * `owner` - the field manager that applied it, as `mcpctl:prod`; with mcpctl's labels
    /// * `controller` - a controller that owns it, as `ExternalSecret/grafana`
    /// * `annotations` - a map of annotations
    /// * `immutable` - true for data that can never change
    /// * `labels` - a map of further labels
    /// * `age` - how old it is, as `3d`
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
    /// ```rhai
    /// sandbox::configmap("flags", #{ beta: "on" }, #{ owner: "mcpctl:prod" });
    /// configmaps::list().map(|object| object.name)
    /// // => ["flags"]
    /// ```
    #[rhai_fn(return_raw)]
    pub fn configmap(context: NativeCallContext, name: &str, data: Map, options: Optional<Map>) -> Outcome<()> {
        let world = world(&host(&context), "sandbox::configmap").raise(&context)?;
        scene::object(&world, ObjectKind::ConfigMap, name, &data, &options).raise(&context)
    }

    /// Puts a Secret into the test's cluster that somebody made by hand.
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
    /// sandbox::secret("keys", #{ token: "canary-token" });
    /// secrets::get("keys").data.keys()
    /// // => ["token"]
    /// ```
    /// ```rhai
    /// sandbox::secret("keys", #{ token: "canary-token" }, #{ namespace: "mcp" });
    /// secrets::get("keys", #{ namespace: "mcp" }).data.token
    /// // => "***"
    /// ```
    #[rhai_fn(return_raw)]
    pub fn secret(context: NativeCallContext, name: &str, data: Map, options: Optional<Map>) -> Outcome<()> {
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
    pub fn insert(context: NativeCallContext, object: Map) -> Outcome<()> {
        let world = world(&host(&context), "sandbox::insert").raise(&context)?;
        super::super::api::value::to_json(&object.into()).and_then(|object| Ok(world.insert(object)?)).raise(&context)
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
    pub fn images(context: NativeCallContext, images: Array) -> Outcome<()> {
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
    pub fn catalog(context: NativeCallContext, servers: Dynamic) -> Outcome<()> {
        order::catalog(&host(&context), &servers).raise(&context)
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
    pub fn demo(context: NativeCallContext) -> Outcome<()> {
        let world = world(&host(&context), "sandbox::demo").raise(&context)?;
        world.replace(crate::sandbox::demo().snapshot()).map_err(Into::into).raise(&context)
    }

    /// Makes the test's cluster that of a file: one that `mcpctl sandbox import` took from a cluster, or that
    /// `--sandbox=FILE` keeps.
    ///
    /// # Parameters
    /// * `path` - in the folder of the test's file or below, else in the test's own folder
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
    pub fn load(context: NativeCallContext, path: &str) -> Outcome<()> {
        order::load(&host(&context), path).raise(&context)
    }
}

/// The world of the test that calls a function.
pub(super) fn world(host: &Host, function: &str) -> Result<Sandbox> {
    host.test_context(function)?;
    match host.world()? {
        Some(world) => Ok(world.clone()),
        None => Err(crate::error::Error::failed("the test has no sandbox")),
    }
}
