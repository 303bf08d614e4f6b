//! What is done to a camera, and what it shows then.

use gengfu::detect::scene::Trouble;

use super::place::Place;
use crate::support::stage::{Grey, Noise, Stage, bell};

/// A camera that shows one picture after the other.
pub(crate) struct Shown {
    stage: &'static Stage,
    scene: Grey,
    deviation: f32,
    noise: Noise,
    /// What was shown, oldest first.
    past: Vec<Vec<u8>>,
}

impl Shown {
    pub(crate) fn new(stage: &'static Stage, place: Place) -> Self {
        let (scene, deviation) = (place.picture(stage), place.noise());
        Self { stage, scene, deviation, noise: Noise(0x9e37_79b9_7f4a_7c15), past: Vec::new() }
    }

    /// The scene, with fresh noise and a little of the sun's or a lamp's moods.
    pub(crate) fn well(&mut self) -> Vec<u8> {
        let mood = 1.0 + 0.02 * self.noise.next();
        let scene: Grey = self.scene.iter().map(|dot| dot * mood).collect();
        self.sense(&scene, self.deviation)
    }

    fn sense(&mut self, picture: &[f32], deviation: f32) -> Vec<u8> {
        let bytes = self.stage.sensed(picture, deviation, &mut self.noise);
        self.past.push(bytes.clone());
        bytes
    }

    /// The picture `since` (0 for the first) after the deed was done.
    pub(crate) fn after(&mut self, deed: Trouble, since: usize) -> Vec<u8> {
        let (stage, scene) = (self.stage, &self.scene);
        let picture = match deed {
            // A cloth or tape: darker to one side, a little light comes through.
            Trouble::Covered => stage.made(|x, y, _| 24.0 + 22.0 * x + 9.0 * y),
            // A torch in front of the lens.
            Trouble::Blinded => stage.of_each(scene, |x, y, dot| {
                (dot * 0.4 + 80.0 + 420.0 * bell((x, y), (0.45, 0.5), (0.3, 0.35))).min(255.0)
            }),
            Trouble::Defocused => blurred(stage, scene),
            Trouble::Moved => stage.warped(scene, |x, y| {
                // What comes into view is the mirror of what left.
                let back = |at: f32, by: f32| if at + by > 1.0 { 2.0 - 2.0 * at - by } else { by };
                (back(x, 0.21), back(y, 0.13))
            }),
            // Every lamp is out.
            Trouble::TooDark => stage.of_each(scene, |_, _, dot| dot * 0.025 + 3.0),
            Trouble::Frozen => return self.past.last().expect("a past").clone(),
            Trouble::Looped => {
                let from = self.past.len() - 5 - since;
                let film = self.past[from..from + 5].to_vec();
                return self.show(film[since % 5].clone());
            }
            Trouble::LostSignal => return self.show(no_signal(stage, scene)),
        };
        let deviation = if deed == Trouble::TooDark { 10.0 } else { self.deviation };
        self.sense(&picture, deviation)
    }

    fn show(&mut self, picture: Vec<u8>) -> Vec<u8> {
        self.past.push(picture.clone());
        picture
    }
}

/// Out of focus: a disc of a twentieth of the width, as three boxes after each other.
fn blurred(stage: &Stage, scene: &[f32]) -> Grey {
    let reach = (stage.width / 45).max(1);
    let mut picture = scene.to_vec();
    for _ in 0..3 {
        for (step, length) in [(1, stage.width), (stage.width, stage.height)] {
            let before = picture.clone();
            for (at, dot) in picture.iter_mut().enumerate() {
                let place = at / step % length;
                let (from, to) = (place.saturating_sub(reach), (place + reach).min(length - 1));
                let sum: f32 = (from..=to).map(|to| before[at + to * step - place * step]).sum();
                *dot = sum / (to - from + 1) as f32;
            }
        }
    }
    picture
}

/// What a recorder sends without a camera: blue, black or bars, by the brightness of the scene.
fn no_signal(stage: &Stage, scene: &[f32]) -> Vec<u8> {
    let kind = scene[0] as usize % 3;
    let dot = |at: usize| match kind {
        0 => 29,
        1 => 16,
        _ => 235 - (at % stage.width * 8 / stage.width * 25) as u8,
    };
    (0..scene.len()).map(dot).collect()
}
