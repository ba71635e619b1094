//! The tables of servers, what they need, and what became of files and images.

use std::sync::Arc;

use rhai::Dynamic;

use super::requirement::Requirement;
use crate::images::ImageResult;
use crate::output::{Column, Document, Table};
use crate::primitives::api::tables::all;
use crate::primitives::api::typed::Typed;
use crate::provision::catalog::Server;
use crate::provision::envfile::{Missing, Saved};
use crate::provision::requirements::requirements;

/// How much of a description a table shows; `-o wide` shows all of it.
const LONGEST: usize = 60;

/// The table for a list of one of these types; `None` for any other list.
pub(in crate::primitives) fn of(items: &[Dynamic]) -> Option<Document> {
    if let Some(found) = all::<Arc<Server>>(items) {
        return Some(servers(&found));
    }
    if let Some(found) = all::<Requirement>(items) {
        let shown = ["key", "kind", "env", "required", "value_type", "or", "description"];
        let table = table(&found, &shown, &["server", "example", "choices", "credential"]);
        return Some(Document::default().table(table));
    }
    if let Some(found) = all::<Missing>(items) {
        return Some(Document::default().table(table(&found, &["key", "kind", "server", "help", "file", "line"], &[])));
    }
    if let Some(found) = all::<Saved>(items) {
        return Some(Document::new(found.iter().map(saved).collect()));
    }
    all::<ImageResult>(items).map(|found| Document::new(found.iter().map(image).collect()))
}

fn servers(found: &[Arc<Server>]) -> Document {
    let shown = ["name", "title", "image", "needs", "source"].map(Column::new);
    let wide = ["category", "description", "catalog", "digest"].map(|name| Column::new(name).wide());
    let mut table = Table::new(shown.into_iter().chain(wide));
    for server in found {
        let place = if server.image.is_empty() { &server.url } else { &server.image };
        table.row([
            short(&server.name),
            short(&server.title),
            short(place),
            count_of_needs(server),
            short(server.origin.label()),
            short(&server.category),
            server.description.clone(),
            server.origin.place.clone(),
            server.origin.digest.clone(),
        ]);
    }
    let count = if found.len() == 1 { "1 server".to_owned() } else { format!("{} servers", found.len()) };
    Document::default().table(table).summary(count).kind("server")
}

/// `1 secret, 2 values`: what has to be given before the server runs.
fn count_of_needs(server: &Server) -> String {
    let needs = requirements(server);
    let counts = [
        (needs.secrets.iter().filter(|need| need.required).count(), "secret"),
        (needs.config.iter().filter(|need| need.required).count(), "value"),
    ];
    let words = counts.iter().filter(|(count, _)| *count > 0);
    let words: Vec<String> =
        words.map(|(count, what)| format!("{count} {what}{}", if *count == 1 { "" } else { "s" })).collect();
    if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }
}

/// Properties as columns; those in `wide` under `-o wide` only.
fn table<T: Typed>(found: &[T], shown: &[&str], wide: &[&str]) -> Table {
    let columns = shown.iter().map(|name| Column::new(*name));
    let mut table = Table::new(columns.chain(wide.iter().map(|name| Column::new(*name).wide())));
    for one in found {
        table.row(shown.iter().chain(wide).map(|name| cell(&one.property(name), *name == "description")));
    }
    table
}

fn cell(value: &Dynamic, cut: bool) -> String {
    if value.is_unit() {
        return String::new();
    }
    match value.read_lock::<rhai::Array>() {
        Some(items) => items.iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
        None if cut => short(&value.to_string()),
        None => value.to_string(),
    }
}

/// The start of a text, up to a blank where there is one.
fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let Some((end, _)) = line.char_indices().nth(LONGEST) else { return line };
    let cut = &line[..end];
    format!("{} …", cut.rsplit_once(' ').map_or(cut, |(whole, _)| whole))
}

/// `prod-config.env: 2 keys (1 new)`.
fn saved(saved: &Saved) -> String {
    format!("{}: {}", saved.path, saved.summary())
}

fn image(image: &ImageResult) -> String {
    let line = format!("{} {}", image.result.name(), image.image);
    if image.reason.is_empty() { line } else { format!("{line}: {}", image.reason) }
}
