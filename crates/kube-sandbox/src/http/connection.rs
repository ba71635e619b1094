//! A client of the sandbox: real HTTP/1.1 over pipes in memory, so that all features of a connection (keep-alive,
//! streams, upgrades) work as with a server.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Uri, uri};
use hyper::service::service_fn;
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};

use super::handler::handle;
use crate::world::World;

/// The size of a pipe, in bytes.
const PIPE: usize = 64 << 10;

/// A client without any layers.
pub(crate) fn client(world: &Arc<World>, default_namespace: &str) -> kube::Client {
    let world = Arc::clone(world);
    let connector =
        tower::service_fn(move |_: Uri| std::future::ready(Ok::<_, io::Error>(connect(Arc::clone(&world)))));
    let http = HttpClient::builder(TokioExecutor::new()).build::<_, kube::client::Body>(connector);
    let service = tower::service_fn(move |request: Request<kube::client::Body>| http.request(absolute(request)));
    kube::Client::new(service, default_namespace)
}

fn connect(world: Arc<World>) -> TokioIo<Pipe> {
    let (near, far) = tokio::io::duplex(PIPE);
    let service = service_fn(move |request| handle(Arc::clone(&world), request));
    let connection = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(far), service);
    // The end of a connection, for any reason, concerns only its client.
    tokio::spawn(async move { connection.with_upgrades().await.is_ok() });
    TokioIo::new(Pipe(near))
}

/// The pool finds connections by scheme and host: kube's own requests have a path only.
fn absolute(mut request: Request<kube::client::Body>) -> Request<kube::client::Body> {
    let mut parts = request.uri().clone().into_parts();
    parts.scheme = Some(uri::Scheme::HTTP);
    parts.authority = Some(uri::Authority::from_static("sandbox"));
    if let Ok(uri) = Uri::from_parts(parts) {
        *request.uri_mut() = uri;
    }
    request
}

/// The client's end of a connection.
#[derive(Debug)]
struct Pipe(DuplexStream);

impl Connection for Pipe {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl AsyncRead for Pipe {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().0).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_shutdown(context)
    }
}
