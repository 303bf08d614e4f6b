//! What is measured of one small grey picture to tell whether its camera still sees its scene.
//!
//! Everything here is about the picture as a whole; what moves in it is another matter
//! (`motion.rs`). Pure arithmetic, about 0.1 ms for 160 x 90 dots.

/// Dots of the picture that are joined across and down before edges are looked for: noise shrinks
/// to half, a leaf and a tile vanish.
const JOIN: usize = 2;
/// Blocks across and down in which a view is compared: a passer-by close to the camera fills a
/// quarter of them, a lorry half (guess, revisit).
pub(super) const COLUMNS: usize = 10;
/// See `COLUMNS`.
pub(super) const ROWS: usize = 6;
/// Squares across and down of the coarse picture: what is left of a scene out of focus.
const COARSE_COLUMNS: usize = 20;
/// See `COARSE_COLUMNS`.
const COARSE_ROWS: usize = 12;
/// Squares of the coarse picture.
pub(super) const COARSE: usize = COARSE_COLUMNS * COARSE_ROWS;
/// Grey level from which on a dot is dazzled; encoders end at 235 or at 255.
const BRIGHT: u8 = 230;

/// One picture in figures.
#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    /// Columns and rows of `edges`.
    pub(super) size: (usize, usize),
    /// Mean grey level.
    pub(super) mean: f32,
    /// Share 0..1 of dots that are dazzled.
    pub(super) bright: f32,
    /// Share 0..1 of dots exactly like their right and their lower neighbour: no sensor does that.
    pub(super) flat: f32,
    /// How steep the picture is at each joined dot, grey levels over two dots, both directions.
    pub(super) edges: Vec<f32>,
    /// Mean grey levels of `COARSE_COLUMNS * COARSE_ROWS` squares.
    pub(super) coarse: Vec<f32>,
    /// How fine the picture is in each of `COLUMNS * ROWS` blocks: bends between neighbouring
    /// joined dots, grey levels, noise included.
    pub(super) fine: Vec<f32>,
    /// Deviation of the noise of a joined dot, grey levels.
    pub(super) noise: f32,
}

impl Measure {
    /// Measures `height * width` grey bytes. `None` when they do not match the size, or when the
    /// picture is too small to be judged.
    #[must_use]
    pub fn of(grey: &[u8], (width, height): (usize, usize)) -> Option<Self> {
        let size = (width / JOIN, height / JOIN);
        if grey.len() != width * height || size.0 < 2 * COLUMNS || size.1 < 2 * ROWS {
            return None;
        }
        let joined = join(grey, width, size);
        let count = grey.len() as f32;
        let bright = grey.iter().filter(|&&dot| dot >= BRIGHT).count() as f32 / count;
        Some(Self {
            size,
            mean: joined.iter().sum::<f32>() / joined.len() as f32,
            bright,
            flat: flat(grey, width),
            edges: edges(&joined, size),
            coarse: means(&joined, size, (COARSE_COLUMNS, COARSE_ROWS)),
            fine: means(&inner(&joined, size, bend), size, (COLUMNS, ROWS)),
            noise: noise(&joined, size),
        })
    }
}

fn join(grey: &[u8], width: usize, (columns, rows): (usize, usize)) -> Vec<f32> {
    let mut joined = Vec::with_capacity(columns * rows);
    for lines in grey.chunks_exact(width * JOIN).take(rows) {
        let (upper, lower) = lines.split_at(width);
        let pairs = upper.chunks_exact(JOIN).zip(lower.chunks_exact(JOIN));
        let sum = |pair: &[u8]| u16::from(pair[0]) + u16::from(pair[1]);
        joined.extend(pairs.map(|(a, b)| f32::from(sum(a) + sum(b)) / 4.0));
    }
    joined
}

/// Share of dots that equal their right and their lower neighbour.
fn flat(grey: &[u8], width: usize) -> f32 {
    let mut same = 0_usize;
    let mut all = 0_usize;
    for lines in grey.windows(2 * width).step_by(width) {
        let (line, below) = lines.split_at(width);
        let runs = line.iter().zip(&line[1..]).zip(below);
        same += runs.filter(|((dot, right), below)| dot == right && dot == below).count();
        all += width - 1;
    }
    same as f32 / all.max(1) as f32
}

/// Three by three neighbours as a function sees them, from the upper left line by line.
type Around<'a> = [&'a [f32]; 3];

/// A value for each joined dot that has neighbours all around; 0 for the others.
fn inner(
    joined: &[f32],
    (columns, rows): (usize, usize),
    value: impl Fn(Around<'_>, usize) -> f32,
) -> Vec<f32> {
    let mut values = vec![0.0; joined.len()];
    for row in 1..rows - 1 {
        let line = |row: usize| &joined[row * columns..(row + 1) * columns];
        let around = [line(row - 1), line(row), line(row + 1)];
        let out = &mut values[row * columns..(row + 1) * columns];
        for (at, out) in out.iter_mut().enumerate().take(columns - 1).skip(1) {
            *out = value(around, at);
        }
    }
    values
}

fn edges(joined: &[f32], size: (usize, usize)) -> Vec<f32> {
    inner(joined, size, |[above, line, below], at| {
        (line[at + 1] - line[at - 1]).abs() + (below[at] - above[at]).abs()
    })
}

fn bend([above, line, below]: Around<'_>, at: usize) -> f32 {
    let twice = 2.0 * line[at];
    (twice - line[at - 1] - line[at + 1]).abs() + (twice - above[at] - below[at]).abs()
}

/// The noise of a single picture after Immerkaer, "Fast Noise Variance Estimation" (1996), in the
/// quietest tenth of the blocks: textures are no noise.
fn noise(joined: &[f32], size: (usize, usize)) -> f32 {
    let both = inner(joined, size, |[above, line, below], at| {
        let across = |line: &[f32]| line[at - 1] - 2.0 * line[at] + line[at + 1];
        (across(above) - 2.0 * across(line) + across(below)).abs()
    });
    let mut blocks = means(&both, size, (COLUMNS, ROWS));
    let quiet = *blocks.select_nth_unstable_by(COLUMNS * ROWS / 10, f32::total_cmp).1;
    quiet * (std::f32::consts::PI / 2.0).sqrt() / 6.0
}

/// The means of `across.0 * across.1` blocks of a plane, row by row.
pub(super) fn means(
    plane: &[f32],
    (columns, rows): (usize, usize),
    across: (usize, usize),
) -> Vec<f32> {
    let mut sums = vec![(0.0, 0.0); across.0 * across.1];
    for (row, line) in plane.chunks_exact(columns).enumerate() {
        let first = row * across.1 / rows * across.0;
        for (column, value) in line.iter().enumerate() {
            let (sum, count) = &mut sums[first + column * across.0 / columns];
            *sum += value;
            *count += 1.0;
        }
    }
    sums.into_iter().map(|(sum, count)| sum / count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: (usize, usize) = (40, 24);

    fn measure(dot: impl Fn(usize, usize) -> u8) -> Measure {
        let grey: Vec<u8> = (0..SIZE.0 * SIZE.1).map(|at| dot(at % SIZE.0, at / SIZE.0)).collect();
        Measure::of(&grey, SIZE).unwrap()
    }

    #[test]
    fn a_uniform_picture_is_flat_and_has_no_edges() {
        let blue = measure(|_, _| 29);
        assert_eq!((blue.mean, blue.flat, blue.bright), (29.0, 1.0, 0.0));
        assert!(blue.edges.iter().all(|&edge| edge == 0.0));
        let bars = measure(|x, _| (x / 8 * 40) as u8);
        assert!(bars.flat > 0.85, "{}", bars.flat);
        let noise = measure(|x, y| (50 + (x * 7 + y * 13) % 5) as u8);
        assert!(noise.flat < 0.1, "{}", noise.flat);
    }

    #[test]
    fn an_edge_is_where_it_is() {
        let halves = measure(|x, _| if x < 20 { 20 } else { 240 });
        assert_eq!(halves.bright, 0.5);
        let blocks = means(&halves.edges, halves.size, (COLUMNS, ROWS));
        assert!(blocks[COLUMNS + 4] > 100.0 && blocks[COLUMNS + 1] == 0.0, "{blocks:?}");
        assert_eq!((halves.coarse[0], halves.coarse[COARSE_COLUMNS - 1]), (20.0, 240.0));
    }

    #[test]
    fn noise_is_told_from_edges() {
        let step = measure(|x, _| if x < 20 { 20 } else { 240 });
        assert_eq!(step.noise, 0.0);
        let chance = |x: usize, y: usize| ((x * 31 + y * 17).wrapping_mul(2_654_435_761) >> 13) % 9;
        let noisy = measure(|x, y| (100 + chance(x, y)) as u8);
        // Nine even steps have a deviation of 2.6, the mean of four of them half.
        assert!((0.02..3.0).contains(&noisy.noise), "{}", noisy.noise);
    }

    #[test]
    fn a_picture_that_cannot_be_judged_has_no_measure() {
        assert_eq!(Measure::of(&[0; 10], (40, 24)), None);
        assert_eq!(Measure::of(&[0; 16], (4, 4)), None);
        assert_eq!(Measure::of(&[], (0, 0)), None);
    }
}
