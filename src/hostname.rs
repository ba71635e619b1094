//! Names of hosts in one form, so that one host has one name wherever hosts are compared: effects, loopback, logins.

use std::net::IpAddr;

use reqwest::Url;

/// The host of an `http` or `https` URL: lower case, punycode, no final dot. An IPv4 address has four decimal numbers
/// in whatever way it was written (`0x7f.1`, `2130706433`, `[::ffff:127.0.0.1]`), an IPv6 address is in brackets.
#[must_use]
pub fn of_url(url: &Url) -> String {
    url.host_str().map(canonical).unwrap_or_default()
}

/// A host as someone writes it, without scheme and port, in the form of [`of_url`]. `None`: it is not a valid host.
#[must_use]
pub fn parse(text: &str) -> Option<String> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    if let Ok(address) = bare.parse::<IpAddr>() {
        return Some(canonical(&address.to_string()));
    }
    if text.contains(['/', '\\', '?', '#', '@', ':', '%']) || text.contains(char::is_whitespace) {
        return None;
    }
    Url::parse(&format!("http://{text}/")).ok().map(|url| of_url(&url)).filter(|host| !host.is_empty())
}

/// `HOST` or `HOST:PORT` with the host in the form of [`of_url`]. `None`: it is not valid.
#[must_use]
pub fn with_port(text: &str) -> Option<String> {
    match text.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
            let port: u16 = Some(port).filter(|port| port.bytes().all(|b| b.is_ascii_digit()))?.parse().ok()?;
            Some(format!("{}:{port}", parse(host)?))
        }
        _ => parse(text),
    }
}

/// Whether a host, without a port, is this machine.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    parse(host).is_some_and(|host| {
        let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
        host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    })
}

/// Whether two hosts, in the form of [`of_url`], are one, or belong to one registrable domain: `registry.corp.example`
/// and `auth.corp.example`. Addresses and names without a public suffix are their own domain.
#[must_use]
pub fn same_domain(one: &str, other: &str) -> bool {
    let domain = |host: &str| match host.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(_) => None,
        Err(_) => psl::domain_str(host).map(str::to_owned),
    };
    one == other || domain(one).is_some_and(|of_one| domain(other).is_some_and(|of_other| of_one == of_other))
}

fn canonical(host: &str) -> String {
    match host.trim_matches(['[', ']']).parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V4(address)) => address.to_string(),
        Ok(IpAddr::V6(address)) => format!("[{address}]"),
        Err(_) => host.strip_suffix('.').unwrap_or(host).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_host_has_one_name_however_it_is_written() {
        for (written, name) in [
            ("GHCR.io", "ghcr.io"),
            ("ghcr.io.", "ghcr.io"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("XN--BCHER-KVA.example", "xn--bcher-kva.example"),
            ("127.0.0.1", "127.0.0.1"),
            ("127.1", "127.0.0.1"),
            ("2130706433", "127.0.0.1"),
            ("0x7f.0.0.1", "127.0.0.1"),
            ("0177.0.0.1", "127.0.0.1"),
            ("::1", "[::1]"),
            ("[0:0:0:0:0:0:0:1]", "[::1]"),
            ("[::ffff:127.0.0.1]", "127.0.0.1"),
            ("localhost.", "localhost"),
        ] {
            assert_eq!(parse(written).as_deref(), Some(name), "{written}");
            if !written.contains(':') || written.starts_with('[') {
                let url = Url::parse(&format!("https://me:canary-pw@{written}:8443/x?y")).unwrap();
                assert_eq!(of_url(&url), name, "{written}");
            }
        }
        for wrong in ["", "a/b", "me@a", "a:80", "a b", "a?", "256.256.256.256", "[::1", "a%2eb"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_port_stays_with_its_host() {
        for (written, name) in [
            ("R.corp:5000", Some("r.corp:5000")),
            ("r.corp", Some("r.corp")),
            ("127.1:80", Some("127.0.0.1:80")),
            ("[::1]:5000", Some("[::1]:5000")),
            ("r.corp:", None),
            ("r.corp:x", None),
            ("r.corp:70000", None),
        ] {
            assert_eq!(with_port(written).as_deref(), name, "{written}");
        }
    }

    #[test]
    fn this_machine_is_known_by_its_address_and_by_no_name_that_begins_like_it() {
        for host in ["localhost", "LOCALHOST.", "127.0.0.1", "127.1.2.3", "0x7f.1", "[::1]", "::1", "::ffff:127.0.0.1"]
        {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["docker.io", "localhost.corp", "127.corp", "10.0.0.1", "0.0.0.0", "[::2]", ""] {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn a_domain_ends_where_others_can_register_names() {
        for (one, other, same) in [
            ("registry.corp.example", "auth.corp.example", true),
            ("registry.gitlab.com", "gitlab.com", true),
            ("registry.corp.co.uk", "auth.corp.co.uk", true),
            ("registry.co.uk", "evil.co.uk", false),
            ("me.github.io", "evil.github.io", false),
            ("registry.corp.example", "registry.corp.example.evil.net", false),
            ("10.0.0.1", "10.0.0.1", true),
            ("10.0.0.1", "11.0.0.1", false),
            ("localhost", "localhost", true),
            ("corp", "auth.corp", false),
        ] {
            assert_eq!(same_domain(one, other), same, "{one} {other}");
        }
    }
}
