//! Parts of a picture that are looked away from: a street behind the fence, a screen, a flag.
//!
//! A mask takes motion away, and objects whose feet are in it; the picture itself stays as it is.
//! Pure. Whether a polygon can be used was checked with the configuration.

/// The masks of one camera.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ignored {
    /// Corners as fractions 0..1 of the picture.
    polygons: Vec<Vec<[f32; 2]>>,
    /// Dots that are ignored in a picture of this size, worked out when the size changes.
    size: (usize, usize),
    dots: Vec<usize>,
}

impl Ignored {
    /// Ignores what lies in any of the polygons, whose corners are fractions 0..1 of the picture.
    #[must_use]
    pub fn new<'a>(polygons: impl IntoIterator<Item = &'a [[f32; 2]]>) -> Self {
        let polygons = polygons.into_iter().map(<[_]>::to_vec).collect();
        Self { polygons, ..Self::default() }
    }

    /// Whether a point (fractions 0..1) is ignored.
    #[must_use]
    pub fn covers(&self, point: [f32; 2]) -> bool {
        self.polygons.iter().any(|corners| is_inside(corners, point))
    }

    /// Takes out of a mask of this size (width, height; row by row) what is ignored.
    pub fn clear(&mut self, mask: &mut [bool], size: (usize, usize)) {
        if self.polygons.is_empty() {
            return;
        }
        if self.size != size {
            let middle = |at: usize, len: usize| (at as f32 + 0.5) / len as f32;
            let point = |at: usize| [middle(at % size.0, size.0), middle(at / size.0, size.1)];
            self.dots = (0..mask.len()).filter(|&at| self.covers(point(at))).collect();
            self.size = size;
        }
        for &dot in &self.dots {
            mask[dot] = false;
        }
    }
}

/// Even-odd rule: a ray to the right crosses the sides of a polygon an odd number of times.
fn is_inside(corners: &[[f32; 2]], [x, y]: [f32; 2]) -> bool {
    let ends = corners.iter().cycle().skip(1);
    let crossed = corners.iter().zip(ends).filter(|([x0, y0], [x1, y1])| {
        (*y0 > y) != (*y1 > y) && x < x0 + (y - y0) / (y1 - y0) * (x1 - x0)
    });
    crossed.count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEFT: [[f32; 2]; 4] = [[0.0, 0.0], [0.5, 0.0], [0.5, 1.0], [0.0, 1.0]];
    const TIP: [[f32; 2]; 3] = [[0.6, 0.0], [1.0, 0.0], [0.8, 0.4]];

    fn check(point: [f32; 2], expect: bool) {
        let ignored = Ignored::new([&LEFT[..], &TIP[..]]);
        assert_eq!(ignored.covers(point), expect, "{point:?}");
    }

    #[test]
    fn a_point_is_ignored_in_any_of_the_masks() {
        check([0.2, 0.9], true);
        check([0.55, 0.1], false);
        check([0.8, 0.2], true);
        check([0.62, 0.3], false);
        assert!(!Ignored::default().covers([0.2, 0.9]));
    }

    #[test]
    fn dots_are_taken_out_by_their_middle_also_after_a_change_of_size() {
        let mut ignored = Ignored::new([&LEFT[..]]);
        let mut clear = |width: usize, height: usize| {
            let mut mask = vec![true; width * height];
            ignored.clear(&mut mask, (width, height));
            mask
        };
        assert_eq!(clear(4, 1), [false, false, true, true]);
        assert_eq!(clear(2, 2), [false, true, false, true]);
        let mut all = [true; 2];
        Ignored::default().clear(&mut all, (2, 1));
        assert_eq!(all, [true; 2]);
    }
}
