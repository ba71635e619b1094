//! One server of a catalog: the typed view that everything works with, and the raw entry beside it.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::origin::Origin;
use super::received::short;

/// How a server is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerKind {
    /// An image that speaks MCP over stdio: the gateway starts a pod for it.
    Server,
    /// A service somewhere else, reached by URL: no pod.
    Remote,
    /// Single tools, each in a separate image: a pod for each call.
    Poci,
}

impl ServerKind {
    /// The catalog's word for it.
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
    /// The name, from which the Secret's key is made.
    pub name: String,
    /// The environment variable that carries it.
    pub env: String,
    /// What it is for; may be empty.
    pub description: String,
    /// What it looks like; may be empty.
    pub example: String,
    /// Whether the server needs it; so unless the catalog says no.
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

/// One `config[]` entry: a JSON schema, as the catalog writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigEntry {
    /// The first parts of the paths of its properties, mostly the server's name.
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
    /// The name by which the gateway knows it.
    pub name: String,
    /// The name for people; may be empty.
    pub title: String,
    /// What it is; may be empty.
    pub description: String,
    /// How it is run.
    pub kind: ServerKind,
    /// The image as the catalog names it; empty for remote servers.
    pub image: String,
    /// The address of a remote server; else empty.
    pub url: String,
    /// The secrets it takes.
    pub secrets: Vec<SecretEntry>,
    /// Its environment.
    pub env: Vec<EnvEntry>,
    /// Its arguments.
    pub command: Vec<String>,
    /// Its volumes, as Docker writes them.
    pub volumes: Vec<String>,
    /// The user it runs as; may be empty.
    pub user: String,
    /// The parameters it can be given.
    pub config: Vec<ConfigEntry>,
    /// Its tools, where the catalog lists them.
    pub tools: Vec<Tool>,
    /// What kind of server it is, in the catalog's words; may be empty.
    pub category: String,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// Whether it stays between calls.
    pub long_lived: bool,
    /// Whether it is to have no network.
    pub disable_network: bool,
    /// The hosts it may reach, as `host:port`.
    pub allow_hosts: Vec<String>,
    /// Whether it signs in by OAuth.
    pub oauth: bool,
    /// Where the entry came from.
    pub origin: Arc<Origin>,
    /// Whether it is one of a derived catalog: its variables and arguments are written for Kubernetes already.
    pub is_rendered: bool,
    /// What is wrong with the entry; it cannot be used as long as there is something.
    pub problems: Vec<String>,
    /// The entry as it was read, with every field that mcpctl does not know.
    pub raw: Map<String, Value>,
}

impl Server {
    /// Reads an entry. What has the wrong shape is noted in `problems` and left out of the typed view.
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

/// Reads fields of one raw entry and collects what is wrong.
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

/// Why there is no image, with what to change where another field shows what was meant.
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

/// What a field has to look like.
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

/// A flag, also as YAML 1.1 and hence the gateway reads it.
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
