//! `generate-env`: stable files that keep what a person typed.

use std::os::unix::fs::PermissionsExt as _;

use crate::support::program::{Mcpctl, Ran};

fn generate(line: &str) -> Mcpctl {
    Mcpctl::new(&format!("generate-env {line} --sandbox"))
}

fn mode(ran: &Ran, path: &str) -> u32 {
    std::fs::metadata(ran.path(path)).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_second_run_changes_no_byte() {
    let first = generate("grafana,redis prod")
        .run()
        .code(0)
        .stdout("prod-config.env: 4 keys (4 new)\nprod-secret.env: 2 keys (2 new)\n");
    let before = (first.read("prod-config.env").unwrap(), first.read("prod-secret.env").unwrap());
    assert!(before.0.starts_with("# mcpctl servers: grafana, redis\n"), "{}", before.0);
    assert!(before.1.contains("\ngrafana.api_key=<REPLACE_WITH_YOUR_SECRET>\n"), "{}", before.1);
    assert_eq!(mode(&first, "prod-secret.env"), 0o600);
    let second = generate("redis,grafana prod")
        .after(first)
        .run()
        .code(0)
        .stdout("prod-config.env: 4 keys (unchanged)\nprod-secret.env: 2 keys (unchanged)\n");
    assert_eq!((second.read("prod-config.env").unwrap(), second.read("prod-secret.env").unwrap()), before);
}

#[test]
fn values_comments_and_foreign_keys_stay_when_servers_are_added() {
    let first = generate("grafana prod").run().code(0);
    let typed = first
        .read("prod-config.env")
        .unwrap()
        .replace("grafana.url=<REPLACE_WITH_YOUR_VALUE>", "# mine\ngrafana.url='http://a b'\nmy.own=1");
    std::fs::write(first.path("prod-config.env"), &typed).unwrap();
    let second = generate("redis prod").after(first).run().code(0).gives("prod-config.env: 5 keys (3 new)\n");
    let now = second.read("prod-config.env").unwrap();
    for line in typed.lines().skip(1) {
        assert!(now.contains(line), "{line}\n{now}");
    }
    assert!(now.starts_with("# mcpctl servers: grafana, redis\n"), "{now}");
}

#[test]
fn prune_drops_other_servers_and_their_keys_alone() {
    let first = generate("grafana,redis prod").run().code(0);
    let second = generate("redis prod --prune --yes").after(first).run().code(0);
    assert_eq!(second.stdout, "prod-config.env: 3 keys (1 removed)\nprod-secret.env: 1 key (1 removed)\n");
    assert!(second.read("prod-config.env").unwrap().starts_with("# mcpctl servers: redis\n"));
}

#[test]
fn a_config_file_with_credentials_is_private() {
    let catalog = "registry:\n  kite:\n    image: mcp/kite\n    env: [{name: T, value: '{{kite.access_token}}'}]\n";
    let ran = Mcpctl::new("generate-env kite k --catalog c.yaml").file("c.yaml", catalog).run().code(0);
    assert_eq!(mode(&ran, "k-config.env"), 0o600);
}

#[test]
fn an_unknown_server_names_the_nearest_and_writes_nothing() {
    let ran = generate("grafna x").run().code(1).stdout("").stderr(
        "error: no server `grafna` in catalog demo (8 servers, the sandbox's own)\n\
         hint: did you mean `grafana`? `mcpctl servers` prints every name\n",
    );
    assert_eq!(ran.read("x-config.env"), None);
}

#[test]
fn a_recorded_server_that_left_the_catalog_can_be_pruned() {
    let ran = generate("time prod").run().code(0);
    let file = ran.read("prod-config.env").unwrap().replace("servers: time", "servers: gone, time");
    std::fs::write(ran.path("prod-config.env"), file).unwrap();
    let ran = generate("time prod").after(ran).run().code(1).says("no server `gone`").says("`--prune` drops it");
    generate("time prod --prune").after(ran).run().code(0);
}

#[test]
fn what_is_to_be_filled_in_is_named_with_its_line() {
    generate("grafana prod")
        .run()
        .code(0)
        .stderr("fill in grafana.url: prod-config.env:9\nfill in grafana.api_key: prod-secret.env:9\n");
}

#[test]
fn a_dry_run_writes_nothing_and_a_read_only_run_refuses() {
    let ran = generate("grafana prod").word("--dry-run").run().code(0).gives("write   file/prod-config.env");
    assert_eq!(ran.read("prod-config.env"), None);
    let ran = generate("grafana prod").word("--read-only").run().code(1);
    assert_eq!(ran.read("prod-config.env"), None);
}
