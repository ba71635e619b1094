//! Whether a result has the shape that strict clients decode: Go's SDK, which the gateway uses, rejects a value of
//! another type, and takes null for an absent one.

use serde_json::{Map, Value};

/// The capabilities of a server that are objects.
const CAPABILITIES: [&str; 6] = ["tools", "prompts", "resources", "logging", "completions", "experimental"];
/// Their switches.
const SWITCHES: [&str; 2] = ["listChanged", "subscribe"];

/// What is wrong with a result that announces a server; `None` if nothing is.
pub(super) fn fault_of_announcement(result: &Map<String, Value>) -> Option<String> {
    if let Some(fault) = not_object(result, "capabilities").or_else(|| not_object(result, "serverInfo")) {
        return Some(fault);
    }
    let empty = Map::new();
    let capabilities = result.get("capabilities").and_then(Value::as_object).unwrap_or(&empty);
    for name in CAPABILITIES {
        if let Some(fault) = not_object(capabilities, name) {
            return Some(format!("has `capabilities` in which {fault}"));
        }
        let switches = capabilities.get(name).and_then(Value::as_object).unwrap_or(&empty);
        for switch in SWITCHES {
            if let Some(value) = switches.get(switch).filter(|value| !value.is_boolean() && !value.is_null()) {
                let what = kind(value);
                return Some(format!("has `capabilities` in which `{name}.{switch}` is {what} instead of a boolean"));
            }
        }
    }
    let info = result.get("serverInfo").and_then(Value::as_object).unwrap_or(&empty);
    let fault = ["name", "version", "title"].iter().find_map(|field| not_string(info, field));
    fault.map(|fault| format!("has a `serverInfo` in which {fault}")).or_else(|| not_string(result, "instructions"))
}

/// The name of a tool.
///
/// # Errors
/// What is wrong with it.
pub(super) fn tool_name(tool: &Value, place: usize) -> Result<String, String> {
    let Some(tool) = tool.as_object() else {
        return Err(format!("lists a tool that is {} instead of an object (number {place})", kind(tool)));
    };
    let name = match tool.get("name") {
        Some(Value::String(name)) if !name.is_empty() => name.clone(),
        None | Some(Value::Null) => return Err(format!("lists a tool without a `name` (number {place})")),
        Some(Value::String(_)) => return Err(format!("lists a tool with an empty `name` (number {place})")),
        Some(other) => return Err(format!("lists a tool whose `name` is {} (number {place})", kind(other))),
    };
    let wrong = |fault: String| Err(format!("lists the tool `{name}`, whose {fault}"));
    match tool.get("inputSchema") {
        None | Some(Value::Null) => return Err(format!("lists the tool `{name}` without an `inputSchema`")),
        Some(Value::Object(schema)) => {
            // an absent type is accepted as that of any object
            if schema.get("type").is_some_and(|kind| kind != "object" && !kind.is_null()) {
                return wrong("`inputSchema` has another type than `object`".to_owned());
            }
        }
        Some(other) => return wrong(format!("`inputSchema` is {} instead of an object", kind(other))),
    }
    for field in ["outputSchema", "annotations"] {
        if let Some(fault) = not_object(tool, field) {
            return wrong(fault);
        }
    }
    match ["title", "description"].iter().find_map(|field| not_string(tool, field)) {
        Some(fault) => wrong(fault),
        None => Ok(name),
    }
}

fn not_object(fields: &Map<String, Value>, name: &str) -> Option<String> {
    let value = fields.get(name).filter(|value| !value.is_object() && !value.is_null())?;
    Some(format!("`{name}` is {} instead of an object", kind(value)))
}

fn not_string(fields: &Map<String, Value>, name: &str) -> Option<String> {
    let value = fields.get(name).filter(|value| !value.is_string() && !value.is_null())?;
    Some(format!("`{name}` is {} instead of a string", kind(value)))
}

/// The kind of a value, with its article.
pub(super) const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
