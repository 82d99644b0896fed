//! The token is on the wire to the endpoint, and nowhere else.

use cancel_core::ErrorKind;

use crate::adapter::OVER_HTTP1;
use crate::server::{Server, TOKEN, policy, reply};

#[test]
fn a_location_elsewhere_is_never_visited() {
    let elsewhere = Server::start(vec![]);
    let port = elsewhere.addr.port();
    for location in [
        format!("http://{}/api/operations/1", elsewhere.addr),
        format!("//{}/api/operations/1", elsewhere.addr),
        format!("http://localhost:{port}/x"),
        format!("/\\{}/x", elsewhere.addr),
        format!("http://127.1:{port}/x"),
    ] {
        for adapter in OVER_HTTP1 {
            let server = Server::start(vec![reply(202, &format!("Operation-Location: {location}\r\n"), "")]);
            let error = adapter.drive(&mut server.cancellation(policy())).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ForeignLocation, "{adapter:?}, {location}");
        }
    }
    assert_eq!(elsewhere.requests().len(), 0);
}

#[test]
fn an_error_that_echoes_the_request_is_shown_without_the_token() {
    for adapter in OVER_HTTP1 {
        let server = Server::start(vec![reply(400, "", format!("Authorization: Bearer {TOKEN}"))]);
        let error = adapter.drive(&mut server.cancellation(policy())).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadRequest);
        assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
        assert!(server.requests()[0].contains(TOKEN));
    }
}
