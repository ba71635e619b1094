//! The address of an API server: the `server` of a cluster entry.

use std::net::{Ipv6Addr, SocketAddrV6};

use http::Uri;
use percent_encoding::percent_decode_str;

/// Where requests go.
#[derive(Debug, Clone)]
pub(in crate::cluster) struct Address {
    /// The URL, without login and zone.
    pub(in crate::cluster) uri: Uri,
    /// The address with its zone, where it has one: `https://[fe80::1%25eth0]:6443`.
    pub(in crate::cluster) zoned: Option<SocketAddrV6>,
    /// How people are shown it.
    pub(in crate::cluster) shown: String,
    /// User name and password of the URL.
    pub(in crate::cluster) login: Option<(String, String)>,
}

impl Address {
    /// Reads a URL, or a host and a port. Without a scheme it is HTTP, as client-go has it.
    ///
    /// # Errors
    /// What is wrong with it, to be put after "`server`".
    pub(in crate::cluster) fn parse(server: &str) -> Result<Self, String> {
        if let Some(problem) = server.chars().find(|c| c.is_control() || c.is_whitespace()) {
            let what = if problem.is_control() { "a control character" } else { "a blank" };
            return Err(format!("contains {what}"));
        }
        let (scheme, rest) = server.split_once("://").unwrap_or(("http", server));
        let scheme = scheme.to_ascii_lowercase();
        if scheme != "http" && scheme != "https" {
            return Err("has an unknown scheme: write `https://HOST:PORT`".to_owned());
        }
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let (login, host) = match authority.rsplit_once('@') {
            Some((login, host)) => (Some(login), host),
            None => (None, authority),
        };
        let (host, zone) = without_zone(host)?;
        let shown = format!("{scheme}://{}{path}", host_shown(&host, zone.as_deref()));
        let uri: Uri = format!("{scheme}://{host}{path}").parse().map_err(|_| "is not a valid URL".to_owned())?;
        // the parser of URLs accepts any text as a port
        let port = host.rsplit_once(':').map_or("", |(_, port)| port);
        if !port.is_empty() && !port.ends_with(']') && uri.port_u16().is_none() {
            return Err("is not a valid URL".to_owned());
        }
        if uri.host().is_none_or(str::is_empty) {
            return Err("names no host".to_owned());
        }
        let zoned = zone.map(|zone| zoned(&uri, &zone)).transpose()?;
        let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let login = login.map(|login| login.split_once(':').unwrap_or((login, "")));
        Ok(Self {
            uri,
            zoned,
            shown: shown.trim_end_matches('/').to_owned(),
            login: login.map(|(name, password)| (decode(name), decode(password))),
        })
    }
}

/// Takes the zone out of `[fe80::1%25eth0]:6443`. A bare `%` is accepted as well.
fn without_zone(host: &str) -> Result<(String, Option<String>), String> {
    let Some((inside, after)) = host.strip_prefix('[').and_then(|rest| rest.split_once(']')) else {
        return Ok((host.to_owned(), None));
    };
    let Some((address, zone)) = inside.split_once('%') else { return Ok((host.to_owned(), None)) };
    let zone = percent_decode_str(zone.strip_prefix("25").unwrap_or(zone)).decode_utf8_lossy().into_owned();
    if zone.is_empty() {
        return Err("has an address with an empty zone".to_owned());
    }
    Ok((format!("[{address}]{after}"), Some(zone)))
}

fn host_shown(host: &str, zone: Option<&str>) -> String {
    match (zone, host.split_once(']')) {
        (Some(zone), Some((address, after))) => format!("{address}%{zone}]{after}"),
        _ => host.to_owned(),
    }
}

/// The zone is the name of an interface of this machine, or its number.
fn zoned(uri: &Uri, zone: &str) -> Result<SocketAddrV6, String> {
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let address: Ipv6Addr = host.parse().map_err(|_| "has a zone after what is not an IPv6 address".to_owned())?;
    let index = match zone.parse() {
        Ok(number) => number,
        Err(_) => nix::net::if_::if_nametoindex(zone)
            .map_err(|_| format!("has the zone `{zone}`, and this machine has no such network interface"))?,
    };
    let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 });
    Ok(SocketAddrV6::new(address, port, 0, index))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_read_as_client_go_reads_them() {
        for (server, uri) in [
            ("https://k8s.example:6443", "https://k8s.example:6443/"),
            ("https://k8s.example:6443/", "https://k8s.example:6443/"),
            ("HTTPS://k8s.example", "https://k8s.example/"),
            ("k8s.example:6443", "http://k8s.example:6443/"),
            ("https://rancher.example/k8s/clusters/c-1", "https://rancher.example/k8s/clusters/c-1"),
            ("https://k8s.example/a?b=c#d", "https://k8s.example/a"),
            ("https://[2001:db8::1]:6443", "https://[2001:db8::1]:6443/"),
            ("https://127.0.0.1:1", "https://127.0.0.1:1/"),
        ] {
            let address = Address::parse(server).unwrap();
            assert_eq!(address.uri.to_string(), uri, "{server}");
            assert!(address.zoned.is_none() && address.login.is_none(), "{server}");
        }
    }

    #[test]
    fn a_zone_is_an_interface_of_this_machine() {
        for server in ["https://[fe80::1%25lo]:6443", "https://[fe80::1%lo]:6443", "https://[fe80::1%251]:6443"] {
            let address = Address::parse(server).unwrap();
            assert_eq!(address.uri.to_string(), "https://[fe80::1]:6443/");
            let zoned = address.zoned.unwrap();
            assert_eq!((zoned.port(), zoned.scope_id()), (6443, 1), "{server}");
        }
        let problem = Address::parse("https://[fe80::1%25no-such]:6443").unwrap_err();
        assert!(problem.contains("`no-such`"), "{problem}");
        assert_eq!(Address::parse("https://[fe80::1%25lo]").unwrap().zoned.unwrap().port(), 443);
        assert_eq!(Address::parse("https://[fe80::1%25lo]:6443").unwrap().shown, "https://[fe80::1%lo]:6443");
    }

    #[test]
    fn what_is_no_address_says_why_and_a_login_is_never_shown() {
        for (server, part) in [
            ("https://a b", "a blank"),
            ("https://a\n", "a control character"),
            ("https://a\u{1}", "a control character"),
            ("ftp://a", "unknown scheme"),
            ("https://", "not a valid URL"),
            ("https://a:port", "not a valid URL"),
            ("https://[fe80::1%25]", "empty zone"),
            ("https://[a%25lo]", "not a"),
        ] {
            let problem = Address::parse(server).unwrap_err();
            assert!(problem.contains(part), "{server}: {problem}");
        }
        let address = Address::parse("https://me:canary%40pass@k8s.example").unwrap();
        assert_eq!(address.login, Some(("me".to_owned(), "canary@pass".to_owned())));
        assert_eq!(
            (address.shown.as_str(), address.uri.to_string().as_str()),
            ("https://k8s.example", "https://k8s.example/")
        );
    }
}
