//! The slot between cameras and the detector: one frame per camera, newest wins, drops counted.
//!
//! A detector that is too slow looks at newer pictures, never at a growing queue of old ones. Only
//! the pictures of a group that a waking camera catches up with come in a burst: some of them wait
//! in order before the newest frame, bounded and counted. Putting never waits.
//!
//! Who was looked at longest ago is served first, which is the order of deadlines where every
//! camera is promised the same rate: with more to do than the machine can, each camera is looked at
//! once in a round over those that wait, however much another one wants, and the rate of all falls
//! alike. Several threads may take; a camera is with one of them at a time.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use super::{CameraId, Frame};

/// One slot per camera.
#[derive(Debug, Default)]
pub struct FrameInbox {
    slots: Mutex<Slots>,
    filled: Condvar,
}

#[derive(Debug, Default)]
struct Slots {
    cameras: HashMap<CameraId, Slot>,
    /// Counts looks, to know who was looked at last.
    looks: u64,
    closed: bool,
}

/// Frames of a caught-up group that may wait per camera: 3.2 s at 5 frames a second, the longest
/// group that a camera sleeps through. 11 MiB at 640 x 360, for as long as the detector needs.
const PAST_MAX: usize = 16;

/// Whether a frame has to be looked at now or never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A newer one replaces it.
    Live,
    /// Of a group that is caught up with.
    Past,
}

#[derive(Debug, Default)]
struct Slot {
    /// Oldest first; at most one live frame in a row and `PAST_MAX` past ones.
    frames: VecDeque<(Kind, Arc<Frame>)>,
    /// `looks` when this camera was last taken; 0 for never.
    looked_at: u64,
    looks: u64,
    dropped: u64,
    /// Somebody looks at it now.
    taken: bool,
}

/// A frame being looked at; no other frame of its camera is taken until this is dropped.
#[derive(Debug)]
pub struct Look<'a> {
    inbox: &'a FrameInbox,
    frame: Arc<Frame>,
}

impl std::ops::Deref for Look<'_> {
    type Target = Arc<Frame>;

    fn deref(&self) -> &Arc<Frame> {
        &self.frame
    }
}

impl Drop for Look<'_> {
    fn drop(&mut self) {
        let mut slots = self.inbox.lock();
        if let Some(slot) = slots.cameras.get_mut(&self.frame.camera) {
            slot.taken = false;
        }
        drop(slots);
        self.inbox.filled.notify_one();
    }
}

impl FrameInbox {
    /// Puts a frame in its camera's slot; an untaken one is dropped and counted. After `close`
    /// nothing is kept.
    pub fn put(&self, frame: Arc<Frame>) {
        self.add(Kind::Live, frame);
    }

    /// Puts a frame of a group that is caught up with behind those that wait. When too many wait,
    /// the oldest one is dropped and counted.
    pub fn put_past(&self, frame: Arc<Frame>) {
        self.add(Kind::Past, frame);
    }

    fn add(&self, kind: Kind, frame: Arc<Frame>) {
        let mut slots = self.lock();
        if slots.closed {
            return;
        }
        let slot = slots.cameras.entry(frame.camera.clone()).or_default();
        slot.add(kind, frame);
        self.filled.notify_one();
    }

    /// Takes the oldest frame of the camera that was looked at longest ago and that nobody looks at
    /// now, waiting at most `timeout`. None when the time is over or the inbox is closed.
    #[must_use]
    pub fn take(&self, timeout: Duration) -> Option<Look<'_>> {
        let (mut slots, _) = self
            .filled
            .wait_timeout_while(self.lock(), timeout, |slots| {
                !slots.closed && !slots.cameras.values().any(Slot::waits)
            })
            .expect("no panic happens while the slots are held");
        slots.looks += 1;
        let looks = slots.looks;
        let next = slots
            .cameras
            .iter_mut()
            .filter(|(_, slot)| slot.waits())
            .min_by(|(a_id, a), (b_id, b)| (a.looked_at, a_id).cmp(&(b.looked_at, b_id)))?
            .1;
        let frame = next.frames.pop_front()?.1;
        next.looked_at = looks;
        next.looks += 1;
        next.taken = true;
        drop(slots);
        Some(Look { inbox: self, frame })
    }

    /// How many frames of this camera were taken.
    #[must_use]
    pub fn looks(&self, camera: &CameraId) -> u64 {
        self.lock().cameras.get(camera).map_or(0, |slot| slot.looks)
    }

    /// How many frames of this camera were dropped before they were taken.
    #[must_use]
    pub fn dropped(&self, camera: &CameraId) -> u64 {
        self.lock().cameras.get(camera).map_or(0, |slot| slot.dropped)
    }

    /// Empties the slots and wakes everybody who waits; `take` answers None from now on.
    pub fn close(&self) {
        let mut slots = self.lock();
        slots.closed = true;
        for slot in slots.cameras.values_mut() {
            slot.frames.clear();
        }
        self.filled.notify_all();
    }

    /// Whether `close` was called: a thread that takes ends then.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.lock().closed
    }

    fn lock(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().expect("no panic happens while the slots are held")
    }
}

impl Slot {
    fn waits(&self) -> bool {
        !self.taken && !self.frames.is_empty()
    }

    fn add(&mut self, kind: Kind, frame: Arc<Frame>) {
        let replaces = kind == Kind::Live && matches!(self.frames.back(), Some((Kind::Live, _)));
        if replaces && self.frames.pop_back().is_some() {
            self.dropped += 1;
        }
        self.frames.push_back((kind, frame));
        let past = self.frames.iter().filter(|(kind, _)| *kind == Kind::Past).count();
        if past > PAST_MAX {
            let oldest = self.frames.iter().position(|(kind, _)| *kind == Kind::Past);
            drop(oldest.and_then(|oldest| self.frames.remove(oldest)));
            self.dropped += 1;
        }
        // Between past frames each live one stands alone; they may not add up either.
        while self.frames.len() > PAST_MAX + 2 {
            drop(self.frames.pop_front());
            self.dropped += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::UnixMs;

    fn frame(camera: &str, seq: u64) -> Arc<Frame> {
        Arc::new(Frame {
            camera: CameraId::try_from(camera).unwrap(),
            seq,
            session: 0,
            pts_ms: 0,
            seen_at: UnixMs(0),
            width: 0,
            height: 0,
            bgr: Vec::new().into(),
            grey_width: 0,
            grey_height: 0,
            grey: Arc::from([]),
        })
    }

    /// Steps such as `"+a1 ~b1 a1 b1 -"`: put, put one of the past, then expect to take these, then
    /// nothing.
    #[track_caller]
    fn check(steps: &str) -> FrameInbox {
        let inbox = FrameInbox::default();
        for step in steps.split_whitespace() {
            if let Some(name) = step.strip_prefix('+') {
                inbox.put(frame(&name[..1], name[1..].parse().unwrap()));
                continue;
            }
            if let Some(name) = step.strip_prefix('~') {
                inbox.put_past(frame(&name[..1], name[1..].parse().unwrap()));
                continue;
            }
            let taken = inbox
                .take(Duration::ZERO)
                .map_or_else(|| "-".to_owned(), |frame| format!("{}{}", frame.camera, frame.seq));
            assert_eq!(taken, step, "in {steps}");
        }
        inbox
    }

    #[test]
    fn the_newest_frame_wins_and_the_replaced_one_is_counted() {
        let inbox = check("- +a1 +a2 +a3 +b1 a3 b1 -");
        assert_eq!(inbox.dropped(&CameraId::try_from("a").unwrap()), 2);
        assert_eq!(inbox.dropped(&CameraId::try_from("b").unwrap()), 0);
    }

    #[test]
    fn a_caught_up_group_is_taken_in_order_before_what_is_live() {
        let inbox = check("+a0 ~a1 ~a2 ~a3 +a4 +a5 +b1 a0 b1 a1 a2 a3 a5 -");
        assert_eq!(inbox.dropped(&CameraId::try_from("a").unwrap()), 1);
    }

    #[test]
    fn a_caught_up_group_is_bounded_and_loses_its_oldest() {
        let inbox = FrameInbox::default();
        let a = CameraId::try_from("a").unwrap();
        for seq in 0..100 {
            inbox.put_past(frame("a", seq));
            inbox.put(frame("a", 1_000 + seq));
        }
        let all = || std::iter::from_fn(|| inbox.take(Duration::ZERO).map(|frame| frame.seq));
        let taken: Vec<u64> = all().collect();
        assert_eq!(taken.last(), Some(&1_099));
        assert!(taken.len() <= PAST_MAX + 2, "{taken:?}");
        assert_eq!(inbox.dropped(&a), 200 - taken.len() as u64);
        for seq in 0..20 {
            inbox.put_past(frame("a", seq));
        }
        let taken: Vec<u64> = all().collect();
        assert_eq!(taken, (4..20).collect::<Vec<u64>>());
    }

    #[test]
    fn a_busy_camera_does_not_starve_the_others() {
        check("+a1 +b1 +c1 a1 +a2 b1 +a3 c1 +a4 +b2 a4 b2 -");
    }

    #[test]
    fn a_camera_is_with_one_thread_at_a_time() {
        let inbox = check("+a1 +b1");
        let a = inbox.take(Duration::ZERO).expect("a waits");
        inbox.put(frame("a", 2));
        let b = inbox.take(Duration::ZERO).expect("b waits");
        assert_eq!((a.camera.as_str(), b.camera.as_str()), ("a", "b"));
        assert!(inbox.take(Duration::ZERO).is_none(), "both are being looked at");
        drop(a);
        assert_eq!(inbox.take(Duration::ZERO).expect("a waits again").seq, 2);
        assert_eq!(inbox.looks(&CameraId::try_from("a").unwrap()), 2);
    }

    proptest::proptest! {
        /// Looks take as long as they like, cameras want as much as they like: who always has
        /// something to show is never passed over twice by the same camera.
        #[test]
        fn nobody_waits_longer_than_one_round(
            // For each look, which cameras put a frame meanwhile.
            meanwhile in proptest::collection::vec(0u8..=255, 1..200),
            threads in 1usize..4,
        ) {
            let inbox = FrameInbox::default();
            let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
            let mut under_way = VecDeque::new();
            let mut passed: HashMap<String, Vec<String>> = HashMap::new();
            for (seq, wanting) in meanwhile.into_iter().enumerate() {
                // The first camera always has something to show.
                let wants = |at: usize| at == 0 || (wanting >> at) & 1 == 1;
                for (at, name) in names.iter().enumerate().filter(|(at, _)| wants(*at)) {
                    inbox.put(frame(name, (seq * 8 + at) as u64));
                }
                while under_way.len() >= threads {
                    under_way.pop_front();
                }
                let Some(look) = inbox.take(Duration::ZERO) else { continue };
                let taken = look.camera.to_string();
                for name in names.iter().filter(|name| **name != taken) {
                    passed.entry((*name).to_owned()).or_default().push(taken.clone());
                }
                passed.remove(&taken);
                under_way.push_back(look);
                let before_a = passed.get("a").cloned().unwrap_or_default();
                let mut once = before_a.clone();
                once.sort();
                once.dedup();
                assert!(once.len() == before_a.len(), "a was passed over by {before_a:?}");
            }
        }
    }

    #[test]
    fn a_closed_inbox_wakes_the_waiting_and_keeps_nothing() {
        let inbox = Arc::new(FrameInbox::default());
        let waiting = std::thread::spawn({
            let inbox = Arc::clone(&inbox);
            move || inbox.take(Duration::from_secs(30)).is_none()
        });
        inbox.close();
        inbox.put(frame("a", 1));
        assert!(waiting.join().unwrap());
        assert!(inbox.is_closed());
    }
}
