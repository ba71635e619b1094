//! The way to a folder in which something is to be written: which links on it are followed.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};

use nix::unistd::geteuid;

use super::obstacle::Obstacle;

/// How many symbolic links are followed, as many as Linux does.
const LINKS: usize = 40;

/// The path of a folder without links, where all links on the way may be followed.
pub(super) fn resolve(path: &Path) -> Result<PathBuf, Obstacle> {
    let (real, links) = follow(path)?;
    let inside = path.is_absolute() || real.starts_with(follow(&start_of(path))?.0);
    match links.first() {
        Some((link, to)) if !inside => Err(Obstacle::new(format!(
            "`{}` is a symbolic link to `{}`, which leads out of the folder",
            link.display(),
            to.display()
        ))
        .hint(format!("if that folder is meant, name it itself: `{}`", real.display()))),
        _ => Ok(real),
    }
}

/// The folder that a relative path cannot leave by its own words: the current one, or as many above it as it has `..`.
fn start_of(path: &Path) -> PathBuf {
    let (mut depth, mut up) = (0_i32, 0);
    for part in path.components() {
        match part {
            Component::Normal(_) => depth += 1,
            Component::ParentDir => depth -= 1,
            _ => {}
        }
        up = up.max(-depth);
    }
    (0..up).fold(PathBuf::from("."), |path, _| path.join(".."))
}

/// Follows a path as the system does; gives the links behind the part that the current folder is reached by, too.
fn follow(path: &Path) -> Result<(PathBuf, Vec<(PathBuf, PathBuf)>), Obstacle> {
    let here = if path.is_absolute() { PathBuf::new() } else { std::env::current_dir()?.canonicalize()? };
    let parts = |path: &Path| path.components().rev().map(|part| part.as_os_str().to_owned()).collect::<Vec<_>>();
    let mut real = if path.is_absolute() { PathBuf::from("/") } else { here };
    let mut rest = parts(path);
    let mut links = Vec::new();
    while let Some(part) = rest.pop() {
        match Path::new(&part).components().next() {
            Some(Component::ParentDir) => {
                real.pop();
            }
            Some(Component::Normal(name)) => {
                let next = real.join(name);
                let about = std::fs::symlink_metadata(&next)?;
                if !about.is_symlink() {
                    real = next;
                    continue;
                }
                let to = std::fs::read_link(&next)?;
                if ![0, geteuid().as_raw()].contains(&about.uid()) {
                    return Err(Obstacle::new(format!(
                        "`{}` is a symbolic link of another user (uid {}) to `{}`",
                        next.display(),
                        about.uid(),
                        to.display()
                    ))
                    .hint("name the folder itself"));
                }
                if links.len() == LINKS {
                    return Err(Obstacle::new(format!("`{}` leads through too many symbolic links", path.display())));
                }
                if to.is_absolute() {
                    real = PathBuf::from("/");
                }
                rest.extend(parts(&to));
                links.push((next, to));
            }
            Some(Component::RootDir) => real = PathBuf::from("/"),
            _ => {}
        }
    }
    Ok((real, links))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn absolute_paths_follow_the_users_links_and_loops_end() {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path().canonicalize().unwrap();
        std::fs::create_dir_all(here.join("real/inner")).unwrap();
        symlink("real", here.join("link")).unwrap();
        symlink(here.join("real/inner"), here.join("absolute")).unwrap();
        symlink("loop", here.join("loop")).unwrap();
        for (path, real) in [
            ("link/inner", "real/inner"),
            ("absolute", "real/inner"),
            ("absolute/..", "real"),
            ("link/./inner/../inner", "real/inner"),
        ] {
            assert_eq!(resolve(&here.join(path)).unwrap(), here.join(real), "{path}");
        }
        assert!(resolve(&here.join("loop")).is_err());
        let missing = resolve(&here.join("link/missing")).unwrap_err();
        assert_eq!(missing.kind, std::io::ErrorKind::NotFound);
    }

    #[test]
    fn a_relative_path_starts_as_far_up_as_its_own_words_lead() {
        for (path, start) in
            [("a/b", "."), ("../a", "./.."), ("a/../../b", "./.."), ("../../x", "./../.."), ("a/..", ".")]
        {
            assert_eq!(start_of(Path::new(path)), PathBuf::from(start), "{path}");
        }
    }
}
