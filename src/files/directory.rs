//! An open folder. Every file that mcpctl writes is opened, replaced and removed through one of these: relative to an
//! open handle, without following a link, and only after a look at what has the name.
//!
//! Foreign folders contain foreign names: a repository can come with `prod-secret.env` as a link to `~/.ssh/config`, a
//! shared `/tmp` with a pipe that never answers. What differs between platforms is in this file and in
//! `resolve.rs`.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use nix::fcntl::{AtFlags, FcntlArg, FdFlag, OFlag, fcntl, openat, readlinkat, renameat};
use nix::sys::stat::{FileStat, Mode, SFlag, fchmod, fstat, fstatat, mkdirat, umask};
use nix::unistd::{UnlinkatFlags, geteuid, unlinkat};

use super::obstacle::Obstacle;
use super::resolve::resolve;
use super::target::folder_of;
use crate::shell;

/// How often to retry to open or create a file that another process removes or creates at the same moment.
const ATTEMPTS: usize = 20;
/// The permissions of a file for its owner alone.
const PRIVATE: Mode = Mode::S_IRUSR.union(Mode::S_IWUSR);
/// Bits of a mode that are permissions.
const PERMISSIONS: u32 = 0o777;

impl From<nix::Error> for Obstacle {
    fn from(cause: nix::Error) -> Self {
        std::io::Error::from(cause).into()
    }
}

/// How a file of mcpctl's own is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opening {
    /// To read it, if it exists.
    Read,
    /// To read it and write to its end, if it exists.
    Append,
    /// As `Append`; a missing file is created.
    Create,
}

/// What a name stands for; a link is not followed.
pub(super) struct About(FileStat);

impl About {
    fn kind(&self) -> SFlag {
        SFlag::from_bits_truncate(self.0.st_mode) & SFlag::S_IFMT
    }

    /// The permissions.
    pub(super) fn permissions(&self) -> u32 {
        // the type differs between systems
        #[allow(clippy::useless_conversion, clippy::unnecessary_cast)]
        let bits = self.0.st_mode as u32;
        bits & PERMISSIONS
    }

    fn is_of_this_user(&self) -> bool {
        self.0.st_uid == geteuid().as_raw()
    }

    fn is_as_old_as(&self, age: Duration) -> bool {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        i64::try_from(now.saturating_sub(age).as_secs()).is_ok_and(|then| self.0.st_mtime < then)
    }
}

/// An open folder, and its path without links.
#[derive(Debug)]
pub(crate) struct Directory {
    handle: File,
    path: PathBuf,
}

impl Directory {
    /// Opens the folder of a file that is to be written; gives the file's name in it, too.
    pub(crate) fn of(file: &Path) -> Result<(Self, OsString), Obstacle> {
        let name = file.file_name().ok_or_else(|| Obstacle::new("the path has no file name"))?;
        Ok((Self::open(folder_of(file))?, name.to_owned()))
    }

    /// Opens a folder to write in it. A relative path must not lead out of the folder that it starts from through a
    /// link, and no link of another user is followed.
    pub(crate) fn open(path: &Path) -> Result<Self, Obstacle> {
        let path = resolve(path)?;
        let handle = File::options().read(true).custom_flags(folder_flags().bits()).open(&path)?;
        Ok(Self { handle, path })
    }

    /// Opens a folder of mcpctl's own state, which only this user may enter. It is made with those above it.
    pub(crate) fn private(path: &Path) -> Result<Self, Obstacle> {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        let directory = Self::open(path)?;
        directory.make_private()?;
        Ok(directory)
    }

    /// Opens a folder of mcpctl's own state, if it exists.
    pub(crate) fn existing(path: &Path) -> Result<Option<Self>, Obstacle> {
        match Self::open(path) {
            Ok(directory) => Ok(Some(directory)),
            Err(obstacle) if obstacle.kind == ErrorKind::NotFound => Ok(None),
            Err(obstacle) => Err(obstacle),
        }
    }

    /// Makes a folder and those above it, where they do not exist.
    pub(super) fn make(path: &Path) -> Result<(), Obstacle> {
        let existing = path.ancestors().find(|folder| folder.exists() || folder.as_os_str().is_empty());
        let existing = existing.unwrap_or(Path::new(""));
        let missing = path.strip_prefix(existing).unwrap_or(path);
        let mut folder = Self::open(if existing.as_os_str().is_empty() { Path::new(".") } else { existing })?;
        for part in missing.components() {
            match part {
                Component::CurDir => {}
                Component::Normal(name) => folder = folder.inner(name)?,
                _ => return Err(Obstacle::new(format!("`{}` leads upwards behind a missing folder", path.display()))),
            }
        }
        Ok(())
    }

    /// Makes and opens a folder in this one; one that exists is opened, a link is not followed.
    fn inner(&self, name: &OsStr) -> Result<Self, Obstacle> {
        if let Some(about) = self.about(name)?
            && about.kind() == SFlag::S_IFLNK
        {
            return Err(self.link(name));
        }
        match mkdirat(&self.handle, name, Mode::from_bits_truncate(0o777)) {
            Ok(()) | Err(nix::Error::EEXIST) => {}
            Err(cause) => return Err(cause.into()),
        }
        let handle = File::from(openat(&self.handle, name, folder_flags(), Mode::empty())?);
        Ok(Self { handle, path: self.path.join(name) })
    }

    fn link(&self, name: &OsStr) -> Obstacle {
        let to = readlinkat(&self.handle, name).map(PathBuf::from).unwrap_or_default();
        Obstacle::new(format!("it is a symbolic link to `{}`, and links are not followed", to.display()))
            .hint(format!("if that is meant, name it itself: `{}`", self.path.join(&to).display()))
    }

    /// Locks it for this process and for the programs that it starts. A file system without locks is not an error.
    pub(super) fn lock_for_children(&self) -> Result<File, Obstacle> {
        let file = self.handle.try_clone()?;
        let _ = file.try_lock();
        fcntl(&file, FcntlArg::F_SETFD(FdFlag::empty()))?;
        Ok(file)
    }

    /// Makes a file for a lock, and locks it for this process and for programs that it starts. `None` if it is locked.
    pub(crate) fn lock_file_for_children(&self, name: impl AsRef<OsStr>) -> Result<Option<File>, Obstacle> {
        let Some(file) = self.own_file(name, Opening::Create)? else { return Ok(None) };
        if file.try_lock().is_err() {
            return Ok(None);
        }
        fcntl(&file, FcntlArg::F_SETFD(FdFlag::empty()))?;
        Ok(Some(file))
    }

    /// Its path, with links resolved.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The open folder, for a lock.
    pub(super) fn handle(&self) -> &File {
        &self.handle
    }

    /// Lets its owner alone enter it, whatever the umask.
    pub(super) fn make_private(&self) -> Result<(), Obstacle> {
        let about = About(fstat(&self.handle)?);
        if !about.is_of_this_user() && !geteuid().is_root() {
            return Err(Obstacle::new(format!("its folder belongs to another user (uid {})", about.0.st_uid))
                .hint(format!("`ls -ld {}` shows it", shell::path(&self.path))));
        }
        if about.is_of_this_user() && about.permissions() != 0o700 {
            fchmod(&self.handle, Mode::S_IRWXU)?;
        }
        Ok(())
    }

    /// What has this name.
    pub(super) fn about(&self, name: &OsStr) -> Result<Option<About>, Obstacle> {
        match fstatat(&self.handle, name, AtFlags::AT_SYMLINK_NOFOLLOW) {
            Ok(about) => Ok(Some(About(about))),
            Err(nix::Error::ENOENT) => Ok(None),
            Err(cause) => Err(cause.into()),
        }
    }

    /// What has this name, if a new file may take its place: a regular file of this user's, or nothing.
    pub(super) fn replaceable(&self, name: &OsStr) -> Result<Option<About>, Obstacle> {
        let Some(about) = self.about(name)? else { return Ok(None) };
        match about.kind() {
            SFlag::S_IFREG => {}
            SFlag::S_IFLNK => return Err(self.link(name)),
            SFlag::S_IFDIR => return Err(Obstacle::new("it is a folder")),
            _ => return Err(Obstacle::new("it is a pipe, socket or device, not a regular file")),
        }
        if !about.is_of_this_user() && !self.is_of_the_same_user(&about)? {
            return Err(Obstacle::new(format!("it belongs to another user (uid {})", about.0.st_uid))
                .hint("choose another name, or run the command as that user"));
        }
        Ok(Some(about))
    }

    /// Whether this is root in the folder of the user whose file it is, as with `sudo` or in a container.
    fn is_of_the_same_user(&self, about: &About) -> Result<bool, Obstacle> {
        Ok(geteuid().is_root() && fstat(&self.handle)?.st_uid == about.0.st_uid)
    }

    /// Opens a file of mcpctl's own in its place, with mode 0600 at most. It must be a regular file of this user's with
    /// no other name: what is written to it must not arrive elsewhere.
    pub(crate) fn own_file(&self, name: impl AsRef<OsStr>, opening: Opening) -> Result<Option<File>, Obstacle> {
        let name = name.as_ref();
        let write = if opening == Opening::Read { OFlag::O_RDONLY } else { OFlag::O_RDWR | OFlag::O_APPEND };
        for _ in 0..ATTEMPTS {
            // looked at before it is opened, for opening a device can have effects, and after, for it may be another one
            let opened = match self.replaceable(name)? {
                Some(_) => openat(&self.handle, name, write | careful_flags(), Mode::empty()),
                None if opening == Opening::Create => {
                    openat(&self.handle, name, write | careful_flags() | OFlag::O_CREAT | OFlag::O_EXCL, PRIVATE)
                }
                None => return Ok(None),
            };
            let file = match opened {
                Ok(file) => File::from(file),
                Err(nix::Error::ENOENT | nix::Error::EEXIST | nix::Error::ELOOP) => continue,
                Err(cause) => return Err(cause.into()),
            };
            let about = About(fstat(&file)?);
            if about.kind() != SFlag::S_IFREG || !about.is_of_this_user() && !self.is_of_the_same_user(&about)? {
                continue;
            }
            if about.0.st_nlink > 1 {
                return Err(Obstacle::new(
                    "it is a hard link: the same file has another name, where this would be written, too",
                )
                .hint(format!("`rm {}` removes this name alone", shell::path(&self.path.join(name)))));
            }
            if opening != Opening::Read && about.permissions() != 0o600 {
                fchmod(&file, PRIVATE)?;
            }
            return Ok(Some(file));
        }
        Err(Obstacle::new("another program keeps replacing it"))
    }

    /// Makes a file that does not exist yet: for its owner alone, or as the umask has it.
    pub(super) fn new_file(&self, name: &OsStr, mode: super::Mode) -> Result<File, Obstacle> {
        let bits = if mode == super::Mode::Private { PRIVATE } else { Mode::from_bits_truncate(0o666) };
        let flags = OFlag::O_RDWR | OFlag::O_CREAT | OFlag::O_EXCL | careful_flags();
        let file = File::from(openat(&self.handle, name, flags, bits)?);
        if mode == super::Mode::Private {
            fchmod(&file, PRIVATE)?;
        }
        Ok(file)
    }

    /// Gives a new file the owner and the permissions of the one that it replaces.
    pub(super) fn take_over(file: &File, old: &About, mode: super::Mode) -> Result<(), Obstacle> {
        let new = file.metadata()?;
        if (new.uid(), new.gid()) != (old.0.st_uid, old.0.st_gid) {
            // a group that this user is not in stays behind
            std::os::unix::fs::fchown(file, Some(old.0.st_uid), Some(old.0.st_gid)).ok();
        }
        let kept = if mode == super::Mode::Private { 0o600 } else { PERMISSIONS };
        file.set_permissions(std::fs::Permissions::from_mode(old.permissions() & kept))?;
        Ok(())
    }

    /// Gives a file another name, in the place of what has that.
    pub(crate) fn rename(&self, from: impl AsRef<OsStr>, to: impl AsRef<OsStr>) -> Result<(), Obstacle> {
        self.replaceable(to.as_ref())?;
        Ok(renameat(&self.handle, from.as_ref(), &self.handle, to.as_ref())?)
    }

    /// Whether a name is still that of an open file.
    pub(crate) fn is_still(&self, name: impl AsRef<OsStr>, file: &File) -> bool {
        match (self.about(name.as_ref()), fstat(file)) {
            (Ok(Some(now)), Ok(mine)) => (now.0.st_dev, now.0.st_ino) == (mine.st_dev, mine.st_ino),
            _ => false,
        }
    }

    /// Removes a file, if it is still this one.
    pub(crate) fn remove(&self, name: impl AsRef<OsStr>, file: &File) {
        if self.is_still(name.as_ref(), file) {
            // what cannot be removed stays
            let _ = unlinkat(&self.handle, name.as_ref(), UnlinkatFlags::NoRemoveDir);
        }
    }

    /// Removes old files of this user's whose names `fits` knows: regular ones with no other name.
    pub(super) fn remove_old(&self, age: Duration, fits: impl Fn(&str) -> bool) {
        for entry in std::fs::read_dir(&self.path).into_iter().flatten().flatten() {
            let name = entry.file_name();
            if name.to_str().is_some_and(&fits)
                && let Ok(Some(about)) = self.about(&name)
                && about.kind() == SFlag::S_IFREG
                && about.is_of_this_user()
                && about.0.st_nlink == 1
                && about.is_as_old_as(age)
            {
                // what cannot be removed stays
                let _ = unlinkat(&self.handle, name.as_os_str(), UnlinkatFlags::NoRemoveDir);
            }
        }
    }

    /// Opens a folder in this one that is this user's and old enough; a link is not followed.
    pub(super) fn old_folder(&self, name: &OsStr, age: Duration) -> Option<File> {
        let folder = File::from(openat(&self.handle, name, folder_flags(), Mode::empty()).ok()?);
        let about = About(fstat(&folder).ok()?);
        (about.is_of_this_user() && about.is_as_old_as(age)).then_some(folder)
    }
}

/// Opens a file for reading without waiting for the other end of a pipe. Links are followed: reading changes nothing.
pub(super) fn open_to_read(path: &Path) -> std::io::Result<File> {
    File::options().read(true).custom_flags((OFlag::O_NONBLOCK | OFlag::O_NOCTTY).bits()).open(path)
}

/// Whether others than its owner may use a file.
pub(super) fn is_open_to_others(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|about| about.permissions().mode() & 0o077 != 0)
}

/// Whether a path is a pipe.
pub(crate) fn is_pipe(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    std::fs::metadata(path).is_ok_and(|about| about.file_type().is_fifo())
}

/// Lets this process read and write what it makes, whatever umask it was started with.
pub(crate) fn keep_access_to_new_files() {
    let given = umask(Mode::from_bits_truncate(0o077));
    umask(given - Mode::S_IRWXU);
}

/// The permissions of a folder that only its owner may enter.
pub(super) fn of_a_private_folder() -> std::fs::Permissions {
    std::fs::Permissions::from_mode(0o700)
}

fn folder_flags() -> OFlag {
    OFlag::O_RDONLY | OFlag::O_DIRECTORY | careful_flags()
}

fn careful_flags() -> OFlag {
    OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_NOCTTY | OFlag::O_CLOEXEC
}
