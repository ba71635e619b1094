//! `images`: whether the images that servers need are there.

use rhai::plugin::*;
use rhai::{Array, Dynamic, EvalAltResult, Map, NativeCallContext};

use crate::images;

use super::host;
use super::options::Options;
use super::raise::Raise;
use super::server::names;
use super::{image, rendering};

/// The functions of `images`.
#[export_module]
pub mod functions {
    /// The images that servers need, each once and written out, with that of the gateway's log sidecar.
    ///
    /// # Parameters
    /// * `servers` - a name, or an array of names or servers
    ///
    /// # Effects
    /// * `files: read`
    ///
    /// # Errors
    /// * no such server
    ///
    /// # Example
    /// ```rhai
    /// images::of("grafana,time")
    /// // => ["mcp/grafana:latest", "mcp/time:latest", "alpine:3.22.1"]
    /// ```
    #[rhai_fn(name = "of", return_raw)]
    pub fn of(context: NativeCallContext, servers: Dynamic) -> Result<Array, Box<EvalAltResult>> {
        let catalog = host(&context).catalog().raise(&context)?;
        let chosen = names(&servers).and_then(|names| catalog.choose(&names)).raise(&context)?;
        let images = chosen.iter().map(|server| server.image.as_str()).filter(|image| !image.is_empty());
        Ok(images::of(images).into_iter().map(Dynamic::from).collect())
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
    pub fn present(context: NativeCallContext, image: &str) -> Result<bool, Box<EvalAltResult>> {
        let host = host(&context);
        host.images().and_then(|images| host.wait(images.present(image))).raise(&context)
    }

    /// Pulls the images that are not there, several at once, and says what became of each.
    ///
    /// One that fails does not stop the others.
    ///
    /// # Parameters
    /// * `images` - one image, or an array of them
    ///
    /// # Effects
    /// * `images: pull`
    /// * `images: read`
    ///
    /// # Errors
    /// * no engine
    ///
    /// # Example
    /// ```rhai
    /// images::pull(["mcp/time", "mcp/redis"]).map(|image| image.result)
    /// // => ["present", "pulled"]
    /// ```
    #[rhai_fn(name = "pull", return_raw)]
    pub fn pull(context: NativeCallContext, images: Dynamic) -> Result<Array, Box<EvalAltResult>> {
        pull_with(context, images, Map::new())
    }

    /// Pulls the images that are not there, several at once, and says what became of each.
    ///
    /// # Parameters
    /// * `images` - one image, or an array of them
    /// * `options` - see below
    ///
    /// # Options
    /// * `concurrency` - how many at once; 4 unless told
    ///
    /// # Effects
    /// * `images: pull`
    /// * `images: read`
    ///
    /// # Errors
    /// * no engine
    ///
    /// # Example
    /// ```rhai
    /// images::pull("mcp/redis", #{ concurrency: 1 })[0].name
    /// // => "mcp/redis:latest"
    /// ```
    #[rhai_fn(name = "pull", return_raw)]
    pub fn pull_with(context: NativeCallContext, images: Dynamic, options: Map) -> Result<Array, Box<EvalAltResult>> {
        let concurrency = Options::new("images::pull", &options, &["concurrency"])
            .and_then(|options| options.number("concurrency", 1))
            .raise(&context)?;
        let images = rendering::texts("an image", &images).raise(&context)?;
        image::pull(&host(&context), &images, concurrency).raise(&context)
    }
}
