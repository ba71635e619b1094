//! Connecting: from options and kubeconfig to a [`Cluster`], without touching the network.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use kube::Config;
use kube::config::AuthInfo;
use rustls::pki_types::{CertificateDer, ServerName};

use super::address::Address;
use super::client;
use super::credentials::Credentials;
use super::dry_run_state::DryRunState;
use super::endpoint::Endpoint;
use super::guard::Guard;
use super::kubeconfig::{self, Chosen, Origin, Places};
use super::pinned::Pinned;
use super::proxy::{Proxy, ProxyVariables};
use super::request_log::{Listener, WarningListener, Warnings};
use super::tls::Trust;
use super::transport::{Network, Transport};
use crate::allowed::AllowedContexts;
use crate::cluster::{Cluster, Identity, Inner, names};
use crate::error::{Error, Result};
use crate::hostname;
use crate::record::Recorder;

/// Where a pod finds the token of its own account.
const ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// How to connect.
#[derive(Clone)]
pub struct ConnectOptions {
    /// The kubeconfig file, instead of `$KUBECONFIG` and `~/.kube/config`.
    pub kubeconfig: Option<PathBuf>,
    /// The context, instead of the current one.
    pub context: Option<String>,
    /// The namespace, instead of the context's.
    pub namespace: Option<String>,
    /// How long one request and its answer may take. Not for watches, followed logs and attach.
    pub request_timeout: Duration,
    /// Refuse all that changes anything.
    pub read_only: bool,
    /// The contexts that may be used.
    pub allow_contexts: AllowedContexts,
    /// Have changes judged by the server, but not done.
    pub dry_run: bool,
    /// Where changes and effects are noted.
    pub recorder: Arc<Recorder>,
    /// Is told of each request.
    pub listener: Option<Listener>,
    /// Is told of each warning that the server sends, once.
    pub warning_listener: Option<WarningListener>,
    /// A simulated cluster to use instead of any kubeconfig.
    pub simulated: Option<Simulated>,
}

/// A simulated cluster.
#[derive(Clone)]
pub struct Simulated {
    /// Answers the requests.
    pub client: kube::Client,
    /// What stands for the server's URL.
    pub server: String,
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self {
            kubeconfig: None,
            context: None,
            namespace: None,
            request_timeout: Duration::from_secs(30),
            read_only: false,
            allow_contexts: AllowedContexts::default(),
            dry_run: false,
            recorder: Arc::default(),
            listener: None,
            warning_listener: None,
            simulated: None,
        }
    }
}

impl Cluster {
    /// Reads what is needed to connect and pins it; the first request connects. Needs a tokio runtime.
    ///
    /// # Errors
    /// No kubeconfig, a wrong one, an unknown context, a context that is not allowed, a namespace that cannot be.
    pub fn connect(options: ConnectOptions) -> Result<Self> {
        if let Some(namespace) = options.namespace.as_deref().filter(|n| !n.is_empty()) {
            names::check_namespace(namespace)?;
        }
        let (identity, transport, pinned) = match &options.simulated {
            Some(simulated) => simulate(simulated, &options),
            None => locate(&options, &Places::from_environment(options.kubeconfig.clone()))?,
        };
        let guard = Guard {
            read_only: options.read_only,
            allowed: options.allow_contexts,
            context: if options.simulated.is_some() { options.context } else { Some(identity.context.clone()) },
        };
        guard.check_context()?;
        let transport = Arc::new(transport);
        let recorder = Arc::clone(&options.recorder);
        let (guarded, listener) = (guard.clone(), options.listener);
        let warnings = Warnings::new(options.warning_listener);
        let client = client::stack(
            Arc::clone(&transport),
            guarded,
            options.dry_run,
            recorder,
            listener,
            warnings,
            &identity.namespace,
        );
        Ok(Self {
            inner: Arc::new(Inner {
                identity,
                client,
                transport,
                recorder: options.recorder,
                request_timeout: options.request_timeout,
                dry_run: options.dry_run,
                simulated: options.simulated.is_some(),
                guard,
                pinned,
                imagined: DryRunState::default(),
            }),
        })
    }
}

fn simulate(simulated: &Simulated, options: &ConnectOptions) -> (Identity, Transport, Pinned) {
    let identity = Identity {
        context: "sandbox".to_owned(),
        server: simulated.server.clone(),
        namespace: chosen_namespace(options, Some(simulated.client.default_namespace().to_owned())),
        user: "sandbox".to_owned(),
        files: String::new(),
        proxy: String::new(),
    };
    (identity, Transport::Given(simulated.client.clone()), Pinned::default())
}

fn locate(options: &ConnectOptions, places: &Places) -> Result<(Identity, Transport, Pinned)> {
    let Some(merged) = kubeconfig::read(places)? else {
        if options.context.is_none() && in_pod() {
            return own_account(options);
        }
        return Err(Error::not_found("no kubeconfig")
            .cause(format!("looked for {}", places.described()))
            .hint("name one with `--kubeconfig FILE`, or set `$KUBECONFIG`")
            .hint("`--sandbox` tries things out without a cluster"));
    };
    let chosen = merged.choose(options.context.as_deref())?;
    let namespace = chosen_namespace(options, chosen.namespace.clone());
    names::check_namespace(&namespace).map_err(|error| {
        error.detail(format!("it is the namespace of context `{}` in {}", chosen.context, merged.files))
    })?;
    let network = network(&chosen, &ProxyVariables::from_environment(), &merged.files)?;
    let identity = Identity {
        context: chosen.context.clone(),
        server: network.endpoint.address.shown.clone(),
        namespace,
        user: chosen.user.clone(),
        files: merged.files,
        proxy: described(network.endpoint.proxy.as_ref()),
    };
    let pinned = Pinned { chosen: Some(Box::new(chosen)), files: merged.paths, warnings: merged.warnings };
    Ok((identity, Transport::Network(Box::new(network)), pinned))
}

fn chosen_namespace(options: &ConnectOptions, configured: Option<String>) -> String {
    let wanted = options.namespace.clone().filter(|namespace| !namespace.is_empty());
    wanted.or(configured).unwrap_or_else(|| "default".to_owned())
}

/// The way to the cluster of a context, with its user's credentials.
fn network(chosen: &Chosen, proxies: &ProxyVariables, files: &str) -> Result<Network> {
    let cluster = &chosen.cluster;
    let wrong = |what: &str| {
        Error::invalid(format!("the cluster of context `{}` {what}", chosen.context))
            .cause(format!("read from {files}"))
    };
    let Some(server) = cluster.server.as_deref() else { return Err(wrong("has no `server`")) };
    chosen.check(files)?;
    let mut address = Address::parse(server).map_err(|problem| wrong(&format!("has a `server` that {problem}")))?;
    let server_name = cluster
        .tls_server_name
        .clone()
        .map(|name| ServerName::try_from(name).map_err(|_| wrong("has a `tls-server-name` that is no name of a host")));
    let proxy = proxies.choose(cluster.proxy_url.as_deref(), &address.uri).map_err(|error| {
        let whose = error.detail(format!("it is needed for the cluster of context `{}`", chosen.context));
        if cluster.proxy_url.is_some() { whose.cause(format!("read from {files}")) } else { whose }
    })?;
    let mut auth = chosen.auth.clone();
    if let Some((name, password)) = address.login.take().filter(|_| auth.token.is_none() && auth.username.is_none()) {
        auth.username = Some(name);
        auth.password = Some(password.into());
    }
    let origin = Origin { user: chosen.user.clone(), files: files.to_owned() };
    // in plain text they never leave this machine
    let private = chosen.is_secure() || address.uri.host().is_some_and(hostname::is_loopback);
    let credentials = Credentials::take(&mut auth, cluster, &origin, private)?;
    let endpoint = Endpoint {
        address,
        proxy,
        trust: trust(chosen, files)?,
        server_name: server_name.transpose()?,
        compression: cluster.disable_compression != Some(true),
    };
    Ok(Network::new(endpoint, auth, credentials, origin))
}

/// The proxy, as errors name it; empty without one.
fn described(proxy: Option<&Proxy>) -> String {
    proxy.map(Proxy::described).unwrap_or_default()
}

/// Whom to trust.
fn trust(chosen: &Chosen, files: &str) -> Result<Trust> {
    use base64::Engine as _;
    let cluster = &chosen.cluster;
    if cluster.insecure_skip_tls_verify == Some(true) {
        return Ok(Trust::Anyone);
    }
    let found = match (&cluster.certificate_authority_data, &cluster.certificate_authority) {
        _ if !chosen.is_secure() => return Ok(Trust::System),
        (Some(data), _) => base64::engine::general_purpose::STANDARD
            .decode(data)
            .map_err(|_| Error::invalid("`certificate-authority-data` is not base64"))?,
        (None, Some(path)) => kubeconfig::read_file("the certificate authority", path.as_ref())?.to_vec(),
        (None, None) => return Ok(Trust::System),
    };
    Trust::from_pem(&found).map_err(|error| error.cause(format!("read from {files}")))
}

/// Whether this process runs in a pod that may speak with its cluster.
fn in_pod() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    set("KUBERNETES_SERVICE_HOST") && set("KUBERNETES_SERVICE_PORT") && PathBuf::from(ACCOUNT).join("token").exists()
}

/// The account of the pod that this process runs in.
fn own_account(options: &ConnectOptions) -> Result<(Identity, Transport, Pinned)> {
    let config = Config::incluster().map_err(|_| {
        Error::invalid("the pod's own service account cannot be used").cause(format!("looked in `{ACCOUNT}`"))
    })?;
    let namespace = std::env::var("POD_NAMESPACE").ok().filter(|namespace| !namespace.is_empty());
    let namespace = chosen_namespace(options, namespace.or(Some(config.default_namespace.clone())));
    let invalid = || Error::invalid("the address of the API server in this pod's environment is not valid");
    let address = Address::parse(&config.cluster_url.to_string()).map_err(|_| invalid())?;
    let proxy = ProxyVariables::from_environment().choose(None, &address.uri)?;
    let server = address.shown.clone();
    let authorities = config.root_cert.unwrap_or_default().into_iter().map(CertificateDer::from).collect();
    let trust = Trust::Listed(authorities);
    let endpoint = Endpoint { address, proxy, trust, server_name: None, compression: true };
    let account = PathBuf::from(ACCOUNT);
    let origin = Origin { user: String::new(), files: format!("`{}`", account.display()) };
    let credentials = Credentials::TokenFile { path: account.join("token"), instead: None };
    let network = Network::new(endpoint, AuthInfo::default(), credentials, origin).renewing(account.join("ca.crt"));
    let identity = Identity {
        context: "in-cluster".to_owned(),
        server,
        namespace,
        user: String::new(),
        files: String::new(),
        proxy: described(network.endpoint.proxy.as_ref()),
    };
    Ok((identity, Transport::Network(Box::new(network)), Pinned::default()))
}
