//! The TLS library's errors in plain words, and who is to blame: the certificate, its name, the authority, this user's
//! own certificate, or a server that speaks no TLS.

use std::error::Error as StdError;

use jiff::Timestamp;
use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, Error as TlsError, PeerIncompatible};

use crate::cluster::Identity;
use crate::error::chain::chain;

/// What is wrong, and what to do.
pub(in crate::cluster) struct Explained {
    /// Whether the server could not be trusted; else it could not be spoken with.
    pub(in crate::cluster) untrusted: bool,
    pub(in crate::cluster) cause: String,
    pub(in crate::cluster) hint: String,
}

/// The TLS library's error behind another one.
pub(in crate::cluster) fn in_chain<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a TlsError> {
    chain(error).find_map(|cause| cause.downcast_ref::<TlsError>())
}

/// Explains an error of a connection to a cluster.
pub(in crate::cluster) fn explain(identity: &Identity, error: &TlsError) -> Explained {
    match error {
        TlsError::InvalidCertificate(error) => certificate(identity, error),
        TlsError::AlertReceived(alert) => alert_received(identity, *alert),
        TlsError::InvalidMessage(_) | TlsError::InappropriateMessage { .. } => Explained {
            untrusted: false,
            cause: "it does not answer in TLS".to_owned(),
            hint: format!("if it is an HTTP server, `server` begins with `http://`: look at {}", files(identity)),
        },
        TlsError::PeerIncompatible(cause) => Explained {
            untrusted: false,
            cause: match cause {
                PeerIncompatible::NoCertificateRequestSignatureSchemesInCommon => {
                    "it accepts no signature that the client key can make"
                }
                _ => "it offers no version or cipher of TLS that is still safe",
            }
            .to_owned(),
            hint: "TLS 1.2 or 1.3 is needed".to_owned(),
        },
        other => Explained {
            untrusted: false,
            cause: format!("the TLS handshake failed: {}", sentence(&other.to_string())),
            hint: "is this the address of a Kubernetes API server?".to_owned(),
        },
    }
}

fn certificate(identity: &Identity, error: &CertificateError) -> Explained {
    let authority = format!("check `certificate-authority` of the cluster in {}", files(identity));
    let clock = "renew the server's certificate; if it is valid, look at the clock of this machine".to_owned();
    let (cause, hint) = match error {
        CertificateError::Expired => ("its certificate has expired".to_owned(), clock),
        CertificateError::ExpiredContext { not_after, .. } => {
            (format!("its certificate expired at {}", date(*not_after)), clock)
        }
        CertificateError::NotValidYet => ("its certificate is not valid yet".to_owned(), clock),
        CertificateError::NotValidYetContext { not_before, .. } => {
            (format!("its certificate is valid only from {}", date(*not_before)), clock)
        }
        CertificateError::UnknownIssuer => ("its certificate is from an unknown authority".to_owned(), authority),
        CertificateError::BadSignature => ("its certificate is not signed by the authority".to_owned(), authority),
        CertificateError::NotValidForName => {
            ("its certificate is for another name".to_owned(), name_hint(identity, &[]))
        }
        CertificateError::NotValidForNameContext { expected, presented } => {
            let names: Vec<String> = presented.iter().map(|name| plain_name(name)).collect();
            let wanted = expected.to_str();
            let cause = match names.as_slice() {
                [] => format!("its certificate names no host, and `{wanted}` is needed"),
                names => format!("its certificate is for `{}`, not for `{wanted}`", names.join("`, `")),
            };
            let hint = if is_host(identity, &wanted) {
                name_hint(identity, &names)
            } else {
                format!("correct or remove `tls-server-name: {wanted}` of the cluster in {}", files(identity))
            };
            (cause, hint)
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            ("its certificate is not one for servers".to_owned(), authority)
        }
        CertificateError::BadEncoding => ("its certificate is damaged".to_owned(), authority),
        CertificateError::Other(other) => {
            let cause = match other.0.downcast_ref::<webpki::Error>() {
                Some(webpki::Error::CaUsedAsEndEntity) => {
                    "it shows the certificate of an authority, which is not the trusted one"
                }
                Some(webpki::Error::UnsupportedCertVersion) => "its certificate has version 1, which names no host",
                _ => "its certificate is not valid",
            };
            (cause.to_owned(), authority)
        }
        _ => ("its certificate is not valid".to_owned(), authority),
    };
    Explained { untrusted: true, cause, hint }
}

/// The server says what it thinks of us.
fn alert_received(identity: &Identity, alert: AlertDescription) -> Explained {
    let whose = format!("the client certificate of user `{}`", identity.user);
    let cause = match alert {
        AlertDescription::CertificateRequired => "it wants a client certificate, and the user has none".to_owned(),
        AlertDescription::CertificateExpired => format!("{whose} has expired"),
        AlertDescription::CertificateRevoked => format!("{whose} was revoked"),
        AlertDescription::UnknownCA => format!("{whose} is from an authority that the server does not know"),
        AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateUnknown
        | AlertDescription::AccessDenied => format!("it rejects {whose}"),
        AlertDescription::ProtocolVersion => "it offers no version of TLS that is still safe".to_owned(),
        AlertDescription::UnrecognisedName => "it does not know the name that it was asked for".to_owned(),
        AlertDescription::HandshakeFailure => "it has no cipher or certificate in common with this client".to_owned(),
        _ => "it ended the TLS handshake".to_owned(),
    };
    let hint = match alert {
        AlertDescription::ProtocolVersion | AlertDescription::HandshakeFailure => "TLS 1.2 or 1.3 is needed".to_owned(),
        AlertDescription::UnrecognisedName => format!("check `tls-server-name` and `server` in {}", files(identity)),
        _ => format!("log in again, or renew the certificate of the user in {}", files(identity)),
    };
    Explained { untrusted: false, cause, hint }
}

fn name_hint(identity: &Identity, names: &[String]) -> String {
    match names.iter().find(|name| !name.contains('*')) {
        Some(name) => {
            format!(
                "use one of these names in `server`, or add `tls-server-name: {name}` to the cluster in {}",
                files(identity)
            )
        }
        None => format!("give the server a certificate with its name, or check `server` in {}", files(identity)),
    }
}

fn files(identity: &Identity) -> &str {
    if identity.files.is_empty() { "the kubeconfig" } else { &identity.files }
}

/// Whether a name is the host of the server's URL: else it is from `tls-server-name`.
fn is_host(identity: &Identity, name: &str) -> bool {
    let rest = identity.server.split_once("://").map_or(identity.server.as_str(), |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(address) => address.split([']', '%']).next().unwrap_or_default(),
        None => authority.rsplit_once(':').map_or(authority, |(host, _)| host),
    };
    host.eq_ignore_ascii_case(name)
}

/// `DnsName("a.b")` → `a.b`, as the library describes alternative names.
fn plain_name(name: &str) -> String {
    let inner = name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')')).unwrap_or(name);
    inner.trim_matches('"').to_owned()
}

fn date(time: UnixTime) -> String {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).map_or_else(|_| "an unknown date".to_owned(), |time| time.to_string())
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
