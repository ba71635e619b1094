//! A watch that goes on whatever happens to its connection: bookmarks move it on, a version that the server has
//! forgotten makes it begin anew, and a server that is away is tried again, less and less often.

pub(super) mod lines;

use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::StatusCode;
use serde::Deserialize;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::Cluster;
use crate::error::{Error, Kind, Result};
use lines::{Lines, Opened};

/// How long the server is asked to keep one watch open; it is the longest that a dead connection goes unnoticed.
const LASTS: Duration = Duration::from_secs(240);
/// How much longer than [`LASTS`] a silent connection is believed to be alive.
const GRACE: Duration = Duration::from_secs(15);
/// The first pause before the server is asked again; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);
/// The largest event: more than the largest object that the API takes.
const LARGEST: usize = 16 << 20;

/// What a watch tells.
pub(super) enum Event {
    /// An object is there or has changed: JSON to be read as [`Of`].
    Put(Bytes),
    /// An object went: JSON to be read as [`Of`].
    Gone(Bytes),
    /// The server knows the version no more: everything is to be listed anew, then [`Watching::go_on`].
    Forgotten,
    /// The server is away; it is tried again.
    Lost(Error),
    /// It is there again.
    Found,
}

/// A watch of a collection.
pub(super) struct Watching {
    cluster: Cluster,
    /// The path and the query without what belongs to watching.
    uri: String,
    version: String,
    connection: Connection,
    pause: Duration,
    lost: bool,
}

enum Connection {
    Closed,
    /// Asked for, without an answer yet.
    Opening(BoxFuture<'static, Result<Opened>>),
    /// To be opened then and not before.
    Waiting(Instant),
    Open {
        lines: Box<Lines>,
        /// A connection that says nothing for so long is dead.
        until: Instant,
        /// Whether anything came of it.
        useful: bool,
    },
}

impl Watching {
    /// A watch that begins after a version; without one it begins with what is there. Nothing is sent yet. `uri` has a
    /// path and a query.
    pub(super) fn new(cluster: &Cluster, uri: String, version: String) -> Self {
        let connection = Connection::Closed;
        Self { cluster: cluster.clone(), uri, version, connection, pause: FIRST_PAUSE, lost: false }
    }

    /// Goes on from the version of a new list.
    pub(super) fn go_on(&mut self, version: String) {
        self.version = version;
    }

    /// The next thing to tell. A wait that is given up loses nothing.
    ///
    /// # Errors
    /// The server says no for good: no right to watch.
    pub(super) async fn next(&mut self) -> Result<Event> {
        loop {
            match &mut self.connection {
                Connection::Closed => self.connection = Connection::Opening(self.open()),
                Connection::Opening(answer) => {
                    let answer = answer.await;
                    self.connection = Connection::Closed;
                    if let Some(event) = self.opened(answer)? {
                        return Ok(event);
                    }
                }
                Connection::Waiting(until) => {
                    sleep_until(*until).await;
                    self.connection = Connection::Closed;
                }
                Connection::Open { lines, until, useful } => match timeout_at(*until, lines.next()).await {
                    Ok(Ok(Some(line))) => {
                        *useful = true;
                        if let Some(event) = self.read(&line)? {
                            return Ok(event);
                        }
                    }
                    // the server ends every watch after a while; one that it ends at once is not asked for at once
                    Ok(Ok(None)) | Err(_) => {
                        if *useful {
                            self.connection = Connection::Closed;
                        } else {
                            self.wait();
                        }
                    }
                    Ok(Err(error)) => {
                        self.wait();
                        if let Some(event) = self.lose(error) {
                            return Ok(event);
                        }
                    }
                },
            }
        }
    }

    fn open(&self) -> BoxFuture<'static, Result<Opened>> {
        let mut query = form_urlencoded::Serializer::new(self.uri.clone());
        query.append_pair("watch", "true").append_pair("timeoutSeconds", &LASTS.as_secs().to_string());
        if self.version.is_empty() {
            // what is there first, as the server remembers it; without any version, or with bookmarks from here on,
            // API servers on an etcd before 3.4.25 refuse (seen with Kubernetes 1.34)
            query.append_pair("resourceVersion", "0");
        } else {
            query.append_pair("allowWatchBookmarks", "true").append_pair("resourceVersion", &self.version);
        }
        let (cluster, uri) = (self.cluster.clone(), query.finish());
        async move { cluster.open(&uri, LARGEST, Some(cluster.request_timeout())).await }.boxed()
    }

    fn opened(&mut self, answer: Result<Opened>) -> Result<Option<Event>> {
        match answer {
            Ok(Opened::Lines(lines)) => {
                let until = Instant::now() + LASTS + GRACE;
                self.connection = Connection::Open { lines: Box::new(lines), until, useful: false };
                Ok(std::mem::take(&mut self.lost).then_some(Event::Found))
            }
            Ok(Opened::Refused(answer)) if answer.status == StatusCode::GONE => Ok(Some(self.forgotten())),
            Ok(Opened::Refused(answer)) if is_for_good(answer.status) || answer.asks_for_too_long() => {
                Err(self.cluster.refusal(&answer))
            }
            Ok(Opened::Refused(answer)) => {
                self.wait_at_least(answer.patience.unwrap_or_default());
                let error = self.cluster.refusal(&answer);
                Ok(self.lose(error))
            }
            Err(error) if matches!(error.kind, Kind::Unreachable | Kind::Timeout) => {
                self.wait();
                Ok(self.lose(error))
            }
            Err(error) => Err(error),
        }
    }

    /// Told once, however often it is tried.
    fn lose(&mut self, error: Error) -> Option<Event> {
        (!std::mem::replace(&mut self.lost, true)).then_some(Event::Lost(error))
    }

    fn wait(&mut self) {
        self.wait_at_least(Duration::ZERO);
    }

    /// Waits as long as the server asks for, if that is longer than the pause whose turn it is.
    fn wait_at_least(&mut self, asked: Duration) {
        let pause = self.pause.mul_f64(0.5 + fastrand::f64() / 2.0).max(asked);
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        self.connection = Connection::Waiting(Instant::now() + pause);
    }

    fn forgotten(&mut self) -> Event {
        self.wait();
        Event::Forgotten
    }

    fn read(&mut self, line: &Bytes) -> Result<Option<Event>> {
        if line.iter().all(u8::is_ascii_whitespace) {
            return Ok(None);
        }
        let Ok(told) = serde_json::from_slice::<Told>(line) else {
            return Err(Error::failed("the server tells of a change in words that are none of the API's"));
        };
        if told.kind == "ERROR" {
            if told.object.code == StatusCode::GONE.as_u16() {
                return Ok(Some(self.forgotten()));
            }
            self.wait();
            return Ok(self.lose(Error::failed("the server cannot be watched").cause(told.object.message)));
        }
        self.pause = FIRST_PAUSE;
        if !told.object.metadata.resource_version.is_empty() {
            self.version = told.object.metadata.resource_version;
        }
        Ok(match told.kind.as_str() {
            "ADDED" | "MODIFIED" => Some(Event::Put(line.clone())),
            "DELETED" => Some(Event::Gone(line.clone())),
            _ => None,
        })
    }
}

/// Whether asking again cannot help.
fn is_for_good(status: StatusCode) -> bool {
    status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS && status != StatusCode::REQUEST_TIMEOUT
}

/// The object of an event, as far as `T` reads it.
#[derive(Deserialize)]
pub(super) struct Of<T> {
    pub(super) object: T,
}

/// What every event has.
#[derive(Deserialize)]
struct Told {
    #[serde(rename = "type")]
    kind: String,
    object: Versioned,
}

#[derive(Deserialize)]
struct Versioned {
    #[serde(default)]
    metadata: Version,
    /// The HTTP status of an error.
    #[serde(default)]
    code: u16,
    /// The words of an error.
    #[serde(default)]
    message: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Version {
    #[serde(default)]
    resource_version: String,
}
