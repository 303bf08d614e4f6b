//! What a fault of a camera's view says to people: the camera, what is wrong, the next step.
//!
//! The screens have their own words for each kind; this sentence stands in the row, in the log and
//! at the interfaces. Pure.

use crate::detect::scene::Trouble;

/// The sentence about a camera.
#[must_use]
pub fn sentence(trouble: Trouble, camera: &str) -> String {
    let rest = match trouble {
        Trouble::Covered => "is covered: nothing of its view is left; go and clear the lens",
        Trouble::Blinded => {
            "is blinded by glare: see who or what shines into it; if it is the sun, turn or shade it"
        }
        Trouble::Defocused => "is out of focus: clean the lens and focus it",
        Trouble::Moved => {
            "was moved or turned: it shows another view; set it right, or accept the new view"
        }
        Trouble::TooDark => "is too dark to see anything: check lamps and infrared",
        Trouble::Frozen => "shows the same picture again and again: restart it",
        Trouble::Looped => {
            "shows a film in place of its scene: check the way from the camera to here at once"
        }
        Trouble::LostSignal => {
            "shows a uniform picture or a test pattern: check the camera behind its recorder, its \
             cable and its lens cap"
        }
    };
    format!("camera {camera} {rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sentence_names_the_camera_and_a_next_step() {
        for trouble in Trouble::ALL {
            let sentence = sentence(trouble, "gate");
            assert!(sentence.starts_with("camera gate "), "{sentence}");
            assert!(sentence.contains(": "), "{sentence}");
        }
    }
}
