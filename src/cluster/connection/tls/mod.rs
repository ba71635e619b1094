//! TLS towards an API server: whom to trust, and the certificate that says who asks.

mod explain;
mod identity;
mod key_type;
mod verifier;

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::sign::{CertifiedKey, SingleCertAndKey};

pub(in crate::cluster) use explain::{explain, in_chain};
pub(in crate::cluster) use identity::from_pem;

use crate::error::{Error, Result};
use verifier::{Anyone, Listed};

/// What does the cryptography of this program.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// Whom to trust.
#[derive(Debug, Clone)]
pub(in crate::cluster) enum Trust {
    /// The authorities that the system trusts.
    System,
    /// These authorities, and servers that show exactly one of these certificates.
    Listed(Vec<CertificateDer<'static>>),
    /// Whoever answers: `insecure-skip-tls-verify`.
    Anyone,
}

impl Trust {
    /// The certificates of a PEM file. Like client-go, it skips what is no certificate, and an empty file leaves it to
    /// the system.
    pub(in crate::cluster) fn from_pem(text: &[u8]) -> Result<Self> {
        if text.is_empty() {
            return Ok(Self::System);
        }
        let found: Vec<_> = CertificateDer::pem_slice_iter(text).filter_map(std::result::Result::ok).collect();
        if found.is_empty() {
            return Err(Error::invalid("the certificate authority contains no certificate")
                .hint("it is a PEM file with blocks `-----BEGIN CERTIFICATE-----`"));
        }
        Ok(Self::Listed(found))
    }
}

/// How connections are secured.
pub(in crate::cluster) fn config(trust: &Trust, identity: Option<Arc<CertifiedKey>>) -> Result<ClientConfig> {
    let provider = provider();
    let verifier: Arc<dyn ServerCertVerifier> = match trust {
        Trust::System => Arc::new(rustls_platform_verifier::Verifier::new(Arc::clone(&provider)).map_err(|_| {
            Error::invalid("the certificate authorities of this system cannot be read")
                .hint("name the cluster's authority with `certificate-authority` in the kubeconfig")
        })?),
        Trust::Listed(certificates) => Arc::new(Listed::new(certificates.clone(), &provider)?),
        Trust::Anyone => Arc::new(Anyone::new(&provider)),
    };
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| Error::failed("TLS is not available"))?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    Ok(match identity {
        Some(identity) => builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(identity))),
        None => builder.with_no_client_auth(),
    })
}

fn web_pki(
    certificates: &[CertificateDer<'static>],
    provider: &Arc<CryptoProvider>,
) -> Option<Arc<WebPkiServerVerifier>> {
    let mut roots = rustls::RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(certificates.iter().cloned());
    if added == 0 {
        return None;
    }
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider)).build().ok()
}
