//! The patience of a service, which is one for all that call it with the same credential.
//!
//! A service that refuses a call because there were too many means all of them. Until the time that it names nobody calls
//! it; afterwards calls leave one after another, at the pace that it has shown to bear.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use cancel_core::Answer;
use http::{Request, Response, StatusCode};
use hyper::rt::{Sleep, Timer};
use pin_project_lite::pin_project;
use tower_service::Service;

/// The pause after a 429 that names none.
const PAUSE: Duration = Duration::from_secs(1);
/// Calls are never further apart, whatever the service says.
const LONGEST_GAP: Duration = Duration::from_secs(60);
/// What a service has taken counts as so many calls at least: the first may be refused.
const FEWEST: u32 = 8;
/// A service that has refused nothing for so long after its pause is asked twice as fast.
const PEACE: Duration = Duration::from_secs(30);

/// What the callers of one service know of its patience. Clones share it.
///
/// - A 429, or a 503 with `Retry-After`, holds back every call until its time has passed.
/// - Afterwards calls leave one by one. The service has taken so many calls before it asked for so long a pause: that, and a
///   quarter more time, is their pace; another refusal halves it, half a minute without one doubles it.
/// - They leave in the order in which they came.
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
    /// A service that has refused nothing yet.
    pub fn new(timer: M) -> Self {
        let state = State::starting_at(timer.now());
        Self { timer, state: Arc::new(Mutex::new(state)) }
    }

    /// A service whose calls, and those of its clones, leave when it is their turn.
    pub fn around<S>(self, service: S) -> Throttled<S, M> {
        Throttled { service, throttle: self, waiting: Waiting::NoTurn }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug)]
struct State {
    /// Nobody calls before.
    held_until: Instant,
    /// Who asks next has its turn then, at the earliest.
    next_turn: Instant,
    /// The time between two turns.
    gap: Duration,
    /// Since when calls are counted.
    counted_from: Instant,
    /// How many calls were taken since then.
    taken: u32,
    /// Calls that left before say nothing of the pace of today.
    paced_from: Instant,
}

impl State {
    fn starting_at(now: Instant) -> Self {
        Self { held_until: now, next_turn: now, gap: Duration::ZERO, counted_from: now, taken: 0, paced_from: now }
    }

    /// The next turn. Turns are given in the order in which they are asked for.
    fn turn(&mut self, now: Instant) -> Instant {
        let turn = now.max(self.held_until).max(self.next_turn);
        self.next_turn = turn + self.gap;
        turn
    }

    fn take(&mut self, now: Instant) {
        if now.saturating_duration_since(self.counted_from) >= PEACE {
            self.gap /= 2;
            self.taken = 0;
            self.counted_from = now;
        }
        self.taken = self.taken.saturating_add(1);
    }

    /// A call that left then was refused: there were too many.
    fn refuse(&mut self, left: Instant, now: Instant, pause: Duration) {
        self.held_until = self.held_until.max(now + pause);
        self.next_turn = self.next_turn.max(self.held_until);
        // The others that left at the same pace are refused as well, and say nothing new.
        if left >= self.paced_from {
            let borne = (pause + pause / 4) / self.taken.max(FEWEST);
            self.gap = borne.max(self.gap * 2).min(LONGEST_GAP);
            self.taken = 0;
            self.paced_from = now;
        }
        self.counted_from = self.held_until;
    }
}

/// A service whose calls leave when it is their turn, by a [`Throttle`].
pub struct Throttled<S, M> {
    service: S,
    throttle: Throttle<M>,
    waiting: Waiting,
}

enum Waiting {
    NoTurn,
    For(Instant, Pin<Box<dyn Sleep>>),
    Turn,
}

impl<S: Clone, M: Clone> Clone for Throttled<S, M> {
    fn clone(&self) -> Self {
        Self { service: self.service.clone(), throttle: self.throttle.clone(), waiting: Waiting::NoTurn }
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
            match &mut self.waiting {
                Waiting::NoTurn => {
                    let turn = self.throttle.state().turn(now);
                    self.waiting = if turn <= now {
                        Waiting::Turn
                    } else {
                        Waiting::For(turn, self.throttle.timer.sleep_until(turn))
                    };
                }
                Waiting::For(turn, sleep) => {
                    ready!(sleep.as_mut().poll(context));
                    // A timer may be early by a little.
                    let was_held = self.throttle.state().held_until > now.max(*turn);
                    self.waiting = if was_held { Waiting::NoTurn } else { Waiting::Turn };
                }
                // Somebody else's call may have been refused since.
                Waiting::Turn if self.throttle.state().held_until > now => self.waiting = Waiting::NoTurn,
                Waiting::Turn => return self.service.poll_ready(context),
            }
        }
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        self.waiting = Waiting::NoTurn;
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
                None => this.throttle.state().take(now),
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
