//! What is said of servers before anything is changed.

use crate::support::program::Mcpctl;

/// Servers that Kubernetes takes otherwise than Docker does.
const CATALOG: &str = "registry:
  data: {image: mcp/data, volumes: ['{{data.path}}:/data']}
  hosts: {image: mcp/hosts, allowHosts: ['a.example:443']}
  alone: {image: mcp/alone, disableNetwork: true}
  far: {type: remote, remote: {url: 'https://far.example/mcp', transport_type: streamable-http}}
  single: {type: poci, tools: [{name: t, container: {image: mcp/t}}]}
  plain: {image: mcp/plain}
  loader: {image: mcp/loader, env: [{name: LD_PRELOAD, value: '{{loader.path}}'}]}
";

fn provision(servers: &str) -> Mcpctl {
    Mcpctl::new(&format!("--sandbox provision {servers} --base prod"))
        .file("c.yaml", CATALOG)
        .env("MCPCTL_CATALOG", "c.yaml")
}

#[test]
fn each_is_named_with_the_reason_though_values_are_missing_and_nothing_is_written_yet() {
    let ran = provision("data,hosts,alone,far,single,plain --only check").run().code(0);
    let ran = ran
        .says("warning: server `data`: volumes are ignored on Kubernetes")
        .says("warning: server `hosts`: allowHosts is ignored on Kubernetes: a.example:443")
        .says("warning: server `alone`: disableNetwork is ignored on Kubernetes")
        .says("warning: server `far`: it is remote")
        .says("warning: server `single`: each of its tools is a separate image");
    assert!(!ran.stderr.contains("`plain`"), "{}", ran.stderr);
    let first = |text: &str| ran.stderr.find(text).unwrap();
    assert!(first("warning: server") < first("check "), "{}", ran.stderr);
}

#[test]
fn one_that_cannot_be_provisioned_is_refused_before_a_file_is_written() {
    let ran = provision("plain,loader").run().code(1).says("`loader` cannot be provisioned").says("LD_PRELOAD");
    assert!(ran.read("prod-config.env").is_none() && ran.read("prod-secret.env").is_none());
    provision("loader --allow-env LD_PRELOAD --only check").run().code(0);
}
