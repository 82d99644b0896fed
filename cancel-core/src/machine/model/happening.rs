//! What each event does: to the machine by its driver, to what is on its way, and to the service.

use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use serde_json::Value;

use super::event::{Event, Says};
use super::mutant::{Mutant, as_if_lost, distorted, list_of};
use super::setting::{OFFER, OPERATIONS, PUBLISHER, SOMEONES, Setting, token};
use super::world::{Durable, Phase, Reply, Sent, World};
use crate::machine::{Body, Cancellation, Failure, Step};
use crate::testing::ledger::{Known, Ledger, Rule, Verdict, must};
use crate::testing::portal::{CancelBehavior, PublishOperation};
use crate::values::{BearerToken, Endpoint};

/// A list of so long ago says little.
const LONG: Duration = Duration::from_secs(60);
const ELSEWHERE: &str = "https://elsewhere.example/api/operations/1";

impl World {
    /// Lets it happen.
    pub(super) fn happens(&mut self, event: Event, setting: &Setting) -> Verdict {
        if event.is_fault() {
            self.left.faults -= 1;
        }
        self.happen(event, setting)?;
        self.ledger.check(&self.machine)
    }

    fn happen(&mut self, event: Event, setting: &Setting) -> Verdict {
        match event {
            Event::Step => {
                self.write();
                self.drive(self.machine.now(), self.machine.now(), setting)
            }
            Event::StepLate => {
                self.write();
                let now = self.machine.now() + LONG;
                let hidden = setting.mutant == Some(Mutant::HidesThatItWasKeptWaiting);
                self.drive(if hidden { self.machine.now() } else { now }, now, setting)
            }
            Event::Leave => self.leave(setting),
            Event::Withhold => {
                let Phase::Held(sent) = self.phase.clone() else { panic!("nothing is held back") };
                self.ledger.not_sent();
                self.fail(&sent, Failure::NotAttempted)
            }
            Event::Arrive(way) => {
                self.arrive(way);
                Ok(())
            }
            Event::ArriveTwice(way) => {
                self.remember_stray();
                self.arrive(way);
                Ok(())
            }
            Event::AskReplica => {
                let request = self.in_flight().request.clone();
                let mut replica = setting.portal();
                replica.accept_token(&token(self.token), None);
                self.reply(replica.handle(Duration::ZERO, request), true);
                Ok(())
            }
            Event::NotSent => self.not_sent(),
            Event::LoseRequest | Event::LoseAnswer => self.lose(setting),
            Event::TimeOut => self.time_out(setting),
            Event::Gateway(says) | Event::Replace(says) => {
                self.gateway_answers(says);
                Ok(())
            }
            Event::Deliver => self.deliver(setting, false),
            Event::Cut => self.deliver(setting, true),
            Event::Crash => self.crash(setting),
            Event::DeadlinePasses => self.deadline_passes(),
            Event::Stray(_) | Event::Ends(..) | Event::Starts | Event::ServiceGoesOn | Event::TokenExpires => {
                self.at_the_service(event);
                Ok(())
            }
        }
    }

    fn machine(&mut self) -> &mut Cancellation {
        Rc::make_mut(&mut self.machine)
    }

    fn write(&mut self) {
        self.durable = Rc::new(Durable { checkpoint: self.machine.checkpoint(), known: self.ledger.known() });
    }

    /// The driver does what the machine says until an exchange is handed out. `told` is the time that the machine is
    /// told, `now` the time that it is.
    fn drive(&mut self, told: Duration, now: Duration, setting: &Setting) -> Verdict {
        let token = token(self.token);
        let deadline = self.machine.progress().deadline;
        if setting.mutant == Some(Mutant::GivesUpAfterAttempts) && self.ledger.must_know() && self.no_post_is_left() {
            self.phase = Phase::Over;
            return Ok(());
        }
        let exchange = loop {
            let machine = Rc::make_mut(&mut self.machine);
            match machine.step(told) {
                Step::Authenticate(_) => machine.provide_token(BearerToken::new(&token).unwrap()),
                Step::Send(exchange) => break exchange,
                Step::Done(_) => {
                    self.phase = Phase::Over;
                    return Ok(());
                }
                step @ (Step::Await { .. } | Step::WaitUntil(_)) => {
                    panic!("nothing is in flight, no wait is set: {step:?}")
                }
            }
        };
        must(Rule::Bounds, told.saturating_add(exchange.timeout) <= deadline, || {
            "an exchange goes beyond the deadline".to_owned()
        })?;
        let (id, post) = (exchange.id, exchange.is_post());
        self.ledger.handed_out(now, &exchange.request)?;
        let sent = Rc::new(Sent { id, post, request: exchange.request });
        if post {
            self.phase = Phase::Held(sent);
            return Ok(());
        }
        let skips = setting.mutant == Some(Mutant::SkipsTheRecheck);
        let list = self.ledger.baseline().filter(|_| skips).map(list_of);
        match list {
            Some(list) if sent.request.uri().path().contains("submissions") => {
                self.ledger.not_sent();
                self.machine().handle_response(told, id, list).unwrap();
                self.phase = Phase::Told;
                Ok(())
            }
            _ => self.send(sent),
        }
    }

    fn no_post_is_left(&self) -> bool {
        let cx = &self.machine.conversation().cx;
        cx.retries.posts >= cx.asked.policy.attempts
    }

    fn leave(&mut self, setting: &Setting) -> Verdict {
        let Phase::Held(sent) = self.phase.clone() else { panic!("nothing is held back") };
        if setting.mutant != Some(Mutant::WritesAfterSending) {
            self.write();
        }
        self.send(sent)
    }

    /// Everything that leaves goes here.
    fn send(&mut self, sent: Rc<Sent>) -> Verdict {
        self.ledger.left(&sent.request)?;
        self.phase = Phase::ToService(sent);
        Ok(())
    }

    fn in_flight(&self) -> Rc<Sent> {
        match &self.phase {
            Phase::ToService(sent) | Phase::ToClient(sent, _) => Rc::clone(sent),
            Phase::Told | Phase::Held(_) | Phase::Over => panic!("nothing is in flight"),
        }
    }

    fn reply(&mut self, response: Response<Bytes>, own: bool) {
        let words = if own { words_of(response.body()) } else { String::new() };
        let reply = Rc::new(Reply { response, own, words, in_progress: self.in_progress() });
        self.phase = Phase::ToClient(self.in_flight(), reply);
    }

    fn arrive(&mut self, way: CancelBehavior) {
        let sent = self.in_flight();
        let response = self.service_gets(&sent.request, sent.post.then_some(way));
        self.reply(response, true);
    }

    fn service_gets(&mut self, request: &http::Request<Bytes>, way: Option<CancelBehavior>) -> Response<Bytes> {
        let now = self.service_now();
        let portal = Rc::make_mut(&mut self.portal);
        if let Some(way) = way {
            portal.set_cancel(PUBLISHER, OFFER, way).unwrap();
        }
        let response = portal.handle(now, request.clone());
        // They decide nothing afterwards, and would tell equal states apart.
        portal.set_cancel(PUBLISHER, OFFER, CancelBehavior::AtOnce).unwrap();
        portal.forget_calls();
        let takes_time = matches!(
            way,
            Some(CancelBehavior::After(_) | CancelBehavior::Fails { .. })
                | Some(CancelBehavior::DoesNothing { completes_after: Some(_) })
        );
        self.cancels_pending |= takes_time && response.status() == 202;
        self.endless |=
            matches!(way, Some(CancelBehavior::DoesNothing { completes_after: None })) && response.status() == 202;
        response
    }

    /// The POST that is on its way may arrive at any later time. Only one is remembered.
    fn remember_stray(&mut self) {
        if self.stray.is_none() {
            self.stray = Some(Rc::new(self.in_flight().request.clone()));
        }
    }

    fn gateway_answers(&mut self, says: Says) {
        let echo = self.in_flight().request.headers()["authorization"].clone();
        let mut response = Response::new(Bytes::from(format!("<html>{echo:?} {}</html>", echo.to_str().unwrap())));
        *response.status_mut() = http::StatusCode::from_u16(says.status()).unwrap();
        let headers = response.headers_mut();
        headers.insert("x-ms-request-id", echo);
        match says {
            Says::Elsewhere => {
                headers.insert("operation-location", ELSEWHERE.parse().unwrap());
            }
            Says::Status(303) => {
                headers.insert("location", ELSEWHERE.parse().unwrap());
            }
            Says::Status(_) => {}
        }
        self.reply(response, false);
    }

    fn deliver(&mut self, setting: &Setting, cut: bool) -> Verdict {
        let Phase::ToClient(sent, reply) = self.phase.clone() else { panic!("no answer is on its way") };
        let status = reply.response.status().as_u16();
        self.ledger.answered(self.machine.now(), status, (!cut).then_some(reply.response.body()));
        if setting.mutant == Some(Mutant::FollowsRedirects) && status == 303 {
            let mut request = sent.request.clone();
            *request.uri_mut() = ELSEWHERE.parse().unwrap();
            return self.send(Rc::new(Sent { id: sent.id, post: false, request }));
        }
        let response = distorted(setting.mutant, self.ledger.baseline(), reply.response.clone());
        let response = response.map(|body| match cut {
            true => Body::CutOff(body.slice(..body.len() / 2)),
            false => Body::Complete(body),
        });
        let now = self.machine.now();
        self.machine().handle_response(now, sent.id, response).unwrap();
        self.phase = Phase::Told;
        Ok(())
    }

    fn not_sent(&mut self) -> Verdict {
        let sent = self.in_flight();
        self.ledger.not_sent();
        self.fail(&sent, Failure::not_sent("connection refused"))
    }

    fn lose(&mut self, setting: &Setting) -> Verdict {
        let sent = self.in_flight();
        self.ledger.lost();
        match setting.mutant.filter(|_| sent.post) {
            Some(Mutant::RepeatsAfterMaybeSent) => self.send(sent),
            Some(Mutant::ReportsNotSent) => self.fail(&sent, Failure::not_sent("connection reset")),
            _ => self.fail(&sent, Failure::maybe_sent("connection reset")),
        }
    }

    fn fail(&mut self, sent: &Sent, failure: Failure) -> Verdict {
        let now = self.machine.now();
        self.machine().handle_failure(now, sent.id, failure).unwrap();
        self.phase = Phase::Told;
        Ok(())
    }

    /// The driver calls `step` after `until`: the exchange times out, and the machine may hand out the next one at
    /// once.
    fn time_out(&mut self, setting: &Setting) -> Verdict {
        let sent = self.in_flight();
        if sent.post {
            self.remember_stray();
        }
        self.ledger.lost();
        let now = self.machine.now();
        let Step::Await { until, .. } = self.machine().step(now) else { panic!("an exchange is in flight") };
        self.drive(until, until, setting)?;
        if self.is_over() {
            // It is over, and the driver has not written that yet.
            self.phase = Phase::Told;
        }
        Ok(())
    }

    fn crash(&mut self, setting: &Setting) -> Verdict {
        self.left.crashes -= 1;
        if matches!(&self.phase, Phase::ToService(sent) if sent.post) {
            self.remember_stray();
        }
        let now = self.machine.now();
        let checkpoint = match setting.mutant {
            Some(Mutant::TrustsThatThePostWasLost) => as_if_lost(self.durable.checkpoint.clone()),
            _ => self.durable.checkpoint.clone(),
        };
        let counts_anew = checkpoint.over.is_some();
        let resumed = match setting.mutant {
            Some(Mutant::StartsOver) => Ok(setting.machine()),
            _ => Cancellation::resume(Endpoint::default(), checkpoint, setting.resumed().policy(), now),
        };
        match resumed {
            Ok(machine) => self.machine = Rc::new(machine),
            Err(error) => return must(Rule::Resume, false, || format!("its own checkpoint is refused: {error}")),
        }
        let starts_over = setting.mutant == Some(Mutant::StartsOver);
        let known = if starts_over { Known::default() } else { self.durable.known.clone() };
        if !setting.resumes_alike {
            self.ledger = Ledger::of_known(setting.resumed().terms(), known.clone());
        }
        self.ledger.resumed(known, counts_anew);
        self.phase = Phase::Told;
        Ok(())
    }

    fn deadline_passes(&mut self) -> Verdict {
        if matches!(&self.phase, Phase::ToService(sent) if sent.post) {
            self.remember_stray();
        }
        self.ledger.lost();
        let deadline = self.machine.progress().deadline;
        let is_over = matches!(self.machine().step(deadline), Step::Done(Err(_)));
        self.phase = Phase::Told;
        must(Rule::Bounds, is_over, || "the deadline has passed, and it is not over".to_owned())
    }

    fn at_the_service(&mut self, event: Event) {
        let now = self.service_now();
        match event {
            Event::Stray(way) => {
                let request = self.stray.take().unwrap();
                let _ = self.service_gets(&request, Some(way));
            }
            Event::Ends(index, end) => {
                let portal = Rc::make_mut(&mut self.portal);
                portal.end_operation(now, PUBLISHER, OFFER, OPERATIONS[index], end).unwrap();
            }
            Event::Starts => {
                self.left.starts -= 1;
                let operation = PublishOperation::new(OPERATIONS[SOMEONES]);
                Rc::make_mut(&mut self.portal).start_operation(now, PUBLISHER, OFFER, operation).unwrap();
            }
            Event::ServiceGoesOn => {
                self.service_time += 1;
                self.cancels_pending = false;
            }
            Event::TokenExpires => {
                self.left.expiries -= 1;
                let (old, new) = (token(self.token), token(self.token + 1));
                Rc::make_mut(&mut self.portal).revoke_token(&old).accept_token(&new, None);
                self.token += 1;
            }
            other => panic!("not at the service: {other:?}"),
        }
    }
}

/// The ids in a body, each with its words for a state.
fn words_of(body: &Bytes) -> String {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let of_one = |entry: &Value| format!("{} {}{} ", entry["id"], entry["status"], entry["submissionState"]);
    match &body {
        Value::Array(entries) => entries.iter().map(of_one).collect(),
        entry => of_one(entry),
    }
}
