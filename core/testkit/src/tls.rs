//! Issues certificates for the servers, from an authority of your own.

use std::io;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::version::{TLS12, TLS13};
use rustls::{ALL_VERSIONS, RootCertStore, ServerConfig, SupportedProtocolVersion};

use crate::stream::Tls;

/// Issues certificates. No client trusts this authority until you tell it to.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    /// Creates an authority with a new key.
    pub fn new() -> io::Result<Authority> {
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let mut params = params(&[])?;
        // Two authorities of one name would be taken for each other: "bad signature" where "unknown issuer" is meant.
        let id = params.key_identifier(&key).iter().take(4).fold(0, |id, byte| id << 8 | u32::from(*byte));
        let name = format!("hub-auth test authority {id:08x}");
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let issuer = CertifiedIssuer::self_signed(params, key).map_err(io::Error::other)?;
        Ok(Authority { issuer })
    }

    /// Returns the certificate of the authority, for a client to trust.
    #[must_use]
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// Issues an identity for these host names and addresses, for a server or a client. It is good until 2120.
    pub fn issue(&self, names: &[&str]) -> io::Result<Identity> {
        self.sign(&params(names)?)
    }

    /// Issues an identity that expired at the start of 2021.
    pub fn issue_expired(&self, names: &[&str]) -> io::Result<Identity> {
        let mut params = params(names)?;
        params.not_after = date_time_ymd(2021, 1, 1);
        self.sign(&params)
    }

    /// Issues an identity that is not valid before 2119.
    pub fn issue_not_yet_valid(&self, names: &[&str]) -> io::Result<Identity> {
        let mut params = params(names)?;
        params.not_before = date_time_ymd(2119, 1, 1);
        self.sign(&params)
    }

    fn sign(&self, params: &CertificateParams) -> io::Result<Identity> {
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(io::Error::other)?;
        Ok(Identity { certificate: certificate.der().clone(), certificate_pem: certificate.pem(), key })
    }
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Authority")
    }
}

fn params(names: &[&str]) -> io::Result<CertificateParams> {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let mut params = CertificateParams::new(names).map_err(io::Error::other)?;
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2120, 1, 1);
    Ok(params)
}

/// Holds a certificate and its key.
#[derive(Debug)]
pub struct Identity {
    certificate: CertificateDer<'static>,
    certificate_pem: String,
    key: KeyPair,
}

impl Identity {
    /// Returns the certificate, for the configuration of another server.
    #[must_use]
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// Returns the private key, for the configuration of another server.
    #[must_use]
    pub fn key_pem(&self) -> String {
        self.key.serialize_pem()
    }

    /// Returns the certificate and the key in one text, as clients read it.
    #[must_use]
    pub fn pem(&self) -> String {
        format!("{}{}", self.certificate_pem, self.key_pem())
    }
}

type Versions = &'static [&'static SupportedProtocolVersion];
const ONLY_TLS12: Versions = &[&TLS12];
const ONLY_TLS13: Versions = &[&TLS13];

/// Holds the TLS settings of a server. A server from an [`Identity`] speaks TLS 1.2 and 1.3, and asks its clients for no certificate.
#[derive(Debug)]
#[must_use]
pub struct Server {
    certificate: CertificateDer<'static>,
    key: PrivatePkcs8KeyDer<'static>,
    versions: Versions,
    clients_of: Option<CertificateDer<'static>>,
}

impl Server {
    /// Creates the settings of a server that shows this identity.
    pub fn new(identity: &Identity) -> Server {
        Server {
            certificate: identity.certificate.clone(),
            key: identity.key.serialize_der().into(),
            versions: ALL_VERSIONS,
            clients_of: None,
        }
    }

    /// Speaks TLS 1.2 and nothing else.
    pub fn only_tls12(self) -> Server {
        Server { versions: ONLY_TLS12, ..self }
    }

    /// Speaks TLS 1.3 and nothing else.
    pub fn only_tls13(self) -> Server {
        Server { versions: ONLY_TLS13, ..self }
    }

    /// Refuses clients without a certificate of this authority.
    pub fn only_clients_of(self, authority: &Authority) -> Server {
        Server { clients_of: Some(authority.issuer.der().clone()), ..self }
    }

    pub(crate) fn config(self) -> io::Result<Tls> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(self.versions)
            .map_err(io::Error::other)?;
        let builder = match self.clients_of {
            None => builder.with_no_client_auth(),
            Some(authority) => {
                let mut roots = RootCertStore::empty();
                roots.add(authority).map_err(io::Error::other)?;
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                builder.with_client_cert_verifier(verifier.build().map_err(io::Error::other)?)
            }
        };
        let key = PrivateKeyDer::from(self.key);
        let mut config = builder.with_single_cert(vec![self.certificate], key).map_err(io::Error::other)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Tls(Arc::new(config)))
    }
}

impl From<&Identity> for Server {
    fn from(identity: &Identity) -> Server {
        Server::new(identity)
    }
}
