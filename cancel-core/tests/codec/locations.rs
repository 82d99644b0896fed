//! The location table of the wire contract, row by row, and the forms of a location that are refused. Other tests need
//! a row or two of them.

use cancel_core::{Endpoint, ErrorKind, LocationKind, OfferId, OperationId, OperationLocation, PublisherId};
use http::Uri;
use proptest::prelude::*;

const ORIGIN: &str = "https://cloudpartner.azure.com";

fn called() -> Uri {
    format!("{ORIGIN}/api/publishers/contoso/offers/contoso-offer/cancel?api-version=2017-10-31").parse().unwrap()
}

fn parse(value: &str) -> Result<OperationLocation, ErrorKind> {
    OperationLocation::parse(&Endpoint::default(), &called(), value).map_err(|error| error.kind())
}

fn migrated(offer: &str, operation: &str) -> LocationKind {
    LocationKind::Migrated {
        publisher: PublisherId::new("contoso").unwrap(),
        offer: OfferId::new(offer).unwrap(),
        operation: OperationId::new(operation).unwrap(),
    }
}

fn non_migrated(offer: &str, version: &str, slot: &str) -> LocationKind {
    LocationKind::NonMigrated {
        publisher: PublisherId::new("contoso").unwrap(),
        offer: OfferId::new(offer).unwrap(),
        version: version.to_owned(),
        slot: slot.to_owned(),
    }
}

#[test]
fn every_documented_form() {
    const GUID: &str = "56615b67-2185-49fe-80d2-c4ddf77bb2e8";
    for (value, kind) in [
        (
            "https://cloudpartner.azure.com/api/publishers/contoso/offers/contoso-virtualmachineoffer/operations/56615b67-2185-49fe-80d2-c4ddf77bb2e8",
            migrated("contoso-virtualmachineoffer", GUID),
        ),
        (
            "/api/operations/contoso$56615b67-2185-49fe-80d2-c4ddf77bb2e8$2$preview?api-version=2017-10-31",
            non_migrated(GUID, "2", "preview"),
        ),
        (
            "/api/publishers/contoso/offers/contoso-offer/operations/56615b67-2185-49fe-80d2-c4ddf77bb2e8?api-version=2017-10-31",
            migrated("contoso-offer", GUID),
        ),
        (
            "/api/operations/contoso$contoso-offer$2$preview?api-version=2017-10-31",
            non_migrated("contoso-offer", "2", "preview"),
        ),
        // Percent-encoded, with a trailing slash, in capitals, with more parameters, in another slot.
        ("/api/operations/contoso%24contoso-offer%242%24preview", non_migrated("contoso-offer", "2", "preview")),
        ("/api/operations/contoso$contoso-offer$7$live/", non_migrated("contoso-offer", "7", "live")),
        ("/api/publishers/contoso/offers/o/operations/56615B67-2185-49FE-80D2-C4DDF77BB2E8/?a=b", migrated("o", GUID)),
        ("/API/Publishers/contoso/Offers/o/Operations/x", migrated("o", "x")),
        ("HTTPS://CloudPartner.Azure.COM:443/api/operations/contoso$o$2$preview", non_migrated("o", "2", "preview")),
        // What no person sees: between the characters of a token it would hide it.
        ("/api/operations/contoso$o$2$a%C2%ADb%E2%80%AEc", non_migrated("o", "2", "a\u{fffd}b\u{fffd}c")),
    ] {
        assert_eq!(parse(value).map(|location| location.kind()), Ok(kind), "{value}");
    }
}

#[test]
fn any_other_form_on_the_origin_can_be_polled() {
    for value in [
        "/",
        "/api/operations/contoso$offer$2",
        "/x/operations/contoso$offer$2$preview",
        "/api/x/contoso$offer$2$preview",
        "/x/publishers/contoso/offers/o/operations/1",
        "/api/x/contoso/offers/o/operations/1",
        "/api/publishers/contoso/x/o/operations/1",
        "/api/publishers/contoso/offers/o/x/1",
        "/api/operations/a$b$c$d$e",
        "/api/operations/contoso$offer$$preview",
        "/api/operations/con%2Ftoso$offer$2$preview",
        "/api/publishers//offers/o/operations/x",
        "/api/publishers/contoso/offers/o/operations/x/y",
        "/api/operations/%ff$o$2$preview",
        "operation/1",
        "?a=b",
        "/status?next=https://evil.example/",
        "/a:b@c",
        "/x%2",
    ] {
        assert_eq!(parse(value).map(|location| location.kind()), Ok(LocationKind::Other), "{value}");
    }
}

#[test]
fn a_kind_has_a_word_for_logs() {
    for (value, word) in [
        ("/api/publishers/contoso/offers/o/operations/1", "migrated"),
        ("/api/operations/contoso$o$2$preview", "non_migrated"),
        ("/status", "other"),
    ] {
        assert_eq!(parse(value).unwrap().kind().as_str(), word);
    }
}

#[test]
fn a_path_may_be_8_kib_long_and_no_longer() {
    let path = |length: usize| format!("/{}", "x".repeat(length - 1));
    for length in [8191, 8192] {
        for value in [path(length), format!("{ORIGIN}{}", path(length))] {
            let location = parse(&value).unwrap();
            assert_eq!(parse(&location.to_string()), Ok(location), "it can be printed and read again");
        }
    }
    for value in [path(8193), format!("{ORIGIN}{}", path(8193)), "x".repeat(8192), "x".repeat(100_000)] {
        assert_eq!(parse(&value), Err(ErrorKind::InvalidLocation));
    }
}

#[test]
fn it_prints_as_an_absolute_url() {
    for (value, printed) in [
        ("/api/x?b=%2f#f", "/api/x?b=%2f"),
        ("  /api/x\t", "/api/x"),
        ("https://cloudpartner.azure.com", "/"),
        ("https://cloudpartner.azure.com?a", "/?a"),
        ("operations/1", "/api/publishers/contoso/offers/contoso-offer/operations/1"),
        ("?a", "/api/publishers/contoso/offers/contoso-offer/cancel?a"),
    ] {
        let location = parse(value).unwrap();
        assert_eq!(location.to_string(), format!("{ORIGIN}{printed}"), "{value}");
        assert_eq!(parse(&location.to_string()), Ok(location), "{value}");
    }
}

/// The form decides that a location is refused; the host that it names decides the kind of the error.
#[test]
fn a_location_on_another_origin_or_of_a_forbidden_form_is_refused() {
    for (value, kind) in [
        ("https://evil.example/api/operations/1", ErrorKind::ForeignLocation),
        ("https://cloudpartner.azure.com.evil.example/", ErrorKind::ForeignLocation),
        ("https://cloudpartner.azure.com:8443/api", ErrorKind::ForeignLocation),
        ("http://cloudpartner.azure.com/api", ErrorKind::ForeignLocation),
        ("http://cloudpartner.azure.com:443/api", ErrorKind::ForeignLocation),
        ("//evil.example/api", ErrorKind::ForeignLocation),
        ("/\\evil.example/api", ErrorKind::ForeignLocation),
        ("\\\\evil.example/api", ErrorKind::ForeignLocation),
        ("https:\\\\evil.example/api", ErrorKind::ForeignLocation),
        ("https://cloudpartner.azure.com@evil.example/", ErrorKind::ForeignLocation),
        ("https://cloudpartner.azure.com\\@evil.example/", ErrorKind::InvalidLocation),
        ("https://evil.example\\@cloudpartner.azure.com/", ErrorKind::ForeignLocation),
        ("https://xn--cloudprtner-7fg.azure.com/", ErrorKind::ForeignLocation),
        ("https://cloudp\u{430}rtner.azure.com/", ErrorKind::ForeignLocation),
        ("https://[::1]/api", ErrorKind::ForeignLocation),
        ("https://2130706433/api", ErrorKind::ForeignLocation),
        ("file:///etc/passwd", ErrorKind::ForeignLocation),
        ("javascript:alert(1)", ErrorKind::ForeignLocation),
        ("\thttps://evil.example/", ErrorKind::ForeignLocation),
        ("ht\ttps://evil.example/", ErrorKind::ForeignLocation),
        ("/\t/evil.example", ErrorKind::ForeignLocation),
        ("///evil.example/api", ErrorKind::InvalidLocation),
        ("//cloudpartner.azure.com/api", ErrorKind::InvalidLocation),
        ("https://user@cloudpartner.azure.com/api", ErrorKind::InvalidLocation),
        ("https://user:pw@cloudpartner.azure.com/api", ErrorKind::InvalidLocation),
        ("https://@cloudpartner.azure.com/api", ErrorKind::InvalidLocation),
        ("https:/api/operations/1", ErrorKind::InvalidLocation),
        ("https:///cloudpartner.azure.com/api", ErrorKind::InvalidLocation),
        ("https:///evil.example/api", ErrorKind::ForeignLocation),
        ("https:api", ErrorKind::InvalidLocation),
        ("https://cloudp\u{ff41}rtner.azure.com/", ErrorKind::InvalidLocation),
        ("https://cloudpartner.azure.com:99999/", ErrorKind::InvalidLocation),
        ("https://", ErrorKind::InvalidLocation),
        ("/api/../secret", ErrorKind::InvalidLocation),
        ("/api/./x", ErrorKind::InvalidLocation),
        ("/api/..", ErrorKind::InvalidLocation),
        ("../x", ErrorKind::InvalidLocation),
        ("./x", ErrorKind::InvalidLocation),
        ("/api/%2e%2E/secret", ErrorKind::InvalidLocation),
        ("/api/.%2e/secret", ErrorKind::InvalidLocation),
        ("/api%2f..%2fsecret", ErrorKind::InvalidLocation),
        ("/api\\x", ErrorKind::InvalidLocation),
        ("/api%5c..%5cx", ErrorKind::InvalidLocation),
        ("/api%00", ErrorKind::InvalidLocation),
        ("/api%0d%0aX-Evil:1", ErrorKind::InvalidLocation),
        ("/api\r\nX-Evil: 1", ErrorKind::InvalidLocation),
        ("/api\u{7f}", ErrorKind::InvalidLocation),
        ("/a b", ErrorKind::InvalidLocation),
        ("/\u{e4}", ErrorKind::InvalidLocation),
        ("#fragment", ErrorKind::InvalidLocation),
        ("", ErrorKind::InvalidLocation),
    ] {
        assert_eq!(parse(value), Err(kind), "{value:?}");
    }
}

/// Ways to name another host than a local endpoint's, or to name it so that a reader can take another for it.
#[test]
fn a_local_endpoint_is_compared_with_its_port() {
    let endpoint = Endpoint::new("http://127.0.0.1:8080").unwrap();
    let called = "http://127.0.0.1:8080/api".parse().unwrap();
    let parse = |value| OperationLocation::parse(&endpoint, &called, value).map_err(|error| error.kind());
    for foreign in [
        "http://127.0.0.1/x",
        "http://127.0.0.1:/x",
        "http://127.0.0.1:81/x",
        "https://127.0.0.1:8080/x",
        "ftp://127.0.0.1:8080/x",
        "http://localhost:81/x",
        "http://localhost:8080/x",
        "http://lo\u{441}alhost:81/x",
        "//127.0.0.1:81/x",
        "/\\127.0.0.1:81/x",
        "\\\\127.0.0.1:81/x",
        "http:\\\\127.0.0.1:81\\x",
        "http://127.0.0.1:8080@127.0.0.1:81/x",
        "http://127.0.0.1:8080\t@127.0.0.1:81/x",
        "http://127.1:81/x",
        "http://2130706433:81/x",
        "http://0x7f000001:81/x",
        "http://0177.0.0.1:81/x",
        "http://127.0.0.1.:81/x",
        "http://127.0.0.1:081/x",
        "http://[::1]:81/x",
        "http://[::ffff:127.0.0.1]:81/x",
        "http://\u{ff11}27.0.0.1:81/x",
        "http://127\u{3002}0.0.1:81/x",
        "data:application/json,{}",
    ] {
        assert_eq!(parse(foreign), Err(ErrorKind::ForeignLocation), "{foreign}");
    }
    for invalid in [
        "http://xn--loalhost-3zg:81/x",
        "///127.0.0.1:81/x",
        "http:127.0.0.1:81/x",
        "http:/127.0.0.1:81/x",
        "http://user@127.0.0.1:8080/x",
        "http://:password@127.0.0.1:8080/x",
        "http://@127.0.0.1:8080/x",
        "http://[::1%25lo]:81/x",
        "http://127.0.0.1:99999/x",
    ] {
        assert_eq!(parse(invalid), Err(ErrorKind::InvalidLocation), "{invalid}");
    }
    // The same address in another spelling. The request is built with the endpoint's.
    for same in ["http://127.0.0.1:8080/x", "/x", "http://2130706433:8080/x"] {
        assert_eq!(parse(same).unwrap().to_string(), "http://127.0.0.1:8080/x");
    }
}

#[test]
fn a_reference_resolves_against_the_url_that_was_called() {
    let called = "https://evil.example/api/cancel".parse().unwrap();
    let parsed = OperationLocation::parse(&Endpoint::default(), &called, "/api/operations/1");
    assert_eq!(parsed.unwrap_err().kind(), ErrorKind::ForeignLocation);
}

#[test]
fn a_reference_is_not_joined_to_a_url_of_a_forbidden_form() {
    for path in ["/api\\x/y", "/api/\u{85}/y", "/api/%5c/y", "/a/../y", "/a/%2e%2e/y"] {
        let called = Uri::try_from(format!("{ORIGIN}{path}")).unwrap();
        let parsed = OperationLocation::parse(&Endpoint::default(), &called, "operations/1");
        assert_eq!(parsed.unwrap_err().kind(), ErrorKind::InvalidLocation, "{path:?}");
        assert!(OperationLocation::parse(&Endpoint::default(), &called, "/operations/1").is_ok(), "{path:?}");
    }
}

/// `http` lets more through in a path than a URL may hold; `url` would spell it in another way.
#[test]
fn a_reference_is_joined_to_a_plain_path_only() {
    for called in [r#"https://cloudpartner.azure.com/a"b/cancel"#, "https://cloudpartner.azure.com/{a}/cancel"] {
        let parsed = OperationLocation::parse(&Endpoint::default(), &called.parse().unwrap(), "operations/1");
        assert_eq!(parsed.unwrap_err().kind(), ErrorKind::InvalidLocation, "{called}");
    }
}

proptest! {
    /// Whatever is accepted is on the endpoint's origin, as two parsers read it, and reads back the same.
    #[test]
    fn what_is_accepted_stays_on_the_origin(value in r"(https?:)?[/\\]{0,3}[a-z.@:%2eE$-]{0,30}[/?#][ -~]{0,40}|\PC{0,60}") {
        if let Ok(location) = parse(&value) {
            let printed = location.to_string();
            let read: url::Url = printed.parse().unwrap();
            prop_assert_eq!(read.origin().ascii_serialization(), ORIGIN);
            let uri = location.url();
            prop_assert_eq!(uri.scheme_str(), Some("https"));
            prop_assert_eq!(uri.authority().map(http::uri::Authority::as_str), Some("cloudpartner.azure.com"));
            prop_assert_eq!(parse(&printed), Ok(location));
        }
    }

    /// Whatever is accepted means this origin and this path when others read it as it came, however it writes them.
    #[test]
    fn what_is_accepted_means_the_same_to_two_parsers(
        scheme in "(https?|HTTPS|Https|ftp)",
        authority in r"(cloudpartner|CloudPartner|clo%75dpartner|evil)\.azure\.com(:443|:0443|:80|:)?(\.evil)?|[a-zA-Z0-9.:@%\[\]-]{0,20}",
        path in r"(/[A-Za-z0-9.%$~:@!'()*+,;=-]{0,12}){0,4}",
        rest in r"(\?[ -~]{0,12})?(#[ -~]{0,5})?",
        absolute: bool,
    ) {
        let value = if absolute { format!("{scheme}://{authority}{path}{rest}") } else { format!("{path}{rest}") };
        if let Ok(location) = parse(&value) {
            let base: url::Url = called().to_string().parse().unwrap();
            let read = base.join(value.trim_matches([' ', '\t'])).unwrap();
            prop_assert_eq!(read.origin().ascii_serialization(), ORIGIN);
            prop_assert_eq!(read.path(), location.url().path());
            if let Ok(uri) = value.parse::<Uri>() {
                prop_assert!(uri.scheme_str().is_none_or(|scheme| scheme == "https"));
                prop_assert!(uri.host().is_none_or(|host| host.eq_ignore_ascii_case("cloudpartner.azure.com") || host.contains('%')), "{}", value);
                prop_assert!(uri.port_u16().is_none_or(|port| port == 443));
                prop_assert_eq!(uri.path(), location.url().path());
            }
        }
    }

    #[test]
    fn the_parts_of_a_location_are_the_parts_that_went_in(
        publisher in "[A-Za-z0-9_-]{1,20}", offer in "[A-Za-z0-9_.-]{1,20}x", version in "[0-9]{1,3}", slot in "[a-z]{1,9}",
    ) {
        let kind = parse(&format!("/api/operations/{publisher}${offer}%24{version}${slot}")).map(|location| location.kind());
        let expected = LocationKind::NonMigrated {
            publisher: PublisherId::new(publisher).unwrap(), offer: OfferId::new(offer).unwrap(), version, slot,
        };
        prop_assert_eq!(kind, Ok(expected));
    }
}
