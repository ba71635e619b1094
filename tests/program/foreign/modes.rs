//! Permissions of what is written, whatever the umask and whoever may write to the folder.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::written::{Written, all};

fn bits(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn tried(written: &Written, umask: &str, folder_mode: u32) -> Vec<String> {
    let prepared = written.prepare();
    let path = prepared.path.clone().unwrap_or_else(|| prepared.folder.join(written.path));
    let parent = path.parent().unwrap();
    std::fs::create_dir_all(parent).unwrap();
    std::fs::set_permissions(parent, std::fs::Permissions::from_mode(folder_mode)).unwrap();
    let is_state = written.path.contains("mcpctl/");
    let ended = prepared.run(umask);
    let named = format!("{}, umask {umask}, folder {folder_mode:o}", written.name);
    let mut wrong = Vec::new();
    if ended.code != 0 && written.kept {
        wrong.push(format!("{named}: ended with {}:\n{}", ended.code, ended.stderr));
    }
    // some need a file that only other tests put there
    if path.exists() {
        let mode = bits(&path);
        if written.private && mode != 0o600 || mode & 0o600 != 0o600 {
            wrong.push(format!("{named}: {mode:o}"));
        }
        if is_state && bits(parent) != 0o700 {
            wrong.push(format!("{named}: its folder is {:o}", bits(parent)));
        }
    } else if written.kept && written.content.is_empty() {
        wrong.push(format!("{named}: it was not written:\n{}", ended.stderr));
    }
    wrong
}

#[test]
fn private_files_are_private_and_all_can_be_read_again() {
    let mut wrong = Vec::new();
    for written in all() {
        for (umask, folder_mode) in [("000", 0o755), ("077", 0o755), ("777", 0o755), ("022", 0o777), ("022", 0o1777)] {
            wrong.extend(tried(&written, umask, folder_mode));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
