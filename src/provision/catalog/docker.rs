//! The catalog from the docker CLI.
//!
//! Clients before spring 2026 print their catalog by `docker mcp catalog show --format=json` in the legacy shape; later
//! ones require an OCI reference and print the current shape.

use std::ffi::OsString;
use std::process::Stdio;
use std::time::Duration;

use crate::child;
use crate::command_output::{self, OutputError};
use crate::error::{Error, Kind, Result};
use crate::record::{Effect, Recorder};
use jiff::Timestamp;

use super::super::keys::clean;
use super::origin::Limits;
use super::{Catalog, Origin};

/// The reference of Docker's own catalog.
pub const OFFICIAL_REFERENCE: &str = "mcp/docker-mcp-catalog:latest";

/// The next step if docker has no catalog.
const WITHOUT_DOCKER: &str = "name a catalog with `--catalog FILE` or `MCPCTL_CATALOG`; Docker's own is `--catalog oci://mcp/docker-mcp-catalog:latest`";

/// The docker CLI.
#[derive(Debug, Clone)]
pub struct Docker {
    /// The program: a name on `$PATH`, or a path.
    pub program: OsString,
    /// Arguments before the command, like `--context NAME`.
    pub arguments: Vec<OsString>,
    /// The time limit of one call; a first call may download the catalog.
    pub timeout: Duration,
}

impl Default for Docker {
    fn default() -> Self {
        Self { program: "docker".into(), arguments: Vec::new(), timeout: Duration::from_secs(60) }
    }
}

impl Docker {
    /// The catalog that the CLI prints for a reference, or its default catalog. An effect `process: read`.
    ///
    /// # Errors
    /// No docker, no `mcp` plugin, an answer that is not a catalog, or no answer in time.
    pub async fn catalog(&self, reference: Option<&str>, recorder: &Recorder) -> Result<Catalog> {
        recorder.effect(Effect::named("process: read"))?;
        if let Some(reference) = reference {
            if reference.is_empty() || reference.starts_with('-') || reference.contains(char::is_control) {
                return Err(Error::usage(format!("`{}` is not a valid catalog reference", clean(reference))));
            }
            return self.current(reference).await;
        }
        let old = ["mcp", "catalog", "show", "--format=json"];
        match self.run(&old).await? {
            DockerOutput::Printed(bytes) => printed(&bytes, &old),
            DockerOutput::Failed(_) => self.current(OFFICIAL_REFERENCE).await,
        }
    }

    async fn current(&self, reference: &str) -> Result<Catalog> {
        let arguments = ["mcp", "catalog", "show", reference, "--format", "json"];
        match self.run(&arguments).await? {
            DockerOutput::Printed(bytes) => printed(&bytes, &arguments),
            DockerOutput::Failed(complaint) if lacks_plugin(&complaint) => {
                let program = clean(&self.program.to_string_lossy());
                Err(Error::not_found(format!("docker has no catalog: `{program}` has no command `mcp`"))
                    .cause(complaint)
                    .hint(WITHOUT_DOCKER))
            }
            DockerOutput::Failed(complaint) => {
                Err(Error::failed(format!("`{}` failed", self.line(&arguments))).cause(complaint).hint(WITHOUT_DOCKER))
            }
        }
    }

    async fn run(&self, arguments: &[&str]) -> Result<DockerOutput> {
        let mut command = child::group_leader(&self.program);
        command.args(&self.arguments).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let answer = match command_output::collect(&mut command, b"", Limits::NEAR.bytes, self.timeout).await {
            Ok(answer) => answer,
            Err(OutputError::Failed(error)) => return Err(self.cannot_start(&error)),
            Err(OutputError::TooLarge(limit)) => {
                return Err(Error::invalid(format!("the output of `{}` is not a catalog", self.line(arguments)))
                    .cause(format!("it is more than {} MiB", limit >> 20))
                    .hint(WITHOUT_DOCKER));
            }
            Err(OutputError::TooSlow(patience)) => {
                return Err(Error::new(Kind::Timeout, format!("`{}` gave no answer", self.line(arguments)))
                    .cause(format!("nothing within {} s", patience.as_secs()))
                    .hint(WITHOUT_DOCKER));
            }
        };
        if answer.status.success() {
            return Ok(DockerOutput::Printed(answer.stdout));
        }
        let complaint = String::from_utf8_lossy(&answer.stderr).into_owned();
        let first = complaint.lines().map(clean).find(|line| !line.trim().is_empty());
        let code = answer.status.code();
        let code = code.map_or_else(|| "ended by a signal".to_owned(), |code| format!("exit code {code}"));
        Ok(DockerOutput::Failed(first.map_or(code.clone(), |line| format!("{code}: {}", line.trim()))))
    }

    fn line(&self, arguments: &[&str]) -> String {
        clean(&format!("{} {}", self.program.to_string_lossy(), arguments.join(" ")))
    }

    fn cannot_start(&self, error: &std::io::Error) -> Error {
        let program = clean(&self.program.to_string_lossy());
        let error = match error.kind() {
            std::io::ErrorKind::NotFound => {
                Error::not_found(format!("docker has no catalog: there is no program `{program}`"))
            }
            _ => Error::io("cannot run", std::path::Path::new(&program), error),
        };
        error.hint(WITHOUT_DOCKER)
    }
}

/// Whether a complaint is that of a docker without the MCP plugin: it ignores `mcp` and takes the rest for its own
/// flags.
fn lacks_plugin(complaint: &str) -> bool {
    let complaint = complaint.to_lowercase();
    ["unknown flag: --format", "is not a docker command", "unknown command"]
        .iter()
        .any(|words| complaint.contains(words))
}

enum DockerOutput {
    Printed(Vec<u8>),
    Failed(String),
}

/// The catalog that a command printed. The current shape contains its digest in the registry.
fn printed(bytes: &[u8], arguments: &[&str]) -> Result<Catalog> {
    #[derive(serde::Deserialize)]
    struct Head {
        digest: String,
    }
    let digest = serde_json::from_slice(bytes).map(|head: Head| head.digest).unwrap_or_default();
    let is_digest =
        digest.strip_prefix("sha256:").is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()));
    let place = clean(&format!("`docker {}`", arguments.join(" ")));
    let digest = if is_digest { digest } else { String::new() };
    Catalog::read(bytes, Origin { digest, current: Some(Timestamp::now()), ..Origin::named(place) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A docker made of a few lines of shell, given inline: writing a script file while another thread starts a program
    /// can fail.
    fn docker(script: &str) -> Docker {
        let arguments = ["-c", script, "docker"].map(OsString::from).to_vec();
        Docker { program: "/bin/sh".into(), arguments, timeout: Duration::from_secs(20) }
    }

    async fn catalog(script: &str, reference: Option<&str>) -> Result<Catalog> {
        docker(script).catalog(reference, &Recorder::default()).await
    }

    const OLD: &str = r#"echo '{"registry": {"time": {"image": "mcp/time"}}}'"#;
    const NEW: &str = r#"[ "$4" = --format ] || [ "$5" = --format ] || { echo 'accepts 1 arg(s)' >&2; exit 1; }
        echo '{"title": "New", "servers": [{"image": "mcp/time", "snapshot": {"server": {"name": "time"}}}]}'"#;

    #[tokio::test]
    async fn both_forms_of_the_client_give_the_catalog() {
        let recorder = Recorder::default();
        let old = docker(OLD).catalog(None, &recorder).await.unwrap();
        assert_eq!(old.sources[0].place, "`docker mcp catalog show --format=json`");
        assert_eq!(recorder.effects().into_iter().map(|e| e.0).collect::<Vec<_>>(), ["process: read"]);
        assert_eq!(catalog(NEW, None).await.unwrap().name, "New");
        let named = catalog(NEW, Some("corp/catalog:1")).await.unwrap();
        assert_eq!(named.sources[0].place, "`docker mcp catalog show corp/catalog:1 --format json`");
        let digest = format!("sha256:{}", "1".repeat(64));
        let known =
            catalog(&NEW.replace("{\"title", &format!("{{\"digest\": \"{digest}\", \"title")), None).await.unwrap();
        assert_eq!(known.server("time").unwrap().origin.digest, digest);
    }

    #[tokio::test]
    async fn what_went_wrong_is_said_in_clean_words() {
        let error = catalog("printf '\\n\\033[31mno such catalog\\nusage\\n' >&2; exit 3", None).await.unwrap_err();
        assert_eq!(error.cause.as_deref(), Some("exit code 3: ␛[31mno such catalog"));
        let error = catalog("echo '<html>'", None).await.unwrap_err();
        assert!(error.message.ends_with("it is a web page (HTML)"), "{}", error.message);
        let error = catalog("exit 0", Some("--help")).await.unwrap_err();
        assert_eq!(error.kind, Kind::Usage);
        let nobody = Docker { program: "/nonexistent/docker".into(), ..Docker::default() };
        assert_eq!(nobody.catalog(None, &Recorder::default()).await.unwrap_err().kind, Kind::NotFound);
    }

    #[tokio::test]
    async fn a_docker_without_the_plugin_is_told_from_one_that_fails() {
        for complaint in ["unknown flag: --format", "docker: mcp is not a docker command."] {
            let error = catalog(&format!("echo '{complaint}' >&2; exit 125"), None).await.unwrap_err();
            assert_eq!(error.kind, Kind::NotFound);
            assert_eq!(error.message, "docker has no catalog: `/bin/sh` has no command `mcp`");
            assert!(error.hints[0].contains("--catalog oci://"), "{:?}", error.hints);
        }
        let error = catalog("echo 'denied' >&2; exit 1", None).await.unwrap_err();
        assert_eq!((error.kind, error.cause.as_deref()), (Kind::Failed, Some("exit code 1: denied")));
    }

    #[tokio::test]
    async fn a_client_that_never_ends_is_left() {
        let docker = Docker { timeout: Duration::from_millis(100), ..docker("sleep 60") };
        assert_eq!(docker.catalog(None, &Recorder::default()).await.unwrap_err().kind, Kind::Timeout);
    }

    #[tokio::test]
    async fn what_is_too_large_is_no_catalog() {
        let error = catalog("yes", None).await.unwrap_err();
        assert_eq!((error.kind, error.cause.as_deref()), (Kind::Invalid, Some("it is more than 32 MiB")));
    }

    #[tokio::test]
    async fn complaints_never_stop_the_client() {
        let script = format!("yes complaint | head -c 200000 >&2; {OLD}");
        assert!(catalog(&script, None).await.is_ok());
    }
}
