//! The slot between cameras and the detector: one frame per camera, newest wins, drops counted.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use super::{CameraId, Frame};

/// One slot per camera.
#[derive(Debug, Default)]
pub struct FrameInbox {
    slots: Mutex<HashMap<CameraId, Arc<Frame>>>,
    filled: Condvar,
}

impl FrameInbox {
    /// Puts a frame in its camera's slot; an untaken one is dropped.
    pub fn put(&self, frame: Arc<Frame>) {
        let mut slots = self.slots.lock().expect("no panic happens while the slots are held");
        slots.insert(frame.camera.clone(), frame);
        self.filled.notify_one();
    }

    /// Takes a frame, waiting at most `timeout`.
    #[must_use]
    pub fn take(&self, timeout: Duration) -> Option<Arc<Frame>> {
        let slots = self.slots.lock().expect("no panic happens while the slots are held");
        let (mut slots, _) = self
            .filled
            .wait_timeout_while(slots, timeout, |slots| slots.is_empty())
            .expect("no panic happens while the slots are held");
        let camera = slots.keys().next().cloned()?;
        slots.remove(&camera)
    }
}
