//! Credentials that are not in the kubeconfig itself: exec plugins and token files.
//!
//! kube would run a plugin up to three times while it builds its client, and print the plugin's environment and
//! output when it fails. Here a plugin runs once, when the first request is sent, and again when what it gave
//! has expired.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use jiff::{SignedDuration, Timestamp};
use kube::config::{AuthInfo, ExecAuthCluster, ExecConfig, ExecInteractiveMode};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::id_token;
use super::kubeconfig::{self, Origin};
use crate::child;
use crate::clean;
use crate::command_output::{self, CommandOutput, OutputError};
use crate::duration;
use crate::encoding;
use crate::error::{Error, Kind, Result};
use crate::interrupt::Signal;

/// How long a token that was read from a file is used; the kubelet renews such files in place.
pub(in crate::cluster) const FILE_IS_FRESH: SignedDuration = SignedDuration::from_secs(60);
/// How many lines of a plugin's stderr an error shows.
const SHOWN_LINES: usize = 6;
/// How long a plugin may take: people log in on a web page meanwhile.
const PATIENCE: Duration = Duration::from_secs(600);
/// The most bytes of a plugin's answer that are read.
const LONGEST_ANSWER: usize = 1 << 20;

/// The version of the exec API that is spoken.
const API_VERSION: &str = "client.authentication.k8s.io/v1";

/// Where a user's credentials come from.
#[derive(Debug, Clone)]
pub(in crate::cluster) enum Credentials {
    /// They are in the kubeconfig, or there are none.
    Fixed,
    /// A file that contains a bearer token. It is read again while the run lasts.
    TokenFile {
        /// The file.
        path: PathBuf,
        /// The `token` beside it, used while the file has none.
        instead: Option<SecretString>,
    },
    /// A program that prints them.
    Plugin(Box<Plugin>),
}

/// An exec plugin of a kubeconfig.
#[derive(Debug, Clone)]
pub(in crate::cluster) struct Plugin {
    /// What the kubeconfig says of it.
    pub(in crate::cluster) exec: ExecConfig,
    /// The cluster, for plugins that want to know it.
    pub(in crate::cluster) cluster: Option<ExecAuthCluster>,
    /// The user of the kubeconfig it belongs to.
    pub(in crate::cluster) user: String,
}

/// What a plugin learns of its cluster. kube reads the file of the certificate authority without limits, so it is read here.
fn cluster_info(cluster: &kube::config::Cluster) -> Result<ExecAuthCluster> {
    let mut cluster = cluster.clone();
    if let (None, Some(file)) = (&cluster.certificate_authority_data, cluster.certificate_authority.take()) {
        let content = kubeconfig::read_file("the certificate authority", file.as_ref())?;
        cluster.certificate_authority_data = Some(base64::engine::general_purpose::STANDARD.encode(content.as_slice()));
    }
    ExecAuthCluster::try_from(&cluster).map_err(|_| Error::invalid("`certificate-authority-data` is not base64"))
}

impl Credentials {
    /// Takes what changes over time out of a user entry, in the order of client-go: the token file, the token, the
    /// password or certificate, `auth-provider`, the plugin. None are sent where others could read them.
    pub(in crate::cluster) fn take(
        auth: &mut AuthInfo,
        cluster: &kube::config::Cluster,
        origin: &Origin,
        private: bool,
    ) -> Result<Self> {
        if !private {
            *auth = AuthInfo {
                impersonate: auth.impersonate.take(),
                impersonate_uid: auth.impersonate_uid.take(),
                impersonate_groups: auth.impersonate_groups.take(),
                impersonate_user_extra: auth.impersonate_user_extra.take(),
                ..AuthInfo::default()
            };
            return Ok(Self::Fixed);
        }
        let (exec, provider) = (auth.exec.take(), auth.auth_provider.take());
        if let Some(file) = auth.token_file.take() {
            return Ok(Self::TokenFile { path: file.into(), instead: auth.token.take() });
        }
        if let Some(provider) = provider.filter(|_| auth.token.is_none() && auth.username.is_none()) {
            auth.token = Some(id_token::valid(&provider, origin)?);
        }
        let certificate = auth.client_certificate.is_some() || auth.client_certificate_data.is_some();
        if auth.token.is_some() || auth.username.is_some() || certificate {
            return Ok(Self::Fixed);
        }
        let Some(exec) = exec else { return Ok(Self::Fixed) };
        let cluster = exec.provide_cluster_info.then(|| cluster_info(cluster)).transpose()?;
        Ok(Self::Plugin(Box::new(Plugin { exec, cluster, user: origin.user.clone() })))
    }

    /// Puts credentials into a user entry. Gives the time when they must be had anew, if there is one.
    pub(in crate::cluster) async fn put(&self, auth: &mut AuthInfo) -> Result<Option<Timestamp>> {
        match self {
            Self::Fixed => Ok(None),
            Self::TokenFile { path, instead } => {
                let token = tokio::task::spawn_blocking({
                    let path = path.clone();
                    move || kubeconfig::read_file("token file", &path)
                });
                let token = token.await.map_err(|_| Error::failed("reading a token file ended early"))?;
                let token = token.and_then(|bytes| encoding::decode(&bytes, &path.display().to_string()));
                let token = token.and_then(|token| match token.text.trim() {
                    "" => Err(Error::invalid(format!("the token file `{}` is empty", path.display()))),
                    token => Ok(SecretString::from(token)),
                });
                auth.token = Some(match (token, instead) {
                    (Ok(token), _) => token,
                    (Err(_), Some(token)) => token.clone(),
                    (Err(error), None) => return Err(error),
                });
                Ok(Some(Timestamp::now() + FILE_IS_FRESH))
            }
            Self::Plugin(plugin) => {
                let given = plugin.run().await?;
                auth.token = given.token.map(Into::into);
                if let (Some(certificate), Some(key)) = (given.client_certificate_data, given.client_key_data) {
                    let base64 = |text: String| base64::engine::general_purpose::STANDARD.encode(text);
                    auth.client_certificate_data = Some(base64(certificate));
                    auth.client_key_data = Some(base64(key).into());
                }
                Ok(given.expiration_timestamp)
            }
        }
    }

    /// The token, as errors name it.
    pub(in crate::cluster) fn token_name(&self) -> String {
        match self {
            Self::Fixed => "the `token`".to_owned(),
            Self::TokenFile { path, .. } => format!("the token in `{}`", path.display()),
            Self::Plugin(plugin) => {
                format!("the token from exec plugin `{}`", plugin.exec.command.as_deref().unwrap_or_default())
            }
        }
    }

    /// Whether the last credentials are still used when there are no new ones: a token file is replaced in place.
    pub(in crate::cluster) fn outlast_errors(&self) -> bool {
        matches!(self, Self::TokenFile { .. })
    }

    /// Whether asking again may give other credentials, after a server did not take these.
    pub(in crate::cluster) fn renewable(&self) -> bool {
        !matches!(self, Self::Fixed)
    }
}

/// The object in `KUBERNETES_EXEC_INFO`, of the API `client.authentication.k8s.io`.
#[derive(Serialize)]
struct Request<'a> {
    kind: &'static str,
    #[serde(rename = "apiVersion")]
    api_version: &'a str,
    spec: RequestSpec<'a>,
}

#[derive(Serialize)]
struct RequestSpec<'a> {
    interactive: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<&'a ExecAuthCluster>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExecCredential {
    api_version: Option<String>,
    status: Option<Given>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Given {
    expiration_timestamp: Option<Timestamp>,
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
}

impl Plugin {
    async fn run(&self) -> Result<Given> {
        let program = self.exec.command.as_deref().filter(|c| !c.is_empty());
        let program = program.ok_or_else(|| self.failed("its `command` is missing"))?;
        let terminal = std::io::stdin().is_terminal();
        let interactive = match self.exec.interactive_mode {
            Some(ExecInteractiveMode::Never) => false,
            Some(ExecInteractiveMode::Always) if !terminal => {
                return Err(self.failed("it must ask a person, and there is no terminal"));
            }
            _ => terminal,
        };
        let mut command = self.command(program, interactive)?;
        let output = match command_output::collect(&mut command, b"", LONGEST_ANSWER, PATIENCE).await {
            Ok(output) => output,
            Err(OutputError::Failed(cause)) => return Err(self.not_started(&cause)),
            Err(OutputError::TooLarge(limit)) => {
                return Err(self.failed(&format!("it printed more than {} MiB", limit >> 20)));
            }
            Err(OutputError::TooSlow(patience)) => {
                return Err(self.failed(&format!("no answer within {}", duration::exact(patience))));
            }
        };
        if !output.status.success() {
            return Err(self.exited(&output));
        }
        let text = encoding::text(&output.stdout, program).map_err(|_| self.failed("its answer is not text"))?;
        let answer: ExecCredential =
            serde_saphyr::from_str(&text).map_err(|_| self.failed("its answer is not an `ExecCredential`"))?;
        let wanted = self.exec.api_version.as_deref().unwrap_or(API_VERSION);
        if answer.api_version.as_deref().is_some_and(|version| version != wanted) {
            return Err(self
                .failed(&format!("it answered in another version than `{wanted}`"))
                .hint("set the `apiVersion` of `exec` to the version that the plugin answers in"));
        }
        let mut given = answer.status.ok_or_else(|| self.failed("its answer has no `status`"))?;
        for field in [&mut given.token, &mut given.client_certificate_data, &mut given.client_key_data] {
            *field = field.take().filter(|text| !text.is_empty());
        }
        match (&given.token, &given.client_certificate_data, &given.client_key_data) {
            (_, Some(_), None) => Err(self.failed("its answer has a certificate and no key")),
            (_, None, Some(_)) => Err(self.failed("its answer has a key and no certificate")),
            (None, None, None) => Err(self.failed("its answer has neither a token nor a certificate")),
            _ => Ok(given),
        }
    }

    fn command(&self, program: &str, interactive: bool) -> Result<tokio::process::Command> {
        // one that asks a person must stay in the process group of the terminal
        let mut command = match interactive {
            true => child::command(program).into(),
            false => child::group_leader(program),
        };
        command.args(self.exec.args.iter().flatten()).stdout(Stdio::piped());
        for variable in self.exec.env.iter().flatten() {
            if let (Some(name), Some(value)) = (variable.get("name"), variable.get("value")) {
                command.env(name, value);
            }
        }
        let request = Request {
            kind: "ExecCredential",
            api_version: self.exec.api_version.as_deref().unwrap_or(API_VERSION),
            spec: RequestSpec { interactive, cluster: self.cluster.as_ref() },
        };
        let request = serde_json::to_string(&request).map_err(|_| self.failed("its cluster entry is no JSON"))?;
        command.env("KUBERNETES_EXEC_INFO", request);
        // A plugin that talks with a person (a login page, a code) must reach the terminal at once.
        if interactive {
            command.stdin(Stdio::inherit()).stderr(Stdio::inherit());
        } else {
            command.stdin(Stdio::null()).stderr(Stdio::piped());
        }
        Ok(command)
    }

    fn failed(&self, cause: &str) -> Error {
        let program = self.exec.command.as_deref().unwrap_or_default();
        let message = format!("exec plugin `{program}` of user `{}` failed", self.user);
        Error::new(Kind::Unauthorized, message).cause(cause)
    }

    fn not_started(&self, cause: &std::io::Error) -> Error {
        let text = cause.to_string().to_lowercase();
        let error = self.failed(text.split(" (os error").next().unwrap_or("it could not be started"));
        match &self.exec.install_hint {
            Some(hint) => error.hint(hint.trim()),
            None => error.hint("install it, or see to it that it is in `PATH`"),
        }
    }

    fn exited(&self, output: &CommandOutput) -> Error {
        // a terminal sends Ctrl-C to the plugin as well, and its end may be seen before ours is asked for
        let signal = std::os::unix::process::ExitStatusExt::signal(&output.status);
        for (number, meaning) in [(2, Signal::Interrupt), (15, Signal::Terminate)] {
            if signal == Some(number) {
                return meaning.error();
            }
        }
        let cause = match output.status.code() {
            Some(code) => format!("exit code {code}"),
            None => "it was ended by a signal".to_owned(),
        };
        let mut error = self.failed(&cause);
        for line in last_lines(&output.stderr) {
            error = error.detail(line);
        }
        error.hint("log in as the plugin asks for, then run the command again")
    }
}

/// The last lines of a program's stderr that are not blank, cleaned.
fn last_lines(stderr: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(stderr);
    let clean = |line: &str| clean::cell(line).trim_end().to_owned();
    let lines: Vec<String> = text.lines().map(clean).filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(SHOWN_LINES)..].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plugin(script: &str) -> Plugin {
        let exec = ExecConfig {
            command: Some("sh".to_owned()),
            args: Some(vec!["-c".to_owned(), script.to_owned()]),
            interactive_mode: Some(ExecInteractiveMode::Never),
            env: Some(vec![
                [("name".to_owned(), "CANARY".to_owned()), ("value".to_owned(), "canary-env".to_owned())].into(),
            ]),
            ..ExecConfig::default()
        };
        Plugin { exec, cluster: None, user: "ci".to_owned() }
    }

    #[tokio::test]
    async fn a_plugin_gives_a_token_and_when_it_expires() {
        let script =
            r#"echo "{\"status\": {\"token\": \"$CANARY\", \"expirationTimestamp\": \"2030-01-02T03:04:05Z\"}}""#;
        let mut auth = AuthInfo::default();
        let until = Credentials::Plugin(Box::new(plugin(script))).put(&mut auth).await.unwrap();
        assert_eq!(until, Some("2030-01-02T03:04:05Z".parse().unwrap()));
        assert_eq!(serde_json::to_value(&auth).unwrap()["token"], "canary-env");
    }

    #[tokio::test]
    async fn a_failing_plugin_shows_its_exit_code_and_stderr_but_no_environment_or_output() {
        let script = "echo canary-out; printf 'log in \\033[31mfirst\\n\\n' >&2; exit 3";
        let error = plugin(script).run().await.err().unwrap();
        assert_eq!(error.to_string(), "exec plugin `sh` of user `ci` failed: exit code 3");
        assert_eq!(error.details, ["log in ␛[31mfirst"]);
        assert!(!format!("{error:?}").contains("canary"));
    }

    #[tokio::test]
    async fn a_missing_or_babbling_plugin_is_told_without_its_answer() {
        let mut missing = plugin("");
        missing.exec.command = Some("no-such-plugin-anywhere".to_owned());
        missing.exec.install_hint = Some("get it from your team".to_owned());
        let error = missing.run().await.err().unwrap();
        assert_eq!(error.cause.as_deref(), Some("no such file or directory"));
        assert_eq!(error.hints, ["get it from your team"]);
        for answer in ["canary-text: [", "{}", r#"{"status": {}}"#] {
            let error = plugin(&format!("echo '{answer}'")).run().await.err().unwrap();
            assert_eq!(error.kind, Kind::Unauthorized);
            assert!(!format!("{error:?}").contains("canary"));
        }
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_plugin_is_ended_with_the_programs_that_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("child");
        let script = format!("sleep 600 & echo $! > '{}'; yes canary-text", file.display());
        assert!(plugin(&script).run().await.is_err());
        let child = std::fs::read_to_string(&file).unwrap();
        let stat = format!("/proc/{}/stat", child.trim());
        let runs = || std::fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z "));
        for _ in 0..1000 {
            if !runs() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("its child runs on");
    }

    #[tokio::test]
    async fn a_plugin_that_prints_without_end_is_ended() {
        let error = plugin("yes canary-text").run().await.err().unwrap();
        assert_eq!(error.cause.as_deref(), Some("it printed more than 1 MiB"));
    }

    #[test]
    fn only_what_changes_over_time_is_taken_out() {
        let cluster = kube::config::Cluster::default();
        let origin = Origin { user: "u".to_owned(), files: String::new() };
        let take = |auth: &mut AuthInfo, secure| Credentials::take(auth, &cluster, &origin, secure).unwrap();
        let token = || Some("canary".to_owned().into());
        let exec = || Some(ExecConfig::default());
        let mut auth =
            AuthInfo { token: token(), token_file: Some("/t".to_owned()), exec: exec(), ..AuthInfo::default() };
        assert!(matches!(take(&mut auth, true), Credentials::TokenFile { instead: Some(_), .. }));
        assert!(auth.token_file.is_none() && auth.exec.is_none());
        let certificate = Some("/c".to_owned());
        for mut auth in [
            AuthInfo { token: token(), exec: exec(), ..AuthInfo::default() },
            AuthInfo { username: Some("me".to_owned()), exec: exec(), ..AuthInfo::default() },
            AuthInfo { client_certificate: certificate, exec: exec(), ..AuthInfo::default() },
        ] {
            assert!(matches!(take(&mut auth, true), Credentials::Fixed), "{auth:?}");
        }
        let mut auth = AuthInfo { exec: exec(), ..AuthInfo::default() };
        assert!(matches!(take(&mut auth, true), Credentials::Plugin(_)));
        let mut auth = AuthInfo { token: token(), impersonate: Some("you".to_owned()), ..AuthInfo::default() };
        assert!(matches!(take(&mut auth, false), Credentials::Fixed));
        assert!(auth.token.is_none() && auth.impersonate.is_some());
    }

    #[test]
    fn a_plugin_gets_the_certificate_authority_and_no_endless_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.crt");
        std::fs::write(&file, "canary-ca\n").unwrap();
        let big = folder.path().join("big");
        std::fs::File::create(&big).unwrap().set_len(crate::files::LONGEST_INPUT + 1).unwrap();
        let info = |path: &std::path::Path| {
            cluster_info(&kube::config::Cluster {
                certificate_authority: Some(path.display().to_string()),
                ..kube::config::Cluster::default()
            })
        };
        assert_eq!(info(&file).unwrap().certificate_authority_data.as_deref(), Some(&b"canary-ca\n"[..]));
        for path in [&big, std::path::Path::new("/dev/zero"), folder.path(), &folder.path().join("no")] {
            let error = info(path).unwrap_err();
            assert!(error.message.starts_with("cannot read the certificate authority"), "{}", error.message);
        }
    }

    #[tokio::test]
    async fn a_token_file_wins_over_a_token_while_it_contains_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let origin = Origin { user: "u".to_owned(), files: String::new() };
        let taken = async |token: Option<&str>| {
            let mut auth = AuthInfo {
                token: token.map(|token| token.to_owned().into()),
                token_file: Some(path.to_str().unwrap().to_owned()),
                ..AuthInfo::default()
            };
            let credentials = Credentials::take(&mut auth, &kube::config::Cluster::default(), &origin, true).unwrap();
            credentials.put(&mut auth).await?;
            Ok::<_, Error>(serde_json::to_value(&auth).unwrap()["token"].as_str().unwrap().to_owned())
        };
        assert_eq!(taken(Some("inline")).await.unwrap(), "inline");
        assert_eq!(taken(None).await.unwrap_err().cause.as_deref(), Some("no such file or directory"));
        std::fs::write(&path, " \n").unwrap();
        assert_eq!(taken(Some("inline")).await.unwrap(), "inline");
        assert!(taken(None).await.unwrap_err().message.ends_with("is empty"));
        std::fs::write(&path, "from-file\n").unwrap();
        assert_eq!(taken(Some("inline")).await.unwrap(), "from-file");
        assert_eq!(taken(None).await.unwrap(), "from-file");
    }
}
