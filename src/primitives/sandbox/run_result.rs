//! The type `RunResult`: what a script that a test ran came to.

use std::sync::Arc;

use crate::host::test_context::RunResult;
use crate::primitives::api::typed::{PropertyOf, Typed, property, text};
use crate::primitives::api::value::from_json;

impl Typed for Arc<RunResult> {
    const NAME: &'static str = "Ran";
    const PROPERTIES: &'static [PropertyOf<Self>] = &[
        property("code", "int", "its exit code").get(|ran| i64::from(ran.code).into()),
        property("value", "any", "its result, as `-o json` shows it; `()` where it gave none or failed")
            .get(|ran| from_json(&ran.value)),
        property("stdout", "string", "what it printed to standard output").get(|ran| text(&ran.stdout)),
        property("stderr", "string", "what it printed to standard error").get(|ran| text(&ran.stderr)),
        property("plan", "array", "what it changed, or in a dry run would change, as `--dry-run -o json` shows it")
            .get(|ran| from_json(&ran.plan)),
        property("error", "string", "the message of the error that it failed with; empty if it did not")
            .get(|ran| ran.error.as_ref().map(|error| error.message.clone()).unwrap_or_default().into()),
        property("kind", "string", "the kind of that error, as `e.kind`; empty if there is none")
            .get(|ran| ran.error.as_ref().map_or("", |error| error.kind.name()).into()),
    ];
}
