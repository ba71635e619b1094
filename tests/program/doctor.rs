//! `mcpctl doctor`: each line with its state and next step, whatever else is broken, and nothing changed.

use serde_json::Value;

use crate::support::program::{Mcpctl, Ran};

/// A world for the sandbox: `import` makes such files of live namespaces.
fn world(setup: &str) -> Ran {
    Mcpctl::of(["eval", setup, "--sandbox=world.json"]).run().code(0)
}

/// The same without pods that are not healthy, and with a ConfigMap.
fn healthy(setup: &str) -> Ran {
    let setup = format!(
        "pods::delete(pods::list().filter(|pod| pod.status != \"Running\"), #{{ wait: true }});
         configmaps::apply(\"mcp-gateway-config\", #{{ \"grafana.url\": \"http://g\" }}); {setup}"
    );
    Mcpctl::of(["eval", &setup, "--sandbox=world.json", "--yes"]).run().code(0)
}

/// Puts something into an object of a stored world.
fn edit(ran: &Ran, kind: &str, name: &str, edit: impl Fn(&mut Value)) -> String {
    let mut world: Value = serde_json::from_str(&ran.read("world.json").unwrap()).unwrap();
    let mut found = 0;
    let mut pending = vec![&mut world];
    while let Some(value) = pending.pop() {
        let is_it = value["metadata"]["name"] == name && value["kind"] == kind;
        if value.is_object() && is_it {
            edit(value);
            found += 1;
            continue;
        }
        match value {
            Value::Array(items) => pending.extend(items.iter_mut()),
            Value::Object(fields) => pending.extend(fields.values_mut()),
            _ => {}
        }
    }
    assert_eq!(found, 1, "{kind} {name}");
    world.to_string()
}

/// The lines of a check as `state: found`.
fn lines(ran: &Ran, check: &str) -> Vec<String> {
    let report: Vec<Value> = serde_json::from_value(ran.json()).unwrap();
    let of = report.iter().filter(|line| line["name"] == check);
    of.map(|line| format!("{}: {}", line["state"].as_str().unwrap(), line["found"].as_str().unwrap())).collect()
}

#[track_caller]
fn has(ran: &Ran, check: &str, state: &str, text: &str) {
    let lines = lines(ran, check);
    assert!(lines.iter().any(|line| line.starts_with(state) && line.contains(text)), "{check}: {lines:?}");
}

#[test]
fn nothing_there_at_all_is_told_line_by_line() {
    let ran = Mcpctl::new("doctor -o json --catalog none.yaml").env("DOCKER_HOST", "unix:///none.sock").run().code(1);
    has(&ran, "kubeconfig", "failed", "no kubeconfig");
    has(&ran, "engine", "warning", "no docker engine at `unix:///none.sock`");
    has(&ran, "catalog", "failed", "none.yaml");
    for check in ["api server", "namespace", "pod security", "rights", "sessions", "placeholders", "secret keys"] {
        has(&ran, check, "warning", "not known");
    }
    let report: Vec<Value> = serde_json::from_value(ran.json()).unwrap();
    for line in report.iter().filter(|line| line["state"] != "ok") {
        assert!(!line["next"].as_str().unwrap().is_empty(), "no next step: {line}");
    }
}

#[test]
fn a_server_that_says_nothing_holds_up_nothing_else() {
    // it takes connections and never answers
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let kubeconfig = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters: [{{name: c, cluster: {{server: 'http://{}'}}}}]\n\
         contexts: [{{name: c, context: {{cluster: c, user: u}}}}]\nusers: [{{name: u, user: {{}}}}]\n",
        silent.local_addr().unwrap()
    );
    let ran = Mcpctl::new("doctor -o json --kubeconfig kc --timeout 2s --catalog c.yaml")
        .file("kc", &kubeconfig)
        .file("c.yaml", "registry: {time: {image: mcp/time}}\n")
        .env("DOCKER_HOST", "unix:///none.sock")
        .run()
        .code(1);
    has(&ran, "kubeconfig", "ok", "context c, user u");
    has(&ran, "api server", "failed", "no answer within 2s");
    has(&ran, "rights", "warning", "not known");
    has(&ran, "image strategy", "warning", "not known");
    has(&ran, "catalog", "ok", "c.yaml: 1 server");
}

#[test]
fn a_healthy_cluster_passes_and_nothing_is_changed() {
    let ran = healthy(
        "secrets::apply(\"mcp-gateway-secrets\", #{ \"grafana.api_key\": \"canary-key\", \"github.personal_access_token\": \"canary-key\", \"apify-mcp-server.apify_token\": \"canary-key\" }); ()",
    );
    let before = ran.read("world.json");
    let ran = Mcpctl::new("doctor -o json --sandbox=world.json").after(ran).run().code(0);
    for check in ["kubeconfig", "api server", "namespace", "pod security", "rights", "engine", "catalog", "secret keys"]
    {
        has(&ran, check, "ok", "");
    }
    assert_eq!(ran.read("world.json"), before);
    assert!(!ran.stdout.contains("canary"));
}

#[test]
fn leftovers_are_named() {
    let ran = world(
        "configmaps::apply(\"mcp-gateway-config\", #{ \"grafana.url\": \"<REPLACE_WITH_YOUR_VALUE>\", A: \"{{x}}\", B: \"b\" });\
         secrets::apply(\"mcp-gateway-secrets\", #{ \"old.token\": \"canary-key\" }); ()",
    );
    let ran = Mcpctl::new("doctor -o json --sandbox=world.json").after(ran).run().code(1);
    has(&ran, "placeholders", "failed", "`A`, `grafana.url`");
    has(&ran, "secret keys", "warning", "no server of the catalog asks for `old.token`");
    // its pod takes the key from another Secret
    has(&ran, "pods", "failed", "couldn't find key grafana.api_key in Secret default/team-secrets");
    assert!(lines(&ran, "secret keys").iter().all(|line| !line.contains("grafana")), "{}", ran.stdout);
    has(&ran, "sessions", "warning", "left behind");
}

#[test]
fn a_surplus_key_is_told_with_what_removes_it() {
    let ran = world(
        "secrets::apply(\"mcp-gateway-secrets\", #{ \"old.token\": \"canary-key\" });\
         secrets::set(\"mcp-gateway-secrets\", \"set.token\", \"canary-key\"); ()",
    );
    let ran = Mcpctl::new("doctor -o json --sandbox=world.json").after(ran).run().code(1);
    has(&ran, "secret keys", "warning", "no server of the catalog asks for `old.token` of secret");
    has(&ran, "secret keys", "warning", "no server of the catalog asks for `set.token` of secret");
    let report: Vec<Value> = serde_json::from_value(ran.json()).unwrap();
    let next = |key: &str| {
        let line = report.iter().find(|line| line["found"].as_str().unwrap().contains(key)).unwrap();
        line["next"].as_str().unwrap().to_owned()
    };
    assert!(next("old.token").contains("populate-secret"), "{}", next("old.token"));
    let removal = "`kubectl patch secret mcp-gateway-secrets -n default --type=json \
                   -p '[{\"op\":\"remove\",\"path\":\"/data/set.token\"}]'` removes `set.token`";
    assert_eq!(next("set.token"), removal);
}

#[test]
fn the_servers_of_a_base_count_as_used() {
    let ran = world(
        "envfile::generate(\"firewalla-mcp-server\", \"prod\"); secrets::apply(\"mcp-gateway-secrets\", #{ X: \"canary-key\" }); ()",
    );
    let ran = Mcpctl::new("doctor --base prod -o json --sandbox=world.json").after(ran).run().code(1);
    has(&ran, "secret keys", "failed", "firewalla-mcp-server asks for");
    let none = Mcpctl::new("doctor --base staging -o json --sandbox=world.json").after(ran).run().code(1);
    has(&none, "env files", "warning", "there are none of base staging");
}

#[test]
fn people_see_one_table_with_the_next_step_below_each_line() {
    let ran = Mcpctl::new("doctor --sandbox").run().code(1);
    assert!(ran.stdout.starts_with("CHECK "), "{}", ran.stdout);
    let first = ran.stdout.lines().nth(1).unwrap();
    assert!(first.starts_with("pods ") && first.contains("couldn't find key"), "{}", ran.stdout);
    assert!(ran.stdout.contains("next: `mcpctl cleanup -n default --running --dry-run`"), "{}", ran.stdout);
    assert!(ran.stderr.contains(" failed"), "{}", ran.stderr);
    assert!(!ran.stdout.contains("<none>"), "{}", ran.stdout);
}

#[test]
fn an_old_catalog_and_a_broken_one_are_told() {
    let run = |line: &str| Mcpctl::new(line).file("c.yaml", "registry: {time: {image: mcp/time}}\n");
    let old = run("doctor -o json --sandbox --catalog c.yaml");
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(100 * 24 * 60 * 60);
    std::fs::File::open(old.folder().join("c.yaml")).unwrap().set_modified(long_ago).unwrap();
    has(&old.run(), "catalog", "warning", "c.yaml: 1 server, 100d old");
    let broken = run("doctor -o json --sandbox --catalog c.yaml --catalog b.yaml").file("b.yaml", "nonsense\n").run();
    has(&broken, "catalog", "ok", "c.yaml: 1 server");
    has(&broken, "catalog", "failed", "b.yaml");
}

#[cfg(unix)]
#[test]
fn a_gateway_without_the_kubernetes_mode_is_a_warning() {
    use std::os::unix::fs::PermissionsExt as _;
    let stub = "#!/bin/sh\ncase \"$*\" in *--help) echo '  --servers  --catalog';; *) echo v0.1;; esac\n";
    let run = Mcpctl::new("doctor -o json --catalog c.yaml")
        .file("c.yaml", "registry: {time: {image: mcp/time}}\n")
        .file("bin/docker-mcp", stub);
    let folder = run.folder().join("bin");
    std::fs::set_permissions(folder.join("docker-mcp"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let ran = run.env("PATH", format!("{}:/bin:/usr/bin", folder.display())).run().code(1);
    let lines = [lines(&ran, "gateway"), lines(&ran, "gateway flags")].concat();
    assert!(lines.iter().any(|line| line.starts_with("warning: this gateway has no Kubernetes mode")), "{lines:?}");
}

#[test]
fn nothing_is_ok_that_was_not_checked() {
    let table = [
        ("no objects", "()", "", "placeholders", "not checked"),
        ("no secret", "()", "--catalog c.yaml", "secret keys", "not checked"),
        ("servers that run without it", "()", "", "secret keys", ""),
        ("pods may not be listed", "()", "--deny 'cluster: list pods'", "pods", ""),
        ("and so their keys are not known", "()", "--deny 'cluster: list pods'", "secret keys", "refusing"),
        ("nor their sessions", "()", "--deny 'cluster: list pods'", "sessions", ""),
        ("new pods may not be judged", "()", "--deny 'cluster: create pods'", "admission", "not checked"),
        ("nor Pod Security", "()", "--deny 'cluster: create pods'", "pod security", "not checked"),
        ("a catalog without the servers in use", "()", "--catalog c.yaml", "secret keys", "not checked"),
    ];
    for (name, setup, flags, check, text) in table {
        let ran = world(setup);
        let line = format!("doctor -o json --sandbox=world.json {flags}");
        let words = shlex::split(&line).unwrap();
        let ran = Mcpctl::of(words.iter().map(String::as_str))
            .after(ran)
            .file("c.yaml", "registry: {other: {image: mcp/other}}\n")
            .run();
        let lines = lines(&ran, check);
        assert!(!lines.is_empty() && lines.iter().all(|line| !line.starts_with("ok")), "{name}: {lines:?}");
        assert!(lines.iter().any(|line| line.contains(text)), "{name}: {lines:?}");
    }
}

#[test]
fn pods_that_are_not_healthy_are_named_with_the_next_step() {
    let ran = world("()");
    let ran = Mcpctl::new("doctor -o json --sandbox=world.json").after(ran).run().code(1);
    has(&ran, "pods", "failed", "CreateContainerConfigError");
    let report: Vec<Value> = serde_json::from_value(ran.json()).unwrap();
    let line = report.iter().find(|line| line["name"] == "pods" && line["state"] == "failed").unwrap();
    let next = line["next"].as_str().unwrap().trim_matches('`').to_owned();
    assert_eq!(next, "mcpctl set-secret team-secrets grafana.api_key -n default");
    assert!(lines(&ran, "secret keys").iter().all(|line| !line.contains("do not start")), "{}", ran.stdout);
    // the advice removes the finding
    let fix = format!("{} - --sandbox=world.json --yes", next.trim_start_matches("mcpctl "));
    let fixed = Mcpctl::new(&fix).after(ran).input("canary-key\n").run().code(0);
    let ran = Mcpctl::new("doctor -o json --sandbox=world.json").after(fixed).run().code(0);
    has(&ran, "pods", "ok", "none unhealthy");
    assert!(lines(&ran, "secret keys").iter().all(|line| !line.contains("grafana")), "{}", ran.stdout);
    let status = Mcpctl::new("status --server grafana -o json --sandbox=world.json").after(ran).run().code(0);
    assert!(!status.stdout.contains("\"grafana.api_key\""), "{}", status.stdout);
}

#[test]
fn another_owners_object_is_named_and_no_key_of_it_is_to_be_removed() {
    let owner = |kind: &str| serde_json::json!([{"apiVersion": "example.com/v1", "kind": kind, "name": "team", "controller": true, "uid": "u"}]);
    type Edit = Box<dyn Fn(&mut Value)>;
    let label = |name: &'static str, value: &'static str| -> Edit {
        Box::new(move |object| object["metadata"]["labels"][name] = value.into())
    };
    let annotation = |name: &'static str, value: &'static str| -> Edit {
        Box::new(move |object| object["metadata"]["annotations"] = serde_json::json!({ name: value }))
    };
    let table: [(&str, Edit); 8] = [
        (
            "ExternalSecret `team`",
            Box::new(move |object| object["metadata"]["ownerReferences"] = owner("ExternalSecret")),
        ),
        ("SealedSecret `team`", Box::new(move |object| object["metadata"]["ownerReferences"] = owner("SealedSecret"))),
        ("External Secrets", label("reconcile.external-secrets.io/managed", "true")),
        ("Argo CD application `shop`", label("argocd.argoproj.io/instance", "shop")),
        ("Flux HelmRelease `web`", label("helm.toolkit.fluxcd.io/name", "web")),
        ("Sealed Secrets", annotation("sealedsecrets.bitnami.com/managed", "true")),
        ("Helm release `web`", annotation("meta.helm.sh/release-name", "web")),
        ("Kustomize", annotation("config.kubernetes.io/origin", "path: x")),
    ];
    for (name, change) in table {
        let ran = world("secrets::apply(\"mcp-gateway-secrets\", #{ \"old.token\": \"canary-key\" }); ()");
        let edited = edit(&ran, "Secret", "mcp-gateway-secrets", &change);
        let ran = Mcpctl::new("doctor -o json --sandbox=world.json").file("world.json", &edited).run();
        has(&ran, "controllers", "warning", name);
        let report: Vec<Value> = serde_json::from_value(ran.json()).unwrap();
        let next = report.iter().map(|line| line["next"].as_str().unwrap_or_default());
        assert!(next.clone().all(|next| !next.contains("removes `") && !next.contains("--prune")), "{name}");
    }
}

#[test]
fn a_key_of_another_manager_is_left_to_it() {
    let ran = world("secrets::apply(\"mcp-gateway-secrets\", #{ \"old.token\": \"canary-key\" }); ()");
    let edited = edit(&ran, "Secret", "mcp-gateway-secrets", |object| {
        object["metadata"]["managedFields"][0]["manager"] = "kubectl-create".into();
    });
    let ran = Mcpctl::new("doctor -o json --sandbox=world.json").file("world.json", &edited).run();
    has(&ran, "secret keys", "warning", "it belongs to `kubectl-create`");
}

#[test]
fn an_object_that_was_deleted_and_still_exists_is_named_and_not_written() {
    for (kind, name, apply) in [
        (
            "ConfigMap",
            "mcp-gateway-config",
            "configmaps::apply(\"mcp-gateway-config\", #{ \"grafana.url\": \"http://n\" })",
        ),
        ("ConfigMap", "mcp-gateway-config", "configmaps::set(\"mcp-gateway-config\", \"grafana.url\", \"http://n\")"),
        (
            "ConfigMap",
            "mcp-gateway-config",
            "configmaps::apply(\"mcp-gateway-config\", #{ \"grafana.url\": \"http://g\" })",
        ),
        ("Secret", "mcp-gateway-secrets", "secrets::set(\"mcp-gateway-secrets\", \"k\", \"canary-new\")"),
    ] {
        let ran = healthy("secrets::apply(\"mcp-gateway-secrets\", #{ \"grafana.api_key\": \"canary-key\" }); ()");
        let edited = edit(&ran, kind, name, |object| {
            object["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
            object["metadata"]["finalizers"] = serde_json::json!(["example.com/a", "example.com/b"]);
        });
        let ran = Mcpctl::new("doctor -o json --sandbox=world.json").file("world.json", &edited).run().code(1);
        has(&ran, "terminating", "failed", "terminating, held by example.com/a, example.com/b");
        let ran =
            Mcpctl::of(["eval", apply, "--sandbox=world.json", "--yes"]).file("world.json", &edited).run().code(1);
        ran.says("was deleted already").says("held by example.com/a, example.com/b").says("kubectl patch");
    }
}

#[test]
fn a_broken_entry_of_a_catalog_is_reported_and_affects_no_other_server() {
    let broken = [
        ("no image", "x: {description: y}", "it has no image"),
        ("no map", "x: 7", "it is not a map"),
        ("nothing", "x:", "cannot be used"),
        ("a list", "x: [mcp/x]", "it is not a map"),
    ];
    for (name, entry, reason) in broken {
        let catalog = format!("registry:\n  time: {{image: mcp/time}}\n  {entry}\n");
        for command in ["status", "doctor", "servers"] {
            let line = format!("{command} -o json --sandbox --catalog c.yaml");
            let ran = Mcpctl::new(&line).file("c.yaml", &catalog).run();
            let said = format!("{}{}", ran.stdout, ran.stderr);
            assert!(said.contains("the entry `x` in `c.yaml`") && said.contains(reason), "{name}: {command}: {said}");
            let is_shown = ran.stdout.contains("\"name\": \"time\"") || command == "doctor";
            assert!(is_shown && !ran.stdout.contains("\"name\": \"x\""), "{name}: {command}: {}", ran.stdout);
        }
        let ran = Mcpctl::new("doctor -o json --sandbox --catalog c.yaml").file("c.yaml", &catalog).run();
        has(&ran, "catalog", "ok", "1 server");
        has(&ran, "catalog", "warning", "the entry `x`");
    }
}

#[test]
fn placeholders_are_not_ok_where_the_catalog_was_not_read() {
    let ran = healthy("secrets::apply(\"mcp-gateway-secrets\", #{ \"grafana.api_key\": \"canary-key\" }); ()");
    let ran = Mcpctl::new("doctor -o json --sandbox=world.json --catalog none.yaml").after(ran).run();
    has(&ran, "placeholders", "warning", "not compared with the examples of the catalog");
}

#[test]
fn a_namespace_that_does_not_exist_has_no_healthy_pods() {
    let ran = Mcpctl::new("doctor -o json --sandbox -n mpc").run().code(1);
    for check in ["sessions", "pods"] {
        has(&ran, check, "failed", "no namespace `mpc`");
    }
    has(&ran, "namespace", "failed", "there is no namespace mpc");
}
