//! `kill -9` at moments that a seed chose: whatever it hits, files and objects are as before or as after, nothing else
//! is touched, and a second run completes the work.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use fastrand::Rng;

use super::faults::share;
use super::fixtures::{CANARY, CLEANUP, PROVISION_AGAIN, PROVISION_NEW, Scene, judged};
use super::setup::{Ground, folder_of};
use crate::sandbox::faults::assertions::{Expected, repeated};
use crate::sandbox::faults::snapshot::{Seen, differences};

/// What the temporary files of writes are called.
const TEMPORARY: &str = "file/.mcpctl-";

/// Kills a scene's command so many times, one after the other on each ground.
#[track_caller]
pub(crate) fn survives(grounds: &[Ground], scene: Scene, kills: usize, seed: u64) {
    for ground in grounds {
        // so that there are moments between the requests
        ground.slow(5);
    }
    let expected = scene.undisturbed(&grounds[0]);
    let between = halfway(&grounds[0], scene);
    let ran = scene.set(&grounds[0]);
    let begun = Instant::now();
    scene.run(&grounds[0], &[], ran).code(0);
    let whole = u64::try_from(begun.elapsed().as_micros()).unwrap();
    let mut random = Rng::with_seed(seed);
    let moments: Vec<Duration> = (0..kills).map(|_| Duration::from_micros(random.u64(..whole))).collect();
    let hit = AtomicUsize::new(0);
    let wrong = share(grounds, &moments, |ground, moment| {
        let ran = scene.set(ground);
        let run = scene.begin(ground, &[], ran);
        let mut child = run.start();
        std::thread::sleep(*moment);
        // it may have ended already
        let _ = child.kill();
        let first = run.end_of(child);
        // one that a signal ended has no code
        hit.fetch_add(usize::from(first.code == -1), Ordering::Relaxed);
        let mut wrong = killed(&expected, &between, &ground.look(&folder_of(&first)), &folder_of(&first));
        if format!("{}{}", first.stdout, first.stderr).contains(CANARY) {
            wrong.push("showed a secret".to_owned());
        }
        sweep(&folder_of(&first));
        let second = scene.run(ground, &[], first);
        wrong.extend(repeated(&expected, &ground.look(&folder_of(&second)), &judged(&second)));
        wrong.into_iter().map(|wrong| format!("{} killed after {moment:?}: {wrong}", scene.words[0])).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let hit = hit.into_inner();
    assert!(hit >= kills / 2, "only {hit} of {kills} were killed before their end");
}

/// What files hold between two steps of the command, by their names: whole, but not yet filled in.
fn halfway(ground: &Ground, scene: Scene) -> BTreeMap<String, String> {
    if scene.words[0] != "provision" {
        return BTreeMap::new();
    }
    let ran = scene.set(ground);
    let ran = scene.run(ground, &["--only", "env"], ran).code(0);
    ground.look(&folder_of(&ran)).into_iter().filter(|(name, _)| name.starts_with("file/")).collect()
}

/// What is wrong after a kill.
fn killed(expected: &Expected, between: &BTreeMap<String, String>, now: &Seen, folder: &Path) -> Vec<String> {
    let mut wrong = Vec::new();
    let wanted = differences(&expected.before, &expected.after);
    for name in differences(&expected.before, now) {
        if let Some(file) = name.strip_prefix("file/").filter(|_| name.starts_with(TEMPORARY)) {
            let mode = std::fs::metadata(folder.join(file)).unwrap().permissions().mode() & 0o777;
            if now[&name].contains(CANARY) && mode != 0o600 {
                wrong.push(format!("{name} may be read by others"));
            }
        } else if !wanted.contains(&name) {
            wrong.push(format!("touched {name}"));
        } else if now.get(&name) != expected.after.get(&name) && now.get(&name) != between.get(&name) {
            wrong.push(format!("left {name} half done: {:?}", now.get(&name)));
        }
    }
    wrong
}

/// Takes away what a write that was killed has left beside its file.
fn sweep(folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap().to_str().unwrap().starts_with(".mcpctl-") {
            std::fs::remove_file(path).unwrap();
        }
    }
}

#[test]
fn provision_can_be_killed_at_any_moment() {
    survives(&[Ground::sandbox(), Ground::sandbox()], PROVISION_NEW, 25, 1);
}

#[test]
fn provision_that_changes_can_be_killed_at_any_moment() {
    survives(&[Ground::sandbox(), Ground::sandbox()], PROVISION_AGAIN, 25, 2);
}

#[test]
fn cleanup_can_be_killed_at_any_moment() {
    survives(&[Ground::sandbox(), Ground::sandbox()], CLEANUP, 50, 3);
}
