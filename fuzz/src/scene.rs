//! The service's side of a conversation: an offer, its operations, what goes wrong, and what happens meanwhile.
//!
//! After the settings each line says one thing. Times are in milliseconds since the beginning.
//!
//! - `offer generation=slot cancel=after:5000 retry=5 publish filter cancels array text words etag`: how the service
//!   behaves
//! - `run publish-a start=0 wait=100 runs=5000 signoff`: an operation
//! - `fault cancel 503 after`, `fault list lose`, `fault operation lose-answer`, `fault any cut 10`, `fault operation
//!   pass`: what goes wrong with the next request of this kind
//! - `at 5000 start publish-x`, `at 5000 end publish-a failed`, `at 5000 cancel fails:100`, `at 5000 expire`: what
//!   happens then
//! - `crash 2 before`, `crash 2 after`, `unsent 2`, `late 2`, `drop 2`: what happens to the exchange of this number
//! - `replica 5 3`: a replica answers exchange 5, where it is a GET, and it has heard of nothing since answer 3

use std::time::Duration;

use cancel_core::OperationId;
use cancel_core::testing::portal::{
    Call, CancelBehavior, End, Fault, Generation, LocationNames, Offer, Portal, PublishOperation, RetryAfter, Wording,
};

use crate::input::number;
use crate::settings::{OFFER, PUBLISHER};

pub(crate) struct Scene<'a> {
    pub(crate) portal: Portal,
    /// What happens at which time, the first one last.
    events: Vec<(Duration, Vec<&'a str>)>,
    /// What happens to exchanges, by their number.
    accidents: Vec<(u64, Accident)>,
    /// When each operation was started.
    pub(crate) starts: Vec<(String, Duration)>,
    pub(crate) asks_for_etag: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Accident {
    /// The process is killed before the request leaves, or after it was processed. Another one resumes the checkpoint.
    Crash { processed: bool },
    /// The connection is refused before a byte left.
    NotSent,
    /// It is processed, and the answer comes too late.
    Late,
    /// The caller drops it after it was processed.
    Dropped,
    /// A replica answers, which shows how things were at this answer.
    Replica { since: u64 },
}

impl<'a> Scene<'a> {
    pub(crate) fn read(lines: impl Iterator<Item = &'a str>, origin: &str) -> Self {
        let mut offer = Offer::new(PUBLISHER, OFFER);
        let mut scene = Self {
            portal: Portal::new(),
            events: Vec::new(),
            accidents: Vec::new(),
            starts: Vec::new(),
            asks_for_etag: false,
        };
        scene.portal.origin(origin);
        for line in lines.take(64) {
            let words: Vec<_> = line.split(' ').collect();
            match *words.as_slice() {
                ["offer", ref words @ ..] => {
                    offer = words.iter().fold(offer, |offer, word| with_behavior(offer, word));
                    scene.asks_for_etag |= words.iter().any(|word| word.starts_with("etag"));
                }
                ["run", id, ref words @ ..] if scene.is_new(id) => {
                    let (operation, start) = operation(id, words);
                    scene.starts.push((id.to_owned(), start));
                    offer = offer.operation(operation);
                }
                ["fault", call, kind, ref rest @ ..] => {
                    let call = self::call(call);
                    scene.portal.script(call, fault(call, kind, rest));
                }
                ["at", time, ref words @ ..] => scene.events.push((milliseconds(time), words.to_vec())),
                [what, which, ref rest @ ..] => {
                    scene.accidents.extend(accident(what, rest).map(|accident| (number(which), accident)));
                }
                _ => {}
            }
        }
        scene.events.sort_by_key(|(time, _)| std::cmp::Reverse(*time));
        scene.portal.add_offer(offer);
        scene
    }

    /// What happens to the exchange of this number.
    pub(crate) fn accident(&self, number: u64) -> Option<Accident> {
        self.accidents.iter().find(|(which, _)| *which == number).map(|(_, accident)| *accident)
    }

    pub(crate) fn has_replicas(&self) -> bool {
        self.accidents.iter().any(|(_, accident)| matches!(accident, Accident::Replica { .. }))
    }

    /// Lets everything happen that is due by now.
    pub(crate) fn pass_time(&mut self, now: Duration, token: &str) {
        while self.events.last().is_some_and(|(time, _)| *time <= now) {
            let Some((time, words)) = self.events.pop() else { return };
            // An event of an operation that does not exist is left out.
            let _ = match *words.as_slice() {
                ["start", id] if self.is_new(id) => {
                    self.starts.push((id.to_owned(), time));
                    self.portal.start_operation(time, PUBLISHER, OFFER, PublishOperation::new(id))
                }
                ["end", id, ref how @ ..] => {
                    let end = match how {
                        ["failed"] => End::Failed,
                        ["canceled"] => End::Canceled,
                        _ => End::Completed,
                    };
                    self.portal.end_operation(time, PUBLISHER, OFFER, id, end)
                }
                ["cancel", behavior] => self.portal.set_cancel(PUBLISHER, OFFER, self::behavior(behavior)),
                ["expire", ..] => {
                    self.portal.revoke_token(token);
                    Ok(())
                }
                _ => Ok(()),
            };
        }
    }

    /// Whether an operation can have this id: no other has it.
    fn is_new(&self, id: &str) -> bool {
        let is_known = self.starts.iter().any(|(known, _)| known.eq_ignore_ascii_case(id));
        OperationId::new(id).is_ok() && self.starts.len() < 8 && !is_known
    }
}

fn accident(what: &str, rest: &[&str]) -> Option<Accident> {
    Some(match what {
        "crash" => Accident::Crash { processed: rest != ["before"] },
        "unsent" => Accident::NotSent,
        "late" => Accident::Late,
        "drop" => Accident::Dropped,
        "replica" => Accident::Replica { since: number(rest.first()?) },
        _ => return None,
    })
}

fn milliseconds(text: &str) -> Duration {
    Duration::from_millis(number(text))
}

fn with_behavior(offer: Offer, word: &str) -> Offer {
    let (name, value) = word.split_once('=').unwrap_or((word, ""));
    let (kind, time) = value.split_once(':').unwrap_or((value, value));
    match name {
        "generation" => offer.generation(match value {
            "absolute" => Generation::Absolute2018,
            "slot" => Generation::Slot2018,
            "nonmigrated" => Generation::NonMigrated2020,
            "string" => Generation::BodyString,
            "member" => Generation::BodyMember("Operation-Location".to_owned()),
            "both" => Generation::BothHeaders,
            "none" => Generation::NoLocation,
            _ => Generation::Migrated2020,
        }),
        "cancel" => offer.cancel(behavior(value)),
        "retry" => offer.retry_after(match kind {
            "ms" => RetryAfter::Milliseconds(number(time)),
            "msms" => RetryAfter::MsMilliseconds(number(time)),
            "date" => RetryAfter::Date(milliseconds(time)),
            "text" => RetryAfter::Verbatim(time.to_owned()),
            _ => RetryAfter::Seconds(number(time)),
        }),
        "publish" => offer.location_names(LocationNames::CanceledOperation),
        "filter" => offer.ignore_filter(),
        "cancels" => offer.list_cancel_operations(),
        "array" => offer.operation_as_array(true),
        "text" => offer.messages_as_text(),
        "words" => {
            offer.wording(Wording::default().canceled("Cancelled").completed("SUCCEEDED").not_started("not started"))
        }
        "etag" if value.is_empty() => offer.require_if_match("\"1\""),
        _ => offer,
    }
}

fn behavior(text: &str) -> CancelBehavior {
    let (kind, time) = text.split_once(':').map_or((text, None), |(kind, time)| (kind, Some(milliseconds(time))));
    let after = time.unwrap_or(Duration::from_secs(5));
    match kind {
        "after" => CancelBehavior::After(after),
        "race" => CancelBehavior::LosesRace,
        "nothing" => CancelBehavior::DoesNothing { completes_after: time },
        "fails" => CancelBehavior::Fails { after },
        _ => CancelBehavior::AtOnce,
    }
}

fn operation(id: &str, words: &[&str]) -> (PublishOperation, Duration) {
    let mut start = Duration::ZERO;
    let operation = words.iter().fold(PublishOperation::new(id), |operation, word| {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        match name {
            "start" => {
                start = milliseconds(value);
                operation.started_at(start)
            }
            "wait" => operation.not_started_until(milliseconds(value)),
            "runs" => operation.runs_for(milliseconds(value)),
            "fails" => operation.fails_after(milliseconds(value)),
            "signoff" => operation.waiting_for_sign_off(),
            // The service could not read its own location otherwise.
            "slot" if OperationId::new(value).is_ok() => operation.slot(value),
            "version" => operation.publishing_version(number(value) as u32),
            _ => operation,
        }
    });
    (operation, start)
}

fn call(word: &str) -> Call {
    match word {
        "cancel" => Call::Cancel,
        "operation" => Call::Operation,
        "list" => Call::List,
        _ => Call::Any,
    }
}

/// What goes wrong. No gateway answers in the service's words.
fn fault(call: Call, kind: &str, rest: &[&str]) -> Fault {
    let answer = match number(kind) {
        202 if call == Call::Cancel => Fault::status(202),
        200..=299 => Fault::status(200).body("<html>$TOKEN</html>"),
        // Statuses that blame the request are left to the service: `check_calls` takes them for a fault of the client.
        400 | 405 | 411 | 421 => Fault::status(409),
        status @ 300..=599 => Fault::status(status as u16).header("x-ms-request-id", "$TOKEN").body("$TOKEN"),
        _ => {
            return match (kind, rest) {
                ("lose", _) => Fault::LoseRequest,
                ("lose-answer", _) => Fault::LoseAnswer,
                ("cut", [keep, ..]) => Fault::CutBody { keep: number(keep) as usize },
                _ => Fault::Pass,
            };
        }
    };
    // A gateway calls a cancel successful only after the service has processed it.
    if rest.contains(&"after") || (call == Call::Cancel && answer.status < 300) {
        answer.after_processing()
    } else {
        answer.into()
    }
}
