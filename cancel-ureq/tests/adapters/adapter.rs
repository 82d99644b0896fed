//! Both adapters behind one function, so that every test is written once.

use std::future::ready;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use cancel_core::{BearerToken, Cancellation, Endpoint, Error, Event, Outcome, Policy, TokenReason};
use http_body_util::Full;
use hyper_util::client::legacy;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use crate::server::{cancellation, token};
use crate::tls::Tls;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Adapter {
    Ureq,
    Hyper,
    /// hyper with HTTP/2: from the start, or as TLS has negotiated.
    HyperOverHttp2,
}

pub(crate) const EVERY: [Adapter; 3] = [Adapter::Ureq, Adapter::Hyper, Adapter::HyperOverHttp2];
pub(crate) const OVER_HTTP1: [Adapter; 2] = [Adapter::Ureq, Adapter::Hyper];

type Tokens<'a> = &'a mut (dyn FnMut(TokenReason) -> Result<BearerToken, String> + Send);
type Observer<'a> = &'a mut dyn FnMut(&Event<'_>, &Cancellation);

impl Adapter {
    pub(crate) fn drive(self, cancellation: &mut Cancellation) -> Result<Outcome, Error> {
        self.drive_with(&mut |_| Ok(token()), &mut |_, _| {}, None, cancellation)
    }

    /// Drives a cancellation with this server, through TLS.
    pub(crate) fn drive_behind_tls(self, server: SocketAddr, policy: Policy) -> Result<Outcome, Error> {
        let tls = Tls::in_front_of(server, if self == Self::HyperOverHttp2 { "h2" } else { "http/1.1" });
        let mut cancellation = cancellation(Endpoint::new(tls.endpoint()).unwrap(), policy);
        self.drive_with(&mut |_| Ok(token()), &mut |_, _| {}, Some(&tls.certificate), &mut cancellation)
    }

    /// Drives it with these tokens. It trusts this certificate alone, or else the default roots.
    pub(crate) fn drive_with(
        self,
        tokens: Tokens<'_>,
        observer: Observer<'_>,
        trusted: Option<&[u8]>,
        cancellation: &mut Cancellation,
    ) -> Result<Outcome, Error> {
        match (self, trusted) {
            (Self::Ureq, _) => {
                let agent = trusted.map_or_else(cancel_ureq::agent, agent_that_trusts);
                cancel_ureq::Driver::new(agent, tokens).with_observer(observer).drive(cancellation)
            }
            (Self::HyperOverHttp2, None) => {
                let mut builder = legacy::Client::builder(TokioExecutor::new());
                let client = builder.http2_only(true).build_http::<Full<Bytes>>();
                drive_over(client, tokens, observer, cancellation)
            }
            (Self::Hyper | Self::HyperOverHttp2, Some(certificate)) => {
                let client = cancel_hyper::Client::with_tls(tls_that_trusts(certificate));
                drive_over(client, tokens, observer, cancellation)
            }
            (Self::Hyper, None) => drive_over(cancel_hyper::Client::new().unwrap(), tokens, observer, cancellation),
        }
    }
}

fn drive_over<S, R>(
    service: S,
    tokens: Tokens<'_>,
    observer: Observer<'_>,
    cancellation: &mut Cancellation,
) -> Result<Outcome, Error>
where
    S: tower_service::Service<http::Request<Full<Bytes>>, Response = http::Response<R>>,
    S::Error: Into<cancel_hyper::BoxError>,
    R: http_body::Body,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut driver =
        cancel_hyper::Driver::new(service, TokioTimer::new(), |why| ready(tokens(why))).with_observer(observer);
    runtime.block_on(driver.drive(cancellation))
}

fn agent_that_trusts(certificate: &[u8]) -> Agent {
    let roots = RootCerts::new_with_certs(&[Certificate::from_der(certificate).to_owned()]);
    cancel_ureq::agent_with(Agent::config_builder().tls_config(TlsConfig::builder().root_certs(roots).build()).build())
}

fn tls_that_trusts(certificate: &[u8]) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(certificate.to_vec())).unwrap();
    let mut tls = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    // The client must replace these.
    tls.alpn_protocols = vec![b"somebody-elses".to_vec()];
    tls
}
