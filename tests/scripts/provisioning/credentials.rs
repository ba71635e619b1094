//! Config values that are credentials by their look or their name: they go into the Secret, and a note says so.

use super::{data, keys, sandbox};

const CATALOG: &str = "registry:
  db:
    image: x/db
    env:
    - {name: A, value: '{{db.a}}'}
    - {name: HOST, value: '{{db.host}}'}
    - {name: DB_PASS, value: '{{db.db_pass}}'}
    - {name: SENTRY, value: '{{db.dsn}}'}
    - {name: CONN, value: '{{db.connection_string}}'}
    - {name: SERVICE, value: '{{db.service_key}}'}
";

/// Values of `db.a`, put together here so that no file contains what looks like a credential.
fn values() -> Vec<(String, &'static str)> {
    let long = "canary0123456789canary0123456789";
    let jwt = ["eyJhbGciOiJub25lIn0", "eyJzdWIiOiJjYW5hcnkifQ", "canary-signature"].join(".");
    let begin = "-----BEGIN";
    vec![
        ("redis://:canary-1@cache:6379/0".to_owned(), "an address with a password"),
        ("mongodb+srv://u:canary-2@a.example/db".to_owned(), "an address with a password"),
        ("https://api.example/v1?access_token=canary-3".to_owned(), "an address with a password"),
        ("app:canary-4@tcp(db.example:3306)/app".to_owned(), "a connection string with a password"),
        ("Server=db;User Id=u;Password=canary-5;".to_owned(), "a connection string with a password"),
        (format!("'{begin} RSA PRIVATE KEY-----\ncanary-6\n-----END RSA PRIVATE KEY-----'"), "a private key"),
        (jwt, "a JSON Web Token"),
        (format!("ghp_{long}"), "a token"),
        (format!("glpat-{long}"), "a token"),
        (format!("xoxb-{long}"), "a token"),
        (format!("sk-ant-{long}"), "a token"),
        ("'{\"client_secret\": \"canary-7\"}'".to_owned(), "JSON with a credential"),
    ]
}

#[test]
fn credentials_by_look_are_in_the_secret_and_noted() {
    for (value, kind) in values() {
        let env = format!("# mcpctl servers: db\ndb.a={value}\ndb.host=db.example\n");
        let ran = sandbox("provision db --base b --catalog c.yaml")
            .file("c.yaml", CATALOG)
            .file("b-config.env", &env)
            .run()
            .code(0)
            .says(&format!("`db.a` looks like a credential ({kind}): it goes into the Secret, not the ConfigMap"));
        assert!(!ran.stderr.contains("canary") && !ran.stdout.contains("canary"), "{}", ran.stderr);
        assert!(!ran.read("b-catalog.yaml").unwrap().contains("canary"));
        let (ran, config) = data(ran, "configmap", "mcp-gateway-config");
        assert_eq!(keys(&config), ["HOST", "db.host"], "{value}");
        assert_eq!(keys(&data(ran, "secret", "mcp-gateway-secrets").1), ["db.A"], "{value}");
    }
}

#[test]
fn credentials_by_name_are_in_the_secret() {
    for (key, env) in [
        ("db.db_pass", "DB_PASS"),
        ("db.dsn", "SENTRY"),
        ("db.connection_string", "CONN"),
        ("db.service_key", "SERVICE"),
    ] {
        let ran = sandbox("provision db --base b --catalog c.yaml")
            .file("c.yaml", CATALOG)
            .file("b-config.env", &format!("# mcpctl servers: db\n{key}=canary-1\ndb.host=h\n"))
            .run()
            .code(0)
            .says(&format!("`{key}` looks like a credential"));
        let (ran, config) = data(ran, "configmap", "mcp-gateway-config");
        // what is generated for the other values is empty
        assert!(!keys(&config).contains(&key) && !keys(&config).contains(&env), "{config}");
        assert_eq!(keys(&data(ran, "secret", "mcp-gateway-secrets").1), [format!("db.{env}")]);
    }
}

#[test]
fn other_commands_decide_the_same() {
    let value = "postgres://u:canary-1@h/db";
    let env = format!("# mcpctl servers: db\ndb.a={value}\ndb.host=h\n");
    let run = |line: &str| sandbox(line).file("c.yaml", CATALOG).file("b-config.env", &env).file("own.env", &env);
    let ran = run("populate-configmap b-config.env n --catalog c.yaml").run().code(0).says("db.a");
    assert_eq!(keys(&data(ran, "configmap", "n").1), ["HOST", "db.host"]);
    let ran = run("populate-configmap own.env n").run().code(0).says("db.a looks like a credential");
    assert_eq!(keys(&data(ran, "configmap", "n").1), ["db.host"]);
    let ran = run(&format!("provision db --base n --catalog c.yaml --set db.a={value}")).run().code(2);
    assert!(!ran.stderr.contains("canary"), "{}", ran.stderr);
    let ran = run("provision db --base b --catalog c.yaml --manifests").run().code(0);
    assert!(!ran.stdout.contains("canary"), "{}", ran.stdout);
    run("create-configmap n {\"x\":\"postgres://u:canary-1@h/db\"}").run().code(0).says("`x` looks like a credential");
}
