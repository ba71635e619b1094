//! `catalog`: which MCP servers there are, what each needs, and what values come to.

pub(super) mod rendering;
pub(super) mod requirement;
pub(super) mod server;

use std::sync::Arc;

use rhai::plugin::*;
use rhai::{Array, Dynamic, Map, NativeCallContext};

use super::api::raise::{Outcome, Raise};
use super::host;
use crate::primitives::api::functions::{ArrayOf, Optional};
use crate::provision::catalog::{Catalog, Server};
use crate::provision::search;
use crate::secret::Vault;
use requirement::Requirement;
use server::names;

/// The functions of `catalog`.
#[export_module(manifest)]
pub mod functions {
    /// The catalog of this run: from `--catalog`, `MCPCTL_CATALOG`, Docker's folder or the docker command line; in
    /// the sandbox its own unless one is named. Where whoever runs the script names an address, its host is asked.
    ///
    /// With `places` it reads catalogs, the later over the earlier, and makes them the catalog of this run.
    /// Each is a file, a folder (all YAML and JSON files in it), an address `https://…`, an artifact of a registry
    /// `oci://REF`, or `docker://REF`, what the docker command line shows. What came over a network is kept in the
    /// cache folder, and serves with a warning when the network is away. A test of scripts reaches no network.
    ///
    /// # Parameters
    /// * `places` - one of these, or an array of them
    ///
    /// # Effects
    /// * `files: read`
    /// * `network: HOST` - with `places`
    /// * `process: read` - with `places`
    ///
    /// # Errors
    /// * there is none
    /// * one that is not there, cannot be got, or is no catalog: the error says what was received
    /// * plain `http://` to another machine, or an address with a login in it
    ///
    /// # Example
    /// ```rhai
    /// catalog::open().servers.contains("grafana")
    /// // => true
    /// ```
    /// ```rhai
    /// let seen = [];
    /// for place in ["no-such-catalog.yaml", "https://127.0.0.1:1/closed.yaml"] {
    ///     try { catalog::open(place) } catch (e) { seen.push(e.kind); }
    /// }
    /// try { catalog::open("docker://mcp/no-such-catalog") } catch (e) { print(e.message); }
    /// seen
    /// // => ["not_found", "unreachable"]
    /// ```
    #[rhai_fn(return_raw)]
    pub fn open(context: NativeCallContext, places: Optional<Dynamic>) -> Outcome<Arc<Catalog>> {
        if places.is_unit() {
            return host(&context).catalog().raise(&context);
        }
        let places = rendering::texts("the place of a catalog", &places).raise(&context)?;
        places.iter().try_for_each(|place| Vault::refuse(place, "the place of a catalog")).raise(&context)?;
        host(&context).open_catalog(&places).raise(&context)
    }

    /// What becomes of each source of this run's catalog, read anew: maps with `source`, `digest`, `servers` (how many),
    /// `age` (how long ago it is known to have been so), `warnings`, and `error`, empty unless it cannot be read.
    ///
    /// # Effects
    /// * `files: read`
    ///
    /// # Errors
    /// * `--catalog` or `MCPCTL_CATALOG` names something that no catalog can be read from
    ///
    /// # Example
    /// ```rhai
    /// catalog::sources().map(|one| [one.source, one.error])
    /// // => [["the sandbox's own", ""]]
    /// ```
    #[rhai_fn(name = "sources", return_raw)]
    pub fn sources(context: NativeCallContext) -> Outcome<Array> {
        let states = host(&context).catalog_sources().raise(&context)?;
        Ok(states.iter().map(|state| rendering::source(state).into()).collect())
    }

    /// The servers that hold every word of a query in name, title, tags, tools or description; the best first.
    ///
    /// # Parameters
    /// * `query` - some words; none finds every server
    ///
    /// # Effects
    /// * `files: read`
    ///
    /// # Errors
    /// * there is no catalog
    ///
    /// # Example
    /// ```rhai
    /// catalog::servers().map(|server| server.name).contains("time")
    /// // => true
    /// ```
    /// ```rhai
    /// catalog::servers("web page")[0].name
    /// // => "fetch"
    /// ```
    #[rhai_fn(return_raw)]
    pub fn servers(context: NativeCallContext, query: Optional<ImmutableString>) -> Outcome<ArrayOf<Server>> {
        let catalog = host(&context).catalog().raise(&context)?;
        Ok(search::search(&catalog, &query).into_iter().map(Dynamic::from).collect())
    }

    /// One server by its name.
    ///
    /// # Parameters
    /// * `name` - as the catalog has it
    ///
    /// # Effects
    /// * `files: read`
    ///
    /// # Errors
    /// * no such server: kind `not_found`, with the nearest names
    ///
    /// # Example
    /// ```rhai
    /// catalog::server("grafana").image
    /// // => "mcp/grafana:latest"
    /// ```
    #[rhai_fn(name = "server", return_raw)]
    pub fn server(context: NativeCallContext, name: &str) -> Outcome<Arc<Server>> {
        let catalog = host(&context).catalog().raise(&context)?;
        catalog.server(name).map(Arc::clone).raise(&context)
    }

    /// What servers need: their secrets, the config values that their templates use, what is fixed in the container,
    /// and parameters that no template uses.
    ///
    /// # Parameters
    /// * `servers` - a name, or an array of names or servers
    ///
    /// # Effects
    /// * `files: read`
    ///
    /// # Errors
    /// * no such server; a server that the catalog describes wrongly
    ///
    /// # Example
    /// ```rhai
    /// catalog::requirements("grafana").filter(|need| need.required).map(|need| need.key)
    /// // => ["grafana.api_key", "grafana.url"]
    /// ```
    #[rhai_fn(name = "requirements", return_raw)]
    pub fn requirements(context: NativeCallContext, servers: Dynamic) -> Outcome<ArrayOf<Requirement>> {
        let (servers, needs) = rendering::needs(&host(&context), &names(&servers).raise(&context)?).raise(&context)?;
        let all = servers.iter().zip(&needs).flat_map(|(server, needs)| Requirement::of(server, needs));
        Ok(all.map(Dynamic::from).collect())
    }

    /// Example values for all that servers need, from the catalog or made up; none opens anything.
    ///
    /// A map with `config` and `secrets`.
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
    /// catalog::examples("grafana").config
    /// // => #{"grafana.url": "http://grafana.monitoring:3000"}
    /// ```
    #[rhai_fn(name = "examples", return_raw)]
    pub fn examples(context: NativeCallContext, servers: Dynamic) -> Outcome<Map> {
        let (_, needs) = rendering::needs(&host(&context), &names(&servers).raise(&context)?).raise(&context)?;
        Ok(rendering::examples(&needs))
    }

    /// What values come to: data for the ConfigMap and the Secret, and the derived catalog, in which nothing is left
    /// to be filled in.
    ///
    /// A map with `config`, `secrets` (keys to `Secret`s), `catalog` (YAML), `secret_names` (what the gateway's
    /// `--secrets` file names), `missing` (keys that servers need and nobody gave), `absent` (keys that no object
    /// has, on purpose), `left_out` (variables, and keys of
    /// the Secret, that could not be rendered, with the keys that they want), `warnings`, and `notes` by server.
    ///
    /// # Parameters
    /// * `servers` - a name, or an array of names or servers
    /// * `config` - config values by template name
    /// * `secrets` - secrets by their key, as text or `Secret`
    ///
    /// # Options
    /// * `keys_only` - the given keys alone, nothing rendered, no catalog
    /// * `allow_env`
    /// * `live_secrets` - keys that the cluster's Secret has and whose values are not known here
    /// * `absent` - keys that have no value on purpose: they are not missing, and neither object gets them
    /// * `name` - the name of the derived catalog
    /// * `rewrite`
    ///
    /// # Effects
    /// * `files: read`
    ///
    /// # Errors
    /// * no such server; a server that cannot be provisioned without showing a secret: it is refused by name
    ///
    /// # Example
    /// ```rhai
    /// let made = catalog::render("grafana", #{ "grafana.url": "http://g:3000" }, #{ "grafana.api_key": "x" });
    /// made.config
    /// // => #{"GRAFANA_URL": "http://g:3000", "grafana.url": "http://g:3000"}
    /// ```
    /// ```rhai
    /// let made = catalog::render("grafana", #{ "grafana.url": "http://g" }, #{}, #{ keys_only: true });
    /// [made.config.keys(), made.missing]
    /// // => [["grafana.url"], ["grafana.api_key"]]
    /// ```
    #[rhai_fn(return_raw)]
    pub fn render(
        context: NativeCallContext,
        servers: Dynamic,
        config: Map,
        secrets: Map,
        options: Optional<Map>,
    ) -> Outcome<Map> {
        let names = names(&servers).raise(&context)?;
        rendering::render(&host(&context), &names, &config, &secrets, &options).raise(&context)
    }
}
