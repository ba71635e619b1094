//! The talk with a server, by the official SDK: the handshake of the newest protocol or of the older ones, then the
//! list of its tools.

use rmcp::ServiceError;
use rmcp::model::{ClientCapabilities, ClientConfig, ErrorCode, Implementation, ProtocolVersion};
use rmcp::service::{ClientInitializeError, ClientLifecycleMode, ClientServiceExt as _};
use rmcp::transport::async_rw::AsyncRwTransport;
use tokio::io::{AsyncRead, AsyncWrite};

/// The longest line that is read: a list of tools has 100 KB where there are many.
const LONGEST_LINE: usize = 8 * 1024 * 1024;

/// The two requests, as people read of them.
const HANDSHAKE: &str = "the handshake";
const TOOLS: &str = "`tools/list`";

/// Why a talk came to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Silence {
    /// The server closed its stdout.
    Closed,
    /// It answered the request that is named with an error; here is its text.
    Refused(&'static str, String),
    /// It answered the request that is named with something that is no answer to it.
    Foreign(&'static str),
}

/// The names of the tools that a server says it has, in its order.
///
/// The SDK asks by `server/discover` first and waits ten seconds for a server that knows only the older `initialize`.
pub(super) async fn tools<R, W>(stdout: R, stdin: W) -> Result<Vec<String>, Silence>
where
    R: AsyncRead + Send + Unpin + 'static,
    W: AsyncWrite + Send + Unpin + 'static,
{
    let transport = AsyncRwTransport::new_client(stdout, stdin).with_max_line_length(LONGEST_LINE);
    let ourselves = Implementation::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    let client = ClientConfig::new(ClientCapabilities::default(), ourselves);
    let lifecycle = ClientLifecycleMode::Auto {
        preferred_versions: vec![ProtocolVersion::V_2026_07_28],
        legacy_version: Some(ProtocolVersion::LATEST_WITH_INITIALIZE),
    };
    let service = client.serve_with_lifecycle(transport, lifecycle).await.map_err(|error| unanswered(&error))?;
    match service.list_all_tools().await {
        Ok(tools) => Ok(tools.into_iter().map(|tool| tool.name.into_owned()).collect()),
        // a server that only has prompts or resources
        Err(ServiceError::McpError(error)) if error.code == ErrorCode::METHOD_NOT_FOUND => Ok(Vec::new()),
        Err(ServiceError::McpError(error)) => Err(Silence::Refused(TOOLS, error.message.into_owned())),
        Err(ServiceError::TransportClosed | ServiceError::TransportSend(_)) => Err(Silence::Closed),
        Err(_) => Err(Silence::Foreign(TOOLS)),
    }
}

fn unanswered(error: &ClientInitializeError) -> Silence {
    match error {
        ClientInitializeError::ConnectionClosed(_) | ClientInitializeError::TransportError { .. } => Silence::Closed,
        ClientInitializeError::JsonRpcError(error) => Silence::Refused(HANDSHAKE, error.message.to_string()),
        ClientInitializeError::LegacyFallbackFailed { fallback, .. } => unanswered(fallback),
        _ => Silence::Foreign(HANDSHAKE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream};

    /// A server that answers each request by a function; `None` ends it.
    async fn served(answer: impl Fn(&str) -> Option<Value> + Send + 'static) -> Result<Vec<String>, Silence> {
        let (ours, theirs): (DuplexStream, DuplexStream) = tokio::io::duplex(4096);
        let (stdout, stdin) = tokio::io::split(ours);
        tokio::spawn(async move {
            let (reading, mut writing) = tokio::io::split(theirs);
            let mut lines = BufReader::new(reading).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                let request: Value = serde_json::from_str(&line).unwrap();
                if request.get("id").is_none() {
                    continue;
                }
                let Some(mut reply) = answer(request["method"].as_str().unwrap()) else { return };
                reply["jsonrpc"] = json!("2.0");
                reply["id"] = request["id"].clone();
                writing.write_all(format!("{reply}\n").as_bytes()).await.unwrap();
            }
        });
        tools(stdout, stdin).await
    }

    fn unknown() -> Value {
        json!({"error": {"code": -32601, "message": "no such method"}})
    }

    fn initialized() -> Value {
        json!({"result": {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}},
            "serverInfo": {"name": "demo", "version": "1"}}})
    }

    #[tokio::test]
    async fn an_older_server_is_asked_by_initialize() {
        let names = served(|method| {
            Some(match method {
                "initialize" => initialized(),
                "tools/list" => json!({"result": {"tools": [
                    {"name": "b", "inputSchema": {"type": "object"}}, {"name": "a", "inputSchema": {"type": "object"}}]}}),
                _ => unknown(),
            })
        });
        assert_eq!(names.await, Ok(vec!["b".to_owned(), "a".to_owned()]));
    }

    #[tokio::test]
    async fn a_server_without_tools_has_none_and_an_error_is_told() {
        let none = served(|method| Some(if method == "initialize" { initialized() } else { unknown() }));
        assert_eq!(none.await, Ok(Vec::new()));
        let failing = served(|method| {
            Some(match method {
                "initialize" => initialized(),
                "tools/list" => json!({"error": {"code": -32000, "message": "no database"}}),
                _ => unknown(),
            })
        });
        assert_eq!(failing.await, Err(Silence::Refused(TOOLS, "no database".to_owned())));
        let refusing = served(|_| Some(json!({"error": {"code": -32000, "message": "go away"}})));
        assert_eq!(refusing.await, Err(Silence::Refused(HANDSHAKE, "go away".to_owned())));
    }

    #[tokio::test]
    async fn a_server_that_ends_is_closed() {
        assert_eq!(served(|_| None).await, Err(Silence::Closed));
    }
}
