//! What a server wrote, as far as it may be shown: masked first and shortened then, because a part of a secret is not
//! recognised.

use crate::secret::Vault;

use super::log_digest::fold;

/// So many characters of a line are quoted.
const LINE: usize = 500;
/// So many characters of a message are quoted: more than any reason has, and less than a screen.
const MESSAGE: usize = 2_000;

/// How to quote: by the vault that knows the servers' secrets; without one, nothing is quoted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quote<'a>(pub(super) Option<&'a Vault>);

impl Quote<'_> {
    /// A line in backticks after a blank; empty where it may not be shown.
    pub(super) fn line(self, text: &str) -> String {
        self.excerpt(text, LINE).map(|text| format!(" `{text}`")).unwrap_or_default()
    }

    /// A message after a colon, in one line without stack frames; empty where it may not be shown.
    pub(super) fn message(self, text: &str) -> String {
        self.excerpt(text, MESSAGE).map(|text| format!(": {text}")).unwrap_or_default()
    }

    /// Lines, masked; none where they may not be shown.
    pub(super) fn lines(self, lines: &[String]) -> Vec<String> {
        let Some(vault) = self.0 else { return Vec::new() };
        lines.iter().map(|line| vault.mask(line).into_owned()).collect()
    }

    fn excerpt(self, text: &str, longest: usize) -> Option<String> {
        let masked = self.0?.mask(text);
        let text = fold(&masked.lines().collect::<Vec<_>>());
        let text = text.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
        let excerpt = match text.char_indices().nth(longest) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text,
        };
        (!excerpt.is_empty()).then_some(excerpt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    #[test]
    fn a_secret_across_the_cut_is_masked() {
        let vault = Vault::default();
        vault.keep(&Secret::new("canary-quoted-key"));
        let quote = Quote(Some(&vault));
        for before in (0..LINE + 5).step_by(7) {
            let line = quote.line(&format!("{} canary-quoted-key {}", "x".repeat(before), "y".repeat(LINE)));
            assert!(!line.contains("can"), "{line}");
        }
        let message = quote.message(&format!("{}canary-quoted-key", "x".repeat(MESSAGE - 3)));
        assert!(!message.contains("can"), "{message}");
        assert_eq!((quote.line("a line"), quote.message("words")), (" `a line`".to_owned(), ": words".to_owned()));
        assert_eq!(quote.lines(&["a canary-quoted-key".to_owned()]), ["a ***"]);
    }

    #[test]
    fn a_message_of_several_lines_is_one_without_stack_frames() {
        let vault = Vault::default();
        let message = "boom\n    at a (/x.js:1:1)\n    at b (/x.js:2:1)\nthe end";
        assert_eq!(Quote(Some(&vault)).message(message), ": boom … 2 stack frames the end");
    }

    #[test]
    fn without_the_vault_nothing_is_shown() {
        assert_eq!((Quote(None).line("a line"), Quote(None).message("words")), (String::new(), String::new()));
        assert!(Quote(None).lines(&["a".to_owned()]).is_empty());
    }
}
