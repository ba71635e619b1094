//! The catalog, from files to what a cluster gets: a hostile one, the demo shapes, and the real one.

mod bombs;
mod expansion;
mod hostile;
mod leak;
mod needs;
mod place;
mod real;
mod registry;
mod shapes;
mod web;

use std::collections::BTreeMap;
use std::sync::Arc;

use mcpctl::provision::catalog::{Catalog, Server};
use mcpctl::provision::render::{Options, Rendered, Values, render};
use mcpctl::secret::Secret;

/// A catalog written in a test.
fn catalog(yaml: &str) -> Catalog {
    Catalog::parse(yaml.as_bytes(), "test.yaml").expect("a catalog")
}

/// Every server of a catalog.
fn all(catalog: &Catalog) -> Vec<Arc<Server>> {
    catalog.servers.values().cloned().collect()
}

/// Values from pairs.
fn values(config: &[(&str, &str)], secrets: &[(&str, &str)]) -> Values {
    let text = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    };
    Values {
        config: text(config),
        secrets: text(secrets).into_iter().map(|(key, value)| (key, Secret::new(value))).collect(),
        ..Values::default()
    }
}

/// Renders all servers of a catalog with the given values.
fn rendered(yaml: &str, config: &[(&str, &str)], secrets: &[(&str, &str)]) -> Rendered {
    render(&all(&catalog(yaml)), &values(config, secrets), &Options::default())
}

/// The value of a key of the Secret.
fn secret<'a>(rendered: &'a Rendered, key: &str) -> Option<&'a str> {
    rendered.secret.get(key).map(Secret::expose)
}

/// Everything of a result that is not the Secret's data, as one text.
fn visible(rendered: &Rendered) -> String {
    let yaml = rendered.catalog_yaml().expect("yaml");
    format!("{rendered:?}\n{yaml}")
}
