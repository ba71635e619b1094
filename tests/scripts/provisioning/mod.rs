//! From a catalog to env files, ConfigMap, Secret and derived catalog, through the whole program and its scripts.

mod absent;
mod credentials;
mod encodings;
mod env_files;
mod hostile;
mod looking;
mod placeholders;
mod populate;
mod provision;
mod values;

use crate::support::program::{Mcpctl, Ran};

/// A run in a sandbox that is kept in a file of the run's folder.
fn sandbox(line: &str) -> Mcpctl {
    Mcpctl::new(&format!("{line} --sandbox=world.json"))
}

/// The data of an object of that sandbox, secrets as `***`.
#[track_caller]
fn data(ran: Ran, kind: &str, name: &str) -> (Ran, serde_json::Value) {
    let text = format!("{kind}s::get(\"{name}\").data");
    let seen = Mcpctl::of(["eval", &text, "-o", "json", "--sandbox=world.json"]).after(ran).run().code(0);
    let data = seen.json();
    (seen, data)
}

/// The keys of a JSON object.
fn keys(value: &serde_json::Value) -> Vec<&str> {
    value.as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect()
}
