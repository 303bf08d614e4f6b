//! When a file of footage ends and the next one begins.
//!
//! Files are cut at key frames, so that each one plays by itself, and the cameras take turns, so
//! that a disk does not get all new files at once. A camera whose key frames are minutes apart is
//! not cut in the middle of a group until its file has become far too long.

use std::time::Duration;

use crate::camera::{AccessUnit, CameraId, StreamFormat};

/// A file that no key frame has ended by then is cut in the middle of a group: smart encoders put
/// key frames at most some minutes apart (frigate#8881), and footage in one file without end could
/// neither be deleted nor hashed. Guess, revisit.
const LENGTH_MAX: Duration = Duration::from_secs(600);
/// Steps of the server's clock below this are the slow corrections of its time service. Guess,
/// revisit.
pub const STEP_MIN_MS: i64 = 500;

/// How a camera's files are cut.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    segment: Duration,
    /// What must be exceeded to begin a new file, shifted by this.
    phase: Duration,
    /// Video is written in pieces of this length.
    pub fragment: Duration,
}

/// Why a file ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// It is long enough, and a key frame came.
    Length,
    /// The encoding has changed.
    Format,
    /// The server's clock was set.
    ServerStep,
    /// It is far too long, in the middle of a group.
    Forced,
    /// The camera was opened anew.
    Session,
}

/// Where the open file began.
#[derive(Clone, Copy, Debug)]
pub struct Begin<'a> {
    pub first: &'a AccessUnit,
    pub format: &'a StreamFormat,
}

impl Plan {
    /// The plan of one camera: each has its own turn, which its id decides.
    #[must_use]
    pub fn new(camera: &CameraId, segment: Duration, fragment: Duration) -> Self {
        // FNV-1a: the same turn after every restart, unlike the hash of a HashMap.
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for byte in camera.as_str().bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        let length_ms = u64::try_from(segment.as_millis()).unwrap_or(u64::MAX).max(1);
        // The upper bits: the lower ones of similar ids are alike.
        let phase = Duration::from_millis((hash >> 20) % length_ms);
        Self { segment, phase, fragment }
    }

    /// Whether a new file begins with this unit.
    #[must_use]
    pub fn cut(&self, begin: Begin<'_>, unit: &AccessUnit) -> Option<Cut> {
        let turn = |at: Duration| (at + self.phase).as_millis() / self.segment.as_millis().max(1);
        if unit.session != begin.first.session {
            return Some(Cut::Session);
        }
        if unit.format.as_ref() != begin.format {
            return Some(Cut::Format);
        }
        if unit.key && server_step_ms(begin.first, unit).abs() >= STEP_MIN_MS {
            return Some(Cut::ServerStep);
        }
        if unit.key && turn(unit.at) != turn(begin.first.at) {
            return Some(Cut::Length);
        }
        (unit.at.saturating_sub(begin.first.at) >= LENGTH_MAX).then_some(Cut::Forced)
    }
}

/// How far the server's wall clock was set between two units, ms.
#[must_use]
pub fn server_step_ms(first: &AccessUnit, unit: &AccessUnit) -> i64 {
    let passed = unit.at.saturating_sub(first.at).as_millis();
    let passed_ms = i64::try_from(passed).unwrap_or(i64::MAX);
    unit.seen_at.since_ms(first.seen_at).saturating_sub(passed_ms)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::camera::Codec;
    use crate::clock::UnixMs;
    use std::sync::Arc;

    fn unit(at_s: u64, word: &str) -> AccessUnit {
        let width_px = if word.contains('w') { 1920 } else { 640 };
        let format = StreamFormat { codec: Codec::H264, width_px, height_px: 2, sets: vec![] };
        let step_ms = if word.contains('t') { -3_600_000 } else { 0 };
        AccessUnit {
            seq: 0,
            session: u64::from(word.contains('s')),
            key: word.contains('k'),
            pts_us: 0,
            seen_at: UnixMs(i64::try_from(at_s).unwrap() * 1_000 + step_ms),
            at: Duration::from_secs(at_s),
            format: Arc::new(format),
            bytes: Arc::from([]),
        }
    }

    #[track_caller]
    fn check(at_s: u64, word: &str, expect: Option<Cut>) {
        let gate = CameraId::try_from("gate").unwrap();
        let minute = Duration::from_secs(60);
        let plan = Plan { phase: Duration::ZERO, ..Plan::new(&gate, minute, minute) };
        let first = unit(61, "k");
        let begin = Begin { first: &first, format: &first.format };
        assert_eq!(plan.cut(begin, &unit(at_s, word)), expect);
    }

    #[test]
    fn a_file_ends_at_a_key_frame_or_where_it_must() {
        check(119, "k", None);
        check(120, "k", Some(Cut::Length));
        check(120, "p", None);
        check(300, "p", None);
        check(661, "p", Some(Cut::Forced));
        check(62, "kw", Some(Cut::Format));
        check(62, "ks", Some(Cut::Session));
        check(62, "kt", Some(Cut::ServerStep));
        check(62, "pt", None);
    }

    #[test]
    fn cameras_take_turns() {
        let minute = Duration::from_secs(60);
        let phases: Vec<u128> = (0..32)
            .map(|n| CameraId::try_from(format!("camera-{n}").as_str()).unwrap())
            .map(|camera| Plan::new(&camera, minute, minute).phase.as_millis() / 10_000)
            .collect();
        for sixth in 0..6 {
            let here = phases.iter().filter(|phase| **phase == sixth).count();
            assert!((1..=12).contains(&here), "{phases:?}");
        }
    }
}
