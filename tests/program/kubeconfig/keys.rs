//! Client certificates and keys: every type and form that can be used, and those that cannot, by their names.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{CertificateParams, KeyPair, SignatureAlgorithm};

use super::server::{Server, key_pem, kubeconfig, pem_of, shown};

/// A block of PEM.
fn block(label: &str, der: &[u8]) -> String {
    pem::encode(&pem::Pem::new(label, der))
}

/// The inner key of PKCS #8: its last octet string, which is SEC1 for elliptic curves and PKCS #1 for RSA.
fn inner(pkcs8: &[u8], algorithm_end: &[u8]) -> Vec<u8> {
    let at =
        pkcs8.windows(algorithm_end.len()).position(|window| window == algorithm_end).unwrap() + algorithm_end.len();
    // tag and length of the octet string
    let skip = match pkcs8[at + 1] {
        0x82 => 4,
        0x81 => 3,
        _ => 2,
    };
    pkcs8[at + skip..].to_vec()
}

fn certificate(key: &KeyPair) -> String {
    pem_of(CertificateParams::new(["me".to_owned()]).unwrap().self_signed(key).unwrap().der())
}

fn user(certificate: &str, key: &str) -> String {
    format!("client-certificate-data: {}, client-key-data: {}", STANDARD.encode(certificate), STANDARD.encode(key))
}

#[tokio::test]
async fn every_type_and_form_of_key_that_tls_has_works() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start().await;
    let make = |algorithm: &'static SignatureAlgorithm| KeyPair::generate_for(algorithm).unwrap();
    let p256 = make(&rcgen::PKCS_ECDSA_P256_SHA256);
    let p521 = make(&rcgen::PKCS_ECDSA_P521_SHA512);
    let rsa = make(&rcgen::PKCS_RSA_SHA256);
    // the end of the algorithm: the curve's identifier, and a null for RSA
    let sec1 = inner(&p256.serialize_der(), &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07]);
    let sec1_521 = inner(&p521.serialize_der(), &[0x2b, 0x81, 0x04, 0x00, 0x23]);
    let pkcs1 = inner(&rsa.serialize_der(), &[0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00]);
    let parameters = block("EC PARAMETERS", &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07]);
    let pkcs8 = key_pem(&p256);
    for (what, key, text) in [
        ("P-256", &p256, pkcs8.clone()),
        ("P-384", &make(&rcgen::PKCS_ECDSA_P384_SHA384), String::new()),
        ("P-521", &p521, String::new()),
        ("RSA", &rsa, String::new()),
        ("Ed25519", &make(&rcgen::PKCS_ED25519), String::new()),
        ("SEC1", &p256, block("EC PRIVATE KEY", &sec1)),
        ("SEC1, P-521", &p521, block("EC PRIVATE KEY", &sec1_521)),
        ("EC PARAMETERS first", &p256, format!("{parameters}{}", block("EC PRIVATE KEY", &sec1))),
        ("EC PARAMETERS before PKCS #8", &p256, format!("{parameters}{pkcs8}")),
        ("PKCS #1", &rsa, block("RSA PRIVATE KEY", &pkcs1)),
        ("a label that is not the form's", &p256, block("RSA PRIVATE KEY", &sec1)),
        ("PKCS #8 with the label of SEC1", &p256, block("EC PRIVATE KEY", &p256.serialize_der())),
        ("text around it", &p256, format!("Bag Attributes\n    a: b\n{pkcs8}\nmore\n")),
        ("a certificate after it", &p256, format!("{pkcs8}{}", certificate(&p256))),
        ("CR LF", &p256, pkcs8.replace('\n', "\r\n")),
    ] {
        let text = if text.is_empty() { key_pem(key) } else { text };
        let got = server.asked(kubeconfig(folder.path(), &server.entry(), &user(&certificate(key), &text))).await;
        match got {
            Ok(seen) => assert_eq!(seen, ["certificate"], "{what}"),
            Err(error) => panic!("{what}: {}", shown(&error)),
        }
    }
}

#[tokio::test]
async fn keys_that_cannot_be_used_are_named_for_what_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start().await;
    let (key, other) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let rsa = KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    let (own, text) = (certificate(&key), key_pem(&key));
    let of_curve = |identifier: &[u8]| {
        // the shape of PKCS #8: version, algorithm with the curve, and an octet string
        let curve = [&[0x06, u8::try_from(identifier.len()).unwrap()], identifier].concat();
        let general = [0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
        let algorithm = [&[0x30, u8::try_from(curve.len() + general.len()).unwrap()], &general[..], &curve].concat();
        let body = [&[0x02, 0x01, 0x00][..], &algorithm, &[0x04, 0x02, 0x30, 0x00]].concat();
        block("PRIVATE KEY", &[&[0x30, u8::try_from(body.len()).unwrap()], &body[..]].concat())
    };
    let legacy = text.replacen("-----\r\n", "-----\r\nProc-Type: 4,ENCRYPTED\r\nDEK-Info: AES-256-CBC,00\r\n\r\n", 1);
    let swapped = user(&text, &own);
    for (what, user, part) in [
        ("encrypted", user(&own, &block("ENCRYPTED PRIVATE KEY", b"canary")), "client key of user `ci` is encrypted"),
        ("encrypted as PEM", user(&own, &legacy), "client key of user `ci` is encrypted"),
        ("of another certificate", user(&own, &key_pem(&other)), "does not belong to its client certificate"),
        ("of another type", user(&own, &key_pem(&rsa)), "does not belong to its client certificate"),
        ("swapped", swapped, "may be swapped"),
        ("a certificate twice", user(&own, &own), "it is a certificate"),
        ("nothing in PEM", user(&own, "canary"), "contains no private key"),
        ("no certificate", user("canary", &text), "contains no certificate"),
        ("P-224", user(&own, &of_curve(&[0x2b, 0x81, 0x04, 0x00, 0x21])), "ECDSA P-224"),
        ("secp256k1", user(&own, &of_curve(&[0x2b, 0x81, 0x04, 0x00, 0x0a])), "ECDSA secp256k1"),
        ("brainpool", user(&own, &of_curve(&[0x2b, 0x24, 3, 3, 2, 8, 1, 1, 7])), "ECDSA brainpoolP256r1"),
        (
            "Ed448",
            user(&own, &block("PRIVATE KEY", &[0x30, 0x0c, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x71, 4, 0])),
            "Ed448",
        ),
        ("DSA", user(&own, &block("DSA PRIVATE KEY", &[0x30, 3, 2, 1, 0])), "the type DSA"),
        ("OpenSSH", user(&own, &block("OPENSSH PRIVATE KEY", b"openssh-key-v1")), "the type OpenSSH"),
        ("damaged", user(&own, &block("PRIVATE KEY", b"canary")), "damaged"),
    ] {
        let error = server.asked(kubeconfig(folder.path(), &server.entry(), &user)).await.expect_err(what);
        let text = shown(&error);
        assert!(text.contains(part) && text.contains("user `ci`"), "{what}: {text}");
        assert!(text.contains(folder.path().to_str().unwrap()), "{what}: {text}");
        assert!(!text.contains("canary") && !text.contains("BEGIN EC"), "{what}: {text}");
    }
}

#[test]
fn a_damaged_pem_block_is_no_key() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let key = KeyPair::generate().unwrap();
    let cut: String = key_pem(&key).chars().take(60).collect();
    runtime.block_on(async {
        let server = Server::start().await;
        let file = kubeconfig(Path::new(folder.path()), &server.entry(), &user(&certificate(&key), &cut));
        assert!(shown(&server.asked(file).await.unwrap_err()).contains("damaged"));
    });
}
