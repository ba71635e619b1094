//! A full disk, a folder that cannot be written to, and an editor that saves in between: no file is lost or cut.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use mcpctl::error::Kind;
use mcpctl::files::Files;
use mcpctl::provision::envfile::{Base, Pair, Role};
use mcpctl::record::Recorder;

use super::fixtures::CANARY;
use super::setup::Ground;
use crate::support::program::{Mcpctl, Ran};

const FILES: [&str; 2] = ["prod-config.env", "prod-secret.env"];

/// A small disk that lives as long as this does.
struct Disk(PathBuf);

impl Disk {
    /// Mounts one at a folder; none where that is not allowed, which is said.
    #[expect(clippy::print_stderr, reason = "a test that was left out must not pass unseen")]
    fn mount(at: &Path) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"]).arg(at).output();
        match mount {
            Ok(output) if output.status.success() => Some(Self(at.to_owned())),
            _ => {
                eprintln!("SKIPPED: a small disk cannot be mounted here (only root may)");
                None
            }
        }
    }

    fn remount(&self, options: &str) {
        let how = format!("remount,{options}");
        assert!(Command::new("mount").args(["-o", &how]).arg(&self.0).status().unwrap().success());
    }

    /// Fills it to the last byte.
    fn fill(&self) {
        let all = std::fs::write(self.0.join("filler"), vec![0; 1 << 20]);
        assert_eq!(all.unwrap_err().kind(), std::io::ErrorKind::StorageFull);
    }

    /// Makes room again.
    fn make_room(&self) {
        std::fs::remove_file(self.0.join("filler")).unwrap();
    }

    fn read(&self) -> [Option<String>; 2] {
        FILES.map(|name| std::fs::read_to_string(self.0.join(name)).ok())
    }

    /// Nothing but the files themselves and the filler.
    #[track_caller]
    fn has_no_leftovers(&self) {
        for entry in std::fs::read_dir(&self.0).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(!name.starts_with(".mcpctl-"), "{name}");
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

/// `provision` with its files on the disk `disk/` of the folder.
fn provision(ground: &Ground, url: &str, earlier: Option<Ran>) -> Mcpctl {
    let url = format!("grafana.url={url}");
    let run = ground.mcpctl(&[
        "provision",
        "grafana",
        "--base",
        "disk/prod",
        "--set",
        &url,
        "--set",
        "grafana.api_key=@key.txt",
        "--skip",
        "images",
    ]);
    let run = match earlier {
        Some(ran) => run.after(ran),
        None => run,
    };
    run.file("key.txt", CANARY)
}

#[test]
fn a_full_disk_costs_no_file() {
    let ground = Ground::sandbox();
    let run = provision(&ground, "http://g", None);
    let Some(disk) = Disk::mount(&run.folder().join("disk")) else { return };
    disk.fill();
    let ran = run.run().code(1).says("cannot write").says("no space left on device");
    assert!(ran.stderr.contains("disk/prod-"), "{}", ran.stderr);
    // an empty file would be taken for one without values
    assert_eq!(disk.read(), [None, None]);
    assert_eq!(ground.data("configmaps/mcp-gateway-config"), None);
    disk.make_room();
    let ran = provision(&ground, "http://g", Some(ran)).run().code(0);
    let before = disk.read();
    disk.fill();
    // longer than what is there, so that no room of the old one could do
    let long = format!("http://{}", "g".repeat(9000));
    let ran = provision(&ground, &long, Some(ran)).run().code(1).says("no space left on device");
    assert_eq!(disk.read(), before);
    disk.has_no_leftovers();
    assert_eq!(ground.data("configmaps/mcp-gateway-config").unwrap()["grafana.url"], "http://g");
    disk.make_room();
    let ran = provision(&ground, &long, Some(ran)).run().code(0);
    assert_eq!(ground.data("configmaps/mcp-gateway-config").unwrap()["grafana.url"], long);
    drop(disk);
    drop(ran);
}

#[test]
fn a_folder_that_cannot_be_written_to_costs_no_file() {
    let ground = Ground::sandbox();
    let run = provision(&ground, "http://g", None);
    let folder = run.folder().join("disk");
    // permissions stop everybody but root, for whom the disk itself must refuse
    let disk = Disk::mount(&folder);
    let ran = run.run().code(0);
    let read = || FILES.map(|name| std::fs::read_to_string(folder.join(name)).unwrap());
    let before = read();
    let close = |closed: bool| match &disk {
        Some(disk) => disk.remount(if closed { "ro" } else { "rw" }),
        None => {
            let bits = if closed { 0o555 } else { 0o755 };
            std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(bits)).unwrap();
        }
    };
    close(true);
    if std::fs::write(folder.join("probe"), "").is_ok() {
        // root, who may not mount here: nothing can stop it, as was said
        return;
    }
    let ran = provision(&ground, "http://other", Some(ran)).run().code(1).says("cannot write").says("disk/prod-");
    assert_eq!(read(), before);
    assert_eq!(ground.data("configmaps/mcp-gateway-config").unwrap()["grafana.url"], "http://g");
    close(false);
    let ran = provision(&ground, "http://other", Some(ran)).run().code(0);
    assert_eq!(ground.data("configmaps/mcp-gateway-config").unwrap()["grafana.url"], "http://other");
    drop(disk);
    drop(ran);
}

/// An editor knows of no lock: what it saves between our reading and our writing stays, and the run says so.
#[test]
fn what_an_editor_saves_in_between_stays() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::new(false, false, Arc::new(Recorder::default()));
    let paths = FILES.map(|name| folder.path().join(name));
    std::fs::write(&paths[0], "A=1\n").unwrap();
    std::fs::write(&paths[1], format!("KEY={CANARY}\n")).unwrap();
    for (role, path) in [(Role::Config, &paths[0]), (Role::Secret, &paths[1])] {
        let mut pair = Pair::load(|path| files.read(&folder.path().join(path)), Base::new("prod").unwrap()).unwrap();
        let key = if role == Role::Config { "A" } else { "KEY" };
        pair.fill(&[], &[(key.to_owned(), Some(mcpctl::secret::Secret::new("ours")))].into()).unwrap();
        let saved = format!("# saved by an editor\n{key}={CANARY}-2\n");
        std::fs::write(path, &saved).unwrap();
        let error = pair.save(&files, folder.path()).unwrap_err();
        assert_eq!(error.kind, Kind::Conflict);
        assert!(error.to_string().contains("changed by another program"), "{error}");
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
        assert_eq!(std::fs::read_to_string(path).unwrap(), saved);
        // the next try reads what is there
        let mut pair = Pair::load(|path| files.read(&folder.path().join(path)), Base::new("prod").unwrap()).unwrap();
        pair.fill(&[], &[(key.to_owned(), Some(mcpctl::secret::Secret::new("ours")))].into()).unwrap();
        pair.save(&files, folder.path()).unwrap();
        assert_eq!(std::fs::read_to_string(path).unwrap(), format!("# saved by an editor\n{key}=ours\n"));
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}
