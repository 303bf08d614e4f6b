//! New time stamps for recorded and live video: from zero, without jumps, in an order that a
//! player accepts.
//!
//! Cameras send stamps that jump by hours, start again after a reconnect, stand still, or run
//! backwards where pictures are reordered. Small steps of the camera's own time are believed,
//! because they are smoother than arrival over a network; anything else is replaced by the time
//! between arrivals and reported. Decoding stamps are made anew from the display stamps, as a
//! stream comes, without holding a unit back. Pure arithmetic, in ticks of 90 kHz.

use std::collections::VecDeque;
use std::time::Duration;

use super::units::AccessUnit;

/// Ticks a millisecond: the clock of RTP video, so that a camera's stamps are kept exactly.
pub const TICKS_PER_MS: i64 = 90;
/// A step of the camera's time may be this much longer than the time between two arrivals, or go
/// back this far in front of a first key frame. Bursts of a network that mends itself are shorter.
/// Guess, revisit.
const STEP_MAX_US: i64 = 2_000_000;
/// Stamps closer than this are the same moment: cameras go back by 0.3 ms (moonfire-nvr#31), and
/// no camera sends 500 pictures a second.
const SAME_US: i64 = 2_000;
/// Equal stamps in a row that are a rounding; more of them are a clock that stands still. Guess,
/// revisit.
const SAME_MAX: u32 = 2;
/// Display times that are looked at for the order: 16 pictures is the most that H.264 and H.265
/// can reorder (DPB size, H.264 A.3.1).
const ORDER_MAX: usize = 16;
/// Duration of a unit that no other one follows, in ticks: one frame at 25 frames a second.
const LONE: i64 = 40 * TICKS_PER_MS;

/// When to decode and show a unit, in ticks since the first one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// Rises strictly, from 0.
    pub dts: i64,
    /// Where pictures are reordered it may lie before `dts`.
    pub pts: i64,
}

/// What the camera's clock did that was not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It went so many ms further (below zero: back) than the time that had passed.
    Jump(i64),
    /// It stands still while units come; told once for each spell.
    Still,
}

/// Makes the times of one stream, unit after unit.
#[derive(Clone, Debug, Default)]
pub struct Restamper {
    last: Option<Last>,
    /// Time shown here minus the camera's, in ticks.
    offset: i64,
    /// The latest camera time of this stretch, us, and the latest one before it: pictures that are
    /// reordered lie between the two.
    newest_us: i64,
    before_newest_us: Option<i64>,
    /// Units in a row with the stamp of the one before.
    same: u32,
    /// The last unit whose stamp was believed: where it is shown and when it came.
    believed: (i64, Duration),
    latest: i64,
    dts: i64,
    /// The latest times shown, in rising order.
    order: VecDeque<i64>,
    /// Pictures that are decoded before one that is shown earlier, and how long that delays.
    depth: usize,
    delay: i64,
    mended: u64,
}

#[derive(Clone, Copy, Debug)]
struct Last {
    pts_us: i64,
    at: Duration,
    session: u64,
}

/// How a unit's own stamp is taken.
enum Taken {
    Believed,
    Same,
    /// Replaced by the arrival.
    Replaced(Option<Step>),
}

impl Restamper {
    /// The times of the next unit, and what its stamp did that was not believed.
    pub fn next(&mut self, unit: &AccessUnit) -> (Times, Option<Step>) {
        let taken = self.take(unit);
        let step = if let Taken::Replaced(step) = taken { step } else { None };
        let pts = self.shown(unit, &taken);
        self.last = Some(Last { pts_us: unit.pts_us, at: unit.at, session: unit.session });
        let first = self.order.is_empty();
        self.note(pts);
        let dts = if first { 0 } else { self.decoded(pts) };
        self.latest = self.latest.max(pts);
        self.dts = dts;
        (Times { dts, pts }, step)
    }

    /// Stamps that were equal or went back by less than a picture, and were set right.
    #[must_use]
    pub const fn mended(&self) -> u64 {
        self.mended
    }

    /// The usual time between two pictures, in ticks.
    #[must_use]
    pub fn interval(&self) -> i64 {
        let mut steps: Vec<i64> =
            self.order.iter().zip(self.order.iter().skip(1)).map(|(a, b)| b - a).collect();
        steps.sort_unstable();
        steps.get(steps.len() / 2).copied().filter(|step| *step > 0).unwrap_or(LONE)
    }

    /// Whether pictures came in another order than they are shown in.
    #[must_use]
    pub const fn reorders(&self) -> bool {
        self.depth > 0
    }

    /// One that knows from the start how this stream reorders its pictures.
    #[must_use]
    pub fn again(&self) -> Self {
        let delay = i64::try_from(self.depth).unwrap_or_default() * self.interval();
        Self { depth: self.depth, delay, ..Self::default() }
    }

    fn take(&self, unit: &AccessUnit) -> Taken {
        let Some(last) = self.last else { return Taken::Replaced(None) };
        if unit.session != last.session {
            return Taken::Replaced(None);
        }
        let step_us = unit.pts_us.saturating_sub(last.pts_us);
        let passed_us = passed_us(unit, last);
        if step_us.saturating_abs() < SAME_US {
            let still = Taken::Replaced((self.same == SAME_MAX).then_some(Step::Still));
            return if self.same < SAME_MAX { Taken::Same } else { still };
        }
        let floor_us = self.before_newest_us.unwrap_or(self.newest_us.saturating_sub(STEP_MAX_US));
        let reordered = step_us >= -STEP_MAX_US && unit.pts_us > floor_us;
        let explained = step_us <= passed_us.saturating_add(STEP_MAX_US);
        if explained && (step_us > 0 || reordered) && unit.pts_us > floor_us {
            return Taken::Believed;
        }
        Taken::Replaced(Some(Step::Jump(step_us.saturating_sub(passed_us) / 1_000)))
    }

    /// Where the unit is shown.
    fn shown(&mut self, unit: &AccessUnit, taken: &Taken) -> i64 {
        let Some(last) = self.last else {
            self.anchor(unit, 0);
            return 0;
        };
        let passed = ticks(passed_us(unit, last)).max(1);
        match taken {
            Taken::Believed => {
                self.mended += u64::from(self.same);
                self.same = 0;
                let mut pts = ticks(unit.pts_us).saturating_add(self.offset);
                if unit.pts_us > self.newest_us {
                    pts = pts.max(self.latest + 1);
                    self.before_newest_us = Some(self.newest_us);
                    self.newest_us = unit.pts_us;
                }
                self.believed = (pts.max(self.believed.0), unit.at);
                pts
            }
            Taken::Same => {
                self.same += 1;
                // Half-way to where the next one will be.
                self.latest + (passed.min(self.interval()) / 2).max(1)
            }
            Taken::Replaced(_) => {
                let still = unit.session == last.session
                    && unit.pts_us.saturating_sub(last.pts_us).saturating_abs() < SAME_US;
                let since = unit.at.saturating_sub(self.believed.1);
                let (same, anchored) = (self.same, self.believed);
                let pts =
                    if still { anchored.0 + ticks(as_us(since)) } else { self.latest + passed };
                let pts = pts.max(self.latest + 1);
                self.anchor(unit, pts);
                if still {
                    (self.same, self.believed) = (same + 1, anchored);
                }
                pts
            }
        }
    }

    /// From here on the camera's time is shown with this unit at `pts`.
    fn anchor(&mut self, unit: &AccessUnit, pts: i64) {
        self.offset = pts.saturating_sub(ticks(unit.pts_us));
        (self.newest_us, self.before_newest_us) = (unit.pts_us, None);
        self.believed = (pts, unit.at);
        self.same = 0;
    }

    /// Notes where a unit is shown, and learns how far pictures are reordered.
    fn note(&mut self, pts: i64) {
        let place = self.order.partition_point(|earlier| *earlier <= pts);
        let after = self.order.len() - place;
        self.order.insert(place, pts);
        if self.order.len() > ORDER_MAX {
            self.order.pop_front();
        }
        if after > self.depth {
            self.depth = after;
            self.delay = i64::try_from(after).unwrap_or_default() * self.interval();
        }
    }

    /// Decoding goes through the display times in rising order, as many pictures late as needed.
    fn decoded(&self, pts: i64) -> i64 {
        let due = match self.order.len().checked_sub(self.depth + 1) {
            Some(at) => self.order[at] + self.delay,
            // Fewer units than are reordered have come: one picture after the other.
            None => self.dts + self.delay / i64::try_from(self.depth.max(1)).unwrap_or(1),
        };
        // Far behind its display time only where the order has been learned anew.
        due.max(self.dts + 1).min(pts.max(self.dts + 1) + self.delay)
    }
}

fn passed_us(unit: &AccessUnit, last: Last) -> i64 {
    as_us(unit.at.saturating_sub(last.at))
}

fn as_us(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}

/// The nearest tick: a stamp of RTP is a whole one, which its us have cut off.
const fn ticks(us: i64) -> i64 {
    us.saturating_mul(9).saturating_add(50).div_euclid(100)
}

/// When to decode and show one unit of a clip, ms from its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ClipTime {
    pub(super) dts_ms: i64,
    pub(super) pts_ms: i64,
    pub(super) duration_ms: i64,
}

/// One time per unit of a clip, in the order of the units: decoding times rise strictly from 0,
/// and no unit is shown before it is decoded.
#[must_use]
pub(super) fn restamp(units: &[AccessUnit]) -> Vec<ClipTime> {
    let mut learning = Restamper::default();
    for unit in units {
        learning.next(unit);
    }
    let mut knowing = learning.again();
    let times: Vec<Times> = units.iter().map(|unit| knowing.next(unit).0).collect();
    // A clip counts in ms, where stamps that lie close together must still rise.
    let mut decoded = Vec::with_capacity(times.len());
    for time in &times {
        let earliest = decoded.last().map_or(0, |before| before + 1);
        decoded.push((time.dts / TICKS_PER_MS).max(earliest));
    }
    let shown: Vec<i64> = times.iter().map(|time| time.pts.div_euclid(TICKS_PER_MS)).collect();
    let delay = shown.iter().zip(&decoded).map(|(pts, dts)| dts - pts).max().unwrap_or_default();
    let mut duration_ms = LONE / TICKS_PER_MS;
    shown
        .iter()
        .zip(&decoded)
        .enumerate()
        .map(|(at, (pts, dts))| {
            duration_ms = decoded.get(at + 1).map_or(duration_ms, |next| next - dts);
            ClipTime { dts_ms: *dts, pts_ms: pts + delay, duration_ms }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::camera::units::{Codec, StreamFormat};
    use crate::clock::UnixMs;
    use std::sync::Arc;

    /// A unit given as (camera time, arrival), both in ms.
    fn unit((pts_us, seen): (i64, i64)) -> AccessUnit {
        let sets = Vec::new();
        let format = StreamFormat { codec: Codec::H264, width_px: 640, height_px: 360, sets };
        AccessUnit {
            seq: 0,
            session: 0,
            key: false,
            pts_us,
            seen_at: UnixMs(seen),
            at: Duration::from_millis(seen.unsigned_abs()),
            format: Arc::new(format),
            bytes: Arc::from([]),
        }
    }

    /// Units given as (camera time, arrival); expects (decoded, shown) of a clip for each.
    #[track_caller]
    fn check(units: &[(i64, i64)], expect: &[(i64, i64)]) {
        let units: Vec<AccessUnit> =
            units.iter().map(|&(pts_ms, seen)| unit((pts_ms * 1_000, seen))).collect();
        let times = restamp(&units);
        let found: Vec<(i64, i64)> = times.iter().map(|time| (time.dts_ms, time.pts_ms)).collect();
        assert_eq!(found, expect);
        for pair in times.windows(2) {
            assert_eq!(pair[0].dts_ms + pair[0].duration_ms, pair[1].dts_ms);
        }
        assert!(times.iter().all(|time| time.pts_ms >= time.dts_ms && time.duration_ms > 0));
    }

    /// Units given as (camera time in us, arrival in ms); expects when each is shown, in ms, and
    /// what was told.
    #[track_caller]
    fn shown(units: &[(i64, i64)], expect: &[i64], told: &[Step]) {
        let mut stream = Restamper::default();
        let (mut found, mut steps, mut dts) = (Vec::new(), Vec::new(), -1);
        for &given in units {
            let (times, step) = stream.next(&unit(given));
            assert!(times.dts > dts, "{times:?} after {dts}");
            dts = times.dts;
            found.push(times.pts.div_euclid(TICKS_PER_MS));
            steps.extend(step);
        }
        assert_eq!((found.as_slice(), steps.as_slice()), (expect, told));
    }

    #[test]
    fn the_camera_is_smoother_than_the_network() {
        check(&[(500, 0), (540, 90), (580, 91)], &[(0, 0), (40, 40), (80, 80)]);
        check(&[(500, 0)], &[(0, 0)]);
        check(&[], &[]);
    }

    #[test]
    fn a_jump_of_hours_is_replaced_by_the_arrival() {
        let jumps = [(0, 0), (40, 40), (-9_800_000, 80), (-9_799_960, 120), (37_600_000, 160)];
        check(&jumps, &[(0, 0), (40, 40), (80, 80), (120, 120), (160, 160)]);
        let jumps = jumps.map(|(pts_ms, seen)| (pts_ms * 1_000, seen));
        let told = [Step::Jump(-9_800_080), Step::Jump(47_399_920)];
        shown(&jumps, &[0, 40, 80, 120, 160], &told);
    }

    #[test]
    fn a_reconnect_leaves_a_gap_as_long_as_it_took() {
        check(&[(90_000, 0), (90_040, 40), (0, 20_040)], &[(0, 0), (40, 40), (20_040, 20_040)]);
    }

    #[test]
    fn a_pause_that_the_arrival_explains_is_believed() {
        shown(&[(0, 0), (6_000_000, 6_100)], &[0, 6_000], &[]);
        shown(&[(0, 0), (6_000_000, 100)], &[0, 100], &[Step::Jump(5_900)]);
    }

    #[test]
    fn reordered_pictures_are_decoded_before_they_are_shown() {
        let units = [(0, 0), (120, 40), (40, 80), (80, 120), (160, 160)];
        check(&units, &[(0, 40), (40, 160), (80, 80), (120, 120), (160, 200)]);
    }

    #[test]
    fn a_pyramid_of_reordered_pictures_is_no_step_and_decoding_keeps_up() {
        // Groups of four: the last one first, then the middle, then the two between.
        let order = |at: i64| [4, 2, 1, 3][usize::try_from(at % 4).unwrap()] + at / 4 * 4;
        let frames: Vec<i64> = std::iter::once(0).chain((0..400).map(order)).collect();
        let mut stream = Restamper::default();
        let mut dts = -1;
        for (at, frame) in frames.iter().enumerate() {
            let seen = i64::try_from(at).unwrap() * 40;
            let (times, step) = stream.next(&unit((frame * 40_000, seen)));
            assert_eq!((times.pts, step), (frame * 40 * TICKS_PER_MS, None));
            assert!(times.dts > dts);
            if at > 20 {
                // Two pictures are reordered; from then on one picture every 40 ms.
                assert_eq!(times.dts, (i64::try_from(at).unwrap()) * 40 * TICKS_PER_MS);
            }
            dts = times.dts;
        }
    }

    #[test]
    fn equal_stamps_come_apart_without_moving_what_follows() {
        check(&[(0, 0), (0, 40), (40, 80)], &[(0, 0), (20, 20), (40, 40)]);
        shown(&[(0, 0), (40_000, 40), (39_700, 80), (80_000, 90)], &[0, 40, 60, 80], &[]);
    }

    #[test]
    fn a_clock_that_stands_still_is_replaced_by_the_arrival_and_told_once() {
        let mut units: Vec<(i64, i64)> = (0..5).map(|at| (at * 40_000, at * 40)).collect();
        units.extend((5..20).map(|at| (160_000, at * 40)));
        units.extend((20..25).map(|at| ((at - 15) * 40_000, at * 40)));
        let mut stream = Restamper::default();
        let told: Vec<_> = units.iter().map(|&given| stream.next(&unit(given))).collect();
        assert_eq!(told.iter().filter(|(_, step)| *step == Some(Step::Still)).count(), 1);
        let last = told.last().unwrap().0.pts / TICKS_PER_MS;
        assert!((920..=960).contains(&last), "{last}");
    }

    #[test]
    fn a_day_of_garbage_stays_in_order_and_near_the_time_that_passed() {
        let mut stream = Restamper::default();
        let (mut dts, mut garbage) = (-1, 12_345_u64);
        for at in 0..20_000_i64 {
            garbage = garbage.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let wild = i64::try_from(garbage >> 20).unwrap() - (1 << 43);
            let pts_us = if garbage % 7 == 0 { wild } else { at * 40_000 };
            let (times, _) = stream.next(&unit((pts_us, at * 40)));
            assert!(times.dts > dts);
            dts = times.dts;
        }
        let off_ms = dts / TICKS_PER_MS - 19_999 * 40;
        assert!(off_ms.abs() < 4_000, "{off_ms} ms off");
    }
}
