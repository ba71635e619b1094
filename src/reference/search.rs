//! The entries that hold a word, the best first.

use super::{FunctionEntry, entries};

/// The entries that hold every word of a text: first those with it in the name, then in the summary, then elsewhere.
#[must_use]
pub fn search(text: &str) -> Vec<&'static FunctionEntry> {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    let mut found: Vec<(usize, &FunctionEntry)> = entries()
        .iter()
        .filter_map(|entry| {
            let ranks = words.iter().map(|word| rank(entry, word)).collect::<Option<Vec<usize>>>()?;
            Some((ranks.into_iter().max()?, entry))
        })
        .collect();
    // the order of the reference within a rank
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, entry)| entry).collect()
}

fn rank(entry: &FunctionEntry, word: &str) -> Option<usize> {
    let holds = |text: &str| text.to_lowercase().contains(word);
    if holds(&entry.path()) {
        return Some(0);
    }
    if holds(&entry.summary) {
        return Some(1);
    }
    let texts = entry.parameters.iter().chain(&entry.options).flat_map(|p| [&p.name, &p.help]);
    let lists = entry.effects.iter().chain(&entry.errors).chain([&entry.description, &entry.module]);
    texts.chain(lists).any(|text| holds(text)).then_some(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_before_summaries_and_all_words_must_be_there() {
        assert_eq!(search("sessions")[0].path(), "pods::sessions");
        assert!(search("delete pods").iter().all(|entry| {
            let text = format!("{entry:?}").to_lowercase();
            text.contains("delete") && text.contains("pods")
        }));
        assert!(!search("cluster: patch secrets").is_empty(), "effects are searched");
        assert!(search("no-such-word").is_empty() && search(" ").is_empty());
    }
}
