//! The progress of one of many transfers: a bar with bytes on a terminal; elsewhere a plain line now and then, and one
//! at its end.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::printer::Printer;
use super::redact;

/// How often to print a transfer if no bar can be drawn.
const TELL_EVERY: Duration = Duration::from_secs(10);
/// How often a bar's spinner turns.
const TURN_EVERY: Duration = Duration::from_millis(100);

/// A transfer under way. Dropped it leaves nothing behind.
pub struct Transfer {
    printer: Printer,
    name: String,
    bar: Option<ProgressBar>,
    every: Duration,
    told: Mutex<Told>,
}

struct Told {
    last: Instant,
    moved: bool,
}

impl Printer {
    /// Begins a transfer of something with a name.
    #[must_use]
    pub fn transfer(&self, name: &str) -> Transfer {
        let name = redact::cell(name, self.vault()).into_owned();
        let bar = self.bars().map(|bars| {
            let bar = bars.add(ProgressBar::no_length().with_style(waiting()));
            bar.set_prefix(name.clone());
            bar.enable_steady_tick(TURN_EVERY);
            bar
        });
        let told = Mutex::new(Told { last: Instant::now(), moved: false });
        Transfer { printer: self.clone(), name, bar, every: TELL_EVERY, told }
    }
}

impl Transfer {
    /// So many of so many bytes have come; `note` says what else counts, as `2 of 5 layers`.
    pub fn update(&self, bytes: u64, total: u64, note: &str) {
        let due = {
            let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
            told.moved = true;
            let due = told.last.elapsed() >= self.every;
            if due {
                told.last = Instant::now();
            }
            due
        };
        match &self.bar {
            Some(bar) if total > 0 => {
                bar.set_style(moving());
                bar.set_length(total);
                bar.set_position(bytes);
                bar.set_message(redact::cell(note, self.printer.vault()).into_owned());
            }
            Some(bar) => bar.set_message(redact::cell(note, self.printer.vault()).into_owned()),
            None if due => {
                self.printer.info(&format!("{} {} of {}, {note}", self.name, mib(bytes), mib(total)));
            }
            None => {}
        }
    }

    /// Says what holds it up.
    pub fn say(&self, text: &str) {
        match &self.bar {
            Some(bar) => {
                bar.set_style(waiting());
                bar.set_message(redact::cell(text, self.printer.vault()).into_owned());
            }
            None => self.printer.info(&format!("{} {text}", self.name)),
        }
    }

    /// Ends it: removes the bar; if none can be drawn, prints a line with the result.
    pub fn end(self, text: &str) {
        let moved = self.told.lock().unwrap_or_else(PoisonError::into_inner).moved;
        if self.bar.is_none() && moved {
            self.printer.info(&format!("{} {text}", self.name));
        }
    }
}

impl Drop for Transfer {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// A number of bytes in MiB with one decimal.
#[must_use]
pub fn mib(bytes: u64) -> String {
    let tenths = bytes.saturating_mul(10) / (1 << 20);
    format!("{}.{} MiB", tenths / 10, tenths % 10)
}

fn moving() -> ProgressStyle {
    style(" {spinner} {prefix}  {bar:20} {binary_bytes}/{binary_total_bytes}  {msg}")
}

fn waiting() -> ProgressStyle {
    style(" {spinner} {prefix}  {msg}")
}

/// A template is a constant of this file; were it wrong, the plain style would do.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .tick_strings(&["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏", " "])
        .progress_chars("━━─")
}

#[cfg(test)]
mod tests {
    use super::super::form::Form;
    use super::*;
    use crate::secret::Secret;

    #[test]
    fn off_terminals_a_transfer_is_a_line_now_and_then_and_one_at_its_end() {
        let (printer, captured) = Printer::in_memory(Form::Table);
        printer.vault().keep(&Secret::new("canary-transfer"));
        let mut transfer = printer.transfer("mcp/x:1");
        transfer.update(1 << 20, 3 << 20, "0 of 2 layers");
        assert_eq!(captured.err(), "");
        transfer.every = Duration::ZERO;
        transfer.update(3 << 19, 3 << 20, "1 of 2 layers");
        transfer.say("waits: canary-transfer\x1b");
        transfer.end("pulled, 3.0 MiB in 2 layers");
        printer.transfer("idle").end("pulled");
        assert_eq!(
            captured.err(),
            "mcp/x:1 1.5 MiB of 3.0 MiB, 1 of 2 layers\nmcp/x:1 waits: ***␛\nmcp/x:1 pulled, 3.0 MiB in 2 layers\n"
        );
    }
}
