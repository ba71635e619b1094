//! `mcpctl sandbox`: worlds to rehearse in. `import` is here: a live namespace as the world of a sandbox.

use clap::{ArgMatches, Command};
use serde_json::Value;

use crate::cluster::{Cluster, snapshot};
use crate::error::{Error, Kind, Result};
use crate::host::Host;
use crate::script::run::Ended;

use super::{globals, launch, serve};

/// The command's declaration.
pub(super) fn command() -> Command {
    Command::new("sandbox")
        .about("Create and serve simulated clusters")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(serve::command())
        .subcommand(
        Command::new("import")
            .about("Print the pods and the object keys of a namespace as a world for `--sandbox=FILE` and for tests")
            .after_help(
                "Every value of a ConfigMap or Secret is replaced; environment variables, arguments and annotations \
                 are left out.\nUse it as `mcpctl sandbox import -n mcp > world.json`, then `--sandbox=world.json`, or \
                 `sandbox::load(\"world.json\")` in a test.",
            ),
    )
}

/// Does what the subcommand says.
pub(super) fn run(all: &[&ArgMatches], matches: &ArgMatches) -> Result<u8> {
    let Some((name, sub)) = matches.subcommand() else { return Err(Error::usage("no command is named")) };
    let all: Vec<&ArgMatches> = all.iter().copied().chain(std::iter::once(sub)).collect();
    if name == "serve" {
        return serve::run(&all, sub);
    }
    launch::look(globals::read(&all)?, |host| {
        import(host)?;
        Ok(Ended::nothing())
    })
}

fn import(host: &Host) -> Result<()> {
    let cluster = host.cluster()?;
    let namespace = if host.settings.all_namespaces { "" } else { cluster.namespace() };
    let mut objects = Vec::new();
    if namespace.is_empty() {
        objects.extend(host.wait(snapshot::objects(cluster, "namespaces", "Namespace", ""))?);
    } else {
        objects.push(serde_json::json!({"kind": "Namespace", "metadata": {"name": namespace}}));
    }
    let pods = host.wait(snapshot::objects(cluster, "pods", "Pod", namespace))?;
    let configs = readable(host, cluster, "configmaps", "ConfigMap", namespace)?;
    let secrets = readable(host, cluster, "secrets", "Secret", namespace)?;
    let told = format!(
        "took {}, {} with {}, {} with {} of {}; every value is replaced",
        count(pods.len(), "pod"),
        count(configs.len(), "ConfigMap"),
        count(keys(&configs), "key"),
        count(secrets.len(), "Secret"),
        count(keys(&secrets), "key"),
        if namespace.is_empty() { "all namespaces".to_owned() } else { format!("namespace {namespace}") },
    );
    objects.extend(pods.into_iter().chain(configs).chain(secrets));
    let file = crate::sandbox::import(&objects, Some(namespace).filter(|name| !name.is_empty()))?;
    host.printer.out(&file);
    host.printer.info(&told);
    Ok(())
}

/// The objects of a kind; none, with a warning, where the user may not list them.
fn readable(host: &Host, cluster: &Cluster, resource: &str, kind: &str, namespace: &str) -> Result<Vec<Value>> {
    match host.wait(snapshot::objects(cluster, resource, kind, namespace)) {
        Err(error) if error.kind == Kind::Forbidden => {
            host.printer.warn(&format!("{error}: the world has none of them"));
            Ok(Vec::new())
        }
        result => result,
    }
}

fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

fn keys(objects: &[Value]) -> usize {
    let count = |object: &Value, field: &str| object[field].as_object().map_or(0, serde_json::Map::len);
    objects.iter().map(|object| count(object, "data") + count(object, "binaryData")).sum()
}
