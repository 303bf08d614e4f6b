//! Learning what is normal while a camera is watched: block by block, with forgetting.
//!
//! A block of ten minutes is judged by what was learnt before it and is learnt only when it is
//! over, so that nothing judges itself. A block in which an incident of the camera was open is
//! thrown away. What was learnt fades with a half-life, so that the seasons can change. Until the
//! camera has been watched long enough, no figure of false alarms is given. Pure.

use super::alarm::Blocks;
use super::lesson::take_in;
use super::memory::Memory;
use super::observe::Observation;
use super::usual::Hour;
use super::watch::{Verdict, Watch};
use super::{Normal, Spans};
use crate::clock::UnixMs;
use crate::detect::candidate::{Candidate, Looks};
use crate::detect::motion::Plane;

/// Length of a block, ms: an incident is known to be open well before its block is over.
const BLOCK_MS: i64 = 600_000;
/// Examples that a block hands over; ten blocks fill a memory.
const BLOCK_EXAMPLES: usize = 100;
/// Half-life of what was learnt, in blocks: 14 days (recipe).
const HALF_LIFE_BLOCKS: f64 = 14.0 * 86_400_000.0 / BLOCK_MS as f64;
/// Longest time between two frames that counts as watched, ms: key frames of a quiet camera.
const WATCHED_MS: i64 = 5_000;

/// Whether an incident of the camera is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Incident {
    Open,
    None,
}

/// What one camera is being taught.
#[derive(Clone, Debug)]
pub struct Continuous {
    normal: Normal,
    /// What the present block would teach.
    lesson: Normal,
    watch: Watch,
    blocks: Blocks,
    began: Option<UnixMs>,
    last: Option<UnixMs>,
    /// Whether an incident was open in the present block.
    block: Incident,
    /// Hours of watching before a figure is given.
    settle_h: f32,
}

/// A frame compared with what is normal.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    pub verdict: Verdict,
    pub things: Vec<Observation>,
}

impl Continuous {
    /// Goes on with what was learnt before, or begins.
    #[must_use]
    pub fn new(normal: Normal, settle_h: f32) -> Self {
        Self {
            normal,
            lesson: empty_lesson(),
            watch: Watch::default(),
            blocks: Blocks::default(),
            began: None,
            last: None,
            block: Incident::None,
            settle_h,
        }
    }

    /// What has been learnt.
    #[must_use]
    pub const fn normal(&self) -> &Normal {
        &self.normal
    }

    /// Hours still to be watched; `None` when it has settled.
    #[must_use]
    pub fn hours_left(&self) -> Option<f32> {
        let left = self.settle_h - self.normal.tail.hours();
        (left > 0.0).then_some(left)
    }

    /// Expected false alarms a day at this score; `None` before it has settled.
    #[must_use]
    pub fn alarms_per_day(&self, score: f32) -> Option<f32> {
        self.hours_left().map_or_else(|| self.normal.tail.alarms_per_day(score), |_| None)
    }

    /// Compares a frame that was searched, and notes it for the block.
    pub fn look(
        &mut self,
        (at, hour): (UnixMs, Hour),
        plane: Plane,
        things: Vec<(Candidate, Looks)>,
    ) -> Compared {
        self.pass(at, hour);
        let things = self.watch.observe(at, plane, things);
        let verdict = self.watch.judge(&self.normal, &things, (at, hour));
        self.lesson.spans.add(verdict.values.iter().copied());
        for (thing, dwell_s) in things.iter().zip(&verdict.dwell_s) {
            self.lesson.heights.add(thing);
            let height = self.normal.heights.expected(thing);
            take_in(&mut self.lesson, (thing, height), (*dwell_s, hour));
        }
        self.note(at, verdict.causal);
        Compared { verdict, things }
    }

    /// Notes a frame in which nothing was worth a search.
    pub fn quiet(&mut self, at: UnixMs, hour: Hour) {
        self.pass(at, hour);
        self.note(at, super::watch::NOBODY);
    }

    fn pass(&mut self, at: UnixMs, hour: Hour) {
        self.began.get_or_insert(at);
        let passed_ms = self.last.replace(at).map_or(0, |last| at.since_ms(last));
        self.lesson.learnt.frames += 1;
        self.lesson.learnt.seconds += passed_ms.clamp(0, WATCHED_MS) as f64 / 1000.0;
        self.lesson.usual.watch(hour);
    }

    fn note(&mut self, at: UnixMs, score: f32) {
        // Before there are scales every score is 0 and says nothing.
        if let Some(largest) = self.blocks.add(at, score).filter(|_| self.normal.is_scaled()) {
            self.lesson.tail.largest.add(largest);
        }
    }

    /// Says whether an incident is open, and ends the block when it is time; whether anything was
    /// learnt.
    pub fn turn(&mut self, at: UnixMs, incident: Incident) -> Turned {
        if incident == Incident::Open {
            self.block = Incident::Open;
        }
        let Some(began) = self.began else { return Turned::Goes };
        if (0..BLOCK_MS).contains(&at.since_ms(began)) {
            return Turned::Goes;
        }
        self.began = Some(at);
        let lesson = std::mem::replace(&mut self.lesson, empty_lesson());
        if std::mem::replace(&mut self.block, incident) == Incident::Open {
            return Turned::Dropped;
        }
        self.normal.merge(0.5_f64.powf(1.0 / HALF_LIFE_BLOCKS), lesson);
        Turned::Learnt
    }
}

/// What became of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turned {
    /// It goes on.
    Goes,
    /// It was learnt.
    Learnt,
    /// An incident was open in it; it was thrown away.
    Dropped,
}

fn empty_lesson() -> Normal {
    Normal { memory: Memory::with_room(BLOCK_EXAMPLES), ..Normal::empty() }
}

impl Normal {
    /// Forgets all but a share 0..1 and adds what a block teaches.
    fn merge(&mut self, kept: f64, lesson: Self) {
        let share = kept as f32;
        self.learnt.frames += lesson.learnt.frames;
        self.learnt.things += lesson.learnt.things;
        self.learnt.seconds += lesson.learnt.seconds;
        self.heights.merge(kept, &lesson.heights);
        self.memory.merge(kept, &lesson.memory);
        self.usual.merge(share, &lesson.usual);
        self.tail.largest.merge(share, &lesson.tail.largest);
        let mut spans = std::mem::take::<Spans>(&mut self.spans);
        spans.merge(share, &lesson.spans);
        self.rescale(spans);
    }
}
