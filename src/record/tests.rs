//! What a run has done, as it is reported.

use super::*;

fn asked(kind: &'static str, name: &str, outcome: Outcome) -> Change {
    Change {
        action: Action::Verify,
        kind,
        name: name.to_owned(),
        namespace: "mcp".to_owned(),
        keys: Vec::new(),
        note: String::new(),
        outcome,
    }
}

#[test]
fn the_last_outcome_of_an_object_counts_in_its_old_place() {
    let recorder = Recorder::default();
    let done = || Outcome::Done("deleted".to_owned());
    for name in ["a", "b", "c"] {
        recorder.change(asked("pod", name, Outcome::Unknown));
    }
    recorder.change(asked("pod", "b", done()));
    recorder.withdraw(Action::Verify, "pod", "a", "mcp");
    recorder.change(asked("pod", "c", Outcome::Failed("no".to_owned())));
    recorder.change(asked("pod", "d", Outcome::Planned));
    recorder.change(asked("pod", "d", done()));
    let seen: Vec<(String, Outcome)> = recorder.changes().into_iter().map(|c| (c.name, c.outcome)).collect();
    let told = |name: &str, outcome| (name.to_owned(), outcome);
    assert_eq!(
        seen,
        [
            told("b", done()),
            told("c", Outcome::Failed("no".to_owned())),
            told("d", Outcome::Planned),
            told("d", done())
        ]
    );
}

/// With a search through all earlier changes these would be five thousand million comparisons.
#[test]
fn a_hundred_thousand_changes_are_noted_at_once() {
    let recorder = Recorder::default();
    for number in 0..100_000 {
        recorder.change(asked("pod", &format!("pod-{number}"), Outcome::Done("deleted".to_owned())));
    }
    assert_eq!(recorder.changes().len(), 100_000);
}

#[test]
fn a_server_whose_pod_was_never_made_is_counted_once_and_explained() {
    let recorder = Recorder::default();
    recorder.change(asked("pod", "mcp-time-1", Outcome::Unknown));
    recorder.withdraw(Action::Verify, "pod", "mcp-time-1", "mcp");
    recorder.change(asked("server", "time", Outcome::Failed("time: no right".to_owned())));
    let error = recorder.failure().unwrap();
    assert_eq!(
        (error.message.as_str(), &error.details[..]),
        ("1 server does not answer", &["verify server/time: time: no right".to_owned()][..])
    );
    recorder.explain("server", "time", vec!["time: no right".to_owned(), "  | its log".to_owned()]);
    recorder.change(asked("pod", "mcp-fetch-1", Outcome::Done("verified".to_owned())));
    let error = recorder.failure().unwrap();
    assert_eq!((error.message.as_str(), error.details.len()), ("1 of 2 servers does not answer", 2));
    assert_eq!(error.details[1], "  | its log");
}
