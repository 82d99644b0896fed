//! Serves the simulated portal of [`cancel_core::testing::portal`] on a loopback port, for tests and examples.
//!
//! This module is **outside the semver promise** of this crate: it may change in any release.
//!
//! The portal itself has no clock and no I/O. Both are here. The server runs on its own thread, so that a blocking
//! client needs no runtime and an async client shares none. Nothing here may know what a request means: requests go to
//! [`Portal::handle`], and responses go out as their [`Delivery`] says.
//!
//! ```
//! use std::io::{Read, Write};
//! use std::net::TcpStream;
//!
//! use cancel_core::testing::portal::{Offer, Portal, PublishOperation};
//!
//! let mut portal = Portal::new();
//! portal.accept_token("secret", None);
//! let publish = PublishOperation::new("id-1");
//! portal.add_offer(Offer::new("contoso", "contoso-offer").operation(publish));
//!
//! let served = cancel_hyper::portal::serve(portal)?;
//! let mut connection = TcpStream::connect(served.addr())?;
//! connection.write_all(
//!     b"POST /api/publishers/contoso/offers/contoso-offer/cancel\
//!       ?api-version=2017-10-31 HTTP/1.1\r\n\
//!       Host: localhost\r\nAuthorization: Bearer secret\r\n\
//!       Content-Length: 0\r\nConnection: close\r\n\r\n",
//! )?;
//! let mut answer = String::new();
//! connection.read_to_string(&mut answer)?;
//! assert!(answer.starts_with("HTTP/1.1 200"));
//!
//! let truth = served.portal().truth("contoso", "contoso-offer", served.now());
//! assert_eq!(truth, [("id-1".to_owned(), "canceled")]);
//! # std::io::Result::Ok(())
//! ```

pub mod example;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::task::{Context, Poll};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use std::{error, fmt, io};

use bytes::Bytes;
use cancel_core::testing::portal::{Delivery, Portal};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::sync::oneshot;

/// The longest body of a request that is read. A cancel is far shorter.
const BODY_LIMIT: usize = 1 << 20;
/// How many requests an HTTP/2 connection may carry at a time: those of a whole fleet.
const MOST_STREAMS: u32 = 100_000;

/// Serves a portal on a free port of 127.0.0.1, over HTTP/1.1 and HTTP/2. Its virtual time starts now, and runs as fast
/// as real time.
///
/// # Errors
///
/// No port or no thread is to be had.
pub fn serve(portal: Portal) -> io::Result<Served> {
    serve_at_speed(portal, 1)
}

/// Like [`serve`], with a virtual time that runs `speed` times as fast as real time. With 0 it stands still.
///
/// # Errors
///
/// No port or no thread is to be had.
pub fn serve_at_speed(mut portal: Portal, speed: u32) -> io::Result<Served> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    let addr = listener.local_addr()?;
    portal.origin(&format!("http://{addr}"));
    let shared = Arc::new(Shared { portal: Mutex::new(portal), started: Instant::now(), speed });
    let (stop, stopped) = oneshot::channel();
    let (tell, told) = mpsc::channel();
    let for_thread = Arc::clone(&shared);
    let thread = thread::Builder::new().name("simulated-portal".to_owned()).spawn(move || {
        match listening(listener) {
            Ok((runtime, listener)) => {
                // The caller waits for this, so the receiver exists.
                let _ = tell.send(Ok(()));
                runtime.spawn(accept(listener, for_thread));
                // Dropping the sender is the signal to stop, so this is an error then.
                let _ = runtime.block_on(stopped);
            }
            Err(error) => {
                let _ = tell.send(Err(error));
            }
        }
    })?;
    told.recv().map_err(io::Error::other)??;
    Ok(Served { addr, shared, stop: Some(stop), thread: Some(thread) })
}

/// A portal that is being served. Dropping it closes its connections, frees its port and ends its thread.
#[derive(Debug)]
pub struct Served {
    addr: SocketAddr,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Served {
    /// The base of its URLs, `http://127.0.0.1:PORT`: the portal's origin.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The virtual time. It takes no lock, so it may be called while a guard of [`portal`](Self::portal) is held.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.shared.now()
    }

    /// The portal, to inspect or to change it.
    ///
    /// It is locked while the guard lives, and no request is answered then. Drop the guard before you wait for an
    /// answer. A second call on the same thread deadlocks, also within one statement, where the first guard is a
    /// temporary: bind the guard to a variable and use that.
    ///
    /// ```
    /// # let mut portal = cancel_core::testing::portal::Portal::new();
    /// # portal.accept_token("secret", None);
    /// # let served = cancel_hyper::portal::serve(portal)?;
    /// let portal = served.portal();
    /// println!("{} of {} calls were POSTs", portal.posts(), portal.calls().len());
    /// # std::io::Result::Ok(())
    /// ```
    pub fn portal(&self) -> MutexGuard<'_, Portal> {
        self.shared.portal()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been reported already.
            let _ = thread.join();
        }
    }
}

#[derive(Debug)]
struct Shared {
    portal: Mutex<Portal>,
    started: Instant,
    speed: u32,
}

impl Shared {
    fn now(&self) -> Duration {
        self.started.elapsed().saturating_mul(self.speed)
    }

    /// A poisoned lock is fine: a test that panicked while it held the guard has not broken the portal.
    fn portal(&self) -> MutexGuard<'_, Portal> {
        self.portal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time is read under the lock, so that it never goes back for the portal.
    fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        let mut portal = self.portal();
        portal.handle(self.now(), request)
    }
}

fn listening(listener: TcpListener) -> io::Result<(tokio::runtime::Runtime, tokio::net::TcpListener)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let entered = runtime.enter();
    let listener = tokio::net::TcpListener::from_std(listener)?;
    drop(entered);
    Ok((runtime, listener))
}

async fn accept(listener: tokio::net::TcpListener, shared: Arc<Shared>) {
    loop {
        // A connection that cannot be accepted must not stop the server.
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let service = service_fn(move |request| answer(Arc::clone(&shared), request));
            let mut server = auto::Builder::new(TokioExecutor::new());
            server.http1().auto_date_header(false);
            server.http2().auto_date_header(false).max_concurrent_streams(MOST_STREAMS);
            // Dropped answers and cut bodies end with an error here, as scripted.
            let _ = server.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

/// An error breaks the connection without an answer.
async fn answer(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Response<Outgoing>, Broken> {
    let (parts, body) = request.into_parts();
    let body = match Limited::new(body, BODY_LIMIT).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => return Ok(too_large()),
        Err(_) => return Err(Broken),
    };
    let response = shared.handle(Request::from_parts(parts, body));
    let delivery = Delivery::of(&response);
    match delivery {
        Delivery::Whole => Ok(response.map(Outgoing::whole)),
        Delivery::CutBody => Ok(response.map(Outgoing::cut)),
        Delivery::Dropped => Err(Broken),
    }
}

fn too_large() -> Response<Outgoing> {
    let mut response = Response::new(Outgoing::whole(Bytes::new()));
    *response.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
    response
}

/// The body of a response. It has no length of its own: the portal sets `Content-Length`, and a cut body has fewer
/// bytes.
#[derive(Debug)]
struct Outgoing {
    bytes: Bytes,
    end: Ending,
}

#[derive(Clone, Copy, Debug)]
enum Ending {
    Whole,
    /// The bytes must leave before the connection breaks, so the body pauses once after them.
    CutAfterPause,
    Cut,
}

impl Outgoing {
    fn whole(bytes: Bytes) -> Self {
        Self { bytes, end: Ending::Whole }
    }

    fn cut(bytes: Bytes) -> Self {
        Self { bytes, end: Ending::CutAfterPause }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        let body = self.get_mut();
        let bytes = std::mem::take(&mut body.bytes);
        if !bytes.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        match body.end {
            Ending::Whole => Poll::Ready(None),
            Ending::CutAfterPause => {
                body.end = Ending::Cut;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Ending::Cut => Poll::Ready(Some(Err(Broken))),
        }
    }
}

/// The connection breaks: the script demands it, or the client has closed it.
#[derive(Clone, Copy, Debug)]
struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection was broken")
    }
}

impl error::Error for Broken {}
