//! The type `RunResult`: what a script that a test ran came to.

use std::sync::Arc;

use rhai::Dynamic;

use crate::host::test_context::RunResult;
use crate::primitives::api::typed::{Property, Typed};
use crate::primitives::api::value::from_json;

impl Typed for Arc<RunResult> {
    const NAME: &'static str = "Ran";
    const PROPERTIES: &'static [Property] = &[
        ("code", "int", "its exit code"),
        ("value", "any", "its result, as `-o json` shows it; `()` where it gave none or failed"),
        ("stdout", "string", "what it printed to standard output"),
        ("stderr", "string", "what it printed to standard error"),
        ("plan", "array", "what it changed, or in a dry run would change, as `--dry-run -o json` shows it"),
        ("error", "string", "the message of the error that it failed with; empty if it did not"),
        ("kind", "string", "the kind of that error, as `e.kind`; empty if there is none"),
    ];

    fn property(&self, name: &str) -> Dynamic {
        match name {
            "code" => i64::from(self.code).into(),
            "value" => from_json(&self.value),
            "stdout" => self.stdout.clone().into(),
            "stderr" => self.stderr.clone().into(),
            "plan" => from_json(&self.plan),
            "error" => self.error.as_ref().map(|error| error.message.clone()).unwrap_or_default().into(),
            "kind" => self.error.as_ref().map_or("", |error| error.kind.name()).into(),
            _ => Dynamic::UNIT,
        }
    }
}
