//! What each head's output is read as, and what is refused.

use super::*;

const SIZE: InputSize = InputSize { width: 64, height: 64 };

fn layout(head: Head, classes: usize) -> Layout {
    let strides = head.usual_strides().to_vec();
    Layout { head, classes: vec![Some(Class::Person); classes], strides }
}

/// The corners, class and score of what is found, rounded.
#[track_caller]
fn check(layout: &Layout, output: &[f32], expect: &[([f32; 4], usize, f32)]) {
    let strongs = layout.strong(output, SIZE, 0.5);
    let rounded = |one: &Strong| {
        (one.corners.map(f32::round), one.class, (one.score * 100.0).round() / 100.0)
    };
    let found: Vec<_> = strongs.found.iter().map(rounded).collect();
    assert_eq!(found, expect);
}

#[test]
fn the_grids_have_as_many_cells_as_the_outputs_of_the_known_models_have_rows() {
    assert_eq!(layout(Head::Yolox, 80).proposals(InputSize::SQUARE), 3549);
    assert_eq!(layout(Head::Nanodet, 80).proposals(InputSize::SQUARE), 3598);
    let all: Vec<Cell> = cells(&[8, 16, 32], InputSize::SQUARE).collect();
    assert_eq!(all[52], Cell { column: 0, row: 1, stride: 8 });
    assert_eq!(all[52 * 52], Cell { column: 0, row: 0, stride: 16 });
    assert_eq!(all.last(), Some(&Cell { column: 12, row: 12, stride: 32 }));
}

#[test]
fn yolox_gives_middle_and_size_against_the_cell_and_multiplies_two_scores() {
    let layout = layout(Head::Yolox, 2);
    let mut output = vec![0.0; layout.proposals(SIZE) * 7];
    // Column 1, row 2 of the finest grid of 8 x 8.
    output[17 * 7..18 * 7].copy_from_slice(&[0.5, 0.5, 0.0, 2f32.ln(), 0.9, 0.1, 0.8]);
    check(&layout, &output, &[([8.0, 12.0, 16.0, 28.0], 1, 0.72)]);
}

#[test]
fn yolov8_gives_boxes_in_px_number_by_number() {
    let layout = layout(Head::Yolov8, 3);
    // Three proposals; the numbers of one lie a line apart.
    let output = [
        [32.0, 10.0, 1.0],
        [20.0, 10.0, 1.0],
        [10.0, 4.0, 1.0],
        [20.0, 4.0, 1.0],
        [0.1, 0.2, 0.0],
        [0.2, 0.2, 0.0],
        [0.9, 0.2, 0.0],
    ];
    check(&layout, &output.concat(), &[([27.0, 10.0, 37.0, 30.0], 2, 0.9)]);
}

#[test]
fn nanodet_gives_distances_as_means_of_distributions() {
    let layout = layout(Head::Nanodet, 2);
    let bins = 8;
    let length = 2 + 4 * bins;
    let mut output = vec![0.0; layout.proposals(SIZE) * length];
    // Column 1, row 1 of the grid of stride 16 (4 x 4 cells behind 8 x 8): corner (16, 16).
    let row = &mut output[(64 + 5) * length..(64 + 6) * length];
    row[1] = 0.8;
    let mut sides = row[2..].chunks_exact_mut(bins);
    // Sure of bin 1; between bins 0 and 1; sure of bin 2; all alike: 3.5.
    sides.next().unwrap()[1] = 50.0;
    sides.next().unwrap()[..2].fill(50.0);
    sides.next().unwrap()[2] = 50.0;
    check(&layout, &output, &[([0.0, 8.0, 48.0, 72.0], 1, 0.8)]);
}

#[test]
fn what_is_no_number_or_no_probability_is_dropped_and_counted() {
    let layout = layout(Head::Yolov8, 1);
    let (nan, inf) = (f32::NAN, f32::INFINITY);
    let odd = |numbers: [f32; 5]| {
        let read = layout.strong(&numbers, SIZE, 0.5);
        assert_eq!(read.found, []);
        (read.odd, read.of)
    };
    assert_eq!(odd([9.0, 9.0, 9.0, 9.0, nan]), (1, 1));
    assert_eq!(odd([9.0, 9.0, 9.0, 9.0, inf]), (1, 1));
    assert_eq!(odd([9.0, 9.0, 9.0, 9.0, -inf]), (1, 1));
    assert_eq!(odd([9.0, 9.0, 9.0, 9.0, 1.5]), (1, 1));
    assert_eq!(odd([9.0, nan, 9.0, 9.0, 0.9]), (1, 1));
    assert_eq!(odd([9.0, 9.0, inf, 9.0, 0.9]), (1, 1));
    assert_eq!(odd([9.0, 9.0, 9.0, 9.0, 0.4]), (0, 1));
    assert_eq!(odd([9.0, nan, 9.0, 9.0, 0.4]), (0, 1));
}

#[track_caller]
fn check_shape(layout: &Layout, shape: &[i64], expect: Option<&str>) {
    match (layout.fits(shape, Some(InputSize::SQUARE)), expect) {
        (Ok(()), None) => {}
        (Err(told), Some(expect)) => assert!(told.contains(expect), "{told}"),
        (fits, _) => panic!("{shape:?}: {fits:?}"),
    }
}

#[test]
fn an_output_of_another_shape_is_told_with_what_it_looks_like() {
    let yolox = layout(Head::Yolox, 80);
    check_shape(&yolox, &[1, 3549, 85], None);
    check_shape(&yolox, &[-1, -1, 85], None);
    check_shape(&yolox, &[1, 84, 3549], Some("looks like head = \"yolov8\""));
    check_shape(&yolox, &[1, 3598, 112], Some("looks like head = \"nanodet\""));
    check_shape(&yolox, &[1, 3549, 6], Some("is 1 x 3549 x 6 and not 1 x proposals x 85"));
    check_shape(&yolox, &[1, 8400, 85], Some("8400 proposals and not 3549"));
    check_shape(&yolox, &[4, 3549, 85], Some("is 4 x 3549 x 85"));
    check_shape(&yolox, &[85], Some("its output is 85 and not"));
    let yolov8 = layout(Head::Yolov8, 80);
    check_shape(&yolov8, &[1, 84, 8400], None);
    check_shape(&yolov8, &[1, 8400, 85], Some("looks like head = \"yolox\""));
    let nanodet = layout(Head::Nanodet, 80);
    check_shape(&nanodet, &[1, 3598, 112], None);
    check_shape(&nanodet, &[1, 3598, 84], Some("4 distances of 2 or more bins"));
    check_shape(&nanodet, &[1, 3549, 112], Some("write strides as the model was trained"));
}

#[test]
fn scores_that_are_no_probabilities_are_told() {
    let layout = layout(Head::Yolov8, 1);
    let told = |score: f32| layout.are_probabilities(&[1.0, 1.0, 1.0, 1.0, score], SIZE);
    assert_eq!(told(0.3), Ok(()));
    assert!(told(-4.5).unwrap_err().contains("from -4.500 to -4.500"));
    assert!(told(1.2).unwrap_err().contains("export it with its sigmoid inside"));
    assert!(told(f32::NAN).unwrap_err().contains("no numbers (NaN)"));
    assert!(told(f32::INFINITY).unwrap_err().contains("no numbers (NaN)"));
}

proptest::proptest! {
    #[test]
    fn whatever_a_model_says_what_is_found_is_made_of_numbers(
        head in 0usize..3,
        numbers in proptest::collection::vec(proptest::num::f32::ANY, 0..2_000),
    ) {
        let layout = layout(Head::ALL[head], 2);
        let read = layout.strong(&numbers, SIZE, 0.3);
        assert!(read.found.len() + read.odd <= read.of);
        for one in read.found {
            assert!(one.corners.iter().all(|side| side.is_finite()), "{one:?}");
            assert!((0.3..=1.0).contains(&one.score), "{one:?}");
        }
    }
}
