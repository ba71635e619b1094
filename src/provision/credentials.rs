//! Detects credentials: by the name of the key, or by the value. All commands use this to decide what may be in a
//! ConfigMap.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// Endings of the last part of a key's path that mark a credential, in lower case letters and digits.
const ENDS: [&str; 19] = [
    "token",
    "apikey",
    "apikeys",
    "accesskey",
    "accesskeyid",
    "authorization",
    "bearer",
    "authkey",
    "signingkey",
    "encryptionkey",
    "pwd",
    "pass",
    "dsn",
    "connectionstring",
    "connectionstr",
    "connstring",
    "connstr",
    "webhookurl",
    "jwt",
];

/// Words that end with `pass` and are not passwords.
const NO_PASS: [&str; 5] = ["bypass", "compass", "trespass", "surpass", "multipass"];

/// Parts of a key's path that mark a credential.
const PARTS: [&str; 6] = ["password", "passwd", "passphrase", "secret", "credential", "privatekey"];

/// Last words of names that give the place of a credential, and so do not mark one themselves.
const PLACES: [&str; 9] = ["dir", "directory", "endpoint", "file", "filename", "folder", "path", "uri", "url"];

/// Words before `_key` for keys that are not credentials.
const NO_KEY: [&str; 24] = [
    "public",
    "primary",
    "foreign",
    "partition",
    "sort",
    "project",
    "issue",
    "space",
    "cache",
    "object",
    "group",
    "row",
    "column",
    "hot",
    "shortcut",
    "message",
    "routing",
    "lookup",
    "dict",
    "map",
    "json",
    "label",
    "tag",
    "index",
];

/// The prefixes of well-known tokens, and the minimum number of characters after them.
const TOKENS: [(&str, usize); 62] = [
    ("AGE-SECRET-KEY-", 40),
    ("AIza", 30),
    ("AKIA", 16),
    ("ASIA", 16),
    ("ATATT3", 40),
    ("CFPAT-", 20),
    ("EAACEdEose0cBA", 10),
    ("GOCSPX-", 20),
    ("LTAI", 16),
    ("NRAK-", 20),
    ("PMAK-", 20),
    ("SG.", 20),
    ("apify_api_", 10),
    ("atlasv1.", 20),
    ("dapi", 32),
    ("dckr_pat_", 16),
    ("dop_v1_", 20),
    ("dp.pt.", 20),
    ("figd_", 16),
    ("gho_", 16),
    ("ghp_", 16),
    ("ghr_", 16),
    ("ghs_", 16),
    ("ghu_", 16),
    ("github_pat_", 16),
    ("glc_", 16),
    ("gldt-", 16),
    ("gloas-", 16),
    ("glpat-", 16),
    ("glrt-", 16),
    ("glsa_", 16),
    ("gsk_", 16),
    ("hf_", 16),
    ("hvb.", 16),
    ("hvs.", 16),
    ("lin_api_", 16),
    ("npm_", 16),
    ("ntn_", 16),
    ("pat-na1-", 16),
    ("pplx-", 16),
    ("pul-", 16),
    ("pypi-", 16),
    ("rk_live_", 12),
    ("rk_test_", 12),
    ("r8_", 16),
    ("rubygems_", 16),
    ("sbp_", 16),
    ("secret_", 30),
    ("shpat_", 16),
    ("shpca_", 16),
    ("sq0atp-", 16),
    ("sq0csp-", 16),
    ("shpss_", 16),
    ("sk-", 16),
    ("sk_live_", 12),
    ("sk_test_", 12),
    ("sntrys_", 16),
    ("tvly-", 12),
    ("whsec_", 16),
    ("xapp-", 12),
    ("xox", 12),
    ("ya29.", 16),
];

/// Addresses whose path is the credential.
const WEBHOOKS: [&str; 6] = [
    "hooks.slack.com/services/",
    "discord.com/api/webhooks/",
    "discordapp.com/api/webhooks/",
    ".webhook.office.com/",
    "hooks.zapier.com/hooks/",
    "api.telegram.org/bot",
];

/// Schemes of addresses in which a colon and an `@` are not a login.
const NO_LOGIN: [&str; 5] = ["mailto", "sip", "acct", "xmpp", "urn"];

/// Whether a value is a credential, by its key or by its form.
#[must_use]
pub fn is_credential(key: &str, value: &str) -> bool {
    by_name(key) || by_value(value).is_some()
}

/// Whether the name of a config parameter marks a credential: the last part of its path is like `…token`, `…pass`,
/// `…_key`, `dsn`, or a part after the first contains `password` or `secret`.
#[must_use]
pub fn by_name(path: &str) -> bool {
    let below = path.split_once('.').map_or(path, |(_, below)| below);
    let flat = |text: &str| -> String {
        text.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
    };
    let parts: Vec<String> = below.split('.').map(flat).collect();
    let is_digit = |letter: char| letter.is_ascii_digit();
    let last = parts.last().map_or("", |part| part.trim_end_matches(is_digit));
    let words = words(below.rsplit('.').next().unwrap_or_default().trim_end_matches(is_digit));
    // the address of a webhook is its credential
    if !last.ends_with("webhookurl") && words.last().is_some_and(|word| PLACES.contains(&word.as_str())) {
        return false;
    }
    if parts.iter().any(|part| PARTS.iter().any(|word| part.contains(word))) {
        return true;
    }
    let is_key = matches!(&words[..], [.., before, key] if key == "key" && !NO_KEY.contains(&before.as_str()));
    is_key
        || words.last().is_some_and(|word| word == "pat")
        || ENDS.iter().any(|end| last.ends_with(end)) && !NO_PASS.iter().any(|word| last.ends_with(word))
}

/// The words of a name, in lower case: `db_pass`, `db-pass` and `dbPass` have two.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_small = false;
    for letter in name.chars() {
        if !letter.is_ascii_alphanumeric() || (letter.is_ascii_uppercase() && after_small) {
            words.push(String::new());
        }
        if let (true, Some(word)) = (letter.is_ascii_alphanumeric(), words.last_mut()) {
            word.push(letter.to_ascii_lowercase());
        }
        after_small = letter.is_ascii_lowercase() || letter.is_ascii_digit();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The kind of credential by the form of a value, for a note; none if it is not a known one.
#[must_use]
pub fn by_value(value: &str) -> Option<&'static str> {
    let value = value.trim();
    if is_private_key(value) {
        Some("a private key")
    } else if has_url_with_password(value) {
        Some("an address with a password")
    } else if is_login(value) || is_connection_string(value) {
        Some("a connection string with a password")
    } else if is_json_with_credential(value) {
        Some("JSON with a credential")
    } else if pieces(value).any(is_jwt) {
        Some("a JSON Web Token")
    } else if pieces(value).any(is_token) || is_authorization(value) || is_bot_token(value) {
        Some("a token")
    } else {
        None
    }
}

fn is_private_key(value: &str) -> bool {
    let is_pem = |text: &str| text.contains("-----BEGIN ") && text.contains("PRIVATE KEY");
    // PEM in base64, as some write it on one line
    let encoded = || value.starts_with("LS0tLS1CRUdJTi");
    let decoded = || STANDARD.decode(value.split_whitespace().collect::<String>()).ok();
    is_pem(value) || (encoded() && decoded().is_some_and(|bytes| is_pem(&String::from_utf8_lossy(&bytes))))
}

/// Whether a password is a real one, not a template, variable or mask.
fn is_real(password: &str) -> bool {
    let is_template = password.contains("{{") || password.contains("${") || password.starts_with(['$', '<', '%']);
    !password.is_empty() && !is_template && !password.chars().all(|letter| matches!(letter, '*' | 'x' | '.'))
}

/// `scheme://user:password@host`, `scheme://:password@host`, `…?password=…`, or a webhook whose path is the secret.
fn has_url_with_password(value: &str) -> bool {
    let has_secret = |rest: &str| {
        let url = rest.split([' ', '\t', '\n', '"', '\'']).next().unwrap_or_default();
        let authority = url.split(['/', '?', '#']).next().unwrap_or_default();
        let login = authority.rsplit_once('@').and_then(|(login, _)| login.split_once(':'));
        let query = url.split_once('?').map_or("", |(_, query)| query);
        // a signed address grants access to its target
        let is_signature = |name: &str| name == "sig" || name.to_lowercase().ends_with("signature");
        let is_secret = |pair: &str| {
            pair.split_once('=').is_some_and(|(name, word)| (by_name(name) || is_signature(name)) && is_real(word))
        };
        let is_webhook = WEBHOOKS.iter().any(|webhook| url.contains(webhook));
        login.is_some_and(|(_, password)| is_real(password)) || query.split('&').any(is_secret) || is_webhook
    };
    value.match_indices("://").any(|(at, _)| has_secret(&value[at + 3..]))
}

/// `user:password@tcp(host:3306)/db`, `user:password@host/db`, `user/password@//host:1521/service`.
fn is_login(value: &str) -> bool {
    if value.contains("://") || value.contains(char::is_whitespace) {
        return false;
    }
    let Some((login, place)) = value.rsplit_once('@') else { return false };
    let is_oracle = value.starts_with("jdbc:oracle:") || place.starts_with("//");
    if let Some((_, password)) = login.rsplit_once('/').filter(|_| is_oracle) {
        return is_real(password);
    }
    let Some((user, password)) = login.split_once(':') else { return false };
    let is_place = place.starts_with(|letter: char| letter.is_ascii_alphanumeric())
        && place.contains(['/', ':', '('])
        && !place.starts_with("sha256:");
    let is_user = !user.contains('/') && !NO_LOGIN.contains(&user);
    is_place && is_user && is_real(password)
}

/// `Server=…;Password=…`, `host=… password=…`, and `machine … password …` of a netrc file.
fn is_connection_string(value: &str) -> bool {
    let words: Vec<&str> = value.split_whitespace().collect();
    if words.first() == Some(&"machine") && words.windows(2).any(|pair| pair[0] == "password" && is_real(pair[1])) {
        return true;
    }
    let separators: &[char] = if value.contains(';') { &[';'] } else { &[' ', '\t'] };
    let pairs = || value.split(separators).filter_map(|pair| pair.split_once('='));
    pairs().count() >= 2
        && pairs().any(|(name, word)| {
            let name = name.trim();
            let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | ' '));
            is_name && (by_name(name) || name.len() > 3 && name.to_lowercase().ends_with("key")) && is_real(word.trim())
        })
}

fn is_json_with_credential(value: &str) -> bool {
    // JSON in base64, as some write a service account on one line
    let decoded = match value.starts_with("eyJ") || value.starts_with("ewo") {
        true => STANDARD.decode(value.split_whitespace().collect::<String>()).unwrap_or_default(),
        false => Vec::new(),
    };
    let json = if decoded.is_empty() { value.as_bytes() } else { &decoded };
    (json.starts_with(b"{") || json.starts_with(b"["))
        && serde_json::from_slice(json).is_ok_and(|json: Value| holds_credential(&json))
}

fn holds_credential(json: &Value) -> bool {
    match json {
        Value::Object(map) => map.iter().any(|(key, value)| match value {
            Value::String(text) => !text.is_empty() && is_real(text) && is_credential(key, text),
            other => holds_credential(other),
        }),
        Value::Array(items) => items.iter().any(holds_credential),
        Value::String(text) => by_value(text).is_some(),
        _ => false,
    }
}

/// `Bearer …`, `Basic …`, or a header such as `Authorization: Token …` and `X-Api-Key: …`.
fn is_authorization(value: &str) -> bool {
    let header = value.split_once(':').filter(|(name, _)| !name.contains(char::is_whitespace) && by_name(name));
    if let Some((_, rest)) = header {
        let token = rest.trim().rsplit(' ').next().unwrap_or_default();
        return rest.starts_with(' ') && rest.split_whitespace().count() <= 2 && token.len() >= 8 && is_real(token);
    }
    let scheme = |scheme: &str| value.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    ["Bearer ", "Basic "].iter().any(|one| {
        let Some(token) = value.get(one.len()..).filter(|_| scheme(one)) else { return false };
        is_real(token) && token.len() >= 8 && !token.contains(char::is_whitespace)
    })
}

/// The parts of a value that could be tokens.
fn pieces(value: &str) -> impl Iterator<Item = &str> {
    let is_between = |letter: char| {
        letter.is_whitespace()
            || matches!(letter, '"' | '\'' | ',' | ';' | '=' | ':' | '@' | '/' | '?' | '&' | '(' | ')')
    };
    value.split(is_between).filter(|piece| piece.len() >= 12)
}

fn is_jwt(piece: &str) -> bool {
    let is_part = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    let parts: Vec<&str> = piece.split('.').collect();
    matches!(parts.len(), 3 | 5)
        && parts[0].starts_with("eyJ")
        && parts[0].len() >= 10
        && parts.iter().all(|p| is_part(p))
}

/// The token of a Telegram bot: `123456789:AA…`.
fn is_bot_token(value: &str) -> bool {
    value.split_once(':').is_some_and(|(id, rest)| {
        id.len() >= 8
            && id.bytes().all(|byte| byte.is_ascii_digit())
            && rest.len() >= 33
            && rest.starts_with("AA")
            && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    })
}

fn is_token(piece: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let follows = |rest: &str, least: usize| {
        rest.len() >= least && rest.bytes().all(is_letter) && rest.bytes().any(|byte| byte.is_ascii_digit())
    };
    TOKENS.iter().any(|(start, least)| piece.strip_prefix(start).is_some_and(|rest| follows(rest, *least)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_known_by_their_names() {
        for path in [
            "zerodha-kite.kite_access_token",
            "zerodha-kite.kite_api_key",
            "kgrag-mcp-server.aws_secret_access_key",
            "aws-api.aws_access_key_id",
            "dreamfactory-mcp.dreamfactoryapikey",
            "mcp-api-gateway.api_1_header_authorization",
            "x.db.Password",
            "x.dbPassword2",
            "x.auth.clientSecret.value",
            "x.github_pat",
            "token",
            "db.db_pass",
            "db.dbpass",
            "db.smtp-pass",
            "db.userPass2",
            "sentry.dsn",
            "sentry.SENTRY_DSN",
            "db.connection_string",
            "db.connectionString",
            "db.conn_str",
            "x.service_key",
            "x.service-key",
            "x.serviceKey",
            "x.master_key1",
            "AWS_SESSION_KEY",
            "chat.webhook_url",
        ] {
            assert!(by_name(path), "{path}");
        }
        for path in [
            "grafana.url",
            "secret-manager.region",
            "neo4j-cypher.response_token_limit",
            "proxmox.token_name",
            "charmhealth-mcp-server.charmhealth_token_url",
            "x.max_tokens",
            "x.path",
            "x.keyboard",
            "x.monkey",
            "x.public_key",
            "jira.project_key",
            "x.sortKey",
            "x.key_path",
            "x.allow_bypass",
            "x.compass",
            "x.passenger",
            "x.credentials_path",
            "x.credentialsFile",
            "x.secret-dir",
            "x.client_secret_file",
            "x.passwordFilename",
            "x.private_key_path",
            "x.secretsFolder",
            "x.token-endpoint",
        ] {
            assert!(!by_name(path), "{path}");
        }
    }

    #[test]
    fn credentials_are_known_by_their_look() {
        let begin = "-----BEGIN";
        let jwt = ["eyJhbGciOiJub25lIn0", "eyJzdWIiOiJjYW5hcnkifQ", "canary-signature"].join(".");
        let pem = format!("{begin} EC PRIVATE KEY-----\ncanary\n-----END EC PRIVATE KEY-----");
        let long = "canary0123456789canary0123456789";
        for (value, kind) in [
            ("postgresql://app:canary-1@db.example/app".to_owned(), "an address with a password"),
            ("redis://:canary-2@cache:6379/0".to_owned(), "an address with a password"),
            ("mongodb+srv://u:canary-3@a.example,b.example/db?x=y".to_owned(), "an address with a password"),
            ("amqp://guest:canary%20x@mq".to_owned(), "an address with a password"),
            ("https://api.example/v1?api_key=canary-4&x=1".to_owned(), "an address with a password"),
            ("see https://u:canary-5@h/ for more".to_owned(), "an address with a password"),
            ("app:canary-6@tcp(db.example:3306)/app".to_owned(), "a connection string with a password"),
            ("app:canary-7@db.example:5432/app".to_owned(), "a connection string with a password"),
            ("Server=db;Database=x;User Id=u;Password=canary-8;".to_owned(), "a connection string with a password"),
            ("host=db user=u password=canary-9".to_owned(), "a connection string with a password"),
            ("AccountName=x;AccountKey=canary10==".to_owned(), "a connection string with a password"),
            ("machine h.example\nlogin me password canary-19".to_owned(), "a connection string with a password"),
            (pem.clone(), "a private key"),
            (format!("{begin} PGP PRIVATE KEY BLOCK-----\ncanary"), "a private key"),
            (STANDARD.encode(&pem), "a private key"),
            (jwt.clone(), "a JSON Web Token"),
            (format!("Bearer {jwt}"), "a JSON Web Token"),
            (format!("sk-proj-{long}"), "a token"),
            (format!("ghp_{long}"), "a token"),
            (format!("glpat-{long}"), "a token"),
            (format!("xoxb-{long}"), "a token"),
            (format!("token={}_pat_{long}", "github"), "a token"),
            (format!("AKIA{}", "CANARY0123456789"), "a token"),
            (format!("hvs.{long}"), "a token"),
            ("Basic Y2FuYXJ5OmNhbmFyeQ==".to_owned(), "a token"),
            ("Authorization: Token canary-13".to_owned(), "a token"),
            ("X-Api-Key: canary-14".to_owned(), "a token"),
            (format!("12345678:AA{long}"), "a token"),
            ("https://x.blob.example/c?sv=1&sig=canary%3D".to_owned(), "an address with a password"),
            ("https://s3.example/x?X-Amz-Signature=canary15".to_owned(), "an address with a password"),
            ("https://corp.webhook.office.com/webhookb2/canary".to_owned(), "an address with a password"),
            ("scott/canary-16@//db.example:1521/x".to_owned(), "a connection string with a password"),
            ("jdbc:oracle:thin:scott/canary-17@db.example:1521:x".to_owned(), "a connection string with a password"),
            (STANDARD.encode("{\"private_key\": \"canary-18\"}"), "JSON with a credential"),
            ("{\"type\": \"x\", \"client_secret\": \"canary-11\"}".to_owned(), "JSON with a credential"),
            ("[{\"url\": \"http://u:canary-12@h\"}]".to_owned(), "an address with a password"),
        ] {
            assert_eq!(by_value(&value), Some(kind), "{value}");
        }
    }

    #[test]
    fn plain_values_are_no_credentials() {
        for value in [
            "",
            "db.example",
            "http://grafana:3000/a?b=c",
            "https://user@example.com/x",
            "https://example.org/a:b@c",
            "postgres://app:${DB_PASSWORD}@db/app",
            "postgres://app:<password>@db/app",
            "postgres://app:****@db/app",
            "me@example.com",
            "mailto:me@example.com/x",
            "git@github.com:org/repo",
            "registry.example:5000/image@sha256:0123456789abcdef",
            "token: the name of it",
            "org/repo@v1.2:x",
            "https://x.example/a?signed=1",
            "12345678:90",
            "eyJhIjogMX0=",
            "mcp/image:1.0@sha256:0123456789abcdef",
            "/srv/data:/data",
            "a=1 b=2",
            "key=value;other=2",
            "sk-1",
            "skeleton-of-a-very-long-house-name",
            "eyJ",
            "v1.2.3-beta",
            "{\"a\": {\"url\": \"http://h\"}}",
            "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
            "Basic",
            "Bearer of good news",
        ] {
            assert_eq!(by_value(value), None, "{value}");
        }
    }
}
