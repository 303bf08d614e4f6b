//! What is normal for one camera, and how far something seen is from it.
//!
//! Learnt from footage that holds nothing suspicious: how tall a person is at each place, how fast
//! and where to things move, what they look like to the detector's own inner features, how large
//! they are, where things of a class are and at which hours, and how long they stay. Each of these
//! is a term; each term is put on one scale, on which 0 is the usual thing and 1 is what only the
//! worst thing of one normal frame in twenty reaches. The recipe and its first figures are those of
//! the project's own trial on UCSD Ped2 (speed and features after Reiss and Hoshen 2022,
//! arXiv:2212.00789); `tests/bench/anomaly.mjs` measures what stands here.
//!
//! Nobody is recognised: a memory of 2000 examples says that bicycles do or do not pass here, and
//! cannot say whose. Pure: time is an argument, chance is a fixed sequence.

pub mod height;
pub mod memory;
pub mod usual;
pub mod histogram;
pub mod alarm;
pub mod observe;
pub mod trail;
pub mod smooth;
pub mod watch;
pub mod lesson;
pub mod continuous;
pub mod board;
pub mod reason;
pub mod file;
#[cfg(test)]
mod normal_test;

use self::alarm::Tail;
use self::height::Heights;
use self::histogram::Histogram;
use self::memory::Memory;
use self::observe::Observation;
use self::usual::{Hour, Usual};

/// What of a thing can be unusual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Term {
    /// Body heights per second.
    Speed,
    /// Distance of its features from the nearest remembered ones.
    Looks,
    /// Logarithm of its likeness to a bicycle, car or skateboard.
    Kind,
    /// Distance of its height and width from what is expected there.
    Size,
    /// Rarity of its direction at its place.
    Direction,
    /// How much longer than usual it has stayed where it is, as a logarithm.
    Dwell,
    /// Rarity of its class at its place and hour.
    Place,
    /// What a centre's own model says, where one is listed.
    Own,
}

/// How many terms there are.
pub const TERMS: usize = 8;

impl Term {
    /// All terms, in the order of every table of terms.
    pub const ALL: [Self; TERMS] = [
        Self::Speed,
        Self::Looks,
        Self::Kind,
        Self::Size,
        Self::Direction,
        Self::Dwell,
        Self::Place,
        Self::Own,
    ];

    /// The word in files and messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Speed => "speed",
            Self::Looks => "looks",
            Self::Kind => "kind",
            Self::Size => "size",
            Self::Direction => "direction",
            Self::Dwell => "dwell",
            Self::Place => "place",
            Self::Own => "own",
        }
    }

    /// The values that are told apart.
    const fn range(self) -> (f32, f32) {
        match self {
            Self::Speed => (0.0, 6.0),
            Self::Looks => (0.0, 1.5),
            Self::Kind => (-2.6, 0.1),
            Self::Size => (0.0, 2.0),
            Self::Direction => (-2.1, 6.0),
            Self::Dwell => (-8.0, 8.0),
            Self::Place => (-6.0, 12.0),
            Self::Own => (0.0, 1.0),
        }
    }

    /// What a term adds to the score of a thing. Speed and looks carry it, and being like a vehicle
    /// counts a little: any choice between them scored alike on the normal clips of Ped2. The
    /// others add only what lies beyond the usual, so that a camera where they mean nothing is not
    /// made worse by their noise.
    const fn weight(self) -> Weight {
        match self {
            Self::Speed | Self::Looks | Self::Own => Weight::Whole(1.0),
            Self::Kind => Weight::Whole(0.2),
            Self::Size | Self::Direction | Self::Dwell | Self::Place => Weight::Beyond(0.2),
        }
    }
}

/// How a term enters the score.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Weight {
    /// Times its value.
    Whole(f32),
    /// Times what is above 1.
    Beyond(f32),
}

/// Values of the terms of one thing; `None` where not known.
pub type Terms = [Option<f32>; TERMS];

/// Where a term's 0 and 1 lie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// Median over things.
    pub usual: f32,
    /// Value that the largest of a frame exceeds in one frame of twenty.
    pub high: f32,
}

/// Share of frames whose largest value lies below `Scale::high` (the recipe's).
const HIGH_SHARE: f32 = 0.95;
/// A term never counts as more than this, so that one broken number is not the whole score.
const STANDARD_MAX: f32 = 8.0;

impl Scale {
    /// From the values of things and the largest ones of frames; `None` before there are any.
    #[must_use]
    pub fn of(things: &Histogram, largest: &Histogram) -> Option<Self> {
        let (usual, high) = (things.quantile(0.5)?, largest.quantile(HIGH_SHARE)?);
        Some(Self { usual, high: high.max(usual + things.step()) })
    }

    /// A value on the common scale.
    #[must_use]
    pub fn standard(&self, value: f32) -> f32 {
        ((value - self.usual) / (self.high - self.usual)).clamp(-STANDARD_MAX, STANDARD_MAX)
    }
}

/// What was learnt from.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Learnt {
    pub frames: u64,
    pub things: u64,
    /// Time watched, s.
    pub seconds: f64,
}

/// Which values each term has had, in things and as the largest of frames.
#[derive(Clone, Debug, PartialEq)]
pub struct Spans {
    pub things: [Histogram; TERMS],
    pub largest: [Histogram; TERMS],
}

impl Default for Spans {
    fn default() -> Self {
        let empty =
            || Term::ALL.map(|term| term.range()).map(|(from, to)| Histogram::new(from, to));
        Self { things: empty(), largest: empty() }
    }
}

impl Spans {
    /// Takes the things of a frame in.
    pub fn add(&mut self, frame: impl Iterator<Item = Terms>) {
        let mut most: Terms = [None; TERMS];
        for terms in frame {
            for (at, value) in terms.into_iter().enumerate() {
                let Some(value) = value else { continue };
                self.things[at].add(value);
                most[at] = Some(most[at].map_or(value, |most: f32| most.max(value)));
            }
        }
        for (largest, most) in self.largest.iter_mut().zip(most) {
            largest.add(most.unwrap_or(f32::NAN));
        }
    }

    /// Forgets all but a share 0..1 and adds what was newly learnt.
    pub fn merge(&mut self, kept: f32, new: &Self) {
        let pairs = self.things.iter_mut().zip(&new.things);
        for (old, new) in pairs.chain(self.largest.iter_mut().zip(&new.largest)) {
            old.merge(kept, new);
        }
    }

    fn scales(&self) -> [Option<Scale>; TERMS] {
        std::array::from_fn(|at| {
            let enough = self.largest[at].weight() >= FRAMES_MIN;
            enough.then(|| Scale::of(&self.things[at], &self.largest[at])).flatten()
        })
    }
}

/// Frames in which a term was known before it has a scale (guess, revisit).
const FRAMES_MIN: f32 = 100.0;

/// What is normal for one camera.
#[derive(Clone, Debug, PartialEq)]
pub struct Normal {
    pub learnt: Learnt,
    pub heights: Heights,
    pub memory: Memory,
    pub usual: Usual,
    pub spans: Spans,
    /// Made of `spans`; `None` where a term has not been seen often enough.
    scales: [Option<Scale>; TERMS],
    pub tail: Tail,
}

/// One thing, judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// Values of the terms in their own units.
    pub values: Terms,
    /// The same on the common scale; 0 where not known.
    pub standard: [f32; TERMS],
    pub score: f32,
}

impl Normal {
    /// Nothing is known yet.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            learnt: Learnt::default(),
            heights: Heights::default(),
            memory: Memory::default(),
            usual: Usual::default(),
            spans: Spans::default(),
            scales: [None; TERMS],
            tail: Tail::default(),
        }
    }

    /// Takes over the values that terms have had.
    pub fn rescale(&mut self, spans: Spans) {
        self.scales = spans.scales();
        self.spans = spans;
    }

    /// Whether any term has a scale.
    #[must_use]
    pub fn is_scaled(&self) -> bool {
        self.scales.iter().any(Option::is_some)
    }

    /// Where a term's 0 and 1 lie, once it has been seen often enough.
    #[must_use]
    pub const fn scale(&self, term: Term) -> Option<Scale> {
        self.scales[term as usize]
    }

    /// The terms of a thing that has stayed for `dwell_s` where it is.
    #[must_use]
    pub fn terms(&self, thing: &Observation, dwell_s: f32, hour: Hour) -> Terms {
        let height = self.heights.expected(thing);
        Term::ALL.map(|term| match term {
            Term::Speed => thing.moved.map(|moved| moved.speed / height),
            Term::Looks => self.memory.nearest(&thing.looks).map(|nearest| nearest.distance),
            Term::Kind => Some((thing.kind.1 + KIND_FLOOR).log10()),
            Term::Size => self.memory.unlike_sizes(thing.size(height)),
            Term::Direction => self.usual.direction(thing, height),
            Term::Dwell => self.usual.dwell(thing, dwell_s),
            Term::Place => self.usual.place(thing, hour),
            Term::Own => thing.own,
        })
    }

    /// Puts terms on the common scale and adds them up.
    #[must_use]
    pub fn judge(&self, values: Terms) -> Judged {
        let mut standard = [0.0; TERMS];
        for (out, (value, scale)) in standard.iter_mut().zip(values.iter().zip(&self.scales)) {
            *out = value.zip(*scale).map_or(0.0, |(value, scale)| scale.standard(value));
        }
        let part = |(term, z): (&Term, &f32)| match term.weight() {
            Weight::Whole(weight) => weight * z,
            Weight::Beyond(weight) => weight * (z - 1.0).max(0.0),
        };
        let score = Term::ALL.iter().zip(&standard).map(part).sum();
        Judged { values, standard, score }
    }
}

/// Added to a likeness before its logarithm is taken (the recipe's).
const KIND_FLOOR: f32 = 0.003;
