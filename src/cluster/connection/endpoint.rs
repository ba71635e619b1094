//! The HTTP client of one API server: address, proxy, TLS and the headers that say who asks.
//!
//! kube's own builder panics on tokens that no header can have, knows no keys on P-521, no addresses with a zone and no
//! self-signed certificate that is its own authority, and hides the causes; so the client is put together here.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{HeaderMap, Request, Uri, uri};
use hyper::rt::{Read, Write};
use hyper_rustls::{FixedServerNameResolver, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::{Connection, HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioIo};
use kube::Client;
use kube::client::Body;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use rustls::sign::CertifiedKey;
use tokio::net::TcpStream;
use tower::filter::Filter;
use tower::{BoxError, Layer as _, Service};
use tower_http::decompression::DecompressionLayer;

use super::address::Address;
use super::deadlines::CONNECT_TIMEOUT;
use super::proxy::Proxy;
use super::tls::{self, Trust};
use crate::error::Result;

/// An API server and the way to it.
#[derive(Debug, Clone)]
pub(in crate::cluster) struct Endpoint {
    /// The server.
    pub(in crate::cluster) address: Address,
    /// The proxy.
    pub(in crate::cluster) proxy: Option<Proxy>,
    /// Whom to trust.
    pub(in crate::cluster) trust: Trust,
    /// The name that the server's certificate must have, instead of the host.
    pub(in crate::cluster) server_name: Option<ServerName<'static>>,
    /// Whether answers may be compressed.
    pub(in crate::cluster) compression: bool,
}

impl Endpoint {
    /// A client whose requests carry these headers and, over TLS, this certificate.
    pub(in crate::cluster) fn client(&self, headers: HeaderMap, identity: Option<Arc<CertifiedKey>>) -> Result<Client> {
        let secure = |uri: &Uri| uri.scheme_str() == Some("https");
        let config = match secure(&self.address.uri) || self.proxy.as_ref().is_some_and(|proxy| secure(&proxy.uri)) {
            true => Some(tls::config(&self.trust, identity)?),
            false => None,
        };
        let dial = Dial::new(&self.address);
        let Some(proxy) = self.proxy.clone() else { return self.over(dial, config, headers) };
        match (proxy.uri.scheme_str(), config) {
            (Some("socks5"), config) => self.over(proxy.socks(dial), config, headers),
            (Some("https"), Some(config)) => {
                let https = HttpsConnectorBuilder::new().with_tls_config(config.clone()).https_or_http().enable_http1();
                self.over(proxy.tunnel(https.wrap_connector(dial)), Some(config), headers)
            }
            (_, config) => self.over(proxy.tunnel(dial), config, headers),
        }
    }

    fn over<C>(&self, connector: C, config: Option<ClientConfig>, headers: HeaderMap) -> Result<Client>
    where
        C: Service<Uri> + Clone + Send + Sync + 'static,
        C::Response: Connection + Read + Write + Send + Unpin + 'static,
        C::Future: Send + 'static,
        C::Error: Into<BoxError>,
    {
        // without TLS towards the server nothing is asked of this configuration
        let config = match config {
            Some(config) => config,
            None => tls::config(&Trust::Anyone, None)?,
        };
        let builder = HttpsConnectorBuilder::new().with_tls_config(config).https_or_http();
        let builder = match self.server_name.clone() {
            Some(name) => builder.with_server_name_resolver(FixedServerNameResolver::new(name)),
            None => builder,
        };
        let https = builder.enable_http1().wrap_connector(connector);
        let client = hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build::<_, Body>(https);
        let client = DecompressionLayer::new().gzip(self.compression).layer(client);
        let base = self.address.uri.clone();
        let addressed = Filter::new(client, move |request: Request<Body>| complete(request, &base, &headers));
        Ok(Client::new(addressed, "default"))
    }
}

/// Puts the server's address before the path of a request, and adds the headers of the user.
fn complete(
    mut request: Request<Body>,
    base: &Uri,
    headers: &HeaderMap,
) -> std::result::Result<Request<Body>, BoxError> {
    let asked = request.uri().path_and_query().map_or("/", uri::PathAndQuery::as_str);
    let mut parts = uri::Parts::default();
    parts.scheme = base.scheme().cloned();
    parts.authority = base.authority().cloned();
    parts.path_and_query = Some(format!("{}{asked}", base.path().trim_end_matches('/')).parse()?);
    *request.uri_mut() = Uri::from_parts(parts)?;
    for (name, value) in headers {
        request.headers_mut().append(name.clone(), value.clone());
    }
    Ok(request)
}

/// Opens TCP connections; to an address with a zone on that interface.
#[derive(Clone)]
struct Dial {
    http: HttpConnector,
    address: Address,
}

impl Dial {
    fn new(address: &Address) -> Self {
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_connect_timeout(Some(CONNECT_TIMEOUT));
        Self { http, address: address.clone() }
    }
}

impl Service<Uri> for Dial {
    type Response = TokioIo<TcpStream>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = std::result::Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<std::result::Result<(), BoxError>> {
        self.http.poll_ready(context).map_err(BoxError::from)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        match self.address.zoned.filter(|_| uri.host() == self.address.uri.host()) {
            Some(address) => Box::pin(async move { Ok(TokioIo::new(TcpStream::connect(address).await?)) }),
            None => {
                let connecting = self.http.call(uri);
                Box::pin(async move { connecting.await.map_err(BoxError::from) })
            }
        }
    }
}
