//! What was done before an interrupt or an error.

use crate::error::{Error, Kind};
use crate::interrupt::Signal;
use crate::record::{Change, Outcome};

/// The number of unknown objects that are named.
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

/// `done before that: configmap/x created`, for the error at the end of a script; `None` if nothing was done in the
/// cluster. Written files are not listed: a second run finds them.
#[must_use]
pub fn before_error(changes: &[Change]) -> Option<String> {
    let mut done: Vec<String> = changes
        .iter()
        .filter(|change| matches!(change.kind, "configmap" | "secret" | "pod"))
        .filter_map(|change| match &change.outcome {
            Outcome::Done(word) => Some(format!("{}/{} {word}", change.kind, change.name)),
            _ => None,
        })
        .collect();
    let more = done.len().saturating_sub(NAMED);
    done.truncate(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!done.is_empty()).then(|| format!("done before that: {}{more}", done.join(", ")))
}

/// The error at the end of a run: with the changes to the cluster before it, and of kind `partial` if another change of
/// the cluster failed after them.
#[must_use]
pub fn ending(error: Error, changes: &[Change]) -> Error {
    let Some(done) = before_error(changes) else { return error };
    let has_failed = changes.iter().any(|change| {
        matches!(change.outcome, Outcome::Failed(_)) && matches!(change.kind, "configmap" | "secret" | "pod")
    });
    let mut error = error.detail(done);
    if has_failed && !error.kind.is_final() {
        error.kind = Kind::Partial;
    }
    error
}

fn counted(count: usize, kind: &str) -> String {
    if count == 1 { format!("1 {kind}") } else { format!("{count} {kind}s") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Action;

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
    fn an_error_half_way_names_what_was_done_in_the_cluster() {
        let done = |kind, name: &str| change(kind, name, Outcome::Done("created".to_owned()));
        let changes = [done("file", "a.env"), done("configmap", "b"), change("secret", "c", Outcome::Unknown)];
        assert_eq!(before_error(&changes).as_deref(), Some("done before that: configmap/b created"));
        assert_eq!(before_error(&changes[..1]), None);
        let many: Vec<Change> = (0..12).map(|number| done("pod", &number.to_string())).collect();
        assert!(before_error(&many).is_some_and(|line| line.ends_with("pod/9 created and 2 more")));
    }

    #[test]
    fn a_run_that_wrote_one_object_and_failed_at_the_next_is_partial() {
        let failed = || Outcome::Failed("403".to_owned());
        let table = [
            ("nothing done", vec![change("secret", "a", failed())], Kind::Forbidden),
            (
                "a file alone",
                vec![change("file", "a", done("written")), change("secret", "b", failed())],
                Kind::Forbidden,
            ),
            (
                "one of two",
                vec![change("configmap", "a", done("created")), change("secret", "b", failed())],
                Kind::Partial,
            ),
            ("pods", vec![change("pod", "a", done("deleted")), change("pod", "b", failed())], Kind::Partial),
            ("all done before", vec![change("configmap", "a", done("created"))], Kind::Forbidden),
            (
                "planned",
                vec![change("configmap", "a", Outcome::Planned), change("secret", "b", failed())],
                Kind::Forbidden,
            ),
            (
                "unknown",
                vec![change("configmap", "a", Outcome::Unknown), change("secret", "b", failed())],
                Kind::Forbidden,
            ),
            (
                "an image",
                vec![change("configmap", "a", done("created")), change("image", "b", failed())],
                Kind::Forbidden,
            ),
        ];
        for (name, changes, expected) in table {
            assert_eq!(ending(Error::new(Kind::Forbidden, "no"), &changes).kind, expected, "{name}");
        }
        let changes = [change("configmap", "a", done("created")), change("secret", "b", failed())];
        assert_eq!(ending(Error::new(Kind::Interrupted, "no"), &changes).kind, Kind::Interrupted);
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
}
