//! What a checkpoint holds, and what is refused of one that may have been forged.

use cancel_core::{
    CancelRequest, Cancellation, Checkpoint, ClientRequestId, Endpoint, IfMatch, NotificationEmails, OfferId,
    OperationId, Posted, PublisherId,
};

use crate::talk::{CANCEL_OPERATION, NO_HEADERS, Talk, accepted, secs, settled, status, verified};

/// A conversation that has most of what a checkpoint can hold.
fn rich() -> Talk {
    let request = CancelRequest::new(PublisherId::new("contoso").unwrap(), OfferId::new("contoso-offer").unwrap())
        .notify(NotificationEmails::parse("a@contoso.com").unwrap())
        .if_match(IfMatch::any())
        .client_request_id(ClientRequestId::new("run-42").unwrap())
        .only(OperationId::new("a").unwrap());
    let mut talk = Talk::about(request, verified());
    talk.list(&[("a", "running")]);
    talk.post().answer(202, [("Location", CANCEL_OPERATION)], "");
    talk
}

fn text() -> String {
    rich().cancellation.checkpoint().to_json()
}

/// What becomes of a checkpoint in which this was replaced by that.
fn forged(from: &str, to: &str) -> &'static str {
    let text = text();
    assert!(text.contains(from), "{from} is not in {text}");
    refusal(&text.replace(from, to))
}

/// What was forged does not act on the terminal of whoever reads the refusal.
#[test]
fn a_refusal_is_a_line() {
    let stage = format!("\\u001b[2J\\u202e{}", "x".repeat(100_000));
    let text = text().replace("watching", &stage);
    let error = rich().resume_from(&text, verified()).err().unwrap();
    assert_eq!(error.kind(), "checkpoint");
    let words = error.to_string();
    assert!(words.len() < 2_000 && !words.contains(|c: char| c.is_control() || c == '\u{202e}'), "{words}");
}

fn refusal(text: &str) -> &'static str {
    match rich().resume_from(text, verified()) {
        Ok(_) => "resumed",
        Err(error) => {
            assert_ne!(error.posted(), Posted::No, "{error}: an earlier run may have posted");
            error.kind()
        }
    }
}

#[test]
fn it_is_short_versioned_json_and_holds_no_token() {
    let text = text();
    assert!(text.starts_with(r#"{"version":1,"#), "{text}");
    assert!(text.len() < 800, "{} bytes", text.len());
    assert!(!text.contains("canary") && !text.contains("Bearer"), "{text}");
    assert_eq!(text.lines().count(), 1);
}

#[test]
fn the_request_is_the_same_afterwards() {
    let talk = rich();
    let resumed = talk.resume(verified());
    assert_eq!(resumed.cancellation.request(), talk.cancellation.request());
    let again: Checkpoint = Checkpoint::from_json(&text()).unwrap();
    assert_eq!(again.to_json(), text());
}

#[test]
fn a_checkpoint_can_be_taken_at_any_time_and_changes_nothing() {
    let mut talk = rich();
    let before = talk.cancellation.checkpoint();
    assert_eq!(talk.cancellation.checkpoint(), before);
    talk.look_at("a", "canceled");
    assert_ne!(talk.cancellation.checkpoint(), before);
}

#[test]
fn forged_places_are_refused() {
    let own = "https://cloudpartner.azure.com/api/publishers/contoso/offers/contoso-offer/operations/the-cancel";
    for location in [
        "https://evil.example/x",
        "http://cloudpartner.azure.com/x",
        "https://me:pw@cloudpartner.azure.com/x",
        "//evil.example/x",
        "https://cloudpartner.azure.com/a/../b",
        "",
    ] {
        assert_eq!(forged(own, location), "checkpoint", "{location}");
    }
    assert_eq!(
        forged(r#""endpoint":"https://cloudpartner.azure.com""#, r#""endpoint":"https://evil.example""#),
        "checkpoint"
    );
    assert_eq!(forged(r#""api_version":"2017-10-31""#, r#""api_version":"2020-01-01""#), "checkpoint");
}

#[test]
fn forged_values_are_refused() {
    for (from, to) in [
        (r#""version":1"#, r#""version":2"#),
        (r#""version":1"#, r#""version":-1"#),
        (r#""publisher":"contoso""#, r#""publisher":"../x""#),
        (r#""offer":"contoso-offer""#, r#""offer":"a/b""#),
        (r#""noted":["a"]"#, r#""noted":["a?b"]"#),
        (r#""noted":["a"]"#, r#""noted":[]"#),
        (r#""notification_emails":"a@contoso.com""#, r#""notification_emails":"x""#),
        (r#""if_match":"*""#, r#""if_match":"a\r\nb""#),
        (r#""client_request_id":"run-42""#, r#""client_request_id":"\n""#),
        (r#""only":"a""#, r#""only":"""#),
        (r#""until":"verified""#, r#""until":"settled""#),
        (r#""until":"verified""#, r#""until":"for ever""#),
        (r#""stage":"watching""#, r#""stage":"listing""#),
        (r#""stage":"watching""#, r#""stage":"doubtful""#),
        (r#""stage":"watching""#, r#""stage":"dreaming""#),
        (r#""by":"location""#, r#""by":"rumor""#),
        (r#""posted":"yes""#, r#""posted":true"#),
        (r#""resumes":0"#, r#""resumes":1000"#),
        (r#""deadline_ms":"#, r#""deadline_ms":999999"#),
        (r#""due_ms":"#, r#""due_ms":999999"#),
    ] {
        assert_eq!(forged(from, to), "checkpoint", "{from} -> {to}");
    }
}

/// What the stages of each mode need: what was noted, and a location.
#[test]
fn a_stage_that_does_not_fit_is_refused() {
    let own = |stage: &str, until: &str, noted: bool, location: bool, posted: &str| {
        let mut json: serde_json::Value = serde_json::from_str(&text()).unwrap();
        json["stage"] = stage.into();
        json["until"] = until.into();
        json["posted"] = posted.into();
        if !noted {
            json["noted"] = serde_json::json!([]);
        }
        if !location {
            json["location"] = serde_json::Value::Null;
        }
        if until != "verified" {
            json["only"] = serde_json::Value::Null;
        }
        let policy = match until {
            "verified" => verified(),
            "settled" => settled(),
            _ => accepted(),
        };
        rich().resume_from(&json.to_string(), policy).is_ok()
    };
    for (stage, until, noted, location, posted, fits) in [
        ("listing", "verified", false, false, "no", true),
        ("listing", "verified", true, false, "no", false),
        ("listing", "verified", false, false, "maybe", false),
        ("listing", "settled", false, false, "no", true),
        ("listing", "settled", false, false, "yes", false),
        ("posting", "verified", true, false, "no", true),
        ("posting", "verified", false, false, "no", false),
        ("posting", "settled", false, false, "no", true),
        ("posting", "accepted", false, false, "no", true),
        ("posting", "settled", true, false, "no", false),
        ("looking", "verified", true, false, "maybe", true),
        ("looking", "verified", false, false, "maybe", false),
        ("looking", "settled", true, false, "maybe", false),
        ("looking", "settled", false, false, "maybe", false),
        ("doubtful", "settled", false, false, "maybe", true),
        ("doubtful", "accepted", false, false, "maybe", true),
        ("doubtful", "verified", true, false, "maybe", false),
        ("watching", "verified", true, true, "yes", true),
        ("watching", "verified", true, false, "yes", true),
        ("watching", "verified", false, true, "yes", false),
        ("watching", "settled", false, true, "yes", true),
        ("watching", "settled", false, false, "yes", false),
        ("watching", "settled", true, true, "yes", false),
        ("watching", "accepted", false, true, "yes", false),
    ] {
        assert_eq!(own(stage, until, noted, location, posted), fits, "{stage} {until} {noted} {location} {posted}");
    }
}

#[test]
fn a_text_that_was_cut_off_anywhere_is_refused() {
    let text = text();
    for end in 0..text.len() {
        assert_eq!(refusal(text.split_at(end).0), "checkpoint", "{end}");
    }
    for text in ["", "null", "[]", "{}", "\u{0}", r#"{"version":1}"#, r#"{"version":"1"}"#] {
        assert_eq!(refusal(text), "checkpoint", "{text}");
    }
    assert_eq!(refusal(&format!("{}{text}", " ".repeat(1024 * 1024))), "checkpoint", "too long");
    let nested = format!(r#"{{"version":1,"noted":{}{}}}"#, "[".repeat(9999), "]".repeat(9999));
    assert_eq!(refusal(&nested), "checkpoint");
}

#[test]
fn a_forged_history_does_not_speed_anything_up() {
    assert_eq!(forged(r#""due_ms":1000001000"#, r#""due_ms":0"#), "resumed");
    assert_eq!(forged(r#""now_ms":1000000000"#, r#""now_ms":0"#), "resumed", "only to find its deadline passed");
    assert_eq!(forged(r#""failures":0"#, r#""failures":255"#), "resumed");
    assert_eq!(forged(r#""polls":0"#, r#""polls":4294967295"#), "resumed");
}

#[test]
fn a_run_that_is_over_or_another_is_not_gone_on_with() {
    let mut talk = rich();
    talk.get(&crate::talk::operation("a")).answer(200, NO_HEADERS, &status("canceled"));
    talk.end().unwrap();
    assert_eq!(refusal(&talk.cancellation.checkpoint().to_json()), "checkpoint");
    let settled_text = Talk::watching(settled()).cancellation.checkpoint().to_json();
    assert_eq!(refusal(&settled_text), "checkpoint", "another mode");
    let dry = Checkpoint::from_json(&text()).unwrap();
    let policy = verified().dry_run(true);
    let resumed = Cancellation::resume(Endpoint::default(), dry, policy, secs(0));
    assert_eq!(resumed.unwrap_err().kind(), "checkpoint", "a dry run posts nothing, and so takes nothing over");
}

#[test]
fn a_checkpoint_from_the_future_is_refused() {
    let text = text();
    let day = 24 * 3600 * 1000;
    let ahead = |days: u64| {
        let mut json: serde_json::Value = serde_json::from_str(&text).unwrap();
        for time in ["now_ms", "due_ms", "deadline_ms"] {
            json[time] = (json[time].as_u64().unwrap() + days * day).into();
        }
        refusal(&json.to_string())
    };
    assert_eq!((ahead(31), ahead(32)), ("resumed", "checkpoint"));
}

#[test]
fn resumes_are_counted() {
    let mut talk = rich();
    for _ in 0..1000 {
        talk = talk.resume(verified());
    }
    assert_eq!(refusal(&talk.cancellation.checkpoint().to_json()), "checkpoint");
}

/// The call is for the whole offer: without a look at the list nothing tells one operation from another.
#[test]
fn a_run_that_was_refused_for_what_it_means_is_not_gone_on_with() {
    for policy in [settled(), accepted()] {
        let request = CancelRequest::new(PublisherId::new("contoso").unwrap(), OfferId::new("contoso-offer").unwrap())
            .only(OperationId::new("a").unwrap());
        let mut talk = Talk::about(request, policy.clone());
        assert_eq!(talk.error(), ("invalid_input", Posted::No));
        let written = talk.cancellation.checkpoint().to_json();
        let error = talk.resume_from(&written, policy).err().unwrap();
        assert_eq!((error.kind(), error.posted()), ("checkpoint", Posted::No));
    }
}

#[test]
fn what_a_dry_run_has_written_can_be_done() {
    for policy in [accepted(), settled(), verified()] {
        let dry = Talk::new(policy.clone().dry_run(true));
        let mut talk = dry.resume(policy.clone());
        if policy == verified() {
            talk.list(&[("a", "running")]);
        }
        talk.post().answer(200, NO_HEADERS, "");
    }
}
