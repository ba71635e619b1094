//! Which proxy the way to an API server takes: the kubeconfig's `proxy-url`, else the environment, as Go
//! programs such as kubectl read it.

use base64::Engine as _;
use http::{HeaderValue, Uri};
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::client::proxy::matcher::Matcher;
use percent_encoding::percent_decode_str;

use crate::error::{Error, Result};
use crate::hostname;

/// A proxy on the way to an API server.
#[derive(Debug, Clone)]
pub(in crate::cluster) struct Proxy {
    /// Its URL, without a login.
    pub(in crate::cluster) uri: Uri,
    /// User name and password.
    login: Option<(String, String)>,
    /// Where its URL is from: `proxy-url`, or a variable of the environment.
    source: String,
}

impl Proxy {
    /// Reads a URL. `source` is the field or the variable that contains it.
    ///
    /// # Errors
    /// It is not a URL of a proxy; it is not shown, because it may contain a password.
    fn parse(url: &str, source: String) -> Result<Self> {
        let invalid = |problem: &str| {
            Error::invalid(format!("{source} {problem}")).hint("write `http://HOST:PORT`, `https://…` or `socks5://…`")
        };
        let Some((scheme, rest)) = url.split_once("://") else { return Err(invalid("has no known scheme")) };
        // the client's `socks5` lets the proxy resolve names, which is what `socks5h` asks for
        let (scheme, port) = match scheme.to_ascii_lowercase().as_str() {
            "http" => ("http", 80),
            "https" => ("https", 443),
            "socks5" | "socks5h" => ("socks5", 1080),
            _ => return Err(invalid("has no known scheme")),
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let (login, host) = match authority.rsplit_once('@') {
            Some((login, host)) => (Some(login.split_once(':').unwrap_or((login, ""))), host),
            None => (None, authority),
        };
        let uri = format!("{scheme}://{host}").parse::<Uri>().ok();
        let uri = uri.filter(|uri| uri.host().is_some_and(|host| !host.is_empty()));
        let uri = match uri {
            Some(uri) if uri.port().is_none() => {
                format!("{scheme}://{}:{port}", host.trim_end_matches(':')).parse().ok()
            }
            other => other.filter(|uri| uri.port_u16().is_some()),
        };
        let uri = uri.ok_or_else(|| invalid("is not a valid URL"))?;
        let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        Ok(Self { uri, login: login.map(|(name, password)| (decode(name), decode(password))), source })
    }

    /// Its URL and where that is from, as errors name it.
    pub(in crate::cluster) fn described(&self) -> String {
        format!("proxy `{}` (from {})", self.uri.to_string().trim_end_matches('/'), self.source)
    }

    /// The way through an HTTP proxy.
    pub(in crate::cluster) fn tunnel<C>(&self, connector: C) -> Tunnel<C> {
        let tunnel = Tunnel::new(self.uri.clone(), connector);
        let header = self.login.as_ref().and_then(|(name, password)| {
            let login = base64::engine::general_purpose::STANDARD.encode(format!("{name}:{password}"));
            HeaderValue::try_from(format!("Basic {login}")).ok()
        });
        match header {
            Some(mut header) => {
                header.set_sensitive(true);
                tunnel.with_auth(header)
            }
            None => tunnel,
        }
    }

    /// The way through a SOCKS proxy.
    pub(in crate::cluster) fn socks<C>(&self, connector: C) -> SocksV5<C> {
        let socks = SocksV5::new(self.uri.clone(), connector);
        match self.login.clone() {
            Some((name, password)) => socks.with_auth(name, password),
            None => socks,
        }
    }
}

/// A variable of the environment: its name as it is set, and its value.
#[derive(Debug, Clone, Default)]
pub(in crate::cluster) struct Variable {
    name: String,
    value: String,
}

/// The proxy variables of the environment.
#[derive(Debug, Clone, Default)]
pub(in crate::cluster) struct ProxyVariables {
    /// `HTTPS_PROXY`
    pub(in crate::cluster) https: Variable,
    /// `HTTP_PROXY`
    pub(in crate::cluster) http: Variable,
    /// `NO_PROXY`
    pub(in crate::cluster) none: String,
}

impl ProxyVariables {
    /// Reads them: the capital name first, and an empty one counts as unset.
    pub(in crate::cluster) fn from_environment() -> Self {
        let read = |name: &str| {
            let named = |name: String| {
                let value = std::env::var(&name).ok().filter(|value| !value.is_empty())?;
                Some(Variable { name, value })
            };
            named(name.to_owned()).or_else(|| named(name.to_lowercase())).unwrap_or_default()
        };
        Self { https: read("HTTPS_PROXY"), http: read("HTTP_PROXY"), none: read("NO_PROXY").value }
    }

    /// The proxy for a server. Servers on this machine are never proxied, and a `proxy-url` of the kubeconfig
    /// counts whatever `NO_PROXY` says.
    ///
    /// # Errors
    /// What is configured is not a URL of a proxy.
    pub(in crate::cluster) fn choose(&self, configured: Option<&str>, server: &Uri) -> Result<Option<Proxy>> {
        if let Some(configured) = configured.filter(|url| !url.is_empty()) {
            return Proxy::parse(configured, "`proxy-url` of the cluster".to_owned()).map(Some);
        }
        let local = server.host().is_none_or(hostname::is_loopback);
        let named = if server.scheme_str() == Some("https") { &self.https } else { &self.http };
        if local || named.value.is_empty() {
            return Ok(None);
        }
        // the matcher knows what `NO_PROXY` says, and no scheme but these
        let any = "http://proxy";
        let matcher = Matcher::builder().https(any).http(any).no(self.none.clone()).build();
        if matcher.intercept(server).is_none() {
            return Ok(None);
        }
        let url = if named.value.contains("://") { named.value.clone() } else { format!("http://{}", named.value) };
        Proxy::parse(&url, format!("`${}`", named.name)).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(https: &str, http: &str, none: &str) -> ProxyVariables {
        let variable = |name: &str, value: &str| Variable { name: name.to_owned(), value: value.to_owned() };
        ProxyVariables {
            https: variable("HTTPS_PROXY", https),
            http: variable("http_proxy", http),
            none: none.to_owned(),
        }
    }

    #[test]
    fn the_kubeconfig_comes_first_then_the_environment_but_for_no_proxy() {
        let variables = variables("proxy.corp:3128", "http://plain.corp", "inside.corp,10.0.0.0/8,");
        for (configured, server, expected) in [
            (None, "https://k8s.example:6443", Some("proxy `http://proxy.corp:3128` (from `$HTTPS_PROXY`)")),
            (None, "http://k8s.example:6443", Some("proxy `http://plain.corp:80` (from `$http_proxy`)")),
            (
                Some("socks5://s:1"),
                "https://inside.corp",
                Some("proxy `socks5://s:1` (from `proxy-url` of the cluster)"),
            ),
            (Some(""), "https://a.inside.corp", None),
            (None, "https://10.1.2.3", None),
            (None, "https://127.0.0.1:6443", None),
            (None, "https://[::1]:6443", None),
            (None, "https://localhost", None),
        ] {
            let proxy = variables.choose(configured, &Uri::from_static(server)).unwrap();
            assert_eq!(proxy.map(|proxy| proxy.described()).as_deref(), expected, "{configured:?} {server}");
        }
        let none = ProxyVariables::default().choose(None, &Uri::from_static("https://k8s.example")).unwrap();
        assert!(none.is_none());
    }

    #[test]
    fn a_proxy_has_a_port_and_a_login_that_is_never_shown() {
        for (url, uri, login) in [
            ("http://p", "http://p:80/", None),
            ("HTTPS://p", "https://p:443/", None),
            ("socks5://p", "socks5://p:1080", None),
            ("SOCKS5H://p:1", "socks5://p:1", None),
            ("http://p:3128/path?a", "http://p:3128/", None),
            ("http://[::1]:3128", "http://[::1]:3128/", None),
            ("http://[::1]", "http://[::1]:80/", None),
            ("socks5h://me:canary@s:1", "socks5://s:1", Some(("me", "canary"))),
            ("http://me:canary%40%3A@s:1", "http://s:1/", Some(("me", "canary@:"))),
            ("socks5://me@s:1", "socks5://s:1", Some(("me", ""))),
            ("http://me:can@ry@s:1", "http://s:1/", Some(("me", "can@ry"))),
        ] {
            let proxy = Proxy::parse(url, "`x`".to_owned()).unwrap();
            assert_eq!(proxy.uri.to_string().trim_end_matches('/'), uri.trim_end_matches('/'), "{url}");
            let known = proxy.login.as_ref().map(|(name, password)| (name.as_str(), password.as_str()));
            assert_eq!(known, login, "{url}");
            assert!(!proxy.described().contains("can"), "{url}");
        }
    }

    #[test]
    fn what_is_not_a_proxy_is_named_by_its_source_alone() {
        for url in
            ["ftp://canary", "http://", "http://canary:x:y", "http://a b", "socks4://canary", "http://me:canary@"]
        {
            for (configured, environment, source) in
                [(Some(url), "", "`proxy-url` of the cluster"), (None, url, "`$HTTPS_PROXY`")]
            {
                let server = Uri::from_static("https://k8s.example:6443");
                let error = variables(environment, "", "").choose(configured, &server).unwrap_err();
                assert!(error.message.starts_with(source), "{url}: {error}");
                assert!(!format!("{error:?}").contains("canary"), "{url}: {error:?}");
            }
        }
    }
}
