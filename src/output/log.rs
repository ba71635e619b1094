//! Lines of logs from other programs: colours are removed for readability; other control sequences are made visible as
//! everywhere.

use std::borrow::Cow;

/// A line without the sequences that only set colours (`ESC [ … m`). Masking comes after it, so that a colour inside a
/// secret cannot hide it.
pub(super) fn without_colours(line: &str) -> Cow<'_, str> {
    if !line.contains('\x1b') {
        return Cow::Borrowed(line);
    }
    let mut kept = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(place) = rest.find("\x1b[") {
        let (before, sequence) = rest.split_at(place);
        kept.push_str(before);
        let parameters = sequence[2..].bytes().take_while(|byte| byte.is_ascii_digit() || matches!(byte, b';' | b':'));
        let end = 2 + parameters.count();
        rest = if sequence.as_bytes().get(end) == Some(&b'm') {
            &sequence[end + 1..]
        } else {
            kept.push_str(&sequence[..2]);
            &sequence[2..]
        };
    }
    kept.push_str(rest);
    Cow::Owned(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_go_and_nothing_else() {
        assert_eq!(without_colours("\x1b[1;32mINFO\x1b[0m ready\x1b[m"), "INFO ready");
        assert_eq!(without_colours("\x1b[2Jx\x1b]0;t\x07\x1b[31"), "\x1b[2Jx\x1b]0;t\x07\x1b[31");
        assert!(matches!(without_colours("plain"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_secret_is_masked_though_a_colour_cuts_it() {
        use crate::output::{Form, Printer};
        use crate::secret::Secret;
        let (printer, captured) = Printer::in_memory(Form::Table);
        printer.vault().keep(&Secret::new("canary-log-line"));
        printer.log_line(0, "mcp-a", "key canary-\x1b[31mlog-line\x07");
        printer.log_line(0, "", "alone");
        assert_eq!(captured.out(), "mcp-a | key ***␇\nalone\n");
    }
}
