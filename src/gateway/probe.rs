//! Which gateway there is, and whether it can do what is needed of it.
//!
//! The Kubernetes mode is on an experimental branch: a released gateway knows none of its flags, and started without
//! them it makes plain Docker containers. So its `gateway run --help` is read before anything is started.

use std::future::Future;
use std::path::Path;

use crate::clean;
use crate::error::{Error, Kind};

use super::command::NEEDED_FLAGS;

/// The gateway's name for its Kubernetes mode, off unless switched on.
pub const FEATURE: &str = "kubernetes-provisioning";

/// The programs that can be the gateway: the plugin of the docker CLI, then the same program on its own.
pub const PROGRAMS: [&[&str]; 2] = [&["docker", "mcp"], &["docker-mcp"]];

/// Where a pod finds the token of its own account.
pub const ACCOUNT_TOKEN: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/// The variable that Kubernetes sets in every container.
pub const SERVICE_HOST: &str = "KUBERNETES_SERVICE_HOST";

/// The most characters of a version that are kept.
const LONGEST_VERSION: usize = 60;

/// What a program said when it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// It ended well and printed this.
    Printed(String),
    /// It did not; why, in one line.
    Failed(String),
    /// There is no such program.
    Absent,
}

/// What is known of the gateway on this machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Probe {
    /// The words that start it, as `docker mcp`; empty where there is none.
    pub program: Vec<String>,
    /// Its version, as it says it; may be empty.
    pub version: String,
    /// The flags of the Kubernetes mode that its `gateway run` does not have.
    pub missing_flags: Vec<String>,
    /// Whether the feature is switched on; `None` where it does not say.
    pub feature: Option<bool>,
    /// Whether this process runs in a pod.
    pub in_cluster: bool,
    /// Whether all this is made up: the sandbox.
    pub simulated: bool,
    /// What the programs said that could not be asked.
    pub complaints: Vec<String>,
}

impl Probe {
    /// The made-up gateway of the sandbox, which can do everything.
    #[must_use]
    pub fn simulated() -> Self {
        Self {
            program: vec!["docker".to_owned(), "mcp".to_owned()],
            version: "sandbox".to_owned(),
            feature: Some(true),
            simulated: true,
            ..Self::default()
        }
    }

    /// The words that start it, for a person.
    #[must_use]
    pub fn program_name(&self) -> String {
        self.program.join(" ")
    }

    /// Whether its `gateway run` has the flags of the Kubernetes mode.
    #[must_use]
    pub fn has_flags(&self) -> bool {
        !self.program.is_empty() && self.missing_flags.is_empty()
    }

    /// Why it must not be started, with the next step; `None` if nothing speaks against it. A gateway that does not
    /// say whether the feature is on is left to say so itself.
    #[must_use]
    pub fn obstacle(&self) -> Option<Error> {
        if self.in_cluster {
            return Some(
                Error::new(Kind::Failed, "the gateway cannot run inside a cluster")
                    .cause("this is a pod, and the gateway needs a Docker engine beside it")
                    .hint("run it on a machine that has Docker and a kubeconfig of this cluster"),
            );
        }
        if self.program.is_empty() {
            let error = Error::not_found("there is no gateway on this machine")
                .cause("neither `docker mcp` nor `docker-mcp` can be asked");
            let error = self.complaints.iter().fold(error, |error, complaint| error.detail(complaint.as_str()));
            return Some(error.hint(
                "put a `docker-mcp` that has the Kubernetes mode on the `PATH`, or into `~/.docker/cli-plugins`",
            ));
        }
        let name = self.program_name();
        if !self.missing_flags.is_empty() {
            let version = if self.version.is_empty() { String::new() } else { format!(" {}", self.version) };
            return Some(
                Error::new(Kind::Failed, "this gateway has no Kubernetes mode")
                    .cause(format!(
                        "`{name} gateway run`{version} does not know {}; it would start plain Docker containers",
                        self.missing_flags.join(", ")
                    ))
                    .hint("released gateways have none: build `docker-mcp` from an experimental branch of docker/mcp-gateway that has `--provisioner`, and put it on the `PATH`"),
            );
        }
        if self.feature == Some(false) {
            return Some(
                Error::new(Kind::Failed, "the gateway's Kubernetes mode is switched off")
                    .cause(format!("its feature `{FEATURE}` is not enabled"))
                    .hint(format!("`{name} feature enable {FEATURE}`")),
            );
        }
        None
    }
}

/// Asks the programs that can be the gateway. The first that has the Kubernetes mode counts, else the first there is.
pub async fn probe<A, F>(in_cluster: bool, ask: A) -> Probe
where
    A: Fn(Vec<String>) -> F,
    F: Future<Output = Asked>,
{
    let mut found: Option<Probe> = None;
    let mut complaints = Vec::new();
    for program in PROGRAMS {
        match one(program, &ask).await {
            Ok(probe) if probe.has_flags() => return Probe { in_cluster, ..probe },
            Ok(probe) => {
                found.get_or_insert(probe);
            }
            Err(complaint) => complaints.extend(complaint),
        }
    }
    match found {
        Some(probe) => Probe { in_cluster, ..probe },
        None => Probe { in_cluster, complaints, ..Probe::default() },
    }
}

/// One program, or its output if it is not a gateway.
async fn one<A, F>(program: &[&str], ask: &A) -> Result<Probe, Option<String>>
where
    A: Fn(Vec<String>) -> F,
    F: Future<Output = Asked>,
{
    let words = |more: &[&str]| -> Vec<String> { program.iter().chain(more).map(|&word| word.to_owned()).collect() };
    let (version, help, features) = futures::join!(
        ask(words(&["version"])),
        ask(words(&["gateway", "run", "--help"])),
        ask(words(&["feature", "list"]))
    );
    let flags = match &help {
        Asked::Printed(text) => flags(text),
        Asked::Failed(_) | Asked::Absent => Vec::new(),
    };
    // a docker without the plugin answers `--help` with its own, and with success
    let is_gateway = flags.contains(&"--servers") || flags.contains(&"--catalog");
    let version = match version {
        Asked::Printed(text) => first_line(&text),
        Asked::Failed(_) if is_gateway => String::new(),
        Asked::Failed(complaint) => return Err(Some(format!("`{}`: {complaint}", program.join(" ")))),
        Asked::Absent => return Err(None),
    };
    if !is_gateway && version.is_empty() {
        return Err(Some(format!("`{}` does not answer as the gateway does", program.join(" "))));
    }
    let missing = NEEDED_FLAGS.iter().filter(|flag| !flags.contains(flag));
    let (feature, complaints) = match features {
        Asked::Printed(text) => (is_enabled(&text), Vec::new()),
        Asked::Failed(complaint) => (None, vec![format!("`{} feature list`: {complaint}", program.join(" "))]),
        Asked::Absent => (None, Vec::new()),
    };
    Ok(Probe {
        program: words(&[]),
        version,
        missing_flags: missing.map(|&flag| flag.to_owned()).collect(),
        feature,
        complaints,
        ..Probe::default()
    })
}

/// The long flags that a help text lists.
fn flags(help: &str) -> Vec<&str> {
    help.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '-'))
        .filter(|word| word.len() > 2 && word.starts_with("--"))
        .collect()
}

/// Whether the list of features has ours on or off, as in `  kubernetes-provisioning enabled`; `None` where it says
/// neither. A gateway that does not know a subcommand prints its help, and ends well.
fn is_enabled(list: &str) -> Option<bool> {
    list.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        match (words.next()?, words.next()?.to_ascii_lowercase().as_str()) {
            (FEATURE, "enabled" | "true") => Some(true),
            (FEATURE, "disabled" | "false") => Some(false),
            _ => None,
        }
    })
}

fn first_line(text: &str) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    clean::cell(line).chars().take(LONGEST_VERSION).collect()
}

/// Whether this process runs in a pod that has an account of the cluster: the variable is set and the token there.
#[must_use]
pub fn is_in_cluster(service_host: Option<&str>, token: &Path) -> bool {
    service_host.is_some_and(|host| !host.is_empty()) && token.exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELP: &str = "Usage: docker mcp gateway run\n\nFlags:\n      --catalog strings   Paths\n      --servers strings   Names\n      --secrets docker-desktop   Colon separated\n";
    const MODE: &str = "      --provisioner string\n  --cluster-config-provider string\n  --cluster-secret-provider string\n --cluster-config-name string\n --cluster-secret-name string\n --namespace string\n --kubeconfig string\n --kube-context string\n";
    const FEATURES: &str = "Available experimental features:\n\n  oauth-interceptor    disabled\n                       Enable GitHub\n\n  kubernetes-provisioning enabled\n";
    const NO_PLUGIN: &str = "exit code 1: docker: unknown command: docker mcp";

    fn printed(text: &str) -> Asked {
        Asked::Printed(text.to_owned())
    }

    async fn of(answers: &[(&str, Asked)]) -> Probe {
        probe(false, |words: Vec<String>| {
            let line = words.join(" ");
            let answer = answers.iter().find(|(asked, _)| *asked == line).map(|(_, answer)| answer.clone());
            std::future::ready(answer.unwrap_or(Asked::Absent))
        })
        .await
    }

    fn plugin(help: &str, features: Asked) -> Vec<(&'static str, Asked)> {
        vec![
            ("docker mcp version", printed("v0.30.0\n")),
            ("docker mcp gateway run --help", printed(help)),
            ("docker mcp feature list", features),
        ]
    }

    #[tokio::test]
    async fn a_gateway_with_the_flags_and_the_feature_has_no_obstacle() {
        let probe = of(&plugin(&format!("{HELP}{MODE}"), printed(FEATURES))).await;
        assert_eq!(
            (probe.program_name().as_str(), probe.version.as_str(), probe.feature),
            ("docker mcp", "v0.30.0", Some(true))
        );
        assert!(probe.has_flags() && probe.obstacle().is_none());
    }

    #[tokio::test]
    async fn a_released_gateway_lacks_the_flags_and_they_are_named() {
        let probe = of(&plugin(HELP, printed(""))).await;
        let obstacle = probe.obstacle().unwrap();
        assert_eq!(obstacle.message, "this gateway has no Kubernetes mode");
        let cause = obstacle.cause.clone().unwrap();
        assert!(cause.contains("`docker mcp gateway run` v0.30.0") && cause.contains("--provisioner, "), "{cause}");
        assert!(!cause.contains("--servers"), "{cause}");
    }

    #[tokio::test]
    async fn the_feature_that_is_off_is_told_with_the_command_that_switches_it_on() {
        let help = format!("{HELP}{MODE}");
        let off = of(&plugin(&help, printed(&FEATURES.replace("provisioning enabled", "provisioning disabled")))).await;
        assert_eq!(off.obstacle().unwrap().hints, ["`docker mcp feature enable kubernetes-provisioning`"]);
        let unknown = of(&plugin(&help, Asked::Failed("exit code 1: Docker Desktop is not running".to_owned()))).await;
        assert_eq!((unknown.feature, unknown.obstacle()), (None, None));
        assert!(unknown.complaints[0].contains("Docker Desktop is not running"));
    }

    #[test]
    fn only_a_line_that_names_the_feature_and_its_state_says_whether_it_is_on() {
        for (name, list, expected) in [
            ("on", FEATURES.to_owned(), Some(true)),
            ("off", FEATURES.replace("provisioning enabled", "provisioning disabled"), Some(false)),
            ("a boolean", "kubernetes-provisioning   true\n".to_owned(), Some(true)),
            ("off as a boolean", "\tkubernetes-provisioning false\r\n".to_owned(), Some(false)),
            ("not known to this gateway, but configured", "  kubernetes-provisioning enabled (unknown)\n".to_owned(), Some(true)),
            ("upper case", "kubernetes-provisioning ENABLED".to_owned(), Some(true)),
            ("nothing", String::new(), None),
            ("other features only", "  oauth-interceptor    disabled\n".to_owned(), None),
            ("help", "Manage experimental features\n\nUsage:\n  docker mcp feature [command]\n\nAvailable Commands:\n  disable     Disable a feature\n  enable      Enable a feature\n  list        List all features\n".to_owned(), None),
            ("help that names it", "Available features:\n  - kubernetes-provisioning: start servers in pods\n".to_owned(), None),
            ("a state of another word", "  kubernetes-provisioning beta\n".to_owned(), None),
            ("a table", "NAME STATE\nkubernetes-provisioning-2 disabled\n".to_owned(), None),
        ] {
            assert_eq!(is_enabled(&list), expected, "{name}");
        }
    }

    #[tokio::test]
    async fn a_docker_without_the_plugin_is_no_gateway_though_its_help_succeeds() {
        let none = [
            ("docker mcp version", Asked::Failed(NO_PLUGIN.to_owned())),
            ("docker mcp gateway run --help", printed("Usage:  docker [OPTIONS] COMMAND\n  --config string\n")),
            ("docker mcp feature list", Asked::Failed(NO_PLUGIN.to_owned())),
        ];
        let probe = of(&none).await;
        let obstacle = probe.obstacle().unwrap();
        assert_eq!(obstacle.kind, Kind::NotFound);
        assert!(obstacle.details[0].contains("unknown command"), "{:?}", obstacle.details);
        assert!(of(&[]).await.obstacle().is_some());
    }

    #[tokio::test]
    async fn a_program_of_its_own_that_has_the_mode_beats_a_plugin_without() {
        let mut answers = plugin(HELP, printed(""));
        answers.extend([
            ("docker-mcp version", printed("dev")),
            ("docker-mcp gateway run --help", printed(&format!("{HELP}{MODE}"))),
            ("docker-mcp feature list", printed(FEATURES)),
        ]);
        let probe = of(&answers).await;
        assert_eq!((probe.program_name().as_str(), probe.obstacle()), ("docker-mcp", None));
    }

    #[test]
    fn inside_a_cluster_nothing_else_counts() {
        let folder = tempfile::tempdir().unwrap();
        let token = folder.path().join("token");
        assert!(!is_in_cluster(Some("10.0.0.1"), &token));
        std::fs::write(&token, "canary-token").unwrap();
        assert!(is_in_cluster(Some("10.0.0.1"), &token));
        assert!(!is_in_cluster(None, &token) && !is_in_cluster(Some(""), &token));
        let probe = Probe { in_cluster: true, ..Probe::simulated() };
        assert_eq!(probe.obstacle().unwrap().message, "the gateway cannot run inside a cluster");
    }
}
