//! From a catalog's text to its servers, whatever the shape.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::error::{Error, Place, Result};

use super::super::keys::clean;
use super::json;
use super::origin::{Limits, Origin, sha256};
use super::received::short;
use super::{Catalog, Server, received};

/// The most servers of one catalog; Docker's own has some hundreds.
const MOST_SERVERS: usize = 20_000;
/// The longest name of a server, in bytes: that of a key in Kubernetes.
const LONGEST_NAME: usize = 253;
/// So many odd servers are warned about one by one.
const WARNED: usize = 5;

/// A YAML file larger than this that lacks its last line break was cut off.
const HAND_WRITTEN: usize = 16 * 1024;

pub(super) fn parse(bytes: &[u8], mut origin: Origin) -> Result<Catalog> {
    let source = &*origin.place.clone();
    if origin.digest.is_empty() {
        origin.digest = sha256(bytes);
    }
    let limits = origin.limits();
    if bytes.len() > limits.bytes {
        return Err(not_one(source, &format!("more than {} MiB", limits.bytes >> 20)));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if let Some(received) = received::bytes(bytes) {
        return Err(not_one(source, &received));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| not_one(source, "binary data"))?;
    let json = text.trim_start().starts_with(['{', '[']);
    let document = if json { read_json(text, source, limits)? } else { read_yaml(text, source, limits)? };
    let mut catalog = shape(document, origin)?;
    if !json && !text.ends_with('\n') {
        if bytes.len() > HAND_WRITTEN || catalog.last_is_broken {
            return Err(cut_off(source, bytes.len()));
        }
        catalog
            .read
            .warnings
            .push(format!("{} does not end with a line break: look whether it is whole", ticked(source)));
    }
    Ok(catalog.read)
}

fn read_json(text: &str, source: &str, limits: Limits) -> Result<Value> {
    let error = match json::read(text, limits.values) {
        Ok(value) => return Ok(value),
        Err(error) if error.is_eof() => return Err(cut_off(source, text.len())),
        Err(error) => error,
    };
    // A YAML flow mapping starts like JSON; what is JSON and no catalog is not read again.
    let flow = if error.is_syntax() { read_yaml(text, source, limits).ok() } else { None };
    flow.ok_or_else(|| {
        not_one(source, "broken JSON").cause(json_cause(&error)).place(Place {
            file: source.to_owned(),
            line: error.line(),
            column: error.column(),
            ..Place::default()
        })
    })
}

/// What serde_json says, without its position: that is told as a place.
fn json_cause(error: &serde_json::Error) -> String {
    let text = error.to_string();
    clean(text.split(" at line ").next().unwrap_or(&text))
}

fn read_yaml(text: &str, source: &str, limits: Limits) -> Result<Value> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_anchors: 1_000,
            max_aliases: 1_000,
            max_documents: 1,
            max_nodes: limits.values,
            max_events: 2 * limits.values,
            max_depth: 64,
            max_total_scalar_bytes: limits.bytes,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: 100_000,
        },
        emit_comments: false,
        with_snippet: false,
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let place = error.location().map(|at| Place {
            file: source.to_owned(),
            line: usize::try_from(at.line()).unwrap_or(0),
            column: usize::try_from(at.column()).unwrap_or(0),
            ..Place::default()
        });
        let lines = text.lines().count();
        // A fault in the last line of a file without a last line break: the rest never came.
        if !text.ends_with('\n') && place.as_ref().is_some_and(|at| at.line + 1 >= lines) {
            return cut_off(source, text.len());
        }
        let error = not_one(source, "broken YAML").cause(yaml_cause(&error));
        match place {
            Some(place) => error.place(place),
            None => error,
        }
    })
}

/// The first line of the parser's message, without the position that is told as a place.
fn yaml_cause(error: &serde_saphyr::Error) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    let line = line.split(" at line ").next().unwrap_or(line);
    if line.starts_with("alias ") && (line.contains("limit") || line.contains("depth")) {
        return "its aliases stand for far more than a catalog holds".to_owned();
    }
    if line.starts_with("budget breached") {
        return "it holds far more than a catalog does".to_owned();
    }
    match line.strip_prefix("duplicate mapping key") {
        Some(rest) => match rest.split(", set ").next().unwrap_or_default().trim_start_matches(':').trim() {
            "" => "a key stands twice".to_owned(),
            key => format!("the key `{}` stands twice", clean(key)),
        },
        None => clean(line),
    }
}

/// A catalog as read, and whether its last entry lacks what every entry has.
struct Shaped {
    read: Catalog,
    last_is_broken: bool,
}

fn shape(document: Value, mut origin: Origin) -> Result<Shaped> {
    let source = &*origin.place.clone();
    let Value::Object(mut map) = document else {
        return Err(not_one(source, &received::document(&document)));
    };
    let entries = match (map.remove("registry"), map.remove("servers")) {
        (Some(Value::Object(registry)), _) => legacy(registry),
        (None, Some(Value::Array(servers))) => current(servers),
        (Some(Value::Null), _) | (None, Some(Value::Null)) => Vec::new(),
        (Some(odd), _) => return Err(not_one(source, &format!("a `registry` that is {}", received::document(&odd)))),
        (None, Some(odd)) => return Err(not_one(source, &format!("`servers` that is {}", received::document(&odd)))),
        (None, None) => return Err(not_one(source, &received::document(&Value::Object(map)))),
    };
    if entries.is_empty() {
        return Err(Error::invalid(format!("the catalog {} has no servers", ticked(source))).object(source));
    }
    let name = ["name", "title", "ref"]
        .iter()
        .find_map(|key| map.get(*key).and_then(Value::as_str).filter(|name| !name.is_empty()))
        .map_or_else(|| stem(source), str::to_owned);
    if entries.len() > MOST_SERVERS {
        return Err(not_one(source, &format!("a list of {} servers, more than {MOST_SERVERS}", entries.len())));
    }
    let mut odd = Odd::default();
    let mut servers = BTreeMap::new();
    let mut last_is_broken = false;
    for (name, entry) in entries {
        last_is_broken = true;
        let Some(name) = name else {
            odd.note("a server without a name; it is left out".to_owned());
            continue;
        };
        if name.is_empty() || name.len() > LONGEST_NAME {
            odd.note(format!("a server whose name `{}` has {} bytes; it is left out", short(&name), name.len()));
            continue;
        }
        let server = match entry {
            Value::Object(raw) => Server::read(&name, raw),
            _ => {
                let mut server = Server::read(&name, Map::new());
                server.problems = vec!["its entry is not a map".to_owned()];
                server
            }
        };
        last_is_broken = !server.problems.is_empty();
        if servers.insert(name.clone(), server).is_some() {
            odd.note(format!("the server `{}` twice; the later one counts", short(&name)));
        }
    }
    if servers.is_empty() {
        return Err(Error::invalid(format!("the catalog {} has no server with a name", ticked(source))).object(source));
    }
    origin.servers = servers.len();
    let origin = Arc::new(origin);
    let own = |(name, server)| (name, Arc::new(Server { origin: Arc::clone(&origin), ..server }));
    let servers: BTreeMap<String, Arc<Server>> = servers.into_iter().map(own).collect();
    let warnings = odd.warnings(source);
    Ok(Shaped { read: Catalog { name, sources: vec![origin], servers, warnings }, last_is_broken })
}

/// What is odd about a catalog, a little of which tells as much as all.
#[derive(Default)]
struct Odd {
    notes: Vec<String>,
    more: usize,
}

impl Odd {
    fn note(&mut self, what: String) {
        if self.notes.len() < WARNED {
            self.notes.push(what);
        } else {
            self.more += 1;
        }
    }

    fn warnings(self, source: &str) -> Vec<String> {
        let more = (self.more > 0).then(|| format!("{} more such servers", self.more));
        self.notes.into_iter().chain(more).map(|what| format!("{} has {what}", ticked(source))).collect()
    }
}

/// `registry: {NAME: {…}}`.
fn legacy(registry: Map<String, Value>) -> Vec<(Option<String>, Value)> {
    registry.into_iter().map(|(name, entry)| (Some(name), entry)).collect()
}

/// `servers: [{type, image|source|endpoint, snapshot: {server: {name, …}}}]`: the snapshot is the legacy entry.
fn current(servers: Vec<Value>) -> Vec<(Option<String>, Value)> {
    servers
        .into_iter()
        .map(|mut item| {
            let Some(mut entry) = item.pointer_mut("/snapshot/server").map(Value::take) else {
                let name = item.get("name").and_then(Value::as_str).map(str::to_owned);
                return (name, Value::Null);
            };
            if let Value::Object(raw) = &mut entry {
                let outer = |key: &str| item.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
                let missing = |raw: &Map<String, Value>, key: &str| {
                    raw.get(key).is_none_or(|value| value.is_null() || value.as_str() == Some(""))
                };
                if let Some(image) = outer("image")
                    && missing(raw, "image")
                {
                    raw.insert("image".to_owned(), image.into());
                }
                if let Some(url) = outer("endpoint")
                    && missing(raw, "remote")
                {
                    raw.insert("remote".to_owned(), serde_json::json!({ "url": url }));
                }
            }
            let name = entry.get("name").and_then(Value::as_str).filter(|name| !name.is_empty()).map(str::to_owned);
            (name, entry)
        })
        .collect()
}

fn stem(source: &str) -> String {
    std::path::Path::new(source)
        .file_stem()
        .map_or_else(|| source.to_owned(), |stem| stem.to_string_lossy().into_owned())
}

/// A source in backticks, which a command line has already.
fn ticked(source: &str) -> String {
    if source.starts_with('`') { source.to_owned() } else { format!("`{source}`") }
}

fn not_one(source: &str, received: &str) -> Error {
    Error::invalid(format!("{} is no catalog: it is {received}", ticked(source)))
        .object(source)
        .hint("a catalog is YAML or JSON with a `registry` of servers, like `~/.docker/mcp/catalogs/docker-mcp.yaml`")
}

fn cut_off(source: &str, bytes: usize) -> Error {
    Error::invalid(format!("{} is cut off: its {bytes} bytes end in the middle of a line or value", ticked(source)))
        .object(source)
        .hint("get the whole file again; if it is whole, add a line break at its end")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LEGACY: &str = "version: 2\nname: demo\nregistry:\n  time:\n    image: mcp/time\n    type: server\n    novel: {a: [1, x]}\n    env:\n    - {name: TZ, value: '{{time.zone}}'}\n    - {name: PORT, value: 0755}\n    - {name: ON, value: yes}\n";

    fn refused(text: &str) -> String {
        read(text.as_bytes(), "f.yaml").unwrap_err().message.clone()
    }

    fn read(bytes: &[u8], source: &str) -> Result<Catalog> {
        parse(bytes, Origin::named(source))
    }

    #[test]
    fn the_legacy_shape_keeps_unknown_fields_and_the_spelling_of_scalars() {
        let catalog = read(LEGACY.as_bytes(), "f.yaml").unwrap();
        let time = catalog.server("time").unwrap();
        assert_eq!(catalog.name, "demo");
        assert_eq!(time.env.iter().map(|e| e.value.as_str()).collect::<Vec<_>>(), ["{{time.zone}}", "0755", "yes"]);
        assert_eq!(time.raw["novel"], serde_json::json!({"a": [1, "x"]}));
    }

    #[test]
    fn the_current_shape_gives_the_same_server() {
        let text = r#"{"ref":"mcp/x:latest","digest":"sha256:0","title":"Demo","servers":[
            {"type":"image","image":"mcp/time","snapshot":{"server":{"name":"time","type":"server","env":[{"name":"TZ","value":"{{time.zone}}"}]}}},
            {"type":"remote","endpoint":"https://e.example","snapshot":{"server":{"name":"far","type":"remote"}}},
            {"type":"registry","source":"https://r.example"}]}"#;
        let catalog = read(text.as_bytes(), "f.json").unwrap();
        assert_eq!(catalog.name, "Demo");
        assert_eq!(catalog.server("time").unwrap().image, "mcp/time");
        assert_eq!(catalog.server("far").unwrap().url, "https://e.example");
        assert_eq!(catalog.warnings.len(), 1);
    }

    #[test]
    fn what_is_no_catalog_is_said() {
        assert_eq!(refused(""), "`f.yaml` is no catalog: it is an empty file");
        assert_eq!(refused(" \n"), "`f.yaml` is no catalog: it is nothing but blanks");
        assert_eq!(refused("\n<!DOCTYPE html><html>"), "`f.yaml` is no catalog: it is a web page (HTML)");
        assert_eq!(refused("hello world\n"), "`f.yaml` is no catalog: it is plain text");
        assert_eq!(refused("- a\n- b\n"), "`f.yaml` is no catalog: it is a list of 2");
        assert_eq!(
            refused("apiVersion: v1\nkind: Pod\n"),
            "`f.yaml` is no catalog: it is a map with the keys `apiVersion`, `kind`"
        );
        assert_eq!(refused("registry: {}\n"), "the catalog `f.yaml` has no servers");
        assert_eq!(refused("registry:\n"), "the catalog `f.yaml` has no servers");
        assert_eq!(refused("servers: []\n"), "the catalog `f.yaml` has no servers");
        assert_eq!(refused("registry: [1]\n"), "`f.yaml` is no catalog: it is a `registry` that is a list of 1");
        let error = read(b"\x00\x01\x02", "f.bin").unwrap_err();
        assert_eq!(error.message, "`f.bin` is no catalog: it is binary data (3 bytes)");
        assert!(refused("a: [1\nb: }\n").starts_with("`f.yaml` is no catalog: it is broken YAML"));
    }

    #[test]
    fn a_file_that_was_cut_off_is_said_wherever_it_was_cut() {
        let json = r#"{"registry": {"a": {"image": "mcp/a"}, "b": {"image": "mcp/b"}}}"#;
        for end in 1..json.len() {
            assert!(read(&json.as_bytes()[..end], "f.json").is_err(), "{end}");
        }
        let long: String = (0..400).map(|n| format!("  s{n}:\n    image: mcp/s{n}\n    title: number {n}\n")).collect();
        let yaml = format!("registry:\n{long}");
        for end in (yaml.len() - 60..yaml.len()).step_by(7).filter(|end| !yaml[..*end].ends_with('\n')) {
            assert!(refused(&yaml[..end]).contains("is cut off"), "{end}");
        }
    }

    #[test]
    fn the_parsers_own_words_are_not_shown() {
        let cause = |text: &str| read(text.as_bytes(), "f.yaml").unwrap_err().cause.clone().unwrap_or_default();
        let twice = cause("registry:\n  time: {image: a}\n  time: {image: b}\n");
        assert_eq!(twice, "the key `time` stands twice");
        let anchored = format!("a: &a [{}]\n", vec!["x"; 1000].join(","));
        let bomb = cause(&format!("{anchored}b: [{}]\nregistry: {{}}\n", vec!["*a"; 200].join(",")));
        assert_eq!(bomb, "its aliases stand for far more than a catalog holds");
    }

    #[test]
    fn bombs_are_refused() {
        let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for n in 1..12 {
            let before = format!("*a{}", n - 1);
            bomb.push_str(&format!("a{n}: &a{n} [{}]\n", vec![before; 10].join(",")));
        }
        assert!(refused(&bomb).contains("broken YAML"));
        assert!(read("[".repeat(100_000).as_bytes(), "f.yaml").is_err());
        assert!(read("{\"a\":".repeat(100_000).as_bytes(), "f.json").is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), cut in 0..LEGACY.len()) {
            let _ = read(&bytes, "f");
            let mut half = LEGACY.as_bytes()[..cut].to_vec();
            half.extend(bytes);
            let _ = read(&half, "f");
        }
    }
}
