//! The one oracle: it keeps its own books of a conversation and says which rule is broken.
//!
//! It is told what was handed out, what left, what was answered, what was lost and what was resumed. It reads answers
//! by means of its own, and nothing of the client's parsing.

mod call;
mod checks;
mod known;
mod rules;
mod terms;
mod words;

use std::collections::BTreeSet;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request};

use self::call::Call;
use self::known::{Ids, LastPost};
use self::words::in_progress;
use crate::error::Posted;
use crate::machine::Until;

pub use self::known::Known;
pub use self::rules::{Rule, Verdict, Violation, must};
pub use self::terms::Terms;
pub(super) use self::words::{Said, check_said};
pub use self::words::{check_outcome, is_canceled, is_end};

/// A POST that is handed out later than this after the list was answered is not fresh.
const FRESH: Duration = Duration::from_secs(5);

/// How seldom the location is polled beside a baseline.
const BESIDE: Duration = Duration::from_secs(30);

/// The books of one conversation.
#[derive(Debug, Clone)]
pub struct Ledger {
    terms: Arc<Terms>,
    known: Known,
    /// What was known before the POST in flight, in case it does not leave.
    before: Option<(Known, bool)>,
    in_flight: Option<Call>,
    /// What was in progress by the list that was the last thing to be answered.
    list: Option<Ids>,
    listed: Duration,
    /// Lists in a row.
    lists: u32,
    /// Polls that were answered since the last POST.
    polls: u32,
    /// POSTs and resumes since the attempts were counted anew.
    posts: u32,
    resumes: u32,
    /// Polls of this process that were answered, and not with a rejected token; and the time of its first request.
    all_polls: u32,
    began: Option<Duration>,
    /// Whether one may have reached the service, or was answered: of all processes.
    left: bool,
    answered: bool,
}

/// Two ledgers that judge alike from here on are alike: times do not count, but for whether a list is old.
impl Hash for Ledger {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Self {
            terms: _,
            known,
            before,
            in_flight,
            list,
            listed: _,
            lists,
            polls,
            posts,
            resumes,
            all_polls: _,
            began: _,
            left,
            answered,
        } = self;
        (known, before, in_flight, list, lists.min(&2), polls.min(&1), posts, resumes, left, answered).hash(state);
    }
}

impl Ledger {
    /// The books of a conversation that begins.
    #[must_use]
    pub fn new(terms: Terms) -> Self {
        Self {
            terms: Arc::new(terms),
            known: Known::default(),
            before: None,
            in_flight: None,
            list: None,
            listed: Duration::ZERO,
            lists: 0,
            polls: 0,
            posts: 0,
            resumes: 0,
            all_polls: 0,
            began: None,
            left: false,
            answered: false,
        }
    }

    /// The books of a process that goes on from this.
    #[must_use]
    pub fn of_known(terms: Terms, known: Known) -> Self {
        let (left, answered) = (known.posted != Posted::No, known.posted == Posted::Yes);
        Self { known, left, answered, ..Self::new(terms) }
    }

    /// What is written down with a checkpoint.
    #[must_use]
    pub fn known(&self) -> Known {
        self.known.clone()
    }

    /// What was in progress before the first POST, in lower case.
    #[must_use]
    pub fn baseline(&self) -> Option<&BTreeSet<String>> {
        self.known.baseline.as_deref()
    }

    /// What is in progress by the list that was the last thing to be answered, in lower case.
    #[must_use]
    pub fn list(&self) -> Option<&BTreeSet<String>> {
        self.list.as_deref()
    }

    /// The machine hands out a request.
    ///
    /// # Errors
    ///
    /// When another is in flight, when a POST has no reason, or when there are too many polls.
    pub fn handed_out(&mut self, now: Duration, request: &Request<Bytes>) -> Verdict {
        must(Rule::SecondPost, self.in_flight.is_none(), || "two exchanges are in flight".to_owned())?;
        let call = Call::of(request);
        let began = *self.began.get_or_insert(now);
        if call == Call::Poll {
            self.check_polls(now.saturating_sub(began))?;
        }
        if call == Call::Post {
            self.check_reason(now)?;
            self.before = Some((self.known.clone(), self.left));
            self.known.last_post = LastPost::InFlight;
            self.known.posted = self.known.posted.max(Posted::Maybe);
        }
        self.lists = if call == Call::List { self.lists + 1 } else { 0 };
        self.list = None;
        self.in_flight = Some(call);
        Ok(())
    }

    /// There is a wait between two polls, but for those of the location beside a baseline, and for the last ones: of each
    /// operation of the baseline, and one more, at most twice.
    fn check_polls(&self, elapsed: Duration) -> Verdict {
        let (interval, last) = (self.terms.poll_interval, self.baseline().map_or(0, BTreeSet::len));
        let in_time = |interval: Duration| elapsed.as_nanos().checked_div(interval.as_nanos()).unwrap_or(u128::MAX);
        let beside = self.baseline().map_or(0, |_| in_time(interval.max(BESIDE)));
        let most = in_time(interval).saturating_add(beside).saturating_add(2 * (last as u128 + 1) + 1);
        let is_bounded = u128::from(self.all_polls) <= most;
        must(Rule::Bounds, is_bounded, || format!("{} polls in {elapsed:?}, of {most} at most", self.all_polls))
    }

    /// A POST needs a reason.
    fn check_reason(&self, now: Duration) -> Verdict {
        let (terms, known) = (&self.terms, &self.known);
        let must = |holds, why: &dyn Fn() -> String| must(Rule::SecondPost, holds, why);
        let verified = terms.until == Until::Verified;
        let is_over = matches!(known.last_post, LastPost::InFlight | LastPost::Taken);
        must(!is_over, &|| format!("a POST although the last one is {:?}", known.last_post))?;
        let may_repeat = verified || terms.retry_ambiguous || !known.in_doubt;
        must(may_repeat, &|| "a POST although an earlier one is in doubt".to_owned())?;
        let was_polled = !verified || known.last_post != LastPost::InDoubt || self.polls > 0;
        must(was_polled, &|| "a POST without a poll since the one in doubt".to_owned())?;
        must(!terms.dry_run, &|| "a POST in a dry run".to_owned())?;
        must(terms.only_if_running.is_none() || verified, &|| "a POST that stops more than is meant".to_owned())?;
        if !verified {
            return Ok(());
        }
        let (Some(list), Some(baseline)) = (&self.list, &known.baseline) else {
            return must(false, &|| "a POST without a list directly before it".to_owned());
        };
        must(!list.is_empty(), &|| "a POST although nothing is in progress".to_owned())?;
        let is_fresh = now.saturating_sub(self.listed) <= FRESH || self.lists > 1;
        must(is_fresh, &|| "a POST on the word of an old list".to_owned())?;
        let only = terms.only_if_running.as_ref().map(|id| id.to_ascii_lowercase());
        must(only.is_none_or(|only| list.contains(&only)), &|| "a POST although what is meant has ended".to_owned())?;
        let is_alone = terms.only_if_running.is_none() || terms.even_with_others || list.len() == 1;
        must(is_alone, &|| format!("a POST that stops more than is meant: {list:?}"))?;
        must(list.is_subset(baseline), &|| {
            format!("a POST that cancels what was started since: {list:?}, and the baseline is {baseline:?}")
        })
    }

    /// The request leaves for the service.
    ///
    /// # Errors
    ///
    /// When it goes to another origin, when it is a POST that was not handed out, or when there are too many POSTs.
    pub fn left(&mut self, request: &Request<Bytes>) -> Verdict {
        let url = request.uri().to_string();
        let is_home = url.strip_prefix(&self.terms.origin).is_some_and(|rest| rest.starts_with('/'));
        must(Rule::Secrecy, is_home, || format!("the token goes to {url}"))?;
        if request.method() != Method::POST {
            return Ok(());
        }
        let is_handed_out = self.known.last_post == LastPost::InFlight;
        must(Rule::SecondPost, is_handed_out, || "a POST leaves that was not handed out".to_owned())?;
        self.left = true;
        self.posts += 1;
        let most = u32::from(self.terms.attempts) + self.resumes;
        must(Rule::Bounds, self.posts <= most, || format!("POST number {}, of {most} at most", self.posts))
    }

    /// What is in flight is certain not to have reached the service.
    pub fn not_sent(&mut self) {
        let before = self.before.take();
        if let (Some(Call::Post), Some(before)) = (self.complete(), before) {
            (self.known, self.left) = before;
        }
    }

    /// Nobody will hear of what is in flight any more.
    pub fn lost(&mut self) {
        if self.complete() == Some(Call::Post) {
            self.in_doubt();
        }
    }

    fn in_doubt(&mut self) {
        self.known.last_post = LastPost::InDoubt;
        self.known.in_doubt = true;
        self.polls = 0;
    }

    /// What is in flight was answered, by the service or by somebody in its place. The body is `None` when it is not
    /// whole.
    pub fn answered(&mut self, now: Duration, status: u16, body: Option<&[u8]>) {
        match self.complete() {
            Some(Call::Post) => {
                self.answered = true;
                self.known.posted = Posted::Yes;
                self.known.last_post = LastPost::of_answer(status, body);
                if self.known.last_post == LastPost::InDoubt {
                    self.in_doubt();
                }
            }
            Some(Call::List) => {
                self.listed = now;
                self.list = body.filter(|_| status == 200).and_then(in_progress).map(Arc::new);
            }
            Some(Call::Poll) => {
                self.polls += 1;
                self.all_polls += u32::from(status != 401);
            }
            None => {}
        }
    }

    fn complete(&mut self) -> Option<Call> {
        self.before = None;
        self.in_flight.take()
    }

    /// Another process goes on with what was known. `anew` says that it counts its attempts anew.
    pub fn resumed(&mut self, known: Known, anew: bool) {
        self.known = known;
        if self.known.last_post == LastPost::InFlight {
            self.known.last_post = LastPost::InDoubt;
            self.known.in_doubt = true;
        }
        (self.in_flight, self.before, self.list, self.lists, self.polls) = (None, None, None, 0, 0);
        (self.all_polls, self.began) = (0, None);
        self.resumes += 1;
        if anew {
            (self.posts, self.resumes) = (0, 0);
        }
    }
}
