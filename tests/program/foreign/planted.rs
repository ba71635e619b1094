//! What a stranger can put in the place of a file.

use std::collections::BTreeMap;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use nix::sys::stat::{Mode, SFlag, makedev, mknod};
use nix::unistd::{Gid, Uid, chown, mkfifo};

use super::written::{Refusal, Written, all};

/// A user who owns nothing here.
const NOBODY: u32 = 65534;

/// What is in the place of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plant {
    Link,
    DanglingLink,
    LinkToFolder,
    LinkToDevice,
    LinkAsFolder,
    HardLink,
    Pipe,
    Null,
    Full,
    Folder,
    OfAnotherUser,
}

const ALL: [Plant; 11] = [
    Plant::Link,
    Plant::DanglingLink,
    Plant::LinkToFolder,
    Plant::LinkToDevice,
    Plant::LinkAsFolder,
    Plant::HardLink,
    Plant::Pipe,
    Plant::Null,
    Plant::Full,
    Plant::Folder,
    Plant::OfAnotherUser,
];

impl Plant {
    /// Puts it there; false where this user cannot, or where it makes no sense.
    fn put(self, written: &Written, path: &Path, outside: &Path) -> bool {
        let parent = path.parent().unwrap();
        if self == Self::LinkAsFolder {
            // a folder of mcpctl's state may be the user's own link; in a foreign folder it is a stranger's
            let is_foreign = written.path.contains('/') && !written.private || written.path.starts_with("keys");
            if !is_foreign || written.refusal != Refusal::Fails {
                return false;
            }
            std::fs::create_dir_all(parent.parent().unwrap()).unwrap();
            let _ = std::fs::remove_dir_all(parent);
            symlink(outside.join("folder"), parent).unwrap();
            return true;
        }
        std::fs::create_dir_all(parent).unwrap();
        let device = |minor| mknod(path, SFlag::S_IFCHR, Mode::from_bits_truncate(0o666), makedev(1, minor)).is_ok();
        match self {
            Self::Link => symlink(outside.join("file"), path).unwrap(),
            Self::DanglingLink => symlink(outside.join("missing"), path).unwrap(),
            Self::LinkToFolder => symlink(outside.join("folder"), path).unwrap(),
            Self::LinkToDevice => symlink("/dev/null", path).unwrap(),
            Self::LinkAsFolder => unreachable!(),
            Self::HardLink => std::fs::hard_link(outside.join("file"), path).unwrap(),
            Self::Pipe => mkfifo(path, Mode::from_bits_truncate(0o666)).unwrap(),
            Self::Null => return device(3),
            Self::Full => return device(7),
            Self::Folder => std::fs::create_dir(path).unwrap(),
            Self::OfAnotherUser => {
                std::fs::write(path, written.content).unwrap();
                return chown(path, Some(Uid::from_raw(NOBODY)), Some(Gid::from_raw(NOBODY))).is_ok();
            }
        }
        true
    }
}

/// What is in a folder: type, owner, permissions and content of each name.
fn look(folder: &Path) -> BTreeMap<PathBuf, (String, Vec<u8>)> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        found.insert(path.clone(), (about(&path), std::fs::read(&path).unwrap_or_default()));
        if path.is_dir() {
            found.extend(look(&path));
        }
    }
    found
}

fn about(path: &Path) -> String {
    let Ok(about) = path.symlink_metadata() else { return "missing".to_owned() };
    let link = std::fs::read_link(path).unwrap_or_default();
    format!("{:o} of {} to {}", about.permissions().mode(), about.uid(), link.display())
}

/// What is wrong after a run on a plant.
fn tried(written: &Written, plant: Plant) -> Option<Vec<String>> {
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("file"), written.content).unwrap();
    std::fs::set_permissions(outside.path().join("file"), std::fs::Permissions::from_mode(0o644)).unwrap();
    std::fs::create_dir(outside.path().join("folder")).unwrap();
    std::fs::write(outside.path().join("folder/precious"), "precious").unwrap();
    let prepared = written.prepare();
    let path = prepared.path.clone().unwrap_or_else(|| prepared.folder.join(written.path));
    if !plant.put(written, &path, outside.path()) {
        return None;
    }
    let (before, planted) = (look(outside.path()), about(&path));
    let ended = prepared.run("022");
    let mut wrong = Vec::new();
    if look(outside.path()) != before {
        wrong.push(format!("touched what is outside: {:?}", look(outside.path())));
    }
    // a new file in the place of a hard link leaves the other name alone
    if plant != Plant::HardLink && about(&path) != planted {
        wrong.push(format!("was {planted}, is {}", about(&path)));
    }
    let name = match plant {
        Plant::LinkAsFolder => written.path.split('/').next().unwrap(),
        _ => path.file_name().unwrap().to_str().unwrap(),
    };
    let (code, is_named) = (ended.code, ended.stderr.contains(name));
    match written.refusal {
        Refusal::Fails if plant != Plant::HardLink && (code == 0 || !is_named) => {
            wrong.push(format!("ended with {code}:\n{}", ended.stderr));
        }
        Refusal::Warns if code != 0 || !is_named && (plant != Plant::HardLink) => {
            wrong.push(format!("ended with {code}:\n{}", ended.stderr));
        }
        _ => {}
    }
    if ended.stderr.contains("panicked") || ended.stderr.contains("failed inside") || code < 0 {
        wrong.push(format!("crashed or did not end, {code}:\n{}", ended.stderr));
    }
    Some(wrong.into_iter().map(|wrong| format!("{} on {plant:?}: {wrong}", written.name)).collect())
}

#[test]
fn nothing_planted_is_followed_and_nothing_outside_touched() {
    let table = all();
    let tried: Vec<Vec<String>> = std::thread::scope(|scope| {
        // half of the table each: most of a run is waiting for the disk
        let halves = [0, 1].map(|half| {
            let mine = table.iter().skip(half).step_by(2);
            scope.spawn(move || {
                mine.flat_map(|written| ALL.iter().filter_map(move |plant| tried(written, *plant))).collect::<Vec<_>>()
            })
        });
        halves.into_iter().flat_map(|half| half.join().unwrap()).collect()
    });
    // links, pipes and folders need no privilege
    assert!(tried.len() >= 7 * table.len(), "{} tried", tried.len());
    let wrong = tried.concat();
    assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), tried.len(), wrong.join("\n"));
}
