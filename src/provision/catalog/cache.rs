//! Copies of downloaded catalogs: downloaded again only if they changed, and available without a network.
//!
//! A copy is a file: a line of JSON that describes it, then the original bytes. Its digest is checked when it is read,
//! so that a truncated or edited file is ignored. The file's time is when a server last reported that the copy is
//! current.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::files::{Directory, Mode, Obstacle, Opening};

use super::origin::{Limits, sha256};

/// The longest first line of a copy.
const LONGEST_HEAD: usize = 16 * 1024;

/// The store of copies.
#[derive(Debug, Clone, Default)]
pub struct Cache {
    folder: Option<PathBuf>,
    writes: bool,
}

/// The metadata of a copy.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Head {
    /// The server's `ETag`; empty if it gave none.
    pub(super) etag: String,
    /// The server's `Last-Modified`; empty if it gave none.
    pub(super) modified: String,
    /// The digest of the address that gave both: after a redirect it may differ from the requested one.
    #[serde(default)]
    pub(super) from: String,
    /// The identity of the source: the digest of an artifact's manifest, else of the bytes.
    pub(super) digest: String,
    /// The digest of the bytes.
    body: String,
}

impl Head {
    /// The metadata of a copy from an address.
    pub(super) fn of_address(etag: String, modified: String, from: String) -> Self {
        Self { etag, modified, from, ..Self::default() }
    }

    /// The metadata of a copy of an artifact.
    pub(super) fn of_artifact(digest: &str) -> Self {
        Self { digest: digest.to_owned(), ..Self::default() }
    }
}

/// A copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) head: Head,
    pub(super) bytes: Vec<u8>,
    /// When a server last reported that it is current.
    pub(super) current: Option<Timestamp>,
}

impl Cache {
    /// Copies in the folder `mcpctl/catalogs` of a cache folder; without a cache folder, none are stored. A dry run and
    /// a read-only run read copies and write none, because they must not change any file.
    #[must_use]
    pub fn new(cache_folder: Option<&Path>, writes: bool) -> Self {
        Self { folder: cache_folder.map(|folder| folder.join("mcpctl").join("catalogs")), writes }
    }

    /// The copy for an address, if there is a complete one.
    pub(super) fn get(&self, address: &str) -> Option<Kept> {
        let mut file = self.directory().ok()??.own_file(file_name(address), Opening::Read).ok()??;
        let about = file.metadata().ok()?;
        if about.len() > (Limits::FAR.bytes + LONGEST_HEAD) as u64 {
            return None;
        }
        let mut text = Vec::new();
        file.read_to_end(&mut text).ok()?;
        let end = text.iter().take(LONGEST_HEAD).position(|byte| *byte == b'\n')?;
        let head: Head = serde_json::from_slice(&text[..end]).ok()?;
        let bytes = text[end + 1..].to_vec();
        let current = about.modified().ok().and_then(|time| Timestamp::try_from(time).ok());
        (sha256(&bytes) == head.body).then_some(Kept { head, bytes, current })
    }

    /// Stores a copy that only its owner can read, because the catalog may be private. A failure is not an error of the
    /// catalog: it is not reported, and the catalog is downloaded again.
    pub(super) fn put(&self, address: &str, head: Head, bytes: &[u8]) {
        let Some(folder) = self.folder.as_ref().filter(|_| self.writes) else { return };
        let Ok(head) = serde_json::to_vec(&Head { body: sha256(bytes), ..head }) else { return };
        if let Ok(directory) = Directory::private(folder) {
            directory.remove_leftovers();
            let _ = directory.put(file_name(address), &[&head, &b"\n"[..], bytes].concat(), Mode::Private);
        }
    }

    /// Records that a copy is current.
    pub(super) fn confirm(&self, address: &str) {
        if let Ok(Some(directory)) = self.directory()
            && self.writes
            && let Ok(Some(file)) = directory.own_file(file_name(address), Opening::Append)
        {
            let _ = file.set_modified(SystemTime::now());
        }
    }

    fn directory(&self) -> Result<Option<Directory>, Obstacle> {
        self.folder.as_deref().map_or(Ok(None), Directory::existing)
    }
}

/// The file for an address: its name is a digest, because an address may contain tokens.
fn file_name(address: &str) -> String {
    sha256(address.as_bytes()).trim_start_matches("sha256:").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: &str = "https://e.example/c?token=canary-t";

    #[test]
    fn a_copy_is_given_back_until_it_is_touched() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(Some(folder.path()), true);
        assert_eq!(cache.get(ADDRESS), None);
        cache.put(ADDRESS, Head { etag: "\"1\"".to_owned(), ..Head::of_artifact("sha256:0") }, b"a\nb");
        let kept = cache.get(ADDRESS).unwrap();
        assert_eq!((kept.bytes.as_slice(), kept.head.etag.as_str()), (&b"a\nb"[..], "\"1\""));
        assert!(kept.current.is_some());
        assert_eq!(cache.get("https://e.example/other"), None);
        let file = folder.path().join("mcpctl/catalogs").join(file_name(ADDRESS));
        assert!(!file.to_string_lossy().contains("canary"));
        let text = std::fs::read(&file).unwrap();
        assert!(!String::from_utf8_lossy(&text).contains("canary"));
        for broken in [&text[..text.len() - 1], b"", b"{}\nab", &text[..9]] {
            std::fs::write(&file, broken).unwrap();
            assert_eq!(cache.get(ADDRESS), None);
        }
    }

    #[test]
    fn nothing_is_written_where_nothing_may_be() {
        let folder = tempfile::tempdir().unwrap();
        Cache::new(Some(folder.path()), false).put(ADDRESS, Head::default(), b"x");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        Cache::new(None, true).put(ADDRESS, Head::default(), b"x");
        let taken = folder.path().join("file");
        std::fs::write(&taken, "").unwrap();
        let cache = Cache::new(Some(&taken), true);
        cache.put(ADDRESS, Head::default(), b"x");
        assert_eq!(cache.get(ADDRESS), None);
    }

    #[test]
    #[cfg(unix)]
    fn a_copy_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(Some(folder.path()), true);
        cache.put(ADDRESS, Head::default(), b"x");
        let file = folder.path().join("mcpctl/catalogs").join(file_name(ADDRESS));
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
    }
}
