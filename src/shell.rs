//! Words of command lines that are printed for the user to copy into a shell: hints, `export …`, `kubectl apply …`.
//!
//! A word that came from outside (a file name, a name in the cluster) must stay one word and run nothing.

use crate::clean;

/// A word as a POSIX shell reads it back. Characters that no output may contain are written as escapes within `$'…'`.
#[must_use]
pub fn word(text: &str) -> String {
    // a comma has a meaning within braces only, `=` only at the start of a word
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./,:@%+=".contains(letter);
    if clean::is_unclean(text) {
        return escaped(text);
    }
    if !text.is_empty() && !text.starts_with('=') && text.chars().all(is_plain) {
        return text.to_owned();
    }
    // a NUL, the only thing that cannot be quoted, was escaped above
    shlex::try_quote(text).map_or_else(|_| escaped(text), std::borrow::Cow::into_owned)
}

/// A path as a word that no program takes for an option; `-` alone stays standard input.
#[must_use]
pub fn path(path: &std::path::Path) -> String {
    let text = path.to_string_lossy();
    if text.len() > 1 && text.starts_with('-') { word(&format!("./{text}")) } else { word(&text) }
}

/// Several words as one line.
#[must_use]
pub fn line<W: AsRef<str>>(words: impl IntoIterator<Item = W>) -> String {
    words.into_iter().map(|each| word(each.as_ref())).collect::<Vec<_>>().join(" ")
}

/// A word in the form `$'…'` of bash, zsh, ksh and POSIX.1-2024.
fn escaped(text: &str) -> String {
    let mut result = "$'".to_owned();
    for letter in text.chars() {
        match letter {
            '\'' | '\\' => result.extend(['\\', letter]),
            '\n' => result.push_str("\\n"),
            '\t' => result.push_str("\\t"),
            '\r' => result.push_str("\\r"),
            letter if letter.is_ascii_control() => result.push_str(&format!("\\x{:02x}", u32::from(letter))),
            letter if clean::needs_cleaning(letter) => result.push_str(&match u32::from(letter) {
                code @ ..=0xFFFF => format!("\\u{code:04x}"),
                code => format!("\\U{code:08x}"),
            }),
            letter => result.push(letter),
        }
    }
    result.push('\'');
    result
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    /// How a shell splits a line: its words, each after its length.
    fn read_back(line: &str) -> Vec<String> {
        let script = format!("printf '%s\\0' {line}");
        let output = Command::new("bash").env("LC_ALL", "C.UTF-8").args(["-c", &script]).output().unwrap();
        assert!(output.status.success(), "{line}: {output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        text.trim_end_matches('\0').split('\0').map(str::to_owned).collect()
    }

    #[test]
    fn harmless_words_are_bare() {
        for plain in ["a", "grafana,time", "deploy/prod.env", "a:b@c%d+e", "--catalog=x", "-n"] {
            assert_eq!(word(plain), plain);
        }
        for (text, quoted) in [
            ("", "''"),
            ("a b", "'a b'"),
            ("$(x)", "'$(x)'"),
            ("=ls", "'=ls'"),
            ("~", "'~'"),
            ("a\nb", "$'a\\nb'"),
            ("it's\u{1b}[2J", "$'it\\'s\\x1b[2J'"),
            ("\u{202e}\u{e0041}", "$'\\u202e\\U000e0041'"),
        ] {
            assert_eq!(word(text), quoted);
        }
        assert_eq!(path("-x.rhai".as_ref()), "./-x.rhai");
        assert_eq!(path("-".as_ref()), "-");
        assert_eq!(line(["a b", "c"]), "'a b' c");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_shell_reads_back_each_word(words in proptest::collection::vec("[^\\x00]{1,12}|[-$`'\"!*~;&|<>(){}\\[\\]#=\\\\ \n\t]{1,6}", 1..6)) {
            let line = line(&words);
            prop_assert!(!clean::is_unclean(&line), "{line:?}");
            prop_assert_eq!(read_back(&line), words);
        }
    }
}
