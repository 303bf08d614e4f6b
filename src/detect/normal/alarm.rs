//! What a score means: how many false alarms a day it would cost to alarm on it.
//!
//! The largest score of every three seconds of normal footage is kept. Above the tenth that is
//! highest, an exponential tail is fitted (the usual choice for the excess over a high limit,
//! Pickands 1975, with shape 0) and carried on. Three days of footage support such a figure; less
//! is carried on too, and says so. Pure.

use super::histogram::Histogram;
use crate::clock::UnixMs;

/// Length of a block, ms: one event makes one or two of them (recipe).
const BLOCK_MS: i64 = 3_000;
/// Blocks of a day.
const BLOCKS_DAY: f32 = 86_400_000.0 / BLOCK_MS as f32;
/// Share of blocks above which the tail begins (recipe: the 90 % quantile).
const TAIL_SHARE: f32 = 0.9;
/// Scores that are told apart: beyond 20 everything is a false alarm a million years.
const SCORES: (f32, f32) = (-4.0, 20.0);
/// Fewest blocks for any figure, and for one that is called calibrated (three days).
const BLOCKS_MIN: f32 = 30.0;
const BLOCKS_CALIBRATED: f32 = 3.0 * BLOCKS_DAY;
/// Least mean excess of the tail: a hundredth of the scale (guess, revisit).
const EXCESS_MIN: f32 = 0.05;

/// Largest scores of blocks of normal time.
#[derive(Clone, Debug, PartialEq)]
pub struct Tail {
    pub largest: Histogram,
}

impl Default for Tail {
    fn default() -> Self {
        Self { largest: Histogram::new(SCORES.0, SCORES.1) }
    }
}

/// Where the tail begins, how it falls.
struct Fit {
    limit: f32,
    excess: f32,
    share: f32,
}

impl Tail {
    /// Expected false alarms a day at this score; `None` before enough was seen.
    #[must_use]
    pub fn alarms_per_day(&self, score: f32) -> Option<f32> {
        let fit = self.fit()?;
        let above = if score >= fit.limit {
            fit.share * (-(score - fit.limit) / fit.excess).exp()
        } else {
            self.largest.excess(score).map_or(0.0, |(_, share)| share)
        };
        Some(BLOCKS_DAY * above)
    }

    /// The score at which so many false alarms a day are to be expected.
    #[must_use]
    pub fn threshold(&self, alarms_per_day: f32) -> Option<f32> {
        let fit = self.fit()?;
        let wanted = (alarms_per_day / BLOCKS_DAY).max(f32::MIN_POSITIVE);
        if wanted >= fit.share {
            return self.largest.quantile(1.0 - wanted.min(1.0));
        }
        Some(fit.limit + fit.excess * (fit.share / wanted).ln())
    }

    /// Whether figures rest on days and not on minutes.
    #[must_use]
    pub fn is_calibrated(&self) -> bool {
        self.largest.weight() >= BLOCKS_CALIBRATED
    }

    /// Time that was watched, as far as it is not forgotten, h.
    #[must_use]
    pub fn hours(&self) -> f32 {
        self.largest.weight() / BLOCKS_DAY * 24.0
    }

    fn fit(&self) -> Option<Fit> {
        if self.largest.weight() < BLOCKS_MIN {
            return None;
        }
        let limit = self.largest.quantile(TAIL_SHARE)?;
        let (excess, share) = self.largest.excess(limit).unwrap_or((EXCESS_MIN, 1.0 - TAIL_SHARE));
        Some(Fit { limit, excess: excess.max(EXCESS_MIN), share })
    }
}

/// Finds the largest score of each block.
#[derive(Clone, Copy, Debug, Default)]
pub struct Blocks(Option<(UnixMs, f32)>);

impl Blocks {
    /// Takes a score in; gives the largest of the block that it ends.
    pub fn add(&mut self, at: UnixMs, score: f32) -> Option<f32> {
        match &mut self.0 {
            Some((began, largest)) if (0..BLOCK_MS).contains(&at.since_ms(*began)) => {
                *largest = largest.max(score);
                None
            }
            open => open.replace((at, score)).map(|(_, largest)| largest),
        }
    }
}

/// Quiet time after which the same camera may alarm again, ms (guess, revisit).
const QUIET_MS: i64 = 3_000;

/// Says when a score becomes an alarm: once for each time it rises above the threshold.
#[derive(Clone, Copy, Debug, Default)]
pub struct Alarm(Option<UnixMs>);

impl Alarm {
    /// Whether the score of a frame seen `at` begins an alarm.
    pub fn begins(&mut self, at: UnixMs, score: f32, threshold: f32) -> bool {
        let over = |last: UnixMs| !(0..=QUIET_MS).contains(&at.since_ms(last));
        if score < threshold {
            self.0 = self.0.filter(|last| !over(*last));
            return false;
        }
        let begins = self.0.is_none_or(over);
        self.0 = Some(at);
        begins
    }
}
