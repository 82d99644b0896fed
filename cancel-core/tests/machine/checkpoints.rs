//! What a checkpoint holds, and which forged ones are refused.

use std::time::Duration;

use cancel_core::{
    CancelRequest, Cancellation, Checkpoint, ClientRequestId, Endpoint, ErrorKind, IfMatch, NotificationEmails,
    OfferId, OperationId, Policy, Posted, PublisherId,
};

use crate::run::{CANCEL_OPERATION, NO_HEADERS, Run, accepted, secs, settled, status, verified};

/// A run whose checkpoint has most of what one can hold.
fn rich() -> Run {
    let request = CancelRequest::new(PublisherId::new("contoso").unwrap(), OfferId::new("contoso-offer").unwrap())
        .notify(NotificationEmails::parse("a@contoso.com").unwrap())
        .if_match(IfMatch::any())
        .client_request_id(ClientRequestId::new("run-42").unwrap())
        .only_if_running(OperationId::new("a").unwrap());
    let mut run = Run::about(request, verified());
    run.list(&[("a", "running")]);
    run.post().answer(202, [("Location", CANCEL_OPERATION)], "");
    run
}

fn text() -> String {
    rich().cancellation.checkpoint().to_json()
}

/// Whether a checkpoint is refused in which this was replaced by that.
fn is_refused_with(from: &str, to: &str) -> bool {
    let text = text();
    assert!(text.contains(from), "{from} is not in {text}");
    is_refused(&text.replace(from, to))
}

/// A forged text must not act on the terminal of the person who reads the error.
#[test]
fn the_error_of_a_refusal_is_one_short_line() {
    let name = format!("\\u001b[2J\\u202e{}", "x".repeat(100_000));
    let text = text().replace("verifying", &name);
    let error = rich().resume_from(&text, verified()).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Checkpoint);
    let words = error.to_string();
    assert!(words.len() < 2_000 && !words.contains(|c: char| c.is_control() || c == '\u{202e}'), "{words}");
}

fn is_refused(text: &str) -> bool {
    let refusal = rich().resume_from(text, verified()).err();
    if let Some(error) = &refusal {
        assert_eq!(error.kind(), ErrorKind::Checkpoint);
        assert_ne!(error.posted(), Posted::No, "{error}: an earlier run may have posted");
    }
    refusal.is_some()
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
fn the_resumed_request_is_the_same() {
    let run = rich();
    let resumed = run.resume(verified());
    assert_eq!(resumed.cancellation.request(), run.cancellation.request());
    let again: Checkpoint = Checkpoint::from_json(&text()).unwrap();
    assert_eq!(again.to_json(), text());
}

#[test]
fn a_checkpoint_can_be_taken_at_any_time_and_changes_nothing() {
    let mut run = rich();
    let before = run.cancellation.checkpoint();
    assert_eq!(run.cancellation.checkpoint(), before);
    run.poll_tracked("a", "canceled");
    assert_ne!(run.cancellation.checkpoint(), before);
}

#[test]
fn a_forged_endpoint_or_location_is_refused() {
    let own = "https://cloudpartner.azure.com/api/publishers/contoso/offers/contoso-offer/operations/the-cancel";
    for location in ["https://evil.example/x", "https://cloudpartner.azure.com/a/../b", ""] {
        assert!(is_refused_with(own, location), "{location}");
    }
    assert!(is_refused_with(r#""endpoint":"https://cloudpartner.azure.com""#, r#""endpoint":"https://evil.example""#));
    assert!(is_refused_with(r#""api_version":"2017-10-31""#, r#""api_version":"2020-01-01""#));
}

#[test]
fn forged_values_are_refused() {
    for (from, to) in [
        (r#""version":1"#, r#""version":2"#),
        (r#""version":1"#, r#""version":-1"#),
        (r#""publisher":"contoso""#, r#""publisher":"../x""#),
        (r#""offer":"contoso-offer""#, r#""offer":"a/b""#),
        (r#""baseline":["a"]"#, r#""baseline":["a?b"]"#),
        (r#""baseline":["a"]"#, r#""baseline":["a","A"]"#),
        (r#""baseline":["a"]"#, r#""baseline":[]"#),
        (r#""notify":"a@contoso.com""#, r#""notify":"x""#),
        (r#""if_match":"*""#, r#""if_match":"a\r\nb""#),
        (r#""client_request_id":"run-42""#, r#""client_request_id":"\n""#),
        (r#""only_if_running":"a""#, r#""only_if_running":"""#),
        (r#""until":"verified""#, r#""until":"settled""#),
        (r#""until":"verified""#, r#""until":"for ever""#),
        (r#""verifying":"#, r#""listing":"#),
        (r#""verifying":"#, r#""in_doubt":"#),
        (r#""verifying":"#, r#""dreaming":"#),
        (r#""sent":"accepted""#, r#""sent":"refused""#),
        (r#""sent":"accepted""#, r#""sent":{"in_doubt":{}}"#),
        (r#""sent":"accepted""#, r#""sent":{"in_doubt":{"since_ms":-1}}"#),
        (r#""sent":"accepted""#, r#""sent":null"#),
        (r#""sent":"accepted""#, r#""sent":"accepted","cancel_failed":{"since_ms":1}"#),
        (r#""sent":"accepted""#, r#""sent":"accepted","cancel_failed":{"since_ms":1,"polls":256}"#),
        (r#""until":"verified""#, r#""until":"verified","others":["a/b"]"#),
        (r#""source":"location""#, r#""source":"rumor""#),
        (r#""posted":"yes""#, r#""posted":true"#),
        (r#""resumes":0"#, r#""resumes":1000"#),
        (r#""due_ms":"#, r#""due_ms":999999"#),
    ] {
        assert!(is_refused_with(from, to), "{from} -> {to}");
    }
}

#[test]
fn a_baseline_has_at_most_64_operations() {
    let with = |count: usize| {
        let ids: Vec<_> = (0..count).map(|number| format!("{number}")).collect();
        is_refused_with(r#""baseline":["a"]"#, &format!(r#""baseline":{}"#, serde_json::json!(ids)))
    };
    assert_eq!((with(64), with(65)), (false, true));
}

/// Which phases each mode has. The type of a phase says what it needs.
#[test]
fn a_phase_that_the_mode_does_not_have_is_refused() {
    let location = serde_json::json!({"url": "https://cloudpartner.azure.com/x", "source": "location"});
    let resumes = |phase: &serde_json::Value, policy: Policy, until: &str, posted: &str| {
        let mut json: serde_json::Value = serde_json::from_str(&text()).unwrap();
        json["phase"] = phase.clone();
        json["until"] = until.into();
        json["posted"] = posted.into();
        json["request"]["only_if_running"] = serde_json::Value::Null;
        rich().resume_from(&json.to_string(), policy).is_ok()
    };
    for (phase, modes) in [
        (serde_json::json!("listing"), ""),
        (serde_json::json!("posting"), "accepted settled"),
        (serde_json::json!({"rechecking": {"baseline": ["a"]}}), "verified"),
        (serde_json::json!({"rechecking": {}}), ""),
        (serde_json::json!({"following": {"location": location}}), "settled"),
        (serde_json::json!({"following": {}}), ""),
        (serde_json::json!({"verifying": {"baseline": ["a"], "location": location, "sent": "accepted"}}), "verified"),
        (serde_json::json!({"verifying": {"baseline": ["a"], "sent": "accepted"}}), "verified"),
        (serde_json::json!({"verifying": {"baseline": ["a"], "sent": "unprocessed"}}), "verified"),
        (serde_json::json!({"verifying": {"baseline": ["a"], "sent": {"in_doubt": {"since_ms": 0}}}}), "verified"),
        (serde_json::json!({"verifying": {"baseline": ["a"]}}), ""),
        (serde_json::json!({"verifying": {"location": location, "sent": "accepted"}}), ""),
        (serde_json::json!("in_doubt"), "accepted settled"),
        (serde_json::json!("unfollowed"), "accepted settled"),
    ] {
        for (until, policy) in [("accepted", accepted()), ("settled", settled()), ("verified", verified())] {
            let found = resumes(&phase, policy.clone(), until, "maybe");
            assert_eq!(found, modes.contains(until), "{phase} {until}");
            let unsent = phase == "listing" && resumes(&phase, policy, until, "no");
            assert_eq!(unsent, phase == "listing", "only a list precedes every POST");
        }
    }
}

#[test]
fn a_text_that_was_cut_off_anywhere_is_refused() {
    let text = text();
    for end in 0..text.len() {
        assert!(is_refused(text.split_at(end).0), "{end}");
    }
    for text in ["", "null", "[]", "{}", "\u{0}", r#"{"version":1}"#, r#"{"version":"1"}"#] {
        assert!(is_refused(text), "{text}");
    }
    assert!(is_refused(&format!("{}{text}", " ".repeat(1024 * 1024))), "too long");
    let nested = format!(r#"{{"version":1,"phase":{}{}}}"#, "[".repeat(9999), "]".repeat(9999));
    assert!(is_refused(&nested));
}

#[test]
fn a_text_may_be_as_long_as_the_limit() {
    let read = |length: usize| Checkpoint::from_json(&(text() + &" ".repeat(length - text().len())));
    assert!(read(Checkpoint::MAX_LEN).is_ok());
    assert!(read(Checkpoint::MAX_LEN + 1).unwrap_err().to_string().contains("longer than 64 KiB"));
}

#[test]
fn a_forged_history_does_not_speed_anything_up() {
    /// How long a resumed run waits before its first request.
    fn first_wait(from: &str, to: &str) -> Duration {
        let text = text();
        assert!(text.contains(from), "{from} is not in {text}");
        let mut run = rich().resume_from(&text.replace(from, to), verified()).unwrap();
        run.next();
        run.waited
    }
    assert_eq!(first_wait(r#""due_ms":1000001000"#, r#""due_ms":0"#), secs(0), "one poll, which was due long ago");
    for (from, to) in [
        ("", ""),
        // Times are on one clock.
        (r#""now_ms":1000000000"#, r#""now_ms":0"#),
        (r#""failed_gets":0"#, r#""failed_gets":255"#),
        (r#""polls":0"#, r#""polls":4294967295"#),
        (r#""polling_since_ms":1000000000"#, r#""polling_since_ms":0"#),
    ] {
        assert_eq!(first_wait(from, to), secs(1), "the wait after the POST, whatever {to}");
    }

    // The place in the schedule is taken over: it makes waits longer, and none shorter than the first.
    let text = text().replace(r#""polling_since_ms":1000000000"#, r#""polling_since_ms":0"#);
    let mut run = rich().resume_from(&text, verified()).unwrap();
    run.now += secs(30);
    run.poll_tracked("a", "running");
    run.get(CANCEL_OPERATION).answer(202, NO_HEADERS, "");
    run.next();
    assert_eq!(run.waited, secs(25));
}

#[test]
fn the_checkpoint_of_an_ended_run_or_of_another_mode_is_refused() {
    let mut run = rich();
    run.get(&crate::run::operation("a")).answer(200, NO_HEADERS, &status("canceled"));
    run.end().unwrap();
    assert!(is_refused(&run.cancellation.checkpoint().to_json()));
    let settled_text = Run::following(settled()).cancellation.checkpoint().to_json();
    assert!(is_refused(&settled_text), "another mode");
    let dry = Checkpoint::from_json(&text()).unwrap();
    let policy = verified().dry_run(true);
    let resumed = Cancellation::resume(Endpoint::default(), dry, policy, secs(0));
    assert_eq!(resumed.unwrap_err().kind(), ErrorKind::Checkpoint, "a dry run posts nothing, so it resumes nothing");
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
        is_refused(&json.to_string())
    };
    assert_eq!((ahead(31), ahead(32)), (false, true));
}

#[test]
fn resumes_are_counted() {
    let mut run = rich();
    for _ in 0..1000 {
        run = run.resume(verified());
    }
    assert!(is_refused(&run.cancellation.checkpoint().to_json()));
}

/// The call cancels all of the offer: without the list nothing tells one operation from another.
#[test]
fn the_checkpoint_of_a_run_that_was_refused_as_invalid_is_refused() {
    for policy in [settled(), accepted()] {
        let request = CancelRequest::new(PublisherId::new("contoso").unwrap(), OfferId::new("contoso-offer").unwrap())
            .only_if_running(OperationId::new("a").unwrap());
        let mut run = Run::about(request, policy.clone());
        assert_eq!(run.error(), (ErrorKind::InvalidInput, Posted::No));
        let written = run.cancellation.checkpoint().to_json();
        let error = run.resume_from(&written, policy).err().unwrap();
        assert_eq!((error.kind(), error.posted()), (ErrorKind::Checkpoint, Posted::No));
    }
}

#[test]
fn the_checkpoint_of_a_dry_run_can_be_resumed() {
    for policy in [accepted(), settled(), verified()] {
        let dry = Run::new(policy.clone().dry_run(true));
        let mut run = dry.resume(policy.clone());
        if policy == verified() {
            run.list(&[("a", "running")]);
        }
        run.post().answer(200, NO_HEADERS, "");
    }
}

/// Whatever the service and the caller put into it.
#[test]
fn the_longest_checkpoint_can_be_read() {
    let ids = |letter: char| (0..64).map(move |number| format!("{number:02}{}", letter.to_string().repeat(126)));
    let address = |number: usize| format!("{number:05}{}@contoso.com", "a".repeat(237));
    let emails = NotificationEmails::new((0..64).map(address)).unwrap();
    assert!(NotificationEmails::new((0..65).map(address)).is_err(), "no more of them fit");
    let id = |id: String| OfferId::new(id).unwrap();
    let request = CancelRequest::new(PublisherId::new("p".repeat(128)).unwrap(), id("o".repeat(128)))
        .notify(emails)
        .only_if_running(OperationId::new(ids('a').next().unwrap()).unwrap())
        .even_with_others();
    let location =
        format!("/api/publishers/{}/offers/{}/operations/c?{}", "p".repeat(128), "o".repeat(128), "x".repeat(7800));
    for only in [true, false] {
        let request = if only {
            request.clone()
        } else {
            CancelRequest::new(request.publisher().clone(), request.offer().clone())
        };
        let mut run = Run::about(request, verified());
        let ids: Vec<_> = ids('a').collect();
        let entries: Vec<_> = ids.iter().map(|id| (&**id, "running")).collect();
        run.next().answer(200, NO_HEADERS, &crate::run::list_of(&entries));
        run.next().answer(202, [("Location", &location)], "");
        let text = run.cancellation.checkpoint().to_json();
        assert!((20_000..40_000).contains(&text.len()) || !only, "{}", text.len());
        assert!(text.contains("xxxx") && Checkpoint::from_json(&text).is_ok());
    }
}
