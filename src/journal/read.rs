//! Reading the journal: the old file, then the present one, line by line.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, ErrorKind};
use std::path::Path;

use super::{Filter, Journal, JournalEntry};
use crate::error::{Error, Result};
use crate::files::{Directory, Opening};

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    /// The entries that are meant, the oldest first. Where one run tried the same again after a failure, the last
    /// outcome alone; what was done stays, whatever was done after it.
    pub entries: Vec<JournalEntry>,
    /// The number of lines that are not entries: from another program, or from a run that was killed.
    pub unreadable: usize,
}

/// The entries that are meant; none where there is no journal.
///
/// # Errors
/// A file that cannot be read.
pub fn read(journal: &Journal, filter: &Filter) -> Result<Found> {
    let mut found = Found::default();
    let mut last: HashMap<(String, String), usize> = HashMap::new();
    for path in [journal.old_path(), journal.path()] {
        each_line(&path, |line| match serde_json::from_slice::<JournalEntry>(line) {
            Ok(entry) => {
                let at = (entry.run.clone(), format!("{} {} {}", entry.action, entry.namespace, entry.object()));
                match last.get(&at).and_then(|at| found.entries.get_mut(*at)) {
                    Some(known) if known.is_failed() && known.is_same_as(&entry) => *known = entry,
                    _ => {
                        last.insert(at, found.entries.len());
                        found.entries.push(entry);
                    }
                }
            }
            Err(_) => found.unreadable += 1,
        })?;
    }
    // only now: an earlier outcome must not replace a later one
    found.entries.retain(|entry| filter.takes(entry));
    found.entries.sort_by_key(|entry| entry.time);
    Ok(found)
}

fn each_line(path: &Path, mut take: impl FnMut(&[u8])) -> Result<()> {
    let open = |(directory, name): (Directory, _)| directory.own_file(name, Opening::Read);
    let file = match Directory::of(path).and_then(open) {
        Ok(Some(file)) => file,
        Ok(None) => return Ok(()),
        Err(obstacle) if obstacle.kind == ErrorKind::NotFound => return Ok(()),
        Err(obstacle) => return Err(obstacle.error("cannot read the journal", path)),
    };
    let mut reader = BufReader::new(file);
    let mut line = Vec::new();
    loop {
        line.clear();
        let count = reader.read_until(b'\n', &mut line).map_err(|cause| Error::io("cannot read", path, &cause))?;
        if count == 0 {
            return Ok(());
        }
        if !line.trim_ascii().is_empty() {
            take(&line);
        }
    }
}
