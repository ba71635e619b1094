//! The line after an interrupt: what had been done by then, and what nobody knows.

use crate::interrupt::Signal;
use crate::record::{Action, Change, Outcome};

/// At most so many unknown objects are named.
const NAMED: usize = 10;

/// `interrupted: 3 pods deleted, 1 unknown: pod/x`; the same with `terminated`.
#[must_use]
pub fn line(signal: Signal, changes: &[Change]) -> String {
    let mut done: Vec<(&str, &str, usize)> = Vec::new();
    let mut unknown: Vec<String> = Vec::new();
    let mut failed = 0;
    for change in changes {
        match &change.outcome {
            Outcome::Planned => {}
            Outcome::Failed(_) => failed += 1,
            Outcome::Unknown => unknown.push(format!("{}/{}", change.kind, change.name)),
            Outcome::Done(word) => match done.iter_mut().find(|(kind, known, _)| *kind == change.kind && known == word)
            {
                Some((_, _, count)) => *count += 1,
                None => done.push((change.kind, word, 1)),
            },
        }
    }
    let mut parts: Vec<String> =
        done.iter().map(|(kind, word, count)| format!("{} {word}", counted(*count, kind))).collect();
    if failed > 0 {
        parts.push(format!("{failed} failed"));
    }
    if !unknown.is_empty() {
        let count = unknown.len();
        let more = count.checked_sub(NAMED).filter(|more| *more > 0);
        unknown.truncate(NAMED);
        let names = unknown.join(", ");
        parts.push(format!("{count} unknown: {names}{}", more.map(|n| format!(" and {n} more")).unwrap_or_default()));
    }
    let word = signal.error();
    if parts.is_empty() {
        return format!("{}: nothing was changed", word.message);
    }
    format!("{}: {}", word.message, parts.join(", "))
}

/// What had been done to objects of the cluster when an error ended the run: `done before: configmap/a created`; none if
/// nothing had. Files are told of by who writes them.
#[must_use]
pub fn before(changes: &[Change]) -> Option<String> {
    let done: Vec<(&Change, &str)> = changes
        .iter()
        .filter(|change| matches!(change.action, Action::Create | Action::Change | Action::Delete))
        .filter(|change| !change.namespace.is_empty())
        .filter_map(|change| match &change.outcome {
            Outcome::Done(word) => Some((change, word.as_str())),
            _ => None,
        })
        .collect();
    let named = done.iter().take(NAMED).map(|(change, word)| format!("{}/{} {word}", change.kind, change.name));
    let mut parts: Vec<String> = named.collect();
    if let Some(more) = done.len().checked_sub(NAMED).filter(|more| *more > 0) {
        parts.push(format!("and {more} more"));
    }
    (!parts.is_empty()).then(|| format!("done before: {}", parts.join(", ")))
}

fn counted(count: usize, kind: &str) -> String {
    if count == 1 { format!("1 {kind}") } else { format!("{count} {kind}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(kind: &'static str, name: &str, outcome: Outcome) -> Change {
        Change {
            action: Action::Delete,
            kind,
            name: name.to_owned(),
            namespace: String::new(),
            keys: Vec::new(),
            note: String::new(),
            outcome,
        }
    }

    fn done(word: &str) -> Outcome {
        Outcome::Done(word.to_owned())
    }

    #[test]
    fn what_was_done_is_counted_and_what_is_unknown_is_named() {
        let changes = [
            change("pod", "a", done("deleted")),
            change("pod", "b", done("deleted")),
            change("configmap", "c", done("created")),
            change("pod", "d", Outcome::Failed("403".to_owned())),
            change("pod", "e", Outcome::Unknown),
            change("pod", "f", Outcome::Planned),
        ];
        assert_eq!(
            line(Signal::Interrupt, &changes),
            "interrupted: 2 pods deleted, 1 configmap created, 1 failed, 1 unknown: pod/e"
        );
    }

    #[test]
    fn nothing_done_says_so_and_many_unknown_are_not_all_named() {
        assert_eq!(line(Signal::Terminate, &[]), "terminated: nothing was changed");
        let many: Vec<Change> = (0..12).map(|n| change("pod", &n.to_string(), Outcome::Unknown)).collect();
        assert!(line(Signal::Interrupt, &many).starts_with("interrupted: 12 unknown: pod/0, pod/1, "));
        assert!(line(Signal::Interrupt, &many).ends_with("pod/9 and 2 more"));
    }

    #[test]
    fn what_was_done_before_an_error_is_named() {
        let created = || Outcome::Done("created".to_owned());
        let map = |name: &str, outcome| Change { namespace: "a".to_owned(), ..change("configmap", name, outcome) };
        assert_eq!(before(&[change("file", "a.env", created()), map("b", Outcome::Unknown)]), None);
        let changes = [map("a", created()), map("b", Outcome::Failed("no".to_owned()))];
        assert_eq!(before(&changes).unwrap(), "done before: configmap/a created");
        let many: Vec<Change> = (0..12).map(|number| map(&number.to_string(), created())).collect();
        assert!(before(&many).unwrap().ends_with("configmap/9 created, and 2 more"));
    }
}
