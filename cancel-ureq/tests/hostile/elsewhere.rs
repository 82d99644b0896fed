//! Everything that could send the token to another host. Nobody is visited.

use cancel_core::ErrorKind;

use crate::adapter::OVER_HTTP1;
use crate::server::{Server, policy, reply};

/// Ways to name a host that is not ours, or to name ours so that another is meant.
fn foreign(port: u16, elsewhere: u16) -> Vec<String> {
    vec![
        format!("http://127.0.0.1:{elsewhere}/x"),
        format!("http://localhost:{elsewhere}/x"),
        format!("http://localhost:{port}/x"),
        format!("https://127.0.0.1:{port}/x"),
        format!("ftp://127.0.0.1:{port}/x"),
        format!("//127.0.0.1:{elsewhere}/x"),
        format!("///127.0.0.1:{elsewhere}/x"),
        format!("\\\\127.0.0.1:{elsewhere}/x"),
        format!("/\\127.0.0.1:{elsewhere}/x"),
        format!("http:127.0.0.1:{elsewhere}/x"),
        format!("http:/127.0.0.1:{elsewhere}/x"),
        format!("http:\\\\127.0.0.1:{elsewhere}\\x"),
        format!("http://127.0.0.1:{port}@127.0.0.1:{elsewhere}/x"),
        format!("http://user@127.0.0.1:{port}/x"),
        format!("http://:password@127.0.0.1:{port}/x"),
        format!("http://@127.0.0.1:{port}/x"),
        format!("http://127.0.0.1:{port}\t@127.0.0.1:{elsewhere}/x"),
        format!("http://127.1:{elsewhere}/x"),
        format!("http://2130706433:{elsewhere}/x"),
        format!("http://0x7f000001:{elsewhere}/x"),
        format!("http://0177.0.0.1:{elsewhere}/x"),
        format!("http://[::1]:{elsewhere}/x"),
        format!("http://[::ffff:127.0.0.1]:{elsewhere}/x"),
        format!("http://[::1%25lo]:{elsewhere}/x"),
        format!("http://127.0.0.1.:{elsewhere}/x"),
        format!("http://\u{ff11}27.0.0.1:{elsewhere}/x"),
        format!("http://127\u{3002}0.0.1:{elsewhere}/x"),
        format!("http://lo\u{441}alhost:{elsewhere}/x"),
        format!("http://xn--loalhost-3zg:{elsewhere}/x"),
        format!("http://127.0.0.1:0{elsewhere}/x"),
        format!("http://127.0.0.1:99999/x"),
        format!("http://127.0.0.1:/x"),
        "http://".to_owned(),
        "/x/../../y".to_owned(),
        "/x/%2e%2e/y".to_owned(),
        "javascript:alert(1)".to_owned(),
        "data:application/json,{}".to_owned(),
        "file:///etc/passwd".to_owned(),
    ]
}

#[test]
fn no_location_leads_elsewhere() {
    let elsewhere = Server::start(vec![]);
    for adapter in OVER_HTTP1 {
        for header in ["Location", "Operation-Location", "body"] {
            let count = foreign(0, 0).len();
            for index in 0..count {
                // The server must be there before its port can be named.
                let server = Server::start_with(|port| {
                    let location = foreign(port, elsewhere.addr.port()).swap_remove(index);
                    vec![match header {
                        "body" => reply(202, "", serde_json::to_string(&location).unwrap()),
                        _ => reply(202, &format!("{header}: {location}\r\n"), ""),
                    }]
                });
                let error = adapter.drive(&mut server.cancellation(policy())).unwrap_err();
                let kinds = [ErrorKind::ForeignLocation, ErrorKind::InvalidLocation, ErrorKind::MissingLocation];
                assert!(kinds.contains(&error.kind()), "{adapter:?}, {header}, {index}: {error}");
                assert_eq!(server.requests().len(), 1, "{adapter:?}, {header}, {index}");
            }
        }
    }
    assert_eq!(elsewhere.requests().len(), 0);
}

#[test]
fn no_redirect_leads_elsewhere() {
    let elsewhere = Server::start(vec![]);
    for adapter in OVER_HTTP1 {
        for status in [300, 301, 302, 303, 304, 305, 307, 308] {
            let target = format!("http://{}/x", elsewhere.addr);
            let headers = format!("Location: {target}\r\nRefresh: 0; url={target}\r\nContent-Location: {target}\r\n");
            let body = format!("<meta http-equiv=refresh content='0; url={target}'>");
            let server = Server::start(vec![reply(status, &headers, if status == 304 { "" } else { &body })]);
            let error = adapter.drive(&mut server.cancellation(policy())).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::UnexpectedStatus, "{adapter:?}, {status}");
        }
    }
    assert_eq!(elsewhere.requests().len(), 0);
}
