//! `~/` at the beginning of a path: the shell does not expand it in quotes, after a `=` and in files.

use std::path::{Path, PathBuf};

/// A path with a leading `~/`, or a bare `~`, replaced by the home folder. Without a home folder it stays.
#[must_use]
pub fn expand_home(path: impl AsRef<Path>, home: Option<&Path>) -> PathBuf {
    let path = path.as_ref();
    match (path.strip_prefix("~"), home) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leading_tilde_is_the_home_folder() {
        let home = Path::new("/home/me");
        for (path, expanded) in [
            ("~/k", "/home/me/k"),
            ("~/a/../k", "/home/me/a/../k"),
            ("~//k", "/home/me/k"),
            ("~", "/home/me"),
            ("~/", "/home/me"),
            ("~other/k", "~other/k"),
            ("./~/k", "./~/k"),
            ("a/~/k", "a/~/k"),
            ("/~/k", "/~/k"),
            ("k~", "k~"),
            ("", ""),
        ] {
            assert_eq!(expand_home(path, Some(home)), Path::new(expanded), "{path}");
            assert_eq!(expand_home(path, None), Path::new(path), "{path}");
        }
    }
}
