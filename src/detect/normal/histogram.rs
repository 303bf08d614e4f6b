//! How often which value was seen: a histogram that can be added up, forgotten and asked for
//! quantiles. Pure.

/// Cells of a histogram: fine enough that a quantile is exact to a hundredth of a term's scale.
const CELLS: usize = 512;

/// Weights of values in `CELLS` equal cells; what lies outside counts in the outermost ones.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    pub from: f32,
    pub to: f32,
    pub cells: Vec<f32>,
}

impl Histogram {
    /// An empty one for values between `from` and `to`.
    #[must_use]
    pub fn new(from: f32, to: f32) -> Self {
        Self { from, to, cells: vec![0.0; CELLS] }
    }

    /// Width of a cell.
    #[must_use]
    pub fn step(&self) -> f32 {
        (self.to - self.from) / self.cells.len() as f32
    }

    /// Takes a value in; what is no number is left out.
    pub fn add(&mut self, value: f32) {
        if value.is_nan() {
            return;
        }
        let at = ((value - self.from) / self.step()).max(0.0) as usize;
        let last = self.cells.len() - 1;
        self.cells[at.min(last)] += 1.0;
    }

    /// Forgets all but a share 0..1 and adds what was newly learnt.
    pub fn merge(&mut self, kept: f32, new: &Self) {
        for (cell, new) in self.cells.iter_mut().zip(&new.cells) {
            *cell = *cell * kept + new;
        }
    }

    /// Sum of all weights.
    #[must_use]
    pub fn weight(&self) -> f32 {
        self.cells.iter().sum()
    }

    /// The value below which a share 0..1 lies; `None` when empty.
    #[must_use]
    pub fn quantile(&self, share: f32) -> Option<f32> {
        let wanted = self.weight() * share;
        let mut below = 0.0;
        for (at, weight) in self.cells.iter().enumerate().filter(|(_, weight)| **weight > 0.0) {
            if below + weight >= wanted {
                let inside = ((wanted - below) / weight).clamp(0.0, 1.0);
                return Some(self.from + (at as f32 + inside) * self.step());
            }
            below += weight;
        }
        None
    }

    /// The middle one of the values above `limit`; `None` if there are none.
    #[must_use]
    pub fn median_above(&self, limit: f32) -> Option<f32> {
        let first = ((limit - self.from) / self.step()).max(0.0) as usize;
        let below: f32 = self.cells.iter().take(first).sum();
        let all = self.weight();
        (all > below).then(|| self.quantile((below + all) / 2.0 / all)).flatten()
    }

    /// Mean of what values above `limit` exceed it by, and their share; `None` if there are none.
    #[must_use]
    pub fn excess(&self, limit: f32) -> Option<(f32, f32)> {
        let middle = |at: usize| self.from + (at as f32 + 0.5) * self.step();
        let above = self.cells.iter().enumerate().map(|(at, weight)| (middle(at) - limit, weight));
        let above = above.filter(|(excess, weight)| *excess > 0.0 && **weight > 0.0);
        let (sum, weight) =
            above.fold((0.0, 0.0), |sums, (excess, w)| (sums.0 + excess * w, sums.1 + w));
        (weight > 0.0).then(|| (sum / weight, weight / self.weight()))
    }
}
