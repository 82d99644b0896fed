//! Who may do what: tokens, names, origins, and `If-Match`.

use cancel_core::testing::portal::Portal;
use http::Request;

use crate::support::*;

#[test]
fn authorizations() {
    for value in [
        String::new(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        TOKEN.to_owned(),
        format!("Basic {TOKEN}"),
        format!("Bearer  {TOKEN}"),
        format!("Bearer {TOKEN}x"),
        format!("Bearer {TOKEN} x"),
        format!("Bearer \"{TOKEN}\""),
    ] {
        let request = Request::get(operation_url(ID)).header("Authorization", &value).body("").unwrap();
        refused(request, 401, "Unauthorized");
    }
    refused(Request::get(operation_url(ID)).body("").unwrap(), 401, "Unauthorized");
    let twice = request("GET", &operation_url(ID)).header("Authorization", format!("Bearer {TOKEN}"));
    refused(twice.body("").unwrap(), 401, "Unauthorized");
}

#[test]
fn a_token_expires_and_can_be_revoked() {
    let mut portal = Portal::new();
    portal.add_offer(contoso()).accept_token(TOKEN, Some(seconds(3_600)));
    let ask = |portal: &mut Portal, now| portal.handle(seconds(now), get(&list_url(""))).status().as_u16();
    assert_eq!(ask(&mut portal, 3_599), 200);
    assert_eq!(ask(&mut portal, 3_600), 401);
    portal.accept_token(TOKEN, None);
    assert_eq!(ask(&mut portal, 3_600), 200);
    portal.revoke_token(TOKEN);
    assert_eq!(ask(&mut portal, 3_600), 401);
}

#[test]
fn names() {
    let at = |publisher: &str, offer: &str| format!("/api/publishers/{publisher}/offers/{offer}");
    for (url, status, code) in [
        (format!("{}/submissions/?{VERSION}", at("fabrikam", "x")), 403, "Forbidden"),
        (format!("/api/operations/fabrikam$x$2$preview?{VERSION}"), 403, "Forbidden"),
        (format!("{}/submissions/?{VERSION}", at("nobody", "x")), 404, "PublisherNotFound"),
        (format!("{}/submissions/?{VERSION}", at("contoso", "nothing")), 404, "OfferNotFound"),
        (format!("{}/submissions/?{VERSION}", at("Contoso", "contoso-offer")), 404, "PublisherNotFound"),
        (format!("{}/operations/{OTHER}?{VERSION}", at("contoso", "contoso-offer")), 404, "OperationNotFound"),
        (format!("/api/operations/contoso$nothing$2$preview?{VERSION}"), 404, "OfferNotFound"),
        (format!("/api/operations/contoso$contoso-offer$3$preview?{VERSION}"), 404, "OperationNotFound"),
        (format!("/api/operations/contoso$contoso-offer$2?{VERSION}"), 404, "NotFound"),
        (format!("/api/publishers/contoso?{VERSION}"), 404, "NotFound"),
        (format!("{OFFER}/?{VERSION}"), 404, "NotFound"),
        (format!("{OFFER}/operations/{ID}/x?{VERSION}"), 404, "NotFound"),
        (format!("//api/publishers/contoso/offers/contoso-offer/status?{VERSION}"), 404, "NotFound"),
        ("/".to_owned(), 404, "NotFound"),
    ] {
        refused(get(&url), status, code);
    }
    refused(post(&format!("{}/cancel?{VERSION}", at("fabrikam", "x"))), 403, "Forbidden");
    refused(post(&format!("{}/cancel?{VERSION}", at("contoso", "x"))), 404, "OfferNotFound");
}

#[test]
fn a_guid_stands_for_the_offer_only_in_the_slot_form() {
    let guid = "00000ffe-0000-4000-8000-000000000001";
    let url = format!("/api/publishers/contoso/offers/{guid}/submissions/?{VERSION}");
    refused(get(&url), 404, "OfferNotFound");
}

#[test]
fn other_origins() {
    for origin in [
        "http://cloudpartner.azure.com",
        "https://cloudpartner.azure.com:444",
        "https://cloudpartner.azure.com.example.org",
        "https://user@cloudpartner.azure.com",
        "http://127.0.0.1",
    ] {
        refused(get(&format!("{origin}{}", operation_url(ID))), 421, "MisdirectedRequest");
    }
    refused(Request::options("cloudpartner.azure.com:443").body("").unwrap(), 421, "MisdirectedRequest");
}

#[test]
fn if_match() {
    let cancel_only = contoso().require_if_match("\"7\"");
    let every_call = contoso().require_if_match_on_every_call("\"7\"");
    for (if_match, answer) in [(None, 400), (Some("\"6\""), 412), (Some("\"7\""), 200), (Some("*"), 200)] {
        let with = |mut request: Request<&'static str>| {
            if let Some(etag) = if_match {
                request.headers_mut().insert("if-match", etag.parse().unwrap());
            }
            request
        };
        for offer in [&cancel_only, &every_call] {
            let response = portal(offer.clone()).handle(seconds(0), with(post(&cancel_url())));
            assert_eq!(response.status(), answer, "{if_match:?}");
        }
        let response = portal(every_call.clone()).handle(seconds(0), with(get(&list_url(""))));
        assert_eq!(response.status(), answer, "{if_match:?}");
        let response = portal(cancel_only.clone()).handle(seconds(0), with(get(&list_url(""))));
        assert_eq!(response.status(), 200, "{if_match:?}");
        let unasked = portal(contoso()).handle(seconds(0), with(post(&cancel_url())));
        assert_eq!(unasked.status(), 200, "{if_match:?}");
    }
}
