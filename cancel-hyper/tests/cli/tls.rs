//! TLS: whom the program trusts.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;

use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::json;

use crate::{TOKEN, json_of, program, text};

/// A service over TLS where nothing is in progress. Its endpoint, and its authority as PEM.
fn serve() -> (String, String) {
    let authority_key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = authority.self_signed(&authority_key).unwrap();
    let key = KeyPair::generate().unwrap();
    let of_host = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = of_host.signed_by(&key, &authority, &authority_key).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivatePkcs8KeyDer::from(key.serialize_der()).into())
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let config = Arc::new(config);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(connection, stream.unwrap());
            // A client that does not trust it breaks the handshake.
            if stream.read(&mut [0; 8192]).is_ok() {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]");
            }
        }
    });
    (endpoint, authority.pem())
}

#[test]
fn the_platforms_roots_and_the_file_are_trusted_and_nobody_else() {
    let (endpoint, authority) = serve();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("authority.pem");
    std::fs::write(&file, authority).unwrap();
    let start = || {
        let mut program = program();
        program.args(["--endpoint", &endpoint, "--publisher", "contoso", "--offer", "contoso-offer", "--json"]);
        program.env("AZURE_TOKEN", TOKEN);
        program
    };
    for trusting in [start().arg("--ca-file").arg(&file), start().env("SSL_CERT_FILE", &file)] {
        let output = trusting.output().unwrap();
        assert_eq!(json_of(&output)["outcome"], "nothing_running", "{}", text(&output.stderr));
    }
    // The file is trusted where the platform has nothing.
    let nowhere = folder.path().join("nothing");
    let output = start().arg("--ca-file").arg(&file).env("SSL_CERT_FILE", &nowhere).output().unwrap();
    assert_eq!(json_of(&output)["outcome"], "nothing_running", "{}", text(&output.stderr));

    let other = folder.path().join("other.pem");
    std::fs::write(&other, serve().1).unwrap();
    let output = start().arg("--ca-file").arg(&other).output().unwrap();
    assert_eq!((&json_of(&output)["error"]["kind"], output.status.code()), (&json!("transport"), Some(2)));
    assert!(text(&output.stderr).contains("invalid peer certificate"), "{}", text(&output.stderr));

    let output = start().env("SSL_CERT_FILE", &nowhere).output().unwrap();
    let said = text(&output.stderr);
    assert!(said.contains("no trusted certificates: ") && said.contains("--ca-file"), "{said}");
    std::fs::write(&other, "no certificate").unwrap();
    let output = start().arg("--ca-file").arg(&other).output().unwrap();
    assert!(text(&output.stderr).contains("other.pem: there is no certificate in it"), "{}", text(&output.stderr));
}
