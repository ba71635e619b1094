//! `--set KEY=VALUE`. (What `--from-env` looks at is [`env_name_of`](crate::provision::keys::env_name_of).)

use std::fmt;
use std::path::PathBuf;

use super::absent::ABSENT;
use super::file::check_key;
use crate::error::{Error, Result};

/// Where the value of a `--set` comes from.
#[derive(Clone)]
pub enum ValueSource {
    /// The command line, which `ps` shows: not for secrets.
    Text(String),
    /// `@FILE`: the file's content.
    File(PathBuf),
    /// `-`: standard input.
    Stdin,
    /// `none:`: there is no such value, on purpose.
    Absent,
}

/// Does not show the text: it may be a secret that was given in the wrong way.
impl fmt::Debug for ValueSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(_) => f.write_str("Text"),
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Stdin => f.write_str("Stdin"),
            Self::Absent => f.write_str("Absent"),
        }
    }
}

/// One `--set`.
#[derive(Debug, Clone)]
pub struct SetArgument {
    /// The key.
    pub key: String,
    /// The source of its value.
    pub source: ValueSource,
}

impl SetArgument {
    /// Reads `KEY=VALUE`, `KEY=@FILE`, `KEY=-` or `KEY=none:`.
    ///
    /// # Errors
    /// [`Kind::Usage`](crate::error::Kind::Usage): no `=`, no key, a key with other characters than `[A-Za-z0-9._-]`,
    /// no file after `@`. The value is not shown.
    pub fn parse(argument: &str) -> Result<Self> {
        let Some((key, value)) = argument.split_once('=') else {
            return Err(Error::usage("`--set` without a `=`").hint("it is `--set KEY=VALUE`, `KEY=@FILE` or `KEY=-`"));
        };
        check_key(key).map_err(|error| Error::usage(format!("`--set`: {}", error.message)).cause(cause(&error)))?;
        let source = match value.strip_prefix('@') {
            Some("") => return Err(Error::usage(format!("`--set {key}=@` without a file"))),
            Some(path) => ValueSource::File(PathBuf::from(path)),
            None if value == "-" => ValueSource::Stdin,
            None if value == ABSENT => ValueSource::Absent,
            None => ValueSource::Text(value.to_owned()),
        };
        Ok(Self { key: key.to_owned(), source })
    }

    /// The text of a value that may be on the command line.
    ///
    /// # Errors
    /// [`Kind::Usage`](crate::error::Kind::Usage) for a secret: other users of the machine see it in `ps`.
    pub fn refuse_text_for_secret(&self) -> Result<()> {
        match self.source {
            ValueSource::Text(_) => Err(Error::usage(format!("the secret `{}` cannot be given as text", self.key))
                .cause("arguments are visible in the list of processes")
                .hint(format!("`--set {0}=@FILE` reads it from a file, `--set {0}=-` from standard input", self.key))),
            ValueSource::File(_) | ValueSource::Stdin | ValueSource::Absent => Ok(()),
        }
    }
}

fn cause(error: &Error) -> String {
    error.cause.clone().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    #[test]
    fn a_set_is_text_a_file_or_standard_input() {
        let text = SetArgument::parse("grafana.url=http://a=b").unwrap();
        assert!(matches!(text.source, ValueSource::Text(ref value) if value == "http://a=b"));
        assert_eq!(text.refuse_text_for_secret().unwrap_err().kind, Kind::Usage);
        let file = SetArgument::parse("k=@pw.txt").unwrap();
        assert!(matches!(file.source, ValueSource::File(ref path) if path.ends_with("pw.txt")));
        let stdin = SetArgument::parse("k=-").unwrap();
        assert!(matches!(stdin.source, ValueSource::Stdin) && stdin.refuse_text_for_secret().is_ok());
    }

    #[test]
    fn a_wrong_set_is_a_usage_error_without_the_value() {
        for wrong in ["canary-text", "=canary-text", "a b=canary-text", "k=@"] {
            let error = SetArgument::parse(wrong).unwrap_err();
            assert_eq!(error.kind, Kind::Usage, "{wrong}");
            assert!(!format!("{error:?}").contains("canary"), "{wrong}");
        }
        assert!(!format!("{:?}", SetArgument::parse("k=canary-text").unwrap()).contains("canary"));
    }
}
