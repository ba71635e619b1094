//! The Model Context Protocol as far as a list of tools needs it.
//!
//! `initialize` comes first, as every gateway in use sends it: servers of the newest revision answer it, too, while
//! older ones may end or hang on `server/discover`, and some refuse `initialize` once they have answered that. Only a
//! server that rejects `initialize` with an error is asked by `server/discover`.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use tokio::io::{AsyncRead, AsyncWrite};

use super::client::{Client, Failure, METHOD_NOT_FOUND};
use super::shape;
use super::transcript::Transcript;

/// The revisions that begin with `initialize` and that gateways accept, the newest first.
const WITH_INITIALIZE: [&str; 4] = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];
/// The revision that has `server/discover` in place of it.
const WITH_DISCOVER: &str = "2026-07-28";
/// The three requests.
const INITIALIZE: &str = "initialize";
const DISCOVER: &str = "server/discover";
const TOOLS: &str = "tools/list";
/// More pages than any server has tools.
const MOST_PAGES: usize = 10_000;

/// How a conversation begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opening {
    /// `initialize`, and `server/discover` where that is rejected.
    Initialize,
    /// `server/discover` alone, in a new process of a server that ended when it rejected `initialize` with these words.
    Discover(String),
}

/// A server's tools.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tools {
    /// Their names, in the server's order.
    pub names: Vec<String>,
    /// Whether the server takes `server/discover` only, which gateways in use do not send.
    pub is_newest_only: bool,
}

/// Asks a server for its tools. The transcript has what came before a failure, the rejection of `initialize` too.
///
/// # Errors
/// Why there is no list.
pub async fn list_tools<R, W>(stdout: R, stdin: W, opening: &Opening, transcript: &Transcript) -> Result<Tools, Failure>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let mut client = Client::new(stdout, stdin, transcript.clone());
    let rejected = match opening {
        Opening::Discover(rejection) => Some(rejection.clone()),
        Opening::Initialize => match initialize(&mut client).await {
            Ok(()) => None,
            Err(Failure::Refused { message, .. }) => Some(message),
            Err(other) => return Err(other),
        },
    };
    let is_newest_only = rejected.is_some();
    if let Some(rejection) = rejected {
        transcript.change(|state| state.rejection = Some(rejection.clone()));
        discover(&mut client).await.map_err(|failure| match failure {
            // its first words say more than that it does not know the newest method, either
            Failure::Refused { .. } => Failure::Refused { method: INITIALIZE, code: None, message: rejection },
            other => other,
        })?;
    }
    let names = tools(&mut client, is_newest_only, transcript).await?;
    Ok(Tools { names, is_newest_only })
}

async fn initialize<R: AsyncRead + Unpin, W: AsyncWrite + Unpin>(client: &mut Client<R, W>) -> Result<(), Failure> {
    let params = json!({ "protocolVersion": WITH_INITIALIZE[0], "capabilities": {}, "clientInfo": ourselves() });
    let result = object(INITIALIZE, client.request(INITIALIZE, params).await?)?;
    let invalid = |what: &str| Failure::invalid(INITIALIZE, what);
    match result.get("protocolVersion") {
        Some(Value::String(version)) if WITH_INITIALIZE.contains(&version.as_str()) => {}
        Some(version @ Value::String(_)) => {
            return Err(invalid("has a protocol version that gateways do not know").showing(version));
        }
        Some(other) => return Err(invalid(&format!("has a protocol version that is {}", shape::kind(other)))),
        None => return Err(invalid("has no protocol version")),
    }
    if let Some(fault) = shape::fault_of_announcement(&result) {
        return Err(invalid(&fault));
    }
    client.notify("notifications/initialized").await;
    Ok(())
}

async fn discover<R: AsyncRead + Unpin, W: AsyncWrite + Unpin>(client: &mut Client<R, W>) -> Result<(), Failure> {
    let result = object(DISCOVER, client.request(DISCOVER, newest(Map::new())).await?)?;
    let invalid = |what: &str| Failure::invalid(DISCOVER, what);
    let Some(versions) = result.get("supportedVersions").and_then(Value::as_array) else {
        return Err(invalid("has no list of `supportedVersions`"));
    };
    if !versions.iter().any(|version| version == WITH_DISCOVER) {
        let what = format!("has other protocol versions than {WITH_DISCOVER}");
        return Err(invalid(&what).showing(&Value::from(versions.as_slice())));
    }
    shape::fault_of_announcement(&result).map_or(Ok(()), |fault| Err(invalid(&fault)))
}

async fn tools<R, W>(
    client: &mut Client<R, W>,
    is_newest: bool,
    transcript: &Transcript,
) -> Result<Vec<String>, Failure>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let invalid = |what: String| Err(Failure::invalid(TOOLS, what));
    let mut names = Vec::new();
    let mut cursors = BTreeSet::new();
    let mut params = Map::new();
    for _ in 0..MOST_PAGES {
        let sent = if is_newest { newest(params) } else { Value::Object(params) };
        let page = match client.request(TOOLS, sent).await {
            Ok(page) => object(TOOLS, page)?,
            // a server that only has prompts or resources
            Err(Failure::Refused { code: Some(METHOD_NOT_FOUND), .. }) if names.is_empty() => return Ok(names),
            Err(failure) => return Err(failure),
        };
        if page.get("resultType").is_some_and(|kind| is_newest && kind != "complete") {
            return invalid("is not complete: it asks for more first".to_owned());
        }
        let none = Vec::new();
        let listed = match page.get("tools") {
            Some(Value::Array(tools)) => tools,
            None | Some(Value::Null) => &none,
            Some(other) => return invalid(format!("has `tools` that are {} instead of a list", shape::kind(other))),
        };
        let mut fault = None;
        for tool in listed {
            match shape::tool_name(tool, names.len() + 1) {
                Ok(name) => names.push(name),
                Err(wrong) => {
                    fault.get_or_insert(wrong);
                }
            }
        }
        transcript.change(|state| {
            state.pages += 1;
            state.tools.clone_from(&names);
        });
        if let Some(fault) = fault {
            return invalid(fault);
        }
        let cursor = match page.get("nextCursor") {
            None | Some(Value::Null) => return Ok(names),
            Some(Value::String(cursor)) if cursor.is_empty() => return Ok(names),
            Some(Value::String(cursor)) => cursor.clone(),
            Some(other) => return invalid(format!("has a cursor that is {} instead of a string", shape::kind(other))),
        };
        if !cursors.insert(cursor.clone()) {
            return invalid("repeats a cursor, so the list of its tools has no end".to_owned());
        }
        params = Map::from_iter([("cursor".to_owned(), cursor.into())]);
    }
    invalid(format!("has more than {MOST_PAGES} pages"))
}

fn object(method: &'static str, result: Value) -> Result<Map<String, Value>, Failure> {
    match result {
        Value::Object(result) => Ok(result),
        other => Err(Failure::invalid(method, format!("is {} instead of an object", shape::kind(&other)))),
    }
}

fn ourselves() -> Value {
    json!({ "name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION") })
}

/// Parameters of the newest revision, in which each request says who sends it.
fn newest(mut params: Map<String, Value>) -> Value {
    let about = json!({
        "io.modelcontextprotocol/protocolVersion": WITH_DISCOVER,
        "io.modelcontextprotocol/clientInfo": ourselves(),
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    params.insert("_meta".to_owned(), about);
    Value::Object(params)
}
