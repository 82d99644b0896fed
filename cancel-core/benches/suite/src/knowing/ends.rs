//! When cancels end: distributions that nobody knows the right one of. Each is many ends of equal weight, in order.

/// How many ends each has.
const MANY: u32 = 2000;

pub struct Ends {
    pub name: &'static str,
    pub seconds: Vec<f64>,
}

/// The six of the design.
pub fn distributions() -> [Ends; 6] {
    let of = |name, quantile: fn(f64) -> f64| Ends { name, seconds: spread(quantile) };
    [
        of("at once", |_| 0.0),
        of("60 to 180 s", uniform),
        of("1 to 20 s", |share| 1.0 + 19.0 * share),
        of("exponential, mean 90 s", |share| -90.0 * (1.0 - share).ln()),
        of("lognormal, median 100 s, σ 0.6", |share| 100.0 * (0.6 * normal(share)).exp()),
        of("half at once, half 60 to 180 s", |share| if share < 0.5 { 0.0 } else { uniform(2.0 * share - 1.0) }),
    ]
}

/// 60 to 180 s, evenly spread: what was seen of cancels.
pub fn uniform(share: f64) -> f64 {
    60.0 + 120.0 * share
}

pub fn spread(quantile: impl Fn(f64) -> f64) -> Vec<f64> {
    (0..MANY).map(|number| quantile((f64::from(number) + 0.5) / f64::from(MANY))).collect()
}

/// The quantile of the normal distribution, by bisection of the integral.
fn normal(share: f64) -> f64 {
    let (mut low, mut high) = (-8.0, 8.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if below(middle) < share { low = middle } else { high = middle }
    }
    low
}

/// How much of the normal distribution is below this (Zelen and Severo, 26.2.17; exact to seven digits).
fn below(x: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * x.abs());
    let powers = [0.319_381_530, -0.356_563_782, 1.781_477_937, -1.821_255_978, 1.330_274_429];
    let sum = powers.iter().rev().fold(0.0, |sum, factor| (sum + factor) * t);
    let above = sum * (-x * x / 2.0).exp() / std::f64::consts::TAU.sqrt();
    if x < 0.0 { above } else { 1.0 - above }
}
