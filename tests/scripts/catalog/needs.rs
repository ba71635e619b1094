//! What an entry needs: `required` by any of its spellings, lists by their filters, and what Kubernetes ignores.

use mcpctl::provision::requirements::{list_items, requirements};

use super::{catalog, rendered};

fn entry(fields: &str) -> String {
    format!("registry:\n  my-server:\n    image: i\n{fields}")
}

#[test]
fn required_matches_its_template_in_any_spelling() {
    let with = |required: &str, properties: &str| {
        entry(&format!(
            "    env: [{{name: MY_URL, value: 'x{{{{my-server.base_url}}}}'}}]\n    config: [{{name: my-server, required: [{required}], properties: {{{properties}}}}}]\n"
        ))
    };
    for (required, properties, is_required) in [
        ("base_url", "base_url: {type: string}", true),
        ("base_url", "", true),
        ("BASE_URL", "", true),
        ("base-url", "", true),
        ("baseUrl", "", true),
        ("my-server.base_url", "", true),
        ("my_server.base_url", "", true),
        ("other.base_url", "", true),
        ("MY_URL", "", true),
        ("my_url", "", true),
        ("baseUrl", "baseUrl: {type: string}", true),
        ("BASE-URL", "BASE-URL: {type: string, description: d}", true),
        ("MY_URL", "MY_URL: {type: string}", true),
        ("url", "", false),
        ("base", "", false),
    ] {
        let needs = requirements(catalog(&with(required, properties)).server("my-server").unwrap());
        assert_eq!(needs.config.len(), 1, "{required}");
        assert_eq!(needs.config[0].key, "my-server.base_url", "{required}");
        assert_eq!(needs.config[0].required, is_required, "{required}");
        assert_eq!(needs.remarks.is_empty(), is_required, "{required}: {:?}", needs.remarks);
        assert!(needs.unused.is_empty(), "{required}: {:?}", needs.unused);
    }
}

#[test]
fn a_value_behind_a_list_filter_is_a_list_in_any_form() {
    for (template, value, expected) in [
        ("{{s.x|into}}", "/a,/b", vec!["/a", "/b"]),
        ("{{s.x|volume-target|into}}", "/a, /b", vec!["/a", "/b"]),
        ("{{s.x|into}}", "[\"/a\", \"/b\"]", vec!["/a", "/b"]),
        ("{{s.x|into}}", "[/a, /b]", vec!["/a", "/b"]),
        ("{{s.x|into}}", "/a\n/b\n", vec!["/a", "/b"]),
        ("{{s.x|into}}", "- /a\n- /b", vec!["/a", "/b"]),
        ("{{s.x|into}}", "/a", vec!["/a"]),
        ("{{s.x|or:[p,q]}}", "m,n", vec!["m", "n"]),
        ("{{s.x|or:[p,q]}}", "", vec!["p", "q"]),
        ("--root={{s.x|first}}", "/p,/q", vec!["--root=/p"]),
        ("--root={{s.x|last}}", "[\"/p\",\"/q\"]", vec!["--root=/q"]),
        ("{{s.x}}", "a,b", vec!["a,b"]),
        ("{{s.x|or:p}}", "a,b", vec!["a,b"]),
    ] {
        for described in [
            "",
            "\n    config: [{name: s, properties: {x: {type: array}}}]",
            "\n    config: [{name: s, properties: {x: {type: string}}}]",
        ] {
            if described.contains("array") && (template == "{{s.x}}" || template.ends_with("|or:p}}")) {
                continue;
            }
            let yaml = format!("registry:\n  s:\n    image: i\n    command: ['{template}']{described}\n");
            let result = rendered(&yaml, &[("s.x", value)], &[]);
            let command: Vec<&str> = result.catalog["registry"]["s"]["command"]
                .as_array()
                .unwrap()
                .iter()
                .filter_map(|item| item.as_str())
                .collect();
            assert_eq!(command, expected, "{template} of {value:?} {described}");
        }
    }
    assert_eq!(list_items("[a, b"), ["[a", "b"], "what is no list after all is split at its commas");
}

#[test]
fn what_only_ignored_fields_use_is_not_required() {
    for (what, fields, is_required) in [
        ("a volume", "    volumes: ['{{s.x}}:/data']\n", false),
        ("a volume with filters", "    volumes: ['{{s.x|volume|into}}']\n", false),
        ("two volumes", "    volumes: ['{{s.x}}:/a', '{{s.x}}:/b']\n", false),
        ("the user", "    user: '{{s.x}}'\n", false),
        ("a volume and the user", "    user: '{{s.x}}'\n    volumes: ['{{s.x}}']\n", false),
        ("a volume and an argument", "    command: ['{{s.x}}']\n    volumes: ['{{s.x}}:/data']\n", true),
        ("a volume and a variable", "    env: [{name: X, value: '{{s.x}}'}]\n    volumes: ['{{s.x}}:/data']\n", true),
        ("an argument with a default", "    command: ['{{s.x|or:1}}']\n    volumes: ['{{s.x}}:/data']\n", false),
        ("a variable", "    env: [{name: X, value: '{{s.x}}'}]\n", true),
    ] {
        let yaml = format!(
            "registry:\n  s:\n    image: i\n{fields}    config: [{{name: s, required: [x], properties: {{x: {{type: string}}}}}}]\n"
        );
        let catalog = catalog(&yaml);
        assert_eq!(requirements(catalog.server("s").unwrap()).config[0].required, is_required, "{what}");
        assert_eq!(!rendered(&yaml, &[], &[]).missing.is_empty(), is_required, "{what}");
    }
}

#[test]
fn odd_secrets_are_reported_and_do_not_stop_the_server() {
    for (secrets, remark) in [
        ("[{name: s.a, env: K}, {name: s.b, env: K}]", "its secrets `s.a` and `s.b` share the variable `K`"),
        ("[{name: s.a, env: K}, {name: s.a, env: K}]", "its secret `s.a` is listed twice"),
        ("[{name: s.a, env: K}, {name: s.a, env: L}]", "its variables share the secret `s.a`"),
        ("[{name: s.a, env: K}, {name: s.b, env: L}, {name: s.c, env: L}]", "`s.b` and `s.c` share the variable `L`"),
        ("[{name: s.a, env: K}, {name: s.b, env: L}, {name: s.a, env: M}]", "share the secret `s.a`"),
        ("[{name: '{{s.a}}', env: K}, {name: '{{s.a}}', env: K}]", "its secret `s.a` is listed twice"),
        ("[{name: a b, env: K}, {name: a b, env: L}]", "share the secret `a___b`"),
        ("[{name: s.a, env: K}, {name: s.b, env: K, required: false}]", "share the variable `K`"),
    ] {
        let catalog = catalog(&format!("registry:\n  s: {{image: i, secrets: {secrets}}}\n"));
        let remarks = requirements(catalog.server("s").unwrap()).remarks;
        assert_eq!(remarks.len(), 1, "{secrets}: {remarks:?}");
        assert!(remarks[0].contains(remark), "{secrets}: {remarks:?}");
    }
}

#[test]
fn the_notes_of_a_server_name_what_has_no_effect() {
    for (fields, note) in [
        ("args: [a], ports: ['80:80']", "unknown fields `args` (did you mean `command`?), `ports`, without effect"),
        ("environment: []", "unknown field `environment` (did you mean `env`?), without effect"),
        ("extraHosts: ['db:192.0.2.5']", "extraHosts is ignored on Kubernetes: db:192.0.2.5"),
        ("command: [docker, run, -i, x]", "its command is `docker run …`"),
        ("command: [/usr/bin/podman, run, x]", "its command is `podman run …`"),
        ("command: [--db, 'localhost:5432']", "its command names `localhost`"),
        ("env: [{name: URL, value: 'http://127.0.0.1:80'}]", "its variable `URL` names `127.0.0.1`"),
        (
            "env: [{name: H, value: host.docker.internal}, {name: U, value: 'http://$H'}]",
            "its variable `U` names `host.docker.internal`",
        ),
        ("config: [{name: s, required: [nothing], properties: {}}]", "its config requires `s.nothing`"),
    ] {
        let result = rendered(&format!("registry:\n  s: {{image: i, {fields}}}\n"), &[], &[]);
        assert!(result.notes["s"].iter().any(|line| line.contains(note)), "{fields}: {:?}", result.notes);
    }
    let quiet = "registry:\n  s: {image: i, command: [sh, -c, 'docker run x'], env: [{name: U, value: 'http://db'}], x-own: 1}\n";
    assert!(rendered(quiet, &[], &[]).notes.is_empty());
}

#[test]
fn a_value_that_cannot_work_from_a_pod_is_reported_by_its_key() {
    for (key, value, is_reported) in [
        ("s.url", "http://localhost:3000", true),
        ("s.url", "http://127.0.0.1", true),
        ("s.host", "host.docker.internal", true),
        ("s.hosts", "a,localhost", true),
        ("s.dsn", "postgres://u@localhost:5432/db", true),
        ("s.addr", "[::1]:80", true),
        ("s.db_url", "postgres://u:canary@localhost:5432/db", true),
        ("s.url", "http://grafana.monitoring:3000", false),
        ("s.listen", "127.0.0.1", false),
        ("s.allowed_hosts", "localhost", false),
        ("s.url", "http://localhost.example.com", false),
    ] {
        let yaml = format!("registry:\n  s: {{image: i, env: [{{name: V, value: '{{{{{key}}}}}'}}]}}\n");
        let warnings = rendered(&yaml, &[(key, value)], &[]).warnings;
        let found = warnings.iter().any(|line| line.starts_with(&format!("`{key}` names `")));
        assert_eq!(found, is_reported, "{key}={value}: {warnings:?}");
    }
}

#[test]
fn a_secret_that_cannot_work_from_a_pod_is_reported_by_its_key_alone() {
    for (value, is_reported) in [
        ("postgres://u:canary@localhost:5432/db", true),
        ("redis://:canary@127.0.0.1", true),
        ("Server=host.docker.internal;Password=canary", true),
        ("canary\nhttp://[::1]/", true),
        ("postgres://u:canary@db.data:5432/db", false),
        ("canary-localhostess", false),
    ] {
        for entry in ["secrets: [{name: s.dsn, env: DSN}]", "env: [{name: DSN, value: '{{s.dsn}}'}]"] {
            let warnings =
                rendered(&format!("registry:\n  s: {{image: i, {entry}}}\n"), &[], &[("s.dsn", value)]).warnings;
            let found = warnings.iter().any(|line| line.starts_with("`s.dsn` contains an address such as `localhost`"));
            assert_eq!(found, is_reported, "{entry} {value}: {warnings:?}");
            assert!(!warnings.concat().contains("canary"), "{warnings:?}");
        }
    }
}

#[test]
fn a_secret_of_two_servers_is_noted_before_values_are_given() {
    let catalog = catalog(
        "registry:\n  a: {image: i, secrets: [{name: k, env: A}]}\n  b: {image: i, secrets: [{name: k, env: B}, {name: l, env: C}]}\n",
    );
    let servers = catalog.choose(&["a".to_owned(), "b".to_owned()]).unwrap();
    let limits = mcpctl::provision::render::limits(&servers, &Default::default()).unwrap();
    assert_eq!(limits["b"], ["it shares the secret `k` with server `a`: both get the same value"]);
    assert!(!limits.contains_key("a"));
}
