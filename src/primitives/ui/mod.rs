//! `ui`: what a script says and asks.

pub mod screen;

use rhai::plugin::*;
use rhai::{Array, Dynamic, NativeCallContext};

use super::api::functions::Optional;
use super::api::raise::{Outcome, Raise};
use super::api::show;
use super::host;
use crate::error::{Error, Kind};
use crate::output::Confirmation;
use crate::secret::Secret;

/// The functions of `ui`.
#[export_module(manifest)]
pub mod functions {
    /// Says something on stderr; `--quiet` silences it.
    ///
    /// # Parameters
    /// * `text` - one line
    ///
    /// # Example
    /// ```rhai
    /// ui::info("looking around")
    /// // => ()
    /// ```
    #[rhai_fn(name = "info")]
    pub fn info(context: NativeCallContext, text: &str) {
        host(&context).printer.info(text);
    }

    /// Warns on stderr.
    ///
    /// # Parameters
    /// * `text` - lower case, without a full stop
    ///
    /// # Example
    /// ```rhai
    /// ui::warn("nobody is looking")
    /// // => ()
    /// ```
    #[rhai_fn(name = "warn")]
    pub fn warn(context: NativeCallContext, text: &str) {
        host(&context).printer.warn(text);
    }

    /// Prints rows as a table on stdout.
    ///
    /// # Parameters
    /// * `rows` - pods, sessions, or maps that have the same keys
    /// * `columns` - the properties or keys to print, in order
    ///
    /// # Errors
    /// * a row that cannot be shown
    ///
    /// # Example
    /// ```rhai
    /// ui::print_table([#{ name: "time", pods: 2 }])
    /// // => ()
    /// ```
    /// ```rhai
    /// ui::print_table(pods::list(), ["name", "status"])
    /// // => ()
    /// ```
    #[rhai_fn(return_raw)]
    pub fn print_table(context: NativeCallContext, rows: Array, columns: Optional<Array>) -> Outcome<()> {
        let host = host(&context);
        let document =
            if columns.is_empty() { show::document(&host, &rows.into()) } else { show::picked(&rows, &columns) };
        document.and_then(|document| host.show(&document)).raise(&context)
    }

    /// Shows rows on stderr, so that stdout is left to the result: what a question is about.
    ///
    /// # Parameters
    /// * `rows` - pods, sessions, or maps that have the same keys
    ///
    /// # Errors
    /// * a row that cannot be shown
    ///
    /// # Example
    /// ```rhai
    /// ui::preview(pods::sessions())
    /// // => ()
    /// ```
    #[rhai_fn(name = "preview", return_raw)]
    pub fn preview(context: NativeCallContext, rows: Array) -> Outcome<()> {
        let host = host(&context);
        show::preview(&host, &rows).raise(&context)
    }

    /// Asks a question that `--yes` answers with yes. For deletes and overwrites there is no need to: they ask
    /// by themselves.
    ///
    /// # Parameters
    /// * `question` - as `go on?`
    ///
    /// # Effects
    /// * `prompt`
    ///
    /// # Errors
    /// * nobody can be asked and `--yes` is not given
    ///
    /// # Example
    /// ```rhai
    /// ui::confirm("go on?")
    /// // => true
    /// ```
    #[rhai_fn(name = "confirm", return_raw)]
    pub fn confirm(context: NativeCallContext, question: &str) -> Outcome<bool> {
        let host = host(&context);
        let confirmation = Confirmation::new(question, format!("nobody can be asked: {question}"))
            .hint("repeat with `--yes`, or run it on a terminal");
        host.prompter.is_yes(&confirmation).raise(&context)
    }

    /// Whether there is somebody to ask: a terminal, and no dry run.
    ///
    /// # Example
    /// ```rhai
    /// ui::can_ask()
    /// // => false
    /// ```
    #[rhai_fn(name = "can_ask")]
    pub fn can_ask(context: NativeCallContext) -> bool {
        host(&context).prompter.is_interactive()
    }

    /// Whether stdout is to be one document, as `-o json`, `yaml` and `name` say; `print` then goes to stderr.
    ///
    /// # Errors
    /// * the output form is unknown
    ///
    /// # Example
    /// ```rhai
    /// ui::is_document()
    /// // => false
    /// ```
    #[rhai_fn(name = "is_document", return_raw)]
    pub fn is_document(context: NativeCallContext) -> Outcome<bool> {
        host(&context).shown().map(|printer| printer.settings().form.is_document()).raise(&context)
    }

    /// Asks for a value on the terminal; where nobody can be asked, or the answer is empty, it is the default.
    ///
    /// # Parameters
    /// * `question` - what is wanted
    /// * `or` - the default
    ///
    /// # Effects
    /// * `prompt`
    ///
    /// # Errors
    /// * nobody can be asked, and there is no default
    ///
    /// # Example
    /// ```rhai
    /// ui::ask("which room?", "blue")
    /// // => "blue"
    /// ```
    /// ```rhai
    /// let seen = ();
    /// try { ui::ask("which room?") } catch (e) { seen = e.kind; }
    /// seen
    /// // => "missing_values"
    /// ```
    #[rhai_fn(return_raw)]
    pub fn ask(context: NativeCallContext, question: &str, or: &str) -> Outcome<String> {
        host(&context).prompter.ask(question, Some(or)).raise(&context)
    }

    /// Without a default: an empty one is a default, too.
    #[rhai_fn(name = "ask", return_raw)]
    pub fn ask_without_default(context: NativeCallContext, question: &str) -> Outcome<String> {
        host(&context).prompter.ask(question, None).raise(&context)
    }

    /// Asks for a secret on the terminal, unseen.
    ///
    /// # Parameters
    /// * `question` - what is wanted
    ///
    /// # Effects
    /// * `prompt`
    ///
    /// # Errors
    /// * nobody can be asked
    ///
    /// # Example
    /// ```rhai
    /// let seen = ();
    /// try { ui::ask_secret("token") } catch (e) { seen = e.kind; }
    /// seen
    /// // => "missing_values"
    /// ```
    #[rhai_fn(name = "ask_secret", return_raw)]
    pub fn ask_secret(context: NativeCallContext, question: &str) -> Outcome<Secret> {
        let host = host(&context);
        host.prompter.ask_secret(question).raise(&context)
    }

    /// Lets a person choose one of several, by its number or name.
    ///
    /// # Parameters
    /// * `question` - what is wanted
    /// * `choices` - the texts to choose from
    ///
    /// # Effects
    /// * `prompt`
    ///
    /// # Errors
    /// * nobody can be asked; there is nothing to choose from
    ///
    /// # Example
    /// ```rhai
    /// let seen = ();
    /// try { ui::choose("which?", ["a", "b"]) } catch (e) { seen = e.kind; }
    /// seen
    /// // => "missing_values"
    /// ```
    #[rhai_fn(name = "choose", return_raw)]
    pub fn choose(context: NativeCallContext, question: &str, choices: Array) -> Outcome<Dynamic> {
        let host = host(&context);
        let texts: Vec<String> = choices.iter().map(ToString::to_string).collect();
        if texts.is_empty() {
            return Err(Error::new(Kind::Script, "there is nothing to choose from")).raise(&context);
        }
        let index = host.prompter.choose(question, &texts, None).raise(&context)?;
        Ok(choices.get(index).cloned().unwrap_or_default())
    }

    /// A number of things in words: `1 pod`, `3 pods`.
    ///
    /// # Parameters
    /// * `number` - how many
    /// * `thing` - the word for one of them
    ///
    /// # Example
    /// ```rhai
    /// [ui::count(1, "pod"), ui::count(3, "idle session")]
    /// // => ["1 pod", "3 idle sessions"]
    /// ```
    #[rhai_fn(name = "count")]
    pub fn count(number: i64, thing: &str) -> String {
        if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
    }

    /// Prints one step of a workflow on stderr: ` ✓ check     3 servers`.
    ///
    /// # Parameters
    /// * `name` - the step
    /// * `text` - what it found or did
    ///
    /// # Example
    /// ```rhai
    /// ui::step("check", "3 servers")
    /// // => ()
    /// ```
    #[rhai_fn(name = "step")]
    pub fn step(context: NativeCallContext, name: &str, text: &str) {
        host(&context).printer.step(crate::output::Mark::Done, name, text);
    }

    /// Prints one step that is not as it should be on stderr: ` ! gateway   it cannot be started here`.
    ///
    /// # Parameters
    /// * `name` - the step
    /// * `text` - what it found or did
    ///
    /// # Example
    /// ```rhai
    /// ui::step_warning("images", "1 unknown")
    /// // => ()
    /// ```
    #[rhai_fn(name = "step_warning")]
    pub fn step_warning(context: NativeCallContext, name: &str, text: &str) {
        host(&context).printer.step(crate::output::Mark::Warning, name, text);
    }

    /// Prints one step that failed on stderr: ` ✗ images    2 present, 1 failed`.
    ///
    /// # Parameters
    /// * `name` - the step
    /// * `text` - what it found or did
    ///
    /// # Example
    /// ```rhai
    /// ui::step_failed("images", "1 failed")
    /// // => ()
    /// ```
    #[rhai_fn(name = "step_failed")]
    pub fn step_failed(context: NativeCallContext, name: &str, text: &str) {
        host(&context).printer.step(crate::output::Mark::Failed, name, text);
    }
}
