//! The same in the REPL: the line ends, the session goes on.

use super::run;
use crate::support::program::Mcpctl;

#[test]
fn a_line_ends_at_the_limit_and_later_lines_work() {
    let lines = "\
let kept = [1, 2]
let a = [1]
loop { a += a; }
kept.len + 1
let deep = []
loop { deep = [deep]; }
kept.len + 2
let s = \"x\"; loop { s += s; }
kept.len + 3
let b = [1]; try { loop { b += b; } } catch { }
kept.len + 4
a
";
    let ran = run(Mcpctl::new("repl --sandbox").input(lines));
    assert_eq!(ran.stdout, "3\n4\n5\n6\n", "{}", ran.stderr);
    assert_eq!(ran.stderr.matches("error: the script needs more than 32 MiB of memory").count(), 3, "{}", ran.stderr);
    ran.code(1)
        .says("note: the variable `a` was removed: it took too much memory")
        .says("error: a value nests more than 500 levels deep")
        .says("note: the variable `deep` was removed: it took too much memory")
        .says("error: no variable `a`");
}
