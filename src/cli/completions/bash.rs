//! Bash's view of a command line. Bash also splits words at `:`, `=` and `@`, and replaces only the last piece: so the
//! pieces are joined before the look-up, and the part that is typed already is removed from the candidates.

use std::ffi::OsString;
use std::io::{self, Write};

/// The variable with the line up to the cursor.
const LINE: &str = "MCPCTL_COMPLETE_LINE";
/// The variable with the piece that bash replaces.
const PIECE: &str = "MCPCTL_COMPLETE_PIECE";

/// The code that registers completion. It does not need the `bash-completion` package, and works together with it.
const REGISTRATION: &str = r#"
_mcpctl_complete() {
    local IFS=$'\013'
    local space=true
    if compopt +o nospace 2> /dev/null; then
        space=false
    fi
    COMPREPLY=( $( \
        _CLAP_IFS="$IFS" \
        _CLAP_COMPLETE_INDEX="$COMP_CWORD" \
        MCPCTL_COMPLETE_LINE="${COMP_LINE:0:COMP_POINT}" \
        MCPCTL_COMPLETE_PIECE="$2" \
        VAR="bash" \
        COMPLETER -- "${COMP_WORDS[@]}" 2> /dev/null \
    ) )
    if [[ $? != 0 ]]; then
        unset COMPREPLY
    elif [[ $space == false ]] && [[ "${COMPREPLY-}" =~ [=/:]$ ]]; then
        compopt -o nospace
    fi
}
if [[ "${BASH_VERSINFO[0]}" -eq 4 && "${BASH_VERSINFO[1]}" -ge 4 || "${BASH_VERSINFO[0]}" -gt 4 ]]; then
    complete -o nospace -o bashdefault -o nosort -F _mcpctl_complete BIN
else
    complete -o nospace -o bashdefault -F _mcpctl_complete BIN
fi
"#;

/// Writes what registers completion; `completer` is a word of the shell.
pub(super) fn register(variable: &str, program: &str, completer: &str, out: &mut dyn Write) -> io::Result<()> {
    let script = REGISTRATION.replace("BIN", program).replace("COMPLETER", completer).replace("VAR", variable);
    writeln!(out, "{script}")
}

/// A line as a program receives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// Its words up to the cursor; the last one is completed.
    pub(super) words: Vec<OsString>,
    /// What is typed of the last word before the piece that bash replaces.
    pub(super) typed: String,
}

/// The line, from the variables of bash; none if another shell asks.
pub(super) fn line(words: &[OsString], index: usize) -> Option<Line> {
    let line = std::env::var(LINE).ok()?;
    let piece = std::env::var(PIECE).unwrap_or_default();
    let words: Vec<String> = words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    Some(joined(&words, index, &line, &piece))
}

fn joined(words: &[String], index: usize, line: &str, piece: &str) -> Line {
    let mut all: Vec<String> = Vec::new();
    let mut at = 0;
    for word in words.iter().take(index) {
        let found = line[at..].find(word.as_str()).map_or(at, |found| at + found);
        let is_next_to = !all.is_empty() && at > 0 && found == at;
        match all.last_mut().filter(|_| is_next_to) {
            Some(last) => last.push_str(word),
            None => all.push(word.clone()),
        }
        at = (found + word.len()).min(line.len());
        while !line.is_char_boundary(at) {
            at += 1;
        }
    }
    let rest = &line[at..];
    let last = rest.trim_start();
    // what bash splits without a blank is one word
    let is_next_to = !all.is_empty() && last.len() == rest.len() && !last.is_empty();
    let current = match all.pop_if(|_| is_next_to) {
        Some(before) => before + last,
        None => last.to_owned(),
    };
    let typed = unquoted(current.strip_suffix(piece).unwrap_or(&current[..current.len() - last.len()]));
    let mut words: Vec<OsString> = all.iter().map(|word| unquoted(word).into()).collect();
    words.push(format!("{typed}{}", unquoted(piece)).into());
    Line { words, typed }
}

/// A word without its quotes and backslashes.
fn unquoted(word: &str) -> String {
    let mut text = String::with_capacity(word.len());
    let mut quote = None;
    let mut letters = word.chars();
    while let Some(letter) = letters.next() {
        match (letter, quote) {
            ('\\', None | Some('"')) => text.extend(letters.next()),
            ('\'' | '"', None) => quote = Some(letter),
            (same, Some(open)) if same == open => quote = None,
            (other, _) => text.push(other),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_joined_and_what_is_typed_is_known() {
        for (words, line, piece, last, typed) in [
            (vec!["mcpctl", "li"], "mcpctl li", "li", "li", ""),
            (vec!["mcpctl", ""], "mcpctl ", "", "", ""),
            (vec!["mcpctl", "--context", "=", "ki"], "mcpctl --context=ki", "ki", "--context=ki", "--context="),
            (vec!["mcpctl", "--context", "="], "mcpctl --context=", "", "--context=", "--context="),
            (vec!["mcpctl", "-n", "a:b"], "mcpctl -n a:b", "a:b", "a:b", ""),
            (vec!["mcpctl", "arn", ":", "aws", ":", "e"], "mcpctl arn:aws:e", "e", "arn:aws:e", "arn:aws:"),
            (vec!["mcpctl", "pods", "::", "ses"], "mcpctl pods::ses", "ses", "pods::ses", "pods::"),
            (vec!["mcpctl", "pods", "::"], "mcpctl pods::", "", "pods::", "pods::"),
            (vec!["mcpctl", "oci", "://re"], "mcpctl oci://re", "//re", "oci://re", "oci:"),
            (vec!["mcpctl", "s.a", "=", "@", "/tm"], "mcpctl s.a=@/tm", "/tm", "s.a=@/tm", "s.a=@"),
            (vec!["mcpctl", "a", "=", "b", "c"], "mcpctl a=b c", "c", "c", ""),
            (vec!["mcpctl", "--context=ki"], "mcpctl --context=ki", "ki", "--context=ki", "--context="),
            (vec!["mcpctl", "\"a b"], "mcpctl \"a b", "a b", "a b", ""),
            (vec!["mcpctl", "a\\ b"], "mcpctl a\\ b", "a\\ b", "a b", ""),
            (vec!["mcpctl", "a", "a", "=", "a"], "mcpctl a a=a", "a", "a=a", "a="),
        ] {
            let words: Vec<String> = words.into_iter().map(str::to_owned).collect();
            let found = joined(&words, words.len() - 1, line, piece);
            let shown = found.words.last().map(|word| word.to_string_lossy().into_owned()).unwrap_or_default();
            assert_eq!((shown.as_str(), found.typed.as_str()), (last, typed), "{line}");
        }
        let words = ["mcpctl", "--context", "=", "x:y", "list", "-o", "="].map(str::to_owned);
        let line = joined(&words, 6, "mcpctl --context=x:y list -o=", "");
        assert_eq!(line.words, ["mcpctl", "--context=x:y", "list", "-o="]);
    }
}
