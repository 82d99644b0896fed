//! TLS: what the certificate says is believed, and without a handshake nothing is sent.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;

use cancel_core::{Endpoint, Posted};
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;

use crate::adapter::{Adapter, EVERY, OVER_HTTP1};
use crate::server::{Reply, Server, cancellation, policy, reply};

/// A server that speaks TLS with whoever comes, and passes on what is said to a server that does not.
pub(crate) struct Tls {
    port: u16,
    pub(crate) certificate: Vec<u8>,
    handshakes: Arc<AtomicUsize>,
    _stop: oneshot::Sender<()>,
}

impl Tls {
    pub(crate) fn in_front_of(server: SocketAddr, protocol: &str) -> Self {
        Self::with_certificate(server, protocol, CertificateParams::new(["localhost".to_owned()]).unwrap())
    }

    fn with_certificate(server: SocketAddr, protocol: &str, certificate: CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = certificate.self_signed(&key).unwrap().der().clone();
        let der = certificate.to_vec();
        let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
            .unwrap();
        config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
        let (tell, told) = mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let handshakes = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&handshakes);
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                tell.send(listener.local_addr().unwrap().port()).unwrap();
                tokio::spawn(pass_on(listener, TlsAcceptor::from(Arc::new(config)), server, counted));
                let _ = stopped.await;
            });
        });
        Self { port: told.recv().unwrap(), certificate: der, handshakes, _stop: stop }
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("https://localhost:{}", self.port)
    }
}

async fn pass_on(listener: TcpListener, acceptor: TlsAcceptor, server: SocketAddr, handshakes: Arc<AtomicUsize>) {
    loop {
        let (client, _) = listener.accept().await.unwrap();
        let (acceptor, handshakes) = (acceptor.clone(), Arc::clone(&handshakes));
        tokio::spawn(async move {
            if let Ok(mut client) = acceptor.accept(client).await {
                handshakes.fetch_add(1, Ordering::SeqCst);
                let mut server = TcpStream::connect(server).await.unwrap();
                let _ = copy_bidirectional(&mut client, &mut server).await;
            }
        });
    }
}

fn refused(tls: &Tls, trusted: Option<&[u8]>) {
    for adapter in EVERY {
        // Without a certificate to trust, HTTP/2 is spoken without TLS.
        if adapter == Adapter::HyperOverHttp2 && trusted.is_none() {
            continue;
        }
        let mut cancellation = cancellation(Endpoint::new(tls.endpoint()).unwrap(), policy());
        let error = adapter
            .drive_with(&mut |_| Ok(crate::server::token()), &mut |_, _| {}, trusted, &mut cancellation)
            .unwrap_err();
        assert_eq!((error.kind(), error.posted()), ("transport", Posted::No), "{adapter:?}: {error}");
        assert!(error.to_string().contains("certificate"), "{adapter:?}: {error}");
    }
}

#[test]
fn a_certificate_of_an_unknown_root_gets_nothing() {
    let server = Server::start(vec![]);
    refused(&Tls::in_front_of(server.addr, "http/1.1"), None);
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn a_certificate_for_another_name_gets_nothing() {
    let server = Server::start(vec![]);
    let of_another = CertificateParams::new(["cloudpartner.azure.com".to_owned()]).unwrap();
    let tls = Tls::with_certificate(server.addr, "http/1.1", of_another);
    refused(&tls, Some(&tls.certificate));
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn a_certificate_that_has_expired_gets_nothing() {
    let server = Server::start(vec![]);
    let mut expired = CertificateParams::new(["localhost".to_owned()]).unwrap();
    expired.not_before = date_time_ymd(2020, 1, 1);
    expired.not_after = date_time_ymd(2021, 1, 1);
    let tls = Tls::with_certificate(server.addr, "http/1.1", expired);
    refused(&tls, Some(&tls.certificate));
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn a_certificate_that_is_trusted_is_enough() {
    for adapter in OVER_HTTP1 {
        let server = Server::start(vec![reply(200, "", "")]);
        let tls = Tls::in_front_of(server.addr, "http/1.1");
        let mut cancellation = cancellation(Endpoint::new(tls.endpoint()).unwrap(), policy());
        let outcome = adapter
            .drive_with(&mut |_| Ok(crate::server::token()), &mut |_, _| {}, Some(&tls.certificate), &mut cancellation)
            .unwrap();
        assert_eq!((outcome.as_str(), tls.handshakes.load(Ordering::SeqCst)), ("canceled", 1));
        assert!(server.requests()[0].contains(crate::server::TOKEN));
    }
}

#[test]
fn a_server_without_tls_gets_nothing() {
    for adapter in OVER_HTTP1 {
        for bytes in [&b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"[..], b""] {
            let server = Server::start(vec![Reply::Bytes(bytes.to_vec()); 5]);
            let endpoint = Endpoint::new(format!("https://{}", server.addr)).unwrap();
            let error = adapter.drive(&mut cancellation(endpoint, policy())).unwrap_err();
            assert!(matches!(error.kind(), "transport" | "ambiguous"), "{error}");
            assert!(server.requests().iter().all(|request| !request.contains("canary")));
        }
    }
}
