//! From a picture to the detector's input, and from its raw output to boxes.
//!
//! The layout is YOLOX's (Megvii, Apache-2.0): the picture in the top left corner of a square, the
//! rest 114, planes B, G, R with values 0..255; three grids of strides 8, 16 and 32 in the output.
//! Pixels end here: what leaves this file is in fractions 0..1 of the frame. Never looks at the
//! clock, never keeps a picture.

use super::{Box01, Class, Detection};

/// Side of the detector's square input, px.
pub const INPUT_PX: usize = 416;
/// Boxes the detector proposes: the cells of its three grids, 52² + 26² + 13².
pub const PROPOSALS: usize = 3549;
/// Numbers per proposal: box (4), objectness (1), COCO classes (80).
pub const PROPOSAL_LEN: usize = 85;
/// Filling of the unused part of the square, as in YOLOX's training.
pub(super) const PAD: f32 = 114.0;
const STRIDES: [usize; 3] = [8, 16, 32];
/// Most objects kept of one frame. A crowded square has about 60 (guess, revisit).
const OBJECTS_MAX: usize = 100;

/// A packed BGR picture.
#[derive(Clone, Copy, Debug)]
pub struct Picture<'a> {
    /// `height * width * 3` bytes.
    pub bgr: &'a [u8],
    /// px.
    pub width: u32,
    /// px.
    pub height: u32,
}

/// What `decode` drops and merges.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Lowest score 0..1 that is kept.
    pub min_score: f32,
    /// Overlap (IoU, 0..1) above which two boxes of one class are one object.
    pub nms_iou: f32,
}

/// Sides of a detector's input, px; multiples of 32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputSize {
    pub width: usize,
    pub height: usize,
}

impl InputSize {
    /// The stock detector's square.
    pub const SQUARE: Self = Self { width: INPUT_PX, height: INPUT_PX };

    /// The size in which the whole of a picture is searched: as large as the square allows, without
    /// what a square would leave empty. 4:3 costs 0.77 of the square, 16:9 0.62.
    #[must_use]
    pub fn of(picture: &Picture<'_>) -> Self {
        let longest = picture.width.max(picture.height).max(1) as f32;
        let side = |px: u32| {
            let px = (px as f32 * INPUT_PX as f32 / longest).ceil() as usize;
            px.clamp(1, INPUT_PX).next_multiple_of(32)
        };
        Self { width: side(picture.width), height: side(picture.height) }
    }

    /// What a search costs, in searches of the square.
    #[must_use]
    pub fn cost(&self) -> f32 {
        (self.width * self.height) as f32 / (INPUT_PX * INPUT_PX) as f32
    }
}

/// How a picture lies in an input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fitted {
    pub size: InputSize,
    /// Input px per picture px.
    pub scale: f32,
}

/// Shrinks or enlarges `picture` into `input` (three planes of `size`, BGR) and returns how it lies
/// there. Bilinear, as YOLOX was trained; `None` when the picture is empty or its bytes do not
/// match its size.
pub fn letterbox(picture: &Picture<'_>, size: InputSize, input: &mut Vec<f32>) -> Option<Fitted> {
    let (width, height) = (picture.width as usize, picture.height as usize);
    if width == 0 || height == 0 || picture.bgr.len() != width * height * 3 {
        return None;
    }
    let scale = (size.width as f32 / width as f32).min(size.height as f32 / height as f32);
    let new_width = ((width as f32 * scale) as usize).clamp(1, size.width);
    let new_height = ((height as f32 * scale) as usize).clamp(1, size.height);
    let plane = size.width * size.height;
    input.clear();
    input.resize(3 * plane, PAD);
    let columns: Vec<Tap> = (0..new_width).map(|x| Tap::at(x, new_width, width)).collect();
    let (blue, rest) = input.split_at_mut(plane);
    let (green, red) = rest.split_at_mut(plane);
    let mut blended = vec![0.0f32; width * 3];
    for y in 0..new_height {
        let row = Tap::at(y, new_height, height);
        blend(picture.bgr, width * 3, row, &mut blended);
        let line = y * size.width..y * size.width + new_width;
        let planes = blue[line.clone()]
            .iter_mut()
            .zip(&mut green[line.clone()])
            .zip(&mut red[line])
            .zip(&columns);
        for (((b, g), r), tap) in planes {
            let left = &blended[tap.low * 3..tap.low * 3 + 3];
            let right = &blended[tap.high * 3..tap.high * 3 + 3];
            *b = left[0] + (right[0] - left[0]) * tap.weight;
            *g = left[1] + (right[1] - left[1]) * tap.weight;
            *r = left[2] + (right[2] - left[2]) * tap.weight;
        }
    }
    Some(Fitted { size, scale })
}

/// Where an output pixel lies between two input pixels.
#[derive(Clone, Copy)]
struct Tap {
    low: usize,
    high: usize,
    /// Share 0..1 of `high`.
    weight: f32,
}

impl Tap {
    /// Centres of pixels fall on each other, as in OpenCV's INTER_LINEAR.
    fn at(index: usize, new_len: usize, len: usize) -> Self {
        let place = (index as f32 + 0.5) * len as f32 / new_len as f32 - 0.5;
        let place = place.clamp(0.0, (len - 1) as f32);
        let low = place as usize;
        Self { low, high: (low + 1).min(len - 1), weight: place - low as f32 }
    }
}

/// One line between two lines of the picture.
fn blend(bgr: &[u8], line_len: usize, row: Tap, out: &mut [f32]) {
    let upper = &bgr[row.low * line_len..(row.low + 1) * line_len];
    let lower = &bgr[row.high * line_len..(row.high + 1) * line_len];
    for ((out, &upper), &lower) in out.iter_mut().zip(upper).zip(lower) {
        let upper = f32::from(upper);
        *out = upper + (f32::from(lower) - upper) * row.weight;
    }
}

/// Boxes out of the raw output (`PROPOSAL_LEN` numbers for each cell of the three grids) for a
/// picture that was `fitted` into the input. Best first, one per object, at most 100.
#[must_use]
pub fn decode(
    output: &[f32],
    fitted: Fitted,
    picture: &Picture<'_>,
    limits: &Limits,
) -> Vec<Detection> {
    let size = fitted.picture_px(picture);
    let found = cells(fitted.size)
        .zip(output.chunks_exact(PROPOSAL_LEN))
        .filter_map(|(cell, proposal)| one(cell, proposal, size, limits.min_score))
        .collect();
    suppress(found, limits.nms_iou)
}

impl Fitted {
    /// Width and height of the picture inside the input, px.
    pub(super) fn picture_px(&self, picture: &Picture<'_>) -> (f32, f32) {
        (picture.width as f32 * self.scale, picture.height as f32 * self.scale)
    }
}

/// Column, row and stride of every proposal, in the order of the output.
pub(super) fn cells(size: InputSize) -> impl Iterator<Item = (usize, usize, usize)> {
    STRIDES.into_iter().flat_map(move |stride| {
        let (columns, rows) = (size.width / stride, size.height / stride);
        (0..columns * rows).map(move |cell| (cell % columns, cell / columns, stride))
    })
}

fn one(
    cell: (usize, usize, usize),
    proposal: &[f32],
    size: (f32, f32),
    min_score: f32,
) -> Option<Detection> {
    let objectness = proposal[4];
    if objectness.is_nan() || objectness < min_score {
        return None;
    }
    let (index, likeness) = best(&proposal[5..])?;
    let class = class_of(index)?;
    let score = objectness * likeness;
    if !(score >= min_score && score <= 1.0) {
        return None;
    }
    let area = area(cell, proposal, size)?;
    Some(Detection { class, score, area })
}

/// The box of a proposal; `None` if it is no box. `width` and `height` are the picture's, px.
pub(super) fn area(
    (column, row, stride): (usize, usize, usize),
    proposal: &[f32],
    (width, height): (f32, f32),
) -> Option<Box01> {
    let stride = stride as f32;
    let cx = (proposal[0] + column as f32) * stride / width;
    let cy = (proposal[1] + row as f32) * stride / height;
    let half_width = proposal[2].exp() * stride / width / 2.0;
    let half_height = proposal[3].exp() * stride / height / 2.0;
    if ![cx, cy, half_width, half_height].iter().all(|number| number.is_finite()) {
        return None;
    }
    let area = Box01 {
        x0: (cx - half_width).clamp(0.0, 1.0),
        y0: (cy - half_height).clamp(0.0, 1.0),
        x1: (cx + half_width).clamp(0.0, 1.0),
        y1: (cy + half_height).clamp(0.0, 1.0),
    };
    (area.size() > 0.0).then_some(area)
}

/// Index and value of the largest number; NaN is never the largest.
pub(super) fn best(numbers: &[f32]) -> Option<(usize, f32)> {
    let numbers = numbers.iter().copied().enumerate();
    numbers.filter(|(_, value)| !value.is_nan()).max_by(|a, b| a.1.total_cmp(&b.1))
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

/// Keeps the best of all boxes of one class that overlap by more than `iou_max`.
fn suppress(mut found: Vec<Detection>, iou_max: f32) -> Vec<Detection> {
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut kept: Vec<Detection> = Vec::new();
    for new in found {
        let doubled =
            |old: &Detection| old.class == new.class && old.area.overlap(&new.area) > iou_max;
        if kept.len() < OBJECTS_MAX && !kept.iter().any(doubled) {
            kept.push(new);
        }
    }
    kept
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

    const LIMITS: Limits = Limits { min_score: 0.3, nms_iou: 0.45 };
    const SQUARE: Picture<'static> = Picture { bgr: &[], width: 416, height: 416 };
    const FITTED: Fitted = Fitted { size: InputSize::SQUARE, scale: 1.0 };

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
        let found = decode(&output(proposals), FITTED, &SQUARE, &LIMITS);
        let found: Vec<_> = found.iter().map(|d| (d.class, (d.score * 100.0).round())).collect();
        let expect: Vec<_> = expect.iter().map(|e| (e.0, (e.1 * 100.0).round())).collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn the_grids_have_as_many_cells_as_the_output_has_rows() {
        assert_eq!(cells(InputSize::SQUARE).count(), PROPOSALS);
        assert_eq!(cells(InputSize::SQUARE).nth(52), Some((0, 1, 8)));
        assert_eq!(cells(InputSize::SQUARE).nth(52 * 52), Some((0, 0, 16)));
        assert_eq!(cells(InputSize::SQUARE).last(), Some((12, 12, 32)));
    }

    #[test]
    fn a_box_lies_at_its_cell_times_the_stride() {
        // Column 10, row 20 of the finest grid: centre (84, 164), 64 x 32 px.
        let found = decode(&output(&[proposal(20 * 52 + 10, 0, 1.0)]), FITTED, &SQUARE, &LIMITS);
        let area = found[0].area;
        let px = [area.x0, area.y0, area.x1, area.y1].map(|side| (side * 416.0).round());
        assert_eq!(px, [52.0, 148.0, 116.0, 180.0]);
    }

    #[test]
    fn a_box_of_a_wide_picture_is_a_fraction_of_the_picture_and_not_of_the_square() {
        let wide = Picture { bgr: &[], width: 832, height: 416 };
        let half = Fitted { scale: 0.5, ..FITTED };
        let found = decode(&output(&[proposal(20 * 52 + 10, 0, 1.0)]), half, &wide, &LIMITS);
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
            for found in decode(&numbers, FITTED, &SQUARE, &LIMITS) {
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

    #[test]
    fn a_wide_picture_lies_at_the_top_and_grey_below_it() {
        let bgr: Vec<u8> = [10, 20, 30].repeat(832 * 416);
        let mut input = Vec::new();
        let wide = Picture { bgr: &bgr, width: 832, height: 416 };
        let fitted = letterbox(&wide, InputSize::SQUARE, &mut input);
        assert_eq!(fitted, Some(Fitted { scale: 0.5, ..FITTED }));
        let plane = INPUT_PX * INPUT_PX;
        assert_eq!(input.len(), 3 * plane);
        let at = |channel: usize, x: usize, y: usize| input[channel * plane + y * INPUT_PX + x];
        assert_eq!([at(0, 0, 0), at(1, 415, 207), at(2, 200, 100)], [10.0, 20.0, 30.0]);
        assert_eq!([at(0, 0, 208), at(2, 415, 415)], [PAD, PAD]);
    }

    #[test]
    fn between_two_pixels_lies_their_mean() {
        let mut input = Vec::new();
        let bgr = [0, 0, 0, 200, 200, 200];
        let two = Picture { bgr: &bgr, width: 2, height: 1 };
        letterbox(&two, InputSize::SQUARE, &mut input).expect("fits");
        assert_eq!((input[0], input[415]), (0.0, 200.0));
        assert!((input[207] - 100.0).abs() < 1.0 && (input[208] - 100.0).abs() < 1.0);
    }

    #[test]
    fn a_picture_whose_bytes_do_not_match_its_size_is_refused() {
        let mut input = Vec::new();
        let mut fit = |picture| letterbox(&picture, InputSize::SQUARE, &mut input);
        assert_eq!(fit(Picture { bgr: &[0; 5], width: 2, height: 1 }), None);
        assert_eq!(fit(Picture { bgr: &[], width: 0, height: 0 }), None);
    }
}
