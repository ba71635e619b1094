//! Results longer than the screen, through the user's pager.

use std::io::Write as _;
use std::process::Stdio;

use crate::child;
use crate::error::Result;

use super::document::Document;
use super::printer::Printer;

/// Pagers that are tried where `$PAGER` names none.
const USUAL: [&str; 2] = ["less", "more"];

/// Lines of the screen that are left for the prompts before and after.
const SPARED: usize = 2;

impl Printer {
    /// As [`document`](Printer::document), but what is longer than a screen of so many rows goes through `$PAGER`,
    /// `less` or `more`; an empty `$PAGER` or `cat` means none. What a pager gets is masked and clean.
    ///
    /// # Errors
    /// As [`document`](Printer::document).
    pub fn document_paged(&self, document: &Document, rows: usize) -> Result<()> {
        let text = self.rendered(document)?;
        if text.lines().count() + SPARED > rows && show(&text) {
            self.remark(document);
            return Ok(());
        }
        self.document(document)
    }

    /// Text as [`out`](Printer::out) prints it, but paged as [`document_paged`](Printer::document_paged) says.
    pub fn out_paged(&self, text: &str, rows: usize) {
        if text.lines().count() + SPARED <= rows || !show(&self.clean(text)) {
            self.out(text);
        }
    }
}

/// Shows a text in a pager; false if there is none.
fn show(text: &str) -> bool {
    match std::env::var("PAGER") {
        Ok(words) => shlex::split(&words).is_some_and(|words| page(&words, text)),
        Err(_) => USUAL.iter().any(|name| page(&[(*name).to_owned()], text)),
    }
}

fn page(words: &[String], text: &str) -> bool {
    let Some((program, arguments)) = words.split_first().filter(|(program, _)| *program != "cat") else {
        return false;
    };
    let mut command = child::command(program);
    // text that is typed ahead must not start a shell or an editor
    command.args(arguments).stdin(Stdio::piped()).env("LESSSECURE", "1");
    if std::env::var_os("LESS").is_none() {
        // ends where the text fits on the screen, shows colours, leaves the text on the screen
        command.env("LESS", "FRX");
    }
    let Ok(mut pager) = command.spawn() else { return false };
    if let Some(mut input) = pager.stdin.take() {
        // the user may quit the pager before its end
        let _ = input.write_all(text.as_bytes());
    }
    pager.wait().is_ok_and(|status| status.success())
}
