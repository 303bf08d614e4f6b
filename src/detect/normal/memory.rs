//! Examples of what has been seen, against which looks and sizes are compared.
//!
//! A sample of all things seen: every thing has the same chance to be in it, later ones a little
//! more, so that the seasons can change (biased reservoir after Aggarwal 2006). 500 to 8000
//! examples scored alike on Ped2. Chance is a fixed sequence: the same footage gives the same
//! memory. Pure.

use super::observe::Observation;
use crate::detect::candidate::{Looks, nearest};

/// Examples kept (recipe; 0.8 MB). On Ped2, 1000 lose 0.002 of AUC and save 2 ms a picture.
pub const EXAMPLES_MAX: usize = 2_000;
/// Nearest sizes whose mean distance counts (recipe).
const SIZE_NEIGHBOURS: usize = 3;
/// Fewest examples that say anything (guess, revisit).
const EXAMPLES_MIN: usize = 50;

/// One remembered thing.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    pub looks: Looks,
    /// See `Observation::size`; as measured when it was taken in.
    pub size: [f32; 2],
}

/// The nearest example.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Nearest {
    /// Mean of the distances 0..2 at both strides, each to its own nearest.
    pub distance: f32,
}

/// A sample of what has been seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Memory {
    pub examples: Vec<Example>,
    /// Things among which the examples were chosen; forgetting lessens it.
    pub seen: f64,
    /// State of the fixed sequence.
    pub chance: u64,
    /// Examples at most.
    pub(super) room: usize,
}

impl Default for Memory {
    fn default() -> Self {
        Self::with_room(EXAMPLES_MAX)
    }
}

impl Memory {
    /// An empty one for so many examples.
    #[must_use]
    pub const fn with_room(room: usize) -> Self {
        Self { examples: Vec::new(), seen: 0.0, chance: 0x9E37_79B9_7F4A_7C15, room }
    }

    /// Offers a thing; whether it is kept is a matter of chance.
    pub fn offer(&mut self, thing: &Observation, expected_height: f32) {
        self.seen += 1.0;
        let slot = if self.examples.len() < self.room {
            self.examples.len()
        } else {
            // A place among all things seen; only those within the memory are kept.
            (self.next() * self.seen) as usize
        };
        if slot >= self.room {
            return;
        }
        let example = Example { looks: thing.looks.clone(), size: thing.size(expected_height) };
        self.place(slot, example);
    }

    /// Takes a sample in that stands for `new.seen` things, after forgetting all but a share.
    pub fn merge(&mut self, kept: f64, new: &Self) {
        self.seen *= kept;
        let each = new.seen / new.examples.len().max(1) as f64;
        for example in &new.examples {
            self.seen += each;
            let full = self.examples.len() >= self.room;
            // An example that stands for many things is kept as often as one of them would be.
            let share = self.room as f64 * each / self.seen.max(1.0);
            if !full {
                self.place(self.examples.len(), example.clone());
            } else if self.next() < share {
                let slot = (self.next() * self.room as f64) as usize;
                self.place(slot, example.clone());
            }
        }
    }

    fn place(&mut self, slot: usize, example: Example) {
        match self.examples.get_mut(slot) {
            Some(old) => *old = example,
            None => self.examples.push(example),
        }
    }

    /// 0..1, the next of a fixed sequence (xorshift, Marsaglia).
    fn next(&mut self) -> f64 {
        self.chance ^= self.chance << 13;
        self.chance ^= self.chance >> 7;
        self.chance ^= self.chance << 17;
        (self.chance >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// The nearest looks; `None` before enough was seen.
    #[must_use]
    pub fn nearest(&self, looks: &Looks) -> Option<Nearest> {
        if self.examples.len() < EXAMPLES_MIN {
            return None;
        }
        let examples = || self.examples.iter().map(|example| &example.looks);
        let near = nearest(&looks.near, examples().map(|looks| &looks.near[..]));
        let far = nearest(&looks.far, examples().map(|looks| &looks.far[..]));
        Some(Nearest { distance: (near + far) / 2.0 })
    }

    /// Mean distance to the nearest sizes; `None` before enough was seen.
    #[must_use]
    pub fn unlike_sizes(&self, size: [f32; 2]) -> Option<f32> {
        if self.examples.len() < EXAMPLES_MIN {
            return None;
        }
        let mut nearest = [f32::INFINITY; SIZE_NEIGHBOURS];
        for example in &self.examples {
            let [high, wide] = example.size;
            let (high, wide) = (high - size[0], wide - size[1]);
            let mut distance = high * high + wide * wide;
            for place in &mut nearest {
                if distance < *place {
                    std::mem::swap(&mut distance, place);
                }
            }
        }
        Some(nearest.map(f32::sqrt).iter().sum::<f32>() / SIZE_NEIGHBOURS as f32)
    }
}
