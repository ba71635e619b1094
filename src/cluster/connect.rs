//! Connecting: from options and kubeconfig to a [`Cluster`], without touching the network.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use kube::Config;

use super::credentials::Credentials;
use super::guard::Guard;
use super::imagined::Imagined;
use super::kubeconfig::{self, Chosen, Places};
use super::pinned::Pinned;
use super::proxy::ProxyVariables;
use super::told::{Listener, WarningListener, Warnings};
use super::transport::{Network, Transport};
use super::{Cluster, Identity, Inner, client, names};
use crate::allowed::AllowedContexts;
use crate::error::{Error, Result};
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
                imagined: Imagined::default(),
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
    let (config, credentials) = configure(&chosen, &ProxyVariables::from_environment(), &merged.files)?;
    let identity = Identity {
        context: chosen.context.clone(),
        server: config.cluster_url.to_string().trim_end_matches('/').to_owned(),
        namespace,
        user: chosen.user.clone(),
        files: merged.files,
    };
    let pinned = Pinned { chosen: Some(Box::new(chosen)), files: merged.paths };
    Ok((identity, Transport::Network(Box::new(Network::new(config, credentials))), pinned))
}

fn chosen_namespace(options: &ConnectOptions, configured: Option<String>) -> String {
    let wanted = options.namespace.clone().filter(|namespace| !namespace.is_empty());
    wanted.or(configured).unwrap_or_else(|| "default".to_owned())
}

/// kube's configuration of a context, without what changes over time.
fn configure(chosen: &Chosen, proxies: &ProxyVariables, files: &str) -> Result<(Config, Credentials)> {
    let cluster = &chosen.cluster;
    let server = cluster.server.as_deref().unwrap_or_default();
    let wrong = |what: &str| {
        Error::invalid(format!("the cluster of context `{}` {what}", chosen.context))
            .cause(format!("read from {files}"))
    };
    if server.is_empty() {
        return Err(wrong("has no `server`"));
    }
    let mut config = Config::new(server_url(server, chosen).ok_or_else(|| wrong("has a `server` that is no URL"))?);
    config.accept_invalid_certs = cluster.insecure_skip_tls_verify.unwrap_or(false);
    config.disable_compression = cluster.disable_compression.unwrap_or(false);
    config.tls_server_name = cluster.tls_server_name.clone().filter(|name| !name.is_empty());
    config.root_cert = authorities(cluster).map_err(|error| error.cause(format!("read from {files}")))?;
    if let Some(proxy) = proxies.choose(cluster.proxy_url.as_deref(), &config.cluster_url) {
        config.proxy_url = Some(proxy.parse().map_err(|_| wrong("is behind a proxy whose URL is not valid"))?);
    }
    let mut auth = chosen.auth.clone();
    let credentials = Credentials::take(&mut auth, cluster, &chosen.user)?;
    config.auth_info = auth;
    Ok((config, credentials))
}

/// The server's URL; without a scheme it is https where anything speaks of TLS, as client-go has it.
fn server_url(server: &str, chosen: &Chosen) -> Option<Uri> {
    let cluster = &chosen.cluster;
    let secure = cluster.certificate_authority.is_some()
        || cluster.certificate_authority_data.is_some()
        || cluster.insecure_skip_tls_verify == Some(true)
        || chosen.auth.client_certificate.is_some()
        || chosen.auth.client_certificate_data.is_some();
    let full = match (server.contains("://"), secure) {
        (true, _) => server.to_owned(),
        (false, true) => format!("https://{server}"),
        (false, false) => format!("http://{server}"),
    };
    full.parse::<Uri>().ok().filter(|uri| uri.host().is_some())
}

/// The certificates a server may show, as DER. `None` leaves it to the system's.
fn authorities(cluster: &kube::config::Cluster) -> Result<Option<Vec<Vec<u8>>>> {
    use base64::Engine as _;
    let given = cluster.certificate_authority_data.as_deref().filter(|data| !data.is_empty());
    let named = cluster.certificate_authority.as_deref().filter(|path| !path.is_empty());
    let text = match (given, named) {
        (Some(data), _) => base64::engine::general_purpose::STANDARD
            .decode(data)
            .map_err(|_| Error::invalid("`certificate-authority-data` is not base64"))?,
        (None, Some(path)) => std::fs::read(path)
            .map_err(|cause| Error::io("cannot read the certificate authority", path.as_ref(), &cause))?,
        (None, None) => return Ok(None),
    };
    let found = pem::parse_many(text).map_err(|_| Error::invalid("the certificate authority is not PEM"))?;
    let certificates = found.into_iter().filter(|block| block.tag() == "CERTIFICATE");
    Ok(Some(certificates.map(pem::Pem::into_contents).collect()))
}

/// Whether this process runs in a pod that may speak with its cluster.
fn in_pod() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    set("KUBERNETES_SERVICE_HOST") && set("KUBERNETES_SERVICE_PORT") && PathBuf::from(ACCOUNT).join("token").exists()
}

/// The account of the pod that this process runs in.
fn own_account(options: &ConnectOptions) -> Result<(Identity, Transport, Pinned)> {
    let mut config = Config::incluster().map_err(|_| {
        Error::invalid("the pod's own service account cannot be used").cause(format!("looked in `{ACCOUNT}`"))
    })?;
    let namespace = std::env::var("POD_NAMESPACE").ok().filter(|namespace| !namespace.is_empty());
    let namespace = chosen_namespace(options, namespace.or(Some(config.default_namespace.clone())));
    if let Some(proxy) = ProxyVariables::from_environment().choose(None, &config.cluster_url) {
        config.proxy_url = proxy.parse().ok();
    }
    let credentials = Credentials::TokenFile(PathBuf::from(ACCOUNT).join("token"));
    config.auth_info.token_file = None;
    let identity = Identity {
        context: "in-cluster".to_owned(),
        server: config.cluster_url.to_string().trim_end_matches('/').to_owned(),
        namespace,
        user: String::new(),
        files: String::new(),
    };
    Ok((identity, Transport::Network(Box::new(Network::new(config, credentials))), Pinned::default()))
}
