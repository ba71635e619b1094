//! The types `MissingValue` and `FileChange`.

use crate::error::Result;
use crate::host::Host;
use crate::output::Document;
use crate::primitives::api::typed::{PropertyOf, Typed, column, count, property, text, texts};
use crate::provision::envfile::{Missing, Saved};
use crate::record::KeyChange;

impl Typed for Missing {
    const NAME: &'static str = "MissingValue";
    const PROPERTIES: &'static [PropertyOf<Self>] = &[
        column("key", "string", "the key in the env file").get(|missing| text(&missing.key)),
        column("kind", "string", "its file: `config` or `secret`").get(|missing| Missing::kind(missing).into()),
        column("server", "string", "the server that wants it; empty if only the file knows of it")
            .get(|missing| text(&missing.server)),
        column("help", "string", "what it is for, in the catalog's words; may be empty")
            .get(|missing| text(&missing.hint)),
        column("file", "string", "the env file that it belongs in").get(|missing| text(&missing.file)),
        column("line", "int", "its line there, from 1; 0 if the file does not hold it")
            .get(|missing| count(missing.line.unwrap_or(0))),
    ];
}

impl Typed for Saved {
    const NAME: &'static str = "FileChange";
    const PROPERTIES: &'static [PropertyOf<Self>] = &[
        property("kind", "string", "`file`").get(|_| "file".into()),
        property("name", "string", "its path").get(|saved| text(&saved.path)),
        property("result", "string", "`created`, `configured` or `unchanged`").get(|saved| saved.written.name().into()),
        property("keys", "int", "how many keys it holds").get(|saved| count(saved.keys)),
        property("added", "array", "the keys that are new")
            .get(|saved| texts(saved.changes.iter().filter_map(KeyChange::added))),
        property("changed", "array", "the keys that have another value")
            .get(|saved| texts(saved.changes.iter().filter_map(KeyChange::changed))),
        property("removed", "array", "the keys that are gone")
            .get(|saved| texts(saved.changes.iter().filter_map(KeyChange::removed))),
        property("summary", "string", "as `2 keys (1 new)`").get(|saved| saved.summary().into()),
    ];

    /// `prod-config.env: 2 keys (1 new)`, one line each.
    fn document(_host: &Host, found: &[Self]) -> Result<Option<Document>> {
        let line = |saved: &Self| format!("{}: {}", saved.path, saved.summary());
        Ok(Some(Document::new(found.iter().map(line).collect())))
    }
}
