//! The innermost service: a kube client on the network, built when the first request is sent, or one that was
//! given (the sandbox's).

use std::time::Duration;

use http::{Request, Response, StatusCode};
use hyper_util::client::legacy::connect::capture_connection;
use jiff::Timestamp;
use kube::client::{Body, ClientBuilder};
use kube::{Client, Config};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};
use tower::BoxError;

use super::credentials::Credentials;
use super::errors::unbuildable;
use super::retry::{self, Deadlines};
use crate::error::Result;

/// How long connecting may take, all tries together.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// No connection was there in time.
#[derive(Debug)]
pub(super) struct NoConnection;

impl std::fmt::Display for NoConnection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "no connection within {}s", CONNECT_TIMEOUT.as_secs())
    }
}

impl std::error::Error for NoConnection {}

/// The way requests leave.
pub(super) enum Transport {
    /// A client that was given.
    Given(Client),
    /// A cluster on the network.
    Network(Box<Network>),
}

/// A cluster on the network, pinned: nothing of the kubeconfig is read again.
pub(super) struct Network {
    config: Config,
    credentials: Credentials,
    built: Mutex<Option<Built>>,
}

struct Built {
    client: Client,
    /// Counts up with each client, so that one refused answer drops only the client that got it.
    number: u64,
    until: Option<Timestamp>,
}

impl Network {
    /// A cluster that nothing was sent to yet. `config` holds neither a plugin nor a token file.
    pub(super) fn new(mut config: Config, credentials: Credentials) -> Self {
        config.connect_timeout = Some(CONNECT_TIMEOUT);
        config.default_retry = false;
        Self { config, credentials, built: Mutex::new(None) }
    }

    /// The client, with credentials that have not expired.
    async fn client(&self) -> Result<(Client, u64)> {
        let mut built = self.built.lock().await;
        if let Some(known) = &*built
            && known.until.is_none_or(|until| Timestamp::now() < until)
        {
            return Ok((known.client.clone(), known.number));
        }
        let mut config = self.config.clone();
        let until = self.credentials.put(&mut config.auth_info).await?;
        let client = ClientBuilder::try_from(config).map_err(|error| unbuildable(&error))?.build();
        let number = built.as_ref().map_or(0, |known| known.number) + 1;
        *built = Some(Built { client: client.clone(), number, until });
        Ok((client, number))
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
    pub(super) async fn prepare(&self) -> Result<()> {
        match self {
            Self::Given(_) => Ok(()),
            Self::Network(network) => network.client().await.map(|_| ()),
        }
    }

    /// Sends one request.
    pub(super) async fn send(&self, request: Request<Body>) -> Result<Response<Body>, BoxError> {
        match self {
            Self::Given(client) => client.send(request).await.map_err(BoxError::from),
            Self::Network(network) => network.send(request).await,
        }
    }
}
