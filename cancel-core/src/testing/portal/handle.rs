//! One request in, one response out: the order of checks, and where a scripted fault comes in.
//!
//! Each check is in a module of its own. This one has their order.

use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response};

use super::answer::{Answer, Refusal, guid};
use super::fault::{Delivery, Fault};
use super::offer::Offer;
use super::record::CallRecord;
use super::route::{Resource, Route, query_values};
use super::{Portal, admission, calendar, notice};

const NO_PATH: Refusal = Refusal::new(404, "NotFound", "There is nothing at this path.");
const WRONG_METHOD: Refusal = Refusal::new(405, "MethodNotAllowed", "The path has another method.");
const FORBIDDEN: Refusal = Refusal::new(403, "Forbidden", "The client has no access to this publisher.");
const NO_PUBLISHER: Refusal = Refusal::new(404, "PublisherNotFound", "There is no such publisher.");
const NO_OFFER: Refusal = Refusal::new(404, "OfferNotFound", "There is no such offer.");

const REQUEST_ID: u32 = 0x0000_5e9d;
const CORRELATION_ID: u32 = 0x0000_c088;
const CANCEL_ID: u32 = 0x0000_ca4c;

impl Portal {
    /// Answers one request, at the virtual time `now`: time since an epoch that the caller chooses. It must not run
    /// backwards.
    ///
    /// Any request is answered, if only with a refusal. [`Delivery::of`] tells whether the response reaches
    /// the client.
    pub fn handle(&mut self, now: Duration, request: Request<impl AsRef<[u8]>>) -> Response<Bytes> {
        let (parts, body) = request.into_parts();
        let route = Route::of(parts.uri.path());
        let call = route.as_ref().map(Route::call);
        let mut record = CallRecord::new(now, call, &parts);
        let asked = Asked { now, parts: &parts, body: body.as_ref(), route: route.as_ref() };
        let response = match self.script.take(call) {
            Fault::Answer(answer) => answer.into_response(),
            Fault::AnswerAfterProcessing(answer) => {
                self.processed(&asked, &mut record);
                answer.into_response()
            }
            Fault::LoseRequest => Delivery::dropped(),
            Fault::LoseAnswer => {
                self.processed(&asked, &mut record);
                Delivery::dropped()
            }
            Fault::CutBody { keep } => Delivery::cut(self.processed(&asked, &mut record), keep),
            Fault::Pass => self.processed(&asked, &mut record),
        };
        record.status = (Delivery::of(&response) != Delivery::Dropped).then(|| response.status().as_u16());
        self.calls.push(record);
        response
    }

    /// The service's own answer.
    fn processed(&mut self, asked: &Asked<'_>, record: &mut CallRecord) -> Response<Bytes> {
        record.processed = true;
        self.requests += 1;
        self.answer(asked, record)
            .unwrap_or_else(Answer::from)
            .header("Date", &calendar::http_date(asked.now))
            .header("x-ms-request-id", &guid(REQUEST_ID, self.requests))
            .header("x-ms-correlation-request-id", &guid(CORRELATION_ID, self.requests))
            .into_response()
    }

    fn answer(&mut self, asked: &Asked<'_>, record: &mut CallRecord) -> Result<Answer, Refusal> {
        let Asked { now, parts, body, .. } = *asked;
        admission::origin(&parts.uri, &self.origin)?;
        let route = asked.route.ok_or(NO_PATH)?;
        if parts.method.as_str() != route.method() {
            return Err(WRONG_METHOD);
        }
        admission::length(parts, body)?;
        admission::token(&parts.headers, |token| self.tokens.is_valid(token, now))?;
        let query = parts.uri.query().unwrap_or_default();
        admission::api_version(query)?;

        let cancel_id = guid(CANCEL_ID, self.cancels + 1);
        let origin = self.origin.clone();
        let offer = self.admitted_offer(route)?;
        match &route.resource {
            Resource::Cancel => {
                admission::if_match(&parts.headers, offer.if_match.as_deref())?;
                let emails = notice::notification_emails(&parts.headers, body)?;
                record.notification_emails = emails;
                let answer = offer.process_cancel(now, cancel_id, &origin);
                self.cancels += 1;
                Ok(answer)
            }
            Resource::Operation(id) => offer.operation_answer(now, id),
            Resource::Slot { version, slot } => offer.slot_answer(now, version, slot),
            Resource::Submissions => {
                let mut filters = query_values(query, "status");
                filters.extend(query_values(query, "submissionState"));
                Ok(offer.list_answer(now, &filters))
            }
            Resource::Status => Ok(offer.status_answer(now)),
        }
    }

    /// The offer that a route names, if the client may see it.
    fn admitted_offer(&mut self, route: &Route) -> Result<&mut Offer, Refusal> {
        let Route { publisher, offer: name, resource } = route;
        if self.foreign_publishers.contains(publisher) {
            return Err(FORBIDDEN);
        }
        let offers = self.publishers.get_mut(publisher).ok_or(NO_PUBLISHER)?;
        let by_guid = matches!(resource, Resource::Slot { .. });
        offers
            .values_mut()
            .find(|offer| offer.name == *name || (by_guid && offer.guid.eq_ignore_ascii_case(name)))
            .ok_or(NO_OFFER)
    }
}

/// The parts of a request that its answer depends on.
#[derive(Clone, Copy)]
struct Asked<'a> {
    now: Duration,
    parts: &'a Parts,
    body: &'a [u8],
    route: Option<&'a Route>,
}
