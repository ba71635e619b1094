//! Which keys look as if their value were a credential, though the catalog calls them config.

/// Whether a key looks as if its value must not be seen: the part after the first dot (the whole key if there is
/// none) names a token, key, password or secret. About twenty config keys of the known catalog do, like
/// `zerodha-kite.kite_access_token`.
#[must_use]
pub fn looks_like_credential(key: &str) -> bool {
    let name = key.split_once('.').map_or(key, |(_, rest)| rest);
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    const ENDS: [&str; 11] = [
        "token",
        "apikey",
        "accesskey",
        "privatekey",
        "encryptionkey",
        "password",
        "passwd",
        "passphrase",
        "credential",
        "credentials",
        "pwd",
    ];
    plain.contains("secret") || ENDS.iter().any(|end| plain.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_known_by_their_name() {
        for key in
            ["zerodha-kite.kite_access_token", "kgrag.aws_secret_access_key", "x.apiKey", "DB_PASSWORD", "a.b.token"]
        {
            assert!(looks_like_credential(key), "{key}");
        }
        for key in ["grafana.url", "secrets-manager.region", "x.max_tokens", "x.token_url", "x.keyspace"] {
            assert!(!looks_like_credential(key), "{key}");
        }
    }
}
