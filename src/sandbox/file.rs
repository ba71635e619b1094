//! A world in a file: `--sandbox=FILE` keeps its state between commands.

use std::path::Path;

use kube_sandbox::{Sandbox, Snapshot};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::demo;
use crate::encoding;
use crate::error::{Error, Result};
use crate::files::{self, Mode};
use crate::shell;

/// The version of the format.
const VERSION: u32 = 1;

/// The largest file, in bytes: a world of a hundred thousand pods.
const LARGEST: u64 = 256 << 20;

#[derive(Deserialize)]
struct Version {
    mcpctl_sandbox: u32,
}

#[derive(Serialize)]
struct File<'a> {
    mcpctl_sandbox: u32,
    #[serde(flatten)]
    snapshot: &'a Snapshot,
}

/// The world of a file; the demo world if the file does not exist yet.
///
/// # Errors
/// The file cannot be read, or contains something else.
pub fn load(path: &Path) -> Result<Sandbox> {
    match snapshot(path)? {
        Some(snapshot) => Sandbox::from_snapshot(snapshot).map_err(|_| not_a_sandbox(path)),
        None => Ok(demo()),
    }
}

/// The snapshot in a file.
///
/// # Errors
/// The file does not exist, cannot be read, or contains something else.
pub fn read(path: &Path) -> Result<Snapshot> {
    snapshot(path)?.ok_or_else(|| {
        Error::not_found(format!("no world `{}`", path.display()))
            .object(path.display().to_string())
            .hint("`mcpctl sandbox import > FILE` takes one from a cluster")
    })
}

/// Writes a world into a file that only its owner may read (it contains secrets), whole or not at all.
///
/// # Errors
/// The file cannot be written, or would be too large to be read again.
pub fn save(sandbox: &Sandbox, path: &Path) -> Result<()> {
    let file = File { mcpctl_sandbox: VERSION, snapshot: &sandbox.snapshot() };
    let text = serde_json::to_vec(&file).unwrap_or_default();
    if text.len() as u64 > LARGEST {
        return Err(Error::invalid(format!("the sandbox is too large for `{}`", path.display()))
            .cause(format!("{} bytes, {LARGEST} at most", text.len()))
            .object(path.display().to_string()));
    }
    files::replace(path, &text, Mode::Private)
}

/// The text of a file with the objects of a live cluster and without their values, for people to read as well.
///
/// # Errors
/// An object without a name.
pub fn import(objects: &[Value], namespace: Option<&str>) -> Result<String> {
    let file = File { mcpctl_sandbox: VERSION, snapshot: &Snapshot::import(objects, namespace)? };
    Ok(serde_json::to_string_pretty(&file).unwrap_or_default() + "\n")
}

fn snapshot(path: &Path) -> Result<Option<Snapshot>> {
    let Some(bytes) = files::read_file(path, LARGEST)? else { return Ok(None) };
    let text = encoding::utf8_bytes(&bytes, &path.display().to_string())?;
    let version: Version = serde_json::from_slice(&text).map_err(|_| not_a_sandbox(path))?;
    if version.mcpctl_sandbox != VERSION {
        return Err(not_a_sandbox(path).cause(format!("its version is {}, not {VERSION}", version.mcpctl_sandbox)));
    }
    serde_json::from_slice(&text).map(Some).map_err(|_| not_a_sandbox(path))
}

fn not_a_sandbox(path: &Path) -> Error {
    Error::invalid(format!("`{}` does not contain the state of a sandbox", path.display()))
        .hint(format!("name another file, or start again after `rm {}`", shell::path(path)))
        .object(path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    #[tokio::test]
    async fn a_file_keeps_a_world() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("world.json");
        let world = load(&path).unwrap();
        assert!(!path.exists());
        world.images().add("mcp/kept");
        world.advance(std::time::Duration::from_secs(86_400));
        save(&world, &path).unwrap();
        let again = load(&path).unwrap();
        assert_eq!(again.objects(), world.objects());
        assert!(again.images().present("mcp/kept"));
        assert!(again.now().duration_since(jiff::Timestamp::now()).as_secs() > 86_000);
    }

    #[test]
    fn another_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret.env");
        let world =
            r#"{"mcpctl_sandbox": 1, "revision": 1, "ahead_seconds": 0, "images": [], "objects": [{"kind": "Job"}]}"#;
        for text in ["TOKEN=canary-token\n", "{}", "{\"mcpctl_sandbox\": 99}", world] {
            std::fs::write(&path, text).unwrap();
            let error = load(&path).unwrap_err();
            assert_eq!(error.kind, Kind::Invalid);
            assert!(!format!("{error:?}").contains("canary"), "{error:?}");
        }
    }
}
