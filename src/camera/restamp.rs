//! New time stamps for a clip: from zero, without jumps, in an order that a player accepts.
//!
//! Cameras send stamps that jump by hours, start again after a reconnect, stand still or run
//! backwards where pictures are reordered. Small steps of the camera's own time are believed,
//! because they are smoother than arrival over a network; anything else is replaced by the time
//! between arrivals. Decoding stamps are made anew from the display stamps. Pure arithmetic.

use super::units::AccessUnit;

/// When to decode and show one unit of a clip, ms from its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ClipTime {
    pub(super) dts_ms: i64,
    pub(super) pts_ms: i64,
    pub(super) duration_ms: i64,
}

/// A step of the camera's time beyond this is a jump, not a gap or a reordering. Two seconds are
/// longer than any group of reordered pictures. Guess, revisit.
const STEP_MAX_MS: i64 = 2_000;
/// Duration of a unit that no other one follows: one frame at 25 frames a second.
const LONE_MS: i64 = 40;

/// One time per unit, in the order of the units: decoding times rise strictly from 0, and no unit
/// is shown before it is decoded.
#[must_use]
pub(super) fn restamp(units: &[AccessUnit]) -> Vec<ClipTime> {
    let shown = without_jumps(units);
    let decoded = decoding_times(&shown);
    let delay = shown.iter().zip(&decoded).map(|(pts, dts)| dts - pts).max().unwrap_or_default();
    let mut duration_ms = LONE_MS;
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

/// Display times relative to the first unit, with the camera's steps where they can be believed.
fn without_jumps(units: &[AccessUnit]) -> Vec<i64> {
    let mut times = Vec::with_capacity(units.len());
    let (mut time, mut latest) = (0, 0);
    for (at, unit) in units.iter().enumerate() {
        if let Some(before) = at.checked_sub(1).map(|at| &units[at]) {
            let step = unit.pts_us.saturating_sub(before.pts_us) / 1_000;
            let believed = step != 0 && step.saturating_abs() <= STEP_MAX_MS;
            let seen = unit.seen_at.since_ms(before.seen_at).max(1);
            time = if believed { time + step } else { latest + seen };
        }
        latest = latest.max(time);
        times.push(time);
    }
    times
}

/// The display times in rising order, from 0: the order of decoding has no other demand.
fn decoding_times(shown: &[i64]) -> Vec<i64> {
    let mut times = shown.to_vec();
    times.sort_unstable();
    let start = times.first().copied().unwrap_or_default();
    let mut earliest = 0;
    for time in &mut times {
        *time = (*time - start).max(earliest);
        earliest = *time + 1;
    }
    times
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::camera::units::{Codec, StreamFormat};
    use crate::clock::UnixMs;
    use std::sync::Arc;
    use std::time::Duration;

    /// Units given as (camera time, arrival); expects (decoded, shown) for each.
    #[track_caller]
    fn check(units: &[(i64, i64)], expect: &[(i64, i64)]) {
        let sets = Vec::new();
        let format = StreamFormat { codec: Codec::H264, width_px: 640, height_px: 360, sets };
        let format = Arc::new(format);
        let units: Vec<AccessUnit> = units
            .iter()
            .map(|&(pts_ms, seen)| AccessUnit {
                seq: 0,
                session: 0,
                key: false,
                pts_us: pts_ms * 1_000,
                seen_at: UnixMs(seen),
                at: Duration::ZERO,
                format: Arc::clone(&format),
                bytes: Arc::from([]),
            })
            .collect();
        let times = restamp(&units);
        let found: Vec<(i64, i64)> = times.iter().map(|time| (time.dts_ms, time.pts_ms)).collect();
        assert_eq!(found, expect);
        for pair in times.windows(2) {
            assert_eq!(pair[0].dts_ms + pair[0].duration_ms, pair[1].dts_ms);
        }
        assert!(times.iter().all(|time| time.pts_ms >= time.dts_ms && time.duration_ms > 0));
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
    }

    #[test]
    fn a_reconnect_leaves_a_gap_as_long_as_it_took() {
        check(&[(90_000, 0), (90_040, 40), (0, 20_040)], &[(0, 0), (40, 40), (20_040, 20_040)]);
    }

    #[test]
    fn reordered_pictures_are_decoded_before_they_are_shown() {
        let units = [(0, 0), (120, 40), (40, 80), (80, 120), (160, 160)];
        check(&units, &[(0, 40), (40, 160), (80, 80), (120, 120), (160, 200)]);
    }

    #[test]
    fn equal_stamps_come_apart() {
        check(&[(0, 0), (0, 40), (40, 80)], &[(0, 0), (40, 40), (80, 80)]);
    }
}
