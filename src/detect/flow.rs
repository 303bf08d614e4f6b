//! How fast and where to the picture's parts move between two looks: dense optical flow.
//!
//! Inverse search of patches with densification, after Kroeger 2016 ("Fast Optical Flow using Dense
//! Inverse Search", arXiv:1603.03590), without its variational refinement, which changed nothing in
//! the anomaly score. Patches are compared without their mean, so that a cloud is no movement. Own
//! code, pure. As exact as a speed in body heights needs: the finest level is half of the picture.

use super::motion::Plane;
use crate::camera::grey::shrink_to_grey;

/// Side of a patch, cells (the paper's 8).
const PATCH: usize = 8;
/// Cells between two patches (half of a patch, the paper's overlap for its fast setting).
const STRIDE: usize = 4;
/// Steps of descent of a patch in each pass (the paper's 12, in two passes).
const STEPS: usize = 6;
/// Border of a level, cells: the farthest a patch may leave the picture.
const BORDER: usize = 16;
/// Levels never get smaller than this, cells: a handful of patches.
const SIDE_MIN: usize = 24;
/// Levels below the half picture; with them 60 px in a step are found (guess, revisit).
const LEVELS_MAX: usize = 4;
/// Added to the structure of a patch, so that a plain wall stays where it is.
const STRUCTURE_MIN: f32 = 30.0;
/// Step below which a patch has arrived, cells.
const ARRIVED: f32 = 0.02;
/// A neighbour's displacement that differs by less is not tried, cells.
const NEWS_MIN: f32 = 0.1;
/// Variance of the change below which a patch stands still, grey levels squared: noise of a half
/// picture after a mean of four pixels (guess, revisit). Four patches of five need no search.
const STILL: f32 = 2.0;

/// The values of a patch.
type Cells = [f32; PATCH * PATCH];
const NOTHING: Cells = [0.0; PATCH * PATCH];

/// Where each cell was before: displacement from then to now, px of the planes.
#[derive(Clone, Debug, PartialEq)]
pub struct Flow {
    /// Cells across and down: half of the plane.
    pub width: usize,
    pub height: usize,
    /// `height * width` displacements (right, down), px of the plane.
    pub moved: Vec<[f32; 2]>,
}

/// Largest width in px of the planes between which flow is looked for: half of the usual 640.
const WIDTH_PX: u32 = 384;

/// A plane for the flow out of packed BGR (`height * width * 3` bytes); `None` for no picture.
#[must_use]
pub fn plane(bgr: &[u8], size: (u32, u32)) -> Option<Plane> {
    if bgr.len() != size.0 as usize * size.1 as usize * 3 {
        return None;
    }
    let grey = shrink_to_grey(bgr, size, WIDTH_PX);
    Plane::shrunk(&grey.luma, grey.width, grey.height)
}

/// The flow from `before` to `now`; `None` when their sizes differ or are too small for patches.
#[must_use]
pub fn flow(before: &Plane, now: &Plane) -> Option<Flow> {
    if (before.width, before.height) != (now.width, now.height) {
        return None;
    }
    let (then_levels, now_levels) = (levels(before), levels(now));
    let mut field: Option<Field> = None;
    for (then, now) in then_levels.iter().zip(&now_levels).rev() {
        field = Some(refine(now, then, field.as_ref()));
    }
    let field = field?;
    // Found from now back to then, in cells of two px.
    let moved = field.back.iter().map(|back| [-2.0 * back[0], -2.0 * back[1]]).collect();
    Some(Flow { width: field.width, height: field.height, moved })
}

/// One picture of the pyramid, with a border of repeated edge cells.
struct Level {
    width: usize,
    height: usize,
    row: usize,
    values: Vec<f32>,
}

impl Level {
    /// From `width * height` values.
    fn new(width: usize, height: usize, values: &[f32]) -> Self {
        let row = width + 2 * BORDER;
        let mut bordered = Vec::with_capacity(row * (height + 2 * BORDER));
        for y in 0..height + 2 * BORDER {
            let from = y.saturating_sub(BORDER).min(height - 1) * width;
            let line = &values[from..from + width];
            bordered.extend(std::iter::repeat_n(line[0], BORDER));
            bordered.extend_from_slice(line);
            bordered.extend(std::iter::repeat_n(line[width - 1], BORDER));
        }
        Self { width, height, row, values: bordered }
    }

    const fn at(&self, x: usize, y: usize) -> usize {
        (y + BORDER) * self.row + x + BORDER
    }

    /// The patch whose upper left corner is (`x`, `y`), read between cells.
    fn patch(&self, x: f32, y: f32, out: &mut Cells) {
        let edge = BORDER as f32;
        let x = (x + edge).clamp(0.0, (self.width + 2 * BORDER - PATCH - 2) as f32);
        let y = (y + edge).clamp(0.0, (self.height + 2 * BORDER - PATCH - 2) as f32);
        let (left, top) = (x as usize, y as usize);
        let (fx, fy) = (x - left as f32, y - top as f32);
        let weights = [(1.0 - fx) * (1.0 - fy), fx * (1.0 - fy), (1.0 - fx) * fy, fx * fy];
        let mut lines = self.values[top * self.row + left..].chunks(self.row);
        let mut upper = across(lines.next(), weights);
        for cells in out.chunks_exact_mut(PATCH) {
            let lower = across(lines.next(), weights);
            for (column, cell) in cells.iter_mut().enumerate() {
                *cell = upper.0[column] + lower.1[column];
            }
            upper = lower;
        }
    }
}

/// The next cells of a line, weighted between neighbours as the upper line and as the lower one.
fn across(line: Option<&[f32]>, weights: [f32; 4]) -> ([f32; PATCH], [f32; PATCH]) {
    let mut out = ([0.0; PATCH], [0.0; PATCH]);
    let Some(cells) = line.and_then(|line| line.first_chunk::<{ PATCH + 1 }>()) else { return out };
    for column in 0..PATCH {
        out.0[column] = weights[0] * cells[column] + weights[1] * cells[column + 1];
        out.1[column] = weights[2] * cells[column] + weights[3] * cells[column + 1];
    }
    out
}

/// The half picture, its half, and so on. Empty for a picture too small to have any.
fn levels(plane: &Plane) -> Vec<Level> {
    let (mut width, mut height) = (plane.width, plane.height);
    let mut values = plane.values.clone();
    let mut levels = Vec::new();
    while levels.len() < LEVELS_MAX && width.min(height) / 2 >= SIDE_MIN {
        let (half_width, half_height) = (width / 2, height / 2);
        let mut half = Vec::with_capacity(half_width * half_height);
        for lines in values.chunks_exact(2 * width).take(half_height) {
            let (upper, lower) = lines.split_at(width);
            let pairs = upper.chunks_exact(2).zip(lower.chunks_exact(2));
            half.extend(pairs.map(|(a, b)| (a[0] + a[1] + b[0] + b[1]) / 4.0));
        }
        (width, height, values) = (half_width, half_height, half);
        levels.push(Level::new(width, height, &values));
    }
    levels
}

/// Displacements of all cells of a level, back in time, in cells.
struct Field {
    width: usize,
    height: usize,
    back: Vec<[f32; 2]>,
}

/// One patch of the present and how it reacts to being shifted.
struct Patch {
    x: usize,
    y: usize,
    values: Cells,
    across: Cells,
    down: Cells,
    /// Inverse of the structure tensor: xx, xy, yy.
    inverse: [f32; 3],
}

/// The search on one level, from the result of the coarser one.
fn refine(now: &Level, then: &Level, coarser: Option<&Field>) -> Field {
    let places = |length: usize| (length - PATCH) / STRIDE + 1;
    let (columns, rows) = (places(now.width), places(now.height));
    let place = |index: usize| (index % columns * STRIDE, index / columns * STRIDE);
    let patches: Vec<Option<Patch>> = (0..columns * rows)
        .map(place)
        .map(|(x, y)| (!is_still(now, then, x, y)).then(|| Patch::new(now, x, y)))
        .collect();
    let begin = |patch: &Option<Patch>| patch.as_ref().map_or([0.0; 2], |p| p.begin(now, coarser));
    let mut found: Vec<[f32; 2]> = patches.iter().map(begin).collect();
    let mut order: Vec<usize> = (0..patches.len()).collect();
    // Forward, good news comes from the left and from above; back, from the right and from below.
    for (beside, above) in [(-1, -(columns as isize)), (1, columns as isize)] {
        for &index in &order {
            let Some(patch) = &patches[index] else { continue };
            let column = (index % columns).checked_add_signed(beside).filter(|c| *c < columns);
            let beside = column.and(index.checked_add_signed(beside));
            let above = index.checked_add_signed(above);
            let news = |index: Option<usize>| index.and_then(|index| found.get(index)).copied();
            let (beside, above) = (news(beside), news(above));
            found[index] = patch.search(then, found[index], [beside, above]);
        }
        order.reverse();
    }
    densify(now, then, &patches, (&found, columns))
}

/// Whether nothing but noise changed between two cells' worth of pictures.
fn is_still(now: &Level, then: &Level, x: usize, y: usize) -> bool {
    let (mut sum, mut squares) = (0.0, 0.0);
    for line in 0..PATCH {
        let at = now.at(x, y + line);
        let pairs = now.values[at..at + PATCH].iter().zip(&then.values[at..at + PATCH]);
        for (now, then) in pairs {
            let difference = now - then;
            sum += difference;
            squares += difference * difference;
        }
    }
    let cells = (PATCH * PATCH) as f32;
    squares / cells - (sum / cells) * (sum / cells) < STILL
}

impl Patch {
    fn new(level: &Level, x: usize, y: usize) -> Self {
        let mut patch =
            Self { x, y, values: NOTHING, across: NOTHING, down: NOTHING, inverse: [0.0; 3] };
        for line in 0..PATCH {
            let at = level.at(x, y + line);
            let cells = |from: usize| &level.values[from..from + PATCH];
            let (left, right) = (cells(at - 1), cells(at + 1));
            let (upper, lower) = (cells(at - level.row), cells(at + level.row));
            let out = line * PATCH;
            patch.values[out..out + PATCH].copy_from_slice(cells(at));
            for column in 0..PATCH {
                patch.across[out + column] = (right[column] - left[column]) / 2.0;
                patch.down[out + column] = (lower[column] - upper[column]) / 2.0;
            }
        }
        for values in [&mut patch.values, &mut patch.across, &mut patch.down] {
            let mean = mean(values);
            values.iter_mut().for_each(|value| *value -= mean);
        }
        let xx = product(&patch.across, &patch.across) + STRUCTURE_MIN;
        let xy = product(&patch.across, &patch.down);
        let yy = product(&patch.down, &patch.down) + STRUCTURE_MIN;
        let determinant = xx * yy - xy * xy;
        patch.inverse = [yy / determinant, -xy / determinant, xx / determinant];
        patch
    }

    /// What the coarser level says.
    fn begin(&self, level: &Level, coarser: Option<&Field>) -> [f32; 2] {
        let Some(field) = coarser else { return [0.0; 2] };
        let half = |place: usize, of: usize, to: usize| (place + PATCH / 2) * to / of;
        let x = half(self.x, level.width, field.width).min(field.width - 1);
        let y = half(self.y, level.height, field.height).min(field.height - 1);
        field.back[y * field.width + x].map(|back| 2.0 * back)
    }

    /// Difference to `then` at a displacement, both without their means.
    fn difference(&self, then: &Level, back: [f32; 2]) -> Cells {
        let mut other = NOTHING;
        then.patch(self.x as f32 + back[0], self.y as f32 + back[1], &mut other);
        let mean = mean(&other);
        for (other, value) in other.iter_mut().zip(&self.values) {
            *other -= mean + value;
        }
        other
    }

    /// Error at a displacement, and the step that would lessen it.
    fn compare(&self, then: &Level, back: [f32; 2]) -> (f32, [f32; 2]) {
        let difference = self.difference(then, back);
        let (across, down) = (product(&self.across, &difference), product(&self.down, &difference));
        let [xx, xy, yy] = self.inverse;
        let step = [xx * across + xy * down, xy * across + yy * down];
        (product(&difference, &difference), step)
    }

    /// The best of what is `known` and the neighbours' `news`, improved by steepest descent.
    fn search(&self, then: &Level, known: [f32; 2], news: [Option<[f32; 2]>; 2]) -> [f32; 2] {
        let (mut back, (mut error, mut step)) = (known, self.compare(then, known));
        for other in news.into_iter().flatten() {
            // Neighbours mostly agree already.
            if (other[0] - back[0]).abs().max((other[1] - back[1]).abs()) > NEWS_MIN {
                let compared = self.compare(then, other);
                if compared.0 < error {
                    (back, (error, step)) = (other, compared);
                }
            }
        }
        let began = back;
        for _ in 0..STEPS {
            let next = [back[0] - step[0], back[1] - step[1]];
            // Who wanders farther than a patch has lost its way (Kroeger 2016, 2.3).
            if (next[0] - began[0]).hypot(next[1] - began[1]) > PATCH as f32 {
                return began;
            }
            let (next_error, next_step) = self.compare(then, next);
            if next_error >= error {
                break;
            }
            (back, error, step) = (next, next_error, next_step);
            if step[0].abs().max(step[1].abs()) < ARRIVED {
                break;
            }
        }
        back
    }
}

fn mean(cells: &Cells) -> f32 {
    cells.iter().sum::<f32>() / cells.len() as f32
}

/// In eight lanes, so that the compiler can use the processor's vectors.
fn product(a: &Cells, b: &Cells) -> f32 {
    let mut lanes = [0.0_f32; PATCH];
    for (a, b) in a.chunks_exact(PATCH).zip(b.chunks_exact(PATCH)) {
        for (lane, (a, b)) in lanes.iter_mut().zip(a.iter().zip(b)) {
            *lane += a * b;
        }
    }
    lanes.iter().sum()
}

/// Every cell gets the mean of its patches, weighted by how well each explains it.
fn densify(
    now: &Level,
    then: &Level,
    patches: &[Option<Patch>],
    (found, columns): (&[[f32; 2]], usize),
) -> Field {
    let (width, height) = (now.width, now.height);
    let mut sums = vec![[0.0_f32; 3]; width * height];
    for (index, (patch, back)) in patches.iter().zip(found).enumerate() {
        let (x, y) = (index % columns * STRIDE, index / columns * STRIDE);
        let differences = patch.as_ref().map_or(NOTHING, |patch| patch.difference(then, *back));
        for (line, differences) in differences.chunks_exact(PATCH).enumerate() {
            let at = (y + line) * width + x;
            for (sum, difference) in sums[at..at + PATCH].iter_mut().zip(differences) {
                let weight = 1.0 / difference.abs().max(1.0);
                sum[0] += weight * back[0];
                sum[1] += weight * back[1];
                sum[2] += weight;
            }
        }
    }
    // The last cells of a line or column that no patch reaches take their neighbour's.
    let reached = |length: usize| (length - PATCH) / STRIDE * STRIDE + PATCH - 1;
    let (last_x, last_y) = (reached(width), reached(height));
    let cell = |at: usize| sums[(at / width).min(last_y) * width + (at % width).min(last_x)];
    let back = (0..width * height).map(cell).map(|sum| [sum[0] / sum[2], sum[1] / sum[2]]);
    Field { width, height, back: back.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: (usize, usize) = (160, 120);

    /// A picture with structure, in which the middle has moved, on ground that stands.
    fn picture(moved: (f32, f32), light: f32) -> Plane {
        let dot = |at: usize| {
            let (x, y) = ((at % SIZE.0) as f32, (at / SIZE.0) as f32);
            let inside = (50.0..110.0).contains(&x) && (30.0..90.0).contains(&y);
            let (x, y) = if inside { (x - moved.0, y - moved.1) } else { (x, y) };
            let waves = (x / 5.0).sin() * (y / 7.0).cos() + (x / 11.0 + y / 6.0).sin();
            light + 120.0 + 40.0 * waves
        };
        Plane { width: SIZE.0, height: SIZE.1, values: (0..SIZE.0 * SIZE.1).map(dot).collect() }
    }

    /// Flow in the middle of the moved part, px.
    fn check(moved: (f32, f32), light: f32, tolerance: f32) {
        let found = flow(&picture((0.0, 0.0), 0.0), &picture(moved, light)).expect("large enough");
        assert_eq!((found.width, found.height), (80, 60));
        let [right, down] = found.moved[30 * 80 + 40];
        let off = (right - moved.0).hypot(down - moved.1);
        assert!(off <= tolerance, "({right}, {down}) and not {moved:?}");
        assert_eq!(found.moved[5 * 80 + 5], [0.0, 0.0]);
    }

    #[test]
    fn what_moves_is_found_and_what_stands_is_exactly_still() {
        check((0.0, 0.0), 0.0, 0.0);
        check((3.0, 0.0), 0.0, 0.3);
        check((0.0, -4.0), 0.0, 0.3);
        check((-6.0, 2.0), 0.0, 0.5);
    }

    #[test]
    fn a_cloud_over_everything_is_no_movement() {
        check((0.0, 0.0), -30.0, 0.0);
        check((3.0, 1.0), 20.0, 0.3);
    }

    #[test]
    fn pictures_of_other_sizes_and_tiny_ones_have_no_flow() {
        let tiny = Plane { width: 20, height: 20, values: vec![0.0; 400] };
        assert_eq!(flow(&tiny, &tiny), None);
        assert_eq!(flow(&tiny, &picture((0.0, 0.0), 0.0)), None);
        assert_eq!(plane(&[0; 5], (2, 1)), None);
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config::with_cases(8))]
        #[test]
        fn whatever_is_in_two_pictures_the_flow_is_a_number(
            values in proptest::collection::vec(0.0f32..255.0, 2 * 53 * 50),
        ) {
            let plane = |values: &[f32]| Plane { width: 53, height: 50, values: values.to_vec() };
            let (then, now) = values.split_at(53 * 50);
            let found = flow(&plane(then), &plane(now)).expect("large enough");
            assert!(found.moved.iter().flatten().all(|part| part.is_finite()));
        }
    }
}
