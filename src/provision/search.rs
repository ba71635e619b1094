//! Finding servers in a catalog by a few words.

use std::sync::Arc;

use super::catalog::{Catalog, Server};

/// The servers that hold every word of a query, best first: a name counts more than a title, a tag, a tool, or the
/// description. All servers by name if the query is empty.
#[must_use]
pub fn search(catalog: &Catalog, query: &str) -> Vec<Arc<Server>> {
    let words: Vec<String> = query.split_whitespace().map(str::to_lowercase).collect();
    let mut hits: Vec<(u32, &Arc<Server>)> =
        catalog.servers.values().filter_map(|server| Some((rank(server, &words)?, server))).collect();
    hits.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.name.cmp(&b.1.name)));
    hits.into_iter().map(|(_, server)| Arc::clone(server)).collect()
}

/// How far from the name the words stand, the least first; `None` if one of them is nowhere.
fn rank(server: &Server, words: &[String]) -> Option<u32> {
    words.iter().try_fold(0, |rank, word| Some(rank + place(server, word)?))
}

fn place(server: &Server, word: &str) -> Option<u32> {
    let holds = |text: &str| text.to_lowercase().contains(word);
    let name = server.name.to_lowercase();
    if name == *word {
        Some(0)
    } else if name.starts_with(word) {
        Some(1)
    } else if name.contains(word) {
        Some(2)
    } else if holds(&server.title) {
        Some(3)
    } else if holds(&server.category) || server.tags.iter().any(|tag| holds(tag)) {
        Some(4)
    } else if server.tools.iter().any(|tool| holds(&tool.name)) {
        Some(5)
    } else if holds(&server.description) {
        Some(6)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_counts_and_the_name_most() {
        let yaml = "registry:
  time: {image: i, title: Clock, description: tells time zones, tools: [{name: now}], metadata: {tags: [utility]}}
  timescale: {image: i, title: Database, description: stores series}
  clock: {image: i, description: shows the time, tools: [wind]}
";
        let catalog = Catalog::parse(yaml.as_bytes(), "c").unwrap();
        let names = |query: &str| -> Vec<String> { search(&catalog, query).iter().map(|s| s.name.clone()).collect() };
        assert_eq!(names(""), ["clock", "time", "timescale"]);
        assert_eq!(names("Time"), ["time", "timescale", "clock"]);
        assert_eq!(names("clock"), ["clock", "time"]);
        assert_eq!(names("time zones"), ["time"]);
        assert_eq!(names("utility"), ["time"]);
        assert_eq!(names("wind"), ["clock"]);
        assert!(names("nothing here").is_empty());
    }
}
