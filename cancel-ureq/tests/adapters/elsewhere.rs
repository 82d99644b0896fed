//! An answer that names another host does not make an adapter call it, and an echo of the token is redacted. The forms
//! of a location are tested in cancel-core (`tests/codec/locations.rs`).

use cancel_core::{Error, ErrorKind};
use cancel_ureq::Driver;

use crate::adapter::OVER_HTTP1;
use crate::agent::meddlesome;
use crate::server::{Reply, Server, TOKEN, policy, reply, token};

/// How a cancel ends whose POST gets this reply: in both adapters, and with an agent that would follow redirects.
fn errors(reply: &Reply) -> [Error; 3] {
    let [first, second] = OVER_HTTP1.map(|adapter| {
        let server = Server::start(vec![reply.clone()]);
        let error = adapter.drive(&mut server.cancellation(policy())).unwrap_err();
        assert_eq!(server.requests().len(), 1, "{adapter:?}: {error}");
        error
    });
    let server = Server::start(vec![reply.clone()]);
    [first, second, Driver::new(meddlesome(), token()).drive(&mut server.cancellation(policy())).unwrap_err()]
}

#[test]
fn no_location_leads_elsewhere() {
    let elsewhere = Server::start(vec![]);
    let port = elsewhere.addr.port();
    for location in [
        format!("http://127.0.0.1:{port}/x"),
        format!("//127.0.0.1:{port}/x"),
        format!("/\\127.0.0.1:{port}/x"),
        format!("http://localhost:{port}/x"),
        format!("http://2130706433:{port}/x"),
    ] {
        for reply in [
            reply(202, &format!("Location: {location}\r\n"), ""),
            reply(202, &format!("Operation-Location: {location}\r\n"), ""),
            reply(202, "", serde_json::to_string(&location).unwrap()),
        ] {
            for error in errors(&reply) {
                assert_eq!(error.kind(), ErrorKind::ForeignLocation, "{location}: {error}");
            }
        }
    }
    assert_eq!(elsewhere.requests().len(), 0);
}

#[test]
fn no_redirect_leads_elsewhere_and_no_status_is_an_error_of_the_transport() {
    let elsewhere = Server::start(vec![]);
    let target = format!("http://{}/x", elsewhere.addr);
    let headers = format!("Location: {target}\r\nRefresh: 0; url={target}\r\nContent-Location: {target}\r\n");
    let body = format!("<meta http-equiv=refresh content='0; url={target}'>");
    for status in [300, 301, 302, 303, 304, 305, 307, 308] {
        for error in errors(&reply(status, &headers, if status == 304 { "" } else { &body })) {
            assert_eq!(error.kind(), ErrorKind::UnexpectedStatus, "{status}");
            assert_eq!(error.answer().unwrap().redirected_to(), Some(&*target), "{status}");
        }
    }
    assert_eq!(elsewhere.requests().len(), 0);
    for error in errors(&reply(404, "", r#"{"error":{"code":"C","message":"M"}}"#)) {
        assert_eq!((error.kind(), error.answer().unwrap().code()), (ErrorKind::NotFound, Some("C")));
    }
}

#[test]
fn an_error_that_echoes_the_request_is_redacted() {
    for error in errors(&reply(400, "", format!("Authorization: Bearer {TOKEN}"))) {
        assert_eq!(error.kind(), ErrorKind::BadRequest);
        assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
    }
}
