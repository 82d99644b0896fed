//! HTTP/2: what a stream that is reset says about the POST.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use cancel_core::{Endpoint, ErrorKind, Posted};
use h2::Reason;
use tokio::net::TcpListener;

use crate::adapter::Adapter;
use crate::server::{cancellation, policy};

/// How a cancel ends whose requests are all reset for this reason, and how many there were.
fn reset(reason: Reason) -> (ErrorKind, Posted, usize) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let endpoint = Endpoint::new(format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let requests = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&requests);
    let served = async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let counted = Arc::clone(&counted);
            tokio::spawn(async move {
                let mut connection = h2::server::handshake(stream).await.unwrap();
                while let Some(Ok((_, mut respond))) = connection.accept().await {
                    counted.fetch_add(1, Ordering::SeqCst);
                    respond.send_reset(reason);
                }
            });
        }
    };
    thread::spawn(move || runtime.block_on(served));
    let error = Adapter::HyperOverHttp2.drive(&mut cancellation(endpoint, policy())).unwrap_err();
    (error.kind(), error.posted(), requests.load(Ordering::SeqCst))
}

#[test]
fn a_stream_that_is_refused_is_not_processed() {
    assert_eq!(reset(Reason::REFUSED_STREAM), (ErrorKind::Transport, Posted::No, 5));
    for reason in [Reason::INTERNAL_ERROR, Reason::CANCEL, Reason::NO_ERROR] {
        assert_eq!(reset(reason), (ErrorKind::Ambiguous, Posted::Maybe, 1), "{reason:?}");
    }
}
