//! The camera's own encoded video of the last seconds, so that evidence shows what came before.
//!
//! Access units are kept as they came, in whole groups of pictures that each begin with a key
//! frame, because half a group cannot be decoded. Bounded in time and in bytes. All searching goes
//! by `seen_at`: camera time stamps may jump, start again or stand still. Never decodes anything.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::UnixMs;

/// How the pictures are encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    H264,
    H265,
}

impl Codec {
    /// The word in GStreamer's names of parts and formats.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::H264 => "h264",
            Self::H265 => "h265",
        }
    }
}

/// What all pictures of a stretch of video have in common. A change of it begins with a key frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamFormat {
    pub codec: Codec,
    pub width_px: u32,
    pub height_px: u32,
    /// Parameter sets (VPS, SPS, PPS) as they stand in the key frame, without start codes.
    pub sets: Vec<Vec<u8>>,
}

/// One encoded picture: Annex-B byte stream, key frames with their parameter sets in front. Cheap
/// to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessUnit {
    /// Counts the units of this stream since the daemon started; a hole means lost units.
    pub seq: u64,
    /// Number of the attempt that brought it; another one means that the camera was opened anew.
    pub session: u64,
    /// Whether decoding can begin here.
    pub key: bool,
    /// The camera's time of display since the stream began, us. May jump, stand still or, where
    /// pictures are reordered, run backwards. Times of decoding are made anew where needed.
    pub pts_us: i64,
    /// When the daemon got it by the wall clock, for records and people. May step.
    pub seen_at: UnixMs,
    /// When the daemon got it by its monotone clock, for durations.
    pub at: Duration,
    pub format: Arc<StreamFormat>,
    pub bytes: Arc<[u8]>,
}

/// The last seconds of one camera.
#[derive(Debug)]
pub struct UnitRing {
    keep_ms: i64,
    bytes_max: usize,
    bytes: usize,
    units: VecDeque<AccessUnit>,
}

impl UnitRing {
    /// An empty ring that keeps at least the last `keep_s` seconds (up to one group of pictures
    /// more), but never more than `bytes_max` bytes.
    #[must_use]
    pub const fn new(keep_s: u32, bytes_max: usize) -> Self {
        let keep_ms = keep_s as i64 * 1_000;
        Self { keep_ms, bytes_max, bytes: 0, units: VecDeque::new() }
    }

    /// How the units in the ring are encoded; None before the first key frame.
    #[must_use]
    pub fn codec(&self) -> Option<Codec> {
        self.units.back().map(|unit| unit.format.codec)
    }

    /// The format of the newest unit; None before the first key frame.
    #[must_use]
    pub fn format(&self) -> Option<Arc<StreamFormat>> {
        self.units.back().map(|unit| Arc::clone(&unit.format))
    }

    /// Adds the newest unit. Units before the first key frame are not kept, a new encoding empties
    /// the ring, and a single group larger than the whole ring is given up until its end.
    pub fn push(&mut self, unit: AccessUnit) {
        if self.codec().is_some_and(|before| before != unit.format.codec) {
            self.clear();
        }
        if self.units.is_empty() && !unit.key {
            return;
        }
        self.bytes += unit.bytes.len();
        let newest = unit.seen_at;
        self.units.push_back(unit);
        while self.bytes > self.bytes_max || self.oldest_group_is_over(newest) {
            self.drop_oldest_group();
        }
    }

    /// The units from the key frame at or before `seen_at` (the first one, if all are later) to
    /// the newest. Empty when the ring is.
    #[must_use]
    pub fn since(&self, seen_at: UnixMs) -> Vec<AccessUnit> {
        let start = self
            .units
            .iter()
            .rposition(|unit| unit.key && unit.seen_at <= seen_at)
            .unwrap_or_default();
        self.units.range(start..).cloned().collect()
    }

    /// The units of the newest group of pictures: from the last key frame to the newest.
    #[must_use]
    pub fn group(&self) -> Vec<AccessUnit> {
        let start = self.units.iter().rposition(|unit| unit.key).unwrap_or_default();
        self.units.range(start..).cloned().collect()
    }

    /// The newest two groups, the last of which has just begun; one, if there are no more.
    #[must_use]
    pub fn two_groups(&self) -> Vec<AccessUnit> {
        let mut keys = (0..self.units.len()).rev().filter(|at| self.units[*at].key);
        let start = keys.next().map_or(0, |newest| keys.next().unwrap_or(newest));
        self.units.range(start..).cloned().collect()
    }

    /// Milliseconds between the two newest key frames, as seen here.
    #[must_use]
    pub fn key_distance_ms(&self) -> Option<i64> {
        let mut keys = self.units.iter().rev().filter(|unit| unit.key);
        let newest = keys.next()?.seen_at;
        keys.next().map(|before| newest.since_ms(before.seen_at))
    }

    /// Bytes held now.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether the second group already covers the time to keep.
    fn oldest_group_is_over(&self, newest: UnixMs) -> bool {
        self.second_key().is_some_and(|at| newest.since_ms(self.units[at].seen_at) >= self.keep_ms)
    }

    fn second_key(&self) -> Option<usize> {
        self.units.iter().skip(1).position(|unit| unit.key).map(|at| at + 1)
    }

    fn drop_oldest_group(&mut self) {
        let end = self.second_key().unwrap_or(self.units.len());
        self.bytes -= self.units.drain(..end).map(|unit| unit.bytes.len()).sum::<usize>();
    }

    fn clear(&mut self) {
        self.units.clear();
        self.bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `k0` is a key frame seen at 0 ms, `p40` another unit seen at 40 ms; ten bytes each.
    fn unit(codec: Codec, word: &str) -> AccessUnit {
        let seen_at: i64 = word[1..].parse().unwrap();
        let format = StreamFormat { codec, width_px: 640, height_px: 360, sets: Vec::new() };
        AccessUnit {
            seq: 0,
            session: 0,
            key: word.starts_with('k'),
            pts_us: -seen_at * 7,
            seen_at: UnixMs(seen_at),
            at: Duration::ZERO,
            format: Arc::new(format),
            bytes: Arc::from([0_u8; 10]),
        }
    }

    fn ring_of(keep_s: u32, bytes_max: usize, words: &str) -> UnitRing {
        let mut ring = UnitRing::new(keep_s, bytes_max);
        for word in words.split_whitespace() {
            ring.push(unit(Codec::H264, word));
        }
        ring
    }

    #[track_caller]
    fn check(ring: &UnitRing, since_ms: i64, expect: &str) {
        let words: Vec<String> = ring
            .since(UnixMs(since_ms))
            .iter()
            .map(|unit| format!("{}{}", if unit.key { 'k' } else { 'p' }, unit.seen_at.0))
            .collect();
        assert_eq!(words.join(" "), expect);
        assert_eq!(ring.bytes(), ring.units.len() * 10);
    }

    #[test]
    fn a_clip_begins_with_the_key_frame_before_the_moment() {
        let ring = ring_of(60, 1_000, "p0 k10 p20 k30 p40");
        check(&ring, 35, "k30 p40");
        check(&ring, 30, "k30 p40");
        check(&ring, 29, "k10 p20 k30 p40");
        check(&ring, 0, "k10 p20 k30 p40");
        check(&ring_of(60, 1_000, "p0 p10"), 5, "");
    }

    #[test]
    fn groups_are_given_by_their_number() {
        let seen = |units: Vec<AccessUnit>| -> Vec<i64> {
            units.iter().map(|unit| unit.seen_at.0).collect()
        };
        let ring = ring_of(60, 1_000, "k0 p1 k2 p3 p4 k5");
        assert_eq!(seen(ring.group()), [5]);
        assert_eq!(seen(ring.two_groups()), [2, 3, 4, 5]);
        assert_eq!(seen(ring_of(60, 1_000, "k0 p1").two_groups()), [0, 1]);
        assert_eq!(seen(ring_of(60, 1_000, "").two_groups()), [0_i64; 0]);
    }

    #[test]
    fn whole_old_groups_go_when_the_time_is_covered_without_them() {
        check(&ring_of(1, 1_000, "k0 p500 k1000 p1500 p1999"), 0, "k0 p500 k1000 p1500 p1999");
        check(&ring_of(1, 1_000, "k0 p500 k1000 p1500 p2000"), 0, "k1000 p1500 p2000");
    }

    #[test]
    fn whole_old_groups_go_when_the_bytes_are_full() {
        check(&ring_of(60, 40, "k0 p1 k2 p3 p4"), 0, "k2 p3 p4");
        check(&ring_of(60, 40, "k0 p1 p2 p3 p4 p5 k6 p7"), 0, "k6 p7");
    }

    #[test]
    fn a_new_encoding_empties_the_ring() {
        let mut ring = ring_of(60, 1_000, "k0 p1");
        ring.push(unit(Codec::H265, "p2"));
        assert_eq!((ring.codec(), ring.bytes()), (None, 0));
        ring.push(unit(Codec::H265, "k3"));
        check(&ring, 9, "k3");
        assert_eq!(ring.codec(), Some(Codec::H265));
    }

    #[test]
    fn the_distance_of_key_frames_is_measured_as_seen() {
        assert_eq!(ring_of(60, 1_000, "k0 p1").key_distance_ms(), None);
        assert_eq!(
            ring_of(60, 1_000, "k0 p1 k700 p800 k1900 p2000").key_distance_ms(),
            Some(1_200)
        );
    }
}
