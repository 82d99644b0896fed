//! Whether a checkpoint is of the run that the flags describe, and if not, which flag differs.

use std::path::Path;

use cancel_core::{CancelRequest, Checkpoint, Endpoint, Policy, Posted};
use serde::Deserialize;
use serde_json::Value;

use crate::problem::Problem;

/// What a checkpoint says of its run, as far as flags say it too.
#[derive(Deserialize)]
struct Written {
    endpoint: Value,
    request: Value,
    until: Value,
    posted: Posted,
}

/// The flags of a request's members. The offer is first: what is said of another offer is not said of this one.
const OFFER: [(&str, &str); 2] = [("/offer", "--offer"), ("/publisher", "--publisher")];
const OTHERS: [(&str, &str); 2] = [("/only_if_running", "--operation"), ("/notify", "--notify")];

/// What a checkpoint says of a POST.
pub(super) fn posted(checkpoint: &Checkpoint) -> Option<Posted> {
    Some(written(checkpoint)?.posted)
}

fn written(checkpoint: &Checkpoint) -> Option<Written> {
    serde_json::from_value(serde_json::to_value(checkpoint).ok()?).ok()
}

/// Why the checkpoint at this path cannot be resumed with these flags.
pub(crate) fn differs(
    path: &Path,
    checkpoint: &Checkpoint,
    request: &CancelRequest,
    endpoint: &Endpoint,
    policy: &Policy,
) -> Option<Problem> {
    let written = written(checkpoint)?;
    let ours = serde_json::to_value(request).ok()?;
    let refused = |there: &str| {
        let message = format!("the checkpoint {} is of another run: it {there}", path.display());
        let advice = "Give the flags of that run to resume it, or another path to begin a new run.";
        Problem::checkpoint(message, advice)
    };
    let problem = |flag: &str, there: Option<&Value>| match there {
        Some(Value::String(text)) => refused(&format!("has {flag} {text}")),
        _ => refused(&format!("has no {flag}")),
    };
    let of_request = |flags: &[(&str, &'static str)]| {
        let differing = flags.iter().find(|(member, _)| written.request.pointer(member) != ours.pointer(member));
        differing.map(|(member, flag)| problem(flag, written.request.pointer(member)))
    };
    // What it says of a POST is said of the other offer.
    of_request(&OFFER).or_else(|| {
        let others = of_request(&OTHERS)
            .or_else(|| {
                (written.endpoint != endpoint.to_string()).then(|| problem("--endpoint", Some(&written.endpoint)))
            })
            .or_else(|| {
                let until = policy.get_until().as_str();
                (written.until != until).then(|| problem("--until", Some(&written.until)))
            })
            .or_else(|| {
                // The whole request is obeyed, also where no flag can ask for what is in it.
                let member = written.request.as_object()?.iter().find(|&(name, value)| ours.get(name) != Some(value));
                member.map(|(name, _)| refused(&format!("has {name}, which no flag asks for")))
            });
        others.map(|problem| problem.after(written.posted))
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use cancel_core::{Cancellation, NotificationEmails, OfferId, PublisherId, Until};

    use super::*;

    #[test]
    fn the_flag_that_differs_is_named() {
        let request = |offer: &str| CancelRequest::new(PublisherId::new("p").unwrap(), OfferId::new(offer).unwrap());
        let (endpoint, policy) = (Endpoint::default(), Policy::default());
        let notify = |request: CancelRequest| request.notify(NotificationEmails::parse("a@b").unwrap());
        let checkpoint =
            Cancellation::new(endpoint.clone(), notify(request("a")), policy.clone(), Duration::ZERO).checkpoint();
        let elsewhere = Endpoint::new("https://elsewhere.example").unwrap();
        let settled = policy.clone().until(Until::Settled);
        for (request, endpoint, policy, says) in [
            (notify(request("b")), &endpoint, &policy, Some("it has --offer a")),
            (request("a"), &endpoint, &policy, Some("it has --notify a@b")),
            (notify(request("a")), &elsewhere, &policy, Some("it has --endpoint https://cloudpartner.azure.com")),
            (notify(request("a")), &endpoint, &settled, Some("it has --until verified")),
            (notify(request("a")), &endpoint, &policy, None),
        ] {
            let problem = differs(Path::new("x"), &checkpoint, &request, endpoint, policy);
            let said = problem.map(|problem| problem.to_string());
            assert_eq!(said.is_some(), says.is_some(), "{said:?}");
            assert!(says.is_none_or(|says| said.as_ref().is_some_and(|said| said.contains(says))), "{said:?}");
        }
        let with_operation = notify(request("a")).only_if_running("x".parse().unwrap());
        let said = differs(Path::new("x"), &checkpoint, &with_operation, &endpoint, &policy).unwrap().to_string();
        assert!(said.ends_with("it has no --operation"), "{said}");
    }
}
