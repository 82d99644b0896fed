//! TLS in front of a server that speaks plain HTTP.

use std::future::pending;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

/// Certificates that are signed by themselves, and the key of all.
pub(crate) const LOCALHOST: &str = include_str!("../../../cancel-hyper/tests/certificates/localhost.pem");
pub(crate) const SERVICE: &str = include_str!("../../../cancel-hyper/tests/certificates/service.pem");
pub(crate) const EXPIRED: &str = include_str!("../../../cancel-hyper/tests/certificates/expired.pem");
const KEY: &str = include_str!("../../../cancel-hyper/tests/certificates/key.pem");

/// A server's side with this certificate, and the certificate as a client trusts it.
pub(crate) fn config(certificate: &str) -> (ServerConfig, Vec<u8>) {
    let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
    let der = certificate.to_vec();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], PrivateKeyDer::from_pem_slice(KEY.as_bytes()).unwrap())
        .unwrap();
    (config, der)
}

/// It accepts TLS connections and forwards them to a server without TLS.
pub(crate) struct Tls {
    port: u16,
    pub(crate) certificate: Vec<u8>,
    pub(crate) handshakes: Arc<AtomicUsize>,
    _stop: oneshot::Sender<()>,
}

impl Tls {
    pub(crate) fn in_front_of(server: SocketAddr, protocol: &str) -> Self {
        Self::with_certificate(server, protocol, LOCALHOST)
    }

    /// After this time its first connection forwards nothing more, and stays open.
    pub(crate) fn that_falls_silent(server: SocketAddr, protocol: &str, after: Duration) -> Self {
        Self::start(server, protocol, LOCALHOST, Some(after))
    }

    pub(crate) fn with_certificate(server: SocketAddr, protocol: &str, certificate: &str) -> Self {
        Self::start(server, protocol, certificate, None)
    }

    fn start(server: SocketAddr, protocol: &str, certificate: &str, silent_after: Option<Duration>) -> Self {
        let (mut config, der) = config(certificate);
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
                tokio::spawn(forward(listener, TlsAcceptor::from(Arc::new(config)), server, counted, silent_after));
                let _ = stopped.await;
            });
        });
        Self { port: told.recv().unwrap(), certificate: der, handshakes, _stop: stop }
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("https://localhost:{}", self.port)
    }
}

async fn forward(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    server: SocketAddr,
    handshakes: Arc<AtomicUsize>,
    mut silent_after: Option<Duration>,
) {
    loop {
        let (client, _) = listener.accept().await.unwrap();
        let silent_after = silent_after.take().unwrap_or(Duration::MAX);
        let (acceptor, handshakes) = (acceptor.clone(), Arc::clone(&handshakes));
        tokio::spawn(async move {
            if let Ok(mut client) = acceptor.accept(client).await {
                handshakes.fetch_add(1, Ordering::SeqCst);
                // A connection that breaks here breaks for the client too.
                if let Ok(mut server) = TcpStream::connect(server).await {
                    if timeout(silent_after, copy_bidirectional(&mut client, &mut server)).await.is_err() {
                        pending::<()>().await;
                    }
                }
            }
        });
    }
}
