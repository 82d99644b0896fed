//! The patience of a service, which is one for all that call it with the same credential.
//!
//! A service that refuses a call because there were too many means all of them. Until the time that it names nobody calls
//! it; afterwards calls leave one after another, at the pace that it has shown to bear.

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
const PAUSE: Duration = Duration::from_secs(1);
/// Calls are never further apart, whatever the service says; and what is closer together than this leaves at once.
const LONGEST_GAP: Duration = Duration::from_secs(30);
const SHORTEST_GAP: Duration = Duration::from_millis(1);
/// Who does not come when it is its turn is waited for so long.
const GRACE: Duration = Duration::from_secs(1);
/// What was taken longer ago says nothing of what a service bears.
const RECENTLY: Duration = Duration::from_secs(60);
/// Fewer calls than this say little of what a service bears: then so many that are taken are reason enough to go faster.
const FEW: u32 = 8;
/// Otherwise so many.
const MANY: u32 = 64;

/// What the callers of one service know of its patience. Clones share it.
///
/// - A 429 holds back every call: for the time that its `Retry-After` names, or for a second. A 503 does so too, where it names a time.
/// - Afterwards calls leave one by one. The service has taken so many calls, and has then asked for a pause of so long: that many calls per
///   such a pause is the rate that led to the refusal (at least eight calls count). Calls leave with gaps that are a quarter longer.
/// - After 64 calls were accepted (eight, where fewer than that led to the refusal) the rate doubles. Gaps below a millisecond are none.
/// - A call that is refused then at least halves the rate. A gap is never longer than 30 s.
/// - Calls leave in the order in which they came.
///
/// [`cancel_many`](crate::cancel_many) makes one for its fleet. Make your own where several drivers, or other programs' calls, use one
/// credential:
///
/// ```
/// # #[cfg(feature = "webpki-roots")]
/// # fn clients() -> std::io::Result<()> {
/// use cancel_hyper::{Client, Throttle};
/// use hyper_util::rt::TokioTimer;
///
/// let throttle = Throttle::new(TokioTimer::new());
/// let service = throttle.around(Client::new()?);
/// let for_another_driver = service.clone();
/// # Ok(())
/// # }
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
    /// Of a service that has refused nothing yet: calls leave at once.
    pub fn new(timer: M) -> Self {
        let state = State::starting_at(timer.now());
        Self { timer, state: Arc::new(Mutex::new(state)) }
    }

    /// The service whose calls, and those of its clones, leave when it is their turn. It waits for that in
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
    /// Nobody calls before.
    held_until: Instant,
    /// When the last call left.
    left: Option<Instant>,
    /// The time between two calls.
    gap: Duration,
    /// How many calls were taken since the gap was changed, and when that was.
    taken: u32,
    changed: Instant,
    refusal: Option<Refusal>,
    /// Who waits, by their tickets.
    queue: BTreeMap<u64, Waker>,
    tickets: u64,
}

/// What the last refusal says of the service's patience.
#[derive(Debug)]
struct Refusal {
    /// For how long it wants to be left alone.
    pause: Duration,
    /// How many calls it took before that.
    taken: u32,
    /// The gap between them.
    gap: Duration,
    at: Instant,
}

impl State {
    fn starting_at(now: Instant) -> Self {
        Self {
            held_until: now,
            left: None,
            gap: Duration::ZERO,
            taken: 0,
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

    /// Lets whoever has this ticket call now, or says when to ask again; the others before are waited for first.
    fn admit(&mut self, ticket: u64, now: Instant, context: &Context<'_>) -> Result<(), Instant> {
        let turn = self.left.map_or(self.held_until, |left| self.held_until.max(left + self.gap));
        // Who was dropped in the middle of its wait does not come when it is its turn.
        let first = self.queue.first_key_value().map(|(first, _)| *first);
        if let Some(first) = first.filter(|first| *first < ticket && turn + GRACE <= now) {
            self.queue.remove(&first);
        }
        let mut before = self.queue.range(..ticket);
        let place = match (before.next(), before.next()) {
            (None, _) if turn <= now => {
                self.left = Some(now);
                self.forget(ticket);
                return Ok(());
            }
            (None, _) => turn,
            (Some(_), None) => turn.max(now) + GRACE,
            // Somebody before sees to it, unless all of them were dropped.
            _ => turn.max(now) + LONGEST_GAP,
        };
        self.queue.insert(ticket, context.waker().clone());
        Err(place)
    }

    /// Whoever has this ticket waits no more.
    fn forget(&mut self, ticket: u64) {
        self.queue.remove(&ticket);
        self.wake();
    }

    /// Those who need not sleep for long: the first, and the one who watches whether it comes.
    fn wake(&self) {
        self.queue.values().take(2).for_each(Waker::wake_by_ref);
    }

    /// A call that left then was taken.
    fn take(&mut self, left: Instant, now: Instant) {
        match &mut self.refusal {
            // It was on its way when another was refused.
            Some(refusal) if left < refusal.at => {
                refusal.taken += 1;
                self.slow_down();
            }
            _ => self.hasten(now),
        }
    }

    fn hasten(&mut self, now: Instant) {
        let enough = if self.refusal.as_ref().is_some_and(|last| last.taken < FEW) { FEW } else { MANY };
        if !self.gap.is_zero() && self.taken >= enough {
            self.gap = if self.gap < SHORTEST_GAP { Duration::ZERO } else { self.gap / 2 };
            (self.taken, self.changed) = (0, now);
            self.wake();
        } else if self.gap.is_zero() && now.saturating_duration_since(self.changed) >= RECENTLY {
            (self.taken, self.changed) = (0, now);
        }
        self.taken += 1;
    }

    /// A call that left then was refused: there were too many.
    fn refuse(&mut self, left: Instant, now: Instant, pause: Duration) {
        self.held_until = self.held_until.max(now + pause);
        match &mut self.refusal {
            // It was on its way when another was refused, and says nothing new.
            Some(refusal) if left < refusal.at => refusal.pause = refusal.pause.max(pause),
            _ => {
                self.refusal = Some(Refusal { pause, taken: self.taken, gap: self.gap, at: now });
                (self.taken, self.changed) = (0, now);
            }
        }
        self.slow_down();
    }

    /// Sets the gap by what is known of the refusal.
    fn slow_down(&mut self) {
        if let Some(refusal) = &self.refusal {
            let borne = refusal.pause / refusal.taken.max(FEW);
            self.gap = (borne + borne / 4).max(refusal.gap * 2).min(LONGEST_GAP);
        }
    }
}

/// A service whose calls leave when it is their turn, by a [`Throttle`].
pub struct Throttled<S, M> {
    service: S,
    throttle: Throttle<M>,
    turn: Turn,
}

enum Turn {
    None,
    /// With a ticket, and asleep until it is time to ask again.
    Waiting(u64, Option<Pin<Box<dyn Sleep>>>),
    /// With a ticket, since then.
    Now(u64, Instant),
}

impl<S, M> Drop for Throttled<S, M> {
    /// Nobody waits for who has gone.
    fn drop(&mut self) {
        if let Turn::Waiting(ticket, _) = self.turn {
            lock(&self.throttle.state).forget(ticket);
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
    type Future = Answering<S::Future, M>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        loop {
            let now = self.throttle.timer.now();
            match &mut self.turn {
                Turn::None => self.turn = Turn::Waiting(self.throttle.state().ticket(), None),
                Turn::Waiting(ticket, sleep) => {
                    let ticket = *ticket;
                    if let Some(sleep) = sleep {
                        // Something may have changed before its time is up.
                        let _ = sleep.as_mut().poll(context);
                    }
                    let admitted = self.throttle.state().admit(ticket, now, context);
                    match admitted {
                        Ok(()) => self.turn = Turn::Now(ticket, now),
                        Err(turn) => {
                            let mut sleep = self.throttle.timer.sleep_until(turn);
                            // A timer that is early by a little sleeps again.
                            if sleep.as_mut().poll(context).is_pending() {
                                self.turn = Turn::Waiting(ticket, Some(sleep));
                                return Poll::Pending;
                            }
                        }
                    }
                }
                Turn::Now(ticket, since) => {
                    let state = self.throttle.state();
                    // Somebody else's call may have been refused since, or other turns have come in the meantime.
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
        Answering { answer: self.service.call(request), throttle: self.throttle.clone(), left }
    }
}

pin_project! {
    /// The answer to a call, at which the throttle looks in passing.
    pub struct Answering<F, M> {
        #[pin]
        answer: F,
        throttle: Throttle<M>,
        left: Instant,
    }
}

impl<F, M, R, E> Future for Answering<F, M>
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
                None => this.throttle.state().take(*this.left, now),
            }
        }
        Poll::Ready(answer)
    }
}

/// How long a service that has refused a call wants to be left alone.
fn pause<R>(response: &Response<R>) -> Option<Duration> {
    let named = || {
        let mut head = Response::new([]);
        head.headers_mut().clone_from(response.headers());
        Answer::from_http(&head).retry_after()
    };
    match response.status() {
        StatusCode::TOO_MANY_REQUESTS => Some(named().unwrap_or(PAUSE)),
        StatusCode::SERVICE_UNAVAILABLE => named(),
        _ => None,
    }
}
