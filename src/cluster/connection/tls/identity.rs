//! A client certificate and its key, from PEM as Go reads it: blocks of other kinds are skipped, and a key is what it
//! is, whatever its label says.

use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{Error as TlsError, InconsistentKeys};

use super::{key_type, provider};
use crate::error::{Error, Result};

/// Labels of keys that client-go takes; the first block with one of them is the key.
const LABEL: &str = "PRIVATE KEY";

/// The identity of a user. `whose` is the user, as errors name it.
pub(in crate::cluster) fn from_pem(certificate: &[u8], key: &[u8], whose: &str) -> Result<Arc<CertifiedKey>> {
    let chain: Vec<_> = CertificateDer::pem_slice_iter(certificate).filter_map(std::result::Result::ok).collect();
    if chain.is_empty() {
        let error = Error::invalid(format!("the client certificate of {whose} contains no certificate"));
        return Err(if block(certificate).is_some() {
            error.cause("it is a private key").hint("`client-certificate` and `client-key` may be swapped")
        } else {
            error.hint("it is a PEM file with blocks `-----BEGIN CERTIFICATE-----`")
        });
    }
    let Some((label, text)) = block(key) else {
        let error = Error::invalid(format!("the client key of {whose} contains no private key"));
        return Err(if CertificateDer::from_pem_slice(key).is_ok() {
            error.cause("it is a certificate").hint("`client-certificate` and `client-key` may be swapped")
        } else {
            error.hint("it is a PEM file with a block `-----BEGIN PRIVATE KEY-----`")
        });
    };
    if label.contains("ENCRYPTED") || text.contains("ENCRYPTED") {
        return Err(Error::invalid(format!("the client key of {whose} is encrypted"))
            .cause("Kubernetes clients cannot ask for its passphrase")
            .hint("decrypt it: `openssl pkey -in KEY -out NEW_KEY`, and keep the new file readable for you alone"));
    }
    let unusable = |cause: &str| Error::invalid(format!("the client key of {whose} cannot be used")).cause(cause);
    let der = decode(&text).ok_or_else(|| unusable("its PEM block is damaged"))?;
    let kind = key_type::name(label, &der);
    let parsed = PrivateKeyDer::try_from(der).map_err(|_| match &kind {
        Some(kind) => unusable(&format!("keys of the type {kind} are not supported")).hint(USABLE),
        None => unusable("it is not a private key, or it is damaged"),
    })?;
    let key = provider().key_provider.load_private_key(parsed).map_err(|_| match &kind {
        Some(kind) => unusable(&format!("keys of the type {kind} are not supported")).hint(USABLE),
        None => unusable("its type is unknown, or it is damaged").hint(USABLE),
    })?;
    let identity = CertifiedKey::new(chain, key);
    match identity.keys_match() {
        Err(TlsError::InconsistentKeys(InconsistentKeys::KeyMismatch)) => {
            Err(Error::invalid(format!("the client key of {whose} does not belong to its client certificate"))
                .cause("the certificate has another public key")
                .hint("use the key with which the certificate was requested; the user's own certificate comes first"))
        }
        // what else may be wrong with the certificate, the server says
        _ => Ok(Arc::new(identity)),
    }
}

const USABLE: &str = "usable are RSA from 2048 bits, ECDSA with P-256, P-384 or P-521, and Ed25519";

/// The first block of a private key: its label and its lines.
fn block(pem: &[u8]) -> Option<(&str, String)> {
    let text = std::str::from_utf8(pem).ok()?;
    let mut lines = text.lines().map(str::trim_end);
    loop {
        let label = lines.next()?.strip_prefix("-----BEGIN ").and_then(|rest| rest.strip_suffix("-----"));
        if let Some(label) = label.filter(|label| label.ends_with(LABEL)) {
            let end = format!("-----END {label}-----");
            return Some((label, lines.take_while(|line| *line != end).collect::<Vec<_>>().join("\n")));
        }
    }
}

/// The data of a block without headers.
fn decode(lines: &str) -> Option<Vec<u8>> {
    use base64::Engine as _;
    let text: String = lines.lines().filter(|line| !line.contains(':')).flat_map(str::split_whitespace).collect();
    base64::engine::general_purpose::STANDARD.decode(text).ok().filter(|der| !der.is_empty())
}
