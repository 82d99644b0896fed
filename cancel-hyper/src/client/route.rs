//! The way to a host: direct, or through the proxy of the environment. Never through a proxy to this machine.

use std::ffi::OsStr;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::{env, fmt, io};

use cancel_core::Endpoint;
use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::{SocksV4, SocksV5};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;

use super::tunnel;
use crate::failure::BoxError;

type Connecting = Pin<Box<dyn Future<Output = Result<TokioIo<TcpStream>, BoxError>> + Send>>;

/// Opens connections. TLS is on top of them.
#[derive(Clone)]
pub(super) struct Route {
    direct: HttpConnector,
    proxies: Arc<Matcher>,
    unreadable: Option<Unreadable>,
}

/// A variable that counts, and names no proxy. hyper-util ignores it in silence.
#[derive(Clone)]
struct Unreadable {
    name: &'static str,
    /// What would go through that proxy.
    proxied: Arc<Matcher>,
}

impl Route {
    pub(super) fn of_environment() -> Self {
        let mut direct = HttpConnector::new();
        direct.enforce_http(false);
        direct.set_nodelay(true);
        Self { direct, proxies: Arc::new(Matcher::from_env()), unreadable: Unreadable::of_environment() }
    }
}

impl Unreadable {
    /// Of the two spellings of a name, the first that is set counts, as for hyper-util. A program that is called by CGI has
    /// no proxies: a client can set `HTTP_PROXY` there.
    fn of_environment() -> Option<Self> {
        if env::var_os("REQUEST_METHOD").is_some() {
            return None;
        }
        let set = |names: [&'static str; 2]| names.into_iter().find_map(|name| Some((name, env::var_os(name)?)));
        let is_read = |value: &str| {
            Matcher::builder().all(value).build().intercept(&Uri::from_static("https://service.invalid")).is_some()
        };
        let is_unreadable =
            |value: &OsStr| value.to_str().is_none_or(|value| !value.trim().is_empty() && !is_read(value));
        let (name, _) = [set(["HTTPS_PROXY", "https_proxy"]), set(["ALL_PROXY", "all_proxy"])]
            .into_iter()
            .flatten()
            .find(|(_, value)| is_unreadable(value))?;
        let direct = set(["NO_PROXY", "no_proxy"]).map(|(_, value)| value.to_string_lossy().into_owned());
        let direct = direct.unwrap_or_default();
        if direct.split(',').any(|host| host.trim() == "*") {
            return None;
        }
        let proxied = Matcher::builder().all("http://proxy.invalid").no(direct).build();
        Some(Self { name, proxied: Arc::new(proxied) })
    }
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A proxy's address may contain a password.
        f.debug_struct("Route").finish_non_exhaustive()
    }
}

impl Service<Uri> for Route {
    type Response = TokioIo<TcpStream>;
    type Error = BoxError;
    type Future = Connecting;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        ready!(self.direct.poll_ready(context))?;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, target: Uri) -> Connecting {
        if is_this_machine(&target) {
            return connecting(self.direct.call(target));
        }
        if let Some(proxy) = self.proxies.intercept(&target) {
            return through(&proxy, self.direct.clone(), target);
        }
        match &self.unreadable {
            // Whoever has set it does not want a way past the proxy. Its value may contain a password.
            Some(Unreadable { name, proxied }) if proxied.intercept(&target).is_some() => {
                refused(format!("{name} is not the address of a proxy"))
            }
            _ => connecting(self.direct.call(target)),
        }
    }
}

fn is_this_machine(target: &Uri) -> bool {
    let origin = format!("{}://{}", target.scheme_str().unwrap_or_default(), target.host().unwrap_or_default());
    Endpoint::new(origin).is_ok_and(|endpoint| endpoint.is_loopback())
}

/// A tunnel through the proxy. TLS with the target is inside it, so the proxy sees neither the token nor the path.
fn through(proxy: &Intercept, direct: HttpConnector, target: Uri) -> Connecting {
    let at = proxy.uri().clone();
    match at.scheme_str() {
        Some("http") => {
            let (mut direct, auth) = (direct, proxy.basic_auth().cloned());
            Box::pin(async move {
                let stream = direct.call(at).await?.into_inner();
                Ok(TokioIo::new(tunnel::open(stream, &target, auth.as_ref()).await?))
            })
        }
        Some(scheme @ ("socks5" | "socks5h")) => {
            let local = scheme == "socks5";
            let socks = SocksV5::new(at, direct).local_dns(local);
            let mut socks = match proxy.raw_auth() {
                Some((user, password)) => socks.with_auth(user.to_owned(), password.to_owned()),
                None => socks,
            };
            connecting(socks.call(target))
        }
        Some(scheme @ ("socks4" | "socks4a")) => {
            let local = scheme == "socks4";
            connecting(SocksV4::new(at, direct).local_dns(local).call(target))
        }
        other => refused(format!("a proxy with the scheme {:?} is not supported", other.unwrap_or_default())),
    }
}

fn refused(why: String) -> Connecting {
    Box::pin(async { Err(io::Error::new(io::ErrorKind::Unsupported, why).into()) })
}

fn connecting<F, E>(future: F) -> Connecting
where
    F: Future<Output = Result<TokioIo<TcpStream>, E>> + Send + 'static,
    E: Into<BoxError>,
{
    Box::pin(async { future.await.map_err(Into::into) })
}
