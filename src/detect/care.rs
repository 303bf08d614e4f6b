//! What the detector has to know of one camera before it sees it. Pure.

use super::mask::Ignored;
use super::scene::view::View;
use super::scene::{Scene, SceneSettings, Trouble};
use crate::clock::UnixMs;
use crate::config;

/// What has to be known of one camera.
#[derive(Clone, Debug, Default)]
pub struct Care {
    /// What is looked away from.
    pub ignored: Ignored,
    pub scene: Scene,
    pub wish: Wish,
}

/// Whether anybody asks what objects are there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wish {
    #[default]
    Objects,
    /// No rule of the camera is about objects: a search would cost ten times what motion does, for
    /// nothing.
    MotionOnly,
}

impl Care {
    /// By the configuration, the bytes of the view that was stored, and the fault of the view that
    /// was open. Bytes that are no view are as good as none.
    #[must_use]
    pub fn of(
        camera: &config::Camera,
        detect: &config::Detect,
        (view, open): (Option<&[u8]>, Option<(Trouble, UnixMs)>),
    ) -> Self {
        let learn_after_ms = i64::from(detect.learn_view_after_min) * 60_000;
        let checks = camera.scene_checks.iter().filter_map(|word| Trouble::parse(word)).collect();
        let settings = SceneSettings {
            checks,
            learn_after_ms: (learn_after_ms > 0).then_some(learn_after_ms),
        };
        let about_objects = |rule: &config::Rule| rule.kind != config::RuleKind::ZoneMotion;
        let wished = camera.rule.iter().any(about_objects);
        Self {
            wish: if wished { Wish::Objects } else { Wish::MotionOnly },
            ignored: Ignored::new(camera.mask.iter().map(|mask| &mask.polygon[..])),
            scene: Scene::new(settings, view.and_then(View::from_bytes), open),
        }
    }
}
