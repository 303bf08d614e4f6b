//! One camera's scene watched frame by frame: what becomes of it is news for the equipment.
//!
//! Besides the judgement (`scene.rs`) this keeps the last good picture, so that a fault can show
//! before and after, and says now and then what the usual view is, so that it can be stored. Pure.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard};

use super::motion::Seen;
use super::scene::{Scene, SceneChange};
use crate::camera::{CameraId, Frame};
use crate::clock::UnixMs;

/// How often the usual view is told, ms; what is learnt in less time is lost by a crash.
const VIEW_EVERY_MS: i64 = 600_000;
/// A good picture is kept for a while before it is replaced, ms: the one right before a fault may
/// show a hand already.
const GOOD_EVERY_MS: i64 = 10_000;

/// News of one camera's scene.
#[derive(Clone, Debug)]
pub enum SceneNews {
    Changed {
        camera: CameraId,
        change: SceneChange,
        at: UnixMs,
        /// The last good picture.
        before: Option<Arc<Frame>>,
        after: Arc<Frame>,
    },
    /// What the camera usually sees, in bytes.
    View { camera: CameraId, view: Vec<u8>, at: UnixMs },
}

/// One camera's scene.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    scene: Scene,
    /// The last good picture, and the one before it.
    good: [Option<Arc<Frame>>; 2],
    told_at: Option<UnixMs>,
}

impl Watch {
    /// Watches a scene.
    #[must_use]
    pub fn new(scene: Scene) -> Self {
        Self { scene, ..Self::default() }
    }

    /// Takes the view that is shown now as the usual one.
    pub fn learn(&mut self, frame: &Arc<Frame>) -> Option<SceneNews> {
        let change = self.scene.learn();
        self.told_at = None;
        change.map(|change| self.changed(change, frame))
    }

    /// Takes the next frame in.
    pub fn take(&mut self, frame: &Arc<Frame>) -> Vec<SceneNews> {
        let size = (frame.grey_width as usize, frame.grey_height as usize);
        let seen = Seen { at: frame.seen_at, session: frame.session };
        let change = self.scene.take(&frame.grey, size, seen);
        let news = change.map(|change| self.changed(change, frame));
        if self.scene.is_well() {
            self.keep(frame);
        }
        news.into_iter().chain(self.view_due(frame)).collect()
    }

    fn changed(&self, change: SceneChange, frame: &Arc<Frame>) -> SceneNews {
        SceneNews::Changed {
            camera: frame.camera.clone(),
            change,
            at: frame.seen_at,
            before: self.good[1].clone().or_else(|| self.good[0].clone()),
            after: Arc::clone(frame),
        }
    }

    fn keep(&mut self, frame: &Arc<Frame>) {
        let age_ms = self.good[0].as_ref().map(|good| frame.seen_at.since_ms(good.seen_at));
        if age_ms.is_none_or(|age_ms| !(0..GOOD_EVERY_MS).contains(&age_ms)) {
            self.good[1] = self.good[0].replace(Arc::clone(frame));
        }
    }

    fn view_due(&mut self, frame: &Arc<Frame>) -> Option<SceneNews> {
        let at = frame.seen_at;
        let due = self.told_at.is_none_or(|told| !(0..VIEW_EVERY_MS).contains(&at.since_ms(told)));
        let view = self.scene.settled_view().filter(|_| due)?.to_bytes();
        self.told_at = Some(at);
        Some(SceneNews::View { camera: frame.camera.clone(), view, at })
    }
}

/// Cameras whose present view somebody declared to be the usual one; the detector takes them out.
#[derive(Debug, Default)]
pub struct LearnViews(Mutex<BTreeSet<CameraId>>);

impl LearnViews {
    /// The present view of this camera is the usual one from now on.
    pub fn ask(&self, camera: &CameraId) {
        self.lock().insert(camera.clone());
    }

    /// Whether that was said of this camera since the last time.
    pub fn take(&self, camera: &CameraId) -> bool {
        self.lock().remove(camera)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<CameraId>> {
        self.0.lock().expect("no panic happens while the list is held")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::scene::{SceneSettings, Trouble};

    fn frame(at: i64, dot: impl Fn(usize) -> u8) -> Arc<Frame> {
        Arc::new(Frame {
            camera: CameraId::try_from("yard").unwrap(),
            seq: at as u64,
            session: 0,
            pts_ms: at,
            seen_at: UnixMs(at),
            width: 0,
            height: 0,
            bgr: Vec::new().into(),
            grey_width: 40,
            grey_height: 24,
            grey: (0..40 * 24).map(dot).collect(),
        })
    }

    /// A picture with edges and noise.
    fn good(at: i64) -> Arc<Frame> {
        frame(at, |n| {
            let noise = ((n as u64 + 1).wrapping_mul(at as u64 + 3).wrapping_mul(0x9e37_79b9) >> 20)
                as usize
                % 13;
            (60 + (n % 40 / 5 + n / 40 / 4) % 3 * 60 + noise) as u8
        })
    }

    #[test]
    fn a_fault_comes_with_a_good_picture_of_before_and_the_view_is_told() {
        let mut watch = Watch::new(Scene::new(SceneSettings::default(), None, None));
        let mut news: Vec<SceneNews> = (0..30).flat_map(|n| watch.take(&good(n * 2_000))).collect();
        assert!(matches!(news.remove(0), SceneNews::View { .. }) && news.is_empty(), "{news:?}");
        let lost = (30..34).flat_map(|n| watch.take(&frame(n * 2_000, |_| 29)));
        let lost: Vec<SceneNews> = lost.collect();
        let [SceneNews::Changed { change, before: Some(before), after, .. }] = &lost[..] else {
            panic!("{lost:?}");
        };
        assert_eq!(*change, SceneChange::Opened(Trouble::LostSignal));
        assert!(before.seen_at < UnixMs(60_000) && after.seen_at >= UnixMs(60_000));
    }

    #[test]
    fn somebody_asks_once() {
        let (asked, yard) = (LearnViews::default(), CameraId::try_from("yard").unwrap());
        assert!(!asked.take(&yard));
        asked.ask(&yard);
        assert!(asked.take(&yard) && !asked.take(&yard));
    }
}
