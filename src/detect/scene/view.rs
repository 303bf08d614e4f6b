//! What a camera usually sees, and how much of it a picture still shows.
//!
//! A view is remembered by its edges: they stay where they are when lamps, clouds, dusk and the
//! switch to infrared change every grey level. Blocks of the picture are compared each by itself,
//! so that whoever passes takes away only what he hides. Pure.

use super::measure::{COARSE, COLUMNS, Measure, ROWS, means};

/// Mean steepness of a block, above noise, from which on it has edges to know it by, grey levels.
/// Measured with `tests/tamper.rs`: asphalt has 1, a kerb at night 4.
const STRUCTURE: f32 = 2.0;
/// Correlation 0..1 of edges from which on a block is the same. Other views reach 0.3 by chance,
/// the same one under noise, rain and infrared 0.5 to 1 (measured with `tests/tamper.rs`).
const SAME: f32 = 0.42;
/// Steepness and bends that noise of one grey level makes: the mean sizes of two differences of two
/// normal numbers, and of two sums of one taken twice and two others.
const STEEP_NOISE: f32 = 2.26;
const BENT_NOISE: f32 = 3.9;
/// Bends of a block, above noise, below which it says nothing about sharpness, grey levels.
const FINE_MIN: f32 = 1.5;
/// Fewest blocks by which sharpness is judged, of 60.
const FINE_BLOCKS: usize = 5;
/// A block whose bends are no more than this many times its noise is not judged for sharpness.
const FINE_NOISE: f32 = 3.0;

/// What a camera usually sees.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    size: (usize, usize),
    edges: Vec<f32>,
    coarse: Vec<f32>,
    /// Bends of each block above noise.
    fine: Vec<f32>,
    noise: f32,
}

/// How a picture compares with a view.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Likeness {
    /// Blocks of the view that have edges to know them by.
    pub known: usize,
    /// Share 0..1 of these that the picture shows.
    pub kept: f32,
    /// Blocks of the picture that have edges.
    pub own: usize,
    /// How fine the blocks are against the view, the middle one of them, once the contrast of the
    /// whole picture is taken out; 1 where that cannot be told.
    pub sharp: f32,
    /// Correlation -1..1 of the coarse pictures.
    pub coarse: f32,
}

impl View {
    /// The view of one picture.
    #[must_use]
    pub fn of(now: &Measure) -> Self {
        Self {
            size: now.size,
            edges: now.edges.clone(),
            coarse: now.coarse.clone(),
            fine: above_noise(now),
            noise: now.noise,
        }
    }

    /// Takes the share `rate` 0..1 of a picture in; one of another size is a new view.
    pub fn learn(&mut self, now: &Measure, rate: f32) {
        if self.size != now.size {
            *self = Self::of(now);
            return;
        }
        let blend = |old: &mut [f32], new: &[f32]| {
            old.iter_mut().zip(new).for_each(|(old, new)| *old += rate * (new - *old));
        };
        blend(&mut self.edges, &now.edges);
        blend(&mut self.coarse, &now.coarse);
        blend(&mut self.fine, &above_noise(now));
        self.noise += rate * (now.noise - self.noise);
    }

    /// How a picture compares with this view; nothing alike in one of another size.
    #[must_use]
    pub fn likeness(&self, now: &Measure) -> Likeness {
        if self.size != now.size {
            return Likeness { known: 0, kept: 0.0, own: 0, sharp: 1.0, coarse: 0.0 };
        }
        let steep = |edges: &[f32], noise: f32| {
            let above = |mean: f32| (mean - STEEP_NOISE * noise).max(0.0);
            means(edges, self.size, (COLUMNS, ROWS)).into_iter().map(above).collect::<Vec<f32>>()
        };
        let (usual, current) = (steep(&self.edges, self.noise), steep(&now.edges, now.noise));
        let same = correlations(&self.edges, &now.edges, self.size);
        let known: Vec<usize> = (0..usual.len()).filter(|&at| usual[at] >= STRUCTURE).collect();
        let kept = known.iter().filter(|&&at| same[at] >= SAME).count();
        Likeness {
            known: known.len(),
            kept: kept as f32 / known.len().max(1) as f32,
            own: current.iter().filter(|&&steep| steep >= STRUCTURE).count(),
            sharp: self.sharpness(now),
            coarse: correlation(&self.coarse, &now.coarse),
        }
    }

    /// See `Likeness::sharp`.
    fn sharpness(&self, now: &Measure) -> f32 {
        let contrast = (deviation(&now.coarse) / deviation(&self.coarse).max(0.5)).max(0.05);
        let noise = BENT_NOISE * self.noise.max(now.noise);
        let told = |usual: f32| usual >= FINE_MIN && usual * contrast >= noise / FINE_NOISE;
        let both = self.fine.iter().zip(above_noise(now));
        let mut ratios: Vec<f32> = both
            .filter(|(usual, _)| told(**usual))
            .map(|(usual, now)| now / (usual * contrast))
            .collect();
        if ratios.len() < FINE_BLOCKS {
            return 1.0;
        }
        let middle = ratios.len() / 2;
        *ratios.select_nth_unstable_by(middle, f32::total_cmp).1
    }
}

/// The bends of each block without those of noise. Both add up as squares.
fn above_noise(now: &Measure) -> Vec<f32> {
    let noise = BENT_NOISE * now.noise;
    now.fine.iter().map(|bend| (bend * bend - noise * noise).max(0.0).sqrt()).collect()
}

/// The correlation of each block of two planes.
fn correlations(a: &[f32], b: &[f32], size: (usize, usize)) -> Vec<f32> {
    let product = |x: &[f32], y: &[f32]| -> Vec<f32> {
        let values: Vec<f32> = x.iter().zip(y).map(|(x, y)| x * y).collect();
        means(&values, size, (COLUMNS, ROWS))
    };
    let (mean_a, mean_b) = (means(a, size, (COLUMNS, ROWS)), means(b, size, (COLUMNS, ROWS)));
    let (aa, bb, ab) = (product(a, a), product(b, b), product(a, b));
    let one = |at: usize| {
        let (ma, mb) = (mean_a[at], mean_b[at]);
        let spread = (aa[at] - ma * ma).max(0.0) * (bb[at] - mb * mb).max(0.0);
        if spread < 1e-3 { 0.0 } else { (ab[at] - ma * mb) / spread.sqrt() }
    };
    (0..mean_a.len()).map(one).collect()
}

fn mean(values: &[f32]) -> f32 {
    values.iter().sum::<f32>() / values.len().max(1) as f32
}

fn deviation(values: &[f32]) -> f32 {
    let middle = mean(values);
    let squares: f32 = values.iter().map(|value| (value - middle).powi(2)).sum();
    (squares / values.len().max(1) as f32).sqrt()
}

fn correlation(a: &[f32], b: &[f32]) -> f32 {
    let (mean_a, mean_b) = (mean(a), mean(b));
    let both: f32 = a.iter().zip(b).map(|(a, b)| (a - mean_a) * (b - mean_b)).sum();
    let spread = deviation(a) * deviation(b) * a.len() as f32;
    if spread < 1e-3 { 0.0 } else { both / spread }
}

/// Steps of a grey level in which steepness is stored: finer than noise (guess, revisit).
const STEEP_SCALE: f32 = 2.0;

impl View {
    /// The view in bytes, to be stored: sizes and noise, then edges and bends in half grey levels
    /// and the coarse picture.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let byte = |value: f32| value.round().clamp(0.0, 255.0) as u8;
        let size = |len: usize| u8::try_from(len).unwrap_or(u8::MAX);
        let mut bytes = vec![2, size(self.size.0), size(self.size.1), byte(self.noise * 16.0)];
        bytes.extend(self.edges.iter().map(|edge| byte(edge * STEEP_SCALE)));
        bytes.extend(self.fine.iter().map(|bend| byte(bend * STEEP_SCALE)));
        bytes.extend(self.coarse.iter().map(|level| byte(*level)));
        bytes
    }

    /// The view that was stored; `None` for bytes of another kind or length.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let [2, columns, rows, noise, rest @ ..] = bytes else { return None };
        let size = (usize::from(*columns), usize::from(*rows));
        let (edges, rest) = rest.split_at_checked(size.0 * size.1)?;
        let (fine, coarse) = rest.split_at_checked(COLUMNS * ROWS)?;
        let levels = |bytes: &[u8]| bytes.iter().map(|&b| f32::from(b) / STEEP_SCALE).collect();
        (coarse.len() == COARSE && !edges.is_empty()).then(|| Self {
            size,
            edges: levels(edges),
            fine: levels(fine),
            coarse: coarse.iter().map(|&byte| f32::from(byte)).collect(),
            noise: f32::from(*noise) / 16.0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: (usize, usize) = (80, 48);

    fn picture(dot: impl Fn(usize, usize) -> f32) -> Measure {
        let dot = |at: usize| dot(at % SIZE.0, at / SIZE.0).clamp(0.0, 255.0) as u8;
        let grey: Vec<u8> = (0..SIZE.0 * SIZE.1).map(dot).collect();
        Measure::of(&grey, SIZE).unwrap()
    }

    /// Thirty discs strewn about, all moved by some dots.
    fn yard(x: usize, y: usize, by: usize) -> f32 {
        let chance = |n: usize, of: usize| (n.wrapping_mul(2_654_435_761) >> 7) % of;
        let disc = |n: usize| {
            let (dx, dy) = (chance(n, 90) as f32 - x as f32, chance(n + 77, 50) as f32 - y as f32);
            (dx + by as f32).hypot(dy - by as f32 / 2.0) < 3.0 + (n % 5) as f32
        };
        (0..30).rfind(|&n| disc(n)).map_or(60.0, |n| 90.0 + 4.0 * n as f32)
    }

    #[test]
    fn the_same_view_is_known_in_another_light() {
        let view = View::of(&picture(|x, y| yard(x, y, 0)));
        for (gain, shift) in [(1.0, 0.0), (0.4, 5.0), (1.3, 10.0)] {
            let likeness = view.likeness(&picture(|x, y| yard(x, y, 0) * gain + shift));
            assert!(likeness.known > 25 && likeness.kept > 0.9, "{gain}: {likeness:?}");
            assert!((0.7..1.4).contains(&likeness.sharp), "{gain}: {likeness:?}");
        }
    }

    #[test]
    fn a_moved_view_is_another_one() {
        let view = View::of(&picture(|x, y| yard(x, y, 0)));
        let likeness = view.likeness(&picture(|x, y| yard(x, y, 13)));
        assert!(likeness.kept < 0.3 && likeness.own > 25, "{likeness:?}");
    }

    #[test]
    fn a_view_is_stored_and_read_again() {
        let view = View::of(&picture(|x, y| yard(x, y, 0)));
        let again = View::from_bytes(&view.to_bytes()).unwrap();
        let likeness = again.likeness(&picture(|x, y| yard(x, y, 0)));
        assert!(likeness.kept == 1.0 && (0.9..1.1).contains(&likeness.sharp), "{likeness:?}");
        assert_eq!(View::from_bytes(&[]), None);
        assert_eq!(View::from_bytes(&[1, 10, 10, 0]), None);
        assert_eq!(View::from_bytes(&view.to_bytes()[..100]), None);
    }
}
