//! A cancellation while a driver works on it: its clock, and the time that counts however that ends.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

use super::cancellation::Cancellation;

/// A driver's clock: a time that only grows. A closure is one, such as `move || start.elapsed()` of an `Instant`.
pub trait Clock {
    /// The time since some beginning.
    fn elapsed(&self) -> Duration;
}

impl<F: Fn() -> Duration> Clock for F {
    fn elapsed(&self) -> Duration {
        self()
    }
}

/// A cancellation that is being driven. When this is dropped, the time until then has [passed](Cancellation::pass_time)
/// for the cancellation: so a future of a driver can be dropped at any `.await`.
///
/// ```
/// # use std::time::{Duration, Instant};
/// # use cancel_core::{CancelRequest, Cancellation, Driven, Endpoint, OfferId, Policy, PublisherId, Step};
/// # let request = CancelRequest::new(PublisherId::new("contoso")?, OfferId::new("contoso-offer")?);
/// # let mut cancellation =
/// #     Cancellation::new(Endpoint::default(), request, Policy::default(), Duration::ZERO);
/// let start = Instant::now();
/// let mut run = Driven::new(&mut cancellation, move || start.elapsed());
/// let now = run.now();
/// assert!(matches!(run.step(now), Step::Authenticate(_)));
/// drop(run);
/// assert!(cancellation.now() > Duration::ZERO);
/// # Ok::<(), cancel_core::InvalidInput>(())
/// ```
pub struct Driven<'a, C: Clock> {
    cancellation: &'a mut Cancellation,
    clock: C,
    /// When this began, on both clocks.
    began: Duration,
    began_on_clock: Duration,
}

impl<'a, C: Clock> Driven<'a, C> {
    /// Begins now: the cancellation's time goes on from [`Cancellation::now`] as the clock does.
    pub fn new(cancellation: &'a mut Cancellation, clock: C) -> Self {
        let (began, began_on_clock) = (cancellation.now(), clock.elapsed());
        Self { cancellation, clock, began, began_on_clock }
    }

    /// The cancellation's time.
    pub fn now(&self) -> Duration {
        self.began.saturating_add(self.clock.elapsed().saturating_sub(self.began_on_clock))
    }

    /// A time of the cancellation on the driver's clock, such as [`Exchange::until`](crate::Exchange::until).
    pub fn on_clock(&self, time: Duration) -> Duration {
        self.began_on_clock.saturating_add(time.saturating_sub(self.began))
    }
}

impl<C: Clock> Deref for Driven<'_, C> {
    type Target = Cancellation;

    fn deref(&self) -> &Cancellation {
        self.cancellation
    }
}

impl<C: Clock> DerefMut for Driven<'_, C> {
    fn deref_mut(&mut self) -> &mut Cancellation {
        self.cancellation
    }
}

impl<C: Clock> Drop for Driven<'_, C> {
    fn drop(&mut self) {
        let now = self.now();
        self.cancellation.pass_time(now);
    }
}

impl<C: Clock> fmt::Debug for Driven<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Driven").field(self.cancellation).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::{CancelRequest, Endpoint, OfferId, Policy, PublisherId};

    #[test]
    fn the_time_goes_on_from_where_the_cancellation_stands_and_counts_at_the_end() {
        let secs = Duration::from_secs;
        let request = CancelRequest::new(PublisherId::new("contoso").unwrap(), OfferId::new("offer").unwrap());
        let mut cancellation = Cancellation::new(Endpoint::default(), request, Policy::default(), secs(100));
        let clock = Cell::new(secs(7));
        let run = Driven::new(&mut cancellation, || clock.get());
        clock.set(secs(12));
        assert_eq!((run.now(), run.on_clock(secs(130)), run.on_clock(secs(1))), (secs(105), secs(37), secs(7)));
        assert_eq!(Cancellation::now(&run), secs(100));
        clock.set(secs(20));
        drop(run);
        assert_eq!(cancellation.now(), secs(113));
    }
}
