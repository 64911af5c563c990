//! Reads the client's certificate and its key.

use rustls::client::WantsClientCert;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, ConfigBuilder};
use zeroize::Zeroize;

use crate::BuildError;

/// Holds a certificate chain and its private key.
pub(super) struct ClientCert {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl ClientCert {
    /// Reads a PEM file with both, in any order.
    pub(super) fn from_pem(pem: &[u8]) -> Result<ClientCert, BuildError> {
        let chain = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
        let chain = chain.map_err(|_| bad("the client certificate cannot be read"))?;
        if chain.is_empty() {
            return Err(bad("the client certificate's file has no certificate in it"));
        }
        let key = PrivateKeyDer::from_pem_slice(pem)
            .map_err(|_| bad("the client certificate's file has no private key in it, or it is encrypted"))?;
        Ok(ClientCert { chain, key })
    }

    pub(super) fn put(&self, config: ConfigBuilder<ClientConfig, WantsClientCert>) -> Result<ClientConfig, BuildError> {
        let config = config.with_client_auth_cert(self.chain.clone(), self.key.clone_key());
        config.map_err(|error| BuildError::ClientCertificate(error.into()))
    }
}

fn bad(why: &str) -> BuildError {
    BuildError::Pem(why.to_owned())
}

/// Wipes the key as it was read. rustls wipes its own copy.
impl Drop for ClientCert {
    fn drop(&mut self) {
        self.key.zeroize();
    }
}
