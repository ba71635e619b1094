//! Which proxy the way to an API server takes: the kubeconfig's `proxy-url`, else the environment, as Go
//! programs such as kubectl read it.

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;

use crate::hostname;

/// The proxy variables of the environment.
#[derive(Debug, Clone, Default)]
pub(super) struct ProxyVariables {
    /// `HTTPS_PROXY`
    pub(super) https: String,
    /// `HTTP_PROXY`
    pub(super) http: String,
    /// `NO_PROXY`
    pub(super) none: String,
}

impl ProxyVariables {
    /// Reads them: the capital name first, and an empty one counts as unset.
    pub(super) fn from_environment() -> Self {
        let read = |name: &str| {
            let named = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
            named(name).or_else(|| named(&name.to_lowercase())).unwrap_or_default()
        };
        Self { https: read("HTTPS_PROXY"), http: read("HTTP_PROXY"), none: read("NO_PROXY") }
    }

    /// The proxy for a server. Servers on this machine are never proxied, and a `proxy-url` of the kubeconfig
    /// counts whatever `NO_PROXY` says.
    pub(super) fn choose(&self, configured: Option<&str>, server: &Uri) -> Option<String> {
        if let Some(configured) = configured.filter(|url| !url.is_empty()) {
            return Some(known_scheme(configured));
        }
        let local = hostname::is_loopback(server.host()?);
        let named = if server.scheme_str() == Some("https") { &self.https } else { &self.http };
        let matcher =
            Matcher::builder().https(self.https.clone()).http(self.http.clone()).no(self.none.clone()).build();
        if local || named.is_empty() || matcher.intercept(server).is_none() {
            return None;
        }
        Some(if named.contains("://") { known_scheme(named) } else { format!("http://{named}") })
    }
}

/// A proxy URL in the form that the client knows: its `socks5` lets the proxy resolve names, which is what `socks5h`
/// asks for.
fn known_scheme(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let scheme = scheme.to_ascii_lowercase();
    format!("{}://{rest}", if scheme == "socks5h" { "socks5" } else { &scheme })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kubeconfig_comes_first_then_the_environment_but_for_no_proxy() {
        let variables = ProxyVariables {
            https: "proxy.corp:3128".to_owned(),
            http: "http://plain.corp".to_owned(),
            none: "inside.corp,10.0.0.0/8,".to_owned(),
        };
        let choose =
            |configured: Option<&str>, server: &'static str| variables.choose(configured, &Uri::from_static(server));
        assert_eq!(choose(None, "https://k8s.example:6443").as_deref(), Some("http://proxy.corp:3128"));
        assert_eq!(choose(None, "http://k8s.example:6443").as_deref(), Some("http://plain.corp"));
        assert_eq!(choose(Some("socks5://s:1"), "https://inside.corp").as_deref(), Some("socks5://s:1"));
        assert_eq!(choose(Some("socks5h://me:canary@s:1"), "https://k8s").as_deref(), Some("socks5://me:canary@s:1"));
        assert_eq!(choose(Some("SOCKS5H://s:1"), "https://k8s").as_deref(), Some("socks5://s:1"));
        assert_eq!(choose(Some("HTTP://s:1"), "https://k8s").as_deref(), Some("http://s:1"));
        assert_eq!(choose(Some(""), "https://a.inside.corp"), None);
        assert_eq!(choose(None, "https://10.1.2.3"), None);
        assert_eq!(choose(None, "https://127.0.0.1:6443"), None);
        assert_eq!(choose(None, "https://[::1]:6443"), None);
        assert_eq!(choose(None, "https://localhost"), None);
        let socks = ProxyVariables { https: "socks5h://proxy.corp:1080".to_owned(), ..ProxyVariables::default() };
        let chosen = socks.choose(None, &Uri::from_static("https://k8s.example:6443"));
        assert_eq!(chosen.as_deref(), Some("socks5://proxy.corp:1080"));
        assert_eq!(ProxyVariables::default().choose(None, &Uri::from_static("https://k8s.example")), None);
    }
}
