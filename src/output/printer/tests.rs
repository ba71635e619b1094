//! What the printer writes to which stream.

use super::*;
use crate::record::{Action, Outcome};
use crate::secret::Secret;

use crate::output::Column;

fn printer(settings: Settings) -> (Printer, Captured) {
    let (printer, captured) = Printer::in_memory(settings.form);
    (printer.with_settings(settings), captured)
}

#[test]
fn data_and_talk_have_their_streams() {
    let (printer, captured) = printer(Settings::default());
    printer.out("data\n");
    printer.print("printed");
    printer.line("line");
    printer.info("info");
    printer.note("two\nlines");
    printer.warn("careful");
    printer.error(&Error::failed("it broke"));
    printer.verbose(1, || "not asked for".to_owned());
    assert_eq!(captured.out(), "data\nprinted\n");
    assert_eq!(captured.err(), "line\ninfo\nnote: two\n  lines\nwarning: careful\nerror: it broke\n");
}

#[test]
fn quiet_leaves_warnings_and_errors() {
    let (printer, captured) = printer(Settings { quiet: true, verbosity: 1, ..Settings::default() });
    printer.info("info");
    printer.note("note");
    printer.line("line");
    printer.warn("careful");
    printer.error(&Error::failed("it broke"));
    printer.verbose(1, || "asked for".to_owned());
    assert_eq!(captured.err(), "line\nwarning: careful\nerror: it broke\nasked for\n");
}

#[test]
fn print_leaves_a_document_alone() {
    for form in [Form::Json, Form::Yaml, Form::Name] {
        let (printer, captured) = Printer::in_memory(form);
        printer.print("progress");
        assert_eq!((captured.out().as_str(), captured.err().as_str()), ("", "progress\n"));
    }
}

#[test]
fn everything_is_masked_and_clean() {
    let (printer, captured) = printer(Settings { verbosity: 1, ..Settings::default() });
    let sentinel = printer.vault().keep(&Secret::new("canary-printer"));
    let text = format!("{sentinel} canary-printer \x1b[31m");
    printer.out(&text);
    printer.line(&text);
    printer.note(&text);
    printer.warn(&text);
    printer.error(&Error::failed(&text));
    printer.verbose(1, || text.clone());
    assert_eq!(captured.out(), "*** *** ␛[31m\n");
    assert_eq!(
        captured.err(),
        "*** *** ␛[31m\nnote: *** *** ␛[31m\nwarning: *** *** ␛[31m\nerror: *** *** ␛[31m\n*** *** ␛[31m\n"
    );
}

#[test]
fn a_secret_too_short_to_mask_is_told_of_once() {
    let (printer, captured) = printer(Settings::default());
    printer.vault().keep(&Secret::new("tiny"));
    printer.out("one");
    printer.out("two");
    assert_eq!(captured.out(), "one\ntwo\n");
    assert_eq!(captured.err(), "warning: a secret with fewer than 6 characters is not masked inside other text\n");
}

#[test]
fn plans_take_the_form_of_the_output() {
    let change = Change {
        action: Action::Delete,
        kind: "pod",
        name: "p".to_owned(),
        namespace: "mcp".to_owned(),
        keys: Vec::new(),
        note: String::new(),
        outcome: Outcome::Planned,
    };
    let plan = |form| {
        let (printer, captured) = Printer::in_memory(form);
        printer.plan(std::slice::from_ref(&change)).unwrap();
        captured.out()
    };
    assert_eq!(plan(Form::Table), "plan (nothing was changed):\n  1  delete  pod/p   namespace mcp\n");
    assert_eq!(plan(Form::Name), "pod/p\n");
    assert!(plan(Form::Json).starts_with("[\n  {\n    \"action\": \"delete\","));
    assert!(plan(Form::Yaml).starts_with("- action: delete\n"));
}

#[test]
fn a_preview_goes_to_stderr() {
    let (printer, captured) = printer(Settings { quiet: true, ..Settings::default() });
    let mut table = Table::new([Column::new("name")]);
    printer.preview(&table);
    table.row(["mcp-time-1795100012"]);
    printer.preview(&table);
    assert_eq!((captured.out().as_str(), captured.err().as_str()), ("", "  NAME\n  mcp-time-1795100012\n"));
}

#[test]
fn a_stream_that_cannot_be_written_is_told_at_the_end() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let (_, err, _) = Captured::sinks(false);
    let out = Sink::writer(Box::new(Full), false);
    let printer = Printer::to_sinks(Settings::default(), Arc::default(), out, err);
    assert!(printer.finish().is_ok());
    printer.out("x");
    assert_eq!(printer.finish().unwrap_err().to_string(), "cannot write to stdout: no storage space");
    assert!(printer.is_closed());
}

#[test]
fn lines_of_many_threads_stay_whole() {
    let (printer, captured) = printer(Settings::default());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..50).for_each(|_| printer.out("a whole line")));
        }
    });
    assert_eq!(captured.out(), "a whole line\n".repeat(200));
}

proptest::proptest! {
    #[test]
    fn no_control_character_reaches_a_stream(text in "(\\PC|\\p{Cc}|\\p{Cf}){0,30}", secret in "[a-z]{6,12}") {
        for form in Form::ALL {
            let (printer, captured) = Printer::in_memory(form);
            printer.vault().keep(&Secret::new(&secret));
            let text = format!("{text}{secret}");
            printer.print(&text);
            printer.note(&text);
            printer.step(crate::output::Mark::Failed, &text, &text);
            printer.error(&Error::failed(&text).cause(&text).detail(&text).hint(&text));
            let map = serde_json::json!({ "kind": text, "name": text, "value": text, "list": [text], &text: text });
            let mut table = Table::new([Column::new("name"), Column::new(&text)]);
            table.row([&text, &text]);
            printer.document(&Document::new(map.clone())).unwrap();
            printer.document(&Document::new(map).table(table).summary(&text)).unwrap();
            let all = [captured.out(), captured.err()].concat();
            let left = all.chars().find(|c| !matches!(c, '\n' | '\t') && crate::output::clean::needs_cleaning(*c));
            proptest::prop_assert!(left.is_none(), "{left:?} in form {}", form.name());
        }
    }
}
