//! Pods that run programs: whoever attaches to the pod of a server gets the stdin and stdout of a shell script, and its
//! log is what the script wrote. When the script ends, so does the pod's container.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use futures::{SinkExt as _, StreamExt as _};
use http::{Request, Response, StatusCode, header};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use kube::Client;
use kube::client::Body;
use kube_sandbox::Sandbox;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;
use tokio::sync::mpsc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

/// The protocol of the streams: the first byte of each message is the stream's number.
const PROTOCOL: &str = "v5.channel.k8s.io";
const STDOUT: u8 = 1;
const STDERR: u8 = 2;
const STATUS: u8 = 3;
/// Closes the stream whose number follows.
const CLOSE: u8 = 255;

/// The programs of a cluster's pods, and what they wrote.
#[derive(Clone, Default)]
pub(crate) struct Programs {
    scripts: Arc<BTreeMap<String, String>>,
    logs: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    attached: Arc<Mutex<Vec<String>>>,
}

impl Programs {
    /// By server, what a shell runs.
    pub(crate) fn new(scripts: &[(&str, String)]) -> Self {
        let scripts = scripts.iter().map(|(server, script)| ((*server).to_owned(), script.clone())).collect();
        Self { scripts: Arc::new(scripts), ..Self::default() }
    }

    /// The servers whose pods were attached to, in that order.
    pub(crate) fn attached(&self) -> Vec<String> {
        self.attached.lock().unwrap().clone()
    }

    /// Answers a request that concerns a program; gives any other back.
    pub(crate) fn answer(
        &self,
        request: Request<Incoming>,
        client: &Client,
        world: &Sandbox,
    ) -> Result<Response<Body>, Box<Request<Incoming>>> {
        let path = request.uri().path().to_owned();
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        let (pod, what) = match parts[..] {
            ["api", "v1", "namespaces", _, "pods", pod, what @ ("attach" | "log")] => (pod.to_owned(), what),
            _ => return Err(Box::new(request)),
        };
        let server = pod.strip_prefix("mcp-").unwrap_or(&pod).rsplitn(3, '-').last().unwrap_or_default().to_owned();
        let Some(script) = self.scripts.get(&server).cloned() else { return Err(Box::new(request)) };
        if what == "log" {
            let log = self.logs.lock().unwrap().get(&pod).cloned().unwrap_or_default();
            return Ok(Response::new(Body::from(log)));
        }
        self.attached.lock().unwrap().push(server);
        let key = request.headers().get(header::SEC_WEBSOCKET_KEY).map(|key| derive_accept_key(key.as_bytes()));
        let answer = Response::builder()
            .status(StatusCode::SWITCHING_PROTOCOLS)
            .header(header::UPGRADE, "websocket")
            .header(header::CONNECTION, "Upgrade")
            .header(header::SEC_WEBSOCKET_ACCEPT, key.unwrap_or_default())
            .header(header::SEC_WEBSOCKET_PROTOCOL, PROTOCOL)
            .body(Body::empty())
            .unwrap();
        let (logs, client, world) = (Arc::clone(&self.logs), client.clone(), world.clone());
        tokio::spawn(async move {
            let Ok(upgraded) = hyper::upgrade::on(request).await else { return };
            let socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, None).await;
            serve(socket, &script, pod, logs, client, world).await;
        });
        Ok(answer)
    }
}

type Socket = WebSocketStream<TokioIo<hyper::upgrade::Upgraded>>;

async fn serve(
    socket: Socket,
    script: &str,
    pod: String,
    logs: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    client: Client,
    world: Sandbox,
) {
    let mut child = Command::new("/bin/sh")
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let (sender, mut written) = mpsc::unbounded_channel::<Vec<u8>>();
    let pumps = [
        tokio::spawn(pump(child.stdout.take().unwrap(), STDOUT, sender.clone())),
        tokio::spawn(pump(child.stderr.take().unwrap(), STDERR, sender.clone())),
    ];
    let mut stdin = child.stdin.take();
    let (mut sink, mut received) = socket.split();
    let copy = pod.clone();
    let writer = tokio::spawn(async move {
        while let Some(message) = written.recv().await {
            if matches!(message[0], STDOUT | STDERR) {
                logs.lock().unwrap().entry(copy.clone()).or_default().extend_from_slice(&message[1..]);
            }
            if sink.send(Message::binary(message)).await.is_err() {
                return;
            }
        }
        let _ = sink.close().await;
    });
    let status = loop {
        tokio::select! {
            status = child.wait() => break status.unwrap(),
            message = received.next() => match message {
                Some(Ok(Message::Binary(bytes))) if bytes.first() == Some(&0) => {
                    if let Some(stdin) = &mut stdin {
                        // it may not read
                        let _ = stdin.write_all(&bytes[1..]).await;
                    }
                }
                Some(Ok(Message::Binary(bytes))) if bytes.first() == Some(&CLOSE) => stdin = None,
                Some(Ok(_)) => {}
                // the client has left; the program ends with it
                Some(Err(_)) | None => return,
            },
        }
    };
    for pump in pumps {
        pump.await.unwrap();
    }
    end_container(&client, &world, &pod, status.code().unwrap_or(137)).await;
    let _ = sender.send([&[STATUS], json!({"metadata": {}, "status": "Success"}).to_string().as_bytes()].concat());
    drop(sender);
    writer.await.unwrap();
}

async fn pump(mut from: impl AsyncRead + Unpin, stream: u8, to: mpsc::UnboundedSender<Vec<u8>>) {
    let mut bytes = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        if to.send([&[stream], &bytes[..count]].concat()).is_err() {
            return;
        }
    }
}

/// Sets the pod's state to that of a container that has ended.
async fn end_container(client: &Client, world: &Sandbox, pod: &str, code: i32) {
    let request = Request::get(format!("/api/v1/namespaces/mcp/pods/{pod}")).body(Vec::new()).unwrap();
    // it may have been removed meanwhile
    let Ok(mut found) = client.request::<Value>(request).await else { return };
    found["status"]["phase"] = "Failed".into();
    let reason = if code == 0 { "Completed" } else { "Error" };
    found["status"]["containerStatuses"][0]["state"] = json!({"terminated": {"exitCode": code, "reason": reason}});
    world.insert(found).unwrap();
}
