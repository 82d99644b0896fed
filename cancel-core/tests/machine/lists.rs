//! What a list says: which operations can be running, and which lists cannot be read.

use cancel_core::{Body, ErrorKind, Posted, Proof};

use crate::run::{LIST, NO_HEADERS, Run, list_of, operation, pairs, secs, status, statuses, verified};

fn listed(body: &str) -> Run {
    let mut run = Run::new(verified());
    run.get(LIST).answer(200, NO_HEADERS, body);
    run
}

fn is_unreadable(body: &str) -> bool {
    let mut run = listed(body);
    if run.cancellation.result().is_some() || run.cancellation.progress().due == Some(run.now) {
        return false;
    }
    for _ in 0..4 {
        run.get(LIST).answer(200, NO_HEADERS, body);
    }
    assert_eq!(run.error(), (ErrorKind::MalformedBody, Posted::No), "{body}");
    true
}

#[test]
fn an_entry_without_a_readable_state_makes_the_list_unreadable() {
    for state in [r#""""#, r#"" ""#, r#""-""#, r#"" _- ""#, "null", "7"] {
        let running = r#"{"id":"a","submissionState":"running"}"#;
        assert!(is_unreadable(&format!(r#"[{running},{{"id":"b","submissionState":{state}}}]"#)), "{state}");
    }
    assert!(is_unreadable(r#"[{"id":"a"}]"#));
}

#[test]
fn only_an_entry_that_has_ended_may_lack_its_id() {
    for without in ["", r#""id":null,"#] {
        for state in ["canceled", "completed", "failed"] {
            let body =
                format!(r#"[{{{without}"submissionState":"{state}"}},{{"id":"a","submissionState":"running"}}]"#);
            let mut run = listed(&body);
            run.post().answer(200, NO_HEADERS, "");
            run.ends_canceled("a");
        }
        assert!(is_unreadable(&format!(r#"[{{{without}"submissionState":"running"}}]"#)));
    }
    assert!(is_unreadable(r#"[{"id":"a/b","submissionState":"running"}]"#), "an id that cannot be polled");
}

/// What is not known as an end may be in progress. The poll of the operation decides.
#[test]
fn an_unknown_word_may_be_in_progress() {
    let mut run = listed(r#"[{"id":"a","submissionState":"rejected"}]"#);
    assert_eq!(statuses(run.cancellation.progress().baseline), pairs(&[("a", "rejected")]));
    run.post().answer(200, NO_HEADERS, "");
    run.poll_tracked("a", "rejected");
    run.ends_canceled("a");
}

#[test]
fn a_cancel_on_the_list_is_not_in_the_baseline() {
    for kind in ["cancel", "Cancel", "cancellation", "Cancelation"] {
        let cancel = format!(r#"{{"id":"c","submissionState":"running","submissionType":"{kind}"}}"#);
        let mut run = listed(&format!("[{cancel}]"));
        assert_eq!(run.end().unwrap().as_str(), "nothing_running", "{kind}");

        let mut run = listed(&format!(r#"[{cancel},{{"id":"a","submissionState":"running"}}]"#));
        run.post().answer(200, NO_HEADERS, "");
        run.ends_canceled("a");
        assert_eq!(statuses(run.end().unwrap().operations()), pairs(&[("a", "canceled")]));
    }
    // What has no type, another one or one that is no text may be a publish.
    for kind in [r#""publish""#, r#""""#, "null", "7", r#"{"cancel":"cancel"}"#, r#"["cancel"]"#] {
        let mut run = listed(&format!(r#"[{{"id":"a","submissionState":"running","submissionType":{kind}}}]"#));
        run.post();
    }
}

/// Of the first cancel, when the POST may be repeated.
#[test]
fn a_cancel_on_the_recheck_is_nobody_elses_operation() {
    let mut run = Run::in_doubt(&["a"]);
    run.poll_while_running("a");
    let body =
        r#"[{"id":"a","submissionState":"running"},{"id":"c","submissionState":"running","submissionType":"cancel"}]"#;
    run.get(LIST).answer(200, NO_HEADERS, body);
    run.post().answer(200, NO_HEADERS, "");
    run.ends_canceled("a");
}

#[test]
fn a_blank_status_of_a_poll_is_no_status() {
    for blank in ["", " ", "-", "_", " - "] {
        let mut run = Run::posting(&["a"]);
        run.post().not_sent();
        run.list(&[]);
        for _ in 0..5 {
            run.poll_tracked("a", blank);
        }
        assert_eq!(run.error(), (ErrorKind::MalformedBody, Posted::No), "{blank:?}");

        let mut run = Run::verifying(&["a"]);
        run.poll_tracked("a", blank);
        assert_eq!(statuses(run.cancellation.progress().baseline), pairs(&[("a", "running")]));
        run.now += secs(3600);
        assert_eq!(run.error(), (ErrorKind::Deadline, Posted::Yes));
        let error = run.end().unwrap_err();
        assert!(error.detail().contains("it is blank"), "{error}");
    }
}

#[test]
fn a_list_of_the_same_operation_twice_has_it_once() {
    let mut run = Run::new(verified());
    run.list(&[("a", "running"), ("A", "notStarted"), ("a", "completed")]);
    run.post().answer(200, NO_HEADERS, "");
    run.get(&operation("a")).answer(200, NO_HEADERS, &status("canceled"));
    assert_eq!(run.canceled(), Proof::Verified);
    assert_eq!(statuses(run.end().unwrap().operations()), pairs(&[("a", "canceled")]));
}

/// A list holds every submission with its definition: thirty of 40 KiB are longer than any poll.
#[test]
fn a_list_has_a_limit_of_its_own() {
    let policy = || verified().body_limit(100).list_limit(1000);
    let long = |length: usize| format!("{:length$}", list_of(&[("a", "running")]));
    let mut run = Run::new(policy());
    let list = run.get(LIST);
    assert_eq!(list.exchange.body_limit, 1000);
    list.answer(200, NO_HEADERS, &long(1000));
    let post = run.post();
    assert_eq!(post.exchange.body_limit, 100);
    post.answer(200, NO_HEADERS, "");
    run.get(&operation("a")).answer(404, NO_HEADERS, "");
    run.get(&operation("a")).answer(400, NO_HEADERS, "");
    let list = run.get(LIST);
    assert_eq!(list.exchange.body_limit, 1000);
    list.answer(200, NO_HEADERS, &long(1001));
    run.ends_canceled("a");

    let mut run = Run::new(policy());
    run.get(LIST).answer(200, NO_HEADERS, &long(1001));
    assert_eq!(run.error(), (ErrorKind::BodyTooLarge, Posted::No), "it would be as long again");
    assert_eq!(run.waited, secs(0));

    let mut run = Run::in_doubt(&["a"]);
    run.poll_while_running("a");
    run.get(LIST).answer_with(200, NO_HEADERS, Body::TooLarge("[".into()));
    run.ends_canceled("a");
}

/// What is kept of an operation is a word, however long the service makes it.
#[test]
fn a_long_state_is_cut() {
    let long = "x".repeat(100_000);
    let mut run = listed(&list_of(&[("a", &long)]));
    let kept = |run: &Run| run.cancellation.progress().baseline[0].status().chars().count();
    assert_eq!(kept(&run), 257);
    run.post().answer(200, NO_HEADERS, "");
    run.poll_tracked("a", &long);
    assert_eq!((kept(&run), run.cancellation.progress().operation.unwrap().status().len()), (257, 259));
}

/// A submission type can be anything.
#[test]
fn a_type_that_is_no_text_is_of_no_cancel() {
    for value in
        [r#""publish""#, r#""ca\u006ecel""#, r#""Cancel""#, "null", "7", "-7", "1.5", "true", "[1,[]]", r#"{"a":{}}"#]
    {
        let run = listed(&format!(r#"[{{"id":"a","submissionState":"running","submissionType":{value}}}]"#));
        let is_cancel = value.to_lowercase().contains("cel");
        assert_eq!(run.cancellation.result().is_some(), is_cancel, "{value}: nothing is running, but a cancel");
    }
}
