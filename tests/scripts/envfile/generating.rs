//! Generated files: what a new one holds, and what a person wrote into one that is there.

use mcpctl::files::Mode;
use mcpctl::provision::envfile::section::{recorded_servers, servers_of};
use mcpctl::provision::envfile::{EnvFile, Generated, Role, WantedValue, generate, missing, mode_of, parse};

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn wanted() -> Vec<WantedValue> {
    let config = |server: &str, key: &str| WantedValue::new(server, key, Role::Config);
    vec![
        WantedValue {
            description: "Where Grafana answers".into(),
            example: "http://grafana:3000".into(),
            kind: "string".into(),
            ..config("grafana", "grafana.url")
        },
        WantedValue { or: Some("us-east-1".into()), required: false, ..config("aws", "aws.region") },
        config("aws", "aws.profile"),
        WantedValue { required: false, ..config("mongo", "mongo.db") },
        WantedValue { example: "<your token>".into(), ..WantedValue::new("grafana", "grafana.api_key", Role::Secret) },
    ]
}

fn make(existing: Option<&EnvFile>, servers: &[&str], prune: bool) -> Generated {
    generate(existing, "p-config.env", Role::Config, &names(servers), &wanted(), prune).unwrap()
}

#[test]
fn a_new_file_is_sorted_by_server_and_commented() {
    let made = make(None, &["grafana", "aws"], false);
    assert_eq!(made.added, ["aws.region", "aws.profile", "grafana.url"].map(str::to_owned)[..].to_vec());
    assert_eq!(
        *made.file.text(),
        "# mcpctl servers: aws, grafana\n\
         # Config values of MCP servers. Fill them in: they stay when mcpctl generates this file again.\n\
         \n\
         # ---- aws ----\n\
         \n\
         # default: us-east-1\n\
         # optional\n\
         aws.region=us-east-1\n\
         \n\
         # required\n\
         aws.profile=<REPLACE_WITH_YOUR_VALUE>\n\
         \n\
         # ---- grafana ----\n\
         \n\
         # Where Grafana answers\n\
         # example: http://grafana:3000\n\
         # required, string\n\
         grafana.url=<REPLACE_WITH_YOUR_VALUE>\n"
    );
    let secret = generate(None, "p-secret.env", Role::Secret, &names(&["grafana"]), &wanted(), false).unwrap();
    assert_eq!(secret.file.get("grafana.api_key"), Some("<REPLACE_WITH_YOUR_SECRET>"));
    assert_eq!(secret.added, ["grafana.api_key"]);
}

#[test]
fn a_second_run_changes_no_byte_and_servers_can_come_one_by_one() {
    let all = make(None, &["grafana", "mongo", "aws"], false);
    let again = make(Some(&all.file), &["aws"], false);
    assert_eq!((again.added.len(), again.servers.len()), (0, 3));
    assert_eq!(*again.file.text(), *all.file.text());
    for order in [["grafana", "mongo", "aws"], ["aws", "mongo", "grafana"], ["mongo", "aws", "grafana"]] {
        let mut file = None;
        for server in order {
            file = Some(make(file.as_ref(), &[server], false).file);
        }
        assert_eq!(*file.unwrap().text(), *all.file.text(), "{order:?}");
    }
}

#[test]
fn what_a_person_wrote_stays() {
    let text = "\u{feff}# mine\r\nexport aws.profile = 'prod' # why\r\n  own.key=\"a\nb\"\r\n\r\n# last";
    let before = parse(text.as_bytes(), "p-config.env").unwrap();
    let made = make(Some(&before), &["aws", "grafana"], false);
    let after = made.file.text();
    let again = parse(after.as_bytes(), "p-config.env").unwrap();
    assert!(
        after.starts_with("\u{feff}# mcpctl servers: aws, grafana\r\n# mine\r\nexport aws.profile = 'prod' # why\r\n")
    );
    assert!(after.contains("  own.key=\"a\nb\"\r\n\r\n# last\r\n"));
    assert_eq!((again.get("aws.profile"), again.get("own.key")), (Some("prod"), Some("a\nb")));
    assert_eq!(made.added, ["aws.region", "grafana.url"]);
    assert_eq!(*make(Some(&again), &[], false).file.text(), *after);
    assert_eq!(recorded_servers(&again), ["aws", "grafana"]);
}

#[test]
fn pruning_takes_a_server_with_the_keys_it_alone_wants() {
    let all = make(None, &["grafana", "mongo", "aws"], false);
    let text = all.file.text().replace("# ---- mongo ----\n", "# ---- mongo ----\n\nown.key=1\n");
    let file = parse(text.as_bytes(), "p-config.env").unwrap();
    let pruned = make(Some(&file), &["aws"], true);
    assert_eq!(pruned.removed, ["grafana.url", "mongo.db"]);
    assert_eq!(pruned.servers, ["aws"]);
    assert_eq!(pruned.file.get("own.key"), Some("1"));
    let clean = make(Some(&all.file), &["aws"], true);
    assert_eq!(*clean.file.text(), *make(None, &["aws"], false).file.text());
    let mut shared = wanted();
    shared.push(WantedValue::new("aws", "grafana.url", Role::Config));
    let kept = generate(Some(&all.file), "p", Role::Config, &names(&["aws"]), &shared, true).unwrap();
    assert_eq!(kept.removed, ["mongo.db"]);
}

#[test]
fn hostile_text_stays_in_comments() {
    let evil = "x\nEVIL=1\r\nEVIL2=2\u{2028}EVIL3=3\u{1b}]0;t\u{7}\u{202e}# ---- aws ----";
    let want = WantedValue {
        description: evil.into(),
        example: evil.into(),
        kind: evil.into(),
        or: Some("v\nEVIL4=4".into()),
        ..WantedValue::new("s", "s.k", Role::Config)
    };
    let made = generate(None, "p", Role::Config, &names(&["s"]), std::slice::from_ref(&want), false).unwrap();
    let text = made.file.text();
    let keys: Vec<String> = parse(text.as_bytes(), "p").unwrap().entries().map(|e| e.key().to_owned()).collect();
    assert_eq!(keys, ["s.k"]);
    assert!(text.lines().all(|line| line.is_empty() || line.starts_with('#') || line.starts_with("s.k=")), "{}", *text);
    assert!(!text.chars().any(|c| c.is_control() && c != '\n'));
    assert_eq!(made.file.get("s.k"), Some("v\nEVIL4=4"));
    let unseen = WantedValue { or: Some("\u{1b}[2K".into()), ..want.clone() };
    assert_eq!(unseen.first_value(), "<REPLACE_WITH_YOUR_VALUE>");
    for (server, key) in [("a\nb", "k"), ("a,b", "k"), ("s", "k=v\nx"), ("s", "")] {
        let want = [WantedValue::new(server, key, Role::Config)];
        assert!(generate(None, "p", Role::Config, &names(&[server]), &want, false).is_err(), "{server:?} {key:?}");
    }
}

#[test]
fn a_description_cannot_pass_for_a_marker() {
    for text in ["---- aws ----", "mcpctl servers: evil", " \u{200b}mcpctl\nservers: evil"] {
        let want = [
            WantedValue { description: text.into(), ..WantedValue::new("grafana", "grafana.url", Role::Config) },
            WantedValue::new("aws", "aws.region", Role::Config),
        ];
        let one = generate(None, "p", Role::Config, &names(&["grafana"]), &want, false).unwrap();
        let both = generate(Some(&one.file), "p", Role::Config, &names(&["aws"]), &want, false).unwrap();
        let at_once = generate(None, "p", Role::Config, &names(&["grafana", "aws"]), &want, false).unwrap();
        assert_eq!(*both.file.text(), *at_once.file.text());
        assert_eq!(both.servers, ["aws", "grafana"]);
    }
}

#[test]
fn many_servers_are_recorded_over_several_lines() {
    let servers: Vec<String> = (0..60).map(|i| format!("server-number-{i:03}")).collect();
    let made = generate(None, "p", Role::Config, &servers, &[], false).unwrap();
    assert_eq!(recorded_servers(&made.file), servers);
    assert_eq!(servers_of(&[&made.file], &names(&["a"]), true), ["a"]);
    assert_eq!(servers_of(&[&made.file], &names(&["a"]), false).len(), 61);
    assert!(made.file.text().lines().all(|line| line.chars().count() < 120));
}

#[test]
fn what_is_missing_is_listed_with_its_line() {
    let file = parse(b"grafana.url=\naws.region=\naws.profile=x\nother=<REPLACE_WITH_YOUR_VALUE>\n", "p.env").unwrap();
    let list = missing(&file, Role::Config, &wanted());
    let short: Vec<_> = list.iter().map(|m| (m.key.as_str(), m.server.as_str(), m.hint.as_str(), m.line)).collect();
    assert_eq!(short, [("grafana.url", "grafana", "Where Grafana answers", Some(1)), ("other", "", "", Some(4))]);
    let list = missing(&EnvFile::empty("s.env"), Role::Secret, &wanted());
    assert_eq!((list.len(), list[0].hint.as_str(), list[0].line, list[0].secret), (1, "<your token>", None, true));
    let file = parse(b"a=\nb=x<REPLACE_WITH_YOUR_SECRET>\nc=1", "s.env").unwrap();
    let keys: Vec<String> = missing(&file, Role::Secret, &[]).into_iter().map(|m| m.key).collect();
    assert_eq!(keys, ["a", "b"]);
}

#[test]
fn files_with_secrets_are_private() {
    let plain = parse(b"grafana.url=x", "p").unwrap();
    let token = parse(b"kite.kite_access_token=", "p").unwrap();
    assert_eq!(mode_of(&plain, Role::Config), Mode::Public);
    assert_eq!(mode_of(&plain, Role::Secret), Mode::Private);
    assert_eq!(mode_of(&token, Role::Config), Mode::Private);
}
