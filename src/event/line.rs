//! Lines on the ground and ways across the picture. Pure.
//!
//! Lengths and angles are those of the picture as it is seen: fractions of the width are made
//! comparable with fractions of the height by the frame's aspect.

use crate::clock::UnixMs;
use crate::detect::{Box01, Track};

/// Distance from a line below which the side of a foot point is not sure, in own heights: the
/// jitter of a detected side is a twentieth (DeepSORT, see `detect/kalman.rs`).
const UNSURE: f32 = 0.1;

/// A point or a way in heights of the frame: across, down.
type Vector = [f32; 2];

/// Makes fractions of the frame comparable; `aspect` is its width by its height.
#[must_use]
pub(super) fn in_heights([x, y]: [f32; 2], aspect: f32) -> Vector {
    [x * aspect, y]
}

/// The direction of a way in degrees, 0 up in the picture, 90 to the right.
#[must_use]
pub(super) fn bearing_deg([across, down]: Vector) -> f32 {
    across.atan2(-down).to_degrees().rem_euclid(360.0)
}

/// The angle between two directions, 0 to 180 degrees.
#[must_use]
pub(super) fn between_deg(a: f32, b: f32) -> f32 {
    let off = (a - b).rem_euclid(360.0);
    off.min(360.0 - off)
}

/// Speed of a track in own heights per second, and its way in heights of the frame per second.
#[must_use]
pub(super) fn speed(track: &Track, aspect: f32) -> (f32, Vector) {
    let way = in_heights(track.velocity, aspect);
    let height = (track.area.y1 - track.area.y0).max(f32::EPSILON);
    (way[0].hypot(way[1]) / height, way)
}

/// A line from a first to a second point, fractions 0..1 of the frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    pub(super) from: [f32; 2],
    pub(super) to: [f32; 2],
}

/// A side of a line, of somebody who stands at its first point and looks at the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hand {
    Left,
    Right,
}

/// Where a track was last surely beside a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Side {
    pub(super) hand: Hand,
    pub(super) foot: [f32; 2],
    pub(super) seen_at: UnixMs,
    /// It has passed to the other side: from which hand, and when.
    pub(super) crossed: Option<(Hand, UnixMs)>,
    pub(super) fired: bool,
}

impl Line {
    /// On which side a foot point surely is; `None` close to the line. `area` gives the size of
    /// whose foot it is.
    pub(super) fn hand(&self, foot: [f32; 2], area: &Box01, aspect: f32) -> Option<Hand> {
        let (from, to) = (in_heights(self.from, aspect), in_heights(self.to, aspect));
        let foot = in_heights(foot, aspect);
        let (across, down) = (to[0] - from[0], to[1] - from[1]);
        let turn = across * (foot[1] - from[1]) - down * (foot[0] - from[0]);
        let distance = turn / across.hypot(down).max(f32::EPSILON);
        let unsure = UNSURE * (area.y1 - area.y0);
        // Down is positive: to the left of a way to the right is up.
        match distance {
            far if far < -unsure => Some(Hand::Left),
            far if far > unsure => Some(Hand::Right),
            _ => None,
        }
    }

    /// Whether the way from one point to another passes between the ends of the line.
    pub(super) fn is_passed(&self, from: [f32; 2], to: [f32; 2]) -> bool {
        let turn = |a: [f32; 2], b: [f32; 2], c: [f32; 2]| {
            (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
        };
        let ends = turn(from, to, self.from) * turn(from, to, self.to);
        let sides = turn(self.from, self.to, from) * turn(self.from, self.to, to);
        ends <= 0.0 && sides <= 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLAT: Line = Line { from: [0.2, 0.5], to: [0.8, 0.5] };

    #[test]
    fn left_and_right_are_those_of_who_looks_along_the_line() {
        let area = Box01 { x0: 0.4, y0: 0.1, x1: 0.5, y1: 0.3 };
        let check = |line: Line, foot, expect| {
            assert_eq!(line.hand(foot, &area, 16.0 / 9.0), expect, "{line:?} {foot:?}");
        };
        check(FLAT, [0.5, 0.3], Some(Hand::Left));
        check(FLAT, [0.5, 0.7], Some(Hand::Right));
        check(FLAT, [0.5, 0.51], None);
        let back = Line { from: FLAT.to, to: FLAT.from };
        check(back, [0.5, 0.3], Some(Hand::Right));
        // Up the picture: the left hand is on the left.
        let up = Line { from: [0.5, 0.9], to: [0.5, 0.1] };
        check(up, [0.3, 0.5], Some(Hand::Left));
        check(up, [0.7, 0.5], Some(Hand::Right));
    }

    #[test]
    fn a_line_is_passed_between_its_ends_only() {
        assert!(FLAT.is_passed([0.5, 0.4], [0.5, 0.6]));
        assert!(FLAT.is_passed([0.3, 0.6], [0.7, 0.4]));
        assert!(!FLAT.is_passed([0.1, 0.4], [0.1, 0.6]));
        assert!(!FLAT.is_passed([0.5, 0.1], [0.5, 0.4]));
    }

    #[test]
    fn directions_are_degrees_from_up_clockwise() {
        let check = |way: Vector, expect: f32| {
            assert!((bearing_deg(way) - expect).abs() < 0.01, "{way:?} {}", bearing_deg(way));
        };
        check([0.0, -1.0], 0.0);
        check([1.0, 0.0], 90.0);
        check([0.0, 1.0], 180.0);
        check([-1.0, 0.0], 270.0);
        assert!((between_deg(350.0, 10.0) - 20.0).abs() < 0.01);
        assert!((between_deg(90.0, 270.0) - 180.0).abs() < 0.01);
    }
}
