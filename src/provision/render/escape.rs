//! Text that Kubernetes expands, written so that only our own references expand.
//!
//! In `args` and `env[].value` Kubernetes reads `$(NAME)` as a reference and `$$` as one `$`; a single `$` before
//! anything else is itself. It does not expand what comes by `envFrom` or from a Secret.

/// A piece of a rendered argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Segment {
    /// Text that stands for itself.
    Text(String),
    /// The value of an environment variable of the container.
    Reference(String),
}

/// A text that expands to itself.
pub(super) fn escape(text: &str) -> String {
    join(&[Segment::Text(text.to_owned())])
}

/// Segments as one text that expands to them.
pub(super) fn join(segments: &[Segment]) -> String {
    let mut joined = String::new();
    // A run of `$` may cross the border between two strings.
    let mut dollars = 0;
    for segment in segments {
        match segment {
            Segment::Text(text) => {
                for letter in text.chars() {
                    if letter == '$' {
                        dollars += 1;
                    } else {
                        push_dollars(&mut joined, &mut dollars, letter == '(');
                        joined.push(letter);
                    }
                }
            }
            Segment::Reference(name) => {
                push_dollars(&mut joined, &mut dollars, true);
                joined.push_str("$(");
                joined.push_str(name);
                joined.push(')');
            }
        }
    }
    push_dollars(&mut joined, &mut dollars, false);
    joined
}

/// Writes a run of `$`: doubled, unless it is a single one that starts nothing.
fn push_dollars(joined: &mut String, run: &mut usize, starts_reference: bool) {
    let written = if *run > 1 || (*run == 1 && starts_reference) { *run * 2 } else { *run };
    joined.extend(std::iter::repeat_n('$', written));
    *run = 0;
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What the kubelet does, after Kubernetes' own description of dependent variables.
    fn expand(text: &str, value: &str) -> String {
        let letters: Vec<char> = text.chars().collect();
        let (mut result, mut at) = (String::new(), 0);
        while at < letters.len() {
            match (letters[at], letters.get(at + 1)) {
                ('$', Some('$')) => {
                    result.push('$');
                    at += 2;
                }
                ('$', Some('(')) => match letters[at..].iter().position(|letter| *letter == ')') {
                    Some(end) => {
                        result.push_str(value);
                        at += end + 1;
                    }
                    None => {
                        result.push_str("$(");
                        at += 2;
                    }
                },
                (letter, _) => {
                    result.push(letter);
                    at += 1;
                }
            }
        }
        result
    }

    #[test]
    fn a_reference_in_foreign_text_is_escaped_and_other_dollars_stay() {
        assert_eq!(escape("$(id)"), "$$(id)");
        assert_eq!(escape("5$ and $HOME"), "5$ and $HOME");
        assert_eq!(escape("$$(x)"), "$$$$(x)");
        let segments = [Segment::Text("a$".into()), Segment::Reference("TOKEN".into()), Segment::Text("(x)".into())];
        assert_eq!(join(&segments), "a$$$(TOKEN)(x)");
        assert_eq!(join(&[Segment::Text("$".into()), Segment::Text("(x)".into())]), "$$(x)");
    }

    proptest! {
        #[test]
        fn kubernetes_gives_back_what_was_meant(before in "[$()a]{0,8}", after in "[$()a]{0,8}") {
            let segments =
                [Segment::Text(before.clone()), Segment::Reference("N".into()), Segment::Text(after.clone())];
            prop_assert_eq!(expand(&join(&segments), "V"), format!("{before}V{after}"));
            prop_assert_eq!(expand(&escape(&before), "V"), before);
        }
    }
}
