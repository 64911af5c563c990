//! Selects the roots and certificates of TLS.

use std::fmt;
use std::sync::Arc;

use rustls::client::WantsClientCert;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};

use crate::BuildError;

mod client_cert;

use client_cert::ClientCert;

/// Holds the root certificates to trust and the certificate to show. A client reads roots when it is made, and only for an https
/// URL or proxy.
///
/// ```
/// use hub_auth_host::Trust;
///
/// let file = b"no certificate";
/// assert!(Trust::system().with_ca_pem(file).is_err());
/// ```
#[derive(Clone)]
#[must_use]
pub struct Trust {
    roots: Roots,
    own: Vec<CertificateDer<'static>>,
    client_cert: Option<Arc<ClientCert>>,
    provider: Option<Arc<CryptoProvider>>,
}

#[derive(Clone, Copy, Debug)]
enum Roots {
    System,
    #[cfg(feature = "webpki-roots")]
    Webpki,
    None,
}

impl Default for Trust {
    fn default() -> Trust {
        Trust::system()
    }
}

impl Trust {
    /// Trusts the operating system's roots, checked as the platform does it. Needs the feature `platform-verifier`.
    pub fn system() -> Trust {
        Trust::of(Roots::System)
    }

    /// Trusts Mozilla's roots, compiled in, for images without any.
    #[cfg(feature = "webpki-roots")]
    #[cfg_attr(docsrs, doc(cfg(feature = "webpki-roots")))]
    pub fn webpki() -> Trust {
        Trust::of(Roots::Webpki)
    }

    /// Trusts only the roots that [`with_ca_pem`](Trust::with_ca_pem) adds.
    pub fn none() -> Trust {
        Trust::of(Roots::None)
    }

    fn of(roots: Roots) -> Trust {
        Trust { roots, own: Vec::new(), client_cert: None, provider: None }
    }

    /// Trusts the certificates of this PEM file as roots too. Ignores everything else in it.
    pub fn with_ca_pem(mut self, pem: &[u8]) -> Result<Trust, BuildError> {
        // Adding them to a store one by one shows which is bad.
        let mut checked = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|_| BuildError::Pem("the CA file is not PEM".into()))?;
            let nth = checked.len() + 1;
            let unreadable = || BuildError::Pem(format!("certificate {nth} of the CA file cannot be read"));
            checked.add(certificate.clone()).map_err(|_| unreadable())?;
            self.own.push(certificate);
        }
        if checked.is_empty() {
            return Err(BuildError::Pem("the CA file has no certificate in it".into()));
        }
        Ok(self)
    }

    /// Shows the Hub this certificate if it asks for one, as a gateway of a company may. The PEM file holds the chain, own
    /// certificate first, and the private key. A proxy that is reached over TLS does not see it.
    pub fn with_client_cert_pem(self, pem: &[u8]) -> Result<Trust, BuildError> {
        Ok(Trust { client_cert: Some(Arc::new(ClientCert::from_pem(pem)?)), ..self })
    }

    /// Uses the cryptography of this provider instead of the one that is compiled in.
    pub fn with_provider(self, provider: Arc<CryptoProvider>) -> Trust {
        Trust { provider: Some(provider), ..self }
    }

    /// Returns the configuration of TLS to the Hub.
    pub(crate) fn for_hub(&self) -> Result<ClientConfig, BuildError> {
        let config = self.verified()?;
        match &self.client_cert {
            Some(client_cert) => client_cert.put(config),
            None => Ok(config.with_no_client_auth()),
        }
    }

    /// Returns the configuration of TLS to a proxy.
    pub(crate) fn for_proxy(&self) -> Result<ClientConfig, BuildError> {
        Ok(self.verified()?.with_no_client_auth())
    }

    /// Starts a configuration of TLS 1.2 and 1.3 that trusts these roots.
    fn verified(&self) -> Result<Verified, BuildError> {
        let provider = self.provider.clone().or_else(provider);
        let provider = provider.ok_or(BuildError::MissingFeature { feature: "aws-lc-rs or ring" })?;
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| BuildError::Tls(error.into()))?;
        self.verify(builder, provider)
    }

    fn verify(&self, builder: Verifying, provider: Arc<CryptoProvider>) -> Result<Verified, BuildError> {
        let store = match self.roots {
            Roots::System => return self.verify_by_system(builder, provider),
            #[cfg(feature = "webpki-roots")]
            Roots::Webpki => RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() },
            Roots::None => RootCertStore::empty(),
        };
        self.verify_by_store(builder, store)
    }

    fn verify_by_store(&self, builder: Verifying, mut store: RootCertStore) -> Result<Verified, BuildError> {
        for root in &self.own {
            store.add(root.clone()).map_err(|error| BuildError::Tls(error.into()))?;
        }
        if store.is_empty() {
            return Err(BuildError::NoRoots { setting: None, source: None });
        }
        Ok(builder.with_root_certificates(store))
    }

    #[cfg(feature = "platform-verifier")]
    fn verify_by_system(&self, builder: Verifying, provider: Arc<CryptoProvider>) -> Result<Verified, BuildError> {
        let verifier = rustls_platform_verifier::Verifier::new_with_extra_roots(self.own.iter().cloned(), provider)
            .map_err(|error| BuildError::NoRoots { setting: roots_setting(), source: Some(error.into()) })?;
        // rustls calls every verifier "dangerous" that it has not made itself.
        Ok(builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)))
    }

    #[cfg(not(feature = "platform-verifier"))]
    #[expect(clippy::unused_self, reason = "as with the feature")]
    fn verify_by_system(&self, _: Verifying, _: Arc<CryptoProvider>) -> Result<Verified, BuildError> {
        Err(BuildError::MissingFeature { feature: "platform-verifier (or other roots, see `Trust`)" })
    }
}

/// Returns the setting of the environment that says where the system's roots are.
#[cfg(feature = "platform-verifier")]
fn roots_setting() -> Option<String> {
    ["SSL_CERT_FILE", "SSL_CERT_DIR"].iter().find_map(|name| {
        let value = std::env::var_os(name)?;
        Some(hub_auth_core::printable(&format!("{name}={}", value.to_string_lossy())).into())
    })
}

type Verifying = ConfigBuilder<ClientConfig, WantsVerifier>;
type Verified = ConfigBuilder<ClientConfig, WantsClientCert>;

/// Returns the provider of cryptography that was compiled in, and never a default of the process.
#[allow(clippy::unnecessary_wraps, reason = "whether there is one depends on the features")]
fn provider() -> Option<Arc<CryptoProvider>> {
    #[cfg(feature = "aws-lc-rs")]
    return Some(Arc::new(rustls::crypto::aws_lc_rs::default_provider()));
    #[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
    return Some(Arc::new(rustls::crypto::ring::default_provider()));
    #[cfg(not(any(feature = "aws-lc-rs", feature = "ring")))]
    return None;
}

/// Makes the compiled-in provider the process's default, if there is none yet.
#[cfg(feature = "redis-store")]
pub(crate) fn install_default_provider() {
    if CryptoProvider::get_default().is_none() {
        // Two threads may do this at once; the first one wins.
        if let Some(provider) = provider() {
            drop(Arc::unwrap_or_clone(provider).install_default());
        }
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trust")
            .field("roots", &self.roots)
            .field("own", &self.own.len())
            .field("client_cert", &self.client_cert.is_some())
            .field("provider", &self.provider.is_some())
            .finish()
    }
}
