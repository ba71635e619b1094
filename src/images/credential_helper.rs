//! Docker's credential helpers: programs `docker-credential-NAME` that keep logins.

use std::io::ErrorKind;
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;

use super::credentials::Login;
use crate::child;
use crate::clean;
use crate::command_output::{self, OutputError, Printed};
use crate::duration;
use crate::error::io_cause;

/// The most bytes of a helper's output that are read.
const LONGEST_OUTPUT: usize = 1 << 20;
/// The most characters of a helper's output that are shown.
const LONGEST_SHOWN: usize = 300;
/// The output of a helper that has no login for a registry, which is not a failure.
const NO_LOGIN: &str = "credentials not found";
/// A longer word with letters and digits may be a credential, unless it has dots, as the name of a host.
const LONGEST_MIXED_WORD: usize = 12;
/// A longer word with letters, digits and dots may be a credential.
const LONGEST_PLAIN_WORD: usize = 20;

/// What a helper prints. A field that is missing is empty, as for docker.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct HelperOutput {
    username: String,
    secret: String,
}

/// Runs `docker-credential-NAME get` with the registry on its standard input. Nothing if it has no login for it.
///
/// # Errors
/// Why the helper gives none: it is missing, fails, prints something else, or takes longer than `patience`. The text
/// follows the helper's name.
pub(super) async fn ask(name: &str, server: &str, patience: Duration) -> Result<Option<Login>, String> {
    // the name comes from a file, and must not lead to a program elsewhere
    if !name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.')) {
        return Err("is not a valid name of a credential helper".to_owned());
    }
    let mut command = child::group_leader(format!("docker-credential-{name}"));
    command.arg("get").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut printed = Printed::default();
    let ended =
        command_output::collect_into(&mut printed, &mut command, server.as_bytes(), LONGEST_OUTPUT, patience).await;
    let with_output = |what: String| match shown(&printed) {
        output if output.is_empty() => what,
        output => format!("{what}: {output}"),
    };
    match ended {
        Ok(status) if status.success() => match parsed(&printed.stdout) {
            Ok(answer) => Ok(login(answer)),
            Err(_) if printed.stdout.trim_ascii().is_empty() => {
                Err(with_output("succeeded without printing a login".to_owned()))
            }
            Err(_) => Err(with_output("printed something that is not a login in JSON".to_owned())),
        },
        Ok(_) if is_no_login(&printed) => Ok(None),
        Ok(status) => Err(with_output(match status.code() {
            Some(code) => format!("failed with exit code {code}"),
            None => "was ended by a signal".to_owned(),
        })),
        Err(OutputError::Failed(error)) => Err(match error.kind() {
            ErrorKind::NotFound if child::is_on_path(&format!("docker-credential-{name}")) => {
                "cannot be started: the interpreter that its first line names, or a library, does not exist".to_owned()
            }
            ErrorKind::NotFound => "is not installed: there is no such program on the PATH".to_owned(),
            ErrorKind::PermissionDenied => "cannot be started: it is not executable".to_owned(),
            _ => format!("cannot be started: {}", io_cause(&error)),
        }),
        Err(OutputError::TooLarge(limit)) => Err(format!("printed more than {} MiB", limit >> 20)),
        Err(OutputError::TooSlow(patience)) => {
            let seconds = Duration::from_secs_f64(patience.as_secs_f64().round().max(1.0));
            Err(with_output(format!("gave no answer within {} and was ended", duration::exact(seconds))))
        }
    }
}

/// An answer; a list is none, although its items could be taken for fields in order.
fn parsed(text: &[u8]) -> serde_json::Result<HelperOutput> {
    let object: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(text)?;
    serde_json::from_value(serde_json::Value::Object(object))
}

/// The login of an answer, if both parts are there. The name `<token>` marks an identity token.
fn login(answer: HelperOutput) -> Option<Login> {
    let HelperOutput { username, secret } = answer;
    if username.is_empty() || secret.is_empty() {
        return None;
    }
    Some(if username == "<token>" { Login::Token(secret) } else { Login::Password { username, password: secret } })
}

fn is_no_login(printed: &Printed) -> bool {
    [&printed.stdout, &printed.stderr].iter().any(|text| String::from_utf8_lossy(text).contains(NO_LOGIN))
}

/// The output in one line: cleaned, and without what may be a credential. Standard output is where a login belongs, so
/// that a line of a single word there may be one.
fn shown(printed: &Printed) -> String {
    let lines = |bytes: &[u8]| -> Vec<String> {
        let text = String::from_utf8_lossy(bytes);
        let lines = text.lines().map(|line| clean::cell(line).trim().to_owned());
        lines.filter(|line| !line.is_empty()).collect()
    };
    let mut shown: Vec<String> = lines(&printed.stderr).iter().map(|line| masked(line)).collect();
    shown.extend(lines(&printed.stdout).iter().map(|line| match line.contains(' ') || is_harmless(line) {
        true => masked(line),
        false => "***".to_owned(),
    }));
    let shown = shown.join("; ");
    match shown.char_indices().nth(LONGEST_SHOWN) {
        Some((end, _)) => format!("{}…", &shown[..end]),
        None => shown,
    }
}

/// Whether a single word is too short to be a credential.
fn is_harmless(word: &str) -> bool {
    word.len() <= 5 && word.bytes().all(|b| b.is_ascii_alphabetic() || b"[]{}<>".contains(&b))
}

/// A line with `***` in place of what may be a credential: everything behind `secret:` and its like, the password in a
/// URL, and long words that mix letters and digits.
fn masked(line: &str) -> String {
    let lower = line.to_ascii_lowercase();
    let names = ["secret", "password", "passwd", "token", "bearer ", "basic ", "auth"];
    let behind = |name: &str| {
        let after = lower.find(name)? + name.len();
        let rest = &line[after..];
        if name.ends_with(' ') {
            let word = rest.split(' ').next().unwrap_or_default();
            return (word.len() >= 8 && !word.bytes().all(|b| b.is_ascii_lowercase())).then_some(after);
        }
        let sign = rest.find(|c: char| !matches!(c, '"' | '\'' | ' '))?;
        rest[sign..].starts_with([':', '=']).then_some(after + sign + 1)
    };
    let line = match names.iter().filter_map(|name| behind(name)).min() {
        Some(end) => format!("{}***", &line[..end]),
        None => line.to_owned(),
    };
    line.split(' ').map(masked_word).collect::<Vec<_>>().join(" ")
}

fn masked_word(word: &str) -> String {
    if let Some((scheme, rest)) = word.split_once("://")
        && let Some((_, host)) = rest.rsplit_once('@')
    {
        return format!("{scheme}://***@{host}");
    }
    // `NAME:PASSWORD`, but not `error:` and `HOST:PORT`
    let is_pair = word.trim_end_matches([',', ';', '.', ':']).split_once(':').is_some_and(|(name, rest)| {
        !name.is_empty() && !rest.is_empty() && !rest.contains('/') && !rest.bytes().all(|b| b.is_ascii_digit())
    });
    if is_pair && !word.contains("://") && !word.starts_with(['"', '{', '/']) {
        return "***".to_owned();
    }
    let longest = if word.contains('.') { LONGEST_PLAIN_WORD } else { LONGEST_MIXED_WORD };
    let mixed = word.bytes().any(|b| b.is_ascii_digit()) && word.bytes().any(|b| b.is_ascii_alphabetic());
    let is_path = word.contains("://") || word.starts_with(['/', '.', '~']);
    if word.len() > longest && mixed && word.is_ascii() && !is_path { "***".to_owned() } else { word.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(stdout: &str, stderr: &str) -> String {
        shown(&Printed { stdout: stdout.into(), stderr: stderr.into() })
    }

    #[test]
    fn what_may_be_a_credential_is_masked_in_what_a_helper_printed() {
        for (stdout, stderr, expected) in [
            ("junk\n", "", "junk"),
            ("", "the keychain is locked\n", "the keychain is locked"),
            ("not logged in\n", "error: \x1b[31mno session\n", "error: ␛[31mno session; not logged in"),
            ("canary-password\n", "", "***"),
            ("me:pw", "", "***"),
            (r#"{"Username":"me","Secret":"canary-pw""#, "", r#"***"#),
            (r#"{"Username": "me", "Secret": "canary-pw""#, "", r#"{"Username": "me", "Secret":***"#),
            ("{\n \"Secret\" : \"canary-pw\",", "", "{; \"Secret\" :***"),
            ("", "password=canary-pw is wrong", "password=***"),
            ("", "refused: Bearer canary-token", "refused: Bearer ***"),
            ("", "cannot reach https://me:canary@vault.corp/x", "cannot reach https://***@vault.corp/x"),
            ("", "key abcdef0123456789canary expired", "key *** expired"),
            (
                "",
                "exec: \"pass\": not found in /usr/local/bin2/some/long/path",
                "exec: \"pass\": not found in /usr/local/bin2/some/long/path",
            ),
            ("", "refused me:canary-pw, again", "refused *** again"),
            ("", "bad login for me with canary-hunter2", "bad login for me with ***"),
            ("", "error: dial r2.corp.io:443: refused", "error: dial r2.corp.io:443: refused"),
            ("", "", ""),
        ] {
            assert_eq!(output(stdout, stderr), expected, "{stdout:?} {stderr:?}");
        }
        assert!(output("", &"word ".repeat(1000)).chars().count() <= LONGEST_SHOWN + 1);
    }

    #[tokio::test]
    async fn a_name_that_leads_elsewhere_is_not_started() {
        for name in ["../evil", "a/b", "a b", "$(x)", "a\nb"] {
            let failure = ask(name, "r.corp", Duration::from_secs(20)).await.err().unwrap();
            assert_eq!(failure, "is not a valid name of a credential helper", "{name:?}");
        }
    }

    #[test]
    fn half_a_login_is_none() {
        let of = |text: &str| login(serde_json::from_str(text).unwrap());
        assert!(of("{}").is_none());
        assert!(of(r#"{"Username":"me","Secret":""}"#).is_none());
        assert!(of(r#"{"ServerURL":"x","Username":"","Secret":"canary"}"#).is_none());
        assert!(matches!(of(r#"{"Username":"<token>","Secret":"canary"}"#), Some(Login::Token(_))));
        assert!(matches!(of(r#"{"Username":"me","Secret":"canary"}"#), Some(Login::Password { .. })));
    }
}
