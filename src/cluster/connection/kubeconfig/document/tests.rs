use super::*;

fn read(text: &str) -> Result<Document> {
    parse(text.as_bytes(), Path::new("/k"))
}

fn user(fields: &str) -> Value {
    let document = read(&format!("users: [{{name: u, user: {{{fields}}}}}]")).unwrap();
    let user = document.config.auth_infos.into_iter().next().unwrap().auth_info.unwrap();
    serde_json::to_value(&user).unwrap()
}

fn cluster(fields: &str) -> Value {
    let document = read(&format!("clusters: [{{name: c, cluster: {{{fields}}}}}]")).unwrap();
    serde_json::to_value(document.config.clusters[0].cluster.as_ref().unwrap()).unwrap()
}

#[test]
fn an_empty_field_is_the_same_as_an_absent_one() {
    for field in [
        "token",
        "tokenFile",
        "username",
        "password",
        "client-certificate",
        "client-certificate-data",
        "client-key",
        "client-key-data",
        "as",
        "as-uid",
    ] {
        for empty in ["''", "\"\"", "null", "~", ""] {
            let got = user(&format!("{field}: {empty}"));
            assert_eq!(got.get(field), None, "{field}: {empty}");
        }
        assert!(user(&format!("{field}: YWI=")).get(field).is_some(), "{field}");
    }
    for field in ["as-groups: []", "as-groups: null", "as-user-extra: {}", "exec: null", "auth-provider: null"] {
        assert_eq!(user(field), serde_json::json!({}), "{field}");
    }
    for field in ["server", "tls-server-name", "certificate-authority", "certificate-authority-data", "proxy-url"] {
        for empty in ["''", "null", ""] {
            assert_eq!(cluster(&format!("{field}: {empty}")).get(field), None, "{field}: {empty}");
        }
    }
}

#[test]
fn base64_data_may_be_wrapped() {
    let flat = "Y2FuYXJ5LWNlcnRpZmljYXRl";
    for written in [
        "\"Y2FuYXJ5LWNlcnRpZmljYXRl\"",
        "\"Y2FuYXJ5LWNlcnRp\\nZmljYXRl\"",
        "\"Y2FuYXJ5LWNlcnRp\\r\\nZmljYXRl\\r\\n\"",
        "\"Y2FuYXJ5LWNlcnRpZmljYXRl\\n\"",
        "\" Y2FuYXJ5LWNlcnRp ZmljYXRl \"",
        "\"Y2Fu\\tYXJ5LWNlcnRpZmljYXRl\"",
        "\"\\n\\nY2FuYXJ5LWNlcnRpZmljYXRl\"",
        "Y2FuYXJ5LWNlcnRp\n  ZmljYXRl",
    ] {
        assert_eq!(
            cluster(&format!("certificate-authority-data: {written}"))["certificate-authority-data"],
            flat,
            "{written}"
        );
        assert_eq!(user(&format!("client-certificate-data: {written}"))["client-certificate-data"], flat, "{written}");
    }
    let block =
        "clusters:\n- name: c\n  cluster:\n    certificate-authority-data: |\n      Y2FuYXJ5LWNl\n      cnRpZmljYXRl\n";
    for style in [block.to_owned(), block.replace('|', ">"), block.replace('\n', "\r\n")] {
        let document = read(&style).unwrap();
        let cluster = document.config.clusters[0].cluster.clone().unwrap();
        assert_eq!(cluster.certificate_authority_data.as_deref(), Some(flat), "{style:?}");
    }
}

#[test]
fn what_is_wrong_is_named_and_never_quoted() {
    for (text, parts) in [
        (
            "users: [{name: u, user: {token: 4711}}]",
            &["`token` of user `u` is a number, not a string", "in quotes"][..],
        ),
        ("users: [{name: u, user: {token: true}}]", &["`token` of user `u` is true or false"]),
        ("users: [{name: u, user: {token: [canary]}}]", &["`token` of user `u` is a list"]),
        (
            "users: [{name: u, user: {client-key-data: '*canary*'}}]",
            &["`client-key-data` of user `u` is not base64", "`client-key`"],
        ),
        ("users: [{name: u, user: {as-groups: canary}}]", &["`as-groups` of user `u` is a string, not a list"]),
        ("users: [{name: u, user: {exec: canary}}]", &["`exec` of user `u` is a string"]),
        (
            "users: [{name: u, user: {exec: {args: [1]}}}]",
            &["`args` in `exec` of user `u` is a number, not a list of strings"],
        ),
        ("users: [{name: u, user: {exec: {env: [{name: 1}]}}}]", &["`name` of a variable in `exec` of user `u`"]),
        (
            "users: [{name: u, user: {auth-provider: {config: {id-token: 1}}}}]",
            &["`config.id-token` in `auth-provider`"],
        ),
        (
            "clusters: [{name: c, cluster: {insecure-skip-tls-verify: 'true'}}]",
            &["`insecure-skip-tls-verify` of cluster `c` is a string, not true or false"],
        ),
        ("contexts: [{name: x, context: {namespace: 1}}]", &["`namespace` of context `x` is a number"]),
        ("users: canary", &["`users` is a string, not a list"]),
        ("- canary", &["it contains a list"]),
        ("canary", &["it contains a string"]),
        ("kind: Pod", &["its `kind` is not `Config`"]),
        ("apiVersion: v2", &["its `apiVersion` is not `v1`"]),
        ("users: [{name: u, user: {token: canary}}, {name: u}]", &["two users of the name `u`"]),
        ("clusters: [{name: c}, {name: c}]", &["two clusters of the name `c`"]),
        ("contexts: [{name: c}, {name: c}]", &["two contexts of the name `c`"]),
        ("users: [{name: u, user: {token: canary]", &["its YAML is not valid"]),
        ("users: \0canary", &["NUL"]),
    ] {
        let error = read(text).unwrap_err();
        let shown = format!("{error:?}");
        assert!(error.message.contains("`/k`"), "{shown}");
        for part in parts {
            assert!(shown.contains(part), "{text}: {shown}");
        }
        assert!(!shown.contains("canary") && !shown.contains("4711"), "{shown}");
    }
}

#[test]
fn a_key_that_appears_twice_is_named_and_the_last_one_is_used() {
    for (text, key, line) in [
        ("users:\n- name: u\n  user:\n    token: canary-1\n    token: canary-2\n", "token", 5),
        ("users: [{name: u, user: {token: canary-1, token: canary-2}}]", "token", 1),
        ("users: []\nusers: [{name: u, user: {token: canary-2}}]", "users", 2),
        ("users:\n- name: v\n  name: u\n  user: {token: canary-2}", "name", 3),
        ("users:\n- name: u\n  user: {}\n  user: {token: canary-2}", "user", 4),
        ("kind: Config\nkind: Config\nusers: [{name: u, user: {token: canary-2}}]", "kind", 2),
        ("current-context: a\ncurrent-context: b\nusers: [{name: u, user: {token: canary-2}}]", "current-context", 2),
        (
            "clusters:\n- name: c\n  cluster:\n    server: https://a\n    server: https://b\nusers: [{name: u, user: {token: canary-2}}]",
            "server",
            5,
        ),
    ] {
        let document = read(text).unwrap();
        let [warning] = document.warnings.as_slice() else { panic!("{text}: {:?}", document.warnings) };
        assert!(
            warning.contains(&format!("`{key}`")) && warning.contains(&format!("(line {line})")),
            "{text}: {warning}"
        );
        assert!(!warning.contains("canary"), "{warning}");
        let user = document.config.auth_infos[0].auth_info.as_ref().unwrap();
        assert_eq!(serde_json::to_value(user).unwrap()["token"], "canary-2", "{text}");
    }
    assert!(read("users: []").unwrap().warnings.is_empty());
}

#[test]
fn files_in_other_encodings_and_forms_are_read() {
    let text = "users: [{name: \u{fc}, user: {token: canary}}]";
    let wide = |unit: fn(u16) -> [u8; 2], mark: [u8; 2]| {
        mark.into_iter().chain(text.encode_utf16().flat_map(unit)).collect::<Vec<u8>>()
    };
    for bytes in [
        text.as_bytes().to_vec(),
        [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
        wide(u16::to_le_bytes, [0xFF, 0xFE]),
        wide(u16::to_be_bytes, [0xFE, 0xFF]),
        text.replace('\n', "\r\n").into_bytes(),
        format!("{text}\n---\nusers: [{{name: other}}]").into_bytes(),
        format!("---\n{text}\n...\n").into_bytes(),
        "{\"users\": [{\"name\": \"\u{fc}\", \"user\": {\"token\": \"canary\"}}], \"preferences\": {}}"
            .as_bytes()
            .to_vec(),
        format!("{text}\nextensions: [1]\nunknown: field\nkind: ''\n").into_bytes(),
    ] {
        let document = parse(&bytes, Path::new("/k")).unwrap();
        let names: Vec<&str> = document.config.auth_infos.iter().map(|user| user.name.as_str()).collect();
        assert_eq!(names, ["\u{fc}"], "{bytes:?}");
    }
    for empty in ["", "\n", "# nothing\n", "---\n", "null", "{}"] {
        let document = read(empty).unwrap();
        assert!(document.config.auth_infos.is_empty() && document.config.current_context.is_none(), "{empty:?}");
    }
    assert!(parse(b"\xff\xfea", Path::new("/k")).is_err());
    assert!(parse(b"users: \xff", Path::new("/k")).unwrap_err().message.contains("not UTF-8"));
}

#[test]
fn the_words_of_old_yaml_are_booleans_where_booleans_belong() {
    for (word, flag) in [
        ("true", true),
        ("yes", true),
        ("on", true),
        ("Y", true),
        ("false", false),
        ("No", false),
        ("off", false),
        ("n", false),
    ] {
        assert_eq!(cluster(&format!("insecure-skip-tls-verify: {word}"))["insecure-skip-tls-verify"], flag, "{word}");
    }
    for word in ["y", "n", "yes", "no", "on", "off", "Yes", "N"] {
        assert_eq!(user(&format!("token: {word}"))["token"], word);
    }
}
