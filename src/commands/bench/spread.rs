//! How measured times are spread.

use std::fmt::{Display, Formatter};

use serde::Serialize;

/// Percentiles by nearest rank, ms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(super) struct Spread {
    pub(super) p50: f64,
    pub(super) p90: f64,
    pub(super) p99: f64,
    pub(super) max: f64,
}

impl Spread {
    /// The spread of these times; zeros for none.
    pub(super) fn of(mut times_ms: Vec<f64>) -> Self {
        times_ms.sort_by(f64::total_cmp);
        let rank = |share: usize| {
            let at = (times_ms.len() * share).div_ceil(100).saturating_sub(1);
            // To the microsecond: more is noise.
            times_ms.get(at).map_or(0.0, |ms| (ms * 1_000.0).round() / 1_000.0)
        };
        Self { p50: rank(50), p90: rank(90), p99: rank(99), max: rank(100) }
    }
}

impl Display for Spread {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let Self { p50, p90, p99, max } = self;
        write!(f, "p50 {p50:.1} ms, p90 {p90:.1} ms, p99 {p99:.1} ms, max {max:.1} ms")
    }
}

#[cfg(test)]
mod tests {
    use super::Spread;

    #[test]
    fn percentiles_are_by_nearest_rank() {
        let all = (1..=200).rev().map(f64::from).collect();
        assert_eq!(Spread::of(all), Spread { p50: 100.0, p90: 180.0, p99: 198.0, max: 200.0 });
        assert_eq!(Spread::of(vec![]), Spread::default());
        assert_eq!(Spread::of(vec![7.0]), Spread { p50: 7.0, p90: 7.0, p99: 7.0, max: 7.0 });
    }
}
