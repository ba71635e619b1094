//! The shipped workflows compare the user's values only, so that they do not need `secrets: reveal`.

use crate::support::program::{Mcpctl, Ran};

fn after(line: &str, earlier: Ran) -> Mcpctl {
    Mcpctl::of(shlex::split(line).unwrap())
        .env("MCPCTL_SANDBOX", "world.json")
        .env("MCPCTL_DENY", "secrets: *")
        .after(earlier)
}

#[test]
fn they_store_and_compare_values_without_revealing_them() {
    let first = "provision grafana --base prod --set grafana.url=http://g --set grafana.api_key=@key.txt";
    let run = Mcpctl::new(first).env("MCPCTL_SANDBOX", "world.json").env("MCPCTL_DENY", "secrets: *");
    let ran = run.file("key.txt", "canary-one").run().code(0);
    let line = "provision grafana --base prod --set grafana.api_key=@key.txt";
    let ran = after(line, ran).file("key.txt", "canary-two").run().code(0).says("~ grafana.api_key");
    let line = "set-secret mcp-gateway-secrets grafana.api_key @other.txt";
    let ran = after(line, ran).file("other.txt", "canary-three").run().code(0).says("~ grafana.api_key");
    let ran = after("diff prod", ran).run().code(6);
    let ran = after("populate-secret prod-secret.env copied", ran).run().code(0);
    let ran = after("populate-secret prod-secret.env copied --dry-run", ran).run().code(0);
    after("create-secret new @keys.json", ran).file("keys.json", "{\"token\": \"canary-token\"}").run().code(0);
}

#[test]
fn a_script_cannot_guess_what_they_have_stored() {
    let first = "provision grafana --base prod --set grafana.url=http://g --set grafana.api_key=@key.txt";
    let run = Mcpctl::new(first).env("MCPCTL_SANDBOX", "world.json").file("key.txt", "canary-one");
    let ran = run.run().code(0);
    let guess = "secrets::diff(\"mcp-gateway-secrets\", #{ \"grafana.api_key\": \"canary-one\" }).changed";
    let ran = Mcpctl::of(["eval", guess])
        .env("MCPCTL_SANDBOX", "world.json")
        .env("MCPCTL_DENY", "secrets: *")
        .after(ran)
        .run();
    let ran = ran.code(1).stdout("").says("refusing the effect `secrets: reveal`");
    let read = Mcpctl::of(["eval", "fs::read(\"world.json\")"]).env("MCPCTL_SANDBOX", "world.json").after(ran).run();
    read.code(1).stdout("").says("`world.json`");
}
