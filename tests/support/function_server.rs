//! A server made of a function: it sees each request and says what to answer.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, StreamBody, combinators::UnsyncBoxBody};
use hyper::body::Frame;
use kube::client::Body;
use mcpctl::cluster::{Cluster, ConnectOptions, Simulated};
use serde_json::{Value, json};

/// A request as the server saw it.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) uri: String,
    pub(crate) body: Value,
}

/// What the server answers.
#[derive(Debug, Clone)]
pub(crate) struct Say {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
    stalls: bool,
}

impl Say {
    /// An object.
    pub(crate) fn ok(body: &Value) -> Self {
        Self { status: 200, headers: Vec::new(), body: body.to_string(), stalls: false }
    }

    /// A no with a reason.
    pub(crate) fn no(status: u16, reason: &str) -> Self {
        let body = json!({"kind": "Status", "status": "Failure", "code": status, "reason": reason, "message": reason});
        Self { status, ..Self::ok(&body) }
    }

    /// With a header.
    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// Half of the body, and then nothing for ever.
    pub(crate) fn stalled(mut self) -> Self {
        self.body.truncate(self.body.len() / 2);
        self.stalls = true;
        self
    }

    fn response(self) -> Response<UnsyncBoxBody<Bytes, Infallible>> {
        let mut response = Response::builder().status(self.status);
        for (name, value) in self.headers {
            response = response.header(name, value);
        }
        let first = Frame::data(Bytes::from(self.body));
        let frames = futures::stream::unfold(Some(first), move |next| async move {
            match next {
                Some(frame) => Some((Ok::<_, Infallible>(frame), None)),
                None if self.stalls => futures::future::pending().await,
                None => None,
            }
        });
        response.body(BodyExt::boxed_unsync(StreamBody::new(frames))).unwrap()
    }
}

/// The server: what it was asked, and what it has yet to say. The last answer is repeated.
#[derive(Clone, Default)]
pub(crate) struct Fake {
    seen: Arc<Mutex<Vec<Seen>>>,
    says: Arc<Mutex<VecDeque<Say>>>,
}

impl Fake {
    pub(crate) fn saying(says: impl IntoIterator<Item = Say>) -> Self {
        Self { says: Arc::new(Mutex::new(says.into_iter().collect())), ..Self::default() }
    }

    /// What it was asked so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// How often it was asked.
    pub(crate) fn count(&self) -> usize {
        self.seen().len()
    }

    fn answer(&self, seen: Seen) -> Say {
        self.seen.lock().unwrap().push(seen);
        let mut says = self.says.lock().unwrap();
        if says.len() > 1 { says.pop_front().unwrap() } else { says.front().unwrap().clone() }
    }

    /// A connection to it.
    pub(crate) fn cluster(&self, change: impl FnOnce(&mut ConnectOptions)) -> Cluster {
        let fake = self.clone();
        let service = tower::service_fn(move |request: Request<Body>| {
            let fake = fake.clone();
            async move {
                let (parts, body) = request.into_parts();
                let bytes = body.collect_bytes().await?;
                let body = serde_json::from_slice(&bytes).unwrap_or_default();
                let seen = Seen { method: parts.method.to_string(), uri: parts.uri.to_string(), body };
                Ok::<_, kube::Error>(fake.answer(seen).response())
            }
        });
        let client = kube::Client::new(service, "mcp");
        let simulated = Simulated { client, server: "fake".to_owned() };
        let mut options = ConnectOptions {
            simulated: Some(simulated),
            namespace: Some("mcp".to_owned()),
            ..ConnectOptions::default()
        };
        change(&mut options);
        Cluster::connect(options).unwrap()
    }
}
