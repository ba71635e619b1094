//! Scripts that take all they can get: memory, nesting, output. Each ends with an error, and the process stays below the
//! documented total.

mod growth;
mod repl;
mod testing;

use std::process::Child;
use std::time::{Duration, Instant};

use crate::support::program::{Mcpctl, Ran};

/// The limit of these runs.
const LIMIT: &str = "32MiB";
/// Four times the limit, and the program itself in a debug build.
const MOST_KIB: u64 = (4 * 32 + 64) * 1024;
/// No run may take longer, on a busy machine in a debug build.
const WATCHDOG: Duration = Duration::from_secs(240);

/// Runs a program to its end, and fails if it takes more memory than documented, or does not end.
#[track_caller]
fn run(program: Mcpctl) -> Ran {
    let program = program.env("MCPCTL_MEMORY", LIMIT);
    let child = program.start();
    let peak = watch(&child);
    let ran = program.end_of(child);
    let peak = peak.join().unwrap();
    assert!(peak < MOST_KIB, "{peak} KiB\n{}", &ran.stderr[..ran.stderr.len().min(2000)]);
    ran
}

/// The most memory that a process has used, known once it has ended.
fn watch(child: &Child) -> std::thread::JoinHandle<u64> {
    let id = child.id();
    let begun = Instant::now();
    std::thread::spawn(move || {
        let mut peak = 0;
        // a process that has ended has no memory to report
        while let Some(now) = high_water(id) {
            peak = peak.max(now);
            if begun.elapsed() > WATCHDOG {
                let _ = nix::sys::signal::kill(
                    nix::unistd::Pid::from_raw(i32::try_from(id).unwrap()),
                    nix::sys::signal::Signal::SIGKILL,
                );
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        peak
    })
}

fn high_water(id: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}
