//! Where a URL points, as each of the two parsers reads it that the way of a token depends on.

use http::Uri;
use url::Url;

/// Scheme, host and port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    scheme: String,
    host: String,
    port: u16,
}

impl Origin {
    /// As `url::Url` reads a text.
    pub(crate) fn by_url(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let (scheme, host, port) = (url.scheme().to_owned(), url.host_str()?.to_owned(), url.port_or_known_default()?);
        (url.username().is_empty() && url.password().is_none()).then_some(Self { scheme, host, port })
    }

    /// As `http::Uri` reads a URL, and so the transport. `None` where it has user info or a port that is no number.
    pub(crate) fn by_http(uri: &Uri) -> Option<Self> {
        let scheme = uri.scheme_str()?.to_ascii_lowercase();
        let default = match &*scheme {
            "http" => 80,
            "https" => 443,
            _ => return None,
        };
        let host = uri.host()?;
        let port = match uri.authority()?.as_str().strip_prefix(host)? {
            "" => default,
            _ => uri.port_u16()?,
        };
        Some(Self { scheme, host: host.to_ascii_lowercase(), port })
    }

    /// A request goes here, by both readings of its URL.
    pub(crate) fn check(&self, uri: &Uri) {
        assert_eq!(Self::by_http(uri).as_ref(), Some(self), "as `http` reads {uri}");
        assert_eq!(Self::by_url(&uri.to_string()).as_ref(), Some(self), "as `url` reads {uri}");
        let written: Uri = uri.to_string().parse().expect("what is printed is a URI");
        assert_eq!(Self::by_http(&written).as_ref(), Some(self), "as `http` reads {written} again");
    }

    /// A token goes there without TLS only on this machine.
    pub(crate) fn check_is_safe(&self) {
        let loopback = self.host == "localhost"
            || self.host == "[::1]"
            || self.host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.octets()[0] == 127);
        assert!(self.scheme == "https" || (self.scheme == "http" && loopback), "a token without TLS to {self:?}");
    }
}
