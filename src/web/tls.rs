//! The cryptography of HTTPS towards registries and catalogs: that of aws-lc-rs, as the cluster's client has it.

/// Makes aws-lc-rs what TLS is done with in this process. reqwest is built without one and cannot make a client before
/// this was called once; to call it again does nothing.
pub fn install() {
    // an error means that one is installed already, by another thread or a program around this library
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}
