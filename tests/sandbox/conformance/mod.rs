//! One suite of requests with the answers that are expected: the sandbox must give them, and so must the real
//! API server (`MCPCTL_E2E_KUBECONFIG`). Where they differ, the sandbox is wrong.

// A case that panics has failed: that is how it says so, in its helpers too.
#![allow(clippy::unwrap_used)]

mod access;
mod adoption;
mod apply;
mod change;
mod deletion;
mod histories;
mod listing;
mod pods;
pub(crate) mod request;
mod watching;

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::time::Duration;

use futures::{FutureExt as _, StreamExt as _};
use kube::Client;
use kube_sandbox::Sandbox;

use request::Api;

/// A case: it gets an API whose namespace exists, has a service account, and is its own alone.
type Case = fn(Api) -> Pin<Box<dyn Future<Output = ()> + Send>>;

/// Lists cases by the names of their functions.
macro_rules! cases {
    ($($name:ident),* $(,)?) => {
        pub(crate) fn cases() -> Vec<(&'static str, crate::sandbox::conformance::Case)> {
            vec![$((concat!(module_path!(), "::", stringify!($name)), |api| Box::pin($name(api)))),*]
        }
    };
}
pub(crate) use cases;

fn all() -> Vec<(&'static str, Case)> {
    [
        access::cases(),
        adoption::cases(),
        apply::cases(),
        change::cases(),
        deletion::cases(),
        listing::cases(),
        pods::cases(),
        watching::cases(),
    ]
    .concat()
}

/// Runs every case in a namespace of its own, some at a time, and gives the failures.
async fn failures(client: &Client, run: &str) -> Vec<String> {
    let wanted = std::env::var("CONFORMANCE").unwrap_or_default();
    let runs = all().into_iter().enumerate().filter(|(_, (name, _))| name.contains(&wanted)).map(
        |(number, (name, case))| async move {
            let api = Api::new(client.clone(), &format!("conformance-{run}-{number}"));
            failure(name, case, &api).await
        },
    );
    futures::stream::iter(runs).buffer_unordered(8).filter_map(std::future::ready).collect().await
}

async fn failure(name: &str, case: Case, api: &Api) -> Option<String> {
    api.make_namespace().await;
    let run = AssertUnwindSafe(case(api.clone())).catch_unwind();
    let failure = match tokio::time::timeout(Duration::from_secs(300), run).await {
        Ok(Ok(())) => None,
        Ok(Err(panic)) => Some(format!("{name}: {}", message(panic.as_ref()))),
        Err(_) => Some(format!("{name}: did not end within five minutes")),
    };
    api.send("DELETE", &format!("/api/v1/namespaces/{}", api.namespace), None).await;
    failure
}

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_default()
}

fn report(failures: &[String]) {
    assert!(failures.is_empty(), "{} cases failed:\n{}", failures.len(), failures.join("\n"));
}

#[tokio::test]
async fn the_sandbox_conforms() {
    let world = Sandbox::new();
    report(&failures(&world.client(), "sandbox").await);
}

#[tokio::test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
async fn the_real_api_server_conforms() {
    report(&failures(&real().await, &std::process::id().to_string()).await);
}

#[tokio::test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
async fn the_sandbox_and_the_real_api_server_agree_on_any_history() {
    let namespace = format!("conformance-{}-histories", std::process::id());
    let (real, sandbox) = (Api::new(real().await, &namespace), Api::new(Sandbox::new().client(), &namespace));
    for api in [&real, &sandbox] {
        api.make_namespace().await;
    }
    let failures = histories::differences(&real, &sandbox).await;
    real.send("DELETE", &format!("/api/v1/namespaces/{namespace}"), None).await;
    report(&failures);
}

/// A client of the real API server.
async fn real() -> Client {
    let path = std::env::var("MCPCTL_E2E_KUBECONFIG").unwrap();
    let kubeconfig = kube::config::Kubeconfig::read_from(path).unwrap();
    let options = kube::config::KubeConfigOptions::default();
    let mut config = kube::Config::from_custom_kubeconfig(kubeconfig, &options).await.unwrap();
    // Every answer is looked at, those too that a client would otherwise ask for again.
    config.default_retry = false;
    Client::try_from(config).unwrap()
}
