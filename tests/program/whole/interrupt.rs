//! Ctrl-C and SIGTERM end whatever runs.

use std::io::Read as _;
use std::process::Child;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::support::program;
use crate::support::program::{Mcpctl, Ran};

/// Runs an expression, waits until it has said that it is ready, and sends a signal.
fn interrupted(expression: &str, signal: Signal) -> Ran {
    let run = Mcpctl::of(["eval", &format!("print(\"ready\"); {expression}")]);
    let mut child = run.start();
    let mut ready = [0_u8; 6];
    child.stdout.as_mut().unwrap().read_exact(&mut ready).unwrap();
    ended_by(signal, run, child)
}

/// Sends a signal to a run and waits for its end.
fn ended_by(signal: Signal, run: Mcpctl, child: Child) -> Ran {
    program::signal(&child, signal);
    let started = Instant::now();
    let ran = run.end_of(child);
    // the promise is one second; a loaded machine gets more, a hang does not
    assert!(started.elapsed() < Duration::from_secs(20));
    ran
}

#[test]
fn an_endless_loop_ends() {
    interrupted("loop {}", Signal::SIGINT).code(130).stderr("interrupted: nothing was changed\n");
}

#[test]
fn a_loop_that_catches_everything_ends() {
    interrupted("loop { try { sleep(100) } catch {} }", Signal::SIGINT).code(130);
}

#[test]
fn a_wait_ends() {
    interrupted("time::sleep(\"1h\")", Signal::SIGINT).code(130);
}

#[test]
fn a_closure_ends() {
    interrupted("[1, 2].map(|x| { loop {} })", Signal::SIGINT).code(130);
}

#[test]
fn a_program_that_a_script_started_ends() {
    let run = Mcpctl::of(["eval", "process::run([\"sh\", \"-c\", \"touch started; exec sleep 1000\"])"]);
    let child = run.start();
    let begun = Instant::now();
    while !run.folder().join("started").exists() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it was never started");
        std::thread::sleep(Duration::from_millis(10));
    }
    ended_by(Signal::SIGINT, run, child).code(130).stderr("interrupted: 1 unknown: program/sh\n");
}

#[test]
fn sigterm_has_its_own_code() {
    interrupted("loop {}", Signal::SIGTERM).code(143).says("terminated");
}

#[test]
fn a_terminal_that_is_gone_ends_it_but_not_what_is_to_outlive_it() {
    interrupted("loop {}", Signal::SIGHUP).code(143).says("terminated");
    let outliving = ["sh", "-c", "trap '' HUP; exec \"$0\" \"$@\""];
    let run = Mcpctl::of(["eval", "print(\"ready\"); while !fs::exists(\"go\") { time::sleep(\"50ms\") } 1"])
        .under(&outliving);
    let mut child = run.start();
    let mut ready = [0_u8; 6];
    child.stdout.as_mut().unwrap().read_exact(&mut ready).unwrap();
    program::signal(&child, Signal::SIGHUP);
    std::fs::write(run.folder().join("go"), "").unwrap();
    run.end_of(child).code(0).stdout("1\n");
}

/// A reader that takes nothing holds up the script, which cannot end by itself then.
#[test]
fn the_world_of_a_run_that_does_not_end_is_kept() {
    let change = r#"configmaps::apply("made", #{ k: "v" }); let long = ""; long.pad(4_000_000, "x");"#;
    let run = Mcpctl::of(["eval", &format!("{change} print(\"ready\" + long)"), "--sandbox=world.json"]);
    let mut child = run.start();
    let mut ready = [0_u8; 6];
    child.stdout.as_mut().unwrap().read_exact(&mut ready).unwrap();
    program::signal(&child, Signal::SIGINT);
    let code = child.wait().unwrap().code();
    assert_eq!(code, Some(130));
    let later = Mcpctl::of(["eval", "configmaps::get(\"made\").data.k", "--sandbox=world.json"]);
    let world = std::fs::read_to_string(run.folder().join("world.json")).unwrap();
    later.file("world.json", &world).run().code(0).stdout("v\n");
}
