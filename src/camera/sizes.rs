//! Whether encoded pictures are larger than usual: movement costs bits.
//!
//! Each unit between key frames is compared with what is usual at its place in the group (encoders
//! spend more on the first ones) and with the level of the last seconds (rate control). What is
//! left over is added up one-sidedly (CUSUM, Page 1954): a single large unit says little, some
//! in a row say it early. Learns slowly and never from what it calls unusual at full weight, so
//! that a person who stays does not become usual at once. On streams that are padded to a
//! constant rate sizes say nothing and are not asked. Pure arithmetic.

use super::gate::UnitSize;

/// Places in a group that are told apart; later ones are alike.
const PLACES: usize = 128;
/// What a place and the level take from a new unit. Guess, revisit.
const PLACE_RATE: f32 = 0.15;
const LEVEL_RATE: f32 = 0.01;
const DEVIATION_RATE: f32 = 0.01;
/// Smallest usual deviation of the logarithm: a twentieth of the size.
const DEVIATION_MIN: f32 = 0.05;
/// Drift and threshold of the sum in deviations (`gate.md`), and the most one unit may add.
const DRIFT: f32 = 0.7;
const THRESHOLD: f32 = 6.0;
const ONE_MAX: f32 = 8.0;
/// A wrong alarm raises the threshold by this factor, at most to the last; each group without one
/// lowers it again. Guess, revisit.
const WRONG_FACTOR: f32 = 1.1;
const RIGHT_FACTOR: f32 = 0.99;
const THRESHOLD_MAX: f32 = 40.0;
/// Groups to learn before anything is said.
const LEARN_GROUPS: u32 = 3;
/// Share of padding from which on a stream counts as padded, and what a unit changes of it.
const PADDED: f32 = 0.02;
const PADDED_RATE: f32 = 0.01;

/// What is usual in one stream.
#[derive(Clone, Debug)]
pub(super) struct Sizes {
    /// Usual logarithm at each place, above the level; None where nothing was seen.
    places: Vec<Option<f32>>,
    place: usize,
    level: Option<f32>,
    deviation: f32,
    sum: f32,
    threshold: f32,
    groups: u32,
    padding: f32,
}

impl Default for Sizes {
    fn default() -> Self {
        Self {
            places: vec![None; PLACES],
            place: 0,
            level: None,
            deviation: 4.0 * DEVIATION_MIN,
            sum: 0.0,
            threshold: THRESHOLD,
            groups: 0,
            padding: 0.0,
        }
    }
}

impl Sizes {
    /// Takes the next unit; true when sizes have risen beyond what is usual.
    pub(super) fn take(&mut self, unit: &UnitSize) -> bool {
        let all = (unit.bytes + unit.filler).max(1) as f32;
        self.padding += (unit.filler as f32 / all - self.padding) * PADDED_RATE;
        if unit.key {
            self.place = 0;
            self.groups = self.groups.saturating_add(1);
            self.threshold = (self.threshold * RIGHT_FACTOR).max(THRESHOLD);
            return false;
        }
        let place = self.place.min(PLACES - 1);
        self.place += 1;
        let excess = self.excess((unit.bytes.max(1) as f32).ln(), place);
        self.sum = (self.sum + excess - DRIFT).max(0.0);
        if self.groups <= LEARN_GROUPS || self.say_nothing() {
            self.sum = 0.0;
        }
        let risen = self.sum > self.threshold;
        if risen {
            self.sum = 0.0;
        }
        risen
    }

    /// How many usual deviations a unit is above what is usual at its place; learns from it.
    fn excess(&mut self, log: f32, place: usize) -> f32 {
        let level = *self.level.get_or_insert(log);
        let above = log - level;
        let usual = *self.places[place].get_or_insert(above);
        let rest = above - usual;
        let excess = (rest / self.deviation).clamp(-ONE_MAX, ONE_MAX);
        // Clipped: what is unusual teaches no more than what is just still usual.
        let taught = rest.clamp(-3.0 * self.deviation, 3.0 * self.deviation);
        self.level = Some(level + taught * LEVEL_RATE);
        self.places[place] = Some(usual + taught * PLACE_RATE);
        // 1.25 times the mean distance is the deviation of a normal distribution.
        let spread = 1.25 * taught.abs() - self.deviation;
        self.deviation = (self.deviation + spread * DEVIATION_RATE).max(DEVIATION_MIN);
        excess
    }

    /// Pictures did not confirm the alarm.
    pub(super) fn was_wrong(&mut self) {
        self.threshold = (self.threshold * WRONG_FACTOR).min(THRESHOLD_MAX);
        self.sum = 0.0;
    }

    /// What was added up is torn.
    pub(super) const fn restart(&mut self) {
        self.sum = 0.0;
        self.place = 0;
    }

    /// Whether the stream is padded to a constant rate.
    pub(super) fn say_nothing(&self) -> bool {
        self.padding > PADDED
    }
}
