//! Sheets of parts: what they cost, what they show, and that boxes come back to their places.

use super::*;
use crate::detect::Class;

const SIZE: (u32, u32) = (640, 480);
const NATIVE: (f32, InputSize) = (1.0, InputSize::SQUARE);

fn area(x0: f32, y0: f32, x1: f32, y1: f32) -> Box01 {
    Box01 { x0, y0, x1, y1 }
}

fn walker(x: f32, y: f32) -> Box01 {
    area(x, y, x + 0.05, y + 0.15)
}

fn person(area: Box01) -> Detection {
    Detection { class: Class::Person, score: 0.8, area }
}

#[test]
fn somebody_alone_costs_a_fraction_of_the_whole_picture() {
    let sheet = Sheet::around(&[walker(0.5, 0.5)], SIZE, NATIVE).unwrap();
    assert_eq!((sheet.parts(), sheet.size), (1, InputSize { width: 96, height: 160 }));
}

#[test]
fn those_beside_each_other_are_one_part_and_those_apart_lie_side_by_side() {
    let near = Sheet::around(&[walker(0.5, 0.5), walker(0.53, 0.5)], SIZE, NATIVE).unwrap();
    assert_eq!(near.parts(), 1);
    let far = Sheet::around(&[walker(0.1, 0.5), walker(0.8, 0.5)], SIZE, NATIVE).unwrap();
    assert_eq!((far.parts(), far.size), (2, InputSize { width: 224, height: 160 }));
}

#[test]
fn nothing_to_look_for_and_a_full_street_make_no_sheet() {
    assert_eq!(Sheet::around(&[], SIZE, NATIVE), None);
    let crowd: Vec<_> = (0..9).map(|at| walker(0.1 * at as f32, 0.3 * (at % 3) as f32)).collect();
    assert_eq!(Sheet::around(&crowd, SIZE, NATIVE), None);
    assert_eq!(Sheet::around(&[area(0.0, 0.0, 1.0, 1.0)], SIZE, NATIVE), None);
}

/// Each px knows its column and row.
fn chart() -> Vec<u8> {
    let dots = (0..480u32).flat_map(|y| (0..640u32).map(move |x| (x, y)));
    dots.flat_map(|(x, y)| [(x / 4) as u8, (y / 2) as u8, 7]).collect()
}

#[test]
fn a_part_shows_its_place_in_the_picture() {
    let bgr = chart();
    let picture = Picture { bgr: &bgr, width: 640, height: 480 };
    let sheet = Sheet::around(&[walker(0.1, 0.5), walker(0.8, 0.5)], SIZE, NATIVE).unwrap();
    let mut input = Vec::new();
    sheet.paint(&picture, &mut input).unwrap();
    assert_eq!(input.len(), 3 * 224 * 160);
    for place in &sheet.places {
        let at = (place.y + 20) * 224 + place.x + 20;
        let (x, y) = (place.part.x0 + 20, place.part.y0 + 20);
        assert_eq!([input[at], input[at + 224 * 160]], [(x / 4) as f32, (y / 2) as f32]);
    }
    // Between the parts and below them.
    assert_eq!(input[sheet.places[0].width + 2], 114.0);
    let other = Picture { width: 320, ..picture };
    assert_eq!(sheet.paint(&other, &mut input), None);
}

#[test]
fn a_box_comes_back_to_where_it_was_cut_out() {
    for scale in [0.65, 1.0, 1.5] {
        let wanted = [walker(0.1, 0.5), walker(0.8, 0.2), walker(0.4, 0.0)];
        let whole = InputSize { width: 640, height: 640 };
        let sheet = Sheet::around(&wanted, SIZE, (scale, whole)).unwrap();
        assert_eq!(sheet.parts(), 3);
        for place in &sheet.places {
            // The middle third of each part.
            let Place { part, x, y, width, height } = *place;
            let third = |from: usize, len: usize, of: usize, side: usize| {
                (from as f32 + side as f32 * len as f32 / 3.0) / of as f32
            };
            let (wide, high) = (sheet.size.width, sheet.size.height);
            let inside = |side| (third(x, width, wide, side), third(y, height, high, side));
            let ((x0, y0), (x1, y1)) = (inside(1), inside(2));
            let found = sheet.back(&[person(area(x0, y0, x1, y1))]);
            let is = found[0].area;
            let expect = area(
                third(part.x0, part.x1 - part.x0, 640, 1),
                third(part.y0, part.y1 - part.y0, 480, 1),
                third(part.x0, part.x1 - part.x0, 640, 2),
                third(part.y0, part.y1 - part.y0, 480, 2),
            );
            assert!(is.overlap(&expect) > 0.99, "{is:?} {expect:?}");
        }
    }
}

#[test]
fn what_reaches_over_the_edge_ends_there_and_what_lies_between_is_nothing() {
    let sheet = Sheet::around(&[walker(0.1, 0.5), walker(0.8, 0.5)], SIZE, NATIVE).unwrap();
    let first = sheet.places[0];
    let across = first.width as f32 / sheet.size.width as f32;
    let found = sheet.back(&[person(area(across - 0.2, 0.1, across + 0.1, 0.5))]);
    let edge = first.part.x1 as f32 / 640.0;
    assert!((found[0].area.x1 - edge).abs() < 1e-4, "{found:?} {edge}");
    assert_eq!(sheet.back(&[person(area(across, 0.95, across + 0.03, 1.0))]), []);
}

proptest::proptest! {
    #[test]
    fn whatever_is_wanted_parts_lie_in_picture_and_input_and_never_on_each_other(
        wanted in proptest::collection::vec(
            (-0.5f32..1.5, -0.5f32..1.5, 0.0f32..0.5, 0.0f32..0.5), 0..12),
        width in 33u32..700,
        height in 33u32..700,
        scale in 0.3f32..2.0,
    ) {
        let wanted: Vec<_> = wanted.iter().map(|&(x, y, w, h)| area(x, y, x + w, y + h)).collect();
        let Some(sheet) = Sheet::around(&wanted, (width, height), (scale, InputSize::SQUARE)) else {
            return Ok(());
        };
        for (at, one) in sheet.places.iter().enumerate() {
            assert!(one.part.x0 < one.part.x1 && one.part.x1 <= width as usize, "{one:?}");
            assert!(one.part.y0 < one.part.y1 && one.part.y1 <= height as usize, "{one:?}");
            assert!(one.x + one.width <= sheet.size.width, "{sheet:?}");
            assert!(one.y + one.height <= sheet.size.height, "{sheet:?}");
            let apart = |other: &Place| {
                one.x + one.width <= other.x || other.x + other.width <= one.x
                    || one.y + one.height <= other.y || other.y + other.height <= one.y
            };
            assert!(sheet.places[at + 1..].iter().all(apart), "{sheet:?}");
        }
    }
}
