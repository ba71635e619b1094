//! Lines and questions marked with their context.

use crate::clean;

/// Lines behind their context; those that name it themselves stay as they are.
pub(super) fn lines(context: &str, text: &str) -> String {
    let shown = clean::cell(context);
    let mut marked = String::with_capacity(text.len());
    for line in text.lines() {
        if !line.is_empty() && !names(line, context) {
            marked.push_str(&shown);
            marked.push_str(": ");
        }
        marked.push_str(line);
        marked.push('\n');
    }
    marked
}

/// Whether a line begins or ends with `context NAME`.
fn names(line: &str, context: &str) -> bool {
    let told = format!("context {context}");
    line.strip_prefix(&told).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        || line.strip_suffix(&told).is_some_and(|rest| rest.ends_with(' '))
}

/// One question for those of several contexts.
pub(super) fn question(asked: &[(&str, &str)]) -> String {
    let contexts: Vec<&str> = asked.iter().map(|(context, _)| *context).collect();
    match asked {
        [] => String::new(),
        [(context, question)] => format!("{context}: {question}"),
        [(_, first), rest @ ..] if rest.iter().all(|(_, question)| question == first) => {
            format!("{first} ({} contexts: {})", asked.len(), contexts.join(", "))
        }
        _ => asked.iter().map(|(context, question)| format!("{context}: {question}")).collect::<Vec<_>>().join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_marked_unless_it_names_its_context() {
        let text =
            "context a (https://x), namespace mcp\n1 pod:\n\n  p\n1 pod, context ab\nin context a\nuse --context a x\n";
        assert_eq!(
            lines("a", text),
            "context a (https://x), namespace mcp\na: 1 pod:\n\na:   p\na: 1 pod, context ab\nin context a\na: use --context a x\n"
        );
    }

    #[test]
    fn equal_questions_are_one() {
        assert_eq!(question(&[("a", "delete it?")]), "a: delete it?");
        assert_eq!(question(&[("a", "delete them?"), ("b", "delete them?")]), "delete them? (2 contexts: a, b)");
        assert_eq!(question(&[("a", "delete it?"), ("b", "delete them?")]), "a: delete it? b: delete them?");
    }
}
