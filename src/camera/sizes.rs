//! Whether encoded pictures are larger than usual: movement costs bits.
//!
//! Each unit between key frames is compared, by its logarithm, with the highest that is usual at
//! its place in the group: encoders spend more on the first ones, and rate control starves the last
//! ones of some cameras. What is above it is added up one-sidedly (CUSUM, Page 1954): one unit far
//! above the usual, or some in a row, raise a suspicion. Who is wrong often becomes harder to
//! alarm, so that at most about every tenth group is decoded for nothing. On streams that are
//! padded to a constant rate sizes say nothing and are not asked. Pure arithmetic.

use super::gate::UnitSize;

/// Places in a group that are told apart; later ones are alike.
const PLACES: usize = 128;
/// Places before and after that a unit is compared with too.
const BESIDE: usize = 2;
/// What a larger and a smaller unit change of the highest usual logarithm at most: one unit in ten
/// may be above it, and a person who stays does not become usual at once. Guess, revisit.
const UP_MAX: f32 = 0.1;
const DOWN_MAX: f32 = 0.01;
/// Drift of the sum, its threshold for an alarm at once and for another look at a group that is
/// over, and the most one unit may add. Measured: of 294 units of a quiet 1080p stream at a
/// constant 4 Mbit/s the largest was 0.12 above the usual, entries into it were 0.29 to 0.51.
const DRIFT: f32 = 0.02;
const RISEN: f32 = 0.15;
const STOOD_OUT: f32 = 0.12;
const ONE_MAX: f32 = 1.0;
/// A wrong alarm raises its threshold by this factor, at most to the last; a right one and each
/// group lower it again. Guess, revisit.
const WRONG_FACTOR: f32 = 1.5;
const RIGHT_FACTOR: f32 = 0.9;
const GROUP_FACTOR: f32 = 0.98;
const THRESHOLD_MAX: f32 = 4.0;
/// Groups to learn before anything is said.
const LEARN_GROUPS: u32 = 3;
/// Share of padding from which on a stream counts as padded, what a unit with more changes of the
/// share, and what one with less does: a stream that pads its quiet time only is padded.
const PADDED: f32 = 0.02;
const PADDED_RATE: f32 = 0.01;
const UNPADDED_RATE: f32 = 0.0002;

/// A threshold that keeps itself where few alarms are wrong.
#[derive(Clone, Copy, Debug)]
struct Threshold {
    least: f32,
    now: f32,
}

impl Threshold {
    const fn new(least: f32) -> Self {
        Self { least, now: least }
    }

    fn times(&mut self, factor: f32) {
        self.now = (self.now * factor).clamp(self.least, THRESHOLD_MAX);
    }
}

/// What sizes said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alarm {
    /// They have just risen.
    Risen,
    /// Those of the group that this key frame ends were larger than usual for a while.
    StoodOut,
}

/// What is usual in one stream.
#[derive(Clone, Debug)]
pub(super) struct Sizes {
    /// The highest usual logarithm at each place; None where nothing was seen.
    places: Vec<Option<f32>>,
    place: usize,
    sum: f32,
    /// The highest sum of this group.
    peak: f32,
    risen: Threshold,
    stood_out: Threshold,
    groups: u32,
    padding: f32,
}

impl Default for Sizes {
    fn default() -> Self {
        Self {
            places: vec![None; PLACES],
            place: 0,
            sum: 0.0,
            peak: 0.0,
            risen: Threshold::new(RISEN),
            stood_out: Threshold::new(STOOD_OUT),
            groups: 0,
            padding: 0.0,
        }
    }
}

impl Sizes {
    /// Takes the next unit and says whether sizes are beyond what is usual.
    pub(super) fn take(&mut self, unit: &UnitSize) -> Option<Alarm> {
        let all = (unit.bytes + unit.filler).max(1) as f32;
        let more = unit.filler as f32 / all - self.padding;
        self.padding += more * if more > 0.0 { PADDED_RATE } else { UNPADDED_RATE };
        if unit.key {
            let stood_out = self.peak > self.stood_out.now;
            self.restart();
            self.groups = self.groups.saturating_add(1);
            self.risen.times(GROUP_FACTOR);
            self.stood_out.times(GROUP_FACTOR);
            return stood_out.then_some(Alarm::StoodOut);
        }
        let place = self.place.min(PLACES - 1);
        self.place += 1;
        let excess = self.excess((unit.bytes.max(1) as f32).ln(), place);
        self.sum = (self.sum + excess - DRIFT).max(0.0);
        if self.groups <= LEARN_GROUPS || self.are_padded() {
            self.sum = 0.0;
        }
        self.peak = self.peak.max(self.sum);
        let risen = self.sum > self.risen.now;
        if risen {
            self.sum = 0.0;
        }
        risen.then_some(Alarm::Risen)
    }

    /// How far a unit's logarithm is above the highest that is usual at its place and beside it,
    /// because rate control does the same a little earlier or later; learns from it.
    fn excess(&mut self, log: f32, place: usize) -> f32 {
        let own = *self.places[place].get_or_insert(log);
        let near = place.saturating_sub(BESIDE)..(place + BESIDE + 1).min(PLACES);
        let top = self.places[near].iter().flatten().copied().fold(own, f32::max);
        let most = if self.groups <= LEARN_GROUPS { f32::INFINITY } else { UP_MAX };
        self.places[place] = Some(own + (log - own).clamp(-DOWN_MAX, most));
        (log - top).min(ONE_MAX)
    }

    /// Pictures did not confirm the alarm. They showed this group so far.
    pub(super) fn was_wrong(&mut self, alarm: Alarm) {
        self.threshold(alarm).times(WRONG_FACTOR);
        (self.sum, self.peak) = (0.0, 0.0);
    }

    /// Pictures confirmed the alarm.
    pub(super) fn was_right(&mut self, alarm: Alarm) {
        self.threshold(alarm).times(RIGHT_FACTOR);
        (self.sum, self.peak) = (0.0, 0.0);
    }

    const fn threshold(&mut self, alarm: Alarm) -> &mut Threshold {
        match alarm {
            Alarm::Risen => &mut self.risen,
            Alarm::StoodOut => &mut self.stood_out,
        }
    }

    /// What was added up is torn, or the group is over.
    pub(super) const fn restart(&mut self) {
        self.sum = 0.0;
        self.peak = 0.0;
        self.place = 0;
    }

    /// Whether the stream is padded to a constant rate.
    pub(super) fn are_padded(&self) -> bool {
        self.padding > PADDED
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn unit(number: usize, bytes: usize, filler: usize) -> UnitSize {
        let at = Duration::from_millis(number as u64 * 40);
        UnitSize { key: number.is_multiple_of(50), bytes, filler, at }
    }

    /// Units of 4 Mbit/s whose last ten in each group are starved, with slight noise.
    fn usual(number: usize) -> usize {
        let noise = (number * 7_919) % 1_000;
        if number % 50 > 40 { 500 + noise / 10 } else { 19_000 + noise }
    }

    /// Feeds ten usual groups and one in which the units at some places are so many times as large.
    /// What was said in that one, and by the key frame after it.
    fn check(places: std::ops::Range<usize>, times: f32, expect: &[(usize, Alarm)]) {
        let mut sizes = Sizes::default();
        let mut said = Vec::new();
        for number in 0..=550 {
            let larger = (500 + places.start..500 + places.end).contains(&number);
            let times = if larger { times } else { 1.0 };
            let alarm = sizes.take(&unit(number, (usual(number) as f32 * times) as usize, 0));
            said.extend(alarm.map(|alarm| (number, alarm)));
        }
        assert_eq!(said, expect, "{places:?} are {times} times as large");
    }

    #[test]
    fn the_usual_says_nothing() {
        check(0..0, 1.0, &[]);
        // The starving began one place later.
        check(41..42, 36.0, &[]);
    }

    #[test]
    fn one_unit_far_above_the_usual_or_some_in_a_row_raise_a_suspicion() {
        check(10..11, 1.5, &[(510, Alarm::Risen), (550, Alarm::StoodOut)]);
        check(10..14, 1.17, &[(511, Alarm::Risen), (550, Alarm::StoodOut)]);
    }

    #[test]
    fn a_group_that_stood_out_a_little_is_told_at_its_end() {
        check(10..11, 1.17, &[(550, Alarm::StoodOut)]);
    }

    #[test]
    fn who_is_wrong_is_harder_to_alarm() {
        let mut sizes = Sizes::default();
        let mut alarms = 0;
        for number in 0..50_000 {
            // A unit in every group is twice as large, each time at another place.
            let group = number / 50;
            let larger = number % 50 == 3 + (group * 17) % 37;
            let bytes = usual(number) * if larger { 2 } else { 1 };
            if let Some(alarm) = sizes.take(&unit(number, bytes, 0)) {
                sizes.was_wrong(alarm);
                alarms += 1;
            }
        }
        assert!((1..125).contains(&alarms), "{alarms} of 1000 groups");
    }

    #[test]
    fn padding_is_recognised_although_it_pauses() {
        let mut sizes = Sizes::default();
        for number in 0..250 {
            sizes.take(&unit(number, 10_000, 10_000));
        }
        assert!(sizes.are_padded());
        for number in 250..1_750 {
            sizes.take(&unit(number, 20_000, 0));
        }
        assert!(sizes.are_padded(), "a minute without padding");
        assert!(!Sizes::default().are_padded());
    }
}
