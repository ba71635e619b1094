//! A catalog that means harm: nothing of it gets into files, shell lines or the ConfigMap.

use super::{data, keys};
use crate::support::program::Mcpctl;

const CATALOG: &str = r#"name: hostile
registry:
  evil:
    title: "Evil\nKEY=canary-injected"
    description: "one\ncanary.injected=owned\r$(touch pwned)\u2028x=1\u001b[31m"
    image: mcp/evil
    secrets:
      - {name: evil.password, env: PASSWORD, example: "abc\ninjected.example=1"}
    env:
      - {name: URL, value: "postgres://u:{{evil.password}}@{{evil.host}}/db"}
      - {name: GREETING, value: "{{evil.greeting}}"}
    command: ["--host={{evil.host}}"]
    config:
      - name: evil
        properties:
          host: {type: string, description: "host\n# mcpctl servers: other", example: "h\nx.injected=1"}
          greeting: {type: string, default: "hi $(id)"}
        required: [host]
  loader:
    image: mcp/loader
    env: [{name: LD_PRELOAD, value: "{{loader.path}}"}]
    config: [{name: loader, properties: {path: {type: string}}}]
  a:
    image: mcp/a
    env: [{name: AWS_REGION, value: "{{a.region}}"}]
    config: [{name: a, properties: {region: {type: string}}}]
  b:
    image: mcp/b
    env: [{name: AWS_REGION, value: "{{b.region}}"}]
    config: [{name: b, properties: {region: {type: string}}}]
"#;

fn run(line: &str) -> Mcpctl {
    Mcpctl::new(&format!("{line} --catalog c.yaml --sandbox=world.json")).file("c.yaml", CATALOG)
}

#[test]
fn env_files_hold_the_wanted_keys_alone() {
    let ran = run("generate-env evil e").run().code(0);
    for (file, wanted) in
        [("e-config.env", vec!["evil.host", "evil.greeting"]), ("e-secret.env", vec!["evil.password"])]
    {
        let text = ran.read(file).unwrap();
        let lines: Vec<&str> = text.lines().filter(|l| !l.is_empty() && !l.starts_with('#')).collect();
        let found: Vec<&str> = lines.iter().filter_map(|line| Some(line.split_once('=')?.0)).collect();
        assert_eq!(found, wanted, "{text}");
        assert!(text.starts_with("# mcpctl servers: evil\n") && text.matches("# mcpctl servers:").count() <= 2);
        assert!(!text.contains('\r') && !text.contains('\u{1b}') && !text.contains('\u{2028}'));
    }
    let again = run("generate-env evil e").after(ran).run().code(0);
    again.gives("(unchanged)");
}

#[test]
fn a_secret_in_a_url_goes_into_the_secret() {
    let ran = run("provision evil --base e --set evil.host=h --set evil.password=@pw")
        .file("pw", "canary-secret\n")
        .run()
        .code(0);
    let catalog = ran.read("e-catalog.yaml").unwrap();
    assert!(!catalog.contains("canary-secret") && !catalog.contains("{{evil.password}}"), "{catalog}");
    assert!(!ran.stdout.contains("canary-secret") && !ran.stderr.contains("canary-secret"));
    assert_eq!(
        ran.read("e-secret-names.env").unwrap(),
        "evil.URL=provided-by-cluster\nevil.password=provided-by-cluster\n"
    );
    let (ran, config) = data(ran, "configmap", "mcp-gateway-config");
    assert_eq!(keys(&config), ["GREETING", "evil.greeting", "evil.host"]);
    let (_, secret) = data(ran, "secret", "mcp-gateway-secrets");
    assert_eq!(keys(&secret), ["evil.URL", "evil.password"]);
}

#[test]
fn a_variable_that_steers_loaders_is_refused_by_name() {
    let line = "provision loader --base l --set loader.path=/lib/x.so";
    let ran = run(line).run().code(1);
    assert!(ran.stderr.contains("`loader` cannot be provisioned"), "{}", ran.stderr);
    assert!(ran.stderr.contains("`--allow-env LD_PRELOAD` allows it"), "{}", ran.stderr);
    assert_eq!(ran.read("l-catalog.yaml"), None);
    let ran = run(&format!("{line} --allow-env LD_PRELOAD")).run().code(0);
    let (_, config) = data(ran, "configmap", "mcp-gateway-config");
    assert_eq!(config["LD_PRELOAD"], "/lib/x.so");
}

#[test]
fn names_on_which_servers_differ_are_literals_of_each() {
    let ran = run("provision a,b --base ab --set a.region=eu-1 --set b.region=us-2").run().code(0);
    let catalog = ran.read("ab-catalog.yaml").unwrap();
    assert!(catalog.contains("eu-1") && catalog.contains("us-2"), "{catalog}");
    let (_, config) = data(ran, "configmap", "mcp-gateway-config");
    assert_eq!(keys(&config), ["a.region", "b.region"]);
}

#[test]
fn hostile_names_of_files_stay_one_word_of_the_command_line() {
    let ran = Mcpctl::of(["provision", "a", "--base", "x; touch pwned", "--catalog", "c.yaml", "--sandbox"])
        .file("c.yaml", CATALOG)
        .run()
        .code(0);
    let words = shlex::split(&ran.stdout.replace("\\\n", " ")).unwrap();
    assert!(words.iter().any(|word| word.ends_with("x; touch pwned-catalog.yaml")), "{words:?}");
}
