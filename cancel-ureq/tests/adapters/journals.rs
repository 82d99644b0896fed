//! Journals and token sources that fail or are slow, with the driver over ureq. (The driver over hyper has the same
//! tests in virtual time.)

use std::thread::sleep;
use std::time::Duration;

use cancel_core::{BearerToken, Checkpoint, ErrorKind, Posted};
use cancel_ureq::Driver;
use ureq::Agent;

use crate::server::{Reply, Server, policy, reply, token};

fn is_of_post(checkpoint: &Checkpoint) -> bool {
    checkpoint.to_json().contains(r#""posted":"maybe""#)
}

/// What is written, as `posted` says it, when the service has these answers.
fn written(answers: Vec<Reply>) -> Vec<String> {
    let server = Server::start(answers);
    let mut written = Vec::new();
    let journal = |checkpoint: Checkpoint| {
        let text = checkpoint.to_json();
        let (_, posted) = text.split_once(r#""posted":""#).unwrap();
        written.push(posted.split('"').next().unwrap().to_owned());
        Ok::<(), String>(())
    };
    let mut driver = Driver::new(Agent::new_with_defaults(), token()).with_journal(journal);
    let _ = driver.drive(&mut server.cancellation(policy()));
    written
}

#[test]
fn a_checkpoint_is_written_at_the_start_and_around_each_exchange_and_after_an_error() {
    let location = "Location: /api/operations/contoso$contoso-offer$2$preview\r\n";
    let polled = |word| reply(200, "", format!(r#"{{"status":"{word}"}}"#));
    // The outcome is not written.
    let answers = vec![reply(202, location, ""), polled("running"), polled("canceled")];
    assert_eq!(written(answers), ["no", "maybe", "yes", "yes"]);
    assert_eq!(written(vec![reply(403, "", "")]), ["no", "maybe", "yes", "yes"]);
}

#[test]
fn a_journal_that_fails_holds_the_post_back() {
    let server = Server::start(vec![reply(200, "", "")]);
    let mut cancellation = server.cancellation(policy().attempts(1));
    let agent = Agent::new_with_defaults();
    let failing = |checkpoint: Checkpoint| if is_of_post(&checkpoint) { Err("disk full") } else { Ok(()) };
    for _ in 0..3 {
        let error = Driver::new(agent.clone(), token()).with_journal(failing).drive(&mut cancellation).unwrap_err();
        assert_eq!((error.kind(), error.posted(), server.requests().len()), (ErrorKind::Checkpoint, Posted::No, 0));
    }
    assert_eq!(Driver::new(agent.clone(), token()).drive(&mut cancellation).unwrap().as_str(), "canceled");
}

#[test]
fn a_journal_that_takes_all_the_time_holds_the_post_back() {
    let server = Server::start(vec![]);
    let time = Duration::from_millis(20);
    let mut cancellation = server.cancellation(policy().attempts(1).attempt_timeout(time));
    let slow = |checkpoint: Checkpoint| {
        if is_of_post(&checkpoint) {
            sleep(time);
        }
        Ok::<(), String>(())
    };
    let agent = Agent::new_with_defaults();
    let error = Driver::new(agent.clone(), token()).with_journal(slow).drive(&mut cancellation).unwrap_err();
    assert_eq!((error.kind(), error.posted(), server.requests().len()), (ErrorKind::Transport, Posted::No, 0));
}

#[test]
fn the_time_that_a_failing_token_source_takes_counts() {
    let server = Server::start(vec![]);
    let mut cancellation = server.cancellation(policy());
    let spent = Duration::from_millis(20);
    let tokens = |_| {
        sleep(spent);
        Err::<BearerToken, _>("not logged in")
    };
    let before = cancellation.now();
    let error = Driver::new(Agent::new_with_defaults(), tokens).drive(&mut cancellation).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TokenSource);
    assert!(cancellation.now() >= before + spent);
}
