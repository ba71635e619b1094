//! `-v` and `-vv`: what is asked of the cluster.

use crate::support::program::Mcpctl;

const APPLY: [&str; 3] = ["eval", "configmaps::apply(\"c\", #{ a: \"canary-value\" }).result", "--sandbox"];

#[test]
fn requests_that_change_are_told_of() {
    let ran = Mcpctl::of(APPLY).word("-v").run().code(0).says("PATCH /api/v1/namespaces/default/configmaps/c?");
    assert!(ran.stderr.contains(": 201 after "), "{}", ran.stderr);
    assert!(!ran.stderr.contains("GET ") && !ran.stderr.contains("canary"), "{}", ran.stderr);
}

#[test]
fn all_requests_are_told_of() {
    let ran = Mcpctl::of(APPLY).word("-vv").run().code(0);
    ran.says("PATCH ").says("GET /api/v1/namespaces/default/configmaps/c: 404 after ").stdout("created\n");
}

#[test]
fn nothing_is_told_unasked() {
    let ran = Mcpctl::of(APPLY).run().code(0);
    assert!(!ran.stderr.contains("PATCH"), "{}", ran.stderr);
}
