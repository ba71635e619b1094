//! The words for a server that could not be reached, trusted or waited for.

use std::error::Error as StdError;
use std::time::Duration;

use tokio::time::error::Elapsed;

use super::deadlines::{NoConnection, never_left};
use super::tls;
use super::verbs::Operation;
use crate::cluster::Identity;
use crate::duration;
use crate::error::chain::{chain, deepest};
use crate::error::{Error, Kind};
use crate::shell;

/// No whole answer within the request timeout.
pub(in crate::cluster) fn no_answer(identity: &Identity, operation: &Operation, timeout: Duration) -> Error {
    let what = format!("{} {}", operation.verb, operation.full_resource());
    let timeout = duration::exact(timeout);
    Error::new(Kind::Timeout, format!("no answer from {} within {timeout}", server(identity)))
        .cause(format!("asked to {what}"))
        .hint("allow it more time with `--request-timeout 2m`")
}

/// A request that got no answer, from the chain of causes that the HTTP client gives.
pub(in crate::cluster) fn from_chain(identity: &Identity, error: &(dyn StdError + 'static)) -> Error {
    if let Some(error) = tls::in_chain(error) {
        return insecure(identity, error);
    }
    // the connector's own deadline is the same as ours
    let cause = if holds::<Elapsed>(error) { NoConnection.to_string() } else { deepest(error) };
    if holds::<NoConnection>(error) || never_left(error) {
        let mut error = Error::new(Kind::Unreachable, format!("cannot reach {}", server(identity)));
        if !identity.proxy.is_empty() {
            return error
                .cause(of_proxy(&cause))
                .detail(format!("the connection goes through {}", identity.proxy))
                .hint(proxy_hint(identity));
        }
        error = error.cause(cause);
        if !identity.files.is_empty() {
            error = error.detail(format!("the address is from {}", identity.files));
        }
        return error
            .hint(format!(
                "is the cluster up? `kubectl --context {} cluster-info` asks the same",
                shell::word(&identity.context)
            ))
            .hint("`--sandbox` tries things out without a cluster");
    }
    Error::new(Kind::Unreachable, format!("{} broke off its answer", server(identity))).cause(cause)
}

fn proxy_hint(identity: &Identity) -> String {
    let instead = match identity.proxy.contains("`proxy-url`") {
        true => format!("correct or remove `proxy-url` in {}", identity.files),
        false => "`NO_PROXY` names servers that are reached directly".to_owned(),
    };
    format!("check that the proxy is up and may connect to the server; {instead}")
}

/// What a proxy did, where the HTTP client has no plain words for it.
fn of_proxy(cause: &str) -> String {
    match cause.strip_prefix("tunnel error: ") {
        Some("unsuccessful") => "the proxy refused to connect to the server",
        Some("proxy authorization required") => "the proxy requires a login",
        Some("unexpected end of file") => "the proxy closed the connection",
        _ => cause,
    }
    .to_owned()
}

fn server(identity: &Identity) -> String {
    format!("`{}` (context `{}`)", identity.server, identity.context)
}

/// A connection on which TLS failed.
fn insecure(identity: &Identity, error: &rustls::Error) -> Error {
    let explained = tls::explain(identity, error);
    let verb = if explained.untrusted { "trust" } else { "connect to" };
    let error = Error::new(Kind::Unreachable, format!("cannot {verb} {}", server(identity)))
        .cause(explained.cause)
        .hint(explained.hint);
    if identity.proxy.is_empty() {
        error
    } else {
        error.detail(format!("the connection goes through {}", identity.proxy))
    }
}

fn holds<T: StdError + 'static>(error: &(dyn StdError + 'static)) -> bool {
    chain(error).any(<dyn StdError>::is::<T>)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> Identity {
        Identity {
            context: "dev".to_owned(),
            server: "https://10.0.0.1:6443".to_owned(),
            namespace: "mcp".to_owned(),
            user: "me".to_owned(),
            files: "`/home/me/.kube/config`".to_owned(),
            proxy: String::new(),
        }
    }

    #[test]
    fn no_connection_names_server_context_and_file() {
        let error = from_chain(&identity(), &NoConnection);
        assert_eq!(error.kind, Kind::Unreachable);
        assert_eq!(error.to_string(), "cannot reach `https://10.0.0.1:6443` (context `dev`): no connection within 5s");
        assert_eq!(error.details, ["the address is from `/home/me/.kube/config`"]);
        assert!(error.hints[0].contains("--context dev"));
    }

    #[test]
    fn a_proxy_on_the_way_is_named_with_its_source() {
        let proxy = "proxy `http://p:3128` (from `$HTTPS_PROXY`)";
        let through = Identity { proxy: proxy.to_owned(), ..identity() };
        let error = from_chain(&through, &NoConnection);
        assert_eq!(error.details, [format!("the connection goes through {proxy}")]);
        assert!(error.hints[0].contains("`NO_PROXY`"), "{:?}", error.hints);
        let field = Identity { proxy: "proxy `http://p` (from `proxy-url` of the cluster)".to_owned(), ..identity() };
        let error = from_chain(&field, &NoConnection);
        assert!(error.hints[0].contains("remove `proxy-url` in `/home/me/.kube/config`"), "{:?}", error.hints);
        for (cause, words) in [
            ("tunnel error: unsuccessful", "the proxy refused to connect to the server"),
            ("tunnel error: proxy authorization required", "the proxy requires a login"),
            ("connection refused", "connection refused"),
        ] {
            assert_eq!(of_proxy(cause), words);
        }
    }

    #[test]
    fn a_broken_answer_is_no_missing_connection() {
        let cause = std::io::Error::new(std::io::ErrorKind::ConnectionReset, "Connection reset by peer (os error 104)");
        let error = from_chain(&identity(), &std::io::Error::other(cause));
        assert_eq!(
            error.to_string(),
            "`https://10.0.0.1:6443` (context `dev`) broke off its answer: connection reset by peer"
        );
    }

    #[test]
    fn a_timeout_names_the_option() {
        let request = http::Request::get("/api/v1/pods").body(()).unwrap();
        let error = no_answer(&identity(), &Operation::of(&request), Duration::from_secs(30));
        assert_eq!(error.kind, Kind::Timeout);
        assert_eq!(
            error.to_string(),
            "no answer from `https://10.0.0.1:6443` (context `dev`) within 30s: asked to list pods"
        );
    }
}
