//! Which servers are trusted, and who is blamed for those that are not.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mcpctl::error::Kind;
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::server::{Server, kubeconfig, pem_of, shown};

/// A server's certificate; the last word is the authority's, where it is not its own.
struct Case {
    name: &'static str,
    params: CertificateParams,
    /// The certificates that are listed as authority: `own`, `authority`, `other`.
    listed: &'static [&'static str],
    by_authority: bool,
    more: &'static str,
    /// What is said; nothing where the server is trusted.
    says: &'static [&'static str],
}

fn names(names: &[&str]) -> CertificateParams {
    CertificateParams::new(names.iter().map(ToString::to_string).collect::<Vec<_>>()).unwrap()
}

fn authority(mut params: CertificateParams) -> CertificateParams {
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

fn no_authority(mut params: CertificateParams) -> CertificateParams {
    params.is_ca = IsCa::ExplicitNoCa;
    params
}

fn in_years(mut params: CertificateParams, from: i32, to: i32) -> CertificateParams {
    params.not_before = rcgen::date_time_ymd(from, 1, 1);
    params.not_after = rcgen::date_time_ymd(to, 1, 1);
    params
}

const HOST: &[&str] = &["127.0.0.1"];

fn cases() -> Vec<Case> {
    let case = |name, params, listed, says| Case { name, params, listed, by_authority: false, more: "", says };
    let signed = |name, params, listed, says| Case { name, params, listed, by_authority: true, more: "", says };
    let mut for_clients = authority(names(HOST));
    for_clients.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let mut no_server = names(HOST);
    no_server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    vec![
        case("self-signed", names(HOST), &["own"], &[]),
        case("self-signed authority", authority(names(HOST)), &["own"], &[]),
        case("self-signed, no authority", no_authority(names(HOST)), &["own"], &[]),
        case("self-signed authority for servers", for_clients, &["own"], &[]),
        case("self-signed authority among others", authority(names(HOST)), &["other", "own"], &[]),
        signed("signed by the authority", names(HOST), &["authority"], &[]),
        signed("signed, and listed itself", names(HOST), &["own"], &[]),
        signed("an authority signed by another, listed itself", authority(names(HOST)), &["own"], &[]),
        case("another self-signed one", names(HOST), &["other"], &["cannot trust", "check `certificate-authority`"]),
        case(
            "another self-signed authority",
            authority(names(HOST)),
            &["other"],
            &["cannot trust", "`certificate-authority`"],
        ),
        signed(
            "signed by an unknown authority",
            names(HOST),
            &["other"],
            &["unknown authority", "`certificate-authority`"],
        ),
        case(
            "another name",
            authority(names(&["other.example"])),
            &["own"],
            &["is for `other.example`, not for `127.0.0.1`", "`tls-server-name: other.example`"],
        ),
        signed("two other names", names(&["a.example", "b.example"]), &["authority"], &["`a.example`, `b.example`"]),
        signed(
            "only a pattern",
            names(&["*.a.example"]),
            &["authority"],
            &["`*.a.example`", "certificate with its name"],
        ),
        signed("no name at all", names(&[]), &["authority"], &["names no host", "`127.0.0.1` is needed"]),
        signed("expired", in_years(names(HOST), 2001, 2002), &["authority"], &["expired at 2002-01-01", "clock"]),
        case(
            "expired, listed itself",
            in_years(authority(names(HOST)), 2001, 2002),
            &["own"],
            &["expired at 2002-01-01"],
        ),
        signed("not valid yet", in_years(names(HOST), 2900, 2901), &["authority"], &["valid only from 2900-01-01"]),
        signed("for clients only", no_server, &["authority"], &["not one for servers"]),
        Case {
            more: "tls-server-name: a.example",
            ..signed("asked by the right name", names(&["a.example"]), &["authority"], &[])
        },
        Case {
            more: "tls-server-name: a.example",
            ..case("its own authority by the right name", authority(names(&["a.example"])), &["own"], &[])
        },
        Case {
            more: "tls-server-name: b.example",
            ..signed(
                "asked by a wrong name",
                names(&["a.example", "127.0.0.1"]),
                &["authority"],
                &["remove `tls-server-name: b.example`"],
            )
        },
        Case {
            more: "tls-server-name: b.example",
            ..case(
                "its own authority by a wrong name",
                authority(names(HOST)),
                &["own"],
                &["remove `tls-server-name: b.example`"],
            )
        },
        Case {
            more: "tls-server-name: '10.0.0.1'",
            ..signed("asked by a wrong address", names(HOST), &["authority"], &["remove `tls-server-name: 10.0.0.1`"])
        },
    ]
}

#[tokio::test]
async fn servers_are_trusted_as_client_go_trusts_them_and_the_right_thing_is_blamed() {
    let folder = tempfile::tempdir().unwrap();
    let (root_key, other_key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let mut root = authority(CertificateParams::default());
    root.distinguished_name.push(rcgen::DnType::CommonName, "root");
    let root_certificate = root.self_signed(&root_key).unwrap();
    let other = authority(names(HOST)).self_signed(&other_key).unwrap();
    let issuer = Issuer::new(root, root_key);
    for Case { name, mut params, listed, by_authority, more, says } in cases() {
        params.distinguished_name.push(rcgen::DnType::CommonName, "server");
        let key = KeyPair::generate().unwrap();
        let own = if by_authority { params.signed_by(&key, &issuer) } else { params.self_signed(&key) }.unwrap();
        let server = Server::showing(vec![own.der().clone()], &key).await;
        let bundle: String = listed
            .iter()
            .map(|which| match *which {
                "own" => pem_of(own.der()),
                "authority" => pem_of(root_certificate.der()),
                _ => pem_of(other.der()),
            })
            .collect();
        let comma = if more.is_empty() { "" } else { ", " };
        let entry =
            format!("server: '{}', certificate-authority-data: {}{comma}{more}", server.url, STANDARD.encode(bundle));
        match server.asked(kubeconfig(folder.path(), &entry, "token: canary")).await {
            Ok(_) => assert!(says.is_empty(), "{name} is trusted"),
            Err(error) => {
                let text = shown(&error);
                assert!(!says.is_empty() && error.kind == Kind::Unreachable, "{name}: {text}");
                for part in says {
                    assert!(text.contains(part), "{name}: {text}");
                }
                let about_names = says.iter().any(|part| part.contains("tls-server-name"));
                assert!(!(about_names && text.contains("certificate-authority")), "{name}: {text}");
                assert!(!text.contains("Other") && !text.contains("canary"), "{name}: {text}");
            }
        }
    }
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_is_told_so() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 1024]).await;
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await;
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let entry = format!("server: 'https://{address}', insecure-skip-tls-verify: true");
    let file = kubeconfig(folder.path(), &entry, "token: canary");
    let cluster = super::server::connect(file).unwrap();
    let text = shown(&mcpctl::cluster::access::version(&cluster).await.unwrap_err());
    assert!(text.contains("does not answer in TLS") && text.contains("`http://`"), "{text}");
}
