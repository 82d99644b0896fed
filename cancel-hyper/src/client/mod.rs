//! A ready-made client: hyper-util's pool, HTTP/1.1 and HTTP/2, rustls, and the proxy of the environment.
//!
//! It must not follow redirects or retry, and it knows nothing of the machine.

mod body;
mod head;
mod route;
mod tunnel;
mod waiting;

use std::fmt;
use std::future::{Future, poll_fn};
#[cfg(any(feature = "native-roots", feature = "webpki-roots"))]
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::CONNECTION;
use http::{Method, Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::{CaptureConnection, capture_connection};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::ClientConfig;
use tokio::time::timeout;
use tower_service::Service;

pub use self::body::ClientBody;
use self::head::Informational;
use self::route::Route;
use self::waiting::Waiting;
use crate::failure::{BoxError, NotSent};
use crate::transport::ExchangeTimeout;

/// How long connecting may take when a request has no [`ExchangeTimeout`].
const CONNECT: Duration = Duration::from_secs(20);
/// How long an idle connection is kept. The service closes them after some minutes.
const IDLE: Duration = Duration::from_secs(60);
/// How often an HTTP/2 connection is pinged, and how long it may take to answer. All requests share one connection, so
/// a dead one that goes unnoticed would fail all of them.
const PING: Duration = Duration::from_secs(5);
/// h2 refuses a head of this size, and counts the status, which [`head`] does not.
const HTTP2_LIMIT: u32 = (head::LONGEST + ":status200".len() + 32 + 1) as u32;

/// A pooled HTTP client for [`Driver`](crate::Driver), over tokio.
///
/// - HTTP/2 if the service speaks it, or else HTTP/1.1. TLS by rustls with *ring*.
/// - The proxy that `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` name, but none for this machine. Where the only value is
///   no proxy's address, it is an error, and nothing is sent.
/// - Connecting may take three quarters of the exchange's time. A request that has no connection by then counts as not
///   sent.
/// - Idle connections are kept for a minute. One that did not answer in time is not used again. Clones share their
///   connections. A POST with `Connection: close` has one of its own, over HTTP/2 too.
/// - The head of an answer has at most 128 headers and 64 KiB, counted as in HTTP/2: 32 bytes for each header besides
///   its name and value. In HTTP/1.1, at most 100 informational answers (1xx) come before it. Otherwise it is not
///   readable, so that the POST is in doubt.
#[derive(Clone)]
pub struct Client {
    clients: Arc<Clients>,
}

/// Two of hyper-util's clients: it cannot be told which connection of its pool to take.
struct Clients {
    pooled: Pool,
    /// Each request has a connection of its own, which ends with it.
    unpooled: Pool,
}

type Pool = legacy::Client<HttpsConnector<Route>, Full<Bytes>>;

impl Client {
    /// A client that trusts the roots of the features `native-roots` and `webpki-roots`.
    ///
    /// # Errors
    ///
    /// There are no roots: those of the platform cannot be read, and there are no others.
    #[cfg(any(feature = "native-roots", feature = "webpki-roots"))]
    pub fn new() -> io::Result<Self> {
        let roots = trusted_roots()?;
        Ok(Self::with_tls(tls_versions()?.with_root_certificates(roots).with_no_client_auth()))
    }

    /// A client with your own TLS configuration, of rustls 0.23: other roots, or a client certificate.
    ///
    /// Its `alpn_protocols` are replaced: the client offers HTTP/2, then HTTP/1.1.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use cancel_hyper::Client;
    /// use rustls::crypto::ring::default_provider;
    /// use rustls::{ClientConfig, RootCertStore};
    ///
    /// let mut roots = RootCertStore::empty();
    /// // … and `roots.add(…)` for a certificate authority of your own.
    /// roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    /// let tls = ClientConfig::builder_with_provider(Arc::new(default_provider()))
    ///     .with_safe_default_protocol_versions()?
    ///     .with_root_certificates(roots)
    ///     .with_no_client_auth();
    /// let client = Client::with_tls(tls);
    /// # Ok::<(), rustls::Error>(())
    /// ```
    #[must_use]
    pub fn with_tls(mut tls: ClientConfig) -> Self {
        // The connector panics when this is not empty.
        tls.alpn_protocols.clear();
        let connector = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_all_versions();
        let connector = connector.wrap_connector(Route::of_environment());
        let mut builder = legacy::Client::builder(TokioExecutor::new());
        builder
            .pool_timer(TokioTimer::new())
            .timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            // Also the most that is read at a time: a server that floods must not delay the timers of this thread.
            .http1_max_buf_size(head::LONGEST)
            .http1_max_headers(head::MOST_HEADERS)
            .http2_max_header_list_size(HTTP2_LIMIT)
            // Gateways fold long headers. One that does not concern us must not make an answer unreadable.
            .http1_allow_obsolete_multiline_headers_in_responses(true)
            .http2_keep_alive_interval(PING)
            .http2_keep_alive_timeout(PING)
            .http2_keep_alive_while_idle(true);
        let pooled = builder.build(connector.clone());
        let unpooled = builder.pool_max_idle_per_host(0).build(connector);
        Self { clients: Arc::new(Clients { pooled, unpooled }) }
    }
}

#[cfg(any(feature = "native-roots", feature = "webpki-roots"))]
fn tls_versions() -> io::Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(io::Error::other)
}

#[cfg(any(feature = "native-roots", feature = "webpki-roots"))]
fn trusted_roots() -> io::Result<rustls::RootCertStore> {
    let mut roots = rustls::RootCertStore::empty();
    #[cfg(feature = "webpki-roots")]
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    #[cfg(feature = "native-roots")]
    {
        let found = rustls_native_certs::load_native_certs();
        // Some platforms have roots that cannot be read. That is an error only if none can.
        roots.add_parsable_certificates(found.certs);
        if let (true, Some(error)) = (roots.is_empty(), found.errors.into_iter().next()) {
            return Err(io::Error::other(error));
        }
    }
    if roots.is_empty() {
        return Err(io::Error::new(io::ErrorKind::NotFound, "the platform has no trusted certificates"));
    }
    Ok(roots)
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

type ResponseFuture = Pin<Box<dyn Future<Output = Result<Response<ClientBody>, BoxError>> + Send>>;

/// Connecting has three quarters of the time, so that a call without a connection fails as not sent before it times
/// out.
impl Service<Request<Full<Bytes>>> for Client {
    type Response = Response<ClientBody>;
    type Error = BoxError;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        // The pool takes any number of requests.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Full<Bytes>>) -> ResponseFuture {
        let connection = capture_connection(&mut request);
        let time_to_connect = request.extensions().get().map_or(CONNECT, |ExchangeTimeout(time)| *time / 4 * 3);
        let informational = Informational::of(&mut request);
        let Clients { pooled, unpooled } = &*self.clients;
        let is_post = request.method() == Method::POST;
        let is_alone = is_post && request.headers().get(CONNECTION).is_some_and(|value| value == "close");
        let answer = if is_alone { unpooled } else { pooled }.request(request);
        Box::pin(async move {
            let mut waiting = Waiting::on(connection.clone());
            let answer = connected_in_time(answer, connection, time_to_connect);
            let answer = informational.before(answer).await;
            waiting.is_waiting = false;
            let answer = answer?;
            head::check(answer.headers())?;
            Ok(ClientBody::of(answer, waiting))
        })
    }
}

/// The answer, or an error that nothing was sent when there is no connection in this time.
async fn connected_in_time(
    answer: legacy::ResponseFuture,
    connection: CaptureConnection,
    time: Duration,
) -> Result<Response<Incoming>, BoxError> {
    let mut answer = pin!(answer);
    if let Poll::Ready(answer) = poll_fn(|context| Poll::Ready(answer.as_mut().poll(context))).await {
        return answer.map_err(Into::into);
    }
    // A connection of the pool needs no timer.
    if connection.connection_metadata().is_none() {
        if let Ok(answer) = timeout(time, &mut answer).await {
            return answer.map_err(Into::into);
        }
        if connection.connection_metadata().is_none() {
            return Err(NotSent::new("no connection in time").into());
        }
    }
    answer.await.map_err(Into::into)
}
