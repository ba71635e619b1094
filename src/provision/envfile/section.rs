//! The lines that identify a generated file: the record of its servers, and the header of each server's keys.

use super::Role;
use super::file::{EnvFile, Item};
use crate::provision::keys::is_key;

const RECORD: &str = "# mcpctl servers:";
/// The number of characters of names in one line of the record.
const RECORD_WIDTH: usize = 90;

/// The servers that a file's head records, sorted; none if the file was not generated.
#[must_use]
pub fn recorded_servers(file: &EnvFile) -> Vec<String> {
    let mut servers: Vec<String> = file
        .items
        .iter()
        .filter_map(record)
        .flat_map(|names| names.split(','))
        .map(|name| name.trim().to_owned())
        .filter(|name| is_key(name))
        .collect();
    servers.sort();
    servers.dedup();
    servers
}

/// All servers of a base: the given ones and, unless pruned, those that its files record. Sorted.
#[must_use]
pub fn servers_of(files: &[&EnvFile], asked: &[String], prune: bool) -> Vec<String> {
    let mut servers = asked.to_vec();
    if !prune {
        servers.extend(files.iter().flat_map(|file| recorded_servers(file)));
    }
    servers.sort();
    servers.dedup();
    servers
}

/// Updates the record of servers: in its old place, or at the top of a file without one.
pub(crate) fn record_servers(file: &mut EnvFile, servers: &[String]) {
    let line_end = file.line_end();
    let lines = record_lines(servers, line_end);
    let at = file.items.iter().position(|item| record(item).is_some());
    file.items.retain(|item| record(item).is_none());
    let at = at.unwrap_or(0);
    if at == file.items.len() {
        file.end_last_line();
    }
    file.items.splice(at..at, lines.into_iter().map(Item::Text));
}

/// The head of a new file.
pub(crate) fn head(role: Role) -> Vec<Item> {
    let lines: &[&str] = match role {
        Role::Config => {
            &["# Config values of MCP servers. Fill them in: they stay when mcpctl generates this file again.\n"]
        }
        Role::Secret => &[
            "# Secrets of MCP servers. Fill them in: they stay when mcpctl generates this file again.\n",
            "# Keep this file out of version control.\n",
        ],
    };
    lines.iter().map(|line| Item::Text((*line).to_owned())).collect()
}

/// The header above a server's keys.
pub(crate) fn header(server: &str) -> String {
    format!("# ---- {server} ----")
}

/// The server of the section that begins at an item.
pub(crate) fn header_of(item: &Item) -> Option<&str> {
    match item {
        Item::Text(raw) => header_in(raw),
        Item::Entry(_) => None,
    }
}

/// Whether a line would be read as a header or as a part of the record.
pub(crate) fn is_marker(line: &str) -> bool {
    header_in(line).is_some() || record_in(line).is_some()
}

fn header_in(line: &str) -> Option<&str> {
    line.trim().strip_prefix("# ---- ")?.strip_suffix(" ----").filter(|name| is_key(name))
}

fn record(item: &Item) -> Option<&str> {
    match item {
        Item::Text(raw) => record_in(raw),
        Item::Entry(_) => None,
    }
}

fn record_in(line: &str) -> Option<&str> {
    line.trim().strip_prefix(RECORD)
}

fn record_lines(servers: &[String], line_end: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for server in servers {
        match lines.last_mut() {
            Some(line) if line.len() + server.len() < RECORD_WIDTH => {
                line.push_str(", ");
                line.push_str(server);
            }
            _ => lines.push(format!("{RECORD} {server}")),
        }
    }
    lines.into_iter().map(|line| line + line_end).collect()
}
