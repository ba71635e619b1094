//! Conversations with servers that deviate, each a few lines of Rust on the other end of a pipe.

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::time::{Duration, timeout};

use super::{Deviation, Failure, Opening, Tools, Transcript, TranscriptState, list_tools};

/// What a server does on a message: writes text, ends, or both.
enum Step {
    Write(String),
    End(String),
}

const INITIALIZED: &str =
    r#"{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"s","version":"1"}}"#;
const ONE_TOOL: &str = r#"{"tools":[{"name":"look","inputSchema":{"type":"object"}}]}"#;

/// A result, or an error, as a whole line.
fn result(request: &Value, result: &str) -> String {
    format!("{{\"jsonrpc\":\"2.0\",\"id\":{},\"result\":{result}}}\n", request["id"])
}

fn error(request: &Value, code: i64, message: &str) -> String {
    format!("{}\n", json!({"jsonrpc": "2.0", "id": request["id"], "error": {"code": code, "message": message}}))
}

/// What a plain server that knows `initialize` writes.
fn plain(request: &Value) -> String {
    match request["method"].as_str().unwrap_or_default() {
        "initialize" => result(request, INITIALIZED),
        "tools/list" => result(request, ONE_TOOL),
        _ if request["id"].is_null() || request.get("method").is_none() => String::new(),
        _ => error(request, -32601, "no such method"),
    }
}

type Outcome = Option<Result<Tools, Failure>>;

/// Asks a server that first writes `greeting` and then does what the function says. `None` if it does not come to an
/// end by itself: time is simulated, so nothing waits.
async fn ask_from(
    opening: Opening,
    greeting: &str,
    mut serve: impl FnMut(&Value) -> Step + Send + 'static,
) -> (Outcome, TranscriptState, Vec<Value>) {
    let (ours, theirs) = tokio::io::duplex(256);
    let (stdout, stdin) = tokio::io::split(ours);
    let greeting = greeting.to_owned();
    let served = tokio::spawn(async move {
        let (reading, mut writing) = tokio::io::split(theirs);
        let mut received = Vec::new();
        if writing.write_all(greeting.as_bytes()).await.is_err() {
            return received;
        }
        let mut lines = BufReader::new(reading).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            let message: Value = serde_json::from_str(&line).unwrap();
            let step = serve(&message);
            received.push(message);
            let (Step::Write(text) | Step::End(text)) = &step;
            if writing.write_all(text.as_bytes()).await.is_err() || matches!(step, Step::End(_)) {
                return received;
            }
        }
        received
    });
    let transcript = Transcript::default();
    let outcome = timeout(Duration::from_secs(120), list_tools(stdout, stdin, &opening, &transcript)).await.ok();
    (outcome, transcript.so_far(), served.await.unwrap())
}

async fn ask(greeting: &str, serve: impl FnMut(&Value) -> String + Send + 'static) -> (Outcome, TranscriptState) {
    let mut serve = serve;
    let (outcome, heard, _) = ask_from(Opening::Initialize, greeting, move |message| Step::Write(serve(message))).await;
    (outcome, heard)
}

fn names(outcome: &Outcome) -> Vec<&str> {
    match outcome {
        Some(Ok(tools)) => tools.names.iter().map(String::as_str).collect(),
        other => panic!("no tools: {other:?}"),
    }
}

fn what(outcome: &Outcome) -> String {
    match outcome {
        Some(Err(Failure::Invalid { method, what, value })) => format!("{method} {what} {value}").trim().to_owned(),
        Some(Err(Failure::Refused { method, message, .. })) => format!("{method} refused: {message}"),
        other => format!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn initialize_comes_first_and_the_methods_follow_in_order() {
    let serve = |message: &Value| Step::Write(plain(message));
    let (outcome, heard, received) = ask_from(Opening::Initialize, "", serve).await;
    assert_eq!(names(&outcome), ["look"]);
    assert!(heard.deviations().is_empty());
    let methods: Vec<&str> = received.iter().map(|message| message["method"].as_str().unwrap()).collect();
    assert_eq!(methods, ["initialize", "notifications/initialized", "tools/list"]);
    assert_eq!(received[0]["params"]["protocolVersion"], "2025-11-25");
}

#[tokio::test(start_paused = true)]
async fn only_an_error_response_counts_as_rejection() {
    let newest = |message: &Value| match message["method"].as_str().unwrap() {
        "server/discover" => {
            assert_eq!(message["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"], "2026-07-28");
            result(
                message,
                r#"{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"ttlMs":0,"cacheScope":"private"}"#,
            )
        }
        "tools/list" if message["params"]["_meta"].is_object() => result(message, ONE_TOOL),
        _ => error(message, -32602, "send `server/discover`"),
    };
    let (outcome, heard) = ask("", newest).await;
    assert_eq!(outcome, Some(Ok(Tools { names: vec!["look".to_owned()], is_newest_only: true })));
    assert_eq!(heard.rejection.as_deref(), Some("send `server/discover`"));
    // silence is not a rejection
    let silent = |message: &Value| {
        assert_ne!(message["method"], "server/discover");
        String::new()
    };
    let (outcome, heard) = ask("", silent).await;
    assert_eq!((outcome, heard.pending, heard.rejection), (None, "initialize", None));
    // neither is what other responses and notifications say
    let unrelated = "{\"jsonrpc\":\"2.0\",\"id\":77,\"error\":{\"code\":1,\"message\":\"x\"}}\n{\"jsonrpc\":\"2.0\",\"method\":\"error\"}\n";
    let (outcome, heard) = ask(unrelated, plain).await;
    assert_eq!((names(&outcome), heard.rejection), (vec!["look"], None));
}

#[tokio::test(start_paused = true)]
async fn a_rejection_of_both_reports_the_first_and_an_end_is_left_to_a_new_process() {
    for message in ["Unsupported protocol version", "not ready"] {
        let (outcome, _) = ask("", move |request| error(request, -32602, message)).await;
        assert_eq!(what(&outcome), format!("initialize refused: {message}"));
    }
    let versions = |request: &Value| {
        format!(
            "{}\n",
            json!({"jsonrpc": "2.0", "id": request["id"], "error": {
            "code": -32602, "message": "Unsupported protocol version", "data": {"supported": ["2024-11-05"]}}})
        )
    };
    let (outcome, _) = ask("", versions).await;
    assert!(what(&outcome).ends_with("version: {\"supported\":[\"2024-11-05\"]}"), "{}", what(&outcome));
    // before or after it has got `server/discover`, and in the middle of a line
    for ends_at in ["initialize", "server/discover"] {
        let serve = move |request: &Value| {
            let text = if request["method"] == "initialize" { error(request, 1, "no") } else { "{\"json".to_owned() };
            if request["method"] == ends_at { Step::End(text) } else { Step::Write(text) }
        };
        let (outcome, heard, _) = ask_from(Opening::Initialize, "", serve).await;
        assert_eq!((outcome, heard.rejection.as_deref()), (Some(Err(Failure::Closed)), Some("no")), "{ends_at}");
    }
    let serve = |request: &Value| {
        Step::Write(match request["method"].as_str().unwrap() {
            "server/discover" => result(request, r#"{"supportedVersions":["2026-07-28"]}"#),
            "tools/list" => result(request, ONE_TOOL),
            other => panic!("{other}"),
        })
    };
    let (outcome, _, _) = ask_from(Opening::Discover("no".to_owned()), "", serve).await;
    assert_eq!(names(&outcome), ["look"]);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_ends_without_a_response_is_closed() {
    let (outcome, heard, _) = ask_from(Opening::Initialize, "", |_| Step::End(String::new())).await;
    assert_eq!((outcome, heard.rejection), (Some(Err(Failure::Closed)), None));
    // its last line counts without a line end
    let serve = |request: &Value| match request["method"].as_str().unwrap() {
        "tools/list" => Step::End(result(request, ONE_TOOL).trim_end().to_owned()),
        _ => Step::Write(plain(request)),
    };
    let (outcome, _, _) = ask_from(Opening::Initialize, "", serve).await;
    assert_eq!(names(&outcome), ["look"]);
}

/// What a server writes around its responses, none of which may break the conversation: (name, before, after).
#[tokio::test(start_paused = true)]
async fn late_repeated_and_unrelated_messages_break_nothing() {
    let repeated = |request: &Value| format!("{0}{0}", plain(request));
    let (outcome, heard) = ask("", repeated).await;
    assert_eq!((names(&outcome), heard.deviations()), (vec!["look"], [].as_slice()));
    for (name, around) in [
        ("a response to nobody", r#"{"jsonrpc":"2.0","id":4711,"result":{}}"#),
        ("an error to nobody", r#"{"jsonrpc":"2.0","id":"x","error":{"code":-1,"message":"m"}}"#),
        (
            "a log message",
            r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"up"}}"#,
        ),
        ("a list that changed", r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#),
        ("an unknown notification", r#"{"jsonrpc":"2.0","method":"notifications/custom"}"#),
        ("a ping", r#"{"jsonrpc":"2.0","id":"p1","method":"ping"}"#),
        ("a request with our id", r#"{"jsonrpc":"2.0","id":1,"method":"roots/list"}"#),
        ("a sampling request", r#"{"jsonrpc":"2.0","id":9,"method":"sampling/createMessage","params":{}}"#),
        ("a blank line", ""),
        ("a carriage return", "\r"),
    ] {
        let serve = move |request: &Value| {
            // answers to its own requests are not answered
            if request.get("method").is_none() {
                String::new()
            } else {
                format!("{around}\n{}{around}\n", plain(request))
            }
        };
        let (outcome, heard) = ask(&format!("{around}\n"), serve).await;
        assert_eq!((names(&outcome), heard.deviations()), (vec!["look"], [].as_slice()), "{name}");
    }
    // the response to the first request comes again instead of that to the second, and the right one after it
    let stale = |request: &Value| match request["method"].as_str().unwrap() {
        "tools/list" => format!("{}{}", result(&json!({"id": 1}), INITIALIZED), plain(request)),
        _ => plain(request),
    };
    assert_eq!(names(&ask("", stale).await.0), ["look"]);
}

#[tokio::test(start_paused = true)]
async fn what_the_server_asks_is_answered() {
    let asks = |request: &Value| {
        Step::Write(match request["method"].as_str() {
            Some("initialize") => format!(
                "{}{}\n{}\n",
                plain(request),
                json!({"jsonrpc": "2.0", "id": "p", "method": "ping"}),
                json!({"jsonrpc": "2.0", "id": 5, "method": "roots/list"})
            ),
            _ => plain(request),
        })
    };
    let (outcome, _, received) = ask_from(Opening::Initialize, "", asks).await;
    assert_eq!(names(&outcome), ["look"]);
    let answer =
        |id: &Value| received.iter().find(|message| message["id"] == *id && message.get("method").is_none()).cloned();
    assert_eq!(answer(&json!("p")).unwrap()["result"], json!({}));
    assert_eq!(answer(&json!(5)).unwrap()["error"]["code"], -32601);
}

#[tokio::test(start_paused = true)]
async fn text_on_stdout_is_a_deviation_and_the_tools_come_all_the_same() {
    for (name, greeting, prefix, suffix, deviation) in [
        ("a banner at the start", "ready\n", "", "", Deviation::Text),
        ("a banner before each response", "", "listing\n", "", Deviation::Text),
        ("a banner after a response", "", "", "done\n", Deviation::Text),
        ("a prefix", "", "INFO: ", "", Deviation::Text),
        ("a colour", "", "\u{1b}[32m", "", Deviation::Text),
        ("a byte order mark at the start", "\u{feff}", "", "", Deviation::ByteOrderMark),
        ("a byte order mark before each response", "", "\u{feff}", "", Deviation::ByteOrderMark),
        ("a JSON log", "{\"level\":\"info\"}\n", "", "", Deviation::Foreign),
        ("a JSON log over several lines", "{\n \"level\": 1\n}\n", "", "", Deviation::Text),
        ("a number", "8080\n", "", "", Deviation::Text),
        ("a batch", "[]\n", "", "", Deviation::Foreign),
        ("bytes that are not UTF-8, then a line end", "\u{fffd}\u{fffd}\n", "", "", Deviation::Text),
    ] {
        let serve = move |request: &Value| match plain(request) {
            text if text.is_empty() => text,
            text => format!("{prefix}{text}{suffix}"),
        };
        let (outcome, heard) = ask(greeting, serve).await;
        assert_eq!((names(&outcome), heard.deviations().first()), (vec!["look"], Some(&deviation)), "{name}");
    }
    // several lines for one message
    let pretty = |request: &Value| match serde_json::from_str::<Value>(&plain(request)) {
        Ok(value) => format!("{value:#}\n"),
        Err(_) => String::new(),
    };
    let (outcome, heard) = ask("", pretty).await;
    assert_eq!((names(&outcome), heard.deviations()), (vec!["look"], [Deviation::SeveralLines].as_slice()));
}

#[tokio::test(start_paused = true)]
async fn ids_that_strict_clients_do_not_match_are_deviations() {
    let with_id = |id: fn(&Value) -> Value| {
        move |request: &Value| match serde_json::from_str::<Value>(&plain(request)) {
            Ok(mut value) => {
                value["id"] = id(&value["id"]);
                format!("{value}\n")
            }
            Err(_) => String::new(),
        }
    };
    let (outcome, heard) = ask("", with_id(|id| id.to_string().into())).await;
    assert_eq!((names(&outcome), heard.deviations()), (vec!["look"], [Deviation::StringId].as_slice()));
    let (outcome, heard) = ask("", with_id(|_| Value::Null)).await;
    assert_eq!((names(&outcome), heard.deviations()), (vec!["look"], [Deviation::NullId].as_slice()));
    let (outcome, heard) = ask("", with_id(|id| json!(id.as_f64()))).await;
    assert_eq!((names(&outcome), heard.deviations()), (vec!["look"], [].as_slice()));
    assert_eq!(ask("", with_id(|_| json!("other"))).await.0, None);
}

#[tokio::test(start_paused = true)]
async fn framing_ends_at_once_and_a_message_without_a_line_end_is_known() {
    let framed = |request: &Value| {
        let text = plain(request);
        format!("content-length: {}\r\n\r\n{}", text.len(), text.trim_end())
    };
    assert_eq!(ask("", framed).await.0, Some(Err(Failure::Framed)));
    let (outcome, heard) = ask("", |request| plain(request).trim_end().to_owned()).await;
    assert!(outcome.is_none() && heard.lacks_line_end());
}

#[tokio::test(start_paused = true)]
async fn a_result_of_the_wrong_shape_is_named() {
    for (initialized, tools, expected) in [
        (r#"[]"#, "", "initialize is a list instead of an object"),
        (r#"{}"#, "", "initialize has no protocol version"),
        (r#"{"protocolVersion":"1.0"}"#, "", "initialize has a protocol version that gateways do not know \"1.0\""),
        (
            r#"{"protocolVersion":"2026-07-28"}"#,
            "",
            "initialize has a protocol version that gateways do not know \"2026-07-28\"",
        ),
        (r#"{"protocolVersion":20250618}"#, "", "initialize has a protocol version that is a number"),
        (
            r#"{"protocolVersion":"2025-06-18","capabilities":[]}"#,
            "",
            "initialize `capabilities` is a list instead of an object",
        ),
        (
            r#"{"protocolVersion":"2025-06-18","capabilities":{"tools":true}}"#,
            "",
            "initialize has `capabilities` in which `tools` is a boolean instead of an object",
        ),
        (
            r#"{"protocolVersion":"2025-06-18","capabilities":{"prompts":[]}}"#,
            "",
            "initialize has `capabilities` in which `prompts` is a list instead of an object",
        ),
        (
            r#"{"protocolVersion":"2025-06-18","capabilities":{"tools":{"listChanged":"yes"}}}"#,
            "",
            "initialize has `capabilities` in which `tools.listChanged` is a string instead of a boolean",
        ),
        (
            r#"{"protocolVersion":"2025-06-18","serverInfo":"x"}"#,
            "",
            "initialize `serverInfo` is a string instead of an object",
        ),
        (
            r#"{"protocolVersion":"2025-06-18","serverInfo":{"version":1}}"#,
            "",
            "initialize has a `serverInfo` in which `version` is a number instead of a string",
        ),
        (INITIALIZED, r#"{"tools":{}}"#, "tools/list has `tools` that are an object instead of a list"),
        (INITIALIZED, r#"{"tools":["a"]}"#, "tools/list lists a tool that is a string instead of an object (number 1)"),
        (INITIALIZED, r#"{"tools":[{"inputSchema":{}}]}"#, "tools/list lists a tool without a `name` (number 1)"),
        (
            INITIALIZED,
            r#"{"tools":[{"name":"a","inputSchema":{}},{"name":"b"}]}"#,
            "tools/list lists the tool `b` without an `inputSchema`",
        ),
        (
            INITIALIZED,
            r#"{"tools":[{"name":"b","inputSchema":null}]}"#,
            "tools/list lists the tool `b` without an `inputSchema`",
        ),
        (
            INITIALIZED,
            r#"{"tools":[{"name":"b","inputSchema":true}]}"#,
            "tools/list lists the tool `b`, whose `inputSchema` is a boolean instead of an object",
        ),
        (
            INITIALIZED,
            r#"{"tools":[{"name":"b","inputSchema":{"type":"array"}}]}"#,
            "tools/list lists the tool `b`, whose `inputSchema` has another type than `object`",
        ),
        (
            INITIALIZED,
            r#"{"tools":[{"name":"b","inputSchema":{},"description":["x"]}]}"#,
            "tools/list lists the tool `b`, whose `description` is a list instead of a string",
        ),
        (INITIALIZED, r#"{"tools":[],"nextCursor":0}"#, "tools/list has a cursor that is a number instead of a string"),
        (
            INITIALIZED,
            r#"{"tools":[],"nextCursor":false}"#,
            "tools/list has a cursor that is a boolean instead of a string",
        ),
        (
            INITIALIZED,
            r#"{"tools":[],"nextCursor":["x"]}"#,
            "tools/list has a cursor that is a list instead of a string",
        ),
        (
            INITIALIZED,
            r#"{"tools":[],"nextCursor":{}}"#,
            "tools/list has a cursor that is an object instead of a string",
        ),
        (
            INITIALIZED,
            r#"{"tools":[],"nextCursor":" "}"#,
            "tools/list repeats a cursor, so the list of its tools has no end",
        ),
        (
            INITIALIZED,
            r#"{"tools":[],"nextCursor":"x"}"#,
            "tools/list repeats a cursor, so the list of its tools has no end",
        ),
    ] {
        let serve = move |request: &Value| match request["method"].as_str().unwrap() {
            "initialize" => result(request, initialized),
            "tools/list" => result(request, tools),
            _ => String::new(),
        };
        let (outcome, _) = ask("", serve).await;
        assert_eq!(what(&outcome), expected);
    }
    let neither = |request: &Value| format!("{}\n", json!({"jsonrpc": "2.0", "id": request["id"]}));
    assert_eq!(what(&ask("", neither).await.0), "initialize has neither a result nor an error");
}

#[tokio::test(start_paused = true)]
async fn what_strict_clients_accept_is_accepted() {
    for (name, initialized, tools, expected) in [
        ("no server information", r#"{"protocolVersion":"2025-06-18"}"#, ONE_TOOL, vec!["look"]),
        (
            "null for absent",
            r#"{"protocolVersion":"2025-06-18","capabilities":{"tools":null,"logging":null},"serverInfo":null}"#,
            ONE_TOOL,
            vec!["look"],
        ),
        ("an old version", r#"{"protocolVersion":"2024-11-05","capabilities":{}}"#, ONE_TOOL, vec!["look"]),
        ("unknown fields", r#"{"protocolVersion":"2025-03-26","capabilities":{"x":[]},"y":1}"#, ONE_TOOL, vec!["look"]),
        ("no tools", INITIALIZED, "{}", vec![]),
        ("null tools", INITIALIZED, r#"{"tools":null,"nextCursor":null}"#, vec![]),
        ("an empty schema", INITIALIZED, r#"{"tools":[{"name":"a","inputSchema":{}}]}"#, vec!["a"]),
        (
            "one name twice",
            INITIALIZED,
            r#"{"tools":[{"name":"a","inputSchema":{}},{"name":"a","inputSchema":{}}]}"#,
            vec!["a", "a"],
        ),
        ("an empty cursor", INITIALIZED, r#"{"tools":[{"name":"a","inputSchema":{}}],"nextCursor":""}"#, vec!["a"]),
    ] {
        let serve = move |request: &Value| match request["method"].as_str().unwrap() {
            "initialize" => result(request, initialized),
            "tools/list" => result(request, tools),
            _ => String::new(),
        };
        assert_eq!(names(&ask("", serve).await.0), expected, "{name}");
    }
    let null = |request: &Value| plain(request).replace("}\n", ",\"error\":null}\n");
    assert_eq!(names(&ask("", null).await.0), ["look"], "an error that is null");
}

#[tokio::test(start_paused = true)]
async fn pages_are_read_to_the_last_and_a_server_without_tools_has_none() {
    let paged = |request: &Value| match request["method"].as_str().unwrap() {
        "tools/list" => match request["params"]["cursor"].as_str() {
            None => result(request, r#"{"tools":[{"name":"a","inputSchema":{}}],"nextCursor":"1"}"#),
            Some("1") => result(request, r#"{"tools":[],"nextCursor":"2"}"#),
            Some(_) => result(request, r#"{"tools":[{"name":"b","inputSchema":{}}]}"#),
        },
        _ => plain(request),
    };
    let (outcome, heard) = ask("", paged).await;
    assert_eq!((names(&outcome), heard.pages), (vec!["a", "b"], 3));
    // cursors that go round in a circle, the tools of which are known
    let circle = |request: &Value| match request["method"].as_str().unwrap() {
        "tools/list" => {
            let next = if request["params"]["cursor"] == "1" { "2" } else { "1" };
            result(request, &format!(r#"{{"tools":[{{"name":"a","inputSchema":{{}}}}],"nextCursor":"{next}"}}"#))
        }
        _ => plain(request),
    };
    let (outcome, heard) = ask("", circle).await;
    assert!(what(&outcome).contains("repeats a cursor"));
    assert_eq!(heard.tools, ["a", "a", "a"]);
    let without = |request: &Value| {
        if request["method"] == "tools/list" { error(request, -32601, "none") } else { plain(request) }
    };
    assert_eq!(names(&ask("", without).await.0), [""; 0]);
    let failing = |request: &Value| {
        if request["method"] == "tools/list" { error(request, -32000, "no database") } else { plain(request) }
    };
    assert_eq!(what(&ask("", failing).await.0), "tools/list refused: no database");
}
