//! What a server wrote, as far as it may be shown: masked first and cut then, as half a secret is not known for one.

use crate::secret::Vault;

/// So many characters of a line are quoted.
const LINE: usize = 80;
/// So many characters of a message are quoted.
const MESSAGE: usize = 500;

/// How to quote: by the vault that knows the servers' secrets; without one, nothing is quoted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quote<'a>(pub(super) Option<&'a Vault>);

impl Quote<'_> {
    /// A line in backticks after a blank; empty where it may not be shown.
    pub(super) fn line(self, text: &str) -> String {
        self.excerpt(text, LINE).map(|text| format!(" `{text}`")).unwrap_or_default()
    }

    /// A message after a colon; empty where it may not be shown.
    pub(super) fn message(self, text: &str) -> String {
        self.excerpt(text, MESSAGE).map(|text| format!(": {text}")).unwrap_or_default()
    }

    fn excerpt(self, text: &str, longest: usize) -> Option<String> {
        let masked = self.0?.mask(text);
        let text = masked.trim();
        let excerpt = match text.char_indices().nth(longest) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text.to_owned(),
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
        for before in 0..LINE + 5 {
            let line = quote.line(&format!("{} canary-quoted-key {}", "x".repeat(before), "y".repeat(LINE)));
            assert!(!line.contains("can"), "{line}");
        }
        let message = quote.message(&format!("{}canary-quoted-key", "x".repeat(MESSAGE - 3)));
        assert!(!message.contains("can"), "{message}");
        assert_eq!((quote.line("a line"), quote.message("words")), (" `a line`".to_owned(), ": words".to_owned()));
    }

    #[test]
    fn without_the_vault_nothing_is_shown() {
        assert_eq!((Quote(None).line("a line"), Quote(None).message("words")), (String::new(), String::new()));
    }
}
