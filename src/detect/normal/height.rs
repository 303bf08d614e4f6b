//! How tall a person is at each place of the picture: the yardstick for speed and size.
//!
//! Over flat ground the height in the picture grows in a straight line with the place of the feet
//! (Hoiem 2006, "Putting Objects in Perspective"). The line is kept as sums, which can be added up
//! and forgotten. Pure.

use super::observe::Observation;
use crate::detect::Class;

/// Boxes before the line counts; before, each thing is its own yardstick (recipe: 500).
const BOXES_MIN: f64 = 500.0;
/// Score above which a person's box is right from head to foot (recipe).
const SCORE_MIN: f32 = 0.5;
/// Least expected height, frame heights: 5 px of 240. Above the horizon the line turns negative.
const HEIGHT_MIN: f32 = 0.02;

/// Sums over boxes of persons: weight, y, y², height, y times height.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Heights {
    pub sums: [f64; 5],
}

impl Heights {
    /// Takes a thing in, if it is surely a person.
    pub fn add(&mut self, thing: &Observation) {
        if thing.class != Some(Class::Person) || thing.score <= SCORE_MIN {
            return;
        }
        let (y, height) = (f64::from(thing.area.y1), f64::from(thing.height()));
        for (sum, value) in self.sums.iter_mut().zip([1.0, y, y * y, height, y * height]) {
            *sum += value;
        }
    }

    /// Forgets all but a share 0..1 and adds what was newly learnt.
    pub fn merge(&mut self, kept: f64, new: &Self) {
        for (sum, new) in self.sums.iter_mut().zip(new.sums) {
            *sum = *sum * kept + new;
        }
    }

    /// Height of a person where a thing stands, frame heights; its own before the line is known.
    #[must_use]
    pub fn expected(&self, thing: &Observation) -> f32 {
        let known =
            self.line().map(|(slope, begin)| (slope * f64::from(thing.area.y1) + begin) as f32);
        known.unwrap_or_else(|| thing.height()).max(HEIGHT_MIN)
    }

    /// Slope and height at the top edge; `None` before enough boxes were seen.
    #[must_use]
    pub fn line(&self) -> Option<(f64, f64)> {
        let [count, y, yy, height, y_height] = self.sums;
        if count < BOXES_MIN {
            return None;
        }
        let spread = yy * count - y * y;
        // Who all stand on one line say nothing of a slope: 1e-4 is a hundredth of the frame.
        let slope = if spread > 1e-4 * count * count {
            (y_height * count - y * height) / spread
        } else {
            0.0
        };
        Some((slope, (height - slope * y) / count))
    }
}
