//! Units in, samples out: each unit gets its times when the next one has come.
//!
//! The times themselves are those of `camera/restamp.rs`, which a clip of evidence has too. A
//! sample is one unit late, because its duration is the way to the next one; the last one of a
//! file or a session is taken out with `finish`.

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
    held: Option<(AccessUnit, Times)>,
    /// Duration of the last sample that had one.
    duration: u32,
}

impl Stamper {
    /// Takes the next unit; gives the one before it, and what the camera's clock did that was not
    /// believed.
    pub fn push(&mut self, unit: AccessUnit) -> (Option<Sample>, Option<Step>) {
        let (times, step) = self.times.next(&unit);
        let before = self.held.replace((unit, times));
        let sample = before.map(|(unit, held)| {
            self.duration = u32::try_from(times.dts - held.dts).unwrap_or(u32::MAX);
            sample(unit, held, self.duration)
        });
        (sample, step)
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
}
