//! The rate limit of a service, shared by all that call it with the same credential.
//!
//! A service that answers 429 means every caller of that credential. So no call leaves until the time that it names.
//! After that, calls leave one at a time, at a rate that the service has accepted before.
//!
//! Nothing here knows what a request means: the status and `Retry-After` are all that counts.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use std::time::{Duration, Instant};

use cancel_core::Answer;
use http::{Request, Response, StatusCode};
use hyper::rt::{Sleep, Timer};
use pin_project_lite::pin_project;
use tower_service::Service;

/// The pause after a 429 that names none.
const DEFAULT_PAUSE: Duration = Duration::from_secs(1);
/// The longest gap between two calls, whatever the service says.
const LONGEST_GAP: Duration = Duration::from_secs(30);
/// A shorter gap counts as none.
const SHORTEST_GAP: Duration = Duration::from_millis(1);
/// How long a caller may miss its turn before the next goes ahead.
const GRACE: Duration = Duration::from_secs(1);
/// Calls that were accepted longer ago do not count: they say nothing about the present limit.
const RECENTLY: Duration = Duration::from_secs(60);
/// A refusal after fewer calls than this says little about the limit. Then this many accepted calls double the rate.
const FEW: u32 = 8;
/// Otherwise this many accepted calls double the rate.
const MANY: u32 = 64;

/// What the callers of one service know about its rate limit. Clones share it.
///
/// - A 429 holds back every call, for the time that its `Retry-After` names or else for a second. So does a 503 that
///   names a time.
/// - After that, calls leave one at a time. The throttle divides the pause by the number of calls that the service had
///   accepted before the refusal (at least eight). Calls leave with gaps that are a quarter longer than that.
/// - After 64 accepted calls (eight, if fewer than eight led to the refusal) the rate doubles. Gaps below a millisecond
///   count as none.
/// - A further refusal at least halves the rate. A gap is never longer than 30 s.
/// - Calls leave in the order in which they were made.
///
/// [`cancel_many`](crate::cancel_many) makes one for its fleet. Make your own when several drivers, or calls of other
/// programs, use one credential:
///
/// ```
/// use cancel_hyper::{Client, Throttle};
/// use hyper_util::rt::TokioTimer;
///
/// let throttle = Throttle::new(TokioTimer::new());
/// let service = throttle.around(Client::new()?);
/// let for_another_driver = service.clone();
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct Throttle<M> {
    timer: M,
    state: Arc<Mutex<State>>,
}

impl<M: Clone> Clone for Throttle<M> {
    fn clone(&self) -> Self {
        Self { timer: self.timer.clone(), state: Arc::clone(&self.state) }
    }
}

impl<M: Timer> Throttle<M> {
    /// A throttle for a service that has refused nothing yet: calls leave at once.
    pub fn new(timer: M) -> Self {
        let state = State::starting_at(timer.now());
        Self { timer, state: Arc::new(Mutex::new(state)) }
    }

    /// The service, throttled: its calls and those of its clones leave in turn. A caller waits for its turn in
    /// [`poll_ready`](Service::poll_ready), before a driver commits a request.
    pub fn around<S>(self, service: S) -> Throttled<S, M> {
        Throttled { service, throttle: self, turn: Turn::None }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Debug)]
struct State {
    /// No call leaves before this time.
    held_until: Instant,
    /// When the last call left.
    left: Option<Instant>,
    /// The time between two calls.
    gap: Duration,
    /// How many calls were accepted since `changed`.
    accepted: u32,
    /// When the count of accepted calls began anew: at a refusal, or when the gap changed.
    changed: Instant,
    refusal: Option<Refusal>,
    /// The callers that wait, by ticket. Tickets grow.
    queue: BTreeMap<u64, Waker>,
    tickets: u64,
}

/// What the last refusal says about the service's limit.
#[derive(Debug)]
struct Refusal {
    /// How long no call may leave.
    pause: Duration,
    /// How many calls the service had accepted before.
    accepted: u32,
    /// The gap between those calls.
    gap: Duration,
    at: Instant,
}

impl State {
    fn starting_at(now: Instant) -> Self {
        Self {
            held_until: now,
            left: None,
            gap: Duration::ZERO,
            accepted: 0,
            changed: now,
            refusal: None,
            queue: BTreeMap::new(),
            tickets: 0,
        }
    }

    fn ticket(&mut self) -> u64 {
        self.tickets += 1;
        self.tickets
    }

    /// Admits the caller with this ticket if it is its turn. Otherwise returns when it must ask again.
    fn admit(&mut self, ticket: u64, now: Instant, context: &Context<'_>) -> Result<(), Instant> {
        let turn = self.left.map_or(self.held_until, |left| self.held_until.max(left + self.gap));
        // The first may not ask again: the future that waited was dropped, and its service lives on.
        let first = self.queue.first_key_value().map(|(first, _)| *first);
        if let Some(first) = first.filter(|first| *first < ticket && turn + GRACE <= now) {
            self.queue.remove(&first);
        }
        let mut before = self.queue.range(..ticket);
        let ask_again = match (before.next(), before.next()) {
            (None, _) if turn <= now => {
                self.left = Some(now);
                self.leave_queue(ticket);
                return Ok(());
            }
            (None, _) => turn,
            (Some(_), None) => turn.max(now) + GRACE,
            // A caller before this one wakes it, unless none of them asks again.
            _ => turn.max(now) + LONGEST_GAP,
        };
        self.queue.insert(ticket, context.waker().clone());
        Err(ask_again)
    }

    fn leave_queue(&mut self, ticket: u64) {
        self.queue.remove(&ticket);
        self.wake();
    }

    /// Wakes the first in the queue, and the second, which watches whether the first takes its turn.
    fn wake(&self) {
        self.queue.values().take(2).for_each(Waker::wake_by_ref);
    }

    /// A call that left at `left` was accepted.
    fn accept(&mut self, left: Instant, now: Instant) {
        match &mut self.refusal {
            // It was in flight when another call was refused.
            Some(refusal) if left < refusal.at => {
                refusal.accepted += 1;
                self.slow_down();
            }
            _ => self.speed_up(now),
        }
    }

    fn speed_up(&mut self, now: Instant) {
        let enough = if self.refusal.as_ref().is_some_and(|last| last.accepted < FEW) { FEW } else { MANY };
        if !self.gap.is_zero() && self.accepted >= enough {
            self.gap = if self.gap < SHORTEST_GAP { Duration::ZERO } else { self.gap / 2 };
            (self.accepted, self.changed) = (0, now);
            self.wake();
        } else if self.gap.is_zero() && now.saturating_duration_since(self.changed) >= RECENTLY {
            (self.accepted, self.changed) = (0, now);
        }
        self.accepted += 1;
    }

    /// A call that left at `left` was refused, because there were too many.
    fn refuse(&mut self, left: Instant, now: Instant, pause: Duration) {
        self.held_until = self.held_until.max(now + pause);
        match &mut self.refusal {
            // It was in flight when another call was refused, so this is the same refusal.
            Some(refusal) if left < refusal.at => refusal.pause = refusal.pause.max(pause),
            _ => {
                self.refusal = Some(Refusal { pause, accepted: self.accepted, gap: self.gap, at: now });
                (self.accepted, self.changed) = (0, now);
            }
        }
        self.slow_down();
    }

    /// Sets the gap by what the last refusal says.
    fn slow_down(&mut self) {
        if let Some(refusal) = &self.refusal {
            let sustained = refusal.pause / refusal.accepted.max(FEW);
            self.gap = (sustained + sustained / 4).max(refusal.gap * 2).min(LONGEST_GAP);
        }
    }
}

/// A service whose calls leave in turn, by a [`Throttle`].
pub struct Throttled<S, M> {
    service: S,
    throttle: Throttle<M>,
    turn: Turn,
}

enum Turn {
    None,
    /// In the queue with this ticket, asleep until it must ask again.
    Waiting(u64, Option<Pin<Box<dyn Sleep>>>),
    /// It is this caller's turn since this time.
    Now(u64, Instant),
}

impl<S, M> Drop for Throttled<S, M> {
    /// The others must not wait for a caller that is gone.
    fn drop(&mut self) {
        if let Turn::Waiting(ticket, _) = self.turn {
            lock(&self.throttle.state).leave_queue(ticket);
        }
    }
}

impl<S: Clone, M: Clone> Clone for Throttled<S, M> {
    fn clone(&self) -> Self {
        Self { service: self.service.clone(), throttle: self.throttle.clone(), turn: Turn::None }
    }
}

impl<S: fmt::Debug, M> fmt::Debug for Throttled<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Throttled").field("service", &self.service).finish_non_exhaustive()
    }
}

impl<S, M, B, R> Service<Request<B>> for Throttled<S, M>
where
    S: Service<Request<B>, Response = Response<R>>,
    M: Timer + Clone,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = ThrottledFuture<S::Future, M>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        loop {
            let now = self.throttle.timer.now();
            match &mut self.turn {
                Turn::None => self.turn = Turn::Waiting(self.throttle.state().ticket(), None),
                Turn::Waiting(ticket, sleep) => {
                    let ticket = *ticket;
                    if let Some(sleep) = sleep {
                        // Its result does not matter: whatever woke this task, it asks again.
                        let _ = sleep.as_mut().poll(context);
                    }
                    let admitted = self.throttle.state().admit(ticket, now, context);
                    match admitted {
                        Ok(()) => self.turn = Turn::Now(ticket, now),
                        Err(ask_again) => {
                            let mut sleep = self.throttle.timer.sleep_until(ask_again);
                            // A timer may be a little early: then ask again at once.
                            if sleep.as_mut().poll(context).is_pending() {
                                self.turn = Turn::Waiting(ticket, Some(sleep));
                                return Poll::Pending;
                            }
                        }
                    }
                }
                Turn::Now(ticket, since) => {
                    let state = self.throttle.state();
                    // Another call may have been refused since, or the turn was missed and the next one has come.
                    let is_stale = state.held_until > now || (!state.gap.is_zero() && *since + state.gap <= now);
                    drop(state);
                    if !is_stale {
                        return self.service.poll_ready(context);
                    }
                    self.turn = Turn::Waiting(*ticket, None);
                }
            }
        }
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        self.turn = Turn::None;
        let left = self.throttle.timer.now();
        ThrottledFuture { answer: self.service.call(request), throttle: self.throttle.clone(), left }
    }
}

pin_project! {
    /// The answer to a call. Its status and its `Retry-After` go to the throttle.
    pub struct ThrottledFuture<F, M> {
        #[pin]
        answer: F,
        throttle: Throttle<M>,
        left: Instant,
    }
}

impl<F, M, R, E> Future for ThrottledFuture<F, M>
where
    F: Future<Output = Result<Response<R>, E>>,
    M: Timer,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let answer = ready!(this.answer.poll(context));
        if let Ok(response) = &answer {
            let now = this.throttle.timer.now();
            match pause(response) {
                Some(pause) => this.throttle.state().refuse(*this.left, now, pause),
                None => this.throttle.state().accept(*this.left, now),
            }
        }
        Poll::Ready(answer)
    }
}

/// How long no call may leave after this answer, if it refuses a call.
fn pause<R>(response: &Response<R>) -> Option<Duration> {
    let named = || {
        let mut head = Response::new([]);
        head.headers_mut().clone_from(response.headers());
        Answer::from_http(&head).retry_after()
    };
    match response.status() {
        StatusCode::TOO_MANY_REQUESTS => Some(named().unwrap_or(DEFAULT_PAUSE)),
        StatusCode::SERVICE_UNAVAILABLE => named(),
        _ => None,
    }
}
