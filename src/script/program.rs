//! Scripts that run as programs: a first line like `#!/usr/bin/env mcpctl` or `#!/usr/bin/env -S mcpctl run`.
//!
//! The system then starts `mcpctl PATH ARGUMENTS`. Nothing else than such a line, or the ending `.rhai`, makes a
//! file a script: an env file that is given by mistake is never parsed, and so never quoted in an error.

use std::io::Read as _;
use std::path::Path;

use crate::files;

/// The longest first line that systems read.
const LONGEST_LINE: u64 = 256;

/// Whether the file begins with a `#!` line that names mcpctl.
#[must_use]
pub fn names_mcpctl(path: &Path) -> bool {
    first_line(path).is_some_and(|line| {
        let words = line.strip_prefix("#!").unwrap_or_default().split_whitespace();
        words.into_iter().any(|word| Path::new(word).file_name().is_some_and(|name| name == "mcpctl"))
    })
}

/// Whether the file is made to be started: its first line names mcpctl, or it is a `.rhai` file that may be executed.
#[must_use]
pub fn is_program(path: &Path) -> bool {
    path.is_file()
        && (names_mcpctl(path)
            || (path.extension().is_some_and(|extension| extension == "rhai") && is_executable(path)))
}

fn first_line(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    files::regular_file(path).ok()??.take(LONGEST_LINE).read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    text.starts_with("#!").then(|| text.lines().next().unwrap_or_default().to_owned())
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|metadata| metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(_path: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_line_that_names_mcpctl_makes_a_program() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        assert!(is_program(&file("a", "#!/usr/bin/env mcpctl\n1")));
        assert!(is_program(&file("b", "#!/usr/bin/env -S mcpctl run\n1")));
        assert!(is_program(&file("c", "#!/opt/mcpctl/bin/mcpctl\n1")));
        assert!(!is_program(&file("d", "#!/bin/sh\nmcpctl list")));
        assert!(!is_program(&file("e.env", "TOKEN=canary-value\n")));
        assert!(!is_program(&file("f.rhai", "1")), "not made to be executed");
        assert!(!is_program(&folder.path().join("absent")));
    }
}
