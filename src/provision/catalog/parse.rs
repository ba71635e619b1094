//! From a catalog's text to its servers, for all shapes.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::de::DeserializeSeed as _;
use serde_json::Value;
use serde_saphyr::DuplicateKeyPolicy;

use crate::encoding;
use crate::error::{Error, Place, Result};

use super::super::keys::clean;
use super::super::requirements::requirements;
use super::broken::BrokenEntry;
use super::json::{self, Document};
use super::origin::{Limits, Origin, sha256};
use super::received::short;
use super::shape::{self, RawEntry};
use super::spelling::{self, Spelled};
use super::{Catalog, RENDERED_KEY, Server, received};

/// The most servers of one catalog; Docker's own has some hundreds.
const MOST_SERVERS: usize = 20_000;
/// The longest name of a server, in bytes: that of a key in Kubernetes.
const LONGEST_NAME: usize = 253;
/// The number of repeated servers that are reported one by one.
const WARNED: usize = 5;

pub(super) fn parse(bytes: &[u8], mut origin: Origin) -> Result<Catalog> {
    let source = &*origin.place.clone();
    if origin.digest.is_empty() {
        origin.digest = sha256(bytes);
    }
    let limits = origin.limits();
    if bytes.len() > limits.bytes {
        return Err(not_one(source, &format!("more than {} MiB", limits.bytes >> 20)));
    }
    let bytes = &*encoding::utf8_bytes(bytes, source).map_err(|error| match received::bytes(bytes) {
        // a message about UTF-16 helps more than one about bytes that are not text
        Some(received) if !error.message.contains("UTF-16") => not_one(source, &received),
        _ => error,
    })?;
    if let Some(received) = received::bytes(bytes) {
        return Err(not_one(source, &received));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| not_one(source, "binary data"))?;
    let start = text.trim_start();
    let text = without_empty_end(text);
    let json = start.starts_with(['{', '[']) || start.starts_with("//") || start.starts_with("/*");
    let document = if json { read_json(text, source, limits)? } else { read_yaml(text, source, limits)? };
    let is_far = origin.far;
    let mut catalog = read_document(document, origin)?;
    // a download has a length or a digest
    if !json
        && !is_far
        && !text.ends_with('\n')
        && !text.lines().last().is_some_and(|line| line.trim().starts_with('#'))
    {
        catalog
            .warnings
            .push(format!("{} does not end with a line break: check that the file is complete", ticked(source)));
    }
    Ok(catalog)
}

fn read_json(text: &str, source: &str, limits: Limits) -> Result<Document> {
    let error = match json::read(text, limits.values) {
        Ok(document) => return Ok(spelled(document, text, limits)),
        Err(error) if error.is_eof() => return Err(cut_off(source, text.len())),
        Err(error) => error,
    };
    // A YAML flow mapping starts like JSON; valid JSON that is not a catalog is not parsed again.
    let flow = |text: &str| if error.is_syntax() { read_yaml(text, source, limits).ok() } else { None };
    let commented = || json::without_comments(text).and_then(|text| flow(&text));
    flow(text).or_else(commented).ok_or_else(|| {
        not_one(source, "broken JSON").cause(json_cause(&error)).place(Place {
            file: source.to_owned(),
            line: error.line(),
            column: error.column(),
            ..Place::default()
        })
    })
}

/// The message of serde_json without its position, which the error has as its place.
fn json_cause(error: &serde_json::Error) -> String {
    let text = error.to_string();
    clean(text.split(" at line ").next().unwrap_or(&text))
}

/// A text without a final `---` that only blanks and comments follow: an empty document.
fn without_empty_end(text: &str) -> &str {
    let is_nothing = |line: &str| line.trim().is_empty() || line.trim_start().starts_with('#');
    let Some(at) = text.rfind("\n---").map(|at| at + 1) else { return text };
    let mut after = text[at..].lines();
    let is_mark = after.next().is_some_and(|line| line.trim_end() == "---");
    let (is_last, is_first) = (after.all(is_nothing), text[..at].lines().all(is_nothing));
    if is_mark && is_last && !is_first { &text[..at] } else { text }
}

/// The options of the YAML parser: limits, and no quotes of the text in its messages.
fn yaml_options(limits: Limits, duplicate_keys: DuplicateKeyPolicy) -> serde_saphyr::Options {
    serde_saphyr::options! {
        duplicate_keys: duplicate_keys,
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
    }
}

/// A document with numbers and booleans as written where strings are expected. JSON is YAML, too.
fn spelled(document: Document, text: &str, limits: Limits) -> Document {
    if !spelling::matters(&document.value) {
        return document;
    }
    let seed = Spelled::of(&document.value);
    let options = yaml_options(limits, DuplicateKeyPolicy::FirstWins);
    let read = serde_saphyr::with_deserializer_from_str_with_options(text, options, |yaml| seed.deserialize(yaml));
    Document { value: read.unwrap_or(document.value), ..document }
}

fn read_yaml(text: &str, source: &str, limits: Limits) -> Result<Document> {
    let options = yaml_options(limits, DuplicateKeyPolicy::PassThrough);
    let read = serde_saphyr::with_deserializer_from_str_with_options(text, options, |yaml| {
        json::document(yaml, limits.values)
    });
    let read = read.map_err(|error: serde_saphyr::Error| {
        let place = error.location().map(|at| Place {
            file: source.to_owned(),
            line: usize::try_from(at.line()).unwrap_or(0),
            column: usize::try_from(at.column()).unwrap_or(0),
            ..Place::default()
        });
        let lines = text.lines().count();
        // A syntax error in the last line of a file without a final line break: the rest is missing.
        if !text.ends_with('\n') && place.as_ref().is_some_and(|at| at.line + 1 >= lines) {
            return cut_off(source, text.len());
        }
        let error = if has_several_documents(&error) {
            not_valid(
                source,
                "several YAML documents in one file",
                Some("put all servers under one `registry:` and remove the `---` lines between, or write two files and name both with `--catalog`"),
            )
        } else {
            not_one(source, "broken YAML").cause(yaml_cause(&error))
        };
        match place {
            Some(place) => error.place(place),
            None => error,
        }
    })?;
    Ok(spelled(read, text, limits))
}

/// Whether a `---` starts a second document.
fn has_several_documents(error: &serde_saphyr::Error) -> bool {
    let text = error.to_string().to_lowercase();
    text.contains("multiple") && text.contains("documents") || (text.contains("budget") && text.contains("documents"))
}

/// The first line of the parser's message, without the position, which the error has as its place.
fn yaml_cause(error: &serde_saphyr::Error) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    let line = line.split(" at line ").next().unwrap_or(line);
    if line.starts_with("alias ") && (line.contains("limit") || line.contains("depth")) {
        return "its aliases expand to far more than a catalog contains".to_owned();
    }
    if line.starts_with("budget breached") {
        return "it holds far more than a catalog does".to_owned();
    }
    if line.contains("deserialize") || line.contains("Option<") {
        return "a key is empty, or is not one word".to_owned();
    }
    clean(line)
}

fn read_document(document: Document, mut origin: Origin) -> Result<Catalog> {
    let source = &*origin.place.clone();
    let mut map = match document.value {
        Value::Object(map) => map,
        Value::Array(items) => return Err(shape::list(&items, source)),
        other => return Err(not_one(source, &received::document(&other))),
    };
    let (entries, mut warnings) = shape::entries(&mut map, source)?;
    if entries.is_empty() {
        return Err(Error::invalid(format!("the catalog {} has no servers", ticked(source))).object(source));
    }
    if entries.len() > MOST_SERVERS {
        return Err(not_one(source, &format!("a list of {} servers, more than {MOST_SERVERS}", entries.len())));
    }
    let name = ["name", "title", "ref"]
        .iter()
        .find_map(|key| map.get(*key).and_then(Value::as_str).filter(|name| !name.is_empty()))
        .map_or_else(|| stem(source), str::to_owned);
    let is_rendered = map.get(RENDERED_KEY).is_some();
    let mut repeated: Vec<String> = Vec::new();
    let mut servers: BTreeMap<String, Server> = BTreeMap::new();
    let mut broken: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for RawEntry { name, place, value } in entries {
        let Some(name) = name.filter(|name| !name.is_empty()) else {
            broken.insert(place, vec!["it has no name: write `name: NAME` in its `snapshot.server`".to_owned()]);
            continue;
        };
        if name.len() > LONGEST_NAME {
            broken.insert(place, vec![format!("its name `{}` has {} bytes", short(&name), name.len())]);
            continue;
        }
        let keys = document.repeated.iter().filter(|key| key.entry == place);
        let problems: Vec<String> = keys.map(json::RepeatedKey::problem).collect();
        let read = if problems.is_empty() { read_entry(&name, value, is_rendered) } else { Err(problems) };
        match read {
            // a broken entry never replaces a valid one
            Err(problems) => {
                broken.insert(if servers.contains_key(&name) { place } else { name }, problems);
            }
            Ok(server) => {
                if servers.insert(name.clone(), server).is_some() {
                    repeated.push(name);
                }
            }
        }
    }
    warnings.extend(
        repeated
            .iter()
            .take(WARNED)
            .map(|name| format!("{} has the server `{}` twice; the later one counts", ticked(source), short(name))),
    );
    if repeated.len() > WARNED {
        warnings.push(format!("{} has {} more servers twice", ticked(source), repeated.len() - WARNED));
    }
    origin.servers = servers.len();
    let origin = Arc::new(origin);
    let own = |(name, server)| (name, Arc::new(Server { origin: Arc::clone(&origin), ..server }));
    let servers: BTreeMap<String, Arc<Server>> = servers.into_iter().map(own).collect();
    let entry = |(name, problems): (String, Vec<String>)| {
        (name.clone(), BrokenEntry { name, problems, origin: Arc::clone(&origin) })
    };
    let broken = broken.into_iter().map(entry).collect();
    Ok(Catalog { name, sources: vec![Arc::clone(&origin)], servers, broken, warnings })
}

/// Reads one entry; finds everything that makes it unusable, before it is listed, merged or counted.
fn read_entry(name: &str, value: Value, is_rendered: bool) -> std::result::Result<Server, Vec<String>> {
    let raw = match value {
        Value::Object(raw) => raw,
        Value::Null => return Err(vec!["it is empty: write `image: IMAGE` below its name".to_owned()]),
        _ => return Err(vec!["it is not a map: write `image: IMAGE` below its name".to_owned()]),
    };
    let mut server = Server::read(name, raw);
    server.is_rendered = is_rendered;
    let mut problems = server.problems.clone();
    problems.extend(requirements(&server).problems);
    if problems.is_empty() { Ok(server) } else { Err(problems) }
}

fn stem(source: &str) -> String {
    std::path::Path::new(source)
        .file_stem()
        .map_or_else(|| source.to_owned(), |stem| stem.to_string_lossy().into_owned())
}

/// A source in backticks; a command line has them already.
pub(super) fn ticked(source: &str) -> String {
    if source.starts_with('`') { source.to_owned() } else { format!("`{source}`") }
}

fn not_one(source: &str, received: &str) -> Error {
    not_valid(source, received, None)
}

/// The error for a document that is not a catalog, with a fix if one is known.
pub(super) fn not_valid(source: &str, received: &str, hint: Option<&str>) -> Error {
    Error::invalid(format!("{} is not a catalog: it is {received}", ticked(source))).object(source).hint(
        hint.unwrap_or(
            "a catalog is YAML or JSON with a `registry` of servers, like `~/.docker/mcp/catalogs/docker-mcp.yaml`",
        ),
    )
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
    fn numbers_and_booleans_keep_their_spelling_where_strings_are_due() {
        for (written, text) in [
            ("1.10", "1.10"),
            ("1.0", "1.0"),
            ("1e3", "1e3"),
            ("0x1F", "0x1F"),
            ("0o17", "0o17"),
            ("+5", "+5"),
            (".5", ".5"),
            ("007", "007"),
            ("1_000", "1_000"),
            ("8080", "8080"),
            ("-1", "-1"),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
            ("True", "True"),
            ("FALSE", "FALSE"),
            ("true", "true"),
            ("yes", "yes"),
            ("off", "off"),
            ("12:30:45", "12:30:45"),
            ("2026-01-01", "2026-01-01"),
            ("'1.10'", "1.10"),
            ("null", ""),
            ("~", ""),
        ] {
            let text_of = format!(
                "base: &base {{user: {written}}}\nregistry:\n  s:\n    <<: *base\n    image: i\n    longLived: True\n    \
                 command: [{written}, &a {written}, *a]\n    env: [{{name: A, value: {written}}}]\n"
            );
            let catalog = read(text_of.as_bytes(), "f.yaml").unwrap();
            let server = catalog.server("s").unwrap();
            assert_eq!(server.env[0].value, text, "{written}");
            assert_eq!(server.command, [text; 3], "{written}");
            assert_eq!(server.user, text, "{written}");
            assert!(server.long_lived, "{written}");
        }
    }

    #[test]
    fn what_people_add_to_a_catalog_does_not_matter() {
        for text in [
            "registry: {s: {image: i}}\n---\n",
            "---\nregistry: {s: {image: i}}\n---\n# the end\n\n",
            "---\nregistry: {s: {image: i}}\n...\n",
            "registry: {s: {image: ' i '}}\n",
            "// mine\n{\"registry\": {\"s\": {\"image\": \"i\", /* no */ }, }, }",
            "{\"registry\": {\"s\": {\"image\": \"i\"}} // end\n}",
        ] {
            let catalog = read(text.as_bytes(), "f").unwrap_or_else(|error| panic!("{text}: {error:?}"));
            assert_eq!(catalog.server("s").unwrap().image, "i", "{text}");
        }
        for text in ["registry: {s: {image: i}}\n---\nregistry: {t: {image: i}}\n", "---\n---\n"] {
            assert!(read(text.as_bytes(), "f").is_err(), "{text}");
        }
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
        assert_eq!(catalog.broken.keys().collect::<Vec<_>>(), ["servers[2]"]);
    }

    #[test]
    fn what_is_no_catalog_is_said() {
        assert_eq!(refused(""), "`f.yaml` is not a catalog: it is an empty file");
        assert_eq!(refused(" \n"), "`f.yaml` is not a catalog: it is nothing but blanks");
        assert_eq!(refused("\n<!DOCTYPE html><html>"), "`f.yaml` is not a catalog: it is a web page (HTML)");
        assert_eq!(refused("hello world\n"), "`f.yaml` is not a catalog: it is plain text");
        assert_eq!(refused("- a\n- b\n"), "`f.yaml` is not a catalog: it is a list of 2");
        assert_eq!(
            refused("apiVersion: v1\nkind: Pod\n"),
            "`f.yaml` is not a catalog: it is a map with the keys `apiVersion`, `kind`"
        );
        assert_eq!(refused("registry: {}\n"), "the catalog `f.yaml` has no servers");
        assert_eq!(refused("registry:\n"), "the catalog `f.yaml` has no servers");
        assert_eq!(refused("servers: []\n"), "the catalog `f.yaml` has no servers");
        assert_eq!(
            refused("version = 2\n[registry.time]\nimage = \"mcp/time\"\n"),
            "`f.yaml` is not a catalog: it is a TOML file, not YAML or JSON"
        );
        assert_eq!(
            refused("[mcp_servers.x]\ncommand = 'x'\n"),
            "`f.yaml` is not a catalog: it is a TOML file, not YAML or JSON"
        );
        assert_eq!(refused("registry: [1]\n"), "`f.yaml` is not a catalog: it is a `registry` that is a list of 1");
        let error = read(b"\x00\x01\x02", "f.bin").unwrap_err();
        assert_eq!(error.message, "`f.bin` is not a catalog: it is binary data (3 bytes)");
        assert!(refused("a: [1\nb: }\n").starts_with("`f.yaml` is not a catalog: it is broken YAML"));
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
            let said = read(&yaml.as_bytes()[..end], "f.yaml")
                .map_or_else(|error| error.message.clone(), |read| read.warnings.concat());
            assert!(said.contains("is cut off") || said.contains("does not end with a line break"), "{end}: {said}");
        }
    }

    #[test]
    fn the_parsers_own_words_are_not_shown() {
        let cause = |text: &str| read(text.as_bytes(), "f.yaml").unwrap_err().cause.clone().unwrap_or_default();
        let twice = cause("registry:\n  time: {image: a}\nregistry:\n  clock: {image: b}\n");
        assert_eq!(twice, "the key `registry` appears twice");
        let anchored = format!("a: &a [{}]\n", vec!["x"; 1000].join(","));
        let bomb = cause(&format!("{anchored}b: [{}]\nregistry: {{}}\n", vec!["*a"; 200].join(",")));
        assert_eq!(bomb, "its aliases expand to far more than a catalog contains");
    }

    #[test]
    fn a_repeated_key_breaks_its_entry_and_no_other() {
        let good = "  good:\n    image: mcp/good\n    env: [{name: V, value: 1.10}]\n";
        for (entry, problem) in [
            ("  bad: {image: a, image: b}\n", "its key `image` appears twice"),
            ("  bad:\n    image: a\n    env: []\n    env: [{name: A, value: b}]\n", "its key `env` appears twice"),
            (
                "  bad:\n    image: a\n    env: [{name: A, value: 1.0, name: B}]\n",
                "its key `env[0].name` appears twice",
            ),
            ("  bad:\n    image: a\n    config: [{name: c, properties: {a: {}, a: {}}}]\n", "`config[0].properties.a`"),
            ("  bad: {image: a}\n  bad: {image: b}\n", "it appears twice"),
            ("  bad: {image: a}\n  bad:\n", "it appears twice"),
            ("  bad: {image: a, metadata: {1: a, 1: b}}\n", "its key `metadata.1` appears twice"),
            ("  bad: {image: a, 'image': b}\n", "its key `image` appears twice"),
        ] {
            for text in [format!("registry:\n{entry}{good}"), format!("registry:\n{good}{entry}")] {
                let catalog = read(text.as_bytes(), "f.yaml").unwrap();
                assert_eq!(catalog.servers.keys().collect::<Vec<_>>(), ["good"], "{text}");
                assert_eq!(catalog.server("good").unwrap().env[0].value, "1.10", "{text}");
                assert!(catalog.broken["bad"].problems[0].contains(problem), "{:?}", catalog.broken["bad"].problems);
            }
        }
        let merged = "x-base: &base {image: a}\nregistry:\n  good: {<<: *base, image: b}\n";
        assert_eq!(read(merged.as_bytes(), "f.yaml").unwrap().server("good").unwrap().image, "b");
        let json = r#"{"registry": {"good": {"image": "a"}, "bad": {"image": "a", "image": "b"}}}"#;
        assert_eq!(read(json.as_bytes(), "f.json").unwrap().servers.keys().collect::<Vec<_>>(), ["good"]);
        let list = "servers:\n- snapshot: {server: {name: good, image: a}}\n- snapshot: {server: {name: bad, image: a, image: b}}\n";
        let list = read(list.as_bytes(), "f.yaml").unwrap();
        assert_eq!((list.servers.len(), list.broken["bad"].problems.len()), (1, 1));
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
