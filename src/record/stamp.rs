//! Units in, samples out: each unit gets its times when the next one has come.
//!
//! The times themselves are those of `camera/restamp.rs`, which a clip of evidence has too. A
//! sample is one unit late, because its duration is the way to the next one; the last one of a
//! file or a session is taken out with `finish`. How far a stream reorders its pictures shows only
//! after some of them, so the very first ones are remembered and get their times once more before
//! they are written.

use super::fmp4::{Sample, TIMESCALE};
use crate::camera::AccessUnit;
use crate::camera::restamp::{Restamper, Step, Times};

/// Longest duration of a picture that nothing follows: 1 s. After a gap the usual time between two
/// pictures may be the gap's own length.
const LAST_MAX: u32 = TIMESCALE;

/// Makes the samples of one stream. Goes on over the ends of files, so that nothing is rounded
/// there; `Sample.dts` counts from the first unit ever, and a file takes its own beginning off.
#[derive(Debug, Default)]
pub struct Stamper {
    times: Restamper,
    /// The units so far, until the first ones are written.
    beginning: Vec<AccessUnit>,
    settled: bool,
    held: Option<(AccessUnit, Times)>,
    /// Duration of the last sample that had one.
    duration: u32,
}

impl Stamper {
    /// Takes the next unit; gives the one before it, and what the camera's clock did that was not
    /// believed.
    pub fn push(&mut self, unit: AccessUnit) -> (Option<Sample>, Option<Step>) {
        if !self.settled {
            self.beginning.push(unit.clone());
        }
        let (times, step) = self.times.next(&unit);
        let before = self.held.replace((unit, times));
        let sample = before.map(|(unit, held)| {
            self.duration = u32::try_from(times.dts - held.dts).unwrap_or(u32::MAX);
            sample(unit, held, self.duration)
        });
        (sample, step)
    }

    /// Call before the first samples are written: all of them anew, if their pictures turned out to
    /// be reordered.
    pub fn settle(&mut self) -> Option<Vec<Sample>> {
        let beginning = std::mem::take(&mut self.beginning);
        if std::mem::replace(&mut self.settled, true) || !self.times.reorders() {
            return None;
        }
        let holds = self.held.is_some();
        *self = Self { times: self.times.again(), settled: true, ..Self::default() };
        let mut samples: Vec<Sample> =
            beginning.into_iter().filter_map(|unit| self.push(unit).0).collect();
        if !holds {
            samples.extend(self.finish());
        }
        Some(samples)
    }

    /// The unit that is still held, with a usual duration, because nothing follows it.
    pub fn finish(&mut self) -> Option<Sample> {
        let usual = u32::try_from(self.times.interval()).unwrap_or(LAST_MAX);
        self.held.take().map(|(unit, times)| sample(unit, times, usual.min(LAST_MAX)))
    }

    /// The unit that is still held.
    #[must_use]
    pub fn held(&self) -> Option<&AccessUnit> {
        self.held.as_ref().map(|(unit, _)| unit)
    }
}

fn sample(unit: AccessUnit, times: Times, duration: u32) -> Sample {
    let cts = times.pts.saturating_sub(times.dts);
    Sample {
        unit,
        dts: u64::try_from(times.dts).unwrap_or_default(),
        cts: i32::try_from(cts).unwrap_or(if cts < 0 { i32::MIN } else { i32::MAX }),
        duration,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::camera::{Codec, StreamFormat};
    use crate::clock::UnixMs;
    use std::sync::Arc;
    use std::time::Duration;

    fn unit(ms: i64) -> AccessUnit {
        let format = StreamFormat { codec: Codec::H264, width_px: 2, height_px: 2, sets: vec![] };
        AccessUnit {
            seq: 0,
            session: 0,
            key: false,
            pts_us: ms * 1_000,
            seen_at: UnixMs(ms),
            at: Duration::from_millis(ms.unsigned_abs()),
            format: Arc::new(format),
            bytes: Arc::from([]),
        }
    }

    #[test]
    fn a_sample_comes_when_the_next_unit_does_and_durations_join() {
        let mut stamper = Stamper::default();
        assert!(stamper.push(unit(0)).0.is_none());
        let mut samples: Vec<Sample> =
            [40, 80, 160].into_iter().filter_map(|ms| stamper.push(unit(ms)).0).collect();
        samples.extend(stamper.finish());
        let found: Vec<(u64, u32)> = samples.iter().map(|s| (s.dts, s.duration)).collect();
        assert_eq!(found, [(0, 3_600), (3_600, 3_600), (7_200, 7_200), (14_400, 3_600)]);
        assert!(stamper.finish().is_none());
    }

    /// Groups of a picture and three reordered ones, 40 ms each: decoding times of so many units
    /// after settling, and of those that follow.
    fn settled(count: usize, more: usize) -> Vec<u64> {
        let shown = |at: i64| {
            if at == 0 { 0 } else { (at - 1) / 4 * 4 + [4, 2, 1, 3][(at as usize - 1) % 4] }
        };
        let units: Vec<AccessUnit> = (0..(count + more) as i64)
            .map(|at| AccessUnit { pts_us: shown(at) * 40_000, ..unit(at * 40) })
            .collect();
        let mut stamper = Stamper::default();
        let mut samples: Vec<Sample> =
            units[..count].iter().filter_map(|unit| stamper.push(unit.clone()).0).collect();
        samples = stamper.settle().unwrap_or(samples);
        assert!(stamper.settle().is_none(), "settled twice");
        samples.extend(units[count..].iter().filter_map(|unit| stamper.push(unit.clone()).0));
        samples.iter().map(|sample| sample.dts / 90).collect()
    }

    #[test]
    fn the_first_pictures_of_a_stream_that_reorders_are_as_even_as_all_others() {
        let even: Vec<u64> = (0..19).map(|at| at * 40).collect();
        assert_eq!(settled(11, 9), even);
        assert_eq!(settled(5, 15), even);
    }

    #[test]
    fn what_is_written_to_its_last_unit_settles_too() {
        let mut stamper = Stamper::default();
        let times = [0, 80, 40].map(|ms| AccessUnit { pts_us: ms * 1_000, ..unit(ms) });
        times.into_iter().for_each(|unit| drop(stamper.push(unit)));
        drop(stamper.finish());
        assert_eq!(stamper.settle().map(|samples| samples.len()), Some(3));
        assert!(stamper.finish().is_none());
    }
}
