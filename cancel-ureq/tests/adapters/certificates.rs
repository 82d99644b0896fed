//! What a certificate says is believed, and without a handshake nothing is sent.

use std::sync::atomic::Ordering;

use cancel_core::{Endpoint, ErrorKind, Posted};
use rcgen::{CertificateParams, date_time_ymd};

use crate::adapter::{Adapter, EVERY, OVER_HTTP1};
use crate::server::{Reply, Server, TOKEN, cancellation, policy, reply, token};
use crate::tls::Tls;

fn refused(tls: &Tls, trusted: Option<&[u8]>) {
    for adapter in EVERY {
        // Without a certificate to trust, HTTP/2 is spoken without TLS.
        if adapter == Adapter::HyperOverHttp2 && trusted.is_none() {
            continue;
        }
        let mut cancellation = cancellation(Endpoint::new(tls.endpoint()).unwrap(), policy());
        let error = adapter.drive_with(&mut |_| Ok(token()), &mut |_, _| {}, trusted, &mut cancellation).unwrap_err();
        assert_eq!((error.kind(), error.posted()), (ErrorKind::Transport, Posted::No), "{adapter:?}: {error}");
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
            .drive_with(&mut |_| Ok(token()), &mut |_, _| {}, Some(&tls.certificate), &mut cancellation)
            .unwrap();
        assert_eq!((outcome.as_str(), tls.handshakes.load(Ordering::SeqCst)), ("canceled", 1));
        assert!(server.requests()[0].contains(TOKEN));
    }
}

#[test]
fn a_server_without_tls_gets_nothing() {
    for adapter in OVER_HTTP1 {
        for bytes in [&b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"[..], b""] {
            let server = Server::start(vec![Reply::Bytes(bytes.to_vec()); 5]);
            let endpoint = Endpoint::new(format!("https://{}", server.addr)).unwrap();
            let error = adapter.drive(&mut cancellation(endpoint, policy())).unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Transport | ErrorKind::Ambiguous), "{error}");
            assert!(server.requests().iter().all(|request| !request.contains("canary")));
        }
    }
}
