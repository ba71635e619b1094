//! What client-go checks of the chosen cluster and user before it sends anything.

use std::fs::File;

use kube::config::{AuthInfo, Cluster, ExecConfig};

use super::Chosen;
use super::document::UNKNOWN_MODE;
use super::is_pipe;
use crate::error::{Error, Result};

/// The versions of the exec API that plugins answer in.
const EXEC_VERSIONS: [&str; 2] = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"];

impl Chosen {
    /// Whether requests go over TLS.
    pub(in crate::cluster) fn is_secure(&self) -> bool {
        let server = self.cluster.server.as_deref().unwrap_or_default();
        server.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("https://"))
    }

    /// Refuses what client-go refuses. `files` is where it was read, as errors name it.
    pub(in crate::cluster) fn check(&self, files: &str) -> Result<()> {
        let placed = |error: Error| match &error.cause {
            Some(_) => error.detail(format!("read from {files}")),
            None => error.cause(format!("read from {files}")),
        };
        self.check_cluster().and_then(|()| self.check_user()).map_err(placed)
    }

    fn check_cluster(&self) -> Result<()> {
        let Cluster { certificate_authority: file, certificate_authority_data: data, .. } = &self.cluster;
        let whose = format!("the cluster of context `{}`", self.context);
        let both = both(&whose, "certificate-authority", file.as_ref(), data.as_ref());
        both.and_then(|()| readable("certificate authority", file.as_deref()))?;
        if self.is_secure() && self.cluster.insecure_skip_tls_verify == Some(true) && (file.is_some() || data.is_some())
        {
            return Err(Error::invalid(format!(
                "{whose} has both `insecure-skip-tls-verify: true` and a certificate authority"
            ))
            .hint("remove `insecure-skip-tls-verify`, so that the server is verified"));
        }
        Ok(())
    }

    fn check_user(&self) -> Result<()> {
        let AuthInfo { client_certificate, client_certificate_data, client_key, client_key_data, .. } = &self.auth;
        let whose = format!("user `{}`", self.user);
        let token = match (&self.auth.token, &self.auth.token_file) {
            (Some(_), _) => Some("token"),
            (None, Some(_)) if self.is_secure() && self.auth.username.is_some() => Some("tokenFile"),
            (None, _) => None,
        };
        if let Some(token) = token.filter(|_| self.auth.username.is_some() || self.auth.password.is_some()) {
            return Err(Error::invalid(format!("{whose} has both a `{token}` and a `username` or `password`"))
                .hint("remove one of them: client-go allows one way of authentication"));
        }
        if client_certificate.is_some() || client_certificate_data.is_some() {
            both(&whose, "client-certificate", client_certificate.as_ref(), client_certificate_data.as_ref())?;
            both(&whose, "client-key", client_key.as_ref(), client_key_data.as_ref())?;
            if client_key.is_none() && client_key_data.is_none() {
                return Err(Error::invalid(format!("{whose} has a client certificate and no `client-key`")));
            }
            readable("client certificate", client_certificate.as_deref())?;
            readable("client key", client_key.as_deref())?;
        }
        if let Some(exec) = &self.auth.exec {
            check_exec(exec, &whose)?;
            if self.auth.auth_provider.is_some() {
                return Err(Error::invalid(format!("{whose} has both an `exec` plugin and an `auth-provider`")));
            }
        }
        if self.is_secure() {
            self.check_provider(&whose)?;
        }
        let more = self.auth.impersonate_uid.is_some()
            || self.auth.impersonate_groups.is_some()
            || self.auth.impersonate_user_extra.is_some();
        if more && self.auth.impersonate.is_none() {
            return Err(Error::invalid(format!("{whose} impersonates a uid, groups or extra fields, but no user"))
                .hint("name the user in `as`"));
        }
        Ok(())
    }

    /// Providers other than `oidc` were removed from client-go.
    fn check_provider(&self, whose: &str) -> Result<()> {
        let Some(provider) = &self.auth.auth_provider else { return Ok(()) };
        if provider.name != "oidc" {
            return Err(Error::invalid(format!("the `auth-provider` `{}` of {whose} is not supported", provider.name))
                .cause("it was removed from Kubernetes clients in version 1.26")
                .hint("log in with the provider's exec plugin: it writes a new user entry"));
        }
        for field in ["idp-issuer-url", "client-id"] {
            if provider.config.get(field).is_none_or(String::is_empty) {
                return Err(Error::invalid(format!("the `auth-provider` `oidc` of {whose} has no `{field}`")));
            }
        }
        Ok(())
    }
}

fn check_exec(exec: &ExecConfig, whose: &str) -> Result<()> {
    let missing = |field: &str| Err(Error::invalid(format!("the `exec` plugin of {whose} has no `{field}`")));
    if exec.command.is_none() {
        return missing("command");
    }
    match exec.api_version.as_deref() {
        None => return missing("apiVersion"),
        Some(version) if EXEC_VERSIONS.contains(&version) => {}
        Some(version) => {
            return Err(Error::invalid(format!(
                "the `exec` plugin of {whose} has an unknown `apiVersion`: `{version}`"
            ))
            .hint(format!("known are `{}` and `{}`", EXEC_VERSIONS[0], EXEC_VERSIONS[1])));
        }
    }
    if exec.env.iter().flatten().any(|variable| variable.get("name").is_none_or(String::is_empty)) {
        return missing("name of a variable in env");
    }
    if exec.other.contains_key(UNKNOWN_MODE) {
        return Err(Error::invalid(format!("the `exec` plugin of {whose} has an unknown `interactiveMode`"))
            .hint("known are `Never`, `IfAvailable` and `Always`"));
    }
    // version v1beta1 has a default
    if exec.interactive_mode.is_none() && exec.api_version.as_deref() == Some(EXEC_VERSIONS[0]) {
        return missing("interactiveMode");
    }
    Ok(())
}

fn both<A, B>(whose: &str, field: &str, file: Option<A>, data: Option<B>) -> Result<()> {
    match (file, data) {
        (Some(_), Some(_)) => Err(Error::invalid(format!("{whose} has both `{field}` and `{field}-data`"))
            .hint("remove one of them: kubectl rejects both together, too")),
        _ => Ok(()),
    }
}

fn readable(what: &str, path: Option<&str>) -> Result<()> {
    // a pipe could not be opened again
    let Some(path) = path.filter(|path| !is_pipe(path.as_ref())) else { return Ok(()) };
    File::open(path).map(drop).map_err(|cause| Error::io(&format!("cannot read the {what}"), path.as_ref(), &cause))
}
