//! The best possible schedule for a distribution that is known: the least mean delay for each mean number of polls, by
//! a dynamic program over the times of polls. Two polls are at least a second apart, as ours are.

/// The raster of times, in seconds.
const STEP: f64 = 0.5;
const APART: usize = 2;

/// What the best schedules reach: mean polls and mean delay, from few polls to many.
pub struct Frontier(Vec<(f64, f64)>);

impl Frontier {
    pub fn of(ends: &[f64]) -> Self {
        let prices = (0..95).map(|number| 0.01 * 1.12_f64.powi(number));
        let sums = Sums::of(ends);
        let mut points: Vec<_> = prices.map(|price| sums.best(price)).collect();
        points.sort_by(|one, other| one.0.total_cmp(&other.0));
        Self(points)
    }

    /// The least mean delay with so many polls on average.
    pub fn least_delay(&self, polls: f64) -> f64 {
        let after = self.0.partition_point(|point| point.0 < polls);
        match (after.checked_sub(1).map(|before| self.0[before]), self.0.get(after).copied()) {
            (Some(before), Some(after)) => before.1 + (polls - before.0) / (after.0 - before.0) * (after.1 - before.1),
            (None, Some(point)) | (Some(point), None) => point.1,
            (None, None) => unreachable!("there are prices"),
        }
    }
}

/// For each time of the raster: the share of ends up to it, and their sum.
struct Sums {
    share: Vec<f64>,
    sum: Vec<f64>,
}

impl Sums {
    fn of(ends: &[f64]) -> Self {
        let last = ends.last().expect("there are ends");
        let (mut share, mut sum, mut known, mut total) = (Vec::new(), Vec::new(), 0, 0.0);
        for step in 0..=(last / STEP).ceil() as usize + APART + 1 {
            while known < ends.len() && ends[known] <= step as f64 * STEP {
                total += ends[known];
                known += 1;
            }
            share.push(known as f64 / ends.len() as f64);
            sum.push(total / ends.len() as f64);
        }
        // Nothing is known before the first poll.
        (share[0], sum[0]) = (0.0, 0.0);
        Self { share, sum }
    }

    /// The mean polls and the mean delay of the schedule that is best where a poll costs so many seconds of delay.
    fn best(&self, price: f64) -> (f64, f64) {
        let last = self.share.len() - 1;
        // Of what is yet to come after a poll at this time: cost, polls, delay.
        let mut rest = vec![(0.0, 0.0, 0.0); last + 1];
        for from in (0..last).rev() {
            let left = 1.0 - self.share[from];
            if left < 1e-9 {
                continue;
            }
            let mut best = (f64::INFINITY, 0.0, 0.0);
            for (to, (cost, polls, later)) in rest.iter().enumerate().skip(from + APART) {
                let known = self.share[to] - self.share[from];
                let delay = known * to as f64 * STEP - (self.sum[to] - self.sum[from]);
                if price * left + delay > best.0 {
                    break;
                }
                let cost = price * left + delay + cost;
                if cost < best.0 {
                    best = (cost, left + polls, delay + later);
                }
            }
            rest[from] = best;
        }
        (rest[0].1, rest[0].2)
    }
}
