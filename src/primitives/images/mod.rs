//! `images`: whether the images that servers need are there, and how they get to where the nodes see them.

pub(super) mod types;

use std::time::Duration;

use rhai::plugin::*;
use rhai::{Array, Dynamic, Map, NativeCallContext};

use super::api::options::Options;
use super::api::raise::{Outcome, Raise};
use super::catalog::rendering;
use super::catalog::server::names;
use super::host;
use crate::error::Result;
use crate::images::{self, Rewrites};
use crate::images::{Chosen, ImageResult};
use crate::primitives::api::functions::{ArrayOf, Optional};

/// How long the nodes are waited for after a load, in seconds, unless told.
const NODES_TIMEOUT: u64 = 60;

/// The functions of `images`.
#[export_module(manifest)]
pub mod functions {
    /// The images that servers need, each once and written out, with that of the gateway's log sidecar.
    ///
    /// # Parameters
    /// * `servers` - a name, or an array of names or servers
    ///
    /// # Options
    /// * `rewrite` - rules as `images::rewrite` takes them; the sidecar's image stays, since the gateway names it itself
    ///
    /// # Effects
    /// * `files: read`
    ///
    /// # Errors
    /// * no such server; a rule that is none
    ///
    /// # Example
    /// ```rhai
    /// images::of("grafana,time")
    /// // => ["mcp/grafana:latest", "mcp/time:latest", "alpine:3.22.1"]
    /// ```
    /// ```rhai
    /// images::of("time", #{ rewrite: "mcp/=registry.corp/mcp/" })
    /// // => ["registry.corp/mcp/time:latest", "alpine:3.22.1"]
    /// ```
    #[rhai_fn(return_raw)]
    pub fn of(context: NativeCallContext, servers: Dynamic, options: Optional<Map>) -> Outcome<Array> {
        needed(&context, &servers, &options).raise(&context)
    }

    /// The image that is to be used instead of another, by rules for prefixes; the first that fits counts.
    ///
    /// # Parameters
    /// * `image` - as `mcp/grafana`
    /// * `rules` - one or an array, each `PREFIX=REPLACEMENT`; a prefix fits the short name or the full one
    ///
    /// # Errors
    /// * a rule without `=`; one that makes something that is no image
    ///
    /// # Example
    /// ```rhai
    /// images::rewrite("mcp/grafana", "mcp/=registry.corp/mcp/")
    /// // => "registry.corp/mcp/grafana:latest"
    /// ```
    /// ```rhai
    /// images::rewrite("alpine:3.22.1", ["mcp/=registry.corp/mcp/", "docker.io/=mirror.corp/"])
    /// // => "mirror.corp/library/alpine:3.22.1"
    /// ```
    #[rhai_fn(name = "rewrite", return_raw)]
    pub fn rewrite(context: NativeCallContext, image: &str, rules: Dynamic) -> Outcome<String> {
        parsed(&rules).and_then(|rules| types::rewritten(image, &rules)).raise(&context)
    }

    /// The images that are to be used instead of others, by rules for prefixes.
    ///
    /// # Parameters
    /// * `images` - an array of them
    /// * `rules` - one or an array, each `PREFIX=REPLACEMENT`
    ///
    /// # Errors
    /// * a rule without `=`; one that makes something that is no image
    ///
    /// # Example
    /// ```rhai
    /// images::rewrite(["mcp/time", "alpine"], "mcp/=registry.corp/mcp/")
    /// // => ["registry.corp/mcp/time:latest", "alpine:latest"]
    /// ```
    #[rhai_fn(name = "rewrite", return_raw)]
    pub fn rewrite_all(context: NativeCallContext, images: Array, rules: Dynamic) -> Outcome<Array> {
        let all = || -> Result<Array> {
            let rules = parsed(&rules)?;
            let images = some(&images.clone().into())?;
            images.iter().map(|image| types::rewritten(image, &rules).map(Dynamic::from)).collect()
        };
        all().raise(&context)
    }

    /// How images get to where the cluster's nodes see them, and why that way.
    ///
    /// The nodes show whether the cluster is of Docker Desktop, kind, minikube or k3d, or runs on the engine in use here, as
    /// those of OrbStack, Colima and Rancher Desktop do. Where they may not be listed, the engine's containers may show it;
    /// else the name is `unknown` and the way `registry`.
    ///
    /// # Errors
    /// * there is no cluster to work with
    ///
    /// # Example
    /// ```rhai
    /// images::strategy().way
    /// // => "engine"
    /// ```
    #[rhai_fn(name = "strategy", return_raw)]
    pub fn strategy(context: NativeCallContext) -> Outcome<Chosen> {
        host(&context).image_strategy().cloned().raise(&context)
    }

    /// What the local engine runs on, in its own words, as `Docker Desktop`; `""` where it does not say.
    ///
    /// # Effects
    /// * `images: read`
    ///
    /// # Errors
    /// * no engine, or no permission to use it, each with its next step
    ///
    /// # Example
    /// ```rhai
    /// images::engine()
    /// // => "sandbox"
    /// ```
    #[rhai_fn(name = "engine", return_raw)]
    pub fn engine(context: NativeCallContext) -> Outcome<String> {
        let host = host(&context);
        host.images().and_then(|images| host.wait(images.engine())).raise(&context)
    }

    /// Whether the local engine has an image.
    ///
    /// # Parameters
    /// * `image` - as `mcp/grafana`; without a tag `:latest` is meant
    ///
    /// # Effects
    /// * `images: read`
    ///
    /// # Errors
    /// * no engine; a reference that is none
    ///
    /// # Example
    /// ```rhai
    /// images::present("mcp/time")
    /// // => true
    /// ```
    #[rhai_fn(name = "present", return_raw)]
    pub fn present(context: NativeCallContext, image: &str) -> Outcome<bool> {
        let host = host(&context);
        host.images().and_then(|images| host.wait(images.present(image))).raise(&context)
    }

    /// Those of some images that every node lists which takes pods.
    ///
    /// A node lists the largest 50 of its images only, and not everybody may list nodes: an image that is left out may be
    /// there all the same.
    ///
    /// # Parameters
    /// * `images` - one image, or an array of them
    ///
    /// # Effects
    /// * `images: read`
    ///
    /// # Errors
    /// * there is no cluster to work with; a reference that is none
    ///
    /// # Example
    /// ```rhai
    /// images::listed(["mcp/time", "missing/image"])
    /// // => ["mcp/time"]
    /// ```
    #[rhai_fn(name = "listed", return_raw)]
    pub fn listed(context: NativeCallContext, images: Dynamic) -> Outcome<Array> {
        let there = some(&images).and_then(|images| host(&context).listed_images(&images)).raise(&context)?;
        Ok(there.into_iter().map(Dynamic::from).collect())
    }

    /// Pulls the images that are not there, several at once, and says what became of each.
    ///
    /// One that fails does not stop the others. What a network, a registry's trouble or a rate limit failed is tried
    /// again. An image counts as pulled only if it is there afterwards.
    ///
    /// # Parameters
    /// * `images` - one image, or an array of them
    ///
    /// # Options
    /// * `concurrency` - how many at once; 4 unless told
    /// * `platform` - as `linux/arm64`; the engine's own unless told
    ///
    /// # Effects
    /// * `images: pull`
    /// * `images: read`
    ///
    /// # Errors
    /// * no engine, or no permission to use it; that of one image is in its result
    ///
    /// # Example
    /// ```rhai
    /// images::pull(["mcp/time", "mcp/redis"]).map(|image| image.result)
    /// // => ["present", "pulled"]
    /// ```
    /// ```rhai
    /// images::pull("mcp/redis", #{ concurrency: 1, platform: "linux/amd64" })[0].name
    /// // => "mcp/redis:latest"
    /// ```
    #[rhai_fn(return_raw)]
    pub fn pull(context: NativeCallContext, images: Dynamic, options: Optional<Map>) -> Outcome<ArrayOf<ImageResult>> {
        let pull = || -> Result<Array> {
            let options = Options::new("images::pull", &options, &["concurrency", "platform"])?;
            types::pull(&host(&context), &some(&images)?, &types::pull_options(&options)?)
        };
        pull().raise(&context)
    }

    /// Puts images of the engine into the nodes of kind, minikube or k3d, by their own commands.
    ///
    /// Then it looks at the nodes, if they may be listed: an image counts as loaded if all of them list it.
    ///
    /// # Parameters
    /// * `images` - one image, or an array of them; the engine must have them
    ///
    /// # Options
    /// * `timeout` - how long the nodes are waited for after the commands, as `30s`; 60s unless told
    ///
    /// # Effects
    /// * `images: read`
    /// * `process: run`
    ///
    /// # Errors
    /// * a cluster of another kind; `--read-only` is set
    ///
    /// # Example
    /// ```rhai
    /// images::load("mcp/time").map(|image| image.result)
    /// // => ["loaded"]
    /// ```
    /// ```rhai
    /// images::load(["mcp/time"], #{ timeout: "10s" })[0].reason
    /// // => ""
    /// ```
    #[rhai_fn(return_raw)]
    pub fn load(context: NativeCallContext, images: Dynamic, options: Optional<Map>) -> Outcome<ArrayOf<ImageResult>> {
        let load = || -> Result<Array> {
            let options = Options::new("images::load", &options, &["timeout"])?;
            let patience = options.duration("timeout")?.unwrap_or(Duration::from_secs(NODES_TIMEOUT));
            host(&context).load_images(&some(&images)?, patience).map(types::array)
        };
        load().raise(&context)
    }

    /// Asks registries whether the nodes can pull images, with the pull secrets of the namespace's pods.
    ///
    /// `failed` are those that the nodes will not get; `unknown` those of which it cannot be found out from here, since
    /// the registry does not answer or the pull secrets may not be read.
    ///
    /// # Parameters
    /// * `images` - one image, or an array of them
    ///
    /// # Options
    /// * `namespace`
    /// * `platform` - for which they must be there, as `linux/arm64`
    ///
    /// # Effects
    /// * `network: HOST`
    ///
    /// # Errors
    /// * there is no cluster to work with
    ///
    /// # Example
    /// ```rhai
    /// images::available("mcp/time").map(|image| image.result)
    /// // => ["available"]
    /// ```
    /// ```rhai
    /// images::available(["mcp/time"], #{ namespace: "mcp" })[0].result
    /// // => "available"
    /// ```
    #[rhai_fn(return_raw)]
    pub fn available(
        context: NativeCallContext,
        images: Dynamic,
        options: Optional<Map>,
    ) -> Outcome<ArrayOf<ImageResult>> {
        let available = || -> Result<Array> {
            let options = Options::new("images::available", &options, &["namespace", "platform"])?;
            let (namespace, platform) = (options.namespace()?.unwrap_or_default(), types::platform(&options)?);
            host(&context).available_images(&some(&images)?, &namespace, platform.as_ref()).map(types::array)
        };
        available().raise(&context)
    }
}

fn needed(context: &NativeCallContext<'_>, servers: &Dynamic, options: &Map) -> Result<Array> {
    let rules = types::rewrites(&Options::new("images::of", options, &["rewrite"])?)?;
    let chosen = host(context).catalog()?.choose(&names(servers)?)?;
    let images = chosen.iter().map(|server| server.image.as_str()).filter(|image| !image.is_empty());
    let images = images.map(|image| types::rewritten(image, &rules)).collect::<Result<Vec<_>>>()?;
    Ok(images::of(images.iter().map(String::as_str)).into_iter().map(Dynamic::from).collect())
}

/// One image, or several; none is not an error.
fn some(images: &Dynamic) -> Result<Vec<String>> {
    rendering::texts("an image", images)
}

/// One rule, or several; none leaves everything as it is.
fn parsed(rules: &Dynamic) -> Result<Rewrites> {
    Rewrites::parse(rendering::texts("a rule for images", rules)?.iter().map(String::as_str))
}
