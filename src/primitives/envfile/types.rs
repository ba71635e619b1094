//! The types `MissingValue` and `FileChange`.

use rhai::{Array, Dynamic};

use crate::primitives::api::typed::{Property, Typed};
use crate::provision::envfile::{Missing, Saved};
use crate::record::KeyChange;

impl Typed for Missing {
    const NAME: &'static str = "MissingValue";
    const PROPERTIES: &'static [Property] = &[
        ("key", "string", "the key in the env file"),
        ("kind", "string", "its file: `config` or `secret`"),
        ("server", "string", "the server that wants it; empty if only the file knows of it"),
        ("help", "string", "what it is for, in the catalog's words; may be empty"),
        ("file", "string", "the env file that it belongs in"),
        ("line", "int", "its line there, from 1; 0 if the file does not hold it"),
    ];

    fn property(&self, name: &str) -> Dynamic {
        match name {
            "key" => self.key.clone().into(),
            "kind" => Missing::kind(self).into(),
            "server" => self.server.clone().into(),
            "help" => self.hint.clone().into(),
            "file" => self.file.clone().into(),
            "line" => i64::try_from(self.line.unwrap_or(0)).unwrap_or(0).into(),
            _ => Dynamic::UNIT,
        }
    }
}

impl Typed for Saved {
    const NAME: &'static str = "FileChange";
    const PROPERTIES: &'static [Property] = &[
        ("kind", "string", "`file`"),
        ("name", "string", "its path"),
        ("result", "string", "`created`, `configured` or `unchanged`"),
        ("keys", "int", "how many keys it holds"),
        ("added", "array", "the keys that are new"),
        ("changed", "array", "the keys that have another value"),
        ("removed", "array", "the keys that are gone"),
        ("summary", "string", "as `2 keys (1 new)`"),
    ];

    fn property(&self, name: &str) -> Dynamic {
        let keys = |wanted: fn(&KeyChange) -> Option<&String>| -> Dynamic {
            self.changes.iter().filter_map(wanted).map(|key| key.clone().into()).collect::<Array>().into()
        };
        match name {
            "kind" => "file".into(),
            "name" => self.path.clone().into(),
            "result" => self.written.name().into(),
            "keys" => i64::try_from(self.keys).unwrap_or(i64::MAX).into(),
            "added" => keys(|change| match change {
                KeyChange::Added(key) => Some(key),
                _ => None,
            }),
            "changed" => keys(|change| match change {
                KeyChange::Changed(key) => Some(key),
                _ => None,
            }),
            "removed" => keys(|change| match change {
                KeyChange::Removed(key) => Some(key),
                _ => None,
            }),
            "summary" => self.summary().into(),
            _ => Dynamic::UNIT,
        }
    }
}
