//! What a list says: which operations can be running, and which lists cannot be read.

use cancel_core::{ErrorKind, Posted, Proof};

use crate::run::{LIST, NO_HEADERS, Run, operation, pairs, secs, status, statuses, verified};

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
