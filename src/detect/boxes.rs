//! From a model's proposals to boxes: one per object, in fractions of the picture.
//!
//! What a proposal is, the model's head says (`head.rs`). Pixels end here: what leaves this file is
//! in fractions 0..1 of the frame. Never looks at the clock, never keeps a picture. Pure.

use super::head::{Layout, Strong};
use super::input::{Fitted, Picture};
use super::{Box01, Class, Detection};

/// Most objects kept of one frame. A crowded square has about 60 (guess, revisit).
const OBJECTS_MAX: usize = 100;

/// What `decode` drops and merges.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Lowest score 0..1 that is kept.
    pub min_score: f32,
    /// Overlap (IoU, 0..1) above which two boxes of one class are one object.
    pub nms_iou: f32,
}

/// What was found, and what of the output made no sense.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decoded<T> {
    /// Best first.
    pub found: Vec<T>,
    /// Proposals dropped because a number was none.
    pub odd: usize,
    /// All proposals.
    pub of: usize,
}

/// Objects of watched classes out of the raw output for a picture that was `fitted` into the input.
/// Best first, one per object, at most 100.
#[must_use]
pub fn decode(
    layout: &Layout,
    output: &[f32],
    (fitted, picture): (Fitted, &Picture<'_>),
    limits: &Limits,
) -> Decoded<Detection> {
    let strongs = layout.strong(output, fitted.size, limits.min_score);
    let size = fitted.picture_px(picture);
    let object = |strong: &Strong| {
        let class = layout.classes.get(strong.class).copied().flatten()?;
        Some(Detection { class, score: strong.score, area: area(strong.corners, size)? })
    };
    let found = strongs.found.iter().filter_map(object).collect();
    let same = |old: &Detection, new: &Detection| {
        old.class == new.class && old.area.overlap(&new.area) > limits.nms_iou
    };
    let found = one_each(found, |one| one.score, same, OBJECTS_MAX);
    Decoded { found, odd: strongs.odd, of: strongs.of }
}

/// A box in px of the input as fractions of a picture of `width` x `height` px there; `None` if
/// nothing of it lies in the picture.
pub(super) fn area([x0, y0, x1, y1]: [f32; 4], (width, height): (f32, f32)) -> Option<Box01> {
    let area = Box01 {
        x0: (x0 / width).clamp(0.0, 1.0),
        y0: (y0 / height).clamp(0.0, 1.0),
        x1: (x1 / width).clamp(0.0, 1.0),
        y1: (y1 / height).clamp(0.0, 1.0),
    };
    (area.size() > 0.0).then_some(area)
}

/// Keeps the best of all that are the same, at most `most`, best first.
pub(super) fn one_each<T>(
    mut found: Vec<T>,
    score: impl Fn(&T) -> f32,
    same: impl Fn(&T, &T) -> bool,
    most: usize,
) -> Vec<T> {
    found.sort_by(|a, b| score(b).total_cmp(&score(a)));
    let mut kept: Vec<T> = Vec::new();
    for new in found {
        if kept.len() < most && !kept.iter().any(|old| same(old, &new)) {
            kept.push(new);
        }
    }
    kept
}

/// Our class for an index among the 80 COCO classes; what we do not watch for is `None`.
#[must_use]
pub const fn class_of(coco: usize) -> Option<Class> {
    match coco {
        0 => Some(Class::Person),
        1 => Some(Class::Bicycle),
        // Car, motorcycle, bus, train, truck.
        2 | 3 | 5 | 6 | 7 => Some(Class::Vehicle),
        // Bird to giraffe.
        14..=23 => Some(Class::Animal),
        // Backpack, handbag, suitcase.
        24 | 26 | 28 => Some(Class::Bag),
        _ => None,
    }
}

/// The 80 COCO classes, each with ours.
#[must_use]
pub fn coco80() -> Vec<Option<Class>> {
    (0..80).map(class_of).collect()
}

impl Box01 {
    /// Area as a share of the frame, 0 for a box turned inside out.
    #[must_use]
    pub fn size(&self) -> f32 {
        (self.x1 - self.x0).max(0.0) * (self.y1 - self.y0).max(0.0)
    }

    /// Whether the two share a place.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        self.x0 < other.x1 && other.x0 < self.x1 && self.y0 < other.y1 && other.y0 < self.y1
    }

    /// Intersection over union, 0..1.
    #[must_use]
    pub fn overlap(&self, other: &Self) -> f32 {
        let shared = Self {
            x0: self.x0.max(other.x0),
            y0: self.y0.max(other.y0),
            x1: self.x1.min(other.x1),
            y1: self.y1.min(other.y1),
        };
        let union = self.size() + other.size() - shared.size();
        if union > 0.0 { shared.size() / union } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::head::Head;
    use crate::detect::input::InputSize;

    /// Boxes the stock detector proposes: the cells of its three grids, 52² + 26² + 13².
    const PROPOSALS: usize = 3549;
    /// Numbers per proposal: box (4), objectness (1), COCO classes (80).
    const PROPOSAL_LEN: usize = 85;

    const LIMITS: Limits = Limits { min_score: 0.3, nms_iou: 0.45 };
    const SQUARE: Picture<'static> = Picture { bgr: &[], width: 416, height: 416 };
    const FITTED: Fitted = Fitted::natural(InputSize::SQUARE);

    fn yolox() -> Layout {
        Layout { head: Head::Yolox, classes: coco80(), strides: vec![8, 16, 32] }
    }

    fn decode(output: &[f32], fitted: Fitted, picture: &Picture<'_>) -> Vec<Detection> {
        super::decode(&yolox(), output, (fitted, picture), &LIMITS).found
    }

    /// A proposal at (`cell`, offsets 0.5, size e^0 strides) of a COCO class.
    struct Proposal {
        cell: usize,
        box_: [f32; 4],
        objectness: f32,
        coco: usize,
        likeness: f32,
    }

    fn output(proposals: &[Proposal]) -> Vec<f32> {
        let mut out = vec![0.0; PROPOSALS * PROPOSAL_LEN];
        for p in proposals {
            let row = &mut out[p.cell * PROPOSAL_LEN..(p.cell + 1) * PROPOSAL_LEN];
            row[..4].copy_from_slice(&p.box_);
            row[4] = p.objectness;
            row[5 + p.coco] = p.likeness;
        }
        out
    }

    fn proposal(cell: usize, coco: usize, objectness: f32) -> Proposal {
        // Eight strides wide, four high.
        let box_ = [0.5, 0.5, 8f32.ln(), 4f32.ln()];
        Proposal { cell, box_, objectness, coco, likeness: 0.9 }
    }

    fn check(proposals: &[Proposal], expect: &[(Class, f32)]) {
        let found = decode(&output(proposals), FITTED, &SQUARE);
        let found: Vec<_> = found.iter().map(|d| (d.class, (d.score * 100.0).round())).collect();
        let expect: Vec<_> = expect.iter().map(|e| (e.0, (e.1 * 100.0).round())).collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn a_box_lies_at_its_cell_times_the_stride() {
        // Column 10, row 20 of the finest grid: centre (84, 164), 64 x 32 px.
        let found = decode(&output(&[proposal(20 * 52 + 10, 0, 1.0)]), FITTED, &SQUARE);
        let area = found[0].area;
        let px = [area.x0, area.y0, area.x1, area.y1].map(|side| (side * 416.0).round());
        assert_eq!(px, [52.0, 148.0, 116.0, 180.0]);
    }

    #[test]
    fn a_box_of_a_wide_picture_is_a_fraction_of_the_picture_and_not_of_the_square() {
        let wide = Picture { bgr: &[], width: 832, height: 416 };
        let half = Fitted { scale: (0.5, 0.5), ..FITTED };
        let found = decode(&output(&[proposal(20 * 52 + 10, 0, 1.0)]), half, &wide);
        assert!((found[0].area.y1 - 180.0 / 208.0).abs() < 1e-4);
    }

    #[test]
    fn classes_we_do_not_watch_for_and_weak_ones_are_dropped() {
        check(&[proposal(0, 56, 1.0)], &[]);
        check(&[proposal(0, 0, 0.2)], &[]);
        // Both factors count: 0.33 * 0.9 is below 0.3.
        check(&[proposal(0, 0, 0.33)], &[]);
        check(&[proposal(0, 16, 0.9)], &[(Class::Animal, 0.81)]);
    }

    #[test]
    fn numbers_that_are_none_are_ignored() {
        let nan = f32::NAN;
        check(&[Proposal { objectness: nan, ..proposal(0, 0, 1.0) }], &[]);
        check(&[Proposal { likeness: nan, ..proposal(0, 0, 1.0) }], &[]);
        check(&[Proposal { box_: [nan; 4], ..proposal(0, 0, 1.0) }], &[]);
        check(&[Proposal { box_: [0.5, 0.5, 1e9, 0.0], ..proposal(0, 0, 1.0) }], &[]);
    }

    proptest::proptest! {
        #[test]
        fn whatever_the_model_says_boxes_lie_in_the_frame(
            numbers in proptest::collection::vec(proptest::num::f32::ANY, PROPOSAL_LEN * 20),
        ) {
            for found in decode(&numbers, FITTED, &SQUARE) {
                let area = found.area;
                let sides = [area.x0, area.y0, area.x1, area.y1];
                assert!(sides.iter().all(|side| (0.0..=1.0).contains(side)), "{found:?}");
                assert!(area.x0 < area.x1 && area.y0 < area.y1, "{found:?}");
                assert!((LIMITS.min_score..=1.0).contains(&found.score), "{found:?}");
            }
        }
    }

    #[test]
    fn a_car_that_is_also_a_lorry_is_one_vehicle_but_a_person_beside_it_stays() {
        check(
            &[proposal(500, 2, 0.9), proposal(500 + 1, 7, 1.0), proposal(500 + 2, 0, 0.8)],
            &[(Class::Vehicle, 0.9), (Class::Person, 0.72)],
        );
        check(
            &[proposal(500, 0, 0.9), proposal(520, 0, 0.8)],
            &[(Class::Person, 0.81), (Class::Person, 0.72)],
        );
    }

    #[test]
    fn every_watched_class_has_its_coco_numbers() {
        let numbers = |class| (0..80).filter(|&n| class_of(n) == Some(class)).collect::<Vec<_>>();
        assert_eq!(numbers(Class::Person), [0]);
        assert_eq!(numbers(Class::Bicycle), [1]);
        assert_eq!(numbers(Class::Vehicle), [2, 3, 5, 6, 7]);
        assert_eq!(numbers(Class::Animal), (14..24).collect::<Vec<_>>());
        assert_eq!(numbers(Class::Bag), [24, 26, 28]);
    }
}
