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
/// Fewer calls than this say nothing of what a service bears.
const FEWEST: u32 = 8;
/// For how long a service must bear a pace before it is asked faster: as long as its last pause, within these bounds.
const SHORTEST_PEACE: Duration = Duration::from_secs(5);
const LONGEST_PEACE: Duration = Duration::from_secs(60);

/// What the callers of one service know of its patience. Clones share it.
///
/// - A 429, or a 503 with `Retry-After`, holds back every call until its time has passed.
/// - Afterwards calls leave one by one. So many calls were taken before so long a pause was asked for: that is what the
///   service bears, and they leave a quarter slower. Where too few were taken to tell, a pace is tried, and hastened as long as
///   nothing is refused.
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
    /// A gap that was too short.
    too_short: Duration,
    /// When the gap was last changed; calls that left before went by another.
    changed: Instant,
    /// How many calls were taken since then.
    taken: u32,
    wall: Option<Wall>,
}

/// What the last refusal says of the service's patience.
#[derive(Debug)]
struct Wall {
    /// For how long it wants to be left alone.
    pause: Duration,
    /// How many calls it took before that.
    taken: u32,
    /// The gap by which they left.
    gap: Duration,
    hit: Instant,
}

impl State {
    fn starting_at(now: Instant) -> Self {
        let (gap, too_short) = (Duration::ZERO, Duration::ZERO);
        Self { held_until: now, next_turn: now, gap, too_short, changed: now, taken: 0, wall: None }
    }

    /// The next turn. Turns are given in the order in which they are asked for.
    fn turn(&mut self, now: Instant) -> Instant {
        let turn = now.max(self.held_until).max(self.next_turn);
        self.next_turn = turn + self.gap;
        turn
    }

    /// A call that left then was taken.
    fn take(&mut self, left: Instant, now: Instant) {
        match &mut self.wall {
            // It was on its way when another was refused.
            Some(wall) if left < wall.hit => {
                wall.taken += 1;
                self.slow_down();
            }
            _ => self.hasten(now),
        }
    }

    /// After some peace calls follow each other faster, up to what was too fast, of which the memory fades.
    fn hasten(&mut self, now: Instant) {
        let peace = self.wall.as_ref().map_or(LONGEST_PEACE, |wall| wall.pause.clamp(SHORTEST_PEACE, LONGEST_PEACE));
        if now.saturating_duration_since(self.changed.max(self.held_until)) >= peace {
            self.too_short -= self.too_short / 64;
            self.gap = (self.gap / 2).max(a_quarter_more(self.too_short));
            self.changed = now;
            self.taken = 0;
        }
        self.taken += 1;
    }

    /// A call that left then was refused: there were too many.
    fn refuse(&mut self, left: Instant, now: Instant, pause: Duration) {
        self.held_until = self.held_until.max(now + pause);
        self.next_turn = self.next_turn.max(self.held_until);
        match &mut self.wall {
            // It was on its way when another was refused.
            Some(wall) if left < wall.hit => wall.pause = wall.pause.max(pause),
            _ => {
                self.wall = Some(Wall { pause, taken: self.taken, gap: self.gap, hit: now });
                self.taken = 0;
            }
        }
        self.slow_down();
    }

    /// Sets the gap by what is known of the wall.
    fn slow_down(&mut self) {
        let Some(wall) = &self.wall else {
            return;
        };
        let borne = wall.pause / wall.taken.max(FEWEST);
        self.too_short = if wall.taken < FEWEST { wall.gap } else { wall.gap.max(borne) };
        self.gap = a_quarter_more(borne).max(wall.gap * 2).min(LONGEST_GAP);
        self.changed = wall.hit;
    }
}

fn a_quarter_more(gap: Duration) -> Duration {
    gap + gap / 4
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
