//! One server of a catalog: the typed view that all code uses, and the raw entry.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::origin::Origin;
use super::received::short;

/// How a server is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerKind {
    /// An image with an MCP server on stdio: the gateway starts a pod for it.
    Server,
    /// A remote service with a URL: no pod.
    Remote,
    /// Single tools, each in a separate image: a pod for each call.
    Poci,
}

impl ServerKind {
    /// The catalog's name of it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Remote => "remote",
            Self::Poci => "poci",
        }
    }
}

/// One `secrets[]` entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretEntry {
    /// The name, from which the Secret's key is derived.
    pub name: String,
    /// The environment variable that carries it.
    pub env: String,
    /// What it is for; may be empty.
    pub description: String,
    /// An example; may be empty.
    pub example: String,
    /// Whether the server needs it; the default of the catalog is true.
    pub required: bool,
}

/// One `env[]` entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvEntry {
    /// The name of the variable.
    pub name: String,
    /// Its value, with templates.
    pub value: String,
}

/// One `config[]` entry: the JSON schema of the catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigEntry {
    /// The first parts of the paths of its properties, usually the server's name.
    pub name: String,
    /// What it configures; may be empty.
    pub description: String,
    /// The entry itself: `properties`, `required`, `anyOf`.
    pub schema: Map<String, Value>,
}

/// One tool of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// What it does; may be empty.
    pub description: String,
}

/// One server of a catalog.
#[derive(Debug, Clone, PartialEq)]
pub struct Server {
    /// Its name for the gateway.
    pub name: String,
    /// The title; may be empty.
    pub title: String,
    /// The description; may be empty.
    pub description: String,
    /// How it is run.
    pub kind: ServerKind,
    /// The image in the catalog; empty for remote servers.
    pub image: String,
    /// The address of a remote server; else empty.
    pub url: String,
    /// Its secrets.
    pub secrets: Vec<SecretEntry>,
    /// Its environment.
    pub env: Vec<EnvEntry>,
    /// Its arguments.
    pub command: Vec<String>,
    /// Its volumes, in Docker's syntax.
    pub volumes: Vec<String>,
    /// The user it runs as; may be empty.
    pub user: String,
    /// Its parameters.
    pub config: Vec<ConfigEntry>,
    /// Its tools, if the catalog lists them.
    pub tools: Vec<Tool>,
    /// The category in the catalog; may be empty.
    pub category: String,
    /// The search terms.
    pub tags: Vec<String>,
    /// Whether it keeps running between calls.
    pub long_lived: bool,
    /// Whether it has no network.
    pub disable_network: bool,
    /// The hosts it may reach, as `host:port`.
    pub allow_hosts: Vec<String>,
    /// Whether it signs in by OAuth.
    pub oauth: bool,
    /// Where the entry came from.
    pub origin: Arc<Origin>,
    /// Whether it is one of a derived catalog: its variables and arguments are written for Kubernetes already.
    pub is_rendered: bool,
    /// The problems of the entry; an entry with problems cannot be used.
    pub problems: Vec<String>,
    /// The original entry, including fields that mcpctl does not know.
    pub raw: Map<String, Value>,
}

impl Server {
    /// Reads an entry. Fields of the wrong shape are recorded in `problems` and left out of the typed view.
    #[must_use]
    pub fn read(name: &str, raw: Map<String, Value>) -> Self {
        let mut entry = EntryReader { raw: &raw, problems: Vec::new() };
        let remote = raw.get("remote").and_then(Value::as_object);
        let url = remote.and_then(|remote| remote.get("url")).map(scalar).unwrap_or_default();
        let url = if url.is_empty() { entry.text("sseEndpoint") } else { url }.trim().to_owned();
        let image = entry.text("image").trim().to_owned();
        if image.contains(char::is_whitespace) {
            entry.problems.push("its `image` contains a blank: write `image: registry.example/name:tag`".to_owned());
        }
        let kind = match entry.text("type").as_str() {
            "" if image.is_empty() && !url.is_empty() => ServerKind::Remote,
            "" | "server" => ServerKind::Server,
            "remote" => ServerKind::Remote,
            "poci" => ServerKind::Poci,
            other => {
                entry.problems.push(format!("its type `{}` is unknown", short(other)));
                ServerKind::Server
            }
        };
        match kind {
            ServerKind::Server if image.is_empty() => entry.problems.push(no_image(&raw)),
            ServerKind::Remote if url.is_empty() => {
                entry.problems.push("it has no remote url: write `remote: {url: URL}`".to_owned());
            }
            _ => {}
        }
        let metadata = raw.get("metadata").and_then(Value::as_object);
        let server = Self {
            name: name.to_owned(),
            title: entry.text("title"),
            description: entry.text("description"),
            kind,
            image,
            url,
            secrets: entry.objects("secrets", secret),
            env: entry.objects("env", env),
            command: entry.texts("command"),
            volumes: entry.texts("volumes"),
            user: entry.text("user"),
            config: entry.objects("config", config),
            tools: entry.tools(),
            category: metadata.and_then(|m| m.get("category")).map(scalar).unwrap_or_default(),
            tags: metadata
                .and_then(|m| m.get("tags"))
                .and_then(Value::as_array)
                .map(|tags| tags.iter().map(scalar).filter(|tag| !tag.is_empty()).collect())
                .unwrap_or_default(),
            long_lived: entry.flag("longLived"),
            disable_network: entry.flag("disableNetwork"),
            allow_hosts: entry.texts("allowHosts"),
            oauth: raw.get("oauth").is_some_and(|oauth| !oauth.is_null()),
            origin: Arc::default(),
            is_rendered: false,
            problems: entry.problems,
            raw: Map::new(),
        };
        Self { raw, ..server }
    }
}

/// Reads fields of one raw entry and collects the problems.
struct EntryReader<'a> {
    raw: &'a Map<String, Value>,
    problems: Vec<String>,
}

impl EntryReader<'_> {
    fn text(&mut self, field: &str) -> String {
        match self.raw.get(field) {
            None | Some(Value::Null) => String::new(),
            Some(Value::Array(_) | Value::Object(_)) => {
                self.problems.push(format!("its `{field}` is not a string: write {}", example_of(field)));
                String::new()
            }
            Some(value) => scalar(value),
        }
    }

    fn flag(&mut self, field: &str) -> bool {
        match self.raw.get(field) {
            None | Some(Value::Null) => false,
            Some(value) => boolean(value).unwrap_or_else(|| {
                self.problems.push(format!("its `{field}` is neither true nor false"));
                false
            }),
        }
    }

    fn list(&mut self, field: &str) -> &[Value] {
        match self.raw.get(field) {
            None | Some(Value::Null) => &[],
            Some(Value::Array(items)) => items,
            Some(_) => {
                self.problems.push(format!("its `{field}` is not a list: write {}", example_of(field)));
                &[]
            }
        }
    }

    fn texts(&mut self, field: &str) -> Vec<String> {
        let mut texts = Vec::new();
        let mut wrong = false;
        for item in self.list(field) {
            wrong |= matches!(item, Value::Array(_) | Value::Object(_));
            texts.push(scalar(item));
        }
        if wrong {
            self.problems.push(format!("its `{field}` is not a list of strings: write {}", example_of(field)));
        }
        texts
    }

    fn objects<T>(&mut self, field: &str, read: impl Fn(&Map<String, Value>) -> Option<T>) -> Vec<T> {
        let items = self.list(field);
        let read: Vec<Option<T>> = items.iter().map(|item| item.as_object().and_then(&read)).collect();
        if read.iter().any(Option::is_none) {
            self.problems
                .push(format!("an entry of its `{field}` has no name or is not a map: write {}", example_of(field)));
        }
        read.into_iter().flatten().collect()
    }

    fn tools(&mut self) -> Vec<Tool> {
        let tool = |item: &Value| match item {
            Value::Object(tool) => Tool { name: field(tool, "name"), description: field(tool, "description") },
            name => Tool { name: scalar(name), description: String::new() },
        };
        self.list("tools").iter().map(tool).filter(|tool| !tool.name.is_empty()).collect()
    }
}

/// Why there is no image, with a fix if another field shows the intention.
fn no_image(raw: &Map<String, Value>) -> String {
    let has = |field: &str| raw.get(field).is_some_and(|value| !value.is_null());
    if has("url") || has("endpoint") {
        return "it has no image and no `remote`: for a remote server write `type: remote` and `remote: {url: URL}`"
            .to_owned();
    }
    let nested = raw.values().filter_map(Value::as_object).any(|inner| inner.contains_key("image"));
    if nested {
        return "it has no image, but entries that have one: put these directly under `registry:`".to_owned();
    }
    if has("packages") || has("package") {
        return "it has no image: it is an entry of the MCP community registry; write `image: IMAGE`".to_owned();
    }
    match super::fields::nearest_of(raw.keys().map(String::as_str), "image") {
        Some(near) => format!("it has no image: rename `{}` to `image`", short(near)),
        None => "it has no image: write `image: IMAGE`".to_owned(),
    }
}

/// The expected form of a field.
fn example_of(field: &str) -> &'static str {
    match field {
        "command" => "`command: [\"--flag\", \"value\"]`, one item for each argument",
        "env" => "`- name: NAME` and `value: VALUE` for each variable",
        "secrets" => "`- name: SERVER.KEY` and `env: VARIABLE` for each secret",
        "config" => "`- name: SERVER` and `properties: {…}`",
        "volumes" => "`volumes: [\"/source:/target\"]`",
        "allowHosts" => "`allowHosts: [\"HOST:443\"]`",
        "image" => "it as one string, such as `image: registry.example/name:tag`",
        "tools" => "`- name: TOOL` for each tool",
        _ => "it as one text",
    }
}

fn secret(entry: &Map<String, Value>) -> Option<SecretEntry> {
    let name = field(entry, "name");
    (!name.is_empty()).then(|| SecretEntry {
        name,
        env: field(entry, "env"),
        description: field(entry, "description"),
        example: field(entry, "example"),
        required: entry.get("required").and_then(boolean).unwrap_or(true),
    })
}

fn env(entry: &Map<String, Value>) -> Option<EnvEntry> {
    let name = field(entry, "name");
    (!name.is_empty()).then(|| EnvEntry { name, value: field(entry, "value") })
}

fn config(entry: &Map<String, Value>) -> Option<ConfigEntry> {
    let name = field(entry, "name");
    (!name.is_empty()).then(|| ConfigEntry { name, description: field(entry, "description"), schema: entry.clone() })
}

fn field(entry: &Map<String, Value>, name: &str) -> String {
    entry.get(name).map(scalar).unwrap_or_default()
}

/// A flag, parsed like in YAML 1.1 and so like in the gateway.
fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(word) => match word.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" => Some(true),
            "false" | "no" | "off" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// A scalar as written in the file; nothing for null, JSON for lists and maps.
pub(crate) fn scalar(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
