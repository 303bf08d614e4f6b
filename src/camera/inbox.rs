//! The slot between cameras and the detector: one frame per camera, newest wins, drops counted.
//!
//! A detector that is too slow looks at newer pictures, never at a growing queue of old ones. Who
//! has waited longest for a look is served first, so one busy camera cannot starve the others.
//! `put` never waits.

use std::collections::HashMap;
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

#[derive(Debug, Default)]
struct Slot {
    frame: Option<Arc<Frame>>,
    /// `looks` when this camera was last taken; 0 for never.
    looked_at: u64,
    dropped: u64,
}

impl FrameInbox {
    /// Puts a frame in its camera's slot; an untaken one is dropped and counted. After `close`
    /// nothing is kept.
    pub fn put(&self, frame: Arc<Frame>) {
        let mut slots = self.lock();
        if slots.closed {
            return;
        }
        let slot = slots.cameras.entry(frame.camera.clone()).or_default();
        if slot.frame.replace(frame).is_some() {
            slot.dropped += 1;
        }
        self.filled.notify_one();
    }

    /// Takes the frame of the camera that was looked at longest ago, waiting at most `timeout`.
    /// None when the time is over or the inbox is closed.
    #[must_use]
    pub fn take(&self, timeout: Duration) -> Option<Arc<Frame>> {
        let (mut slots, _) = self
            .filled
            .wait_timeout_while(self.lock(), timeout, |slots| {
                !slots.closed && slots.cameras.values().all(|slot| slot.frame.is_none())
            })
            .expect("no panic happens while the slots are held");
        slots.looks += 1;
        let looks = slots.looks;
        let next = slots
            .cameras
            .iter_mut()
            .filter(|(_, slot)| slot.frame.is_some())
            .min_by(|(a_id, a), (b_id, b)| (a.looked_at, a_id).cmp(&(b.looked_at, b_id)))?
            .1;
        next.looked_at = looks;
        next.frame.take()
    }

    /// How many frames of this camera were replaced before they were taken.
    #[must_use]
    pub fn dropped(&self, camera: &CameraId) -> u64 {
        self.lock().cameras.get(camera).map_or(0, |slot| slot.dropped)
    }

    /// Empties the slots and wakes everybody who waits; `take` answers None from now on.
    pub fn close(&self) {
        let mut slots = self.lock();
        slots.closed = true;
        for slot in slots.cameras.values_mut() {
            slot.frame = None;
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
            bgr: Arc::from([]),
            grey_width: 0,
            grey_height: 0,
            grey: Arc::from([]),
        })
    }

    /// Steps such as `"+a1 +b1 a1 b1 -"`: put, put, then expect to take these, then nothing.
    #[track_caller]
    fn check(steps: &str) -> FrameInbox {
        let inbox = FrameInbox::default();
        for step in steps.split_whitespace() {
            if let Some(name) = step.strip_prefix('+') {
                inbox.put(frame(&name[..1], name[1..].parse().unwrap()));
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
    fn a_busy_camera_does_not_starve_the_others() {
        check("+a1 +b1 +c1 a1 +a2 b1 +a3 c1 +a4 +b2 a4 b2 -");
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
