//! The command line that starts the gateway in its Kubernetes mode.

use std::path::PathBuf;

use crate::clean;
use crate::error::{Error, Result};
use crate::shell;

/// The flags of `docker mcp gateway run` that the Kubernetes mode needs.
pub const NEEDED_FLAGS: [&str; 11] = [
    "--provisioner",
    "--cluster-config-provider",
    "--cluster-secret-provider",
    "--cluster-config-name",
    "--cluster-secret-name",
    "--namespace",
    "--kubeconfig",
    "--kube-context",
    "--catalog",
    "--secrets",
    "--servers",
];

/// The command that switches the gateway's Kubernetes mode on, once a machine.
pub const ENABLE_FEATURE: &str = "docker mcp feature enable kubernetes-provisioning";

/// The default name of the ConfigMap.
pub const USUAL_CONFIG_NAME: &str = "mcp-gateway-config";

/// The default name of the Secret.
pub const USUAL_SECRET_NAME: &str = "mcp-gateway-secrets";

/// The words that start the gateway unless something else is known.
const PROGRAM: [&str; 2] = ["docker", "mcp"];

/// What the gateway is started with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GatewayRun {
    /// The words that start it; empty for `docker mcp`.
    pub program: Vec<String>,
    /// Name of the ConfigMap.
    pub config_name: String,
    /// Name of the Secret.
    pub secret_name: String,
    /// Namespace of both, and of the pods.
    pub namespace: String,
    /// The kubeconfig, where it is not the one that is found anyway.
    pub kubeconfig: Option<PathBuf>,
    /// The context, where it is not the current one.
    pub context: Option<String>,
    /// The derived catalog. The gateway looks for a relative path in Docker's folder, so it has to be absolute.
    pub catalog: Option<PathBuf>,
    /// The file of secret names. Without it the gateway asks Docker Desktop and stops when it has none.
    pub secrets: Option<PathBuf>,
    /// The servers.
    pub servers: Vec<String>,
    /// How agents reach it, where it is not by stdin and stdout: `sse` or `streaming`.
    pub transport: Option<String>,
    /// The port that it then listens on, where it is not the gateway's own choice.
    pub port: Option<u16>,
}

impl GatewayRun {
    /// The arguments after the program: `gateway run …`.
    ///
    /// # Errors
    /// No server, a name with a comma, a path that is relative or not UTF-8, or a control character anywhere.
    pub fn arguments(&self) -> Result<Vec<String>> {
        if self.servers.is_empty() {
            return Err(Error::usage("no server is named for the gateway"));
        }
        if let Some(name) = self.servers.iter().find(|name| name.contains(',') || name.is_empty()) {
            return Err(Error::usage(format!("the gateway cannot be given a server named `{}`", clean::cell(name))));
        }
        let mut arguments: Vec<String> = ["gateway", "run", "--provisioner", "kubernetes"].map(str::to_owned).to_vec();
        let mut add = |flag: &str, value: &str| arguments.extend([flag.to_owned(), value.to_owned()]);
        add("--cluster-config-provider", "cluster");
        add("--cluster-secret-provider", "cluster");
        add("--cluster-config-name", &self.config_name);
        add("--cluster-secret-name", &self.secret_name);
        add("--namespace", &self.namespace);
        if let Some(path) = &self.kubeconfig {
            add("--kubeconfig", text(path)?);
        }
        if let Some(context) = &self.context {
            add("--kube-context", context);
        }
        for (flag, path) in [("--catalog", &self.catalog), ("--secrets", &self.secrets)] {
            let Some(path) = path else { continue };
            if !path.is_absolute() {
                return Err(Error::usage(format!(
                    "the gateway's `{flag}` wants an absolute path, not `{}`",
                    clean::cell(text(path)?)
                )));
            }
            add(flag, text(path)?);
        }
        add("--servers", &self.servers.join(","));
        if let Some(transport) = &self.transport {
            add("--transport", transport);
        }
        if let Some(port) = self.port {
            add("--port", &port.to_string());
        }
        if let Some(bad) = arguments.iter().find(|argument| argument.contains(char::is_control)) {
            return Err(Error::usage(format!("`{}` has a control character", clean::cell(bad)))
                .hint("choose names and paths without line breaks and the like"));
        }
        Ok(arguments)
    }

    /// The program and its arguments.
    ///
    /// # Errors
    /// As [`GatewayRun::arguments`].
    pub fn words(&self) -> Result<Vec<String>> {
        let mut words = self.program();
        words.extend(self.arguments()?);
        Ok(words)
    }

    fn program(&self) -> Vec<String> {
        if self.program.is_empty() { PROGRAM.map(str::to_owned).to_vec() } else { self.program.clone() }
    }

    /// The whole command for a person to copy, `docker mcp gateway run …`, quoted for a POSIX shell.
    ///
    /// # Errors
    /// As [`GatewayRun::arguments`].
    pub fn shell_line(&self) -> Result<String> {
        self.shell_lines(usize::MAX)
    }

    /// [`GatewayRun::shell_line`] on several lines of about `width` columns, joined by backslashes.
    ///
    /// # Errors
    /// As [`GatewayRun::arguments`].
    pub fn shell_lines(&self, width: usize) -> Result<String> {
        let arguments = self.arguments()?;
        let mut lines = vec![format!("{} gateway run", shell::line(self.program()))];
        for pair in arguments[2..].chunks(2) {
            let words = shell::line(pair);
            match lines.last_mut() {
                Some(line) if line.chars().count() + words.chars().count() < width => {
                    line.push(' ');
                    line.push_str(&words);
                }
                _ => lines.push(format!("  {words}")),
            }
        }
        Ok(lines.join(" \\\n"))
    }
}

/// `mcpctl gateway BASE`, which starts the same gateway and looks after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnCommand {
    /// What the files' names begin with.
    pub base: String,
    /// `--kubeconfig`, where it was given.
    pub kubeconfig: Option<PathBuf>,
}

impl OwnCommand {
    /// The line for a person to copy, quoted for a POSIX shell. Names that are what they are anyway are left out.
    ///
    /// # Errors
    /// A path that is not UTF-8; a control character.
    pub fn line(&self, run: &GatewayRun) -> Result<String> {
        let mut words = vec!["mcpctl".to_owned(), "gateway".to_owned(), self.base.clone()];
        let mut add = |flag: &str, value: &str| words.extend([flag.to_owned(), value.to_owned()]);
        add("-n", &run.namespace);
        if let Some(path) = &self.kubeconfig {
            add("--kubeconfig", text(path)?);
        }
        if let Some(context) = &run.context {
            add("--context", context);
        }
        for (flag, name, usual) in [
            ("--config-name", &run.config_name, USUAL_CONFIG_NAME),
            ("--secret-name", &run.secret_name, USUAL_SECRET_NAME),
        ] {
            if name != usual {
                add(flag, name);
            }
        }
        if let Some(transport) = &run.transport {
            add("--transport", transport);
        }
        if let Some(port) = run.port {
            add("--port", &port.to_string());
        }
        if let Some(bad) = words.iter().find(|word| word.contains(char::is_control)) {
            return Err(Error::usage(format!("`{}` has a control character", clean::cell(bad))));
        }
        Ok(shell::line(&words))
    }
}

fn text(path: &std::path::Path) -> Result<&str> {
    path.to_str()
        .ok_or_else(|| Error::usage(format!("the path `{}` is not UTF-8", clean::cell(&path.display().to_string()))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run() -> GatewayRun {
        GatewayRun {
            config_name: "mcp-gateway-config".into(),
            secret_name: "mcp-gateway-secrets".into(),
            namespace: "mcp".into(),
            kubeconfig: None,
            context: Some("kind-dev".into()),
            catalog: Some("/home/me/mcp/prod-catalog.yaml".into()),
            secrets: Some("/home/me/mcp/prod-secret-names.env".into()),
            servers: vec!["grafana".into(), "apify-mcp-server".into()],
            ..GatewayRun::default()
        }
    }

    #[test]
    fn the_line_has_every_flag_and_breaks_where_it_is_long() {
        assert_eq!(
            run().shell_lines(130).unwrap(),
            "docker mcp gateway run --provisioner kubernetes --cluster-config-provider cluster --cluster-secret-provider cluster \\\n  --cluster-config-name mcp-gateway-config --cluster-secret-name mcp-gateway-secrets --namespace mcp --kube-context kind-dev \\\n  --catalog /home/me/mcp/prod-catalog.yaml --secrets /home/me/mcp/prod-secret-names.env --servers grafana,apify-mcp-server"
        );
        let (one, many) = (run().shell_line().unwrap(), run().shell_lines(40).unwrap());
        assert!(!one.contains('\n') && many.lines().count() > 5);
        assert_eq!(one, many.replace(" \\\n ", ""));
        let all = GatewayRun { kubeconfig: Some("/k".into()), ..run() };
        for flag in NEEDED_FLAGS {
            assert!(all.shell_line().unwrap().contains(flag), "{flag}");
        }
    }

    #[test]
    fn a_program_of_its_own_and_a_port_stand_where_they_belong() {
        let run = GatewayRun {
            program: vec!["docker-mcp".into()],
            transport: Some("streaming".into()),
            port: Some(8811),
            ..run()
        };
        let line = run.shell_line().unwrap();
        assert!(line.starts_with("docker-mcp gateway run --provisioner kubernetes "), "{line}");
        assert!(line.ends_with(" --transport streaming --port 8811"), "{line}");
        assert_eq!(shlex::split(&line).unwrap(), run.words().unwrap());
    }

    #[test]
    fn our_own_line_says_only_what_is_not_usual() {
        let own = OwnCommand { base: "my keys/prod".into(), kubeconfig: None };
        assert_eq!(own.line(&run()).unwrap(), "mcpctl gateway 'my keys/prod' -n mcp --context kind-dev");
        let other = GatewayRun { config_name: "c".into(), port: Some(1), ..run() };
        let own = OwnCommand { kubeconfig: Some("/k".into()), ..own };
        assert!(own.line(&other).unwrap().ends_with("--kubeconfig /k --context kind-dev --config-name c --port 1"));
    }

    #[test]
    fn hostile_names_stay_one_word_or_are_refused() {
        let hostile = "a; rm -rf ~ $(id) `id` 'q' \"d\" \\ !x";
        let line = GatewayRun { namespace: hostile.into(), ..run() }.shell_lines(80).unwrap();
        assert!(shlex::split(&line).unwrap().contains(&hostile.to_owned()));
        for bad in ["a\nb", "a\u{1b}[31m", "a\0"] {
            assert!(GatewayRun { context: Some(bad.into()), ..run() }.shell_line().is_err());
            assert!(GatewayRun { servers: vec![bad.into()], ..run() }.shell_line().is_err());
        }
        assert!(GatewayRun { servers: vec!["a,b".into()], ..run() }.arguments().is_err());
        assert!(GatewayRun { servers: vec![], ..run() }.arguments().is_err());
        assert!(GatewayRun { catalog: Some("c.yaml".into()), ..run() }.arguments().is_err());
    }
}
