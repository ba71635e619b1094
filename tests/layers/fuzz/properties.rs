//! What must hold for any bytes that come from outside: nothing panics, nothing is lost, nothing steers a terminal.
//!
//! The fuzz targets (`fuzz/`) and the test over their corpus call the same functions.

use mcpctl::cluster::pods::Pod;
use mcpctl::output::clean;
use mcpctl::provision::catalog::Catalog;
use mcpctl::provision::envfile;
use mcpctl::provision::template::{Text, Value};
use mcpctl::repl::Typed;
use mcpctl::script::origin::Origin;
use mcpctl::script::resolve::Script;
use mcpctl::script::run::Program;

/// What is read from an env file is there again after writing it, to the byte; a changed value too.
pub(super) fn env_file(bytes: &[u8]) {
    let file = match envfile::parse(bytes, "fuzz.env") {
        Ok(file) => file,
        Err(error) => return is_fit_to_show(&error.to_string()),
    };
    let values: Vec<(String, String)> = pairs(&file);
    let again = envfile::parse(file.text().as_bytes(), "fuzz.env").expect("what was read can be read again");
    assert_eq!(values, pairs(&again), "the text of a file gives other values than the file");
    let Some((key, _)) = values.first() else { return };
    let value = String::from_utf8_lossy(bytes).replace('\0', "0");
    let mut changed = again;
    if changed.set(key, &value).is_ok() {
        let read = envfile::parse(changed.text().as_bytes(), "fuzz.env").expect("what was written can be read");
        assert_eq!(read.get(key), Some(value.as_str()), "a written value is read back as another");
        assert_eq!(read.entries().count(), values.len(), "a write changed the number of keys");
    }
}

/// A template gives a text or a list for whatever its paths hold, and a text without templates is itself.
pub(super) fn template(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let parsed = Text::parse(text);
    for value in [None, Some(Value::Text("a,b".into())), Some(Value::List(vec!["a".into(), "b:c".into()]))] {
        let given = parsed.evaluate(|_| value.clone());
        if parsed.is_plain() {
            assert_eq!(given.into_text(), text, "a text without templates was changed");
        }
    }
}

/// A catalog of any shape is read or refused; each server that it names is found, and a name that is a path is not taken.
pub(super) fn catalog(bytes: &[u8]) {
    let catalog = match Catalog::parse(bytes, "fuzz.yaml") {
        Ok(catalog) => catalog,
        Err(error) => return is_fit_to_show(&error.to_string()),
    };
    assert!(!catalog.servers.is_empty() || !catalog.broken.is_empty(), "a catalog without entries is none");
    for name in catalog.servers.keys() {
        let server = catalog.server(name).expect("a server that is listed is found");
        let is_path = name.contains(['/', '\\', '\0']) || name.starts_with('.');
        assert!(!is_path || catalog.choose(&[name]).is_err(), "a name that is a path can be chosen");
        let _ = mcpctl::provision::requirements::requirements(server);
    }
}

/// A script's header is read or refused.
pub(super) fn header(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let script = Script {
        name: "fuzz".into(),
        label: "fuzz.rhai".into(),
        origin: Origin::Input,
        text: text.into(),
        replaces_shipped: false,
    };
    if let Err(error) = Program::header_of(&script) {
        is_fit_to_show(&error.to_string());
    }
}

/// A line of the REPL is completed, judged and coloured wherever it is cut.
pub(super) fn repl_line(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let typed = Typed::read(text);
    assert!(text.is_char_boundary(typed.word_start), "the word to complete begins within a character");
    assert!(typed.word_start <= text.len());
}

/// A pod's status, however odd, comes to a word that can be shown.
pub(super) fn pod_status(bytes: &[u8]) {
    let now = jiff::Timestamp::UNIX_EPOCH;
    if let Ok(pod) = Pod::from_json(bytes, now) {
        assert!(!pod.status.is_empty(), "a pod without a status word");
        assert!(pod.ready.ready <= pod.ready.total, "more containers ready than there are");
    }
}

fn pairs(file: &envfile::EnvFile) -> Vec<(String, String)> {
    file.entries().map(|entry| (entry.key().to_owned(), entry.value().to_owned())).collect()
}

/// As the terminal gets it: whatever an error quotes is cleaned on its way out.
fn is_fit_to_show(message: &str) {
    assert!(!clean::text(message).chars().any(|c| c != '\n' && c != '\t' && clean::needs_cleaning(c)));
}
