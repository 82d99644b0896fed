//! Operations and the list of them, as documented and as observed. What is readable stands here, for all readers.

use cancel_core::{ErrorKind, Operation, OperationDetails, OperationId, OperationList, State};
use http::Response;

/// An operation as the page shows it: an array of one, six steps, a message.
const DOCUMENTED: &str = r#"[{
    "status": "running",
    "messages": [{"messageHtml": "<p>On its way</p>", "level": "information", "timestamp": "2018-09-13T08:00:00Z"}],
    "publishingVersion": 2,
    "offerVersion": 5,
    "cancellationRequestState": "canCancel",
    "steps": [
        {"estimatedTimeFrame": "15 min", "id": "displaydummycertify", "stepName": "Validate", "description": "d",
         "status": "completed", "messages": [], "progressPercentage": 100},
        {"id": "displaycertify", "stepName": "Certify", "description": "", "status": "inProgress",
         "messages": ["a plain one"], "progressPercentage": 12}
    ],
    "previewLinks": [], "liveLinks": [],
    "notificationEmails": "a@contoso.com"
}]"#;

fn read(body: &str) -> Operation {
    Operation::from_http(&Response::new(body)).unwrap()
}

fn details(members: &str) -> OperationDetails {
    read(&format!(r#"{{"status":"running",{members}}}"#)).details()
}

#[test]
fn an_operation_as_documented() {
    let operation = read(DOCUMENTED);
    assert_eq!((operation.status(), operation.state()), ("running", State::InProgress));
    let details = operation.details();
    assert_eq!((details.publishing_version, details.offer_version), (Some(2), Some(5)));
    assert_eq!(details.cancellation_request_state.as_deref(), Some("canCancel"));
    assert_eq!(details.notification_emails.as_deref(), Some("a@contoso.com"));
    assert_eq!(details.messages[0].html, "<p>On its way</p>");
    assert_eq!(details.messages[0].level.as_deref(), Some("information"));
    let [first, second] = details.steps.as_slice() else { panic!("two steps") };
    assert_eq!(
        (first.id.as_str(), first.state(), first.progress_percentage),
        ("displaydummycertify", State::Completed, Some(100))
    );
    assert_eq!(first.estimated_time_frame.as_deref(), Some("15 min"));
    assert_eq!((second.step_name.as_str(), second.status.as_str()), ("Certify", "inProgress"));
    assert_eq!(second.messages[0].html, "a plain one");
}

#[test]
fn an_operation_is_an_object_or_an_array_of_one() {
    for body in [
        r#"{"status":"c\u0061nceled"}"#,
        r#"{"status":"canceled"}"#,
        r#" [ {"status":"canceled"} ] "#,
        "\u{feff}[{\"status\":\"canceled\"}]",
    ] {
        assert_eq!(read(body).state(), State::Canceled);
    }
}

#[test]
fn a_body_without_a_status_is_not_an_operation() {
    for body in [
        "",
        "null",
        "[]",
        "{}",
        "[[]]",
        r#"["canceled"]"#,
        r#"[["canceled"]]"#,
        r#"[{"status":"a"},{"status":"b"}]"#,
        r#"{"status":null}"#,
        r#"{"status":7}"#,
        r#"{"status":1.2345678e7}"#,
        "1.2345678e7",
        r#"{"status":""}"#,
        r#"{"status":" "}"#,
        r#"{"status":"-"}"#,
        r#"[{"status":" _- "}]"#,
        r#"{"state":"canceled"}"#,
        r#"{"status":"running","status":"canceled"}"#,
        r#"{"status":"a""#,
        "<html>",
    ] {
        let error = Operation::from_http(&Response::new(body)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::MalformedBody, "{body}");
        assert!(
            !error.to_string().contains("12345678"),
            "a number in another spelling, which can be a token's: {error}"
        );
        assert!(error.is_transient());
    }
}

/// The message of a JSON parser repeats its input.
#[test]
fn the_error_about_a_long_body_is_one_short_line() {
    let body = format!("\"{}\"", "\\u001b[2J\\r\\n \u{202e}".repeat(100_000));
    let errors = [
        Operation::from_http(&Response::new(&body)).unwrap_err(),
        OperationList::from_http(&Response::new(&body)).unwrap_err(),
    ];
    for error in errors {
        let text = format!("{error} {error:?}");
        assert!(text.len() < 20_000, "{}", text.len());
        assert!(!error.to_string().contains(|c: char| c.is_control() || c == '\u{202e}'), "{error}");
    }
}

#[test]
fn a_member_of_another_type_counts_as_absent() {
    assert_eq!(
        details(r#""steps":null,"messages":7,"offerVersion":"5","cancellationRequestState":[],"error":null"#),
        OperationDetails::default()
    );
    assert_eq!(details(r#""steps":[7,{"id":"live","progressPercentage":"x","messages":{}}]"#).steps[0].id, "live");
    let percent =
        |value| details(&format!(r#""steps":[{{"progressPercentage":{value}}}]"#)).steps[0].progress_percentage;
    assert_eq!(
        [percent("33.9"), percent("-5"), percent("1e300"), percent("null")],
        [Some(33), Some(0), Some(100), None]
    );
    assert_eq!(details(r#""messages":[{"level":"error"},"plain",7]"#).messages.len(), 2);
}

/// Each element can cost fifty times its text.
#[test]
fn of_a_long_list_the_first_elements_are_kept() {
    let long = |element: &str| vec![element; 1000].join(",");
    let steps = details(&format!(r#""steps":[{}]"#, long("{}"))).steps;
    let messages = details(&format!(r#""steps":[{{"messages":[{}]}}]"#, long(r#""m""#))).steps.remove(0).messages;
    let links = details(&format!(r#""previewLinks":[{}]"#, long("[]"))).preview_links;
    assert_eq!((steps.len(), messages.len(), links.len()), (256, 256, 256));
    let members: String = (0..1000).map(|number| format!(r#""x{number}":0,"#)).collect();
    let late = details(&format!(r#"{members}"offerVersion":7"#)).offer_version;
    assert_eq!((late, details(r#""x":0,"offerVersion":7"#).offer_version), (None, Some(7)));
}

#[test]
fn the_error_of_a_failed_operation_is_a_text_or_an_object() {
    let text = details(r#""error":"it broke""#).error.unwrap();
    assert_eq!((text.code.as_deref(), text.message.as_deref()), (None, Some("it broke")));
    let object = details(r#""error":{"code":"X","message":"it broke"}"#).error.unwrap();
    assert_eq!((object.code.as_deref(), object.message.as_deref()), (Some("X"), Some("it broke")));
}

#[test]
fn a_list_keeps_every_documented_member() {
    let body = r#"[{"id":"56615B67","offerId":"o","offerVersion":5,"offerTypeId":"vm","publisherId":"contoso",
        "submissionType":"publish","submissionState":"running","publishingVersion":2,"slot":"staging",
        "version":636576975611768314,"definition":{"plans":[1,2]},"changedTime":"2018-09-13T08:00:00Z"}]"#;
    let list = OperationList::from_http(&Response::new(body)).unwrap();
    let submission = &list.submissions()[0];
    assert_eq!(submission.version, Some(636_576_975_611_768_314));
    assert_eq!((submission.slot.as_deref(), submission.submission_type.as_deref()), (Some("staging"), Some("publish")));
    assert_eq!(submission.definition.as_deref(), Some(r#"{"plans":[1,2]}"#));
    assert_eq!(submission.operation(), Some(OperationId::new("56615b67").unwrap()));
}

#[test]
fn in_progress_filters_by_every_state_that_is_not_an_end() {
    let entry = |id: &str, state: &str| format!(r#"{{"id":"{id}","submissionState":"{state}"}}"#);
    let states = ["running", "canceled", "notStarted", "completed", "waitingForPublisherReview", "failed", "Cancelled"];
    let entries: Vec<_> = states.iter().map(|state| entry(state, state)).collect();
    let list = OperationList::from_http(&Response::new(format!("[{}]", entries.join(",")))).unwrap();
    let in_progress: Vec<_> = list.in_progress().map(|submission| submission.id.as_str()).collect();
    assert_eq!(in_progress, ["running", "notStarted", "waitingForPublisherReview"]);
}

#[test]
fn a_member_that_is_no_text_hides_no_operation() {
    for member in [&b"\"definition\":\"\xff\""[..], b"\"\xff\":1", br#""\ud800":1"#, br#""definition":"\ud800""#] {
        let body = [br#"[{"id":"a","submissionState":"running","#, member, b"}]"].concat();
        let list = OperationList::from_http(&Response::new(body)).unwrap();
        assert_eq!(list.in_progress().count(), 1, "{}", member.escape_ascii());
    }
}

#[test]
fn a_list_with_an_unreadable_entry_is_refused() {
    for body in [
        "",
        "{}",
        "null",
        r#"[{"id":"a"}]"#,
        r#"[{"submissionState":"running"}]"#,
        r#"[{"id":7,"submissionState":"running"}]"#,
        r#"[{"id":null,"submissionState":"running"}]"#,
        r#"[{"id":"a","submissionState":""}]"#,
        r#"[{"id":"a","submissionState":" - "}]"#,
        r#"[{"id":"a","submissionState":null}]"#,
        r#"[{"submissionState":"canceled"},{"id":"a","submissionState":" "}]"#,
        "[7]",
        r#"[["a","running"]]"#,
        "[{]",
    ] {
        assert_eq!(
            OperationList::from_http(&Response::new(body)).unwrap_err().kind(),
            ErrorKind::MalformedBody,
            "{body}"
        );
    }
    assert_eq!(OperationList::from_http(&Response::new("[]")).unwrap().submissions(), []);
}

#[test]
fn only_an_operation_that_has_ended_may_lack_its_id() {
    let body =
        r#"[{"submissionState":"canceled"},{"id":null,"submissionState":"failed"},{"id":"a","submissionState":"x"}]"#;
    let list = OperationList::from_http(&Response::new(body)).unwrap();
    let ids: Vec<_> = list.submissions().iter().map(|submission| submission.id.as_str()).collect();
    assert_eq!(ids, ["", "", "a"]);
    assert_eq!(list.submissions()[0].operation(), None);
    assert_eq!(list.in_progress().count(), 1);
}
