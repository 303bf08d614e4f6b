//! Where it moves, as boxes: what an operator is shown and what a search of objects can crop.
//!
//! Dots near each other belong together although a gap is between them (a striped jacket, legs).
//! Pure.

use super::{Box01, Motion};

/// Side in dots of the squares that are joined. With gaps of one square, dots up to 8 apart are one
/// thing: a head and the legs of somebody whose coat has the colour of the street (guess, revisit).
const SQUARE: usize = 4;
/// Fewest dots of a region: half of the smallest walker, as `detect.min_motion`.
const DOTS_MIN: usize = 6;
/// Most regions of a picture; the largest are kept. More than that is weather.
const REGIONS_MAX: usize = 16;

/// Dots of one square of the mask: how many move, and the box around them.
#[derive(Clone, Copy, Debug)]
struct Part {
    dots: usize,
    /// Left, top, right, bottom in dots; right and bottom are the first ones outside.
    sides: [usize; 4],
}

impl Part {
    /// Nothing: whatever is added makes the box its own.
    const NONE: Self = Self { dots: 0, sides: [usize::MAX, usize::MAX, 0, 0] };

    fn with(self, other: Self) -> Self {
        let ([a0, a1, a2, a3], [b0, b1, b2, b3]) = (self.sides, other.sides);
        let sides = [a0.min(b0), a1.min(b1), a2.max(b2), a3.max(b3)];
        Self { dots: self.dots + other.dots, sides }
    }
}

impl Motion {
    /// The boxes around what moves, the largest first.
    #[must_use]
    pub fn regions(&self) -> Vec<Box01> {
        let (wide, high) = (self.mask_width as usize, self.mask_height as usize);
        let (columns, rows) = (wide.div_ceil(SQUARE), high.div_ceil(SQUARE));
        let mut parts = vec![Part::NONE; columns * rows];
        for (at, _) in self.mask.iter().enumerate().filter(|(_, moves)| **moves) {
            let (x, y) = (at % wide, at / wide);
            let part = &mut parts[y / SQUARE * columns + x / SQUARE];
            *part = part.with(Part { dots: 1, sides: [x, y, x + 1, y + 1] });
        }
        let mut regions: Vec<Part> =
            (0..parts.len()).filter_map(|at| joined(&mut parts, columns, at)).collect();
        regions.retain(|region| region.dots >= DOTS_MIN);
        regions.sort_by_key(|region| std::cmp::Reverse(region.dots));
        regions.truncate(REGIONS_MAX);
        let side = |at: usize, len: usize| at as f32 / len as f32;
        let boxed = |region: &Part| {
            let [x0, y0, x1, y1] = region.sides;
            Box01 { x0: side(x0, wide), y0: side(y0, high), x1: side(x1, wide), y1: side(y1, high) }
        };
        regions.iter().map(boxed).collect()
    }
}

/// Takes the square `at` and all that are at most one square away from it, and so on.
fn joined(parts: &mut [Part], columns: usize, at: usize) -> Option<Part> {
    let mut waiting = vec![at];
    let mut whole = Part::NONE;
    while let Some(at) = waiting.pop() {
        let part = std::mem::replace(&mut parts[at], Part::NONE);
        if part.dots == 0 {
            continue;
        }
        whole = whole.with(part);
        let (column, row) = (at % columns, at / columns);
        for y in row.saturating_sub(2)..(row + 3).min(parts.len() / columns) {
            for x in column.saturating_sub(2)..(column + 3).min(columns) {
                waiting.push(y * columns + x);
            }
        }
    }
    (whole.dots > 0).then_some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A mask of 40 x 20 with these boxes (left, top, right, bottom in dots) moving.
    #[track_caller]
    fn check(moving: &[[usize; 4]], expect: &[[f32; 4]]) {
        let inside = |x: usize, y: usize| {
            moving.iter().any(|[x0, y0, x1, y1]| (x0..x1).contains(&&x) && (y0..y1).contains(&&y))
        };
        let mask = (0..800).map(|at| inside(at % 40, at / 40)).collect();
        let motion = Motion { fraction: 0.0, mask_width: 40, mask_height: 20, mask };
        let found: Vec<[f32; 4]> = motion
            .regions()
            .iter()
            .map(|b| [b.x0 * 40.0, b.y0 * 20.0, b.x1 * 40.0, b.y1 * 20.0])
            .collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn what_moves_has_a_box_around_its_dots_the_largest_first() {
        check(&[], &[]);
        check(&[[2, 3, 5, 9]], &[[2.0, 3.0, 5.0, 9.0]]);
        check(&[[2, 3, 5, 9], [30, 0, 40, 20]], &[[30.0, 0.0, 40.0, 20.0], [2.0, 3.0, 5.0, 9.0]]);
    }

    #[test]
    fn a_gap_does_not_part_what_belongs_together() {
        check(&[[2, 1, 6, 5], [2, 9, 6, 14]], &[[2.0, 1.0, 6.0, 14.0]]);
    }

    #[test]
    fn specks_are_left_out() {
        check(&[[2, 2, 4, 4]], &[]);
    }

    #[test]
    fn no_mask_has_no_regions() {
        assert_eq!(Motion::default().regions(), []);
    }
}
