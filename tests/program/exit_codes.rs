//! Every exit code of the documented table is what a run ends with.

use nix::sys::signal::Signal;

use crate::support::program;
use crate::support::program::Mcpctl;

/// The codes of the page, in its order.
fn documented() -> Vec<i32> {
    let page = include_str!("../../docs/exit-codes.md");
    page.lines().filter_map(|line| line.strip_prefix("| ")?.split(' ').next()?.parse().ok()).collect()
}

fn eval(text: &str) -> Mcpctl {
    Mcpctl::of(["eval", text])
}

/// A run that is sent a signal while it waits.
fn signalled(signal: Signal) -> i32 {
    let run = eval(r#"fs::write("begun", "1"); time::sleep("60s")"#);
    let child = run.start();
    while !run.folder().join("begun").exists() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    program::signal(&child, signal);
    run.end_of(child).code
}

#[test]
fn each_documented_code_is_produced() {
    let given = Mcpctl::new("provision grafana --base prod --only env --sandbox").run().code(0);
    let differs = Mcpctl::new("provision time --base prod --only env --sandbox").run().code(0);
    let produced = [
        eval("1").run().code,
        eval(r#"fail("no")"#).run().code,
        eval("1").word("--no-such-flag").run().code,
        eval(r#"fs::write("a", "1"); try { process::run(["no-such-program"]); } catch {} 1"#).run().code,
        Mcpctl::new("diff prod --sandbox").after(given).run().code,
        Mcpctl::new("test").run().code,
        Mcpctl::new("diff prod --sandbox").after(differs).run().code,
        signalled(Signal::SIGINT),
        signalled(Signal::SIGTERM),
    ];
    assert_eq!(produced.to_vec(), documented());
}

#[test]
fn a_script_chooses_its_own_and_may_give_a_result() {
    eval("exit(77)").run().code(77).stdout("");
    eval("exit(7, [1, 2])").word("-o").word("json").run().code(7).stdout("[\n  1,\n  2\n]\n");
    eval(r#"try { process::run(["no-such-program"]); } catch {} exit(0)"#).run().code(1);
}
