//! The file for the gateway's `--secrets`: names, no values.
//!
//! In cluster mode the gateway looks up every secret in Docker Desktop all the same, and stops when it finds none;
//! a file that names them keeps it from that. The values come from the cluster's Secret.

use crate::error::{Error, Result};

/// What stands for a value that the cluster has.
pub const STAND_IN: &str = "provided-by-cluster";

/// The text of `BASE-secret-names.env`: one `NAME=provided-by-cluster` a line, sorted, each once.
///
/// # Errors
/// A name that is not a valid key of a Secret: it could have another meaning in the file.
pub fn secret_names_file(names: &[String]) -> Result<String> {
    let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
    names.sort_unstable();
    names.dedup();
    let mut text = String::new();
    for name in names {
        let fits = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '-');
        if name.is_empty() || !name.chars().all(fits) {
            return Err(Error::invalid(format!("`{}` is not a valid secret name", name.escape_debug())));
        }
        text.push_str(name);
        text.push('=');
        text.push_str(STAND_IN);
        text.push('\n');
    }
    Ok(text)
}

/// Whether a text is that of such a file, without any value.
#[must_use]
pub fn is_secret_names_file(text: &str) -> bool {
    text.lines().all(|line| line.split_once('=').is_some_and(|(_, value)| value == STAND_IN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_and_cannot_say_more() {
        let names = ["grafana.api_key".to_owned(), "a.b".to_owned(), "a.b".to_owned()];
        assert_eq!(
            secret_names_file(&names).unwrap(),
            "a.b=provided-by-cluster\ngrafana.api_key=provided-by-cluster\n"
        );
        assert!(secret_names_file(&["a\nb=canary-x".to_owned()]).is_err());
        assert!(is_secret_names_file(&secret_names_file(&names).unwrap()));
        assert!(!is_secret_names_file("a=provided-by-cluster\nb=canary-x\n") && !is_secret_names_file("a\n"));
        assert_eq!(secret_names_file(&[]).unwrap(), "");
    }
}
