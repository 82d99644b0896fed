//! A path through the model as a person reads it: one line an event.

use super::event::{Event, words};
use super::setting::{OPERATIONS, Set, one};
use super::world::{Phase, Reply, Sent, World};

/// What happened between two states.
pub(super) fn line(before: &World, event: Event, after: &World) -> String {
    let detail = match (event, &before.phase, &after.phase) {
        (Event::Step, _, phase) => next(after, phase),
        (Event::TimeOut, Phase::ToService(sent) | Phase::ToClient(sent, _), phase) => {
            format!("{}. The machine: {}", request(sent), next(after, phase))
        }
        (Event::Arrive(way) | Event::ArriveTwice(way), Phase::ToService(sent), Phase::ToClient(_, reply)) => {
            let what = if sent.post { format!(" ({})", words(way)) } else { String::new() };
            format!("{}{what} and answers {}", request(sent), answer(reply))
        }
        (Event::AskReplica, Phase::ToService(sent), Phase::ToClient(_, reply)) => {
            format!("{} and answers {}", request(sent), answer(reply))
        }
        (_, Phase::Held(sent) | Phase::ToService(sent), _) if event.is_about_the_exchange() => request(sent),
        (_, Phase::ToClient(sent, reply), _) if event.is_about_the_exchange() => {
            format!("{} to {}", answer(reply), request(sent))
        }
        _ => String::new(),
    };
    format!("{event} {detail}").trim_end().to_owned()
}

fn next(world: &World, phase: &Phase) -> String {
    match phase {
        Phase::Held(_) => "POST".to_owned(),
        Phase::ToService(sent) => request(sent),
        Phase::ToClient(..) => "go on".to_owned(),
        Phase::Told | Phase::Over => match world.machine.result() {
            Some(Ok(outcome)) => {
                format!("{} (proof {:?}, posted {})", outcome.as_str(), outcome.proof(), outcome.posted())
            }
            Some(Err(error)) => format!("error {} (posted {})", error.kind(), error.posted()),
            None => "go on".to_owned(),
        },
    }
}

fn request(sent: &Sent) -> String {
    if sent.post {
        return "POST cancel".to_owned();
    }
    let path = sent.request.uri().path();
    if path.ends_with('/') {
        return "GET the list".to_owned();
    }
    let name = path.rsplit('/').next().unwrap_or(path);
    if OPERATIONS.contains(&name) { format!("GET {name}") } else { format!("GET the location {name}") }
}

fn answer(reply: &Reply) -> String {
    let status = reply.response.status().as_u16();
    if !reply.own {
        return format!("{status} of a gateway");
    }
    let body = String::from_utf8_lossy(reply.response.body());
    let word = body.split("\"status\":\"").nth(1).and_then(|rest| rest.split('"').next());
    match (word, body.starts_with('[')) {
        (Some(word), _) => format!("{status} `{word}`"),
        (None, true) => format!("{status}, in progress: {}", names(reply.in_progress)),
        (None, false) => status.to_string(),
    }
}

/// A set, in words.
pub(super) fn names(set: Set) -> String {
    let names: Vec<_> = (0..OPERATIONS.len()).filter(|index| set & one(*index) != 0).map(|i| OPERATIONS[i]).collect();
    if names.is_empty() { "nothing".to_owned() } else { names.join(" and ") }
}
