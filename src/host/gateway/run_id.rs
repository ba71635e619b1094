//! The id of a gateway's run, which identifies its pods, and whether the run has ended.
//!
//! It contains the machine, the user, the process id of mcpctl and its start time. A run lasts as long as its lock is
//! locked: mcpctl locks it, the gateway inherits the lock, and the system unlocks it when both have ended. A run
//! without a lock, of another user or of another machine never counts as ended. Containers and restarted machines count
//! as other machines.

use std::fs::File;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::child;
use crate::files::{Directory, Opening};

/// The folder of the locks, in that of mcpctl's state.
const FOLDER: &str = "gateway-runs";

/// The id of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RunId {
    machine: String,
    user: u32,
    process: u32,
    start: String,
    number: u32,
}

impl RunId {
    /// The id for this process.
    pub(super) fn new() -> Self {
        let process = std::process::id();
        Self {
            machine: machine().unwrap_or_else(|| format!("{:016x}", fastrand::u64(..))),
            user: nix::unistd::geteuid().as_raw(),
            process,
            start: start_of(process).unwrap_or_else(|| "0".to_owned()),
            number: fastrand::u32(..),
        }
    }

    /// Reads the value of a pod's variable; `None` if it is not an id.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let mut word = || parts.next().filter(|word| word.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        let machine = word()?.to_owned();
        let user = word()?.parse().ok()?;
        let process = word()?.parse().ok()?;
        let start = word()?.to_owned();
        let number = u32::from_str_radix(word()?, 16).ok()?;
        let id = Self { machine, user, process, start, number };
        (id.to_string() == text).then_some(id)
    }

    /// Whether it is a run of this machine and user that has certainly ended. `state` is the folder of mcpctl's state.
    pub(super) fn has_ended(&self, state: Option<&Path>) -> bool {
        let is_own = Some(&self.machine) == machine().as_ref() && self.user == nix::unistd::geteuid().as_raw();
        if !is_own || start_of(self.process).as_ref() == Some(&self.start) {
            return false;
        }
        self.existing_lock(state).is_some_and(|(_, file)| file.try_lock().is_ok())
    }

    /// Removes the lock of a run that has ended and whose pods are removed.
    pub(super) fn forget(&self, state: Option<&Path>) {
        if let Some((folder, file)) = self.existing_lock(state) {
            folder.remove(self.to_string(), &file);
        }
    }

    /// Locks it for this process and its children. `None` if there is no folder for a lock: then later runs never treat
    /// this one as ended.
    pub(super) fn lock(&self, state: Option<&Path>) -> Option<File> {
        let folder = Directory::private(&state?.join(FOLDER)).ok()?;
        folder.lock_file_for_children(self.to_string()).ok()?
    }

    fn existing_lock(&self, state: Option<&Path>) -> Option<(Directory, File)> {
        let folder = Directory::existing(&state?.join(FOLDER)).ok()??;
        let file = folder.own_file(self.to_string(), Opening::Read).ok()??;
        Some((folder, file))
    }
}

impl std::fmt::Display for RunId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}-{}-{}-{:08x}", self.machine, self.user, self.process, self.start, self.number)
    }
}

/// An id of this machine since its last start; a container has its own. `None` if the system has none.
fn machine() -> Option<String> {
    let boot = match std::fs::read_to_string("/proc/sys/kernel/random/boot_id") {
        Ok(boot) => {
            let processes = std::fs::read_link("/proc/self/ns/pid").ok()?;
            format!("{boot} {}", processes.display())
        }
        Err(_) => answer("sysctl", &["-n", "kern.bootsessionuuid"])?,
    };
    let hash = Sha256::digest(boot.trim().as_bytes());
    Some(hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect())
}

/// When a process started, as letters and digits; `None` if there is none.
fn start_of(process: u32) -> Option<String> {
    if !Path::new("/proc/self/stat").exists() {
        let start = answer("ps", &["-o", "lstart=", "-p", &process.to_string()])?;
        return Some(start.chars().filter(char::is_ascii_alphanumeric).collect());
    }
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // skip the program's name, which may contain anything; the start time is field 22
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let is_gone = matches!(fields.first(), Some(&"Z" | &"X"));
    fields.get(19).filter(|_| !is_gone).map(|start| (*start).to_owned())
}

fn answer(program: &str, arguments: &[&str]) -> Option<String> {
    let output = child::command(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    /// A process that has ended, by the id that it had.
    fn ended_process() -> u32 {
        let mut child = Command::new("/bin/true").spawn().unwrap();
        child.wait().unwrap();
        child.id()
    }

    #[test]
    fn an_id_is_read_back_and_nothing_else_is_one() {
        let id = RunId::new();
        assert_eq!(RunId::parse(&id.to_string()), Some(id.clone()));
        assert_ne!(id, RunId::new(), "two runs of one process");
        let text = id.to_string();
        for bad in [
            "",
            "0123456789abcdef",
            "a-b-c-d-e",
            "../../x-0-1-2-00000000",
            &format!("{text}-x"),
            &text[1..text.len() - 1],
            "m-0-01-2-00000000",
        ] {
            assert_eq!(RunId::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_run_has_ended_only_if_all_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let state = Some(folder.path());
        let own = RunId::new();
        assert!(own.machine == machine().unwrap() && own.start == start_of(own.process).unwrap());
        let ended = RunId { process: ended_process(), ..own.clone() };
        drop(ended.lock(state).unwrap());
        assert!(ended.has_ended(state));
        let with = |change: fn(&mut RunId)| {
            let mut id = ended.clone();
            change(&mut id);
            // each has a lock that is free
            drop(id.lock(state));
            id.has_ended(state)
        };
        for (name, has_ended) in [
            ("another number", with(|id| id.number ^= 1)),
            (
                "a process of another start",
                with(|id| {
                    id.process = std::process::id();
                    id.start = "1".to_owned();
                }),
            ),
        ] {
            assert!(has_ended, "{name}");
        }
        for (name, has_ended) in [
            ("another machine", with(|id| id.machine = "0123456789abcdef".to_owned())),
            ("another user", with(|id| id.user += 1)),
            (
                "a process that runs",
                with(|id| {
                    id.process = std::process::id();
                    id.start = start_of(id.process).unwrap();
                }),
            ),
            ("no state folder", ended.has_ended(None)),
            ("no lock", RunId { number: ended.number ^ 7, ..ended.clone() }.has_ended(state)),
        ] {
            assert!(!has_ended, "{name}");
        }
        ended.forget(state);
        assert!(!ended.has_ended(state), "its lock is removed");
    }

    #[test]
    fn a_lock_lasts_as_long_as_a_program_that_inherited_it() {
        let folder = tempfile::tempdir().unwrap();
        let state = Some(folder.path());
        let id = RunId { process: ended_process(), ..RunId::new() };
        let lock = id.lock(state).unwrap();
        assert!(id.lock(state).is_none(), "it is taken once");
        let mut gateway = Command::new("/bin/cat").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        drop(lock);
        assert!(!id.has_ended(state));
        drop(gateway.stdin.take());
        gateway.wait().unwrap();
        // other tests start programs at the same time, which inherit it briefly
        for _ in 0..1000 {
            if id.has_ended(state) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        panic!("the lock is still locked");
    }
}
