//! The innermost service: a kube client on the network, built when the first request is sent, or one that was
//! given (the sandbox's).

use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine as _;
use http::{Request, Response, StatusCode};
use hyper_util::client::legacy::connect::capture_connection;
use jiff::Timestamp;
use kube::Client;
use kube::client::Body;
use kube::config::AuthInfo;
use rustls::sign::CertifiedKey;
use secrecy::ExposeSecret;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};
use tower::BoxError;

use super::credentials::{Credentials, FILE_IS_FRESH};
use super::deadlines::{CONNECT_TIMEOUT, Deadlines, NoConnection};
use super::endpoint::Endpoint;
use super::headers;
use super::kubeconfig::{self, Origin};
use super::retry;
use super::tls::{self, Trust};
use crate::error::Result;

/// The way requests leave.
pub(in crate::cluster) enum Transport {
    /// A client that was given.
    Given(Client),
    /// A cluster on the network.
    Network(Box<Network>),
}

/// A cluster on the network, pinned: nothing of the kubeconfig is read again.
pub(in crate::cluster) struct Network {
    /// The server.
    pub(in crate::cluster) endpoint: Endpoint,
    auth: AuthInfo,
    credentials: Credentials,
    origin: Origin,
    /// The file of the authorities, where it is replaced while the program runs.
    authorities: Option<PathBuf>,
    built: Mutex<Option<Built>>,
}

struct Built {
    client: Client,
    /// Counts up with each client, so that one refused answer drops only the client that got it.
    number: u64,
    until: Option<Timestamp>,
}

impl Network {
    /// A cluster that nothing was sent to yet. `auth` has neither a plugin nor a token file.
    pub(in crate::cluster) fn new(
        endpoint: Endpoint,
        auth: AuthInfo,
        credentials: Credentials,
        origin: Origin,
    ) -> Self {
        Self { endpoint, auth, credentials, origin, authorities: None, built: Mutex::new(None) }
    }

    /// The same with authorities that are read again whenever a client is built.
    pub(in crate::cluster) fn renewing(self, authorities: PathBuf) -> Self {
        Self { authorities: Some(authorities), ..self }
    }

    /// The client, with credentials that have not expired.
    async fn client(&self) -> Result<(Client, u64)> {
        let mut built = self.built.lock().await;
        if let Some(known) = &*built
            && known.until.is_none_or(|until| Timestamp::now() < until)
        {
            return Ok((known.client.clone(), known.number));
        }
        let mut auth = self.auth.clone();
        let until = match (self.credentials.put(&mut auth).await, &mut *built) {
            (Ok(until), _) => until,
            (Err(_), Some(known)) if self.credentials.outlast_errors() => {
                known.until = Some(Timestamp::now() + FILE_IS_FRESH);
                return Ok((known.client.clone(), known.number));
            }
            (Err(error), _) if self.credentials.outlast_errors() && !self.origin.user.is_empty() => {
                return Err(error.detail(format!("it is the `tokenFile` of user `{}`", self.origin.user)));
            }
            (Err(error), _) => return Err(error),
        };
        let headers = headers::of_user(&auth, &self.credentials.token_name(), &self.origin)?;
        let client = self.current_endpoint().client(headers, self.identity(&auth)?)?;
        let number = built.as_ref().map_or(0, |known| known.number) + 1;
        *built = Some(Built { client: client.clone(), number, until });
        Ok((client, number))
    }

    fn current_endpoint(&self) -> Endpoint {
        let mut endpoint = self.endpoint.clone();
        let renewed =
            self.authorities.as_ref().and_then(|file| kubeconfig::read_file("the certificate authority", file).ok());
        if let Some(Ok(trust @ Trust::Listed(_))) = renewed.map(|text| Trust::from_pem(&text)) {
            endpoint.trust = trust;
        }
        endpoint
    }

    /// The client certificate with its key. A key without a certificate is ignored, as client-go does.
    fn identity(&self, auth: &AuthInfo) -> Result<Option<Arc<CertifiedKey>>> {
        let certificate = (auth.client_certificate_data.as_deref(), auth.client_certificate.as_deref());
        let key = auth.client_key_data.as_ref().map(ExposeSecret::expose_secret);
        let Some(certificate) = self.pem(certificate, "client certificate")? else { return Ok(None) };
        let key = self.pem((key, auth.client_key.as_deref()), "client key")?;
        let key = key.ok_or_else(|| self.origin.invalid("the client certificate", "has no key"))?;
        let whose = match self.origin.user.as_str() {
            "" => "the user".to_owned(),
            user => format!("user `{user}`"),
        };
        let identity = tls::from_pem(&certificate, &key, &whose);
        identity.map(Some).map_err(|error| error.detail(format!("the user is from {}", self.origin.files)))
    }

    fn pem(&self, (data, file): (Option<&str>, Option<&str>), what: &str) -> Result<Option<Vec<u8>>> {
        match (data, file) {
            (Some(data), _) => {
                let decoded = base64::engine::general_purpose::STANDARD.decode(data);
                let decoded = decoded.map_err(|_| self.origin.invalid(&format!("the {what}"), "is not base64"))?;
                Ok(Some(decoded))
            }
            (None, Some(file)) => {
                let content = kubeconfig::read_file(&format!("the {what}"), file.as_ref())?;
                Ok(Some(content.to_vec()))
            }
            (None, None) => Ok(None),
        }
    }

    async fn send(&self, request: Request<Body>) -> Result<Response<Body>, BoxError> {
        let started = Instant::now();
        let (client, number) = self.client().await?;
        let again = self.credentials.renewable().then(|| retry::copy(&request)).flatten();
        let stamped = request.extensions().get::<Deadlines>().map_or(started + CONNECT_TIMEOUT, |d| d.connected);
        // A plugin that asks a person takes its time; that is no slow connection.
        let connected = stamped + started.elapsed();
        let response = attempt(&client, request, connected).await?;
        match again {
            Some(again) if response.status() == StatusCode::UNAUTHORIZED => {
                self.forget(number).await;
                let (client, _) = self.client().await?;
                attempt(&client, again, Instant::now() + CONNECT_TIMEOUT).await
            }
            _ => Ok(response),
        }
    }

    async fn forget(&self, number: u64) {
        let mut built = self.built.lock().await;
        if let Some(known) = built.as_mut().filter(|known| known.number == number) {
            known.until = Some(Timestamp::UNIX_EPOCH);
        }
    }
}

async fn attempt(client: &Client, mut request: Request<Body>, by: Instant) -> Result<Response<Body>, BoxError> {
    let connection = capture_connection(&mut request);
    let sending = client.send(request);
    tokio::pin!(sending);
    tokio::select! {
        biased;
        answer = &mut sending => return answer.map_err(BoxError::from),
        () = sleep_until(by) => {}
    }
    let connected = connection.connection_metadata().is_some();
    if connected { sending.await.map_err(BoxError::from) } else { Err(NoConnection.into()) }
}

impl Transport {
    /// Gets the credentials.
    pub(in crate::cluster) async fn prepare(&self) -> Result<()> {
        match self {
            Self::Given(_) => Ok(()),
            Self::Network(network) => network.client().await.map(|_| ()),
        }
    }

    /// Sends one request.
    pub(in crate::cluster) async fn send(&self, request: Request<Body>) -> Result<Response<Body>, BoxError> {
        match self {
            Self::Given(client) => client.send(request).await.map_err(BoxError::from),
            Self::Network(network) => network.send(request).await,
        }
    }
}
