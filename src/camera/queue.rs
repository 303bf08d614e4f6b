//! Units on their way to the disk: nothing is lost silently, and a hung disk costs bounded memory.
//!
//! Filled by the camera's thread without waiting, emptied by the recorder several times a second.
//! When the bytes are full, units are dropped up to the next key frame that has room again,
//! because what follows a lost unit cannot be decoded; every drop is counted.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard};

use super::units::AccessUnit;

/// The queue of one stream.
#[derive(Debug)]
pub struct UnitQueue {
    bytes_max: usize,
    inside: Mutex<Inside>,
}

#[derive(Debug, Default)]
struct Inside {
    units: VecDeque<AccessUnit>,
    bytes: usize,
    /// Dropped since the last time it was emptied.
    lost: u64,
    /// Units are dropped until a key frame.
    torn: bool,
}

/// What was in a queue.
#[derive(Debug, Default)]
pub struct Drained {
    /// In the order in which they came.
    pub units: Vec<AccessUnit>,
    /// Units dropped since the queue was last emptied; they came after `units` or among them.
    pub lost: u64,
}

impl UnitQueue {
    /// An empty queue that holds at most `bytes_max` bytes of video.
    #[must_use]
    pub fn new(bytes_max: usize) -> Self {
        Self { bytes_max, inside: Mutex::default() }
    }

    /// Adds the newest unit, or counts it as lost.
    pub fn push(&self, unit: &AccessUnit) {
        let mut inside = self.lock();
        let full = inside.bytes + unit.bytes.len() > self.bytes_max;
        if full || (inside.torn && !unit.key) {
            inside.torn = true;
            inside.lost += 1;
            return;
        }
        inside.torn = false;
        inside.bytes += unit.bytes.len();
        inside.units.push_back(unit.clone());
    }

    /// Takes everything out.
    #[must_use]
    pub fn drain(&self) -> Drained {
        let mut inside = self.lock();
        inside.bytes = 0;
        let lost = std::mem::take(&mut inside.lost);
        Drained { units: inside.units.drain(..).collect(), lost }
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().expect("no panic happens while the queue is held")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::camera::units::{Codec, StreamFormat};
    use crate::clock::UnixMs;
    use std::sync::Arc;
    use std::time::Duration;

    /// Pushes `k1 p2 ...` (ten bytes each) into a queue of 30 bytes; `|` empties it. Expects what
    /// came out each time, with the number of lost units.
    #[track_caller]
    fn check(words: &str, expect: &[(&str, u64)]) {
        let format = StreamFormat { codec: Codec::H264, width_px: 2, height_px: 2, sets: vec![] };
        let format = Arc::new(format);
        let queue = UnitQueue::new(30);
        let mut found = Vec::new();
        for word in words.split_whitespace() {
            if word == "|" {
                let Drained { units, lost } = queue.drain();
                let name = |unit: &AccessUnit| {
                    format!("{}{}", "pk".as_bytes()[usize::from(unit.key)] as char, unit.seq)
                };
                found.push((units.iter().map(name).collect::<Vec<_>>().join(" "), lost));
                continue;
            }
            queue.push(&AccessUnit {
                seq: word[1..].parse().unwrap(),
                session: 0,
                key: word.starts_with('k'),
                pts_us: 0,
                seen_at: UnixMs(0),
                at: Duration::ZERO,
                format: Arc::clone(&format),
                bytes: Arc::from([0_u8; 10]),
            });
        }
        let found: Vec<(&str, u64)> =
            found.iter().map(|(words, lost)| (words.as_str(), *lost)).collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn a_full_queue_drops_up_to_the_next_key_frame_and_counts() {
        check("k1 p2 | p3 k4 | |", &[("k1 p2", 0), ("p3 k4", 0), ("", 0)]);
        check("k1 p2 p3 p4 | p5 k6 p7 |", &[("k1 p2 p3", 1), ("k6 p7", 1)]);
        check("k1 p2 p3 k4 | p5 |", &[("k1 p2 p3", 1), ("", 1)]);
    }
}
