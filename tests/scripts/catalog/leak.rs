//! Whatever a server's templates look like, no secret is seen outside the Secret.

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::json;

use mcpctl::provision::catalog::Server;
use mcpctl::provision::render::{Options, render};

use super::{values, visible};

/// A text of the catalog: plain pieces, secrets, credentials and config, with filters.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("{{s.key}}".to_owned()),
        Just("{{ s . key }}".to_owned()),
        Just("{{s.api_token}}".to_owned()),
        Just("{{s.url}}".to_owned()),
        Just("{{s.unknown}}".to_owned()),
        "[$]([ABC]|KEY)|[$][{]([ABC]|KEY)[}]",
        (
            "s.(key|api_token|url|other)",
            r"(\|(volume|volume-target|into|first|last|or:d|or:\[a\]|mount_as:/x|huh)){0,3}"
        )
            .prop_map(|(path, filters)| format!("{{{{{path}{filters}}}}}")),
        "[$({}) a:]{0,4}",
    ];
    proptest::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_secret_is_seen(
        env in proptest::collection::vec(("[A-C]", text()), 0..4),
        command in proptest::collection::vec(text(), 0..3),
        volumes in proptest::collection::vec(text(), 0..3),
        user in text(),
        keys_only in any::<bool>(),
    ) {
        let env: Vec<_> = env.into_iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
        let raw = json!({
            "image": "i", "env": env, "command": command, "volumes": volumes, "user": user,
            "secrets": [{"name": "s.key", "env": "A"}, {"name": "s.other", "env": "KEY"}],
        });
        let server = Arc::new(Server::read("s", raw.as_object().unwrap().clone()));
        let values = values(
            &[("s.url", "http://h"), ("s.api_token", "canary-token")],
            &[("s.key", "canary-key"), ("s.other", "canary-other")],
        );
        let rendered = render(&[server], &values, &Options { keys_only, ..Options::default() });
        prop_assert!(!visible(&rendered).contains("canary-"), "{}", visible(&rendered));
        let shown = format!("{values:?}");
        prop_assert!(!shown.contains("canary-"), "{}", shown);
        // What the derived catalog looks up is there.
        if let Some(secrets) = rendered.catalog.pointer("/registry/s/secrets").and_then(|s| s.as_array()) {
            for secret in secrets {
                prop_assert!(rendered.secret.contains_key(secret["name"].as_str().unwrap()), "{secret}");
            }
        }
    }
}
