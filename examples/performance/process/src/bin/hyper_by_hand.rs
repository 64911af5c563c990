//! A login by hand, over one connection of hyper.
#![allow(clippy::expect_used, clippy::panic, reason = "a benchmark may stop")]

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Response, Uri};
use http_body_util::{BodyExt, Full};
use hub_auth_process::{Job, by_hand};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use zeroize::Zeroizing;

fn main() {
    let job = Job::of_arguments();
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let answer = runtime.block_on(async { timeout(Duration::from_secs(30), login(&job)).await });
    by_hand::finish(&job, &answer.expect("an answer in time"));
}

async fn login(job: &Job) -> Response<Zeroizing<Vec<u8>>> {
    let base: Uri = job.base.parse().expect("a URL");
    let host = base.host().expect("a host");
    let socket = TcpStream::connect((host, base.port_u16().unwrap_or(443))).await.expect("the server");
    socket.set_nodelay(true).expect("a socket");
    let name = ServerName::try_from(host.to_owned()).expect("a name");
    let stream = tls(job).connect(name, socket).await.expect("TLS");
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await.expect("a connection");
    tokio::spawn(connection);

    let mut request = by_hand::request(by_hand::ROUTE).map(|body| Full::new(Bytes::from_owner(body)));
    let authority = base.authority().expect("a host").as_str();
    request.headers_mut().insert("host", HeaderValue::from_str(authority).expect("a header"));
    let (head, mut incoming) = sender.send_request(request).await.expect("an answer").into_parts();
    let mut body = Zeroizing::new(Vec::with_capacity(by_hand::room(&head.headers)));
    while let Some(frame) = incoming.frame().await {
        let piece = frame.expect("a body").into_data().unwrap_or_default();
        assert!(body.len() + piece.len() <= body.capacity());
        body.extend_from_slice(&piece);
    }
    Response::from_parts(head, body)
}

fn tls(job: &Job) -> TlsConnector {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for root in CertificateDer::pem_slice_iter(&job.ca_pem) {
        roots.add(root.expect("PEM")).expect("a certificate");
    }
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()));
    let config = config.with_safe_default_protocol_versions().expect("versions of TLS");
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Arc::new(config).into()
}
