//! Many offers: their JSON, the exit code, and what remains when it is killed.

use std::collections::BTreeMap;
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::Duration;

use cancel_core::testing::portal::{Call, CancelBehavior, Fault, Offer, Portal, PublishOperation};
use cancel_hyper::portal::{Served, serve_at_speed};
use serde_json::{Value, json};

use crate::{TOKEN, program, wait_until};

/// A portal in which `offer-0` and so on are being published.
fn serve(count: usize, behavior: impl Fn(usize) -> CancelBehavior) -> Served {
    let mut portal = Portal::new();
    portal.accept_token(TOKEN, None);
    for number in 0..count {
        let behavior = behavior(number);
        // A test waits for the end of one that loses the race, and for no other.
        let runs_for = Duration::from_secs(if behavior == CancelBehavior::LosesRace { 3_000 } else { 12_000 });
        let offer = Offer::new("contoso", &format!("offer-{number}")).cancel(behavior);
        portal.add_offer(offer.operation(PublishOperation::new("id-1").runs_for(runs_for)));
    }
    serve_at_speed(portal, 1000).unwrap()
}

fn at(served: &Served, count: usize) -> Command {
    let mut command = in_words_at(served, count);
    command.arg("--json");
    command
}

fn in_words_at(served: &Served, count: usize) -> Command {
    let mut command = program();
    command.args(["--endpoint", &served.endpoint(), "--publisher", "contoso", "--poll-interval", "5ms"]);
    // A run that hangs must not hang until the default deadline of a quarter of an hour.
    command.args(["--deadline", "30s"]);
    for number in 0..count {
        command.args(["--offer", &format!("offer-{number}")]);
    }
    command.env("AZURE_TOKEN", TOKEN);
    command
}

/// The JSON of each offer.
fn answers(output: &Output) -> BTreeMap<String, Value> {
    let text = std::str::from_utf8(&output.stdout).unwrap();
    let answers = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    answers.map(|answer| (answer["offer"].as_str().unwrap_or_default().to_owned(), answer)).collect()
}

#[test]
fn each_offer_has_its_own_outcome_and_the_highest_exit_code_counts() {
    let second = Duration::from_secs(1);
    let served = serve(4, |number| match number {
        0 => CancelBehavior::LosesRace,
        1 => CancelBehavior::Fails { after: second },
        _ => CancelBehavior::After(second),
    });
    let output = at(&served, 4).args(["--concurrency", "2"]).output().unwrap();
    let outcomes: Vec<_> = answers(&output).into_values().map(|answer| answer["outcome"].clone()).collect();
    assert_eq!(outcomes, ["ended", "still_running", "canceled", "canceled"]);
    assert_eq!(output.status.code(), Some(1));

    let output = at(&served, 6).output().unwrap();
    let answers = answers(&output);
    assert_eq!(answers["offer-5"]["error"]["kind"], "not_found");
    assert_eq!((answers.len(), output.status.code()), (6, Some(2)));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("offer-5") && !said.contains(TOKEN), "{said}");
}

#[test]
fn the_table_is_in_the_order_of_the_flags() {
    let served = serve(3, |number| match number {
        0 => CancelBehavior::After(Duration::from_secs(300)),
        _ => CancelBehavior::AtOnce,
    });
    let mut command = program();
    command.args(["--endpoint", &served.endpoint(), "--publisher", "contoso", "--poll-interval", "5ms"]);
    let output = command.args(["--offer", "offer-2,offer-0,offer-1"]).env("AZURE_TOKEN", TOKEN).output().unwrap();
    let table = String::from_utf8(output.stdout).unwrap();
    let first = |line: &str| line.split_whitespace().next().map(str::to_owned);
    let named: Vec<_> = table.lines().filter_map(first).collect();
    assert_eq!(named, ["offer", "offer-2", "offer-0", "offer-1"], "{table}");
}

#[test]
fn bad_input_sends_nothing() {
    let served = serve(2, |_| CancelBehavior::AtOnce);
    for (arguments, about) in [
        (vec!["--offer", "a/b"], "a/b"),
        (vec!["--offer", "offer-1"], "the offer offer-1 is named twice"),
        (vec!["--notify", "nobody"], "--notify"),
        (vec!["--concurrency", "0"], "--concurrency"),
    ] {
        let output = at(&served, 2).args(&arguments).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let answer: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(answer["error"]["kind"], "invalid_input", "{answer}");
        assert!(answer["error"]["message"].as_str().unwrap().contains(about), "{answer}");
        assert_eq!(output.status.code(), Some(2));
    }
    assert_eq!(served.portal().calls().len(), 0);
}

#[test]
fn one_refusal_holds_all_offers_back() {
    let served = serve(20, |_| CancelBehavior::AtOnce);
    served.portal().script(Call::List, Fault::status(429).header("retry-after-ms", "700"));
    let output = at(&served, 20).args(["--concurrency", "4"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{:?}", answers(&output));
    let portal = served.portal();
    let refused = portal.calls().iter().position(|call| call.status == Some(429)).unwrap();
    // At most three others were in flight.
    let later = portal.calls().iter().skip(refused + 4).map(|call| call.at).min().unwrap();
    let pause = later.saturating_sub(portal.calls()[refused].at) / 1000;
    assert!(pause >= Duration::from_millis(650), "{pause:?}");
}

#[test]
fn a_token_is_asked_for_once_and_replaced_once() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let served = serve(10, |_| CancelBehavior::After(Duration::from_secs(300)));
    served.portal().revoke_token(TOKEN).accept_token("token-1", Some(Duration::from_secs(100)));
    served.portal().accept_token("token-2", None);
    let command = format!("echo asked >> {0}; echo token-$(wc -l < {0})", log.display());
    let output = at(&served, 10).args(["--token-command", &command]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{:?}", answers(&output));
    assert_eq!(std::fs::read_to_string(log).unwrap().lines().count(), 2);
}

#[cfg(unix)]
#[test]
fn a_fleet_that_was_killed_is_resumed() {
    let mut in_the_middle = 0;
    for round in 0..12 {
        let folder = tempfile::tempdir().unwrap();
        let served = serve(5, |_| CancelBehavior::After(Duration::from_secs(100)));
        let path = folder.path().to_str().unwrap();
        let mut killed =
            at(&served, 5).args(["--checkpoint", path]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // Lists, POSTs, polls: five of each.
        while served.portal().calls().len() <= 2 * round && killed.try_wait().unwrap().is_none() {
            sleep(Duration::from_millis(1));
        }
        in_the_middle += usize::from(killed.try_wait().unwrap().is_none());
        killed.kill().unwrap();
        killed.wait().unwrap();
        let output = at(&served, 5).args(["--checkpoint", path]).output().unwrap();
        let answers = answers(&output);
        for number in 0..5 {
            let offer = format!("offer-{number}");
            let outcome = &answers[&offer]["outcome"];
            // A run that has told its outcome has removed its checkpoint, and the next one finds nothing in progress.
            assert!(outcome == "canceled" || outcome == "nothing_running", "round {round}: {answers:?}");
            let truth = served.portal().truth("contoso", &offer, served.now());
            assert_eq!(truth, [("id-1".to_owned(), "canceled")]);
            let posts = served
                .portal()
                .calls()
                .iter()
                .filter(|call| call.path_and_query.contains(&format!("{offer}/cancel")))
                .count();
            assert!(posts <= 2, "round {round}, {offer}: {posts} POSTs");
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "round {round}: nothing is left");
    }
    assert!(in_the_middle >= 6, "{in_the_middle} were killed before they were over");
}

/// In words all outcomes are printed at the end. A new run would cancel what somebody has started since.
#[cfg(unix)]
#[test]
fn an_outcome_that_was_not_told_is_told_by_the_next_run() {
    let folder = tempfile::tempdir().unwrap();
    let served = serve(2, |number| match number {
        0 => CancelBehavior::AtOnce,
        _ => CancelBehavior::DoesNothing { completes_after: None },
    });
    let calls = |part: &str| served.portal().calls().iter().filter(|call| call.path_and_query.contains(part)).count();
    let mut killed = in_words_at(&served, 2);
    let mut killed = killed.arg("--checkpoint").arg(folder.path()).stderr(Stdio::null()).spawn().unwrap();
    wait_until(|| calls("offer-0/operations") > 0);
    let polls = calls("offer-1/operations");
    wait_until(|| calls("offer-1/operations") > polls + 2);
    killed.kill().unwrap();
    killed.wait().unwrap();
    let output = at(&served, 1).arg("--checkpoint").arg(folder.path()).output().unwrap();
    assert_eq!((&answers(&output)["offer-0"]["outcome"], calls("offer-0/cancel")), (&json!("canceled"), 1));
}
