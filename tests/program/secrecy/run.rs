//! One run in which secrets are attacked: its engine, what scripts get out of it, what it prints and writes.

use std::path::Path;
use std::sync::Arc;

use mcpctl::allowed::Allowed;
use mcpctl::host::Host;
use mcpctl::host::settings::Settings;
use mcpctl::output::{Captured, Form, Printer, Prompter};
use mcpctl::script::source::Sources;
use mcpctl::script::{engine, run};
use mcpctl::secret::Vault;
use rhai::{AST, Array, Blob, Dynamic, Engine, Map, Scope};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// What a secret says, and the pieces of it that may be nowhere else.
pub(super) struct Canary {
    pub(super) name: &'static str,
    pub(super) value: &'static str,
    pub(super) pieces: Vec<String>,
}

/// A word, a number, a JSON object, a string that is too short to be masked.
pub(super) fn canaries() -> Vec<Canary> {
    let canary = |name, value: &'static str, secret: &[&str]| {
        let mut pieces = Vec::new();
        for secret in secret {
            // sentinels have digits, too, and parts of them are left when a script cuts one
            let length = if secret.bytes().all(|byte| byte.is_ascii_digit()) { 9 } else { 4 };
            let letters: Vec<char> = secret.chars().collect();
            let reversed: Vec<char> = letters.iter().rev().copied().collect();
            for letters in [letters, reversed] {
                pieces.extend(letters.windows(length).map(|piece| piece.iter().collect::<String>().to_lowercase()));
            }
        }
        Canary { name, value, pieces }
    };
    vec![
        canary("word", "canary-Qx7Zk9Wv", &["Qx7Zk9Wv"]),
        canary("number", "9073514268", &["9073514268"]),
        canary("json", r#"{"kJ8Rw3Yq": "Hy5Tn2Rb", "n": 8264150937}"#, &["kJ8Rw3Yq", "Hy5Tn2Rb", "8264150937"]),
        canary("short", "zQ4~w", &["zQ4~w"]),
    ]
}

/// A run in the sandbox that may not reveal secrets.
pub(super) struct Attacked {
    pub(super) host: Arc<Host>,
    engine: Engine,
    captured: Captured,
    folder: TempDir,
    _runtime: Runtime,
}

/// What a script came to.
pub(super) struct Came {
    /// All text that it could see: its results, those that it kept before it failed, and its errors.
    pub(super) seen: String,
    /// The error that ended it.
    pub(super) error: Option<String>,
    /// Its variable `r`, where there is a secret in what it saw.
    pub(super) r: Option<Dynamic>,
}

impl Attacked {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let mut allowed = Allowed::default();
        allowed.deny("secrets: *, process: *, network: *, gateway: *, images: *", "--deny").unwrap();
        let mut settings = Settings::rehearsal(folder.path().to_owned());
        settings.allowed = allowed;
        settings.no_journal = true;
        let (printer, captured) = Printer::in_memory(Form::Table);
        let prompter = Prompter::nobody(printer.clone(), true);
        let host = Arc::new(Host::with_prompter(settings, printer, prompter, runtime.handle().clone()));
        let engine = engine::build(&host, &Sources::default());
        for canary in canaries() {
            std::fs::write(folder.path().join(format!("{}.canary", canary.name)), canary.value).unwrap();
        }
        Self { host, engine, captured, folder, _runtime: runtime }
    }

    pub(super) fn engine(&self) -> &Engine {
        &self.engine
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs a script, which can put what it gets hold of into the array `out`.
    pub(super) fn run(&self, script: &str) -> Came {
        self.run_with(&self.compile(script), Dynamic::UNIT)
    }

    /// A script that can be run several times.
    pub(super) fn compile(&self, script: &str) -> AST {
        match self.engine.compile_with_scope(&scope(Dynamic::UNIT), script) {
            Ok(ast) => ast,
            Err(error) => panic!("{error}:\n{script}"),
        }
    }

    /// Runs a script that looks into `r`.
    pub(super) fn run_with(&self, ast: &AST, r: Dynamic) -> Came {
        self.host.recorder.clear();
        let mut scope = scope(r);
        let result = self.engine.eval_ast_with_scope::<Dynamic>(&mut scope, ast);
        let mut seen = String::new();
        let error = match run::finish(result, "<eval>", &Sources::default(), ast) {
            Ok(ended) => {
                see(&ended.value, &mut seen);
                None
            }
            Err(error) => {
                self.host.printer.error(&error);
                Some(error.to_string())
            }
        };
        see(&scope.get_value::<Dynamic>("out").unwrap(), &mut seen);
        let r = scope.get_value::<Dynamic>("r").filter(|_| Vault::holds_secret(&seen));
        Came { seen: Vault::mask_sentinels(&seen).to_lowercase(), error, r }
    }

    /// Everything that was printed.
    pub(super) fn printed(&self) -> String {
        format!("{}{}", self.captured.out(), self.captured.err())
    }

    /// The text of all files, but for the canaries' own and those of which only secrets are read.
    pub(super) fn written(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(self.folder()).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let is_its_place = name.ends_with(".canary") || self.host.refuse_secret_file(&path).is_err();
            if path.is_file() && !is_its_place {
                found.push((name, String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned()));
            }
        }
        found
    }
}

fn scope(r: Dynamic) -> Scope<'static> {
    let mut scope = Scope::new();
    scope.push("out", Array::new());
    scope.push_dynamic("r", r);
    scope
}

/// Every text that is anywhere in a value, as a script could take it out of there. The items of an array are joined:
/// they may be the letters of a text.
pub(super) fn see(value: &Dynamic, seen: &mut String) {
    if let Some(items) = value.read_lock::<Array>() {
        let mut joined = String::new();
        for item in items.iter() {
            see(item, &mut joined);
            if joined.ends_with('\n') && (item.is_char() || item.is_int() || item.is_string() || item.is_array()) {
                joined.pop();
            }
        }
        seen.push_str(&joined);
    } else if let Some(map) = value.read_lock::<Map>() {
        for (key, item) in map.iter() {
            seen.push_str(key);
            seen.push('\n');
            see(item, seen);
        }
    } else if let Some(blob) = value.read_lock::<Blob>() {
        seen.push_str(&String::from_utf8_lossy(&blob));
    } else if let Ok(text) = value.clone().into_string() {
        seen.push_str(&text);
    } else if let Some(error) = value.read_lock::<mcpctl::error::Error>() {
        seen.push_str(&format!("{} {:?}", *error, *error));
    } else if value.is::<mcpctl::secret::Secret>() {
        // as a sentinel, of which it is one
        seen.push('\u{F0A5F}');
    } else if let Some(Ok(json)) = mcpctl::primitives::api::types::typed_json(value) {
        seen.push_str(&json.to_string());
    } else {
        seen.push_str(&value.to_string());
    }
    seen.push('\n');
}

/// The first piece of a canary in a text.
pub(super) fn piece_in(text: &str, canaries: &[Canary]) -> Option<String> {
    let text = Vault::mask_sentinels(text).to_lowercase();
    canaries.iter().flat_map(|canary| &canary.pieces).find(|piece| text.contains(piece.as_str())).cloned()
}
