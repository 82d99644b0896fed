//! A client that is ready: hyper-util's pool, HTTP/1.1 and HTTP/2, rustls, and the proxy that the environment names.

mod route;

use std::fmt;
use std::future::{Future, poll_fn};
#[cfg(any(feature = "native-roots", feature = "webpki-roots"))]
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::capture_connection;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::ClientConfig;
use tokio::time::timeout;
use tower_service::Service;

use self::route::Route;
use crate::failure::{BoxError, NotSent};
use crate::transport::ExchangeTimeout;

/// How long making a connection may take, where nobody says how long the call may take.
const CONNECT: Duration = Duration::from_secs(20);
/// How long an unused connection is kept. The service closes them after some minutes.
const IDLE: Duration = Duration::from_secs(60);

/// How often a connection of HTTP/2, which all share, is asked whether it is still there, and how long it has to answer. One
/// that is dead without a word would take every call with it.
const PING: Duration = Duration::from_secs(5);
/// The longest head of an answer over HTTP/1.1, in bytes, and what is read at a time: a server that floods the connection must
/// not keep the timers of this thread waiting.
const LONGEST_HEAD: usize = 64 * 1024;

/// A pooled HTTP client for [`Driver`](crate::Driver), over tokio: HTTP/2 where the service speaks it, or else HTTP/1.1;
/// rustls with *ring*; through the proxy of `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, but never for this machine.
///
/// Making a connection may take three quarters of the time of the exchange; a request that has none by then counts as not sent. Idle
/// connections are kept for a minute. Its clones share their connections.
#[derive(Clone)]
pub struct Client {
    pooled: Arc<legacy::Client<HttpsConnector<Route>, Full<Bytes>>>,
}

impl Client {
    /// A client that trusts the roots of the features `native-roots` and `webpki-roots`.
    ///
    /// # Errors
    ///
    /// The platform's roots cannot be read, and there are no others.
    #[cfg(any(feature = "native-roots", feature = "webpki-roots"))]
    pub fn new() -> io::Result<Self> {
        let roots = trusted_roots()?;
        Ok(Self::with_tls(tls_versions()?.with_root_certificates(roots).with_no_client_auth()))
    }

    /// A client with TLS of one's own: other roots, a client certificate. The configuration is one of rustls 0.23.
    ///
    /// Its `alpn_protocols` are the client's own: HTTP/2 before HTTP/1.1.
    ///
    /// ```
    /// # #[cfg(feature = "webpki-roots")]
    /// # fn client() -> Result<cancel_hyper::Client, rustls::Error> {
    /// use std::sync::Arc;
    /// use cancel_hyper::Client;
    ///
    /// let mut roots = rustls::RootCertStore::empty();
    /// roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()); // and `roots.add(…)` for an authority of your own
    /// let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
    ///     .with_safe_default_protocol_versions()?
    ///     .with_root_certificates(roots)
    ///     .with_no_client_auth();
    /// let client = Client::with_tls(tls);
    /// # Ok(client)
    /// # }
    /// # #[cfg(feature = "webpki-roots")]
    /// # client()?;
    /// # #[cfg(feature = "webpki-roots")]
    /// # Ok::<(), rustls::Error>(())
    /// ```
    #[must_use]
    pub fn with_tls(mut tls: ClientConfig) -> Self {
        // The connector panics over those of somebody else.
        tls.alpn_protocols.clear();
        let connector = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_all_versions();
        let pooled = legacy::Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .http1_max_buf_size(LONGEST_HEAD)
            .http2_keep_alive_interval(PING)
            .http2_keep_alive_timeout(PING)
            .http2_keep_alive_while_idle(true)
            .build(connector.wrap_connector(Route::of_environment()));
        Self { pooled: Arc::new(pooled) }
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
        // Some platforms have roots that nobody can read; one that can be read is enough to begin with.
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

type Answering = Pin<Box<dyn Future<Output = Result<Response<Incoming>, BoxError>> + Send>>;

/// A call that has no connection after three quarters of its time was not sent, and is told so while there is time for that.
impl Service<Request<Full<Bytes>>> for Client {
    type Response = Response<Incoming>;
    type Error = BoxError;
    type Future = Answering;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        // It takes any number of requests.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Full<Bytes>>) -> Answering {
        let connection = capture_connection(&mut request);
        let patience = request.extensions().get().map_or(CONNECT, |ExchangeTimeout(time)| *time / 4 * 3);
        let answer = self.pooled.request(request);
        Box::pin(async move {
            let mut answer = pin!(answer);
            if let Poll::Ready(answer) = poll_fn(|context| Poll::Ready(answer.as_mut().poll(context))).await {
                return answer.map_err(Into::into);
            }
            // With a connection of the pool there is nothing to wait for, and no timer to be had.
            if connection.connection_metadata().is_none() {
                if let Ok(answer) = timeout(patience, &mut answer).await {
                    return answer.map_err(Into::into);
                }
                if connection.connection_metadata().is_none() {
                    return Err(NotSent::new("no connection in time").into());
                }
            }
            answer.await.map_err(Into::into)
        })
    }
}
