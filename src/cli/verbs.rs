//! Verbs of kubectl and docker that mcpctl does not have, each with the command that does this for MCP servers.

/// The hint for a verb of kubectl or docker.
pub(super) fn hint(verb: &str) -> Option<&'static str> {
    Some(match verb {
        "get" | "ls" | "ps" => "`mcpctl list` lists the pods, `mcpctl servers` the catalog",
        "describe" | "events" => "`mcpctl status` shows the health of each server, and why pods do not start",
        "delete" | "rm" | "kill" => {
            "`mcpctl session ID` deletes the pods of a session, `mcpctl cleanup` those of idle ones"
        }
        "apply" | "create" => "`mcpctl provision` creates the objects that servers need",
        "top" => "mcpctl does not measure CPU and memory: `kubectl top pods` does",
        "exec" | "attach" => "mcpctl opens no shell in a pod: `kubectl exec` does",
        _ => return None,
    })
}
