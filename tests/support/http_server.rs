//! HTTP servers on loopback that answer as a test tells them.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt as _;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;

/// An answer whose body may come slowly.
pub(crate) type Answer = Response<UnsyncBoxBody<Bytes, Infallible>>;

/// What a server was asked: method and path, and the `Authorization` header.
type Asked = Arc<Mutex<Vec<(String, Option<String>)>>>;

/// A server that notes what it was asked: method and path, and the `Authorization` header.
pub(crate) struct Loopback {
    /// Host and port.
    pub(crate) address: String,
    asked: Asked,
}

impl Loopback {
    /// Starts one for as long as the test's runtime lives. `answer` gets method and path with query, and how often
    /// they were asked for before.
    pub(crate) async fn start(answer: impl Fn(&str, usize) -> Answer + Send + Sync + 'static) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let asked = Asked::default();
        let (seen, answer) = (asked.clone(), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (seen, answer) = (seen.clone(), answer.clone());
                let service = service_fn(move |request: Request<Incoming>| {
                    let line = format!("{} {}", request.method(), request.uri().path_and_query().unwrap());
                    let login = request.headers().get("authorization").map(|v| v.to_str().unwrap().to_owned());
                    let before = {
                        let mut seen = seen.lock().unwrap();
                        let before = seen.iter().filter(|(asked, _)| *asked == line).count();
                        seen.push((line.clone(), login));
                        before
                    };
                    let response = answer(&line, before);
                    async move { Ok::<_, Infallible>(response) }
                });
                let io = TokioIo::new(stream);
                tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(io, service));
            }
        });
        Self { address, asked }
    }

    /// What it was asked so far.
    pub(crate) fn asked(&self) -> Vec<(String, Option<String>)> {
        self.asked.lock().unwrap().clone()
    }
}

/// An answer.
pub(crate) fn respond(status: u16, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Answer {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response.body(Full::new(body.into()).boxed_unsync()).unwrap()
}

/// An answer that comes in pieces, with a pause before each.
pub(crate) fn respond_slowly(body: &Bytes, piece: usize, pause: Duration) -> Answer {
    let pieces: Vec<Bytes> =
        (0..body.len()).step_by(piece).map(|at| body.slice(at..body.len().min(at + piece))).collect();
    let stream = futures::stream::iter(pieces).then(move |piece| async move {
        tokio::time::sleep(pause).await;
        Ok::<_, Infallible>(Frame::data(piece))
    });
    let response = Response::builder().status(200).header("content-length", body.len());
    response.body(StreamBody::new(stream).boxed_unsync()).unwrap()
}
