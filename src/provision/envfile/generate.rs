//! Creates a base's env file from the values that its servers need, or adds to an existing one.
//!
//! A new file is a merge into one that contains only its head, so generating for two servers in two runs gives the same
//! bytes as in one.

use std::collections::BTreeSet;

use super::comment;
use super::file::{EnvFile, Item, check_key, new_entry};
use super::quote::quote_on_one_line;
use super::section::{head, header, header_of, is_marker, record_servers, servers_of};
use super::{Role, WantedValue};
use crate::error::{Error, Result};
use crate::files::Mode;
use crate::provision::credentials::is_credential;
use crate::provision::keys::is_key;

/// The result of [`generate`].
#[derive(Debug, Clone)]
pub struct Generated {
    /// The new content of the file.
    pub file: EnvFile,
    /// The servers of the file, sorted, as in its head.
    pub servers: Vec<String>,
    /// The added keys.
    pub added: Vec<String>,
    /// The keys that were removed with their server.
    pub removed: Vec<String>,
    /// Its permissions.
    pub mode: Mode,
}

/// The file of a role for some servers. Keeps the content of `existing` byte for byte: missing keys are added under
/// their server's header, in the order of `wanted`, the servers sorted. Servers that `existing` records are kept in
/// addition to the given ones; `prune` removes them with the keys that only they need (so `wanted` should contain their
/// values, too; keys that no server needs are never removed).
///
/// # Errors
/// A server's name or a key of `wanted` that is not valid in an env file.
pub fn generate(
    existing: Option<&EnvFile>,
    label: &str,
    role: Role,
    servers: &[String],
    wanted: &[WantedValue],
    prune: bool,
) -> Result<Generated> {
    let wanted: Vec<&WantedValue> = wanted.iter().filter(|want| want.role == role).collect();
    check(servers, &wanted)?;
    let mut file = existing.cloned().unwrap_or_else(|| EnvFile::empty(label));
    if file.items.is_empty() {
        file.items = head(role);
    }
    let servers = servers_of(&[&file], servers, prune);
    let removed = if prune { remove_unwanted(&mut file, &servers, &wanted) } else { Vec::new() };
    record_servers(&mut file, &servers);
    let mut added = Vec::new();
    for server in &servers {
        let theirs: Vec<&WantedValue> = wanted.iter().copied().filter(|want| want.server == *server).collect();
        for want in &theirs {
            if file.entry(&want.key).is_none() {
                let block = block(want, file.line_end());
                let at = place_for(&mut file, server, &theirs);
                file.items.splice(at..at, block);
                added.push(want.key.clone());
            }
        }
    }
    let credentials = wanted.iter().any(|want| want.credential && servers.contains(&want.server));
    let mode = if credentials { Mode::Private } else { mode_of(&file, role) };
    Ok(Generated { file, servers, added, removed, mode })
}

/// The permissions of an env file: readable only for its owner if it contains secrets, or config that looks like one.
#[must_use]
pub fn mode_of(file: &EnvFile, role: Role) -> Mode {
    if role == Role::Secret || file.entries().any(|entry| is_credential(entry.key(), entry.value())) {
        Mode::Private
    } else {
        Mode::Public
    }
}

fn check(servers: &[String], wanted: &[&WantedValue]) -> Result<()> {
    if let Some(server) = servers.iter().find(|server| !is_key(server)) {
        return Err(Error::invalid(format!("server name `{server}` is not valid in an env file"))
            .cause("a name consists of letters, digits, `.`, `_` and `-`"));
    }
    for want in wanted {
        check_key(&want.key).map_err(|error| error.object(format!("server/{}", want.server)))?;
    }
    Ok(())
}

/// A blank line, the comment and the entry.
fn block(want: &WantedValue, line_end: &str) -> Vec<Item> {
    let need = if want.required { "required" } else { "optional" };
    let kind = if want.kind.is_empty() { need.to_owned() } else { format!("{need}, {}", want.kind) };
    let mut lines: Vec<String> = comment::lines("", &want.description).into_iter().map(apart_from_markers).collect();
    lines.extend(comment::lines("example:", &want.example));
    lines.extend(comment::lines("default:", want.or.as_deref().unwrap_or_default()));
    lines.extend(comment::lines("", &kind));
    let value = want.first_value();
    let mut items = vec![Item::Text(line_end.to_owned())];
    items.extend(lines.into_iter().map(|line| Item::Text(line + line_end)));
    items.push(Item::Entry(new_entry(&want.key, value, &quote_on_one_line(value), line_end)));
    items
}

/// A comment line that cannot be mistaken for a header or the record of servers, even if a catalog's text looks like
/// one.
fn apart_from_markers(line: String) -> String {
    if is_marker(&line) { line.replacen("# ", "#   ", 1) } else { line }
}

/// The place of a server's next key: after the last of its keys, else after its header, which is added if necessary.
fn place_for(file: &mut EnvFile, server: &str, theirs: &[&WantedValue]) -> usize {
    let is_theirs = |item: &Item| match item {
        Item::Entry(entry) => theirs.iter().any(|want| want.key == entry.key()),
        Item::Text(_) => header_of(item) == Some(server),
    };
    if let Some(last) = file.items.iter().rposition(is_theirs) {
        if last + 1 == file.items.len() {
            file.end_last_line();
        }
        return last + 1;
    }
    let line_end = file.line_end();
    let section = [Item::Text(line_end.to_owned()), Item::Text(header(server) + line_end)];
    let next = file.items.iter().position(|item| header_of(item).is_some_and(|name| name > server));
    let at = match next {
        Some(next) if next > 0 && file.items[next - 1].is_blank() => next - 1,
        Some(next) => {
            file.items.insert(next, Item::Text(line_end.to_owned()));
            next
        }
        None => {
            file.end_last_line();
            file.items.len()
        }
    };
    file.items.splice(at..at, section);
    at + 2
}

/// Removes the keys that only servers outside of the base need, with the comments directly above them, and headers
/// without keys. Returns the keys.
fn remove_unwanted(file: &mut EnvFile, servers: &[String], wanted: &[&WantedValue]) -> Vec<String> {
    let stays = |want: &&&WantedValue| servers.contains(&want.server);
    let kept: BTreeSet<&str> = wanted.iter().filter(stays).map(|want| want.key.as_str()).collect();
    let gone: BTreeSet<&str> = wanted.iter().map(|want| want.key.as_str()).filter(|key| !kept.contains(key)).collect();
    let mut removed = Vec::new();
    while let Some(at) =
        file.items.iter().position(|item| matches!(item, Item::Entry(entry) if gone.contains(entry.key())))
    {
        if let Item::Entry(entry) = &file.items[at] {
            removed.push(entry.key().to_owned());
        }
        let is_comment = |item: &Item| matches!(item, Item::Text(_)) && !item.is_blank() && header_of(item).is_none();
        let mut start = at - file.items[..at].iter().rev().take_while(|item| is_comment(item)).count();
        if start > 0 && file.items[start - 1].is_blank() {
            start -= 1;
        }
        file.items.drain(start..=at);
    }
    remove_empty_sections(file, servers);
    removed
}

fn remove_empty_sections(file: &mut EnvFile, servers: &[String]) {
    let mut at = 0;
    while at < file.items.len() {
        let out = header_of(&file.items[at]).is_some_and(|server| !servers.iter().any(|name| name == server));
        let rest = &file.items[at + 1..];
        let empty = rest.iter().find(|item| !item.is_blank()).is_none_or(|item| header_of(item).is_some());
        if out && empty {
            let start = if at > 0 && file.items[at - 1].is_blank() { at - 1 } else { at };
            file.items.drain(start..=at);
            at = start;
        } else {
            at += 1;
        }
    }
}
