//! TLS: what the certificate says is believed, and without a handshake nothing is sent.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

use cancel_core::{Endpoint, Posted};
use cancel_ureq::Driver;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, Stream};
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use crate::server::{Reply, Server, TOKEN, cancellation, policy, token};

struct TlsServer {
    endpoint: Endpoint,
    certificate: Vec<u8>,
    /// What came after the handshakes.
    heard: Arc<Mutex<String>>,
}

/// Answers every request with an empty 200, under a certificate that it has signed itself for this name.
fn serve(name: &str) -> TlsServer {
    let signed = rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
    let certificate = signed.cert.der().to_vec();
    let key = PrivateKeyDer::try_from(signed.key_pair.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![signed.cert.der().clone()], key)
        .unwrap();
    let (config, heard) = (Arc::new(config), Arc::new(Mutex::new(String::new())));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = Endpoint::new(format!("https://localhost:{}", listener.local_addr().unwrap().port())).unwrap();
    let kept = Arc::clone(&heard);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut tls = Stream::new(&mut connection, &mut stream);
            let mut bytes = [0; 4096];
            if let Ok(read) = tls.read(&mut bytes) {
                kept.lock().unwrap().push_str(&String::from_utf8_lossy(bytes.split_at(read).0));
                let _ = tls.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            }
        }
    });
    TlsServer { endpoint, certificate, heard }
}

/// An agent that trusts this certificate, and no other.
fn trusting(certificate: &[u8]) -> Agent {
    let roots = RootCerts::new_with_certs(&[Certificate::from_der(certificate).to_owned()]);
    Agent::config_builder().tls_config(TlsConfig::builder().root_certs(roots).build()).build().new_agent()
}

fn refused(server: &TlsServer, agent: &Agent) {
    let mut cancellation = cancellation(server.endpoint.clone(), policy());
    let error = Driver::new(agent, token()).drive(&mut cancellation).unwrap_err();
    assert_eq!((error.kind(), error.posted()), ("transport", Posted::No));
    assert!(error.to_string().contains("certificate"), "{error}");
    assert_eq!(*server.heard.lock().unwrap(), "");
}

#[test]
fn a_certificate_that_is_trusted_is_enough() {
    let server = serve("localhost");
    let mut cancellation = cancellation(server.endpoint.clone(), policy());
    let outcome = Driver::new(&trusting(&server.certificate), token()).drive(&mut cancellation).unwrap();
    assert_eq!(outcome.as_str(), "canceled");
    assert!(server.heard.lock().unwrap().contains(TOKEN));
}

#[test]
fn a_certificate_of_an_unknown_root_gets_nothing() {
    let server = serve("localhost");
    refused(&server, &Agent::new_with_defaults());
}

#[test]
fn a_certificate_for_another_name_gets_nothing() {
    let server = serve("cloudpartner.azure.com");
    refused(&server, &trusting(&server.certificate));
}

#[test]
fn a_server_without_tls_gets_nothing() {
    for bytes in [&b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"[..], b""] {
        let server = Server::start(vec![Reply::Bytes(bytes.to_vec()); 5]);
        let endpoint = Endpoint::new(format!("https://{}", server.addr)).unwrap();
        let error =
            Driver::new(&Agent::new_with_defaults(), token()).drive(&mut cancellation(endpoint, policy())).unwrap_err();
        assert!(matches!(error.kind(), "transport" | "ambiguous"), "{error}");
        assert!(server.requests().iter().all(|request| !request.contains("canary")));
    }
}
