//! Where a URL points, as each of the two parsers reads it that a token's way depends on.

use http::Uri;
use url::Url;

/// Scheme, host and port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Origin {
    scheme: String,
    host: String,
    port: u16,
}

impl Origin {
    /// As `url::Url` reads a text.
    pub(super) fn by_url(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let (host, port) = (url.host_str()?.to_owned(), url.port_or_known_default()?);
        (url.username().is_empty() && url.password().is_none()).then(|| Self {
            scheme: url.scheme().to_owned(),
            host,
            port,
        })
    }

    /// As `http::Uri`, and so the transport, reads a URL.
    pub(super) fn by_http(uri: &Uri) -> Option<Self> {
        let scheme = uri.scheme_str()?.to_ascii_lowercase();
        let default = match &*scheme {
            "http" => 80,
            "https" => 443,
            _ => return None,
        };
        let host = uri.host()?.to_ascii_lowercase();
        let plain = !uri.authority()?.as_str().contains('@');
        plain.then(|| Self { scheme, host, port: uri.port_u16().unwrap_or(default) })
    }

    /// A request goes here, whoever reads its URL.
    pub(super) fn check(&self, uri: &Uri) {
        assert_eq!(Self::by_http(uri).as_ref(), Some(self), "as `http` reads {uri}");
        assert_eq!(Self::by_url(&uri.to_string()).as_ref(), Some(self), "as `url` reads {uri}");
        let written: Uri = uri.to_string().parse().expect("what is printed is a URI");
        assert_eq!(Self::by_http(&written).as_ref(), Some(self), "as `http` reads {written} again");
    }

    /// A token goes there in the clear only where nobody else listens.
    pub(super) fn check_is_safe(&self) {
        let loopback = self.host == "localhost"
            || self.host == "[::1]"
            || self.host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.octets()[0] == 127);
        assert!(self.scheme == "https" || (self.scheme == "http" && loopback), "a token in the clear to {self:?}");
    }
}
