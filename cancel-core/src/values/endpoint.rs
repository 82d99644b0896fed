//! The service's origin: the only one that the token may be sent to.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use http::Uri;
use http::uri::{Authority, Parts, PathAndQuery, Scheme};
use url::{Host, Url};

use super::InvalidInput;

const WHAT: &str = "endpoint";
/// The longest name in DNS, in characters.
const MAX_HOST: usize = 253;
const PRODUCTION: &str = "https://cloudpartner.azure.com";
const DOCUMENTED_VERSION: &str = "2017-10-31";

/// The version of the API. Every call has it as the query parameter `api-version`
/// ([cancel page](crate::guide::wire#sources), "URI parameters").
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ApiVersion(Arc<str>);

impl ApiVersion {
    /// Checks a version: ASCII letters, digits, `-` and `.`, 1 to 32 characters, such as `2017-10-31`.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`] for any other text: it could change the query.
    pub fn new(value: impl AsRef<str>) -> Result<Self, InvalidInput> {
        let value = value.as_ref();
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
        if value.is_empty() || value.len() > 32 || !value.bytes().all(allowed) {
            return Err(InvalidInput::showing("api-version", value, "is not a version such as 2017-10-31"));
        }
        Ok(Self(Arc::from(value)))
    }

    /// The version as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for ApiVersion {
    /// `2017-10-31`, the only documented version.
    fn default() -> Self {
        Self(Arc::from(DOCUMENTED_VERSION))
    }
}

impl FromStr for ApiVersion {
    type Err = InvalidInput;

    fn from_str(value: &str) -> Result<Self, InvalidInput> {
        Self::new(value)
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The service's origin, and the version of its API. Cheap to clone.
///
/// The token is sent to this scheme, host and port, and nowhere else. Every request of this crate is built on them.
/// Every location that the service names is compared with them.
///
/// ```
/// # use cancel_core::Endpoint;
/// assert_eq!(Endpoint::default().to_string(), "https://cloudpartner.azure.com");
/// assert!(Endpoint::new("http://cloudpartner.azure.com").is_err(), "not without TLS");
/// assert!(Endpoint::new("http://127.0.0.1:8080").is_ok(), "but on this machine");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint(Arc<Inner>);

#[derive(Clone, PartialEq, Eq)]
struct Inner {
    /// The origin as `url` reads it. Locations are compared with it.
    url: Url,
    /// The origin as `http` reads it. Requests are built on it.
    scheme: Scheme,
    authority: Authority,
    api_version: ApiVersion,
}

impl Endpoint {
    /// Checks an origin: a scheme, a host and optionally a port, such as `https://cloudpartner.azure.com`. One slash
    /// at the end is dropped.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`] when there is a path, a query, a fragment or user info; when there is no scheme; when the host has
    /// more than 253 characters; or when the scheme is not https. Plain http is allowed for `localhost`, `127.0.0.0/8` and `::1`.
    pub fn new(origin: impl AsRef<str>) -> Result<Self, InvalidInput> {
        Self::read(origin.as_ref())
            .map_err(|problem| InvalidInput::showing(WHAT, &without_user_info(origin.as_ref()), problem))
    }

    /// The same origin with another version of the API.
    #[must_use]
    pub fn with_api_version(&self, api_version: ApiVersion) -> Self {
        Self(Arc::new(Inner { api_version, ..Inner::clone(&self.0) }))
    }

    fn read(origin: &str) -> Result<Self, &'static str> {
        // The part before "://" must be a scheme and nothing else: `url` also accepts `https:/user@host://…`.
        let scheme_and_rest = origin.split_once("://");
        let Some((_, rest)) = scheme_and_rest.filter(|(scheme, _)| scheme.bytes().all(|b| b.is_ascii_alphabetic()))
        else {
            return Err("has no scheme: write it as https://host");
        };
        if !origin.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') {
            return Err("holds a character that an origin does not have");
        }
        if rest.contains('@') {
            return Err("holds user info: a token is passed on its own");
        }
        if rest.contains(['?', '#']) {
            return Err("holds a query or a fragment: it is an origin only");
        }
        if rest.strip_suffix('/').unwrap_or(rest).contains('/') {
            return Err("has a path: it is an origin only");
        }
        let url = Url::parse(origin).map_err(|_| "is not a URL")?;
        let Some(host) = url.host() else {
            return Err("has no host");
        };
        if url.host_str().is_some_and(|host| host.len() > MAX_HOST) {
            return Err("has a host that is longer than a name in DNS can be");
        }
        if !url.username().is_empty() || url.password().is_some() || url.path() != "/" {
            return Err("is read in two ways by two parsers");
        }
        let scheme = match url.scheme() {
            "https" => Scheme::HTTPS,
            "http" if is_loopback(&host) => Scheme::HTTP,
            "http" => return Err("is plain http: a token is sent without TLS to this machine only"),
            _ => return Err("has a scheme other than https"),
        };
        let authority = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_string(),
        };
        let authority = Authority::try_from(authority).map_err(|_| "is read in two ways by two parsers")?;
        Ok(Self(Arc::new(Inner { url, scheme, authority, api_version: ApiVersion::default() })))
    }

    /// The version of the API.
    #[must_use]
    pub fn api_version(&self) -> &ApiVersion {
        &self.0.api_version
    }

    /// Whether the service is on this machine: `localhost`, `127.0.0.0/8` or `::1`. A transport must use no proxy for
    /// it.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.0.url.host().is_some_and(|host| is_loopback(&host))
    }

    /// Whether a URL, as `url` reads it, is on this origin.
    pub(crate) fn owns(&self, url: &Url) -> bool {
        let own = &self.0.url;
        own.scheme() == url.scheme()
            && own.host() == url.host()
            && own.port_or_known_default() == url.port_or_known_default()
    }

    /// Whether a URL's scheme and authority are written as this origin's, without regard to case. If not, the URL can
    /// still be on this origin: an address has several forms.
    pub(crate) fn is_written(&self, scheme: &str, authority: &str) -> bool {
        scheme.eq_ignore_ascii_case(self.0.scheme.as_str()) && authority.eq_ignore_ascii_case(self.0.authority.as_str())
    }

    /// Whether a URL has the scheme and authority that requests are built on.
    pub(crate) fn built(&self, uri: &Uri) -> bool {
        uri.scheme() == Some(&self.0.scheme) && uri.authority() == Some(&self.0.authority)
    }

    /// Resolves a reference as leniently as a browser does, to find out which host it points to.
    pub(crate) fn resolve_leniently(&self, reference: &str) -> Option<Url> {
        self.0.url.join(reference).ok()
    }

    /// A URL on this origin. `None` when the text is not a path and query.
    pub(crate) fn uri(&self, path_and_query: impl TryInto<PathAndQuery>) -> Option<Uri> {
        let mut parts = Parts::default();
        parts.scheme = Some(self.0.scheme.clone());
        parts.authority = Some(self.0.authority.clone());
        parts.path_and_query = Some(path_and_query.try_into().ok()?);
        Uri::from_parts(parts).ok()
    }
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

/// The message about a refused endpoint must not show a password.
fn without_user_info(origin: &str) -> String {
    match origin.rsplit_once('@') {
        Some((_, rest)) => format!("…@{rest}"),
        None => origin.to_owned(),
    }
}

impl Default for Endpoint {
    /// `https://cloudpartner.azure.com`, version `2017-10-31`.
    #[expect(clippy::expect_used, reason = "it is a constant, and a test reads it")]
    fn default() -> Self {
        Self::read(PRODUCTION).expect("the production endpoint is an origin")
    }
}

impl FromStr for Endpoint {
    type Err = InvalidInput;

    fn from_str(origin: &str) -> Result<Self, InvalidInput> {
        Self::new(origin)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.0.scheme, self.0.authority)
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({self}, {})", self.0.api_version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_an_origin_and_nothing_else() {
        for bad in [
            "",
            "cloudpartner.azure.com",
            "https:cloudpartner.azure.com",
            "https:/evil.example://cloudpartner.azure.com",
            "https:me:secret@evil.example://cloudpartner.azure.com",
            "://cloudpartner.azure.com",
            "//cloudpartner.azure.com",
            "https://",
            "https://host/api",
            "https://host//",
            "https://host?x",
            "https://host/?x",
            "https://host#x",
            "https://user@host",
            "https://user:secret@host",
            "ftp://host",
            "file:///etc",
            "http://host",
            "http://localhost.evil.example",
            "http://128.0.0.1",
            "http://[::2]",
            "https://ho st",
            "https://host\\",
            "https://h\u{f6}st",
            "https://host:99999",
            "https://host\n",
            " https://host",
            "https://%00",
            &format!("https://{}", "a".repeat(MAX_HOST + 1)),
        ] {
            assert!(Endpoint::new(bad).is_err(), "{bad:?}");
        }
        assert!(Endpoint::new(format!("https://{}", "a".repeat(MAX_HOST))).is_ok());
    }

    #[test]
    fn it_prints_as_the_origin_that_is_called() {
        for (given, printed) in [
            ("https://cloudpartner.azure.com", "https://cloudpartner.azure.com"),
            ("HTTPS://CloudPartner.Azure.com:443/", "https://cloudpartner.azure.com"),
            ("https://host:8443", "https://host:8443"),
            ("http://localhost:80", "http://localhost"),
            ("http://127.9.9.9:1", "http://127.9.9.9:1"),
            ("http://[::1]:8080", "http://[::1]:8080"),
        ] {
            assert_eq!(Endpoint::new(given).unwrap().to_string(), printed);
        }
    }

    #[test]
    fn only_this_machine_is_reached_without_tls_and_without_a_proxy() {
        for (origin, loopback) in [
            ("https://cloudpartner.azure.com", false),
            ("https://localhost.example", false),
            ("https://10.0.0.1", false),
            ("https://localhost", true),
            ("http://127.255.0.1", true),
            ("http://[::1]", true),
        ] {
            assert_eq!(origin.parse::<Endpoint>().unwrap().is_loopback(), loopback, "{origin}");
        }
        let error = Endpoint::new("http://host").unwrap_err().to_string();
        assert!(error.contains("without TLS to this machine only"), "{error}");
    }

    #[test]
    fn a_refused_endpoint_does_not_show_its_password() {
        let error = Endpoint::new("https://me:secret@host").unwrap_err().to_string();
        assert!(!error.contains("secret") && error.contains("…@host"), "{error}");
        let error = Endpoint::new("host").unwrap_err().to_string();
        assert!(error.starts_with("endpoint \"host\" has no scheme"), "{error}");
    }

    #[test]
    fn a_version_cannot_change_the_query() {
        for bad in ["", "a&b", "a=b", "a#b", "a b", "a%20", &"1".repeat(33)] {
            assert!(ApiVersion::new(bad).is_err(), "{bad:?}");
        }
        let endpoint = Endpoint::default().with_api_version("2020-01-01".parse().unwrap());
        assert_eq!(format!("{endpoint:?}"), "Endpoint(https://cloudpartner.azure.com, 2020-01-01)");
        assert_eq!(endpoint.api_version().as_str(), "2020-01-01");
        assert_eq!(endpoint.to_string(), PRODUCTION);
    }
}
