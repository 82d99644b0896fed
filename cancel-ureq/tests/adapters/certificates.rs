//! A certificate is checked.

use std::sync::atomic::Ordering;

use cancel_core::{Endpoint, ErrorKind, Posted};

use crate::adapter::{Adapter, EVERY, OVER_HTTP1};
use crate::server::{Server, TOKEN, cancellation, policy, reply, token};
use crate::tls::{EXPIRED, LOCALHOST, SERVICE, Tls};

/// No request leaves behind this certificate, whether it is trusted or not.
fn refused(certificate: &str, is_trusted: bool) {
    let server = Server::start(vec![]);
    let tls = Tls::with_certificate(server.addr, "http/1.1", certificate);
    for adapter in EVERY {
        // Without a certificate to trust, HTTP/2 is spoken without TLS.
        if adapter == Adapter::HyperOverHttp2 && !is_trusted {
            continue;
        }
        let trusted = is_trusted.then_some(&*tls.certificate);
        let mut cancellation = cancellation(Endpoint::new(tls.endpoint()).unwrap(), policy());
        let error = adapter.drive_with(&mut |_| Ok(token()), &mut |_, _| {}, trusted, &mut cancellation).unwrap_err();
        assert_eq!((error.kind(), error.posted()), (ErrorKind::Transport, Posted::No), "{adapter:?}: {error}");
        assert!(error.to_string().contains("certificate"), "{adapter:?}: {error}");
    }
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn a_certificate_of_an_unknown_root_gets_nothing() {
    refused(LOCALHOST, false);
}

#[test]
fn a_certificate_for_another_name_gets_nothing() {
    refused(SERVICE, true);
}

#[test]
fn a_certificate_that_has_expired_gets_nothing() {
    refused(EXPIRED, true);
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
