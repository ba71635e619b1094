//! Finds every form of every known secret in a text.
//!
//! Automata are built of what came in since the last search and merged with those of about the same size, so that
//! secrets that come in one by one, with a search after each, cost no more than the logarithm of their number each.

use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::sync::{PoisonError, RwLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use zeroize::Zeroizing;

use super::{Secret, forms};

/// The forms of the secrets of one run.
#[derive(Default)]
pub(super) struct Finder {
    values: HashSet<ByValue>,
    /// Forms for automata, in the order in which they came in.
    short: Vec<Zeroizing<String>>,
    /// Forms that are looked for one by one.
    long: Vec<Zeroizing<String>>,
    /// Automata of consecutive parts of `short`, the largest first.
    parts: Vec<Part>,
}

struct Part {
    forms: Range<usize>,
    /// `None` where the forms are too many to be numbered: everything is masked then.
    automaton: Option<AhoCorasick>,
}

/// A secret by what it says.
struct ByValue(Secret);

impl PartialEq for ByValue {
    fn eq(&self, other: &Self) -> bool {
        self.0.expose() == other.0.expose()
    }
}

impl Eq for ByValue {}

impl Hash for ByValue {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.expose().hash(state);
    }
}

impl Finder {
    /// Takes a value in; gives whether any of it will be found.
    pub(super) fn add(&mut self, secret: &Secret) -> bool {
        if !self.values.insert(ByValue(secret.clone())) {
            return true;
        }
        let forms = forms::forms(secret.expose());
        let is_found = !forms.short.is_empty() || !forms.long.is_empty();
        self.short.extend(forms.short);
        self.long.extend(forms.long);
        is_found
    }

    /// Where known secrets are in a text. Secrets may overlap: each byte of each of them is covered, so what
    /// overlaps becomes one range.
    pub(super) fn find(finder: &RwLock<Self>, text: &str) -> Vec<Range<usize>> {
        let mut current = finder.read().unwrap_or_else(PoisonError::into_inner);
        if !current.is_complete() {
            drop(current);
            finder.write().unwrap_or_else(PoisonError::into_inner).complete();
            // what comes in meanwhile came in after this text
            current = finder.read().unwrap_or_else(PoisonError::into_inner);
        }
        let mut ranges = Vec::new();
        for part in &current.parts {
            match &part.automaton {
                Some(automaton) => ranges.extend(automaton.find_overlapping_iter(text).map(|found| found.range())),
                None => ranges.push(0..text.len()),
            }
        }
        for form in current.long.iter().filter(|form| form.len() <= text.len()) {
            ranges.extend(text.match_indices(form.as_str()).map(|(at, found)| at..at + found.len()));
        }
        merged(ranges)
    }

    fn covered(&self) -> usize {
        self.parts.last().map_or(0, |part| part.forms.end)
    }

    fn is_complete(&self) -> bool {
        self.covered() == self.short.len()
    }

    fn complete(&mut self) {
        let mut forms = self.covered()..self.short.len();
        if forms.is_empty() {
            return;
        }
        while let Some(last) = self.parts.pop_if(|last| last.forms.len() <= forms.len()) {
            forms.start = last.forms.start;
        }
        let patterns = self.short[forms.clone()].iter().map(|form| form.as_bytes());
        let automaton = AhoCorasick::builder().kind(Some(AhoCorasickKind::NoncontiguousNFA)).build(patterns).ok();
        self.parts.push(Part { forms, automaton });
    }
}

/// Ranges in order, those that overlap made one.
fn merged(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_by_key(|range| range.start);
    let mut merged: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start < last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_that_come_in_one_by_one_make_few_automata() {
        let finder = RwLock::new(Finder::default());
        for number in 0..1000 {
            let text = format!("canary-{number:04}");
            assert!(finder.write().unwrap().add(&Secret::new(text.as_str())));
            let found = Finder::find(&finder, &format!("<{text}>"));
            assert_eq!((found.len(), found[0].clone()), (1, 1..12));
        }
        let finder = finder.into_inner().unwrap();
        assert!(finder.parts.len() <= 16, "{}", finder.parts.len());
        assert!(finder.parts.windows(2).all(|pair| pair[0].forms.len() > pair[1].forms.len()));
    }

    #[test]
    fn an_equal_value_adds_nothing() {
        let mut finder = Finder::default();
        assert!(finder.add(&Secret::new("canary-a")));
        let forms = finder.short.len();
        assert!(finder.add(&Secret::of_script("canary-a")));
        assert_eq!(finder.short.len(), forms);
        assert!(!finder.add(&Secret::new("tiny")));
    }
}
