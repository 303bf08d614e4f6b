//! Whatever stands out in a frame, whether or not it is of a class that is watched for, and how the
//! network sees it.
//!
//! What is normal for a camera is learnt from all 80 classes of the detector at a low score, one
//! box per thing: a skater may be half a person and half a skateboard. The inner features of the
//! same run, averaged over the box, say what it looks like. They tell kinds of things apart, not
//! one person from another, and live as long as the frame or as an example in a camera's memory.
//! Pure.

use super::boxes::{self, Decoded, Limits};
use super::head::{Layout, Strong};
use super::input::{Fitted, InputSize, Picture};
use super::{Box01, Class};

/// Largest input, px: 640 x 416 takes 29 ms on one thread at 2.8 GHz (measured).
const INPUT_MAX_PX: usize = 640 * 416;
/// Steps of the input's sides, px: the coarsest stride.
const STEP_PX: usize = 32;
/// A picture is enlarged this much at most (guess, revisit).
const SCALE_MAX: f32 = 2.0;
/// Smallest thing, share of the frame: 60 px of 360 x 240 (Ped2's recipe).
const SIZE_MIN: f32 = 60.0 / (360.0 * 240.0);
/// Largest thing, share of the frame: somebody close to an indoor camera (guess, revisit).
const SIZE_MAX: f32 = 0.6;
/// Most things kept of a frame; a full square of Ped2 shows 40 (measured).
const THINGS_MAX: usize = 100;
/// Steps of a feature per unit: of a vector of length 1, few parts lie beyond half (measured).
const FEATURE_STEPS: f32 = 256.0;

/// What a vehicle-like thing is called, in the order of `Kind::ALL`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Bicycle,
    Car,
    Motorcycle,
    Bus,
    Truck,
    Skateboard,
}

impl Kind {
    /// All kinds and their numbers among the 80 COCO classes.
    const ALL: [(Self, usize); 6] = [
        (Self::Bicycle, 1),
        (Self::Car, 2),
        (Self::Motorcycle, 3),
        (Self::Bus, 5),
        (Self::Truck, 7),
        (Self::Skateboard, 36),
    ];

    /// The word in messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bicycle => "bicycle",
            Self::Car => "car",
            Self::Motorcycle => "motorcycle",
            Self::Bus => "bus",
            Self::Truck => "truck",
            Self::Skateboard => "skateboard",
        }
    }
}

/// How a thing looks to the network: features at strides 16 and 32, each of length 1, in steps of
/// 1/256.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Looks {
    pub near: Box<[i8]>,
    pub far: Box<[i8]>,
}

/// One thing in one frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    pub area: Box01,
    /// Likeness 0..1 of its best class.
    pub score: f32,
    /// Its best class, if that is one that is watched for.
    pub class: Option<Class>,
    /// The kind of vehicle it is most like, and how much, 0..1.
    pub kind: (Kind, f32),
    /// What a centre's own model of what is unusual says of it, 0..1 of its range.
    pub own: Option<f32>,
}

/// The features of one grid, channel by channel.
#[derive(Clone, Copy, Debug)]
pub struct FeatureMap<'a> {
    /// `channels * height * width` numbers.
    pub values: &'a [f32],
    pub width: usize,
    pub height: usize,
    /// Input px per cell.
    pub stride_px: usize,
}

/// The input that shows a picture largest without costing more than is affordable.
#[must_use]
pub fn input_size(picture: &Picture<'_>) -> InputSize {
    let (width, height) = (picture.width.max(1) as f32, picture.height.max(1) as f32);
    let scale = |size: &InputSize| {
        (size.width as f32 / width).min(size.height as f32 / height).min(SCALE_MAX)
    };
    let sides = |side: usize| side * STEP_PX;
    let sizes = (4..=INPUT_MAX_PX / STEP_PX / STEP_PX / 4).flat_map(|columns| {
        let rows = INPUT_MAX_PX / STEP_PX / STEP_PX / columns;
        (4..=rows).map(move |rows| InputSize { width: sides(columns), height: sides(rows) })
    });
    let area = |size: &InputSize| size.width * size.height;
    sizes
        .max_by(|a, b| scale(a).total_cmp(&scale(b)).then(area(b).cmp(&area(a))))
        .unwrap_or(InputSize::SQUARE)
}

/// Things out of the raw output of a detector of the 80 COCO classes; see `boxes::decode`.
#[must_use]
pub fn decode(
    layout: &Layout,
    output: &[f32],
    (fitted, picture): (Fitted, &Picture<'_>),
    limits: &Limits,
) -> Decoded<Candidate> {
    let strongs = layout.strong(output, fitted.size, limits.min_score);
    let size = fitted.picture_px(picture);
    let thing = |strong: &Strong| {
        let alike = |(kind, coco): (Kind, usize)| {
            (kind, layout.likeness(output, fitted.size, (strong.at, coco)))
        };
        let kind = Kind::ALL.map(alike).into_iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
        let class = layout.classes.get(strong.class).copied().flatten();
        Some(Candidate {
            area: boxes::area(strong.corners, size)?,
            score: strong.score,
            class,
            kind,
            own: None,
        })
    };
    let found = strongs.found.iter().filter_map(thing).collect();
    let same = |old: &Candidate, new: &Candidate| old.area.overlap(&new.area) > limits.nms_iou;
    let mut kept = boxes::one_each(found, |one| one.score, same, THINGS_MAX);
    // What is too large still swallows its parts.
    kept.retain(|thing| (SIZE_MIN..=SIZE_MAX).contains(&thing.area.size()));
    Decoded { found: kept, odd: strongs.odd, of: strongs.of }
}

/// The mean of the features over an area of a picture that was `fitted`, of length 1, in steps.
#[must_use]
pub fn pool(
    map: &FeatureMap<'_>,
    area: &Box01,
    fitted: Fitted,
    picture: &Picture<'_>,
) -> Box<[i8]> {
    let (width, height) = fitted.picture_px(picture);
    let cells = |fraction: f32, px: f32| fraction * px / map.stride_px as f32;
    let columns = centres(cells(area.x0, width), cells(area.x1, width), map.width);
    let rows = centres(cells(area.y0, height), cells(area.y1, height), map.height);
    let plane = map.width * map.height;
    let sums: Vec<f32> = map
        .values
        .chunks_exact(plane.max(1))
        .map(|channel| {
            let line = |row: usize| &channel[row * map.width..][columns.clone()];
            rows.clone().map(|row| line(row).iter().sum::<f32>()).sum()
        })
        .collect();
    let length = sums.iter().map(|sum| sum * sum).sum::<f32>().sqrt().max(1e-9);
    // Casting a float to i8 saturates, and what is no number becomes 0.
    sums.iter().map(|sum| (sum / length * FEATURE_STEPS).round() as i8).collect()
}

/// Cells whose centres lie between two places; the cell in the middle if there is none.
fn centres(from: f32, to: f32, cells: usize) -> std::ops::Range<usize> {
    let last = cells.saturating_sub(1);
    let (first, end) =
        ((from - 0.5).ceil().max(0.0) as usize, (to + 0.5).floor().max(0.0) as usize);
    if first < end.min(cells) {
        return first..end.min(cells);
    }
    let middle = (((from + to) / 2.0).max(0.0) as usize).min(last);
    middle..middle + 1
}

/// The nearest of several vectors of length 1, as a distance 0..2; infinite when there are none.
#[must_use]
pub fn nearest<'a>(one: &[i8], others: impl Iterator<Item = &'a [i8]>) -> f32 {
    let mut least = i32::MAX;
    let (parts, rest) = one.as_chunks::<PART>();
    for other in others {
        let (others, other_rest) = other.as_chunks::<PART>();
        let mut sum = squares(rest, other_rest);
        // Most are far away after a part already: four times as fast.
        for (a, b) in parts.iter().zip(others) {
            sum += part_squares(a, b);
            if sum >= least {
                break;
            }
        }
        least = least.min(sum);
    }
    if least == i32::MAX { f32::INFINITY } else { (least as f32).sqrt() / FEATURE_STEPS }
}

/// Numbers compared before it is asked whether the rest matters.
const PART: usize = 32;

/// Of a known length, so that the compiler can use the processor's vectors.
fn part_squares(a: &[i8; PART], b: &[i8; PART]) -> i32 {
    squares(a, b)
}

#[inline]
fn squares(a: &[i8], b: &[i8]) -> i32 {
    let square = |(a, b): (&i8, &i8)| {
        let difference = i16::from(*a) - i16::from(*b);
        i32::from(difference) * i32::from(difference)
    };
    a.iter().zip(b).map(square).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(width: u32, height: u32) -> Picture<'static> {
        Picture { bgr: &[], width, height }
    }

    fn check_size(width: u32, height: u32, expect: (usize, usize)) {
        let size = input_size(&picture(width, height));
        assert_eq!((size.width, size.height), expect, "{width} x {height}");
    }

    #[test]
    fn the_input_has_the_shape_of_the_picture_and_never_costs_more() {
        check_size(360, 240, (640, 416));
        check_size(640, 360, (672, 384));
        check_size(640, 480, (576, 448));
        check_size(360, 640, (384, 672));
        check_size(100, 100, (224, 224));
    }

    const FITTED: Fitted = Fitted::natural(InputSize { width: 128, height: 128 });
    const PROPOSAL_LEN: usize = 85;
    const LIMITS: Limits = Limits { min_score: 0.1, nms_iou: 0.5 };

    fn decode(output: &[f32]) -> Vec<Candidate> {
        let layout = Layout {
            head: crate::detect::head::Head::Yolox,
            classes: boxes::coco80(),
            strides: vec![8, 16, 32],
        };
        super::decode(&layout, output, (FITTED, &picture(128, 128)), &LIMITS).found
    }

    /// A proposal in the middle of the finest grid, 32 x 32 px, with these class scores.
    fn proposals(rows: &[(usize, &[(usize, f32)])]) -> Vec<f32> {
        let mut output = vec![0.0; (256 + 64 + 16) * PROPOSAL_LEN];
        for (cell, classes) in rows {
            let row = &mut output[cell * PROPOSAL_LEN..][..PROPOSAL_LEN];
            row[..5].copy_from_slice(&[0.5, 0.5, 4f32.ln(), 4f32.ln(), 1.0]);
            for (coco, score) in *classes {
                row[5 + coco] = *score;
            }
        }
        output
    }

    #[test]
    fn one_thing_is_one_box_whatever_its_classes_and_keeps_its_likeness_to_a_vehicle() {
        // A person, at the same place a skateboard, and a chair far away.
        let output = proposals(&[
            (8 * 16 + 8, &[(0, 0.6), (1, 0.3)]),
            (8 * 16 + 9, &[(36, 0.5)]),
            (3 * 16 + 3, &[(56, 0.2)]),
        ]);
        let found = decode(&output);
        let told: Vec<_> = found.iter().map(|one| (one.class, one.score, one.kind)).collect();
        assert_eq!(
            told,
            [
                (Some(Class::Person), 0.6, (Kind::Bicycle, 0.3)),
                (None, 0.2, (Kind::Skateboard, 0.0)),
            ]
        );
    }

    #[test]
    fn what_is_too_small_is_noise() {
        let mut output = proposals(&[(8 * 16 + 8, &[(0, 0.6)])]);
        output[(8 * 16 + 8) * PROPOSAL_LEN + 2] = -3.0;
        output[(8 * 16 + 8) * PROPOSAL_LEN + 3] = -3.0;
        assert_eq!(decode(&output), []);
    }

    #[test]
    fn features_are_the_mean_over_the_box_and_of_length_one() {
        // Two channels on 8 x 8 cells: the first is 3 in the left half, the second 4 everywhere.
        let left: Vec<f32> = (0..64).map(|at| if at % 8 < 4 { 3.0 } else { 0.0 }).collect();
        let values = [left, vec![4.0; 64]].concat();
        let map = FeatureMap { values: &values, width: 8, height: 8, stride_px: 16 };
        let pool = |x0, x1| {
            pool(&map, &Box01 { x0, y0: 0.1, x1, y1: 0.9 }, FITTED, &picture(128, 128)).into_vec()
        };
        // 0.8 of 256 does not fit and stays at the edge of a byte.
        assert_eq!(pool(0.0, 0.5), [127, 127]);
        assert_eq!(pool(0.5, 1.0), [0, 127]);
        // A box between two centres takes the cell it is in.
        assert_eq!(pool(0.51, 0.53), [0, 127]);
    }

    #[test]
    fn the_nearest_is_the_least_distance() {
        let far: Vec<i8> = [[100; 40], [0; 40]].concat();
        let near: Vec<i8> = [[0; 40], [0; 40]].concat();
        let one: Vec<i8> = [&[64, 48][..], &[0; 78]].concat();
        let of = |others: &[&[i8]]| nearest(&one, others.iter().copied());
        assert_eq!(of(&[]), f32::INFINITY);
        // 64 and 48 of 256: a triangle of 3, 4, 5.
        assert_eq!(of(&[&far, &near, &far]), 0.3125);
        assert_eq!(of(&[&near, &one]), 0.0);
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config::with_cases(32))]
        #[test]
        fn whatever_the_model_says_things_lie_in_the_frame(
            numbers in proptest::collection::vec(proptest::num::f32::ANY, PROPOSAL_LEN * 20),
        ) {
            for thing in decode(&numbers) {
                let area = thing.area;
                let sides = [area.x0, area.y0, area.x1, area.y1, thing.score, thing.kind.1];
                assert!(sides.iter().all(|side| (0.0..=1.0).contains(side)), "{thing:?}");
            }
        }
    }
}
