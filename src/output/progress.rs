//! Progress: lines of finished steps, and what moves on a terminal while one is under way.
//!
//! On a terminal a spinner or a bar is drawn on stderr; elsewhere a count is a plain line every ten seconds.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::printer::Printer;
use super::redact;

/// How often to print a count if no bar can be drawn.
const TELL_EVERY: Duration = Duration::from_secs(10);

/// How often a spinner turns.
const TURN_EVERY: Duration = Duration::from_millis(100);

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// `✓`
    Done,
    /// `!`: it went on, but something is to be known.
    Warning,
    /// `✗`
    Failed,
    /// `?`: something is asked or open.
    Open,
}

impl Printer {
    /// The line of a step, ` ✓ check     rights, catalog, 2 servers`. `--quiet` leaves out those that are done.
    pub fn step(&self, mark: Mark, name: &str, text: &str) {
        if mark == Mark::Done && self.settings().quiet {
            return;
        }
        let paint = self.paint();
        let mark = match mark {
            Mark::Done => paint.good("✓"),
            Mark::Warning => paint.warning("!"),
            Mark::Failed => paint.error("✗"),
            Mark::Open => paint.hint("?"),
        };
        let (name, text) = (redact::name(name), self.indented(text));
        self.painted(format!(" {mark} {name:<8}  {text}").trim_end());
    }

    /// Begins a step: a spinner until [`Step::done`] or [`Step::failed`] prints its line.
    #[must_use]
    pub fn begin(&self, name: &str) -> Step {
        let bar = self.bars().map(|bars| {
            let bar = bars.add(ProgressBar::new_spinner().with_style(style(" {spinner} {prefix:<8}  {msg}")));
            bar.set_prefix(redact::name(name).into_owned());
            bar.enable_steady_tick(TURN_EVERY);
            bar
        });
        Step { printer: self.clone(), name: name.to_owned(), bar }
    }

    /// Begins a count, `deleting 120/1000`; without a total only what is done is counted.
    #[must_use]
    pub fn progress(&self, doing: &str, total: Option<u64>) -> Progress {
        let doing = redact::cell(doing, self.vault()).into_owned();
        let bar = self.bars().map(|bars| {
            let template = if total.is_some() { "{msg} {pos}/{len} {bar:30}" } else { "{spinner} {msg} {pos}" };
            let bar = bars.add(ProgressBar::no_length().with_style(style(template)));
            total.into_iter().for_each(|total| bar.set_length(total));
            bar.set_message(doing.clone());
            bar
        });
        Progress {
            printer: self.clone(),
            doing,
            total,
            bar,
            every: TELL_EVERY,
            count: Mutex::new(Count { done: 0, told: Instant::now() }),
        }
    }
}

/// A template is a constant of this file; were it wrong, the plain style would do.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .tick_strings(&["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏", " "])
        .progress_chars("━━─")
}

/// A step under way. Dropped without an end it leaves nothing behind.
pub struct Step {
    printer: Printer,
    name: String,
    bar: Option<ProgressBar>,
}

impl Step {
    /// Says how far it is, on a terminal only.
    pub fn update(&self, text: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(redact::cell(text, self.printer.vault()).into_owned());
        }
    }

    /// Ends it well with its line.
    pub fn done(mut self, text: &str) {
        self.clear();
        self.printer.step(Mark::Done, &self.name, text);
    }

    /// Ends it badly with its line.
    pub fn failed(mut self, text: &str) {
        self.clear();
        self.printer.step(Mark::Failed, &self.name, text);
    }

    fn clear(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        self.clear();
    }
}

/// A count under way; shared by the tasks that do the work. Dropped it leaves nothing behind.
pub struct Progress {
    printer: Printer,
    doing: String,
    total: Option<u64>,
    bar: Option<ProgressBar>,
    every: Duration,
    count: Mutex<Count>,
}

struct Count {
    done: u64,
    told: Instant,
}

impl Progress {
    /// One more is done.
    pub fn one(&self) {
        self.advance(1);
    }

    /// So many more are done.
    pub fn advance(&self, more: u64) {
        let (done, due) = {
            let mut count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
            count.done += more;
            let due = count.told.elapsed() >= self.every;
            if due {
                count.told = Instant::now();
            }
            (count.done, due)
        };
        match &self.bar {
            Some(bar) => bar.set_position(done),
            None if due && self.total != Some(done) => self.printer.info(&self.text(done)),
            None => {}
        }
    }

    fn text(&self, done: u64) -> String {
        match self.total {
            Some(total) => format!("{} {done}/{total}", self.doing),
            None => format!("{} {done}", self.doing),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use indicatif::{ProgressDrawTarget, TermLike};

    use super::super::form::{Form, Settings};
    use super::*;
    use crate::secret::Secret;

    #[test]
    fn steps_are_lines_of_one_layout() {
        let (printer, captured) = Printer::in_memory(Form::Table);
        printer.step(Mark::Done, "check", "rights, catalog, 2 servers");
        printer.begin("images").done("3 present");
        printer.begin("apply").failed("403 Forbidden");
        drop(printer.begin("catalog"));
        printer.step(Mark::Open, "grafana.url", "Configure the connection");
        printer.step(Mark::Done, "gateway", "");
        assert_eq!(
            captured.err(),
            " ✓ check     rights, catalog, 2 servers\n ✓ images    3 present\n ✗ apply     403 Forbidden\n \
             ? grafana.url  Configure the connection\n ✓ gateway\n"
        );
        assert_eq!(captured.out(), "");
    }

    #[test]
    fn quiet_leaves_out_what_went_well() {
        let (printer, captured) = Printer::in_memory(Form::Table);
        let printer = printer.with_settings(Settings { quiet: true, ..Settings::default() });
        printer.step(Mark::Done, "check", "fine");
        printer.step(Mark::Failed, "env", "not fine");
        assert_eq!(captured.err(), " ✗ env       not fine\n");
    }

    #[test]
    fn a_count_off_terminals_is_told_now_and_then() {
        let (printer, captured) = Printer::in_memory(Form::Table);
        let mut progress = printer.progress("deleting", Some(3));
        progress.advance(1);
        assert_eq!(captured.err(), "");
        progress.every = Duration::ZERO;
        progress.one();
        progress.one();
        assert_eq!(captured.err(), "deleting 2/3\n");
    }

    /// A terminal of one colour that writes down what is drawn on it.
    #[derive(Debug, Clone, Default)]
    struct Drawn(Arc<Mutex<String>>);

    impl Drawn {
        fn push(&self, text: &str) -> std::io::Result<()> {
            self.0.lock().unwrap().push_str(text);
            Ok(())
        }
    }

    impl TermLike for Drawn {
        fn width(&self) -> u16 {
            80
        }
        fn move_cursor_up(&self, _: usize) -> std::io::Result<()> {
            Ok(())
        }
        fn move_cursor_down(&self, _: usize) -> std::io::Result<()> {
            Ok(())
        }
        fn move_cursor_right(&self, _: usize) -> std::io::Result<()> {
            Ok(())
        }
        fn move_cursor_left(&self, _: usize) -> std::io::Result<()> {
            Ok(())
        }
        fn write_line(&self, text: &str) -> std::io::Result<()> {
            self.push(&format!("{text}\n"))
        }
        fn write_str(&self, text: &str) -> std::io::Result<()> {
            self.push(text)
        }
        fn clear_line(&self) -> std::io::Result<()> {
            self.push("<clear>")
        }
        fn flush(&self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_terminal_gets_a_bar_that_makes_way_for_lines_and_leaves_nothing() {
        let drawn = Drawn::default();
        let (printer, captured) = Printer::drawing(ProgressDrawTarget::term_like(Box::new(drawn.clone())));
        let progress = printer.progress("deleting", Some(2));
        progress.one();
        assert!(drawn.0.lock().unwrap().contains("deleting 1/2 ━━━━━━━━━━━━━━━"), "{:?}", drawn.0);
        drawn.0.lock().unwrap().clear();
        printer.info("a line");
        assert!(drawn.0.lock().unwrap().starts_with("<clear>"), "{:?}", drawn.0);
        drop(progress);
        printer.begin("apply").done("created");
        assert!(drawn.0.lock().unwrap().ends_with("<clear>"), "{:?}", drawn.0);
        assert_eq!(captured.err(), "a line\n ✓ apply     created\n");
    }

    #[test]
    fn quiet_draws_nothing() {
        let drawn = Drawn::default();
        let (printer, _) = Printer::drawing(ProgressDrawTarget::term_like(Box::new(drawn.clone())));
        let printer = printer.with_settings(Settings { quiet: true, ..Settings::default() });
        printer.progress("deleting", Some(2)).one();
        printer.begin("apply").done("created");
        assert_eq!(drawn.0.lock().unwrap().as_str(), "");
    }

    #[test]
    fn progress_is_masked_and_clean() {
        let (printer, captured) = Printer::in_memory(Form::Table);
        printer.vault().keep(&Secret::new("canary-step"));
        printer.step(Mark::Done, "x\x1b", "canary-step\x07");
        let mut progress = printer.progress("canary-step", None);
        progress.every = Duration::ZERO;
        progress.one();
        assert_eq!(captured.err(), " ✓ x␛        ***␇\n*** 1\n");
    }
}
