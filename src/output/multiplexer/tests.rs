//! Several runs, each on a separate thread.

use super::super::form::Form;
use super::super::sink::Captured;
use super::super::table::{Column, Table};
use super::*;
use crate::error::Kind;
use crate::record::{Action, Outcome};
use serde_json::json;

fn multiplexer(form: Form, answers: &[&str]) -> (Arc<Multiplexer>, Captured) {
    let (printer, captured) = Printer::in_memory(form);
    let prompter = Prompter::scripted(printer.clone(), answers.iter().copied());
    (Multiplexer::new(&["a".to_owned(), "b".to_owned()], printer, prompter, Interrupt::default()), captured)
}

fn confirmation(question: &str) -> Confirmation {
    Confirmation::new(question, "refused")
}

fn rows(name: &str) -> Document {
    let mut table = Table::new([Column::new("name")]);
    table.row([name]);
    Document::new(json!([{ "name": name }])).table(table).summary("1 pod")
}

#[test]
fn one_question_is_asked_when_all_has_been_shown() {
    let (all, captured) = multiplexer(Form::Table, &["y"]);
    let run = |index: usize, pods: &str| {
        let printer = all.printer(index, Settings::default());
        printer.line(pods);
        let answer = all.prompter(index, printer.clone(), false).is_yes(&confirmation("delete them?"));
        printer.line(&format!("answer {answer:?}"));
        all.end(index);
    };
    std::thread::scope(|scope| {
        scope.spawn(|| run(0, "2 pods"));
        scope.spawn(|| run(1, "3 pods"));
    });
    let said = captured.err();
    assert!(said.starts_with("a: 2 pods\nb: 3 pods\ndelete them? (2 contexts: a, b) [y/N] y\n"), "{said}");
    assert_eq!(said.matches("answer Ok(true)").count(), 2, "{said}");
}

#[test]
fn who_has_ended_is_not_waited_for() {
    let (all, captured) = multiplexer(Form::Table, &["n"]);
    all.printer(1, Settings::default()).error(&crate::error::Error::failed("no server"));
    all.end(1);
    let printer = all.printer(0, Settings::default());
    let prompter = all.prompter(0, printer, false);
    assert_eq!(prompter.confirm(&confirmation("delete it?")).unwrap_err().kind, Kind::Declined);
    assert_eq!(captured.err(), "b: error: no server\na: delete it? [y/N] n\n");
}

#[test]
fn an_interrupt_ends_the_waiting() {
    let (printer, _) = Printer::in_memory(Form::Table);
    let interrupt = Interrupt::default();
    let prompter = Prompter::scripted(printer.clone(), ["y"]);
    let all = Multiplexer::new(&["a".to_owned(), "b".to_owned()], printer, prompter, interrupt.clone());
    interrupt.raise(crate::interrupt::Signal::Interrupt);
    let prompter = all.prompter(0, all.printer(0, Settings::default()), false);
    assert_eq!(prompter.is_yes(&confirmation("delete it?")).unwrap_err().kind, Kind::Interrupted);
}

#[test]
fn yes_and_nobody_to_ask_need_no_waiting() {
    let (all, _) = multiplexer(Form::Table, &[]);
    assert!(all.prompter(0, all.printer(0, Settings::default()), true).is_yes(&confirmation("x?")).unwrap());
    let (printer, _) = Printer::in_memory(Form::Table);
    let nobody = Prompter::nobody(printer.clone(), false);
    let all = Multiplexer::new(&["a".to_owned(), "b".to_owned()], printer, nobody, Interrupt::default());
    let refused = all.prompter(0, all.printer(0, Settings::default()), false).confirm(&confirmation("x?"));
    assert_eq!(refused.unwrap_err().kind, Kind::Refused);
}

#[test]
fn results_become_one_when_all_have_ended() {
    let (all, captured) = multiplexer(Form::Table, &[]);
    for (index, name) in ["x", "y"].into_iter().enumerate() {
        all.printer(index, Settings::default()).document(&rows(name)).unwrap();
        assert_eq!(captured.out(), "");
        all.end(index);
    }
    all.finish().unwrap();
    assert_eq!(captured.out(), "CONTEXT   NAME\na         x\nb         y\n");
    assert_eq!(captured.err(), "a: 1 pod\nb: 1 pod\n");
}

#[test]
fn drawings_wait_for_each_other() {
    let (all, captured) = multiplexer(Form::Table, &[]);
    let printers = [0, 1].map(|index| all.printer(index, Settings::default()));
    printers[0].redraw(&rows("x")).unwrap();
    assert_eq!(captured.out(), "");
    printers[1].redraw(&rows("y")).unwrap();
    assert_eq!(captured.out(), "CONTEXT   NAME\na         x\nb         y\n");
    printers[0].redraw(&rows("z")).unwrap();
    assert!(captured.out().ends_with("a         z\nb         y\n"), "{}", captured.out());
}

#[test]
fn lines_and_logs_say_whose_they_are() {
    let (all, captured) = multiplexer(Form::Table, &[]);
    let printer = all.printer(1, Settings::default());
    printer.info("reading");
    printer.log_line(0, "pod-1", "hello");
    printer.print("two\nlines");
    printer.json_line(&json!({ "text": "x" }));
    assert_eq!(captured.out(), "b/pod-1 | hello\nb: two\nb: lines\n{\"context\":\"b\",\"text\":\"x\"}\n");
    assert_eq!(captured.err(), "b: reading\n");
}

#[test]
fn plans_are_one_document_for_programs() {
    let change = Change {
        action: Action::Delete,
        kind: "pod",
        name: "x".to_owned(),
        namespace: "mcp".to_owned(),
        keys: Vec::new(),
        note: String::new(),
        outcome: Outcome::Planned,
    };
    let shown = |form| {
        let (all, captured) = multiplexer(form, &[]);
        for index in 0..2 {
            all.printer(index, Settings::default()).plan(std::slice::from_ref(&change)).unwrap();
            all.end(index);
        }
        all.finish().unwrap();
        captured.out()
    };
    let text = shown(Form::Table);
    assert!(text.starts_with("a: plan (nothing was changed):\n") && text.contains("\nb: plan ("), "{text}");
    let value: Value = serde_json::from_str(&shown(Form::Json)).unwrap();
    assert_eq!(
        (&value[0]["context"], &value[1]["context"], &value[1]["name"]),
        (&json!("a"), &json!("b"), &json!("x"))
    );
}
