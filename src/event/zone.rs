//! Zones in the picture.
//!
//! An object is where it stands: the foot point of its box, not its middle, decides the zone. All
//! corners are fractions 0..1 of the frame. Pure.

use crate::detect::{Box01, Motion};

/// Least area of a zone as a share of the picture: 0.0001 is 5 x 5 px of 640 x 360.
const AREA_MIN: f32 = 0.0001;

/// A closed polygon in fractions 0..1 of the frame; simple and not empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Polygon(Vec<[f32; 2]>);

impl TryFrom<&[[f32; 2]]> for Polygon {
    type Error = String;

    /// The fault in words: too few corners, outside the picture, self-crossing, or without area.
    fn try_from(corners: &[[f32; 2]]) -> Result<Self, String> {
        if corners.len() < 3 {
            return Err(format!("has {} corners; at least 3 are needed", corners.len()));
        }
        let outside = |corner: &&[f32; 2]| !corner.iter().all(|side| (0.0..=1.0).contains(side));
        if let Some([x, y]) = corners.iter().find(outside) {
            return Err(format!("has the corner [{x}, {y}]; corners are fractions 0 to 1"));
        }
        if let Some((first, second)) = crossing(corners) {
            return Err(format!("crosses itself: side {} meets side {}", first + 1, second + 1));
        }
        if area(corners) < AREA_MIN {
            return Err("has no area".to_owned());
        }
        Ok(Self(corners.to_vec()))
    }
}

impl Polygon {
    /// Whether a point lies inside (even-odd rule; left and upper sides belong to the inside).
    #[must_use]
    pub fn contains(&self, [x, y]: [f32; 2]) -> bool {
        let crosses = |(a, b): &(&[f32; 2], &[f32; 2])| {
            (a[1] > y) != (b[1] > y) && x < (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1]) + a[0]
        };
        sides(&self.0).filter(crosses).count() % 2 == 1
    }

    /// The cells of a `width * height` mask whose middles lie inside, as indices row by row. A zone
    /// smaller than a cell has the cell of its first corner.
    #[must_use]
    pub fn cells(&self, width: u32, height: u32) -> Vec<usize> {
        let (wide, high) = (width as usize, height as usize);
        let middle = |index: usize, len: usize| (index as f32 + 0.5) / len as f32;
        let inside =
            |&cell: &usize| self.contains([middle(cell % wide, wide), middle(cell / wide, high)]);
        let cells: Vec<usize> = (0..wide * high).filter(inside).collect();
        if cells.is_empty() && wide * high > 0 {
            let at = |side: f32, len: usize| ((side * len as f32) as usize).min(len - 1);
            return vec![at(self.0[0][1], high) * wide + at(self.0[0][0], wide)];
        }
        cells
    }
}

/// The point where an object touches the ground: the middle of the lower edge.
#[must_use]
pub fn foot(area: &Box01) -> [f32; 2] {
    [(area.x0 + area.x1) / 2.0, area.y1.clamp(0.0, 1.0)]
}

fn sides(corners: &[[f32; 2]]) -> impl Iterator<Item = (&[f32; 2], &[f32; 2])> {
    corners.iter().zip(corners.iter().cycle().skip(1))
}

/// Shoelace formula.
fn area(corners: &[[f32; 2]]) -> f32 {
    let twice: f32 = sides(corners).map(|(a, b)| a[0] * b[1] - b[0] * a[1]).sum();
    twice.abs() / 2.0
}

/// Two sides that meet although they are not neighbours, or neighbours that run back over each
/// other.
fn crossing(corners: &[[f32; 2]]) -> Option<(usize, usize)> {
    let all: Vec<_> = sides(corners).collect();
    let count = all.len();
    let pairs = (0..count).flat_map(|first| (first + 1..count).map(move |second| (first, second)));
    let meet = |&(first, second): &(usize, usize)| {
        let (one, other) = (all[first], all[second]);
        if second == first + 1 {
            folds_back(one.0, one.1, other.1)
        } else if first == 0 && second == count - 1 {
            folds_back(other.0, other.1, one.1)
        } else {
            touch(one, other)
        }
    };
    pairs.into_iter().find(meet)
}

/// Twice the signed area of a triangle: its sign is the side of `ab` on which `c` lies.
fn turn(a: &[f32; 2], b: &[f32; 2], c: &[f32; 2]) -> f32 {
    (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
}

/// Whether the way a, b, c returns along itself, or stands still.
fn folds_back(a: &[f32; 2], b: &[f32; 2], c: &[f32; 2]) -> bool {
    let along = (b[0] - a[0]) * (c[0] - b[0]) + (b[1] - a[1]) * (c[1] - b[1]);
    a == b || (turn(a, b, c) == 0.0 && along < 0.0)
}

/// Whether two sides share a point.
fn touch((a, b): (&[f32; 2], &[f32; 2]), (c, d): (&[f32; 2], &[f32; 2])) -> bool {
    let (c_side, d_side) = (turn(a, b, c), turn(a, b, d));
    let (a_side, b_side) = (turn(c, d, a), turn(c, d, b));
    let apart = c_side * d_side < 0.0 && a_side * b_side < 0.0;
    let on = |side: f32, from: &[f32; 2], to: &[f32; 2], point: &[f32; 2]| {
        let between = |axis: usize| {
            point[axis] >= from[axis].min(to[axis]) && point[axis] <= from[axis].max(to[axis])
        };
        side == 0.0 && between(0) && between(1)
    };
    apart
        || on(c_side, a, b, c)
        || on(d_side, a, b, d)
        || on(a_side, c, d, a)
        || on(b_side, c, d, b)
}

/// The cells of a zone in the masks of one camera, worked out again when their size changes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Raster {
    width: u32,
    height: u32,
    cells: Vec<usize>,
}

impl Raster {
    /// Share 0..1 of the zone that moves.
    pub fn moving(&mut self, zone: &Polygon, motion: &Motion) -> f32 {
        let (width, height) = (motion.mask_width, motion.mask_height);
        if (self.width, self.height) != (width, height) {
            *self = Self { width, height, cells: zone.cells(width, height) };
        }
        motion.share_in(&self.cells)
    }

    /// The box around what moves in the zone, as of the last `moving`.
    #[must_use]
    pub fn moving_area(&self, motion: &Motion) -> Option<Box01> {
        let (wide, high) = (self.width as usize, self.height as usize);
        let moving = self.cells.iter().filter(|&&cell| motion.mask.get(cell) == Some(&true));
        let boxes = moving.map(|cell| {
            let (x, y) = (cell % wide, cell / wide);
            let side = |index: usize, len: usize| index as f32 / len as f32;
            let (x0, y0) = (side(x, wide), side(y, high));
            Box01 { x0, y0, x1: side(x + 1, wide), y1: side(y + 1, high) }
        });
        boxes.reduce(|a, b| Box01 {
            x0: a.x0.min(b.x0),
            y0: a.y0.min(b.y0),
            x1: a.x1.max(b.x1),
            y1: a.y1.max(b.y1),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SQUARE: [[f32; 2]; 4] = [[0.2, 0.2], [0.8, 0.2], [0.8, 0.8], [0.2, 0.8]];
    /// An L: the upper right quarter is missing.
    const L: [[f32; 2]; 6] =
        [[0.0, 0.0], [0.5, 0.0], [0.5, 0.5], [1.0, 0.5], [1.0, 1.0], [0.0, 1.0]];

    fn polygon(corners: &[[f32; 2]]) -> Polygon {
        Polygon::try_from(corners).expect("a good polygon")
    }

    fn check_fault(corners: &[[f32; 2]], expect: &str) {
        let fault = Polygon::try_from(corners).expect_err("a bad polygon");
        assert!(fault.contains(expect), "{corners:?}: {fault}");
    }

    #[test]
    fn a_point_is_inside_or_not() {
        let check = |corners: &[[f32; 2]], point: [f32; 2], expect: bool| {
            assert_eq!(polygon(corners).contains(point), expect, "{point:?}");
        };
        check(&SQUARE, [0.5, 0.5], true);
        check(&SQUARE, [0.1, 0.5], false);
        check(&SQUARE, [0.5, 0.9], false);
        check(&L, [0.25, 0.25], true);
        check(&L, [0.75, 0.25], false);
        check(&L, [0.75, 0.75], true);
        // A corner at the height of the point is counted once.
        check(&[[0.0, 0.5], [0.5, 0.0], [1.0, 0.5], [0.5, 1.0]], [0.5, 0.5], true);
    }

    #[test]
    fn an_object_is_where_its_feet_are() {
        let person = Box01 { x0: 0.4, y0: 0.1, x1: 0.5, y1: 0.9 };
        assert_eq!(foot(&person), [0.45, 0.9]);
        assert!(!polygon(&SQUARE).contains(foot(&person)));
        assert_eq!(foot(&Box01 { y1: 1.2, ..person }), [0.45, 1.0]);
    }

    #[test]
    fn faulty_polygons_are_refused_with_the_reason() {
        check_fault(&SQUARE[..2], "has 2 corners");
        check_fault(&[[0.0, 0.0], [1.5, 0.0], [1.0, 1.0]], "[1.5, 0]");
        check_fault(&[[0.0, 0.0], [f32::NAN, 0.0], [1.0, 1.0]], "fractions");
        check_fault(&[[0.0, 0.0], [1.0, 1.0], [1.0, 0.0], [0.0, 1.0]], "crosses itself");
        check_fault(&[[0.0, 0.0], [0.5, 0.5], [1.0, 1.0]], "crosses itself");
        check_fault(&[[0.2, 0.2], [0.2, 0.2], [0.8, 0.8], [0.2, 0.8]], "crosses itself");
        // A corner on another side.
        check_fault(
            &[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.5, 0.0], [0.0, 1.0]],
            "crosses itself",
        );
        check_fault(&[[0.0, 0.0], [0.001, 0.0], [0.0, 0.001]], "no area");
    }

    #[test]
    fn good_polygons_are_taken_in_both_directions() {
        for corners in [&SQUARE[..], &L[..]] {
            let turned: Vec<_> = corners.iter().rev().copied().collect();
            assert!(Polygon::try_from(corners).is_ok() && Polygon::try_from(&turned[..]).is_ok());
        }
        // A corner in the middle of a straight side.
        assert!(Polygon::try_from(&[[0.0, 0.0], [0.5, 0.0], [1.0, 0.0], [0.5, 1.0]][..]).is_ok());
    }

    #[test]
    fn the_moving_share_is_that_of_the_zone() {
        let mut motion =
            Motion { fraction: 0.0, mask_width: 10, mask_height: 10, mask: vec![false; 100] };
        motion.mask[..50].fill(true);
        let mut raster = Raster::default();
        assert_eq!(raster.moving(&polygon(&SQUARE), &motion), 0.5);
        let mut upper = Raster::default();
        assert_eq!(
            upper.moving(&polygon(&[[0.0, 0.0], [1.0, 0.0], [1.0, 0.5], [0.0, 0.5]]), &motion),
            1.0
        );
        assert_eq!(raster.moving(&polygon(&SQUARE), &Motion::default()), 0.0);
    }

    #[test]
    fn a_zone_between_the_cells_has_one() {
        let tiny = polygon(&[[0.30, 0.30], [0.34, 0.30], [0.34, 0.34], [0.30, 0.34]]);
        assert_eq!(tiny.cells(10, 10), [33]);
    }
}
