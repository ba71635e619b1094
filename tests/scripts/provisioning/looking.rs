//! Looking at the catalog: `servers`, `extract-data`, `show-example`.

use crate::support::program::Mcpctl;

#[test]
fn servers_are_listed_and_found() {
    let ran = Mcpctl::new("servers --sandbox -o json").run().code(0);
    let found = ran.json();
    assert_eq!(found.as_array().unwrap().len(), 8);
    assert_eq!(found[0]["name"], "apify-mcp-server");
    Mcpctl::new("servers redis --sandbox").run().code(0).gives("redis   Redis").says("1 server\n");
    Mcpctl::new("servers nothing-like-it --sandbox").run().code(0).stdout("").says("no server matches");
}

#[test]
fn requirements_tell_secrets_config_and_what_is_static() {
    let ran = Mcpctl::new("extract-data firewalla-mcp-server --sandbox -o json").run().code(0);
    let needs = ran.json();
    let kinds: Vec<(&str, &str)> =
        needs.as_array().unwrap().iter().map(|n| (n["key"].as_str().unwrap(), n["kind"].as_str().unwrap())).collect();
    assert_eq!(
        kinds,
        [
            ("firewalla-mcp-server.msp_token", "secret"),
            ("firewalla-mcp-server.msp_id", "config"),
            ("firewalla-mcp-server.box_id", "config"),
            ("MCP_READ_ONLY_MODE", "static"),
            ("NODE_ENV", "static"),
            ("LOG_LEVEL", "static"),
        ]
    );
    assert_eq!(needs[1]["env"], "FIREWALLA_MSP_ID");
    assert_eq!((&needs[1]["required"], &needs[2]["required"]), (&true.into(), &false.into()));
}

#[test]
fn examples_are_json_that_the_create_commands_take() {
    let ran = Mcpctl::new("show-example redis --sandbox -o json").run().code(0);
    assert_eq!(ran.json()["config"]["REDIS_HOST"], "redis.data");
    assert_eq!(ran.json()["secrets"]["redis.password"], "example-password");
    Mcpctl::new("show-example redis --sandbox").run().code(0).gives("mcpctl create-secret");
}

#[test]
fn a_catalog_of_one_s_own_needs_no_cluster_and_no_docker() {
    let catalog = "name: ours\nregistry:\n  tool:\n    image: corp/tool\n";
    Mcpctl::new("servers --catalog ours.yaml -o name").file("ours.yaml", catalog).run().code(0).stdout("server/tool\n");
    Mcpctl::new("servers").file("ours.yaml", catalog).env("MCPCTL_CATALOG", "ours.yaml").run().code(0).gives("tool");
    Mcpctl::new("servers --catalog page.yaml")
        .file("page.yaml", "<!DOCTYPE html>\n<html></html>\n")
        .run()
        .code(1)
        .says("it is a web page (HTML)");
    Mcpctl::new("servers --catalog none.yaml").run().code(1).says("no such file or directory");
}

#[test]
fn a_folder_cannot_choose_the_catalog() {
    Mcpctl::new("servers --sandbox")
        .file("ours.yaml", "registry:\n  tool:\n    image: corp/tool\n")
        .file(".env", "MCPCTL_CATALOG=ours.yaml\n")
        .run()
        .code(0)
        .gives("time")
        .says("`MCPCTL_CATALOG` in `.env` has no effect");
}
