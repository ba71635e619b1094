//! An image of the binary under test, for pods to run.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The image, in the registry that the nodes pull from. Docker's copy of it goes with this.
pub(super) struct Image {
    /// What pods call it.
    pub(super) name: String,
    pushed: String,
}

impl Image {
    /// Builds it from the debug binary and the libraries that it is linked with, from scratch, and pushes it.
    pub(super) fn build() -> Self {
        let context = tempfile::tempdir().unwrap();
        let binary = Path::new(env!("CARGO_BIN_EXE_mcpctl"));
        let copy = context.path().join("mcpctl");
        // without its debug symbols it is a tenth of the size
        let stripped = Command::new("strip").arg("-o").args([&copy, binary]).status();
        if !stripped.is_ok_and(|status| status.success()) {
            std::fs::copy(binary, &copy).unwrap();
        }
        for library in libraries(binary) {
            let target = context.path().join("root").join(library.strip_prefix("/").unwrap());
            std::fs::create_dir_all(target.parent().unwrap()).unwrap();
            std::fs::copy(&library, target).unwrap();
        }
        let recipe = "FROM scratch\nCOPY root/ /\nCOPY mcpctl /mcpctl\nUSER 65532:65532\nENTRYPOINT [\"/mcpctl\"]\n";
        std::fs::write(context.path().join("Dockerfile"), recipe).unwrap();
        let name = format!("mcpctl-test/schedule:{}", std::process::id());
        let pushed = format!("{}/{name}", std::env::var("MCPCTL_E2E_REGISTRY").expect("MCPCTL_E2E_REGISTRY"));
        docker(&["build", "--quiet", "--network", "none", "--tag", &pushed, &context.path().display().to_string()]);
        docker(&["push", "--quiet", &pushed]);
        Self { name, pushed }
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        let _ = Command::new("docker").args(["rmi", "--force", &self.pushed]).output();
    }
}

/// The shared libraries of a program and their loader.
fn libraries(binary: &Path) -> Vec<PathBuf> {
    let listed = Command::new("ldd").arg(binary).output().unwrap();
    let text = String::from_utf8(listed.stdout).unwrap();
    text.split_whitespace().filter(|word| word.starts_with('/')).map(PathBuf::from).collect()
}

fn docker(words: &[&str]) {
    let output = Command::new("docker").env("DOCKER_BUILDKIT", "0").args(words).output().unwrap();
    assert!(output.status.success(), "docker {words:?}: {}", String::from_utf8_lossy(&output.stderr));
}
