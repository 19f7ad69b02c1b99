//! The one TLS provider of the process.

/// Installs ring as rustls' provider; every HTTP client needs that before it is built.
pub fn install() {
    // A second installation is refused, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
