//! The sandbox's API on a loopback port, behind a kubeconfig. Pods can run programs: see `verify::attach`.

use std::convert::Infallible;
use std::net::SocketAddr;

use http::{Request, Response, header};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use kube::Client;
use kube::client::Body;
use kube_sandbox::Sandbox;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use super::attach_server::Programs;

/// A server that ends with it.
pub(crate) struct Server {
    address: SocketAddr,
    world: Sandbox,
    runtime: Runtime,
}

impl Server {
    pub(crate) fn new() -> Self {
        Self::with_programs(Programs::default())
    }

    /// One whose pods run these programs.
    pub(crate) fn with_programs(programs: Programs) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let world = Sandbox::new();
        world.insert(json!({"kind": "Namespace", "metadata": {"name": "mcp"}})).unwrap();
        let _inside = runtime.enter();
        let client = world.client();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(serve(listener, client, world.clone(), programs));
        drop(_inside);
        Self { address, world, runtime }
    }

    /// A kubeconfig with a context `dev` that leads here, and others that lead nowhere.
    pub(crate) fn kubeconfig(&self) -> String {
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: dev\n\
             clusters: [{{name: here, cluster: {{server: 'http://{}'}}}}, {{name: far, cluster: {{server: 'http://127.0.0.1:9'}}}}]\n\
             contexts: [{{name: dev, context: {{cluster: here, user: me, namespace: mcp}}}}, {{name: prod, context: {{cluster: far, user: you}}}}]\n\
             users: [{{name: me, user: {{token: canary-mine}}}}, {{name: you, user: {{token: canary-yours}}}}]\n",
            self.address
        )
    }

    /// Adds an object.
    pub(crate) fn insert(&self, object: Value) {
        self.world.insert(object).unwrap();
    }

    /// Makes a pod as a gateway would.
    pub(crate) fn pod(&self, name: &str, server: &str, session: &str, mark: Option<&str>) {
        let env: Vec<Value> = mark.iter().map(|mark| json!({"name": "MCPCTL_GATEWAY_RUN", "value": mark})).collect();
        let labels = json!({
            "app.kubernetes.io/managed-by": "mcp-gateway",
            "app.kubernetes.io/instance": session,
            "app.kubernetes.io/name": server,
            "mcp-gateway.docker.com/session": session,
        });
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": "mcp", "labels": labels},
            "spec": {"containers": [{"name": "mcp", "image": "mcp/time", "env": env}]},
        });
        self.world.insert(pod).unwrap();
    }

    /// The names of the pods that are there and not on their way out.
    pub(crate) fn pods(&self) -> Vec<String> {
        let request = Request::get("/api/v1/namespaces/mcp/pods").body(Vec::new()).unwrap();
        let client = self.world_client();
        let list: Value = self.runtime.block_on(client.request(request)).unwrap();
        let pods = list["items"].as_array().unwrap().iter();
        let there = pods.filter(|pod| pod["metadata"]["deletionTimestamp"].is_null());
        there.map(|pod| pod["metadata"]["name"].as_str().unwrap().to_owned()).collect()
    }

    fn world_client(&self) -> Client {
        let _inside = self.runtime.enter();
        self.world.client()
    }
}

async fn serve(listener: TcpListener, client: Client, world: Sandbox, programs: Programs) {
    while let Ok((stream, _)) = listener.accept().await {
        let (client, world, programs) = (client.clone(), world.clone(), programs.clone());
        let answer = move |request: Request<Incoming>| {
            let (client, world, programs) = (client.clone(), world.clone(), programs.clone());
            async move {
                let answer = match programs.answer(request, &client, &world) {
                    Ok(answer) => answer,
                    Err(request) => pass_on(&client, *request).await,
                };
                Ok::<_, Infallible>(answer)
            }
        };
        tokio::spawn(async move {
            // a client that goes away in the middle is no matter of the server's
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), hyper::service::service_fn(answer))
                .with_upgrades()
                .await;
        });
    }
}

async fn pass_on(client: &Client, request: Request<Incoming>) -> Response<Body> {
    let (mut parts, body) = request.into_parts();
    for name in [header::HOST, header::ACCEPT_ENCODING, header::CONTENT_LENGTH, header::TRANSFER_ENCODING] {
        parts.headers.remove(name);
    }
    let bytes = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let mut response = client.send(Request::from_parts(parts, Body::from(bytes.to_vec()))).await.unwrap();
    for name in [header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::CONTENT_ENCODING, header::CONNECTION] {
        response.headers_mut().remove(name);
    }
    response
}
