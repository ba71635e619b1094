//! Files that are near to a catalog: what cannot be a server is never one, and the error names the change that helps.

use mcpctl::provision::catalog::Catalog;

fn read(text: &str) -> Result<Catalog, mcpctl::error::Error> {
    Catalog::parse(text.as_bytes(), "f.yaml").and_then(Catalog::require_servers)
}

/// The text, and what the error says: its message and its hint.
const NEAR_MISSES: [(&str, &str, &str, &str); 31] = [
    (
        "a heading with strings",
        "registry:\n  title: Ours\n  description: d\nservers:\n  git: {image: x/git}\n",
        "heading",
        "rename `servers:` to `registry:`",
    ),
    (
        "a heading around the servers",
        "registry:\n  name: Ours\n  servers:\n    git: {image: x/git}\n",
        "heading",
        "rename `servers:` to `registry:`",
    ),
    (
        "a heading alone",
        "registry:\n  name: Ours\n  version: 3\n",
        "heading",
        "below `registry:` there are only servers",
    ),
    (
        "servers as a map",
        "version: 1\nservers:\n  git: {image: x/git}\n  far: {type: remote, remote: {url: 'https://e.example'}}\n",
        "`servers` is a map",
        "rename `servers:` to `registry:`",
    ),
    (
        "an editor's configuration",
        "servers:\n  git: {command: uvx, args: [mcp-git]}\n",
        "MCP client (`servers`)",
        "`NAME: {image: …}` under `registry:`",
    ),
    (
        "a desktop client's configuration",
        "{\"mcpServers\": {\"git\": {\"command\": \"docker\", \"args\": [\"run\"]}}}",
        "MCP client (`mcpServers`)",
        "as `command:`",
    ),
    (
        "a client's configuration with addresses",
        "mcpServers:\n  far: {url: 'https://e.example/mcp'}\n",
        "MCP client (`mcpServers`)",
        "under `registry:`",
    ),
    (
        "an editor's settings",
        "{\"context_servers\": {\"git\": {\"command\": \"x\"}}}",
        "MCP client (`context_servers`)",
        "under `registry:`",
    ),
    (
        "settings with mcp.servers",
        "mcp:\n  servers:\n    git: {command: x}\n",
        "MCP client (`mcp`)",
        "under `registry:`",
    ),
    (
        "a command-line agent's table",
        "mcp_servers:\n  git: {command: x}\n",
        "MCP client (`mcp_servers`)",
        "under `registry:`",
    ),
    (
        "a Compose file",
        "services:\n  git:\n    image: x/git\n    environment: {A: b}\n",
        "a Compose file",
        "rename `services:` to `registry:`",
    ),
    ("a fragment", "git:\n  image: x/git\nclock:\n  image: x/clock\n", "without `registry:`", "under `registry:`"),
    ("an indented fragment", "    git:\n        image: x/git\n", "without `registry:`", "under `registry:`"),
    (
        "a fragment with a remote server",
        "far: {type: remote, remote: {url: 'https://e.example'}}\n",
        "without `registry:`",
        "under `registry:`",
    ),
    (
        "a single server's file",
        "name: git\nimage: x/git\ntype: server\nabout: {title: Git}\n",
        "a single server",
        "put it under `registry:` and its name",
    ),
    (
        "a single snapshot",
        "snapshot: {server: {name: git, image: x/git}}\n",
        "a single server",
        "put it under `registry:` and its name",
    ),
    (
        "another heading",
        "production:\n  git: {image: x/git}\n",
        "map with the keys `production`",
        "rename `production:` to `registry:`",
    ),
    (
        "a heading that is misspelt",
        "Registry:\n  git: {image: x/git}\n",
        "map with the keys `Registry`",
        "rename `Registry:` to `registry:`",
    ),
    (
        "the list of enabled servers",
        "registry:\n  git:\n    ref: ''\n  clock:\n    ref: ''\n",
        "list of enabled servers",
        "--catalog",
    ),
    (
        "two documents",
        "registry:\n  git: {image: x/git}\n---\nregistry:\n  clock: {image: x/clock}\n",
        "several YAML documents",
        "under one `registry:`",
    ),
    (
        "three documents, the first empty of servers",
        "name: a\n---\nregistry:\n  git: {image: x/git}\n---\nx: y\n",
        "several YAML documents",
        "remove the `---` lines",
    ),
    (
        "a server.json",
        "{\"$schema\": \"https://static.modelcontextprotocol.io/schemas/2025-09-29/server.schema.json\", \"name\": \"io.example/git\", \"packages\": []}",
        "community registry",
        "write an entry under `registry:`",
    ),
    (
        "a page of the community registry",
        "{\"servers\": [{\"server\": {\"name\": \"io.example/git\", \"packages\": []}, \"_meta\": {}}], \"metadata\": {\"count\": 1}}",
        "community registry",
        "write an entry under `registry:`",
    ),
    (
        "a list of community packages",
        "servers:\n  - {id: a, name: A, package: a@1}\n",
        "community registry",
        "under `registry:`",
    ),
    (
        "a flat list",
        "servers:\n  - {name: git, image: x/git}\n  - {name: clock, image: x/clock}\n",
        "without a `snapshot`",
        "`registry:` with the servers below it",
    ),
    (
        "a list with a key instead of a name",
        "servers:\n  - {key: git}\n",
        "without a `snapshot`",
        "`snapshot: {server: {name: …, image: …}}`",
    ),
    (
        "a list of references",
        "servers:\n  - {type: registry, source: 'https://r.example'}\n",
        "without a `snapshot`",
        "docker mcp catalog show",
    ),
    ("a list of texts", "servers: [git, clock]\n", "without a `snapshot`", "`snapshot:"),
    (
        "a registry as a list",
        "registry:\n  - {name: git, image: x/git}\n",
        "a list of 1",
        "the name of each server as its key",
    ),
    ("a list of servers", "- {name: git, image: x/git}\n", "a list of 1", "under `registry:`"),
    (
        "only broken entries",
        "registry:\n  git:\n  clock: {title: Clock}\n",
        "no entry of catalog",
        "`NAME: {image: IMAGE}`",
    ),
];

#[test]
fn a_near_miss_is_an_error_with_the_one_change_that_helps() {
    for (what, text, message, hint) in NEAR_MISSES {
        let Err(error) = read(text) else { panic!("{what}: accepted") };
        assert!(error.message.contains(message), "{what}: {}", error.message);
        assert!(error.hints.iter().any(|line| line.contains(hint)), "{what}: {:?}", error.hints);
    }
}

/// A catalog with one entry that cannot be used beside a good one, and what is said of it.
const BROKEN: [(&str, &str, &str); 24] = [
    ("empty", "odd:", "it is empty: write `image: IMAGE`"),
    ("a text", "odd: x/odd", "it is not a map: write `image: IMAGE`"),
    ("a list", "odd: [x/odd]", "it is not a map"),
    ("no image", "odd: {title: Odd}", "it has no image: write `image: IMAGE`"),
    ("an image in capitals", "odd: {Image: x/odd}", "rename `Image` to `image`"),
    ("an image misspelt", "odd: {imge: x/odd}", "rename `imge` to `image`"),
    ("an empty image", "odd: {image: ''}", "it has no image"),
    ("an image as a map", "odd: {image: {repository: x, tag: '1'}}", "such as `image: registry.example/name:tag`"),
    ("an address alone", "odd: {url: 'https://e.example'}", "write `type: remote` and `remote: {url: URL}`"),
    ("a remote server without an address", "odd: {type: remote}", "write `remote: {url: URL}`"),
    ("servers one level too deep", "odd: {git: {image: x/git}}", "directly under `registry:`"),
    ("an entry of the community registry", "odd: {packages: []}", "community registry"),
    ("an unknown type", "odd: {image: x, type: stdio}", "its type `stdio` is unknown"),
    ("a command as text", "odd: {image: x, command: serve --all}", "one item for each argument"),
    ("a command as a map", "odd: {image: x, command: {a: b}}", "`command: ["),
    ("variables as a map", "odd: {image: x, env: {A: b}}", "`- name: NAME` and `value: VALUE`"),
    ("variables as texts", "odd: {image: x, env: [A=b]}", "`- name: NAME`"),
    ("secrets as a map", "odd: {image: x, secrets: {k: {env: K}}}", "`- name: SERVER.KEY` and `env: VARIABLE`"),
    ("secrets as plain words", "odd: {image: x, secrets: [odd.key]}", "`env: VARIABLE`"),
    ("a secret without a variable", "odd: {image: x, secrets: [{name: odd.key}]}", "its secret `odd.key` has no `env`"),
    ("a secret without a name", "odd: {image: x, secrets: [{env: KEY}]}", "has no name"),
    ("a config without a name", "odd: {image: x, config: [{properties: {}}]}", "its `config` has no name"),
    ("volumes as text", "odd: {image: x, volumes: '/a:/b'}", "`volumes: ["),
    ("a flag that is none", "odd: {image: x, longLived: maybe}", "neither true nor false"),
];

#[test]
fn an_entry_that_cannot_be_used_is_no_server_and_spoils_no_other() {
    for (what, entry, problem) in BROKEN {
        let catalog = read(&format!("registry:\n  good: {{image: x/good}}\n  {entry}\n")).unwrap();
        assert_eq!(catalog.servers.keys().collect::<Vec<_>>(), ["good"], "{what}");
        assert_eq!(catalog.sources[0].servers, 1, "{what}");
        assert_eq!(catalog.choose(&["good"]).unwrap().len(), 1, "{what}");
        let broken = &catalog.broken["odd"];
        assert!(broken.problems.iter().any(|line| line.contains(problem)), "{what}: {:?}", broken.problems);
        assert!(broken.summary().contains("the entry `odd` in `f.yaml` cannot be used: "), "{what}");
        let error = catalog.choose(&["good", "odd"]).unwrap_err();
        assert_eq!(error.message, "server `odd` is broken in `f.yaml`", "{what}");
        assert_eq!(error.details, broken.problems, "{what}");
    }
}

#[test]
fn what_is_empty_is_absent() {
    for text in [
        "registry:\n  a: {image: x, env: , volumes: , secrets: }\n",
        "registry: {a: {image: x, command: null, config: null, tools: null}}\n",
        "registry:\nservers:\n- snapshot: {server: {name: a, image: x}}\n",
        "registry: {}\nservers:\n- snapshot: {server: {name: a, image: x}}\n",
        "servers: []\nregistry: {a: {image: x}}\n",
        "servers: {}\nregistry: {a: {image: x}}\n",
        "---\nregistry: {a: {image: x}}\n",
        "registry: {a: {image: x, type: '', remote: , oauth: }}\n",
    ] {
        let catalog = read(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(catalog.server("a").unwrap().image, "x", "{text}");
        assert!(catalog.broken.is_empty() && catalog.warnings.is_empty(), "{text}: {:?}", catalog.warnings);
    }
}

#[test]
fn both_shapes_in_one_file_are_read_and_what_is_not_read_is_reported() {
    let both = "registry: {a: {image: x/a}}\nservers:\n- snapshot: {server: {name: b, image: x/b}}\n";
    assert_eq!(read(both).unwrap().servers.len(), 2);
    for (text, warning) in [
        (
            "registry: {a: {image: x}}\nproduction: {b: {image: x}}\n",
            "`production`, which is not read: put its servers under",
        ),
        ("registry: {a: {image: x}}\nb: {image: x}\n", "`b`, which is not read: put it under `registry:`"),
        (
            "registry: {a: {image: x}}\ndisplay_name: y\n",
            "`display_name`, which is not read: did you mean `displayName`?",
        ),
        ("registry: {a: {image: x}}\nregistries: {}\n", "`registries`, which is not read: did you mean `registry`?"),
        ("registry: {a: {image: x}}\nnotes: y\n", "`notes`, which is not read"),
        ("registry: {a: {image: x}}\nservers: {b: {image: x}}\n", "`servers:` as a map beside `registry:`"),
        (
            "id: p\nname: P\nversion: 1\nservers:\n- {type: image, config: {url: u}, snapshot: {server: {name: a, image: x}}}\n",
            "is a profile: its values (`config`) of `a` are not read",
        ),
        (
            "id: p\nservers:\n- {type: image, tools: [t], snapshot: {server: {name: a, image: x}}}\n",
            "is a profile: its selection of `tools` of `a` is not read",
        ),
    ] {
        let catalog = read(text).unwrap();
        assert!(catalog.warnings.iter().any(|line| line.contains(warning)), "{text}: {:?}", catalog.warnings);
    }
    let quiet = "x-anchors: {a: b}\n_base: {a: b}\nversion: 3\nname: n\ndisplayName: N\nregistry: {a: {image: x}}\n";
    assert_eq!(read(quiet).unwrap().warnings, [""; 0]);
}

#[test]
fn a_later_empty_entry_replaces_no_earlier_full_one() {
    for later in [
        "registry: {a: , b: {image: y/b}}\n",
        "registry: {a: {title: T}, b: {image: y/b}}\n",
        "registry: {a: text, b: {image: y/b}}\n",
        "registry: {a: {image: y, env: {}}, b: {image: y/b}}\n",
        "registry: {a: {image: y, command: text}, b: {image: y/b}}\n",
        "registry: {a: {type: remote}, b: {image: y/b}}\n",
        "registry: {a: {image: y, secrets: [k]}, b: {image: y/b}}\n",
        "servers: [{snapshot: {server: {name: a}}}, {snapshot: {server: {name: b, image: y/b}}}]\n",
    ] {
        let mut catalog = read("registry: {a: {image: x/a}, b: {image: x/b}}\n").unwrap();
        catalog.add(Catalog::parse(later.as_bytes(), "later.yaml").unwrap());
        let images = ["a", "b"].map(|name| catalog.server(name).unwrap().image.clone());
        assert_eq!(images, ["x/a", "y/b"], "{later}");
        assert!(catalog.warnings.iter().any(|line| line.contains("the entry `a` in `later.yaml`")), "{later}");
        // and one that can be used takes the place of one that cannot
        let mut catalog = Catalog::parse(later.as_bytes(), "first.yaml").unwrap();
        catalog.add(read("registry: {a: {image: x/a}}\n").unwrap());
        assert_eq!((catalog.server("a").unwrap().image.as_str(), catalog.broken.len()), ("x/a", 0), "{later}");
    }
}

#[test]
fn a_file_is_called_cut_off_on_evidence_alone() {
    let long: String = (0..900).map(|n| format!("  s{n}:\n    image: x/s{n}\n    title: \"number {n}\"\n")).collect();
    let whole = format!("registry:\n{long}");
    let is_cut_off =
        |text: &str| Catalog::parse(text.as_bytes(), "f.yaml").is_err_and(|e| e.message.contains("cut off"));
    for (what, text, is_cut) in [
        ("a whole file", whole.clone(), false),
        ("without its last line break", whole.trim_end().to_owned(), false),
        ("with a comment at its end", format!("{whole}# the end"), false),
        ("with blanks at its end", format!("{whole}  "), false),
        ("with an odd last entry", format!("{whole}  odd: {{type: x}}"), false),
        ("with an empty last entry", format!("{whole}  odd:"), false),
        ("in the middle of a quoted text", whole[..whole.len() - 3].to_owned(), true),
        ("in the middle of a flow map", format!("{whole}  odd: {{image: x"), true),
        ("in the middle of JSON", "{\"registry\": {\"a\": {\"image\": \"x\"".to_owned(), true),
        ("a flow list", format!("{whole}  odd:\n    command: [a, b"), true),
    ] {
        assert_eq!(is_cut_off(&text), is_cut, "{what}");
    }
    let bare = Catalog::parse(whole.trim_end().as_bytes(), "f.yaml").unwrap();
    assert_eq!(bare.warnings, ["`f.yaml` does not end with a line break: check that the file is complete"]);
    let far = mcpctl::provision::catalog::Origin { far: true, ..mcpctl::provision::catalog::Origin::named("u") };
    assert!(Catalog::read(whole.trim_end().as_bytes(), far).unwrap().warnings.is_empty(), "its length was known");
}
