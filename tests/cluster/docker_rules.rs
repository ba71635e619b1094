//! Twenty entries on a node: the container's variables and argument are what `docker run` with Docker's rules gives.
//!
//! Each server names the digests of what it got as its tools, so that no secret is masked on the way. What is expected
//! is computed here, from Docker's rules alone.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::node::needs_a_node;
use crate::support::cluster_namespace::Place;

/// What each entry's variable `OUT` and its argument say.
const ENTRIES: [(&str, &str); 20] = [
    ("Bearer $KEY", "$KEY"),
    ("${KEY}", "--auth=${KEY}"),
    ("tcp://$HOST:5432", "$HOST:5432"),
    ("pg://u:$KEY@$HOST/db", "$OUT"),
    ("$HOST$HOST", "$HOST$KEY"),
    ("5$", "5$"),
    ("a$$b", "$$"),
    ("$(HOST)", "$(HOST)"),
    ("$$(KEY)", "$$(KEY)"),
    ("$HOSTNAME_OF_NOBODY", "$NOBODY and $1"),
    ("[$NONE]", "[$NONE]"),
    ("[$LATER]", "[$LATER]"),
    ("${KEY:-x}", "${KEY"),
    ("{\"Authorization\": \"Bearer ${KEY}\"}", "'$KEY' \"$HOST\""),
    ("{{s.url}}", "{{s.url}}/$HOST"),
    ("{{s.url}}?$KEY", "{{s.key}}-$KEY"),
    ("{{s.key}}@{{s.url}}", "$OUT!"),
    ("$URL/x", "$URL/x"),
    ("\\$KEY", "\\${KEY}"),
    ("é $HOST é", "é${HOST}é"),
];

const KEY: &str = "canary-$HOST-$(HOST)";
const URL: &str = "http://u$$x";

/// A server that speaks as little as it can; its tools are the digests of its variables and of its argument.
const SCRIPT: &str = r#"
while read -r l; do
  i=`echo "$l" | sed -n 's/.*"id": *\([0-9][0-9]*\).*/\1/p'`
  case "$l" in
    *'"initialize"'*) echo '{"jsonrpc":"2.0","id":'"$i"',"result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"p","version":"1"}}}';;
    *tools/list*)
      e=`for v in OUT HOST URL NONE LATER KEY; do { env | grep "^$v=" || echo "$v=absent"; } | sed "s/^$v=//"; done | sha256sum | cut -c1-64`
      a=`printf '%s\n' "$@" | sha256sum | cut -c1-64`
      echo '{"jsonrpc":"2.0","id":'"$i"',"result":{"tools":[{"name":"env-'"$e"'","inputSchema":{"type":"object"}},{"name":"arg-'"$a"'","inputSchema":{"type":"object"}}]}}';;
  esac
done
"#;

fn entry(number: usize) -> Value {
    let (out, argument) = ENTRIES[number];
    let own = |text: &str| text.replace("s.", &format!("s{number}."));
    json!({
        "image": "busybox:latest",
        "secrets": [{"name": format!("s{number}.key"), "env": "KEY"}],
        "env": [{"name": "HOST", "value": "db"}, {"name": "URL", "value": own("{{s.url}}")}, {"name": "NONE", "value": ""},
            {"name": "OUT", "value": own(out)}, {"name": "LATER", "value": "later"}],
        "command": ["sh", "-c", SCRIPT, "server", own(argument)],
    })
}

/// `$NAME` and `${NAME}` as Go's `os.Expand` finds them; names that the entry does not define stay.
fn expand(text: &str, known: &BTreeMap<&str, String>) -> String {
    const OWN: [&str; 6] = ["HOST", "KEY", "LATER", "NONE", "OUT", "URL"];
    let bytes: Vec<char> = text.chars().collect();
    let (mut result, mut at) = (String::new(), 0);
    while at < bytes.len() {
        let rest: String = bytes[at..].iter().collect();
        let braced = rest
            .strip_prefix("${")
            .and_then(|inner| inner.split_once('}'))
            .map(|(name, _)| (name.to_owned(), name.chars().count() + 3));
        let plain = || {
            let name: String =
                rest.strip_prefix('$')?.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            let length = name.len() + 1;
            Some((name, length))
        };
        match braced.or_else(plain).filter(|(name, _)| OWN.contains(&name.as_str())) {
            Some((name, length)) => {
                result.push_str(known.get(name.as_str()).map_or("", String::as_str));
                at += length;
            }
            None => {
                result.push(bytes[at]);
                at += 1;
            }
        }
    }
    result
}

/// What `docker run` would give: the tools of the server.
fn expected(number: usize) -> Vec<String> {
    let (out, argument) = ENTRIES[number];
    let filled = |text: &str| text.replace("{{s.url}}", URL).replace("{{s.key}}", KEY);
    let mut env = BTreeMap::from([("KEY", KEY.to_owned()), ("HOST", "db".to_owned()), ("URL", URL.to_owned())]);
    let value = if out.contains("{{") { filled(out) } else { expand(out, &env) };
    env.insert("OUT", value);
    env.insert("LATER", "later".to_owned());
    let shown = ["OUT", "HOST", "URL", "NONE", "LATER", "KEY"]
        .map(|name| env.get(name).cloned().unwrap_or_else(|| "absent".to_owned()) + "\n");
    // a secret that is filled in as a template is a reference, which nothing expands
    let argument = if argument.contains("{{s.key}}") {
        format!("{KEY}{}", expand(&argument.replace("{{s.key}}", ""), &env))
    } else {
        expand(&filled(argument), &env)
    };
    let digest = |text: &str| mcpctl::provision::catalog::origin::sha256(text.as_bytes()).replace("sha256:", "");
    vec![format!("arg-{}", digest(&(argument + "\n"))), format!("env-{}", digest(&shown.concat()))]
}

#[test]
#[ignore = "needs a cluster with a node: set MCPCTL_E2E_KUBECONFIG and MCPCTL_E2E_NODE=1"]
fn twenty_entries_get_what_docker_would_give_them() {
    needs_a_node();
    let place = Place::new("docker-rules");
    let registry: serde_json::Map<String, Value> = (0..ENTRIES.len()).map(|n| (format!("s{n}"), entry(n))).collect();
    let names: Vec<String> = registry.keys().cloned().collect();
    let mut line = format!("provision {} --base b --catalog c.json --skip images", names.join(","));
    for number in 0..ENTRIES.len() {
        line.push_str(&format!(" --set s{number}.url={URL} --set s{number}.key=@key"));
    }
    let ran =
        place.mcpctl(&line).file("c.json", &json!({"registry": registry}).to_string()).file("key", KEY).run().code(0);
    let config = place.get("configmaps/mcp-gateway-config").text;
    assert!(!config.contains("canary-"), "a secret is in the ConfigMap");
    let line = format!("verify {} --base b --catalog c.json --timeout 3m -o json", names.join(","));
    let all = place.mcpctl(&line).after(ran).run().json();
    for (number, entry) in ENTRIES.iter().enumerate() {
        let name = format!("s{number}");
        let verdict = all.as_array().unwrap().iter().find(|one| one["name"] == name.as_str()).unwrap();
        let mut tools: Vec<&str> = verdict["tools"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        tools.sort_unstable();
        assert_eq!(tools, expected(number), "{entry:?}: {verdict}");
    }
}
