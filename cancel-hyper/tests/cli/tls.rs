//! TLS: whom the program trusts.

use std::io::{self, Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::json;

use crate::{TOKEN, json_of, program, text};

/// Certificates that are signed by themselves, for `localhost` and `service.invalid`, and the key of both.
pub(crate) const LOCALHOST: &str = include_str!("../certificates/localhost.pem");
pub(crate) const SERVICE: &str = include_str!("../certificates/service.pem");
const KEY: &str = include_str!("../certificates/key.pem");

fn config(certificate: &str) -> Arc<ServerConfig> {
    let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], PrivateKeyDer::from_pem_slice(KEY.as_bytes()).unwrap())
        .unwrap();
    Arc::new(config)
}

/// The port of a service over TLS where nothing is in progress.
pub(crate) fn serve(certificate: &str) -> u16 {
    serve_after(0, certificate)
}

/// It closes so many connections first.
fn serve_after(closed: usize, certificate: &str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let config = config(certificate);
    thread::spawn(move || {
        for stream in listener.incoming().skip(closed) {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(connection, stream.unwrap());
            // A client that does not trust it breaks the handshake.
            if stream.read(&mut [0; 8192]).is_ok() {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]");
            }
        }
    });
    port
}

#[test]
fn the_platforms_roots_and_the_file_are_trusted_and_nobody_else() {
    let port = serve(LOCALHOST);
    let endpoint = format!("https://localhost:{port}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("certificate.pem");
    std::fs::write(&file, LOCALHOST).unwrap();
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
    std::fs::write(&other, SERVICE).unwrap();
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

/// The port of a service that needs some seconds for each answer: an empty list, or that a cancel is accepted. It closes
/// the second and the third connection before the handshake.
fn serve_slowly() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let config = config(LOCALHOST);
    thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            if number == 1 || number == 2 {
                continue;
            }
            let config = Arc::clone(&config);
            thread::spawn(move || {
                let mut stream = StreamOwned::new(ServerConnection::new(config).unwrap(), stream.unwrap());
                let mut request = [0; 8192];
                while let Ok(1..) = stream.read(&mut request) {
                    thread::sleep(Duration::from_secs(4));
                    let answer: &[u8] = match request[0] {
                        b'G' => b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
                        _ => b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n",
                    };
                    stream.write_all(answer).unwrap();
                }
            });
        }
    });
    port
}

#[test]
fn connections_that_fail_stop_no_fleet_with_an_exchange_in_flight() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("certificate.pem");
    std::fs::write(&file, LOCALHOST).unwrap();
    for (until, outcome) in [("accepted", "accepted"), ("verified", "nothing_running")] {
        let endpoint = format!("https://localhost:{}", serve_slowly());
        let mut program = program();
        program.args(["--endpoint", &endpoint, "--publisher", "contoso", "--offer", "a,b,c", "--until", until]);
        program.args(["--poll-interval", "100ms", "--deadline", "30s", "--json", "--ca-file"]).arg(&file);
        let output = program.env("AZURE_TOKEN", TOKEN).output().unwrap();
        let ended = text(&output.stdout).matches(&format!(r#""outcome":"{outcome}""#)).count();
        assert_eq!((ended, output.status.code()), (3, Some(0)), "{}", text(&output.stderr));
    }
}

/// What hangs is waited for only where it can be what tells that the service is there.
#[test]
fn a_connection_that_hangs_after_one_that_failed_is_not_waited_for() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    thread::spawn(move || {
        drop(listener.accept());
        listener.incoming().map(Result::unwrap).collect::<Vec<_>>()
    });
    let mut program = program();
    program.args(["--endpoint", &endpoint, "--publisher", "contoso", "--offer", "a", "--deadline", "60s"]);
    let output = program.env("AZURE_TOKEN", TOKEN).output().unwrap();
    let said = text(&output.stderr);
    assert!(said.contains("cannot be reached") && !said.contains("no connection in time"), "{said}");
}

/// The port of a service where nothing is in progress. Over its first two connections it speaks HTTP/2, and ends each
/// with a GOAWAY: it has processed nothing (RFC 9113 §6.8).
fn serve_after_goaways() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let mut config = (*config(LOCALHOST)).clone();
            if number < 2 {
                config.alpn_protocols = vec![b"h2".to_vec()];
            }
            let mut stream = StreamOwned::new(ServerConnection::new(Arc::new(config)).unwrap(), stream.unwrap());
            thread::spawn(move || {
                if number < 2 {
                    say_goodbye(&mut stream).unwrap();
                }
                while let Ok(1..) = stream.read(&mut [0; 8192]) {
                    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]").unwrap();
                }
            });
        }
    });
    port
}

/// Waits for the first request, and sends settings and a GOAWAY.
fn say_goodbye(stream: &mut (impl Read + Write)) -> io::Result<()> {
    const HEADERS: u8 = 1;
    stream.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0])?;
    stream.read_exact(&mut [0; 24])?;
    let mut head = [0; 9];
    while head[3] != HEADERS {
        stream.read_exact(&mut head)?;
        io::copy(&mut stream.take(u32::from_be_bytes([0, head[0], head[1], head[2]]).into()), &mut io::sink())?;
    }
    stream.write_all(&[0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])?;
    io::copy(stream, &mut io::sink()).map(drop)
}

/// The program with these offers, where nothing is in progress.
fn ends_well(port: u16, offers: &str) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("certificate.pem");
    std::fs::write(&file, LOCALHOST).unwrap();
    let mut program = program();
    program.args(["--endpoint", &format!("https://localhost:{port}"), "--publisher", "contoso", "--offer", offers]);
    program.args(["--deadline", "30s", "--json", "--ca-file"]).arg(&file);
    let output = program.env("AZURE_TOKEN", TOKEN).output().unwrap();
    let ended = text(&output.stdout).matches(r#""outcome":"nothing_running""#).count();
    assert_eq!((ended, output.status.code()), (offers.split(',').count(), Some(0)), "{}", text(&output.stderr));
}

#[test]
fn a_service_that_refuses_what_it_has_not_begun_is_reached() {
    ends_well(serve_after_goaways(), "a");
}

/// As a balancer does that is started again: one moment says nothing of the next.
#[test]
fn one_failure_of_each_offer_does_not_end_a_fleet() {
    ends_well(serve_after(3, LOCALHOST), "a,b,c");
}
